//! Instants.

use datafusion::arrow::array::ArrayRef;
use datafusion::error::Result;

use super::super::call::Call;
use super::super::function::Definition;
use super::super::types::Type;
use super::calendar::{
    SECOND, format_date, format_datetime, format_time, format_timestamp, micros_in_range, midnight, parse_timestamp,
    parse_timestamp_in,
};
use super::pattern::{Formats, Kind};
use super::reckoning;
use super::strftime::{Layout, Moment};
use super::strptime::Template;
use super::zone::Zones;

/// The functions of this module.
pub(super) const FUNCTIONS: &[Definition] = &[
    Definition {
        name: "TIMESTAMP",
        forms: &[
            "(STRING[, STRING]) -> TIMESTAMP",
            "(DATE[, STRING]) -> TIMESTAMP",
            "(DATETIME[, STRING]) -> TIMESTAMP",
            "(TIMESTAMP) -> TIMESTAMP",
        ],
        note: "",
        eval: timestamp,
    },
    Definition {
        name: "TIMESTAMP_ADD",
        forms: &["(TIMESTAMP, INT64, PART) -> TIMESTAMP"],
        note: "",
        eval: reckoning::add,
    },
    Definition {
        name: "TIMESTAMP_SUB",
        forms: &["(TIMESTAMP, INT64, PART) -> TIMESTAMP"],
        note: "",
        eval: reckoning::sub,
    },
    Definition {
        name: "TIMESTAMP_DIFF",
        forms: &["(TIMESTAMP, TIMESTAMP, PART) -> INT64"],
        note: "",
        eval: reckoning::diff,
    },
    Definition {
        name: "TIMESTAMP_TRUNC",
        forms: &["(TIMESTAMP, PART[, STRING]) -> TIMESTAMP", "(DATETIME, PART) -> DATETIME"],
        note: "",
        eval: reckoning::trunc,
    },
    Definition {
        name: "FORMAT_TIMESTAMP",
        forms: &["(STRING, TIMESTAMP[, STRING]) -> STRING"],
        note: "An element that is not documented is refused.",
        eval: format,
    },
    Definition {
        name: "PARSE_TIMESTAMP",
        forms: &["(STRING, STRING[, STRING]) -> TIMESTAMP"],
        note: "A format with elements for weeks, days of the year and ISO years is refused.",
        eval: parse,
    },
    Definition { name: "TIMESTAMP_SECONDS", forms: &["(INT64) -> TIMESTAMP"], note: "", eval: of_seconds },
    Definition { name: "TIMESTAMP_MILLIS", forms: &["(INT64) -> TIMESTAMP"], note: "", eval: of_millis },
    Definition { name: "TIMESTAMP_MICROS", forms: &["(INT64) -> TIMESTAMP"], note: "", eval: of_micros },
    Definition { name: "UNIX_SECONDS", forms: &["(TIMESTAMP) -> INT64"], note: "", eval: seconds },
    Definition { name: "UNIX_MILLIS", forms: &["(TIMESTAMP) -> INT64"], note: "", eval: millis },
    Definition { name: "UNIX_MICROS", forms: &["(TIMESTAMP) -> INT64"], note: "", eval: micros },
    Definition {
        name: "STRING",
        forms: &["(TIMESTAMP[, STRING]) -> STRING", "(DATE) -> STRING", "(DATETIME) -> STRING", "(TIME) -> STRING"],
        note: "",
        eval: string,
    },
];

fn timestamp(call: &Call<'_>) -> Result<ArrayRef> {
    let mut zones = Zones::of(call, 1)?;
    match call.types.first() {
        Some(Type::Date) => {
            let values = call.days(0)?;
            call.write_micros(|row| {
                let Some(days) = values.get(row) else { return Ok(None) };
                let Some(zone) = zones.get(row)? else { return Ok(None) };
                zone.instant_in_range(midnight(days), &format_date(days)).map(Some)
            })
        }
        Some(Type::Datetime) => {
            let values = call.micros(0)?;
            call.write_micros(|row| {
                let Some(micros) = values.get(row) else { return Ok(None) };
                let Some(zone) = zones.get(row)? else { return Ok(None) };
                let what = || format!("the TIMESTAMP of {}", format_datetime(micros));
                micros_in_range(zone.instant(micros).into(), what).map(Some)
            })
        }
        Some(Type::Timestamp) => {
            let values = call.micros(0)?;
            call.write_micros(|row| Ok(values.get(row)))
        }
        _ => {
            let (values, parse) = (call.texts(0)?, if call.len() > 1 { parse_timestamp_in } else { parse_timestamp });
            call.write_micros(|row| {
                let Some(text) = values.get(row) else { return Ok(None) };
                let Some(zone) = zones.get(row)? else { return Ok(None) };
                parse(text, zone).map(Some)
            })
        }
    }
}

