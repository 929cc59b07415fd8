//! What a person may write in a file of cases.

use schemars::JsonSchema;
use serde_json::{Map, Value as Json, json};
use toml::Spanned;

use crate::config::authored::LimitTable;
use crate::config::schema::shaped;

/// Cases of a check. What stands at the top holds for all of them.
#[derive(Debug, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "cases of a check")]
pub(super) struct File {
    /// What the plugin reads, handed to it as JSON.
    #[schemars(with = "Option<Map<String, Json>>", example = json!({ "table": "orders" }))]
    pub(super) settings: Option<Spanned<toml::Table>>,
    /// Limits, as an operator would set them.
    #[schemars(with = "Option<LimitTable>", example = json!({ "queries": 2 }))]
    pub(super) limits: Option<LimitTable>,
    /// Patterns of the tables that are granted; left out: every one that there is.
    #[schemars(with = "Option<Vec<String>>", example = json!(["orders"]))]
    pub(super) grants: Option<Spanned<Vec<Spanned<String>>>>,
    /// What the source is called.
    #[schemars(with = "Option<String>", example = &"local")]
    pub(super) source: Option<Spanned<String>>,
}

/// One case.
#[derive(Debug, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Case {
    /// Its name, unique in the file.
    #[schemars(with = "String", example = &"three-days-missing")]
    pub(super) name: Option<Spanned<String>>,
    /// What it shows.
    #[schemars(with = "Option<String>", example = &"a gap is told as one span")]
    pub(super) about: Option<Spanned<String>>,
    /// What must come of it: `pass`, `warn`, `fail`, `skip` or `error`.
    #[schemars(with = "String", example = &"fail")]
    pub(super) expect: Option<Spanned<String>>,
    /// Why it is an error, where that is expected: `query_failed`, `denied`, `check_error`, …
    #[schemars(with = "Option<String>", example = &"query_failed")]
    pub(super) reason: Option<Spanned<String>>,
    /// What the plugin reads; adds to the settings of the file and wins.
    #[schemars(with = "Option<Map<String, Json>>", example = json!({ "table": "orders" }))]
    pub(super) settings: Option<Spanned<toml::Table>>,
    /// Limits; add to those of the file and win.
    #[schemars(with = "Option<LimitTable>", example = json!({ "queries": 2 }))]
    pub(super) limits: Option<LimitTable>,
    /// Patterns of the tables that are granted; instead of those of the file.
    #[schemars(with = "Option<Vec<String>>", example = json!(["orders"]))]
    pub(super) grants: Option<Spanned<Vec<Spanned<String>>>>,
}

/// Time and place of the run.
#[derive(Debug, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Context {
    /// The day the run is about.
    #[schemars(with = "Option<String>", example = &"2026-01-30")]
    pub(super) date: Option<Spanned<toml::Value>>,
    /// The zone in which the day counts, by its IANA name; left out: UTC.
    #[schemars(with = "Option<String>", example = &"America/New_York")]
    pub(super) timezone: Option<Spanned<String>>,
    /// The instant the run is due; left out: the end of the day.
    #[schemars(with = "Option<String>", example = &"2026-01-31T06:00:00Z")]
    pub(super) scheduled_for: Option<Spanned<toml::Value>>,
    /// 1 for the first attempt.
    #[schemars(with = "Option<i64>", range(min = 1), example = 1)]
    pub(super) attempt: Option<Spanned<u32>>,
    /// For sampling.
    #[schemars(with = "Option<i64>", range(min = 0), example = 7)]
    pub(super) seed: Option<Spanned<u64>>,
}

/// The rows of a table: exactly one of the keys, or `columns` with `values`.
#[derive(Debug, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Table {
    /// A CSV, NDJSON or Parquet file, or a folder of them, relative to this file.
    #[schemars(with = "Option<String>", example = &"fixtures/orders.csv")]
    pub(super) file: Option<Spanned<String>>,
    /// CSV with a header line.
    #[schemars(with = "Option<String>", example = &"id,day\n1,2026-01-30\n")]
    pub(super) csv: Option<Spanned<String>>,
    /// A JSON object a line.
    #[schemars(with = "Option<String>", example = &"{\"id\": 1}\n")]
    pub(super) ndjson: Option<Spanned<String>>,
    /// A statement in GoogleSQL that reads no table; its answer is the table.
    #[schemars(with = "Option<String>", example = &"SELECT id FROM UNNEST(GENERATE_ARRAY(1, 100)) AS id")]
    pub(super) sql: Option<Spanned<String>>,
    /// Names of columns with their types in GoogleSQL, for `values`, in order.
    #[schemars(with = "Option<Vec<String>>", example = json!(["id INT64", "day DATE"]))]
    pub(super) columns: Option<Spanned<Vec<Spanned<String>>>>,
    /// Rows as in SQL's VALUES.
    #[schemars(with = "Option<String>", example = &"(1, DATE '2026-01-30'), (2, NULL)")]
    pub(super) values: Option<Spanned<String>>,
}

shaped!(File, "file", "besides `[tables]`, `[context]` and `[[case]]`");
shaped!(Case, "case", "besides `tables` and `context`; what the plugin reads goes under `settings`");
shaped!(Context, "context");
shaped!(Table, "table");
