//! The journal: every run, every result and all that was reported, in a SQLite database.
//!
//! The type to know is [`Store`]. It is the only place that names rusqlite. A tour, from the outside in:
//! - [`Store::open`] makes the state directory, brings the database up to date (`migrate`) and ends the runs
//!   that a host left behind when it stopped (`recover`), unless that host is alive (`owner`);
//! - writing goes through one thread with group commit (`writer`), as operations that are all or nothing and
//!   harmless when repeated (`journal`);
//! - reading has connections of its own (`read`);
//! - rows are made of model types and turned back into them in `rows`, value by value in `codec`.
//!
//! Invariants:
//! - what is acknowledged is on disk (`synchronous=FULL`, acknowledged after the commit);
//! - a run that has a status has a result for every check it planned;
//! - what is read is what was written, or an error: never a default;
//! - several processes may share a state directory.
//!
//! Times are kept to the microsecond, durations of results and runs to the millisecond.
//! The tables are described in docs/tables.md.

mod codec;
mod error;
mod journal;
mod migrate;
mod owner;
mod read;
mod recover;
mod rows;
#[cfg(test)]
mod tests;
mod writer;

use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;

use crate::model::{CheckResult, RunId, RunRecord, RunStatus};
use journal::{Begun, Finish, Operation, Recorded};
use owner::{Opening, Owner};
use read::Readers;
use writer::Writer;

pub use error::StoreError;
pub use read::{ResultFilter, StoredResult};
pub use rows::plan::PlannedCheck;
pub use rows::run::{RunEnd, StoredRun};

/// Name of the database in the state directory.
const DATABASE: &str = "assay.db";

/// The journal, open for reading and writing. To share it, put it into an [`Arc`].
///
/// Dropped, it writes what is queued, folds the write-ahead log into the database and gives up its runs: the
/// thread that drops it blocks for that long.
#[derive(Debug)]
pub struct Store {
    // In the order in which they must end: the lock is given up when nothing is written any more.
    readers: Arc<Readers>,
    writer: Writer,
    owner: Owner,
}

/// A store that has just been opened.
#[derive(Debug)]
pub struct Opened {
    /// The store.
    pub store: Store,
    /// Runs that a host had left behind and that have ended now, in the order in which they began.
    pub recovered: Vec<RunId>,
}

impl Store {
    /// Opens the journal in the state directory `dir`, which is made, for this user only, if it is missing.
    ///
    /// Blocks for disk, and while another process opens the same directory.
    ///
    /// # Errors
    /// When the directory or the database cannot be used: not writable, no space, not a database, damaged, of
    /// another program or of a newer assay. A file that is refused is left as it is.
    pub fn open(dir: &Path, now: Timestamp) -> Result<Opened, StoreError> {
        create_private(&owner::directory(dir))?;
        let path = dir.join(DATABASE);
        let opening = Opening::wait(dir)?;
        let owner = opening.claim(dir, now)?;
        let mut conn = migrate::open(&path)?;
        let alive = opening.sweep(dir)?;
        let recovered = recover::recover(&mut conn, &alive, now).map_err(|fault| fault.at(&path))?;
        let writer = Writer::start(conn, &path)?;
        Ok(Opened { store: Self { readers: Arc::new(Readers::new(path)), writer, owner }, recovered })
    }

    /// The database.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.readers.path()
    }

    /// Stores that a run begins, with the checks it is going to run. The same again changes nothing.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when another run has its id or two checks a name, [`StoreError::Unstorable`], and
    /// whatever keeps the database from being written.
    ///
    /// # Cancel safety
    /// A dropped future does not undo what is queued: the run may be stored all the same.
    pub async fn begin_run(&self, run: RunRecord, checks: Vec<PlannedCheck>) -> Result<(), StoreError> {
        let begun = Begun::new(&run, &checks, &self.owner.name())?;
        self.writer.submit(Operation::Begin(Box::new(begun))).await
    }

    /// Stores a result with its findings, metrics and logs, all or nothing. The same again changes nothing.
    ///
    /// # Errors
    /// [`StoreError::UnknownRun`], [`StoreError::NotPlanned`], [`StoreError::Finished`], [`StoreError::Conflict`]
    /// when the attempt has another result, [`StoreError::Unstorable`], and whatever keeps the database from being
    /// written.
    ///
    /// # Cancel safety
    /// A dropped future does not undo what is queued: the result may be stored all the same.
    pub async fn record(&self, result: CheckResult) -> Result<(), StoreError> {
        self.writer.submit(Operation::Record(Box::new(Recorded::new(&result)?))).await
    }

    /// Stores that a run has ended. The same again changes nothing.
    ///
    /// # Errors
    /// [`StoreError::UnknownRun`], [`StoreError::Incomplete`] while a planned check has no result,
    /// [`StoreError::Conflict`] when it has ended otherwise, [`StoreError::Unstorable`], and whatever keeps the
    /// database from being written.
    ///
    /// # Cancel safety
    /// A dropped future does not undo what is queued: the end may be stored all the same.
    pub async fn finish_run(
        &self,
        run_id: RunId,
        status: RunStatus,
        message: String,
        finished_at: Timestamp,
    ) -> Result<(), StoreError> {
        let finish = Finish { run_id, status, message, finished_at };
        self.writer.submit(Operation::Finish(finish)).await
    }

    /// Results, the newest first.
    ///
    /// # Errors
    /// [`StoreError::CorruptValue`] when something else has written to the database, and whatever keeps it from being
    /// read.
    ///
    /// # Cancel safety
    /// Nothing is lost: a dropped future only forgets the answer.
    pub async fn results(&self, filter: ResultFilter) -> Result<Vec<StoredResult>, StoreError> {
        self.readers.read(move |conn| read::results(conn, &filter)).await
    }

    /// Runs, the newest first, at most `limit` of them.
    ///
    /// # Errors
    /// As of [`Store::results`].
    ///
    /// # Cancel safety
    /// Nothing is lost: a dropped future only forgets the answer.
    pub async fn runs(&self, limit: u32) -> Result<Vec<StoredRun>, StoreError> {
        self.readers.read(move |conn| read::runs(conn, limit)).await
    }

    /// One run, if there is one of that id.
    ///
    /// # Errors
    /// As of [`Store::results`].
    ///
    /// # Cancel safety
    /// Nothing is lost: a dropped future only forgets the answer.
    pub async fn run(&self, run: RunId) -> Result<Option<StoredRun>, StoreError> {
        self.readers.read(move |conn| journal::find_run(conn, run)).await
    }
}

fn create_private(dir: &Path) -> Result<(), StoreError> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(dir).map_err(|error| StoreError::io("create", dir, error))
}
