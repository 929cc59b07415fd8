//! The slots of one schedule.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::model::{NotRun, ScheduleName, Slot, Trigger};
use crate::schedule::{Calendar, Due, Overlap, decide};
use crate::store::Pause;

use super::{Entry, LaneView, Leave, Order, Upstream};

/// What waits for its turn.
#[derive(Debug, Clone, PartialEq)]
struct Waiting {
    due: Due,
    kind: Kind,
    /// Not before.
    start_at: Timestamp,
    /// From when the start deadline counts.
    since: Timestamp,
}

/// How a slot came to wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// On time.
    OnTime,
    /// Due while no host was there.
    CaughtUp,
    /// Begun by a host that stopped.
    TakenUp,
}

/// What runs.
#[derive(Debug)]
struct Running {
    at: Timestamp,
    due: Due,
    kind: Kind,
    superseded: bool,
}

/// The state of one schedule.
#[derive(Debug)]
pub(super) struct Lane {
    entry: Entry,
    watermark: Timestamp,
    next: Option<Due>,
    paused: Option<Pause>,
    /// Noticed by the host before this one: begun or not.
    left: Vec<(Due, Kind)>,
    waiting: Vec<Waiting>,
    running: Vec<Running>,
}

impl Lane {
    pub(super) fn new(entry: Entry, watermark: Timestamp, paused: Option<Pause>) -> Self {
        let next = entry.timing.after(watermark);
        Self { entry, watermark, next, paused, left: Vec::new(), waiting: Vec::new(), running: Vec::new() }
    }

    pub(super) fn name(&self) -> &ScheduleName {
        &self.entry.name
    }

    pub(super) fn entry(&self) -> &Entry {
        &self.entry
    }

    /// A slot that an earlier host noticed and did not begin.
    pub(super) fn open(&mut self, at: Timestamp) {
        self.left.push((self.due(at), Kind::CaughtUp));
    }

    /// A slot whose run an earlier host left.
    pub(super) fn interrupted(&mut self, at: Timestamp) {
        self.left.push((self.due(at), Kind::TakenUp));
    }

    /// A slot by its instant; the pattern may have changed meanwhile.
    fn due(&self, at: Timestamp) -> Due {
        let next = at.checked_add(jiff::SignedDuration::from_nanos(1)).unwrap_or(at);
        let due = self.entry.timing.between(at, next).next();
        due.unwrap_or_else(|| shown(at, &self.entry.timing.time_zone))
    }

    pub(super) fn reconfigure(&mut self, entry: Entry, now: Timestamp) {
        if entry.timing != self.entry.timing {
            // What the new pattern says counts from now on, and not for the time in which another held.
            self.watermark = self.watermark.max(now);
        }
        self.entry = entry;
        self.next = self.entry.timing.after(self.watermark);
    }

    pub(super) fn set_calendar(&mut self, calendar: Calendar) {
        self.entry.calendar = Some(calendar);
    }

    /// What is left to say of the slots of a schedule that is not there any more.
    pub(super) fn end(self) -> Vec<Order> {
        let left = self.left.into_iter().filter(|(_, kind)| *kind == Kind::CaughtUp).map(|(due, _)| due);
        let waiting = self.waiting.into_iter().filter(|waiting| waiting.kind != Kind::TakenUp).map(|w| w.due);
        left.chain(waiting).map(|due| removed(&self.entry.name, due)).collect()
    }

    pub(super) fn rest(&mut self, pause: Option<Pause>) {
        self.paused = pause;
    }

    pub(super) fn waits(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// The instants of slots that are due and have not ended.
    pub(super) fn under_way(&self) -> Vec<Timestamp> {
        let waiting = self.waiting.iter().map(|waiting| waiting.due.at);
        waiting.chain(self.running.iter().map(|running| running.at)).collect()
    }

    pub(super) fn view(&self) -> LaneView<'_> {
        LaneView {
            entry: &self.entry,
            next: self.next.as_ref(),
            paused: self.paused.as_ref(),
            waiting: self.waiting.len(),
            running: self.running.len(),
        }
    }

