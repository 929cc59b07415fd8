//! Sources that do one thing to one answer, and pass everything else on as it is.

use std::future::pending;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;

use super::answer::{Altered, Bounds};
use super::injection::{Injection, InjectionKind};
use super::report::{Ended, Trial};
use super::shape::{Asked, Request, Shape};
use crate::model::{Batch, ColumnInfo, Problem, ProblemCode};
use crate::source::{Cost, Estimate, ReadStatement, Rows, Source, TableListing, TableName};

/// Whether an injection came to be applied in a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Application {
    /// The check met it.
    Applied,
    /// The check asked fewer queries than in the plain run.
    NotAsked,
    /// Another query stood in this place: the check does not ask the same each time.
    AskedOtherwise,
    /// The check asked, and did not read as far as to where the answer is altered.
    NotReached,
    /// The answer had nothing in it that could be altered.
    NothingToChange,
    /// The answer is longer than the audit holds.
    TooLong,
}

impl Application {
    /// The name in reports.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Applied => "applied",
            Self::NotAsked => "not_asked",
            Self::AskedOtherwise => "asked_otherwise",
            Self::NotReached => "not_reached",
            Self::NothingToChange => "nothing_to_change",
            Self::TooLong => "too_long",
        }
    }

    /// One sentence for a person.
    #[must_use]
    pub fn description(self) -> &'static str {
        match self {
            Self::Applied => "the check met it",
            Self::NotAsked => "the check did not ask this query this time",
            Self::AskedOtherwise => "the check asked another query in this place",
            Self::NotReached => "the check did not read that far",
            Self::NothingToChange => "the answer holds nothing to alter",
            Self::TooLong => "the answer is longer than the check's limits of rows and bytes",
        }
    }

    /// Whether it stays open what the check would have said. One that does not read so far, or whose answer holds
    /// nothing to alter, cannot be told anything wrong in this way.
    #[must_use]
    pub fn leaves_open(self) -> bool {
        matches!(self, Self::NotAsked | Self::AskedOtherwise | Self::TooLong)
    }
}

/// One injection into one query of one run, over all of the run's sources.
#[derive(Debug, Clone)]
pub struct Injector(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    asked: Asked,
    request: Request,
    injection: Injection,
    bounds: Bounds,
    notes: Mutex<Notes>,
}

#[derive(Debug)]
struct Notes {
    queries: u32,
    application: Application,
    answered_again: u32,
}

/// What a query is to the injection.
enum Place {
    /// Another query.
    Elsewhere,
    /// The query it is meant for.
    Here,
    /// The same request, made again.
    Again,
}

impl Injector {
    /// For one run: the injection is done to the query that had this shape in the plain run.
    #[must_use]
    pub fn new(shape: &Shape, injection: Injection, bounds: Bounds) -> Self {
        Self(Arc::new(Inner {
            asked: shape.asked.clone(),
            request: shape.request(),
            injection,
            bounds,
            notes: Mutex::new(Notes { queries: 0, application: Application::NotAsked, answered_again: 0 }),
        }))
    }

    /// A source for the run in place of `inner`, which is configured as `name`.
    #[must_use]
    pub fn source(&self, name: impl Into<String>, inner: Arc<dyn Source>) -> Injecting {
        Injecting { name: name.into(), inner, injector: self.clone() }
    }

    /// What is done.
    #[must_use]
    pub fn injection(&self) -> &Injection {
        &self.0.injection
    }

    /// Whether the check met it.
    #[must_use]
    pub fn applied(&self) -> bool {
        self.application() == Application::Applied
    }

    /// Whether the check met it, and why not.
    #[must_use]
    pub fn application(&self) -> Application {
        self.notes().application
    }

    /// How often the check made the same request again, after it had gone wrong, and had the whole answer.
    #[must_use]
    pub fn answered_again(&self) -> u32 {
        self.notes().answered_again
    }

    /// The run as a report wants it, now that it is over.
    #[must_use]
    pub fn trial(&self, ended: Ended) -> Trial {
        Trial {
            asked: self.0.asked.clone(),
            injection: self.0.injection.clone(),
            application: self.application(),
            answered_again: self.answered_again(),
            ended,
        }
    }

    pub(super) fn bounds(&self) -> Bounds {
        self.0.bounds
    }

    /// What has been applied stays applied.
    pub(super) fn note(&self, application: Application) {
        let mut notes = self.notes();
        if notes.application != Application::Applied {
            notes.application = application;
        }
    }

