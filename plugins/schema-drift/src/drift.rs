//! How a table differs from what is declared.

use std::collections::BTreeMap;

use crate::settings::{Column, Table};
use crate::type_name::canonical;

/// A column that is not as declared.
pub(crate) enum Drift<'a> {
    /// It is declared and not there.
    Missing { column: &'a Column },
    /// It is declared and not there, and the only new column of its type has another name.
    Renamed { column: &'a Column, to: &'a str },
    /// It is of another type.
    Changed { column: &'a Column, type_name: &'a str },
    /// The table has two columns of the name: nobody knows which is meant.
    Twice { name: &'a str },
    /// It is there and not declared.
    Added { name: &'a str, type_name: &'a str },
}

impl Drift<'_> {
    /// Whether it is wrong, and not only noticeable.
    pub(crate) fn is_wrong(&self) -> bool {
        match self {
            Self::Missing { .. } | Self::Renamed { .. } | Self::Changed { .. } | Self::Twice { .. } => true,
            Self::Added { .. } => false,
        }
    }
}

/// All differences, those that are wrong first: in the order of the declaration, then in that of the table.
pub(crate) fn drifts<'a>(table: &'a Table, actual: &'a [(String, String)]) -> Vec<Drift<'a>> {
    let mut unclaimed: BTreeMap<String, (&str, &str)> = BTreeMap::new();
    let mut drifts = Vec::new();
    for (name, type_name) in actual {
        if unclaimed.insert(name.to_lowercase(), (name, type_name)).is_some() {
            drifts.push(Drift::Twice { name });
        }
    }
    let mut missing = Vec::new();
    for column in &table.columns {
        match unclaimed.remove(&column.name.as_str().to_lowercase()) {
            Some((_, type_name)) if canonical(type_name) != canonical(&column.type_name) => {
                drifts.push(Drift::Changed { column, type_name });
            }
            Some(_) => {}
            None if column.optional => {}
            None => missing.push(column),
        }
    }
    for column in &missing {
        drifts.push(match renamed(column, &missing, &unclaimed) {
            Some(to) => {
                unclaimed.remove(&to.to_lowercase());
                Drift::Renamed { column, to }
            }
            None => Drift::Missing { column },
        });
    }
    if !table.allow_extra {
        let is_unclaimed = |(name, _): &&(String, String)| unclaimed.contains_key(&name.to_lowercase());
        drifts.extend(actual.iter().filter(is_unclaimed).map(|(name, type_name)| Drift::Added { name, type_name }));
    }
    drifts
}

/// The new name of a missing column, where only one column of its type is missing and only one is new.
fn renamed<'a>(
    column: &Column,
    missing: &[&Column],
    unclaimed: &BTreeMap<String, (&'a str, &'a str)>,
) -> Option<&'a str> {
    let wanted = canonical(&column.type_name);
    let is_alone = missing.iter().filter(|other| canonical(&other.type_name) == wanted).count() == 1;
    let mut new = unclaimed.values().filter(|(_, type_name)| canonical(type_name) == wanted);
    match (new.next(), new.next()) {
        (Some((name, _)), None) if is_alone => Some(name),
        _ => None,
    }
}
