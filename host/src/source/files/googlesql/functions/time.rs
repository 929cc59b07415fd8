//! Times of day.

use datafusion::arrow::array::ArrayRef;
use datafusion::error::Result;

use super::super::call::Call;
use super::super::fault::Fault;
use super::super::function::Definition;
use super::super::types::Type;
use super::calendar::{SECOND, time_of};
use super::pattern::{Formats, Kind};
use super::reckoning;
use super::strftime::{Layout, Moment};
use super::strptime::Template;
use super::zone::{Zone, Zones};

/// The functions of this module.
pub(super) const FUNCTIONS: &[Definition] = &[
    Definition {
        name: "TIME",
        forms: &[
            "(INT64, INT64, INT64) -> TIME",
            "(TIME) -> TIME",
            "(DATETIME) -> TIME",
            "(TIMESTAMP[, STRING]) -> TIME",
        ],
        note: "",
        eval: time,
    },
    Definition { name: "TIME_ADD", forms: &["(TIME, INT64, PART) -> TIME"], note: "", eval: reckoning::add },
    Definition { name: "TIME_SUB", forms: &["(TIME, INT64, PART) -> TIME"], note: "", eval: reckoning::sub },
    Definition { name: "TIME_DIFF", forms: &["(TIME, TIME, PART) -> INT64"], note: "", eval: reckoning::diff },
    Definition { name: "TIME_TRUNC", forms: &["(TIME, PART) -> TIME"], note: "", eval: reckoning::trunc },
    Definition {
        name: "FORMAT_TIME",
        forms: &["(STRING, TIME) -> STRING"],
        note: "An element that is not documented is refused.",
        eval: format,
    },
    Definition { name: "PARSE_TIME", forms: &["(STRING, STRING) -> TIME"], note: "", eval: parse },
];

fn time(call: &Call<'_>) -> Result<ArrayRef> {
    match call.types.first() {
        Some(Type::Int64) => {
            let (hours, minutes, seconds) = (call.ints(0)?, call.ints(1)?, call.ints(2)?);
            call.write_times(|row| {
                let time = (hours.get(row), minutes.get(row), seconds.get(row));
                let (Some(hour), Some(minute), Some(second)) = time else { return Ok(None) };
                existing_time(hour, minute, second).map(|micros| Some(time_of(micros)))
            })
        }
        Some(Type::Datetime) => {
            let values = call.micros(0)?;
            call.write_times(|row| Ok(values.get(row).map(time_of)))
        }
        Some(Type::Timestamp) => {
            let (values, mut zones) = (call.micros(0)?, Zones::of(call, 1)?);
            call.write_times(|row| {
                let Some(micros) = values.get(row) else { return Ok(None) };
                Ok(zones.get(row)?.map(|zone| time_of(zone.local(micros))))
            })
        }
        _ => {
            let values = call.times(0)?;
            call.write_times(|row| Ok(values.get(row)))
        }
    }
}

/// The microseconds since midnight of a time; the 60th second is the next minute, perhaps of the next day.
pub(super) fn existing_time(hour: i64, minute: i64, second: i64) -> std::result::Result<i64, Fault> {
    let exists = (0..24).contains(&hour) && (0..60).contains(&minute) && (0..=60).contains(&second);
    match exists {
        true => Ok(((hour * 60 + minute) * 60 + second) * SECOND),
        false => Err(Fault::argument(format!("there is no time {hour:02}:{minute:02}:{second:02}"))),
    }
}

fn format(call: &Call<'_>) -> Result<ArrayRef> {
    let formats = Formats::of(call, 0, |format| Layout::parse(format, Kind::Time))?;
    let values = call.times(1)?;
    call.write_texts(|row| {
        let Some(micros) = values.get(row) else { return Ok(None) };
        Ok(formats.get(row)?.map(|format| format.write(Moment::local(micros))))
    })
}

fn parse(call: &Call<'_>) -> Result<ArrayRef> {
    let formats = Formats::of(call, 0, |format| Template::parse(format, Kind::Time))?;
    let texts = call.texts(1)?;
    call.write_times(|row| {
        let Some(text) = texts.get(row) else { return Ok(None) };
        let Some(format) = formats.get(row)? else { return Ok(None) };
        format.read(text, &Zone::UTC).map(|micros| Some(time_of(micros)))
    })
}

#[cfg(test)]
mod tests {
    use datafusion::common::ScalarValue;

    use super::super::calendar::{format_time, parse_time};
    use super::super::testing::answer;

    #[test]
    fn sums_go_around_midnight() {
        let sum = |name: &str, from: &str, count: i64, part: &str| {
            let time = ScalarValue::Time64Microsecond(Some(parse_time(from).unwrap()));
            match answer(name, &[time, count.into(), ScalarValue::from(part)]) {
                Ok(ScalarValue::Time64Microsecond(Some(micros))) => format_time(micros),
                other => format!("{other:?}"),
            }
        };
        assert_eq!(sum("TIME_ADD", "23:30:00", 45, "MINUTE"), "00:15:00");
        assert_eq!(sum("TIME_SUB", "00:15:00", 45, "MINUTE"), "23:30:00");
        assert_eq!(sum("TIME_ADD", "23:30:00", 49, "HOUR"), "00:30:00");
        assert_eq!(sum("TIME_ADD", "00:00:00", i64::MAX, "MICROSECOND"), "04:00:54.775807");
        assert!(sum("TIME_ADD", "00:00:00", 1, "DAY").contains("is not a part of a TIME that it knows"));
    }
}
