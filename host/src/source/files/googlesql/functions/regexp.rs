//! Regular expressions.

use std::collections::HashMap;
use std::ops::Range;
use std::result::Result as Outcome;

use datafusion::arrow::array::{ArrayRef, BinaryArray, BinaryBuilder, StringViewArray, StringViewBuilder};
use datafusion::error::{DataFusionError, Result};

use super::super::call::{Call, Values};
use super::super::fault::Fault;
use super::super::function::Definition;
use super::super::types::Type;
use super::lists;
use super::re2;
use super::text::count_of;
use crate::source::files::watch::BATCH_BYTES_MAX;

const SYNTAX: &str = "The syntax is RE2's, without \\C and numbers of characters in octal.";
const EXTRACT: &[&str] = &["(STRING, STRING[, INT64[, INT64]]) -> STRING", "(BYTES, BYTES[, INT64[, INT64]]) -> BYTES"];

/// The functions of this module.
pub(super) const FUNCTIONS: &[Definition] = &[
    Definition {
        name: "REGEXP_CONTAINS",
        forms: &["(STRING, STRING) -> BOOL", "(BYTES, BYTES) -> BOOL"],
        note: SYNTAX,
        eval: |call| if is_bytes(call) { contains::<[u8]>(call) } else { contains::<str>(call) },
    },
    Definition { name: "REGEXP_EXTRACT", forms: EXTRACT, note: SYNTAX, eval: extract },
    Definition { name: "REGEXP_SUBSTR", forms: EXTRACT, note: SYNTAX, eval: extract },
    Definition {
        name: "REGEXP_EXTRACT_ALL",
        forms: &["(STRING, STRING) -> ARRAY<STRING>", "(BYTES, BYTES) -> ARRAY<BYTES>"],
        note: SYNTAX,
        eval: extract_all,
    },
    Definition {
        name: "REGEXP_INSTR",
        forms: &[
            "(STRING, STRING[, INT64[, INT64[, INT64]]]) -> INT64",
            "(BYTES, BYTES[, INT64[, INT64[, INT64]]]) -> INT64",
        ],
        note: SYNTAX,
        eval: |call| if is_bytes(call) { instr::<[u8]>(call) } else { instr::<str>(call) },
    },
    Definition {
        name: "REGEXP_REPLACE",
        forms: &["(STRING, STRING, STRING) -> STRING", "(BYTES, BYTES, BYTES) -> BYTES"],
        note: SYNTAX,
        eval: replace,
    },
];

/// Most bytes of a compiled pattern.
const PATTERN_BYTES_MAX: usize = 1 << 20;

/// Patterns of a column that are kept compiled.
const PATTERNS_KEPT: usize = 16;

/// What is searched: `str` or `[u8]`.
trait Subject: ToOwned + 'static {
    type Values<'a>: Copy;
    type Regex;
    type Places;
    fn read<'a>(call: &Call<'a>, at: usize) -> Result<Self::Values<'a>>;
    fn row<'a>(values: &Self::Values<'a>, row: usize) -> Option<&'a Self>;
    fn constant<'a>(values: &Self::Values<'a>) -> Option<Option<&'a Self>>;
    fn octets(&self) -> &[u8];
    fn compiled(pattern: &Self) -> Outcome<(Self::Regex, Self::Places), String>;
    fn groups(regex: &Self::Regex) -> usize;
    fn is_match(regex: &Self::Regex, subject: &Self) -> bool;
    /// The place of the match at or behind a place; those of its groups are then known.
    fn find(regex: &Self::Regex, places: &mut Self::Places, subject: &Self, from: usize) -> Option<Range<usize>>;
    fn group(places: &Self::Places, number: usize) -> Option<Range<usize>>;
    fn part(&self, range: Range<usize>) -> &Self;
    /// Length of the character there, of at least one byte.
    fn step(&self, at: usize) -> usize;
    /// Where the character of that number begins; `None` where there are not so many.
    fn offset(&self, number: usize) -> Option<usize>;
    /// Number of characters.
    fn count(&self) -> usize;
}

