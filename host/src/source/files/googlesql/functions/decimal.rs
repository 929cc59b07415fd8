//! Arithmetic of `NUMERIC` and `BIGNUMERIC`: whole numbers in units of the last digit behind the point.

use std::fmt::Debug;

use datafusion::arrow::array::{ArrayRef, PrimitiveArray};
use datafusion::arrow::datatypes::{ArrowPrimitiveType, Decimal128Type, Decimal256Type, i256};
use datafusion::error::Result;

use super::super::call::{Call, Values};
use super::super::fault::Fault;

/// A number of units: `i128` for `NUMERIC`, `i256` for `BIGNUMERIC`.
pub(in crate::source::files::googlesql) trait Decimal:
    Copy + Ord + Debug + 'static
{
    /// The engine's type.
    type Arrow: ArrowPrimitiveType<Native = Self>;
    /// Digits behind the point.
    const SCALE: u32;
    /// Digits in all.
    const DIGITS: u32;
    /// No units.
    const ZERO: Self;
    /// One unit.
    const UNIT: Self;

    /// An argument of this type.
    fn values<'a>(call: &Call<'a>, at: usize) -> Result<Values<&'a PrimitiveArray<Self::Arrow>>>;
    /// An answer of this type.
    fn write(
        call: &Call<'_>,
        answer: impl FnMut(usize) -> std::result::Result<Option<Self>, Fault>,
    ) -> Result<ArrayRef>;
    /// Ten to that power, as a number of units; of at most [`Decimal::DIGITS`].
    fn power_of_ten(exponent: u32) -> Option<Self>;
    /// The sum.
    fn plus(self, other: Self) -> Option<Self>;
    /// The difference.
    fn minus(self, other: Self) -> Option<Self>;
    /// The product of the numbers of units.
    fn times(self, other: Self) -> Option<Self>;
    /// The quotient of the numbers of units, without what is behind the point.
    fn quotient(self, other: Self) -> Option<Self>;
    /// The remainder of the numbers of units, with the sign of the first.
    fn remainder(self, other: Self) -> Option<Self>;
    /// The product of the values, rounded.
    fn product(self, other: Self) -> Option<Self>;
    /// The quotient of the values, rounded; `None` for a division by zero.
    fn ratio(self, other: Self) -> Option<Self>;
    /// As it is written, without zeros at the end.
    fn text(self) -> String;

    /// The value with the other sign.
    fn negated(self) -> Option<Self> {
        Self::ZERO.minus(self)
    }

    /// The value without its sign.
    fn size(self) -> Option<Self> {
        if self < Self::ZERO { self.negated() } else { Some(self) }
    }

    /// The value, if the type has room for it.
    fn within(self) -> Option<Self> {
        let end = Self::power_of_ten(Self::DIGITS)?;
        (self < end && end.negated()? < self).then_some(self)
    }

    /// One.
    fn one() -> Option<Self> {
        Self::power_of_ten(Self::SCALE)
    }
}

/// What becomes of digits that are left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rounding {
    /// To the nearest; a half away from zero.
    HalfAway,
    /// To the nearest; a half to the even one.
    HalfEven,
    /// Towards zero.
    Truncate,
    /// Down.
    Floor,
    /// Up.
    Ceiling,
}

/// The value with so many digits behind the point, or zeros before it where `digits` is negative; `None` for a result
/// that its type has no room for.
pub(super) fn rounded<D: Decimal>(value: D, digits: i64, rounding: Rounding) -> Option<D> {
    let dropped = i64::from(D::SCALE).saturating_sub(digits);
    if dropped <= 0 {
        return Some(value);
    }
    // More digits than there are: of the value nothing is left.
    let dropped = u32::try_from(dropped).ok().filter(|dropped| *dropped <= D::DIGITS);
    let Some(dropped) = dropped else { return Some(D::ZERO) };
    let unit = D::power_of_ten(dropped)?;
    let (quotient, remainder) = (value.quotient(unit)?, value.remainder(unit)?);
    let (left, negative) = (remainder.size()?, value < D::ZERO);
    let other = unit.minus(left)?;
    let away = match rounding {
        Rounding::HalfAway => left >= other,
        Rounding::HalfEven => {
            let two = D::UNIT.plus(D::UNIT)?;
            left > other || (left == other && quotient.remainder(two)? != D::ZERO)
        }
        Rounding::Truncate => false,
        Rounding::Floor => negative && left > D::ZERO,
        Rounding::Ceiling => !negative && left > D::ZERO,
    };
    let quotient = match (away, negative) {
        (false, _) => quotient,
        (true, false) => quotient.plus(D::UNIT)?,
        (true, true) => quotient.minus(D::UNIT)?,
    };
    quotient.times(unit)?.within()
}

