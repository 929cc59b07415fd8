//! The columns of a table's files.
//!
//! Parquet files say what they hold. CSV and NDJSON files are read from end to end to find out, so that no row
//! can contradict the types later; columns of an NDJSON table are in the order of their names. A CSV column of
//! digits is `Int64` even where the digits begin with 0.

use std::io::{self, BufReader, Read};
use std::sync::{Arc, Weak};

use cap_std::fs::Dir;
use datafusion::arrow::csv::reader::Format as CsvInference;
use datafusion::arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use datafusion::arrow::json::reader::infer_json_schema;
use datafusion::error::DataFusionError;
use object_store::ObjectMeta;

use super::catalog::{Format, FoundTable};
use super::failure::{Fault, ReadFailure, shorten};
use super::folder::FoundFile;
use super::table::Formats;

/// Longest line of a CSV or NDJSON file, in bytes: a reader keeps a whole line in memory.
const LINE_MAX: usize = 16 * 1024 * 1024;

/// Columns of the files of `table`, the partition columns not among them.
///
/// # Cancel safety
/// Dropping the future ends the reading at the next block.
pub(super) async fn of_table(
    dir: &Arc<Dir>,
    formats: &Formats<'_>,
    table: &FoundTable,
    metas: &[ObjectMeta],
) -> Result<SchemaRef, DataFusionError> {
    let mut merged: Option<Schema> = None;
    for (file, meta) in table.files.iter().zip(metas) {
        let found = &file.found;
        let schema = match table.format {
            Format::Parquet => {
                let inferred = formats.infer_parquet(meta).await;
                inferred.map_err(|error| ReadFailure::wrap(&found.path, error))?.as_ref().clone()
            }
            Format::Csv | Format::NdJson => of_text(dir, table.format, found).await?,
        };
        merged = Some(match merged {
            None => schema,
            Some(merged) => merge(table.format, &merged, &schema)
                .map_err(|reason| ReadFailure { file: found.path.clone(), fault: Fault::Misfit(reason) })?,
        });
    }
    let merged = merged.unwrap_or_else(Schema::empty);
    if let Some((key, _)) = table.partition_columns.iter().find(|(key, _)| merged.field_with_name(key).is_ok())
        && let Some(file) = table.files.first()
    {
        let reason = format!("the column `{key}` is in the files and in the names of their folders");
        return Err(ReadFailure { file: file.found.path.clone(), fault: Fault::Misfit(reason) }.into());
    }
    Ok(Arc::new(readable(&merged)))
}

/// Types as a table has them: a column without any value is text, unsigned 64-bit integers are exact decimals.
fn readable(schema: &Schema) -> Schema {
    let fields = schema.fields().iter().map(|field| match field.data_type() {
        DataType::Null => Arc::new(field.as_ref().clone().with_data_type(DataType::Utf8)),
        DataType::UInt64 => Arc::new(field.as_ref().clone().with_data_type(DataType::Decimal128(20, 0))),
        _ => Arc::clone(field),
    });
    Schema::new(fields.collect::<Vec<_>>())
}

fn merge(format: Format, merged: &Schema, other: &Schema) -> Result<Schema, String> {
    if format == Format::Csv {
        let names = |schema: &Schema| schema.fields().iter().map(|field| field.name().clone()).collect::<Vec<_>>();
        // Columns of CSV files are told apart by their place.
        if names(merged) != names(other) {
            return Err(format!("its columns are {}, not {}", names(other).join(", "), names(merged).join(", ")));
        }
    }
    let mut fields: Vec<Field> = merged.fields().iter().map(|field| field.as_ref().clone()).collect();
    for field in &mut fields {
        match other.field_with_name(field.name()) {
            Ok(theirs) => {
                let reconciled = reconcile(format, field.data_type(), theirs.data_type()).ok_or_else(|| {
                    let (name, ours, theirs) = (field.name(), field.data_type(), theirs.data_type());
                    format!("the column `{name}` is {theirs}, not {ours}")
                })?;
                let nullable = field.is_nullable() || theirs.is_nullable();
                *field = Field::new(field.name(), reconciled, nullable);
            }
            Err(_) => *field = field.clone().with_nullable(true),
        }
    }
    for theirs in other.fields() {
        if merged.field_with_name(theirs.name()).is_err() {
            fields.push(theirs.as_ref().clone().with_nullable(true));
        }
    }
    if format == Format::NdJson {
        fields.sort_by(|one, other| one.name().cmp(other.name()));
    }
    Ok(Schema::new(fields))
}

fn reconcile(format: Format, ours: &DataType, theirs: &DataType) -> Option<DataType> {
    match (ours, theirs) {
        (ours, theirs) if ours == theirs => Some(ours.clone()),
        (DataType::Null, other) | (other, DataType::Null) => Some(other.clone()),
        (DataType::Int64, DataType::Float64) | (DataType::Float64, DataType::Int64) => Some(DataType::Float64),
        (DataType::Int32, DataType::Int64) | (DataType::Int64, DataType::Int32) => Some(DataType::Int64),
        (DataType::Float32, DataType::Float64) | (DataType::Float64, DataType::Float32) => Some(DataType::Float64),
        _ if format == Format::Csv => Some(DataType::Utf8),
        _ => None,
    }
}

