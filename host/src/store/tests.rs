//! Tests of the whole store, on real files.

mod export;
mod slots;

use std::path::Path;
use std::process::Command;
use std::task::Poll;
use std::time::Duration;

use futures::future::join_all;
use jiff::Timestamp;
use jiff::civil::date;
use rusqlite::Connection;

use super::*;
use crate::model::{
    Attribute, Cell, Conclusion, Digest, FindingDraft, LocalTime, LogLevel, LogLine, Measure, Metric, Reason, Severity,
    Status, Subject, Tally, Trigger, Usage, Window,
};

fn at(second: i64) -> Timestamp {
    Timestamp::from_microsecond(1_767_323_045_000_006 + second * 1_000_000).unwrap()
}

pub(super) fn run_record(second: i64) -> RunRecord {
    RunRecord {
        run_id: RunId::generate(at(second)),
        trigger: Trigger::Manual,
        requested_by: Some("sam".to_owned()),
        schedule: Some("nightly".parse().unwrap()),
        scheduled_for: at(second - 60),
        local: Some(LocalTime {
            nominal: date(2026, 1, 1).at(22, 3, 0, 0),
            utc_offset_seconds: -18_000,
            dst_policy: "run_at_transition, first".to_owned(),
        }),
        time_zone: "America/New_York".to_owned(),
        target_date: date(2026, 1, 1),
        window: Window { start: at(-86_400), end: at(0) },
        started_at: at(second),
        config_digest: Digest::of(b"config"),
        host_version: "0.1.0".to_owned(),
        engine_version: "48.0.8".to_owned(),
    }
}

pub(super) fn planned(name: &str) -> PlannedCheck {
    PlannedCheck {
        check: name.parse().unwrap(),
        plugin: "row-count@1.0.0".to_owned(),
        severity: Severity::High,
        owner: Some("stats team".to_owned()),
        tags: vec!["nfl".to_owned(), "\"quoted\"".to_owned()],
        settings: r#"{"min": 1, "list": [1.5, null, "é"]}"#.to_owned(),
    }
}

fn draft() -> FindingDraft {
    FindingDraft {
        code: "duplicate_key".to_owned(),
        severity: Some(Severity::Critical),
        message: "two rows; it's 'odd' \u{0} 🏈".to_owned(),
        subject: Subject {
            source: Some("warehouse".to_owned()),
            table: Some("players".to_owned()),
            column: Some("id".to_owned()),
            date: Some("not a date".to_owned()),
            partition: Some("week=1".to_owned()),
        },
        observed: Some(Measure::Number(2.5)),
        expected: Some(Measure::Text("one".to_owned())),
        unit: Some("rows".to_owned()),
        affected: Some(7),
        samples: vec![
            vec![
                Cell { name: "id".to_owned(), value: Some("1\n2".to_owned()) },
                Cell { name: "id".to_owned(), value: None },
            ],
            vec![],
        ],
        remediation: Some("backfill 2026-01-01".to_owned()),
        attributes: vec![Attribute { key: "k".to_owned(), value: "\"v\"\u{0}".to_owned() }],
    }
}

