//! The sink, on an emulator: what SQL makes of its statements, the commands, and who else can read its tables.

use std::path::Path;
use std::sync::Arc;

use assay::clock::Clock;
use assay::model::{Attribute, LogLevel, LogLine, Metric, RunStatus, Severity, Status};
use assay::sink::{Compared, Dataset, Limits, MigrateError, Pushed, Pusher, Verdict, Warehouse, migrate, plan, verify};
use assay::store::Store;
use assay_tests::made;
use assay_tests::project::{Project, shipped_plugins};
use assay_tests::serving::Serving;
use assay_tests::sink::trials;
use jiff::Timestamp;
use jiff::civil::{Date, date};

use super::emulator::Bed;

/// Trials, as many as `target/debug/serving sink` makes.
const TRIALS: u64 = 2_000;
const DAYS: (Date, Date) = (date(2026, 1, 1), date(2026, 1, 31));

fn now() -> Timestamp {
    "2026-01-02T03:04:05.000006Z".parse().unwrap()
}

#[test]
fn whatever_breaks_the_dataset_has_in_the_end_what_the_journal_has() {
    // Two threads: each trial is one.
    let halves = std::thread::scope(|scope| {
        let (first, second) = (scope.spawn(|| trials(0..TRIALS / 2)), scope.spawn(|| trials(TRIALS / 2..TRIALS)));
        [first.join().unwrap(), second.join().unwrap()]
    });
    for half in halves {
        let (sum, wrong) = half.unwrap();
        assert_eq!((sum.differ, wrong), (Vec::new(), Vec::new()));
        assert_eq!(sum.faults.len(), 9, "every fault came up: {:?}", sum.faults);
    }
}

impl Bed {
    fn warehouse(&self) -> Warehouse {
        Warehouse::new(self.connection.clone(), self.sink_dataset(), None)
    }

    fn sink_dataset(&self) -> Dataset {
        Dataset { project: self.project.clone(), dataset: self.dataset.clone() }
    }

    pub(super) async fn migrated(&self) -> Warehouse {
        let warehouse = self.warehouse();
        let at = Clock::system().now();
        let steps = plan(&warehouse, at).await.unwrap();
        migrate(&warehouse, &steps, at).await.unwrap();
        warehouse
    }

    /// What would change.
    async fn changes(&self) -> Result<Vec<String>, MigrateError> {
        let steps = plan(&self.warehouse(), Clock::system().now()).await?;
        Ok(steps.into_iter().filter(|step| step.is_change).map(|step| step.what).collect())
    }

