//! Telling the time a guest computes from the time it waits for the host.
//!
//! The engine offers no cheap clock of its own, so the future that drives the guest is timed while it is polled:
//! what was polled less what host functions used of it is the guest's. Waiting costs nobody anything.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::time::Instant;

use crate::clock;

/// Shared by the driver of one execution and the functions the guest calls.
#[derive(Debug, Clone)]
pub(super) struct Meter(Arc<Counters>);

#[derive(Debug)]
struct Counters {
    origin: Instant,
    /// Nanoseconds from `origin` to the beginning of the poll under way, plus 1; 0 between polls.
    polling_since: AtomicU64,
    polled: AtomicU64,
    host_polled: AtomicU64,
    host_waited: AtomicU64,
}

// One task drives one execution: the counters are never contended, only shared.
const ORDER: Ordering = Ordering::Relaxed;

impl Meter {
    pub(super) fn new() -> Self {
        Self(Arc::new(Counters {
            origin: clock::monotonic(),
            polling_since: AtomicU64::new(0),
            polled: AtomicU64::new(0),
            host_polled: AtomicU64::new(0),
            host_waited: AtomicU64::new(0),
        }))
    }

    /// Time the guest has computed so far.
    pub(super) fn guest_cpu(&self) -> Duration {
        let under_way = match self.0.polling_since.load(ORDER) {
            0 => 0,
            since => self.elapsed().saturating_sub(since - 1),
        };
        let polled = self.0.polled.load(ORDER) + under_way;
        Duration::from_nanos(polled.saturating_sub(self.0.host_polled.load(ORDER)))
    }

    /// Time from call to return of host functions, waiting included.
    pub(super) fn host_time(&self) -> Duration {
        Duration::from_nanos(self.0.host_waited.load(ORDER))
    }

    /// Drives the guest.
    pub(super) async fn guest<F: Future>(&self, future: F) -> F::Output {
        let mut future = pin!(future);
        std::future::poll_fn(|context| {
            let began = self.elapsed();
            self.0.polling_since.store(began + 1, ORDER);
            let poll = future.as_mut().poll(context);
            self.0.polling_since.store(0, ORDER);
            self.0.polled.fetch_add(self.elapsed().saturating_sub(began), ORDER);
            poll
        })
        .await
    }

    /// Answers a call of the guest.
    pub(super) async fn host<F: Future>(&self, future: F) -> F::Output {
        let called = self.elapsed();
        let mut future = pin!(future);
        let output = std::future::poll_fn(|context| {
            let began = self.elapsed();
            let poll = future.as_mut().poll(context);
            self.0.host_polled.fetch_add(self.elapsed().saturating_sub(began), ORDER);
            poll
        })
        .await;
        self.0.host_waited.fetch_add(self.elapsed().saturating_sub(called), ORDER);
        output
    }

    fn elapsed(&self) -> u64 {
        u64::try_from(self.0.origin.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn waiting_is_the_hosts_and_computing_the_guests() {
        let meter = Meter::new();
        let guest = async {
            tokio::time::advance(Duration::from_secs(3)).await;
            meter.host(tokio::time::sleep(Duration::from_secs(7))).await;
        };
        meter.guest(guest).await;
        assert_eq!(meter.host_time().as_secs(), 7, "the wait, seen from the guest");
        assert!(meter.guest_cpu() <= Duration::from_secs(3), "{:?}", meter.guest_cpu());
    }
}
