//! From the syntax tree to the authored sections, key by key: a key that cannot be read is a problem,
//! noted in its section, and the others are read all the same.

mod within;

use std::collections::BTreeSet;
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::authored::{Alerts, Check, Document, Host, Named, Serve, Sink};
use super::error::ConfigProblem;
use super::schema::{self, Shaped};
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
    /// The keys that are there, rightly spelled or nearly so, and could not be read; `KEY.INNER` for those of tables.
    unreadable: BTreeSet<String>,
}

impl<T: Shaped> Section<T> {
    /// Whether a key is there and could not be read, so that a problem tells of it already.
    pub(crate) fn is_unreadable(&self, key: &str) -> bool {
        self.unreadable.contains(key)
    }

    /// A problem of the section as a whole: `told` follows its heading.
    pub(super) fn problem(&self, told: &str) -> ConfigProblem {
        ConfigProblem::at(self.place.clone(), format!("`{}` {told}", self.heading))
    }

    /// The value of a key that must be there.
    pub(crate) fn required<'a, V>(
        &self,
        key: &str,
        value: Option<&'a V>,
        problems: &mut Vec<ConfigProblem>,
    ) -> Option<&'a V> {
        if value.is_none() && !self.is_unreadable(key) {
            problems.push(with_example(self.problem(&format!("has no `{key}`")), T::shape().example(key)));
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
        if value.is_none() && !self.is_unreadable(&format!("{key}.{inner}")) {
            let problem = ConfigProblem::at(place, format!("`{key}` has no `{inner}`"));
            problems.push(with_example(problem, T::shape().example(key)));
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
        sink: None,
        source: Vec::new(),
        calendar: Vec::new(),
        schedule: Vec::new(),
        alerts: None,
        receiver: Vec::new(),
        route: Vec::new(),
        inhibit: Vec::new(),
        quiet: Vec::new(),
        maintenance: Vec::new(),
        digest: Vec::new(),
        check: Vec::new(),
        unreadable: BTreeSet::new(),
    };
    for (key, value) in document {
        match key.get_ref().as_ref() {
            "host" => authored.host = section::<Host>(value, "[host]", problems),
            "serve" => authored.serve = section::<Serve>(value, "[serve]", problems),
            "sink" => authored.sink = section::<Sink>(value, "[sink]", problems),
            "alerts" => {
                authored.alerts = section::<Alerts>(value, "[alerts]", problems);
                if authored.alerts.is_none() {
                    authored.unreadable.insert("alerts");
                }
            }
            "source" => read_named(&mut authored.source, key, value, &mut authored.unreadable, problems),
            "calendar" => read_named(&mut authored.calendar, key, value, &mut authored.unreadable, problems),
            "schedule" => read_named(&mut authored.schedule, key, value, &mut authored.unreadable, problems),
            "receiver" => read_named(&mut authored.receiver, key, value, &mut authored.unreadable, problems),
            "route" => read_named(&mut authored.route, key, value, &mut authored.unreadable, problems),
            "inhibit" => read_named(&mut authored.inhibit, key, value, &mut authored.unreadable, problems),
            "quiet" => read_named(&mut authored.quiet, key, value, &mut authored.unreadable, problems),
            "maintenance" => read_named(&mut authored.maintenance, key, value, &mut authored.unreadable, problems),
            "digest" => read_named(&mut authored.digest, key, value, &mut authored.unreadable, problems),
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

/// The sections with names, in the order of the file.
fn read_named<T: Shaped>(
    into: &mut Vec<Named<T>>,
    key: &Spanned<impl AsRef<str>>,
    value: &Spanned<DeValue<'_>>,
    unreadable: &mut BTreeSet<&'static str>,
    problems: &mut Vec<ConfigProblem>,
) {
    let what = T::WHAT;
    let Some(table) = value.get_ref().as_table() else {
        let found = kind_of(value.get_ref());
        problems.push(
            ConfigProblem::at(key.span(), format!("`{what}` must be a table of named {what}s, not {found}"))
                .hint(format!("begin each {what} with its name: `[{what}.NAME]`")),
        );
        unreadable.insert(what);
        return;
    };
    into.extend(table.iter().map(|(name, value)| Named {
        section: section(value, &format!("[{what}.{}]", name.get_ref()), problems),
        name: Spanned::new(name.span(), name.get_ref().to_string()),
    }));
    into.sort_by_key(|named| named.name.span().start);
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
        let Some(schema) = T::shape().property(name) else {
            problems.push(unknown_key::<T>(name, key.span(), heading));
            unreadable.extend(nearest(name, T::shape().keys()).map(str::to_owned));
            continue;
        };
        let reads = |value: &Spanned<DeValue<'_>>| {
            deserialize::<T>(&place, std::iter::once((key.clone(), value.clone())).collect()).map(drop)
        };
        let mut value = value.clone();
        match within::keep_readable(schema, &mut value, name, &reads, &mut unreadable, problems) {
            Ok(()) => drop(readable.insert(key.clone(), value)),
            Err(error) => {
                problems.push(within::wrong_kind(Some(schema), &format!("`{name}`"), name, &value, &error));
                unreadable.insert(name.to_owned());
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

fn with_example(problem: ConfigProblem, example: Option<String>) -> ConfigProblem {
    match example {
        Some(example) => problem.hint(format!("for example `{example}`")),
        None => problem,
    }
}

/// What a value is, in the words of [`schema::kind`].
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
