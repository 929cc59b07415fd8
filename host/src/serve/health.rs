//! What a host says of itself: the built-in check `assay/host`.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use crate::model::{
    CalendarName, CheckName, CheckResult, Conclusion, Digest, Finding, FindingDraft, HOST_CHECK, Measure, NotRun,
    RunId, RunRecord, RunStatus, ScheduleName, Severity, Status, Subject, Trigger, Usage, Window,
};
use crate::runner::HOST_PLUGIN;
use crate::sandbox::ENGINE_VERSION;
use crate::store::PlannedCheck;

use super::snapshot::LastRun;

/// A start later than this after the slot was due is told.
const LATE: SignedDuration = SignedDuration::from_mins(1);
/// A run that takes longer is told.
const STUCK: SignedDuration = SignedDuration::from_hours(2);
/// What has not changed is stored again after this time: a host that says nothing is not there.
const REPEAT: SignedDuration = SignedDuration::from_hours(1);

/// Something that happened to the host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Incident {
    /// A slot has no run.
    NotRun { schedule: ScheduleName, why: NotRun },
    /// The journal could not be written.
    Store(String),
    /// The clock was set.
    ClockStep { seconds: i64 },
    /// The task of a run broke.
    RunBroke,
    /// A message to a receiver was given up.
    Undelivered { receiver: String, error: String },
}

/// What the machine has left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Machine {
    /// Bytes that are free where the journal is; `None` when the system does not say.
    pub(super) disk_free: Option<u64>,
}

impl Machine {
    /// Asks the system.
    pub(super) fn look(state_dir: &Path) -> Self {
        let free = |stat: rustix::fs::StatVfs| stat.f_bavail.saturating_mul(stat.f_frsize);
        Self { disk_free: rustix::fs::statvfs(state_dir).ok().map(free) }
    }
}

/// What is known of the host since it last spoke of itself.
#[derive(Debug)]
pub(super) struct Health {
    disk_free_min: u64,
    checked_at: Timestamp,
    stored: Option<(Timestamp, Vec<String>)>,
    not_run: BTreeMap<(ScheduleName, &'static str), (NotRun, u64)>,
    store_errors: (u64, String),
    clock_steps: Vec<i64>,
    broken_runs: u64,
    /// Messages that were given up, by receiver, with what went wrong last.
    undelivered: BTreeMap<String, (u64, String)>,
    latest: Option<(SignedDuration, ScheduleName)>,
    config_error: Option<String>,
    unknown_calendars: Vec<(CalendarName, String)>,
    heartbeat: Option<String>,
    behind: Option<String>,
    last: BTreeMap<ScheduleName, LastRun>,
    problems: Vec<String>,
}

impl Health {
    /// A difference between the clock and elapsed time from which on the clock counts as set.
    pub(super) const CLOCK_STEP: SignedDuration = SignedDuration::from_mins(1);

    pub(super) fn new(disk_free_min: u64, now: Timestamp) -> Self {
        Self {
            disk_free_min,
            checked_at: now,
            stored: None,
            not_run: BTreeMap::new(),
            store_errors: (0, String::new()),
            clock_steps: Vec::new(),
            broken_runs: 0,
            undelivered: BTreeMap::new(),
            latest: None,
            config_error: None,
            unknown_calendars: Vec::new(),
            heartbeat: None,
            behind: None,
            last: BTreeMap::new(),
            problems: Vec::new(),
        }
    }

    pub(super) fn note(&mut self, incident: Incident) {
        match incident {
            // Nothing to do on such a day, or told of by what is upstream.
            Incident::NotRun { why: NotRun::Calendar | NotRun::Upstream | NotRun::Paused, .. } => {}
            Incident::NotRun { schedule, why } => {
                self.not_run.entry((schedule, why.as_str())).or_insert((why, 0)).1 += 1;
            }
            Incident::Store(error) => self.store_errors = (self.store_errors.0 + 1, error),
            Incident::ClockStep { seconds } => self.clock_steps.push(seconds),
            Incident::RunBroke => self.broken_runs += 1,
            Incident::Undelivered { receiver, error } => {
                let (count, last) = self.undelivered.entry(receiver).or_default();
                (*count, *last) = (*count + 1, error);
            }
        }
    }

    pub(super) fn began(&mut self, run: &RunRecord) {
        let Some(slot) = run.slot().filter(|_| run.trigger == Trigger::Schedule) else { return };
        let late = run.started_at.duration_since(slot.scheduled_for);
        if self.latest.as_ref().is_none_or(|(latest, _)| late > *latest) {
            self.latest = Some((late, slot.schedule));
        }
    }

