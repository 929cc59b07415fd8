//! How alerts live, and who is told of them when. Pure: `now` is always an argument, and nothing here knows of the
//! journal, of networks or of how a message looks.
//!
//! From a result to a message:
//! - [`observe`] says which [`Event`]s a result means for which alerts of its check;
//! - [`step`] takes one alert from one [`State`] to the next, and says what changed;
//! - [`Tree`] says which receivers an alert goes to;
//! - [`Overlays`] says what keeps it from being told: silences, maintenance, inhibitions, quiet hours;
//! - [`due`] compares how the alert stands with what a receiver was [`Told`] of it last;
//! - [`flush`] puts what is due for one receiver into as few messages as its groups and its limit ask for.
//!
//! Overlays and groups keep messages back, never states: an alert opens, worsens and resolves whether or not anybody
//! hears of it. What is due follows from states alone, not from events. So a host that died between any two steps neither
//! forgets nor repeats, and the end of a silence tells what is still true and nothing that is over.

use std::time::Duration;

use jiff::Timestamp;

mod change;
mod document;
mod event;
mod flap;
mod group;
mod matcher;
mod observe;
mod overlay;
mod policy;
mod quiet;
mod route;
mod state;
mod step;
mod told;

#[cfg(test)]
mod tests;

pub use change::Change;
pub use event::{Event, Evidence, Removal};
pub use flap::{Flap, FlapPolicy, Seen};
pub use group::{Bundle, Desk, Flush, GroupKey, Pending, RateLimit, flush};
pub use matcher::{Field, InvalidMatcher, Matcher, Op, all_match};
pub use observe::{Facts, is_missing, missing, observe};
pub use overlay::{Inhibition, Inhibitors, Maintenance, Overlays, Silence, Suppression};
pub use policy::{NofM, Per, Policy, WarnPolicy};
pub use quiet::{Quiet, QuietHours};
pub use route::{Explained, Node, Step, Target, Tree};
pub use state::{Ack, Ended, State};
pub use step::{Stepped, next_tick, step};
pub use told::{Due, Held, Notice, Part, Timing, Told, after, all_due, due, hold, is_settled, next_due};

/// So much later; the end of time where that is beyond it.
fn later(at: Timestamp, by: Duration) -> Timestamp {
    at.saturating_add(by).unwrap_or(Timestamp::MAX)
}
