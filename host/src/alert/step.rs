//! The life of one alert.
//!
//! ```text
//! inactive -> pending -> firing <-> acked -> resolved
//!    ^           |         ^                    |
//!    +-----------+         +--- reopened -------+      open -> closed
//! ```
//!
//! Only a good result resolves, and only a bad one fires. What a result is depends on what the alert says of its check:
//! an error is nothing to an alert on data, and bad to one on the check itself. See [`weigh`].

use jiff::Timestamp;

use crate::model::{AlertId, AlertKind, Phase, Severity};

use super::change::Change;
use super::event::{Event, Evidence, Weight, weigh};
use super::flap::{Flap, Seen};
use super::later;
use super::policy::{NofM, Policy};
use super::state::{Ack, Ended, State};

/// Where an event has taken an alert.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stepped {
    /// How it stands now.
    pub state: State,
    /// What changed, in order.
    pub changes: Vec<Change>,
}

/// Takes an alert of some kind one event further. `new_id` is asked for an identity when an incident begins.
///
/// An event that is older than the last one changes nothing but is noted; the last one, seen again, changes nothing.
#[must_use]
pub fn step(
    kind: AlertKind,
    prev: Option<State>,
    event: &Event,
    policy: &Policy,
    now: Timestamp,
    new_id: impl FnOnce() -> AlertId,
) -> Stepped {
    let mut life = Life { kind, policy, now, state: prev.unwrap_or_default(), changes: Vec::new() };
    life.pass_time();
    life.take(event, new_id);
    if let Some(flaps) = life.state.flap.weigh(&policy.flap, now) {
        life.changes.push(if flaps { Change::FlappingStarted } else { Change::FlappingEnded });
    }
    Stepped { state: life.state, changes: life.changes }
}

/// The earliest instant at which [`Event::Tick`] may change something.
#[must_use]
pub fn next_tick(state: &State, policy: &Policy) -> Option<Timestamp> {
    let ack_ends = state.acked.as_ref().filter(|_| state.phase == Phase::Acked).and_then(|ack| ack.until);
    [ack_ends, escalates_at(state, policy), state.flap.next(&policy.flap)].into_iter().flatten().min()
}

/// When an alert escalates next unless somebody looks after it.
fn escalates_at(state: &State, policy: &Policy) -> Option<Timestamp> {
    let waits = state.phase == Phase::Firing && state.escalations < policy.levels();
    state.unattended_since.filter(|_| waits).zip(policy.escalation()).map(|(since, after)| later(since, after))
}

/// An alert on its way from one state to the next.
struct Life<'a> {
    kind: AlertKind,
    policy: &'a Policy,
    now: Timestamp,
    state: State,
    changes: Vec<Change>,
}

