//! The exported tables, as schemas/results.yaml describes them: schemas/sink.json is made of it.

use std::sync::LazyLock;

use serde::Deserialize;

/// All that is exported.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Layout {
    /// Version of the schema, from 1 on.
    pub version: u32,
    /// The tables; one that others are part of, or refer to, comes before them.
    pub tables: Vec<Table>,
}

/// A table in the journal and in BigQuery.
#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Table {
    /// Its name, the same in both.
    pub name: String,
    /// What a row is.
    pub description: String,
    /// Columns of its key.
    pub key: Vec<String>,
    /// The column, a timestamp that never changes, by whose day (UTC) the table in BigQuery is partitioned.
    pub partition_by: String,
    /// Columns by which it is clustered there.
    #[serde(default)]
    pub cluster_by: Vec<String>,
    /// The table with whose rows its own are exported.
    pub part_of: Option<PartOf>,
    /// Columns in BigQuery, in order.
    pub columns: Vec<Column>,
}

/// Rows that belong to a row of another table, never change, and are exported with it.
#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PartOf {
    /// The other table.
    pub table: String,
    /// The column that holds the key of the other row.
    pub key: String,
}

/// A column in BigQuery.
#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// Its type.
    #[serde(rename = "type")]
    pub kind: Kind,
    /// Whether it may be NULL.
    pub mode: Mode,
    /// What it means.
    pub description: String,
    /// Where its value comes from.
    pub from: Origin,
}

impl Column {
    /// Whether the journal's value is compared with BigQuery's.
    #[must_use]
    pub fn is_compared(&self) -> bool {
        self.kind != Kind::Json && self.from != Origin::Revision
    }
}

/// Types of columns, in the words of BigQuery.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Kind {
    /// Text.
    String,
    /// A whole number of 64 bits.
    Int64,
    /// A double.
    Float64,
    /// True or false.
    Bool,
    /// An instant, to the microsecond.
    Timestamp,
    /// A day.
    Date,
    /// A JSON document.
    Json,
}

impl Kind {
    /// The words for it, the first of which DDL takes; what BigQuery tells of a table may use another.
    #[must_use]
    pub fn words(self) -> &'static [&'static str] {
        match self {
            Self::String => &["STRING"],
            Self::Int64 => &["INT64", "INTEGER"],
            Self::Float64 => &["FLOAT64", "FLOAT"],
            Self::Bool => &["BOOL", "BOOLEAN"],
            Self::Timestamp => &["TIMESTAMP"],
            Self::Date => &["DATE"],
            Self::Json => &["JSON"],
        }
    }
}

/// Whether a column may be NULL.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Mode {
    /// It may.
    Nullable,
    /// It may not.
    Required,
}

/// Where the value of a column comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Origin {
    /// The row in the journal.
    Row,
    /// The row of the journal that the row belongs to.
    Parent,
    /// The journal's identity.
    Journal,
    /// The revision of the export.
    Revision,
}

static LAYOUT: LazyLock<Layout> = LazyLock::new(|| {
    serde_json::from_str(include_str!("../../../schemas/sink.json")).expect("a test reads it: it is as it must be")
});

/// All that is exported.
#[must_use]
pub fn layout() -> &'static Layout {
    &LAYOUT
}

impl Layout {
    /// The table of that name.
    #[must_use]
    pub fn table(&'static self, name: &str) -> Option<&'static Table> {
        self.tables.iter().find(|table| table.name == name)
    }

    /// The tables whose rows are queued: those that are part of no other.
    pub fn queued(&'static self) -> impl Iterator<Item = &'static Table> {
        self.tables.iter().filter(|table| table.part_of.is_none())
    }
}

impl Table {
    /// The tables whose rows are exported with those of this one.
    pub fn parts(&self) -> impl Iterator<Item = (&'static Table, &'static PartOf)> {
        let parts = layout().tables.iter().filter_map(|table| Some((table, table.part_of.as_ref()?)));
        parts.filter(|(_, part)| part.table == self.name)
    }

    /// Place of a column among the columns.
    #[must_use]
    pub fn place(&self, column: &str) -> Option<usize> {
        self.columns.iter().position(|candidate| candidate.name == column)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_layout_is_read_and_every_column_that_is_named_is_there() {
        assert_eq!(layout().version, 2);
        for table in &layout().tables {
            let named = table.key.iter().chain(&table.cluster_by);
            for column in named.chain([&table.partition_by]) {
                assert!(table.place(column).is_some(), "{}.{column}", table.name);
            }
            assert!(table.part_of.is_some() || table.key.len() == 1, "{}: the queue knows one key", table.name);
        }
        let results = layout().table("validation_results").unwrap();
        let parts: Vec<_> = results.parts().map(|(table, part)| (table.name.as_str(), part.key.as_str())).collect();
        assert_eq!(
            parts,
            [
                ("validation_findings", "result_id"),
                ("validation_metrics", "result_id"),
                ("validation_logs", "result_id")
            ]
        );
    }
}