    fn notes(&self) -> MutexGuard<'_, Notes> {
        self.0.notes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts a query.
    fn place(&self, source: &str, statement: &ReadStatement, estimate: bool) -> Place {
        let request = Request::new(source, statement.text(), statement.params(), estimate);
        let mut notes = self.notes();
        notes.queries = notes.queries.saturating_add(1);
        let same = request == self.0.request;
        if notes.queries == self.0.asked.number {
            notes.application = if same { Application::NotReached } else { Application::AskedOtherwise };
        }
        match same {
            true if notes.queries == self.0.asked.number => Place::Here,
            true if notes.application == Application::Applied => Place::Again,
            _ => Place::Elsewhere,
        }
    }

    /// The problem with which the query fails at once, if it does.
    fn refusal(&self) -> Option<Problem> {
        match self.injection().kind() {
            InjectionKind::ErrorRetryable => {
                let message = "the audit lets this query fail once; asked again, it is answered";
                Some(Problem::new(ProblemCode::Unavailable, message).retryable())
            }
            InjectionKind::ErrorPermanent => {
                Some(Problem::new(ProblemCode::Failed, "the audit lets this query fail however often it is asked"))
            }
            _ => None,
        }
    }

    /// The problem of the same request made again, if it is none that passes.
    fn lasting_refusal(&self) -> Option<Problem> {
        self.refusal().filter(|problem| !problem.retryable)
    }

    fn note_answered_again(&self) {
        let mut notes = self.notes();
        notes.answered_again = notes.answered_again.saturating_add(1);
    }
}

/// A source that does one thing to one answer.
#[derive(Debug)]
pub struct Injecting {
    name: String,
    inner: Arc<dyn Source>,
    injector: Injector,
}

#[async_trait]
impl Source for Injecting {
    async fn query(&self, statement: ReadStatement) -> Result<Box<dyn Rows>, Problem> {
        let injector = &self.injector;
        match injector.place(&self.name, &statement, false) {
            Place::Elsewhere => self.inner.query(statement).await,
            Place::Again => match injector.lasting_refusal() {
                Some(problem) => Err(problem),
                None => {
                    let inner = self.inner.query(statement).await?;
                    Ok(Box::new(AskedAgain { inner, injector: injector.clone() }))
                }
            },
            Place::Here => {
                if let Some(problem) = injector.refusal() {
                    injector.note(Application::Applied);
                    return Err(problem);
                }
                if injector.injection().kind() == InjectionKind::SlowAnswer {
                    injector.note(Application::Applied);
                    return pending().await;
                }
                let inner = self.inner.query(statement).await?;
                Ok(Box::new(Altered::new(inner, injector.clone())))
            }
        }
    }

    async fn estimate(&self, statement: ReadStatement) -> Result<Estimate, Problem> {
        let injector = &self.injector;
        match injector.place(&self.name, &statement, true) {
            Place::Elsewhere => self.inner.estimate(statement).await,
            Place::Again => match injector.lasting_refusal() {
                Some(problem) => Err(problem),
                None => {
                    let estimate = self.inner.estimate(statement).await?;
                    injector.note_answered_again();
                    Ok(estimate)
                }
            },
            Place::Here => match injector.refusal() {
                Some(problem) => {
                    injector.note(Application::Applied);
                    Err(problem)
                }
                None => {
                    injector.note(Application::NothingToChange);
                    self.inner.estimate(statement).await
                }
            },
        }
    }

    fn table(&self, spelled: &TableName) -> TableName {
        self.inner.table(spelled)
    }

    async fn tables(&self) -> Result<Vec<TableListing>, Problem> {
        self.inner.tables().await
    }
}

/// The answer to a request that went wrong before: whether it is read to its end is noted.
struct AskedAgain {
    inner: Box<dyn Rows>,
    injector: Injector,
}

#[async_trait]
impl Rows for AskedAgain {
    fn columns(&self) -> &[ColumnInfo] {
        self.inner.columns()
    }

    async fn next(&mut self, rows_max: u32, bytes_max: u64) -> Result<Option<Batch>, Problem> {
        let batch = self.inner.next(rows_max, bytes_max).await?;
        if batch.is_none() {
            self.injector.note_answered_again();
        }
        Ok(batch)
    }

    fn cost(&self) -> Cost {
        self.inner.cost()
    }
}
