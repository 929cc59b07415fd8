//! What is to be done about the slots of schedules, and when. Pure: time is an argument, and what is decided is handed out
//! as [`Order`]s for somebody else to carry out, in their order.
//!
//! A slot goes through these stages, and leaves each of them forward or with a reason ([`NotRun`]):
//! noticed (the clock has passed it, the journal knows of it) -> waiting for its start (jitter, catching up, what it
//! depends on) -> at its turn (overlap) -> begun. Nothing is forgotten in between: what the journal knows as noticed and
//! not begun is handed to [`Agenda::new`] at the next start.

mod lane;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::config::Target;
use crate::model::{NotRun, RunStatus, ScheduleName, Slot, Trigger};
use crate::schedule::{Calendar, CatchUp, Due, Overlap, Timing};
use crate::store::{Pause, ScheduleState};

use lane::Lane;

pub(super) use lane::removed;

/// Time without a look at the clock after which what was due meanwhile is caught up rather than late.
pub(super) const DOWNTIME: SignedDuration = SignedDuration::from_hours(1);

/// A schedule that is due by itself.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    /// Its name.
    pub(super) name: ScheduleName,
    /// When it is due.
    pub(super) timing: Timing,
    /// The day a slot is about.
    pub(super) target: Target,
    /// The days on which it is due at all; every day without one.
    pub(super) calendar: Option<Calendar>,
    /// What is done about slots that were due while no host was there.
    pub(super) catch_up: CatchUp,
    /// What is done about a slot that is due while another one runs.
    pub(super) overlap: Overlap,
    /// How long after it is due a slot starts.
    pub(super) jitter: Duration,
    /// How late a slot may begin.
    pub(super) start_deadline: Option<Duration>,
    /// Schedules whose slots must have come out well.
    pub(super) depends_on: Vec<ScheduleName>,
    /// How long before a slot those may have been due.
    pub(super) depends_within: Duration,
}

impl Entry {
    /// What keeps a slot from being run at all, as a word and as a sentence.
    pub(super) fn kept_from(&self, paused: Option<&Pause>, due: &Due) -> Option<(NotRun, String)> {
        if let Some(pause) = paused.filter(|pause| pause.at <= due.at && pause.holds_at(due.at)) {
            return Some((NotRun::Paused, format!("paused by {}: {}", pause.by, pause.reason)));
        }
        let calendar = self.calendar.as_ref()?;
        let date = self.target.of(due.local.date())?;
        let off = calendar.is_on(date).err()?;
        Some((NotRun::Calendar, format!("calendar `{}`: {off}", calendar.name())))
    }
}

/// Something to carry out. What one order says must be in the journal before the next one is begun.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Order {
    /// Write down that these slots are due, and that they are all there are up to the watermark.
    Notice {
        /// The schedule.
        schedule: ScheduleName,
        /// The slots.
        slots: Vec<Timestamp>,
        /// The instant.
        watermark: Timestamp,
    },
    /// Write down that a slot is not run.
    NotRun {
        /// The schedule.
        schedule: ScheduleName,
        /// The slot.
        due: Due,
        /// Why.
        why: NotRun,
        /// The same for a person.
        message: String,
    },
    /// Begin the run of a slot, and tell [`Agenda::ended`] of its end.
    Begin {
        /// The schedule.
        schedule: ScheduleName,
        /// The slot.
        due: Due,
        /// Whether it is on time or caught up.
        trigger: Trigger,
    },
    /// Take the run of a slot up again that a host left, and tell [`Agenda::ended`] of its end.
    TakeUp {
        /// The schedule.
        schedule: ScheduleName,
        /// The slot.
        due: Due,
    },
    /// Cancel the run of a slot for the next one.
    Supersede {
        /// The slot.
        slot: Slot,
    },
    /// Write down that a schedule does not rest any more.
    GoOn {
        /// The schedule.
        schedule: ScheduleName,
    },
}

/// How a run of a schedule ended, as far as those are concerned that depend on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Last {
    /// The instant it was due.
    pub(super) scheduled_for: Timestamp,
    /// What it came to.
    pub(super) status: RunStatus,
}

