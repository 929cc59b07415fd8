//! How single values are written down and read back.
//!
//! The type to know is [`Fields`]: a row that is read column by column, where every value that assay does
//! not write is an error that names its place. Nothing read is ever replaced by a default.

use std::borrow::Cow;
use std::str::FromStr;
use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::fmt::temporal::DateTimePrinter;
use rusqlite::types::{FromSql, Value};
use serde::{Deserialize, Serialize};

use super::error::{Fault, StoreError, shown};
use crate::model::{Attribute, Cell, Measure};

const PRINTER: DateTimePrinter = DateTimePrinter::new().precision(Some(6));
const TIMESTAMP_BYTES: usize = "2026-01-02T03:04:05.000006Z".len();
const DATE_BYTES: usize = "2026-01-02".len();

/// Text, or NULL.
pub(super) fn text(text: Option<&str>) -> Value {
    text.map_or(Value::Null, |text| Value::Text(text.to_owned()))
}

/// A count. One that SQLite cannot hold is written as the greatest that it can: such a count comes from a
/// guest's imagination, and a result must not be lost for it.
pub(super) fn count(count: u64) -> Value {
    Value::Integer(i64::try_from(count).unwrap_or(i64::MAX))
}

/// Whole milliseconds.
pub(super) fn millis(duration: Duration) -> Value {
    Value::Integer(i64::try_from(duration.as_millis()).unwrap_or(i64::MAX))
}

/// Whole microseconds.
pub(super) fn micros(duration: Duration) -> Value {
    Value::Integer(i64::try_from(duration.as_micros()).unwrap_or(i64::MAX))
}

/// A number; NULL for what is not one, as SQLite has it.
pub(super) fn number(number: f64) -> Value {
    if number.is_nan() { Value::Null } else { Value::Real(number) }
}

/// The columns for the number and for the text of a measure.
pub(super) fn measure(measure: Option<&Measure>) -> [Value; 2] {
    match measure {
        Some(Measure::Number(number)) if number.is_nan() => [Value::Null, text(Some("NaN"))],
        Some(Measure::Number(number)) => [Value::Real(*number), Value::Null],
        Some(Measure::Text(observed)) => [Value::Null, text(Some(observed))],
        None => [Value::Null, Value::Null],
    }
}

/// An instant to the microsecond, of one width; `None` outside the years 0 to 9999.
pub(super) fn timestamp(at: Timestamp) -> Option<String> {
    Some(PRINTER.timestamp_to_string(&at)).filter(|text| text.len() == TIMESTAMP_BYTES)
}

/// A date, of one width; `None` outside the years 0 to 9999.
pub(super) fn date(date: Date) -> Option<String> {
    Some(PRINTER.date_to_string(&date)).filter(|text| text.len() == DATE_BYTES)
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct AttributeJson<'t> {
    #[serde(borrow)]
    key: Cow<'t, str>,
    #[serde(borrow)]
    value: Cow<'t, str>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct CellJson<'t> {
    #[serde(borrow)]
    name: Cow<'t, str>,
    #[serde(borrow)]
    value: Option<Cow<'t, str>>,
}

fn json(value: &impl Serialize) -> Value {
    Value::Text(serde_json::to_string(value).expect("texts in lists and structs always serialise"))
}

/// Labels as a JSON array.
pub(super) fn tags(tags: &[String]) -> Value {
    json(&tags)
}

/// Attributes as a JSON array of objects.
pub(super) fn attributes(attributes: &[Attribute]) -> Value {
    let twins =
        attributes.iter().map(|Attribute { key, value }| AttributeJson { key: key.into(), value: value.into() });
    json(&twins.collect::<Vec<_>>())
}

/// Sample rows as a JSON array of arrays of objects: order and repeated names survive.
pub(super) fn samples(samples: &[Vec<Cell>]) -> Value {
    fn twin(Cell { name, value }: &Cell) -> CellJson<'_> {
        CellJson { name: name.into(), value: value.as_ref().map(Into::into) }
    }
    json(&samples.iter().map(|row| row.iter().map(twin).collect()).collect::<Vec<Vec<_>>>())
}

/// A row of a table, read column by column.
pub(super) struct Fields<'r, 's> {
    table: &'static str,
    row: &'r rusqlite::Row<'s>,
}

impl<'r, 's> Fields<'r, 's> {
    /// Reads `row` as one of `table`.
    pub(super) fn new(table: &'static str, row: &'r rusqlite::Row<'s>) -> Self {
        Self { table, row }
    }

    /// The error for the value of a column.
    pub(super) fn corrupt(&self, column: &'static str, expected: &'static str) -> Fault {
        let value = match self.row.get::<_, Value>(column) {
            Ok(Value::Null) => "NULL".to_owned(),
            Ok(Value::Text(text)) => shown(&text),
            Ok(other) => shown(&other),
            Err(_) => "text that is not UTF-8".to_owned(),
        };
        StoreError::CorruptValue { table: self.table, column, value, expected }.into()
    }