macro_rules! subject {
    ($array:ty, $read:ident, $pattern:ident) => {
        type Values<'a> = Values<&'a $array>;
        type Regex = $pattern::Regex;
        type Places = $pattern::CaptureLocations;

        fn read<'a>(call: &Call<'a>, at: usize) -> Result<Self::Values<'a>> {
            call.$read(at)
        }

        fn row<'a>(values: &Self::Values<'a>, row: usize) -> Option<&'a Self> {
            values.get(row)
        }

        fn constant<'a>(values: &Self::Values<'a>) -> Option<Option<&'a Self>> {
            values.constant()
        }

        fn groups(regex: &Self::Regex) -> usize {
            regex.captures_len() - 1
        }

        fn is_match(regex: &Self::Regex, subject: &Self) -> bool {
            regex.is_match(subject)
        }

        fn find(regex: &Self::Regex, places: &mut Self::Places, subject: &Self, from: usize) -> Option<Range<usize>> {
            match Self::groups(regex) {
                0 => regex.find_at(subject, from).map(|found| found.range()),
                _ => regex.captures_read_at(places, subject, from).map(|found| found.range()),
            }
        }

        fn group(places: &Self::Places, number: usize) -> Option<Range<usize>> {
            places.get(number).map(|(start, end)| start..end)
        }
    };
}

mod texts {
    pub(super) use regex::{CaptureLocations, Regex};
}

mod octets {
    pub(super) use regex::bytes::{CaptureLocations, Regex};
}

impl Subject for str {
    subject!(StringViewArray, texts, texts);

    fn octets(&self) -> &[u8] {
        self.as_bytes()
    }

    fn compiled(pattern: &Self) -> Outcome<(Self::Regex, Self::Places), String> {
        let mut builder = regex::RegexBuilder::new(&re2::translated(pattern));
        let regex = builder.size_limit(PATTERN_BYTES_MAX).dfa_size_limit(PATTERN_BYTES_MAX).build();
        let regex = regex.map_err(|error| error.to_string())?;
        let places = regex.capture_locations();
        Ok((regex, places))
    }

    fn part(&self, range: Range<usize>) -> &Self {
        self.get(range).unwrap_or_default()
    }

    fn step(&self, at: usize) -> usize {
        self.get(at..).and_then(|rest| rest.chars().next()).map_or(1, char::len_utf8)
    }

    fn offset(&self, number: usize) -> Option<usize> {
        let end = std::iter::once(self.len());
        self.char_indices().map(|(at, _)| at).chain(end).nth(number)
    }

    fn count(&self) -> usize {
        self.chars().count()
    }
}

impl Subject for [u8] {
    subject!(BinaryArray, bytes, octets);

    fn octets(&self) -> &[u8] {
        self
    }

    fn compiled(pattern: &Self) -> Outcome<(Self::Regex, Self::Places), String> {
        let mut builder = regex::bytes::RegexBuilder::new(&re2::translated_bytes(pattern));
        let regex = builder.unicode(false).size_limit(PATTERN_BYTES_MAX).dfa_size_limit(PATTERN_BYTES_MAX).build();
        let regex = regex.map_err(|error| error.to_string())?;
        let places = regex.capture_locations();
        Ok((regex, places))
    }

    fn part(&self, range: Range<usize>) -> &Self {
        self.get(range).unwrap_or_default()
    }

    fn step(&self, _at: usize) -> usize {
        1
    }

    fn offset(&self, number: usize) -> Option<usize> {
        (number <= self.len()).then_some(number)
    }

    fn count(&self) -> usize {
        self.len()
    }
}

/// A compiled pattern, with room for the places of its groups.
struct Pattern<S: Subject + ?Sized> {
    regex: S::Regex,
    places: S::Places,
}

