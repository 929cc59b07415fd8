//! Hours of the day in which nobody is told.

use jiff::civil::{DateTime, Time, Weekday};
use jiff::tz::{AmbiguousOffset, TimeZone};
use jiff::{Timestamp, ToSpan as _};

/// Hours of some weekdays, as the clocks of a zone show them. They may begin on one day and end on the next; they end then
/// also where clocks are set in between.
#[derive(Debug, Clone, PartialEq)]
pub struct QuietHours {
    /// The zone.
    pub time_zone: TimeZone,
    /// The days on which they begin.
    pub weekdays: Vec<Weekday>,
    /// When they begin.
    pub from: Time,
    /// When they end, not included: on the next day where that is not later than they begin.
    pub until: Time,
}

/// Quiet hours with a name, as routes ask for them.
#[derive(Debug, Clone, PartialEq)]
pub struct Quiet {
    /// The name.
    pub name: String,
    /// When.
    pub hours: QuietHours,
}

impl QuietHours {
    /// Whether an instant lies in them.
    #[must_use]
    pub fn hold_at(&self, now: Timestamp) -> bool {
        self.around(now).any(|(from, until)| from <= now && now < until)
    }

    /// When they begin or end next.
    #[must_use]
    pub fn next_change(&self, now: Timestamp) -> Option<Timestamp> {
        self.around(now).flat_map(|(from, until)| [from, until]).filter(|at| *at > now).min()
    }

    /// Those that begin from two days before an instant to a week after it.
    fn around(&self, now: Timestamp) -> impl Iterator<Item = (Timestamp, Timestamp)> {
        let today = self.time_zone.to_datetime(now).date();
        (-2..=8).filter_map(move |days: i32| {
            let begin = today.checked_add(days.days()).ok()?;
            let end = if self.from < self.until { begin } else { begin.tomorrow().ok()? };
            let from = self.first_at(begin.to_datetime(self.from))?;
            let until = self.first_at(end.to_datetime(self.until))?;
            (self.weekdays.contains(&begin.weekday()) && from < until).then_some((from, until))
        })
    }

    /// The first instant at which the clocks show a time, or a later one where they leave it out.
    fn first_at(&self, local: DateTime) -> Option<Timestamp> {
        let ambiguous = self.time_zone.to_ambiguous_timestamp(local);
        match ambiguous.offset() {
            AmbiguousOffset::Unambiguous { .. } | AmbiguousOffset::Fold { .. } => ambiguous.compatible().ok(),
            // The instant that clocks are set at lies between the readings of it.
            AmbiguousOffset::Gap { after, .. } => {
                let before = after.to_timestamp(local).ok()?;
                self.time_zone.following(before).next().map(|transition| transition.timestamp())
            }
        }
    }
}
