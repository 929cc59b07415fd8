//! What the sink costs the journal, and how long it takes to make up for an outage: measured on the emulator.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use assay::bigquery::{ConnectionOptions, Credentials, Identity, JobKey, NewJob, Rest, Retry, job};
use assay::clock::{self, Clock};
use assay::model::{Metric, Severity, Status, roll_up};
use assay::sink::{Dataset, Limits, Pushed, Pusher, Verdict, Warehouse, migrate, plan, verify};
use assay::store::Store;
use futures::future::join_all;
use gcp_bigquery_client::model::job_configuration_query::JobConfigurationQuery;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use crate::conformance::emulator::Emulator;
use crate::made;

/// Results of one run.
const OF_RUN: usize = 100;

/// What was measured.
#[derive(Debug, Clone)]
pub struct Measured {
    /// Results in the journal.
    pub results: usize,
    /// Time to store them without a sink.
    pub stored_without: Duration,
    /// Time to store as many with one.
    pub stored_with: Duration,
    /// What was exported.
    pub pushed: Pushed,
    /// Time until nothing waited any more.
    pub exported_in: Duration,
    /// Days of tables that differ.
    pub differ: usize,
}

/// Stores an hour of results, which wait for a dataset that cannot be written, and exports them when it can be.
///
/// # Errors
/// When the emulator is not prepared, or the machine does not let it happen.
///
/// # Cancel safety
/// Dropped, nothing is left behind.
pub async fn outage(emulator: &Path, results: usize) -> anyhow::Result<Measured> {
    let emulator = Emulator::start(emulator)?;
    let options = ConnectionOptions {
        project: "demo".to_owned(),
        location: None,
        endpoint: emulator.address().to_owned(),
        identity: Identity { credentials: Credentials::None, impersonate: None },
        retry: Retry::default(),
    };
    let connection = Arc::new(Rest::open(options).await?);
    let query = JobConfigurationQuery {
        query: "CREATE SCHEMA measured".to_owned(),
        use_legacy_sql: Some(false),
        ..JobConfigurationQuery::default()
    };
    let until = clock::monotonic() + Duration::from_secs(60);
    job::run(connection.as_ref(), &JobKey::new("assay_measure", &["schema"]), &NewJob::query(query), until).await?;
    let dataset = Dataset { project: "demo".to_owned(), dataset: "measured".to_owned() };
    let warehouse = Warehouse::new(connection, dataset.clone(), None);
    let start: Timestamp = "2026-01-02T06:00:00Z".parse()?;
    let steps = plan(&warehouse, start).await?;
    migrate(&warehouse, &steps, start).await?;

    let (without, with) = (tempfile::tempdir()?, tempfile::tempdir()?);
    let plain = Store::open(without.path(), start)?.store;
    let stored_without = fill(&plain, start, results).await?;
    drop(plain);
    let store = Arc::new(Store::open(with.path(), start)?.store);
    store.export_to(Some(dataset.to_string()), start).await?;
    let stored_with = fill(&store, start, results).await?;

    let pusher = Pusher::new(store.clone(), warehouse.clone(), Clock::system(), Limits::default());
    let began = clock::monotonic();
    let pushed = pusher.push_all(began + Duration::from_secs(3_600)).await?;
    let exported_in = began.elapsed();
    let day = start.to_zoned_datetime(TimeZone::UTC).date();
    let compared = verify(&store, &warehouse, (day, day), false, start).await?;
    let differ = compared.iter().filter(|day| day.verdict != Verdict::Same).count();
    Ok(Measured { results, stored_without, stored_with, pushed, exported_in, differ })
}

/// Stores results of an hour, two metrics each, one in ten with a finding.
async fn fill(store: &Store, start: Timestamp, results: usize) -> anyhow::Result<Duration> {
    let began = clock::monotonic();
    let runs = results.div_ceil(OF_RUN);
    for nth in 0..runs {
        let second = i64::try_from(nth * 3_600 / runs)?;
        let now = start + SignedDuration::from_secs(second);
        let run = made::run(now)?;
        let run_id = run.run_id;
        let names: Vec<_> = (0..OF_RUN).map(|check| format!("check-{check}")).collect();
        let planned: anyhow::Result<_> = names.iter().map(|name| made::planned(name)).collect();
        store.begin_run(run, planned?).await?;
        let mut records = Vec::new();
        for (nth, name) in names.iter().enumerate() {
            let status = if nth % 10 == 0 { Status::Fail } else { Status::Pass };
            let mut result = made::result(run_id, name.parse()?, status, Severity::High, now);
            let metric = |name: &str| Metric { name: name.to_owned(), value: 0.5, unit: None, attributes: Vec::new() };
            result.metrics = vec![metric("rows"), metric("share")];
            records.push(store.record(result));
        }
        for stored in join_all(records).await {
            stored?;
        }
        let status = roll_up([(Status::Fail, Severity::High)]);
        store.finish_run(run_id, status, "10 failed, 90 passed".to_owned(), now).await?;
    }
    Ok(began.elapsed())
}
