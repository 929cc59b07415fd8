//! The API as it is served: a real listener, a real journal, and a host that notes what it is told.

mod answers;
mod asking;
mod changes;
mod description;
mod permission;
mod schema;
mod stopping;
mod traces;
mod watching;

use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use jiff::civil::date;
use reqwest::{Method, StatusCode};
use serde_json::Value as Json;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, Semaphore};
use tokio::task::JoinHandle;

use crate::clock::Clock;
use crate::config::{Config, Role, Token};
use crate::model::{
    Attribute, CheckResult, Conclusion, Digest, Finding, FindingDraft, LogLevel, LogLine, Measure, Metric, RunId,
    RunRecord, RunStatus, ScheduleName, Severity, Status, Trigger, Usage, Window,
};
use crate::runner::{Request, SelectError};
use crate::schedule::Due;
use crate::serve::{LastRun, LoadOutcome, RunningView, ScheduleView, Snapshot};
use crate::store::{ExportStatus, Pause, PlannedCheck, Store};

use super::control::{Control, ControlError};
use super::metrics::Metrics;
use super::server::{Settings, serve};

const CONFIG: &str = r#"
[source.local]
type = "files"
path = "data"

[schedule.nightly]
timezone = "UTC"
cron = "0 6 * * *"

[schedule."sports/nba"]
timezone = "America/New_York"
cron = "0 7 * * *"

[[check]]
name = "players/row-count"
plugin = "row-count@1.0.0"
schedule = "nightly"
sources = { local = ["players"] }

[[check]]
name = "games/row-count"
plugin = "row-count@1.0.0"
schedule = "sports/nba"
sources = { local = ["games"] }
"#;

/// 2026-02-01T06:00:00Z and some seconds.
fn at(second: i64) -> Timestamp {
    "2026-02-01T06:00:00Z".parse::<Timestamp>().unwrap() + jiff::SignedDuration::from_secs(second)
}

fn token(name: &str, secret: &str, role: Role) -> Token {
    Token { name: name.to_owned(), sha256: Digest::of(secret.as_bytes()), role }
}

/// A token of each role: `assay_read` and `assay_operate`.
fn tokens() -> Vec<Token> {
    vec![token("grafana", "assay_read", Role::Read), token("ci", "assay_operate", Role::Operate)]
}

fn snapshot(tokens: Vec<Token>) -> Snapshot {
    let mut config = Config::parse(Path::new("assay.toml"), CONFIG.to_owned()).unwrap();
    config.serve.tokens = tokens;
    Snapshot {
        at: at(30),
        started_at: at(-100),
        config: Arc::new(config),
        config_since: at(-50),
        schedules: vec![ScheduleView {
            name: "nightly".parse().unwrap(),
            cron: "0 6 * * *".to_owned(),
            time_zone: "UTC".to_owned(),
            next: Some(Due { at: at(86_400), local: date(2026, 2, 2).at(6, 0, 0, 0), offset_seconds: 0, moved: None }),
            paused: None,
            waiting: 1,
            running: 0,
            last: Some(LastRun {
                run_id: RunId::NIL,
                scheduled_for: at(0),
                started_at: at(2),
                status: RunStatus::Warning,
            }),
        }],
        running: vec![RunningView { record: record(20, Some("nightly")), checks: 3, done: 1, cancelled: false }],
        backlog: 0,
        stopping: false,
        last_load: LoadOutcome { at: at(-50), error: None },
        export: Some(ExportStatus {
            target: Some("p.d".to_owned()),
            rows_waiting: 3,
            days_waiting: 1,
            oldest: Some(at(-60)),
            last_success_at: Some(at(-90)),
            failing_since: Some(at(-30)),
            failures: 2,
            failed_jobs: 1,
            last_error: Some("no connection".to_owned()),
        }),
        problems: vec!["a slot of `nightly` began 90 s late".to_owned()],
    }
}

fn record(second: i64, schedule: Option<&str>) -> RunRecord {
    RunRecord {
        run_id: RunId::generate(at(second)),
        trigger: Trigger::Manual,
        requested_by: Some("sam".to_owned()),
        schedule: schedule.map(|name| name.parse().unwrap()),
        scheduled_for: at(0),
        local: None,
        time_zone: "UTC".to_owned(),
        target_date: date(2026, 2, 1),
        window: Window { start: at(-21_600), end: at(64_800) },
        started_at: at(second),
        config_digest: Digest::of(b"config"),
        host_version: "0.1.0".to_owned(),
        engine_version: "48.0.8".to_owned(),
    }
}

