//! What the sink does when BigQuery, or what stands before it, answers with errors: nothing is sent twice, nothing is lost.

use std::path::Path;
use std::sync::Arc;

use assay::bigquery::{Class, ConnectionOptions, Credentials, Identity, Rest, Retry};
use assay::clock::{self, Clock};
use assay::model::RunStatus;
use assay::sink::{Dataset, Limits, MigrateError, PushError, Pusher, VerifyError, Warehouse, plan, verify};
use assay::store::{ExportStatus, Store};
use assay_tests::made;
use jiff::Timestamp;
use serde_json::json;

use super::fake::{Asked, Call, Fake, Instead, PROJECT, error};

/// A journal with one run that waits, and the way to the server.
struct Bed {
    fake: Fake,
    store: Arc<Store>,
    pusher: Pusher,
    _dir: tempfile::TempDir,
}

impl Bed {
    async fn new(credentials: Credentials) -> Self {
        let fake = Fake::start().await;
        let identity = Identity { credentials, impersonate: None };
        let connection = Arc::new(fake.connect(identity).await.unwrap());
        let dataset = Dataset { project: PROJECT.to_owned(), dataset: "assay".to_owned() };
        let dir = tempfile::tempdir().unwrap();
        let store = journal(dir.path(), &dataset).await;
        let warehouse = Warehouse::new(connection, dataset, Some("EU".to_owned()));
        let pusher = Pusher::new(store.clone(), warehouse, Clock::system(), Limits::default());
        Self { fake, store, pusher, _dir: dir }
    }

    fn instead(&self, instead: &[Instead]) {
        self.fake.knows().instead.extend(instead.iter().map(|instead| (Call::Insert, instead.clone())));
    }

    async fn status(&self) -> ExportStatus {
        self.store.export_status().await.unwrap()
    }

    /// The names of the jobs that were asked for, loads and scripts apart.
    fn named(&self) -> (Vec<String>, Vec<String>) {
        let name = |asked: &Asked| asked.job_id().to_owned();
        let is_load = |asked: &&Asked| asked.body["configuration"]["load"].is_object();
        let asked = self.fake.asked(Call::Insert);
        (asked.iter().filter(is_load).map(name).collect(), asked.iter().filter(|a| !is_load(a)).map(name).collect())
    }
}

async fn journal(dir: &Path, dataset: &Dataset) -> Arc<Store> {
    let now: Timestamp = "2026-01-02T03:04:05Z".parse().unwrap();
    let store = Arc::new(Store::open(dir, now).unwrap().store);
    store.export_to(Some(dataset.to_string()), now).await.unwrap();
    let run = made::run(now).unwrap();
    let run_id = run.run_id;
    store.begin_run(run, Vec::new()).await.unwrap();
    store.finish_run(run_id, RunStatus::Error, "nothing was selected".to_owned(), now).await.unwrap();
    store
}

#[tokio::test]
async fn what_passes_is_tried_again_as_the_same_job() {
    let bed = Bed::new(Credentials::None).await;
    bed.instead(&[Instead::Html(503), Instead::Lost, Instead::Closed, Instead::Html(429)]);
    let pushed = bed.pusher.push().await.unwrap();
    assert_eq!((pushed.rows, pushed.batches), (1, 1));
    let (loads, scripts) = bed.named();
    assert_eq!(loads.len(), 5, "four were lost, the fifth is told that there is such a job: {loads:?}");
    assert!(loads.iter().all(|name| *name == loads[0]), "{loads:?}");
    assert_eq!((scripts.len(), bed.fake.jobs().len()), (1, 2), "one load and one script were made");
    let status = bed.status().await;
    assert_eq!((status.rows_waiting, status.failures), (0, 0));
}

