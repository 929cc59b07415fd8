//! docs/tables.md: the tables for people.

use super::Output;
use super::schema::{Column, Kind, Schema, Table};

const HEAD: &str = "\
# Tables

Made of `schemas/results.yaml` by `cargo xtask gen`; edit that file instead.

Everything is in `assay.db`, a SQLite database in the state directory. Timestamps are text, RFC 3339 in UTC with
six digits and `Z`, so they sort and SQLite's date functions read them. Dates and JSON documents are text. A count
beyond 9,223,372,036,854,775,807 is stored as that number.

Tables in BigQuery have two columns more: `journal_id`, which journal a row comes from, and `revision`: of two exports of a
row the one with the greater revision holds.
";

/// The page.
pub(super) fn output(schema: &Schema) -> Output {
    let tables = schema.tables.iter().map(describe);
    Output { path: "docs/tables.md".into(), content: HEAD.to_owned() + &tables.collect::<String>(), frozen: false }
}

fn describe(table: &Table) -> String {
    let mut text = format!("\n## {}\n\n{}\n\n", table.name, table.description);
    text += &format!("- key: {}\n", code(&table.key));
    for reference in &table.foreign_keys {
        text += &format!("- {} → `{}` {}\n", code(&reference.columns), reference.references, code(&reference.to));
    }
    for columns in &table.indexes {
        text += &format!("- index: {}\n", code(columns));
    }
    if table.export {
        text += "- also a BigQuery table";
        if let Some(column) = &table.partition_by {
            text += &format!(", partitioned by day of `{column}`");
        }
        if !table.cluster_by.is_empty() {
            text += &format!(", clustered by {}", code(&table.cluster_by));
        }
        text += "\n";
    }
    text += "\n| column | type | meaning |\n|---|---|---|\n";
    table.columns.iter().for_each(|column| text += &row(table, column));
    text
}

fn row(table: &Table, column: &Column) -> String {
    let kind = match column.kind {
        Kind::String => "string",
        Kind::Int64 => "int64",
        Kind::Float64 => "float64",
        Kind::Bool => "bool",
        Kind::Timestamp => "timestamp",
        Kind::Date => "date",
        Kind::Json => "json",
    };
    let nullable = if column.required { "" } else { ", may be NULL" };
    let mut meaning = column.description.replace('|', "\\|");
    if !column.values.is_empty() {
        meaning += &format!(" One of {}.", code(&column.values));
    }
    if column.since > table.since() {
        meaning += &format!(" Since version {}.", column.since);
    }
    if table.export && !column.export {
        meaning += " Not in BigQuery.";
    }
    if column.of_parent {
        meaning += " Only in BigQuery.";
    }
    format!("| `{}` | {kind}{nullable} | {meaning} |\n", column.name)
}

fn code(words: &[String]) -> String {
    words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
}
