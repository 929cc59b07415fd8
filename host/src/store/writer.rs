//! The one thread that writes, and its group commit.
//!
//! The type to know is [`Writer`]. Whatever is queued when the thread turns to its queue goes into one
//! transaction, each command in a savepoint of its own, so that one that fails leaves its neighbours alone.
//! Nobody hears of success before the transaction is on disk.

use std::path::Path;
use std::thread::JoinHandle;

use rusqlite::{Connection, TransactionBehavior};
use tokio::sync::{mpsc, oneshot};

use super::error::{Fault, StoreError};
use super::journal::Operation;

/// Commands that wait; a caller beyond waits for room.
const QUEUE: usize = 1_024;
/// Commands in one transaction: enough to share the cost of a sync, few enough to bound its memory.
const BATCH: usize = 512;

/// Something to write, and whom to tell.
#[derive(Debug)]
struct Command {
    operation: Operation,
    reply: oneshot::Sender<Result<(), StoreError>>,
}

/// The writing end of the store. Dropped, it writes what is queued, checkpoints and waits for its thread.
#[derive(Debug)]
pub(super) struct Writer {
    /// Taken when dropped: the thread ends when its queue does.
    queue: Option<mpsc::Sender<Command>>,
    thread: Option<JoinHandle<()>>,
}

impl Writer {
    /// Starts the thread; it owns the connection from now on.
    pub(super) fn start(conn: Connection, path: &Path) -> Result<Self, StoreError> {
        let (queue, commands) = mpsc::channel(QUEUE);
        let thread = std::thread::Builder::new()
            .name("assay-store".to_owned())
            .spawn({
                let path = path.to_owned();
                move || write(conn, &path, commands)
            })
            .map_err(|error| StoreError::io("start the writer of", path, error))?;
        Ok(Self { queue: Some(queue), thread: Some(thread) })
    }

    /// Returns when the operation is on disk, or has failed and left nothing.
    ///
    /// # Cancel safety
    /// Dropped while the queue is full, nothing happens; dropped later, the operation happens all the same.
    pub(super) async fn submit(&self, operation: Operation) -> Result<(), StoreError> {
        let queue = self.queue.as_ref().ok_or(StoreError::Stopped)?;
        let (reply, outcome) = oneshot::channel();
        queue.send(Command { operation, reply }).await.map_err(|_| StoreError::Stopped)?;
        outcome.await.map_err(|_| StoreError::Stopped)?
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        drop(self.queue.take());
        if self.thread.take().is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("the store's writer has panicked");
        }
    }
}

fn write(mut conn: Connection, path: &Path, mut commands: mpsc::Receiver<Command>) {
    while let Some(first) = commands.blocking_recv() {
        let mut batch = vec![first];
        while batch.len() < BATCH
            && let Ok(next) = commands.try_recv()
        {
            batch.push(next);
        }
        let (operations, replies): (Vec<_>, Vec<_>) =
            batch.into_iter().map(|command| (command.operation, command.reply)).unzip();
        let outcomes = match commit(&mut conn, &operations) {
            Ok(outcomes) => outcomes.into_iter().map(|outcome| outcome.map_err(|fault| fault.at(path))).collect(),
            Err(fault) => vec![Err(fault.at(path)); operations.len()],
        };
        for ((operation, reply), outcome) in operations.iter().zip(replies).zip(outcomes) {
            if let Err(Err(error)) = reply.send(outcome) {
                tracing::error!(%error, run = operation.run_id().map(tracing::field::display), "could not store, and nobody waits for the answer");
            }
        }
    }
    // Readers may be in the way; the next to open the store catches up.
    if let Err(error) = conn.query_row("PRAGMA wal_checkpoint(TRUNCATE)", (), |_| Ok(())) {
        tracing::warn!(%error, path = %path.display(), "could not fold the write-ahead log into the database");
    }
}

/// Writes all operations in one transaction. What each came to; or why all of them are lost.
fn commit(conn: &mut Connection, operations: &[Operation]) -> Result<Vec<Result<(), Fault>>, Fault> {
    let mut tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let mut outcomes = Vec::with_capacity(operations.len());
    for operation in operations {
        let savepoint = tx.savepoint()?;
        let outcome = operation.write(&savepoint);
        if savepoint.is_autocommit() {
            // SQLite has rolled all back, as it does when the disk is full.
            return Err(outcome.err().unwrap_or(StoreError::Stopped.into()));
        }
        match outcome {
            Ok(()) => savepoint.commit()?,
            Err(_) => savepoint.finish()?,
        }
        outcomes.push(outcome);
    }
    tx.commit()?;
    Ok(outcomes)
}

