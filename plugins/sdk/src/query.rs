//! Asking for data.

use std::rc::Rc;

use jiff::Timestamp;
use jiff::civil::Date;

use crate::bindings::assay::query::query as contract;
use crate::context::{Context, epoch_days};
use crate::error::Error;
use crate::row::{ChunkRows, Row, decode};

/// Rows asked for at a time; the host may give fewer.
const BATCH_ROWS: u32 = 8_192;

/// A statement with its parameters.
#[derive(Debug, Clone)]
pub struct Query {
    source: String,
    sql: String,
    params: Vec<contract::Param>,
}

/// A value that can be bound to `@name`.
#[derive(Debug, Clone)]
pub struct Param(contract::Value);

impl Param {
    /// An exact number in plain notation, of at most 76 digits.
    pub fn decimal(digits: impl Into<String>) -> Self {
        Self(contract::Value::Decimal(digits.into()))
    }
}

/// What can be bound to `@name`.
///
/// ```
/// use assay_sdk::{Date, query};
///
/// let rows = query("warehouse", "SELECT id FROM orders WHERE day = @day AND amount > @least")
///     .bind("day", Date::new(2026, 1, 20).unwrap())
///     .bind("least", 9.5);
/// ```
///
/// Whatever else is told what there is:
/// ```compile_fail,E0277
/// # use assay_sdk::query;
/// query("warehouse", "SELECT id FROM orders WHERE day = @day").bind("day", ("2026", "01", "20"));
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be bound to a parameter",
    label = "no type of a parameter",
    note = "there are bool, i64, i32, u32, f64, text, bytes, Date and Timestamp, lists of most of them, and `Param::decimal`",
    note = "a u64 is bound as an i64 (`i64::try_from`); the name of a table or a column is written into the statement, quoted"
)]
pub trait IntoParam {
    /// The value as a parameter.
    fn into_param(self) -> Param;
}

impl IntoParam for Param {
    fn into_param(self) -> Self {
        self
    }
}

macro_rules! param {
    ($($type:ty => |$value:ident| $variant:expr;)*) => {
        $(impl IntoParam for $type {
            fn into_param(self) -> Param {
                let $value = self;
                Param($variant)
            }
        })*
    };
}

param! {
    bool => |value| contract::Value::Boolean(value);
    i64 => |value| contract::Value::Int64(value);
    i32 => |value| contract::Value::Int64(i64::from(value));
    u32 => |value| contract::Value::Int64(i64::from(value));
    f64 => |value| contract::Value::Float64(value);
    &str => |value| contract::Value::Text(value.to_owned());
    &String => |value| contract::Value::Text(value.clone());
    String => |value| contract::Value::Text(value);
    &[u8] => |value| contract::Value::Bytes(value.to_vec());
    Date => |value| contract::Value::Date(epoch_days(value));
    Timestamp => |value| contract::Value::Timestamp(value.as_microsecond());
    Vec<i64> => |values| contract::Value::Int64Array(values);
    Vec<f64> => |values| contract::Value::Float64Array(values);
    Vec<String> => |values| contract::Value::TextArray(values);
    Vec<Date> => |values| contract::Value::DateArray(values.into_iter().map(epoch_days).collect());
    Vec<Timestamp> => |values| {
        contract::Value::TimestampArray(values.into_iter().map(Timestamp::as_microsecond).collect())
    };
}

/// A statement for a source. Values are bound with [`Query::bind`], never written into the text.
pub fn query(source: impl Into<String>, sql: impl Into<String>) -> Query {
    Query { source: source.into(), sql: sql.into(), params: Vec::new() }
}

impl Query {
    /// Binds `@name`.
    #[must_use]
    pub fn bind(mut self, name: &str, value: impl IntoParam) -> Self {
        let Param(value) = value.into_param();
        self.params.push(contract::Param { name: name.to_owned(), value });
        self
    }

    /// Binds `@name` if the statement names it: for statements that come from settings and need not use all there is.
    #[must_use]
    pub fn bind_if_named(self, name: &str, value: impl IntoParam) -> Self {
        if names(&self.sql, name) { self.bind(name, value) } else { self }
    }

    /// Binds what the run is about, as far as the statement names it: `@target_date`, `@window_start` and `@window_end`
    /// (the instants at which that day begins and ends), `@scheduled_for`. For statements that come from settings.
    #[must_use]
    pub fn about(self, context: &Context) -> Self {
        self.bind_if_named("target_date", context.target_date())
            .bind_if_named("window_start", context.window_start())
            .bind_if_named("window_end", context.window_end())
            .bind_if_named("scheduled_for", context.scheduled_for())
    }

