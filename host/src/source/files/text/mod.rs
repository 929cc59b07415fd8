//! CSV and NDJSON files as the engine scans them, packed or not.
//!
//! Rows are read on threads that may wait for the disk, a batch at a time: [`csv`] and [`ndjson`] cut the text,
//! [`written`] makes values of it. Every row and line is bounded, and so is a batch, whatever a file unpacks to.
//! Reading ends with the batch at hand once nobody wants it.

mod compression;
mod csv;
mod input;
mod json;
mod ndjson;
mod written;

use std::fmt;
use std::io::Read;
use std::sync::Arc;

use cap_std::fs::Dir;
use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::{DataType, Fields, Schema, SchemaRef};
use datafusion::common::ScalarValue;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::datasource::listing::PartitionedFile;
use datafusion::datasource::physical_plan::{FileOpenFuture, FileOpener, FileScanConfig, FileSource};
use datafusion::datasource::table_schema::TableSchema;
use datafusion::error::{DataFusionError, Result};
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_expr::projection::ProjectionExprs;
use datafusion::physical_plan::metrics::ExecutionPlanMetricsSet;
use datafusion_datasource::projection::{ProjectionOpener, SplitProjection};
use futures::{StreamExt, stream};
use object_store::ObjectStore;

pub(super) use self::compression::Compression;
use self::ndjson::Part;
use super::failure::{Fault, ReadFailure};
use super::folder::{FoundFile, Snapshot};

/// Longest row of a CSV file and longest line of an NDJSON file, in bytes: a reader keeps a whole one in memory.
const LINE_MAX: usize = 16 * 1024 * 1024;

/// Bytes of text after which a batch is full.
const BATCH_BYTES: usize = 4 * 1024 * 1024;

/// How rows are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TextFormat {
    /// A header line, then a row a line.
    Csv,
    /// An object a line.
    NdJson,
}

/// What is known of the files of a table.
#[derive(Debug)]
pub(super) struct Layout {
    format: TextFormat,
    /// Columns of every file, with what is declared of them.
    fields: Fields,
    declared: bool,
    /// Where JSON values are in the lines of an NDJSON file.
    json: Option<Arc<json::Paths>>,
}

impl Layout {
    /// Of columns that were declared, or found out.
    pub(super) fn new(format: TextFormat, fields: Fields, declared: bool) -> Self {
        let json = if format == TextFormat::NdJson { json::Paths::of(&fields) } else { None };
        Self { format, fields, declared, json }
    }
}

/// What a file holds, found out by reading it from end to end.
///
/// # Errors
/// A [`ReadFailure`] inside of the engine's error.
///
/// # Cancel safety
/// Dropping the future ends the reading at the next block.
pub(super) async fn infer(dir: &Arc<Dir>, format: TextFormat, found: &FoundFile) -> Result<Schema> {
    let wanted = Arc::new(());
    let (dir, file, still_wanted) = (Arc::clone(dir), found.clone(), Arc::downgrade(&wanted));
    let inferred = blocking(&found.path, move || {
        let input = input::open(&dir, &file, 0, still_wanted)?;
        match format {
            TextFormat::Csv => csv::infer(input),
            TextFormat::NdJson => ndjson::infer(input),
        }
    });
    let inferred = inferred.await;
    drop(wanted);
    inferred
}

/// The value that a text stands for; `None` when it is none of the type.
pub(super) fn value(text: &str, data_type: &DataType) -> Option<ScalarValue> {
    let field = datafusion::arrow::datatypes::Field::new("value", data_type.clone(), true);
    let array = written::column([Some(text)].into_iter(), &field).ok()?;
    ScalarValue::try_from_array(&array, 0).ok()
}

/// Runs blocking work on a file.
async fn blocking<T: Send + 'static>(
    file: &str,
    work: impl FnOnce() -> std::result::Result<T, Fault> + Send + 'static,
) -> Result<T> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result.map_err(|fault| ReadFailure { file: file.to_owned(), fault }.into()),
        Err(error) => Err(DataFusionError::ExecutionJoin(Box::new(error))),
    }
}

/// The files of one table as a source of the engine.
#[derive(Clone)]
pub(super) struct TextSource {
    snapshot: Arc<Snapshot>,
    layout: Arc<Layout>,
    schema: TableSchema,
    projection: SplitProjection,
    batch_size: usize,
    /// Whether a file may be read in parts.
    parts: bool,
    metrics: ExecutionPlanMetricsSet,
}

impl TextSource {
    /// Of files in `snapshot`, all of them columns of one `layout`. `parts`: whether none of them is packed.
    pub(super) fn new(snapshot: Arc<Snapshot>, layout: Arc<Layout>, schema: TableSchema, parts: bool) -> Self {
        // A quoted value may hold an end of line, so that a CSV file cannot be cut at just any of them.
        let parts = parts && layout.format == TextFormat::NdJson;
        let projection = SplitProjection::unprojected(&schema);
        let metrics = ExecutionPlanMetricsSet::new();
        Self { snapshot, layout, schema, projection, batch_size: super::session::BATCH_ROWS, parts, metrics }
    }
}

