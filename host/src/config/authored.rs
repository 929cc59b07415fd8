//! The configuration as people write it.

use std::collections::BTreeMap;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use toml::{Spanned, Table, Value};

use crate::model::{LimitName, LimitUnit};

/// Configuration of assay. Read section by section, so that one mistake does not hide another.
#[derive(Debug, Clone, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Authored {
    /// The host itself.
    #[schemars(default)]
    pub host: Host,
    /// Where data comes from, by name.
    #[schemars(default)]
    pub source: BTreeMap<String, Source>,
    /// When checks run, by name.
    #[schemars(default)]
    pub schedule: BTreeMap<String, Schedule>,
    /// What is checked.
    pub check: Vec<Check>,
}

/// The host itself.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Host {
    /// Folder of the journal, relative to this file. Default: `.assay`.
    pub state: Option<String>,
    /// Folder of plugins, components named `<id>@<version>.wasm`, relative to this file. Default: `plugins`.
    pub plugins: Option<String>,
    /// Threads for which to plan: four executions at once for each. Default: the number of processors.
    #[schemars(with = "Option<std::num::NonZeroU32>")]
    pub workers: Option<Spanned<i64>>,
    /// Largest component that is admitted, for example `64 MiB`. Default: `64 MiB`.
    #[schemars(with = "Option<String>")]
    pub component_max: Option<Spanned<String>>,
    /// The operator's ceilings: no check gets more.
    #[serde(default)]
    #[schemars(schema_with = "limits")]
    pub limits: BTreeMap<Spanned<String>, Spanned<Value>>,
}

/// Where data comes from, told apart by `type`.
#[derive(Debug, Clone, JsonSchema)]
#[schemars(tag = "type", rename_all = "snake_case")]
pub enum Source {
    /// A folder of Parquet, CSV and NDJSON files, read in place.
    Files(Files),
}

/// A folder of Parquet, CSV and NDJSON files, read in place.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Files {
    /// The folder, relative to this file.
    pub path: String,
    /// Memory for queries, for example `512 MiB`. Default: `512 MiB`.
    #[schemars(with = "Option<String>")]
    pub memory: Option<Spanned<String>>,
    /// Temporary disk for queries that do not fit in memory. Default: `2 GiB`.
    #[schemars(with = "Option<String>")]
    pub spill: Option<Spanned<String>>,
    /// Queries at once; more wait their turn. Default: 8.
    #[schemars(with = "Option<std::num::NonZeroU32>")]
    pub concurrency: Option<Spanned<i64>>,
}

/// When checks run.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Schedule {
    /// IANA time zone in which the day counts, for example `America/New_York`.
    #[schemars(with = "String")]
    pub timezone: Spanned<String>,
    /// The day that a run is about. Default: `same_day`.
    #[serde(default)]
    pub target: Target,
}

/// The day that a run is about.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    /// The day of the run, in the schedule's time zone.
    #[default]
    SameDay,
    /// The day before.
    PreviousDay,
}

/// A configured use of a plugin.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Check {
    /// Name of the check, unique in this file.
    #[schemars(with = "String")]
    pub name: Spanned<String>,
    /// The plugin, `id@version`.
    #[schemars(with = "String")]
    pub plugin: Spanned<String>,
    /// The schedule it belongs to. Without one the check runs by name, for the day in UTC.
    #[schemars(with = "Option<String>")]
    pub schedule: Option<Spanned<String>>,
    /// How bad it is if the check fails: `critical`, `high`, `medium` or `low`. Default: `medium`.
    #[schemars(with = "Option<String>")]
    pub severity: Option<Spanned<String>>,
    /// Who owns the data.
    pub owner: Option<String>,
    /// Labels.
    #[serde(default)]
    pub tags: Vec<String>,
    /// What the check may read: source -> patterns of table names. `*` matches within one part of a name, `**` any
    /// number of parts.
    #[schemars(with = "BTreeMap<String, Vec<String>>")]
    pub sources: Spanned<BTreeMap<Spanned<String>, Vec<Spanned<String>>>>,
    /// Limits that the check asks for; the operator's ceiling holds where it is lower.
    #[serde(default)]
    #[schemars(schema_with = "limits")]
    pub limits: BTreeMap<Spanned<String>, Spanned<Value>>,
    /// Settings, handed to the plugin as a JSON document.
    #[serde(default)]
    #[schemars(with = "serde_json::Map<String, serde_json::Value>")]
    pub settings: Option<Spanned<Table>>,
}

/// Every limit by name, with the form of its amount.
fn limits(_: &mut SchemaGenerator) -> Schema {
    let form = |name: LimitName| match name.unit() {
        LimitUnit::Bytes => json_schema!({ "type": "string", "description": "a size, for example `64 MiB`" }),
        LimitUnit::Millis => json_schema!({ "type": "string", "description": "a duration, for example `30s`" }),
        LimitUnit::Count => json_schema!({ "type": "integer", "minimum": 1 }),
    };
    let properties: serde_json::Map<_, _> =
        LimitName::ALL.into_iter().map(|name| (name.as_str().to_owned(), form(name).into())).collect();
    json_schema!({ "type": "object", "additionalProperties": false, "properties": properties })
}
