//! What holds of conditions on alerts.

use toml::Spanned;

use crate::alert::{Field, InvalidMatcher, Matcher, Op};
use crate::model::{AlertKind, Severity};

use super::super::authored;
use super::super::error::ConfigProblem;
use super::super::suggest::did_you_mean;
use super::super::value::word;
use super::{Names, Problems};

/// The conditions; what they name is there.
pub(super) fn matchers<'a>(
    written: impl IntoIterator<Item = &'a Spanned<String>>,
    names: &Names<'_>,
    problems: &mut Problems,
) -> Option<Vec<Matcher>> {
    let matchers: Vec<_> = written.into_iter().map(|written| matcher(written, names, problems)).collect();
    matchers.into_iter().collect()
}

fn matcher(written: &Spanned<String>, names: &Names<'_>, problems: &mut Problems) -> Option<Matcher> {
    let matcher: Matcher = match written.get_ref().parse() {
        Ok(matcher) => matcher,
        Err(error) => {
            problems.push(ConfigProblem::at(written.span(), error.to_string()).hint(hint(&error)));
            return None;
        }
    };
    match (matcher.field(), matcher.op()) {
        (field, Op::Is | Op::IsNot) => {
            names_something(field, matcher.value(), written, names, problems).then_some(matcher)
        }
        (_, Op::Like | Op::Unlike | Op::AtLeast | Op::AtMost) => Some(matcher),
    }
}

fn hint(error: &InvalidMatcher) -> String {
    match error {
        InvalidMatcher::Field { field } => did_you_mean(field, "the labels are", Field::ALL.map(Field::as_str)),
        InvalidMatcher::Value { field: Field::Severity, value } => {
            did_you_mean(value, "the severities are", Severity::ALL.map(Severity::as_str))
        }
        InvalidMatcher::Value { field: Field::Kind, value } => {
            did_you_mean(value, "the kinds are", AlertKind::ALL.map(AlertKind::as_str))
        }
        InvalidMatcher::Value { .. }
        | InvalidMatcher::NoOp { .. }
        | InvalidMatcher::Pattern { .. }
        | InvalidMatcher::Order { .. } => error.hint().to_owned(),
    }
}

/// A condition that no alert could ever meet, or every one would, is a slip of the pen.
fn names_something(
    field: Field,
    value: &str,
    written: &Spanned<String>,
    names: &Names<'_>,
    problems: &mut Problems,
) -> bool {
    let (what, section, known) = match field {
        Field::Check if value.starts_with(authored::HOST_NAMES) => return true,
        Field::Check => ("there is no check", "check", &names.checks),
        Field::Source => ("there is no source", "source", &names.sources),
        Field::Schedule => ("there is no schedule", "schedule", &names.schedules),
        Field::Owner => ("there is no owner", "owner", &names.owners),
        Field::Tag => ("no check has the tag", "tag", &names.tags),
        Field::Kind | Field::Segment | Field::Severity => return true,
    };
    if known.contains(&value) {
        return true;
    }
    if !names.unreadable.contains(section) {
        let hint = match known.as_slice() {
            [] => format!("this file has no {section}"),
            known => did_you_mean(value, &format!("the {section}s of this file are"), known.iter().copied()),
        };
        problems.push(ConfigProblem::at(written.span(), format!("{what} `{value}`")).hint(hint));
    }
    false
}

/// Labels by name.
pub(super) fn fields<'a>(
    written: impl IntoIterator<Item = &'a Spanned<String>>,
    problems: &mut Problems,
) -> Option<Vec<Field>> {
    let labels = Field::ALL.map(|field| (field.as_str(), field));
    let fields: Vec<_> = written.into_iter().map(|written| word(written, "label", labels, problems)).collect();
    fields.into_iter().collect()
}