    fn get<T: FromSql>(&self, column: &'static str, expected: &'static str) -> Result<T, Fault> {
        self.row.get(column).map_err(|error| match error {
            rusqlite::Error::InvalidColumnName(_) => Fault::Sqlite(error),
            _ => self.corrupt(column, expected),
        })
    }

    fn parse<T>(
        &self,
        column: &'static str,
        expected: &'static str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Result<Option<T>, Fault> {
        let text: Option<String> = self.get(column, expected)?;
        text.map(|text| parse(&text).ok_or_else(|| self.corrupt(column, expected))).transpose()
    }

    fn present<T>(&self, column: &'static str, expected: &'static str, value: Option<T>) -> Result<T, Fault> {
        value.ok_or_else(|| self.corrupt(column, expected))
    }

    /// Text.
    pub(super) fn text(&self, column: &'static str) -> Result<String, Fault> {
        self.get(column, "text")
    }

    /// Text or NULL.
    pub(super) fn text_or_null(&self, column: &'static str) -> Result<Option<String>, Fault> {
        self.get(column, "text")
    }

    /// Something with a textual form.
    pub(super) fn parsed<T: FromStr>(&self, column: &'static str, expected: &'static str) -> Result<T, Fault> {
        let value = self.parsed_or_null(column, expected)?;
        self.present(column, expected, value)
    }

    /// Something with a textual form, or NULL.
    pub(super) fn parsed_or_null<T: FromStr>(
        &self,
        column: &'static str,
        expected: &'static str,
    ) -> Result<Option<T>, Fault> {
        self.parse(column, expected, |text| text.parse().ok())
    }

    /// One of `all`, found by its word.
    pub(super) fn word<T: Copy>(
        &self,
        column: &'static str,
        expected: &'static str,
        all: &[T],
        word: fn(T) -> &'static str,
    ) -> Result<T, Fault> {
        let value = self.word_or_null(column, expected, all, word)?;
        self.present(column, expected, value)
    }

    /// One of `all`, found by its word, or NULL.
    pub(super) fn word_or_null<T: Copy>(
        &self,
        column: &'static str,
        expected: &'static str,
        all: &[T],
        word: fn(T) -> &'static str,
    ) -> Result<Option<T>, Fault> {
        self.parse(column, expected, |text| all.iter().copied().find(|value| word(*value) == text))
    }

    /// A count.
    pub(super) fn count<T: TryFrom<i64>>(&self, column: &'static str) -> Result<T, Fault> {
        let value = self.count_or_null(column)?;
        self.present(column, "count", value)
    }

    /// A count or NULL.
    pub(super) fn count_or_null<T: TryFrom<i64>>(&self, column: &'static str) -> Result<Option<T>, Fault> {
        let count: Option<i64> = self.get(column, "count")?;
        count.map(|count| T::try_from(count).map_err(|_| self.corrupt(column, "count"))).transpose()
    }

    /// A number or NULL.
    pub(super) fn number_or_null(&self, column: &'static str) -> Result<Option<f64>, Fault> {
        self.get(column, "number")
    }