    /// Takes up what is due by now. What was due up to `there_since` is caught up.
    pub(super) fn notice(&mut self, now: Timestamp, there_since: Timestamp, orders: &mut Vec<Order>) {
        let mut noticed = Vec::new();
        while let Some(due) = self.next.take_if(|next| next.at <= now) {
            self.next = self.entry.timing.after(due.at);
            noticed.push(due);
        }
        if let Some(newest) = noticed.last() {
            self.watermark = newest.at;
            let slots = noticed.iter().map(|due| due.at).collect();
            orders.push(Order::Notice { schedule: self.entry.name.clone(), slots, watermark: newest.at });
        }

        let mut missed = std::mem::take(&mut self.left);
        for due in noticed {
            if due.at <= there_since {
                missed.push((due, Kind::CaughtUp));
            } else {
                self.admit(due, orders);
            }
        }
        if !missed.is_empty() {
            self.catch_up(missed, now, orders);
        }
        if self.paused.take_if(|pause| !pause.holds_at(now)).is_some() {
            orders.push(Order::GoOn { schedule: self.entry.name.clone() });
        }
    }

    /// A slot that is due now.
    fn admit(&mut self, due: Due, orders: &mut Vec<Order>) {
        match self.entry.kept_from(self.paused.as_ref(), &due) {
            Some((why, message)) => orders.push(self.not_run(due, why, message)),
            None => {
                let start_at = due.at.saturating_add(self.entry.jitter).unwrap_or(due.at);
                self.waiting.push(Waiting { since: due.at, due, kind: Kind::OnTime, start_at });
            }
        }
    }

    /// Slots that were due while no host was there.
    fn catch_up(&mut self, mut missed: Vec<(Due, Kind)>, now: Timestamp, orders: &mut Vec<Order>) {
        missed.sort_by_key(|(due, _)| due.at);
        let mut candidates = Vec::new();
        for (due, kind) in missed {
            match self.entry.kept_from(self.paused.as_ref(), &due) {
                // Its row says what came of it.
                Some(_) if kind == Kind::TakenUp => {}
                Some((why, message)) => orders.push(self.not_run(due, why, message)),
                None => candidates.push((due, kind)),
            }
        }
        let slots: Vec<_> = candidates.iter().map(|(due, _)| due.clone()).collect();
        for ((due, verdict), (_, kind)) in decide(&slots, now, &self.entry.catch_up).into_iter().zip(candidates) {
            match verdict {
                Ok(()) => self.waiting.push(Waiting { due, kind, start_at: now, since: now }),
                Err(_) if kind == Kind::TakenUp => {}
                Err(why) => {
                    let message = match why {
                        NotRun::Superseded => "no host was there when it was due, and a later slot is run instead",
                        NotRun::CatchUpWindow => "no host was there when it was due, longer ago than is caught up",
                        NotRun::CatchUpLimit => "no host was there when it was due, and too many slots were missed",
                        _ => "no host was there when it was due",
                    };
                    orders.push(self.not_run(due, why, message.to_owned()));
                }
            }
        }
    }

    fn not_run(&self, due: Due, why: NotRun, message: String) -> Order {
        Order::NotRun { schedule: self.entry.name.clone(), due, why, message }
    }

    /// Sends on what need not wait any longer, the oldest first.
    pub(super) fn advance(&mut self, now: Timestamp, upstream: &Upstream<'_>, orders: &mut Vec<Order>) {
        self.waiting.sort_by_key(|waiting| waiting.due.at);
        let mut kept = Vec::new();
        for waiting in std::mem::take(&mut self.waiting) {
            match self.turn(&waiting, &kept, now, upstream) {
                Turn::Later => kept.push(waiting),
                Turn::Never(why, message) => {
                    if waiting.kind != Kind::TakenUp {
                        orders.push(self.not_run(waiting.due, why, message));
                    }
                }
                Turn::AfterThese => {
                    for running in self.running.iter_mut().filter(|running| !running.superseded) {
                        running.superseded = true;
                        let slot = Slot { schedule: self.entry.name.clone(), scheduled_for: running.at };
                        orders.push(Order::Supersede { slot });
                    }
                    // A newer slot takes the place of one that waits for the same end.
                    for older in kept.drain(..) {
                        if older.kind == Kind::TakenUp {
                            continue;
                        }
                        let message = "a newer slot was due before it could begin".to_owned();
                        orders.push(self.not_run(older.due, NotRun::Overlap, message));
                    }
                    kept.push(waiting);
                }
                Turn::Now => {
                    self.running.push(Running {
                        at: waiting.due.at,
                        due: waiting.due.clone(),
                        kind: waiting.kind,
                        superseded: false,
                    });
                    let (schedule, due) = (self.entry.name.clone(), waiting.due);
                    orders.push(match waiting.kind {
                        Kind::OnTime => Order::Begin { schedule, due, trigger: Trigger::Schedule },
                        Kind::CaughtUp => Order::Begin { schedule, due, trigger: Trigger::CatchUp },
                        Kind::TakenUp => Order::TakeUp { schedule, due },
                    });
                }
            }
        }
        self.waiting = kept;
    }

