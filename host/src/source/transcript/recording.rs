//! A source that another answers, written down.

use std::pin::Pin;
use std::sync::Arc;

use async_trait::async_trait;

use super::{Draft, Request};
use crate::model::{Batch, ColumnInfo, Problem, SourceName};
use crate::source::{Cost, Estimate, ReadStatement, Rows, Source, TableListing, TableName};

/// Passes everything through to another source, unchanged, and writes it into a draft.
///
/// One recording is made for each source of one run; all of a run share a draft.
#[derive(Debug)]
pub struct Recording {
    name: SourceName,
    source: Arc<dyn Source>,
    draft: Arc<Draft>,
}

impl Recording {
    /// Of the source that is configured as `name`.
    #[must_use]
    pub fn new(name: SourceName, source: Arc<dyn Source>, draft: Arc<Draft>) -> Self {
        Self { name, source, draft }
    }

    fn ask(&self, request: Request, statement: &ReadStatement) -> Waiting {
        let query = self.draft.asked(self.name.as_str(), request, statement);
        Waiting { draft: self.draft.clone(), query, answered: false }
    }
}

/// Somebody waits for a source. Dropped before the answer, it notes that they gave up.
struct Waiting {
    draft: Arc<Draft>,
    query: u64,
    answered: bool,
}

impl Waiting {
    /// Notes what the answer is when it is none.
    fn answer<T>(&mut self, answer: Result<T, Problem>) -> Result<T, Problem> {
        self.answered = true;
        answer.inspect_err(|problem| self.draft.problem(self.query, problem))
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        if !self.answered {
            self.draft.gave_up(self.query);
        }
    }
}

type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T, Problem>> + Send + 'a>>;

// What is asked is noted when it is asked and not when the future is first polled: a query whose deadline passes while
// it waits for a slot is never polled, and must be in the record.
#[async_trait]
impl Source for Recording {
    fn query<'life0, 'async_trait>(&'life0 self, statement: ReadStatement) -> Answer<'async_trait, Box<dyn Rows>>
    where
        'life0: 'async_trait,
        Self: 'async_trait,
    {
        let mut waiting = self.ask(Request::Open, &statement);
        let answer = self.source.query(statement);
        Box::pin(async move {
            let rows = waiting.answer(answer.await)?;
            let (draft, query) = (waiting.draft.clone(), waiting.query);
            draft.columns(query, rows.columns());
            draft.cost(query, rows.cost());
            Ok(Box::new(RecordedRows { rows, draft, query }) as Box<dyn Rows>)
        })
    }

    fn estimate<'life0, 'async_trait>(&'life0 self, statement: ReadStatement) -> Answer<'async_trait, Estimate>
    where
        'life0: 'async_trait,
        Self: 'async_trait,
    {
        let mut waiting = self.ask(Request::Estimate, &statement);
        let answer = self.source.estimate(statement);
        Box::pin(async move {
            let estimate = waiting.answer(answer.await)?;
            waiting.draft.estimate(waiting.query, estimate);
            Ok(estimate)
        })
    }

    fn table(&self, spelled: &TableName) -> TableName {
        let own = self.source.table(spelled);
        self.draft.table(self.name.as_str(), spelled, &own);
        own
    }

    async fn tables(&self) -> Result<Vec<TableListing>, Problem> {
        self.source.tables().await
    }
}

struct RecordedRows {
    rows: Box<dyn Rows>,
    draft: Arc<Draft>,
    query: u64,
}

#[async_trait]
impl Rows for RecordedRows {
    fn columns(&self) -> &[ColumnInfo] {
        self.rows.columns()
    }

    fn next<'life0, 'async_trait>(
        &'life0 mut self,
        rows_max: u32,
        bytes_max: u64,
    ) -> Answer<'async_trait, Option<Batch>>
    where
        'life0: 'async_trait,
        Self: 'async_trait,
    {
        let mut waiting = Waiting { draft: self.draft.clone(), query: self.query, answered: false };
        Box::pin(async move {
            let answer = self.rows.next(rows_max, bytes_max).await;
            let answer = waiting.answer(answer);
            match &answer {
                Ok(Some(batch)) => self.draft.batch(self.query, batch, bytes_max),
                Ok(None) => self.draft.end(self.query),
                Err(_) => {}
            }
            self.draft.cost(self.query, self.rows.cost());
            answer
        })
    }

    fn cost(&self) -> Cost {
        let cost = self.rows.cost();
        self.draft.cost(self.query, cost);
        cost
    }
}

impl Drop for RecordedRows {
    fn drop(&mut self) {
        self.draft.dropped(self.query);
    }
}
