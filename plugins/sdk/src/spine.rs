//! The days that should be there.

use std::fmt;

use jiff::civil::{Date, Weekday};

use crate::error::Error;

/// Every day of a window, or every given weekday in it.
///
/// ```
/// use assay_sdk::{Date, DateSpine};
///
/// let day = |day| Date::new(2026, 1, day).unwrap();
/// let spine = DateSpine::new(day(17), day(24))?;
/// let missing = spine.missing([17, 21, 22, 23].map(day));
/// assert_eq!(missing, [18, 19, 20, 24].map(day));
/// assert_eq!(spine.spans(&missing), "2026-01-18..2026-01-20, 2026-01-24");
/// # Ok::<(), assay_sdk::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DateSpine {
    start: Date,
    end: Date,
    /// One bit a weekday, the lowest for Monday.
    weekdays: u8,
}

/// Days without a day of the spine between them. As text `2026-01-18..2026-01-20`, or the day itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DaySpan {
    /// First day.
    pub first: Date,
    /// Last day.
    pub last: Date,
}

impl fmt::Display for DaySpan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { first, last } = self;
        if first == last { write!(f, "{first}") } else { write!(f, "{first}..{last}") }
    }
}

impl DateSpine {
    /// Every day from the first to the last, both included.
    ///
    /// # Errors
    /// When the last lies before the first: no day at all is nothing to rely on.
    pub fn new(start: Date, end: Date) -> Result<Self, Error> {
        if start > end {
            return Err(Error::new(format!("there is no day from {start} to {end}")));
        }
        Ok(Self::ordered(start, end))
    }

    /// For days that are known to be in order.
    pub(crate) fn ordered(start: Date, end: Date) -> Self {
        Self { start, end, weekdays: 0x7f }
    }

    /// Only these weekdays. Friday and the Monday after it are then adjacent, if no day between them is among them.
    ///
    /// ```
    /// use assay_sdk::{Date, DateSpine, Weekday};
    ///
    /// let day = |day| Date::new(2026, 1, day).unwrap();
    /// use Weekday::{Friday, Monday, Thursday, Tuesday, Wednesday};
    /// let spine = DateSpine::new(day(1), day(12))?.weekdays([Monday, Tuesday, Wednesday, Thursday, Friday])?;
    /// assert_eq!(spine.spans(&[day(9), day(12)]), "2026-01-09..2026-01-12");
    /// # Ok::<(), assay_sdk::Error>(())
    /// ```
    ///
    /// # Errors
    /// When no day of the window is one of them.
    pub fn weekdays(mut self, weekdays: impl IntoIterator<Item = Weekday>) -> Result<Self, Error> {
        self.weekdays = weekdays.into_iter().fold(0, |bits, weekday| bits | bit(weekday));
        match self.iter().next() {
            Some(_) => Ok(self),
            None => Err(Error::new(format!("none of the weekdays lies between {} and {}", self.start, self.end))),
        }
    }

    /// First day of the window.
    #[must_use]
    pub fn start(&self) -> Date {
        self.start
    }

    /// Last day of the window.
    #[must_use]
    pub fn end(&self) -> Date {
        self.end
    }

    /// Whether a day is one of them.
    #[must_use]
    pub fn contains(&self, day: Date) -> bool {
        (self.start..=self.end).contains(&day) && self.is_counted(day)
    }

    /// The days in order.
    #[must_use]
    pub fn iter(&self) -> Days {
        Days { spine: *self, next: Some(self.start) }
    }

    /// How many days there are; at least one.
    #[must_use]
    pub fn count(&self) -> usize {
        self.iter().count()
    }

    /// The days that are not among those seen, in order.
    #[must_use]
    pub fn missing(&self, seen: impl IntoIterator<Item = Date>) -> Vec<Date> {
        let seen = ordered(seen);
        self.iter().filter(|day| seen.binary_search(day).is_err()).collect()
    }

    /// Days as text, adjacent ones as one span: `2026-01-18..2026-01-20, 2026-01-24`. In any order, each once.
    #[must_use]
    pub fn spans(&self, days: &[Date]) -> String {
        let spans: Vec<_> = self.runs(days).iter().map(ToString::to_string).collect();
        spans.join(", ")
    }

    /// Days as spans, in order. No day is left out, also none that the spine has not.
    #[must_use]
    pub fn runs(&self, days: &[Date]) -> Vec<DaySpan> {
        let mut runs: Vec<DaySpan> = Vec::new();
        for day in ordered(days.iter().copied()) {
            match runs.last_mut() {
                Some(run) if self.are_adjacent(run.last, day) => run.last = day,
                _ => runs.push(DaySpan { first: day, last: day }),
            }
        }
        runs
    }

    /// The span of some days that a day lies in; none when it is not among them.
    #[must_use]
    pub fn around(&self, day: Date, days: &[Date]) -> Option<DaySpan> {
        let is_among = days.contains(&day);
        self.runs(days).into_iter().find(|run| is_among && (run.first..=run.last).contains(&day))
    }

