//! How long after it is due a schedule starts.

use std::time::Duration;

use sha2::{Digest as _, Sha256};

/// How long after it is due a schedule starts: whole milliseconds from 0 to the longest, the longest included.
///
/// The same for a name and a longest for ever, on every host: the first 8 bytes of the SHA-256 of the name, as a number
/// with the most significant byte first, modulo the milliseconds there are to choose from.
#[must_use]
pub fn jitter(schedule: &str, longest: Duration) -> Duration {
    let hash: [u8; 32] = Sha256::digest(schedule).into();
    let number = hash.iter().take(8).fold(0_u64, |number, byte| (number << 8) | u64::from(*byte));
    let choices = longest.as_millis().saturating_add(1);
    // A number of milliseconds that does not fit is larger than every hash.
    Duration::from_millis(u64::try_from(choices).map_or(number, |choices| number % choices))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Computed with another program. They may never change: a schedule would start at another time after an update.
    #[test]
    fn a_name_has_the_same_jitter_for_ever() {
        for (schedule, longest, expected) in [
            ("nightly", 60_000, 12_556),
            ("nightly", 300_000, 141_135),
            ("hourly", 60_000, 46_559),
            ("", 1_000, 421),
            ("data/überall", 86_400_000, 60_678_910),
            ("nightly", u64::MAX - 1, 3_043_134_503_785_307_926),
        ] {
            let found = jitter(schedule, Duration::from_millis(longest));
            assert_eq!(found, Duration::from_millis(expected), "`{schedule}` within {longest} ms");
        }
    }

    #[test]
    fn there_is_none_without_a_longest() {
        assert_eq!(jitter("nightly", Duration::ZERO), Duration::ZERO);
        assert_eq!(jitter("nightly", Duration::from_micros(999)), Duration::ZERO, "only whole milliseconds");
    }

    #[test]
    fn names_are_spread_from_none_to_the_longest() {
        let mut counts = [0; 10];
        for number in 0..10_000 {
            let millis = jitter(&format!("schedule-{number}"), Duration::from_millis(9)).as_millis();
            counts[usize::try_from(millis).unwrap()] += 1;
        }
        assert!(counts.iter().all(|count| (900..=1_100).contains(count)), "each of 0 to 9 ms once in ten: {counts:?}");
    }
}