fn format(call: &Call<'_>) -> Result<ArrayRef> {
    let formats = Formats::of(call, 0, |format| Layout::parse(format, Kind::Timestamp))?;
    let (values, mut zones) = (call.micros(1)?, Zones::of(call, 2)?);
    call.write_texts(|row| {
        let Some(micros) = values.get(row) else { return Ok(None) };
        let Some(format) = formats.get(row)? else { return Ok(None) };
        Ok(zones.get(row)?.map(|zone| format.write(Moment::zoned(micros, zone))))
    })
}

fn parse(call: &Call<'_>) -> Result<ArrayRef> {
    let formats = Formats::of(call, 0, |format| Template::parse(format, Kind::Timestamp))?;
    let (texts, mut zones) = (call.texts(1)?, Zones::of(call, 2)?);
    call.write_micros(|row| {
        let Some(text) = texts.get(row) else { return Ok(None) };
        let Some(format) = formats.get(row)? else { return Ok(None) };
        let Some(zone) = zones.get(row)? else { return Ok(None) };
        format.read(text, zone).map(Some)
    })
}

fn of_units(call: &Call<'_>, length: i64) -> Result<ArrayRef> {
    let values = call.ints(0)?;
    call.write_micros(|row| {
        let Some(units) = values.get(row) else { return Ok(None) };
        let micros = i128::from(units) * i128::from(length);
        micros_in_range(micros, || format!("{}({units})", call.name)).map(Some)
    })
}

fn of_seconds(call: &Call<'_>) -> Result<ArrayRef> {
    of_units(call, SECOND)
}

fn of_millis(call: &Call<'_>) -> Result<ArrayRef> {
    of_units(call, 1_000)
}

fn of_micros(call: &Call<'_>) -> Result<ArrayRef> {
    of_units(call, 1)
}

fn units(call: &Call<'_>, length: i64) -> Result<ArrayRef> {
    let values = call.micros(0)?;
    call.write_ints(|row| Ok(values.get(row).map(|micros| micros.div_euclid(length))))
}

fn seconds(call: &Call<'_>) -> Result<ArrayRef> {
    units(call, SECOND)
}

fn millis(call: &Call<'_>) -> Result<ArrayRef> {
    units(call, 1_000)
}

fn micros(call: &Call<'_>) -> Result<ArrayRef> {
    units(call, 1)
}

fn string(call: &Call<'_>) -> Result<ArrayRef> {
    match call.types.first() {
        Some(Type::Date) => {
            let values = call.days(0)?;
            call.write_texts(|row| Ok(values.get(row).map(format_date)))
        }
        Some(Type::Datetime) => {
            let values = call.micros(0)?;
            call.write_texts(|row| Ok(values.get(row).map(format_datetime)))
        }
        Some(Type::Time) => {
            let values = call.times(0)?;
            call.write_texts(|row| Ok(values.get(row).map(format_time)))
        }
        _ => {
            let (values, mut zones) = (call.micros(0)?, Zones::of(call, 1)?);
            call.write_texts(|row| {
                let Some(micros) = values.get(row) else { return Ok(None) };
                Ok(zones.get(row)?.map(|zone| format_timestamp(micros, zone)))
            })
        }
    }
}

#[cfg(test)]
mod tests {
    use datafusion::common::ScalarValue;

    use super::super::testing::answer;
    use super::super::zone::Zone;
    use super::*;

    fn at(text: &str) -> ScalarValue {
        ScalarValue::TimestampMicrosecond(Some(parse_timestamp(text, &Zone::UTC).unwrap()), Some("UTC".into()))
    }

    fn word(text: &str) -> ScalarValue {
        ScalarValue::from(text)
    }

