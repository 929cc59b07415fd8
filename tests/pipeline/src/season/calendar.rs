//! Which phase of the season a day belongs to.

use jiff::civil::{Date, Weekday, date};
use jiff::{Span, ToSpan as _};

/// Phase of a season.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Trial games, processed like all others.
    Preseason,
    /// The 1,230 games.
    Regular,
    /// The break with the exhibition, which no part of the pipeline expects.
    AllStar,
    /// Games for the last places in the play-offs.
    PlayIn,
    /// Series of up to seven games.
    Playoff,
    /// No games.
    Offseason,
}

impl Phase {
    /// The word in the tables.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Preseason => "preseason",
            Self::Regular => "regular",
            Self::AllStar => "all_star",
            Self::PlayIn => "playin",
            Self::Playoff => "playoff",
            Self::Offseason => "offseason",
        }
    }
}

/// The days of one season, from September to August.
#[derive(Debug, Clone, Copy)]
pub struct Calendar {
    /// Year in which it begins.
    pub year: i16,
    /// First day of the regular season, a Tuesday.
    pub opening: Date,
}

impl Calendar {
    /// The season that begins in a year.
    ///
    /// # Panics
    /// Never: every October has a third Tuesday.
    #[must_use]
    pub fn of_year(year: i16) -> Self {
        let opening = date(year, 10, 1).nth_weekday_of_month(3, Weekday::Tuesday).expect("a third Tuesday");
        Self { year, opening }
    }

    /// The season a day belongs to.
    #[must_use]
    pub fn of(day: Date) -> Self {
        Self::of_year(if day.month() >= 9 { day.year() } else { day.year() - 1 })
    }

    /// Its name, such as `2025-26`.
    #[must_use]
    pub fn name(&self) -> String {
        format!("{}-{:02}", self.year, (self.year + 1).rem_euclid(100))
    }

    /// September 1.
    #[must_use]
    pub fn first_day(&self) -> Date {
        date(self.year, 9, 1)
    }

    /// August 31.
    #[must_use]
    pub fn last_day(&self) -> Date {
        date(self.year + 1, 8, 31)
    }

    /// A day so many days after the opening.
    pub(crate) fn day(&self, number: i64) -> Date {
        self.opening.saturating_add(Span::new().days(number))
    }

    /// The phase of a day.
    #[must_use]
    pub fn phase(&self, day: Date) -> Phase {
        match (day - self.opening).get_days() {
            -19..=-1 => Phase::Preseason,
            115..=120 => Phase::AllStar,
            0..=173 => Phase::Regular,
            174..=178 => Phase::PlayIn,
            179..=240 => Phase::Playoff,
            _ => Phase::Offseason,
        }
    }

    /// The day of the exhibition.
    #[must_use]
    pub fn exhibition(&self) -> Date {
        self.day(117)
    }

    /// Days of the regular season that have games: all but Thanksgiving, December 24 and the break.
    pub(crate) fn regular_days(&self) -> Vec<Date> {
        let thanksgiving =
            date(self.year, 11, 1).nth_weekday_of_month(4, Weekday::Thursday).expect("a fourth Thursday");
        let rests = [thanksgiving, date(self.year, 12, 24)];
        self.opening
            .series(1.day())
            .take(174)
            .filter(|day| self.phase(*day) == Phase::Regular && !rests.contains(day))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_season_of_2025_has_the_days_it_is_known_by() {
        let calendar = Calendar::of(date(2026, 8, 31));
        assert_eq!(calendar.name(), "2025-26");
        assert_eq!(calendar.opening, date(2025, 10, 21));
        assert_eq!(calendar.exhibition(), date(2026, 2, 15));
        let phases = [
            (date(2025, 10, 1), Phase::Offseason),
            (date(2025, 10, 2), Phase::Preseason),
            (date(2026, 2, 13), Phase::AllStar),
            (date(2026, 2, 19), Phase::Regular),
            (date(2026, 4, 12), Phase::Regular),
            (date(2026, 4, 14), Phase::PlayIn),
            (date(2026, 4, 18), Phase::Playoff),
            (date(2026, 6, 18), Phase::Playoff),
            (date(2026, 6, 19), Phase::Offseason),
        ];
        for (day, phase) in phases {
            assert_eq!(calendar.phase(day), phase, "{day}");
        }
        assert_eq!(calendar.regular_days().len(), 166);
        assert!(!calendar.regular_days().contains(&date(2025, 11, 27)));
    }
}
