//! What a person may write in `assay.toml`. The comments here are the reference: they go into the JSON
//! Schema that editors show, and the examples into the hints of errors.
//!
//! Every key is optional here, whether or not the file needs it, so that a missing key is one problem
//! among others and not the end of reading; the schema tells which are required. Values keep their place
//! in the file wherever a problem may point at them.

mod alert;
mod calendar;
mod overlay;
mod receiver;
mod route;
mod schedule;
mod serve;
mod sink;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::time::Duration;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Deserialize, Deserializer, Error, Visitor};
use serde_json::{Map, Value as Json, json};
use toml::Spanned;

use crate::model::{LimitName, LimitUnit, Severity};

use super::sections::Section;

pub(super) use alert::{Alerts, COUNT_MAX, FailuresOf, Policy};
#[cfg(test)]
pub(super) use alert::{MISSING_DEFAULT, REOPEN_DEFAULT};
pub(super) use calendar::{Blackout, Calendar, CalendarQuery, ToldBlackout};
pub(super) use overlay::{DAYS, Inhibit, Maintenance, Quiet};
pub(super) use receiver::{
    Address, HOLD_DEFAULT, Headers, LABEL_DEFAULT, RATE_MESSAGES_MAX, Rate, Receiver, Secret, SecretReference,
    TIMEOUT_DEFAULT, TLS, TYPES,
};
pub(super) use route::{Digest, Route};
#[cfg(test)]
pub(super) use route::{GROUP_BY_DEFAULT, GROUP_INTERVAL_DEFAULT, GROUP_WAIT_DEFAULT};
pub(super) use schedule::{
    CATCH_UP_LIMIT_DEFAULT, CATCH_UP_LIMIT_MAX, CATCH_UP_WINDOW_DEFAULT, DEPENDS_WITHIN_DEFAULT, JITTER_DEFAULT,
    Schedule,
};
pub(super) use serve::{
    DISK_FREE_DEFAULT, DRAIN_DEFAULT, EVERY_MIN, Heartbeat, LISTEN_DEFAULT, SELF_CHECK_DEFAULT, Serve, Token,
};
pub(super) use sink::{QUEUE_ROWS_DEFAULT, QUEUE_ROWS_MAX, SINK_ALERT_DEFAULT, SINK_INTERVAL_DEFAULT, Sink};

/// A size as it is written and what it means; a test compares them.
#[derive(Debug)]
pub(super) struct Size {
    pub(super) text: &'static str,
    pub(super) bytes: u64,
}

/// A duration as it is written and what it means; a test compares them.
#[derive(Debug)]
pub(super) struct Time {
    pub(super) text: &'static str,
    pub(super) millis: u64,
}

impl Time {
    pub(super) const fn duration(&self) -> Duration {
        Duration::from_millis(self.millis)
    }
}

/// Where the journal is when nothing is said.
pub(super) const STATE_DEFAULT: &str = ".assay";
/// Where the components are when nothing is said.
pub(super) const PLUGINS_DEFAULT: &str = "plugins";
/// The largest component when nothing is said.
pub(super) const COMPONENT_DEFAULT: Size = Size { text: "64 MiB", bytes: 64 << 20 };
/// Time of a compilation when nothing is said.
pub(super) const COMPILE_TIME_DEFAULT: Time = Time { text: "5m", millis: 300_000 };
/// Memory of a compilation when nothing is said.
pub(super) const COMPILE_MEMORY_DEFAULT: Size = Size { text: "2 GiB", bytes: 2 << 30 };
/// Memory of a source's queries when nothing is said.
pub(super) const QUERY_MEMORY_DEFAULT: Size = Size { text: "512 MiB", bytes: 512 << 20 };
/// Temporary disk of a source's queries when nothing is said.
pub(super) const SPILL_DEFAULT: Size = Size { text: "2 GiB", bytes: 2 << 30 };
/// Queries of a source at once when nothing is said.
pub(super) const CONCURRENCY_DEFAULT: u32 = 8;
/// The most workers: more would be threads that wait for each other.
pub(super) const WORKERS_MAX: u32 = 1_024;
/// The most queries of a source at once.
pub(super) const CONCURRENCY_MAX: u32 = 1_024;
/// Tries of a check when nothing is said.
pub(super) const ATTEMPTS_DEFAULT: u32 = 3;
/// The most tries of a check: a source that is not there after so many is not there.
pub(super) const ATTEMPTS_MAX: u32 = 10;
/// The most runs that confirm a failure.
pub(super) const CONFIRM_TIMES_MAX: u32 = 10;
/// How the names begin that no configured check can have.
pub(super) const HOST_NAMES: &str = "assay/";
/// The type of a source of files.
pub(super) const FILES: &str = "files";
/// The type of a source that is BigQuery.
pub(super) const BIGQUERY: &str = "bigquery";
/// Where credentials come from when nothing is said.
const CREDENTIALS_DEFAULT: &str = "adc";

