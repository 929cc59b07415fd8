//! The one owner of what a host does: it looks at the clock, carries out what the agenda orders, and answers requests.

mod export;
mod itself;

use std::collections::{BTreeMap, VecDeque};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use futures::future::try_join_all;
use jiff::{SignedDuration, Timestamp};
use tokio::sync::{Notify, mpsc, oneshot, watch};
use tokio::task::{JoinError, JoinHandle, JoinSet};
use tokio::time::Instant;

use crate::alert::is_missing;
use crate::api::Metrics;
use crate::clock::{self, Clock};
use crate::model::{CalendarName, RunId, RunRecord, RunStatus, ScheduleName, Slot, Trigger};
use crate::notify::{Office, Round};
use crate::runner::{
    Cancel, Cause, DaysError, Event, Journal, Occasion, Opening, Request, RunOutcome, RunPlan, SelectError, local, run,
    select,
};
use crate::sandbox::ENGINE_VERSION;
use crate::schedule::{Calendar, Due};
use crate::store::{ExportStatus, Interrupted, Pause, RunFilter, Store, StoreError};

use super::agenda::{Agenda, Known, Last, Order};
use super::exporting::{Exported, Outlet};
use super::generation::{Fingerprint, Generation, LoadError};
use super::health::{Health, Incident};
use super::overdue;
use super::snapshot::{LoadOutcome, RunningView, ScheduleView, Snapshot};
use super::telling;

/// The longest time between two looks at the clock: steps of it are noticed within that.
const LOOK: Duration = Duration::from_secs(5);
/// How long what cannot be begun in the journal waits for another try.
const AGAIN: SignedDuration = SignedDuration::from_secs(10);
/// Between two looks at the days of calendars, and at what is old.
const HOURLY: Duration = Duration::from_secs(3_600);
/// After the deadline of a stop: what is cancelled ends within milliseconds, unless the journal cannot be written.
const LAST_GRACE: Duration = Duration::from_secs(10);

/// What somebody wants of a host.
#[derive(Debug)]
pub(super) enum Message {
    /// Begin nothing more, and end when what runs has ended.
    Stop,
    /// The same, without waiting.
    StopNow,
    /// Read the configuration again.
    Reload(Option<oneshot::Sender<Result<(), String>>>),
    /// Run something now.
    Trigger { request: Request, by: Option<String>, reply: oneshot::Sender<Result<Vec<RunId>, TriggerError>> },
    /// Let a schedule rest, or go on.
    Rest { schedule: ScheduleName, pause: Option<Pause>, reply: oneshot::Sender<Result<(), RestError>> },
    /// End a run.
    Cancel { run: RunId, by: Option<String>, reply: oneshot::Sender<bool> },
    /// Messages to receivers arrived, did not yet, or were given up.
    Told(Round),
    /// How the export goes.
    Exported(Box<Exported>),
    /// A heartbeat has been sent, or did not arrive.
    Beaten(Option<String>),
}

