//! Dates.

use datafusion::arrow::array::ArrayRef;
use datafusion::error::Result;

use super::super::call::Call;
use super::super::fault::Fault;
use super::super::function::Definition;
use super::super::types::Type;
use super::calendar::{Civil, days_in_range, days_of, format_datetime, parse_date};
use super::pattern::{Formats, Kind};
use super::reckoning;
use super::strftime::{Layout, Moment};
use super::strptime::Template;
use super::zone::{Zone, Zones};

/// The functions of this module.
pub(super) const FUNCTIONS: &[Definition] = &[
    Definition {
        name: "DATE",
        forms: &[
            "(INT64, INT64, INT64) -> DATE",
            "(DATE) -> DATE",
            "(DATETIME) -> DATE",
            "(TIMESTAMP[, STRING]) -> DATE",
            "(STRING) -> DATE",
        ],
        note: "",
        eval: date,
    },
    Definition {
        name: "DATE_ADD",
        forms: &[
            "(DATE, INT64, PART) -> DATE",
            "(DATETIME, INT64, PART) -> DATETIME",
            "(TIMESTAMP, INT64, PART) -> TIMESTAMP",
        ],
        note: "",
        eval: reckoning::add,
    },
    Definition {
        name: "DATE_SUB",
        forms: &[
            "(DATE, INT64, PART) -> DATE",
            "(DATETIME, INT64, PART) -> DATETIME",
            "(TIMESTAMP, INT64, PART) -> TIMESTAMP",
        ],
        note: "",
        eval: reckoning::sub,
    },
    Definition {
        name: "DATE_DIFF",
        forms: &[
            "(DATE, DATE, PART) -> INT64",
            "(DATETIME, DATETIME, PART) -> INT64",
            "(TIMESTAMP, TIMESTAMP, PART) -> INT64",
        ],
        note: "",
        eval: reckoning::diff,
    },
    Definition {
        name: "DATE_TRUNC",
        forms: &["(DATE, PART) -> DATE", "(DATETIME, PART) -> DATETIME", "(TIMESTAMP, PART[, STRING]) -> TIMESTAMP"],
        note: "",
        eval: reckoning::trunc,
    },
    Definition {
        name: "EXTRACT",
        forms: &[
            "(DATE, PART) -> INT64",
            "(DATETIME, PART) -> INT64",
            "(TIME, PART) -> INT64",
            "(TIMESTAMP, PART[, STRING]) -> INT64",
        ],
        note: "",
        eval: reckoning::extract,
    },
    Definition {
        name: "LAST_DAY",
        forms: &["(DATE[, PART]) -> DATE", "(DATETIME[, PART]) -> DATE"],
        note: "",
        eval: reckoning::last_day,
    },
    Definition { name: "DATE_FROM_UNIX_DATE", forms: &["(INT64) -> DATE"], note: "", eval: from_unix_date },
    Definition { name: "UNIX_DATE", forms: &["(DATE) -> INT64"], note: "", eval: unix_date },
    Definition {
        name: "FORMAT_DATE",
        forms: &["(STRING, DATE) -> STRING"],
        note: "An element that is not documented is refused.",
        eval: format,
    },
    Definition {
        name: "PARSE_DATE",
        forms: &["(STRING, STRING) -> DATE"],
        note: "A format with elements for weeks, days of the year and ISO years is refused.",
        eval: parse,
    },
];

fn date(call: &Call<'_>) -> Result<ArrayRef> {
    match call.types.first() {
        Some(Type::Int64) => {
            let (years, months, days) = (call.ints(0)?, call.ints(1)?, call.ints(2)?);
            call.write_days(|row| {
                let (Some(year), Some(month), Some(day)) = (years.get(row), months.get(row), days.get(row)) else {
                    return Ok(None);
                };
                existing_day(year, month, day).map(Some)
            })
        }
        Some(Type::Date) => {
            let values = call.days(0)?;
            call.write_days(|row| Ok(values.get(row)))
        }
        Some(Type::Datetime) => {
            let values = call.micros(0)?;
            call.write_days(|row| Ok(values.get(row).map(days_of)))
        }
        Some(Type::Timestamp) => {
            let (values, mut zones) = (call.micros(0)?, Zones::of(call, 1)?);
            call.write_days(|row| {
                let Some(micros) = values.get(row) else { return Ok(None) };
                let Some(zone) = zones.get(row)? else { return Ok(None) };
                let what = || format!("the DATE of {}", format_datetime(micros));
                days_in_range(days_of(zone.local(micros)).into(), what).map(Some)
            })
        }
        _ => {
            let values = call.texts(0)?;
            call.write_days(|row| values.get(row).map(parse_date).transpose())
        }
    }
}

/// The day of that number in that month, in days since 1970-01-01.
pub(super) fn existing_day(year: i64, month: i64, day: i64) -> std::result::Result<i32, Fault> {
    let civil = Civil { year, month, day };
    let days = ((1..=9999).contains(&year) && civil.exists()).then(|| civil.days());
    let days = days.and_then(|days| i32::try_from(days).ok());
    days.ok_or_else(|| Fault::argument(format!("there is no date {year:04}-{month:02}-{day:02}")))
}