/// The configuration of assay: which checks run, over which data, within which limits. Paths are
/// relative to the folder of this file.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields, title = "assay.toml")]
pub(super) struct Document {
    /// The host itself. Every key may be left out.
    #[schemars(with = "Option<Host>")]
    pub(super) host: Option<Section<Host>>,
    /// The host that `assay serve` keeps running. Every key may be left out.
    #[schemars(with = "Option<Serve>")]
    pub(super) serve: Option<Section<Serve>>,
    /// Where results go as well. Left out: nowhere, the journal has them.
    #[schemars(with = "Option<Sink>")]
    pub(super) sink: Option<Section<Sink>>,
    /// Where data comes from, by name: `[source.NAME]`.
    #[schemars(with = "BTreeMap<String, Source>", extend("minProperties" = 1))]
    pub(super) source: Vec<Named<Source>>,
    /// Days on which schedules run, and days on which they do not, by name: `[calendar.NAME]`.
    #[schemars(with = "Option<BTreeMap<String, Calendar>>")]
    pub(super) calendar: Vec<Named<Calendar>>,
    /// When, in which zone and about which day checks run, by name: `[schedule.NAME]`.
    #[schemars(with = "Option<BTreeMap<String, Schedule>>")]
    pub(super) schedule: Vec<Named<Schedule>>,
    /// What holds of all alerts: of checks that failed, could not say or did not run. Every key may be left out.
    #[schemars(with = "Option<Alerts>")]
    pub(super) alerts: Option<Section<Alerts>>,
    /// Who is told of alerts, and how, by name: `[receiver.NAME]`. Left out: alerts are kept and shown, and nobody is
    /// told.
    #[schemars(with = "Option<BTreeMap<String, Receiver>>")]
    pub(super) receiver: Vec<Named<Receiver>>,
    /// Which receivers are told of which alerts, by name: `[route.NAME]`. The order counts.
    #[schemars(with = "Option<BTreeMap<String, Route>>")]
    pub(super) route: Vec<Named<Route>>,
    /// Alerts that hold back others, by name: `[inhibit.NAME]`.
    #[schemars(with = "Option<BTreeMap<String, Inhibit>>")]
    pub(super) inhibit: Vec<Named<Inhibit>>,
    /// Hours in which nobody is told, by name: `[quiet.NAME]`.
    #[schemars(with = "Option<BTreeMap<String, Quiet>>")]
    pub(super) quiet: Vec<Named<Quiet>>,
    /// Times in which it is known that something is not as it must be, by name: `[maintenance.NAME]`.
    #[schemars(with = "Option<BTreeMap<String, Maintenance>>")]
    pub(super) maintenance: Vec<Named<Maintenance>>,
    /// Summaries, by name: `[digest.NAME]`.
    #[schemars(with = "Option<BTreeMap<String, Digest>>")]
    pub(super) digest: Vec<Named<Digest>>,
    /// The checks, one `[[check]]` each.
    #[schemars(with = "Vec<Check>", length(min = 1))]
    pub(super) check: Vec<Option<Section<Check>>>,
    /// The sections that are there, rightly spelled or nearly so, and could not be read in whole, so that
    /// nothing can be said of what they lack.
    #[schemars(skip)]
    pub(super) unreadable: BTreeSet<&'static str>,
}

/// A section with the name in its heading; the section itself is missing when it could not be read.
#[derive(Debug)]
pub(super) struct Named<T> {
    pub(super) name: Spanned<String>,
    pub(super) section: Option<Section<T>>,
}