    pub(super) fn ended(&mut self, run: &RunRecord, status: RunStatus) {
        if let Some(schedule) = &run.schedule {
            let RunRecord { run_id, scheduled_for, started_at, .. } = *run;
            self.last.insert(schedule.clone(), LastRun { run_id, scheduled_for, started_at, status });
        }
    }

    /// The last run of a schedule.
    pub(super) fn last_of(&self, schedule: &ScheduleName) -> Option<LastRun> {
        self.last.get(schedule).cloned()
    }

    pub(super) fn loaded(&mut self, error: Option<&str>) {
        self.config_error = error.map(str::to_owned);
    }

    pub(super) fn calendars(&mut self, unknown: Vec<(CalendarName, String)>) {
        self.unknown_calendars = unknown;
    }

    /// What came of the last heartbeats: why they do not arrive, if they do not.
    pub(super) fn heartbeat(&mut self, error: Option<String>) {
        self.heartbeat = error;
    }

    /// How far the sink is behind, if it is too far.
    pub(super) fn exported(&mut self, behind: Option<String>) {
        self.behind = behind;
    }

    /// What was wrong when the host last looked, one sentence each.
    pub(super) fn problems(&self) -> Vec<String> {
        self.problems.clone()
    }

    /// Looks at what has gathered, if it is time. Something to store, if that is news or has not been said for long.
    pub(super) fn check<'a>(
        &mut self,
        now: Timestamp,
        every: Duration,
        machine: impl FnOnce() -> Machine,
        running: impl Iterator<Item = &'a RunRecord>,
        config: Digest,
    ) -> Option<(RunRecord, PlannedCheck, CheckResult)> {
        let since = now.duration_since(self.checked_at);
        if since.unsigned_abs() < every {
            return None;
        }
        self.checked_at = now;
        let findings = self.findings(now, machine(), running);
        self.problems = findings.iter().map(|finding| finding.draft.message.clone()).collect();
        let codes: Vec<_> = findings.iter().map(|finding| finding.draft.code.clone()).collect();
        let is_news =
            self.stored.as_ref().is_none_or(|(at, stored)| *stored != codes || now.duration_since(*at).abs() >= REPEAT);
        if !is_news {
            return None;
        }
        self.stored = Some((now, codes));
        self.not_run.clear();
        self.store_errors = (0, String::new());
        self.clock_steps.clear();
        self.broken_runs = 0;
        self.undelivered.clear();
        self.latest = None;
        let schedules = self.last.len() as u64;
        report(now, config, findings, schedules)
    }

    fn findings<'a>(
        &self,
        now: Timestamp,
        machine: Machine,
        running: impl Iterator<Item = &'a RunRecord>,
    ) -> Vec<Finding> {
        let mut findings = Vec::new();
        let mut told = |code: &str, severity, message: String, observed: Option<f64>, remediation: &str| {
            let draft = FindingDraft {
                code: code.to_owned(),
                severity: Some(severity),
                message,
                observed: observed.map(Measure::Number),
                remediation: (!remediation.is_empty()).then(|| remediation.to_owned()),
                subject: Subject::default(),
                expected: None,
                unit: None,
                affected: None,
                samples: Vec::new(),
                attributes: Vec::new(),
            };
            findings.push(draft.under(Severity::Critical));
        };
        for ((schedule, _), (why, count)) in &self.not_run {
            let message = format!("{count} slots of `{schedule}` were not run: {why}");
            let how = "`assay backfill` runs the slots of days gone by";
            told("missed_slots", Severity::High, message, Some(as_number(*count)), how);
        }
        if let (errors @ 1.., last) = &self.store_errors {
            let message = format!("the journal could not be written {errors} times, last: {last}");
            told("store_error", Severity::Critical, message, Some(as_number(*errors)), "");
        }
        for seconds in &self.clock_steps {
            let message = format!("the clock of the machine was set by {seconds} s");
            told("clock_step", Severity::Medium, message, None, "let the clock be kept by a time service");
        }
        if self.broken_runs > 0 {
            let message = format!("{} runs broke", self.broken_runs);
            told("run_broke", Severity::Critical, message, None, "please report it, with the log");
        }
        for (receiver, (count, last)) in &self.undelivered {
            let message = format!("{count} messages to `{receiver}` were given up, last: {last}");
            let how = "`assay alerts deliveries --status dead` shows them, `--retry all` sends them again";
            told("undelivered", Severity::High, message, Some(as_number(*count)), how);
        }
        if let Some((late, schedule)) = self.latest.as_ref().filter(|(late, _)| *late > LATE) {
            let message = format!("a slot of `{schedule}` began {} s late", late.as_secs());
            told("late_start", Severity::Medium, message, None, "raise `workers`, or spread schedules with `jitter`");
        }
        for run in running {
            let took = now.duration_since(run.started_at);
            if took > STUCK {
                let message = format!("run {} has not ended after {} min", run.run_id, took.as_mins());
                told(
                    "stuck_run",
                    Severity::High,
                    message,
                    None,
                    "`assay cancel` ends it; give its schedule a `deadline`",
                );
            }
        }
        match machine.disk_free {
            Some(free) if free < self.disk_free_min => {
                let message = format!(
                    "{} MiB are free where the journal is, fewer than {}",
                    free >> 20,
                    self.disk_free_min >> 20
                );
                told(
                    "disk_low",
                    Severity::Critical,
                    message,
                    None,
                    "free some space, or keep less: `keep` under `[serve]`",
                );
            }
            Some(_) => {}
            None => told(
                "disk_unknown",
                Severity::Medium,
                "nothing is known of the disk of the journal".to_owned(),
                None,
                "",
            ),
        }
        if let Some(error) = &self.config_error {
            let message = format!("the configuration is refused, an older one is in force: {error}");
            told("config_refused", Severity::High, message, None, "`assay doctor` shows what is wrong");
        }
        for (calendar, error) in &self.unknown_calendars {
            let message = format!("the days of calendar `{calendar}` are not known: {error}");
            told("calendar_unknown", Severity::High, message, None, "");
        }
        if let Some(error) = &self.heartbeat {
            told("heartbeat_failed", Severity::High, format!("heartbeats do not arrive: {error}"), None, "");
        }
        if let Some(behind) = &self.behind {
            let how =
                "nothing is lost: what waits is exported when the dataset can be written; `assay sink push` tries now";
            told("sink_behind", Severity::High, behind.clone(), None, how);
        }
        findings
    }
}

