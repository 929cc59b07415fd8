//! The guest of the benchmarks, over sources whose cost is known.

use std::sync::Arc;

use assay::model::{Batch, Column, ColumnInfo, Kind, Problem, Values, VarData};
use assay::source::{Cost, Estimate, ReadStatement, Rows, Source, TableListing};
use assay_tests::bed::{Bed, sandbox};
use assay_tests::project::guest;
use async_trait::async_trait;
use tokio::sync::Semaphore;

use assay::capability::SourceHandle;

/// Executions at once.
pub(crate) const CONCURRENCY: u32 = 8;
/// Memory of a guest, in bytes: the host's default ceiling.
pub(crate) const MEMORY: u64 = 256 << 20;
/// Rows of a batch.
pub(crate) const BATCH_ROWS: u32 = 8_192;

/// The guest, with a source named `local`.
pub(crate) async fn bed(source: Arc<dyn Source>) -> Bed {
    let handle = SourceHandle { source, slots: Arc::new(Semaphore::new(8)) };
    Bed::over(sandbox(CONCURRENCY, MEMORY), &guest("bench@1.0.1000.wasm"), handle).await
}

/// A source that has its batches ready: two columns of integers, one of doubles, two of text.
#[derive(Debug)]
pub(crate) struct Ready {
    pub(crate) batches: u32,
}

#[async_trait]
impl Source for Ready {
    async fn query(&self, _statement: ReadStatement) -> Result<Box<dyn Rows>, Problem> {
        let column =
            |name: &str, kind| ColumnInfo { name: name.to_owned(), kind, type_name: String::new(), nullable: false };
        let columns =
            [("a", Kind::Int64), ("b", Kind::Int64), ("c", Kind::Float64), ("d", Kind::Text), ("e", Kind::Text)]
                .map(|(name, kind)| column(name, kind));
        Ok(Box::new(ReadyRows { left: self.batches, columns, batch: batch() }))
    }

    async fn estimate(&self, _statement: ReadStatement) -> Result<Estimate, Problem> {
        Ok(Estimate::default())
    }

    async fn tables(&self) -> Result<Vec<TableListing>, Problem> {
        Ok(Vec::new())
    }
}

struct ReadyRows {
    left: u32,
    columns: [ColumnInfo; 5],
    batch: Batch,
}

#[async_trait]
impl Rows for ReadyRows {
    fn columns(&self) -> &[ColumnInfo] {
        &self.columns
    }

    async fn next(&mut self, _rows_max: u32, _bytes_max: u64) -> Result<Option<Batch>, Problem> {
        let more = self.left.checked_sub(1);
        self.left = more.unwrap_or(0);
        Ok(more.map(|_| self.batch.clone()))
    }

    fn cost(&self) -> Cost {
        Cost::default()
    }
}

fn batch() -> Batch {
    let integers = |factor: i64| Values::Int64((0..i64::from(BATCH_ROWS)).map(|row| row * factor).collect());
    let plain = |values| Column { validity: Vec::new(), values };
    Batch {
        rows: BATCH_ROWS,
        columns: vec![
            plain(integers(1)),
            plain(integers(7)),
            plain(Values::Float64((0..BATCH_ROWS).map(f64::from).collect())),
            plain(Values::Text(text("player"))),
            plain(Values::Text(text("team"))),
        ],
    }
}

fn text(prefix: &str) -> VarData {
    let mut data = VarData { offsets: vec![0], bytes: Vec::new() };
    for row in 0..BATCH_ROWS {
        data.bytes.extend_from_slice(format!("{prefix}-{}", row % 1_000).as_bytes());
        data.offsets.push(u32::try_from(data.bytes.len()).unwrap());
    }
    data
}

/// A source that never answers.
#[derive(Debug)]
pub(crate) struct Silent;

#[async_trait]
impl Source for Silent {
    async fn query(&self, _statement: ReadStatement) -> Result<Box<dyn Rows>, Problem> {
        std::future::pending().await
    }

    async fn estimate(&self, _statement: ReadStatement) -> Result<Estimate, Problem> {
        std::future::pending().await
    }

    async fn tables(&self) -> Result<Vec<TableListing>, Problem> {
        Ok(Vec::new())
    }
}
