//! Searching in texts and bytes, and how far they are apart.

use datafusion::arrow::array::{Array, ArrayRef, AsArray};
use datafusion::arrow::datatypes::DataType;
use datafusion::error::Result;

use super::super::call::Call;
use super::super::fault::Fault;
use super::super::function::Definition;
use super::super::types::Type;
use super::encoding::{Normalization, casefolded};
use super::hash::Octets;
use super::text::{as_chars, count_of, offset_of, offset_of_last};
use super::written::{self, Style, is_writable};

const ENDS: &[&str] = &["(STRING, STRING) -> BOOL", "(BYTES, BYTES) -> BOOL"];

/// The functions of this module.
pub(super) const FUNCTIONS: &[Definition] = &[
    Definition { name: "STARTS_WITH", forms: ENDS, note: "", eval: |call| ends(call, <[u8]>::starts_with) },
    Definition { name: "ENDS_WITH", forms: ENDS, note: "", eval: |call| ends(call, <[u8]>::ends_with) },
    Definition {
        name: "STRPOS",
        forms: &["(STRING, STRING) -> INT64", "(BYTES, BYTES) -> INT64"],
        note: "",
        eval: instr,
    },
    Definition {
        name: "INSTR",
        forms: &["(STRING, STRING[, INT64[, INT64]]) -> INT64", "(BYTES, BYTES[, INT64[, INT64]]) -> INT64"],
        note: "",
        eval: instr,
    },
    Definition {
        name: "CONTAINS_SUBSTR",
        forms: &["(ANY, STRING) -> BOOL"],
        note: "Of a value, not of a table; without a scope for JSON.",
        eval: contains_substr,
    },
    Definition {
        name: "EDIT_DISTANCE",
        forms: &["(STRING, STRING[, INT64]) -> INT64", "(BYTES, BYTES[, INT64]) -> INT64"],
        note: "Of values of at most a million characters.",
        eval: edit_distance,
    },
];

fn ends(call: &Call<'_>, test: fn(&[u8], &[u8]) -> bool) -> Result<ArrayRef> {
    let (values, ends) = (Octets::of(call, 0)?, Octets::of(call, 1)?);
    call.write_bools(|row| Ok(values.get(row).zip(ends.get(row)).map(|(value, end)| test(value, end))))
}

/// Where a part stands in a text, counted from one; 0 for nowhere. `next` is asked before each further occurrence.
fn position_of(text: &str, part: &str, position: i64, occurrence: i64, mut next: impl FnMut() -> bool) -> i64 {
    let back = |at: usize| text.get(..at).and_then(|before| before.char_indices().next_back()).map(|(at, _)| at);
    let forward = |at: usize| text.get(at..).and_then(|rest| rest.chars().next()).map(|char| at + char.len_utf8());
    let count = || text.chars().count();
    let found = if position > 0 {
        let skipped = count_of(position - 1);
        if skipped > text.len() || skipped > count() {
            return 0;
        }
        let find = |from: usize| text.get(from..).and_then(|rest| rest.find(part)).map(|at| from + at);
        let mut found = find(offset_of(text, skipped));
        for _ in 1..occurrence {
            if found.is_none() || !next() {
                break;
            }
            found = found.and_then(forward).and_then(find);
        }
        found
    } else {
        // An empty part stands behind the last character too.
        let skipped = count_of(position.saturating_neg()) - usize::from(part.is_empty());
        if skipped > text.len() || skipped > count() {
            return 0;
        }
        // The part begins there or before.
        let find = |start: usize| {
            let end = (start + part.len()).min(text.len());
            let end = (end..=text.len()).find(|end| text.is_char_boundary(*end))?;
            let found = text.get(..end)?.rfind(part)?;
            if found > start { text.get(..start + part.len())?.rfind(part) } else { Some(found) }
        };
        let mut found = find(offset_of_last(text, skipped));
        for _ in 1..occurrence {
            if found.is_none() || !next() {
                break;
            }
            found = found.and_then(back).and_then(find);
        }
        found
    };
    let before = found.and_then(|at| text.get(..at));
    before.map_or(0, |before| i64::try_from(before.chars().count()).map_or(0, |count| count + 1))
}

