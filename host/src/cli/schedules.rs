//! Schedules, as they are named on the command line.

use crate::config::{Config, ScheduleConfig};

use super::failure::Failure;

/// How alike two names must be to be suggested (Jaro-Winkler).
const SIMILAR: f64 = 0.8;

/// The schedule of that name.
pub(super) fn named<'a>(config: &'a Config, name: &str) -> Result<&'a ScheduleConfig, Failure> {
    let found = config.schedules.iter().find(|schedule| schedule.name.as_str() == name);
    found.ok_or_else(|| {
        let names = config.schedules.iter().map(|schedule| schedule.name.as_str());
        let nearest =
            names.clone().max_by(|a, b| strsim::jaro_winkler(a, name).total_cmp(&strsim::jaro_winkler(b, name)));
        let hint = match nearest.filter(|nearest| strsim::jaro_winkler(nearest, name) >= SIMILAR) {
            Some(nearest) => format!("did you mean `{nearest}`?"),
            None => {
                format!("the schedules are {}", names.map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", "))
            }
        };
        Failure::usage(anyhow::anyhow!("there is no schedule `{name}`"), hint)
    })
}
