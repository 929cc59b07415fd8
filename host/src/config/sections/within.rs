//! What of a value can be read, where the value is itself a table, or a list of tables.

use std::collections::BTreeSet;

use serde_json::Value as Json;
use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

use super::super::error::ConfigProblem;
use super::super::schema;
use super::super::suggest::{did_you_mean, nearest};
use super::{kind_of, with_example};

/// Leaves of a value what can be read, as far as it has parts; each of the others is a problem, and noted among the
/// unreadable as `KEY.INNER`.
///
/// # Errors
/// What keeps the rest from being read.
pub(super) fn keep_readable(
    schema: &Json,
    value: &mut Spanned<DeValue<'_>>,
    key: &str,
    reads: &dyn Fn(&Spanned<DeValue<'_>>) -> Result<(), toml::de::Error>,
    unreadable: &mut BTreeSet<String>,
    problems: &mut Vec<ConfigProblem>,
) -> Result<(), toml::de::Error> {
    if reads(value).is_ok() {
        return Ok(());
    }
    without_unknown_keys(schema, value, key, unreadable, problems);
    let Err(error) = reads(value) else { return Ok(()) };
    let place = value.span();
    let DeValue::Table(table) = value.get_mut() else { return Err(error) };
    let mut readable = DeTable::new();
    for (inner, value) in std::mem::take(table) {
        let alone = std::iter::once((inner.clone(), value.clone())).collect();
        match reads(&Spanned::new(place.clone(), DeValue::Table(alone))) {
            Ok(()) => drop(readable.insert(inner, value)),
            Err(error) => {
                let inner = inner.get_ref();
                let told = format!("`{inner}` in `{key}`");
                problems.push(wrong_kind(schema::within(schema, inner), &told, inner, &value, &error));
                unreadable.insert(format!("{key}.{inner}"));
            }
        }
    }
    *table = readable;
    reads(value)
}

/// Takes the keys out of a value that the schema of its key does not know, each a problem.
fn without_unknown_keys(
    schema: &Json,
    value: &mut Spanned<DeValue<'_>>,
    key: &str,
    unreadable: &mut BTreeSet<String>,
    problems: &mut Vec<ConfigProblem>,
) {
    match value.get_mut() {
        DeValue::Array(items) => {
            for item in items.iter_mut() {
                if let Some(schema) = schema.get("items") {
                    without_unknown_keys(schema, item, key, unreadable, problems);
                }
            }
        }
        DeValue::Table(table) => {
            if let Some(known) = schema::keys(schema) {
                let is_known = |(name, _): &(Spanned<DeString<'_>>, Spanned<DeValue<'_>>)| {
                    let text = name.get_ref().as_ref();
                    if !known.contains_key(text) {
                        let names = || known.keys().map(String::as_str);
                        problems.push(
                            ConfigProblem::at(name.span(), format!("unknown key `{text}` in `{key}`"))
                                .hint(did_you_mean(text, "the keys are", names())),
                        );
                        unreadable.extend(nearest(text, names()).map(|inner| format!("{key}.{inner}")));
                    }
                    known.contains_key(text)
                };
                *table = std::mem::take(table).into_iter().filter(is_known).collect();
            }
            for (name, value) in table.iter_mut() {
                if let Some(schema) = schema::within(schema, name.get_ref()) {
                    without_unknown_keys(schema, value, name.get_ref(), unreadable, problems);
                }
            }
        }
        DeValue::String(_) | DeValue::Integer(_) | DeValue::Float(_) | DeValue::Boolean(_) | DeValue::Datetime(_) => {}
    }
}

/// A value of another kind than the key's, or one with such a value inside it; `told` is the key as it is told of.
pub(super) fn wrong_kind(
    schema: Option<&Json>,
    told: &str,
    key: &str,
    value: &Spanned<DeValue<'_>>,
    error: &toml::de::Error,
) -> ConfigProblem {
    let found = kind_of(value.get_ref());
    let problem = match schema.and_then(schema::kind) {
        Some(wanted) if wanted != found => {
            ConfigProblem::at(value.span(), format!("{told} must be {wanted}, not {found}"))
        }
        Some(_) | None => match bare_date(value) {
            Some(place) => ConfigProblem::at(place, format!("{told} holds a date without quotes")),
            None => {
                let place = error.span().unwrap_or_else(|| value.span());
                ConfigProblem::at(place, format!("cannot read {told}: {}", error.message()))
            }
        },
    };
    with_example(problem, schema.and_then(|schema| schema::example(key, schema)))
}

/// Where a date or time is written as such, in a value that was to hold text.
fn bare_date(value: &Spanned<DeValue<'_>>) -> Option<std::ops::Range<usize>> {
    match value.get_ref() {
        DeValue::Datetime(_) => Some(value.span()),
        DeValue::Array(items) => items.iter().find_map(bare_date),
        DeValue::Table(table) => table.values().find_map(bare_date),
        DeValue::String(_) | DeValue::Integer(_) | DeValue::Float(_) | DeValue::Boolean(_) => None,
    }
}
