//! The keys of `[sink]`.

use schemars::JsonSchema;
use toml::Spanned;

use super::{BIGQUERY, CREDENTIALS_DEFAULT, Time, Whole};

/// How often rows are exported when nothing is said.
pub(in crate::config) const SINK_INTERVAL_DEFAULT: Time = Time { text: "5m", millis: 300_000 };
/// How far the sink may be behind before the host complains, when nothing is said.
pub(in crate::config) const SINK_ALERT_DEFAULT: Time = Time { text: "1h", millis: 3_600_000 };
/// Rows that wait at most when nothing is said.
pub(in crate::config) const QUEUE_ROWS_DEFAULT: u32 = 1_000_000;
/// The most rows that may wait: each is some 150 bytes of disk.
pub(in crate::config) const QUEUE_ROWS_MAX: u32 = 100_000_000;

/// A copy of the journal's results in BigQuery.
#[derive(Debug, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::config) struct Sink {
    /// What kind of sink: `bigquery`.
    #[schemars(with = "String", extend("enum" = [BIGQUERY]), example = &"bigquery")]
    pub(in crate::config) r#type: Option<Spanned<String>>,
    /// The project in which jobs run and which pays for them.
    #[schemars(with = "String", length(min = 1), example = &"my-project")]
    pub(in crate::config) project: Option<Spanned<String>>,
    /// The dataset of the tables, `DATASET` or `PROJECT.DATASET`. `assay sink migrate` makes its tables; the dataset
    /// itself must be there.
    #[schemars(with = "String", length(min = 1), example = &"assay")]
    pub(in crate::config) dataset: Option<Spanned<String>>,
    /// Where the dataset is. Left out: as BigQuery finds out.
    #[schemars(with = "Option<String>", length(min = 1), example = &"EU")]
    pub(in crate::config) location: Option<Spanned<String>>,
    /// Whose rights, as of a source of the type `bigquery`. Never those with which checks read.
    #[schemars(
        with = "Option<String>",
        extend("enum" = ["adc", "file", "metadata", "none"]),
        extend("default" = CREDENTIALS_DEFAULT),
        example = &"metadata"
    )]
    pub(in crate::config) credentials: Option<Spanned<String>>,
    /// A file of credentials, as of a source of the type `bigquery`.
    #[schemars(with = "Option<String>", length(min = 1), example = &"/etc/assay/sink.json")]
    pub(in crate::config) credentials_file: Option<Spanned<String>>,
    /// The e-mail address of a service account that is acted as.
    #[schemars(with = "Option<String>", length(min = 1), example = &"assay-sink@my-project.iam.gserviceaccount.com")]
    pub(in crate::config) impersonate: Option<Spanned<String>>,
    /// Scheme, host and port of an emulator or of a private endpoint.
    #[schemars(with = "Option<String>", length(min = 1), example = &"http://127.0.0.1:9050")]
    pub(in crate::config) endpoint: Option<Spanned<String>>,
    /// How often what waits is exported. Each time costs a job or two, and is billed at least 20 MB for each table with
    /// new rows.
    #[schemars(with = "Option<String>", extend("default" = SINK_INTERVAL_DEFAULT.text), example = "5m")]
    pub(in crate::config) interval: Option<Spanned<String>>,
    /// Rows that may wait one by one. Beyond it their days wait instead, and are exported whole: nothing is lost.
    #[schemars(
        with = "Option<Whole>",
        range(min = 1, max = QUEUE_ROWS_MAX),
        extend("default" = QUEUE_ROWS_DEFAULT),
        example = 1_000_000
    )]
    pub(in crate::config) queue_max: Option<Spanned<Whole>>,
    /// How far the sink may be behind before the host complains of it, as the check `assay/host`.
    #[schemars(with = "Option<String>", extend("default" = SINK_ALERT_DEFAULT.text), example = "1h")]
    pub(in crate::config) alert_after: Option<Spanned<String>>,
}
