//! The sink: what the journal has, a dataset of BigQuery has too.
//!
//! In reading order:
//! - [`layout`]: the tables, as schemas/results.yaml describes them; [`Row`]: rows on their way;
//! - `sql`: what BigQuery is told, as text; `views`: answers to the standard questions;
//! - [`Warehouse`]: a dataset; [`migrate`]: its tables are brought up to date; [`Pusher`]: rows leave the journal's queue in
//!   batches; [`verify`]: journal and dataset are compared.
//!
//! How a batch travels: one load job into a table of its own, one script that merges it by key into the tables. Both have
//! names that follow from the batch, so that whoever tries again, after an outage or a restart, finds the jobs that there
//! are; and a row only gives way to one of a greater revision, so that even a job that ends late changes nothing. An entry
//! leaves the queue when its revision is in the tables.

pub mod layout;
mod migrate;
mod push;
mod row;
mod sql;
mod verify;
mod views;

use std::sync::Arc;
use std::time::Duration;

use gcp_bigquery_client::model::job_configuration_query::JobConfigurationQuery;
use tokio::time::Instant;

use crate::bigquery::{Class, Connection, Error, Job, JobId, JobKey, Labels, NewJob, PageRequest, Rest, job};
use crate::clock;
use crate::config::SinkConfig;

pub use migrate::{MigrateError, Step, migrate, plan};
pub use push::{Limits, PushError, Pushed, Pusher};
pub use row::{Digest, Row};
pub use sql::Dataset;
pub use verify::{Compared, Verdict, VerifyError, verify};

/// How long one statement of the host itself may take.
const PATIENCE: Duration = Duration::from_secs(600);
/// How long it is tried to begin a job, uploads included: then BigQuery is not there, and that is told.
const BEGIN: Duration = Duration::from_secs(150);
/// How long it is tried to look at the dataset: a person may wait for it.
const REACH: Duration = Duration::from_secs(20);
/// Rows of an answer that are asked for at once.
const PAGE_ROWS: u32 = 10_000;
/// Between two looks at a query that does not hold the request.
const LOOK: Duration = Duration::from_millis(200);

/// A dataset that is written to.
#[derive(Debug, Clone)]
pub struct Warehouse {
    connection: Arc<dyn Connection>,
    dataset: Dataset,
    location: Option<String>,
}

impl Warehouse {
    /// Prepares to write there: files of credentials are read, nothing is asked yet.
    ///
    /// # Errors
    /// When the credentials cannot be used.
    ///
    /// # Cancel safety
    /// Nothing is left behind.
    pub async fn open(config: &SinkConfig) -> Result<Self, Error> {
        let SinkConfig { connection, dataset, .. } = config.clone();
        let location = connection.location.clone();
        let rest = Rest::open(connection).await?;
        Ok(Self::new(Arc::new(rest), dataset, location))
    }

    /// Writes through a connection.
    #[must_use]
    pub fn new(connection: Arc<dyn Connection>, dataset: Dataset, location: Option<String>) -> Self {
        Self { connection, dataset, location }
    }

    /// The dataset.
    #[must_use]
    pub fn dataset(&self) -> &Dataset {
        &self.dataset
    }

    /// Whether the dataset can be seen; soon.
    ///
    /// # Errors
    /// When it cannot.
    ///
    /// # Cancel safety
    /// Nothing is left behind.
    pub async fn reach(&self) -> Result<crate::bigquery::Dataset, Error> {
        let Dataset { project, dataset } = &self.dataset;
        self.connection.dataset(project, dataset, clock::monotonic() + REACH).await
    }

    fn statement(sql: &str) -> NewJob {
        NewJob::query(JobConfigurationQuery {
            query: sql.to_owned(),
            use_legacy_sql: Some(false),
            ..JobConfigurationQuery::default()
        })
        .labelled(&labels())
    }

    /// Runs DDL or DML that does no harm when it is run twice. `parts` name the job.
    async fn run(&self, parts: &[&str], sql: &str, until: Instant) -> Result<(), Error> {
        let key = JobKey::new("assay_sink", parts);
        job::run(self.connection.as_ref(), &key, &Self::statement(sql), until).await.map(drop)
    }

    /// The rows of an answer, their cells as text.
    async fn ask(&self, parts: &[&str], sql: &str) -> Result<Vec<Vec<Option<String>>>, Error> {
        let until = clock::monotonic() + PATIENCE;
        let key = JobKey::new("assay_sink", parts);
        let Job { job_reference, .. } =
            job::begin(self.connection.as_ref(), &key, &Self::statement(sql), until, |_| {}).await?;
        let id = JobId { id: job_reference.job_id, location: job_reference.location };
        let mut rows = Vec::new();
        let mut page = PageRequest { token: None, rows_max: PAGE_ROWS };
        loop {
            let answer = self.connection.results(&id, &page, until).await?;
            if !answer.job_complete {
                if clock::until(until) < LOOK {
                    return Err(Error::new(Class::Unreachable, "the query did not end before the deadline"));
                }
                tokio::time::sleep(LOOK).await;
                continue;
            }
            rows.extend(answer.rows.into_iter().map(|row| row.f.into_iter().map(|cell| text(cell.v)).collect()));
            match answer.page_token {
                Some(token) => page.token = Some(token),
                None => return Ok(rows),
            }
        }
    }

    /// Runs a job to its end, or finds the one of that name. The inner error is the job's own: it is over.
    async fn finish(&self, key: &JobKey, job: &NewJob, until: Instant) -> Result<Result<Job, Error>, Error> {
        let connection = self.connection.as_ref();
        let soon = until.min(clock::monotonic() + BEGIN);
        let begun = job::begin(connection, key, job, soon, |_| {}).await?;
        let ended = job::end(connection, begun, until).await?;
        Ok(match ended.error() {
            Some(error) => Err(error),
            None => Ok(ended),
        })
    }
}

/// What would help when the sink cannot write.
fn hint(error: &Error) -> &'static str {
    match error.class {
        Class::AccessDenied => {
            "grant `roles/bigquery.jobUser` on the project and `roles/bigquery.dataEditor` on the dataset of the sink"
        }
        Class::NotFound => "does the dataset have its tables? `assay sink migrate` makes them",
        Class::Invalid => "do the tables have the columns of this assay? `assay sink migrate` adds what is missing",
        _ => error.hint(),
    }
}

fn labels() -> Labels {
    Labels::default().with("app", "assay").with("for", "sink")
}

fn text(cell: serde_json::Value) -> Option<String> {
    match cell {
        serde_json::Value::Null => None,
        serde_json::Value::String(text) => Some(text),
        other => Some(other.to_string()),
    }
}