/// A result in which no two fields are alike.
pub(super) fn full_result(run_id: RunId, check: &str) -> CheckResult {
    let bare = FindingDraft {
        code: "bare".to_owned(),
        severity: None,
        message: String::new(),
        subject: Subject::default(),
        observed: Some(Measure::Text("NaN".to_owned())),
        expected: Some(Measure::Number(f64::NEG_INFINITY)),
        unit: None,
        affected: None,
        samples: Vec::new(),
        remediation: None,
        attributes: Vec::new(),
    };
    CheckResult {
        run_id,
        check: check.parse().unwrap(),
        attempt: 1,
        plugin: "row-count@1.0.0".to_owned(),
        digest: Some(Digest::of(b"component")),
        owner: Some("stats team".to_owned()),
        tags: vec!["nfl".to_owned()],
        settings: r#"{"min": 1}"#.to_owned(),
        conclusion: Conclusion {
            status: Status::Error,
            reason: Some(Reason::FuelExhausted),
            severity: Severity::High,
            message: "used all its fuel".to_owned(),
            hint: Some("raise `fuel`".to_owned()),
            detail: Some("frame 0\nframe 1".to_owned()),
            examined: Some(60_000),
            partial: true,
        },
        findings: vec![draft().under(Severity::High), bare.under(Severity::Low)],
        metrics: vec![
            Metric {
                name: "rows".to_owned(),
                value: 0.1,
                unit: Some("rows".to_owned()),
                attributes: vec![Attribute { key: "a".to_owned(), value: "b".to_owned() }],
            },
            Metric { name: "spread".to_owned(), value: f64::INFINITY, unit: None, attributes: Vec::new() },
        ],
        logs: [LogLevel::Debug, LogLevel::Info, LogLevel::Warn, LogLevel::Error]
            .map(|level| LogLine { level, message: format!("said as {}", level.as_str()) })
            .to_vec(),
        usage: Usage {
            fuel: 11,
            guest_cpu: Duration::from_micros(12),
            host_time: Duration::from_micros(13),
            peak_memory: 14,
            queries: 15,
            rows: 16,
            bytes: 17,
            engine: Some("wasmtime 1.2.3".to_owned()),
            findings_dropped: 18,
            metrics_dropped: 19,
            log_lines_dropped: 20,
        },
        started_at: at(3),
        duration: Duration::from_millis(21),
    }
}

fn passed(run_id: RunId, check: &str) -> CheckResult {
    let full = full_result(run_id, check);
    CheckResult {
        conclusion: Conclusion { status: Status::Pass, reason: None, partial: false, ..full.conclusion },
        findings: Vec::new(),
        metrics: Vec::new(),
        logs: Vec::new(),
        digest: None,
        owner: None,
        ..full
    }
}

fn open(dir: &Path) -> Opened {
    Store::open(dir, at(1_000)).unwrap()
}

fn newest(limit: u32) -> RunFilter {
    RunFilter { limit, ..RunFilter::default() }
}

async fn stored(store: &Store) -> Vec<CheckResult> {
    store.results(ResultFilter::newest(1_000)).await.unwrap().into_iter().map(|stored| stored.result).collect()
}

#[tokio::test]
async fn every_field_comes_back() {
    let dir = tempfile::tempdir().unwrap();
    let run = run_record(1);
    let full = full_result(run.run_id, "league/rows");
    {
        let Opened { store, recovered } = open(dir.path());
        assert_eq!(recovered, []);
        store.begin_run(run.clone(), vec![planned("league/rows"), planned("b")]).await.unwrap();
        store.record(full.clone()).await.unwrap();
        store.record(passed(run.run_id, "b")).await.unwrap();
        let running = store.run(run.run_id).await.unwrap().unwrap();
        assert_eq!(running, StoredRun { record: run.clone(), planned: 2, end: None });
        store.finish_run(run.run_id, RunStatus::Error, "1 could not say, 1 passed".to_owned(), at(9)).await.unwrap();
    }
    let store = open(dir.path()).store;
    let results =
        store.results(ResultFilter { check: Some(full.check.clone()), ..ResultFilter::newest(9) }).await.unwrap();
    let expected = StoredResult {
        schedule: run.schedule.clone(),
        target_date: run.target_date,
        trigger: run.trigger,
        run_started_at: run.started_at,
        run_status: Some(RunStatus::Error),
        result: full,
    };
    assert_eq!(results, [expected]);
    let end = RunEnd {
        status: RunStatus::Error,
        not_run: None,
        message: "1 could not say, 1 passed".to_owned(),
        finished_at: at(9),
        duration: Duration::from_secs(8),
        tally: Tally { passed: 1, errored: 1, ..Tally::default() },
    };
    assert_eq!(store.runs(newest(9)).await.unwrap(), [StoredRun { record: run, planned: 2, end: Some(end) }]);
    assert_eq!(store.run(RunId::generate(at(0))).await.unwrap(), None);
    assert_eq!(store.path(), dir.path().join("assay.db"));
}

