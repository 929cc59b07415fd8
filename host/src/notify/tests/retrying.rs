//! When a delivery is attempted again.

use std::time::Duration;

use jiff::SignedDuration;

use super::now;
use crate::notify::{GIVE_UP, backoff, next_attempt};

#[test]
fn waits_grow_from_a_second_to_ten_minutes_and_no_further() {
    let longest = |attempt| (0..2_000).map(|seed| backoff(attempt, seed)).max().unwrap();
    for (attempt, limit) in [(1, 1.0), (2, 2.0), (5, 16.0), (10, 512.0), (11, 600.0), (200, 600.0), (u32::MAX, 600.0)] {
        let longest = longest(attempt).as_secs_f64();
        assert!(longest <= limit && longest > limit * 0.98, "attempt {attempt}: {longest} of {limit} s");
    }
}

#[test]
fn those_that_failed_together_do_not_come_back_together() {
    let mut waits: Vec<_> = (0..1_000).map(|seed| backoff(11, seed)).collect();
    let mean = waits.iter().sum::<Duration>() / 1_000;
    assert!((280..320).contains(&mean.as_secs()), "full jitter: half of the limit on average, and not {mean:?}");
    waits.sort();
    waits.dedup();
    assert!(waits.len() > 990);
}

#[test]
fn a_wait_is_the_same_for_the_same_numbers() {
    assert_eq!(backoff(7, 42), backoff(7, 42));
    assert_ne!(backoff(7, 42), backoff(8, 42));
}

#[test]
fn a_receiver_that_asks_to_be_left_alone_is() {
    let after = Duration::from_secs(90);
    let next = next_attempt(now(), 1, Some(after), 1, now()).unwrap();
    assert!(next >= now() + after && next <= now() + after + Duration::from_secs(1));
}

#[test]
fn a_delivery_is_given_up_after_a_day() {
    let late = now() + SignedDuration::try_from(GIVE_UP).unwrap();
    assert_eq!(next_attempt(now(), 200, None, 3, late), None);
    assert!(next_attempt(now(), 200, None, 3, late - Duration::from_secs(600)).is_some());
    let mut at = now();
    let mut attempts = 1;
    while let Some(next) = next_attempt(now(), attempts, None, 9, at) {
        at = next;
        attempts += 1;
    }
    assert!((200..500).contains(&attempts), "{attempts} attempts in a day");
}

#[test]
fn a_clock_that_was_set_back_does_not_make_an_attempt_earlier() {
    assert!(next_attempt(now(), 3, None, 1, now() - Duration::from_secs(7_200)).unwrap() >= now());
}
