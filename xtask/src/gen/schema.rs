//! The description of the tables, parsed and checked: schemas/results.yaml.
//!
//! The types to know are [`Schema`], [`Table`] and [`Column`]. A parsed schema is consistent: names are
//! identifiers and unique, every mentioned column and table exists, every version brings something, and
//! a column that joins an existing table can be added to it.

use std::collections::BTreeSet;

use anyhow::{Result, bail};
use serde::Deserialize;

/// All tables and the versions in which they came to be.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Schema {
    /// Names of the versions, oldest first; version 1 is the first.
    pub(super) versions: Vec<String>,
    /// In an order in which foreign keys point backwards.
    pub(super) tables: Vec<Table>,
}

/// One table.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Table {
    pub(super) name: String,
    pub(super) description: String,
    /// Whether it is a BigQuery table too.
    pub(super) export: bool,
    pub(super) key: Vec<String>,
    #[serde(default)]
    pub(super) foreign_keys: Vec<ForeignKey>,
    #[serde(default)]
    pub(super) indexes: Vec<Vec<String>>,
    pub(super) partition_by: Option<String>,
    #[serde(default)]
    pub(super) cluster_by: Vec<String>,
    /// Of an exported table: columns of which the first that is not NULL says when a row last changed.
    #[serde(default)]
    pub(super) changed_at: Vec<String>,
    /// Of an exported table: the table with whose rows its own are exported.
    pub(super) part_of: Option<String>,
    pub(super) columns: Vec<Column>,
}

/// Columns whose values are the key of another table.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ForeignKey {
    pub(super) columns: Vec<String>,
    pub(super) references: String,
    pub(super) to: Vec<String>,
}

/// One column.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Column {
    pub(super) name: String,
    #[serde(rename = "type")]
    pub(super) kind: Kind,
    #[serde(default)]
    pub(super) required: bool,
    pub(super) description: String,
    /// The allowed words; empty for any.
    #[serde(default)]
    pub(super) values: Vec<String>,
    /// Schema version that brought it.
    #[serde(default = "first_version")]
    pub(super) since: usize,
    /// Whether it is in the BigQuery table, if there is one.
    #[serde(default = "exported")]
    pub(super) export: bool,
    /// Whether it is in the BigQuery table alone, with the value of the table that this one is part of.
    #[serde(default)]
    pub(super) of_parent: bool,
}

fn first_version() -> usize {
    1
}

fn exported() -> bool {
    true
}

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Kind {
    String,
    Int64,
    Float64,
    Bool,
    Timestamp,
    Date,
    Json,
}

impl Table {
    /// The version that creates the table: that of its oldest column.
    pub(super) fn since(&self) -> usize {
        self.columns.iter().map(|column| column.since).min().unwrap_or_else(first_version)
    }

    /// The version from which on all of these columns exist.
    pub(super) fn since_all(&self, columns: &[String]) -> usize {
        let named = self.columns.iter().filter(|column| columns.contains(&column.name));
        named.map(|column| column.since).max().unwrap_or_else(first_version)
    }

    /// The columns that the journal has.
    pub(super) fn kept(&self) -> impl Iterator<Item = &Column> {
        self.columns.iter().filter(|column| !column.of_parent)
    }

    /// The column with which its rows are found that belong to a row of the table that it is part of.
    pub(super) fn parent_key(&self) -> Option<&str> {
        let parent = self.part_of.as_ref()?;
        let reference = self.foreign_keys.iter().find(|reference| reference.references == *parent)?;
        reference.columns.first().map(String::as_str)
    }

    fn has(&self, column: &str) -> bool {
        self.columns.iter().any(|candidate| candidate.name == column)
    }
}

impl Schema {
    /// Parses and checks a description.
    ///
    /// # Errors
    /// When it is not YAML of this shape, or contradicts itself: all contradictions in one message.
    pub(super) fn parse(yaml: &str) -> Result<Self> {
        let schema: Self = serde_saphyr::from_str(yaml)?;
        let problems = schema.problems();
        if problems.is_empty() { Ok(schema) } else { bail!("{}", problems.join("\n")) }
    }

    fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        let mut known: Vec<&Table> = Vec::new();
        for version in &self.versions {
            identifier(version, "version", &mut problems);
        }
        for table in &self.tables {
            identifier(&table.name, "table", &mut problems);
            if known.iter().any(|other| other.name == table.name) {
                problems.push(format!("{}: described twice", table.name));
            }
            table.problems(self.versions.len(), &mut problems);
            table.export_problems(&known, &mut problems);
            for reference in &table.foreign_keys {
                let target = known.iter().find(|other| other.name == reference.references);
                let complete = target.is_some_and(|target| reference.to.iter().all(|column| target.has(column)));
                if !complete || reference.to.len() != reference.columns.len() {
                    problems.push(format!("{}: a foreign key to nothing above: {reference:?}", table.name));
                }
            }
            known.push(table);
        }
        for (version, name) in (1..).zip(&self.versions) {
            if !self.tables.iter().flat_map(|table| &table.columns).any(|column| column.since == version) {
                problems.push(format!("version {version} `{name}` brings nothing"));
            }
        }
        problems
    }
}

