//! From the syntax tree to the authored sections, key by key: a key that cannot be read is a problem,
//! noted in its section, and the others are read all the same.

use std::collections::BTreeSet;
use std::ops::Range;

use serde_json::Value as Json;
use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

use super::authored::{Check, Document, Host, Named, Serve};
use super::error::ConfigProblem;
use super::schema::{self, Shape, Shaped};
use super::suggest::{did_you_mean, nearest};

/// A section as far as it could be read.
#[derive(Debug)]
pub(crate) struct Section<T> {
    /// Its heading, as it is written.
    heading: String,
    /// Where that is.
    place: Range<usize>,
    /// What it says.
    pub(crate) value: T,
    /// The keys that are there, rightly spelled or nearly so, and could not be read.
    unreadable: BTreeSet<String>,
}

impl<T: Shaped> Section<T> {
    /// Whether a key is there and could not be read, so that a problem tells of it already.
    pub(crate) fn is_unreadable(&self, key: &str) -> bool {
        self.unreadable.contains(key)
    }

    /// The value of a key that must be there.
    pub(crate) fn required<'a, V>(
        &self,
        key: &str,
        value: Option<&'a V>,
        problems: &mut Vec<ConfigProblem>,
    ) -> Option<&'a V> {
        if value.is_none() && !self.is_unreadable(key) {
            let problem = ConfigProblem::at(self.place.clone(), format!("`{}` has no `{key}`", self.heading));
            problems.push(with_example(problem, T::shape(), key));
        }
        value
    }

    /// The value of a key that must be there in a table which is itself what `key` says.
    pub(crate) fn required_within<'a, V>(
        &self,
        key: &str,
        place: Range<usize>,
        inner: &str,
        value: Option<&'a V>,
        problems: &mut Vec<ConfigProblem>,
    ) -> Option<&'a V> {
        if value.is_none() {
            let problem = ConfigProblem::at(place, format!("`{key}` has no `{inner}`"));
            problems.push(with_example(problem, T::shape(), key));
        }
        value
    }
}

/// The problems of the syntax, after which nothing else can be said of the file: the first of each line, for
/// those behind it are mostly its echo.
pub(crate) fn syntax_problems(text: &str, errors: &[toml::de::Error]) -> Vec<ConfigProblem> {
    const HINT: &str = "the file must be TOML: text in quotes, `key = value`, and every key once";
    let mut lines = BTreeSet::new();
    let line_of = |at: usize| text.bytes().take(at).filter(|byte| *byte == b'\n').count();
    errors
        .iter()
        .filter(|error| lines.insert(error.span().map(|place| line_of(place.start))))
        .map(|error| match error.span() {
            Some(place) => ConfigProblem::at(place, error.message()).hint(HINT),
            None => ConfigProblem::of_file(error.message()).hint(HINT),
        })
        .collect()
}

/// Reads all sections.
pub(super) fn read(document: &DeTable<'_>, problems: &mut Vec<ConfigProblem>) -> Document {
    let mut authored = Document {
        host: None,
        serve: None,
        source: Vec::new(),
        calendar: Vec::new(),
        schedule: Vec::new(),
        check: Vec::new(),
        unreadable: BTreeSet::new(),
    };
    for (key, value) in document {
        match key.get_ref().as_ref() {
            "host" => authored.host = section::<Host>(value, "[host]", problems),
            "serve" => authored.serve = section::<Serve>(value, "[serve]", problems),
            "source" => match named(key, value, problems) {
                Some(sources) => authored.source = sources,
                None => drop(authored.unreadable.insert("source")),
            },
            "calendar" => match named(key, value, problems) {
                Some(calendars) => authored.calendar = calendars,
                None => drop(authored.unreadable.insert("calendar")),
            },
            "schedule" => match named(key, value, problems) {
                Some(schedules) => authored.schedule = schedules,
                None => drop(authored.unreadable.insert("schedule")),
            },
            "check" => {
                authored.check = checks(key, value, problems);
                if authored.check.iter().any(Option::is_none) {
                    authored.unreadable.insert("check");
                }
            }
            unknown => {
                problems.push(
                    ConfigProblem::at(key.span(), format!("unknown key `{unknown}` at the top of the file"))
                        .hint(did_you_mean(unknown, "the sections are", schema::document().keys())),
                );
                authored.unreadable.extend(nearest(unknown, schema::document().keys()));
            }
        }
    }
    authored
}