/// Why a schedule does not rest, or go on.
#[derive(Debug, Clone, thiserror::Error)]
pub enum RestError {
    /// There is no such schedule.
    #[error("there is no schedule `{0}` that is due by itself")]
    Unknown(ScheduleName),
    /// The journal cannot be written.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why something is not run.
#[derive(Debug, Clone, thiserror::Error)]
pub enum TriggerError {
    /// It cannot be meant.
    #[error(transparent)]
    Select(#[from] SelectError),
    /// The journal does not know of it: it may not take place.
    #[error("the journal did not take the run")]
    NotStored,
    /// Nothing more is begun.
    #[error("the host is stopping")]
    Stopping,
}

/// What a dispatcher needs to know all its life.
#[derive(Debug)]
pub(super) struct Setting {
    pub(super) clock: Clock,
    pub(super) store: Arc<Store>,
    pub(super) config: PathBuf,
    pub(super) program: PathBuf,
}

/// A run that is under way.
#[derive(Debug)]
struct Running {
    record: RunRecord,
    checks: usize,
    done: watch::Receiver<usize>,
    cancel: Cancel,
}

/// How the task of a run ended.
type Ended = (RunId, Result<RunOutcome, StoreError>);
/// A configuration that has been read, or not, and whom to tell.
type Loading = JoinHandle<Result<Generation, LoadError>>;

/// The one owner of what a host does.
#[derive(Debug)]
pub(super) struct Dispatcher {
    setting: Setting,
    generation: Arc<Generation>,
    agenda: Agenda,
    /// Orders that are not carried out yet: the journal could not be written.
    backlog: VecDeque<Order>,
    running: BTreeMap<RunId, Running>,
    runs: JoinSet<Ended>,
    /// Runs that an earlier host left, by slot, until they are taken up.
    left: BTreeMap<Slot, Interrupted>,
    calendars: BTreeMap<CalendarName, Calendar>,
    inbox: mpsc::Receiver<Message>,
    published: watch::Sender<Arc<Snapshot>>,
    health: Health,
    metrics: Arc<Metrics>,
    /// All it takes to tell somebody, as the configuration in force has it.
    offices: watch::Sender<Office>,
    /// Where rows of the journal go as well, as the configuration in force has it.
    outlets: watch::Sender<Option<Outlet>>,
    /// How that goes.
    export: Option<ExportStatus>,
    /// There may be something to tell.
    nudge: Arc<Notify>,
    loading: Option<Loading>,
    /// Who waits for what is being read.
    tell_loaded: Vec<oneshot::Sender<Result<(), String>>>,
    /// Who came while it was being read: the files may have changed since that began.
    tell_next: Vec<oneshot::Sender<Result<(), String>>>,
    load_again: bool,
    last_load: LoadOutcome,
    /// What the files of the last configuration that was refused looked like.
    refused: Option<Fingerprint>,
    started_at: Timestamp,
    looked: (Timestamp, Instant),
    files_looked: Instant,
    missing_looked: Instant,
    hourly: Instant,
    stopping: Option<Instant>,
}

impl Dispatcher {
    /// Takes up what the journal knows, and looks at the clock for the first time.
    ///
    /// # Errors
    /// [`StoreError`] when the journal cannot be read.
    ///
    /// # Cancel safety
    /// Nothing is left behind.
    pub(super) async fn start(
        setting: Setting,
        generation: Generation,
        inbox: mpsc::Receiver<Message>,
    ) -> Result<(Self, watch::Receiver<Arc<Snapshot>>), StoreError> {
        let now = setting.clock.now();
        let (calendars, unknown) = generation.host.calendars().await;
        let entries = generation.entries(&calendars);
        let longest = entries.iter().map(|entry| entry.catch_up.window).max().unwrap_or_default();
        let since = now.saturating_sub(longest).unwrap_or(Timestamp::MIN);
        let mut left = BTreeMap::new();
        for interrupted in setting.store.interrupted(since).await? {
            if let Some(slot) = interrupted.run.record.slot() {
                left.insert(slot, interrupted);
            }
        }
        let known = Known {
            states: setting.store.schedule_states().await?,
            open: setting.store.open_slots().await?,
            interrupted: left.keys().cloned().collect(),
        };
        let (agenda, orders) = Agenda::new(entries, &known, now);
        let (published, others) = watch::channel(Arc::new(Snapshot::at_start(generation.host.config.clone(), now)));
        let mut dispatcher = Self {
            health: Health::new(generation.host.config.serve.disk_free_min_bytes, now),
            metrics: Arc::new(Metrics::new()),
            offices: watch::channel(generation.office.clone()).0,
            outlets: watch::channel(None).0,
            export: None,
            nudge: Arc::new(Notify::new()),
            last_load: LoadOutcome { at: now, error: None },
            generation: Arc::new(generation),
            agenda,
            backlog: orders.into(),
            running: BTreeMap::new(),
            runs: JoinSet::new(),
            left,
            calendars,
            inbox,
            published,
            loading: None,
            tell_loaded: Vec::new(),
            tell_next: Vec::new(),
            load_again: false,
            refused: None,
            started_at: now,
            looked: (now, clock::monotonic()),
            files_looked: clock::monotonic(),
            missing_looked: clock::monotonic(),
            hourly: clock::monotonic() + HOURLY,
            stopping: None,
            setting,
        };
        dispatcher.set_outlet().await?;
        dispatcher.calendars_unknown(&unknown);
        dispatcher.look().await;
        dispatcher.publish();
        Ok((dispatcher, others))
    }