#[tokio::test]
async fn what_a_guest_makes_up_does_not_lose_the_result() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).store;
    let run = run_record(1);
    store.begin_run(run.clone(), vec![planned("a")]).await.unwrap();
    let mut odd = full_result(run.run_id, "a");
    odd.conclusion.examined = Some(u64::MAX);
    odd.usage.fuel = u64::MAX;
    odd.metrics.truncate(1);
    odd.metrics[0].value = f64::NAN;
    odd.findings.truncate(1);
    odd.findings[0].draft.observed = Some(Measure::Number(f64::NAN));
    store.record(odd.clone()).await.unwrap();
    store.record(odd).await.unwrap();
    let result = stored(&store).await.remove(0);
    assert_eq!(result.conclusion.examined, Some(i64::MAX.unsigned_abs()), "the greatest that can be stored");
    assert!(result.metrics[0].value.is_nan());
    assert_eq!(result.findings[0].draft.observed, Some(Measure::Text("NaN".to_owned())));
}

#[tokio::test]
async fn the_same_again_changes_nothing_and_another_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).store;
    let run = run_record(1);
    let id = run.run_id;
    let full = full_result(id, "a");
    let conflict = |outcome: Result<(), StoreError>, expected: &str| match outcome {
        Err(StoreError::Conflict { what }) => assert_eq!(what, expected),
        other => panic!("{expected}: {other:?}"),
    };
    for _ in 0..2 {
        store.begin_run(run.clone(), vec![planned("a")]).await.unwrap();
    }
    conflict(store.begin_run(run.clone(), vec![]).await, &format!("run {id}"));
    let twice = run_record(2);
    let doubled = store.begin_run(twice.clone(), vec![planned("a"), planned("a")]).await;
    conflict(doubled, &format!("run {}", twice.run_id));
    assert_eq!(store.run(twice.run_id).await.unwrap(), None, "nothing of it was kept");

    for _ in 0..2 {
        store.record(full.clone()).await.unwrap();
    }
    let what = format!("result {id}/a/1");
    conflict(store.record(passed(id, "a")).await, &what);
    let fewer = CheckResult { logs: Vec::new(), ..full.clone() };
    conflict(store.record(fewer).await, &what);
    assert_eq!(stored(&store).await, std::slice::from_ref(&full), "the first holds");

    let finish = |message: &str| store.finish_run(id, RunStatus::Error, message.to_owned(), at(9));
    finish("done").await.unwrap();
    finish("done").await.unwrap();
    conflict(finish("otherwise").await, &format!("the end of run {id}"));
    store.record(full.clone()).await.unwrap();
    let late = store.record(CheckResult { attempt: 2, ..full }).await;
    assert!(matches!(late, Err(StoreError::Finished(run)) if run == id), "{late:?}");
}

#[tokio::test]
async fn what_does_not_belong_is_refused_by_name() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).store;
    let run = run_record(1);
    let id = run.run_id;
    let unknown = store.record(full_result(id, "a")).await;
    assert!(matches!(unknown, Err(StoreError::UnknownRun(run)) if run == id), "{unknown:?}");
    let unknown = store.finish_run(id, RunStatus::Ok, String::new(), at(9)).await;
    assert!(matches!(unknown, Err(StoreError::UnknownRun(run)) if run == id), "{unknown:?}");

    store.begin_run(run, vec![planned("a"), planned("b")]).await.unwrap();
    let stray = store.record(full_result(id, "c")).await.unwrap_err();
    assert_eq!(stray.to_string(), format!("run {id} did not plan the check `c`"));
    store.record(passed(id, "a")).await.unwrap();
    let early = store.finish_run(id, RunStatus::Ok, "all passed".to_owned(), at(9)).await;
    assert!(matches!(early, Err(StoreError::Incomplete { missing: 1, .. })), "a run is not ok without b: {early:?}");

    let broken = CheckResult { settings: "{".to_owned(), ..passed(id, "b") };
    let error = store.record(broken).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("settings of result {id}/b/1 cannot be stored: \"{{\" is not a JSON document")
    );
    let ancient = CheckResult { started_at: Timestamp::MIN, ..passed(id, "b") };
    assert!(matches!(store.record(ancient).await, Err(StoreError::Unstorable { column: "started_at", .. })));
    assert_eq!(stored(&store).await, [passed(id, "a")]);
}