    fn turn(&self, slot: &Waiting, before: &[Waiting], now: Timestamp, upstream: &Upstream<'_>) -> Turn {
        let latest = self.entry.start_deadline.and_then(|longest| slot.since.checked_add(longest).ok());
        if latest.is_some_and(|latest| now > latest) {
            let seconds = self.entry.start_deadline.unwrap_or_default().as_secs();
            return Turn::Never(NotRun::StartDeadline, format!("it could not begin within {seconds} s"));
        }
        if now < slot.start_at {
            return Turn::Later;
        }
        match upstream.leave(&self.entry, slot.due.at) {
            Leave::Given => {}
            Leave::NotThere(_) if latest.is_some() => return Turn::Later,
            Leave::Wait => return Turn::Later,
            Leave::NotThere(message) | Leave::Refused(message) => return Turn::Never(NotRun::Upstream, message),
        }
        let others = !self.running.is_empty() || before.iter().any(|before| before.start_at <= now);
        match (self.entry.overlap, slot.kind) {
            _ if !others => Turn::Now,
            // What is caught up comes one after another, whatever the schedule says of what is on time.
            (_, Kind::CaughtUp | Kind::TakenUp) => Turn::Later,
            (Overlap::Allow, Kind::OnTime) => Turn::Now,
            (Overlap::CancelPrevious, Kind::OnTime) => Turn::AfterThese,
            (Overlap::Skip | Overlap::QueueOne, Kind::OnTime) if self.is_catching_up(before) => Turn::Later,
            (Overlap::QueueOne, Kind::OnTime) if !before.iter().any(|before| before.start_at <= now) => Turn::Later,
            (Overlap::Skip | Overlap::QueueOne, Kind::OnTime) => {
                let since = self.running.first().map(|running| running.due.at).unwrap_or(slot.due.at);
                Turn::Never(NotRun::Overlap, format!("the slot of {since} was still running"))
            }
        }
    }

    fn is_catching_up(&self, before: &[Waiting]) -> bool {
        let kinds = self.running.iter().map(|running| running.kind).chain(before.iter().map(|before| before.kind));
        kinds.into_iter().any(|kind| kind != Kind::OnTime)
    }

    pub(super) fn ended(&mut self, at: Timestamp) {
        self.running.retain(|running| running.at != at);
    }

    pub(super) fn not_begun(&mut self, at: Timestamp, again_at: Timestamp) {
        let Some(position) = self.running.iter().position(|running| running.at == at) else { return };
        let Running { due, kind, .. } = self.running.swap_remove(position);
        self.waiting.push(Waiting { due, kind, start_at: again_at, since: again_at });
    }

    pub(super) fn next_wake(&self, now: Timestamp) -> Option<Timestamp> {
        let deadlines = self.waiting.iter().filter_map(|waiting| {
            let latest = self.entry.start_deadline.and_then(|longest| waiting.since.checked_add(longest).ok())?;
            latest.checked_add(jiff::SignedDuration::from_micros(1)).ok()
        });
        let starts = self.waiting.iter().map(|waiting| waiting.start_at).filter(|at| *at > now);
        let next = self.next.iter().map(|next| next.at);
        let pause = self.paused.iter().filter_map(|pause| pause.until);
        next.chain(starts).chain(deadlines).chain(pause).min()
    }
}

/// What is to become of a slot that waits.
#[derive(Debug)]
enum Turn {
    /// It begins.
    Now,
    /// It goes on waiting.
    Later,
    /// It begins when what runs has been cancelled.
    AfterThese,
    /// It is not run.
    Never(NotRun, String),
}

/// The order for a slot whose schedule is not there any more.
pub(in super::super) fn removed(schedule: &ScheduleName, due: Due) -> Order {
    let message = "the schedule was taken out of the configuration before it began".to_owned();
    Order::NotRun { schedule: schedule.clone(), due, why: NotRun::Removed, message }
}

/// A slot of a schedule of which nothing is known.
pub(super) fn foreign(at: Timestamp) -> Due {
    shown(at, &TimeZone::UTC)
}

fn shown(at: Timestamp, time_zone: &TimeZone) -> Due {
    Due { at, local: time_zone.to_datetime(at), offset_seconds: time_zone.to_offset(at).seconds(), moved: None }
}