impl<S: Subject + ?Sized> Pattern<S> {
    /// The next match behind a place, as the functions that extract have it: the place of what is extracted, if there
    /// is any, and where to go on, if there is more.
    fn next(&mut self, subject: &S, from: usize) -> Option<(Option<Range<usize>>, Option<usize>)> {
        let length = subject.octets().len();
        let found = S::find(&self.regex, &mut self.places, subject, from)?;
        let next = if found.is_empty() && found.end < length { found.end + subject.step(found.end) } else { found.end };
        let extracted = if S::groups(&self.regex) == 0 { Some(found) } else { S::group(&self.places, 1) };
        Some((extracted, (next < length).then_some(next)))
    }

    /// What the match of that number extracts.
    fn occurrence(&mut self, subject: &S, occurrence: i64, mut watch: impl FnMut() -> bool) -> Option<Range<usize>> {
        let mut from = 0;
        for number in 1.. {
            let (extracted, next) = self.next(subject, from)?;
            if number == occurrence {
                return extracted;
            }
            if !watch() {
                return None;
            }
            from = next?;
        }
        None
    }
}

/// The patterns of a call.
struct Patterns<S: Subject + ?Sized> {
    name: String,
    /// Whether a pattern may have one group at most.
    extracts: bool,
    compiled: Vec<(Vec<u8>, Pattern<S>)>,
    numbers: HashMap<Vec<u8>, usize>,
    last: usize,
}

impl<S: Subject + ?Sized> Patterns<S> {
    /// Those of a call; refused if it has one constant pattern that is none.
    fn of(call: &Call<'_>, patterns: &S::Values<'_>, extracts: bool) -> Result<Self> {
        let (compiled, numbers) = (Vec::new(), HashMap::new());
        let mut all = Self { name: call.name.to_owned(), extracts, compiled, numbers, last: 0 };
        if let Some(Some(pattern)) = S::constant(patterns) {
            all.get(pattern).map_err(|fault| DataFusionError::Plan(fault.message))?;
        }
        Ok(all)
    }

    fn get(&mut self, pattern: &S) -> Outcome<&mut Pattern<S>, Fault> {
        let is_last = self.compiled.get(self.last).is_some_and(|(known, _)| known == pattern.octets());
        if !is_last {
            self.last = match self.numbers.get(pattern.octets()) {
                Some(number) => *number,
                None => self.add(pattern)?,
            };
        }
        let missing = || Fault::argument(format!("{}: no pattern", self.name));
        self.compiled.get_mut(self.last).map(|(_, pattern)| pattern).ok_or_else(missing)
    }

    fn add(&mut self, pattern: &S) -> Outcome<usize, Fault> {
        let (regex, places) = S::compiled(pattern).map_err(|problem| {
            let shown = String::from_utf8_lossy(pattern.octets());
            let problem = problem.lines().last().unwrap_or_default().to_owned();
            Fault::argument(format!("{}: the pattern {shown:?}: {problem}", self.name))
        })?;
        if self.extracts && S::groups(&regex) > 1 {
            let shown = String::from_utf8_lossy(pattern.octets());
            return Err(Fault::argument(format!("{}: the pattern {shown:?} has more than one group", self.name)));
        }
        if self.compiled.len() >= PATTERNS_KEPT {
            self.compiled.clear();
            self.numbers.clear();
        }
        let key = pattern.octets().to_vec();
        self.numbers.insert(key.clone(), self.compiled.len());
        self.compiled.push((key, Pattern { regex, places }));
        Ok(self.compiled.len() - 1)
    }
}

fn is_bytes(call: &Call<'_>) -> bool {
    call.types.first() == Some(&Type::Bytes)
}

fn contains<S: Subject + ?Sized>(call: &Call<'_>) -> Result<ArrayRef> {
    let (values, texts) = (S::read(call, 0)?, S::read(call, 1)?);
    let mut patterns = Patterns::<S>::of(call, &texts, false)?;
    call.write_bools(|row| {
        let Some((value, pattern)) = S::row(&values, row).zip(S::row(&texts, row)) else { return Ok(None) };
        let pattern = patterns.get(pattern)?;
        Ok(Some(S::is_match(&pattern.regex, value)))
    })
}