impl Table {
    fn problems(&self, newest: usize, problems: &mut Vec<String>) {
        let mut names = BTreeSet::new();
        for column in &self.columns {
            let Column { name, kind, required, description: _, values, since, export: _, of_parent: _ } = column;
            identifier(name, &format!("column of {}", self.name), problems);
            values.iter().for_each(|value| identifier(value, &format!("value of {}.{name}", self.name), problems));
            if !names.insert(name) {
                problems.push(format!("{}.{name}: described twice", self.name));
            }
            if !values.is_empty() && *kind != Kind::String {
                problems.push(format!("{}.{name}: only a string has `values`", self.name));
            }
            if !(1..=newest).contains(since) {
                problems.push(format!("{}.{name}: `since: {since}` is not a version", self.name));
            }
            if *since > self.since() && *required {
                problems.push(format!(
                    "{}.{name}: a column that joins an existing table is not `required`, old rows have no value",
                    self.name
                ));
            }
        }
        let references = self.foreign_keys.iter().flat_map(|reference| &reference.columns);
        for column in self.key.iter().chain(references) {
            if self.columns.iter().any(|candidate| candidate.name == *column && candidate.since > self.since()) {
                problems.push(format!("{}.{column}: a key cannot join an existing table", self.name));
            }
        }
        let references = self.foreign_keys.iter().flat_map(|reference| &reference.columns);
        let mentioned = self.key.iter().chain(references).chain(self.indexes.iter().flatten());
        for column in mentioned.chain(&self.partition_by).chain(&self.cluster_by).chain(&self.changed_at) {
            if !self.has(column) {
                problems.push(format!("{}.{column}: mentioned but not described", self.name));
            }
        }
        if self.key.is_empty() {
            problems.push(format!("{}: no key", self.name));
        }
    }

    /// What keeps rows from being exported; `known` are the tables above.
    fn export_problems(&self, known: &[&Self], problems: &mut Vec<String>) {
        if !self.export {
            return;
        }
        let is_day = |column: &Column| column.kind == Kind::Timestamp && column.required;
        let partition = self.columns.iter().find(|column| Some(&column.name) == self.partition_by.as_ref());
        if !partition.is_some_and(is_day) {
            problems.push(format!("{}: `partition_by` of an exported table is a required timestamp", self.name));
        }
        match &self.part_of {
            None if self.changed_at.is_empty() || self.key.len() != 1 => {
                problems
                    .push(format!("{}: an exported table has one key and `changed_at`, or is `part_of`", self.name));
            }
            None => {}
            Some(parent) => {
                let parent = known.iter().find(|table| table.name == *parent && table.export);
                let of_parent = self.columns.iter().filter(|column| column.of_parent);
                let complete =
                    parent.is_some_and(|parent| of_parent.into_iter().all(|column| parent.has(&column.name)));
                if !complete || self.parent_key().is_none() {
                    problems.push(format!("{}: `part_of` names no exported table that it refers to", self.name));
                }
            }
        }
    }
}

/// Names end up unquoted in SQL and in file names.
fn identifier(text: &str, what: &str, problems: &mut Vec<String>) {
    let good = text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    if !good {
        problems.push(format!("`{text}` is not a name for a {what}: use `snake_case`"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contradictions_are_named_all_at_once() {
        let error = Schema::parse(
            "versions: [initial, more]\n\
             tables:\n\
             - name: a\n  description: x\n  export: true\n  key: [id, gone]\n  columns:\n\
             \x20 - {name: id, type: string, required: true, description: x}\n\
             \x20 - {name: id, type: int64, values: [one], description: x}\n\
             \x20 - {name: B, type: bool, required: true, since: 3, description: x}\n\
             \x20 - {name: odd, type: string, values: [\"it's\"], description: x}\n\
             \x20 foreign_keys: [{columns: [id], references: b, to: [id]}]\n",
        )
        .unwrap_err()
        .to_string();
        for expected in [
            "a.id: described twice",
            "a.id: only a string has `values`",
            "`B` is not a name for a column of a",
            "a.B: `since: 3` is not a version",
            "a.B: a column that joins an existing table is not `required`",
            "`it's` is not a name for a value of a.odd",
            "a.gone: mentioned but not described",
            "a: a foreign key to nothing above",
            "a: `partition_by` of an exported table is a required timestamp",
            "a: an exported table has one key and `changed_at`, or is `part_of`",
            "version 2 `more` brings nothing",
        ] {
            assert!(error.contains(expected), "{expected} is missing in:\n{error}");
        }
    }

    #[test]
    fn an_unknown_field_is_an_error() {
        let error = Schema::parse("versions: []\ntables: []\nextra: 1\n").unwrap_err().to_string();
        assert!(error.contains("extra"), "{error}");
    }
}