async fn of_text(dir: &Arc<Dir>, format: Format, found: &FoundFile) -> Result<Schema, DataFusionError> {
    let wanted = Arc::new(());
    let still_wanted = Arc::downgrade(&wanted);
    let (dir, file) = (Arc::clone(dir), found.clone());
    let result = tokio::task::spawn_blocking(move || {
        let opened = file.open(&dir).map_err(|fault| DataFusionError::External(Box::new(fault)));
        let opened = opened.map_err(|error| ReadFailure::wrap(&file.path, error))?;
        let reader = Guarded { inner: opened, still_wanted, line: 0 };
        let schema = match format {
            Format::NdJson => infer_json_schema(BufReader::with_capacity(64 * 1024, reader), None),
            Format::Csv | Format::Parquet => CsvInference::default().with_header(true).infer_schema(reader, None),
        };
        let damaged = |reason| ReadFailure { file: file.path.clone(), fault: Fault::Damaged(reason) };
        let (schema, _) = schema.map_err(|error| damaged(shorten(&error.to_string())))?;
        match format {
            Format::NdJson => {
                let mut fields: Vec<_> = schema.fields().iter().cloned().collect();
                fields.sort_by(|one, other| one.name().cmp(other.name()));
                Ok(Schema::new(fields))
            }
            Format::Csv | Format::Parquet => match header_fault(&schema) {
                Some(reason) => Err(ReadFailure { file: file.path, fault: Fault::Header(reason) }.into()),
                None => Ok(schema),
            },
        }
    })
    .await;
    drop(wanted);
    result.unwrap_or_else(|error| Err(DataFusionError::ExecutionJoin(Box::new(error))))
}

/// What tells a header line from a line of data that stands in its place.
fn header_fault(schema: &Schema) -> Option<String> {
    let names: Vec<&str> = schema.fields().iter().map(|field| field.name().as_str()).collect();
    for (at, name) in names.iter().enumerate() {
        let is_data = name.parse::<f64>().is_ok()
            || name.parse::<jiff::civil::Date>().is_ok()
            || name.parse::<jiff::civil::DateTime>().is_ok();
        if name.trim().is_empty() {
            return Some(format!("column {} has no name", at + 1));
        } else if is_data {
            return Some(format!("`{name}` is a value, not the name of a column"));
        } else if names.get(..at).is_some_and(|before| before.contains(name)) {
            return Some(format!("two columns are named `{name}`"));
        }
    }
    None
}

/// Reads until nobody waits for the result any more, and refuses endless lines.
struct Guarded<R> {
    inner: R,
    still_wanted: Weak<()>,
    /// Bytes since the last end of a line.
    line: usize,
}

impl<R: Read> Read for Guarded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.still_wanted.strong_count() == 0 {
            return Err(io::Error::other("nobody waits for the file any more"));
        }
        let read = self.inner.read(buffer)?;
        let bytes = buffer.get(..read).unwrap_or_default();
        self.line = match bytes.iter().rposition(|byte| *byte == b'\n') {
            Some(at) => read - at - 1,
            None => self.line + read,
        };
        if self.line > LINE_MAX {
            return Err(io::Error::other(format!("a line is longer than {LINE_MAX} bytes")));
        }
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_bounded_and_reading_ends_when_nobody_waits() {
        let wanted = Arc::new(());
        let mut reader = Guarded { inner: io::repeat(b'x'), still_wanted: Arc::downgrade(&wanted), line: 0 };
        let error = io::copy(&mut reader, &mut io::sink()).expect_err("an endless line");
        assert!(error.to_string().contains("a line is longer"), "{error}");
        drop(wanted);
        let error = reader.read(&mut [0; 8]).expect_err("nobody waits");
        assert!(error.to_string().contains("nobody waits"), "{error}");
    }

    #[test]
    fn a_line_of_data_is_no_header() {
        let schema = |names: &[&str]| {
            Schema::new(names.iter().map(|name| Field::new(*name, DataType::Utf8, true)).collect::<Vec<_>>())
        };
        for (names, expected) in [
            (&["id", "name"][..], None),
            (&["1", "name"], Some("`1` is a value")),
            (&["id", "2026-01-31"], Some("`2026-01-31` is a value")),
            (&["id", ""], Some("column 2 has no name")),
            (&["id", "id"], Some("two columns are named `id`")),
        ] {
            let fault = header_fault(&schema(names));
            assert_eq!(fault.is_some(), expected.is_some(), "{names:?}: {fault:?}");
            assert!(fault.unwrap_or_default().starts_with(expected.unwrap_or_default()), "{names:?}");
        }
    }
}
