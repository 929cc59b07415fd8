//! Zones of time: names of the IANA database, which is part of the program, and offsets from UTC.

use std::collections::HashMap;
use std::sync::LazyLock;

use datafusion::arrow::array::StringViewArray;
use datafusion::error::Result;
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::{AmbiguousOffset, TimeZone, TimeZoneDatabase};

use super::super::call::{Call, Values};
use super::super::fault::Fault;
use super::calendar::{Civil, DAY, SECOND, micros_in_range};

/// The same on every machine, and no file is looked at for a name that a statement has.
static DATABASE: LazyLock<TimeZoneDatabase> = LazyLock::new(TimeZoneDatabase::bundled);

/// Most hours and minutes that an offset has.
const OFFSET_MINUTES_MAX: i64 = 14 * 60;

/// Zones that one call keeps.
const KEPT: usize = 64;

/// Where clocks show the same time.
#[derive(Debug, Clone)]
pub(in crate::source::files::googlesql) enum Zone {
    /// So many seconds east of UTC.
    Offset(i64),
    /// With changes of its offset.
    Named(TimeZone),
}

impl Zone {
    /// The zone that BigQuery uses where none is said.
    pub(in crate::source::files::googlesql) const UTC: Self = Self::Offset(0);

    /// The zone of that name, or of an offset such as `+05:30`, `-8` and `UTC+2`; `None` for one that there is not.
    pub(in crate::source::files::googlesql) fn named(name: &str) -> Option<Self> {
        if let Some(zone) = Self::with_offset(name) {
            return zone;
        }
        if name.eq_ignore_ascii_case("UTC") {
            return Some(Self::UTC);
        }
        let zone = DATABASE.get(name).ok().filter(|zone| !zone.is_unknown())?;
        Some(Self::Named(zone))
    }

    /// An offset; `Some(None)` for one that is written well but is too large, `None` for what is not one.
    fn with_offset(name: &str) -> Option<Option<Self>> {
        let name = name.strip_prefix("UTC").unwrap_or(name);
        let (sign, rest) = match name.strip_prefix('-') {
            Some(rest) => (-1, rest),
            None => (1, name.strip_prefix('+')?),
        };
        let digits = rest.bytes().take(2).take_while(u8::is_ascii_digit).count();
        let (hours, rest) = rest.split_at_checked(digits)?;
        let hours: i64 = hours.parse().ok()?;
        let rest = rest.strip_prefix(':').or(Some(rest)).filter(|minutes| rest.is_empty() || !minutes.is_empty())?;
        if rest.len() > 2 || !rest.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let minutes: i64 = if rest.is_empty() { 0 } else { rest.parse().ok()? };
        let offset = hours * 60 + minutes;
        Some((minutes < 60 && offset <= OFFSET_MINUTES_MAX).then_some(Self::Offset(sign * offset * 60)))
    }

    /// Seconds east of UTC at an instant.
    pub(in crate::source::files::googlesql) fn offset(&self, micros: i64) -> i64 {
        match self {
            Self::Offset(seconds) => *seconds,
            Self::Named(zone) => {
                // The last day of the year 9999 is beyond what is known of zones; nothing changes on it.
                let at = Timestamp::from_microsecond(micros);
                let at = at.unwrap_or(if micros < 0 { Timestamp::MIN } else { Timestamp::MAX });
                zone.to_offset(at).seconds().into()
            }
        }
    }

    /// What the clocks show at an instant, in microseconds since they showed 1970-01-01 00:00:00.
    pub(in crate::source::files::googlesql) fn local(&self, micros: i64) -> i64 {
        micros.saturating_add(self.offset(micros) * SECOND)
    }

    /// The instant at which the clocks show this. Of two, the first; where clocks were put forward, as if they were
    /// not.
    pub(in crate::source::files::googlesql) fn instant(&self, local: i64) -> i64 {
        let offset = match self {
            Self::Offset(seconds) => *seconds,
            Self::Named(zone) => match civil(local) {
                Some(civil) => match zone.to_ambiguous_timestamp(civil).offset() {
                    AmbiguousOffset::Unambiguous { offset } => offset,
                    AmbiguousOffset::Gap { before, .. } | AmbiguousOffset::Fold { before, .. } => before,
                }
                .seconds()
                .into(),
                None => self.offset(local),
            },
        };
        local.saturating_sub(offset * SECOND)
    }

    /// The same, unless the instant is outside the years 1 to 9999 in UTC; `text` is what was written for it.
    pub(super) fn instant_in_range(&self, local: i64, text: &str) -> std::result::Result<i64, Fault> {
        micros_in_range(self.instant(local).into(), || format!("TIMESTAMP {text:?}"))
    }
}

