//! Dates with a time, without a zone.

use datafusion::arrow::array::ArrayRef;
use datafusion::error::Result;

use super::super::call::Call;
use super::super::fault::Fault;
use super::super::function::Definition;
use super::super::types::Type;
use super::calendar::{format_date, format_datetime, micros_in_range, midnight, parse_datetime, time_of};
use super::date::existing_day;
use super::pattern::{Formats, Kind};
use super::reckoning;
use super::strftime::{Layout, Moment};
use super::strptime::Template;
use super::time::existing_time;
use super::zone::{Zone, Zones};

/// The functions of this module.
pub(super) const FUNCTIONS: &[Definition] = &[
    Definition {
        name: "DATETIME",
        forms: &[
            "(INT64, INT64, INT64, INT64, INT64, INT64) -> DATETIME",
            "(DATE[, TIME]) -> DATETIME",
            "(DATETIME) -> DATETIME",
            "(TIMESTAMP[, STRING]) -> DATETIME",
            "(STRING) -> DATETIME",
        ],
        note: "",
        eval: datetime,
    },
    Definition {
        name: "DATETIME_ADD",
        forms: &["(DATETIME, INT64, PART) -> DATETIME"],
        note: "",
        eval: reckoning::add,
    },
    Definition {
        name: "DATETIME_SUB",
        forms: &["(DATETIME, INT64, PART) -> DATETIME"],
        note: "",
        eval: reckoning::sub,
    },
    Definition {
        name: "DATETIME_DIFF",
        forms: &["(DATETIME, DATETIME, PART) -> INT64"],
        note: "",
        eval: reckoning::diff,
    },
    Definition {
        name: "DATETIME_TRUNC",
        forms: &["(DATETIME, PART) -> DATETIME", "(TIMESTAMP, PART[, STRING]) -> TIMESTAMP"],
        note: "",
        eval: reckoning::trunc,
    },
    Definition {
        name: "FORMAT_DATETIME",
        forms: &["(STRING, DATETIME) -> STRING"],
        note: "An element that is not documented is refused.",
        eval: format,
    },
    Definition {
        name: "PARSE_DATETIME",
        forms: &["(STRING, STRING) -> DATETIME"],
        note: "A format with elements for weeks, days of the year and ISO years is refused.",
        eval: parse,
    },
];

fn datetime(call: &Call<'_>) -> Result<ArrayRef> {
    match call.types.first() {
        Some(Type::Int64) => {
            let (years, months, days) = (call.ints(0)?, call.ints(1)?, call.ints(2)?);
            let (hours, minutes, seconds) = (call.ints(3)?, call.ints(4)?, call.ints(5)?);
            call.write_micros(|row| {
                let date = (years.get(row), months.get(row), days.get(row));
                let (Some(year), Some(month), Some(day)) = date else { return Ok(None) };
                let time = (hours.get(row), minutes.get(row), seconds.get(row));
                let (Some(hour), Some(minute), Some(second)) = time else { return Ok(None) };
                let micros = midnight(existing_day(year, month, day)?) + existing_time(hour, minute, second)?;
                micros_in_range(micros.into(), || "the last second of the year 9999".to_owned()).map(Some)
            })
        }
        Some(Type::Date) if call.len() > 1 => {
            let (days, times) = (call.days(0)?, call.times(1)?);
            call.write_micros(|row| {
                let (Some(days), Some(time)) = (days.get(row), times.get(row)) else { return Ok(None) };
                beginning(days).map(|micros| Some(micros + time_of(time)))
            })
        }
        Some(Type::Date) => {
            let days = call.days(0)?;
            call.write_micros(|row| days.get(row).map(beginning).transpose())
        }
        Some(Type::Datetime) => {
            let values = call.micros(0)?;
            call.write_micros(|row| Ok(values.get(row)))
        }
        Some(Type::Timestamp) => {
            let (values, mut zones) = (call.micros(0)?, Zones::of(call, 1)?);
            call.write_micros(|row| {
                let Some(micros) = values.get(row) else { return Ok(None) };
                let Some(zone) = zones.get(row)? else { return Ok(None) };
                let what = || format!("the DATETIME of {}", format_datetime(micros));
                micros_in_range(zone.local(micros).into(), what).map(Some)
            })
        }
        _ => {
            let values = call.texts(0)?;
            call.write_micros(|row| values.get(row).map(parse_datetime).transpose())
        }
    }
}