/// The checks in the order of the file; None for each that could not be read, and one None for all of them.
fn checks(
    key: &Spanned<impl AsRef<str>>,
    value: &Spanned<DeValue<'_>>,
    problems: &mut Vec<ConfigProblem>,
) -> Vec<Option<Section<Check>>> {
    if let Some(items) = value.get_ref().as_array() {
        return items.iter().map(|item| section(item, "[[check]]", problems)).collect();
    }
    problems.push(
        ConfigProblem::at(key.span(), format!("`check` must be a list of checks, not {}", kind_of(value.get_ref())))
            .hint("begin each check with `[[check]]`, in double brackets"),
    );
    vec![None]
}

fn named<T: Shaped>(
    key: &Spanned<impl AsRef<str>>,
    value: &Spanned<DeValue<'_>>,
    problems: &mut Vec<ConfigProblem>,
) -> Option<Vec<Named<T>>> {
    let what = T::WHAT;
    let Some(table) = value.get_ref().as_table() else {
        let found = kind_of(value.get_ref());
        problems.push(
            ConfigProblem::at(key.span(), format!("`{what}` must be a table of named {what}s, not {found}"))
                .hint(format!("begin each {what} with its name: `[{what}.NAME]`")),
        );
        return None;
    };
    let mut sections: Vec<_> = table
        .iter()
        .map(|(name, value)| Named {
            section: section(value, &format!("[{what}.{}]", name.get_ref()), problems),
            name: Spanned::new(name.span(), name.get_ref().to_string()),
        })
        .collect();
    sections.sort_by_key(|named| named.name.span().start);
    Some(sections)
}

/// Reads a section key by key; None when it is not even a table.
pub(crate) fn section<T: Shaped>(
    value: &Spanned<DeValue<'_>>,
    heading: &str,
    problems: &mut Vec<ConfigProblem>,
) -> Option<Section<T>> {
    let place = value.span();
    let Some(table) = value.get_ref().as_table() else {
        let found = kind_of(value.get_ref());
        problems.push(
            ConfigProblem::at(place, format!("`{heading}` must be a table, not {found}"))
                .hint(format!("begin it with `{heading}` on a line of its own")),
        );
        return None;
    };
    let mut readable = DeTable::new();
    let mut unreadable = BTreeSet::new();
    for (key, value) in table {
        let name = key.get_ref().as_ref();
        if !T::shape().has(name) {
            problems.push(unknown_key::<T>(name, key.span(), heading));
            unreadable.extend(nearest(name, T::shape().keys()).map(str::to_owned));
            continue;
        }
        let alone: DeTable<'_> = std::iter::once((key.clone(), value.clone())).collect();
        match deserialize::<T>(&place, alone) {
            Ok(_) => {
                readable.insert(key.clone(), value.clone());
            }
            Err(error) => {
                unreadable.insert(name.to_owned());
                let mut known = value.clone();
                let error = if without_unknown_keys(T::shape().property(name), &mut known, name, problems) {
                    Some(error)
                } else {
                    deserialize::<T>(&place, std::iter::once((key.clone(), known)).collect()).err()
                };
                problems.extend(error.map(|error| wrong_kind(T::shape(), name, value, &error)));
            }
        }
    }
    match deserialize(&place, readable) {
        Ok(value) => Some(Section { heading: heading.to_owned(), place, value, unreadable }),
        Err(error) => {
            let message = format!("`{heading}` cannot be read: {}", error.message());
            problems.push(ConfigProblem::at(place, message).hint("`assay init` writes a file that shows how"));
            None
        }
    }
}

