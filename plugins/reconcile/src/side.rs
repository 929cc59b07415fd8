//! One of the two answers.

use std::fmt;

use assay_sdk::{Cell, Context, Date, Error, Row, query};

use crate::settings::Settings;

/// What tells the rows of an answer apart. The rows of an answer without `key` and `day` are all of one key, so that
/// there may be only one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Key {
    pub(crate) name: Option<Name>,
    pub(crate) day: Option<Date>,
}

/// The value of `key`. A number and a text that reads like it are not the same.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Name {
    Number(i64),
    Day(Date),
    Text(String),
}

/// What stands at a key.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Value {
    Null,
    Whole(i64),
    Double(f64),
}

/// Which of the two answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    Left,
    Right,
}

/// Which of `key` and `day` an answer has, and of what type its key is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Form {
    name: Option<&'static str>,
    has_day: bool,
}

/// An answer: its rows, not yet known to be one a key. No form where there is no row to tell.
pub(crate) struct Answer {
    pub(crate) rows: Vec<(Key, Value)>,
    pub(crate) form: Option<Form>,
}

impl Side {
    /// The setting that holds its statement.
    pub(crate) fn setting(self) -> &'static str {
        match self {
            Self::Left => "left_sql",
            Self::Right => "right_sql",
        }
    }
}

impl Name {
    /// The key for a person.
    pub(crate) fn text(&self) -> String {
        match self {
            Self::Number(number) => number.to_string(),
            Self::Day(day) => day.to_string(),
            Self::Text(text) => text.clone(),
        }
    }
}

impl Value {
    /// The value for a person; none for null.
    pub(crate) fn text(self) -> Option<String> {
        match self {
            Self::Null => None,
            Self::Whole(number) => Some(number.to_string()),
            Self::Double(number) => Some(number.to_string()),
        }
    }
}

/// The whole answer of a side, or more rows than there may be keys.
pub(crate) fn answer(context: &Context, settings: &Settings, side: Side) -> Result<Answer, Error> {
    read(context, settings, side).map_err(|error| Error::new(format!("`{}`: {error}", side.setting())))
}

fn read(context: &Context, settings: &Settings, side: Side) -> Result<Answer, Error> {
    let (sql, named) = match side {
        Side::Left => (&settings.left_sql, settings.source.as_deref()),
        Side::Right => (&settings.right_sql, settings.right_source.as_deref().or(settings.source.as_deref())),
    };
    let (start, end) = context.last_days(settings.lookback_days);
    // One more than there may be is enough to know that there are too many.
    let limit = u64::from(settings.max_keys) + 1;
    let rows = query(context.source(named)?, format!("SELECT * FROM (\n{sql}\n) LIMIT {limit}"))
        .about(context)
        .bind_if_named("start", start)
        .bind_if_named("end", end)
        .fetch_whole()?;
    if rows.len() as u64 == limit {
        return Err(Error::new(format!("more than {} rows (`max_keys`)", settings.max_keys)));
    }
    let mut form = None;
    let mut keyed = Vec::with_capacity(rows.len());
    for row in &rows {
        let key = key(row)?;
        form = Some(Form { name: key.name.as_ref().map(kind), has_day: key.day.is_some() });
        keyed.push((key, value(row)?));
    }
    Ok(Answer { rows: keyed, form })
}

/// A row without a key where there should be one could be any: that is an error.
fn key(row: &Row) -> Result<Key, Error> {
    let name = match cell(row, "key")? {
        None => None,
        Some(Cell::Int64(number)) => Some(Name::Number(number)),
        Some(Cell::Date(day)) => Some(Name::Day(day)),
        Some(Cell::Text(text)) => Some(Name::Text(text.to_owned())),
        Some(Cell::Null) => return Err(Error::new("a row whose `key` is null")),
        Some(cell) => return Err(Error::new(format!("a `key` that is no text, whole number or date: {cell:?}"))),
    };
    let day = match cell(row, "day")? {
        None => None,
        Some(Cell::Date(day)) => Some(day),
        Some(Cell::Null) => return Err(Error::new("a row whose `day` is null")),
        Some(cell) => return Err(Error::new(format!("a `day` that is no date: {cell:?}"))),
    };
    Ok(Key { name, day })
}

/// None where there is no such column.
fn cell<'a>(row: &'a Row, column: &str) -> Result<Option<Cell<'a>>, Error> {
    if row.has(column) { row.cell(column).map(Some) } else { Ok(None) }
}

fn value(row: &Row) -> Result<Value, Error> {
    Ok(match row.cell("value")? {
        Cell::Null => Value::Null,
        Cell::Int64(number) => Value::Whole(number),
        _ => Value::Double(row.get("value")?),
    })
}

fn kind(name: &Name) -> &'static str {
    match name {
        Name::Number(_) => "a whole number",
        Name::Day(_) => "a date",
        Name::Text(_) => "a text",
    }
}

impl fmt::Display for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.name, self.has_day) {
            (Some(kind), true) => write!(f, "`key` ({kind}) and `day`"),
            (Some(kind), false) => write!(f, "`key` ({kind})"),
            (None, true) => f.write_str("`day`"),
            (None, false) => f.write_str("neither `key` nor `day`"),
        }
    }
}
