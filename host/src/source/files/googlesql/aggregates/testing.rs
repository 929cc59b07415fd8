//! Statements over a few rows, for the tests beside the functions.

use std::fmt::Write;
use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, new_empty_array};
use datafusion::arrow::compute::concat;
use datafusion::arrow::record_batch::RecordBatch;
use datafusion::arrow::util::display::{ArrayFormatter, FormatOptions};
use datafusion::datasource::MemTable;
use datafusion::error::Result;
use datafusion::execution::SessionStateBuilder;
use datafusion::prelude::{SessionConfig, SessionContext};

use super::all;

/// A table `t` of batches, each in a partition of its own.
pub(super) fn context(batches: Vec<Vec<(&str, ArrayRef)>>) -> SessionContext {
    let batches: Vec<RecordBatch> = batches
        .into_iter()
        .map(|columns| {
            RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(name, values)| (name, values, true)))
        })
        .collect::<Result<_, _>>()
        .unwrap();
    let mut config = SessionConfig::new().with_target_partitions(4).with_batch_size(3);
    config.options_mut().sql_parser.enable_ident_normalization = false;
    let state = SessionStateBuilder::new().with_default_features().with_config(config).build();
    let context = SessionContext::new_with_state(state);
    for function in all() {
        context.register_udaf(Arc::unwrap_or_clone(function));
    }
    let schema = batches[0].schema();
    let partitions = batches.into_iter().map(|batch| vec![batch]).collect();
    context.register_table("t", Arc::new(MemTable::try_new(schema, partitions).unwrap())).unwrap();
    context
}

/// The statement with names in quotes where they are in upper case and called: without, they would be in lower case.
fn quoted(sql: &str) -> String {
    let mut parts = sql.split('(').peekable();
    let mut quoted = String::new();
    while let Some(part) = parts.next() {
        let before = part.trim_end_matches(|letter: char| letter.is_ascii_uppercase() || letter == '_');
        match part.strip_prefix(before) {
            Some(name) if !name.is_empty() && parts.peek().is_some() => write!(quoted, "{before}\"{name}\"").unwrap(),
            _ => quoted.push_str(part),
        }
        if parts.peek().is_some() {
            quoted.push('(');
        }
    }
    quoted
}

/// The columns that a statement gives; functions of ours are those in upper case.
pub(super) fn columns(context: &SessionContext, sql: &str) -> Result<Vec<ArrayRef>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let frame = context.sql(&quoted(sql)).await?;
        let schema = Arc::clone(frame.schema().inner());
        let batches = frame.collect().await?;
        let columns = schema.fields().iter().enumerate().map(|(at, field)| {
            let parts: Vec<&dyn Array> = batches.iter().map(|batch| &**batch.column(at)).collect();
            let column = if parts.is_empty() { new_empty_array(field.data_type()) } else { concat(&parts)? };
            assert_eq!(column.data_type(), field.data_type(), "{sql}: the type that was announced");
            Ok(column)
        });
        columns.collect()
    })
}

/// The rows that a statement gives, each as its values with spaces between.
pub(super) fn rows(context: &SessionContext, sql: &str) -> Vec<String> {
    let columns = columns(context, sql).unwrap_or_else(|error| panic!("{sql}: {error}"));
    let options = FormatOptions::default().with_null("NULL");
    let formats: Vec<_> = columns.iter().map(|column| ArrayFormatter::try_new(column, &options).unwrap()).collect();
    let row = |row| formats.iter().map(|format| format.value(row).to_string()).collect::<Vec<_>>().join(" ");
    (0..columns[0].len()).map(row).collect()
}

/// What is said of a statement that fails.
pub(super) fn failure(context: &SessionContext, sql: &str) -> String {
    columns(context, sql).expect_err(sql).to_string()
}
