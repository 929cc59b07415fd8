//! Reading the text section by section, so that one mistake does not hide another.

use std::ops::Range;

use schemars::JsonSchema;
use serde::de::{DeserializeOwned, IntoDeserializer as _};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::authored::{Authored, Check, Host, Schedule, Source};
use super::error::ConfigProblem;

/// What was written, with the place of each named section.
pub(super) struct Document {
    pub(super) host: Host,
    pub(super) sources: Vec<(Spanned<String>, Source)>,
    pub(super) schedules: Vec<(Spanned<String>, Schedule)>,
    pub(super) checks: Vec<(Range<usize>, Check)>,
    /// Names of sections that could not be read: references to them are no mistakes of their own.
    pub(super) broken: Vec<String>,
}

/// How alike two names must be to be suggested (Jaro-Winkler).
const SIMILAR: f64 = 0.8;

/// The most similar of some names, as a hint.
pub(super) fn did_you_mean<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<String> {
    known
        .into_iter()
        .map(|candidate| (strsim::jaro_winkler(&candidate.to_lowercase(), &name.to_lowercase()), candidate))
        .filter(|(score, _)| *score >= SIMILAR)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, candidate)| format!("did you mean `{candidate}`?"))
}

/// Reads a document; what cannot be read is left out and told in `problems`.
pub(super) fn read(text: &str, problems: &mut Vec<ConfigProblem>) -> Document {
    let (root, errors) = DeTable::parse_recoverable(text);
    problems.extend(errors.iter().map(|error| {
        ConfigProblem::new(error.span().unwrap_or(0..0), error.message())
            .with_hint("this is not TOML; text values stand in quotes, and a key stands once in a table")
    }));
    let mut document = Document {
        host: Host::default(),
        sources: Vec::new(),
        schedules: Vec::new(),
        checks: Vec::new(),
        broken: Vec::new(),
    };
    // After a syntax error half a section may be missing: complaints about its content would be guesses.
    if !errors.is_empty() {
        return document;
    }
    let mut root = root.into_inner();
    unknown_keys::<Authored>(&mut root, "at the top of the file", problems);
    for (key, value) in root {
        match key.get_ref().as_ref() {
            "host" => document.host = section(value, "in `[host]`", problems).unwrap_or_default(),
            "source" => {
                for (name, written) in named("source", value, problems) {
                    match source(written, &format!("in `[source.{}]`", name.get_ref()), problems) {
                        Some(source) => document.sources.push((name, source)),
                        None => document.broken.push(name.into_inner()),
                    }
                }
            }
            "schedule" => {
                for (name, schedule) in named("schedule", value, problems) {
                    match section(schedule, &format!("in `[schedule.{}]`", name.get_ref()), problems) {
                        Some(schedule) => document.schedules.push((name, schedule)),
                        None => document.broken.push(name.into_inner()),
                    }
                }
            }
            "check" => checks(value, &mut document, problems),
            _ => {}
        }
    }
    document
}

fn checks(value: Spanned<DeValue<'_>>, document: &mut Document, problems: &mut Vec<ConfigProblem>) {
    let span = value.span();
    let DeValue::Array(checks) = value.into_inner() else {
        problems
            .push(ConfigProblem::new(span, "`check` is not a list").with_hint("each check begins with `[[check]]`"));
        return;
    };
    for check in checks {
        let span = check.span();
        if let Some(check) = section(check, "in `[[check]]`", problems) {
            document.checks.push((span, check));
        } else {
            document.broken.push(String::new());
        }
    }
}

fn named<'i>(
    what: &str,
    value: Spanned<DeValue<'i>>,
    problems: &mut Vec<ConfigProblem>,
) -> Vec<(Spanned<String>, Spanned<DeValue<'i>>)> {
    let span = value.span();
    match value.into_inner() {
        DeValue::Table(table) => {
            let owned = |key: Spanned<toml::de::DeString<'_>>| Spanned::new(key.span(), key.into_inner().into_owned());
            table.into_iter().map(|(key, value)| (owned(key), value)).collect()
        }
        _ => {
            problems.push(
                ConfigProblem::new(span, format!("`{what}` is not a table"))
                    .with_hint(format!("write `[{what}.NAME]`")),
            );
            Vec::new()
        }
    }
}

/// A source is told apart by its `type`; the other keys are those of that type.
fn source(mut value: Spanned<DeValue<'_>>, place: &str, problems: &mut Vec<ConfigProblem>) -> Option<Source> {
    const TYPES: [&str; 1] = ["files"];
    let span = value.span();
    let kind = match value.get_mut() {
        DeValue::Table(table) => table.remove("type"),
        _ => None,
    };
    let known = || format!("the types are {}", TYPES.join(", "));
    let Some(kind) = kind else {
        problems.push(ConfigProblem::new(span, format!("{place}: there is no `type`")).with_hint(known()));
        return None;
    };
    match kind.get_ref() {
        DeValue::String(text) if text == "files" => section(value, place, problems).map(Source::Files),
        other => {
            let text = other.as_str().unwrap_or("this");
            let hint = did_you_mean(text, TYPES).unwrap_or_else(known);
            problems
                .push(ConfigProblem::new(kind.span(), format!("there is no source of type `{text}`")).with_hint(hint));
            None
        }
    }
}

fn section<T: DeserializeOwned + JsonSchema>(
    mut value: Spanned<DeValue<'_>>,
    place: &str,
    problems: &mut Vec<ConfigProblem>,
) -> Option<T> {
    if let DeValue::Table(table) = value.get_mut() {
        unknown_keys::<T>(table, place, problems);
    }
    deserialize(value, place, problems)
}

fn deserialize<T: DeserializeOwned>(
    value: Spanned<DeValue<'_>>,
    place: &str,
    problems: &mut Vec<ConfigProblem>,
) -> Option<T> {
    let span = value.span();
    match T::deserialize(value.into_deserializer()) {
        Ok(value) => Some(value),
        Err(error) => {
            let span = error.span().unwrap_or(span);
            problems.push(ConfigProblem::new(span, format!("{place}: {}", error.message())));
            None
        }
    }
}

/// Tells of every key that a type does not have, and takes it out, so that the rest can still be read.
fn unknown_keys<T: JsonSchema>(table: &mut DeTable<'_>, place: &str, problems: &mut Vec<ConfigProblem>) {
    let schema = schemars::schema_for!(T);
    let known: Vec<&str> = schema
        .get("properties")
        .and_then(|properties| properties.as_object())
        .map(|properties| properties.keys().map(String::as_str).collect())
        .unwrap_or_default();
    let unknown: Vec<_> = table.keys().filter(|key| !known.contains(&key.get_ref().as_ref())).cloned().collect();
    for key in unknown {
        let hint = did_you_mean(key.get_ref(), known.iter().copied())
            .unwrap_or_else(|| format!("the keys are {}", known.join(", ")));
        problems
            .push(ConfigProblem::new(key.span(), format!("unknown key `{}` {place}", key.get_ref())).with_hint(hint));
        table.remove(&key);
    }
}