#[cfg(test)]
mod tests {
    use super::super::journal::{Begun, Recorded};
    use super::super::tests::{full_result, planned, run_record};
    use super::super::{journal, migrate};
    use super::*;

    fn count(conn: &Connection, table: &str) -> i64 {
        conn.query_row(&format!("SELECT count(*) FROM {table}"), (), |row| row.get(0)).unwrap()
    }

    #[test]
    fn a_full_disk_loses_the_whole_batch_and_nothing_else() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("assay.db");
        let mut conn = migrate::open(&path).unwrap();
        let run = run_record(1);
        let begin = Operation::Begin(Box::new(Begun::new(&run, &[planned("a"), planned("b")], "x").unwrap()));
        let record = |name: &str, message: &str| {
            let mut result = full_result(run.run_id, name);
            result.conclusion.message = message.to_owned();
            Operation::Record(Box::new(Recorded::new(&result).unwrap()))
        };
        commit(&mut conn, &[begin]).unwrap();

        let pages: i64 = conn.query_row("PRAGMA page_count", (), |row| row.get(0)).unwrap();
        conn.query_row(&format!("PRAGMA max_page_count = {}", pages + 2), (), |_| Ok(())).unwrap();
        let mut large = planned("a");
        large.settings = format!("\"{}\"", "large".repeat(100_000));
        let second = Operation::Begin(Box::new(Begun::new(&run_record(2), &[large], "x").unwrap()));
        let fault = commit(&mut conn, &[record("a", "small"), second]).unwrap_err();
        assert!(matches!(fault.at(&path), StoreError::DiskFull { .. }));
        assert_eq!((count(&conn, "validation_runs"), count(&conn, "validation_results")), (1, 0), "none of the batch");

        // A statement that fires triggers is taken back by itself.
        let batch = [record("a", "small"), record("b", &"large".repeat(100_000))];
        let outcomes = commit(&mut conn, &batch).unwrap();
        let [Ok(()), Err(Fault::Sqlite(error))] = outcomes.as_slice() else { panic!("{outcomes:?}") };
        assert_eq!(error.sqlite_error_code(), Some(rusqlite::ErrorCode::DiskFull));
        assert_eq!(count(&conn, "validation_results"), 1, "what does not fit, and nothing else");

        conn.query_row("PRAGMA max_page_count = 100000", (), |_| Ok(())).unwrap();
        let outcomes = commit(&mut conn, &batch).unwrap();
        assert!(outcomes.iter().all(Result::is_ok), "once there is space the same batch lands");
        assert_eq!(journal::unfinished(&conn, run.run_id).unwrap(), []);
    }

    #[test]
    fn a_fault_in_the_middle_leaves_its_neighbours() {
        let dir = tempfile::tempdir().unwrap();
        let mut conn = migrate::open(&dir.path().join("assay.db")).unwrap();
        let run = run_record(1);
        let checks = ["a", "b", "c"].map(planned);
        commit(&mut conn, &[Operation::Begin(Box::new(Begun::new(&run, &checks, "x").unwrap()))]).unwrap();
        // Fails after the result's own row and a finding are written.
        conn.execute_batch(
            "CREATE TRIGGER fault BEFORE INSERT ON validation_findings WHEN new.result_id LIKE '%/b/1' AND new.ordinal = 1 \
             BEGIN SELECT RAISE(ABORT, 'injected'); END",
        )
        .unwrap();
        let batch = ["a", "b", "c"]
            .map(|name| Operation::Record(Box::new(Recorded::new(&full_result(run.run_id, name)).unwrap())));
        let outcomes = commit(&mut conn, &batch).unwrap();
        let [Ok(()), Err(Fault::Sqlite(error)), Ok(())] = outcomes.as_slice() else { panic!("{outcomes:?}") };
        assert!(error.to_string().contains("injected"));
        assert_eq!(count(&conn, "validation_results"), 2);
        let half: i64 = conn
            .query_row("SELECT count(*) FROM validation_findings WHERE result_id LIKE '%/b/1'", (), |row| row.get(0))
            .unwrap();
        assert_eq!(half, 0, "nothing half-written");
    }
}