/// The nearest whole quotient, a half away from zero.
pub(in crate::source::files::googlesql) fn nearest(value: i256, by: i256) -> Option<i256> {
    let (quotient, remainder) = (value.checked_div(by)?, value.checked_rem(by)?);
    let (left, by_size) = (remainder.checked_abs()?, by.checked_abs()?);
    if left < by_size.checked_sub(left)? {
        return Some(quotient);
    }
    match (value < i256::ZERO) == (by < i256::ZERO) {
        true => quotient.checked_add(i256::ONE),
        false => quotient.checked_sub(i256::ONE),
    }
}

impl Decimal for i128 {
    type Arrow = Decimal128Type;
    const SCALE: u32 = 9;
    const DIGITS: u32 = 38;
    const ZERO: Self = 0;
    const UNIT: Self = 1;

    fn values<'a>(call: &Call<'a>, at: usize) -> Result<Values<&'a PrimitiveArray<Self::Arrow>>> {
        call.numerics(at)
    }

    fn write(
        call: &Call<'_>,
        answer: impl FnMut(usize) -> std::result::Result<Option<Self>, Fault>,
    ) -> Result<ArrayRef> {
        call.write_numerics(answer)
    }

    fn power_of_ten(exponent: u32) -> Option<Self> {
        10_i128.checked_pow(exponent)
    }

    fn plus(self, other: Self) -> Option<Self> {
        self.checked_add(other)
    }

    fn minus(self, other: Self) -> Option<Self> {
        self.checked_sub(other)
    }

    fn times(self, other: Self) -> Option<Self> {
        self.checked_mul(other)
    }

    fn quotient(self, other: Self) -> Option<Self> {
        self.checked_div(other)
    }

    fn remainder(self, other: Self) -> Option<Self> {
        self.checked_rem(other)
    }

    fn product(self, other: Self) -> Option<Self> {
        let product = i256::from_i128(self).checked_mul(i256::from_i128(other))?;
        nearest(product, i256::from_i128(1_000_000_000))?.to_i128()?.within()
    }

    fn ratio(self, other: Self) -> Option<Self> {
        let units = i256::from_i128(self).checked_mul(i256::from_i128(1_000_000_000))?;
        nearest(units, i256::from_i128(other))?.to_i128()?.within()
    }

    fn text(self) -> String {
        pointed(&self.unsigned_abs().to_string(), self < 0, Self::SCALE)
    }
}

impl Decimal for i256 {
    type Arrow = Decimal256Type;
    const SCALE: u32 = 38;
    const DIGITS: u32 = 76;
    const ZERO: Self = i256::ZERO;
    const UNIT: Self = i256::ONE;

