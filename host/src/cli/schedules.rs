//! Schedules, as they are named on the command line.

use crate::config::suggest::did_you_mean;
use crate::config::{Config, ScheduleConfig};

use super::failure::Failure;

/// The schedule of that name.
pub(super) fn named<'a>(config: &'a Config, name: &str) -> Result<&'a ScheduleConfig, Failure> {
    config.schedule(name).ok_or_else(|| {
        let names = config.schedules.iter().map(|schedule| schedule.name.as_str());
        Failure::usage(anyhow::anyhow!("there is no schedule `{name}`"), did_you_mean(name, "the schedules are", names))
    })
}
