//! Named ranges of days.

use jiff::civil::{Date, date};

/// A range of league days with a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Profile {
    /// Seven days.
    Week,
    /// Sixty-two days in mid-season.
    Small,
    /// A season with the weeks before and after it.
    Season,
    /// Ten seasons and the summers between them.
    TenSeasons,
}

impl Profile {
    /// All of them, the shortest first.
    pub const ALL: [Self; 4] = [Self::Week, Self::Small, Self::Season, Self::TenSeasons];

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Week => "week",
            Self::Small => "small",
            Self::Season => "season",
            Self::TenSeasons => "ten-seasons",
        }
    }

    /// The profile of a name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|profile| profile.name() == name)
    }

    /// First and last day.
    #[must_use]
    pub fn days(self) -> (Date, Date) {
        match self {
            Self::Week => (date(2026, 1, 28), date(2026, 2, 3)),
            Self::Small => (date(2025, 12, 1), date(2026, 1, 31)),
            Self::Season => (date(2025, 9, 25), date(2026, 8, 31)),
            Self::TenSeasons => (date(2016, 9, 25), date(2026, 8, 31)),
        }
    }
}
