//! The engine as it comes: without the sandbox's folder, without GoogleSQL, without bounds.

use std::path::Path;

use assay::model::Batch;
use assay::source::Rows as _;
use assay::source::files::FileRows;
use datafusion::arrow::record_batch::RecordBatch;
use datafusion::physical_plan::memory::MemoryStream;
use datafusion::prelude::{ParquetReadOptions, SessionConfig, SessionContext};

use super::bed::BATCH_ROWS;
use super::table;

/// A session of the engine with the large table.
#[derive(Clone)]
pub(crate) struct Plain(SessionContext);

impl Plain {
    /// Over the folder of the table.
    pub(crate) async fn open(folder: &Path, target_partitions: usize) -> Self {
        let config = SessionConfig::new()
            .with_target_partitions(target_partitions)
            .with_batch_size(usize::try_from(BATCH_ROWS).unwrap());
        let session = SessionContext::new_with_config(config);
        let file = folder.join(table::NAME).with_extension("parquet");
        session.register_parquet(table::NAME, file.to_str().unwrap(), ParquetReadOptions::default()).await.unwrap();
        Self(session)
    }

    /// Plans a statement in the engine's own dialect, and does not run it.
    pub(crate) async fn plan(&self, sql: &str) {
        let frame = self.0.sql(sql).await.unwrap();
        std::hint::black_box(frame.create_physical_plan().await.unwrap());
    }

    /// Runs a statement in the engine's own dialect.
    pub(crate) async fn run(&self, sql: &str) -> Vec<RecordBatch> {
        self.0.sql(sql).await.unwrap().collect().await.unwrap()
    }
}

/// An answer in the form in which a check would get it.
pub(crate) async fn delivered(answer: Vec<RecordBatch>) -> Vec<Batch> {
    let schema = answer[0].schema();
    let stream = MemoryStream::try_new(answer, schema, None).unwrap();
    let (mut rows, mut batches) = (FileRows::of(Box::pin(stream)).unwrap(), Vec::new());
    while let Some(batch) = rows.next(u32::MAX, u64::MAX).await.unwrap() {
        batches.push(batch);
    }
    batches
}