    /// Works until it is told to stop and all that ran has ended, or the time for that is over.
    ///
    /// # Cancel safety
    /// Dropped, runs end without an end in the journal; the next start takes them up.
    pub(super) async fn work(mut self) {
        loop {
            self.look().await;
            self.publish();
            if self.stopping.is_some() && self.runs.is_empty() {
                self.generation.host.wind_up().await;
                return;
            }
            let wake = self.wake();
            tokio::select! {
                () = tokio::time::sleep_until(wake) => {
                    if self.stopping.is_some_and(|stop| clock::monotonic() >= stop) && !self.stop_hard() {
                        return;
                    }
                }
                Some(message) = self.inbox.recv() => self.take(message).await,
                Some(ended) = self.runs.join_next() => self.run_ended(ended).await,
                loaded = loaded(&mut self.loading) => self.take_over(loaded).await,
            }
        }
    }

    /// Tells whoever is to be told, for as long as it is polled.
    pub(super) fn telling(&self, inbox: mpsc::Sender<Message>) -> impl Future<Output = ()> + Send + use<> {
        let Setting { store, clock, .. } = &self.setting;
        telling::tell(store.clone(), clock.clone(), self.offices.subscribe(), self.nudge.clone(), inbox)
    }

    /// What is counted of all that happens.
    pub(super) fn metrics(&self) -> Arc<Metrics> {
        self.metrics.clone()
    }

    /// When to look at the clock again.
    fn wake(&self) -> Instant {
        let now = self.setting.clock.now();
        let due = self
            .agenda
            .next_wake(now)
            .map_or(LOOK, |at| Duration::try_from(at.duration_since(now)).unwrap_or_default().min(LOOK));
        let wait = if self.backlog.is_empty() { due } else { LOOK.min(Duration::from_secs(1)) };
        let wake = clock::monotonic() + wait.max(Duration::from_millis(1));
        self.stopping.map_or(wake, |stop| wake.min(stop))
    }

    async fn look(&mut self) {
        let now = self.setting.clock.now();
        self.clock_steps(now);
        if self.stopping.is_some() {
            return;
        }
        self.carry_out_backlog().await;
        if self.backlog.is_empty() {
            for upstream in self.agenda.waited_for() {
                self.look_up(&upstream).await;
            }
            let orders = self.agenda.tick(now);
            self.backlog.extend(orders);
            self.carry_out_backlog().await;
        }
        self.look_at_files();
        if clock::monotonic() >= self.hourly {
            self.hourly = clock::monotonic() + HOURLY;
            self.look_at_calendars().await;
            self.forget(now);
        }
        self.look_at_itself(now).await;
    }

    fn clock_steps(&mut self, now: Timestamp) {
        let (before, began) = self.looked;
        let elapsed = SignedDuration::try_from(began.elapsed()).unwrap_or(SignedDuration::MAX);
        self.looked = (now, clock::monotonic());
        let step = now.duration_since(before) - elapsed;
        if step.abs() >= Health::CLOCK_STEP {
            tracing::warn!(seconds = step.as_secs(), "the clock of the machine was set");
            self.health.note(Incident::ClockStep { seconds: step.as_secs() });
        }
    }

    /// In their order: an order that the journal does not take holds up all that come after it.
    async fn carry_out_backlog(&mut self) {
        while let Some(order) = self.backlog.front().cloned() {
            if let Err(error) = self.carry_out(&order).await {
                tracing::error!(%error, orders = self.backlog.len(), "the journal could not be written; trying again");
                return self.store_error(&error);
            }
        }
    }

    /// Writes down the slots that the first orders are about, together: many schedules are due at one instant.
    async fn notice(&mut self) -> Result<(), StoreError> {
        let store = &self.setting.store;
        let noticed = self.backlog.iter().map_while(|order| match order {
            Order::Notice { schedule, slots, watermark } => Some(store.slots_due(schedule, slots, *watermark)),
            Order::NotRun { .. }
            | Order::Begin { .. }
            | Order::TakeUp { .. }
            | Order::Supersede { .. }
            | Order::GoOn { .. } => None,
        });
        // What is written twice is written once.
        let written = try_join_all(noticed).await?.len();
        self.backlog.drain(..written);
        Ok(())
    }

