//! The patterns of `FORMAT`: how they are read, and numbers and texts written by one of their parts.

use super::decimal::{Decimal, Rounding, rounded};
use super::spelling::{exponent_text, general};

/// Most characters that a part is padded to, and most bytes of a result, as in BigQuery.
pub(super) const WIDTH_MAX: usize = 1 << 20;

/// Most digits behind the point of a float.
const FLOAT_DIGITS_MAX: usize = 1_074;

/// A pattern in parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pattern {
    /// What is written, in order.
    pub(super) parts: Vec<Part>,
    /// How many values it wants.
    pub(super) values: usize,
}

/// A part of a pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Part {
    /// Written as it is.
    Text(String),
    /// A value.
    Value(Spec),
}

/// A size in a pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Size {
    /// Not told.
    None,
    /// Told.
    Fixed(usize),
    /// Told by the value of that number.
    Value(usize),
}

/// How a value is written: `%-12.3f`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Spec {
    /// How.
    pub(super) layout: Layout,
    /// Characters that it takes at least.
    pub(super) width: Size,
    /// Digits or characters.
    pub(super) precision: Size,
    /// As what.
    pub(super) letter: char,
    /// Number of the value.
    pub(super) value: usize,
}

/// The flags of a part, with sizes that are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of a pattern, independent of the others")]
pub(super) struct Layout {
    /// `-`: padded behind.
    pub(super) left: bool,
    /// `+`: with a sign always.
    pub(super) plus: bool,
    /// A space where the sign would be.
    pub(super) space: bool,
    /// `#`: the other form.
    pub(super) alternative: bool,
    /// `0`: padded with zeros.
    pub(super) zero: bool,
    /// `'`: digits in groups.
    pub(super) grouped: bool,
    /// Characters that it takes at least.
    pub(super) width: usize,
    /// Digits or characters.
    pub(super) precision: Option<usize>,
}

impl Pattern {
    /// Reads a pattern; the error says what is wrong with it.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let (mut parts, mut values, mut rest) = (Vec::new(), 0, text);
        let mut plain = String::new();
        while let Some((before, behind)) = rest.split_once('%') {
            plain.push_str(before);
            if let Some(behind) = behind.strip_prefix('%') {
                plain.push('%');
                rest = behind;
                continue;
            }
            if !plain.is_empty() {
                parts.push(Part::Text(std::mem::take(&mut plain)));
            }
            let (spec, behind) = Spec::parse(behind, &mut values)?;
            parts.push(Part::Value(spec));
            rest = behind;
        }
        plain.push_str(rest);
        if !plain.is_empty() {
            parts.push(Part::Text(plain));
        }
        Ok(Self { parts, values })
    }
}

impl Spec {
    fn parse<'p>(text: &'p str, values: &mut usize) -> Result<(Self, &'p str), String> {
        let mut layout = Layout::default();
        let mut rest = text;
        while let Some(flag @ ('-' | '+' | ' ' | '#' | '0' | '\'')) = rest.chars().next() {
            match flag {
                '-' => layout.left = true,
                '+' => layout.plus = true,
                ' ' => layout.space = true,
                '#' => layout.alternative = true,
                '0' => layout.zero = true,
                _ => layout.grouped = true,
            }
            rest = rest.get(1..).unwrap_or_default();
        }
        let (width, behind) = size(rest, values)?;
        rest = behind;
        let mut precision = Size::None;
        if let Some(behind) = rest.strip_prefix('.') {
            let (size, behind) = size(behind, values)?;
            // A point alone is one without digits.
            precision = if size == Size::None { Size::Fixed(0) } else { size };
            rest = behind;
        }
        let letter = rest.chars().next().ok_or("it ends within a part")?;
        if !"dioxXfFeEgGstT".contains(letter) {
            return Err(format!("%{letter} is not supported"));
        }
        let value = *values;
        *values += 1;
        Ok((Self { layout, width, precision, letter, value }, rest.get(letter.len_utf8()..).unwrap_or_default()))
    }
}

fn size<'p>(text: &'p str, values: &mut usize) -> Result<(Size, &'p str), String> {
    if let Some(rest) = text.strip_prefix('*') {
        *values += 1;
        return Ok((Size::Value(*values - 1), rest));
    }
    let end = text.find(|char: char| !char.is_ascii_digit()).unwrap_or(text.len());
    let (digits, rest) = text.split_at_checked(end).unwrap_or((text, ""));
    if digits.is_empty() {
        return Ok((Size::None, rest));
    }
    let size = digits.parse().ok().filter(|size| *size <= WIDTH_MAX);
    size.map(|size| (Size::Fixed(size), rest)).ok_or_else(|| format!("{digits} is more than {WIDTH_MAX}"))
}

/// Digits with a separator between groups of them.
fn grouped(digits: &str, group: usize, separator: char) -> String {
    let mut text = String::with_capacity(digits.len() + digits.len() / group);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(group) {
            text.push(separator);
        }
        text.push(digit);
    }
    text
}

