//! The connection to BigQuery, which the source reads through and the sink writes through.
//!
//! One trait, [`Connection`], and one implementation of it, [`Rest`]. Requests are made of the types of the crate
//! `gcp-bigquery-client`; they are sent and their answers read here, for the crate loses the status of an answer that is
//! no JSON, knows neither timeouts nor tries, and cannot upload. [`Tokens`] is an authenticator of that crate too.
//!
//! Invariants: only calls that may be made twice are tried again, and every call is one of those, for a job has a name of
//! our own; nothing goes on beyond the deadline that a call is given; no error, log line or `Debug` holds a token.

mod answer;
mod credentials;
mod error;
mod http;
pub mod job;
mod labels;
mod rest;
mod retry;
mod token;

use std::fmt::Debug;

use async_trait::async_trait;
use tokio::time::Instant;

pub use answer::{
    Cell, Dataset, DatasetReference, DatasetsPage, ElementType, ErrorProto, Field, Job, JobConfiguration, JobReference,
    JobStatistics, JobStatus, LoadStatistics, QueryConfiguration, QueryStatistics, ResultsPage, Row, Schema, Table,
    TableReference, TablesPage, View,
};
pub use credentials::{AuthHosts, Credentials, Identity};
pub use error::{Class, Error, Reason};
pub use job::{JobId, JobKey, NewJob};
pub use labels::{Labels, label};
pub use rest::{ConnectionOptions, ENDPOINT, Rest};
pub use retry::Retry;
pub use token::Tokens;

/// Which rows of an answer are wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageRequest {
    /// What the page before said; None for the first.
    pub token: Option<String>,
    /// Most rows; BigQuery gives fewer when they are large.
    pub rows_max: u32,
}

/// What is asked of BigQuery, all of it. Every call is tried again while the failure may pass and `until` is not near.
#[async_trait]
pub trait Connection: Debug + Send + Sync {
    /// The project in which jobs run.
    fn project(&self) -> &str;

    /// Makes a job of that name; a dry one is only looked at.
    ///
    /// # Errors
    /// [`Class::Duplicate`] when there is one of that name: see [`job::begin`].
    ///
    /// # Cancel safety
    /// The job may have been made.
    async fn insert(&self, id: &JobId, job: &NewJob, until: Instant) -> Result<Job, Error>;

    /// How far a job is.
    ///
    /// # Errors
    /// When it is not there, or the call fails. An error of the job is none of the call.
    ///
    /// # Cancel safety
    /// Nothing is left behind.
    async fn job(&self, id: &JobId, until: Instant) -> Result<Job, Error>;

    /// Waits some seconds for a query to be over, and returns some of its rows then.
    ///
    /// # Errors
    /// The query's own error, or that of the call.
    ///
    /// # Cancel safety
    /// Nothing is left behind; the job goes on.
    async fn results(&self, id: &JobId, page: &PageRequest, until: Instant) -> Result<ResultsPage, Error>;

    /// Asks for the end of a job, which comes soon and not at once. To ask again does no harm.
    ///
    /// # Errors
    /// When there is no such job, or the call fails.
    ///
    /// # Cancel safety
    /// The job may or may not go on.
    async fn cancel(&self, id: &JobId, until: Instant) -> Result<Job, Error>;

    /// Looks at a dataset.
    ///
    /// # Errors
    /// When it is not there or may not be seen.
    ///
    /// # Cancel safety
    /// Nothing is left behind.
    async fn dataset(&self, project: &str, dataset: &str, until: Instant) -> Result<Dataset, Error>;

    /// Some datasets of the project of the connection; `page_token` is what the page before said.
    ///
    /// # Errors
    /// When they may not be listed.
    ///
    /// # Cancel safety
    /// Nothing is left behind.
    async fn datasets(&self, page_token: Option<&str>, until: Instant) -> Result<DatasetsPage, Error>;

    /// Looks at a table.
    ///
    /// # Errors
    /// When it is not there or may not be seen.
    ///
    /// # Cancel safety
    /// Nothing is left behind.
    async fn table(&self, table: &TableReference, until: Instant) -> Result<Table, Error>;

    /// Some tables of a dataset, at most 1,000; `page_token` is what the page before said.
    ///
    /// # Errors
    /// When the dataset is not there or may not be seen.
    ///
    /// # Cancel safety
    /// Nothing is left behind.
    async fn tables(
        &self,
        project: &str,
        dataset: &str,
        page_token: Option<&str>,
        until: Instant,
    ) -> Result<TablesPage, Error>;
}
