//! Reading data within grants and budget, and keeping book of what could not be answered.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::{Instant, timeout_at};
use tracing::{Instrument as _, Span};

use crate::clock;
use crate::model::{Batch, ColumnInfo, Digest, LimitName, Limits, Param, Problem, ProblemCode};
use crate::source::asked::{Asked, Asker, Bill};
use crate::source::gate::read_statement;
use crate::source::{Cost, Estimate, ReadStatement, Rows};
use crate::spans;

use super::grant::{Grant, Grants};

/// Most rows of one batch.
const BATCH_ROWS_MAX: u32 = 8_192;
/// Most bytes of column data of one batch.
const BATCH_BYTES_MAX: u64 = 4 << 20;

/// What is left of a run's budget.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    /// Queries.
    pub queries: u64,
    /// Rows.
    pub rows: u64,
    /// Bytes of column data.
    pub bytes: u64,
    /// Time until the run's deadline.
    pub time: Duration,
}

/// What a query has cost so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CursorStats {
    /// Rows handed to the guest.
    pub rows: u64,
    /// Bytes of column data handed to the guest.
    pub bytes: u64,
    /// Time the host spent.
    pub elapsed: Duration,
    /// What the source says.
    pub cost: Cost,
}

/// What a request wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wanted {
    Rows,
    Estimate,
}

/// What a guest asks.
#[derive(Debug)]
struct Request {
    wanted: Wanted,
    source: String,
    sql: String,
    params: Vec<Param>,
}

/// A request as it is remembered: a guest may ask in megabytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct RequestId(Digest);

impl Request {
    fn id(&self) -> RequestId {
        // Two requests are one if they cannot be told apart in writing; a NaN is then like itself.
        RequestId(Digest::of(format!("{:?}", (self.wanted, &self.source, &self.sql, &self.params)).as_bytes()))
    }
}

/// The rows of one query on their way to the guest.
pub struct Cursor {
    request: RequestId,
    span: Span,
    rows: Box<dyn Rows>,
    grant: Grant,
    /// The query's own deadline, where it is sooner than the run's.
    deadline: Option<Instant>,
    stats: CursorStats,
    /// Why there is nothing more, when it is not the end.
    failed: Option<Problem>,
    ended: bool,
}

impl std::fmt::Debug for Cursor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Cursor").field("request", &self.request).field("stats", &self.stats).finish_non_exhaustive()
    }
}

impl Cursor {
    /// The columns of every batch.
    #[must_use]
    pub fn columns(&self) -> &[ColumnInfo] {
        self.rows.columns()
    }

    /// What the query has cost so far.
    #[must_use]
    pub fn stats(&self) -> CursorStats {
        CursorStats { cost: self.rows.cost(), ..self.stats }
    }
}

/// One run's access to data.
#[derive(Debug)]
pub struct QueryCapability {
    grants: Grants,
    limits: Limits,
    deadline: Instant,
    queries: u64,
    rows: u64,
    bytes: u64,
    unresolved: Vec<(RequestId, Problem)>,
    as_of: Option<Timestamp>,
    asker: Option<Arc<Asker>>,
    bill: Arc<Bill>,
}

impl QueryCapability {
    /// For one run that ends at `deadline` at the latest.
    #[must_use]
    pub fn new(grants: Grants, limits: Limits, deadline: Instant) -> Self {
        let bill = Arc::new(Bill::new(limits.get(LimitName::BilledBytes)));
        Self {
            grants,
            limits,
            deadline,
            queries: 0,
            rows: 0,
            bytes: 0,
            unresolved: Vec::new(),
            as_of: None,
            asker: None,
            bill,
        }
    }

    /// Every statement is asked at this instant, see [`ReadStatement::at`].
    #[must_use]
    pub fn at(self, instant: Timestamp) -> Self {
        Self { as_of: Some(instant), ..self }
    }

    /// Every statement is asked on somebody's behalf.
    #[must_use]
    pub fn asked_by(self, asker: Option<Arc<Asker>>) -> Self {
        Self { asker, ..self }
    }