#[tokio::test]
async fn filters_narrow_and_the_newest_come_first() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).store;
    let runs = [run_record(1), run_record(2)];
    for (run, second) in runs.iter().zip([10, 20]) {
        store.begin_run(run.clone(), vec![planned("a"), planned("b")]).await.unwrap();
        store.record(CheckResult { started_at: at(second), ..passed(run.run_id, "a") }).await.unwrap();
        store.record(CheckResult { started_at: at(second + 1), ..full_result(run.run_id, "b") }).await.unwrap();
    }
    let [first, second] = runs.map(|run| run.run_id);
    let all = ResultFilter::newest(100);
    for (filter, expected) in [
        (all.clone(), vec![(second, "b"), (second, "a"), (first, "b"), (first, "a")]),
        (ResultFilter::newest(1), vec![(second, "b")]),
        (ResultFilter { run: Some(first), ..all.clone() }, vec![(first, "b"), (first, "a")]),
        (ResultFilter { check: "a".parse().ok(), ..all.clone() }, vec![(second, "a"), (first, "a")]),
        (ResultFilter { status: Some(Status::Pass), run: Some(first), ..all.clone() }, vec![(first, "a")]),
        (ResultFilter { since: Some(at(20)), ..all.clone() }, vec![(second, "b"), (second, "a")]),
        (ResultFilter { since: Some(Timestamp::MIN), limit: 1, ..all.clone() }, vec![(second, "b")]),
        (ResultFilter { status: Some(Status::Skip), ..all }, vec![]),
    ] {
        let results = store.results(filter.clone()).await.unwrap();
        let keys: Vec<_> = results.iter().map(|stored| (stored.result.run_id, stored.result.check.as_str())).collect();
        assert_eq!(keys, expected, "{filter:?}");
    }
    let ids = |runs: Vec<StoredRun>| runs.iter().map(|run| run.record.run_id).collect::<Vec<_>>();
    assert_eq!(ids(store.runs(newest(9)).await.unwrap()), [second, first]);
    assert_eq!(ids(store.runs(newest(1)).await.unwrap()), [second]);
}

/// Commits in a write-ahead log: frames whose header names the size of the database.
fn commits(dir: &Path) -> usize {
    const HEADER: usize = 32;
    const FRAME: usize = 24 + 4096;
    let wal = fs_err::read(dir.join("assay.db-wal")).unwrap();
    let frames = wal.get(HEADER..).unwrap_or_default().chunks_exact(FRAME);
    frames.filter(|frame| frame[4..8] != [0; 4]).count()
}

#[tokio::test]
async fn concurrent_records_share_commits_and_one_fails_alone() {
    const CHECKS: usize = 100;
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).store;
    let run = run_record(1);
    let names: Vec<_> = (0..CHECKS).map(|index| format!("check-{index}")).collect();
    store.begin_run(run.clone(), names.iter().map(|name| planned(name)).collect()).await.unwrap();
    store.record(passed(run.run_id, "check-50")).await.unwrap();
    let before = commits(dir.path());

    // While another process writes, all records queue up behind.
    let other = Connection::open(dir.path().join("assay.db")).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let records = join_all(names.iter().map(|name| store.record(full_result(run.run_id, name))));
    let (outcomes, ()) = tokio::join!(records, async { other.execute_batch("ROLLBACK").unwrap() });

    for (name, outcome) in names.iter().zip(outcomes) {
        match (name.as_str(), outcome) {
            ("check-50", Err(StoreError::Conflict { .. })) => {}
            ("check-50", other) => panic!("it had another result: {other:?}"),
            (_, outcome) => outcome.unwrap(),
        }
    }
    let results = stored(&store).await;
    assert_eq!(results.len(), CHECKS, "all are there");
    assert!(
        results.iter().filter(|result| result.check.as_str() != "check-50").all(|result| result.findings.len() == 2)
    );
    let commits = commits(dir.path()) - before;
    assert!((1..=2).contains(&commits), "{commits} commits for {CHECKS} records");
}