/// A result that says something of everything.
fn result(run: &RunRecord, check: &str) -> CheckResult {
    let draft = FindingDraft {
        observed: Some(Measure::Number(7.0)),
        expected: Some(Measure::Text("8 or more".to_owned())),
        samples: vec![vec![crate::model::Cell { name: "id".to_owned(), value: None }]],
        ..FindingDraft::bare("too few rows")
    };
    CheckResult {
        run_id: run.run_id,
        check: check.parse().unwrap(),
        attempt: 1,
        plugin: "row-count@1.0.0".to_owned(),
        digest: Some(Digest::of(b"component")),
        owner: Some("stats team".to_owned()),
        tags: vec!["nfl".to_owned()],
        settings: r#"{"table":"players"}"#.to_owned(),
        conclusion: Conclusion {
            status: Status::Fail,
            reason: None,
            severity: Severity::Medium,
            message: "7 rows".to_owned(),
            hint: Some("load the table again".to_owned()),
            detail: None,
            examined: Some(7),
            partial: false,
        },
        findings: vec![Finding { severity: Severity::Medium, draft }],
        metrics: vec![Metric {
            name: "rows".to_owned(),
            value: 7.0,
            unit: None,
            attributes: vec![Attribute { key: "table".to_owned(), value: "players".to_owned() }],
        }],
        logs: vec![LogLine { level: LogLevel::Info, message: "counting".to_owned() }],
        usage: Usage { fuel: 1_000, ..Usage::default() },
        started_at: run.started_at,
        duration: Duration::from_millis(1_500),
    }
}

fn planned(check: &str) -> PlannedCheck {
    PlannedCheck {
        check: check.parse().unwrap(),
        plugin: "row-count@1.0.0".to_owned(),
        severity: Severity::Medium,
        owner: Some("stats team".to_owned()),
        tags: vec!["nfl".to_owned()],
        settings: r#"{"table":"players"}"#.to_owned(),
    }
}

/// What a host was told.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Told {
    Trigger { names: Vec<String>, date: Option<String>, at: Option<String>, by: Option<String> },
    Pause { schedule: ScheduleName, pause: Pause },
    Resume { schedule: ScheduleName },
    Cancel { run: RunId, by: Option<String> },
    Reload,
}

/// A host that notes what it is told, and knows the schedule `nightly`.
#[derive(Debug)]
struct Host {
    snapshot: Mutex<Arc<Snapshot>>,
    store: Arc<Store>,
    told: Mutex<Vec<Told>>,
    /// Somebody waits for a reload.
    reload_began: Notify,
    /// How many reloads may end.
    reloads: Semaphore,
    reload_ended: Notify,
    refuses: Mutex<Option<String>>,
}

impl Host {
    /// One that knows these tokens, and where its journal is.
    fn with(tokens: Vec<Token>) -> (Arc<Self>, TempDir) {
        let state = TempDir::new().unwrap();
        let store = Store::open(state.path(), at(0)).unwrap().store;
        let host = Self {
            snapshot: Mutex::new(Arc::new(snapshot(tokens))),
            store: Arc::new(store),
            told: Mutex::default(),
            reload_began: Notify::new(),
            reloads: Semaphore::new(0),
            reload_ended: Notify::new(),
            refuses: Mutex::default(),
        };
        (Arc::new(host), state)
    }

    fn told(&self) -> Vec<Told> {
        self.told.lock().unwrap().clone()
    }

    fn note(&self, told: Told) {
        self.told.lock().unwrap().push(told);
    }

    fn knows(schedule: ScheduleName) -> Result<ScheduleName, ControlError> {
        if schedule.as_str() == "nightly" { Ok(schedule) } else { Err(ControlError::UnknownSchedule(schedule)) }
    }

    /// Changes what it says of itself.
    fn change(&self, change: impl FnOnce(&mut Snapshot)) {
        let mut snapshot = self.snapshot.lock().unwrap();
        let mut changed = Snapshot::clone(&snapshot);
        change(&mut changed);
        *snapshot = Arc::new(changed);
    }
}

#[async_trait]
impl Control for Host {
    fn snapshot(&self) -> Arc<Snapshot> {
        self.snapshot.lock().unwrap().clone()
    }

    fn store(&self) -> Arc<Store> {
        self.store.clone()
    }

    async fn trigger(&self, request: Request, by: Option<String>) -> Result<Vec<RunId>, ControlError> {
        let Request { names, date, at, alerts: _ } = request;
        if let Some(name) = names.iter().find(|name| *name != "nightly") {
            return Err(SelectError::Unknown { name: name.clone(), similar: vec!["nightly".to_owned()] }.into());
        }
        let (date, at) = (date.map(|date| date.to_string()), at.map(|at| format!("{at:?}")));
        self.note(Told::Trigger { names, date, at, by });
        Ok(vec![RunId::NIL])
    }

