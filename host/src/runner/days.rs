//! The days of a calendar, from a file or from a query.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::str::FromStr as _;

use jiff::ToSpan as _;
use jiff::civil::{Date, date};

use crate::capability::{Grant, Grants, QueryCapability};
use crate::clock;
use crate::config::{CalendarConfig, CalendarQuery};
use crate::model::{Batch, CalendarName, LimitName, Limits, Problem, SourceName, Values};
use crate::schedule::{Calendar, InvalidCalendar, InvalidSpan, Span};
use crate::source::TablePattern;

use super::host::Host;

/// Why the days of a calendar are not known.
#[derive(Debug, thiserror::Error)]
pub enum DaysError {
    /// The file cannot be read.
    #[error("the days of the calendar cannot be read")]
    File(#[from] std::io::Error),
    /// A line of the file is neither a day nor a range of days.
    #[error("line {line} of {path}: {source}")]
    Line {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What is wrong with it.
        #[source]
        source: InvalidSpan,
    },
    /// The source cannot be opened.
    #[error("source `{0}` cannot be opened")]
    Source(SourceName),
    /// The query is not answered.
    #[error(transparent)]
    Query(#[from] Problem),
    /// The query answers with something else than one column of dates without nulls.
    #[error("the query of a calendar returns one column of DATE, and no null")]
    NotDates,
    /// There is not one day.
    #[error("the calendar has no day")]
    Empty,
    /// The days contradict each other.
    #[error(transparent)]
    Invalid(#[from] InvalidCalendar),
}

impl Host {
    /// The days of a calendar: those that are written out, those of its file and those of its query together.
    ///
    /// # Errors
    /// [`DaysError`]. A calendar that is read and has no day is one: more likely its file or table is empty than that
    /// there is nothing to do for ever.
    ///
    /// # Cancel safety
    /// Dropping the future ends the query.
    pub async fn calendar(&self, config: &CalendarConfig) -> Result<Calendar, DaysError> {
        let mut active = config.active.clone();
        if let Some(path) = &config.file {
            active.extend(lines(path, &fs_err::read_to_string(path)?)?);
        }
        if let Some(query) = &config.query {
            active.extend(self.days(query).await?.into_iter().map(|day| Span { from: day, to: day }));
        }
        if active.is_empty() && (config.file.is_some() || config.query.is_some()) {
            return Err(DaysError::Empty);
        }
        Ok(Calendar::new(config.name.clone(), active, config.blackout.clone())?)
    }

    /// The days of every calendar, as far as they can be had. A calendar whose days are not known is left out: its schedules
    /// are then due on every day, for what is not known must not read as a day off.
    ///
    /// # Cancel safety
    /// Dropping the future ends the query.
    pub async fn calendars(&self) -> (BTreeMap<CalendarName, Calendar>, Vec<(CalendarName, DaysError)>) {
        let mut known = BTreeMap::new();
        let mut unknown = Vec::new();
        for calendar in &self.config.calendars {
            match self.calendar(calendar).await {
                Ok(days) => drop(known.insert(calendar.name.clone(), days)),
                Err(error) => unknown.push((calendar.name.clone(), error)),
            }
        }
        (known, unknown)
    }

    async fn days(&self, query: &CalendarQuery) -> Result<Vec<Date>, DaysError> {
        let (_, handle) = (self.sources())
            .find(|(name, _)| **name == query.source)
            .ok_or_else(|| DaysError::Source(query.source.clone()))?;
        let handle = handle.map_err(|problem| DaysError::Query(problem.clone()))?.clone();
        // The operator's own statement: every table, within the limits of any check.
        let tables = TablePattern::from_str("**").into_iter().collect();
        let grants = Grants::new(vec![Grant { name: query.source.clone(), handle, tables }]);
        let limits = Limits::resolve(&self.config.host.ceilings, &[]);
        let deadline = clock::monotonic() + limits.duration(LimitName::Deadline);
        let mut capability = QueryCapability::new(grants, limits, deadline).at(self.clock.now());
        let mut cursor = capability.open(query.source.to_string(), query.sql.clone(), Vec::new()).await?;
        let mut days = Vec::new();
        while let Some(batch) = capability.next(&mut cursor, u32::MAX).await? {
            days.extend(dates(&batch).ok_or(DaysError::NotDates)?);
        }
        Ok(days)
    }
}

fn lines(path: &Path, text: &str) -> Result<Vec<Span>, DaysError> {
    let written = text.lines().enumerate().map(|(index, line)| (index + 1, line.trim()));
    let spans = written
        .filter(|(_, line)| !line.is_empty() && !line.starts_with('#'))
        .map(|(line, text)| text.parse().map_err(|source| DaysError::Line { path: path.to_owned(), line, source }));
    spans.collect()
}

/// The dates of a batch of one column of them; `None` for anything else.
fn dates(batch: &Batch) -> Option<Vec<Date>> {
    let [column] = batch.columns.as_slice() else { return None };
    let Values::Days(days) = &column.values else { return None };
    let rows = usize::try_from(batch.rows).ok()?;
    let present = |row: usize| {
        column.validity.is_empty() || column.validity.get(row / 8).is_some_and(|bits| bits >> (row % 8) & 1 == 1)
    };
    if !(0..rows).all(present) {
        return None;
    }
    days.iter().take(rows).map(|day| date(1970, 1, 1).checked_add((*day).days()).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Column;

    #[test]
    fn a_file_has_days_and_ranges_and_says_which_line_is_neither() {
        let spans = lines(Path::new("days.txt"), "# season\n2025-10-21\n\n 2025-12-01..2025-12-03 \n").unwrap();
        let day = |text: &str| text.parse().unwrap();
        assert_eq!(
            spans,
            [
                Span { from: day("2025-10-21"), to: day("2025-10-21") },
                Span { from: day("2025-12-01"), to: day("2025-12-03") }
            ]
        );
        let error = lines(Path::new("days.txt"), "2025-10-21\nsoon\n").unwrap_err().to_string();
        assert!(error.starts_with("line 2 of days.txt"), "{error}");
    }

    #[test]
    fn only_dates_without_nulls_are_days() {
        let batch =
            |values, validity: &[u8]| Batch { rows: 2, columns: vec![Column { validity: validity.into(), values }] };
        let days = dates(&batch(Values::Days(vec![0, 20_000]), &[])).unwrap();
        assert_eq!(days, [date(1970, 1, 1), date(2024, 10, 4)]);
        assert_eq!(dates(&batch(Values::Days(vec![0, 1]), &[0b01])), None, "a null");
        assert_eq!(dates(&batch(Values::Int64(vec![0, 1]), &[])), None, "no dates");
    }
}