fn deserialize<T: Shaped>(place: &Range<usize>, table: DeTable<'_>) -> Result<T, toml::de::Error> {
    T::deserialize(toml::Deserializer::from(Spanned::new(place.clone(), table)))
}

fn unknown_key<T: Shaped>(name: &str, place: Range<usize>, heading: &str) -> ConfigProblem {
    let hint = did_you_mean(name, "the keys are", T::shape().keys());
    let hint = match (nearest(name, T::shape().keys()), T::UNKNOWN_KEY) {
        (None, Some(more)) => format!("{hint}; {more}"),
        (Some(_), _) | (None, None) => hint,
    };
    ConfigProblem::at(place, format!("unknown key `{name}` in `{heading}`")).hint(hint)
}

/// Takes the keys out of a value that the schema of its key does not know, each a problem. Whether there were none.
fn without_unknown_keys(
    schema: Option<&Json>,
    value: &mut Spanned<DeValue<'_>>,
    key: &str,
    problems: &mut Vec<ConfigProblem>,
) -> bool {
    let Some(schema) = schema else { return true };
    let before = problems.len();
    match value.get_mut() {
        DeValue::Array(items) => {
            for item in items.iter_mut() {
                without_unknown_keys(schema.get("items"), item, key, problems);
            }
        }
        DeValue::Table(table) => {
            let alternatives = schema.get("anyOf").and_then(Json::as_array).into_iter().flatten();
            let Some(known) =
                std::iter::once(schema).chain(alternatives).find_map(|schema| schema.get("properties")?.as_object())
            else {
                return true;
            };
            let is_known = |(name, _): &(Spanned<DeString<'_>>, Spanned<DeValue<'_>>)| {
                let text = name.get_ref().as_ref();
                let is_known = known.contains_key(text);
                if !is_known {
                    let hint = did_you_mean(text, "the keys are", known.keys().map(String::as_str));
                    let message = format!("unknown key `{text}` in `{key}`");
                    problems.push(ConfigProblem::at(name.span(), message).hint(hint));
                }
                is_known
            };
            *table = std::mem::take(table).into_iter().filter(is_known).collect();
        }
        DeValue::String(_) | DeValue::Integer(_) | DeValue::Float(_) | DeValue::Boolean(_) | DeValue::Datetime(_) => {}
    }
    problems.len() == before
}

/// A value of another kind than the key's, or one with such a value inside it.
fn wrong_kind(shape: &Shape, key: &str, value: &Spanned<DeValue<'_>>, error: &toml::de::Error) -> ConfigProblem {
    let found = kind_of(value.get_ref());
    let problem = match shape.kind(key) {
        Some(wanted) if wanted != found => {
            ConfigProblem::at(value.span(), format!("`{key}` must be {wanted}, not {found}"))
        }
        Some(_) | None => match bare_date(value) {
            Some(place) => ConfigProblem::at(place, format!("`{key}` holds a date without quotes")),
            None => {
                let place = error.span().unwrap_or_else(|| value.span());
                ConfigProblem::at(place, format!("cannot read `{key}`: {}", error.message()))
            }
        },
    };
    with_example(problem, shape, key)
}

/// Where a date or time is written as such, in a value that was to hold text.
fn bare_date(value: &Spanned<DeValue<'_>>) -> Option<Range<usize>> {
    match value.get_ref() {
        DeValue::Datetime(_) => Some(value.span()),
        DeValue::Array(items) => items.iter().find_map(bare_date),
        DeValue::Table(table) => table.values().find_map(bare_date),
        DeValue::String(_) | DeValue::Integer(_) | DeValue::Float(_) | DeValue::Boolean(_) => None,
    }
}

fn with_example(problem: ConfigProblem, shape: &Shape, key: &str) -> ConfigProblem {
    match shape.example(key) {
        Some(example) => problem.hint(format!("for example `{example}`")),
        None => problem,
    }
}

/// What a value is, in the words of [`Shape::kind`].
pub(crate) fn kind_of(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "text",
        DeValue::Integer(_) => "a whole number",
        DeValue::Float(_) => "a number with a point",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date or time",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}
