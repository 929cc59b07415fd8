//! Answers from a transcript.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;

use super::divergence::Question;
use super::{Asked, Divergence, Request, Step, Transcript, gave_up, split};
use crate::model::{Batch, ColumnInfo, Problem, ProblemCode, SourceName};
use crate::source::{Cost, Estimate, ReadStatement, Rows, Source, TableListing, TableName};

/// One replay of a transcript.
///
/// It is as strict as a transcript is exact: the queries must come in the recorded order, each to the same source with
/// the same text and the same parameters. From the first that does not, every request fails, reading on
/// in answers that began before included; a check that went on regardless is then at best a `fail`, never a
/// pass. A run that asks less than was recorded sees no problem: only [`Replay::finish`] tells.
#[derive(Debug)]
pub struct Replay {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    transcript: Arc<Transcript>,
    /// The sources' own names of tables, by source and spelling.
    spellings: BTreeMap<(String, TableName), TableName>,
    progress: Mutex<Progress>,
}

#[derive(Debug, Default)]
struct Progress {
    /// How many queries were asked as they were recorded.
    asked: usize,
    divergence: Option<Divergence>,
}

impl Replay {
    /// From the beginning of a transcript.
    #[must_use]
    pub fn new(transcript: Arc<Transcript>) -> Self {
        let spelling = |s: &super::Spelling| ((s.source.clone(), s.spelled.clone()), s.own.clone());
        let spellings = transcript.spellings.iter().map(spelling).collect();
        Self { shared: Arc::new(Shared { transcript, spellings, progress: Mutex::default() }) }
    }

    /// What stands for the source of a name. One that was not recorded may be asked, and diverges.
    #[must_use]
    pub fn source(&self, name: SourceName) -> Arc<dyn Source> {
        Arc::new(ReplayedSource { name, shared: self.shared.clone() })
    }

    /// The first divergence up to now.
    #[must_use]
    pub fn divergence(&self) -> Option<Divergence> {
        self.shared.progress().divergence.clone()
    }

    /// Ends the replay: queries that were recorded and not asked are a divergence too.
    ///
    /// # Errors
    /// The first divergence.
    pub fn finish(&self) -> Result<(), Divergence> {
        let mut progress = self.shared.progress();
        if progress.divergence.is_none() {
            progress.divergence = Divergence::unasked(&self.shared.transcript.queries, progress.asked);
        }
        progress.divergence.clone().map_or(Ok(()), Err)
    }
}

impl Shared {
    fn progress(&self) -> MutexGuard<'_, Progress> {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The place of the query in the transcript, if it is the one that follows.
    fn take(&self, question: &Question<'_>) -> Result<usize, Problem> {
        let mut progress = self.progress();
        if progress.divergence.is_none() {
            progress.divergence = Divergence::between(question, &self.transcript.queries, progress.asked);
        }
        if let Some(divergence) = &progress.divergence {
            return Err(divergence.problem());
        }
        progress.asked += 1;
        Ok(progress.asked - 1)
    }

    fn still_the_same(&self) -> Result<(), Problem> {
        self.progress().divergence.as_ref().map_or(Ok(()), |divergence| Err(divergence.problem()))
    }

    fn diverge(&self, divergence: Divergence) -> Problem {
        self.progress().divergence.get_or_insert(divergence).problem()
    }

    fn recorded(&self, query: usize) -> &Asked {
        &self.transcript.queries[query]
    }
}

#[derive(Debug)]
struct ReplayedSource {
    name: SourceName,
    shared: Arc<Shared>,
}

impl ReplayedSource {
    fn take(&self, request: Request, statement: &ReadStatement) -> Result<usize, Problem> {
        self.shared.take(&Question { source: self.name.as_str(), request, statement })
    }
}

#[async_trait]
impl Source for ReplayedSource {
    async fn query(&self, statement: ReadStatement) -> Result<Box<dyn Rows>, Problem> {
        let query = self.take(Request::Open, &statement)?;
        let recorded = self.shared.recorded(query);
        match (&recorded.columns, recorded.steps.first()) {
            (Some(_), _) => {
                let mut rows = ReplayedRows {
                    shared: self.shared.clone(),
                    query,
                    step: 0,
                    row: 0,
                    rows: 0,
                    cost: Cost::default(),
                };
                rows.reprice();
                Ok(Box::new(rows))
            }
            (None, Some(Step::Problem(problem))) => Err(problem.clone()),
            (None, _) => Err(gave_up()),
        }
    }

    async fn estimate(&self, statement: ReadStatement) -> Result<Estimate, Problem> {
        let query = self.take(Request::Estimate, &statement)?;
        match self.shared.recorded(query).steps.first() {
            Some(Step::Estimate(estimate)) => Ok(*estimate),
            Some(Step::Problem(problem)) => Err(problem.clone()),
            _ => Err(gave_up()),
        }
    }

    fn table(&self, spelled: &TableName) -> TableName {
        let own = self.shared.spellings.get(&(self.name.to_string(), spelled.clone()));
        own.unwrap_or(spelled).clone()
    }

    async fn tables(&self) -> Result<Vec<TableListing>, Problem> {
        let message = format!("a transcript does not say which tables source `{}` has", self.name);
        Err(Problem::new(ProblemCode::Unavailable, message).with_hint("ask the source itself"))
    }
}

/// A recorded answer, read forward.
struct ReplayedRows {
    shared: Arc<Shared>,
    query: usize,
    /// The step that comes next.
    step: usize,
    /// The row that comes next, where the step is a batch.
    row: usize,
    /// Rows handed out.
    rows: u64,
    cost: Cost,
}

impl ReplayedRows {
    /// Goes past what only says what the query costs.
    fn reprice(&mut self) {
        while let Some(Step::Cost(cost)) = self.shared.recorded(self.query).steps.get(self.step) {
            self.cost = *cost;
            self.step += 1;
        }
    }
}

#[async_trait]
impl Rows for ReplayedRows {
    fn columns(&self) -> &[ColumnInfo] {
        self.shared.recorded(self.query).columns.as_deref().unwrap_or_default()
    }

    async fn next(&mut self, rows_max: u32, bytes_max: u64) -> Result<Option<Batch>, Problem> {
        self.shared.still_the_same()?;
        let shared = self.shared.clone();
        match shared.recorded(self.query).steps.get(self.step) {
            Some(Step::Batch { batch, oversize }) => {
                let bytes_max = if *oversize { u64::MAX } else { bytes_max };
                let part = split::fitting(batch, self.row, rows_max as usize, bytes_max);
                self.row = part.end;
                self.rows += part.len() as u64;
                if self.row >= batch.rows as usize {
                    (self.step, self.row) = (self.step + 1, 0);
                    self.reprice();
                }
                Ok(Some(split::rows(batch, part)))
            }
            Some(Step::Problem(problem)) => Err(problem.clone()),
            Some(Step::GaveUp) => Err(gave_up()),
            Some(Step::End) => {
                self.step += 1;
                self.reprice();
                Ok(None)
            }
            // Behind the end is the end.
            None => Ok(None),
            Some(Step::Dropped | Step::Cost(_) | Step::Estimate(_)) => {
                Err(shared.diverge(Divergence::beyond(self.query as u64 + 1, self.rows)))
            }
        }
    }

    fn cost(&self) -> Cost {
        self.cost
    }
}
