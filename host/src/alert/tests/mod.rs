//! Alerts, from single steps to three months of them.

mod documents;
mod flapping;
mod groups;
mod invariants;
mod matchers;
mod observing;
mod overlays;
mod properties;
mod replay;
mod routes;
mod table;
mod telling;
mod world;

use std::time::Duration;

use jiff::Timestamp;

use super::*;
use crate::dice::Dice;
use crate::model::{AlertId, AlertKey, AlertKind, Labels, NoticeKind, Phase, RunId, Severity};

const MINUTE: i64 = 60;
const HOUR: i64 = 3_600;
const DAY: i64 = 24 * HOUR;

/// So many seconds after the beginning of 2026.
fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_767_225_600 + seconds).unwrap()
}

fn key(check: &str, kind: AlertKind) -> AlertKey {
    AlertKey { check: check.parse().unwrap(), kind, segment: None }
}

fn labels(check: &str, severity: Severity, owner: Option<&str>) -> Labels {
    Labels {
        check: check.parse().unwrap(),
        kind: AlertKind::Data,
        segment: None,
        severity,
        owner: owner.map(str::to_owned),
        tags: vec!["nba".to_owned(), "daily".to_owned()],
        sources: vec!["warehouse".to_owned()],
        schedule: Some("morning".to_owned()),
    }
}

/// A result that was due so many seconds after the beginning.
fn evidence(seconds: i64) -> Evidence {
    Evidence { at: at(seconds), result: format!("r{seconds}"), run: RunId::NIL, version: Some("v1".to_owned()) }
}

fn fail(seconds: i64, severity: Severity) -> Event {
    Event::Fail { of: evidence(seconds), severity }
}

fn warn(seconds: i64) -> Event {
    Event::Warn { of: evidence(seconds), severity: Severity::High }
}

fn pass(seconds: i64) -> Event {
    Event::Pass { of: evidence(seconds) }
}

fn error(seconds: i64) -> Event {
    Event::Error { of: evidence(seconds) }
}

fn skip(seconds: i64) -> Event {
    Event::Skip { of: evidence(seconds) }
}

fn ack(until: Option<i64>, sticky: bool) -> Event {
    Event::Ack { by: "ann".to_owned(), until: until.map(at), sticky }
}

fn id(number: u128) -> AlertId {
    AlertId::from_parts(0, number)
}

/// A critical check whose alerts fire at once.
fn at_once() -> Policy {
    Policy::default_of(Severity::Critical)
}

/// One alert, and all that became of it.
#[derive(Debug, Clone)]
struct Alert {
    kind: AlertKind,
    policy: Policy,
    state: Option<State>,
    ids: u128,
}

impl Alert {
    fn new(kind: AlertKind, policy: Policy) -> Self {
        Self { kind, policy, state: None, ids: 0 }
    }

    fn data(policy: Policy) -> Self {
        Self::new(AlertKind::Data, policy)
    }

    /// What an event changes, in words.
    fn take(&mut self, event: &Event, seconds: i64) -> Vec<&'static str> {
        self.changes(event, seconds).iter().map(Change::as_str).collect()
    }

    fn changes(&mut self, event: &Event, seconds: i64) -> Vec<Change> {
        let next = self.ids + 1;
        let mut asked = false;
        let new_id = || {
            asked = true;
            id(next)
        };
        let stepped = step(self.kind, self.state.take(), event, &self.policy, at(seconds), new_id);
        self.ids += u128::from(asked);
        self.state = Some(stepped.state);
        stepped.changes
    }

    /// Events that come when they are due.
    fn all(&mut self, events: impl IntoIterator<Item = Event>) -> &mut Self {
        for event in events {
            let seconds = event.evidence().unwrap().at.as_second() - at(0).as_second();
            self.take(&event, seconds);
        }
        self
    }

    fn state(&self) -> &State {
        self.state.as_ref().unwrap()
    }

    fn phase(&self) -> Phase {
        self.state().phase
    }
}
