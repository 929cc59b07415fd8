//! What is still to be exported.

use jiff::civil::Date;

use super::*;
use crate::sink::layout::layout;

const TARGET: &str = "p.d";

/// A run of one check with its result, not ended.
async fn begun(store: &Store, second: i64) -> RunId {
    let run = run_record(second);
    let run_id = run.run_id;
    store.begin_run(run, vec![planned("rows")]).await.unwrap();
    store.record(full_result(run_id, "rows")).await.unwrap();
    run_id
}

async fn finish(store: &Store, run: RunId, second: i64) {
    store.finish_run(run, RunStatus::Error, "1 could not say".to_owned(), at(second)).await.unwrap();
}

async fn batch(store: &Store) -> ExportBatch {
    store.export_batch(100, usize::MAX).await.unwrap().unwrap()
}

/// Tables of the rows of a batch, with how many there are.
fn tables(batch: &ExportBatch) -> Vec<(&'static str, usize)> {
    let count = |name: &str| batch.rows.iter().filter(|row| row.table.name == name).count();
    let all = layout().tables.iter().map(|table| (table.name.as_str(), count(&table.name)));
    all.filter(|(_, rows)| *rows > 0).collect()
}

#[tokio::test]
async fn a_row_waits_with_all_that_belongs_to_it_until_its_last_change_has_arrived() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).store;
    let run = begun(&store, 1).await;
    assert_eq!(store.export_batch(9, 9).await.unwrap(), None, "nothing is exported");
    assert_eq!(store.export_status().await.unwrap(), ExportStatus::default());

    store.export_to(Some(TARGET.to_owned()), at(5)).await.unwrap();
    let status = store.export_status().await.unwrap();
    assert_eq!((status.rows_waiting, status.days_waiting, status.oldest), (0, 2, None), "all that the journal has");
    // A table a time, and its rows at once.
    for expected in [
        vec![("validation_results", 1), ("validation_findings", 2), ("validation_metrics", 2), ("validation_logs", 4)],
        vec![("validation_runs", 1)],
    ] {
        store.export_tidy(100).await.unwrap();
        let batch = batch(&store).await;
        assert_eq!(tables(&batch), expected);
        store.exported(batch.entries, at(6)).await.unwrap();
    }

    finish(&store, run, 9).await;
    let first = batch(&store).await;
    assert_eq!(tables(&first), [("validation_runs", 1)]);
    assert_eq!(first.rows[0].value("status"), Some("error"));
    assert_eq!(store.export_status().await.unwrap().oldest, Some(at(9)));
    assert_eq!(store.export_status().await.unwrap().lag(at(69)).as_secs(), 60);
    // It changes while it is under way: it waits still.
    store.reopen_run(run).await.unwrap();
    let second = batch(&store).await;
    assert!(second.entries[0].revision > first.entries[0].revision, "{second:?}");
    store.exported(first.entries, at(10)).await.unwrap();
    assert_eq!(batch(&store).await, second);
    store.exported(second.entries, at(11)).await.unwrap();
    assert_eq!(store.export_batch(9, 9).await.unwrap(), None);
    assert_eq!(store.export_status().await.unwrap().last_success_at, Some(at(11)));
}

#[tokio::test]
async fn values_are_text_that_a_cast_takes() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).store;
    store.export_to(Some(TARGET.to_owned()), at(0)).await.unwrap();
    begun(&store, 1).await;
    let least = store.export_batch(100, 1).await.unwrap().unwrap();
    assert_eq!(least.entries.len(), 1, "one entry has more bytes than that");
    let batch = batch(&store).await;
    assert_eq!(batch.entries.len(), 2);
    let row = |name: &str, nth: usize| batch.rows.iter().filter(|row| row.table.name == name).nth(nth).unwrap();
    let result = row("validation_results", 0);
    assert_eq!(result.value("partial"), Some("true"));
    assert_eq!(result.value("fuel_used"), Some("11"));
    assert_eq!(result.value("started_at"), Some("2026-01-02T03:04:08.000006Z"));
    assert_eq!(result.value("journal_id"), Some(batch.journal.as_str()));
    assert_eq!(row("validation_runs", 0).value("target_date"), Some("2026-01-01"));
    assert_eq!(row("validation_metrics", 1).value("value"), Some("inf"));
    assert_eq!(row("validation_metrics", 0).value("check_name"), Some("rows"), "that of the result");
    assert_eq!(row("validation_findings", 1).value("observed_value"), None);
    assert_eq!(batch.journal.len(), 26, "a ULID: {}", batch.journal);
}