    /// Begins to answer.
    ///
    /// # Errors
    /// When the host refuses the statement or the source cannot answer.
    pub fn fetch(&self) -> Result<Rows, Error> {
        let cursor = contract::open(&self.source, &self.sql, &self.params)?;
        Ok(Rows { columns: cursor.columns().into(), cursor, chunk: None, is_over: false })
    }

    /// The whole answer, proved to be whole: the source counts the rows, and as many must come. For answers that a
    /// conclusion rests on row by row; without rows the count is a question of its own. The order of the statement is
    /// not kept, and no column may be called `of_rows`.
    ///
    /// # Errors
    /// When the host refuses the statement, the source cannot answer, or rows are missing.
    pub fn fetch_whole(&self) -> Result<Vec<Row>, Error> {
        let with = |sql: String| Self { sql, ..self.clone() };
        let counted = with(format!("SELECT *, COUNT(*) OVER () AS of_rows FROM (\n{}\n)", self.sql));
        let rows: Vec<Row> = counted.fetch()?.collect::<Result<_, _>>()?;
        let count = rows.len() as u64;
        let is_whole = |of_rows: u64| {
            let error = || Error::new(format!("the answer has {of_rows} rows, of which {count} came"));
            if of_rows == count { Ok(()) } else { Err(error()) }
        };
        for row in &rows {
            is_whole(row.get("of_rows")?)?;
        }
        if rows.is_empty() {
            let count = with(format!("SELECT COUNT(*) AS of_rows FROM (\n{}\n)", self.sql));
            is_whole(count.fetch()?.only_row()?.get("of_rows")?)?;
        }
        Ok(rows)
    }
}

/// Whether a statement names a parameter, whatever its case.
fn names(sql: &str, parameter: &str) -> bool {
    let (sql, parameter) = (sql.to_lowercase(), format!("@{}", parameter.to_lowercase()));
    let is_part = |character: char| character.is_alphanumeric() || character == '_';
    sql.match_indices(&parameter).any(|(at, found)| {
        let after = sql.get(at + found.len()..).and_then(|rest| rest.chars().next());
        !after.is_some_and(is_part)
    })
}

/// The rows of an answer, read forward once.
pub struct Rows {
    cursor: contract::Cursor,
    columns: Rc<[contract::ColumnInfo]>,
    chunk: Option<ChunkRows>,
    /// Whether an iteration has come to its end or broken off.
    is_over: bool,
}

impl Rows {
    /// Names of the columns.
    pub fn columns(&self) -> impl Iterator<Item = &str> {
        self.columns.iter().map(|column| column.name.as_str())
    }

    /// What the source calls the types of the columns, by name and in order.
    pub fn types(&self) -> impl Iterator<Item = (&str, &str)> {
        self.columns.iter().map(|column| (column.name.as_str(), column.type_name.as_str()))
    }

    /// The next row; none at the end.
    ///
    /// # Errors
    /// When the answer breaks off: what came before is then not all there is.
    pub fn next_row(&mut self) -> Result<Option<Row>, Error> {
        loop {
            if let Some(row) = self.chunk.as_mut().and_then(Iterator::next) {
                return Ok(Some(row));
            }
            let Some(batch) = self.cursor.next(BATCH_ROWS)? else { return Ok(None) };
            self.chunk = Some(decode(self.columns.clone(), batch)?);
        }
    }

    /// The one row of an answer that must have exactly one.
    ///
    /// # Errors
    /// When there is none, or more.
    pub fn only_row(mut self) -> Result<Row, Error> {
        let row = self.next_row()?.ok_or_else(|| Error::new("the query returned no row where one was expected"))?;
        match self.next_row()? {
            None => Ok(row),
            Some(_) => Err(Error::new("the query returned more than one row")),
        }
    }
}

impl Iterator for Rows {
    type Item = Result<Row, Error>;

    /// An answer that breaks off is one error at its end: it would be the same error for ever.
    fn next(&mut self) -> Option<Self::Item> {
        if self.is_over {
            return None;
        }
        let row = self.next_row().transpose();
        self.is_over = !matches!(row, Some(Ok(_)));
        row
    }
}

#[cfg(test)]
mod tests {
    use super::names;

    #[test]
    fn a_parameter_is_named_by_all_of_its_name() {
        for (sql, named) in [
            ("SELECT @day", true),
            ("SELECT @DAY + 1", true),
            ("SELECT @day_of_week", false),
            ("SELECT @days", false),
            ("SELECT @days, @day", true),
            ("SELECT day", false),
        ] {
            assert_eq!(names(sql, "Day"), named, "{sql}");
        }
    }
}