    /// Carries out the first order; gone from the backlog when the journal knows of it.
    async fn carry_out(&mut self, order: &Order) -> Result<(), StoreError> {
        let store = &self.setting.store;
        match order {
            Order::Notice { .. } => return self.notice().await,
            Order::NotRun { schedule, due, why, message } => {
                let record = self.not_run(schedule, due);
                let slot = Slot { schedule: schedule.clone(), scheduled_for: due.at };
                let missing =
                    if is_missing(*why) { overdue::of_slot(&self.generation.host, &slot) } else { Vec::new() };
                match store.slots_not_run(vec![(record, *why, message.clone())], missing).await {
                    // Another process was faster: the slot has its row.
                    Err(StoreError::SlotTaken(_)) => {}
                    Ok(()) => {
                        tracing::warn!(%schedule, due = %due.at, reason = %why, because = message, "a slot is not run");
                        self.metrics.slot_not_run(schedule, *why);
                        self.nudge.notify_one();
                        self.health.note(Incident::NotRun { schedule: schedule.clone(), why: *why });
                        // Those that depend on it learn that it is not coming.
                        if why.status() == RunStatus::Missed {
                            self.agenda.saw(schedule, Last { scheduled_for: due.at, status: RunStatus::Missed });
                        }
                    }
                    Err(error) => return Err(error),
                }
            }
            Order::Begin { schedule, due, trigger } => match self.generation.plan(schedule, due, *trigger) {
                Some(plan) => drop(self.begin(Opening::new(&self.generation.host, plan))),
                None => self.withdrawn(schedule, due),
            },
            Order::TakeUp { schedule, due } => {
                let slot = Slot { schedule: schedule.clone(), scheduled_for: due.at };
                let plan =
                    self.left.get(&slot).and_then(|left| self.generation.plan(schedule, due, left.run.record.trigger));
                match (plan, self.left.remove(&slot)) {
                    (Some(plan), Some(left)) => {
                        tracing::info!(run = %left.run.record.run_id, "taking up a run that a host left");
                        drop(self.begin(Opening::again(left, plan)));
                    }
                    _ => self.withdrawn(schedule, due),
                }
            }
            Order::Supersede { slot } => {
                let of_slot = |running: &&Running| running.record.slot().as_ref() == Some(slot);
                if let Some(running) = self.running.values().find(of_slot) {
                    running.cancel.now(Cause::Superseded);
                }
            }
            Order::GoOn { schedule } => store.rest(schedule, None, self.setting.clock.now()).await?,
        }
        self.backlog.pop_front();
        Ok(())
    }

    /// A slot of a schedule that is not in the configuration in force any more, between one look and the next.
    fn withdrawn(&mut self, schedule: &ScheduleName, due: &Due) {
        let slot = Slot { schedule: schedule.clone(), scheduled_for: due.at };
        let now = self.setting.clock.now();
        self.backlog.push_back(super::agenda::removed(schedule, due.clone()));
        self.backlog.extend(self.agenda.ended(&slot, None, now));
    }

    /// The row of a slot that is not run.
    fn not_run(&self, schedule: &ScheduleName, due: &Due) -> RunRecord {
        let host = &self.generation.host;
        let now = self.setting.clock.now();
        let configured = host.config.schedule(schedule.as_str());
        let (time_zone, target) = configured
            .map_or((jiff::tz::TimeZone::UTC, crate::config::Target::default()), |c| (c.time_zone.clone(), c.target));
        let target_date = target.of(due.local.date()).unwrap_or(due.local.date());
        let window = crate::model::Window::of(target_date, &time_zone)
            .unwrap_or(crate::model::Window { start: due.at, end: due.at });
        RunRecord {
            run_id: RunId::generate(now),
            trigger: Trigger::Schedule,
            requested_by: None,
            schedule: Some(schedule.clone()),
            scheduled_for: due.at,
            local: configured.map(|configured| local(configured, due)),
            time_zone: time_zone.iana_name().unwrap_or("UTC").to_owned(),
            target_date,
            window,
            started_at: now,
            config_digest: host.config.digest,
            host_version: env!("CARGO_PKG_VERSION").to_owned(),
            engine_version: ENGINE_VERSION.to_owned(),
        }
    }

