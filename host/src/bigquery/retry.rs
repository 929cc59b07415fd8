//! Trying again: with full jitter, as long as BigQuery asks for, and never beyond a deadline.

use std::time::Duration;

use backon::{BackoffBuilder as _, ExponentialBuilder};
use tokio::time::{Instant, sleep, timeout_at};

use super::error::{Class, Error};
use crate::clock;

/// How long the waits between tries are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retry {
    /// The first wait is at most this long; each further one at most twice as long as the one before.
    pub first: Duration,
    /// No wait is longer, unless BigQuery asks for it.
    pub most: Duration,
}

impl Default for Retry {
    fn default() -> Self {
        Self { first: Duration::from_millis(500), most: Duration::from_secs(32) }
    }
}

impl Retry {
    /// Makes a call that may be made twice until it succeeds, fails for good, or `until` is near; then what failed last
    /// is the error.
    ///
    /// # Errors
    /// The last error of the call; [`Class::Unreachable`] when `until` passes during a call.
    ///
    /// # Cancel safety
    /// As the call itself.
    pub(super) async fn run<T, F: Future<Output = Result<T, Error>>>(
        &self,
        until: Instant,
        mut call: impl FnMut() -> F,
    ) -> Result<T, Error> {
        let mut waits =
            ExponentialBuilder::new().with_min_delay(self.first).with_max_delay(self.most).without_max_times().build();
        loop {
            let late = |_| Error::new(Class::Unreachable, "BigQuery did not answer before the deadline");
            let error = match timeout_at(until, call()).await.map_err(late).flatten() {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            };
            let longest = waits.next().unwrap_or(self.most);
            let wait = jittered(longest).max(error.retry_after.unwrap_or_default());
            if !error.is_retryable() || clock::until(until) <= wait {
                return Err(error);
            }
            tracing::debug!(class = ?error.class, status = error.status, wait = ?wait, "BigQuery is asked again");
            sleep(wait).await;
        }
    }
}

/// Anything up to the longest wait, so that those who failed together do not come back together.
fn jittered(longest: Duration) -> Duration {
    // Without randomness the longest wait is the safe one.
    match getrandom::u32() {
        Ok(random) => longest.mul_f64(f64::from(random) / f64::from(u32::MAX)),
        Err(_) => longest,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;

    async fn tried(errors: Vec<Error>, until: Duration) -> (Result<u32, Error>, u32, Duration) {
        let began = clock::monotonic();
        let (calls, errors) = (Cell::new(0), Cell::new(errors.into_iter()));
        let answer = Retry::default()
            .run(began + until, || {
                calls.set(calls.get() + 1);
                let mut rest = errors.replace(Vec::new().into_iter());
                let next = rest.next();
                errors.set(rest);
                async move { next.map_or(Ok(7), Err) }
            })
            .await;
        (answer, calls.get(), clock::monotonic() - began)
    }

    #[tokio::test(start_paused = true)]
    async fn what_may_pass_is_tried_again_and_nothing_else() {
        let busy = Error::new(Class::RateLimited, "busy");
        let (answer, calls, took) = tried(vec![busy.clone(); 3], Duration::from_secs(60)).await;
        assert_eq!((answer, calls), (Ok(7), 4));
        assert!(took <= Duration::from_millis(500 + 1_000 + 2_000 + 3), "{took:?}");
        for class in [Class::Quota, Class::AccessDenied, Class::Invalid, Class::Unknown, Class::Duplicate] {
            let error = Error::new(class, "no");
            assert_eq!(tried(vec![error.clone()], Duration::from_secs(60)).await.0, Err(error));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn waits_are_as_long_as_asked_for_and_end_before_the_deadline() {
        let asked =
            |seconds| Error { retry_after: Some(Duration::from_secs(seconds)), ..Error::new(Class::Backend, "later") };
        let (answer, calls, took) = tried(vec![asked(40)], Duration::from_secs(60)).await;
        assert_eq!((answer, calls), (Ok(7), 2));
        assert!(took >= Duration::from_secs(40), "{took:?}");
        let (answer, calls, took) = tried(vec![asked(61)], Duration::from_secs(60)).await;
        assert_eq!((answer, calls), (Err(asked(61)), 1));
        assert!(took < Duration::from_millis(1), "{took:?}");
    }
}
