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

mod alerting;
mod alerts;
mod answer;
mod codec;
mod costs;
mod digest;
mod error;
mod export_queue;
mod export_rows;
mod exporting;
mod journal;
mod migrate;
mod owner;
mod read;
mod read_alerts;
mod recover;
mod rows;
mod said;
mod slots;
mod taking;
mod telling;
#[cfg(test)]
mod tests;
mod writer;

use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::Date;

use crate::alert::Event;
use crate::model::{AlertKey, CheckResult, NotRun, RunId, RunRecord, RunStatus, ScheduleName, Slot};
use crate::source::ledger::{Billed, DailyBudgets, Payer, day_of};
use alerts::Happened;
use costs::{Aside, Settled};
use journal::{Begun, Finish, Operation, Recorded};
use owner::{Opening, Owner};
use read::Readers;
use slots::{Due, Rest, Unrun};
use writer::Writer;

pub use alerts::AlertContext;
pub use costs::{CostFilter, DailyCost};
pub use digest::Numbers;
pub use error::StoreError;
pub use export_queue::{ExportEntry, ExportStatus};
pub use export_rows::ExportBatch;
pub use read::{Interrupted, ResultFilter, RunFilter, StoredResult};
pub use read_alerts::DeliveryFilter;
pub use rows::alert::{AlertChange, StandingAlert};
pub use rows::plan::PlannedCheck;
pub use rows::run::{RunEnd, StoredRun};
pub use rows::silence::StoredSilence;
pub use rows::slot::{Pause, ScheduleState};
pub use telling::{Archive, ArchivedResult, Standing, Telegram, Teller};

