//! Functions of texts and bytes.

use std::borrow::Cow;
use std::collections::HashMap;
use std::result::Result as Outcome;

use datafusion::arrow::array::{ArrayRef, BinaryBuilder, StringViewArray, StringViewBuilder};
use datafusion::error::Result;

use super::super::call::{Call, Values};
use super::super::fault::Fault;
use super::super::function::Definition;
use super::super::types::Type;
use super::hash::Octets;
use super::lists;
use super::written::{self, Style, is_writable};

const TEXT: &[&str] = &["(STRING) -> STRING", "(BYTES) -> BYTES"];
const CHARS: &[&str] = &["(STRING) -> INT64"];
const LENGTH: &[&str] = &["(STRING) -> INT64", "(BYTES) -> INT64"];
const CUT: &[&str] = &["(STRING, INT64) -> STRING", "(BYTES, INT64) -> BYTES"];
const SUBSTR: &[&str] = &["(STRING, INT64[, INT64]) -> STRING", "(BYTES, INT64[, INT64]) -> BYTES"];
const PAD: &[&str] = &["(STRING, INT64[, STRING]) -> STRING", "(BYTES, INT64[, BYTES]) -> BYTES"];
const TRIM: &[&str] = &["(STRING[, STRING]) -> STRING", "(BYTES, BYTES) -> BYTES"];
const THREE: &[&str] = &["(STRING, STRING, STRING) -> STRING", "(BYTES, BYTES, BYTES) -> BYTES"];

/// The functions of this module.
pub(super) const FUNCTIONS: &[Definition] = &[
    Definition { name: "BYTE_LENGTH", forms: LENGTH, note: "", eval: byte_length },
    Definition { name: "OCTET_LENGTH", forms: LENGTH, note: "", eval: byte_length },
    Definition { name: "CHAR_LENGTH", forms: CHARS, note: "", eval: length },
    Definition { name: "CHARACTER_LENGTH", forms: CHARS, note: "", eval: length },
    Definition { name: "LENGTH", forms: LENGTH, note: "", eval: length },
    Definition {
        name: "CONCAT",
        forms: &["(STRING...) -> STRING", "(BYTES...) -> BYTES", "(ANY...) -> STRING"],
        note: "",
        eval: concat,
    },
    Definition { name: "INITCAP", forms: &["(STRING[, STRING]) -> STRING"], note: "", eval: initcap },
    Definition { name: "LEFT", forms: CUT, note: "", eval: |call| cut(call, false) },
    Definition { name: "RIGHT", forms: CUT, note: "", eval: |call| cut(call, true) },
    Definition { name: "LOWER", forms: TEXT, note: "", eval: lower },
    Definition { name: "UPPER", forms: TEXT, note: "", eval: upper },
    Definition { name: "LPAD", forms: PAD, note: "", eval: |call| pad(call, true) },
    Definition { name: "RPAD", forms: PAD, note: "", eval: |call| pad(call, false) },
    Definition { name: "TRIM", forms: TRIM, note: "", eval: |call| trim(call, true, true) },
    Definition { name: "LTRIM", forms: TRIM, note: "", eval: |call| trim(call, true, false) },
    Definition { name: "RTRIM", forms: TRIM, note: "", eval: |call| trim(call, false, true) },
    Definition { name: "REPEAT", forms: CUT, note: "", eval: repeat },
    Definition { name: "REPLACE", forms: THREE, note: "", eval: replace },
    Definition { name: "REVERSE", forms: TEXT, note: "", eval: reverse },
    Definition {
        name: "SPLIT",
        forms: &["(STRING[, STRING]) -> ARRAY<STRING>", "(BYTES, BYTES) -> ARRAY<BYTES>"],
        note: "",
        eval: split,
    },
    Definition { name: "SUBSTR", forms: SUBSTR, note: "", eval: substr },
    Definition { name: "SUBSTRING", forms: SUBSTR, note: "", eval: substr },
    Definition { name: "TRANSLATE", forms: THREE, note: "", eval: translate },
];

