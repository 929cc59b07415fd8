//! When schedules are due.

mod policies;
mod sequence;
mod zones;

use jiff::Timestamp;
use jiff::tz::{TimeZone, TimeZoneDatabase};

use super::{Dst, DstGap, DstOverlap, Due, Timing};

fn zone(name: &str) -> TimeZone {
    TimeZoneDatabase::bundled().get(name).unwrap()
}

fn timing(pattern: &str, time_zone: TimeZone, dst: Dst) -> Timing {
    Timing { cron: pattern.parse().unwrap(), time_zone, dst }
}

fn instant(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// The instant, and why it does not follow from the local time where it does not.
fn told(due: &Due) -> String {
    let at = due.at.strftime("%FT%H:%M");
    due.moved.map_or_else(|| at.to_string(), |moved| format!("{at} {}", moved.as_str()))
}

fn every_policy() -> impl Iterator<Item = Dst> {
    DstGap::ALL.into_iter().flat_map(|gap| DstOverlap::ALL.into_iter().map(move |overlap| Dst { gap, overlap }))
}
