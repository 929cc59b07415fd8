//! Budgets, deadlines and slots, on a source whose every answer is known.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::Semaphore;

use super::{Grant, Grants, QueryCapability, SourceHandle};
use crate::clock;
use crate::model::{Batch, Column, ColumnInfo, Kind, LimitName, LimitRequest, Limits, Problem, ProblemCode, Values};
use crate::source::{Cost, Estimate, ReadStatement, Rows, Source, TableListing};

/// Rows of every answer: a column of integers.
const ROWS: u32 = 10;

/// A source that takes its time and answers with ten rows, one at a time.
#[derive(Debug, Default)]
struct Slow {
    takes: Duration,
    working: AtomicUsize,
    most_at_once: AtomicUsize,
}

#[async_trait]
impl Source for Slow {
    async fn query(&self, _statement: ReadStatement) -> Result<Box<dyn Rows>, Problem> {
        let working = self.working.fetch_add(1, Ordering::Relaxed) + 1;
        self.most_at_once.fetch_max(working, Ordering::Relaxed);
        tokio::time::sleep(self.takes).await;
        self.working.fetch_sub(1, Ordering::Relaxed);
        let column = ColumnInfo { name: "n".into(), kind: Kind::Int64, type_name: "INT64".into(), nullable: false };
        Ok(Box::new(Ten { left: ROWS, columns: [column] }))
    }

    async fn estimate(&self, statement: ReadStatement) -> Result<Estimate, Problem> {
        self.query(statement).await.map(|_| Estimate::default())
    }

    async fn tables(&self) -> Result<Vec<TableListing>, Problem> {
        Ok(Vec::new())
    }
}

struct Ten {
    left: u32,
    columns: [ColumnInfo; 1],
}

#[async_trait]
impl Rows for Ten {
    fn columns(&self) -> &[ColumnInfo] {
        &self.columns
    }

    async fn next(&mut self, rows_max: u32, _bytes_max: u64) -> Result<Option<Batch>, Problem> {
        let rows = self.left.min(rows_max);
        self.left -= rows;
        let column = Column { validity: Vec::new(), values: Values::Int64(vec![7; rows as usize]) };
        Ok((rows > 0).then(|| Batch { rows, columns: vec![column] }))
    }

    fn cost(&self) -> Cost {
        Cost::default()
    }
}

fn handle(takes: Duration, slots: usize) -> (Arc<Slow>, SourceHandle) {
    let source = Arc::new(Slow { takes, ..Slow::default() });
    (source.clone(), SourceHandle { source, slots: Arc::new(Semaphore::new(slots)) })
}

fn capability(handle: SourceHandle, asked: &[(LimitName, u64)]) -> QueryCapability {
    let asked: Vec<_> = asked.iter().map(|(name, value)| LimitRequest { name: *name, value: *value }).collect();
    let limits = Limits::resolve(&[], &asked);
    let grant = Grant { name: "s".parse().unwrap(), handle, tables: vec!["**".parse().unwrap()] };
    let deadline = clock::monotonic() + limits.duration(LimitName::Deadline);
    QueryCapability::new(Grants::new(vec![grant]), limits, deadline)
}

const SQL: &str = "SELECT n FROM t";