/// What the host says of itself, as it is stored; `None` at the very edge of the calendar.
fn report(
    now: Timestamp,
    config: Digest,
    findings: Vec<Finding>,
    examined: u64,
) -> Option<(RunRecord, PlannedCheck, CheckResult)> {
    let check: CheckName = HOST_CHECK.parse().ok()?;
    let today: Date = TimeZone::UTC.to_datetime(now).date();
    let run_id = RunId::generate(now);
    let plugin = HOST_PLUGIN.to_owned();
    let settings = "{}".to_owned();
    let record = RunRecord {
        run_id,
        trigger: Trigger::Host,
        requested_by: None,
        schedule: None,
        scheduled_for: now,
        local: None,
        time_zone: "UTC".to_owned(),
        target_date: today,
        window: Window::of(today, &TimeZone::UTC).ok()?,
        started_at: now,
        config_digest: config,
        host_version: env!("CARGO_PKG_VERSION").to_owned(),
        engine_version: ENGINE_VERSION.to_owned(),
    };
    let planned = PlannedCheck {
        check: check.clone(),
        plugin: plugin.clone(),
        severity: Severity::Critical,
        owner: None,
        tags: Vec::new(),
        settings: settings.clone(),
    };
    let worst = findings.iter().map(|finding| finding.severity).max();
    let conclusion = Conclusion {
        status: if worst.is_some() { Status::Fail } else { Status::Pass },
        reason: None,
        severity: worst.unwrap_or(Severity::Critical),
        message: match findings.as_slice() {
            [] => "the host is well".to_owned(),
            [one] => one.draft.message.clone(),
            [first, rest @ ..] => format!("{}, and {} more", first.draft.message, rest.len()),
        },
        hint: None,
        detail: None,
        examined: Some(examined),
        partial: false,
    };
    let result = CheckResult {
        run_id,
        check,
        attempt: 1,
        plugin,
        digest: None,
        owner: None,
        tags: Vec::new(),
        settings,
        conclusion,
        findings,
        metrics: Vec::new(),
        logs: Vec::new(),
        usage: Usage::default(),
        started_at: now,
        duration: Duration::ZERO,
    };
    Some((record, planned, result))
}