    async fn pause(&self, schedule: ScheduleName, pause: Pause) -> Result<(), ControlError> {
        self.note(Told::Pause { schedule: Self::knows(schedule)?, pause });
        Ok(())
    }

    async fn resume(&self, schedule: ScheduleName) -> Result<(), ControlError> {
        self.note(Told::Resume { schedule: Self::knows(schedule)? });
        Ok(())
    }

    async fn cancel(&self, run: RunId, by: Option<String>) -> Result<(), ControlError> {
        if !self.snapshot().running.iter().any(|running| running.record.run_id == run) {
            return Err(ControlError::NotRunning(run));
        }
        self.note(Told::Cancel { run, by });
        Ok(())
    }

    async fn reload(&self) -> Result<(), ControlError> {
        self.reload_began.notify_one();
        self.reloads.acquire().await.unwrap().forget();
        self.note(Told::Reload);
        self.reload_ended.notify_one();
        let refused = self.refuses.lock().unwrap().clone();
        refused.map_or(Ok(()), |why| Err(ControlError::Refused(why)))
    }
}

/// A host that is served on an address of this machine.
struct Api {
    host: Arc<Host>,
    metrics: Arc<Metrics>,
    address: SocketAddr,
    http: reqwest::Client,
    stop: Arc<Notify>,
    serving: JoinHandle<()>,
    _state: TempDir,
}

impl Api {
    /// One that is asked without tokens.
    async fn open() -> Self {
        Self::with(Vec::new()).await
    }

    async fn with(tokens: Vec<Token>) -> Self {
        Self::on("127.0.0.1:0", tokens).await
    }

    async fn on(address: &str, tokens: Vec<Token>) -> Self {
        let (host, state) = Host::with(tokens);
        let metrics = Arc::new(Metrics::new());
        let settings = Settings { clock: Clock::starting_at(at(40)), metrics: metrics.clone() };
        let listener = TcpListener::bind(address).await.unwrap();
        let address = listener.local_addr().unwrap();
        let stop = Arc::new(Notify::new());
        let stopped = stop.clone();
        let control: Arc<dyn Control> = host.clone();
        let serving = tokio::spawn(serve(listener, control, settings, async move { stopped.notified().await }));
        Self { host, metrics, address, http: reqwest::Client::new(), stop, serving, _state: state }
    }

    fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        self.http.request(method, format!("http://{}{path}", self.address))
    }

    /// Asks, and looks whether the answer is as it is described.
    async fn ask(&self, request: reqwest::RequestBuilder) -> (StatusCode, Json) {
        let request = request.build().unwrap();
        let (method, path) = (request.method().clone(), request.url().path().to_owned());
        let answer = self.http.execute(request).await.unwrap();
        let status = answer.status();
        assert_eq!(answer.headers()["cache-control"], "no-store", "{method} {path}");
        assert_eq!(answer.headers()["x-content-type-options"], "nosniff", "{method} {path}");
        let media_type = answer.headers().get("content-type").map(|value| value.to_str().unwrap().to_owned());
        let text = answer.text().await.unwrap();
        schema::assert_described(&method, &path, status, media_type.as_deref(), &text);
        let is_json = media_type.is_some_and(|media_type| media_type.ends_with("json"));
        (status, if is_json { serde_json::from_str(&text).unwrap() } else { Json::String(text) })
    }

    async fn get(&self, path: &str) -> (StatusCode, Json) {
        self.ask(self.request(Method::GET, path)).await
    }

    async fn post(&self, path: &str, body: Json) -> (StatusCode, Json) {
        self.ask(self.request(Method::POST, path).json(&body)).await
    }

    /// Sends bytes as they are; the status of the answer, and all of it.
    async fn raw(&self, request: &str) -> (u16, String) {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        let status = answer.split(' ').nth(1).and_then(|status| status.parse().ok());
        (status.unwrap_or_else(|| panic!("no answer: {answer:?}")), answer)
    }

    /// A run in the journal, with a result of every check.
    async fn has_run(&self, second: i64, schedule: &str, checks: &[&str], status: RunStatus) -> RunId {
        let run = record(second, Some(schedule));
        let store = &self.host.store;
        store.begin_run(run.clone(), checks.iter().map(|check| planned(check)).collect()).await.unwrap();
        for check in checks {
            store.record(result(&run, check)).await.unwrap();
        }
        let message = format!("{} failed", checks.len());
        store.finish_run(run.run_id, status, message, at(second + 5)).await.unwrap();
        run.run_id
    }
}

/// The word for the kind of a problem.
fn kind(problem: &Json) -> &str {
    problem["type"].as_str().and_then(|kind| kind.strip_prefix("urn:assay:problem:")).unwrap_or("no problem")
}
