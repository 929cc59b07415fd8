//! The values of the days.

use std::collections::{BTreeMap, BTreeSet};

use assay_sdk::{Context, Date, DateSpine, Error, Query, Row, query};

use crate::settings::{Measure, Settings, Values};

/// What was measured on a day.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Value {
    /// A number other than 0, divided by the units of the day.
    Number(f64),
    /// Zero, or nothing to measure.
    Nothing,
    /// NaN or an infinity was among what is measured.
    NotANumber,
}

/// The days that can be compared, and their values.
pub(crate) struct Series {
    /// The target date.
    pub(crate) target: Date,
    /// Whether the target date is due.
    pub(crate) is_due: bool,
    /// Days before the target date that are due, and of its season.
    pub(crate) comparable: BTreeSet<Date>,
    /// Values by segment and day. Without segments there is one, without a name.
    pub(crate) segments: BTreeMap<Option<String>, BTreeMap<Date, Value>>,
    /// Rows that the values were made of.
    pub(crate) rows: u64,
}

impl Series {
    /// Asks for everything.
    pub(crate) fn fetch(context: &Context, source: &str, settings: &Settings) -> Result<Self, Error> {
        let spine = context.spine(settings.lookback_days.saturating_add(1));
        let target = context.target_date();
        let units = match settings.per_unit_sql.as_deref() {
            Some(sql) => Some(units(context, source, sql, spine)?),
            None => None,
        };
        let season = match settings.season_sql.as_deref() {
            Some(sql) => Some(same_season(context, source, sql, spine)?),
            None => None,
        };
        let is_due = |day: Date| units.as_ref().is_none_or(|units| units.get(&day).is_some_and(|units| *units > 0.0));
        let is_comparable = |day: &Date| is_due(*day) && season.as_ref().is_none_or(|days| days.contains(day));
        let comparable = spine.iter().filter(|day| *day != target).filter(is_comparable).collect();
        let mut series = Self { target, is_due: is_due(target), comparable, segments: BTreeMap::new(), rows: 0 };
        if series.is_due {
            series.values(context, source, settings, spine)?;
        }
        if let Some(units) = units {
            series.divide(&units)?;
        }
        Ok(series)
    }

    fn values(&mut self, context: &Context, source: &str, settings: &Settings, spine: DateSpine) -> Result<(), Error> {
        let of_table = settings.value_sql.is_none();
        let rows = bound(context, query(source, statement(settings)?), spine).fetch_whole()?;
        for row in rows {
            let day: Date = row.get("day")?;
            let segment = if has_column(&row, "segment") { Some(row.get::<String>("segment")?) } else { None };
            let value = if of_table { self.measured(&row)? } else { self.given(&row, day)? };
            if spine.contains(day) && self.segments.entry(segment).or_default().insert(day, value).is_some() {
                return Err(Error::new(format!("the values of {day} come twice")));
            }
        }
        if self.segments.is_empty() {
            self.segments.insert(None, BTreeMap::new());
        }
        Ok(())
    }

    /// What the statement of this check measured.
    fn measured(&mut self, row: &Row) -> Result<Value, Error> {
        let (rows, given, odd): (u64, u64, u64) = (row.get("n")?, row.get("given")?, row.get("odd")?);
        self.rows += rows;
        let value: Option<f64> = row.get("value")?;
        match value {
            _ if odd > 0 => Ok(Value::NotANumber),
            None if given == 0 => Ok(Value::Nothing),
            None => Err(Error::new(format!("{given} values have neither a sum nor an average"))),
            Some(value) if !value.is_finite() => Err(Error::new(format!("finite values come to {value}"))),
            Some(0.0) => Ok(Value::Nothing),
            Some(value) => Ok(Value::Number(value)),
        }
    }

    /// What the statement of the operator says. NaN there may be what a division by zero left, and not of the data.
    fn given(&mut self, row: &Row, day: Date) -> Result<Value, Error> {
        self.rows += 1;
        match row.get::<f64>("value")? {
            value if !value.is_finite() => Err(Error::new(format!("`value_sql` returns {value} for {day}"))),
            0.0 => Ok(Value::Nothing),
            value => Ok(Value::Number(value)),
        }
    }