    fn instant(name: &str, args: &[ScalarValue]) -> String {
        match answer(name, args) {
            Ok(ScalarValue::TimestampMicrosecond(Some(micros), Some(_))) => format_timestamp(micros, &Zone::UTC),
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn truncation_where_clocks_are_changed() {
        let trunc =
            |from: &str, part: &str, zone: &str| instant("TIMESTAMP_TRUNC", &[at(from), word(part), word(zone)]);
        assert_eq!(trunc("2026-03-29 12:00:00 Europe/Berlin", "DAY", "Europe/Berlin"), "2026-03-28 23:00:00+00");
        assert_eq!(trunc("2026-03-30 12:00:00 Europe/Berlin", "DAY", "Europe/Berlin"), "2026-03-29 22:00:00+00");
        assert_eq!(trunc("2026-07-01 12:00:00+00", "YEAR", "America/New_York"), "2026-01-01 05:00:00+00");
        assert_eq!(trunc("2026-07-01 12:15:30+00", "HOUR", "Asia/Kolkata"), "2026-07-01 11:30:00+00");
        assert_eq!(trunc("2026-10-25 01:30:00+00", "HOUR", "Europe/Berlin"), "2026-10-25 01:00:00+00");
        assert_eq!(trunc("2026-07-06 03:00:00+00", "WEEK(MONDAY)", "America/New_York"), "2026-06-29 04:00:00+00");
        assert_eq!(trunc("1969-12-31 23:59:59.9+00", "SECOND", "UTC"), "1969-12-31 23:59:59+00");
        assert!(trunc("2026-07-06 03:00:00+00", "DAY", "Mars").contains("there is no time zone \\\"Mars\\\""));
        let null = answer("SAFE.TIMESTAMP_TRUNC", &[at("2026-07-06"), word("DAY"), word("Mars")]).unwrap();
        assert!(null.is_null());
        // Midnight does not exist on this day.
        assert_eq!(trunc("2018-11-04 15:00:00+00", "DAY", "America/Sao_Paulo"), "2018-11-04 03:00:00+00");
    }

    #[test]
    fn differences_are_whole_units() {
        let diff = |left: &str, right: &str, part: &str| answer("TIMESTAMP_DIFF", &[at(left), at(right), word(part)]);
        let of = |left, right, part| diff(left, right, part).unwrap();
        assert_eq!(of("2001-02-01 01:00:00", "2001-02-01 00:00:01", "HOUR"), ScalarValue::from(0_i64));
        assert_eq!(of("2018-08-14", "2018-10-14", "DAY"), ScalarValue::from(-61_i64));
        assert_eq!(of("2001-02-01 00:00:01", "2001-02-01 02:00:00", "HOUR"), ScalarValue::from(-1_i64));
        let error = diff("2018-08-14", "2018-10-14", "MONTH").expect_err("no months").to_string();
        assert!(
            error.contains("\"MONTH\" is not a part of a TIMESTAMP that it knows; there is MICROSECOND"),
            "{error}"
        );
    }

    #[test]
    fn days_are_of_24_hours() {
        let add = |from: &str, count: i64, part: &str| instant("TIMESTAMP_ADD", &[at(from), count.into(), word(part)]);
        assert_eq!(add("2026-03-28 12:00:00 Europe/Berlin", 1, "DAY"), "2026-03-29 11:00:00+00");
        assert!(
            add("2026-03-28", i64::MAX, "DAY").contains("overflow: TIMESTAMP_ADD(2026-03-28 00:00:00+00, INTERVAL")
        );
        assert!(add("2026-03-28", 1, "MONTH").contains("is not a part"));
    }

    #[test]
    fn seconds_are_rounded_down() {
        assert_eq!(answer("UNIX_SECONDS", &[at("1969-12-31 23:59:59.9")]).unwrap(), ScalarValue::from(-1_i64));
        assert_eq!(answer("UNIX_MILLIS", &[at("1969-12-31 23:59:59.9999")]).unwrap(), ScalarValue::from(-1_i64));
        assert_eq!(instant("TIMESTAMP_SECONDS", &[(-1_i64).into()]), "1969-12-31 23:59:59+00");
        assert!(instant("TIMESTAMP_SECONDS", &[i64::MAX.into()]).contains("overflow: TIMESTAMP_SECONDS("));
    }

    #[test]
    fn texts_with_and_without_a_zone() {
        assert_eq!(
            instant("TIMESTAMP", &[word("2008-12-25 15:30:00"), word("America/Los_Angeles")]),
            "2008-12-25 23:30:00+00"
        );
        assert!(instant("TIMESTAMP", &[word("2008-12-25 15:30:00Z"), word("UTC")]).contains("has a zone"));
        assert_eq!(instant("TIMESTAMP", &[word("2008-12-25 15:30:00+01")]), "2008-12-25 14:30:00+00");
        let text = answer("STRING", &[at("2008-12-25 15:30:00"), word("Asia/Kolkata")]).unwrap();
        assert_eq!(text, ScalarValue::Utf8View(Some("2008-12-25 21:00:00+05:30".to_owned())));
        let refused = answer("SAFE.PARSE_TIMESTAMP", &[word("%U"), word("1")]).expect_err("not NULL").to_string();
        assert!(refused.contains("the element \"%U\", which is written but not read"), "{refused}");
        assert!(answer("SAFE.PARSE_TIMESTAMP", &[word("%Y"), word("x")]).unwrap().is_null());
    }
}
