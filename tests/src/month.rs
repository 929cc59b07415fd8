//! A month of alerts, as fast as it can: what is told, and what arrives while receivers are out of order.
//!
//! Results are made up and go the way of real ones: into a journal on disk, and from there to receivers over the network.
//! Each receiver is out of order for a time. One that says so takes nothing; one that does not takes the message and
//! breaks before it answers.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::Context as _;
use assay::clock::Clock;
use assay::config::Config;
use assay::model::{CheckName, DeliveryStatus, NoticeKind, Severity, Status, roll_up};
use assay::notify::{Office, Round, Secrets};
use assay::runner::alert_context;
use assay::store::{AlertContext, DeliveryFilter, Store};
use axum::Router;
use axum::body::Bytes;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use futures::future::join_all;
use jiff::{SignedDuration, Timestamp};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng as _};

use crate::made;

/// Checks that run every hour.
const HOURLY: usize = 24;
/// Checks that run once a day.
const DAILY: usize = 36;
/// Names of the receivers, each the first part of the path it is reached at.
const HTTP: [&str; 5] = ["slack", "pagerduty", "alertmanager", "webhook", "github"];

/// How a month went.
#[derive(Debug, Clone, Default)]
pub struct Month {
    /// Results that were made up.
    pub results: u64,
    /// Of those, results that did not pass: messages of one who tells of every one.
    pub naive: u64,
    /// Incidents.
    pub incidents: u64,
    /// Messages that were written, by receiver.
    pub written: BTreeMap<String, u64>,
    /// Messages that arrived, by receiver.
    pub delivered: BTreeMap<String, u64>,
    /// Requests that a receiver took although it had taken the message before, by receiver: each with the same key.
    pub again: BTreeMap<String, u64>,
    /// Attempts that failed.
    pub retried: u64,
    /// Messages that were given up.
    pub dead: u64,
    /// Alerts of which a receiver was told that they opened and not that they ended, though they have.
    pub unended: u64,
    /// Alerts of which a receiver was told twice that they ended.
    pub ended_twice: u64,
    /// Alerts that opened at critical severity of which nobody was told.
    pub missed: u64,
    /// Messages for the flood, by receiver.
    pub flood: BTreeMap<String, u64>,
    /// The 99th percentile of the time from result to arrival, outages aside, as far as it is not wanted.
    pub latency_p99: Duration,
}

/// A receiver on this machine.
#[derive(Debug, Default)]
struct Desk {
    /// Takes nothing.
    refuses: AtomicBool,
    /// Takes messages, and breaks before it answers.
    breaks: AtomicBool,
    requests: AtomicU64,
    /// The bodies that it took, with how often.
    taken: Mutex<BTreeMap<Vec<u8>, u64>>,
}

impl Desk {
    fn take(&self, body: &[u8]) {
        self.requests.fetch_add(1, Ordering::Relaxed);
        *self.taken.lock().unwrap_or_else(PoisonError::into_inner).entry(body.to_vec()).or_default() += 1;
    }

    fn again(&self) -> u64 {
        let taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        taken.values().map(|times| times - 1).sum()
    }
}

type Desks = Arc<BTreeMap<&'static str, Desk>>;

/// Answers as the receivers do, or does not.
async fn answer(State(desks): State<Desks>, request: Request) -> Response {
    let path = request.uri().path().trim_start_matches('/').to_owned();
    let name = path.split('/').next().unwrap_or_default().to_owned();
    let reads = request.method() == axum::http::Method::GET;
    let Ok(body) = axum::body::to_bytes(request.into_body(), 10 << 20).await else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    let Some(desk) = desks.get(name.as_str()) else { return StatusCode::NOT_FOUND.into_response() };
    if desk.refuses.load(Ordering::Relaxed) {
        let page = "<html><body>Service Unavailable</body></html>";
        return (StatusCode::SERVICE_UNAVAILABLE, [("retry-after", "30")], page).into_response();
    }
    if !reads {
        desk.take(&body);
    }
    if desk.breaks.load(Ordering::Relaxed) {
        return (StatusCode::BAD_GATEWAY, "").into_response();
    }
    said(&name, &path, reads)
}

