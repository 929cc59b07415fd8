//! Google's answers, as far as they are used. Lenient: a field that is missing or new breaks nothing here, unlike in the
//! crate's own types, which lack RANGE and want what emulators leave out.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer};
use serde_json::Value as Json;

use super::error::Error;

/// A job: <https://cloud.google.com/bigquery/docs/reference/rest/v2/Job>.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Job {
    /// Its name and place.
    pub job_reference: JobReference,
    /// How far it is.
    pub status: JobStatus,
    /// What it used.
    pub statistics: JobStatistics,
    /// What it was told to do.
    pub configuration: JobConfiguration,
}

impl Job {
    /// Whether it is over, well or not.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.status.state == "DONE"
    }

    /// The error that it ended in.
    #[must_use]
    pub fn error(&self) -> Option<Error> {
        self.status.error_result.as_ref().map(|error| Error::of_job(&error.reason, &error.message))
    }
}

/// Name and place of a job.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct JobReference {
    /// The project that it belongs to and that pays for it.
    pub project_id: String,
    /// Its name within project and location.
    pub job_id: String,
    /// Where it runs.
    pub location: Option<String>,
}

/// How far a job is.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct JobStatus {
    /// `PENDING`, `RUNNING` or `DONE`.
    pub state: String,
    /// What it ended in.
    pub error_result: Option<ErrorProto>,
}

/// An error of a job.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ErrorProto {
    /// One word.
    pub reason: String,
    /// For a person.
    pub message: String,
}

/// What a job was told to do.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct JobConfiguration {
    /// For a query.
    pub query: Option<QueryConfiguration>,
    /// Its labels.
    pub labels: BTreeMap<String, String>,
}

/// What a query job was told to do.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct QueryConfiguration {
    /// The statement.
    pub query: String,
}

/// What a job used.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct JobStatistics {
    /// Bytes processed.
    #[serde(deserialize_with = "number")]
    pub total_bytes_processed: Option<u64>,
    /// Jobs that a script ran.
    #[serde(deserialize_with = "number")]
    pub num_child_jobs: Option<u64>,
    /// Of a query.
    pub query: Option<QueryStatistics>,
    /// Of a load.
    pub load: Option<LoadStatistics>,
}

/// What a query is and used: <https://cloud.google.com/bigquery/docs/reference/rest/v2/Job#JobStatistics2>.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct QueryStatistics {
    /// `SELECT`, `INSERT`, `SCRIPT` and so on.
    pub statement_type: Option<String>,
    /// The tables that it reads, views resolved.
    pub referenced_tables: Vec<TableReference>,
    /// Bytes processed; of a dry run, an estimate and for clustered tables an upper bound.
    #[serde(deserialize_with = "number")]
    pub total_bytes_processed: Option<u64>,
    /// Bytes billed.
    #[serde(deserialize_with = "number")]
    pub total_bytes_billed: Option<u64>,
    /// Whether the answer came from the cache of results.
    pub cache_hit: Option<bool>,
    /// Rows that DML has changed.
    #[serde(deserialize_with = "number")]
    pub num_dml_affected_rows: Option<u64>,
    /// Columns of the answer.
    pub schema: Option<Schema>,
}

/// What a load has loaded.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct LoadStatistics {
    /// Rows.
    #[serde(deserialize_with = "number")]
    pub output_rows: Option<u64>,
    /// Records that were wrong.
    #[serde(deserialize_with = "number")]
    pub bad_records: Option<u64>,
}

/// The full name of a table.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct TableReference {
    /// Its project.
    pub project_id: String,
    /// Its dataset.
    pub dataset_id: String,
    /// Its name.
    pub table_id: String,
}

/// Columns, or the fields of a STRUCT.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Schema {
    /// In order.
    pub fields: Vec<Field>,
}

/// One column or field: <https://cloud.google.com/bigquery/docs/reference/rest/v2/tables#TableFieldSchema>.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Field {
    /// Its name.
    pub name: String,
    /// Its type, in one of two spellings.
    #[serde(rename = "type")]
    pub type_name: String,
    /// `NULLABLE`, `REQUIRED` or `REPEATED`.
    pub mode: Option<String>,
    /// Of a STRUCT.
    pub fields: Vec<Field>,
    /// Of a RANGE.
    pub range_element_type: Option<ElementType>,
    /// Digits behind the second of a TIMESTAMP, where more than six are kept.
    #[serde(deserialize_with = "number")]
    pub timestamp_precision: Option<u64>,
}

/// Type of what a RANGE is between.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct ElementType {
    /// `DATE`, `DATETIME` or `TIMESTAMP`.
    #[serde(rename = "type")]
    pub type_name: String,
}

/// A page of an answer: <https://cloud.google.com/bigquery/docs/reference/rest/v2/jobs/getQueryResults>.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ResultsPage {
    /// Whether the query is over; there are no rows before that.
    pub job_complete: bool,
    /// Columns.
    pub schema: Option<Schema>,
    /// Rows of the whole answer.
    #[serde(deserialize_with = "number")]
    pub total_rows: Option<u64>,
    /// What asks for the next page.
    pub page_token: Option<String>,
    /// Rows of the page.
    pub rows: Vec<Row>,
    /// Whether the answer came from the cache of results.
    pub cache_hit: Option<bool>,
}

/// One row, its cells in the order of the columns.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
pub struct Row {
    /// The cells.
    #[serde(default)]
    pub f: Vec<Cell>,
}

/// One cell.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
pub struct Cell {
    /// Text, null, a list of cells or a row.
    #[serde(default)]
    pub v: Json,
}

/// A dataset.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Dataset {
    /// Its full name.
    pub dataset_reference: DatasetReference,
    /// Where it is, for good.
    pub location: String,
}

/// The full name of a dataset.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct DatasetReference {
    /// Its project.
    pub project_id: String,
    /// Its name.
    pub dataset_id: String,
}

/// A table.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Table {
    /// Its full name.
    pub table_reference: TableReference,
    /// `TABLE`, `VIEW`, `EXTERNAL`, `MATERIALIZED_VIEW`, `SNAPSHOT`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Columns; not in a listing.
    pub schema: Option<Schema>,
    /// Rows, without those that are still being streamed; not in a listing.
    #[serde(deserialize_with = "number")]
    pub num_rows: Option<u64>,
    /// Changes whenever the table does.
    pub etag: Option<String>,
    /// Labels.
    pub labels: BTreeMap<String, String>,
    /// Of a view; not in a listing.
    pub view: Option<View>,
    /// Of a materialized view; not in a listing.
    pub materialized_view: Option<View>,
}

/// What a view shows.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct View {
    /// Its query.
    pub query: String,
}

/// A page of the datasets of a project.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct DatasetsPage {
    /// The datasets.
    pub datasets: Vec<Dataset>,
    /// What asks for the next page.
    pub next_page_token: Option<String>,
}

/// A page of the tables of a dataset.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct TablesPage {
    /// The tables.
    pub tables: Vec<Table>,
    /// What asks for the next page.
    pub next_page_token: Option<String>,
}

/// What a request to cancel says.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct Cancelled {
    pub(super) job: Job,
}

/// A number, which is text in JSON where it may need 64 bits.
fn number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    Ok(match Option::<Json>::deserialize(deserializer)? {
        Some(Json::String(text)) => text.parse().ok(),
        Some(Json::Number(number)) => number.as_u64(),
        Some(Json::Null | Json::Bool(_) | Json::Array(_) | Json::Object(_)) | None => None,
    })
}