    /// Begins a run. The second hears of it when the journal does, or nothing when it never does.
    fn begin(&mut self, opening: Opening) -> (RunId, oneshot::Receiver<()>) {
        let record = opening.record().clone();
        let (run_id, checks) = (record.run_id, opening.checks());
        let cancel = Cancel::new();
        let (events, mut heard) = mpsc::unbounded_channel();
        let (counted, done) = watch::channel(0);
        let (tell_stored, stored) = oneshot::channel();
        let metrics = self.metrics.clone();
        let nudge = self.nudge.clone();
        // Ends with the run, which holds the other end.
        tokio::spawn(async move {
            let mut tell_stored = Some(tell_stored);
            while let Some(event) = heard.recv().await {
                match event {
                    Event::RunStarted { .. } => drop(tell_stored.take().map(|tell| tell.send(()))),
                    Event::CheckFinished(result) => {
                        metrics.result(&result.check, result.conclusion.status);
                        nudge.notify_one();
                        counted.send_modify(|done| *done += 1);
                    }
                    Event::Compiling { .. }
                    | Event::Admitted(_)
                    | Event::CheckStarted(_)
                    | Event::NotStored { .. }
                    | Event::RunFinished(_) => {}
                }
            }
        });
        let (host, store) = (self.generation.host.clone(), self.setting.store.clone());
        self.health.began(&record);
        self.metrics.run_began(&record);
        self.running.insert(run_id, Running { record, checks, done, cancel: cancel.clone() });
        self.runs.spawn(async move { (run_id, run(host, opening, Journal::Store(store), events, cancel).await) });
        (run_id, stored)
    }

    async fn run_ended(&mut self, ended: Result<Ended, JoinError>) {
        let now = self.setting.clock.now();
        let (run_id, outcome) = match ended {
            Ok(ended) => ended,
            Err(panic) => {
                // Each check is a task of its own, so that this is a fault of the run itself: the journal knows it as begun.
                tracing::error!(%panic, "a run broke");
                self.health.note(Incident::RunBroke);
                let broken = self.running.keys().copied().find(|run| !self.still_runs(*run));
                let Some(run_id) = broken else { return };
                (run_id, Err(StoreError::Stopped))
            }
        };
        let Some(running) = self.running.remove(&run_id) else { return };
        let slot = running.record.slot();
        let status = match outcome {
            Ok(outcome) => {
                for error in &outcome.not_stored {
                    self.store_error(error);
                }
                tracing::info!(run = %run_id, status = %outcome.status, checks = outcome.message, "run ended");
                self.health.ended(&running.record, outcome.status);
                self.metrics.run_ended(&running.record, outcome.status, outcome.finished_at);
                Some(outcome.status)
            }
            Err(error) => {
                tracing::error!(run = %run_id, %error, hint = error.hint(), "the journal could not keep a run");
                self.store_error(&error);
                let begun = self.setting.store.run(run_id).await.ok().flatten().is_some();
                match (&slot, &error) {
                    (_, StoreError::SlotTaken(_)) => None,
                    (Some(slot), _) if !begun => {
                        let again_at = now.saturating_add(AGAIN).unwrap_or(now);
                        self.agenda.not_begun(slot, again_at);
                        return;
                    }
                    _ => Some(RunStatus::Error),
                }
            }
        };
        match (slot, running.record.schedule) {
            (Some(slot), _) => {
                let orders = self.agenda.ended(&slot, status, now);
                self.backlog.extend(orders);
            }
            (None, Some(schedule)) => {
                if let Some(status) = status {
                    self.agenda.saw(&schedule, Last { scheduled_for: running.record.scheduled_for, status });
                }
            }
            (None, None) => {}
        }
    }

    fn store_error(&mut self, error: &StoreError) {
        self.metrics.journal_error();
        self.health.note(Incident::Store(error.to_string()));
    }

    fn still_runs(&self, run: RunId) -> bool {
        self.running.get(&run).is_some_and(|running| running.done.has_changed().is_ok())
    }

    /// The last run of a schedule, which may be another process's.
    async fn look_up(&mut self, schedule: &ScheduleName) {
        let filter = RunFilter { schedule: Some(schedule.clone()), limit: 1, ..RunFilter::default() };
        match self.setting.store.runs(filter).await {
            Ok(runs) => {
                for run in runs {
                    if let Some(end) = run.end {
                        let last = Last { scheduled_for: run.record.scheduled_for, status: end.status };
                        self.agenda.saw(schedule, last);
                    }
                }
            }
            Err(error) => self.health.note(Incident::Store(error.to_string())),
        }
    }