#[tokio::test]
async fn what_does_not_pass_waits_and_is_tried_under_another_name_once_a_job_has_failed() {
    let bed = Bed::new(Credentials::None).await;
    for (instead, hint) in [
        (error(403, "accessDenied", "Access Denied: Dataset assay"), "roles/bigquery.dataEditor"),
        // As some proxies and some of Google's own services answer.
        (Instead::Json(403, json!({ "error": { "code": 403, "message": "Forbidden" } })), "roles/bigquery.dataEditor"),
        (error(404, "notFound", "Not found: Dataset assay"), "assay sink migrate"),
        (error(403, "quotaExceeded", "Quota exceeded: imports per table"), "quota"),
    ] {
        bed.instead(&[instead]);
        let failed = bed.pusher.push().await.unwrap_err();
        assert!(matches!(failed, PushError::Call(_)) && failed.hint().contains(hint), "{failed}: {}", failed.hint());
    }
    let status = bed.status().await;
    assert_eq!((status.rows_waiting, status.failures, status.failed_jobs), (1, 4, 0));
    assert!(status.last_error.unwrap().contains("Quota exceeded"));

    bed.fake.knows().job_errors = vec![Some(("quotaExceeded", "Quota exceeded: partition modifications"))];
    let failed = bed.pusher.push().await.unwrap_err();
    assert!(matches!(failed, PushError::Job(_)), "{failed}");
    assert_eq!(bed.status().await.failed_jobs, 1);
    // The load is over and the script fails: what it reads is dropped, and loaded anew.
    bed.fake.knows().job_errors = vec![None, Some(("invalidQuery", "Unrecognized name: revision"))];
    let failed = bed.pusher.push().await.unwrap_err();
    assert!(matches!(failed, PushError::Job(_)) && failed.hint().contains("assay sink migrate"), "{failed}");
    bed.pusher.push().await.unwrap();
    let status = bed.status().await;
    assert_eq!((status.rows_waiting, status.failures, status.failed_jobs, status.last_error), (0, 0, 0, None));
    let (loads, _) = bed.named();
    let names: std::collections::BTreeSet<_> = loads.iter().collect();
    assert_eq!((loads.len(), names.len()), (7, 3), "a name for each job that failed, and the last: {loads:?}");
}

#[tokio::test]
async fn a_token_that_runs_out_on_the_way_is_exchanged() {
    let bed = Bed::new(Credentials::Metadata).await;
    bed.fake.knows().revoked = vec!["metadata-1".to_owned()];
    assert_eq!(bed.pusher.push().await.unwrap().rows, 1);
    let bearers: Vec<_> = bed.fake.asked(Call::Insert).into_iter().filter_map(|asked| asked.bearer).collect();
    assert_eq!(bearers, ["metadata-1", "metadata-2", "metadata-2"], "the load twice, the script once");
    assert_eq!(bed.fake.jobs().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn nobody_waits_long_for_a_bigquery_that_is_not_there() {
    let options = ConnectionOptions {
        project: PROJECT.to_owned(),
        location: None,
        // Nothing listens there.
        endpoint: "http://127.0.0.1:9".to_owned(),
        identity: Identity { credentials: Credentials::None, impersonate: None },
        retry: Retry::default(),
    };
    let connection = Arc::new(Rest::open(options).await.unwrap());
    let dataset = Dataset { project: PROJECT.to_owned(), dataset: "assay".to_owned() };
    let dir = tempfile::tempdir().unwrap();
    let store = journal(dir.path(), &dataset).await;
    let warehouse = Warehouse::new(connection, dataset, None);
    let now = Clock::system().now();
    let took = |began: tokio::time::Instant| began.elapsed().as_secs();

    let began = clock::monotonic();
    let error = plan(&warehouse, now).await.unwrap_err();
    assert!(matches!(&error, MigrateError::Ask(error) if error.class == Class::Unreachable), "{error}");
    assert!(took(began) <= 20, "{} s", took(began));
    let began = clock::monotonic();
    let days = (jiff::civil::date(2026, 1, 1), jiff::civil::date(2026, 1, 3));
    let error = verify(&store, &warehouse, days, false, now).await.unwrap_err();
    assert!(matches!(error, VerifyError::Reach(_)) && took(began) <= 20, "{error}: {} s", took(began));
    let pusher = Pusher::new(store.clone(), warehouse, Clock::system(), Limits::default());
    let began = clock::monotonic();
    let error = pusher.push().await.unwrap_err();
    assert!(matches!(error, PushError::Call(_)) && took(began) <= 150, "{error}: {} s", took(began));
    assert!(store.export_status().await.unwrap().failing_since.is_some(), "the journal knows");
}

#[tokio::test]
async fn jobs_say_where_whose_and_what_for() {
    let bed = Bed::new(Credentials::None).await;
    bed.pusher.push().await.unwrap();
    for asked in bed.fake.asked(Call::Insert) {
        assert_eq!(asked.body["jobReference"]["location"], "EU");
        assert_eq!(asked.body["configuration"]["labels"], json!({ "app": "assay", "for": "sink" }));
    }
    let load = &bed.fake.asked(Call::Insert)[0].body["configuration"]["load"];
    assert_eq!(load["writeDisposition"], "WRITE_TRUNCATE", "loaded twice, it is there once");
    assert!(load["destinationTable"]["tableId"].as_str().unwrap().starts_with("assay_staging_"), "{load}");
}
