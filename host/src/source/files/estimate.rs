//! What a plan would read, without reading it.
//!
//! Files in folders that a filter rules out are not counted. Bytes are those on disk: of a Parquet file the columns
//! that the statement uses, as they are stored (as BigQuery bills by column), of CSV and NDJSON files the whole. Rows
//! are those of the files, known for Parquet. What statistics rule out within a file is counted all the same.

use std::collections::HashMap;
use std::sync::Arc;

use datafusion::arrow::datatypes::Schema;
use datafusion::common::stats::Precision;
use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::datasource::listing::PartitionedFile;
use datafusion::datasource::physical_plan::FileScanConfig;
use datafusion::datasource::source::DataSourceExec;
use datafusion::error::Result;
use datafusion::parquet::file::metadata::ParquetMetaData;
use datafusion::physical_expr::utils::collect_columns;
use datafusion::physical_plan::ExecutionPlan;

use crate::source::Estimate;

/// Bytes that each column of a file takes in it.
#[derive(Debug)]
pub(super) struct ColumnBytes(Vec<u64>);

impl ColumnBytes {
    /// Of a Parquet file, in the order of the table's columns.
    pub(super) fn of(metadata: &ParquetMetaData, schema: &Schema) -> Self {
        let mut bytes: HashMap<&str, u64> = HashMap::new();
        for column in metadata.row_groups().iter().flat_map(|group| group.columns()) {
            if let Some(root) = column.column_path().parts().first() {
                let size = u64::try_from(column.compressed_size()).unwrap_or_default();
                let sum = bytes.entry(root).or_default();
                *sum = sum.saturating_add(size);
            }
        }
        let columns = schema.fields().iter().map(|field| bytes.get(field.name().as_str()).copied().unwrap_or_default());
        Self(columns.collect())
    }
}

/// What the scans of a plan would read.
pub(super) fn of(plan: &Arc<dyn ExecutionPlan>) -> Result<Estimate> {
    let (mut rows, mut bytes) = (Some(0_u64), 0_u64);
    plan.apply(|node| {
        let scan = node.downcast_ref::<DataSourceExec>();
        if let Some(config) = scan.and_then(|scan| scan.data_source().downcast_ref::<FileScanConfig>()) {
            let columns = used(config);
            // A file that is read in several parts counts in the first.
            let files = config.file_groups.iter().flat_map(|group| group.iter());
            for file in files.filter(|file| file.range.as_ref().is_none_or(|range| range.start == 0)) {
                bytes = bytes.saturating_add(size(file, columns.as_deref()));
                let known = match file.statistics.as_ref().map(|statistics| statistics.num_rows) {
                    Some(Precision::Exact(known)) => u64::try_from(known).ok(),
                    _ => None,
                };
                rows = rows.zip(known).and_then(|(rows, known)| rows.checked_add(known));
            }
        }
        Ok(TreeNodeRecursion::Continue)
    })?;
    Ok(Estimate { rows, bytes: Some(bytes), billed_bytes: None })
}

/// The columns of the table that a scan reads; `None` for all.
fn used(config: &FileScanConfig) -> Option<Vec<usize>> {
    let projection = config.file_source().projection()?;
    let columns = projection.expr_iter().flat_map(|expr| collect_columns(&expr));
    let mut columns: Vec<usize> = columns.map(|column| column.index()).collect();
    columns.sort_unstable();
    columns.dedup();
    Some(columns)
}

fn size(file: &PartitionedFile, columns: Option<&[usize]>) -> u64 {
    match (file.extensions.get::<ColumnBytes>(), columns) {
        // The columns behind those of the file are in the names of folders.
        (Some(ColumnBytes(bytes)), Some(columns)) => {
            columns.iter().filter_map(|column| bytes.get(*column)).fold(0, |sum, bytes| sum.saturating_add(*bytes))
        }
        _ => file.object_meta.size,
    }
}
