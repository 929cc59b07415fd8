//! `FORMAT`: values written by a pattern.

use std::result::Result as Outcome;

use datafusion::arrow::array::{Array, ArrayRef, AsArray};
use datafusion::arrow::datatypes::{ArrowPrimitiveType, Decimal128Type, Decimal256Type, Float64Type, Int64Type};
use datafusion::error::Result;

use super::super::call::Call;
use super::super::fault::Fault;
use super::super::function::Definition;
use super::super::types::Type;
use super::printf::{Layout, Part, Pattern, Size, Spec, WIDTH_MAX};
use super::written::{self, Style, is_writable};

/// The functions of this module.
pub(super) const FUNCTIONS: &[Definition] = &[Definition {
    name: "FORMAT",
    forms: &["(STRING[, ANY...]) -> STRING"],
    note: "Without %p and %P; %e and %g of a NUMERIC are those of the nearest FLOAT64.",
    eval: format,
}];

/// The pattern, if it fits the values; else what is wrong.
fn fitting(pattern: &str, types: &[Type]) -> Outcome<Pattern, String> {
    let shown = |problem: String| format!("the pattern {pattern:?}: {problem}");
    let parsed = Pattern::parse(pattern).map_err(shown)?;
    if parsed.values != types.len() {
        let problem = format!("it wants {} values; there are {}", parsed.values, types.len());
        return Err(shown(problem));
    }
    for part in &parsed.parts {
        let Part::Value(spec) = part else { continue };
        for size in [spec.width, spec.precision] {
            if let Size::Value(at) = size
                && types.get(at) != Some(&Type::Int64)
            {
                return Err(shown("* wants an INT64".to_owned()));
            }
        }
        let Some(given) = types.get(spec.value) else { continue };
        let fits = match spec.letter {
            'd' | 'i' | 'o' | 'x' | 'X' => *given == Type::Int64,
            's' => *given == Type::String,
            't' | 'T' => is_writable(given),
            _ => matches!(given, Type::Float64 | Type::Numeric | Type::BigNumeric),
        };
        if !fits {
            return Err(shown(format!("%{} does not write {given}", spec.letter)));
        }
    }
    Ok(parsed)
}

fn format(call: &Call<'_>) -> Result<ArrayRef> {
    let patterns = call.texts(0)?;
    let types = call.types.get(1..).unwrap_or_default();
    let constant = match patterns.constant() {
        Some(Some(pattern)) => Some(fitting(pattern, types).map_err(|problem| call.refused(problem))?),
        Some(None) | None => None,
    };
    let mut known: Option<(String, Pattern)> = None;
    call.write_texts(|row| {
        let Some(text) = patterns.get(row) else { return Ok(None) };
        let pattern = match (&constant, &mut known) {
            (Some(pattern), _) => pattern,
            (None, known) => {
                if known.as_ref().is_none_or(|(before, _)| before != text) {
                    let fault = |problem| Fault::argument(format!("FORMAT: {problem}"));
                    *known = Some((text.to_owned(), fitting(text, types).map_err(fault)?));
                }
                let Some((_, pattern)) = known else { return Ok(None) };
                pattern
            }
        };
        let mut out = String::new();
        for part in &pattern.parts {
            match part {
                Part::Text(text) => out.push_str(text),
                Part::Value(spec) => {
                    if !value(call, row, spec, &mut out)? {
                        return Ok(None);
                    }
                }
            }
            if out.len() > WIDTH_MAX {
                return Err(Fault::argument(format!("FORMAT would make more than {WIDTH_MAX} bytes")));
            }
        }
        Ok(Some(out))
    })
}

/// The array of a value and the place of a row in it.
fn place<'a>(call: &Call<'a>, number: usize, row: usize) -> Option<(&'a ArrayRef, usize)> {
    let at = if *call.constant.get(number + 1)? { 0 } else { row };
    call.args.get(number + 1).map(|array| (array, at))
}

fn primitive<T: ArrowPrimitiveType>(array: &dyn Array, at: usize) -> Option<T::Native> {
    array.as_primitive_opt::<T>().filter(|array| array.is_valid(at)).map(|array| array.value(at))
}

/// A size that is told by a value; nothing where that is `NULL`.
fn size(call: &Call<'_>, row: usize, size: Size) -> Outcome<Option<Option<i64>>, Fault> {
    match size {
        Size::None => Ok(Some(None)),
        Size::Fixed(size) => Ok(Some(i64::try_from(size).ok())),
        Size::Value(number) => {
            let told = place(call, number, row).and_then(|(array, at)| primitive::<Int64Type>(array, at));
            match told {
                Some(size) if size.unsigned_abs() > WIDTH_MAX as u64 => {
                    Err(Fault::argument(format!("FORMAT: a size of {size}; at most {WIDTH_MAX}")))
                }
                told => Ok(told.map(Some)),
            }
        }
    }
}

