//! Chance: one stream of numbers for each seed and purpose, so that no part of the season depends on what was
//! generated before it.

use jiff::civil::Date;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng as _};

use crate::value::float;

/// Numbers of one purpose.
#[derive(Debug)]
pub(crate) struct Dice(ChaCha8Rng);

impl Dice {
    /// The stream for a purpose, such as one stage of one day.
    pub(crate) fn new(seed: u64, purpose: &str) -> Self {
        Self(ChaCha8Rng::seed_from_u64(mix(seed, purpose)))
    }

    /// The stream for a purpose on a day.
    pub(crate) fn on(seed: u64, purpose: &str, day: Date) -> Self {
        Self::new(seed, &format!("{purpose} {day}"))
    }

    /// A whole number from `low` to `high`, both included.
    pub(crate) fn between(&mut self, low: i64, high: i64) -> i64 {
        let span = u64::try_from(high - low + 1).expect("a range that is not empty");
        low + i64::try_from(self.0.next_u64() % span).expect("less than the span")
    }

    /// A number from 0 up to 1, without 1.
    pub(crate) fn unit(&mut self) -> f64 {
        let thirty_two_bits = i64::from(self.0.next_u32());
        float(thirty_two_bits) / (f64::from(u32::MAX) + 1.0)
    }

    /// A number from `low` to `high`.
    pub(crate) fn uniform(&mut self, low: f64, high: f64) -> f64 {
        low + self.unit() * (high - low)
    }

    /// A number around nothing, nearly normal, with a standard deviation of one and an end at 3.5.
    pub(crate) fn normal(&mut self) -> f64 {
        // Twelve uniform numbers have a variance of one; unlike a logarithm, sums are the same on every machine.
        let sum: f64 = (0..12).map(|_| self.unit()).sum();
        (sum - 6.0).clamp(-3.5, 3.5)
    }

    /// True with a probability.
    pub(crate) fn chance(&mut self, probability: f64) -> bool {
        self.unit() < probability
    }

    /// Puts items in a chance order.
    pub(crate) fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            let high = i64::try_from(last).expect("few items");
            items.swap(last, usize::try_from(self.between(0, high)).expect("not negative"));
        }
    }

    /// Sixteen hexadecimal digits.
    pub(crate) fn hex(&mut self) -> String {
        format!("{:016x}", self.0.next_u64())
    }
}

/// A number that depends on every bit of a seed and a text (FNV-1a, then the finisher of splitmix64).
pub(crate) fn mix(seed: u64, text: &str) -> u64 {
    let start = seed ^ 0xcbf2_9ce4_8422_2325;
    let hash = text.bytes().fold(start, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    let hash = (hash ^ (hash >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let hash = (hash ^ (hash >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    hash ^ (hash >> 31)
}
