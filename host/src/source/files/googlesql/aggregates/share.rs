//! A share of sorted values, computed exactly: which value stands there, and how far it is to the next one.

use datafusion::arrow::datatypes::i256;
use datafusion::common::ScalarValue;

/// Parts of a whole in which a `NUMERIC` share is counted.
const PARTS: u64 = 1_000_000_000;

/// A number from 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Share {
    /// `FLOAT64`, as all its binary digits say.
    Float(f64),
    /// `NUMERIC`: of [`PARTS`].
    Parts(u64),
}

/// A share of a number of values.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Place {
    /// Whole values.
    pub(super) index: usize,
    /// What is left, below 1: as a float and what that misses.
    rest: (f64, f64),
    /// What is left of a `NUMERIC` share, in [`PARTS`].
    parts: u64,
}

impl Share {
    /// `None` for what is no number from 0 to 1.
    pub(super) fn of(value: &ScalarValue) -> Option<Self> {
        match value {
            ScalarValue::Float64(Some(share)) if (0.0..=1.0).contains(share) => Some(Self::Float(*share)),
            ScalarValue::Decimal128(Some(share), _, 9) => {
                u64::try_from(*share).ok().filter(|share| *share <= PARTS).map(Self::Parts)
            }
            _ => None,
        }
    }

    /// The share of `count` values.
    pub(super) fn place(self, count: usize) -> Place {
        let wide = u128::try_from(count).unwrap_or(u128::MAX);
        match self {
            Self::Parts(share) => {
                let product = wide * u128::from(share);
                let parts = u64::try_from(product % u128::from(PARTS)).unwrap_or_default();
                let index = usize::try_from(product / u128::from(PARTS)).unwrap_or(count);
                Place { index, rest: (parts as f64 / PARTS as f64, 0.0), parts }
            }
            Self::Float(share) => float_place(share, wide, count),
        }
    }
}

fn float_place(share: f64, wide: u128, count: usize) -> Place {
    let bits = share.to_bits();
    // Of a positive number: 11 bits of exponent and 52 of digits behind a first one that is not written, unless it is 0.
    let (exponent, digits) = ((bits >> 52) & 0x7ff, bits & ((1 << 52) - 1));
    let (digits, shift) = if exponent == 0 { (digits, 1_074) } else { (digits | 1 << 52, 1_075 - exponent) };
    let product = u128::from(digits) * wide;
    let shift = u32::try_from(shift).unwrap_or(u32::MAX);
    let Some(index) = product.checked_shr(shift) else {
        return Place { index: 0, rest: (share * wide as f64, 0.0), parts: 0 };
    };
    let left = product - (index << shift);
    let scale = 2f64.powi(-i32::try_from(shift).unwrap_or(0));
    // So many digits a float has not.
    let dropped = (u128::BITS - left.leading_zeros()).saturating_sub(f64::MANTISSA_DIGITS);
    let held = (left >> dropped) << dropped;
    let rest = (held as f64 * scale, (left - held) as f64 * scale);
    Place { index: usize::try_from(index).unwrap_or(count), rest, parts: 0 }
}

impl Place {
    /// Whether it is a value's own place.
    pub(super) fn is_whole(&self) -> bool {
        self.rest.0 == 0.0 && self.parts == 0
    }

    /// Between the value here and the next.
    pub(super) fn between(&self, here: f64, next: f64) -> f64 {
        let (right, missed) = self.rest;
        let left = 1.0 - right;
        if !(here.is_finite() && next.is_finite()) {
            return here * left + next * right;
        }
        // With twice the digits, then rounded once.
        let left_missed = (1.0 - left) - right - missed;
        let (one, other) = (here * left, next * right);
        let sum = one + other;
        let rounded = sum - one;
        let sum_missed = (one - (sum - rounded)) + (other - rounded);
        let products_missed = here.mul_add(left, -one) + next.mul_add(right, -other);
        sum + (sum_missed + products_missed + here * left_missed + next * missed)
    }