impl Layout {
    /// A text cut to the precision and padded to the width.
    pub(super) fn text(&self, out: &mut String, text: &str) {
        let cut = match self.precision.and_then(|most| text.char_indices().nth(most)) {
            Some((end, _)) => text.get(..end).unwrap_or_default(),
            None => text,
        };
        let padding = self.width.saturating_sub(cut.chars().count());
        if !self.left {
            out.extend(std::iter::repeat_n(' ', padding));
        }
        out.push_str(cut);
        if self.left {
            out.extend(std::iter::repeat_n(' ', padding));
        }
    }

    /// A number: its sign, what stands before its digits, and them.
    fn number(&self, out: &mut String, negative: bool, prefix: &str, digits: &str, zeros: bool) {
        let sign = match (negative, self.plus, self.space) {
            (true, ..) => "-",
            (false, true, _) => "+",
            (false, false, true) => " ",
            (false, false, false) => "",
        };
        let padding = self.width.saturating_sub(sign.len() + prefix.len() + digits.len());
        let zeros = zeros && self.zero && !self.left;
        if !self.left && !zeros {
            out.extend(std::iter::repeat_n(' ', padding));
        }
        out.push_str(sign);
        out.push_str(prefix);
        if zeros {
            out.extend(std::iter::repeat_n('0', padding));
        }
        out.push_str(digits);
        if self.left {
            out.extend(std::iter::repeat_n(' ', padding));
        }
    }

    /// A whole number, by `d`, `i`, `o`, `x` or `X`.
    pub(super) fn int(&self, out: &mut String, letter: char, value: i64) {
        let size = value.unsigned_abs();
        let (digits, group, separator, mut prefix) = match letter {
            'o' => (format!("{size:o}"), 4, ',', "0"),
            'x' => (format!("{size:x}"), 4, ':', "0x"),
            'X' => (format!("{size:X}"), 4, ':', "0X"),
            _ => (size.to_string(), 3, ',', ""),
        };
        let least = self.precision.unwrap_or(1);
        if !self.alternative || (letter == 'o' && least > digits.len()) {
            prefix = "";
        }
        let digits = format!("{digits:0>least$}");
        let digits = if self.grouped { grouped(&digits, group, separator) } else { digits };
        // Digits that are told are not more for being padded.
        self.number(
            out,
            value < 0,
            prefix,
            &digits,
            self.precision.is_none() || "oxX".contains(letter) || self.grouped,
        );
    }

    /// Puts the digits before the point into groups, and a point behind whole numbers where one is wanted.
    fn dressed(&self, number: &str) -> String {
        let end = number.find(|char: char| !char.is_ascii_digit()).unwrap_or(number.len());
        let (whole, behind) = number.split_at_checked(end).unwrap_or((number, ""));
        let whole = if self.grouped { grouped(whole, 3, ',') } else { whole.to_owned() };
        let point = if self.alternative && !behind.starts_with('.') { "." } else { "" };
        format!("{whole}{point}{behind}")
    }

    /// A float, by `f`, `e` or `g` or one of their capitals.
    ///
    /// # Errors
    /// What is wrong: more digits than a float has.
    pub(super) fn float(&self, out: &mut String, letter: char, value: f64) -> Result<(), String> {
        let negative = value.is_sign_negative() && value != 0.0 && !value.is_nan();
        let precision = self.float_precision(letter)?;
        let size = value.abs();
        if !size.is_finite() {
            let word = if size.is_nan() { "nan" } else { "inf" };
            let word = if letter.is_ascii_uppercase() { word.to_ascii_uppercase() } else { word.to_owned() };
            self.number(out, negative, "", &word, false);
            return Ok(());
        }
        let digits = match letter {
            'f' | 'F' => format!("{size:.precision$}"),
            'e' | 'E' => {
                let text = format!("{size:.precision$e}");
                let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
                let point = if self.alternative && precision == 0 { "." } else { "" };
                format!("{mantissa}{point}e{}", exponent_text(exponent.parse().unwrap_or_default()))
            }
            _ => general(size, precision, self.alternative),
        };
        let digits = if letter.is_ascii_uppercase() { digits.to_ascii_uppercase() } else { digits };
        let digits = if digits.contains(['e', 'E']) && !self.grouped { digits } else { self.dressed(&digits) };
        self.number(out, negative, "", &digits, true);
        Ok(())
    }

    fn float_precision(&self, letter: char) -> Result<usize, String> {
        match (self.precision.unwrap_or(6), letter) {
            (precision, 'g' | 'G') => Ok(precision.min(FLOAT_DIGITS_MAX)),
            (precision, _) if precision > FLOAT_DIGITS_MAX => {
                Err(format!("{precision} digits behind the point; there are at most {FLOAT_DIGITS_MAX}"))
            }
            (precision, _) => Ok(precision),
        }
    }