    async fn take(&mut self, message: Message) {
        match message {
            Message::Stop => self.stop(self.generation.host.config.serve.drain),
            Message::StopNow => self.stop(Duration::ZERO),
            Message::Reload(reply) => {
                self.tell_next.extend(reply);
                self.load();
            }
            Message::Trigger { request, by, reply } => self.trigger(&request, by.as_deref(), reply),
            Message::Rest { schedule, pause, reply } => {
                let answer = self.rest(schedule, pause).await;
                drop(reply.send(answer));
            }
            Message::Cancel { run, by, reply } => {
                let found = self.running.get(&run);
                if let Some(running) = found {
                    running.cancel.now(Cause::Asked { by });
                }
                // Whoever wanted it may be gone.
                reply.send(found.is_some()).ok();
            }
            Message::Told(round) => {
                self.metrics.told(&round);
                for (receiver, error) in round.dead {
                    self.health.note(Incident::Undelivered { receiver, error });
                }
            }
            Message::Exported(exported) => self.exported(*exported),
            Message::Beaten(error) => self.health.heartbeat(error),
        }
    }

    /// Begins what is wanted, and answers when the journal knows of it.
    fn trigger(
        &mut self,
        request: &Request,
        by: Option<&str>,
        reply: oneshot::Sender<Result<Vec<RunId>, TriggerError>>,
    ) {
        if self.stopping.is_some() {
            return drop(reply.send(Err(TriggerError::Stopping)));
        }
        let host = self.generation.host.clone();
        let plans = match select(&host.config, request, self.setting.clock.now()) {
            Ok(plans) => plans,
            Err(error) => return drop(reply.send(Err(error.into()))),
        };
        let begin = |plan: RunPlan| {
            let occasion = Occasion { trigger: Trigger::Api, requested_by: by.map(str::to_owned), local: None };
            self.begin(Opening::new(&host, RunPlan { occasion, ..plan }))
        };
        let begun: Vec<_> = plans.into_iter().map(begin).collect();
        tokio::spawn(async move {
            let mut runs = Vec::new();
            for (run, stored) in begun {
                if stored.await.is_err() {
                    return drop(reply.send(Err(TriggerError::NotStored)));
                }
                runs.push(run);
            }
            drop(reply.send(Ok(runs)));
        });
    }

    async fn rest(&mut self, schedule: ScheduleName, pause: Option<Pause>) -> Result<(), RestError> {
        if !self.agenda.lanes().any(|lane| lane.entry.name == schedule) {
            return Err(RestError::Unknown(schedule));
        }
        self.setting.store.rest(&schedule, pause.as_ref(), self.setting.clock.now()).await?;
        self.agenda.rest(&schedule, pause);
        Ok(())
    }

    fn stop(&mut self, grace: Duration) {
        let at = clock::monotonic() + grace;
        self.stopping = Some(self.stopping.map_or(at, |earlier| earlier.min(at)));
        tracing::info!(running = self.runs.len(), grace_s = grace.as_secs(), "stopping: nothing more is begun");
    }

    /// The time for a stop is over: what still runs is cut. False when it has been cut already, in vain.
    fn stop_hard(&mut self) -> bool {
        let cut = self.running.values().filter(|running| running.cancel.cause().is_none()).count();
        if cut == 0 {
            return false;
        }
        for running in self.running.values() {
            tracing::warn!(run = %running.record.run_id, "cut: the host stops");
            running.cancel.now(Cause::HostStops);
        }
        self.stopping = Some(clock::monotonic() + LAST_GRACE);
        true
    }

    fn load(&mut self) {
        if self.loading.is_some() {
            self.load_again = true;
        } else {
            self.tell_loaded = std::mem::take(&mut self.tell_next);
            let Setting { clock, config, program, store } = &self.setting;
            let (config, program) = (config.clone(), program.clone());
            let (clock, store) = (clock.clone(), Arc::clone(store));
            let load =
                async move { Generation::load(&config, &program, clock, &store).await.and_then(Generation::sound) };
            self.loading = Some(tokio::spawn(load));
        }
    }

    fn look_at_files(&mut self) {
        if self.files_looked.elapsed() < LOOK {
            return;
        }
        self.files_looked = clock::monotonic();
        let seen = Fingerprint::of(&self.setting.config, &self.generation.host.config.host.plugin_dir);
        if seen != self.generation.seen && self.refused.as_ref() != Some(&seen) {
            tracing::info!("the configuration or a plugin has changed: reading it again");
            self.refused = Some(seen);
            self.load();
        }
    }