#[tokio::test]
async fn a_dropped_future_does_not_undo_and_a_dropped_store_drains() {
    let dir = tempfile::tempdir().unwrap();
    let run = run_record(1);
    {
        let store = open(dir.path()).store;
        store.begin_run(run.clone(), vec![planned("a")]).await.unwrap();
        let mut record = Box::pin(store.record(passed(run.run_id, "a")));
        let polled = std::future::poll_fn(|context| Poll::Ready(record.as_mut().poll(context))).await;
        assert!(polled.is_pending(), "queued, and not awaited any further");
    }
    assert!(!dir.path().join("assay.db-wal").exists(), "the log is folded into the database");
    let leftover: Vec<_> = fs_err::read_dir(dir.path().join("owners")).unwrap().collect();
    assert!(leftover.is_empty(), "{leftover:?}");
    let Opened { store, recovered } = open(dir.path());
    assert_eq!(stored(&store).await, [passed(run.run_id, "a")]);
    assert_eq!(recovered, [run.run_id], "it was not finished, and its owner is gone");
    let end = store.run(run.run_id).await.unwrap().unwrap().end.unwrap();
    assert_eq!((end.status, end.message.as_str()), (RunStatus::Ok, "the host stopped during the run: 1 passed"));
}

const CRASH_DIR: &str = "ASSAY_STORE_CRASH_DIR";

/// Begins a run, stores one of two results, and dies without a chance to clean up.
fn crash(dir: &Path, run: &RunRecord) -> ! {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let store = open(dir).store;
    runtime.block_on(async {
        store.begin_run(run.clone(), vec![planned("a"), planned("b")]).await.unwrap();
        store.record(passed(run.run_id, "a")).await.unwrap();
    });
    std::process::abort()
}

#[test]
fn a_killed_host_leaves_an_interrupted_run_and_all_it_acknowledged() {
    if let Some(dir) = std::env::var_os(CRASH_DIR) {
        crash(Path::new(&dir), &run_record(1));
    }
    let dir = tempfile::tempdir().unwrap();
    let child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "store::tests::a_killed_host_leaves_an_interrupted_run_and_all_it_acknowledged"])
        .env(CRASH_DIR, dir.path())
        .output()
        .unwrap();
    assert!(!child.status.success());
    let owners = || fs_err::read_dir(dir.path().join("owners")).unwrap().count();
    assert_eq!(owners(), 1, "the child died with its lock file: {}", String::from_utf8_lossy(&child.stderr));

    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let Opened { store, recovered } = open(dir.path());
    assert_eq!(owners(), 1, "only ours");
    let (run, results) = runtime.block_on(async {
        let run = store.runs(newest(9)).await.unwrap().remove(0);
        (run, store.results(ResultFilter::newest(9)).await.unwrap())
    });
    let id = run.record.run_id;
    assert_eq!(recovered, [id]);
    let end = run.end.unwrap();
    assert_eq!(
        (end.status, end.message.as_str(), end.finished_at),
        (RunStatus::Error, "the host stopped during the run: 1 could not say, 1 passed", at(1_000))
    );
    let result = |name: &str| results.iter().map(|stored| &stored.result).find(|result| result.check.as_str() == name);
    assert_eq!(result("a"), Some(&passed(id, "a")), "acknowledged, therefore kept");
    let lost = result("b").unwrap();
    assert_eq!((lost.conclusion.status, lost.conclusion.reason), (Status::Error, Some(Reason::Interrupted)));
    assert_eq!(lost.conclusion.message, "the host stopped before the check had a result");
    let plan = planned("b");
    assert_eq!(
        (&lost.plugin, &lost.owner, &lost.tags, &lost.settings),
        (&plan.plugin, &plan.owner, &plan.tags, &plan.settings)
    );
    drop(store);
    assert_eq!(open(dir.path()).recovered, [], "once only");
}

#[tokio::test]
async fn the_run_of_a_live_owner_is_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    let first = open(dir.path()).store;
    let run = run_record(1);
    first.begin_run(run.clone(), vec![planned("a")]).await.unwrap();

    let Opened { store: second, recovered } = open(dir.path());
    assert_eq!(recovered, []);
    assert_eq!(second.run(run.run_id).await.unwrap().unwrap().end, None);
    first.record(passed(run.run_id, "a")).await.unwrap();
    assert_eq!(stored(&second).await, [passed(run.run_id, "a")], "both see the same");

    drop(first);
    assert_eq!(open(dir.path()).recovered, [run.run_id], "its owner is gone, the second is alive");
    drop(second);
}