    /// Whether a day comes after another without a counted day between them.
    fn are_adjacent(&self, day: Date, later: Date) -> bool {
        let mut between = std::iter::successors(day.tomorrow().ok(), |day| day.tomorrow().ok());
        // The first counted day after it is at most a week away, if there is any.
        between.by_ref().take(7).find(|next| *next >= later || self.is_counted(*next)) == Some(later)
    }

    fn is_counted(&self, day: Date) -> bool {
        self.weekdays & bit(day.weekday()) != 0
    }
}

/// The days of a spine, in order.
#[derive(Debug, Clone)]
pub struct Days {
    spine: DateSpine,
    next: Option<Date>,
}

impl Iterator for Days {
    type Item = Date;

    fn next(&mut self) -> Option<Date> {
        loop {
            let day = self.next.filter(|day| *day <= self.spine.end)?;
            self.next = day.tomorrow().ok();
            if self.spine.is_counted(day) {
                return Some(day);
            }
        }
    }
}

impl IntoIterator for DateSpine {
    type Item = Date;
    type IntoIter = Days;

    fn into_iter(self) -> Days {
        self.iter()
    }
}

/// Each day once, in order. Mostly they are so already; a sort of the library's would be more code than all of this.
fn ordered(days: impl IntoIterator<Item = Date>) -> Vec<Date> {
    let mut ordered = Vec::new();
    for day in days {
        if let Err(place) = ordered.binary_search(&day) {
            ordered.insert(place, day);
        }
    }
    ordered
}

fn bit(weekday: Weekday) -> u8 {
    1 << weekday.to_monday_zero_offset()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn days(text: &[&str]) -> Vec<Date> {
        text.iter().map(|day| day.parse().unwrap()).collect()
    }

    fn spine(start: &str, end: &str) -> DateSpine {
        DateSpine::new(start.parse().unwrap(), end.parse().unwrap()).unwrap()
    }

    #[test]
    fn consecutive_days_are_one_span() {
        let spine = spine("2026-01-01", "2026-02-28");
        let gap = days(&["2026-01-30", "2026-01-31", "2026-02-01", "2026-02-05"]);
        assert_eq!(spine.spans(&gap), "2026-01-30..2026-02-01, 2026-02-05");
        assert_eq!(spine.spans(&[]), "");
        let around = |day: Date, gap: &[Date]| spine.around(day, gap).map(|span| span.to_string());
        assert_eq!(around(gap[1], &gap).as_deref(), Some("2026-01-30..2026-02-01"));
        assert_eq!(around(gap[3], &gap).as_deref(), Some("2026-02-05"));
        assert_eq!(around(gap[3], &gap[..3]), None);
    }

    #[test]
    fn days_in_any_order_and_outside_of_the_window_are_told() {
        let spine = spine("2026-01-01", "2026-01-05");
        let some = days(&["2026-01-09", "2026-01-06", "2026-01-05", "2026-01-05"]);
        assert_eq!(spine.spans(&some), "2026-01-05..2026-01-06, 2026-01-09");
    }

    #[test]
    fn weekends_do_not_part_what_has_none() {
        let weekdays = [Weekday::Monday, Weekday::Tuesday, Weekday::Wednesday, Weekday::Thursday, Weekday::Friday];
        let spine = spine("2026-01-01", "2026-01-31").weekdays(weekdays).unwrap();
        assert_eq!(spine.count(), 22);
        assert!(!spine.contains("2026-01-03".parse().unwrap()) && spine.contains("2026-01-05".parse().unwrap()));
        let gap = days(&["2026-01-08", "2026-01-09", "2026-01-12", "2026-01-14"]);
        assert_eq!(spine.spans(&gap), "2026-01-08..2026-01-12, 2026-01-14");
        // A Saturday is no day of the spine: told, on its own or within a span.
        assert_eq!(
            spine.spans(&days(&["2026-01-09", "2026-01-10", "2026-01-13"])),
            "2026-01-09..2026-01-10, 2026-01-13"
        );
    }

    #[test]
    fn one_weekday_is_adjacent_to_itself_a_week_later() {
        let spine = spine("2026-01-01", "2026-01-31").weekdays([Weekday::Sunday]).unwrap();
        assert_eq!(
            spine.spans(&days(&["2026-01-04", "2026-01-11", "2026-01-25"])),
            "2026-01-04..2026-01-11, 2026-01-25"
        );
    }

    #[test]
    fn a_window_without_a_day_is_an_error() {
        let day: Date = "2026-01-03".parse().unwrap();
        assert!(DateSpine::new(day, day.yesterday().unwrap()).is_err());
        let saturday = DateSpine::new(day, day).unwrap();
        assert!(saturday.weekdays([Weekday::Monday]).is_err());
        assert_eq!(saturday.iter().collect::<Vec<_>>(), [day]);
    }

    #[test]
    fn the_calendar_has_an_end() {
        let spine = DateSpine::new(Date::MAX.yesterday().unwrap(), Date::MAX).unwrap();
        assert_eq!(spine.count(), 2);
        assert_eq!(spine.missing([Date::MAX]), [Date::MAX.yesterday().unwrap()]);
        assert_eq!(spine.spans(&[Date::MAX]), "9999-12-31");
    }
}
