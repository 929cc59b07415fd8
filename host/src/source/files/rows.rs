//! The answer of a query, batch by batch as the engine makes it.

use std::sync::Arc;

use async_trait::async_trait;
use datafusion::arrow::error::ArrowError;
use datafusion::execution::SendableRecordBatchStream;
use futures::StreamExt;
use tokio::sync::mpsc;

use super::columns::{Layout, Prepared};
use super::engine::{Engine, interrupted};
use super::failure;
use crate::model::{Batch, ColumnInfo, Problem, ProblemCode};
use crate::source::{Cost, Rows};

/// Batches that are ready before they are asked for.
const AHEAD: usize = 1;

/// Rows on their way out of the engine. Dropping it ends the query and frees its memory.
pub struct FileRows {
    engine: Engine,
    /// `None` once it is at its end.
    made: Option<mpsc::Receiver<Made>>,
    columns: Vec<ColumnInfo>,
    /// What the engine gave and the check has not had yet, and how much of it is gone.
    pending: Option<(Prepared, usize)>,
    problem: Option<Problem>,
}

/// What the threads of the query have to say. A query that broke says nothing.
enum Made {
    Rows(Prepared),
    Problem(Problem),
    End,
}

/// Computes until nobody listens.
async fn make(mut stream: SendableRecordBatchStream, layouts: Vec<Layout>, sender: mpsc::Sender<Made>) {
    let last = loop {
        let prepared = match stream.next().await {
            None => break Made::End,
            Some(Err(error)) => break Made::Problem(failure::problem(&error)),
            Some(Ok(batch)) if batch.num_rows() == 0 => continue,
            Some(Ok(batch)) => Prepared::new(&layouts, &batch),
        };
        match prepared {
            Ok(prepared) => {
                if sender.send(Made::Rows(prepared)).await.is_err() {
                    return;
                }
            }
            Err(error) => break Made::Problem(unfit(&error)),
        }
    };
    // Whoever hears of the end may count on the memory.
    drop(stream);
    sender.send(last).await.ok();
}

impl FileRows {
    /// Of a stream that is no query's, on a thread of its own.
    ///
    /// # Errors
    /// When the operating system gives no thread.
    pub fn of(stream: SendableRecordBatchStream) -> Result<Self, Problem> {
        let names = stream.schema().fields().iter().map(|field| field.name().clone()).collect();
        Ok(Self::new(Engine::start(1, &Arc::default())?, stream, names))
    }

    /// Of a stream that has not been polled, with the names of its columns.
    pub(super) fn new(engine: Engine, stream: SendableRecordBatchStream, names: Vec<String>) -> Self {
        let layouts: Vec<Layout> = stream.schema().fields().iter().map(Layout::of).collect();
        let columns = layouts.iter().zip(names).map(|(layout, name)| layout.info(name)).collect();
        let (sender, receiver) = mpsc::channel(AHEAD);
        engine.spawn(make(stream, layouts, sender));
        Self { engine, made: Some(receiver), columns, pending: None, problem: None }
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
            let Some(made) = &mut self.made else { return Ok(None) };
            match made.recv().await {
                None => return Err(interrupted(&"it broke")),
                Some(Made::Problem(problem)) => {
                    self.engine.at_end();
                    return Err(problem);
                }
                Some(Made::End) => {
                    self.engine.at_end();
                    self.made = None;
                }
                Some(Made::Rows(prepared)) => self.pending = Some((prepared, 0)),
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
            self.made = None;
            self.pending = None;
            self.engine.watch().stop();
        }
        result
    }

    fn cost(&self) -> Cost {
        Cost::default()
    }
}
