//! Dates and instants moved by operators: `date + 1`, `timestamp - INTERVAL 1 HOUR`; and `ERROR`.

use datafusion::arrow::array::ArrayRef;
use datafusion::error::Result;

use super::super::call::Call;
use super::super::fault::Fault;
use super::super::function::Definition;
use super::super::types::Type;
use super::calendar::midnight;
use super::part::{Part, add_to_date, add_to_datetime, add_to_time, add_to_timestamp};

const MOVED: &[&str] = &[
    "(TIMESTAMP, INT64, PART) -> TIMESTAMP",
    "(DATETIME, INT64, PART) -> DATETIME",
    "(DATE, INT64, PART) -> DATETIME",
    "(TIME, INT64, PART) -> TIME",
];

/// What has a syntax of its own.
pub(super) const OPERATORS: &[Definition] = &[
    Definition {
        name: "+ DAYS",
        forms: &["(DATE, INT64) -> DATE", "(INT64, DATE) -> DATE"],
        note: "",
        eval: |call| days(call, 1),
    },
    Definition { name: "- DAYS", forms: &["(DATE, INT64) -> DATE"], note: "", eval: |call| days(call, -1) },
    Definition { name: "+ INTERVAL", forms: MOVED, note: "", eval: |call| moved(call, 1) },
    Definition { name: "- INTERVAL", forms: MOVED, note: "", eval: |call| moved(call, -1) },
    Definition { name: "ERROR", forms: &["(STRING) -> INT64"], note: "", eval: error },
];

fn signed(count: i64, sign: i64) -> std::result::Result<i64, Fault> {
    count.checked_mul(sign).ok_or_else(|| Fault::overflow(format!("-({count})")))
}

fn days(call: &Call<'_>, sign: i64) -> Result<ArrayRef> {
    let (dates, counts) = if call.form == 0 { (0, 1) } else { (1, 0) };
    let (dates, counts) = (call.days(dates)?, call.ints(counts)?);
    call.write_days(|row| {
        let (Some(date), Some(count)) = (dates.get(row), counts.get(row)) else { return Ok(None) };
        add_to_date(date, signed(count, sign)?, Part::Day).map(Some)
    })
}

fn moved(call: &Call<'_>, sign: i64) -> Result<ArrayRef> {
    let word = call.part(2).unwrap_or_default();
    let part = Part::parse(word).ok_or_else(|| call.refused(format!("`{word}` is no part of a time")))?;
    let counts = call.ints(1)?;
    if let Some(Type::Time) = call.types.first() {
        let times = call.times(0)?;
        return call.write_times(|row| {
            let (Some(time), Some(count)) = (times.get(row), counts.get(row)) else { return Ok(None) };
            add_to_time(time, signed(count, sign)?, part).map(Some)
        });
    }
    if let Some(Type::Date) = call.types.first() {
        let dates = call.days(0)?;
        return call.write_micros(|row| {
            let (Some(date), Some(count)) = (dates.get(row), counts.get(row)) else { return Ok(None) };
            add_to_datetime(midnight(date), signed(count, sign)?, part).map(Some)
        });
    }
    let is_instant = call.types.first() == Some(&Type::Timestamp);
    let micros = call.micros(0)?;
    call.write_micros(|row| {
        let (Some(value), Some(count)) = (micros.get(row), counts.get(row)) else { return Ok(None) };
        let count = signed(count, sign)?;
        if is_instant { add_to_timestamp(value, count, part) } else { add_to_datetime(value, count, part) }.map(Some)
    })
}

fn error(call: &Call<'_>) -> Result<ArrayRef> {
    let messages = call.texts(0)?;
    call.write_ints(|row| match messages.get(row) {
        Some(message) => Err(Fault::asked(message)),
        None => Err(Fault::asked("NULL")),
    })
}