/// Most bytes that a function which makes values longer gives, as in BigQuery.
const LONGEST: usize = 1 << 20;

fn too_long(name: &str) -> Fault {
    Fault::argument(format!("{name} would make more than {LONGEST} bytes"))
}

/// Bytes as the text of the characters with those numbers: what is true of characters there is true of bytes here.
pub(super) fn as_chars(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| char::from(*byte)).collect()
}

/// The bytes that [`as_chars`] has made characters.
pub(super) fn as_bytes(text: &str) -> Vec<u8> {
    text.chars().filter_map(|char| u8::try_from(u32::from(char)).ok()).collect()
}

/// Where in the text the character of that number begins; its end, if it has not so many.
pub(super) fn offset_of(text: &str, number: usize) -> usize {
    if text.is_ascii() {
        return number.min(text.len());
    }
    text.char_indices().nth(number).map_or(text.len(), |(at, _)| at)
}

/// Where the last `count` characters of a text begin.
pub(super) fn offset_of_last(text: &str, count: usize) -> usize {
    if text.is_ascii() {
        return text.len().saturating_sub(count);
    }
    count.checked_sub(1).map_or(text.len(), |back| text.char_indices().rev().nth(back).map_or(0, |(at, _)| at))
}

/// A number of bytes or characters; more than there may be for a larger one.
pub(super) fn count_of(number: i64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

fn int(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

fn is_bytes(call: &Call<'_>) -> bool {
    call.types.first() == Some(&Type::Bytes)
}

fn byte_length(call: &Call<'_>) -> Result<ArrayRef> {
    let values = Octets::of(call, 0)?;
    call.write_ints(|row| Ok(values.get(row).map(|value| int(value.len()))))
}

fn length(call: &Call<'_>) -> Result<ArrayRef> {
    if is_bytes(call) {
        return byte_length(call);
    }
    let values = call.texts(0)?;
    call.write_ints(|row| Ok(values.get(row).map(|value| int(value.chars().count()))))
}

fn concat(call: &Call<'_>) -> Result<ArrayRef> {
    if call.types.iter().all(|of| *of == Type::Bytes) {
        let values = (0..call.len()).map(|at| call.bytes(at)).collect::<Result<Vec<_>>>()?;
        return call.write_bytes(|row| {
            let parts = values.iter().map(|values| values.get(row)).collect::<Option<Vec<_>>>();
            Ok(parts.map(|parts| parts.concat()))
        });
    }
    if call.types.iter().all(|of| *of == Type::String) {
        let values = (0..call.len()).map(|at| call.texts(at)).collect::<Result<Vec<_>>>()?;
        return call.write_texts(|row| {
            let mut text = String::new();
            for values in &values {
                let Some(value) = values.get(row) else { return Ok(None) };
                text.push_str(value);
            }
            Ok(Some(text))
        });
    }
    let unfit = |of: &&Type| matches!(of, Type::Bytes | Type::Array(_) | Type::Struct(_)) || !is_writable(of);
    if let Some(unfit) = call.types.iter().find(unfit) {
        return Err(call.refused(format!("{unfit} does not become STRING by itself")));
    }
    call.write_texts(|row| {
        let mut text = String::new();
        for (array, constant) in call.args.iter().zip(call.constant) {
            let at = if *constant { 0 } else { row };
            if array.is_null(at) {
                return Ok(None);
            }
            written::write(&mut text, array, at, Style::Cast);
        }
        Ok(Some(text))
    })
}

/// What `INITCAP` takes for the end of a word, beside spaces.
const DELIMITERS: &str = "[](){}/|\\<>!?@\"#$&~_,.:;*%+-^";

fn initcap(call: &Call<'_>) -> Result<ArrayRef> {
    fn single(mut mapped: impl Iterator<Item = char>, char: char) -> char {
        match (mapped.next(), mapped.next()) {
            (Some(mapped), None) => mapped,
            _ => char,
        }
    }
    let values = call.texts(0)?;
    let delimiters = if call.len() > 1 { Some(call.texts(1)?) } else { None };
    call.write_texts(|row| {
        let Some(value) = values.get(row) else { return Ok(None) };
        let delimiters = match delimiters {
            None => None,
            Some(delimiters) => match delimiters.get(row) {
                None => return Ok(None),
                delimiters => delimiters,
            },
        };
        let is_end = |char: char| match delimiters {
            None => char.is_whitespace() || DELIMITERS.contains(char),
            Some(delimiters) => delimiters.contains(char),
        };
        let (mut text, mut begins) = (String::with_capacity(value.len()), true);
        for char in value.chars() {
            if is_end(char) {
                text.push(char);
                begins = true;
            } else {
                text.push(if begins { single(char.to_uppercase(), char) } else { single(char.to_lowercase(), char) });
                begins = false;
            }
        }
        Ok(Some(text))
    })
}

fn lower(call: &Call<'_>) -> Result<ArrayRef> {
    if is_bytes(call) {
        let values = call.bytes(0)?;
        return call.write_bytes(|row| Ok(values.get(row).map(<[u8]>::to_ascii_lowercase)));
    }
    let values = call.texts(0)?;
    call.write_texts(|row| Ok(values.get(row).map(str::to_lowercase)))
}

fn upper(call: &Call<'_>) -> Result<ArrayRef> {
    if is_bytes(call) {
        let values = call.bytes(0)?;
        return call.write_bytes(|row| Ok(values.get(row).map(<[u8]>::to_ascii_uppercase)));
    }
    let values = call.texts(0)?;
    call.write_texts(|row| Ok(values.get(row).map(str::to_uppercase)))
}

fn reverse(call: &Call<'_>) -> Result<ArrayRef> {
    if is_bytes(call) {
        let values = call.bytes(0)?;
        return call
            .write_bytes(|row| Ok(values.get(row).map(|value| value.iter().rev().copied().collect::<Vec<_>>())));
    }
    let values = call.texts(0)?;
    call.write_texts(|row| Ok(values.get(row).map(|value| value.chars().rev().collect::<String>())))
}

/// A part of a text, of characters, or of bytes.
fn text_part(text: &str, position: i64, length: usize) -> &str {
    let start = match position {
        ..0 => offset_of_last(text, count_of(position.saturating_neg())),
        0 => 0,
        1.. => offset_of(text, count_of(position - 1)),
    };
    let rest = text.get(start..).unwrap_or_default();
    rest.get(..offset_of(rest, length)).unwrap_or_default()
}

fn bytes_part(bytes: &[u8], position: i64, length: usize) -> &[u8] {
    let start = match position {
        ..0 => bytes.len().saturating_sub(count_of(position.saturating_neg())),
        0 => 0,
        1.. => count_of(position - 1).min(bytes.len()),
    };
    let rest = bytes.get(start..).unwrap_or_default();
    rest.get(..length.min(rest.len())).unwrap_or_default()
}

fn substr(call: &Call<'_>) -> Result<ArrayRef> {
    let positions = call.ints(1)?;
    let lengths = if call.len() > 2 { Some(call.ints(2)?) } else { None };
    let range = |row: usize| -> Outcome<Option<(i64, usize)>, Fault> {
        let Some(position) = positions.get(row) else { return Ok(None) };
        let Some(length) = lengths.map_or(Some(i64::MAX), |lengths| lengths.get(row)) else { return Ok(None) };
        if length < 0 {
            return Err(Fault::argument(format!("{}: a length of {length}", call.name)));
        }
        Ok(Some((position, count_of(length))))
    };
    if is_bytes(call) {
        let values = call.bytes(0)?;
        return call.write_bytes(|row| {
            let Some(value) = values.get(row) else { return Ok(None) };
            Ok(range(row)?.map(|(position, length)| bytes_part(value, position, length)))
        });
    }
    let values = call.texts(0)?;
    call.write_texts(|row| {
        let Some(value) = values.get(row) else { return Ok(None) };
        Ok(range(row)?.map(|(position, length)| text_part(value, position, length)))
    })
}

fn cut(call: &Call<'_>, is_right: bool) -> Result<ArrayRef> {
    let lengths = call.ints(1)?;
    let length = |row: usize| match lengths.get(row) {
        Some(length @ ..0) => Err(Fault::argument(format!("{}: a length of {length}", call.name))),
        length => Ok(length.map(count_of)),
    };
    if is_bytes(call) {
        let values = call.bytes(0)?;
        return call.write_bytes(|row| {
            let Some(value) = values.get(row) else { return Ok(None) };
            let Some(length) = length(row)?.map(|length| length.min(value.len())) else { return Ok(None) };
            Ok(if is_right { value.get(value.len() - length..) } else { value.get(..length) })
        });
    }
    let values = call.texts(0)?;
    call.write_texts(|row| {
        let Some(value) = values.get(row) else { return Ok(None) };
        let Some(length) = length(row)? else { return Ok(None) };
        Ok(match is_right {
            true => value.get(offset_of_last(value, length)..),
            false => value.get(..offset_of(value, length)),
        })
    })
}

fn pad(call: &Call<'_>, is_left: bool) -> Result<ArrayRef> {
    let lengths = call.ints(1)?;
    let has_pattern = call.len() > 2;
    let length = |row: usize, pattern_is_empty: bool| match lengths.get(row) {
        Some(length @ ..0) => Err(Fault::argument(format!("{}: a length of {length}", call.name))),
        Some(length) if count_of(length) > LONGEST => Err(too_long(call.name)),
        Some(_) if pattern_is_empty => Err(Fault::argument(format!("{} with an empty pattern", call.name))),
        length => Ok(length.map(count_of)),
    };
    if is_bytes(call) {
        let (values, patterns) = (call.bytes(0)?, if has_pattern { Some(call.bytes(2)?) } else { None });
        return call.write_bytes(|row| {
            let Some(value) = values.get(row) else { return Ok(None) };
            let Some(pattern) = patterns.map_or(Some(&b" "[..]), |patterns| patterns.get(row)) else { return Ok(None) };
            let Some(length) = length(row, pattern.is_empty())? else { return Ok(None) };
            let mut padded: Vec<u8> = value.iter().take(length).copied().collect();
            let padding = pattern.iter().cycle().take(length - padded.len()).copied();
            if is_left {
                drop(padded.splice(0..0, padding));
            } else {
                padded.extend(padding);
            }
            Ok(Some(padded))
        });
    }
    let (values, patterns) = (call.texts(0)?, if has_pattern { Some(call.texts(2)?) } else { None });
    call.write_texts(|row| {
        let Some(value) = values.get(row) else { return Ok(None) };
        let Some(pattern) = patterns.map_or(Some(" "), |patterns| patterns.get(row)) else { return Ok(None) };
        let Some(length) = length(row, pattern.is_empty())? else { return Ok(None) };
        let kept = value.get(..offset_of(value, length)).unwrap_or_default();
        let padding = pattern.chars().cycle().take(length - kept.chars().count());
        let mut padded = String::with_capacity(kept.len());
        if is_left {
            padded.extend(padding);
            padded.push_str(kept);
        } else {
            padded.push_str(kept);
            padded.extend(padding);
        }
        if padded.len() > LONGEST { Err(too_long(call.name)) } else { Ok(Some(padded)) }
    })
}

fn trim(call: &Call<'_>, left: bool, right: bool) -> Result<ArrayRef> {
    fn trimmed<'v>(mut value: &'v str, left: bool, right: bool, is_dropped: &dyn Fn(char) -> bool) -> &'v str {
        if left {
            value = value.trim_start_matches(is_dropped);
        }
        if right {
            value = value.trim_end_matches(is_dropped);
        }
        value
    }
    if is_bytes(call) {
        let (values, sets) = (call.bytes(0)?, call.bytes(1)?);
        return call.write_bytes(|row| {
            let (Some(mut value), Some(set)) = (values.get(row), sets.get(row)) else { return Ok(None) };
            while let [first, rest @ ..] = value
                && left
                && set.contains(first)
            {
                value = rest;
            }
            while let [rest @ .., last] = value
                && right
                && set.contains(last)
            {
                value = rest;
            }
            Ok(Some(value))
        });
    }
    let values = call.texts(0)?;
    if call.len() == 1 {
        return call
            .write_texts(|row| Ok(values.get(row).map(|value| trimmed(value, left, right, &char::is_whitespace))));
    }
    let sets = call.texts(1)?;
    call.write_texts(|row| {
        let (Some(value), Some(set)) = (values.get(row), sets.get(row)) else { return Ok(None) };
        Ok(Some(trimmed(value, left, right, &|char| set.contains(char))))
    })
}