    /// Begins to answer a statement.
    ///
    /// # Errors
    /// Any [`Problem`]; it is remembered until the same request has been answered to its end.
    ///
    /// # Cancel safety
    /// Dropping the future ends the query; the query stays counted.
    pub async fn open(&mut self, source: String, sql: String, params: Vec<Param>) -> Result<Cursor, Problem> {
        let request = Request { wanted: Wanted::Rows, source, sql, params };
        let id = request.id();
        let began = clock::monotonic();
        let span = spans::query(&request.source);
        match self.try_open(request).instrument(span.clone()).await {
            Ok((rows, grant, deadline)) => Ok(Cursor {
                request: id,
                span,
                rows,
                grant,
                deadline,
                stats: CursorStats { elapsed: began.elapsed(), ..CursorStats::default() },
                failed: None,
                ended: false,
            }),
            Err(problem) => {
                span.record("error", problem.code.as_str());
                Err(self.remember(id, problem))
            }
        }
    }

    /// What a statement would read.
    ///
    /// # Errors
    /// As for [`QueryCapability::open`].
    ///
    /// # Cancel safety
    /// Nothing is left behind; the query stays counted.
    pub async fn estimate(&mut self, source: String, sql: String, params: Vec<Param>) -> Result<Estimate, Problem> {
        let request = Request { wanted: Wanted::Estimate, source, sql, params };
        let id = request.id();
        let estimate = match self.admit(request) {
            Ok((grant, statement)) => {
                let (grant, deadline) = (grant.clone(), self.query_deadline());
                working(&grant, deadline, grant.handle.source.estimate(statement)).await
            }
            Err(problem) => Err(problem),
        };
        match estimate {
            Ok(estimate) => {
                self.forget(id);
                Ok(estimate)
            }
            Err(problem) => Err(self.remember(id, problem)),
        }
    }

    /// The next rows of a cursor, `None` at the end.
    ///
    /// # Errors
    /// Any [`Problem`]; the cursor says the same ever after.
    ///
    /// # Cancel safety
    /// After a dropped call the rows in flight may be lost: drop the cursor.
    pub async fn next(&mut self, cursor: &mut Cursor, rows_max: u32) -> Result<Option<Batch>, Problem> {
        if let Some(problem) = &cursor.failed {
            return Err(problem.clone());
        }
        if cursor.ended {
            return Ok(None);
        }
        let began = clock::monotonic();
        let span = cursor.span.clone();
        let answer = self.try_next(cursor, rows_max).instrument(span).await;
        cursor.stats.elapsed += began.elapsed();
        match answer {
            Ok(Some(batch)) => {
                let bytes = batch.bytes();
                for rows in [&mut self.rows, &mut cursor.stats.rows] {
                    *rows += u64::from(batch.rows);
                }
                for total in [&mut self.bytes, &mut cursor.stats.bytes] {
                    *total += bytes;
                }
                Ok(Some(batch))
            }
            Ok(None) => {
                cursor.ended = true;
                cursor.span.record("rows", cursor.stats.rows);
                self.forget(cursor.request);
                Ok(None)
            }
            Err(problem) => {
                cursor.span.record("error", problem.code.as_str());
                cursor.failed = Some(problem.clone());
                Err(self.remember(cursor.request, problem))
            }
        }
    }

    /// What is left of the budget.
    #[must_use]
    pub fn remaining(&self) -> Budget {
        Budget {
            queries: self.left(LimitName::Queries, self.queries),
            rows: self.left(LimitName::Rows, self.rows),
            bytes: self.left(LimitName::BytesIn, self.bytes),
            time: clock::until(self.deadline),
        }
    }

    /// Queries asked, rows and bytes handed over.
    #[must_use]
    pub fn spent(&self) -> (u64, u64, u64) {
        (self.queries, self.rows, self.bytes)
    }

    /// The problems of requests that were never answered afterwards.
    #[must_use]
    pub fn into_unresolved(self) -> Vec<Problem> {
        self.unresolved.into_iter().map(|(_, problem)| problem).collect()
    }

    async fn try_open(&mut self, request: Request) -> Result<(Box<dyn Rows>, Grant, Option<Instant>), Problem> {
        let (grant, statement) = self.admit(request)?;
        let grant = grant.clone();
        let deadline = self.query_deadline();
        let rows = working(&grant, deadline, grant.handle.source.query(statement)).await?;
        Ok((rows, grant, deadline))
    }