    async fn change(&self, sql: &str) {
        let dataset = format!("`{}.{}", self.project, self.dataset);
        self.run(&sql.replace('@', &dataset)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn tables_are_made_and_added_to_and_those_of_a_newer_assay_are_left_alone() {
    let bed = Bed::start("migrate").await;
    bed.migrated().await;
    assert_eq!(bed.changes().await.unwrap(), [""; 0], "done again, nothing changes");

    bed.change("ALTER TABLE @.validation_runs` DROP COLUMN reason").await;
    assert_eq!(bed.changes().await.unwrap(), ["add column validation_runs.reason"]);
    bed.migrated().await;
    assert_eq!(bed.changes().await.unwrap(), [""; 0]);

    bed.change("DROP TABLE @.verdict_feedback`").await;
    bed.change("CREATE TABLE @.verdict_feedback` (feedback_id INT64, at TIMESTAMP, team STRING NOT NULL)").await;
    let error = bed.changes().await.unwrap_err();
    let told = error.to_string();
    assert!(told.contains("verdict_feedback.feedback_id is INT"), "{told}");
    assert!(told.contains("verdict_feedback.team is required, and assay does not know it"), "{told}");

    bed.change(
        "INSERT INTO @.assay_schema_versions` (version, applied_at, host_version) \
         VALUES (3, TIMESTAMP '2026-01-01 00:00:00+00', '9.9.9')",
    )
    .await;
    let error = bed.changes().await.unwrap_err();
    assert!(matches!(error, MigrateError::Newer { found: 3, known: 2, .. }), "{error}");

    let nowhere = Dataset { project: bed.project.clone(), dataset: "not_there".to_owned() };
    let nowhere = Warehouse::new(bed.connection.clone(), nowhere, None);
    let error = plan(&nowhere, now()).await.unwrap_err();
    assert!(matches!(error, MigrateError::NoDataset(_)), "{error}");
    assert!(error.hint().contains("mk --dataset"), "{}", error.hint());
    bed.end().await;
}

/// A journal with a run of two results, each with a finding of every kind of value, metrics and lines.
async fn journal(dir: &Path) -> Arc<Store> {
    let store = Arc::new(Store::open(dir, now()).unwrap().store);
    let run = made::run(now()).unwrap();
    let run_id = run.run_id;
    let planned = ["orders", "players/nfl"].map(|name| made::planned(name).unwrap());
    store.begin_run(run, planned.to_vec()).await.unwrap();
    for (check, status) in [("orders", Status::Fail), ("players/nfl", Status::Pass)] {
        let mut result = made::result(run_id, check.parse().unwrap(), status, Severity::High, now());
        result.tags = vec!["nfl".to_owned(), "it's \"so\"".to_owned()];
        result.settings = r#"{"min": 1.50, "big": 12345678901234567890123, "list": [null, true, "é\n"]}"#.to_owned();
        result.conclusion.message = "two rows; it's 'odd' \\ \u{0} 🏈\nsecond line".to_owned();
        let metric = |name: &str, value| Metric {
            name: name.to_owned(),
            value,
            unit: Some("rows".to_owned()),
            attributes: vec![Attribute { key: "k".to_owned(), value: "\"v\"".to_owned() }],
        };
        result.metrics = vec![
            metric("third", 1.0 / 3.0),
            metric("huge", f64::MAX),
            metric("tiny", 5e-324),
            metric("endless", f64::NEG_INFINITY),
            metric("none", f64::NAN),
            metric("zero", -0.0),
        ];
        result.logs = vec![LogLine { level: LogLevel::Warn, message: String::new() }];
        store.record(result).await.unwrap();
    }
    store
}

async fn compared(store: &Store, warehouse: &Warehouse) -> Vec<Compared> {
    verify(store, warehouse, DAYS, false, Clock::system().now()).await.unwrap_or_else(|error| panic!("{error}"))
}

/// The tables that are not the same, with why.
async fn wrong(store: &Store, warehouse: &Warehouse) -> Vec<(&'static str, Verdict)> {
    let compared = compared(store, warehouse).await;
    compared.iter().filter(|day| day.verdict != Verdict::Same).map(|day| (day.table, day.verdict)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_are_exported_compared_and_exported_again() {
    let bed = Bed::start("push").await;
    let warehouse = bed.migrated().await;
    let dir = tempfile::tempdir().unwrap();
    let store = journal(dir.path()).await;
    store.export_to(Some(warehouse.dataset().to_string()), now()).await.unwrap();
    let pusher = Pusher::new(store.clone(), warehouse.clone(), Clock::system(), Limits::default());
    let until = assay::clock::monotonic() + std::time::Duration::from_secs(600);

    let Pushed { rows, batches, .. } = pusher.push_all(until).await.unwrap_or_else(|error| panic!("{error}"));
    // A day at a time: a run, two results, a finding, twelve metrics, two lines.
    assert_eq!((rows, batches), (1 + 2 + 1 + 12 + 2, 2));
    let all = compared(&store, &warehouse).await;
    assert!(all.iter().all(|day| day.verdict == Verdict::Same), "{all:#?}");
    assert_eq!(all.len(), 5, "runs, results, findings, metrics, lines: {all:#?}");
    assert_eq!(pusher.push().await.unwrap(), Pushed::default(), "nothing waits");

    // The run ends: its row changes.
    let run = store.runs(assay::store::RunFilter { limit: 1, ..Default::default() }).await.unwrap().remove(0);
    store.finish_run(run.record.run_id, RunStatus::Critical, "done".to_owned(), now()).await.unwrap();
    assert_eq!(wrong(&store, &warehouse).await, [("validation_runs", Verdict::Waiting)]);
    pusher.push_all(until).await.unwrap();
    assert_eq!(wrong(&store, &warehouse).await, []);

    // Somebody was at the tables.
    bed.change("DELETE FROM @.validation_metrics` WHERE ordinal = 0").await;
    bed.change("UPDATE @.validation_results` SET message = 'all is well' WHERE check_name = 'orders'").await;
    bed.change("UPDATE @.validation_findings` SET ordinal = ordinal + 0, observed_value = 1e-300 WHERE TRUE").await;
    let found = wrong(&store, &warehouse).await;
    assert_eq!(
        found,
        [
            ("validation_results", Verdict::Content),
            ("validation_findings", Verdict::Content),
            ("validation_metrics", Verdict::Count)
        ]
    );
    store.export_again(DAYS.0, DAYS.1).await.unwrap();
    pusher.push_all(until).await.unwrap();
    assert_eq!(wrong(&store, &warehouse).await, [], "exported again, it is as it was");

    bed.change("INSERT INTO @.validation_logs` SELECT * FROM @.validation_logs` WHERE check_name = 'orders'").await;
    assert_eq!(wrong(&store, &warehouse).await, [("validation_logs", Verdict::Duplicate)]);

    // Without a column, or the table, nothing arrives, and nothing is lost.
    bed.change("ALTER TABLE @.validation_runs` DROP COLUMN message").await;
    store.export_again(DAYS.0, DAYS.1).await.unwrap();
    let error = pusher.push_all(until).await.unwrap_err();
    assert!(error.hint().contains("assay sink migrate"), "{error}: {}", error.hint());
    let status = store.export_status().await.unwrap();
    assert!(status.rows_waiting > 0 && status.failures == 1 && status.failing_since.is_some(), "{status:?}");
    bed.migrated().await;
    pusher.push_all(until).await.unwrap();
    let status = store.export_status().await.unwrap();
    assert_eq!((status.rows_waiting, status.failures, status.last_error), (0, 0, None));
    let tables = bed.connection_tables().await;
    assert!(!tables.iter().any(|name| name.starts_with("assay_staging_")), "nothing is left behind: {tables:?}");
    bed.end().await;
}

impl Bed {
    async fn connection_tables(&self) -> Vec<String> {
        use assay::bigquery::Connection as _;
        let until = assay::clock::monotonic() + std::time::Duration::from_secs(60);
        let page = self.connection.tables(&self.project, &self.dataset, None, until).await.unwrap();
        page.tables.into_iter().map(|table| table.table_reference.table_id).collect()
    }

    /// The project that `assay init` writes, and this dataset as its sink.
    fn project(&self) -> Project {
        let project = Project::new();
        for name in ["data", "plugins"] {
            fs_err::remove_dir(project.path().join(name)).unwrap();
        }
        let made = project.run(&["init", "--plugins", shipped_plugins().to_str().unwrap()]);
        assert_eq!(made.code, Some(0), "{}", made.stderr);
        let (name, dataset, endpoint) = (&self.project, &self.dataset, &self.endpoint);
        let credentials = match is_real() {
            true => String::new(),
            false => format!("credentials = \"none\"\nendpoint = \"{endpoint}\"\n"),
        };
        let file = fs_err::read_to_string(project.path().join("assay.toml")).unwrap();
        let sink = "[sink]\ntype = \"bigquery\"";
        project.write(
            "assay.toml",
            format!("{sink}\nproject = \"{name}\"\ndataset = \"{dataset}\"\n{credentials}\n{file}"),
        );
        project
    }
}

/// Whether the tests run on BigQuery itself.
fn is_real() -> bool {
    std::env::var("ASSAY_BIGQUERY_PROJECT").is_ok()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_commands_export_what_was_run_and_other_clients_read_it() {
    let bed = Bed::start("commands").await;
    let project = bed.project();
    let (bed, project) = tokio::task::spawn_blocking(move || {
        let dry = project.run(&["sink", "migrate", "--dry-run"]);
        assert_eq!(dry.code, Some(0), "{}", dry.stderr);
        assert!(dry.stdout.contains("CREATE TABLE IF NOT EXISTS"), "{}", dry.stdout);
        // There are no tables yet: the run is in the journal, and its results are not delivered.
        let early = project.run(&["run"]);
        assert_eq!(early.code, Some(4), "{}\n{}", early.stdout, early.stderr);
        assert!(early.stderr.contains("assay sink migrate"), "{}", early.stderr);
        let status = project.run(&["sink", "status"]);
        assert_eq!(status.code, Some(4), "{}", status.stdout);
        assert!(status.stdout.contains("failing since"), "{}", status.stdout);

        let doctor = project.run(&["doctor"]);
        assert!(doctor.stdout.contains("changes are missing"), "{}", doctor.stdout);
        let made = project.run(&["sink", "migrate"]);
        assert_eq!(made.code, Some(0), "{}", made.stderr);
        assert!(made.stdout.contains("done: make table validation_results"), "{}", made.stdout);
        let again = project.run(&["sink", "migrate"]);
        assert!(again.stdout.contains("nothing was missing"), "{}", again.stdout);
        let run = project.run(&["run"]);
        assert_eq!(run.code, Some(0), "{}\n{}", run.stdout, run.stderr);
        let verified = project.run(&["sink", "verify"]);
        assert_eq!(verified.code, Some(0), "{}\n{}", verified.stdout, verified.stderr);
        assert!(verified.stdout.contains("0 differ, 0 wait"), "{}", verified.stdout);
        let doctor = project.run(&["doctor"]);
        assert!(doctor.stdout.contains("its tables are up to date"), "{}", doctor.stdout);
        let backwards = project.run(&["sink", "backfill", "--from", "2026-01-02", "--to", "2026-01-01"]);
        assert_eq!(backwards.code, Some(64), "{}", backwards.stderr);
        official_client(&bed);
        (bed, project)
    })
    .await
    .unwrap();
    bed.change("DELETE FROM @.validation_results` WHERE TRUE").await;
    let emptied = tokio::task::spawn_blocking(move || {
        let differs = project.run(&["sink", "verify"]);
        assert_eq!(differs.code, Some(1), "{}", differs.stdout);
        let today = Clock::system().now().to_zoned_datetime(jiff::tz::TimeZone::UTC).date();
        let (from, to) = (today.yesterday().unwrap().to_string(), today.to_string());
        let backfilled = project.run(&["sink", "backfill", "--from", &from, "--to", &to]);
        assert_eq!(backfilled.code, Some(0), "{}", backfilled.stderr);
        assert_eq!(project.run(&["sink", "verify"]).code, Some(0));
        project
    });
    let project = emptied.await.unwrap();
    bed.end().await;
    // The dataset is gone: what is found is kept, and told of.
    let alone = tokio::task::spawn_blocking(move || (project.run(&["run"]), project.run(&["results"])));
    let (run, results) = alone.await.unwrap();
    assert_eq!(run.code, Some(4), "{}\n{}", run.stdout, run.stderr);
    assert_eq!(results.stdout.matches("pass").count(), 12, "three runs of four checks: {}", results.stdout);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_exports_while_it_serves_and_says_how_far_behind_it_is() {
    let bed = Bed::start("serve").await;
    let project = bed.project();
    let path = project.path().join("assay.toml");
    let file = fs_err::read_to_string(&path).unwrap();
    let sink = "interval = \"1s\"\nalert_after = \"1s\"\n";
    let serve = "[serve]\nlisten = \"127.0.0.1:0\"\nself_check = \"1s\"\n";
    fs_err::write(
        &path,
        format!("{serve}{}", file.replacen("type = \"bigquery\"\n", &format!("type = \"bigquery\"\n{sink}"), 1)),
    )
    .unwrap();
    let served = tokio::task::spawn_blocking(move || {
        // There are no tables: what the host says of itself waits.
        let mut serving = Serving::start(&project);
        loop {
            serving.wait_for(|line| line["message"] == "rows could not be exported, and wait");
            let status = serving.get("/v1/status").body;
            let problems = status["problems"].to_string();
            let is_told = problems.contains("the sink") && problems.contains("behind");
            if is_told && status["sink"]["failing_since"].is_string() {
                assert!(status["sink"]["rows_waiting"].as_u64() > Some(0), "{status:#}");
                break;
            }
        }
        let metrics = serving.get("/metrics").body.to_string();
        assert!(metrics.contains("assay_sink_lag_seconds{") && metrics.contains("assay_sink_failing{"), "{metrics}");
        let told = project.run(&["status"]);
        assert!(told.stdout.contains("failing since") && told.code == Some(1), "{}", told.stdout);

        // Behind by a second is nothing to complain of any more, or it would be said again and again.
        let patient = fs_err::read_to_string(&path).unwrap().replace("alert_after = \"1s\"", "alert_after = \"1h\"");
        fs_err::write(&path, patient).unwrap();
        assert_eq!(serving.post("/v1/reload", &serde_json::json!({})).status, 204);
        assert_eq!(project.run(&["sink", "migrate"]).code, Some(0));
        serving.wait_for(|line| line["message"] == "exported");
        // Nobody but the host exports what a run finds while it serves.
        assert_eq!(project.run(&["run"]).code, Some(0));
        serving.wait_for(|line| line["message"] == "exported");
        // What the host says of itself may wait again.
        let same = (0..30).any(|_| {
            let verified = project.run(&["sink", "verify", "--format", "json"]);
            assert_ne!(verified.code, Some(1), "{}", verified.stdout);
            verified.code == Some(0) && verified.stdout.contains("validation_results")
        });
        assert!(same, "what was found is exported");
        let status = serving.get("/v1/status").body;
        assert!(status["sink"]["failing_since"].is_null(), "{status:#}");

        // Without a sink nothing waits for one.
        let without = fs_err::read_to_string(&path).unwrap();
        let (before, after) = without.split_once("[sink]").unwrap();
        let rest = after.split_once("\n[").map_or("", |(_, rest)| rest);
        fs_err::write(&path, format!("{before}\n[{rest}")).unwrap();
        assert_eq!(serving.post("/v1/reload", &serde_json::json!({})).status, 204);
        assert!(serving.get("/v1/status").body["sink"].is_null());
        serving.signal("TERM");
        serving.end()
    });
    assert_eq!(served.await.unwrap().code(), Some(0));
    bed.end().await;
}

/// What Google's own client for Python reads.
fn official_client(bed: &Bed) {
    const PROGRAM: &str = "
import os, sys
from google.cloud import bigquery
from google.auth.credentials import AnonymousCredentials

project, dataset, endpoint, real = sys.argv[1:5]
options = {} if real else {'credentials': AnonymousCredentials(), 'client_options': {'api_endpoint': endpoint}}
client = bigquery.Client(project=project, **options)
table = client.get_table(f'{project}.{dataset}.validation_results')
assert table.time_partitioning.field == 'started_at', table.time_partitioning
assert table.clustering_fields == ['check_name', 'status'], table.clustering_fields
assert table.schema[0].description, table.schema[0]
rows = list(client.query(
    f'SELECT status, COUNT(*) AS n FROM `{project}.{dataset}.results_flat` GROUP BY 1').result())
print([tuple(row.values()) for row in rows])
";
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap().join("tools").join("emulator");
    let real = if is_real() { "real" } else { "" };
    let mut python = std::process::Command::new(folder.join("venv").join("bin").join("python"));
    python.args(["-c", PROGRAM, &bed.project, &bed.dataset, &bed.endpoint, real]).env_remove("PYTHONPATH");
    let said = python.output().unwrap();
    let (out, err) = (String::from_utf8_lossy(&said.stdout), String::from_utf8_lossy(&said.stderr));
    assert_eq!(out.trim(), "[('pass', 8)]", "{err}");
}