    /// The new configuration takes the place of the old one as a whole, or not at all.
    async fn take_over(&mut self, loaded: Result<Result<Generation, LoadError>, JoinError>) {
        let now = self.setting.clock.now();
        let error = match loaded {
            Ok(Ok(generation))
                if generation.host.config.host.state_dir != self.generation.host.config.host.state_dir =>
            {
                Some("`state` has changed: stop this host and start another".to_owned())
            }
            Ok(Ok(generation)) => {
                self.generation = Arc::new(generation);
                self.offices.send_replace(self.generation.office.clone());
                if let Err(error) = self.set_outlet().await {
                    self.store_error(&error);
                }
                self.nudge.notify_one();
                self.refused = None;
                self.look_at_calendars().await;
                let orders = self.agenda.replace(self.generation.entries(&self.calendars), now);
                self.backlog.extend(orders);
                tracing::info!(config = %self.generation.host.config.digest, "a new configuration is in force");
                None
            }
            Ok(Err(error)) => Some(error.to_string()),
            Err(panic) => Some(panic.to_string()),
        };
        if let Some(error) = &error {
            tracing::error!(%error, "the configuration is refused; the one before it stays in force");
        }
        self.health.loaded(error.as_deref());
        self.metrics.reload(error.is_none());
        self.last_load = LoadOutcome { at: now, error: error.clone() };
        self.publish();
        for told in self.tell_loaded.drain(..) {
            drop(told.send(error.clone().map_or(Ok(()), Err)));
        }
        if std::mem::take(&mut self.load_again) {
            self.load();
        }
    }

    async fn look_at_calendars(&mut self) {
        let (known, unknown) = self.generation.host.calendars().await;
        self.calendars_unknown(&unknown);
        // The days that were known before hold until they are known anew.
        self.calendars.extend(known);
        let schedules = &self.generation.host.config.schedules;
        for schedule in schedules {
            if let Some(calendar) = schedule.calendar.as_ref().and_then(|name| self.calendars.get(name)) {
                self.agenda.set_calendar(&schedule.name, calendar.clone());
            }
        }
    }

    fn calendars_unknown(&mut self, unknown: &[(CalendarName, DaysError)]) {
        for (calendar, error) in unknown {
            tracing::error!(%calendar, %error, "the days of a calendar are not known");
        }
        self.health.calendars(unknown.iter().map(|(calendar, error)| (calendar.clone(), error.to_string())).collect());
    }

    fn forget(&self, now: Timestamp) {
        let Some(keep) = self.generation.host.config.serve.keep else { return };
        let Ok(before) = now.checked_sub(keep) else { return };
        let store = self.setting.store.clone();
        // Nobody waits for it: what is old now is old at the next try.
        tokio::spawn(async move {
            match store.forget_before(before).await {
                Ok(0) => {}
                Ok(gone) => tracing::info!(gone, "runs older than `keep` are deleted"),
                Err(error) => tracing::error!(%error, "old runs could not be deleted"),
            }
        });
    }

    fn publish(&self) {
        let now = self.setting.clock.now();
        let schedules = self.agenda.lanes().map(|lane| {
            let name = &lane.entry.name;
            ScheduleView {
                name: name.clone(),
                cron: lane.entry.timing.cron.to_string(),
                time_zone: lane.entry.timing.time_zone.iana_name().unwrap_or("UTC").to_owned(),
                next: lane.next.cloned(),
                paused: lane.paused.cloned(),
                waiting: lane.waiting,
                running: lane.running,
                last: self.health.last_of(name),
            }
        });
        let running = self.running.values().map(|running| RunningView {
            record: running.record.clone(),
            checks: running.checks,
            done: *running.done.borrow(),
            cancelled: running.cancel.cause().is_some(),
        });
        let snapshot = Arc::new(Snapshot {
            at: now,
            started_at: self.started_at,
            config: self.generation.host.config.clone(),
            config_since: self.generation.since,
            schedules: schedules.collect(),
            running: running.collect(),
            backlog: self.backlog.len(),
            stopping: self.stopping.is_some(),
            last_load: self.last_load.clone(),
            problems: self.health.problems(),
            export: self.export.clone(),
        });
        self.metrics.saw(&snapshot);
        self.published.send_replace(snapshot);
    }
}

async fn loaded(loading: &mut Option<Loading>) -> Result<Result<Generation, LoadError>, JoinError> {
    match loading {
        Some(task) => {
            let loaded = task.await;
            *loading = None;
            loaded
        }
        None => std::future::pending().await,
    }
}
