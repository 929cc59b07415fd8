//! Pseudonyms: a keyed hash, and for days and times of day a keyed shuffle, in which different values stay different.

use std::fmt;

use sha2::{Digest as _, Sha256};

/// Days from 1970-01-01 to 0001-01-01 and to 9999-12-31: the calendar of GoogleSQL.
const FIRST_DAY: i64 = -719_162;
const LAST_DAY: i64 = 2_932_896;

/// Microseconds of a day.
const DAY_MICROS: u64 = 86_400_000_000;

/// Microseconds from 1970-01-01 to 1900-01-01, and from there to 2200-01-01. A range without the edges of the
/// calendar, where changing the zone fails.
const FIRST_INSTANT: i64 = -25_567 * 86_400_000_000;
const INSTANTS: u64 = 109_573 * DAY_MICROS;

/// Rounds of the shuffle.
const ROUNDS: u8 = 8;

/// What a value is, so that those of different natures have nothing to do with each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Nature {
    Integer = 1,
    Double = 2,
    Text = 3,
    Bytes = 4,
    Day = 5,
    TimeOfDay = 6,
    Instant = 7,
    Decimal = 8,
}

/// Makes pseudonyms. What it prints never says the key.
pub(super) struct Key([u8; 32]);

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key")
    }
}

impl Key {
    pub(super) fn new(seed: [u8; 32]) -> Self {
        Self(seed)
    }

    /// What stands for a value: 8 bytes of a SHA-256 over key, nature and value. What is cut off keeps it from being
    /// continued to that of a longer value.
    pub(super) fn mark(&self, nature: Nature, value: &[u8]) -> u64 {
        self.hash(nature as u8, value)
    }

    fn hash(&self, domain: u8, value: &[u8]) -> u64 {
        let mut hasher = Sha256::new();
        hasher.update(self.0);
        hasher.update([domain]);
        hasher.update(value);
        hasher.finalize().iter().take(8).fold(0, |mark, byte| (mark << 8) | u64::from(*byte))
    }

    /// A day of the calendar for a day of the calendar, each for one only. Days beyond it become some day.
    pub(super) fn day(&self, day: i32) -> i32 {
        let days = (LAST_DAY - FIRST_DAY).unsigned_abs() + 1;
        let at = i64::from(day) - FIRST_DAY;
        let shuffled = match u64::try_from(at) {
            Ok(at) if at < days => self.shuffled(Nature::Day, at, days),
            _ => self.mark(Nature::Day, &day.to_le_bytes()) % days,
        };
        let day = i64::try_from(shuffled).unwrap_or(0) + FIRST_DAY;
        i32::try_from(day).unwrap_or(0)
    }

    /// A time of day for a time of day, each for one only, in microseconds.
    pub(super) fn time_of_day(&self, micros: i64) -> i64 {
        let shuffled = match u64::try_from(micros) {
            Ok(micros) if micros < DAY_MICROS => self.shuffled(Nature::TimeOfDay, micros, DAY_MICROS),
            _ => self.mark(Nature::TimeOfDay, &micros.to_le_bytes()) % DAY_MICROS,
        };
        i64::try_from(shuffled).unwrap_or(0)
    }

    /// `value` of `0..size` to another of them, by a Feistel network that is walked until it is back within `size`.
    fn shuffled(&self, nature: Nature, value: u64, size: u64) -> u64 {
        let half = (u64::BITS - (size - 1).leading_zeros()).div_ceil(2);
        let mask = (1_u64 << half) - 1;
        let mut value = value;
        loop {
            let (mut left, mut right) = (value >> half, value & mask);
            for round in 0..ROUNDS {
                let mut block = [round; 9];
                if let Some(rest) = block.get_mut(1..) {
                    rest.copy_from_slice(&right.to_le_bytes());
                }
                // Above 127, so that no round is the mark of a value.
                (left, right) = (right, left ^ (self.hash(0x80 | nature as u8, &block) & mask));
            }
            value = (left << half) | right;
            if value < size {
                return value;
            }
        }
    }
}

/// A whole number for a mark, exact as a double too.
pub(super) fn integer(mark: u64) -> i64 {
    i64::try_from(mark >> 12).unwrap_or(0)
}

/// A double for a mark.
#[expect(clippy::cast_precision_loss, reason = "52 bits are exact in a double")]
pub(super) fn double(mark: u64) -> f64 {
    (mark >> 12) as f64 / 4_294_967_296.0
}

/// An instant for a mark, in microseconds since 1970.
pub(super) fn instant(mark: u64) -> i64 {
    FIRST_INSTANT + i64::try_from(mark % INSTANTS).unwrap_or(0)
}

/// A text for a mark.
pub(super) fn text(mark: u64) -> String {
    format!("redacted-{mark:016x}")
}

/// A decimal number in the one spelling that equal numbers share.
pub(super) fn plain(decimal: &str) -> &str {
    let short = if decimal.contains('.') { decimal.trim_end_matches('0').trim_end_matches('.') } else { decimal };
    match short.strip_prefix('-') {
        Some(digits) if digits.bytes().all(|digit| digit == b'0') => "0",
        _ => short,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn a_shuffle_is_a_permutation() {
        let key = Key::new([7; 32]);
        for size in [1, 2, 3, 10, 257, 1000] {
            let shuffled: BTreeSet<_> = (0..size).map(|value| key.shuffled(Nature::Day, value, size)).collect();
            assert_eq!(shuffled, (0..size).collect(), "{size}");
        }
        let other = Key::new([8; 32]);
        let moved = (0..1000)
            .filter(|value| key.shuffled(Nature::Day, *value, 1000) != other.shuffled(Nature::Day, *value, 1000));
        assert!(moved.count() > 950, "another key shuffles otherwise");
    }

    #[test]
    fn days_stay_days_of_the_calendar() {
        let key = Key::new([7; 32]);
        let days = [i32::MIN, -719_163, -719_162, -1, 0, 20_000, 2_932_896, 2_932_897, i32::MAX];
        for day in days {
            let pseudonym = i64::from(key.day(day));
            assert!((FIRST_DAY..=LAST_DAY).contains(&pseudonym), "{day} became {pseudonym}");
            assert_ne!(pseudonym, i64::from(day));
        }
        let year: BTreeSet<_> = (20_000..30_000).map(|day| key.day(day)).collect();
        assert_eq!(year.len(), 10_000, "different days stay different");
        for micros in [i64::MIN, -1, 0, 1, 86_399_999_999, 86_400_000_000, i64::MAX] {
            assert!((0..86_400_000_000).contains(&key.time_of_day(micros)), "{micros}");
        }
    }

    #[test]
    fn numbers_and_instants_stay_within_their_ranges() {
        for mark in [0, 1, u64::MAX / 2, u64::MAX] {
            assert!((0..1 << 52).contains(&integer(mark)));
            assert!((0.0..1_048_576.0).contains(&double(mark)));
            let year =
                jiff::tz::TimeZone::UTC.to_datetime(jiff::Timestamp::from_microsecond(instant(mark)).unwrap()).year();
            assert!((1900..2200).contains(&year), "{mark} is in {year}");
        }
        assert_eq!(double(u64::MAX), 1_048_575.999_999_999_8);
        assert_eq!(text(0xab), "redacted-00000000000000ab");
    }

    #[test]
    fn equal_decimals_are_spelled_alike() {
        for (spelled, expected) in
            [("1.50", "1.5"), ("1.00", "1"), ("100", "100"), ("-0.0", "0"), ("0", "0"), ("-1.20", "-1.2")]
        {
            assert_eq!(plain(spelled), expected);
        }
    }
}