#[tokio::test]
async fn a_name_that_is_no_owner_does_not_reach_the_file_system() {
    let dir = tempfile::tempdir().unwrap();
    let outside = dir.path().join("outside.lock");
    fs_err::write(&outside, "").unwrap();
    let state = dir.path().join("state");
    {
        let store = open(&state).store;
        store.begin_run(run_record(1), vec![]).await.unwrap();
    }
    let other = Connection::open(state.join("assay.db")).unwrap();
    other.execute("UPDATE validation_runs SET owner = '../../outside'", ()).unwrap();
    drop(other);
    let error = Store::open(&state, at(0)).unwrap_err();
    assert_eq!(error.to_string(), "validation_runs.owner holds \"../../outside\", which is not a name of a lock file");
    assert!(outside.exists());
}

#[tokio::test]
async fn a_changed_value_is_an_error_and_never_a_default() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).store;
    let run = run_record(1);
    store.begin_run(run.clone(), vec![planned("a")]).await.unwrap();
    store.record(full_result(run.run_id, "a")).await.unwrap();
    let other = Connection::open(dir.path().join("assay.db")).unwrap();
    other.execute_batch("PRAGMA ignore_check_constraints = ON").unwrap();
    for (table, column, value) in [
        ("validation_results", "status", "'fine'"),
        ("validation_results", "component_digest", "'sha256:'"),
        ("validation_results", "guest_cpu_us", "-1"),
        ("validation_results", "partial", "2"),
        ("validation_findings", "samples", "'[1]'"),
        ("validation_metrics", "attributes", "'{}'"),
        ("validation_logs", "level", "'loud'"),
        ("validation_runs", "target_date", "'2026-02-30'"),
        ("validation_runs", "schedule_name", "'two words'"),
    ] {
        let before: rusqlite::types::Value =
            other.query_row(&format!("SELECT {column} FROM {table}"), (), |row| row.get(0)).unwrap();
        other.execute(&format!("UPDATE {table} SET {column} = {value}"), ()).unwrap();
        let error = store.results(ResultFilter::newest(9)).await.unwrap_err();
        assert!(error.to_string().starts_with(&format!("{table}.{column} holds ")), "{error}");
        // Rows of a table differ in the other columns only where the test does not look again.
        other.execute(&format!("UPDATE {table} SET {column} = ?1"), [before]).unwrap();
    }
    assert_eq!(stored(&store).await.len(), 1);
}

#[test]
fn a_directory_that_cannot_be_used_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("file");
    fs_err::write(&file, "kept").unwrap();
    let error = Store::open(&file, at(0)).unwrap_err();
    assert!(matches!(&error, StoreError::Io { action: "create", .. }), "{error:?}");
    assert_eq!(error.to_string(), format!("cannot create {}", file.join("owners").display()));
    assert_eq!(fs_err::read_to_string(&file).unwrap(), "kept");

    let database = dir.path().join("taken");
    fs_err::create_dir_all(database.join("assay.db")).unwrap();
    let error = Store::open(&database, at(0)).unwrap_err();
    assert_eq!(error.to_string(), format!("cannot open {}", database.join("assay.db").display()));
}

#[test]
fn a_store_that_may_not_be_written_says_so() {
    let dir = tempfile::tempdir().unwrap();
    let state = dir.path().join("state");
    fs_err::create_dir(&state).unwrap();
    let mut permissions = fs_err::metadata(&state).unwrap().permissions();
    permissions.set_readonly(true);
    fs_err::set_permissions(&state, permissions).unwrap();
    let may_write_all_the_same = fs_err::write(state.join("probe"), "").is_ok();
    match Store::open(&state, at(0)) {
        Ok(_) => assert!(may_write_all_the_same, "a superuser may"),
        Err(error) => {
            assert!(matches!(error, StoreError::ReadOnly { .. }), "{error:?}");
            assert!(error.hint().contains("write access"));
        }
    }
}

#[cfg(unix)]
#[test]
fn the_state_directory_is_for_its_user_only() {
    use std::os::unix::fs::PermissionsExt as _;
    let dir = tempfile::tempdir().unwrap();
    let state = dir.path().join("a/b");
    let store = open(&state).store;
    let mode = |path: &Path| fs_err::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!([mode(&state), mode(&state.join("owners")), mode(store.path())], [0o700, 0o700, 0o600]);
    assert_eq!(mode(&state.join("assay.db-wal")), 0o600);
}
