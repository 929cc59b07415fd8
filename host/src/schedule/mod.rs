//! When a schedule is due, and what is done about slots that cannot be run then. Pure: the instant to count from is
//! always an argument.
//!
//! [`Timing`] reads a pattern, [`Cron`], in the zone of its schedule and gives one [`Due`] after another; [`decide`]
//! says which of those that were missed are still run.
//!
//! Slots are strictly increasing, and the same from whatever instant one begins to count. Nothing here knows of runs,
//! of the journal or of the clock.

mod calendar;
mod catch_up;
mod cron;
mod dst;
mod jitter;
mod overlap;
mod stretch;
mod timing;

#[cfg(test)]
mod tests;

pub use calendar::{Blackout, Calendar, DayOff, InvalidCalendar, InvalidSpan, Span};
pub use catch_up::{CatchUp, CatchUpMode, decide};
pub use cron::{Cron, InvalidCron};
pub use dst::{Dst, DstGap, DstOverlap};
pub use jitter::jitter;
pub use overlap::Overlap;
pub use timing::{Due, Moved, Timing};