fn civil(local: i64) -> Option<DateTime> {
    let Civil { year, month, day } = Civil::of(local.div_euclid(DAY));
    let time = local.rem_euclid(DAY);
    let (seconds, micros) = (time / SECOND, time % SECOND);
    DateTime::new(
        year.try_into().ok()?,
        month.try_into().ok()?,
        day.try_into().ok()?,
        (seconds / 3600).try_into().ok()?,
        (seconds / 60 % 60).try_into().ok()?,
        (seconds % 60).try_into().ok()?,
        (micros * 1000).try_into().ok()?,
    )
    .ok()
}

/// The argument of a call that names a zone, which may be left out.
#[derive(Debug)]
pub(super) struct Zones<'a> {
    names: Option<Values<&'a StringViewArray>>,
    /// The one zone of all rows.
    only: Option<std::result::Result<Option<Zone>, Fault>>,
    seen: HashMap<String, Zone>,
}

fn found(name: &str) -> std::result::Result<Zone, Fault> {
    Zone::named(name).ok_or_else(|| {
        Fault::argument(format!("there is no time zone {name:?}; one is written as 'Europe/Berlin', '+05:30' or '-8'"))
    })
}

impl<'a> Zones<'a> {
    /// The zones of an argument; UTC if there is no such argument.
    pub(super) fn of(call: &Call<'a>, at: usize) -> Result<Self> {
        if at >= call.len() {
            return Ok(Self { names: None, only: Some(Ok(Some(Zone::UTC))), seen: HashMap::new() });
        }
        let names = call.texts(at)?;
        let only = names.constant().map(|name| name.map(found).transpose());
        Ok(Self { names: Some(names), only, seen: HashMap::new() })
    }

    /// The zone of a row; `None` for null.
    pub(super) fn get(&mut self, row: usize) -> std::result::Result<Option<&Zone>, Fault> {
        match &self.only {
            Some(Ok(zone)) => return Ok(zone.as_ref()),
            Some(Err(fault)) => return Err(fault.clone()),
            None => {}
        }
        let Some(name) = self.names.as_ref().and_then(|names| names.get(row)) else { return Ok(None) };
        if !self.seen.contains_key(name) {
            let zone = found(name)?;
            if self.seen.len() >= KEPT {
                self.seen.clear();
            }
            self.seen.insert(name.to_owned(), zone);
        }
        Ok(self.seen.get(name))
    }
}

#[cfg(test)]
mod tests {
    use super::super::calendar::{format_datetime, format_timestamp, parse_datetime, parse_timestamp};
    use super::*;

    #[test]
    fn offsets_and_names() {
        let offset = |name: &str| match Zone::named(name) {
            Some(Zone::Offset(seconds)) => Some(seconds / 60),
            _ => None,
        };
        assert_eq!(offset("+05:30"), Some(330));
        assert_eq!(offset("+0530"), Some(330));
        assert_eq!(offset("-8"), Some(-480));
        assert_eq!(offset("-08"), Some(-480));
        assert_eq!(offset("UTC+2"), Some(120));
        assert_eq!(offset("+14:00"), Some(840));
        assert_eq!(offset("utc"), Some(0));
        assert!(matches!(Zone::named("America/New_York"), Some(Zone::Named(_))));
        let wrong =
            ["+14:01", "+15", "+", "", "+5:", "+05:60", "+05:300", "+5:3x", "Mars/Base", "../UTC", "Etc/Unknown", "é"];
        for wrong in wrong {
            assert!(Zone::named(wrong).is_none(), "{wrong}");
        }
    }

    #[test]
    fn clocks_that_are_put_forward_and_back() {
        let berlin = Zone::named("Europe/Berlin").unwrap();
        let at = |local: &str| format_datetime(berlin.instant(parse_datetime(local).unwrap()));
        assert_eq!(at("2026-03-29 01:59:59"), "2026-03-29 00:59:59");
        assert_eq!(at("2026-03-29 02:30:00"), "2026-03-29 01:30:00", "skipped: as with the offset before");
        assert_eq!(at("2026-03-29 03:30:00"), "2026-03-29 01:30:00");
        assert_eq!(at("2026-10-25 02:30:00"), "2026-10-25 00:30:00", "twice: the first");
        assert_eq!(at("2026-10-25 03:30:00"), "2026-10-25 02:30:00");
    }

    #[test]
    fn ends_of_time() {
        let tokyo = Zone::named("Asia/Tokyo").unwrap();
        let last = parse_timestamp("9999-12-31 23:59:59.999999+00", &Zone::UTC).unwrap();
        assert_eq!(tokyo.offset(last), 9 * 3600);
        assert_eq!(tokyo.instant(tokyo.local(last)), last);
        let first = parse_timestamp("0001-01-01 00:00:00+00", &Zone::UTC).unwrap();
        let york = Zone::named("America/New_York").unwrap();
        assert_eq!(york.instant(york.local(first)), first);
        assert_eq!(format_timestamp(first, &york), "0000-12-31 19:04:00-04:56", "-04:56:02, without seconds");
        for micros in [i64::MIN, i64::MAX] {
            york.instant(york.local(micros));
            format_timestamp(micros, &york);
        }
    }
}