/// A place and an occurrence that a call names, both from one on.
struct Start<'a> {
    positions: Option<Values<&'a datafusion::arrow::array::Int64Array>>,
    occurrences: Option<Values<&'a datafusion::arrow::array::Int64Array>>,
}

impl<'a> Start<'a> {
    fn of(call: &Call<'a>) -> Result<Self> {
        Ok(Self {
            positions: if call.len() > 2 { Some(call.ints(2)?) } else { None },
            occurrences: if call.len() > 3 { Some(call.ints(3)?) } else { None },
        })
    }

    fn get(&self, name: &str, row: usize) -> Outcome<Option<(i64, i64)>, Fault> {
        let position = self.positions.map_or(Some(1), |positions| positions.get(row));
        let occurrence = self.occurrences.map_or(Some(1), |occurrences| occurrences.get(row));
        let Some((position, occurrence)) = position.zip(occurrence) else { return Ok(None) };
        if position < 1 {
            return Err(Fault::argument(format!("{name}: a position of {position}")));
        }
        if occurrence < 1 {
            return Err(Fault::argument(format!("{name}: occurrence {occurrence}")));
        }
        Ok(Some((position, occurrence)))
    }
}

/// A value from a position on; nothing where it is shorter.
fn from_position<S: Subject + ?Sized>(value: &S, position: i64) -> Option<&S> {
    let offset = value.offset(count_of(position - 1))?;
    let length = value.octets().len();
    (offset < length || length == 0).then(|| value.part(offset..length))
}

/// For each row what is extracted from it.
fn extractor<'a, S: Subject + ?Sized>(
    call: &'a Call<'a>,
    stopped: &'a mut Result<()>,
) -> Result<impl FnMut(usize) -> Outcome<Option<&'a S>, Fault>> {
    let (values, texts, start) = (S::read(call, 0)?, S::read(call, 1)?, Start::of(call)?);
    let mut patterns = Patterns::<S>::of(call, &texts, true)?;
    Ok(move |row| {
        let Some((value, pattern)) = S::row(&values, row).zip(S::row(&texts, row)) else { return Ok(None) };
        let Some((position, occurrence)) = start.get(call.name, row)? else { return Ok(None) };
        let pattern = patterns.get(pattern)?;
        let Some(value) = from_position(value, position) else { return Ok(None) };
        let found = pattern.occurrence(value, occurrence, || {
            *stopped = call.watched(0);
            stopped.is_ok()
        });
        Ok(found.map(|range| value.part(range)))
    })
}

fn extract(call: &Call<'_>) -> Result<ArrayRef> {
    let mut stopped = Ok(());
    let answer = match is_bytes(call) {
        true => call.write_bytes(extractor::<[u8]>(call, &mut stopped)?),
        false => call.write_texts(extractor::<str>(call, &mut stopped)?),
    };
    stopped.and(answer)
}

fn extract_all(call: &Call<'_>) -> Result<ArrayRef> {
    macro_rules! all {
        ($subject:ty, $builder:expr) => {{
            let (values, texts) = (<$subject>::read(call, 0)?, <$subject>::read(call, 1)?);
            let mut patterns = Patterns::<$subject>::of(call, &texts, true)?;
            lists::write(call, $builder, |row, elements| {
                let Some((value, pattern)) = values.get(row).zip(texts.get(row)) else { return Ok(Ok(false)) };
                let pattern = match patterns.get(pattern) {
                    Ok(pattern) => pattern,
                    Err(fault) => return Ok(Err(fault)),
                };
                let mut from = Some(0);
                while let Some((extracted, next)) = from.and_then(|from| pattern.next(value, from)) {
                    elements.push(Some(value.part(extracted.unwrap_or_default())))?;
                    from = next;
                }
                Ok(Ok(true))
            })
        }};
    }
    if is_bytes(call) { all!([u8], BinaryBuilder::new()) } else { all!(str, StringViewBuilder::new()) }
}