    fn values<'a>(call: &Call<'a>, at: usize) -> Result<Values<&'a PrimitiveArray<Self::Arrow>>> {
        call.bignumerics(at)
    }

    fn write(
        call: &Call<'_>,
        answer: impl FnMut(usize) -> std::result::Result<Option<Self>, Fault>,
    ) -> Result<ArrayRef> {
        call.write_bignumerics(answer)
    }

    fn power_of_ten(exponent: u32) -> Option<Self> {
        i256::from_i128(10).checked_pow(exponent)
    }

    fn plus(self, other: Self) -> Option<Self> {
        self.checked_add(other)
    }

    fn minus(self, other: Self) -> Option<Self> {
        self.checked_sub(other)
    }

    fn times(self, other: Self) -> Option<Self> {
        self.checked_mul(other)
    }

    fn quotient(self, other: Self) -> Option<Self> {
        self.checked_div(other)
    }

    fn remainder(self, other: Self) -> Option<Self> {
        self.checked_rem(other)
    }

    /// By halves of 38 digits each, none of whose products is too long.
    fn product(self, other: Self) -> Option<Self> {
        let one = Self::one()?;
        let (high, low) = (self.quotient(one)?, self.remainder(one)?);
        let (other_high, other_low) = (other.quotient(one)?, other.remainder(one)?);
        let whole = high.times(other_high)?.times(one)?;
        let middle = high.times(other_low)?.plus(low.times(other_high)?)?;
        whole.plus(middle)?.plus(nearest(low.times(other_low)?, one)?)?.within()
    }

    /// Digit by digit: ten times a remainder may be too long, so it is added up.
    fn ratio(self, other: Self) -> Option<Self> {
        let negative = (self < Self::ZERO) != (other < Self::ZERO);
        let (value, by) = (self.size()?, other.size()?);
        let (mut quotient, mut left) = (value.quotient(by)?, value.remainder(by)?);
        let ten = i256::from_i128(10);
        for _ in 0..Self::SCALE {
            let (mut digit, mut sum) = (Self::ZERO, Self::ZERO);
            for _ in 0..10 {
                sum = sum.plus(left)?;
                if sum >= by {
                    sum = sum.minus(by)?;
                    digit = digit.plus(Self::UNIT)?;
                }
            }
            quotient = quotient.times(ten)?.plus(digit)?;
            left = sum;
        }
        if left >= by.minus(left)? {
            quotient = quotient.plus(Self::UNIT)?;
        }
        if negative { quotient.negated()?.within() } else { quotient.within() }
    }

    fn text(self) -> String {
        let digits = self.to_string();
        let (digits, negative) = digits.strip_prefix('-').map_or((digits.as_str(), false), |digits| (digits, true));
        pointed(digits, negative, Self::SCALE)
    }
}

/// Digits with a point put before the last ones, and without zeros at the end.
fn pointed(digits: &str, negative: bool, scale: u32) -> String {
    let scale = scale as usize;
    let digits = format!("{digits:0>width$}", width = scale + 1);
    let (whole, behind) = digits.split_at_checked(digits.len() - scale).unwrap_or((&digits, ""));
    let behind = behind.trim_end_matches('0');
    let (sign, point) = (if negative { "-" } else { "" }, if behind.is_empty() { "" } else { "." });
    format!("{sign}{whole}{point}{behind}")
}

