//! Due slots, slots without a run, pauses, runs that are taken up again, and runs that are forgotten.

use super::*;
use crate::model::{NotRun, Slot};

fn schedule() -> ScheduleName {
    "nightly".parse().unwrap()
}

fn slot(second: i64) -> Slot {
    Slot { schedule: schedule(), scheduled_for: at(second) }
}

/// The run of the slot that is due at a second.
fn run_of(second: i64) -> RunRecord {
    RunRecord { trigger: Trigger::Schedule, scheduled_for: at(second), ..run_record(second + 1) }
}

fn interrupted(run: RunId, check: &str) -> CheckResult {
    let result = passed(run, check);
    let conclusion = Conclusion { status: Status::Error, reason: Some(Reason::Interrupted), ..result.conclusion };
    CheckResult { conclusion, ..result }
}

async fn watermark(store: &Store) -> Timestamp {
    store.schedule_states().await.unwrap().remove(0).watermark
}

#[tokio::test]
async fn a_due_slot_is_open_until_it_has_a_run_or_a_reason() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).store;
    store.slots_due(&schedule(), &[at(10), at(20)], at(20)).await.unwrap();
    store.slots_due(&schedule(), &[at(10), at(20)], at(20)).await.unwrap();
    assert_eq!(store.open_slots().await.unwrap(), [slot(10), slot(20)]);
    store.begin_run(run_of(10), Vec::new()).await.unwrap();
    assert_eq!(store.open_slots().await.unwrap(), [slot(20)]);

    let why = "the slot before it was still running";
    let missed = run_of(20);
    store.slots_not_run(vec![(missed.clone(), NotRun::Overlap, why.to_owned())], Vec::new()).await.unwrap();
    store.slots_not_run(vec![(missed.clone(), NotRun::Overlap, why.to_owned())], Vec::new()).await.unwrap();
    assert!(store.open_slots().await.unwrap().is_empty());
    let stored = store.run(missed.run_id).await.unwrap().unwrap();
    assert_eq!(stored.record, missed);
    let end = stored.end.unwrap();
    assert_eq!((end.status, end.not_run, end.message.as_str()), (RunStatus::Missed, Some(NotRun::Overlap), why));
}

#[tokio::test]
async fn a_watermark_never_goes_back() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).store;
    store.slots_due(&schedule(), &[], at(20)).await.unwrap();
    store.slots_due(&schedule(), &[], at(10)).await.unwrap();
    assert_eq!(watermark(&store).await, at(20));
    store.slots_due(&schedule(), &[at(30)], at(30)).await.unwrap();
    assert_eq!(watermark(&store).await, at(30));
}

#[tokio::test]
async fn a_slot_has_one_run() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).store;
    store.begin_run(run_of(10), Vec::new()).await.unwrap();
    let other = RunRecord { run_id: RunId::generate(at(40)), ..run_of(10) };
    let refused = store.begin_run(other.clone(), Vec::new()).await.unwrap_err();
    assert!(matches!(&refused, StoreError::SlotTaken(taken) if *taken == slot(10)), "{refused}");
    let refused =
        store.slots_not_run(vec![(other.clone(), NotRun::Overlap, String::new())], Vec::new()).await.unwrap_err();
    assert!(matches!(&refused, StoreError::SlotTaken(taken) if *taken == slot(10)), "{refused}");
    assert_eq!(store.run(other.run_id).await.unwrap(), None, "all or nothing");
    // What somebody asks for is no slot, whenever it is due.
    let by_hand = RunRecord { trigger: Trigger::Backfill, ..other };
    store.begin_run(by_hand, Vec::new()).await.unwrap();
}

#[tokio::test]
async fn a_pause_is_kept_until_it_is_taken_back() {
    let dir = tempfile::tempdir().unwrap();
    let pause = Pause { at: at(5), by: "ana".to_owned(), reason: "it's \"broken\"".to_owned(), until: Some(at(90)) };
    {
        let store = open(dir.path()).store;
        store.rest(&schedule(), Some(&pause), at(5)).await.unwrap();
        store.slots_due(&schedule(), &[], at(20)).await.unwrap();
    }
    let store = open(dir.path()).store;
    let expected = ScheduleState { schedule: schedule(), watermark: at(20), paused: Some(pause) };
    assert_eq!(store.schedule_states().await.unwrap(), std::slice::from_ref(&expected));
    store.rest(&schedule(), None, at(30)).await.unwrap();
    assert_eq!(store.schedule_states().await.unwrap(), [ScheduleState { paused: None, ..expected }]);
}