/// Reads an answer to its end; how many rows came before it, and what was wrong.
async fn read(query: &mut QueryCapability) -> (u64, Option<ProblemCode>) {
    let mut cursor = match query.open("s".into(), SQL.into(), Vec::new()).await {
        Ok(cursor) => cursor,
        Err(problem) => return (0, Some(problem.code)),
    };
    loop {
        match query.next(&mut cursor, 4).await {
            Ok(Some(_)) => {}
            Ok(None) => return (cursor.stats().rows, None),
            Err(problem) => return (cursor.stats().rows, Some(problem.code)),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_budget_ends_what_is_over_it_and_nothing_before() {
    // Ten rows of eight bytes.
    for (name, value, expected) in [
        (LimitName::Rows, 10, (10, None)),
        (LimitName::Rows, 9, (9, Some(ProblemCode::LimitRows))),
        (LimitName::Rows, 1, (1, Some(ProblemCode::LimitRows))),
        (LimitName::BytesIn, 80, (10, None)),
        (LimitName::BytesIn, 79, (8, Some(ProblemCode::LimitBytes))),
        (LimitName::BytesIn, 31, (0, Some(ProblemCode::LimitBytes))),
        (LimitName::Queries, 1, (10, None)),
    ] {
        let (_, handle) = handle(Duration::ZERO, 1);
        assert_eq!(read(&mut capability(handle, &[(name, value)])).await, expected, "{name} = {value}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_budget_is_the_runs_and_not_the_querys() {
    let (_, handle) = handle(Duration::ZERO, 1);
    let mut query = capability(handle, &[(LimitName::Rows, 15), (LimitName::Queries, 3)]);
    assert_eq!(read(&mut query).await, (10, None));
    assert_eq!(read(&mut query).await, (5, Some(ProblemCode::LimitRows)));
    assert_eq!(query.estimate("s".into(), SQL.into(), Vec::new()).await, Ok(Estimate::default()), "the third query");
    assert_eq!(read(&mut query).await, (0, Some(ProblemCode::LimitQueries)), "an estimate counts");
    let left = query.remaining();
    assert_eq!((left.queries, left.rows), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn a_query_ends_at_its_deadline_also_while_it_waits_for_a_slot() {
    let second = Duration::from_secs(1);
    let (_, busy) = handle(3 * second, 1);
    let began = clock::monotonic();
    let mut patient = capability(busy.clone(), &[]);
    let mut hurried = capability(busy, &[(LimitName::QueryDeadline, 2_000)]);
    let (first, waited) = tokio::join!(read(&mut patient), async {
        let answer = read(&mut hurried).await;
        (answer, began.elapsed().as_secs())
    });
    assert_eq!(first, (10, None));
    assert_eq!(waited, ((0, Some(ProblemCode::Deadline)), 2), "it never got the slot");
}

#[tokio::test(start_paused = true)]
async fn a_source_works_for_as_many_as_it_has_slots_and_lets_the_others_wait() {
    let (source, handle) = handle(Duration::from_secs(1), 2);
    let began = clock::monotonic();
    let mut checks: Vec<_> = (0..6).map(|_| capability(handle.clone(), &[])).collect();
    let answers = futures::future::join_all(checks.iter_mut().map(read)).await;
    assert_eq!(answers, [(10, None); 6], "nobody is refused");
    assert_eq!(source.most_at_once.load(Ordering::Relaxed), 2);
    assert_eq!(began.elapsed().as_secs(), 3, "six queries of a second, two at a time");
}

#[tokio::test(start_paused = true)]
async fn what_is_remembered_of_a_flood_is_bounded() {
    let (_, handle) = handle(Duration::ZERO, 1);
    let mut query = capability(handle, &[(LimitName::Queries, 3)]);
    for number in 0..1_000 {
        let asked = query.open("s".into(), format!("SELECT nonsense {number} FROM"), Vec::new()).await;
        let expected = if number < 3 { ProblemCode::InvalidSql } else { ProblemCode::LimitQueries };
        assert_eq!(asked.unwrap_err().code, expected, "{number}");
    }
    let codes: Vec<_> = query.into_unresolved().into_iter().map(|problem| problem.code).collect();
    let invalid = ProblemCode::InvalidSql;
    assert_eq!(codes, [invalid, invalid, invalid, ProblemCode::LimitQueries], "each once, and one for all beyond");
}

#[tokio::test(start_paused = true)]
async fn an_estimate_answers_no_question_for_rows() {
    let (_, handle) = handle(Duration::ZERO, 1);
    let mut query = capability(handle, &[(LimitName::Rows, 5)]);
    assert_eq!(read(&mut query).await, (5, Some(ProblemCode::LimitRows)));
    assert_eq!(query.estimate("s".into(), SQL.into(), Vec::new()).await, Ok(Estimate::default()));
    let codes: Vec<_> = query.into_unresolved().into_iter().map(|problem| problem.code).collect();
    assert_eq!(codes, [ProblemCode::LimitRows], "the rows are still owed");
}