impl FileSource for TextSource {
    fn create_file_opener(&self, _: Arc<dyn ObjectStore>, _: &FileScanConfig, _: usize) -> Result<Arc<dyn FileOpener>> {
        let file_schema = self.schema.file_schema();
        let columns: Arc<[usize]> = self.projection.file_indices.clone().into();
        let opener = TextOpener {
            snapshot: Arc::clone(&self.snapshot),
            layout: Arc::clone(&self.layout),
            schema: Arc::new(file_schema.project(&columns)?),
            columns,
            rows_max: self.batch_size,
        };
        ProjectionOpener::try_new(self.projection.clone(), Arc::new(opener), file_schema)
    }

    fn table_schema(&self) -> &TableSchema {
        &self.schema
    }

    fn with_batch_size(&self, batch_size: usize) -> Arc<dyn FileSource> {
        Arc::new(Self { batch_size, ..self.clone() })
    }

    fn projection(&self) -> Option<&ProjectionExprs> {
        Some(&self.projection.source)
    }

    fn metrics(&self) -> &ExecutionPlanMetricsSet {
        &self.metrics
    }

    fn file_type(&self) -> &str {
        match self.layout.format {
            TextFormat::Csv => "csv",
            TextFormat::NdJson => "json",
        }
    }

    fn supports_repartitioning(&self) -> bool {
        self.parts
    }

    fn try_pushdown_projection(&self, projection: &ProjectionExprs) -> Result<Option<Arc<dyn FileSource>>> {
        let merged = self.projection.source.try_merge(projection)?;
        let projection = SplitProjection::new(self.schema.file_schema(), &merged);
        Ok(Some(Arc::new(Self { projection, ..self.clone() })))
    }

    fn apply_expressions(
        &self,
        f: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        for expr in self.projection.source.expr_iter() {
            if f(&expr)? == TreeNodeRecursion::Stop {
                return Ok(TreeNodeRecursion::Stop);
            }
        }
        Ok(TreeNodeRecursion::Continue)
    }
}

struct TextOpener {
    snapshot: Arc<Snapshot>,
    layout: Arc<Layout>,
    schema: SchemaRef,
    columns: Arc<[usize]>,
    rows_max: usize,
}

impl FileOpener for TextOpener {
    fn open(&self, file: PartitionedFile) -> Result<FileOpenFuture> {
        let found = self.snapshot.file(&file.object_meta.location).cloned();
        let found = found.ok_or_else(|| DataFusionError::Internal("not a file of this query".to_owned()))?;
        let part = file.range.as_ref().map(|range| Part {
            start: u64::try_from(range.start).unwrap_or_default(),
            end: u64::try_from(range.end).unwrap_or_default(),
        });
        let dir = Arc::clone(self.snapshot.dir());
        let (layout, schema, columns) = (Arc::clone(&self.layout), Arc::clone(&self.schema), Arc::clone(&self.columns));
        let rows_max = self.rows_max;
        let wanted = Arc::new(());
        let still_wanted = Arc::downgrade(&wanted);
        Ok(Box::pin(async move {
            let path: Arc<str> = found.path.as_str().into();
            let reader = blocking(&path, move || {
                let start = part.map_or(0, |part| part.start.saturating_sub(1));
                let input = input::open(&dir, &found, start, still_wanted)?;
                Ok(match layout.format {
                    TextFormat::Csv => {
                        Reader::Csv(Box::new(csv::Reader::open(input, layout, columns, schema, rows_max)?))
                    }
                    TextFormat::NdJson => {
                        Reader::NdJson(Box::new(ndjson::Reader::open(input, part, layout, &columns, schema, rows_max)?))
                    }
                })
            });
            let reader = reader.await?;
            let batches = stream::try_unfold((reader, wanted), move |(mut reader, wanted)| {
                let path = Arc::clone(&path);
                async move {
                    let (batch, reader) = blocking(&path, move || Ok((reader.next()?, reader))).await?;
                    Ok(batch.map(|batch| (batch, (reader, wanted))))
                }
            });
            Ok(batches.boxed())
        }))
    }
}

enum Reader {
    Csv(Box<csv::Reader<Box<dyn Read + Send>>>),
    NdJson(Box<ndjson::Reader<Box<dyn Read + Send>>>),
}

impl fmt::Debug for Reader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Reader")
    }
}

impl Reader {
    fn next(&mut self) -> std::result::Result<Option<RecordBatch>, Fault> {
        match self {
            Self::Csv(reader) => reader.next(),
            Self::NdJson(reader) => reader.next(),
        }
    }
}
