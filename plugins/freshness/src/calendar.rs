//! The days on which data is due.

use assay_sdk::{Context, Date, DateSpine, DaySpan, Error, Timestamp, Weekday, query};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::Settings;

/// How many days before the target date a calendar is asked about, at least: the longest break there may be.
const CALENDAR_DAYS: u32 = 400;

/// A day of the week.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub enum Day {
    /// Monday
    Mon,
    /// Tuesday
    Tue,
    /// Wednesday
    Wed,
    /// Thursday
    Thu,
    /// Friday
    Fri,
    /// Saturday
    Sat,
    /// Sunday
    Sun,
}

impl From<Day> for Weekday {
    fn from(day: Day) -> Self {
        match day {
            Day::Mon => Self::Monday,
            Day::Tue => Self::Tuesday,
            Day::Wed => Self::Wednesday,
            Day::Thu => Self::Thursday,
            Day::Fri => Self::Friday,
            Day::Sat => Self::Saturday,
            Day::Sun => Self::Sunday,
        }
    }
}

/// Where the due days come from.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Calendar<'a> {
    /// A query of the operator's.
    Sql(&'a str),
    /// The same days every week.
    Weekdays(&'a [Day]),
}

/// The due days after the newest value, up to the target date.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Missed {
    pub(crate) days: u32,
    /// From the first to the last of them.
    pub(crate) span: Option<DaySpan>,
}

impl<'a> Calendar<'a> {
    /// The calendar of the settings, if they have one.
    pub(crate) fn of(settings: &'a Settings) -> Option<Self> {
        let Settings { calendar_sql, weekdays, .. } = settings;
        calendar_sql.as_deref().map(Self::Sql).or(weekdays.as_deref().map(Self::Weekdays))
    }

    /// The due days that have gone by since a day.
    ///
    /// # Errors
    /// When nobody knows.
    pub(crate) fn missed_since(self, context: &Context, source: &str, newest: Date) -> Result<Missed, Error> {
        let target = context.target_date();
        let missed = match self {
            Self::Sql(sql) => asked(context, source, sql, newest)?,
            Self::Weekdays(days) => weekdays(days, newest, target),
        };
        let span = missed.first().zip(missed.last()).map(|(first, last)| DaySpan { first: *first, last: *last });
        Ok(Missed { days: u32::try_from(missed.len()).unwrap_or(u32::MAX), span })
    }
}

/// The due days of a calendar after a day, in order. The calendar is asked about a year and more, since an answer
/// without any day means that nobody knows, not that nothing is due.
fn asked(context: &Context, source: &str, sql: &str, newest: Date) -> Result<Vec<Date>, Error> {
    let (before, target) = context.last_days(CALENDAR_DAYS);
    let start = before.min(newest);
    let within = |error: Error| Error::new(format!("`calendar_sql`: {error}"));
    let rows =
        query(source, sql).about(context).bind_if_named("start", start).bind_if_named("end", target).fetch_whole()?;
    let mut due = rows.iter().map(|row| row.get("day").map_err(within)).collect::<Result<Vec<Date>, _>>()?;
    due.retain(|day| (start..=target).contains(day));
    due.sort_unstable();
    if let Some([day, ..]) = due.windows(2).find(|days| days.first() == days.last()) {
        return Err(within(Error::new(format!("{day} comes twice"))));
    }
    if due.is_empty() {
        return Err(Error::new(format!("`calendar_sql` returns no day of {start}..{target}")));
    }
    due.retain(|day| *day > newest);
    Ok(due)
}

/// The days after a day up to the target date that are among some days of the week. There may be none.
fn weekdays(days: &[Day], newest: Date, target: Date) -> Vec<Date> {
    let among = days.iter().map(|day| Weekday::from(*day));
    // The only thing that can be wrong with either is that there is no such day.
    let spine = newest.tomorrow().ok().and_then(|first| DateSpine::new(first, target).ok());
    spine.and_then(|spine| spine.weekdays(among).ok()).map_or_else(Vec::new, |spine| spine.iter().collect())
}

/// The day of an instant in the time zone of the schedule.
///
/// # Errors
/// When the source cannot say.
pub(crate) fn local_day(context: &Context, source: &str, instant: Timestamp) -> Result<Date, Error> {
    let statement = query(source, "SELECT DATE(@instant, @time_zone) AS day").bind("instant", instant);
    statement.bind("time_zone", context.time_zone()).fetch()?.only_row()?.get("day")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Date {
        text.parse().unwrap()
    }

    #[test]
    fn only_days_of_the_week_that_have_come_since_are_missed() {
        let business = [Day::Mon, Day::Tue, Day::Wed, Day::Thu, Day::Fri];
        for (newest, target, missed) in [
            ("2026-01-30", "2026-02-01", 0),
            ("2026-01-30", "2026-02-02", 1),
            ("2026-01-29", "2026-02-02", 2),
            ("2026-01-23", "2026-01-30", 5),
            ("2026-02-03", "2026-02-02", 0),
            ("9999-12-31", "2026-02-02", 0),
        ] {
            assert_eq!(weekdays(&business, day(newest), day(target)).len(), missed, "{newest} {target}");
        }
    }
}
