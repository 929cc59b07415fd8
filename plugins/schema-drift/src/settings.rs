//! What is declared.

use std::collections::BTreeSet;

use assay_sdk::{ColumnName, SettingProblem, TableName};
use schemars::JsonSchema;
use serde::Deserialize;

/// Settings of `schema-drift`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The source; may be left out when only one is granted.
    #[serde(default)]
    pub source: Option<String>,
    /// The tables, each with its columns.
    #[schemars(length(min = 1, max = 50))]
    pub tables: Vec<Table>,
    /// A query that returns one row: `applies`, and if it likes a `reason`. Where it says false, the check is skipped.
    #[serde(default)]
    pub applies_sql: Option<String>,
}

/// A table as it is declared.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Table {
    /// Its name.
    pub table: TableName,
    /// Its columns.
    #[schemars(length(min = 1, max = 1000))]
    pub columns: Vec<Column>,
    /// Whether it may have columns that are not declared.
    #[serde(default)]
    pub allow_extra: bool,
}

/// A column as it is declared.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Column {
    /// Its name, in any case.
    pub name: ColumnName,
    /// Its type in GoogleSQL, in any case: `INT64`, `STRING`, `ARRAY<DATE>`. Other names of a type are taken for it.
    #[serde(rename = "type")]
    #[schemars(length(min = 1, max = 1000))]
    pub type_name: String,
    /// Whether the table may lack it.
    #[serde(default)]
    pub optional: bool,
}

/// What is wrong with settings beyond their schema: what is declared twice.
pub(crate) fn problems(settings: &Settings) -> Vec<SettingProblem> {
    let mut problems = Vec::new();
    let mut tables = BTreeSet::new();
    for (index, table) in settings.tables.iter().enumerate() {
        if !tables.insert(&table.table) {
            let message = format!("declares `{}` a second time", table.table.as_str());
            problems.push(SettingProblem::new(format!("/tables/{index}/table"), message));
        }
        let mut columns = BTreeSet::new();
        for (at, column) in table.columns.iter().enumerate() {
            if !columns.insert(column.name.as_str().to_lowercase()) {
                let message = format!("declares `{}` a second time", column.name.as_str());
                problems.push(SettingProblem::new(format!("/tables/{index}/columns/{at}/name"), message));
            }
        }
    }
    problems
}
