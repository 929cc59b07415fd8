//! What is due, day by day.

use std::collections::BTreeMap;

use assay_sdk::{Cell, Context, Date, Error, Row, query};

use crate::settings::Settings;

/// The days that are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Window {
    /// First day.
    pub(crate) start: Date,
    /// Last day: the last that is due by now.
    pub(crate) end: Date,
    /// First day of the lookback.
    pub(crate) recent: Date,
}

impl Window {
    /// The days up to the target date, without those that are not due yet.
    pub(crate) fn new(context: &Context, settings: &Settings) -> Self {
        let (start, _) = context.last_days(settings.horizon_days);
        let (recent, _) = context.last_days(settings.lookback_days);
        let (end, _) = context.last_days(settings.settle_days + 1);
        Self { start, end, recent }
    }

    /// Whether a day is looked at.
    pub(crate) fn contains(&self, day: Date) -> bool {
        (self.start..=self.end).contains(&day)
    }
}

/// What is due on a day: the rows expected for each key. The only key of a calendar without keys is the empty one.
pub(crate) type Due = BTreeMap<String, f64>;

/// What is due on which day. A day on which nothing is due is not among them.
#[derive(Debug)]
pub(crate) struct Calendar {
    /// Days in order, with what is due.
    pub(crate) days: BTreeMap<Date, Due>,
    /// Whether the calendar tells keys apart.
    pub(crate) has_keys: bool,
}

impl Calendar {
    /// Asks the operator's calendar. No day at all is not "nothing to do": nobody knows then what should be there.
    ///
    /// # Errors
    /// When the calendar cannot be had, contradicts itself, or expects nothing on any day.
    pub(crate) fn ask(context: &Context, source: &str, settings: &Settings, window: Window) -> Result<Self, Error> {
        let rows = query(source, &settings.expected_sql)
            .about(context)
            .bind_if_named("start", window.start)
            .bind_if_named("end", window.end)
            .fetch_whole()?;
        let column = |name| has(rows.first(), &settings.expected_sql, name).map_err(|error| within(&error));
        let (has_keys, has_expected) = (column("key")?, column("expected")?);
        let mut calendar = Self { days: BTreeMap::new(), has_keys };
        for row in &rows {
            let day: Date = row.get("day").map_err(|error| within(&error))?;
            let key = if has_keys { key(row).map_err(|error| within(&error))? } else { Some(String::new()) };
            let key = key.ok_or_else(|| within(&Error::new(format!("a `key` of {day} is null"))))?;
            let expected = if has_expected { expected(row, day).map_err(|error| within(&error))? } else { 1.0 };
            // A day outside the window is not looked at, and would look empty.
            if window.contains(day) && calendar.days.entry(day).or_default().insert(key.clone(), expected).is_some() {
                return Err(within(&Error::new(format!("{} comes twice", unit_name(day, &key)))));
            }
        }
        calendar.days.values_mut().for_each(|due| due.retain(|_, expected| *expected > 0.0));
        calendar.days.retain(|_, due| !due.is_empty());
        if calendar.days.is_empty() {
            let Window { start, end, .. } = window;
            return Err(Error::new(format!("`expected_sql` expects nothing on any day of {start}..{end}")));
        }
        Ok(calendar)
    }

    /// The last day on which something is due.
    pub(crate) fn last_day(&self) -> Option<Date> {
        self.days.last_key_value().map(|(day, _)| *day)
    }
}

fn within(error: &Error) -> Error {
    Error::new(format!("`expected_sql`: {error}"))
}

fn expected(row: &Row, day: Date) -> Result<f64, Error> {
    let expected: f64 = row.get("expected")?;
    if (0.0..=1e15).contains(&expected) {
        Ok(expected)
    } else {
        Err(Error::new(format!("{expected} rows are no number of rows to expect on {day}")))
    }
}

/// A unit for a person.
pub(crate) fn unit_name(day: Date, key: &str) -> String {
    if key.is_empty() { day.to_string() } else { format!("`{key}` on {day}") }
}

/// Whether the answer to a statement has a column that it need not have. One that the statement names must be there:
/// without it everything would be judged by less than was asked for.
///
/// # Errors
/// When it is not.
pub(crate) fn has(row: Option<&Row>, statement: &str, column: &str) -> Result<bool, Error> {
    let Some(row) = row else { return Ok(false) };
    // That there is no such column is the only thing that can be wrong with a cell of any type.
    match row.cell(column) {
        Ok(_) => Ok(true),
        Err(error) if speaks_of(statement, column) => Err(error),
        Err(_) => Ok(false),
    }
}

/// Whether a statement has a word in it.
fn speaks_of(statement: &str, word: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    statement.split(|c| !is_part(c)).any(|part| part.eq_ignore_ascii_case(word))
}

/// The column `key` of an answer: a text, or a whole number as text. None for null.
///
/// # Errors
/// When it is of another type.
pub(crate) fn key(row: &Row) -> Result<Option<String>, Error> {
    let cell = row.cell("key")?;
    match cell {
        Cell::Null => Ok(None),
        Cell::Text(_) | Cell::Int64(_) => Ok(cell.text()),
        _ => Err(Error::new("column `key` holds neither a text nor a whole number")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_statement_speaks_of_whole_words() {
        for (statement, speaks) in [
            ("SELECT day, n AS expected FROM t", true),
            ("SELECT day, `Expected` FROM t", true),
            ("SELECT day FROM expected_output", false),
            ("SELECT * FROM t", false),
        ] {
            assert_eq!(speaks_of(statement, "expected"), speaks, "{statement}");
        }
    }
}
