//! Exact numbers: `NUMERIC` as 128 bits in units of its ninth digit behind the point, `BIGNUMERIC` as 256 bits in units
//! of its 38th.

use datafusion::arrow::datatypes::i256;

/// Digits of `NUMERIC` behind the point.
pub(in crate::source::files::googlesql) const SCALE: usize = 9;

/// Digits of `BIGNUMERIC` behind the point.
pub(in crate::source::files::googlesql) const BIG_SCALE: usize = 38;

/// One.
pub(in crate::source::files::googlesql) const ONE: i128 = 1_000_000_000;

/// The largest `NUMERIC`.
const MAX: i128 = 99_999_999_999_999_999_999_999_999_999_999_999_999;

/// One.
pub(in crate::source::files::googlesql) fn big_one() -> i256 {
    i256::from_i128(10_i128.pow(38))
}

/// The number, unless it is larger than `NUMERIC` may be.
pub(in crate::source::files::googlesql) fn in_range(value: i128) -> Option<i128> {
    (-MAX..=MAX).contains(&value).then_some(value)
}

/// The number, unless the engine's 76 digits have no room for it.
pub(in crate::source::files::googlesql) fn big_in_range(value: i256) -> Option<i256> {
    let bound = i256::from_i128(10_i128.pow(38)).checked_mul(i256::from_i128(10_i128.pow(38)))?;
    (value < bound && value > bound.checked_neg()?).then_some(value)
}

/// A quotient rounded half away from zero.
pub(in crate::source::files::googlesql) fn half_away(value: i256, by: i256) -> Option<i256> {
    let (whole, rest) = (value.checked_div(by)?, value.checked_rem(by)?);
    let twice = rest.checked_abs()?.checked_mul(i256::from_i128(2))?;
    let away = twice >= by.checked_abs()?;
    let negative = value.is_negative() != by.is_negative();
    match (away, negative) {
        (false, _) => Some(whole),
        (true, false) => whole.checked_add(i256::ONE),
        (true, true) => whole.checked_sub(i256::ONE),
    }
}

/// A product of `NUMERIC`.
pub(in crate::source::files::googlesql) fn multiplied(left: i128, right: i128) -> Option<i128> {
    let product = i256::from_i128(left).checked_mul(i256::from_i128(right))?;
    in_range(half_away(product, i256::from_i128(ONE))?.to_i128()?)
}

/// A quotient of `NUMERIC`; `None` beyond its range and for a division by zero.
pub(in crate::source::files::googlesql) fn quotient(left: i128, right: i128) -> Option<i128> {
    let scaled = i256::from_i128(left).checked_mul(i256::from_i128(ONE))?;
    in_range(half_away(scaled, i256::from_i128(right))?.to_i128()?)
}

/// A product of `BIGNUMERIC`: in halves, since the whole has no room in 256 bits.
pub(in crate::source::files::googlesql) fn big_multiplied(left: i256, right: i256) -> Option<i256> {
    let one = big_one();
    let negative = left.is_negative() != right.is_negative();
    let (left, right) = (left.checked_abs()?, right.checked_abs()?);
    let (left_whole, left_rest) = (left.checked_div(one)?, left.checked_rem(one)?);
    let (right_whole, right_rest) = (right.checked_div(one)?, right.checked_rem(one)?);
    let whole = left_whole.checked_mul(right_whole)?.checked_mul(one)?;
    let mixed = left_whole.checked_mul(right_rest)?.checked_add(right_whole.checked_mul(left_rest)?)?;
    let rest = half_away(left_rest.checked_mul(right_rest)?, one)?;
    let product = big_in_range(whole.checked_add(mixed)?.checked_add(rest)?)?;
    if negative { product.checked_neg() } else { Some(product) }
}

/// A quotient of `BIGNUMERIC`, digit by digit.
pub(in crate::source::files::googlesql) fn big_quotient(left: i256, right: i256) -> Option<i256> {
    let negative = left.is_negative() != right.is_negative();
    let (left, right) = (left.checked_abs()?, right.checked_abs()?);
    let ten = i256::from_i128(10);
    let (mut answer, mut rest) = (left.checked_div(right)?, left.checked_rem(right)?);
    for _ in 0..BIG_SCALE {
        rest = rest.checked_mul(ten)?;
        answer = answer.checked_mul(ten)?.checked_add(rest.checked_div(right)?)?;
        rest = rest.checked_rem(right)?;
    }
    if rest.checked_mul(i256::from_i128(2))? >= right {
        answer = answer.checked_add(i256::ONE)?;
    }
    let answer = big_in_range(answer)?;
    if negative { answer.checked_neg() } else { Some(answer) }
}

/// A number in plain notation without needless zeros.
pub(in crate::source::files::googlesql) fn printed(value: i128, scale: usize) -> String {
    plain(&value.unsigned_abs().to_string(), value < 0, scale)
}

/// A number in plain notation without needless zeros.
pub(in crate::source::files::googlesql) fn big_printed(value: i256, scale: usize) -> String {
    let text = value.to_string();
    plain(text.trim_start_matches('-'), value.is_negative(), scale)
}

fn plain(digits: &str, negative: bool, scale: usize) -> String {
    let padded = format!("{digits:0>width$}", width = scale + 1);
    let (whole, fraction) = padded.split_at(padded.len() - scale);
    let (fraction, sign) = (fraction.trim_end_matches('0'), if negative { "-" } else { "" });
    if fraction.is_empty() { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction}") }
}

/// The number that a text means, in units of the last of `scale` digits behind the point, rounded half away from
/// zero; `None` for a text that is no number, or one with more than 76 digits.
pub(in crate::source::files::googlesql) fn parsed(text: &str, scale: usize) -> Option<i256> {
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
    let places = i64::from(exponent) + i64::try_from(scale).ok()? - i64::try_from(fraction.len()).ok()?;
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

    fn numeric(text: &str) -> i128 {
        parsed(text, SCALE).and_then(|value| value.to_i128()).unwrap()
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
            assert_eq!(printed(numeric(text), SCALE), expected, "{text}");
        }
        for bad in ["", ".", "1.2.3", "x", "1e", "0x1", "--1", "NaN"] {
            assert_eq!(parsed(bad, SCALE), None, "{bad}");
        }
    }

    #[test]
    fn products_and_quotients_are_rounded_half_away_from_zero() {
        assert_eq!(multiplied(numeric("0.00003"), numeric("0.00005")), Some(numeric("0.000000002")));
        assert_eq!(multiplied(numeric("-0.00003"), numeric("0.00005")), Some(numeric("-0.000000002")));
        assert_eq!(quotient(numeric("1"), numeric("3")), Some(numeric("0.333333333")));
        assert_eq!(quotient(numeric("-2"), numeric("3")), Some(numeric("-0.666666667")));
        assert_eq!(multiplied(MAX, numeric("10")), None, "beyond the range");
        let big = |text: &str| parsed(text, BIG_SCALE).unwrap();
        assert_eq!(big_multiplied(big("1.5"), big("-2.25")), Some(big("-3.375")));
        assert_eq!(big_printed(big_quotient(big("1"), big("3")).unwrap(), BIG_SCALE), format!("0.{}", "3".repeat(38)));
        assert_eq!(big_quotient(big("1"), i256::ZERO), None);
    }
}
