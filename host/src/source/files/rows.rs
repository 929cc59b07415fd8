//! The answer of a query, batch by batch as the engine makes it.

use async_trait::async_trait;
use datafusion::arrow::error::ArrowError;
use datafusion::execution::SendableRecordBatchStream;
use futures::StreamExt;

use super::columns::{Layout, Prepared};
use super::failure;
use crate::model::{Batch, ColumnInfo, Problem, ProblemCode};
use crate::source::{Cost, Rows};

/// Rows on their way out of the engine. Dropping it ends the query and frees its memory.
pub struct FileRows {
    /// `None` once it is at its end.
    stream: Option<SendableRecordBatchStream>,
    layouts: Vec<Layout>,
    columns: Vec<ColumnInfo>,
    /// What the engine gave and the check has not had yet, and how much of it is gone.
    pending: Option<(Prepared, usize)>,
    problem: Option<Problem>,
}

impl FileRows {
    /// Of a stream that has not been polled.
    #[must_use]
    pub fn new(stream: SendableRecordBatchStream) -> Self {
        let layouts: Vec<Layout> = stream.schema().fields().iter().map(Layout::of).collect();
        let columns = layouts.iter().map(Layout::info).collect();
        Self { stream: Some(stream), layouts, columns, pending: None, problem: None }
    }

    fn take(&mut self, rows_max: usize, bytes_max: u64) -> Result<Option<Batch>, Problem> {
        let Some((prepared, start)) = self.pending.take() else { return Ok(None) };
        let end = start + prepared.fitting(start, rows_max, bytes_max);
        let batch = prepared.batch(start..end).map_err(|error| unfit(&error))?;
        if end < prepared.rows() {
            self.pending = Some((prepared, end));
        }
        Ok(Some(batch))
    }

    async fn step(&mut self, rows_max: usize, bytes_max: u64) -> Result<Option<Batch>, Problem> {
        loop {
            if let Some(batch) = self.take(rows_max, bytes_max)? {
                return Ok(Some(batch));
            }
            let Some(stream) = &mut self.stream else { return Ok(None) };
            match stream.next().await {
                None => self.stream = None,
                Some(Err(error)) => return Err(failure::problem(&error)),
                Some(Ok(batch)) if batch.num_rows() == 0 => {}
                Some(Ok(batch)) => {
                    let prepared = Prepared::new(&self.layouts, &batch).map_err(|error| unfit(&error))?;
                    self.pending = Some((prepared, 0));
                }
            }
        }
    }
}

/// A value of the result that the contract has no room for.
fn unfit(error: &ArrowError) -> Problem {
    let reason = failure::shorten(&error.to_string());
    Problem::new(ProblemCode::Failed, format!("a value of the result cannot be delivered: {reason}"))
        .with_hint("cast the column to another type in the statement, for example to STRING")
}

#[async_trait]
impl Rows for FileRows {
    fn columns(&self) -> &[ColumnInfo] {
        &self.columns
    }

    async fn next(&mut self, rows_max: u32, bytes_max: u64) -> Result<Option<Batch>, Problem> {
        if let Some(problem) = &self.problem {
            return Err(problem.clone());
        }
        let rows_max = usize::try_from(rows_max).unwrap_or(usize::MAX);
        let result = self.step(rows_max, bytes_max).await;
        if let Err(problem) = &result {
            self.problem = Some(problem.clone());
            self.stream = None;
            self.pending = None;
        }
        result
    }

    fn cost(&self) -> Cost {
        Cost::default()
    }
}