/// The host itself.
#[derive(Debug, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Host {
    /// Folder of the journal, in which results are kept. Made when it is not there.
    #[schemars(with = "Option<String>", length(min = 1), extend("default" = STATE_DEFAULT), example = ".assay")]
    pub(super) state: Option<Spanned<String>>,
    /// Folder of the components, each a file `ID@VERSION.wasm`.
    #[schemars(with = "Option<String>", length(min = 1), extend("default" = PLUGINS_DEFAULT), example = &"plugins")]
    pub(super) plugins: Option<Spanned<String>>,
    /// Threads that run checks; four times as many checks are under way at once. Left out: one a core.
    #[schemars(with = "Option<Whole>", range(min = 1, max = WORKERS_MAX), example = 2)]
    pub(super) workers: Option<Spanned<Whole>>,
    /// Size of the largest component that is admitted.
    #[schemars(with = "Option<String>", extend("default" = COMPONENT_DEFAULT.text), example = "64 MiB")]
    pub(super) component_max: Option<Spanned<String>>,
    /// Time that compiling a component may take, once, when it is first admitted.
    #[schemars(with = "Option<String>", extend("default" = COMPILE_TIME_DEFAULT.text), example = "5m")]
    pub(super) compile_time: Option<Spanned<String>>,
    /// Memory that compiling a component may take.
    #[schemars(with = "Option<String>", extend("default" = COMPILE_MEMORY_DEFAULT.text), example = "2 GiB")]
    pub(super) compile_memory: Option<Spanned<String>>,
    /// The most that any check gets of each limit, whatever it asks for.
    #[schemars(with = "Option<LimitTable>", example = json!({ "memory": "256 MiB" }))]
    pub(super) limits: Option<LimitTable>,
}

/// A place where data comes from.
#[derive(Debug, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Source {
    /// What kind of source: `files`, a folder of Parquet, CSV and NDJSON files, each file or folder of
    /// files a table; or `bigquery`. CSV and NDJSON files may be packed with gzip or zstd. `TABLE.schema.yaml`
    /// beside a table declares its columns; what `bq show --schema` prints will do.
    #[schemars(with = "String", extend("enum" = [FILES, BIGQUERY]), example = &"files")]
    pub(super) r#type: Option<Spanned<String>>,
    /// Of `files`, which needs it: the folder.
    #[schemars(with = "Option<String>", length(min = 1), example = &"data")]
    pub(super) path: Option<Spanned<String>>,
    /// Of `bigquery`, which needs it: the project in which queries run and which pays for them. Of `files`:
    /// the project that the folder stands for, so that `PROJECT.dataset.table` names its table
    /// `dataset.table` and the SQL of BigQuery needs no change. Grants name tables of it without it.
    #[schemars(with = "Option<String>", length(min = 1), example = &"my-project")]
    pub(super) project: Option<Spanned<String>>,
    /// Of `bigquery`: the dataset of tables that statements name alone, `DATASET` or `PROJECT.DATASET`.
    #[schemars(with = "Option<String>", length(min = 1), example = &"analytics")]
    pub(super) dataset: Option<Spanned<String>>,
    /// Of `bigquery`: where queries run. Left out: where the tables are, as BigQuery finds out.
    #[schemars(with = "Option<String>", length(min = 1), example = &"EU")]
    pub(super) location: Option<Spanned<String>>,
    /// Of `bigquery`: whose rights. `adc`: Application Default Credentials, as Google's own programs find
    /// them. `file`: those in `credentials_file`. `metadata`: those of the machine or the pod. `none`: for
    /// emulators.
    #[schemars(
        with = "Option<String>",
        extend("enum" = ["adc", "file", "metadata", "none"]),
        extend("default" = CREDENTIALS_DEFAULT),
        example = &"metadata"
    )]
    pub(super) credentials: Option<Spanned<String>>,
    /// Of `bigquery`: a file of credentials. The key of a service account, an authorized user, an external
    /// account (workload identity federation), or a service account that somebody acts as.
    #[schemars(with = "Option<String>", length(min = 1), example = &"/etc/assay/bigquery.json")]
    pub(super) credentials_file: Option<Spanned<String>>,
    /// Of `bigquery`: the e-mail address of a service account that is acted as.
    #[schemars(with = "Option<String>", length(min = 1), example = &"assay@my-project.iam.gserviceaccount.com")]
    pub(super) impersonate: Option<Spanned<String>>,
    /// Of `bigquery`: scheme, host and port of an emulator or of a private endpoint.
    #[schemars(with = "Option<String>", length(min = 1), example = &"http://127.0.0.1:9050")]
    pub(super) endpoint: Option<Spanned<String>>,
    /// Of `bigquery`: what may be billed a day (UTC), all checks together. A query that would go beyond it
    /// is refused. Left out: as much as the checks' own limits allow.
    #[schemars(with = "Option<String>", example = &"1 TiB")]
    pub(super) daily_budget: Option<Spanned<String>>,
    /// Memory that all queries of the source share. One query may hold at most half of what the others
    /// leave; sorting and grouping beyond that goes to disk, within `spill`.
    #[schemars(with = "Option<String>", extend("default" = QUERY_MEMORY_DEFAULT.text), example = "512 MiB")]
    pub(super) memory: Option<Spanned<String>>,
    /// Temporary disk that all queries of the source share when memory does not suffice. A query that
    /// needs more ends in an error. `0 B`: never.
    #[schemars(with = "Option<String>", extend("default" = SPILL_DEFAULT.text), example = "2 GiB")]
    pub(super) spill: Option<Spanned<String>>,
    /// The column that says since when a row is there, in every table that has it, a TIMESTAMP. A run for a day gone by then
    /// sees what was there at its scheduled instant. Left out: whatever is there now.
    #[schemars(with = "Option<String>", length(min = 1), example = &"available_at")]
    pub(super) as_of_from: Option<Spanned<String>>,
    /// The column that says until when (exclusive) a row is there; null for rows that are still there.
    #[schemars(with = "Option<String>", length(min = 1), example = &"superseded_at")]
    pub(super) as_of_until: Option<Spanned<String>>,
    /// Queries at once; more wait for their turn.
    #[schemars(
        with = "Option<Whole>",
        range(min = 1, max = CONCURRENCY_MAX),
        extend("default" = CONCURRENCY_DEFAULT),
        example = 8
    )]
    pub(super) concurrency: Option<Spanned<Whole>>,
}