/// The number that a text means, in units of the last of `scale` digits behind the point, rounded half away from
/// zero; `None` for a text that is no number, or one with more than 76 digits.
pub(in crate::source::files::googlesql) fn parsed(text: &str, scale: u32) -> Option<i256> {
    let text = text.trim();
    let (negative, unsigned) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
        None => (unsigned, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let are_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if (whole.is_empty() && fraction.is_empty()) || !are_digits(whole) || !are_digits(fraction) {
        return None;
    }
    let digits = format!("{whole}{fraction}");
    let digits = digits.trim_start_matches('0');
    // Places by which the digits are to the left of the last one that is kept.
    let places = i64::from(exponent) + i64::from(scale) - i64::try_from(fraction.len()).ok()?;
    let value = if digits.is_empty() {
        i256::ZERO
    } else if places >= 0 {
        let zeros = usize::try_from(places).ok()?;
        if digits.len() + zeros > 77 {
            return None;
        }
        i256::from_string(&format!("{digits}{}", "0".repeat(zeros)))?
    } else {
        let cut = usize::try_from(-places).ok()?;
        match digits.len().checked_sub(cut) {
            None => i256::ZERO,
            Some(kept) if kept > 77 => return None,
            Some(kept) => {
                let (kept, rest) = digits.split_at(kept);
                let kept = if kept.is_empty() { i256::ZERO } else { i256::from_string(kept)? };
                let up = rest.as_bytes().first().is_some_and(|digit| *digit >= b'5');
                if up { kept.checked_add(i256::ONE)? } else { kept }
            }
        }
    };
    if negative { value.checked_neg() } else { Some(value) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn big(text: &str) -> i256 {
        let (whole, behind) = text.split_once('.').unwrap_or((text, ""));
        i256::from_string(&format!("{whole}{behind:0<38}")).unwrap()
    }

    #[test]
    fn a_half_goes_away_from_zero_and_what_does_not_fit_is_none() {
        let one = 1_000_000_000_i128;
        assert_eq!(rounded(5 * one / 2, 0, Rounding::HalfAway), Some(3 * one));
        assert_eq!(rounded(-5 * one / 2, 0, Rounding::HalfAway), Some(-3 * one));
        assert_eq!(rounded(5 * one / 2, 0, Rounding::HalfEven), Some(2 * one));
        assert_eq!(rounded(-5 * one / 2, 0, Rounding::Floor), Some(-3 * one));
        assert_eq!(rounded(-5 * one / 2, 0, Rounding::Ceiling), Some(-2 * one));
        assert_eq!(rounded(1_250 * one, -2, Rounding::HalfAway), Some(1_300 * one));
        let most = 10_i128.pow(38) - 1;
        assert_eq!(rounded(most, 0, Rounding::HalfAway), None, "one digit more");
        assert_eq!(rounded(most, -29, Rounding::HalfAway), None);
        assert_eq!(rounded(most, -30, Rounding::HalfAway), Some(0));
        assert_eq!(rounded(most, i64::MIN, Rounding::HalfAway), Some(0));
        assert_eq!(rounded(most, i64::MAX, Rounding::HalfAway), Some(most));
        assert_eq!(rounded(most, 0, Rounding::Truncate), Some(most - 999_999_999));
    }

    #[test]
    fn products_and_quotients_are_rounded_and_bounded() {
        let one = 1_000_000_000_i128;
        assert_eq!(one.ratio(3 * one), Some(333_333_333));
        assert_eq!((2 * one).ratio(-3 * one), Some(-666_666_667));
        assert_eq!(one.ratio(0), None);
        assert_eq!((one / 2).product(1), Some(1), "half a unit");
        assert_eq!((10_i128.pow(38) - 1).product(2 * one), None);
        assert_eq!(big("1").ratio(big("3")).unwrap().text(), "0.33333333333333333333333333333333333333");
        assert_eq!(big("-2").ratio(big("3")).unwrap().text(), "-0.66666666666666666666666666666666666667");
        let most = Decimal::power_of_ten(76).unwrap_or(i256::ZERO).checked_sub(i256::ONE).unwrap();
        assert_eq!(most.ratio(most), Some(big("1")));
        assert_eq!(most.ratio(big("0.5")), None);
        assert_eq!(big("1.5").product(big("-2.25")).unwrap().text(), "-3.375");
        assert_eq!(most.product(big("2")), None);
        assert_eq!((-1_i128).text(), "-0.000000001");
        assert_eq!(0_i128.text(), "0");
    }

    fn numeric(text: &str) -> i128 {
        parsed(text, i128::SCALE).and_then(|value| value.to_i128()).unwrap()
    }

    #[test]
    fn texts_become_numbers_and_back() {
        for (text, expected) in [
            ("1.5", "1.5"),
            ("-0.000000001", "-0.000000001"),
            ("0.0000000005", "0.000000001"),
            ("0.0000000004", "0"),
            ("1e3", "1000"),
            ("1.25E-1", "0.125"),
            (" 7 ", "7"),
            (".5", "0.5"),
            ("12345678901234567890123456789.999999999", "12345678901234567890123456789.999999999"),
        ] {
            assert_eq!(numeric(text).text(), expected, "{text}");
        }
        for bad in ["", ".", "1.2.3", "x", "1e", "0x1", "--1", "NaN"] {
            assert_eq!(parsed(bad, i128::SCALE), None, "{bad}");
        }
    }

    #[test]
    fn products_and_quotients_are_rounded_half_away_from_zero() {
        assert_eq!(numeric("0.00003").product(numeric("0.00005")), Some(numeric("0.000000002")));
        assert_eq!(numeric("-0.00003").product(numeric("0.00005")), Some(numeric("-0.000000002")));
        assert_eq!(numeric("1").ratio(numeric("3")), Some(numeric("0.333333333")));
        assert_eq!(numeric("-2").ratio(numeric("3")), Some(numeric("-0.666666667")));
        assert_eq!((10_i128.pow(38) - 1).product(numeric("10")), None, "beyond the range");
        let big = |text: &str| parsed(text, i256::SCALE).unwrap();
        assert_eq!(big("1.5").product(big("-2.25")), Some(big("-3.375")));
        assert_eq!(big("1").ratio(big("3")).unwrap().text(), format!("0.{}", "3".repeat(38)));
        assert_eq!(big("1").ratio(i256::ZERO), None);
    }
}