fn from_unix_date(call: &Call<'_>) -> Result<ArrayRef> {
    let values = call.ints(0)?;
    call.write_days(|row| {
        let Some(days) = values.get(row) else { return Ok(None) };
        days_in_range(days, || format!("DATE_FROM_UNIX_DATE({days})")).map(Some)
    })
}

fn unix_date(call: &Call<'_>) -> Result<ArrayRef> {
    let values = call.days(0)?;
    call.write_ints(|row| Ok(values.get(row).map(i64::from)))
}

fn format(call: &Call<'_>) -> Result<ArrayRef> {
    let formats = Formats::of(call, 0, |format| Layout::parse(format, Kind::Date))?;
    let values = call.days(1)?;
    call.write_texts(|row| {
        let Some(days) = values.get(row) else { return Ok(None) };
        Ok(formats.get(row)?.map(|format| format.write(Moment::midnight(days))))
    })
}

fn parse(call: &Call<'_>) -> Result<ArrayRef> {
    let formats = Formats::of(call, 0, |format| Template::parse(format, Kind::Date))?;
    let texts = call.texts(1)?;
    call.write_days(|row| {
        let Some(text) = texts.get(row) else { return Ok(None) };
        let Some(format) = formats.get(row)? else { return Ok(None) };
        format.read(text, &Zone::UTC).map(|micros| Some(days_of(micros)))
    })
}

#[cfg(test)]
mod tests {
    use datafusion::common::ScalarValue;

    use super::super::calendar::{DAYS_MAX, DAYS_MIN, format_date};
    use super::super::testing::answer;

    fn day(text: &str) -> ScalarValue {
        ScalarValue::Date32(Some(super::parse_date(text).unwrap()))
    }

    fn word(text: &str) -> ScalarValue {
        ScalarValue::from(text)
    }

    fn date(name: &str, args: &[ScalarValue]) -> String {
        match answer(name, args) {
            Ok(ScalarValue::Date32(Some(days))) => format_date(days),
            other => format!("{other:?}"),
        }
    }

