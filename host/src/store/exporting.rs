//! What the journal is asked and told about its export.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::civil::Date;

use super::export_queue::{self, ExportEntry, ExportStatus, Exporting};
use super::export_rows::{self, ExportBatch};
use super::journal::Operation;
use super::{Store, StoreError};
use crate::sink::Digest;
use crate::sink::layout::Table;

impl Store {
    /// Says what is exported to, `project.dataset`, or that nothing is. From now on every row that changes waits to be
    /// exported, whichever process changes it. To a new target goes all that the journal has.
    ///
    /// # Errors
    /// Whatever keeps the database from being written.
    ///
    /// # Cancel safety
    /// A dropped future does not undo what is queued: it may be stored all the same.
    pub async fn export_to(&self, target: Option<String>, now: Timestamp) -> Result<(), StoreError> {
        self.exporting(Exporting::Target { target, now }).await
    }

    /// The next rows to be exported: of at most `entries`, and no more of them once there are `bytes`. `None` when none
    /// wait.
    ///
    /// # Errors
    /// As of [`Store::results`].
    ///
    /// # Cancel safety
    /// Nothing is lost: a dropped future only forgets the answer.
    pub async fn export_batch(&self, entries: u32, bytes: usize) -> Result<Option<ExportBatch>, StoreError> {
        self.readers.read(move |conn| export_rows::batch(conn, entries, bytes)).await
    }

    /// Stores that rows have arrived: they wait no more, unless they have changed since. The same again changes nothing.
    ///
    /// # Errors
    /// Whatever keeps the database from being written.
    ///
    /// # Cancel safety
    /// A dropped future does not undo what is queued: it may be stored all the same.
    pub async fn exported(&self, entries: Vec<ExportEntry>, now: Timestamp) -> Result<(), StoreError> {
        self.exporting(Exporting::Arrived { entries, now }).await
    }

    /// Stores that an attempt failed; `is_job` when a job ended in an error, so that the next one needs another name.
    ///
    /// # Errors
    /// Whatever keeps the database from being written.
    ///
    /// # Cancel safety
    /// A dropped future does not undo what is queued: it may be stored all the same.
    pub async fn export_failed(&self, error: String, is_job: bool, now: Timestamp) -> Result<(), StoreError> {
        self.exporting(Exporting::Failed { error, is_job, now }).await
    }

    /// Keeps the queue within `rows_max`: beyond it the days of its rows wait instead, and their rows are queued when it is
    /// empty.
    ///
    /// # Errors
    /// Whatever keeps the database from being written.
    ///
    /// # Cancel safety
    /// A dropped future does not undo what is queued: it may be stored all the same.
    pub async fn export_tidy(&self, rows_max: u64) -> Result<(), StoreError> {
        self.exporting(Exporting::Tidy { rows_max }).await
    }

    /// Stores that all rows of some days are to be exported again.
    ///
    /// # Errors
    /// Whatever keeps the database from being written.
    ///
    /// # Cancel safety
    /// A dropped future does not undo what is queued: it may be stored all the same.
    pub async fn export_again(&self, from: Date, to: Date) -> Result<(), StoreError> {
        self.exporting(Exporting::Again { from, to }).await
    }

    /// How the export goes.
    ///
    /// # Errors
    /// As of [`Store::results`].
    ///
    /// # Cancel safety
    /// Nothing is lost: a dropped future only forgets the answer.
    pub async fn export_status(&self) -> Result<ExportStatus, StoreError> {
        self.readers.read(export_queue::status).await
    }

    /// Tables and days of which rows wait to be exported.
    ///
    /// # Errors
    /// As of [`Store::results`].
    ///
    /// # Cancel safety
    /// Nothing is lost: a dropped future only forgets the answer.
    pub async fn export_waiting(&self) -> Result<BTreeSet<(String, Date)>, StoreError> {
        self.readers.read(export_queue::waiting).await
    }

    /// How many rows an exported table has of each day of a range, and what they are.
    ///
    /// # Errors
    /// As of [`Store::results`].
    ///
    /// # Cancel safety
    /// Nothing is lost: a dropped future only forgets the answer.
    pub async fn export_digests(
        &self,
        table: &'static Table,
        days: (Date, Date),
    ) -> Result<BTreeMap<Date, Digest>, StoreError> {
        self.readers.read(move |conn| export_rows::digests(conn, table, days)).await
    }

    /// The identity of the journal; empty before anything was exported or told.
    ///
    /// # Errors
    /// As of [`Store::results`].
    ///
    /// # Cancel safety
    /// Nothing is lost: a dropped future only forgets the answer.
    pub async fn journal_id(&self) -> Result<String, StoreError> {
        self.readers.read(export_rows::journal).await
    }

    async fn exporting(&self, what: Exporting) -> Result<(), StoreError> {
        self.writer.submit(Operation::Export(what)).await
    }
}