fn repeat(call: &Call<'_>) -> Result<ArrayRef> {
    let counts = call.ints(1)?;
    let count = |row: usize, bytes: usize| match counts.get(row) {
        Some(count @ ..0) => Err(Fault::argument(format!("REPEAT {count} times"))),
        Some(_) if bytes == 0 => Ok(Some(0)),
        Some(count) => match count_of(count).checked_mul(bytes) {
            Some(..=LONGEST) => Ok(Some(count_of(count))),
            _ => Err(too_long("REPEAT")),
        },
        None => Ok(None),
    };
    if is_bytes(call) {
        let values = call.bytes(0)?;
        return call.write_bytes(|row| {
            let Some(value) = values.get(row) else { return Ok(None) };
            Ok(count(row, value.len())?.map(|count| value.repeat(count)))
        });
    }
    let values = call.texts(0)?;
    call.write_texts(|row| {
        let Some(value) = values.get(row) else { return Ok(None) };
        Ok(count(row, value.len())?.map(|count| value.repeat(count)))
    })
}

/// The text with each `from` replaced, if that is not too long.
fn replaced<'v>(value: &'v str, from: &str, to: &str) -> Outcome<Cow<'v, str>, Fault> {
    if from.is_empty() || !value.contains(from) {
        return Ok(Cow::Borrowed(value));
    }
    let (mut text, mut rest) = (String::with_capacity(value.len().min(LONGEST)), value);
    while let Some((before, behind)) = rest.split_once(from) {
        if text.len() + before.len() + to.len() > LONGEST {
            return Err(too_long("REPLACE"));
        }
        text.push_str(before);
        text.push_str(to);
        rest = behind;
    }
    if text.len() + rest.len() > LONGEST {
        return Err(too_long("REPLACE"));
    }
    text.push_str(rest);
    Ok(Cow::Owned(text))
}