impl Source {
    /// The keys that hold text, with what is written.
    pub(super) fn texts(&self) -> [(&'static str, Option<&Spanned<String>>); 14] {
        let Self {
            r#type,
            path,
            project,
            dataset,
            location,
            credentials,
            credentials_file,
            impersonate,
            endpoint,
            daily_budget,
            memory,
            spill,
            as_of_from,
            as_of_until,
            concurrency: _,
        } = self;
        [
            ("type", r#type.as_ref()),
            ("path", path.as_ref()),
            ("project", project.as_ref()),
            ("dataset", dataset.as_ref()),
            ("location", location.as_ref()),
            ("credentials", credentials.as_ref()),
            ("credentials_file", credentials_file.as_ref()),
            ("impersonate", impersonate.as_ref()),
            ("endpoint", endpoint.as_ref()),
            ("daily_budget", daily_budget.as_ref()),
            ("memory", memory.as_ref()),
            ("spill", spill.as_ref()),
            ("as_of_from", as_of_from.as_ref()),
            ("as_of_until", as_of_until.as_ref()),
        ]
    }
}

/// A configured use of a plugin.
#[derive(Debug, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Check {
    /// Name of the check, unlike that of any other check or schedule.
    #[schemars(with = "String", length(min = 1, max = 100), example = "orders-rows")]
    pub(super) name: Option<Spanned<String>>,
    /// The plugin at its version: `ID@VERSION`.
    #[schemars(with = "String", example = "row-count@1.0.0")]
    pub(super) plugin: Option<Spanned<String>>,
    /// Name of the schedule that runs the check. Left out: the check runs by name, in UTC, about the same
    /// day.
    #[schemars(with = "Option<String>", example = &"morning")]
    pub(super) schedule: Option<Spanned<String>>,
    /// Checks of the same schedule that come first. The check is skipped, with the reason `upstream`, when one of these
    /// failed or could not run.
    #[schemars(with = "Option<Vec<String>>", inner(length(min = 1)), example = ["orders-rows"])]
    pub(super) depends_on: Option<Vec<Spanned<String>>>,
    /// How often the check is run in all while it ends in an error that may pass by itself, as when a source is not
    /// reached. The waits in between become longer. 1: never again.
    #[schemars(
        with = "Option<Whole>",
        range(min = 1, max = ATTEMPTS_MAX),
        extend("default" = ATTEMPTS_DEFAULT),
        example = 3
    )]
    pub(super) attempts: Option<Spanned<Whole>>,
    /// A check that fails is run again before its failure counts. Left out: the first failure counts.
    #[schemars(with = "Option<Confirm>", example = json!({ "times": 1, "after": "5m" }))]
    pub(super) confirm: Option<Spanned<Confirm>>,
    /// How bad it is if the check fails; no finding of it is worse.
    #[schemars(
        with = "Option<String>",
        extend("enum" = Severity::ALL.map(Severity::as_str)),
        extend("default" = Severity::Medium.as_str()),
        example = &"high"
    )]
    pub(super) severity: Option<Spanned<String>>,
    /// Who owns the data.
    #[schemars(with = "Option<String>", length(min = 1), example = "data-team")]
    pub(super) owner: Option<Spanned<String>>,
    /// Who looks after the check itself, and is told when it could not say. Left out: the `owner`.
    #[schemars(with = "Option<String>", length(min = 1), example = &"platform")]
    pub(super) check_owner: Option<Spanned<String>>,
    /// When its alerts fire, where that differs from `[alerts]`.
    #[schemars(with = "Option<Policy>", example = json!({ "consecutive": 3, "repeat": "4h" }))]
    pub(super) alert: Option<Spanned<Policy>>,
    /// Labels.
    #[schemars(with = "Option<Vec<String>>", inner(length(min = 1)), example = ["orders"])]
    pub(super) tags: Option<Vec<Spanned<String>>>,
    /// The grants: for each source the tables that the check may read. `*` and `?` match within one part
    /// of a dotted name, `**` matches any number of parts.
    #[schemars(with = "Grants", example = json!({ "local": ["orders"] }))]
    pub(super) sources: Option<Spanned<Grants>>,
    /// What sources may bill for the check a day (UTC), all its runs together. A query that would go beyond
    /// it is refused. Left out: as much as sources allow.
    #[schemars(with = "Option<String>", example = "10 GiB")]
    pub(super) daily_budget: Option<Spanned<String>>,
    /// What the check asks for of each limit; of this and the host's ceiling the lower holds.
    #[schemars(with = "Option<LimitTable>", example = json!({ "deadline": "20s" }))]
    pub(super) limits: Option<LimitTable>,
    /// What the plugin reads, handed to it as JSON; dates and times become ISO 8601 text.
    #[schemars(with = "Option<Map<String, Json>>", extend("default" = {}), example = json!({ "table": "orders" }))]
    pub(super) settings: Option<Spanned<toml::Table>>,
}