/// Midnight at the beginning of a day.
fn beginning(days: i32) -> std::result::Result<i64, Fault> {
    micros_in_range(midnight(days).into(), || format!("the DATETIME of {}", format_date(days)))
}

fn format(call: &Call<'_>) -> Result<ArrayRef> {
    let formats = Formats::of(call, 0, |format| Layout::parse(format, Kind::Datetime))?;
    let values = call.micros(1)?;
    call.write_texts(|row| {
        let Some(micros) = values.get(row) else { return Ok(None) };
        Ok(formats.get(row)?.map(|format| format.write(Moment::local(micros))))
    })
}

fn parse(call: &Call<'_>) -> Result<ArrayRef> {
    let formats = Formats::of(call, 0, |format| Template::parse(format, Kind::Datetime))?;
    let texts = call.texts(1)?;
    call.write_micros(|row| {
        let Some(text) = texts.get(row) else { return Ok(None) };
        let Some(format) = formats.get(row)? else { return Ok(None) };
        format.read(text, &Zone::UTC).map(Some)
    })
}

#[cfg(test)]
mod tests {
    use datafusion::common::ScalarValue;

    use super::super::testing::answer;
    use super::*;

    fn at(text: &str) -> ScalarValue {
        ScalarValue::TimestampMicrosecond(Some(parse_datetime(text).unwrap()), None)
    }

    fn word(text: &str) -> ScalarValue {
        ScalarValue::from(text)
    }

    fn datetime(name: &str, args: &[ScalarValue]) -> String {
        match answer(name, args) {
            Ok(ScalarValue::TimestampMicrosecond(Some(micros), None)) => format_datetime(micros),
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn sums_of_every_part() {
        let add =
            |count: i64, part: &str| datetime("DATETIME_ADD", &[at("2024-01-31 23:59:59.5"), count.into(), word(part)]);
        assert_eq!(add(1, "MONTH"), "2024-02-29 23:59:59.500");
        assert_eq!(add(-1, "WEEK"), "2024-01-24 23:59:59.500");
        assert_eq!(add(500, "MILLISECOND"), "2024-02-01 00:00:00");
        assert_eq!(add(24, "HOUR"), "2024-02-01 23:59:59.500");
        assert!(add(i64::MAX, "DAY").contains("overflow: DATETIME_ADD(2024-01-31 23:59:59.500, INTERVAL"));
        assert!(add(i64::MAX, "YEAR").contains("overflow"));
        assert!(add(1, "ISOWEEK").contains("is not a part of a DATETIME that it knows"));
    }

    #[test]
    fn differences_count_boundaries() {
        let diff =
            |left: &str, right: &str, part: &str| answer("DATETIME_DIFF", &[at(left), at(right), word(part)]).unwrap();
        assert_eq!(diff("2024-01-02 00:00:00", "2024-01-01 23:59:59", "DAY"), ScalarValue::from(1_i64));
        assert_eq!(diff("2024-01-01 01:00:00", "2024-01-01 00:59:59", "HOUR"), ScalarValue::from(1_i64));
        assert_eq!(diff("1969-12-31 23:59:59", "1970-01-01 00:00:00", "MINUTE"), ScalarValue::from(-1_i64));
        assert_eq!(diff("2024-01-01 00:00:00.0019", "2024-01-01 00:00:00", "MILLISECOND"), ScalarValue::from(1_i64));
    }

    #[test]
    fn the_last_second() {
        let of = |second: i64| {
            let fields = [9999_i64, 12, 31, 23, 59, second].map(ScalarValue::from);
            datetime("DATETIME", &fields)
        };
        assert_eq!(of(59), "9999-12-31 23:59:59");
        assert!(of(60).contains("overflow"));
        assert!(of(61).contains("there is no time 23:59:61"));
    }
}
