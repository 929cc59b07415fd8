//! Sources that note what is asked of them, and pass everything on as it is.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;

use super::alteration::is_null;
use super::shape::{Answer, Asked, ColumnShape, Shape};
use crate::model::{Batch, ColumnInfo, Problem};
use crate::source::{Cost, Estimate, ReadStatement, Rows, Source, TableListing, TableName};

/// What one plain run asks, over all of its sources.
#[derive(Debug, Clone, Default)]
pub struct Observation(Arc<Mutex<Vec<Shape>>>);

impl Observation {
    /// Of a run that has not asked anything yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A source for the run in place of `inner`, which is configured as `name`.
    #[must_use]
    pub fn source(&self, name: impl Into<String>, inner: Arc<dyn Source>) -> Observed {
        Observed { name: name.into(), inner, observation: self.clone() }
    }

    /// What was asked so far, in the order in which it was.
    #[must_use]
    pub fn shapes(&self) -> Vec<Shape> {
        self.notes().clone()
    }

    fn notes(&self) -> MutexGuard<'_, Vec<Shape>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes a query; what comes back is noted at the index.
    fn begin(&self, source: &str, statement: &ReadStatement) -> usize {
        let mut notes = self.notes();
        let number = u32::try_from(notes.len() + 1).unwrap_or(u32::MAX);
        let asked = Asked { number, source: source.to_owned(), sql: statement.text().to_owned() };
        notes.push(Shape { asked, params: statement.params().to_vec(), answer: Answer::Nothing });
        notes.len() - 1
    }

    fn answered(&self, index: usize, answer: Answer) {
        if let Some(shape) = self.notes().get_mut(index) {
            shape.answer = answer;
        }
    }

    fn read(&self, index: usize, batch: Option<&Batch>) {
        let mut notes = self.notes();
        let Some(Answer::Rows { columns, rows, ended }) = notes.get_mut(index).map(|shape| &mut shape.answer) else {
            return;
        };
        let Some(batch) = batch else {
            *ended = true;
            return;
        };
        for (shape, column) in columns.iter_mut().zip(&batch.columns) {
            let nulls = (0..batch.rows as usize).filter(|row| is_null(column, *row)).count();
            shape.nulls += nulls as u64;
            shape.first_null |= *rows == 0 && batch.rows > 0 && is_null(column, 0);
        }
        *rows += u64::from(batch.rows);
    }
}

/// A source that notes what is asked of it.
#[derive(Debug)]
pub struct Observed {
    name: String,
    inner: Arc<dyn Source>,
    observation: Observation,
}

#[async_trait]
impl Source for Observed {
    async fn query(&self, statement: ReadStatement) -> Result<Box<dyn Rows>, Problem> {
        let index = self.observation.begin(&self.name, &statement);
        match self.inner.query(statement).await {
            Ok(rows) => {
                let unread = |info: &ColumnInfo| ColumnShape { info: info.clone(), nulls: 0, first_null: false };
                let columns = rows.columns().iter().map(unread).collect();
                self.observation.answered(index, Answer::Rows { columns, rows: 0, ended: false });
                Ok(Box::new(ObservedRows { inner: rows, observation: self.observation.clone(), index }))
            }
            Err(problem) => {
                self.observation.answered(index, Answer::Problem(problem.clone()));
                Err(problem)
            }
        }
    }

    async fn estimate(&self, statement: ReadStatement) -> Result<Estimate, Problem> {
        let index = self.observation.begin(&self.name, &statement);
        let estimate = self.inner.estimate(statement).await;
        let answer = match &estimate {
            Ok(_) => Answer::Estimate,
            Err(problem) => Answer::Problem(problem.clone()),
        };
        self.observation.answered(index, answer);
        estimate
    }

    fn table(&self, spelled: &TableName) -> TableName {
        self.inner.table(spelled)
    }

    async fn tables(&self) -> Result<Vec<TableListing>, Problem> {
        self.inner.tables().await
    }
}

struct ObservedRows {
    inner: Box<dyn Rows>,
    observation: Observation,
    index: usize,
}

#[async_trait]
impl Rows for ObservedRows {
    fn columns(&self) -> &[ColumnInfo] {
        self.inner.columns()
    }

    async fn next(&mut self, rows_max: u32, bytes_max: u64) -> Result<Option<Batch>, Problem> {
        let answer = self.inner.next(rows_max, bytes_max).await;
        match &answer {
            Ok(batch) => self.observation.read(self.index, batch.as_ref()),
            Err(problem) => self.observation.answered(self.index, Answer::Problem(problem.clone())),
        }
        answer
    }

    fn cost(&self) -> Cost {
        self.inner.cost()
    }
}