    fn divide(&mut self, units: &BTreeMap<Date, f64>) -> Result<(), Error> {
        for (day, value) in self.segments.values_mut().flatten() {
            if let (Value::Number(number), Some(units)) = (*value, units.get(day).filter(|units| **units > 0.0)) {
                let quotient = number / units;
                if !quotient.is_finite() {
                    return Err(Error::new(format!("the value of {day} cannot be divided by {units}")));
                }
                *value = Value::Number(quotient);
            }
        }
        Ok(())
    }
}

/// The statement that returns the values.
fn statement(settings: &Settings) -> Result<String, Error> {
    let (table, date, column) = match settings.values() {
        Some(Values::Statement(sql)) => return Ok(sql.to_owned()),
        Some(Values::Table(table, date, column)) => (table, date, column),
        None => return Err(Error::new("the settings do not say where the values come from")),
    };
    let number = column.map(|column| format!("CAST({column} AS FLOAT64)")).unwrap_or_default();
    let odd = format!("(IS_NAN({number}) OR IS_INF({number}))");
    let numbers = match settings.measure {
        Measure::Rows => "COUNT(*) AS given, 0 AS odd, COUNT(*) AS value".to_owned(),
        Measure::Sum => {
            format!("COUNT({number}) AS given, COUNTIF({odd}) AS odd, SUM(IF({odd}, NULL, {number})) AS value")
        }
        Measure::Average => {
            format!("COUNT({number}) AS given, COUNTIF({odd}) AS odd, AVG(IF({odd}, NULL, {number})) AS value")
        }
    };
    let day = format!("CAST({date} AS DATE)");
    Ok(format!(
        "SELECT {day} AS day, COUNT(*) AS n, {numbers} FROM {table} WHERE {day} BETWEEN @start AND @end GROUP BY {day}"
    ))
}

fn bound(context: &Context, statement: Query, spine: DateSpine) -> Query {
    statement.about(context).bind_if_named("start", spine.start()).bind_if_named("end", spine.end())
}

/// Units by day. Of the target date it must be known how many there are: no row is not 0.
fn units(context: &Context, source: &str, sql: &str, spine: DateSpine) -> Result<BTreeMap<Date, f64>, Error> {
    let mut all = BTreeMap::new();
    for row in bound(context, query(source, sql), spine).fetch_whole()? {
        let (day, units): (Date, f64) = (row.get("day")?, row.get("units")?);
        if !(units.is_finite() && units >= 0.0) {
            return Err(Error::new(format!("`per_unit_sql` returns {units} units for {day}")));
        }
        if all.insert(day, units).is_some() {
            return Err(Error::new(format!("`per_unit_sql` returns {day} twice")));
        }
    }
    let target = context.target_date();
    if all.contains_key(&target) {
        Ok(all)
    } else {
        Err(Error::new(format!("`per_unit_sql` does not return {target}")))
    }
}

/// The days of the season of the target date.
fn same_season(context: &Context, source: &str, sql: &str, spine: DateSpine) -> Result<BTreeSet<Date>, Error> {
    let mut seasons: BTreeMap<Date, String> = BTreeMap::new();
    for row in bound(context, query(source, sql), spine).fetch_whole()? {
        let day: Date = row.get("day")?;
        if seasons.insert(day, row.get("season")?).is_some() {
            return Err(Error::new(format!("`season_sql` returns {day} twice")));
        }
    }
    let target = context.target_date();
    let missing = || Error::new(format!("`season_sql` does not return {target}"));
    let season = seasons.get(&target).cloned().ok_or_else(missing)?;
    Ok(seasons.into_iter().filter(|(_, other)| *other == season).map(|(day, _)| day).collect())
}

/// Whether a row has a column, whatever its case.
fn has_column(row: &Row, column: &str) -> bool {
    row.cell(column).is_ok()
}