fn replace(call: &Call<'_>) -> Result<ArrayRef> {
    if is_bytes(call) {
        let (values, froms, tos) = (call.bytes(0)?, call.bytes(1)?, call.bytes(2)?);
        return call.write_bytes(|row| {
            let (Some(value), Some(from), Some(to)) = (values.get(row), froms.get(row), tos.get(row)) else {
                return Ok(None);
            };
            Ok(Some(as_bytes(&replaced(&as_chars(value), &as_chars(from), &as_chars(to))?)))
        });
    }
    let (values, froms, tos) = (call.texts(0)?, call.texts(1)?, call.texts(2)?);
    call.write_texts(|row| {
        let (Some(value), Some(from), Some(to)) = (values.get(row), froms.get(row), tos.get(row)) else {
            return Ok(None);
        };
        replaced(value, from, to).map(Some)
    })
}

fn split(call: &Call<'_>) -> Result<ArrayRef> {
    /// Tells each part of a text; each character where the delimiter is empty.
    fn parts(value: &str, delimiter: &str, mut tell: impl FnMut(&str) -> Result<()>) -> Result<()> {
        if delimiter.is_empty() && !value.is_empty() {
            return value.split_inclusive(|_: char| true).try_for_each(tell);
        }
        if delimiter.is_empty() {
            return tell(value);
        }
        value.split(delimiter).try_for_each(tell)
    }
    if is_bytes(call) {
        let (values, delimiters) = (call.bytes(0)?, call.bytes(1)?);
        return lists::write(call, BinaryBuilder::new(), |row, elements| {
            let (Some(value), Some(delimiter)) = (values.get(row), delimiters.get(row)) else { return Ok(Ok(false)) };
            parts(&as_chars(value), &as_chars(delimiter), |part| elements.push(Some(&as_bytes(part))))?;
            Ok(Ok(true))
        });
    }
    let values = call.texts(0)?;
    let delimiters = if call.len() > 1 { Some(call.texts(1)?) } else { None };
    lists::write(call, StringViewBuilder::new(), |row, elements| {
        let delimiter = delimiters.map_or(Some(","), |delimiters| delimiters.get(row));
        let (Some(value), Some(delimiter)) = (values.get(row), delimiter) else { return Ok(Ok(false)) };
        parts(value, delimiter, |part| elements.push(Some(part)))?;
        Ok(Ok(true))
    })
}