fn instr(call: &Call<'_>) -> Result<ArrayRef> {
    let (values, parts) = (Octets::of(call, 0)?, Octets::of(call, 1)?);
    let positions = if call.len() > 2 { Some(call.ints(2)?) } else { None };
    let occurrences = if call.len() > 3 { Some(call.ints(3)?) } else { None };
    let is_bytes = call.types.first() == Some(&Type::Bytes);
    let texts = if is_bytes { None } else { Some((call.texts(0)?, call.texts(1)?)) };
    let mut stopped = Ok(());
    let answer = call.write_ints(|row| {
        let position = positions.map_or(Some(1), |positions| positions.get(row));
        let occurrence = occurrences.map_or(Some(1), |occurrences| occurrences.get(row));
        let (Some(position), Some(occurrence)) = (position, occurrence) else { return Ok(None) };
        let (Some(value), Some(part)) = (values.get(row), parts.get(row)) else { return Ok(None) };
        if position == 0 {
            return Err(Fault::argument(format!("{}: a position of 0", call.name)));
        }
        if occurrence < 1 {
            return Err(Fault::argument(format!("{}: occurrence {occurrence}", call.name)));
        }
        let next = || {
            stopped = call.watched(0);
            stopped.is_ok()
        };
        Ok(Some(match texts.and_then(|(values, parts)| values.get(row).zip(parts.get(row))) {
            Some((value, part)) => position_of(value, part, position, occurrence, next),
            None => position_of(&as_chars(value), &as_chars(part), position, occurrence, next),
        }))
    });
    stopped.and(answer)
}

fn contains_substr(call: &Call<'_>) -> Result<ArrayRef> {
    let Some(Some(part)) = call.texts(1)?.constant() else {
        return Err(call.refused("what is searched for is a constant that is not NULL"));
    };
    let (Some(of), Some(array), Some(constant)) = (call.types.first(), call.args.first(), call.constant.first()) else {
        return Err(call.refused("there is nothing to search in"));
    };
    if !is_writable(of) || *of == Type::Bytes {
        return Err(call.refused(format!("there is no searching in {of}")));
    }
    let part = casefolded(part, Normalization::Nfkc);
    call.write_bools(|row| Ok(contains(array, if *constant { 0 } else { row }, &part)))
}

/// Whether a value or one in it has the part; nothing if none has, and one of them is nothing.
fn contains(array: &dyn Array, at: usize, part: &str) -> Option<bool> {
    fn any(answers: impl Iterator<Item = Option<bool>>) -> Option<bool> {
        let mut known = Some(false);
        for answer in answers {
            match answer {
                Some(true) => return answer,
                Some(false) => {}
                None => known = None,
            }
        }
        known
    }
    if array.is_null(at) {
        return None;
    }
    match array.data_type() {
        DataType::List(_) => {
            let items = array.as_list_opt::<i32>()?.value(at);
            any((0..items.len()).map(|at| contains(&items, at, part)))
        }
        DataType::Struct(_) => any(array.as_struct_opt()?.columns().iter().map(|column| contains(column, at, part))),
        DataType::Utf8View => {
            Some(casefolded(array.as_string_view_opt()?.value(at), Normalization::Nfkc).contains(part))
        }
        _ => {
            let mut text = String::new();
            written::write(&mut text, array, at, Style::Cast);
            Some(casefolded(&text, Normalization::Nfkc).contains(part))
        }
    }
}

/// Most characters of a value of which the distance to another is told.
const COMPARED_CHARS_MAX: usize = 1_000_000;