    /// A `NUMERIC` or `BIGNUMERIC`; but for `f` as the float that is nearest.
    ///
    /// # Errors
    /// What is wrong: more digits than there may be.
    pub(super) fn decimal<D: Decimal>(&self, out: &mut String, letter: char, value: D) -> Result<(), String> {
        if !matches!(letter, 'f' | 'F') {
            return self.float(out, letter, value.text().parse().unwrap_or(f64::NAN));
        }
        let precision = self.float_precision(letter)?;
        let digits = i64::try_from(precision).unwrap_or(i64::MAX);
        let rounded = rounded(value, digits, Rounding::HalfAway).ok_or("a value that has no room to be rounded")?;
        let text = rounded.text();
        let size = text.strip_prefix('-').unwrap_or(&text);
        let (whole, behind) = size.split_once('.').unwrap_or((size, ""));
        let point = if precision > 0 { "." } else { "" };
        let text = self.dressed(&format!("{whole}{point}{behind:0<precision$}"));
        self.number(out, rounded < D::ZERO, "", &text, true);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(pattern: &str, write: impl Fn(&Layout, char, &mut String)) -> String {
        let parsed = Pattern::parse(pattern).unwrap();
        let mut out = String::new();
        for part in parsed.parts {
            match part {
                Part::Text(text) => out.push_str(&text),
                Part::Value(spec) => {
                    let fixed = |size| if let Size::Fixed(size) = size { Some(size) } else { None };
                    let (width, precision) = (fixed(spec.width).unwrap_or(0), fixed(spec.precision));
                    write(&Layout { width, precision, ..spec.layout }, spec.letter, &mut out);
                }
            }
        }
        out
    }

    fn int(pattern: &str, value: i64) -> String {
        written(pattern, |layout, letter, out| layout.int(out, letter, value))
    }

    fn float(pattern: &str, value: f64) -> String {
        written(pattern, |layout, letter, out| layout.float(out, letter, value).unwrap())
    }

    #[test]
    fn whole_numbers_are_laid_out() {
        for (pattern, value, text) in [
            ("%d", -5, "-5"),
            ("%i%%", 5, "5%"),
            ("|%5d|", 42, "|   42|"),
            ("|%-5d|", 42, "|42   |"),
            ("%05d", -42, "-0042"),
            ("%+d", 42, "+42"),
            ("% d", 42, " 42"),
            ("%'d", 1_234_567, "1,234,567"),
            ("%'012d", -1_234_567, "-001,234,567"),
            ("%.5d", 42, "00042"),
            ("%8.5d", 42, "   00042"),
            ("%x", 255, "ff"),
            ("%#X", 255, "0XFF"),
            ("%#o", 8, "010"),
            ("%x", -255, "-ff"),
            ("%'x", 0x0012_3456, "12:3456"),
            ("%d", i64::MIN, "-9223372036854775808"),
        ] {
            assert_eq!(int(pattern, value), text, "{pattern}");
        }
    }

    #[test]
    fn floats_are_laid_out() {
        for (pattern, value, text) in [
            ("%f", 1.5, "1.500000"),
            ("%.2f", 2.675, "2.67"),
            ("%.0f", 2.5, "2"),
            ("%#.0f", 2.0, "2."),
            ("%'.2f", 1_234_567.891, "1,234,567.89"),
            ("%010.2f", -1.5, "-000001.50"),
            ("%e", 12_345.678, "1.234568e+04"),
            ("%.1E", 1e-100, "1.0E-100"),
            ("%g", 100_000.0, "100000"),
            ("%g", 1_000_000.0, "1e+06"),
            ("%G", 1e-10, "1E-10"),
            ("%#g", 1.5, "1.50000"),
            ("%g", 0.0, "0"),
            ("%5f", f64::NAN, "  nan"),
            ("%05F", f64::NEG_INFINITY, " -INF"),
            ("%f", -0.0, "0.000000"),
        ] {
            assert_eq!(float(pattern, value), text, "{pattern}");
        }
    }

    #[test]
    fn decimals_keep_their_digits() {
        let decimal =
            |pattern, value: i128| written(pattern, |layout, letter, out| layout.decimal(out, letter, value).unwrap());
        assert_eq!(decimal("%f", 1_500_000_000), "1.500000");
        assert_eq!(decimal("%.1f", -1_250_000_000), "-1.3");
        assert_eq!(decimal("%.12f", 123_456_789), "0.123456789000");
        assert_eq!(decimal("%'.0f", 12_345_678_901_234_567_890_500_000_000), "12,345,678,901,234,567,891");
        assert_eq!(decimal("%g", 1_500_000_000), "1.5");
    }

    #[test]
    fn a_pattern_says_what_is_wrong_with_it() {
        for (pattern, problem) in
            [("%", "ends within"), ("%5", "ends within"), ("%y", "%y is not"), ("%9999999d", "more than")]
        {
            let error = Pattern::parse(pattern).unwrap_err();
            assert!(error.contains(problem), "{pattern}: {error}");
        }
        assert_eq!(Pattern::parse("%*.*f %s").unwrap().values, 4);
    }
}
