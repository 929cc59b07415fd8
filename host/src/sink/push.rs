//! Rows leave the journal's queue in batches.

use std::sync::Arc;
use std::time::Duration;

use gcp_bigquery_client::model::field_type::FieldType;
use gcp_bigquery_client::model::job_configuration_load::JobConfigurationLoad;
use gcp_bigquery_client::model::table_field_schema::TableFieldSchema;
use gcp_bigquery_client::model::table_reference::TableReference;
use gcp_bigquery_client::model::table_schema::TableSchema;
use sha2::{Digest as _, Sha256};
use tokio::time::Instant;

use super::layout::layout;
use super::sql::{self, STAGED, STAGING};
use super::{Warehouse, hint, labels, row};
use crate::bigquery::{Class, Error, JobKey, NewJob};
use crate::clock::{self, Clock};
use crate::store::{ExportBatch, Store, StoreError};

/// How much is exported at once, and how much may wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Entries of the queue in a batch.
    pub batch_entries: u32,
    /// Bytes of values in a batch, after which no entry is added.
    pub batch_bytes: usize,
    /// Rows that wait; beyond it their days wait instead.
    pub queue_max: u64,
    /// How long one attempt may take. What is under way then goes on, and is found again.
    pub patience: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self { batch_entries: 20_000, batch_bytes: 32 << 20, queue_max: 1_000_000, patience: Duration::from_secs(600) }
    }
}

/// What was exported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Pushed {
    /// Entries of the queue that are done.
    pub entries: u64,
    /// Rows that arrived.
    pub rows: u64,
    /// Bytes that were uploaded.
    pub bytes: u64,
    /// Batches.
    pub batches: u64,
}

impl std::ops::AddAssign for Pushed {
    fn add_assign(&mut self, other: Self) {
        self.entries += other.entries;
        self.rows += other.rows;
        self.bytes += other.bytes;
        self.batches += other.batches;
    }
}

/// Why a batch has not arrived. It waits in the journal.
#[derive(Debug, thiserror::Error)]
pub enum PushError {
    /// The journal.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// BigQuery could not be asked, or not to the end: what was begun goes on, and is found again.
    #[error("{0}")]
    Call(Error),
    /// A job ended in an error.
    #[error("{0}")]
    Job(Error),
}

impl PushError {
    /// What would help.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Store(error) => error.hint(),
            Self::Call(error) | Self::Job(error) => hint(error),
        }
    }
}

/// Exports what waits.
#[derive(Debug, Clone)]
pub struct Pusher {
    store: Arc<Store>,
    warehouse: Warehouse,
    clock: Clock,
    limits: Limits,
}

impl Pusher {
    /// From a journal into a dataset, which becomes its target.
    #[must_use]
    pub fn new(store: Arc<Store>, warehouse: Warehouse, clock: Clock, limits: Limits) -> Self {
        Self { store, warehouse, clock, limits }
    }

    /// Exports until nothing waits any more, or `until` passes: a batch that is under way then is ended.
    ///
    /// # Errors
    /// [`PushError`] of the first batch that does not arrive; those before it have.
    ///
    /// # Cancel safety
    /// As of [`Pusher::push`].
    pub async fn push_all(&self, until: Instant) -> Result<Pushed, PushError> {
        let mut pushed = Pushed::default();
        loop {
            let batch = self.push().await?;
            pushed += batch;
            if batch.batches == 0 || clock::until(until).is_zero() {
                return Ok(pushed);
            }
        }
    }

    /// Exports one batch; nothing when nothing waits.
    ///
    /// # Errors
    /// [`PushError`]; the journal knows of it.
    ///
    /// # Cancel safety
    /// The batch waits on; jobs may be under way, and are found again by their names.
    pub async fn push(&self) -> Result<Pushed, PushError> {
        let Limits { batch_entries, batch_bytes, queue_max, .. } = self.limits;
        // Another process may have another configuration, and have said otherwise.
        let target = self.warehouse.dataset().to_string();
        self.store.export_to(Some(target), self.clock.now()).await?;
        self.store.export_tidy(queue_max).await?;
        let Some(batch) = self.store.export_batch(batch_entries, batch_bytes).await? else {
            return Ok(Pushed::default());
        };
        let sent = self.send(&batch).await;
        let now = self.clock.now();
        match sent {
            Ok(bytes) => {
                let pushed =
                    Pushed { entries: batch.entries.len() as u64, rows: batch.rows.len() as u64, bytes, batches: 1 };
                self.store.exported(batch.entries, now).await?;
                Ok(pushed)
            }
            Err(error) => {
                self.store.export_failed(error.to_string(), matches!(error, PushError::Job(_)), now).await?;
                Err(error)
            }
        }
    }

    /// Sends a batch; how many bytes it had.
    async fn send(&self, batch: &ExportBatch) -> Result<u64, PushError> {
        let ExportBatch { journal, entries: _, rows, failed_jobs } = batch;
        if rows.is_empty() {
            return Ok(0);
        }
        let until = clock::monotonic() + self.limits.patience;
        let dataset = self.warehouse.dataset();
        let lines = row::lines(rows);
        let bytes = lines.len() as u64;
        let digest: String = Sha256::digest(&lines).iter().take(16).map(|byte| format!("{byte:02x}")).collect();
        let staging = format!("{STAGING}{}_{digest}", journal.to_ascii_lowercase());
        // The same batch has the same jobs, until one of them has ended in an error.
        let attempt = failed_jobs.to_string();
        let key = |what| JobKey::new("assay_sink", &[what, &dataset.to_string(), &staging, &attempt]);

        let text = |name: &&str| TableFieldSchema::new(name, FieldType::String);
        let load = JobConfigurationLoad {
            destination_table: Some(TableReference::new(&dataset.project, &dataset.dataset, &staging)),
            schema: Some(TableSchema::new(STAGED.iter().map(text).collect())),
            create_disposition: Some("CREATE_IF_NEEDED".to_owned()),
            write_disposition: Some("WRITE_TRUNCATE".to_owned()),
            ..JobConfigurationLoad::default()
        };
        let load = NewJob::load(load, lines).labelled(&labels());
        let loaded = self.warehouse.finish(&key("load"), &load, until).await.map_err(PushError::Call)?;
        let loaded = loaded.map_err(PushError::Job)?.statistics.load.unwrap_or_default();
        if loaded.output_rows != Some(rows.len() as u64) {
            let message = format!("{} of {} rows were loaded", loaded.output_rows.unwrap_or_default(), rows.len());
            return Err(PushError::Job(Error::new(Class::Unknown, message)));
        }

        let script = Warehouse::statement(&sql::merge(dataset, &staging, rows, &layout().tables));
        let merged = self.warehouse.finish(&key("merge"), &script, until).await.map_err(PushError::Call)?;
        if let Err(error) = merged {
            // The rows are loaded anew next time, with what has come meanwhile: without this, tables would pile up.
            let drop = sql::drop_table(dataset, &staging);
            if let Err(error) = self.warehouse.run(&["drop", &staging, &attempt], &drop, until).await {
                tracing::debug!(%error, staging, "a table of rows on their way is left behind");
            }
            return Err(PushError::Job(error));
        }
        Ok(bytes)
    }
}
