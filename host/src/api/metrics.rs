//! What a host counts and measures, for Prometheus: what answers a question at six in the morning.
//!
//! Values of labels are names from the configuration and words of the vocabulary: their number is bounded.

use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::{SignedDuration, Timestamp};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::{Registry, Unit};

use crate::model::{CheckName, NotRun, RunRecord, RunStatus, ScheduleName, Status, Trigger};
use crate::notify::Round;
use crate::sandbox::ENGINE_VERSION;
use crate::serve::{ScheduleView, Snapshot};
use crate::sink::Pushed;

/// The media type of [`Metrics::text`].
pub(super) const MEDIA_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Upper bounds for starts that are late, in seconds: on time, noticeably late, told as `late_start`, out of hand.
const LAG_SECONDS: [f64; 9] = [0.1, 0.5, 1.0, 5.0, 15.0, 60.0, 300.0, 1_800.0, 7_200.0];
/// Upper bounds from when a message was written to when it arrived, in seconds.
const DELIVERY_SECONDS: [f64; 8] = [0.1, 0.5, 1.0, 5.0, 30.0, 300.0, 3_600.0, 86_400.0];
/// Upper bounds for runs, in seconds.
const DURATION_SECONDS: [f64; 11] = [0.1, 0.5, 1.0, 5.0, 15.0, 60.0, 300.0, 900.0, 1_800.0, 3_600.0, 7_200.0];

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Build {
    version: &'static str,
    engine: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfSchedule {
    /// Empty for runs of no schedule, which Prometheus takes for no label.
    schedule: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfLastStatus {
    schedule: String,
    status: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfRun {
    schedule: String,
    trigger: &'static str,
    status: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfResult {
    check: String,
    status: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfSlot {
    schedule: String,
    reason: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfReload {
    outcome: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfSink {
    dataset: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfDelivery {
    receiver: String,
    outcome: &'static str,
}

type Seconds = Gauge<f64, std::sync::atomic::AtomicU64>;
type Durations = Family<OfSchedule, Histogram, fn() -> Histogram>;

/// What a host counts and measures.
#[derive(Debug)]
pub struct Metrics {
    runs: Family<OfRun, Counter>,
    results: Family<OfResult, Counter>,
    start_lag: Histogram,
    run_duration: Durations,
    slots_not_run: Family<OfSlot, Counter>,
    journal_errors: Counter,
    reloads: Family<OfReload, Counter>,
    deliveries: Family<OfDelivery, Counter>,
    delivery_time: Histogram,
    exported: Counter,
    seen: Mutex<Seen>,
}

/// What is told of the last snapshot. Told and renewed under one lock: what is told is of one snapshot.
#[derive(Debug)]
struct Seen {
    registry: Registry,
    next: Family<OfSchedule, Seconds>,
    last_run: Family<OfSchedule, Seconds>,
    last_status: Family<OfLastStatus, Gauge>,
    waiting: Family<OfSchedule, Gauge>,
    running: Family<OfSchedule, Gauge>,
    paused: Family<OfSchedule, Gauge>,
    journal_backlog: Gauge,
    last_look: Seconds,
    problems: Gauge,
    sink: OfExport,
}

/// What is told of the sink, while there is one.
#[derive(Debug, Default)]
struct OfExport {
    rows_waiting: Family<OfSink, Gauge>,
    days_waiting: Family<OfSink, Gauge>,
    lag: Family<OfSink, Seconds>,
    failures: Family<OfSink, Gauge>,
    last_success: Family<OfSink, Seconds>,
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

impl Metrics {
    /// Of a host that has done nothing yet.
    #[must_use]
    pub fn new() -> Self {
        let durations: fn() -> Histogram = || Histogram::new(DURATION_SECONDS);
        let mut metrics = Self {
            runs: Family::default(),
            results: Family::default(),
            start_lag: Histogram::new(LAG_SECONDS),
            run_duration: Family::new_with_constructor(durations),
            slots_not_run: Family::default(),
            journal_errors: Counter::default(),
            reloads: Family::default(),
            deliveries: Family::default(),
            delivery_time: Histogram::new(DELIVERY_SECONDS),
            exported: Counter::default(),
            seen: Mutex::new(Seen::new()),
        };
        metrics.register();
        metrics
    }

    fn register(&mut self) {
        let Self {
            runs,
            results,
            start_lag,
            run_duration,
            slots_not_run,
            journal_errors,
            reloads,
            deliveries,
            delivery_time,
            exported,
            seen,
        } = self;
        let registry = &mut seen.get_mut().unwrap_or_else(PoisonError::into_inner).registry;
        registry.register("assay_runs", "Runs that have ended", runs.clone());
        registry.register("assay_results", "Results of checks", results.clone());
        let about =
            "Time from the instant a slot was due to its start, of slots that were due while the host was there";
        registry.register_with_unit("assay_start_lag", about, Unit::Seconds, start_lag.clone());
        registry.register_with_unit("assay_run_duration", "Time runs took", Unit::Seconds, run_duration.clone());
        registry.register("assay_slots_not_run", "Slots that were not run, and why", slots_not_run.clone());
        registry.register("assay_journal_errors", "Attempts to write the journal that failed", journal_errors.clone());
        registry.register("assay_config_reloads", "Configurations that were read anew", reloads.clone());
        registry.register("assay_deliveries", "Attempts to deliver messages to receivers", deliveries.clone());
        let about = "Time from when a message was written to when it arrived";
        registry.register_with_unit("assay_delivery", about, Unit::Seconds, delivery_time.clone());
        registry.register("assay_sink_rows", "Rows that arrived in the sink", exported.clone());
    }

    /// A run begins.
    pub fn run_began(&self, run: &RunRecord) {
        // What is caught up is late because no host was there.
        if let (Trigger::Schedule, Some(slot)) = (run.trigger, run.slot()) {
            self.start_lag.observe(seconds(run.started_at.duration_since(slot.scheduled_for)));
        }
    }

    /// A run has ended.
    pub fn run_ended(&self, run: &RunRecord, status: RunStatus, finished_at: Timestamp) {
        let schedule = name_of(run.schedule.as_ref());
        self.run_duration
            .get_or_create_owned(&OfSchedule { schedule: schedule.clone() })
            .observe(seconds(finished_at.duration_since(run.started_at)));
        let labels = OfRun { schedule, trigger: run.trigger.as_str(), status: status.as_str() };
        self.runs.get_or_create_owned(&labels).inc();
    }

    /// A check has a result.
    pub fn result(&self, check: &CheckName, status: Status) {
        let labels = OfResult { check: check.to_string(), status: status.as_str() };
        self.results.get_or_create_owned(&labels).inc();
    }

    /// A slot is not run.
    pub fn slot_not_run(&self, schedule: &ScheduleName, why: NotRun) {
        let labels = OfSlot { schedule: schedule.to_string(), reason: why.as_str() };
        self.slots_not_run.get_or_create_owned(&labels).inc();
    }

    /// Messages to receivers arrived, did not yet, or were given up.
    pub fn told(&self, round: &Round) {
        let count = |receiver: &str, outcome| {
            self.deliveries.get_or_create_owned(&OfDelivery { receiver: receiver.to_owned(), outcome }).inc();
        };
        for (receiver, took) in &round.delivered {
            count(receiver, "delivered");
            self.delivery_time.observe(took.as_secs_f64());
        }
        round.retried.iter().for_each(|(receiver, _)| count(receiver, "retried"));
        round.dead.iter().for_each(|(receiver, _)| count(receiver, "dead"));
    }

    /// Rows arrived in the sink.
    pub fn exported(&self, pushed: &Pushed) {
        self.exported.inc_by(pushed.rows);
    }

    /// The journal could not be written.
    pub fn journal_error(&self) {
        self.journal_errors.inc();
    }

    /// A configuration was read anew, and is in force or not.
    pub fn reload(&self, accepted: bool) {
        let labels = OfReload { outcome: if accepted { "accepted" } else { "refused" } };
        self.reloads.get_or_create_owned(&labels).inc();
    }

    /// The host has looked at the clock.
    pub fn saw(&self, snapshot: &Snapshot) {
        self.seen().renew(snapshot);
    }

    /// All of it, in the text format of OpenMetrics.
    ///
    /// # Errors
    /// None that is known: text can always be written to memory.
    pub fn text(&self) -> Result<String, fmt::Error> {
        let mut text = String::new();
        encode(&mut text, &self.seen().registry)?;
        Ok(text)
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Seen {
    fn new() -> Self {
        let mut registry = Registry::default();
        let build = Build { version: env!("CARGO_PKG_VERSION"), engine: ENGINE_VERSION };
        registry.register("assay_build", "Versions of assay and of its engine", Info::new(build));
        let seen = Self {
            registry: Registry::default(),
            next: Family::default(),
            last_run: Family::default(),
            last_status: Family::default(),
            waiting: Family::default(),
            running: Family::default(),
            paused: Family::default(),
            journal_backlog: Gauge::default(),
            last_look: Seconds::default(),
            problems: Gauge::default(),
            sink: OfExport::default(),
        };
        let timestamp = |registry: &mut Registry, name, about, gauge| {
            registry.register_with_unit(name, about, Unit::Seconds, gauge);
        };
        timestamp(&mut registry, "assay_schedule_next_timestamp", "When a schedule is next due", seen.next.clone());
        let about = "When the last run of a schedule began";
        timestamp(&mut registry, "assay_schedule_last_run_timestamp", about, seen.last_run.clone());
        let about = "1 for the status of the last run of a schedule, 0 for every other";
        registry.register("assay_schedule_last_status", about, seen.last_status.clone());
        registry.register("assay_schedule_paused", "1 for a schedule that rests", seen.paused.clone());
        registry.register("assay_slots_waiting", "Slots that are due and wait", seen.waiting.clone());
        registry.register("assay_runs_running", "Runs that are under way", seen.running.clone());
        let about = "Decisions that the journal has not taken yet";
        registry.register("assay_journal_backlog", about, seen.journal_backlog.clone());
        let about = "When the host last looked at the clock";
        registry.register_with_unit("assay_last_look_timestamp", about, Unit::Seconds, seen.last_look.clone());
        registry.register("assay_host_problems", "What is wrong with the host itself", seen.problems.clone());
        seen.sink.register(&mut registry);
        Self { registry, ..seen }
    }

    /// Schedules that are gone are not told any more.
    fn renew(&mut self, snapshot: &Snapshot) {
        let Self {
            registry: _,
            next,
            last_run,
            last_status,
            waiting,
            running,
            paused,
            journal_backlog,
            last_look,
            problems,
            sink,
        } = self;
        sink.renew(snapshot);
        last_look.set(unix(snapshot.at));
        journal_backlog.set(count(snapshot.backlog));
        problems.set(count(snapshot.problems.len()));
        next.clear();
        last_run.clear();
        last_status.clear();
        waiting.clear();
        running.clear();
        paused.clear();
        for ScheduleView { name, next: due, paused: rests, waiting: slots, last, .. } in &snapshot.schedules {
            let labels = OfSchedule { schedule: name.to_string() };
            if let Some(due) = due {
                next.get_or_create(&labels).set(unix(due.at));
            }
            if let Some(last) = last {
                last_run.get_or_create(&labels).set(unix(last.started_at));
                for status in RunStatus::ALL {
                    let labels = OfLastStatus { schedule: name.to_string(), status: status.as_str() };
                    last_status.get_or_create(&labels).set(i64::from(status == last.status));
                }
            }
            waiting.get_or_create(&labels).set(count(*slots));
            paused.get_or_create(&labels).set(i64::from(rests.is_some()));
            // None is a number too.
            running.get_or_create(&labels).set(0);
        }
        for run in &snapshot.running {
            running.get_or_create(&OfSchedule { schedule: name_of(run.record.schedule.as_ref()) }).inc();
        }
    }
}

impl OfExport {
    fn register(&self, registry: &mut Registry) {
        let Self { rows_waiting, days_waiting, lag, failures, last_success } = self;
        registry.register("assay_sink_rows_waiting", "Rows that wait to be exported", rows_waiting.clone());
        registry.register("assay_sink_days_waiting", "Days that wait to be exported whole", days_waiting.clone());
        let about = "How long ago the earliest change was that is not exported";
        registry.register_with_unit("assay_sink_lag", about, Unit::Seconds, lag.clone());
        registry.register("assay_sink_failing", "Attempts to export that failed one after the other", failures.clone());
        let about = "When rows last arrived in the sink";
        registry.register_with_unit("assay_sink_last_success_timestamp", about, Unit::Seconds, last_success.clone());
    }

    fn renew(&self, snapshot: &Snapshot) {
        let Self { rows_waiting, days_waiting, lag, failures, last_success } = self;
        rows_waiting.clear();
        days_waiting.clear();
        lag.clear();
        failures.clear();
        last_success.clear();
        let Some((export, dataset)) =
            snapshot.export.as_ref().and_then(|export| Some((export, export.target.clone()?)))
        else {
            return;
        };
        let labels = OfSink { dataset };
        let whole = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
        rows_waiting.get_or_create(&labels).set(whole(export.rows_waiting));
        days_waiting.get_or_create(&labels).set(whole(export.days_waiting));
        failures.get_or_create(&labels).set(whole(export.failures));
        lag.get_or_create(&labels).set(seconds(export.lag(snapshot.at)));
        if let Some(at) = export.last_success_at {
            last_success.get_or_create(&labels).set(unix(at));
        }
    }
}

fn name_of(schedule: Option<&ScheduleName>) -> String {
    schedule.map(ToString::to_string).unwrap_or_default()
}

fn count(of: usize) -> i64 {
    i64::try_from(of).unwrap_or(i64::MAX)
}

/// A clock that was set back makes no negative time.
fn seconds(duration: SignedDuration) -> f64 {
    duration.as_secs_f64().max(0.0)
}

fn unix(at: Timestamp) -> f64 {
    at.as_duration().as_secs_f64()
}