#[expect(clippy::cast_precision_loss, reason = "counts of slots and errors are small")]
fn as_number(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    const EVERY: Duration = Duration::from_secs(60);
    const ENOUGH: Machine = Machine { disk_free: Some(10 << 30) };

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_767_225_600 + second).unwrap()
    }

    fn health() -> Health {
        Health::new(1 << 30, at(0))
    }

    fn run_of(schedule: &str, due: i64, started: i64) -> RunRecord {
        let (record, ..) = report(at(started), Digest::of(b""), Vec::new(), 0).unwrap();
        let schedule = Some(schedule.parse().unwrap());
        RunRecord { schedule, trigger: Trigger::Schedule, scheduled_for: at(due), ..record }
    }

    /// What is stored at a second: the status and the codes; `None` when nothing is.
    fn stored(
        health: &mut Health,
        second: i64,
        machine: Machine,
        running: &[RunRecord],
    ) -> Option<(Status, Vec<String>)> {
        let report = health.check(at(second), EVERY, || machine, running.iter(), Digest::of(b""));
        let (.., result) = report?;
        let codes = result.findings.into_iter().map(|finding| finding.draft.code).collect();
        Some((result.conclusion.status, codes))
    }

    fn codes(health: &mut Health, machine: Machine, running: &[RunRecord]) -> Vec<String> {
        stored(health, 7_300, machine, running).unwrap().1
    }

    #[test]
    fn a_host_that_is_well_says_so_once_an_hour() {
        let mut health = health();
        assert_eq!(stored(&mut health, 30, ENOUGH, &[]), None, "it is not time");
        assert_eq!(stored(&mut health, 60, ENOUGH, &[]), Some((Status::Pass, vec![])));
        assert_eq!(stored(&mut health, 120, ENOUGH, &[]), None, "no news");
        assert_eq!(stored(&mut health, 60 + 3_600, ENOUGH, &[]), Some((Status::Pass, vec![])), "silence is no answer");
    }

    #[test]
    fn what_happened_is_told_once_and_what_lasts_as_long_as_it_lasts() {
        let mut health = health();
        health.note(Incident::Store("no space".to_owned()));
        health.loaded(Some("2 problems"));
        let both = vec!["store_error".to_owned(), "config_refused".to_owned()];
        assert_eq!(stored(&mut health, 60, ENOUGH, &[]), Some((Status::Fail, both)));
        let lasting = vec!["config_refused".to_owned()];
        assert_eq!(stored(&mut health, 120, ENOUGH, &[]), Some((Status::Fail, lasting)));
        assert_eq!(health.problems().len(), 1);
        health.loaded(None);
        assert_eq!(stored(&mut health, 180, ENOUGH, &[]), Some((Status::Pass, vec![])));
        assert!(health.problems().is_empty());
    }

    #[test]
    fn each_trouble_has_its_code() {
        let mut missed = health();
        let nightly: ScheduleName = "nightly".parse().unwrap();
        missed.note(Incident::NotRun { schedule: nightly.clone(), why: NotRun::Overlap });
        assert_eq!(codes(&mut missed, ENOUGH, &[]), ["missed_slots"]);
        for harmless in [NotRun::Calendar, NotRun::Upstream, NotRun::Paused] {
            let mut quiet = health();
            quiet.note(Incident::NotRun { schedule: nightly.clone(), why: harmless });
            assert!(codes(&mut quiet, ENOUGH, &[]).is_empty(), "{harmless}");
        }

        let mut late = health();
        late.began(&run_of("nightly", 0, 60));
        assert!(codes(&mut late, ENOUGH, &[]).is_empty(), "a minute is not late");
        let mut late = health();
        late.began(&run_of("nightly", 0, 61));
        assert_eq!(codes(&mut late, ENOUGH, &[]), ["late_start"]);

        assert!(codes(&mut health(), ENOUGH, &[run_of("nightly", 100, 100)]).is_empty(), "two hours are not stuck");
        assert_eq!(codes(&mut health(), ENOUGH, &[run_of("nightly", 99, 99)]), ["stuck_run"]);

        let free = |bytes| Machine { disk_free: bytes };
        assert!(codes(&mut health(), free(Some(1 << 30)), &[]).is_empty());
        assert_eq!(codes(&mut health(), free(Some((1 << 30) - 1)), &[]), ["disk_low"]);
        assert_eq!(codes(&mut health(), free(None), &[]), ["disk_unknown"], "unknown is not well");

        let mut troubled = health();
        troubled.note(Incident::ClockStep { seconds: -3_600 });
        troubled.note(Incident::RunBroke);
        troubled.calendars(vec![("season".parse().unwrap(), "no such file".to_owned())]);
        troubled.heartbeat(Some("refused".to_owned()));
        assert_eq!(
            codes(&mut troubled, ENOUGH, &[]),
            ["clock_step", "run_broke", "calendar_unknown", "heartbeat_failed"]
        );
    }

    #[test]
    fn the_disk_of_this_machine_is_looked_at() {
        let here = tempfile::tempdir().unwrap();
        assert!(Machine::look(here.path()).disk_free.is_some_and(|free| free > 0));
        assert_eq!(Machine::look(&here.path().join("none")).disk_free, None);
    }
}
