//! When a delivery is attempted again.

use std::time::Duration;

use backon::{BackoffBuilder as _, ExponentialBuilder};
use jiff::{SignedDuration, Timestamp};

/// How long after its first attempt a delivery is given up.
pub const GIVE_UP: Duration = Duration::from_secs(24 * 60 * 60);
/// The longest wait after the first attempt.
const FIRST: Duration = Duration::from_secs(1);
/// The longest wait of all.
const LONGEST: Duration = Duration::from_secs(10 * 60);
/// From here on all waits are the longest: 1 s doubled so often is more than that.
const STEADY: u32 = 10;

/// How long to wait after attempt number `attempt`, 1 for the first: anything up to a limit that begins at 1 s, doubles
/// each time and ends at 10 minutes, so that those that failed together do not come back together. The same for the
/// same numbers.
#[must_use]
pub fn backoff(attempt: u32, seed: u64) -> Duration {
    let waits = ExponentialBuilder::new()
        .with_min_delay(FIRST)
        .with_max_delay(LONGEST)
        .with_factor(2.0)
        .without_max_times()
        .build();
    let nth = attempt.saturating_sub(1).min(STEADY);
    let limit = waits.into_iter().nth(usize::try_from(nth).unwrap_or(usize::MAX)).unwrap_or(LONGEST);
    // 32 bits of a number that looks like chance: the share of the limit, exact in an f64.
    let share = f64::from(u32::try_from(scatter(seed ^ scatter(u64::from(attempt))) >> 32).unwrap_or(u32::MAX));
    limit.mul_f64(share / f64::from(u32::MAX))
}

/// When to attempt it again after attempt number `attempt` failed at `now`, the first of which was made at `first`; not
/// before the receiver wants to be asked again (`after`). `None`: it is given up.
#[must_use]
pub fn next_attempt(
    first: Timestamp,
    attempt: u32,
    after: Option<Duration>,
    seed: u64,
    now: Timestamp,
) -> Option<Timestamp> {
    let wait = backoff(attempt, seed).saturating_add(after.unwrap_or_default());
    // A clock that was set back gives no more time than there was.
    let now = now.max(first);
    let next = now.checked_add(SignedDuration::try_from(wait).ok()?).ok()?;
    let last = first.saturating_add(GIVE_UP).unwrap_or(Timestamp::MAX);
    (next <= last).then_some(next)
}

/// A number that looks like chance, the same for the same number (the finalizer of SplitMix64).
fn scatter(number: u64) -> u64 {
    let mut z = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}
