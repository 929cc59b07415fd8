//! The only place where time is read.
//!
//! Wall time and elapsed time come from one object, so that a test that pauses the runtime's clock moves both.

use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;

/// Source of the current time.
#[derive(Debug, Clone)]
pub struct Clock(Origin);

#[derive(Debug, Clone)]
enum Origin {
    System,
    Derived { wall: Timestamp, monotonic: Instant },
}

impl Clock {
    /// The machine's clock; follows its steps.
    #[must_use]
    pub fn system() -> Self {
        Self(Origin::System)
    }

    /// A clock that shows `wall` now and goes on with the runtime's clock, paused when that is paused.
    #[must_use]
    pub fn starting_at(wall: Timestamp) -> Self {
        Self(Origin::Derived { wall, monotonic: monotonic() })
    }

    /// The current wall-clock time, in whole microseconds: what the journal can keep.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "this is the clock")]
    pub fn now(&self) -> Timestamp {
        let now = match &self.0 {
            Origin::System => Timestamp::now(),
            Origin::Derived { wall, monotonic } => {
                wall.saturating_add(monotonic.elapsed()).expect("an unsigned duration is a valid span")
            }
        };
        Timestamp::from_microsecond(now.as_microsecond()).expect("truncation stays in range")
    }
}

/// A point on a clock that never goes back.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "this is the clock")]
pub fn monotonic() -> Instant {
    Instant::now()
}

/// Time left until `deadline`; zero when it has passed.
#[must_use]
pub fn until(deadline: Instant) -> Duration {
    deadline.saturating_duration_since(monotonic())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_derived_clock_moves_with_the_runtime() {
        let clock = Clock::starting_at(Timestamp::UNIX_EPOCH);
        tokio::time::advance(Duration::from_secs(90)).await;
        assert_eq!(clock.now().as_second(), 90);
    }
}