/// What each of them says when all is well, as far as it is looked at.
fn said(name: &str, path: &str, reads: bool) -> Response {
    let json = |status: StatusCode, body: &str| {
        (status, [("content-type", "application/json")], Bytes::from(body.to_owned())).into_response()
    };
    match name {
        "slack" => json(StatusCode::OK, r#"{"ok":true,"channel":"C024BE91L","ts":"1503435956.000247"}"#),
        "pagerduty" => {
            json(StatusCode::ACCEPTED, r#"{"status":"success","message":"Event processed","dedup_key":"x"}"#)
        }
        "github" if reads => json(StatusCode::OK, "[]"),
        "github" if path.ends_with("/issues") => {
            json(StatusCode::CREATED, r#"{"number":7,"state":"open","html_url":"https://example.org/7"}"#)
        }
        "github" => json(StatusCode::OK, r#"{"number":7,"state":"closed"}"#),
        _ => json(StatusCode::OK, "{}"),
    }
}

/// A configuration with all kinds of receivers that are reached by HTTP, a program, and many checks.
fn configuration(port: u16, folder: &Path, flood: usize) -> String {
    let at = |name: &str| format!("http://127.0.0.1:{port}/{name}");
    let mut text = format!(
        r#"
[host]
state = "state"
[source.data]
type = "files"
path = "data"
[alerts]
operator = "operations"
[receiver.slack]
type = "slack"
token = {{ env = "TOKEN" }}
channel = "C024BE91L"
api = "{}"
[receiver.pagerduty]
type = "pagerduty"
routing_key = {{ env = "TOKEN" }}
api = "{}"
[receiver.alertmanager]
type = "alertmanager"
url = "{}"
[receiver.webhook]
type = "webhook"
url = "{}"
signing_key = {{ env = "TOKEN" }}
[receiver.github]
type = "github"
repository = "example/data"
token = {{ env = "TOKEN" }}
labels = ["assay"]
api = "{}"
[receiver.program]
type = "command"
command = ["{}"]
[route.pages]
match = ["severity=critical"]
receivers = ["pagerduty", "slack"]
group_by = ["check"]
continue = true
[route.everything]
receivers = ["slack", "alertmanager", "webhook", "github", "program"]
group_by = ["owner"]
"#,
        at("slack"),
        at("pagerduty"),
        at("alertmanager"),
        at("webhook"),
        at("github"),
        folder.join("take").display(),
    );
    let mut check = |name: String, severity: Severity, owner: usize| {
        text.push_str(&format!(
            "[[check]]\nname = \"{name}\"\nplugin = \"row-count@1.0.0\"\nseverity = \"{severity}\"\n\
             owner = \"team-{owner}\"\nsources = {{ data = [\"**\"] }}\n"
        ));
    };
    for at in 0..HOURLY + DAILY {
        check(name_of(at), Severity::ALL[at % 4], at % 3);
    }
    for at in 0..flood {
        check(format!("flood/{at}"), Severity::High, 9);
    }
    text
}

fn name_of(at: usize) -> String {
    if at < HOURLY { format!("hourly/{at}") } else { format!("daily/{at}") }
}

/// What is wrong when: from hour to hour, both of the month.
struct Plan {
    wrong: BTreeMap<usize, Vec<(u32, u32, Status)>>,
    refuses: BTreeMap<&'static str, (u32, u32)>,
    breaks: BTreeMap<&'static str, (u32, u32)>,
    program: (u32, u32),
    flood: (u32, u32),
}

impl Plan {
    fn new(seed: u64, hours: u32) -> Self {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let mut below = |n: u32| random.next_u32() % n;
        let mut wrong: BTreeMap<usize, Vec<_>> = BTreeMap::new();
        for check in 0..HOURLY + DAILY {
            let mut hour = below(hours / 2);
            while hour < hours {
                let length = if check < HOURLY { 1 + below(18) } else { 24 * (1 + below(3)) };
                let status = if below(5) == 0 { Status::Error } else { Status::Fail };
                wrong.entry(check).or_default().push((hour, hour + length, status));
                hour += length + 48 + below(hours / 2);
            }
        }
        // Each is out of order for half a day, and breaks while it takes messages for two hours.
        let each = |from: u32| HTTP.iter().zip(0..).map(move |(name, nth)| (*name, from + nth * (hours / 8)));
        Self {
            wrong,
            refuses: each(30).map(|(name, from)| (name, (from, from + 12))).collect(),
            breaks: each(60).map(|(name, from)| (name, (from, from + 2))).collect(),
            program: (hours / 3, hours / 3 + 12),
            flood: (hours - 48, hours - 44),
        }
    }

    fn status(&self, check: usize, hour: u32) -> Status {
        let wrong = self.wrong.get(&check).into_iter().flatten();
        let mut now = wrong.filter(|(from, until, _)| (*from..*until).contains(&hour)).map(|(.., status)| *status);
        now.next_back().unwrap_or(Status::Pass)
    }
}

fn holds(span: Option<&(u32, u32)>, hour: u32) -> bool {
    span.is_some_and(|(from, until)| (*from..*until).contains(&hour))
}

/// A month of `days` days with a flood of `flood` checks near its end. The host is started anew every day.
///
/// # Errors
/// When the machine does not let it happen.
///
/// # Cancel safety
/// Dropped, nothing is left behind.
pub async fn month(seed: u64, days: u32, flood: usize) -> anyhow::Result<Month> {
    let hours = days * 24;
    let dir = tempfile::tempdir()?;
    let desks: Desks = Arc::new(HTTP.iter().map(|name| (*name, Desk::default())).collect());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let port = listener.local_addr()?.port();
    let app = Router::new().fallback(answer).with_state(desks.clone());
    let server = tokio::spawn(async move { axum::serve(listener, app).await });
    program(dir.path())?;
    let path = dir.path().join("assay.toml");
    let config = Config::parse(&path, configuration(port, dir.path(), flood))?;
    let contexts: BTreeMap<CheckName, Arc<AlertContext>> =
        config.checks.iter().map(|check| (check.name.clone(), Arc::new(alert_context(&config, check)))).collect();
    let secrets = Secrets::from_variables(|_| Some("very-secret-token".into()));
    let office = Office::open(&config, contexts.clone(), &secrets, false)?;

    let start: Timestamp = "2026-01-01T00:00:00Z".parse()?;
    let state = dir.path().join("state");
    let plan = Plan::new(seed, hours);
    let mut month = Month::default();
    let mut latencies = Vec::new();
    let mut store = Arc::new(Store::open(&state, start)?.store);
    for hour in 0..hours {
        let now = start + SignedDuration::from_hours(hour.into());
        for (name, desk) in desks.iter() {
            desk.refuses.store(holds(plan.refuses.get(name), hour), Ordering::Relaxed);
            desk.breaks.store(holds(plan.breaks.get(name), hour), Ordering::Relaxed);
        }
        out_of_order(dir.path(), holds(Some(&plan.program), hour))?;
        let mut results: Vec<_> = (0..HOURLY)
            .chain(HOURLY..if hour % 24 == 6 { HOURLY + DAILY } else { HOURLY })
            .map(|check| (name_of(check), plan.status(check, hour)))
            .collect();
        if hour == plan.flood.0 || hour == plan.flood.1 {
            let status = if hour == plan.flood.0 { Status::Fail } else { Status::Pass };
            results.extend((0..flood).map(|at| (format!("flood/{at}"), status)));
        }
        month.results += results.len() as u64;
        month.naive += results.iter().filter(|(_, status)| *status != Status::Pass).count() as u64;
        record(&store, &contexts, now, &results).await?;
        // Twelve looks an hour: groups wait, attempts are made again.
        for minute in (0..60).step_by(5) {
            let clock = Clock::starting_at(now + SignedDuration::from_mins(minute) + SignedDuration::from_secs(31));
            let (Round { delivered, retried, dead }, _) = office.tell(&store, &clock).await?;
            month.retried += retried.len() as u64;
            month.dead += dead.len() as u64;
            let trouble =
                HTTP.iter().any(|name| holds(plan.refuses.get(name), hour) || holds(plan.breaks.get(name), hour));
            if !trouble && !holds(Some(&plan.program), hour) {
                latencies
                    .extend(delivered.iter().map(|(_, took)| *took).filter(|took| *took < Duration::from_secs(60)));
            }
        }
        if hour % 24 == 23 {
            // The host stops, and another one goes on.
            drop(store);
            store = Arc::new(Store::open(&state, now)?.store);
        }
    }
    // What waits still has a day to arrive in.
    for hour in hours..hours + 24 {
        for minute in (0..60).step_by(10) {
            let at = start + SignedDuration::from_hours(hour.into()) + SignedDuration::from_mins(minute);
            let round = office.tell(&store, &Clock::starting_at(at)).await?.0;
            month.dead += round.dead.len() as u64;
        }
    }
    latencies.sort_unstable();
    month.latency_p99 = latencies.get(latencies.len() * 99 / 100).copied().unwrap_or_default();
    count(&store, &mut month, start + SignedDuration::from_hours(plan.flood.0.into())).await?;
    month.again = desks.iter().map(|(name, desk)| ((*name).to_owned(), desk.again())).collect();
    server.abort();
    Ok(month)
}

/// Looks at what the journal says of the month.
async fn count(store: &Store, month: &mut Month, flood: Timestamp) -> anyhow::Result<()> {
    let deliveries = store.deliveries(DeliveryFilter { limit: u32::MAX, ..DeliveryFilter::default() }).await?;
    for delivery in &deliveries {
        *month.written.entry(delivery.receiver.clone()).or_default() += 1;
        if delivery.status == DeliveryStatus::Delivered {
            *month.delivered.entry(delivery.receiver.clone()).or_default() += 1;
        }
        let after = delivery.created_at.duration_since(flood);
        if (SignedDuration::ZERO..SignedDuration::from_hours(1)).contains(&after) {
            *month.flood.entry(delivery.receiver.clone()).or_default() += 1;
        }
    }
    for alert in store.alerts().await? {
        month.incidents += alert.state.incidents;
        let mut seen = BTreeSet::new();
        for change in store.alert_changes(alert.key.fingerprint()).await? {
            seen.extend(change.alert);
        }
        for incident in seen {
            let mut told: BTreeMap<String, (u64, u64)> = BTreeMap::new();
            for notification in store.notifications(incident).await? {
                let counts = told.entry(notification.receiver).or_default();
                match notification.kind {
                    NoticeKind::Open | NoticeKind::Reopened => counts.0 += 1,
                    NoticeKind::Resolved | NoticeKind::Closed => counts.1 += 1,
                    _ => {}
                }
            }
            let is_over = alert.state.id != Some(incident) || !alert.state.phase.is_open();
            month.unended += told.values().filter(|(opened, ended)| is_over && ended < opened).count() as u64;
            month.ended_twice += told.values().filter(|(opened, ended)| ended > opened).count() as u64;
            month.missed += u64::from(told.is_empty() && alert.state.severity == Some(Severity::Critical));
        }
    }
    Ok(())
}

/// A program that takes messages, unless there is a file that says that it is out of order.
fn program(folder: &Path) -> anyhow::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    let path = folder.join("take");
    let text = format!("#!/bin/sh\n[ -e '{0}/out-of-order' ] && exit 75\ncat >> '{0}/taken'\n", folder.display());
    fs_err::write(&path, text)?;
    Ok(fs_err::set_permissions(&path, std::fs::Permissions::from_mode(0o755))?)
}

fn out_of_order(folder: &Path, is: bool) -> anyhow::Result<()> {
    let path = folder.join("out-of-order");
    match (is, path.exists()) {
        (true, false) => Ok(fs_err::write(path, "")?),
        (false, true) => Ok(fs_err::remove_file(path)?),
        (true, true) | (false, false) => Ok(()),
    }
}

/// Stores a run with these results.
async fn record(
    store: &Store,
    contexts: &BTreeMap<CheckName, Arc<AlertContext>>,
    now: Timestamp,
    results: &[(String, Status)],
) -> anyhow::Result<()> {
    let run = made::run(now)?;
    let run_id = run.run_id;
    let planned: anyhow::Result<Vec<_>> = results.iter().map(|(name, _)| made::planned(name)).collect();
    store.begin_run(run, planned?).await?;
    let all = results.iter().map(|(name, status)| {
        let check: CheckName = name.parse()?;
        let context = contexts.get(&check).cloned().context("a check of the configuration")?;
        anyhow::Ok((made::result(run_id, check, *status, context.policy.severity, now), context))
    });
    // Many at a time, as a host that runs many checks has it.
    for chunk in all.collect::<anyhow::Result<Vec<_>>>()?.chunks(500) {
        let stored = chunk.iter().cloned().map(|(result, context)| store.record_and_alert(result, context, now));
        for stored in join_all(stored).await {
            stored?;
        }
    }
    let weights = results.iter().map(|(_, status)| (*status, Severity::High));
    store.finish_run(run_id, roll_up(weights), String::new(), now).await?;
    Ok(())
}
