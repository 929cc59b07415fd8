//! Slots of a host in this process, whose clock begins where a test wants it.

use assay::clock::Clock;
use assay::model::{NotRun, Reason, RunStatus, ScheduleName, Trigger};
use assay::serve::{Handle, start};
use assay::store::{ResultFilter, RunFilter, Store, StoredRun};
use assay_tests::project::{Project, assay, guest};
use jiff::Timestamp;

const YORK: &str = "America/New_York";

fn project(mode: &str, more: &str) -> Project {
    let project = Project::new();
    project.plugin(&guest("misbehave@1.0.0.wasm"), None).write("data/allowed.csv", "id\n1\n").write(
        "assay.toml",
        format!(
            "[serve]\nlisten = \"127.0.0.1:0\"\n[source.local]\ntype = \"files\"\npath = \"data\"\n\
             [schedule.morning]\ntimezone = \"{YORK}\"\ncron = \"0 6 * * *\"\ntarget = \"previous_day\"\n{more}\n\
             [[check]]\nname = \"only\"\nplugin = \"misbehave@1.0.0\"\nschedule = \"morning\"\n\
             sources = {{ local = [\"allowed\"] }}\n\
             limits = {{ fuel = 100_000_000_000, guest_cpu = \"60s\", deadline = \"10m\" }}\n\
             settings = {{ mode = \"{mode}\" }}\n"
        ),
    );
    project
}

/// A host whose clock shows an instant when it starts.
async fn host(project: &Project, now: &str) -> assay::serve::Serving {
    let clock = Clock::starting_at(now.parse().unwrap());
    start(project.path().join("assay.toml"), assay(), clock).await.unwrap()
}

/// Waits until the schedule has a run of this host that has ended.
async fn last(handle: &Handle) -> RunStatus {
    let mut published = handle.published();
    let snapshot = published.wait_for(|snapshot| snapshot.schedules[0].last.is_some()).await.unwrap();
    snapshot.schedules[0].last.as_ref().unwrap().status
}

async fn rows(project: &Project) -> Vec<StoredRun> {
    let now = "2026-02-01T00:00:00Z".parse().unwrap();
    let store = Store::open(&project.path().join(".assay"), now).unwrap().store;
    let schedule: ScheduleName = "morning".parse().unwrap();
    let filter = RunFilter { schedule: Some(schedule), limit: 100, ..RunFilter::default() };
    let mut rows = store.runs(filter).await.unwrap();
    rows.sort_by_key(|run| run.record.scheduled_for);
    rows
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slot_runs_when_it_is_due_and_is_caught_up_by_the_next_host() {
    let project = project("pass", "catch_up = \"all\"\ncatch_up_limit = 1\n");
    let serving = host(&project, "2026-01-10T10:59:57Z").await;
    assert_eq!(last(&serving.handle()).await, RunStatus::Ok);
    serving.handle().stop().await;
    assert!(serving.ended().await);

    let serving = host(&project, "2026-01-12T15:00:00Z").await;
    assert_eq!(last(&serving.handle()).await, RunStatus::Ok);
    serving.handle().stop().await;
    assert!(serving.ended().await);

    let rows = rows(&project).await;
    let told: Vec<_> = rows
        .iter()
        .map(|run| {
            let end = run.end.as_ref().unwrap();
            (run.record.scheduled_for, run.record.trigger, end.status, end.not_run)
        })
        .collect();
    assert_eq!(
        told,
        [
            (at("2026-01-10T11:00:00Z"), Trigger::Schedule, RunStatus::Ok, None),
            (at("2026-01-11T11:00:00Z"), Trigger::Schedule, RunStatus::Missed, Some(NotRun::CatchUpLimit)),
            (at("2026-01-12T11:00:00Z"), Trigger::CatchUp, RunStatus::Ok, None),
        ]
    );
    let first = &rows[0].record;
    assert_eq!(first.target_date.to_string(), "2026-01-09", "the day before, in New York");
    let local = first.local.as_ref().unwrap();
    assert_eq!((local.nominal.to_string().as_str(), local.utc_offset_seconds), ("2026-01-10T06:00:00", -18_000));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_is_cut_is_taken_up_by_the_next_host_as_another_attempt() {
    let project = project("loop", "");
    let serving = host(&project, "2026-01-10T10:59:57Z").await;
    let handle = serving.handle();
    let mut published = handle.published();
    published.wait_for(|snapshot| !snapshot.running.is_empty()).await.unwrap();
    handle.stop_now().await;
    assert!(serving.ended().await);
    let cut = rows(&project).await;
    assert_eq!(cut[0].end.as_ref().unwrap().status, RunStatus::Error);

    // The check is mended meanwhile.
    let configuration = fs_err::read_to_string(project.path().join("assay.toml")).unwrap();
    project.write("assay.toml", configuration.replace("\"loop\"", "\"pass\""));
    let serving = host(&project, "2026-01-10T11:30:00Z").await;
    assert_eq!(last(&serving.handle()).await, RunStatus::Ok);
    serving.handle().stop().await;
    assert!(serving.ended().await);

    let again = rows(&project).await;
    assert_eq!(again.len(), 1, "one row for a slot");
    assert_eq!(again[0].record.run_id, cut[0].record.run_id);
    assert_eq!(again[0].end.as_ref().unwrap().status, RunStatus::Ok);
    let store = Store::open(&project.path().join(".assay"), at("2026-02-01T00:00:00Z")).unwrap().store;
    let mut results = store.results(ResultFilter::newest(10)).await.unwrap();
    results.retain(|stored| stored.result.check.as_str() == "only");
    results.sort_by_key(|stored| stored.result.attempt);
    let told: Vec<_> = results.iter().map(|stored| (stored.result.attempt, stored.result.conclusion.reason)).collect();
    assert_eq!(told, [(1, Some(Reason::Interrupted)), (2, None)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_day_off_is_a_row_with_the_reason_and_the_host_says_nothing_of_it() {
    let project = project("pass", "calendar = \"season\"\n[calendar.season]\nactive = [\"2026-01-01..2026-01-08\"]\n");
    let serving = host(&project, "2026-01-10T10:59:57Z").await;
    let mut published = serving.handle().published();
    let next = at("2026-01-11T11:00:00Z");
    let is_over = |snapshot: &std::sync::Arc<assay::serve::Snapshot>| {
        snapshot.schedules[0].next.as_ref().is_some_and(|due| due.at == next)
    };
    published.wait_for(is_over).await.unwrap();
    serving.handle().stop().await;
    assert!(serving.ended().await);
    let rows = rows(&project).await;
    let end = rows[0].end.as_ref().unwrap();
    assert_eq!((end.status, end.not_run), (RunStatus::Skipped, Some(NotRun::Calendar)));
    assert!(end.message.starts_with("calendar `season`: 2026-01-09"), "{}", end.message);
}