/// What the journal knows when a host starts.
#[derive(Debug, Clone, Default)]
pub(super) struct Known {
    /// Schedules.
    pub(super) states: Vec<ScheduleState>,
    /// Slots that were noticed and not begun.
    pub(super) open: Vec<Slot>,
    /// Slots whose run was left by a host that stopped.
    pub(super) interrupted: Vec<Slot>,
}

/// The state of all schedules.
#[derive(Debug)]
pub(super) struct Agenda {
    lanes: BTreeMap<ScheduleName, Lane>,
    last: BTreeMap<ScheduleName, Last>,
    /// What was due up to here was due while no host was there.
    there_since: Timestamp,
    looked_at: Timestamp,
}

impl Agenda {
    /// The state at the start of a host, and what is to be done first.
    #[must_use]
    pub(super) fn new(entries: Vec<Entry>, known: &Known, now: Timestamp) -> (Self, Vec<Order>) {
        let mut agenda = Self { lanes: BTreeMap::new(), last: BTreeMap::new(), there_since: now, looked_at: now };
        let mut orders = Vec::new();
        for entry in entries {
            let state = known.states.iter().find(|state| state.schedule == entry.name);
            agenda.admit(entry, state, now, &mut orders);
        }
        for slot in &known.open {
            match agenda.lanes.get_mut(&slot.schedule) {
                Some(lane) => lane.open(slot.scheduled_for),
                None => orders.push(lane::removed(&slot.schedule, lane::foreign(slot.scheduled_for))),
            }
        }
        for slot in &known.interrupted {
            if let Some(lane) = agenda.lanes.get_mut(&slot.schedule) {
                lane.interrupted(slot.scheduled_for);
            }
        }
        (agenda, orders)
    }

    fn admit(&mut self, entry: Entry, state: Option<&ScheduleState>, now: Timestamp, orders: &mut Vec<Order>) {
        if state.is_none() {
            // From now on: what would have been due before nobody has missed.
            orders.push(Order::Notice { schedule: entry.name.clone(), slots: Vec::new(), watermark: now });
        }
        let watermark = state.map_or(now, |state| state.watermark);
        let paused = state.and_then(|state| state.paused.clone());
        self.lanes.insert(entry.name.clone(), Lane::new(entry, watermark, paused));
    }

    /// Takes a new configuration over. Runs that have begun are not touched.
    pub(super) fn replace(&mut self, entries: Vec<Entry>, now: Timestamp) -> Vec<Order> {
        let mut orders = Vec::new();
        let mut kept = std::mem::take(&mut self.lanes);
        for entry in entries {
            match kept.remove(&entry.name) {
                Some(mut lane) => {
                    lane.reconfigure(entry, now);
                    self.lanes.insert(lane.name().clone(), lane);
                }
                None => self.admit(entry, None, now, &mut orders),
            }
        }
        for (_, lane) in kept {
            orders.extend(lane.end());
        }
        orders
    }

    /// Takes new days of calendars over.
    pub(super) fn set_calendar(&mut self, schedule: &ScheduleName, calendar: Calendar) {
        if let Some(lane) = self.lanes.get_mut(schedule) {
            lane.set_calendar(calendar);
        }
    }

    /// Looks at the clock.
    ///
    /// Set back, nothing is due a second time. Set forward, or not looked at, for more than an hour: what was due meanwhile
    /// is caught up as after a start.
    pub(super) fn tick(&mut self, now: Timestamp) -> Vec<Order> {
        if now.duration_since(self.looked_at) > DOWNTIME {
            self.there_since = now;
        }
        self.looked_at = now;
        let mut orders = Vec::new();
        for lane in self.lanes.values_mut() {
            lane.notice(now, self.there_since, &mut orders);
        }
        self.advance(now, &mut orders);
        orders
    }

    /// A run of a slot has ended: as it ended, or not at all where `status` is `None`.
    pub(super) fn ended(&mut self, slot: &Slot, status: Option<RunStatus>, now: Timestamp) -> Vec<Order> {
        let mut orders = Vec::new();
        if let Some(lane) = self.lanes.get_mut(&slot.schedule) {
            lane.ended(slot.scheduled_for);
        }
        if let Some(status) = status {
            self.saw(&slot.schedule, Last { scheduled_for: slot.scheduled_for, status });
        }
        self.advance(now, &mut orders);
        orders
    }