impl Life<'_> {
    /// What changes by itself.
    fn pass_time(&mut self) {
        let ack_ended = |ack: &Ack| ack.until.is_some_and(|until| until <= self.now);
        if self.state.phase == Phase::Acked && self.state.acked.as_ref().is_some_and(ack_ended) {
            self.unattend();
            self.changes.push(Change::AckExpired);
        }
        if escalates_at(&self.state, self.policy).is_some_and(|at| at <= self.now) {
            self.state.escalations += 1;
            self.state.unattended_since = Some(self.now);
            self.changes.push(Change::Escalated { level: self.state.escalations });
        }
    }

    fn take(&mut self, event: &Event, new_id: impl FnOnce() -> AlertId) {
        match event {
            Event::Ack { by, until, sticky } => self.ack(by, *until, *sticky),
            Event::Unack { by } => {
                if self.state.phase == Phase::Acked {
                    self.unattend();
                    self.changes.push(Change::Unacked { by: by.clone() });
                }
            }
            Event::Resolve { by, reason } => self.settle(Ended::ByHand { by: by.clone(), reason: reason.clone() }),
            Event::Removed { why } => self.settle(Ended::Closed { reason: why.as_str().to_owned() }),
            Event::Version { version } => self.version(version),
            Event::Tick => {}
            Event::Missing { at } => self.weigh_in(event, *at, None, new_id),
            Event::Fail { of, .. }
            | Event::Warn { of, .. }
            | Event::Pass { of }
            | Event::Error { of }
            | Event::Skip { of } => self.weigh_in(event, of.at, Some(of), new_id),
        }
    }

    /// Something that was due at an instant, and counts if it is not too late.
    fn weigh_in(&mut self, event: &Event, at: Timestamp, of: Option<&Evidence>, new_id: impl FnOnce() -> AlertId) {
        let weight = weigh(self.kind, event, self.policy);
        if weight == Weight::Nothing {
            return;
        }
        if let Some(last) = self.state.last_event_at {
            if at < last {
                self.changes.push(Change::OutOfOrder { at });
                return;
            }
            if at == last && of.map(|of| &of.result) == self.state.last_result.as_ref() {
                return;
            }
        }
        self.state.last_event_at = Some(at);
        self.state.last_result = of.map(|of| of.result.clone());
        self.state.last_run = of.map(|of| of.run);
        if let Some(version) = of.and_then(|of| of.version.as_ref()) {
            self.version(version);
        }
        if self.state.phase == Phase::Closed {
            self.state.phase = Phase::Inactive;
        }
        match weight {
            Weight::Bad(severity) => self.bad(severity, new_id),
            Weight::Dubious => self.dubious(),
            Weight::Good => self.good(at),
            Weight::Nothing => {}
        }
    }

    fn bad(&mut self, severity: Severity, new_id: impl FnOnce() -> AlertId) {
        self.remember(true, Seen::Bad);
        self.state.bad = self.state.bad.saturating_add(1);
        if self.state.phase.is_open() {
            self.state.occurrences = self.state.occurrences.saturating_add(1);
            self.still(severity);
            return;
        }
        let (reopens, fires) = (self.reopens(), self.fires());
        if severity < self.policy.severity_floor || !(reopens || fires) {
            self.suspect();
            return;
        }
        let first = self.state.pending_result.take().or_else(|| self.state.last_result.clone());
        let noticed = std::mem::take(&mut self.state.pending).saturating_add(1);
        self.state.phase = Phase::Firing;
        self.state.severity = Some(severity);
        self.state.last_severity = Some(severity);
        self.state.ended_at = None;
        self.state.ended = None;
        self.state.unattended_since = Some(self.now);
        if reopens {
            self.state.reopened = self.state.reopened.saturating_add(1);
            self.state.occurrences = self.state.occurrences.saturating_add(noticed);
            self.changes.push(Change::Reopened { severity });
        } else {
            self.state.id = Some(new_id());
            self.state.opened_at = Some(self.now);
            self.state.first_result = first;
            self.state.occurrences = noticed;
            self.state.incidents = self.state.incidents.saturating_add(1);
            self.state.reopened = 0;
            self.state.escalations = 0;
            self.changes.push(Change::Opened { severity });
        }
    }

    /// Not good once more, and not open.
    fn suspect(&mut self) {
        if self.state.phase != Phase::Pending {
            self.state.phase = Phase::Pending;
            self.state.pending = 0;
            self.state.pending_result.clone_from(&self.state.last_result);
            self.changes.push(Change::Pending);
        }
        self.state.pending = self.state.pending.saturating_add(1);
    }

    /// Bad once more, and open.
    fn still(&mut self, severity: Severity) {
        let worst = self.state.severity.unwrap_or(severity);
        let last = self.state.last_severity.replace(severity).unwrap_or(severity);
        if severity > worst {
            self.state.severity = Some(severity);
            self.changes.push(Change::Worse { from: worst, to: severity });
            if self.state.acked.as_ref().is_some_and(|ack| !ack.sticky) {
                self.unattend();
                self.changes.push(Change::AckCleared);
            }
        } else if severity < last {
            self.changes.push(Change::Milder { from: last, to: severity });
        }
    }

    fn dubious(&mut self) {
        self.remember(false, Seen::Warn);
        if self.state.phase.is_open() {
            self.state.occurrences = self.state.occurrences.saturating_add(1);
        } else {
            self.suspect();
        }
    }

    fn good(&mut self, at: Timestamp) {
        self.remember(false, Seen::Good);
        self.state.last_good = Some(at);
        self.state.good = self.state.good.saturating_add(1);
        self.state.bad = 0;
        match self.state.phase {
            Phase::Firing | Phase::Acked if self.state.good >= self.policy.resolve_after => self.end(Ended::Passed),
            Phase::Pending => {
                self.calm();
                self.changes.push(Change::Blip);
            }
            Phase::Firing | Phase::Acked | Phase::Inactive | Phase::Resolved | Phase::Closed => {}
        }
    }

    /// Nothing is wrong any more, and nobody was told.
    fn calm(&mut self) {
        self.state.phase = Phase::Inactive;
        self.state.pending = 0;
        self.state.pending_result = None;
    }

    /// Keeps what a result was for what looks at several.
    fn remember(&mut self, bad: bool, seen: Seen) {
        self.state.recent = (self.state.recent << 1) | u64::from(bad);
        self.state.flap.record(seen, self.now);
        if seen != Seen::Good {
            self.state.good = 0;
        }
    }

    /// Whether enough was bad.
    fn fires(&self) -> bool {
        let among = |NofM { bad, of }: NofM| {
            let of = of.clamp(1, NofM::MOST);
            (self.state.recent & (u64::MAX >> (NofM::MOST - of))).count_ones() >= bad.max(1)
        };
        self.state.bad >= self.policy.threshold(self.kind)
            || self.policy.of.filter(|_| self.kind == AlertKind::Data).is_some_and(among)
    }

    /// Whether another bad result belongs to the incident that is over.
    fn reopens(&self) -> bool {
        let resolved = matches!(self.state.ended, Some(Ended::Passed | Ended::ByHand { .. }));
        let soon = self.state.ended_at.is_some_and(|ended| later(ended, self.policy.reopen_window) >= self.now);
        // One skip after many says nothing.
        self.kind != AlertKind::Stale && resolved && (soon || self.state.is_flapping())
    }

    fn ack(&mut self, by: &str, until: Option<Timestamp>, sticky: bool) {
        if self.state.phase.is_open() && until.is_none_or(|until| until > self.now) {
            self.state.phase = Phase::Acked;
            self.state.acked = Some(Ack { by: by.to_owned(), at: self.now, until, sticky });
            self.state.unattended_since = None;
            self.changes.push(Change::Acked { by: by.to_owned(), until, sticky });
        }
    }

    /// Nobody looks after it any more.
    fn unattend(&mut self) {
        self.state.phase = Phase::Firing;
        self.state.acked = None;
        self.state.unattended_since = Some(self.now);
    }

    /// Ended, but not by the check.
    fn settle(&mut self, how: Ended) {
        match self.state.phase {
            Phase::Firing | Phase::Acked => self.end(how),
            Phase::Pending => {
                self.calm();
                self.changes.push(Change::Withdrawn { why: how });
            }
            Phase::Inactive | Phase::Resolved | Phase::Closed => return,
        }
        self.state.bad = 0;
        self.state.recent = 0;
    }

    fn end(&mut self, how: Ended) {
        self.state.ended_at = Some(self.now);
        self.state.ended = Some(how.clone());
        self.state.acked = None;
        self.state.unattended_since = None;
        let closed = matches!(how, Ended::Closed { .. });
        self.state.phase = if closed { Phase::Closed } else { Phase::Resolved };
        self.changes.push(if closed { Change::Closed { how } } else { Change::Resolved { how } });
        if closed {
            self.state.flap = Flap::default();
        }
    }

    fn version(&mut self, version: &str) {
        if self.state.version.as_deref() == Some(version) {
            return;
        }
        let known = self.state.version.replace(version.to_owned()).is_some();
        if known && self.state.phase.is_open() {
            self.changes.push(Change::VersionNoted { version: version.to_owned() });
        }
    }
}
