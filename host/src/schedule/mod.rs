//! When a schedule is due. Pure: the instant to count from is always an argument.
//!
//! One type, [`Cron`]: a pattern of five fields, read in the zone of its schedule.

mod cron;

pub use cron::{Cron, InvalidCron};