    /// A truth value.
    pub(super) fn truth(&self, column: &'static str) -> Result<bool, Fault> {
        match self.get::<i64>(column, "truth value")? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(self.corrupt(column, "truth value")),
        }
    }

    /// An instant.
    pub(super) fn timestamp(&self, column: &'static str) -> Result<Timestamp, Fault> {
        let value = self.timestamp_or_null(column)?;
        self.present(column, "timestamp", value)
    }

    /// An instant or NULL.
    pub(super) fn timestamp_or_null(&self, column: &'static str) -> Result<Option<Timestamp>, Fault> {
        // The text must be as it would be written: order in SQL depends on it.
        let same = |text: &str| text.parse().ok().filter(|at| timestamp(*at).as_deref() == Some(text));
        self.parse(column, "timestamp", same)
    }

    /// A date.
    pub(super) fn date(&self, column: &'static str) -> Result<Date, Fault> {
        let same = |text: &str| text.parse().ok().filter(|day| date(*day).as_deref() == Some(text));
        let value = self.parse(column, "date", same)?;
        self.present(column, "date", value)
    }

    /// A measure from its two columns.
    pub(super) fn measure(&self, number: &'static str, text: &'static str) -> Result<Option<Measure>, Fault> {
        match (self.number_or_null(number)?, self.text_or_null(text)?) {
            (Some(number), None) => Ok(Some(Measure::Number(number))),
            (None, Some(text)) => Ok(Some(Measure::Text(text))),
            (None, None) => Ok(None),
            (Some(_), Some(_)) => Err(self.corrupt(text, "NULL beside a number")),
        }
    }

    /// Labels.
    pub(super) fn tags(&self, column: &'static str) -> Result<Vec<String>, Fault> {
        let expected = "JSON array of strings";
        let tags = self.parse(column, expected, |text| serde_json::from_str(text).ok())?;
        self.present(column, expected, tags)
    }

    /// Attributes.
    pub(super) fn attributes(&self, column: &'static str) -> Result<Vec<Attribute>, Fault> {
        let expected = "JSON array of attributes";
        let attributes = self.parse(column, expected, |text| {
            let twins: Vec<AttributeJson<'_>> = serde_json::from_str(text).ok()?;
            let back =
                |twin: AttributeJson<'_>| Attribute { key: twin.key.into_owned(), value: twin.value.into_owned() };
            Some(twins.into_iter().map(back).collect())
        })?;
        self.present(column, expected, attributes)
    }

    /// Sample rows.
    pub(super) fn samples(&self, column: &'static str) -> Result<Vec<Vec<Cell>>, Fault> {
        let expected = "JSON array of rows";
        let samples = self.parse(column, expected, |text| {
            let twins: Vec<Vec<CellJson<'_>>> = serde_json::from_str(text).ok()?;
            let back =
                |twin: CellJson<'_>| Cell { name: twin.name.into_owned(), value: twin.value.map(Cow::into_owned) };
            Some(twins.into_iter().map(|row| row.into_iter().map(back).collect()).collect())
        })?;
        self.present(column, expected, samples)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rusqlite::Connection;

    #[test]
    fn instants_are_of_one_width_and_cut_to_the_microsecond() {
        let at = |text: &str| timestamp(text.parse().unwrap());
        assert_eq!(at("2026-01-02T03:04:05Z").as_deref(), Some("2026-01-02T03:04:05.000000Z"));
        assert_eq!(at("2026-01-02T03:04:05.1234569+00:00").as_deref(), Some("2026-01-02T03:04:05.123456Z"));
        assert_eq!(timestamp(Timestamp::MIN), None, "years before 0 would not sort");
        assert_eq!(date(jiff::civil::date(-1, 1, 1)), None);
    }

    /// Reads the value that an SQL expression gives.
    fn read<T>(expression: &str, read: impl FnOnce(&Fields<'_, '_>) -> Result<T, Fault>) -> Result<T, String> {
        let conn = Connection::open_in_memory().unwrap();
        let mut statement = conn.prepare(&format!("SELECT {expression} AS x, NULL AS y, 'b' AS z")).unwrap();
        let mut rows = statement.query(()).unwrap();
        let row = rows.next().unwrap().unwrap();
        read(&Fields::new("t", row)).map_err(|fault| fault.at(std::path::Path::new("db")).to_string())
    }

    #[test]
    fn what_assay_does_not_write_is_an_error_that_names_its_place() {
        fn error<T>(text: &str) -> Result<T, String> {
            Err(text.to_owned())
        }
        assert_eq!(read("NULL", |f| f.text("x")), error("t.x holds NULL, which is not a text"));
        assert_eq!(read("x'ff'", |f| f.text_or_null("x")), error("t.x holds Blob([255]), which is not a text"));
        assert_eq!(read("-1", |f| f.count::<u64>("x")), error("t.x holds Integer(-1), which is not a count"));
        assert_eq!(
            read("4294967296", |f| f.count::<u32>("x")),
            error("t.x holds Integer(4294967296), which is not a count")
        );
        assert_eq!(read("2", |f| f.truth("x")), error("t.x holds Integer(2), which is not a truth value"));
        for text in [
            "'2026-01-02'",
            "'2026-01-02T03:04:05Z'",
            "'2026-01-02T03:04:05.000000+00'",
            "'2026-13-02T03:04:05.000000Z'",
        ] {
            assert!(read(text, |f| f.timestamp("x")).unwrap_err().ends_with("is not a timestamp"), "{text}");
        }
        assert!(read("'2026-02-30'", |f| f.date("x")).unwrap_err().ends_with("is not a date"));
        let json = r#"'[{"key":"a","value":"b","more":1}]'"#;
        assert!(read(json, |f| f.attributes("x")).unwrap_err().ends_with("is not a JSON array of attributes"));
        assert!(read("1.5", |f| f.measure("x", "z")).unwrap_err().contains("t.z holds \"b\""));
        let all = &crate::model::Severity::ALL;
        let severity = read("'dire'", |f| f.word("x", "severity", all, crate::model::Severity::as_str));
        assert_eq!(severity, error("t.x holds \"dire\", which is not a severity"));
    }

    #[test]
    fn what_is_not_a_number_and_what_is_too_great_is_kept_as_well_as_can_be() {
        assert_eq!(measure(Some(&Measure::Number(f64::NAN))), [Value::Null, Value::Text("NaN".to_owned())]);
        assert_eq!(measure(Some(&Measure::Number(f64::INFINITY))), [Value::Real(f64::INFINITY), Value::Null]);
        assert_eq!((number(f64::NAN), count(u64::MAX)), (Value::Null, Value::Integer(i64::MAX)));
        assert_eq!(read("9e999", |f| f.measure("x", "y")), Ok(Some(Measure::Number(f64::INFINITY))));
    }
}
