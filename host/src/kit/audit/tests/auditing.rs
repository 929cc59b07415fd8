//! Two checks of one table, one careless and one careful, audited from end to end on the real capability.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;

use super::memory::{Memory, NULL, SQL, text};
use crate::capability::{Grant, Grants, QueryCapability, SourceHandle};
use crate::clock;
use crate::kit::audit::{AuditedCase, Bounds, Ended, Injector, Observation, Report, Ruling, injections_for};
use crate::model::{
    ColumnInfo, Ending, Kind, LimitName, LimitRequest, Limits, Outcome, Problem, Severity, Status, Verdict, conclude,
};
use crate::source::Source;

type Answer<'a> = Pin<Box<dyn Future<Output = Result<Outcome, Problem>> + 'a>>;
type Check = fn(&mut QueryCapability) -> Answer<'_>;

/// How many days ago each team was seen last.
fn ages(ages: [&str; 4]) -> Arc<Memory> {
    let teams = ["ants", "bees", "cats", "dogs"];
    Memory::new(&[("team", Kind::Text, &teams), ("age", Kind::Float64, &ages)], &[3, 1])
}

async fn fetch(query: &mut QueryCapability) -> Result<(Vec<ColumnInfo>, Vec<Vec<String>>), Problem> {
    let mut cursor = query.open("s".into(), SQL.into(), Vec::new()).await?;
    let (columns, mut rows) = (cursor.columns().to_vec(), Vec::new());
    while let Some(batch) = query.next(&mut cursor, 8_192).await? {
        rows.extend(text(&batch, &columns));
    }
    Ok((columns, rows))
}

/// Fails for what it sees to be old, and takes everything else for fresh.
fn careless(query: &mut QueryCapability) -> Answer<'_> {
    Box::pin(async {
        let (columns, rows) = fetch(query).await.unwrap_or_default();
        let place = columns.iter().position(|info| info.name == "age" && info.kind == Kind::Float64);
        let age = |row: &Vec<String>| place.and_then(|place| row[place].parse::<f64>().ok()).unwrap_or(0.0);
        Ok(if rows.iter().any(|row| age(row) > 1.0) { Outcome::Fail } else { Outcome::Pass })
    })
}

/// Says nothing unless every team is there once, in order, with an age that is one. Asks again where that may help.
fn careful(query: &mut QueryCapability) -> Answer<'_> {
    Box::pin(async {
        let (columns, rows) = match fetch(query).await {
            Err(problem) if problem.retryable => fetch(query).await?,
            answer => answer?,
        };
        let unclear = || Problem::new(crate::model::ProblemCode::Failed, "the answer is not clear");
        let kinds: Vec<_> = columns.iter().map(|info| (info.name.as_str(), info.kind)).collect();
        let teams: Vec<_> = rows.iter().map(|row| row[0].as_str()).collect();
        if kinds != [("team", Kind::Text), ("age", Kind::Float64)] || teams != ["ants", "bees", "cats", "dogs"] {
            return Err(unclear());
        }
        let ages: Vec<f64> = rows.iter().map(|row| row[1].parse().unwrap_or(f64::NAN)).collect();
        if !ages.iter().all(|age| age.is_finite() && *age >= 0.0) {
            return Err(unclear());
        }
        Ok(if ages.iter().any(|age| *age > 1.0) { Outcome::Fail } else { Outcome::Pass })
    })
}

/// One run, as the sandbox and the host conclude it.
async fn run(check: Check, source: impl Source + 'static, limits: &Limits) -> Ended {
    let handle = SourceHandle { source: Arc::new(source), slots: Arc::new(Semaphore::new(1)) };
    let grant = Grant { name: "s".parse().unwrap(), handle, tables: vec!["**".parse().unwrap()] };
    let deadline = clock::monotonic() + Duration::from_secs(60);
    let mut query = QueryCapability::new(Grants::new(vec![grant]), limits.clone(), deadline);
    let ending = match check(&mut query).await {
        Ok(outcome) => Ending::Returned(Verdict { outcome, summary: "seen".to_owned(), examined: None }),
        Err(problem) => Ending::GuestError(problem.message),
    };
    Ended::from(&conclude(ending, &[], 0, &query.into_unresolved(), Severity::High))
}

async fn audited(name: &str, check: Check, memory: Arc<Memory>) -> AuditedCase {
    let limits = Limits::resolve(&[], &[LimitRequest { name: LimitName::QueryDeadline, value: 200 }]);
    let observation = Observation::new();
    let plain = run(check, observation.source("s", memory.clone()), &limits).await;
    let (shapes, mut trials) = (observation.shapes(), Vec::new());
    for shape in &shapes {
        for injection in injections_for(shape) {
            let injector = Injector::new(shape, injection, Bounds::of(&limits));
            let ended = run(check, injector.source("s", memory.clone()), &limits).await;
            trials.push(injector.trial(ended));
        }
    }
    AuditedCase { name: name.to_owned(), plain, shapes, trials }
}

fn survivors(report: &Report, case: &str) -> Vec<String> {
    let of_case = report.survived().filter(|outcome| outcome.case == case);
    of_case.map(|outcome| outcome.trial.injection.to_string()).collect()
}

#[tokio::test(start_paused = true)]
async fn a_careless_check_is_found_out() {
    let cases = [
        audited("fresh", careless, ages(["0", "1", "0.5", "0"])).await,
        audited("old", careless, ages(["0", "1", "0.5", "26"])).await,
    ];
    let report = Report::new(&cases, &[]);
    assert_eq!(cases.each_ref().map(|case| case.plain.status), [Status::Pass, Status::Fail]);
    assert_eq!(
        survivors(&report, "old"),
        ["truncated", "empty_result", "nulls(age)", "missing_column(age)", "changed_type(age)"]
    );
    let unnoticed = [
        "truncated",
        "empty_result",
        "nulls(team)",
        "nulls(age)",
        "null_first_row(team)",
        "null_first_row(age)",
        "nan(age)",
        "negative_infinity(age)",
        "duplicate_rows",
        "reordered_rows",
        "missing_column(team)",
        "missing_column(age)",
        "changed_type(team)",
        "changed_type(age)",
    ];
    assert_eq!(survivors(&report, "fresh"), unnoticed, "what the host catches by itself is not among them");
    assert_eq!(report.outcomes[0].case, "old", "the worst first");
    assert_eq!((report.counts().hides_failure, report.counts().unnoticed), (5, 14));
    assert!(!report.holds());
}

#[tokio::test(start_paused = true)]
async fn a_careful_check_is_proven() {
    let cases = [
        audited("fresh", careful, ages(["0", "1", "0.5", "0"])).await,
        audited("old", careful, ages(["0", "1", "0.5", "26"])).await,
        audited("unknown", careful, ages(["0", "1", NULL, "0"])).await,
    ];
    let report = Report::new(&cases, &[]);
    assert_eq!(report.survived().map(ToOwned::to_owned).collect::<Vec<_>>(), []);
    let recovered = report.outcomes.iter().filter(|outcome| outcome.ruling == Ruling::Recovered);
    let recovered: Vec<_> =
        recovered.map(|outcome| (outcome.case.as_str(), outcome.trial.injection.to_string())).collect();
    assert_eq!(recovered, [("fresh", "error_retryable".to_owned()), ("fresh", "error_midway".to_owned())]);
    assert_eq!(report.unaudited.iter().map(|unaudited| unaudited.case()).collect::<Vec<_>>(), ["unknown"]);
    assert_eq!(report.unreached, [Status::Warn, Status::Skip]);
    assert_eq!(report.counts().not_applied, 0);
    assert!(report.holds());
}
