//! Jobs that are run once, however often they are asked for.
//!
//! The name of a job is made of what it is for: to insert it again is answered with `duplicate`, and then it is the same
//! job that is waited for. Only when that job has failed in a way that may pass is there another attempt, with a name of
//! its own.

use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use gcp_bigquery_client::model::job_configuration::JobConfiguration;
use gcp_bigquery_client::model::job_configuration_load::JobConfigurationLoad;
use gcp_bigquery_client::model::job_configuration_query::JobConfigurationQuery;
use sha2::{Digest as _, Sha256};
use tokio::time::{Instant, sleep};

use super::Connection;
use super::answer::Job;
use super::error::{Class, Error};
use super::labels::Labels;
use crate::clock;

/// Attempts at one job: as many jobs are made at most.
const ATTEMPTS_MAX: u32 = 4;
/// Between two looks at a job that is not a query.
const LOOK: Duration = Duration::from_millis(500);

/// What a job is for: the same parts are the same job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobKey(String);

impl JobKey {
    /// From what the job is for. `prefix` is for people who look at jobs: letters, digits, `_` and `-`.
    #[must_use]
    pub fn new(prefix: &str, parts: &[&str]) -> Self {
        let mut hasher = Sha256::new();
        for part in parts {
            hasher.update(part.len().to_le_bytes());
            hasher.update(part);
        }
        let digest: String = hasher.finalize().iter().take(20).map(|byte| format!("{byte:02x}")).collect();
        Self(format!("{prefix}_{digest}"))
    }

    /// The name of one attempt, from 1 on.
    #[must_use]
    pub fn attempt(&self, number: u32) -> JobId {
        JobId { id: format!("{}_{number}", self.0), location: None }
    }
}

/// Name and place of a job in the connection's project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobId {
    /// The name.
    pub id: String,
    /// The place, once it is known; before, that of the connection.
    pub location: Option<String>,
}

impl fmt::Display for JobId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.id)
    }
}

/// A job to be made.
#[derive(Debug, Clone)]
pub struct NewJob {
    /// What it does, in the crate's types.
    pub configuration: JobConfiguration,
    /// What a load job loads, newline-delimited JSON.
    pub rows: Option<Bytes>,
}

impl NewJob {
    /// A query: a read, or DDL or DML of the host itself.
    #[must_use]
    pub fn query(query: JobConfigurationQuery) -> Self {
        Self { configuration: JobConfiguration { query: Some(query), ..JobConfiguration::default() }, rows: None }
    }

    /// A load of rows into a table.
    #[must_use]
    pub fn load(load: JobConfigurationLoad, rows: Bytes) -> Self {
        let load = JobConfigurationLoad { source_format: Some("NEWLINE_DELIMITED_JSON".to_owned()), ..load };
        Self { configuration: JobConfiguration { load: Some(load), ..JobConfiguration::default() }, rows: Some(rows) }
    }

    /// The same with labels.
    #[must_use]
    pub fn labelled(mut self, labels: &Labels) -> Self {
        let labels = labels.iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect();
        self.configuration.labels = Some(labels);
        self
    }

    /// The same, ended by BigQuery after some time.
    #[must_use]
    pub fn lasting(mut self, at_most: Duration) -> Self {
        self.configuration.job_timeout_ms = Some(at_most.as_millis().max(1).to_string());
        self
    }

    /// The same, only looked at and not run.
    #[must_use]
    pub fn dry(mut self) -> Self {
        self.configuration.dry_run = Some(true);
        self
    }

    fn is_same(&self, job: &Job) -> bool {
        match (&self.configuration.query, &job.configuration.query) {
            (Some(wanted), Some(found)) => wanted.query == found.query,
            (wanted, found) => wanted.is_none() && found.is_none(),
        }
    }
}

/// Makes a job, or finds the one that was made before. `naming` hears of every name before anything of that name can be.
///
/// # Errors
/// When BigQuery refuses the job, or cannot be reached until `until`.
///
/// # Cancel safety
/// The job may have been made: cancel what `naming` was told last.
pub async fn begin(
    connection: &dyn Connection,
    key: &JobKey,
    job: &NewJob,
    until: Instant,
    mut naming: impl FnMut(&JobId) + Send,
) -> Result<Job, Error> {
    for number in 1..=ATTEMPTS_MAX {
        let id = key.attempt(number);
        naming(&id);
        let made = match connection.insert(&id, job, until).await {
            // What cannot be understood may have been a success: BigQuery knows.
            Err(error) if matches!(error.class, Class::Duplicate | Class::Unknown) => {
                match (connection.job(&id, until).await, error.class) {
                    (Ok(found), _) if job.is_same(&found) => Ok(found),
                    (Ok(_), _) => Err(Error::new(Class::Duplicate, format!("another job has the name `{id}`"))),
                    (Err(failed), Class::Duplicate) => Err(failed),
                    (Err(_), _) => Err(error),
                }
            }
            answer => answer,
        }?;
        match made.error() {
            Some(error) if made.is_done() && error.is_retryable() && number < ATTEMPTS_MAX => {
                tracing::debug!(job = %id, class = ?error.class, "a job failed in a way that may pass");
            }
            _ => return Ok(made),
        }
    }
    Err(Error::new(Class::Backend, "BigQuery failed in every attempt"))
}

/// Waits until a job is over, well or not.
///
/// # Errors
/// [`Class::Unreachable`] when `until` passes before, and that of a call; never the job's own.
///
/// # Cancel safety
/// The job goes on.
pub async fn end(connection: &dyn Connection, job: Job, until: Instant) -> Result<Job, Error> {
    let id = JobId { id: job.job_reference.job_id.clone(), location: job.job_reference.location.clone() };
    let mut job = job;
    while !job.is_done() {
        if clock::until(until) < LOOK {
            return Err(Error::new(Class::Unreachable, format!("the job `{id}` did not end before the deadline")));
        }
        sleep(LOOK).await;
        job = connection.job(&id, until).await?;
    }
    Ok(job)
}

/// Waits until a job is over.
///
/// # Errors
/// The job's own error, and as [`end`].
///
/// # Cancel safety
/// The job goes on.
pub async fn finish(connection: &dyn Connection, job: Job, until: Instant) -> Result<Job, Error> {
    let job = end(connection, job, until).await?;
    match job.error() {
        Some(error) => Err(error),
        None => Ok(job),
    }
}

/// Runs a job to its end, anew when it fails in a way that may pass.
///
/// # Errors
/// As [`begin`] and [`finish`].
///
/// # Cancel safety
/// The job may have been made and goes on; run again with the same key, it is found.
pub async fn run(connection: &dyn Connection, key: &JobKey, job: &NewJob, until: Instant) -> Result<Job, Error> {
    let mut attempts = 0;
    loop {
        let made = begin(connection, key, job, until, |_| {}).await?;
        attempts += 1;
        match finish(connection, made, until).await {
            // Found again by its name, a failed job is followed by the next attempt.
            Err(error) if error.is_retryable() && attempts < ATTEMPTS_MAX && clock::until(until) > LOOK => {}
            ended => return ended,
        }
    }
}
