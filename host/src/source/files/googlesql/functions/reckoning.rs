//! Sums, differences, truncation and parts of dates and times, by the type of the first argument.

use datafusion::arrow::array::ArrayRef;
use datafusion::error::{DataFusionError, Result};

use super::super::call::Call;
use super::super::fault::Fault;
use super::super::types::Type;
use super::calendar::{DAY, SECOND, days_in_range, format_date, format_datetime, micros_in_range};
use super::part::{self, Part};
use super::zone::{Zone, Zones};

type Settled<V> = std::result::Result<Option<V>, Fault>;

/// The type that decides what a call does.
fn first<'a>(call: &Call<'a>) -> &'a Type {
    call.types.first().unwrap_or(&Type::Null)
}

fn not_here(call: &Call<'_>) -> DataFusionError {
    DataFusionError::Internal(format!("{} of {}", call.name, first(call)))
}

/// `..._ADD`
pub(super) fn add(call: &Call<'_>) -> Result<ArrayRef> {
    sum(call, 1)
}

/// `..._SUB`
pub(super) fn sub(call: &Call<'_>) -> Result<ArrayRef> {
    sum(call, -1)
}

/// What is added, of a value and a count that may be null.
fn summed<V>(
    value: Option<V>,
    count: Option<i64>,
    sign: i64,
    sum: impl FnOnce(V, i64) -> std::result::Result<V, Fault>,
) -> Settled<V> {
    let (Some(value), Some(count)) = (value, count) else { return Ok(None) };
    let count = count.checked_mul(sign).ok_or_else(|| Fault::overflow(format!("an interval of -({count})")))?;
    sum(value, count).map(Some)
}

fn sum(call: &Call<'_>, sign: i64) -> Result<ArrayRef> {
    let counts = call.ints(1)?;
    match first(call) {
        Type::Date => {
            let (values, part) = (call.days(0)?, Part::of(call, 2, part::OF_DATE_SUMS)?);
            call.write_days(|row| {
                summed(values.get(row), counts.get(row), sign, |days, count| part::add_to_date(days, count, part))
            })
        }
        Type::Datetime => {
            let (values, part) = (call.micros(0)?, Part::of(call, 2, part::OF_DATETIME_SUMS)?);
            call.write_micros(|row| {
                summed(values.get(row), counts.get(row), sign, |micros, count| {
                    part::add_to_datetime(micros, count, part)
                })
            })
        }
        Type::Timestamp => {
            let (values, part) = (call.micros(0)?, Part::of(call, 2, part::OF_TIMESTAMP_SUMS)?);
            call.write_micros(|row| {
                summed(values.get(row), counts.get(row), sign, |micros, count| {
                    part::add_to_timestamp(micros, count, part)
                })
            })
        }
        Type::Time => {
            let (values, part) = (call.times(0)?, Part::of(call, 2, part::OF_TIMES)?);
            call.write_times(|row| {
                summed(values.get(row), counts.get(row), sign, |micros, count| part::add_to_time(micros, count, part))
            })
        }
        _ => Err(not_here(call)),
    }
}

/// `..._DIFF`: how many parts begin between two values; of instants, how many whole ones fit between them.
pub(super) fn diff(call: &Call<'_>) -> Result<ArrayRef> {
    match first(call) {
        Type::Date => {
            let (left, right, part) = (call.days(0)?, call.days(1)?, Part::of(call, 2, part::OF_DATES)?);
            call.write_ints(|row| {
                let both = left.get(row).zip(right.get(row));
                Ok(both.map(|(left, right)| part::days_between(left.into(), right.into(), part)))
            })
        }
        Type::Datetime => {
            let (left, right, part) = (call.micros(0)?, call.micros(1)?, Part::of(call, 2, part::OF_DATETIMES)?);
            call.write_ints(|row| {
                let both = left.get(row).zip(right.get(row));
                Ok(both.map(|(left, right)| part::datetimes_between(left, right, part)))
            })
        }
        Type::Time => {
            let (left, right, part) = (call.times(0)?, call.times(1)?, Part::of(call, 2, part::OF_TIMES)?);
            call.write_ints(|row| {
                let both = left.get(row).zip(right.get(row));
                Ok(both.map(|(left, right)| part::datetimes_between(left, right, part)))
            })
        }
        Type::Timestamp => {
            let (left, right) = (call.micros(0)?, call.micros(1)?);
            let length = Part::of(call, 2, part::OF_TIMESTAMP_SUMS)?.micros().ok_or_else(|| not_here(call))?;
            call.write_ints(|row| {
                let both = left.get(row).zip(right.get(row));
                Ok(both.map(|(left, right)| left.saturating_sub(right) / length))
            })
        }
        _ => Err(not_here(call)),
    }
}