/// A failure is not believed at once.
#[derive(Debug, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Confirm {
    /// How often the check is run again at most: the first of these runs that does not fail counts, else the last.
    #[schemars(with = "Whole", range(min = 1, max = CONFIRM_TIMES_MAX), example = 1)]
    pub(super) times: Option<Spanned<Whole>>,
    /// How long after the one before each of these runs begins.
    #[schemars(with = "String", example = &"5m")]
    pub(super) after: Option<Spanned<String>>,
}

/// A whole number.
#[derive(Debug, Clone, Copy)]
pub(super) struct Whole(pub(super) i64);

impl<'de> Deserialize<'de> for Whole {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct WholeVisitor;

        impl Visitor<'_> for WholeVisitor {
            type Value = Whole;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a whole number")
            }

            fn visit_i64<E: Error>(self, value: i64) -> Result<Whole, E> {
                Ok(Whole(value))
            }
        }

        deserializer.deserialize_i64(WholeVisitor)
    }
}

impl JsonSchema for Whole {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Whole".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "integer" })
    }
}

/// Limits by name, each in a form that its unit tells.
#[derive(Debug, serde::Deserialize)]
pub(crate) struct LimitTable(pub(crate) BTreeMap<Spanned<String>, Spanned<toml::Value>>);

impl JsonSchema for LimitTable {
    fn schema_name() -> Cow<'static, str> {
        "Limits".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let properties: Map<String, Json> = LimitName::ALL
            .into_iter()
            .map(|name| {
                let schema = match name.unit() {
                    LimitUnit::Bytes => json!({ "type": "string", "description": "a size, for example `64 MiB`" }),
                    LimitUnit::Count => json!({ "type": "integer", "minimum": 1, "description": "a whole number" }),
                    LimitUnit::Millis => json!({ "type": "string", "description": "a duration, for example `30s`" }),
                };
                (name.as_str().to_owned(), schema)
            })
            .collect();
        json_schema!({ "type": "object", "properties": properties, "additionalProperties": false })
    }
}

/// Patterns of tables by source.
#[derive(Debug, serde::Deserialize)]
pub(super) struct Grants(pub(super) BTreeMap<Spanned<String>, Spanned<Vec<Spanned<String>>>>);

impl JsonSchema for Grants {
    fn schema_name() -> Cow<'static, str> {
        "Grants".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "object",
            "minProperties": 1,
            "additionalProperties": { "type": "array", "minItems": 1, "items": { "type": "string", "minLength": 1 } },
        })
    }
}
