//! The shape of an incident file, as it is written.

use std::collections::BTreeMap;

use serde::Deserialize;

/// A file.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Authored {
    pub(super) name: String,
    pub(super) reference: Option<String>,
    pub(super) about: String,
    pub(super) original: Option<String>,
    pub(super) profile: String,
    pub(super) since: String,
    pub(super) until: Option<String>,
    pub(super) changes: Vec<Change>,
    #[serde(default)]
    pub(super) expect: Vec<Expected>,
}

/// One change of the data, by the word it begins with.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Change {
    Drop(Edit),
    Set(Edit),
    Duplicate(Edit),
    Insert(Insert),
    DropTable(DropTable),
    RenameColumn(RenameColumn),
    CastColumn(CastColumn),
}

/// A change of rows that are there.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Edit {
    pub(super) table: String,
    #[serde(default, rename = "where")]
    pub(super) conditions: Vec<Condition>,
    pub(super) groups: Option<Groups>,
    pub(super) share: Option<f64>,
    pub(super) count: Option<usize>,
    #[serde(default)]
    pub(super) per: Vec<String>,
    #[serde(default)]
    pub(super) values: BTreeMap<String, Option<Assign>>,
}

/// What a row must be like.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Condition {
    pub(super) column: String,
    pub(super) is: Option<serde_json::Value>,
    #[serde(rename = "in")]
    pub(super) one_of: Option<Vec<serde_json::Value>>,
    pub(super) from: Option<serde_json::Value>,
    pub(super) to: Option<serde_json::Value>,
    pub(super) is_null: Option<bool>,
}

/// Whole groups of rows, chosen by seed.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Groups {
    pub(super) by: Vec<String>,
    pub(super) count: usize,
}

/// A new value of a cell.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Assign {
    pub(super) constant: Option<serde_json::Value>,
    pub(super) uniform: Option<[f64; 2]>,
    pub(super) column: Option<String>,
    pub(super) scale: Option<[f64; 2]>,
    pub(super) plus: Option<f64>,
    pub(super) shift: Option<String>,
    pub(super) prefix: Option<String>,
    pub(super) tick: Option<String>,
    pub(super) day: Option<bool>,
}

/// New rows at a cadence.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Insert {
    pub(super) table: String,
    pub(super) at: String,
    pub(super) every: Option<String>,
    pub(super) count: u32,
    pub(super) values: BTreeMap<String, Option<Assign>>,
}

/// A table that is not there.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DropTable {
    pub(super) table: String,
}

/// A column with another name.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RenameColumn {
    pub(super) table: String,
    pub(super) column: String,
    pub(super) to: String,
}

/// A column of another type.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CastColumn {
    pub(super) table: String,
    pub(super) column: String,
    pub(super) to: crate::value::ColumnType,
}

/// What a check is expected to say of the incident.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expected {
    /// Name of the check.
    pub check: String,
    /// Run of the day it is expected in; any when absent.
    pub slot: Option<String>,
    /// Status it is to answer with.
    pub status: String,
    /// Codes of its findings.
    #[serde(default)]
    pub codes: Vec<String>,
    /// How many records it is to count.
    pub affected: Option<u64>,
}