#[tokio::test]
async fn an_interrupted_run_is_taken_up_in_place() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).store;
    let run = run_of(10);
    store.begin_run(run.clone(), vec![planned("a"), planned("b")]).await.unwrap();
    store.record(passed(run.run_id, "a")).await.unwrap();
    store.record(interrupted(run.run_id, "b")).await.unwrap();
    store.finish_run(run.run_id, RunStatus::Error, "cut".to_owned(), at(12)).await.unwrap();
    assert!(store.interrupted(at(11)).await.unwrap().is_empty(), "older than is asked for");
    let found = store.interrupted(at(10)).await.unwrap();
    assert_eq!(found.len(), 1);
    let severity = passed(run.run_id, "a").conclusion.severity;
    assert_eq!(found[0].run.record, run);
    assert_eq!(found[0].checks, [("b".parse().unwrap(), 1, severity)]);
    assert_eq!(found[0].kept, [(Status::Pass, severity)]);

    store.reopen_run(run.run_id).await.unwrap();
    store.reopen_run(run.run_id).await.unwrap();
    assert_eq!(store.run(run.run_id).await.unwrap().unwrap().end, None);
    store.record(CheckResult { attempt: 2, ..passed(run.run_id, "b") }).await.unwrap();
    store.finish_run(run.run_id, RunStatus::Ok, "2 passed".to_owned(), at(20)).await.unwrap();
    let end = store.run(run.run_id).await.unwrap().unwrap().end.unwrap();
    assert_eq!(
        (end.status, end.tally),
        (RunStatus::Ok, Tally { passed: 2, ..Tally::default() }),
        "the last attempts count"
    );
    assert!(store.interrupted(at(10)).await.unwrap().is_empty());

    let unknown = store.reopen_run(RunId::generate(at(99))).await.unwrap_err();
    assert!(matches!(unknown, StoreError::UnknownRun(_)), "{unknown}");
}

#[tokio::test]
async fn what_ended_long_ago_is_forgotten_whole_and_the_file_does_not_grow() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).store;
    for second in 0..120 {
        let run = run_of(second * 10);
        store.slots_due(&schedule(), &[run.scheduled_for], run.scheduled_for).await.unwrap();
        store.begin_run(run.clone(), vec![planned("a")]).await.unwrap();
        store.record(full_result(run.run_id, "a")).await.unwrap();
        store.finish_run(run.run_id, RunStatus::Ok, String::new(), at(second * 10 + 2)).await.unwrap();
    }
    let open_run = run_of(5);
    store.begin_run(open_run.clone(), vec![planned("a")]).await.unwrap();
    assert_eq!(store.forget_before(at(1_000)).await.unwrap(), 100);
    assert_eq!(store.forget_before(at(1_000)).await.unwrap(), 0);
    let kept = store.runs(newest(1_000)).await.unwrap();
    assert_eq!(kept.len(), 21, "what is under way is kept, however old");
    assert_eq!(stored(&store).await.len(), 20);
    assert_eq!(watermark(&store).await, at(1_190), "what is forgotten is not due again");
    drop(store);
    let conn = Connection::open(dir.path().join("assay.db")).unwrap();
    let orphans: i64 = conn
        .query_row(
            "SELECT (SELECT count(*) FROM validation_findings WHERE result_id NOT IN (SELECT result_id FROM validation_results)) \
             + (SELECT count(*) FROM schedule_slots WHERE run_id NOT IN (SELECT run_id FROM validation_runs)) \
             + (SELECT count(*) FROM run_checks WHERE run_id NOT IN (SELECT run_id FROM validation_runs))",
            (),
            |row| row.get(0),
        )
        .unwrap();
    assert_eq!(orphans, 0);
    let free: i64 = conn.query_row("PRAGMA freelist_count", (), |row| row.get(0)).unwrap();
    assert_eq!(free, 0, "pages that are free are given back");
}
