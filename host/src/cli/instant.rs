//! Instants and days, as somebody says them.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::failure::Failure;
use crate::runner::At;

/// The instant that is meant, in a zone where none is said.
pub(super) fn instant(at: At, time_zone: &TimeZone) -> Result<Timestamp, Failure> {
    match at {
        At::Instant(instant) => Ok(instant),
        At::Local(local) => time_zone.to_timestamp(local).map_err(|error| Failure::usage(error, "name another time")),
    }
}

/// The same, where it is to end something: it has not come yet.
pub(super) fn until(at: At, time_zone: &TimeZone, now: Timestamp) -> Result<Timestamp, Failure> {
    let until = instant(at, time_zone)?;
    if until <= now {
        let error = anyhow::anyhow!("{until} has passed");
        return Err(Failure::usage(error, "name an instant to come, or leave `--until` out"));
    }
    Ok(until)
}

/// That a range of days does not end before it begins.
pub(super) fn in_order(from: Date, to: Date) -> Result<(), Failure> {
    if from <= to {
        return Ok(());
    }
    let error = anyhow::anyhow!("{to} is before {from}");
    Err(Failure::usage(error, "`--from` is the first day, `--to` the last"))
}