/// Name of the database in the state directory.
const DATABASE: &str = "assay.db";
/// Old runs that are deleted in one transaction: few, so that results do not wait for it.
const FORGOTTEN_AT_ONCE: u32 = 50;

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

    /// The same as [`Store::record`], and in the same transaction what the result means for the alerts of its check:
    /// nothing when it was stored before. `due` is when its run was due.
    ///
    /// # Errors
    /// As of [`Store::record`].
    ///
    /// # Cancel safety
    /// A dropped future does not undo what is queued: the result may be stored all the same, and its alerts with it.
    pub async fn record_and_alert(
        &self,
        result: CheckResult,
        alerts: Arc<AlertContext>,
        due: Timestamp,
    ) -> Result<(), StoreError> {
        let recorded = Recorded::new(&result)?.with_alerts(result, alerts, due);
        self.writer.submit(Operation::Record(Box::new(recorded))).await
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

    /// Stores that slots of a schedule are due, and that they are all there are up to the `watermark`. The same again
    /// changes nothing; a watermark never goes back.
    ///
    /// # Errors
    /// [`StoreError::Unstorable`], and whatever keeps the database from being written.
    ///
    /// # Cancel safety
    /// A dropped future does not undo what is queued: the slots may be stored all the same.
    pub async fn slots_due(
        &self,
        schedule: &ScheduleName,
        due: &[Timestamp],
        watermark: Timestamp,
    ) -> Result<(), StoreError> {
        self.writer.submit(Operation::Due(Due::new(schedule, due, watermark)?)).await
    }

    /// Stores that slots have no run, and why, all or nothing: each as a run without checks and a sentence for a
    /// person. The same again changes nothing.
    ///
    /// # Errors
    /// [`StoreError::SlotTaken`] when one of them has another run, [`StoreError::Conflict`],
    /// [`StoreError::Unstorable`], and whatever keeps the database from being written.
    ///
    /// # Cancel safety
    /// A dropped future does not undo what is queued: the slots may be stored all the same.
    pub async fn slots_not_run(
        &self,
        slots: Vec<(RunRecord, NotRun, String)>,
        missing: Vec<(AlertKey, Event, Arc<AlertContext>)>,
    ) -> Result<(), StoreError> {
        let owner = self.owner.name();
        let now = slots.iter().map(|(run, ..)| run.started_at).max();
        let unrun: Result<Vec<_>, _> =
            slots.into_iter().map(|(run, why, message)| Unrun::new(&run, why, message, &owner)).collect();
        let alerts = now.map(|now| Happened::all(missing, now)).unwrap_or_default();
        self.writer.submit(Operation::Unrun { slots: unrun?, alerts }).await
    }

    /// Takes a run that has ended up again: it has no end any more, and takes results of further attempts.
    ///
    /// # Errors
    /// [`StoreError::UnknownRun`], [`StoreError::Conflict`] when another host runs it, and whatever keeps the database
    /// from being written.
    ///
    /// # Cancel safety
    /// A dropped future does not undo what is queued: the run may be open all the same.
    pub async fn reopen_run(&self, run_id: RunId) -> Result<(), StoreError> {
        self.writer.submit(Operation::Reopen { run_id, owner: self.owner.name() }).await
    }

    /// Stores that a schedule rests, or that it goes on.
    ///
    /// # Errors
    /// [`StoreError::Unstorable`], and whatever keeps the database from being written.
    ///
    /// # Cancel safety
    /// A dropped future does not undo what is queued: the schedule may rest all the same.
    pub async fn rest(&self, schedule: &ScheduleName, pause: Option<&Pause>, now: Timestamp) -> Result<(), StoreError> {
        self.writer.submit(Operation::Rest(Rest::new(schedule, pause, now)?)).await
    }

    /// Deletes runs that ended before an instant, with all that belongs to them, a few at a time so that nobody waits
    /// long, and then what was told before it. What is said of alerts that are open, incidents, and what people said
    /// stays. How many runs are gone.
    ///
    /// # Errors
    /// Whatever keeps the database from being read or written.
    ///
    /// # Cancel safety
    /// Dropped, it stops between two of them; what is gone is gone whole.
    pub async fn forget_before(&self, before: Timestamp) -> Result<usize, StoreError> {
        if let Some(day) = codec::date(day_of(before)) {
            self.writer.submit(Operation::ForgetCosts(day)).await?;
        }
        let mut gone = 0;
        loop {
            let old = self.readers.read(move |conn| read::ended_before(conn, before, FORGOTTEN_AT_ONCE)).await?;
            if old.is_empty() {
                self.writer.submit(Operation::ForgetTold(before)).await?;
                return Ok(gone);
            }
            gone += old.len();
            self.writer.submit(Operation::Forget(old)).await?;
        }
    }

    /// Sets bytes aside for a query on a day: at least and at most so many, as many as the budgets allow. How many. The
    /// same again changes nothing.
    ///
    /// # Errors
    /// [`StoreError::BudgetSpent`] when the budgets do not allow it, [`StoreError::Unstorable`], and whatever keeps the
    /// database from being written.
    ///
    /// # Cancel safety
    /// A dropped future does not undo what is queued: the bytes may be set aside all the same.
    pub async fn set_aside(
        &self,
        id: String,
        (day, at): (Date, Timestamp),
        payer: Payer,
        bytes: (u64, u64),
        budgets: DailyBudgets,
    ) -> Result<u64, StoreError> {
        let aside = Aside { id: id.clone(), day, at, payer, bytes, budgets };
        self.writer.submit(Operation::Aside(Box::new(aside))).await?;
        let granted = self.readers.read(move |conn| costs::set_aside(conn, &id)).await?;
        Ok(granted.unwrap_or_default())
    }

    /// Stores what a query was billed, in place of what was set aside for it. The same again changes nothing.
    ///
    /// # Errors
    /// Whatever keeps the database from being written.
    ///
    /// # Cancel safety
    /// A dropped future does not undo what is queued: it may be stored all the same.
    pub async fn settle(&self, id: String, billed: Billed) -> Result<(), StoreError> {
        self.writer.submit(Operation::Settled(Settled { id, billed })).await
    }

    /// What was billed, by day, source, check and owner, the newest day first.
    ///
    /// # Errors
    /// As of [`Store::results`].
    ///
    /// # Cancel safety
    /// Nothing is lost: a dropped future only forgets the answer.
    pub async fn costs(&self, filter: CostFilter) -> Result<Vec<DailyCost>, StoreError> {
        self.readers.read(move |conn| costs::daily(conn, &filter)).await
    }

    /// Runs, the newest first.
    ///
    /// # Errors
    /// As of [`Store::results`].
    ///
    /// # Cancel safety
    /// Nothing is lost: a dropped future only forgets the answer.
    pub async fn runs(&self, filter: RunFilter) -> Result<Vec<StoredRun>, StoreError> {
        self.readers.read(move |conn| read::runs(conn, &filter)).await
    }

    /// What is known of schedules beside the configuration, by name.
    ///
    /// # Errors
    /// As of [`Store::results`].
    ///
    /// # Cancel safety
    /// Nothing is lost: a dropped future only forgets the answer.
    pub async fn schedule_states(&self) -> Result<Vec<ScheduleState>, StoreError> {
        self.readers.read(read::schedule_states).await
    }

    /// Slots that are due and have no run yet, the oldest first.
    ///
    /// # Errors
    /// As of [`Store::results`].
    ///
    /// # Cancel safety
    /// Nothing is lost: a dropped future only forgets the answer.
    pub async fn open_slots(&self) -> Result<Vec<Slot>, StoreError> {
        self.readers.read(read::open_slots).await
    }

    /// Runs of slots due at an instant or later in which checks were interrupted, the oldest slot first.
    ///
    /// # Errors
    /// As of [`Store::results`].
    ///
    /// # Cancel safety
    /// Nothing is lost: a dropped future only forgets the answer.
    pub async fn interrupted(&self, since: Timestamp) -> Result<Vec<Interrupted>, StoreError> {
        self.readers.read(move |conn| read::interrupted(conn, since)).await
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