    /// Counts the query, then lets it pass only as one read statement within the grant.
    fn admit(&mut self, request: Request) -> Result<(&Grant, ReadStatement), Problem> {
        if self.left(LimitName::Queries, self.queries) == 0 {
            return Err(self.spent_problem(ProblemCode::LimitQueries, LimitName::Queries));
        }
        self.queries += 1;
        let grant = self.grants.source(&request.source)?;
        let statement = read_statement(&request.sql, request.params)?;
        let statement = match self.as_of {
            Some(instant) => statement.at(instant),
            None => statement,
        };
        grant.covers(&statement)?;
        let until = self.query_deadline().unwrap_or(self.deadline);
        let asked = Asked { by: self.asker.clone(), call: self.queries, until, bill: Arc::clone(&self.bill) };
        Ok((grant, statement.asked_for(asked)))
    }

    async fn try_next(&mut self, cursor: &mut Cursor, rows_max: u32) -> Result<Option<Batch>, Problem> {
        let rows_left = self.left(LimitName::Rows, self.rows);
        let bytes_left = self.left(LimitName::BytesIn, self.bytes);
        // With nothing left one row is still asked for: only a row too many is over the limit, not the end.
        let wanted = u64::from(rows_max.clamp(1, BATCH_ROWS_MAX)).min(rows_left.max(1));
        let wanted = u32::try_from(wanted).unwrap_or(BATCH_ROWS_MAX);
        let bytes_max = BATCH_BYTES_MAX.min(bytes_left.max(1));
        let answer = cursor.rows.next(wanted, bytes_max);
        let Some(batch) = working(&cursor.grant, cursor.deadline, answer).await? else {
            return Ok(None);
        };
        if u64::from(batch.rows) > rows_left {
            return Err(self.spent_problem(ProblemCode::LimitRows, LimitName::Rows));
        }
        if batch.bytes() > bytes_left {
            return Err(self.spent_problem(ProblemCode::LimitBytes, LimitName::BytesIn));
        }
        Ok(Some(batch))
    }

    fn left(&self, name: LimitName, used: u64) -> u64 {
        self.limits.get(name).saturating_sub(used)
    }

    /// The query's own deadline. Where the run's comes first there is none: the run ends then, and says so.
    fn query_deadline(&self) -> Option<Instant> {
        let deadline = clock::monotonic() + self.limits.duration(LimitName::QueryDeadline);
        (deadline < self.deadline).then_some(deadline)
    }

    fn spent_problem(&self, code: ProblemCode, name: LimitName) -> Problem {
        let limit = self.limits.get(name);
        Problem::new(code, format!("the run's limit of `{name}` is spent ({limit})")).with_hint(format!(
            "let the query return less, or ask for more: `limits = {{ {name} = … }}` in the check's configuration"
        ))
    }

    /// At most one problem for each query of the budget, and one for all that were asked beyond it: however often a
    /// guest asks, it is remembered within bounds.
    fn remember(&mut self, request: RequestId, problem: Problem) -> Problem {
        self.forget(request);
        let beyond = |(_, earlier): &(RequestId, Problem)| earlier.code == ProblemCode::LimitQueries;
        if problem.code != ProblemCode::LimitQueries || !self.unresolved.iter().any(beyond) {
            self.unresolved.push((request, problem.clone()));
        }
        problem
    }

    fn forget(&mut self, request: RequestId) {
        self.unresolved.retain(|(earlier, _)| *earlier != request);
    }
}

/// Lets a source work, in one of its slots. A cursor that nobody reads from holds none: it would keep others waiting.
async fn working<T>(
    grant: &Grant,
    deadline: Option<Instant>,
    answer: impl Future<Output = Result<T, Problem>>,
) -> Result<T, Problem> {
    let in_a_slot = async {
        let closed = |_| Problem::new(ProblemCode::Unavailable, format!("source `{}` is closed", grant.name));
        let _slot = grant.handle.slots.acquire().await.map_err(closed)?;
        answer.await
    };
    match deadline {
        None => in_a_slot.await,
        Some(deadline) => timeout_at(deadline, in_a_slot).await.unwrap_or_else(|_| {
            Err(Problem::new(ProblemCode::Deadline, "the query did not end before its deadline")
                .with_hint("let it read less, or raise `query_deadline` in the check's limits"))
        }),
    }
}
