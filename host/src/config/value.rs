//! Single values, from how they are written to what they mean. A value that is wrong is None, and its problem
//! is noted.

use std::fmt::Display;
use std::num::NonZeroUsize;
use std::ops::Range;
use std::path::PathBuf;
use std::str::FromStr;

use toml::Spanned;

use super::authored::{Size, Time, Whole};
use super::error::ConfigProblem;
use super::quantity::{self, InvalidQuantity};
use super::suggest::did_you_mean;

/// One of some words.
pub(crate) fn word<T: Copy, const N: usize>(
    text: &Spanned<String>,
    what: &str,
    words: [(&'static str, T); N],
    problems: &mut Vec<ConfigProblem>,
) -> Option<T> {
    let found = words.iter().find(|(word, _)| word == text.get_ref()).map(|(_, value)| *value);
    if found.is_none() {
        let hint = did_you_mean(text.get_ref(), "it is one of", words.iter().map(|(word, _)| *word));
        problems.push(ConfigProblem::at(text.span(), format!("there is no {what} `{}`", text.get_ref())).hint(hint));
    }
    found
}

/// A value that follows a rule of its own.
pub(crate) fn parse<T: FromStr<Err: Display>>(
    text: &Spanned<String>,
    hint: &str,
    problems: &mut Vec<ConfigProblem>,
) -> Option<T> {
    match text.get_ref().parse() {
        Ok(value) => Some(value),
        Err(error) => {
            problems.push(ConfigProblem::at(text.span(), error.to_string()).hint(hint));
            None
        }
    }
}

/// Text for people, not empty.
pub(crate) fn text(text: &Spanned<String>, what: &str, problems: &mut Vec<ConfigProblem>) -> Option<String> {
    if text.get_ref().trim().is_empty() {
        problems.push(ConfigProblem::at(text.span(), format!("{what} is not empty")).hint("leave it out, or name it"));
        return None;
    }
    Some(text.get_ref().clone())
}

/// A path, relative or not; `default` when nothing is written.
pub(super) fn path(
    written: Option<&Spanned<String>>,
    default: &str,
    problems: &mut Vec<ConfigProblem>,
) -> Option<PathBuf> {
    let Some(written) = written else { return Some(PathBuf::from(default)) };
    let text = written.get_ref();
    if text.is_empty() || text.contains('\0') {
        problems.push(
            ConfigProblem::at(written.span(), "this is not a path")
                .hint("name a folder, relative to that of this file; `.` is that folder itself"),
        );
        return None;
    }
    Some(PathBuf::from(text))
}

/// A size in bytes; `default` when nothing is written.
pub(super) fn size(
    written: Option<&Spanned<String>>,
    default: &Size,
    problems: &mut Vec<ConfigProblem>,
) -> Option<u64> {
    match written {
        Some(written) => noted(quantity::bytes(written.get_ref()), written.span(), problems),
        None => Some(default.bytes),
    }
}

/// A duration in milliseconds; `default` when nothing is written.
pub(super) fn time(
    written: Option<&Spanned<String>>,
    default: &Time,
    problems: &mut Vec<ConfigProblem>,
) -> Option<u64> {
    match written {
        Some(written) => noted(quantity::millis(written.get_ref()), written.span(), problems),
        None => Some(default.millis),
    }
}

/// A quantity, or its problem noted.
pub(super) fn noted<T>(
    value: Result<T, InvalidQuantity>,
    place: Range<usize>,
    problems: &mut Vec<ConfigProblem>,
) -> Option<T> {
    value.map_err(|error| problems.push(ConfigProblem::at(place, error.to_string()).hint(error.hint()))).ok()
}

/// A number of things, from 1 to `max`.
pub(super) fn count(
    what: &str,
    written: &Spanned<Whole>,
    max: u32,
    problems: &mut Vec<ConfigProblem>,
) -> Option<NonZeroUsize> {
    let Whole(number) = *written.get_ref();
    let count = whole(number, max);
    if count.is_none() {
        problems.push(
            ConfigProblem::at(written.span(), format!("`{what}` cannot be {number}"))
                .hint(format!("a number from 1 to {max}; leave it out for the default")),
        );
    }
    count
}

/// The same without a place in the file.
pub(super) fn whole(number: i64, max: u32) -> Option<NonZeroUsize> {
    let number = usize::try_from(number).ok().filter(|_| number <= i64::from(max))?;
    NonZeroUsize::new(number)
}

/// Left out is fine, wrong is not.
pub(crate) fn all_or_none<T>(written: Option<Option<T>>) -> Option<Option<T>> {
    match written {
        Some(value) => value.map(Some),
        None => Some(None),
    }
}