    fn number(name: &str, args: &[ScalarValue]) -> i64 {
        match answer(name, args) {
            Ok(ScalarValue::Int64(Some(number))) => number,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn months_of_different_lengths() {
        let add = |from: &str, count: i64, part: &str| date("DATE_ADD", &[day(from), count.into(), word(part)]);
        assert_eq!(add("2024-01-31", 1, "MONTH"), "2024-02-29");
        assert_eq!(add("2024-02-29", 1, "YEAR"), "2025-02-28");
        assert_eq!(add("2024-03-31", -1, "QUARTER"), "2023-12-31");
        assert_eq!(add("2024-01-31", -14, "MONTH"), "2022-11-30");
        assert_eq!(add("2024-12-31", 1, "WEEK"), "2025-01-07");
        for (count, part) in [(i64::MAX, "DAY"), (i64::MIN, "YEAR"), (i64::MAX, "QUARTER"), (7976, "YEAR")] {
            let error = add("2024-12-31", count, part);
            assert!(error.contains("overflow: DATE_ADD(2024-12-31, INTERVAL"), "{error}");
        }
        let sub = |count: i64| date("DATE_SUB", &[day("2024-03-01"), count.into(), word("DAY")]);
        assert_eq!(sub(1), "2024-02-29");
        assert!(sub(i64::MIN).contains("overflow"));
    }

    #[test]
    fn boundaries_are_counted() {
        let diff = |left: &str, right: &str, part: &str| number("DATE_DIFF", &[day(left), day(right), word(part)]);
        assert_eq!(diff("2017-10-15", "2017-10-14", "WEEK"), 1);
        assert_eq!(diff("2017-12-18", "2017-12-17", "WEEK"), 0);
        assert_eq!(diff("2017-12-18", "2017-12-17", "WEEK(MONDAY)"), 1);
        assert_eq!(diff("2017-12-18", "2017-12-17", "ISOWEEK"), 1);
        assert_eq!(diff("2017-12-30", "2014-12-30", "YEAR"), 3);
        assert_eq!(diff("2017-12-30", "2014-12-30", "ISOYEAR"), 2);
        assert_eq!(diff("2024-01-31", "2024-02-01", "MONTH"), -1);
        assert_eq!(diff("2024-01-01", "2023-12-31", "QUARTER"), 1);
        assert_eq!(diff("0001-01-01", "0001-01-06", "WEEK"), -0, "from the Sunday before there are dates");
        assert_eq!(diff("9999-12-31", "0001-01-01", "DAY"), 3_652_058);
    }

    #[test]
    fn truncation_and_last_days() {
        let trunc = |from: &str, part: &str| date("DATE_TRUNC", &[day(from), word(part)]);
        assert_eq!(trunc("2017-11-05", "WEEK(MONDAY)"), "2017-10-30");
        assert_eq!(trunc("2017-11-05", "WEEK"), "2017-11-05");
        assert_eq!(trunc("2015-06-15", "ISOYEAR"), "2014-12-29");
        assert_eq!(trunc("2021-01-02", "ISOYEAR"), "2019-12-30");
        assert_eq!(trunc("2024-08-15", "QUARTER"), "2024-07-01");
        assert!(trunc("0001-01-01", "WEEK").contains("overflow: DATE_TRUNC(0001-01-01, WEEK)"));
        assert!(trunc("2024-08-15", "HOUR").contains("HOUR\\\" is not a part of a DATE that it knows"));

        let last = |from: &str, part: &str| date("LAST_DAY", &[day(from), word(part)]);
        assert_eq!(date("LAST_DAY", &[day("2024-02-01")]), "2024-02-29");
        assert_eq!(last("9999-12-01", "MONTH"), "9999-12-31");
        assert_eq!(last("9999-11-01", "QUARTER"), "9999-12-31");
        assert_eq!(last("2024-01-01", "YEAR"), "2024-12-31");
        assert_eq!(last("2008-11-10", "WEEK(SUNDAY)"), "2008-11-15");
        assert_eq!(last("2008-11-10", "WEEK(MONDAY)"), "2008-11-16");
        assert_eq!(last("2021-01-02", "ISOYEAR"), "2021-01-03");
        assert!(last("9999-12-31", "WEEK").contains("overflow"));
    }

    #[test]
    fn weeks_around_new_year() {
        let field = |of: &str, part: &str| number("EXTRACT", &[day(of), word(part)]);
        let rows =
            [("2015-12-27", 2015, 52, 2015, 52), ("2015-12-28", 2015, 53, 2015, 52), ("2016-01-03", 2015, 53, 2016, 1)];
        for (of, iso_year, iso_week, year, week) in rows {
            let fields = ["ISOYEAR", "ISOWEEK", "YEAR", "WEEK"].map(|part| field(of, part));
            assert_eq!(fields, [iso_year, iso_week, year, week], "{of}");
        }
        assert_eq!(field("2016-01-02", "WEEK"), 0);
        assert_eq!(field("2017-11-05", "WEEK(MONDAY)"), 44);
        assert_eq!(field("2024-12-31", "DAYOFYEAR"), 366);
        assert_eq!(field("2024-12-29", "DAYOFWEEK"), 1);
    }

    #[test]
    fn dates_that_there_are_not() {
        let of = |year: i64, month: i64, day: i64| date("DATE", &[year.into(), month.into(), day.into()]);
        assert_eq!(of(2024, 2, 29), "2024-02-29");
        assert!(of(2023, 2, 29).contains("there is no date 2023-02-29"));
        assert!(of(i64::MAX, i64::MAX, i64::MIN).contains("there is no date"));
        assert_eq!(date("DATE", &[word("2024-2-9")]), "2024-02-09");
        assert_eq!(date("DATE_FROM_UNIX_DATE", &[i64::from(DAYS_MIN).into()]), "0001-01-01");
        assert!(date("DATE_FROM_UNIX_DATE", &[(i64::from(DAYS_MAX) + 1).into()]).contains("overflow"));
        assert!(date("DATE_FROM_UNIX_DATE", &[i64::MAX.into()]).contains("overflow"));
    }

    #[test]
    fn values_beyond_the_calendar_do_no_harm() {
        for days in [i32::MIN, i32::MAX] {
            let value = ScalarValue::Date32(Some(days));
            for part in ["DAY", "WEEK", "ISOWEEK", "MONTH", "QUARTER", "YEAR", "ISOYEAR"] {
                assert!(answer("DATE_TRUNC", &[value.clone(), word(part)]).is_err());
                assert!(answer("EXTRACT", &[value.clone(), word(part)]).is_ok());
                assert!(answer("DATE_DIFF", &[value.clone(), day("2024-01-01"), word(part)]).is_ok());
            }
            assert!(answer("LAST_DAY", std::slice::from_ref(&value)).is_err());
            assert!(answer("FORMAT_DATE", &[word("%c %F %G %s"), value.clone()]).is_ok());
        }
        for micros in [i64::MIN, i64::MAX] {
            for zone in [None, Some("UTC".into())] {
                let value = ScalarValue::TimestampMicrosecond(Some(micros), zone);
                for part in ["MICROSECOND", "SECOND", "HOUR", "DAY", "WEEK", "ISOYEAR"] {
                    assert!(answer("DATE_TRUNC", &[value.clone(), word(part)]).is_err(), "{part}");
                    assert!(answer("EXTRACT", &[value.clone(), word(part)]).is_ok());
                }
                assert!(answer("DATE_DIFF", &[value.clone(), value.clone(), word("DAY")]).is_ok());
                assert!(answer("STRING", std::slice::from_ref(&value)).is_ok());
            }
            let value = ScalarValue::TimestampMicrosecond(Some(micros), Some("UTC".into()));
            assert!(answer("FORMAT_TIMESTAMP", &[word("%c %s %Z"), value.clone(), word("Asia/Tokyo")]).is_ok());
            assert!(answer("TIMESTAMP_TRUNC", &[value, word("HOUR"), word("Asia/Tokyo")]).is_err());
        }
    }
}