/// `..._TRUNC`: the beginning of the part that a value is in.
pub(super) fn trunc(call: &Call<'_>) -> Result<ArrayRef> {
    match first(call) {
        Type::Date => {
            let (values, part) = (call.days(0)?, Part::of(call, 1, part::OF_DATES)?);
            call.write_days(|row| {
                let Some(days) = values.get(row) else { return Ok(None) };
                let what = || format!("{}({}, {part})", call.name, format_date(days));
                days_in_range(part::day_truncated(days.into(), part), what).map(Some)
            })
        }
        Type::Datetime => {
            let (values, part) = (call.micros(0)?, Part::of(call, 1, part::OF_DATETIMES)?);
            call.write_micros(|row| {
                let Some(micros) = values.get(row) else { return Ok(None) };
                let what = || format!("{}({}, {part})", call.name, format_datetime(micros));
                micros_in_range(instant_truncated(micros, part, &Zone::UTC).into(), what).map(Some)
            })
        }
        Type::Timestamp => {
            let (values, part, mut zones) =
                (call.micros(0)?, Part::of(call, 1, part::OF_DATETIMES)?, Zones::of(call, 2)?);
            call.write_micros(|row| {
                let Some(micros) = values.get(row) else { return Ok(None) };
                let Some(zone) = zones.get(row)? else { return Ok(None) };
                let what = || format!("{}({}, {part})", call.name, format_datetime(micros));
                micros_in_range(instant_truncated(micros, part, zone).into(), what).map(Some)
            })
        }
        Type::Time => {
            let (values, part) = (call.times(0)?, Part::of(call, 1, part::OF_TIMES)?);
            let length = part.micros().ok_or_else(|| not_here(call))?;
            call.write_times(|row| Ok(values.get(row).map(|micros| micros.div_euclid(length) * length)))
        }
        _ => Err(not_here(call)),
    }
}

/// The instant at which the part began that an instant is in where the zone is.
fn instant_truncated(micros: i64, part: Part, zone: &Zone) -> i64 {
    let floor = |micros: i64, length: i64| micros.saturating_sub(micros.rem_euclid(length));
    match part.micros().filter(|length| *length < DAY) {
        // Clocks that were changed within an hour have shown its beginning or not: the hour is cut as it is now.
        Some(length) if length > SECOND => {
            let offset = zone.offset(micros) * SECOND;
            floor(micros.saturating_add(offset), length).saturating_sub(offset)
        }
        Some(length) => floor(micros, length),
        None => {
            let days = part::day_truncated(zone.local(micros).div_euclid(DAY), part);
            zone.instant(days.saturating_mul(DAY))
        }
    }
}

/// `EXTRACT`
pub(super) fn extract(call: &Call<'_>) -> Result<ArrayRef> {
    match first(call) {
        Type::Date => {
            let (values, part) = (call.days(0)?, Part::of(call, 1, part::OF_DATE_FIELDS)?);
            call.write_ints(|row| Ok(values.get(row).map(|days| part::date_field(days.into(), part))))
        }
        Type::Datetime => {
            let (values, part) = (call.micros(0)?, Part::of(call, 1, part::OF_DATETIME_FIELDS)?);
            call.write_ints(|row| Ok(values.get(row).map(|micros| part::datetime_field(micros, part))))
        }
        Type::Time => {
            let (values, part) = (call.times(0)?, Part::of(call, 1, part::OF_TIMES)?);
            call.write_ints(|row| Ok(values.get(row).map(|micros| part::datetime_field(micros, part))))
        }
        Type::Timestamp => {
            let (values, part, mut zones) =
                (call.micros(0)?, Part::of(call, 1, part::OF_DATETIME_FIELDS)?, Zones::of(call, 2)?);
            call.write_ints(|row| {
                let Some(micros) = values.get(row) else { return Ok(None) };
                Ok(zones.get(row)?.map(|zone| part::datetime_field(zone.local(micros), part)))
            })
        }
        _ => Err(not_here(call)),
    }
}

/// `LAST_DAY`
pub(super) fn last_day(call: &Call<'_>) -> Result<ArrayRef> {
    let part = if call.len() > 1 { Part::of(call, 1, part::OF_LAST_DAYS)? } else { Part::Month };
    match first(call) {
        Type::Date => {
            let values = call.days(0)?;
            call.write_days(|row| values.get(row).map(|days| part::last_day(days.into(), part)).transpose())
        }
        Type::Datetime => {
            let values = call.micros(0)?;
            call.write_days(|row| {
                values.get(row).map(|micros| part::last_day(micros.div_euclid(DAY), part)).transpose()
            })
        }
        _ => Err(not_here(call)),
    }
}