    /// The run of a slot could not be begun in the journal: it waits for another try.
    pub(super) fn not_begun(&mut self, slot: &Slot, again_at: Timestamp) {
        if let Some(lane) = self.lanes.get_mut(&slot.schedule) {
            lane.not_begun(slot.scheduled_for, again_at);
        }
    }

    /// A run of a schedule has ended, of whatever kind. An older one than is known is no news.
    pub(super) fn saw(&mut self, schedule: &ScheduleName, last: Last) {
        let known = self.last.entry(schedule.clone()).or_insert(last);
        if last.scheduled_for >= known.scheduled_for {
            *known = last;
        }
    }

    /// Lets a schedule rest, or go on. False when there is no such schedule.
    pub(super) fn rest(&mut self, schedule: &ScheduleName, pause: Option<Pause>) -> bool {
        let lane = self.lanes.get_mut(schedule);
        lane.map(|lane| lane.rest(pause)).is_some()
    }

    /// Schedules on which slots wait.
    #[must_use]
    pub(super) fn waited_for(&self) -> Vec<ScheduleName> {
        let mut waited_for: Vec<_> =
            self.lanes.values().filter(|lane| lane.waits()).flat_map(|lane| lane.entry().depends_on.clone()).collect();
        waited_for.sort();
        waited_for.dedup();
        waited_for
    }

    /// When to look at the clock again at the latest; `None` for never.
    #[must_use]
    pub(super) fn next_wake(&self, now: Timestamp) -> Option<Timestamp> {
        self.lanes.values().filter_map(|lane| lane.next_wake(now)).min()
    }

    /// What can be told of each schedule, by name.
    pub(super) fn lanes(&self) -> impl Iterator<Item = LaneView<'_>> {
        self.lanes.values().map(Lane::view)
    }

    /// Sends on what need not wait any longer.
    fn advance(&mut self, now: Timestamp, orders: &mut Vec<Order>) {
        // What a slot depends on is looked up while its own lane changes.
        let upstream: BTreeMap<_, _> = self.lanes.iter().map(|(name, lane)| (name.clone(), lane.under_way())).collect();
        for lane in self.lanes.values_mut() {
            lane.advance(now, &Upstream { under_way: &upstream, last: &self.last }, orders);
        }
    }
}

/// What can be told of a schedule.
#[derive(Debug)]
pub(super) struct LaneView<'a> {
    /// The schedule.
    pub(super) entry: &'a Entry,
    /// When it is next due.
    pub(super) next: Option<&'a Due>,
    /// Why it rests, when it does.
    pub(super) paused: Option<&'a Pause>,
    /// Slots that are due and wait.
    pub(super) waiting: usize,
    /// Slots that run.
    pub(super) running: usize,
}

/// What is known of other schedules.
#[derive(Debug)]
struct Upstream<'a> {
    under_way: &'a BTreeMap<ScheduleName, Vec<Timestamp>>,
    last: &'a BTreeMap<ScheduleName, Last>,
}

/// Whether a slot may begin, as far as others are concerned.
#[derive(Debug, PartialEq, Eq)]
enum Leave {
    /// It may.
    Given,
    /// One of them is under way.
    Wait,
    /// One of them has not been there, and may yet come.
    NotThere(String),
    /// One of them did not come out well.
    Refused(String),
}

impl Upstream<'_> {
    fn leave(&self, entry: &Entry, at: Timestamp) -> Leave {
        let from = at.saturating_sub(entry.depends_within).unwrap_or(Timestamp::MIN);
        let mut leave = Leave::Given;
        for name in &entry.depends_on {
            let counts = |due: Timestamp| from < due && due <= at;
            if self.under_way.get(name).is_some_and(|slots| slots.iter().any(|due| counts(*due))) {
                return Leave::Wait;
            }
            match self.last.get(name).filter(|last| from < last.scheduled_for) {
                None => {
                    let within = entry.depends_within.as_secs() / 60;
                    leave = Leave::NotThere(format!(
                        "`{name}`, on which it depends, has not run in the {within} min before"
                    ));
                }
                Some(last) => match last.status {
                    RunStatus::Ok | RunStatus::Warning | RunStatus::Skipped => {}
                    status @ (RunStatus::Critical | RunStatus::Error | RunStatus::Missed | RunStatus::Cancelled) => {
                        return Leave::Refused(format!("`{name}`, on which it depends, is {status}"));
                    }
                },
            }
        }
        leave
    }
}