    /// Between the decimal here and the next, rounded to the nearest; from the middle away from zero.
    pub(super) fn between_decimals(&self, here: i256, next: i256) -> i256 {
        let (parts, whole) = (i256::from_i128(self.parts.into()), i256::from_i128(PARTS.into()));
        let distance = next.wrapping_sub(here);
        let (thousands, rest) = (distance.wrapping_div(whole), distance.wrapping_rem(whole));
        // Not negative: the next is not smaller.
        let small = rest.wrapping_mul(parts);
        let (more, left) = (small.wrapping_div(whole), small.wrapping_rem(whole));
        let below = here.wrapping_add(thousands.wrapping_mul(parts)).wrapping_add(more);
        let to_above = whole.wrapping_sub(left);
        let is_up = if below.is_negative() { left > to_above } else { left >= to_above };
        if is_up { below.wrapping_add(i256::ONE) } else { below }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_exact() {
        // The nearest float to 0.4 is a little more.
        let place = Share::Float(0.4).place(5);
        assert_eq!((place.index, place.is_whole()), (2, false));
        assert_eq!(Share::Parts(400_000_000).place(5).index, 2);
        assert!(Share::Parts(400_000_000).place(5).is_whole());
        assert!(Share::Float(0.5).place(4).is_whole());
        assert_eq!(Share::Float(1.0).place(7), Place { index: 7, rest: (0.0, 0.0), parts: 0 });
        assert_eq!(Share::Float(-0.0).place(7), Place { index: 0, rest: (0.0, 0.0), parts: 0 });
        let tiny = Share::Float(f64::from_bits(1)).place(8);
        assert_eq!((tiny.index, tiny.is_whole()), (0, false));
        let small = Share::Float(2f64.powi(-60)).place(1 << 62);
        assert_eq!((small.index, small.is_whole()), (4, true));
        assert_eq!(Share::of(&ScalarValue::Float64(Some(f64::NAN))), None);
        assert_eq!(Share::of(&ScalarValue::Float64(Some(1.5))), None);
        assert_eq!(Share::of(&ScalarValue::Decimal128(Some(-1), 38, 9)), None);
    }

    #[test]
    fn what_is_between_is_rounded_once() {
        assert_eq!(Share::Float(0.3).place(1).between(0.0, 100.0), 30.0);
        assert_eq!(Share::Float(0.1).place(3).between(1.0, 2.0), 1.3);
        let large = 1.078_615_880_917_389_5e308;
        assert_eq!(Share::Float(0.3).place(8).between(-large, -400.0), -6.471_695_285_504_338e307);
        assert_eq!(Share::Float(0.8125).place(8).between(0.0, large), large / 2.0);
        assert!(Share::Float(0.5).place(1).between(f64::NEG_INFINITY, f64::INFINITY).is_nan());
        assert_eq!(Share::Float(0.5).place(1).between(f64::NEG_INFINITY, 1.0), f64::NEG_INFINITY);
    }

    #[test]
    fn decimals_between_are_rounded_away_from_zero() {
        let half = Share::Parts(500_000_000).place(1);
        for (here, next, expected) in [(1, 2, 2), (-2, -1, -2), (-1, 0, -1), (0, 1, 1), (-1, 2, 1), (-2, 1, -1)] {
            let between = half.between_decimals(i256::from_i128(here), i256::from_i128(next));
            assert_eq!(between.to_i128(), Some(expected), "{here} and {next}");
        }
        let most = i256::from_i128(10).wrapping_pow(76).wrapping_sub(i256::ONE);
        assert_eq!(half.between_decimals(most.wrapping_neg(), most), i256::ZERO);
        assert_eq!(Share::Parts(700_000_000).place(1).between_decimals(most, most), most);
        // 6 values from -99999999999999999999999999999.999999999 on, a fifth of the way.
        let (least, second) = (-(10i128.pow(38) - 1), -10i128.pow(37) - 1);
        let fifth = Share::Parts(200_000_000).place(3);
        let between = fifth.between_decimals(i256::from_i128(least), i256::from_i128(second));
        assert_eq!(between.to_i128(), Some(-46 * 10i128.pow(36)));
    }
}