fn instr<S: Subject + ?Sized>(call: &Call<'_>) -> Result<ArrayRef> {
    let (values, texts, start) = (S::read(call, 0)?, S::read(call, 1)?, Start::of(call)?);
    let ends = if call.len() > 4 { Some(call.ints(4)?) } else { None };
    let mut patterns = Patterns::<S>::of(call, &texts, true)?;
    let mut stopped = Ok(());
    let answer = call.write_ints(|row| {
        let Some((value, text)) = S::row(&values, row).zip(S::row(&texts, row)) else { return Ok(None) };
        let Some((position, occurrence)) = start.get(call.name, row)? else { return Ok(None) };
        let is_end = match ends.map_or(Some(0), |ends| ends.get(row)) {
            Some(end @ (0 | 1)) => end == 1,
            Some(other) => {
                return Err(Fault::argument(format!("REGEXP_INSTR: {other} says neither begin, 0, nor end, 1")));
            }
            None => return Ok(None),
        };
        let pattern = patterns.get(text)?;
        if text.octets().is_empty() || value.octets().is_empty() {
            return Ok(Some(0));
        }
        let Some(value) = from_position(value, position) else { return Ok(Some(0)) };
        let found = pattern.occurrence(value, occurrence, || {
            stopped = call.watched(0);
            stopped.is_ok()
        });
        let Some(found) = found else { return Ok(Some(0)) };
        let before = value.part(0..if is_end { found.end } else { found.start }).count();
        Ok(i64::try_from(before).ok().and_then(|before| before.checked_add(position)))
    });
    stopped.and(answer)
}

/// A part of what a match is replaced by.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Bytes(Vec<u8>),
    /// What a group has matched; the whole match for 0.
    Group(usize),
}

/// Reads what a match is replaced by: `\1` is a group, `\\` a backslash.
fn pieces(replacement: &[u8], groups: usize) -> Outcome<Vec<Piece>, Fault> {
    let (mut pieces, mut plain) = (Vec::new(), Vec::new());
    let mut bytes = replacement.iter();
    while let Some(byte) = bytes.next() {
        if *byte != b'\\' {
            plain.push(*byte);
            continue;
        }
        match bytes.next() {
            Some(b'\\') => plain.push(b'\\'),
            Some(digit @ b'0'..=b'9') => {
                let number = usize::from(digit - b'0');
                if number > groups {
                    let message = format!("REGEXP_REPLACE: \\{number} where the pattern has {groups} groups");
                    return Err(Fault::argument(message));
                }
                if !plain.is_empty() {
                    pieces.push(Piece::Bytes(std::mem::take(&mut plain)));
                }
                pieces.push(Piece::Group(number));
            }
            _ => {
                let message = "REGEXP_REPLACE: a backslash in the replacement stands before a digit or another one";
                return Err(Fault::argument(message));
            }
        }
    }
    if !plain.is_empty() {
        pieces.push(Piece::Bytes(plain));
    }
    Ok(pieces)
}

/// A value with every match replaced.
fn replaced<S: Subject + ?Sized>(
    value: &S,
    pattern: &mut Pattern<S>,
    pieces: &[Piece],
    mut watch: impl FnMut() -> bool,
) -> Outcome<Vec<u8>, Fault> {
    let octets = value.octets();
    let between = |range: Range<usize>| octets.get(range).unwrap_or_default();
    let mut out = Vec::with_capacity(octets.len());
    let (mut at, mut last) = (0, None);
    while at <= octets.len() && watch() {
        let Some(found) = S::find(&pattern.regex, &mut pattern.places, value, at) else { break };
        out.extend_from_slice(between(at..found.start));
        at = found.end;
        // An empty match behind the last one is that one's end.
        if !found.is_empty() || last != Some(found.start) {
            for piece in pieces {
                match piece {
                    Piece::Bytes(bytes) => out.extend_from_slice(bytes),
                    Piece::Group(0) => out.extend_from_slice(between(found.clone())),
                    Piece::Group(number) => {
                        out.extend_from_slice(S::group(&pattern.places, *number).map_or(&[], between));
                    }
                }
            }
        }
        if out.len() > BATCH_BYTES_MAX {
            return Err(Fault::argument(format!("REGEXP_REPLACE would make more than {BATCH_BYTES_MAX} bytes")));
        }
        last = Some(found.end);
        if found.is_empty() {
            if at >= octets.len() {
                break;
            }
            let step = value.step(at);
            out.extend_from_slice(between(at..at + step));
            at += step;
        }
    }
    out.extend_from_slice(octets.get(at..).unwrap_or_default());
    Ok(out)
}