/// What becomes of each character: another, or none.
type Translation = HashMap<char, Option<char>>;

fn translation(from: &str, to: &str) -> Outcome<Translation, Fault> {
    let (mut map, mut to) = (Translation::new(), to.chars());
    for char in from.chars() {
        if map.insert(char, to.next()).is_some() {
            return Err(Fault::argument(format!("TRANSLATE: {char:?} stands twice among what is replaced")));
        }
    }
    Ok(map)
}

fn translate(call: &Call<'_>) -> Result<ArrayRef> {
    fn translated(value: &str, map: &Translation) -> String {
        value.chars().filter_map(|char| map.get(&char).copied().unwrap_or(Some(char))).collect()
    }
    fn constant(
        froms: &Values<&StringViewArray>,
        tos: &Values<&StringViewArray>,
    ) -> Option<Outcome<Translation, Fault>> {
        Some(translation(froms.constant()??, tos.constant()??))
    }
    if is_bytes(call) {
        let (values, froms, tos) = (call.bytes(0)?, call.bytes(1)?, call.bytes(2)?);
        return call.write_bytes(|row| {
            let (Some(value), Some(from), Some(to)) = (values.get(row), froms.get(row), tos.get(row)) else {
                return Ok(None);
            };
            let map = translation(&as_chars(from), &as_chars(to))?;
            Ok(Some(as_bytes(&translated(&as_chars(value), &map))))
        });
    }
    let (values, froms, tos) = (call.texts(0)?, call.texts(1)?, call.texts(2)?);
    let constant = constant(&froms, &tos);
    call.write_texts(|row| {
        let (Some(value), Some(from), Some(to)) = (values.get(row), froms.get(row), tos.get(row)) else {
            return Ok(None);
        };
        match &constant {
            Some(Ok(map)) => Ok(Some(translated(value, map))),
            Some(Err(fault)) => Err(fault.clone()),
            None => Ok(Some(translated(value, &translation(from, to)?))),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_of_a_text_counts_characters_from_either_end() {
        for (position, length, part) in [
            (1, 2, "gr"),
            (0, 2, "gr"),
            (3, 1, "ü"),
            (4, usize::MAX, "ßen"),
            (-3, 2, "ße"),
            (-99, 2, "gr"),
            (99, 2, ""),
            (i64::MIN, usize::MAX, "grüßen"),
            (i64::MAX, usize::MAX, ""),
        ] {
            assert_eq!(text_part("grüßen", position, length), part, "{position}, {length}");
            let bytes = as_bytes(&as_chars(b"abc"));
            assert_eq!(bytes, b"abc");
        }
        assert_eq!(bytes_part(b"abc", -2, 1), b"b");
        assert_eq!(bytes_part(b"abc", i64::MIN, 2), b"ab");
        assert_eq!(bytes_part(b"abc", i64::MAX, 2), b"");
    }

    #[test]
    fn what_is_replaced_does_not_grow_without_end() {
        assert_eq!(replaced("aXbX", "X", "--").unwrap(), "a--b--");
        let long = "X".repeat(1_100);
        let fault = replaced(&long, "X", &"y".repeat(1_000)).unwrap_err();
        assert!(fault.message.contains("REPLACE would make more than"), "{fault}");
    }
}