#[tokio::test]
async fn beyond_the_bound_days_wait_and_nothing_is_lost() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).store;
    store.export_to(Some(TARGET.to_owned()), at(0)).await.unwrap();
    for second in 1..=5 {
        begun(&store, second).await;
    }
    assert_eq!(store.export_status().await.unwrap().rows_waiting, 10);
    store.export_tidy(10).await.unwrap();
    assert_eq!(store.export_status().await.unwrap().rows_waiting, 10, "within the bound");
    store.export_tidy(9).await.unwrap();
    let status = store.export_status().await.unwrap();
    assert_eq!((status.rows_waiting, status.days_waiting, status.oldest), (0, 2, Some(at(1))));
    // What comes meanwhile waits by itself.
    let run = begun(&store, 6).await;
    let mut rows = std::collections::BTreeSet::new();
    loop {
        store.export_tidy(9).await.unwrap();
        let Some(batch) = store.export_batch(3, usize::MAX).await.unwrap() else { break };
        rows.extend(batch.entries.iter().map(|entry| (entry.table.clone(), entry.key.clone())));
        store.exported(batch.entries, at(7)).await.unwrap();
    }
    assert_eq!(rows.len(), 12, "every row of every table");
    assert!(rows.contains(&("validation_runs".to_owned(), run.to_string())));
    assert_eq!(store.export_status().await.unwrap().days_waiting, 0);
}

#[tokio::test]
async fn what_waits_is_not_forgotten_and_another_target_gets_everything() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).store;
    store.export_to(Some(TARGET.to_owned()), at(0)).await.unwrap();
    let run = begun(&store, 1).await;
    finish(&store, run, 2).await;
    assert_eq!(store.forget_before(at(100)).await.unwrap(), 0, "its rows wait");
    let all = batch(&store).await;
    let (runs, results) = all.entries.into_iter().partition(|entry| entry.table == "validation_runs");
    store.exported(runs, at(3)).await.unwrap();
    assert_eq!(store.forget_before(at(100)).await.unwrap(), 0, "its result waits");
    store.exported(results, at(3)).await.unwrap();
    store.export_again(Date::ZERO, Date::MAX).await.unwrap();
    assert_eq!(store.forget_before(at(100)).await.unwrap(), 0, "its day waits");

    // To the same target nothing goes twice; to another all of it.
    store.export_to(Some(TARGET.to_owned()), at(4)).await.unwrap();
    assert_eq!(store.export_status().await.unwrap().days_waiting, 2);
    store.export_to(None, at(4)).await.unwrap();
    assert_eq!(store.export_status().await.unwrap(), ExportStatus::default());
    store.export_to(Some("p.other".to_owned()), at(4)).await.unwrap();
    assert_eq!(store.export_status().await.unwrap().days_waiting, 2);
    store.export_to(None, at(5)).await.unwrap();
    assert_eq!(store.forget_before(at(100)).await.unwrap(), 1);
}

#[tokio::test]
async fn failures_are_counted_until_rows_arrive() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).store;
    store.export_to(Some(TARGET.to_owned()), at(0)).await.unwrap();
    begun(&store, 1).await;
    store.export_failed("no connection".to_owned(), false, at(2)).await.unwrap();
    store.export_failed("quota".to_owned(), true, at(3)).await.unwrap();
    let status = store.export_status().await.unwrap();
    assert_eq!((status.failures, status.failed_jobs, status.failing_since), (2, 1, Some(at(2))));
    assert_eq!(status.last_error.as_deref(), Some("quota"));
    let batch = batch(&store).await;
    assert_eq!(batch.failed_jobs, 1, "the next jobs have other names");
    store.exported(batch.entries, at(4)).await.unwrap();
    let status = store.export_status().await.unwrap();
    assert_eq!((status.failures, status.failed_jobs, status.failing_since), (0, 0, None));
}