fn edit_distance(call: &Call<'_>) -> Result<ArrayRef> {
    let (left, right) = (Octets::of(call, 0)?, Octets::of(call, 1)?);
    let is_bytes = call.types.first() == Some(&Type::Bytes);
    let texts = if is_bytes { None } else { Some((call.texts(0)?, call.texts(1)?)) };
    let most = if call.len() > 2 { Some(call.ints(2)?) } else { None };
    let mut stopped = Ok(());
    let answer = call.write_ints(|row| {
        let (Some(left), Some(right)) = (left.get(row), right.get(row)) else { return Ok(None) };
        let Some(most) = most.map_or(Some(i64::MAX), |most| most.get(row)) else { return Ok(None) };
        if most < 0 {
            return Err(Fault::argument(format!("EDIT_DISTANCE: a largest distance of {most}")));
        }
        if left.len().max(right.len()) > 4 * COMPARED_CHARS_MAX {
            return Err(Fault::argument("EDIT_DISTANCE of values of more than a million characters"));
        }
        let (left, right): (Vec<u32>, Vec<u32>) =
            match texts.and_then(|(left, right)| left.get(row).zip(right.get(row))) {
                Some((left, right)) => (left.chars().map(u32::from).collect(), right.chars().map(u32::from).collect()),
                None => (left.iter().copied().map(u32::from).collect(), right.iter().copied().map(u32::from).collect()),
            };
        if left.len().max(right.len()) > COMPARED_CHARS_MAX {
            return Err(Fault::argument("EDIT_DISTANCE of values of more than a million characters"));
        }
        let distance = distance(&left, &right, || {
            stopped = call.watched(0);
            stopped.is_ok()
        });
        Ok(Some(i64::try_from(distance).map_or(most, |distance| distance.min(most))))
    });
    stopped.and(answer)
}

/// Insertions, deletions and substitutions that make one of the other. `next` is asked before each line of the table.
fn distance(left: &[u32], right: &[u32], mut next: impl FnMut() -> bool) -> usize {
    let mut line: Vec<usize> = (0..=right.len()).collect();
    for (number, left) in left.iter().enumerate() {
        if !next() {
            break;
        }
        let (mut corner, mut before) = (number, number + 1);
        let (first, rest) = match line.split_first_mut() {
            Some((first, rest)) => (first, rest),
            None => break,
        };
        *first = before;
        for (cell, right) in rest.iter_mut().zip(right) {
            let substituted = corner + usize::from(left != right);
            corner = *cell;
            before = substituted.min(before + 1).min(*cell + 1);
            *cell = before;
        }
    }
    line.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_found_from_either_end_and_may_overlap() {
        let position = |text, part, position, occurrence| position_of(text, part, position, occurrence, || true);
        assert_eq!(position("banana", "an", 1, 1), 2);
        assert_eq!(position("banana", "an", 1, 2), 4);
        assert_eq!(position("banana", "an", 1, 3), 0);
        assert_eq!(position("banana", "an", 3, 1), 4);
        assert_eq!(position("banana", "an", -1, 1), 4);
        assert_eq!(position("banana", "an", -3, 1), 4);
        assert_eq!(position("banana", "an", -4, 1), 2);
        assert_eq!(position("banana", "ann", 1, 1), 0);
        assert_eq!(position("helloooo", "oo", 1, 1), 5);
        assert_eq!(position("helloooo", "oo", 1, 2), 6);
        assert_eq!(position("äöäö", "ö", -1, 2), 2);
        assert_eq!(position("äöäö", "öä", -1, 1), 2);
        assert_eq!(position("a", "", 1, 1), 1);
        assert_eq!(position("a", "", 2, 1), 2);
        assert_eq!(position("a", "", 3, 1), 0);
        assert_eq!(position("a", "", -1, 1), 2);
        assert_eq!(position("ab", "", 1, 3), 3);
        assert_eq!(position("ab", "", 1, 4), 0);
        assert_eq!(position("", "a", 1, 1), 0);
        assert_eq!(position("a", "a", i64::MIN, 1), 0);
        assert_eq!(position("a", "a", i64::MAX, i64::MAX), 0);
    }

    #[test]
    fn a_distance_counts_characters() {
        let distance = |left: &str, right: &str| {
            let (left, right): (Vec<_>, Vec<_>) = (left.chars().collect(), right.chars().collect());
            let numbers = |chars: Vec<char>| chars.into_iter().map(u32::from).collect::<Vec<_>>();
            distance(&numbers(left), &numbers(right), || true)
        };
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(distance("", "äö"), 2);
        assert_eq!(distance("abc", ""), 3);
        assert_eq!(distance("same", "same"), 0);
    }
}
