//! Single values, from how they are written to what they mean. A value that is wrong is None, and its problem
//! is noted.

use std::fmt::Display;
use std::num::NonZeroUsize;
use std::ops::{Range, RangeInclusive};
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use reqwest::Url;
use toml::Spanned;

use crate::model::InvalidName;

use super::authored::{Size, Time, Whole};
use super::error::ConfigProblem;
use super::quantity::{self, InvalidQuantity};
use super::suggest::did_you_mean;

/// What is written for a time after which something is done again, when it is not.
pub(super) const NEVER: &str = "never";

/// The name of a section.
pub(super) fn name(written: &Spanned<String>, what: &'static str, problems: &mut Vec<ConfigProblem>) -> Option<String> {
    let named = InvalidName::refuse(what, written.get_ref());
    let named = named.map_err(|error| {
        let hint = format!("for example `[{what}.data-team]`");
        problems.push(ConfigProblem::at(written.span(), error.to_string()).hint(hint));
    });
    named.ok().map(|()| written.get_ref().clone())
}

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
    filled(text, what, "leave it out, or name it", problems)
}

/// Text that is not empty.
pub(super) fn filled(
    text: &Spanned<String>,
    what: &str,
    hint: &str,
    problems: &mut Vec<ConfigProblem>,
) -> Option<String> {
    if text.get_ref().trim().is_empty() {
        problems.push(ConfigProblem::at(text.span(), format!("{what} is not empty")).hint(hint));
        return None;
    }
    Some(text.get_ref().clone())
}

/// The path of a folder, relative or not; `default` when nothing is written.
pub(super) fn folder(
    written: Option<&Spanned<String>>,
    default: &str,
    problems: &mut Vec<ConfigProblem>,
) -> Option<PathBuf> {
    const HINT: &str = "name a folder, relative to that of this file; `.` is that folder itself";
    written.map_or_else(|| Some(PathBuf::from(default)), |written| path(written, HINT, problems))
}

/// A path, relative or not.
pub(super) fn path(written: &Spanned<String>, hint: &str, problems: &mut Vec<ConfigProblem>) -> Option<PathBuf> {
    let text = written.get_ref();
    if text.is_empty() || text.contains('\0') {
        problems.push(ConfigProblem::at(written.span(), "this is not a path").hint(hint));
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

/// The same, as a duration.
pub(super) fn period(
    written: Option<&Spanned<String>>,
    default: &Time,
    problems: &mut Vec<ConfigProblem>,
) -> Option<Duration> {
    time(written, default, problems).map(Duration::from_millis)
}

/// A duration that is more than none.
pub(super) fn positive(written: &Spanned<String>, problems: &mut Vec<ConfigProblem>) -> Option<Duration> {
    noted(quantity::millis(written.get_ref()), written.span(), problems).map(Duration::from_millis)
}

/// The time after which something is done again; `None` within for `never`.
pub(super) fn again(written: &Spanned<String>, problems: &mut Vec<ConfigProblem>) -> Option<Option<Duration>> {
    if written.get_ref() == NEVER {
        return Some(None);
    }
    let millis = quantity::millis(written.get_ref()).map_err(|error| {
        let hint = match &error {
            InvalidQuantity::NotPositive(_) => format!("`\"{NEVER}\"`, if it is not to be done again"),
            other => other.hint(),
        };
        problems.push(ConfigProblem::at(written.span(), error.to_string()).hint(hint));
    });
    Some(Some(Duration::from_millis(millis.ok()?)))
}

/// A wait, which may be none.
pub(super) fn wait(written: &Spanned<String>, problems: &mut Vec<ConfigProblem>) -> Option<Duration> {
    noted(quantity::millis_or_zero(written.get_ref()), written.span(), problems).map(Duration::from_millis)
}

/// A duration that there is no bound to unless it is written.
pub(super) fn bound(written: &Spanned<String>, problems: &mut Vec<ConfigProblem>) -> Option<Duration> {
    let millis = quantity::millis(written.get_ref()).map_err(|error| {
        let hint = match &error {
            InvalidQuantity::NotPositive(_) => "leave the key out, and there is no bound".to_owned(),
            other => other.hint(),
        };
        problems.push(ConfigProblem::at(written.span(), error.to_string()).hint(hint));
    });
    millis.ok().map(Duration::from_millis)
}

/// The time from one of many to the next, not shorter than `min`.
pub(super) fn every(
    what: &str,
    written: &Spanned<String>,
    min: &Time,
    problems: &mut Vec<ConfigProblem>,
) -> Option<Duration> {
    let millis = noted(quantity::millis_or_zero(written.get_ref()), written.span(), problems)?;
    if millis < min.millis {
        problems.push(
            ConfigProblem::at(written.span(), format!("`{what}` cannot be {}", written.get_ref()))
                .hint(format!("at least a second: `\"{}\"`", min.text)),
        );
        return None;
    }
    Some(Duration::from_millis(millis))
}

/// A quantity, or its problem noted.
pub(super) fn noted<T>(
    value: Result<T, InvalidQuantity>,
    place: Range<usize>,
    problems: &mut Vec<ConfigProblem>,
) -> Option<T> {
    value.map_err(|error| problems.push(ConfigProblem::at(place, error.to_string()).hint(error.hint()))).ok()
}

/// A number within a range.
pub(super) fn number(
    what: &str,
    written: &Spanned<Whole>,
    range: RangeInclusive<u32>,
    problems: &mut Vec<ConfigProblem>,
) -> Option<u32> {
    let Whole(number) = *written.get_ref();
    let found = u32::try_from(number).ok().filter(|number| range.contains(number));
    if found.is_none() {
        problems.push(ConfigProblem::at(written.span(), format!("`{what}` cannot be {number}")).hint(format!(
            "a number from {} to {}",
            range.start(),
            range.end()
        )));
    }
    found
}

/// A web address.
pub(super) fn url(written: &Spanned<String>, example: &str, problems: &mut Vec<ConfigProblem>) -> Option<String> {
    let text = written.get_ref();
    let is_one = Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "http" | "https"));
    if !is_one {
        problems.push(
            ConfigProblem::at(written.span(), format!("`{text}` is not a web address"))
                .hint(format!("it begins with `https://` or `http://`, for example `{example}`")),
        );
    }
    is_one.then(|| text.clone())
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
