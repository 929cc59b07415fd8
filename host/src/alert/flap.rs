//! Alerts that change to and fro.
//!
//! Of the last 20 results, those that differ from the one before are weighed, the newer the more: 0.8 for the oldest, 1.18
//! for the newest. What they weigh of 20, in percent, is how much an alert flaps. That is Icinga's measure. 20 results of a
//! daily check are three weeks, so a change is also forgotten after a time.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// How many results count.
const RESULTS: u32 = 20;

/// When an alert changes to and fro too often.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FlapPolicy {
    /// Whether it matters at all.
    pub enabled: bool,
    /// It flaps above this many percent.
    pub high: f64,
    /// It does not flap any more at this many percent.
    pub low: f64,
    /// How long a change counts.
    pub window: Duration,
}

impl Default for FlapPolicy {
    fn default() -> Self {
        Self { enabled: true, high: 30.0, low: 25.0, window: Duration::from_hours(7 * 24) }
    }
}

/// What a result was, as far as it may differ from the one before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Seen {
    /// Good.
    Good,
    /// Noticeable.
    Warn,
    /// Bad.
    Bad,
}

/// A result that differed from the one before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Turn {
    at: Timestamp,
    /// How many results came after it.
    age: u32,
}

/// How much an alert changes to and fro.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Flap {
    /// Whether it flaps.
    active: bool,
    /// The last result.
    last: Option<Seen>,
    /// The changes among the last results, the oldest first.
    turns: Vec<Turn>,
}

impl Flap {
    /// Whether it flaps.
    #[must_use]
    pub fn is_active(&self) -> bool {
        self.active
    }

    /// How much of the last results is changes, weighed, in percent: from 0 to 99.
    #[must_use]
    pub fn value(&self) -> f64 {
        let weight = |turn: &Turn| 0.8 + 0.02 * f64::from((RESULTS - 1).saturating_sub(turn.age));
        100.0 * self.turns.iter().map(weight).fold(0.0, |sum, weight| sum + weight) / f64::from(RESULTS)
    }

    /// Takes a result in.
    pub(super) fn record(&mut self, seen: Seen, now: Timestamp) {
        for turn in &mut self.turns {
            turn.age = turn.age.saturating_add(1);
        }
        self.turns.retain(|turn| turn.age < RESULTS);
        if self.last.replace(seen).is_some_and(|last| last != seen) {
            self.turns.push(Turn { at: now, age: 0 });
        }
    }

    /// Forgets what is too long ago, and says whether it began or ceased to flap.
    pub(super) fn weigh(&mut self, policy: &FlapPolicy, now: Timestamp) -> Option<bool> {
        self.turns.retain(|turn| expiry(turn, policy) > now);
        let value = self.value();
        let active = policy.enabled && value > if self.active { policy.low } else { policy.high };
        (std::mem::replace(&mut self.active, active) != active).then_some(active)
    }

    /// When a change is forgotten that may end it.
    pub(super) fn next(&self, policy: &FlapPolicy) -> Option<Timestamp> {
        self.turns.iter().filter(|_| self.active).map(|turn| expiry(turn, policy)).min()
    }
}

fn expiry(turn: &Turn, policy: &FlapPolicy) -> Timestamp {
    super::later(turn.at, policy.window)
}
