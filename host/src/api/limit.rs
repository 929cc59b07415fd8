//! How often one may ask, and how often be wrong.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::num::NonZeroU32;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use governor::clock::Clock;
use governor::middleware::NoOpMiddleware;
use governor::state::keyed::HashMapStateStore;
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota, RateLimiter};
use tokio::time::Instant;

use crate::clock;

/// Requests per second of all who may ask, in the long run.
const REQUESTS_PER_SECOND: NonZeroU32 = NonZeroU32::new(20).expect("not zero");
/// Requests of all who may ask, at once.
const REQUESTS_AT_ONCE: NonZeroU32 = NonZeroU32::new(100).expect("not zero");
/// Wrong tokens per minute of a peer, in the long run: more than a forgotten scraper with an old token sends.
const FAILURES_PER_MINUTE: NonZeroU32 = NonZeroU32::new(10).expect("not zero");
/// Wrong tokens of a peer, at once.
const FAILURES_AT_ONCE: NonZeroU32 = NonZeroU32::new(10).expect("not zero");
/// Peers that are remembered before those who have been quiet are forgotten.
const PEERS_REMEMBERED: usize = 1_000;

/// Not now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TooOften {
    /// After this time it is worth another try.
    pub(super) wait: Duration,
}

/// The time of the host, for limits.
#[derive(Debug, Clone, Copy)]
struct Monotonic;

impl Clock for Monotonic {
    type Instant = std::time::Instant;

    fn now(&self) -> Self::Instant {
        clock::monotonic().into_std()
    }
}

type All = RateLimiter<NotKeyed, InMemoryState, Monotonic, NoOpMiddleware<std::time::Instant>>;
type Each = RateLimiter<IpAddr, HashMapStateStore<IpAddr>, Monotonic, NoOpMiddleware<std::time::Instant>>;

/// The limits of one server.
#[derive(Debug)]
pub(super) struct Limits {
    requests: All,
    failures: Each,
    /// Peers whose tokens are not even looked at before an instant: otherwise the right one would still be told from
    /// wrong ones, however many were tried.
    shut_out: Mutex<HashMap<IpAddr, Instant>>,
}

impl Limits {
    pub(super) fn new() -> Self {
        let requests = Quota::per_second(REQUESTS_PER_SECOND).allow_burst(REQUESTS_AT_ONCE);
        let failures = Quota::per_minute(FAILURES_PER_MINUTE).allow_burst(FAILURES_AT_ONCE);
        Self {
            requests: RateLimiter::direct_with_clock(requests, Monotonic),
            failures: RateLimiter::hashmap_with_clock(failures, Monotonic),
            shut_out: Mutex::default(),
        }
    }

    /// Counts a request of somebody who may ask. Those who may not are not counted: they could use up what is left for
    /// those who may.
    pub(super) fn request(&self) -> Result<(), TooOften> {
        self.requests.check().map_err(|until| TooOften { wait: until.wait_time_from(Monotonic.now()) })
    }

    /// Whether a token of `peer` may be looked at.
    pub(super) fn attempt(&self, peer: IpAddr) -> Result<(), TooOften> {
        let mut shut_out = self.shut_out.lock().unwrap_or_else(PoisonError::into_inner);
        let peer = subscriber(peer);
        match shut_out.get(&peer).map(|until| clock::until(*until)) {
            None => Ok(()),
            Some(Duration::ZERO) => {
                shut_out.remove(&peer);
                Ok(())
            }
            Some(wait) => Err(TooOften { wait }),
        }
    }

    /// Counts a wrong token of `peer`.
    pub(super) fn failure(&self, peer: IpAddr) -> Result<(), TooOften> {
        if self.failures.len() > PEERS_REMEMBERED {
            self.failures.retain_recent();
        }
        let peer = subscriber(peer);
        let Err(until) = self.failures.check_key(&peer) else { return Ok(()) };
        let wait = until.wait_time_from(Monotonic.now());
        let mut shut_out = self.shut_out.lock().unwrap_or_else(PoisonError::into_inner);
        if shut_out.len() > PEERS_REMEMBERED {
            shut_out.retain(|_, until| !clock::until(*until).is_zero());
        }
        shut_out.insert(peer, clock::monotonic() + wait);
        Err(TooOften { wait })
    }
}

/// Who has an address: of IPv6 a network of 64 bits is one subscriber's (RFC 6177).
fn subscriber(peer: IpAddr) -> IpAddr {
    match peer.to_canonical() {
        peer @ IpAddr::V4(_) => peer,
        IpAddr::V6(peer) => Ipv6Addr::from_bits(peer.to_bits() & !u128::from(u64::MAX)).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn peer(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[tokio::test(start_paused = true)]
    async fn requests_are_limited_in_all_and_again_free_after_a_while() {
        let limits = Limits::new();
        let granted = (0..150).filter(|_| limits.request().is_ok()).count();
        assert_eq!(granted, 100);
        assert_eq!(limits.request(), Err(TooOften { wait: Duration::from_millis(50) }));
        tokio::time::advance(Duration::from_secs(1)).await;
        let granted = (0..150).filter(|_| limits.request().is_ok()).count();
        assert_eq!(granted, 20);
    }

    #[tokio::test(start_paused = true)]
    async fn a_peer_that_was_wrong_too_often_is_not_listened_to() {
        let (limits, bad, good) = (Limits::new(), peer("192.0.2.1"), peer("192.0.2.2"));
        for attempt in 0..10 {
            assert_eq!((limits.attempt(bad), limits.failure(bad)), (Ok(()), Ok(())), "{attempt}");
        }
        let wait = Duration::from_secs(6);
        assert_eq!((limits.attempt(bad), limits.failure(bad)), (Ok(()), Err(TooOften { wait })));
        assert_eq!(limits.attempt(bad), Err(TooOften { wait }), "not even looked at");
        assert_eq!(limits.attempt(good), Ok(()), "others are not concerned");
        tokio::time::advance(wait).await;
        assert_eq!((limits.attempt(bad), limits.failure(bad)), (Ok(()), Ok(())), "one more");
        assert_eq!((limits.attempt(bad), limits.failure(bad)), (Ok(()), Err(TooOften { wait })), "and no second");
    }

    #[tokio::test(start_paused = true)]
    async fn a_scraper_with_an_old_token_shuts_nobody_out() {
        let (limits, peer) = (Limits::new(), peer("192.0.2.1"));
        for _ in 0..240 {
            assert_eq!((limits.attempt(peer), limits.failure(peer)), (Ok(()), Ok(())));
            tokio::time::advance(Duration::from_secs(15)).await;
        }
    }

    #[test]
    fn a_subscriber_has_one_count() {
        assert_eq!(subscriber(peer("2001:db8:1:2:3:4:5:6")), subscriber(peer("2001:db8:1:2::1")));
        assert_ne!(subscriber(peer("2001:db8:1:2::1")), subscriber(peer("2001:db8:1:3::1")));
        assert_eq!(subscriber(peer("::ffff:192.0.2.1")), peer("192.0.2.1"));
    }

    #[tokio::test(start_paused = true)]
    async fn those_who_are_quiet_are_forgotten() {
        let limits = Limits::new();
        for subscriber in 0..3_000_u128 {
            let peer = IpAddr::from(Ipv6Addr::from_bits(subscriber << 64));
            assert_eq!(limits.failure(peer), Ok(()));
            tokio::time::advance(Duration::from_secs(1)).await;
        }
        assert!(limits.failures.len() <= PEERS_REMEMBERED + 1, "{}", limits.failures.len());
    }
}