/// For each row the value with every match replaced.
fn replacer<'a, S: Subject + ?Sized>(
    call: &'a Call<'a>,
    stopped: &'a mut Result<()>,
) -> Result<impl FnMut(usize) -> Outcome<Option<Vec<u8>>, Fault>> {
    let (values, texts, replacements) = (S::read(call, 0)?, S::read(call, 1)?, S::read(call, 2)?);
    let mut patterns = Patterns::<S>::of(call, &texts, false)?;
    Ok(move |row| {
        let Some((value, pattern)) = S::row(&values, row).zip(S::row(&texts, row)) else { return Ok(None) };
        let Some(replacement) = S::row(&replacements, row) else { return Ok(None) };
        let pattern = patterns.get(pattern)?;
        let pieces = pieces(replacement.octets(), S::groups(&pattern.regex))?;
        let watch = || {
            *stopped = call.watched(0);
            stopped.is_ok()
        };
        replaced(value, pattern, &pieces, watch).map(Some)
    })
}

fn replace(call: &Call<'_>) -> Result<ArrayRef> {
    let mut stopped = Ok(());
    let answer = if is_bytes(call) {
        call.write_bytes(replacer::<[u8]>(call, &mut stopped)?)
    } else {
        let mut replaced = replacer::<str>(call, &mut stopped)?;
        call.write_texts(|row| {
            let text = replaced(row)?.map(String::from_utf8).transpose();
            text.map_err(|_| Fault::argument("REGEXP_REPLACE made something that is no text"))
        })
    };
    stopped.and(answer)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pattern(text: &str) -> Pattern<str> {
        let (regex, places) = <str as Subject>::compiled(text).unwrap();
        Pattern { regex, places }
    }

    fn all(text: &str, value: &str) -> Vec<String> {
        let (mut pattern, mut found, mut from) = (pattern(text), Vec::new(), Some(0));
        while let Some((extracted, next)) = from.and_then(|from| pattern.next(value, from)) {
            found.push(value.part(extracted.unwrap_or_default()).to_owned());
            from = next;
        }
        found
    }

    fn with(text: &str, value: &str, by: &str) -> String {
        let mut pattern = pattern(text);
        let pieces = pieces(by.as_bytes(), <str as Subject>::groups(&pattern.regex)).unwrap();
        String::from_utf8(replaced(value, &mut pattern, &pieces, || true).unwrap()).unwrap()
    }

    #[test]
    fn empty_matches_are_extracted_as_by_re2() {
        assert_eq!(all("a*", "ba"), ["", "a"]);
        assert_eq!(all("a*", "aab"), ["aa", ""]);
        assert_eq!(all("", "äb"), ["", ""]);
        assert_eq!(all("x(y)?", "xyx"), ["y", ""]);
        assert_eq!(all("b", "aaa"), Vec::<String>::new());
    }

    #[test]
    fn matches_are_replaced_as_by_re2() {
        assert_eq!(with("b+", "abbbc", r"[\0]"), "a[bbb]c");
        assert_eq!(with("(a)(b)?", "abac", r"<\2\\\1>"), r"<b\a><\a>c");
        assert_eq!(with("", "äb", "-"), "-ä-b-");
        assert_eq!(with("b*", "abc", "-"), "-a-c-");
        assert_eq!(with("x*", "", "-"), "-");
        assert!(pieces(br"\1", 0).is_err());
        assert!(pieces(br"\a", 0).is_err());
        assert!(pieces(br"a\", 0).is_err());
    }
}