/// Writes a value; tells whether there is a result at all.
fn value(call: &Call<'_>, row: usize, spec: &Spec, out: &mut String) -> Outcome<bool, Fault> {
    let (Some(width), Some(precision)) = (size(call, row, spec.width)?, size(call, row, spec.precision)?) else {
        return Ok(false);
    };
    let width = width.unwrap_or(0);
    let layout = Layout {
        // A negative width is one with the flag.
        left: spec.layout.left || width < 0,
        width: usize::try_from(width.unsigned_abs()).unwrap_or(WIDTH_MAX),
        precision: precision.and_then(|precision| usize::try_from(precision).ok()),
        ..spec.layout
    };
    let Some((array, at)) = place(call, spec.value, row) else { return Ok(false) };
    if matches!(spec.letter, 't' | 'T') {
        let mut text = String::new();
        let style = if spec.letter == 't' { Style::Plain } else { Style::Literal };
        written::write(&mut text, array, at, style);
        layout.text(out, &text);
        return Ok(true);
    }
    if array.is_null(at) {
        return Ok(false);
    }
    let fault = |problem| Fault::argument(format!("FORMAT: {problem}"));
    match call.types.get(spec.value + 1) {
        Some(Type::Int64) => {
            layout.int(out, spec.letter, primitive::<Int64Type>(array, at).unwrap_or_default());
        }
        Some(Type::Float64) => {
            let value = primitive::<Float64Type>(array, at).unwrap_or_default();
            layout.float(out, spec.letter, value).map_err(fault)?;
        }
        Some(Type::Numeric) => {
            let value = primitive::<Decimal128Type>(array, at).unwrap_or_default();
            layout.decimal(out, spec.letter, value).map_err(fault)?;
        }
        Some(Type::BigNumeric) => {
            let value = primitive::<Decimal256Type>(array, at).unwrap_or_default();
            layout.decimal(out, spec.letter, value).map_err(fault)?;
        }
        _ => layout.text(out, array.as_string_view_opt().map_or("", |array| array.value(at))),
    }
    Ok(true)
}

#[cfg(test)]
mod tests {
    use datafusion::common::ScalarValue;

    use super::super::testing::answer;

    fn text(text: &str) -> ScalarValue {
        ScalarValue::Utf8(Some(text.to_owned()))
    }

    fn format(pattern: &str, values: &[ScalarValue]) -> Option<String> {
        let args: Vec<_> = std::iter::once(text(pattern)).chain(values.iter().cloned()).collect();
        match answer("FORMAT", &args).unwrap() {
            ScalarValue::Utf8View(text) => text,
            other => panic!("{other}"),
        }
    }

    #[test]
    fn values_are_of_types_of_their_own() {
        let float = ScalarValue::Float64(Some(2.0));
        let date = ScalarValue::Date32(Some(0));
        assert_eq!(format("plain", &[]).as_deref(), Some("plain"));
        assert_eq!(
            format("%s|%d|%.1f|%t|%T", &[text("a"), 5_i64.into(), float.clone(), date.clone(), date]).as_deref(),
            Some("a|5|2.0|1970-01-01|DATE \"1970-01-01\"")
        );
        assert_eq!(
            format("%t %T %T", &[float.clone(), float, text("it's \"x\"\n")]).as_deref(),
            Some(r#"2.0 2.0 "it's \"x\"\n""#)
        );
        assert_eq!(format("%*.*t|", &[6_i64.into(), 2_i64.into(), text("äöü")]).as_deref(), Some("    äö|"));
        assert_eq!(format("%d", &[ScalarValue::Int64(None)]), None);
        assert_eq!(format("%t", &[ScalarValue::Null]).as_deref(), Some("NULL"));
        let list = ScalarValue::List(ScalarValue::new_list_nullable(
            &[text("a"), ScalarValue::Utf8(None)],
            &text("").data_type(),
        ));
        assert_eq!(format("%t %T", &[list.clone(), list]).as_deref(), Some(r#"[a, NULL] ["a", NULL]"#));
    }

    #[test]
    fn a_pattern_that_does_not_fit_is_refused() {
        for (pattern, values, problem) in [
            ("%d", vec![], "it wants 1 values; there are 0"),
            ("%d", vec![text("a")], "%d does not write STRING"),
            ("%u", vec![5_i64.into()], "%u is not supported"),
            ("%s", vec![5_i64.into()], "%s does not write INT64"),
            ("%*d", vec![text("a"), 5_i64.into()], "* wants an INT64"),
        ] {
            let args: Vec<_> = std::iter::once(text(pattern)).chain(values).collect();
            let error = answer("SAFE.FORMAT", &args).unwrap_err().to_string();
            assert!(error.contains(problem), "{pattern}: {error}");
        }
    }
}
