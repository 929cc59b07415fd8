//! Why the store could not do something. Endings of SQLite are sorted by its codes, never by its texts.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rusqlite::ErrorCode;

use crate::model::{CheckName, RunId, Slot};
use crate::source::ledger::Spent;

/// Why the store could not do something.
///
/// Cloneable, because all commands of a transaction that fails share its error.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// A file or directory of the store cannot be made, opened or locked.
    #[error("cannot {action} {path}")]
    Io {
        /// What was tried, as a verb.
        action: &'static str,
        /// The file or directory.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: Arc<io::Error>,
    },
    /// The store may not be written.
    #[error("{path} cannot be written")]
    ReadOnly {
        /// The file or directory.
        path: PathBuf,
    },
    /// No space is left for the database.
    #[error("no space left for {path}")]
    DiskFull {
        /// The database.
        path: PathBuf,
    },
    /// Another process held the database for longer than the store waits.
    #[error("{path} is held by another process")]
    Locked {
        /// The database.
        path: PathBuf,
    },
    /// The file system cannot hold a database that is read while it is written.
    #[error("{path} is on a file system that does not support SQLite's write-ahead log")]
    NoWal {
        /// The database.
        path: PathBuf,
    },
    /// The file is something else; it is left as it is.
    #[error("{path} is not a database")]
    NotADatabase {
        /// The file.
        path: PathBuf,
    },
    /// The database belongs to another program; it is left as it is.
    #[error("{path} is a database of another program")]
    Foreign {
        /// The file.
        path: PathBuf,
    },
    /// The database was written by a newer assay; it is left as it is.
    #[error("{path} has schema version {found}, this assay knows up to {known}")]
    Newer {
        /// The database.
        path: PathBuf,
        /// Its version.
        found: i64,
        /// The newest version this binary knows.
        known: i64,
    },
    /// The database is damaged.
    #[error("{path} is damaged")]
    Corrupt {
        /// The database.
        path: PathBuf,
        /// What SQLite says.
        #[source]
        source: Arc<rusqlite::Error>,
    },
    /// The database could not be brought up to date; it is as it was.
    #[error("{path} cannot be brought up to date")]
    Migration {
        /// The database.
        path: PathBuf,
        /// What is wrong.
        #[source]
        source: Arc<rusqlite_migration::Error>,
    },
    /// A value in the database is not one that this assay writes.
    #[error("{table}.{column} holds {value}, which is not a {expected}")]
    CorruptValue {
        /// The table.
        table: &'static str,
        /// The column.
        column: &'static str,
        /// The value, shortened.
        value: String,
        /// What was expected.
        expected: &'static str,
    },
    /// What may be billed on a day is spent.
    #[error("the budget of {} is spent", .0.day)]
    BudgetSpent(Spent),
    /// A value cannot be written down.
    #[error("{column} of {of} cannot be stored: {value} is not a {expected}")]
    Unstorable {
        /// The run or result it belongs to.
        of: String,
        /// Where it would go.
        column: &'static str,
        /// The value, shortened.
        value: String,
        /// What was expected.
        expected: &'static str,
    },
    /// No run of that identity.
    #[error("there is no run {0}")]
    UnknownRun(RunId),
    /// The run did not plan the check.
    #[error("run {run} did not plan the check `{check}`")]
    NotPlanned {
        /// The run.
        run: RunId,
        /// The check.
        check: CheckName,
    },
    /// The slot has a run already.
    #[error("the slot {0} has a run already")]
    SlotTaken(Slot),
    /// The run has ended: it takes no more results.
    #[error("run {0} has ended")]
    Finished(RunId),
    /// The run cannot end while checks have no result.
    #[error("run {run} cannot end: {missing} checks have no result")]
    Incomplete {
        /// The run.
        run: RunId,
        /// How many checks.
        missing: u64,
    },
    /// Something else is stored under the same key.
    #[error("{what} is stored already, and differs")]
    Conflict {
        /// What, with its key.
        what: String,
    },
    /// The store's writer is gone.
    #[error("the store has stopped")]
    Stopped,
    /// Anything else that SQLite refuses.
    #[error("{path} cannot be used")]
    Sqlite {
        /// The database.
        path: PathBuf,
        /// What SQLite says.
        #[source]
        source: Arc<rusqlite::Error>,
    },
}

impl StoreError {
    /// What would help.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Io { .. } => "the state directory must be a directory on a local disk that assay may create files in",
            Self::ReadOnly { .. } => {
                "give the user that runs assay write access to the state directory, or choose another"
            }
            Self::DiskFull { .. } => "free some space; what was acknowledged before is safe",
            Self::Locked { .. } => "close the program that has the database open for writing, then run again",
            Self::NoWal { .. } => "put the state directory on a local disk",
            Self::NotADatabase { .. } | Self::Foreign { .. } => {
                "choose another state directory, or move the file away: a new database is made in its place"
            }
            Self::Newer { .. } => "use the assay that wrote it or a later one, or choose another state directory",
            Self::Corrupt { .. } => {
                "restore `assay.db` from a backup, or save what is left with `sqlite3 assay.db .recover` and move the file away"
            }
            Self::CorruptValue { .. } => {
                "something other than assay has changed the database: restore it from a backup"
            }
            Self::SlotTaken(_) => "a slot is run once: `assay run` runs its checks again",
            Self::UnknownRun(_) => "list the runs with `assay results`",
            Self::Stopped => "look for the first error in the log, then start assay again",
            Self::BudgetSpent(_) => "it begins anew at midnight UTC; `assay cost` shows who spent it",
            Self::Unstorable { .. } => "change the value where it comes from",
            Self::Incomplete { .. } => "the run ends as interrupted when assay is started again",
            Self::NotPlanned { .. } | Self::Finished(_) | Self::Conflict { .. } => {
                "assay has contradicted itself: what was stored first holds; please report it"
            }
            Self::Migration { .. } | Self::Sqlite { .. } => {
                "run `sqlite3 assay.db 'PRAGMA integrity_check'`; if that says ok, please report it"
            }
        }
    }

    /// The error for an input or output that failed.
    pub(super) fn io(action: &'static str, path: &Path, source: io::Error) -> Self {
        let path = path.to_owned();
        match source.kind() {
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => Self::ReadOnly { path },
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::DiskFull { path },
            _ => Self::Io { action, path, source: Arc::new(source) },
        }
    }

    /// The error for a statement on the database at `path` that failed.
    pub(super) fn sqlite(path: &Path, source: rusqlite::Error) -> Self {
        let path = path.to_owned();
        match source.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => Self::DiskFull { path },
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Locked { path },
            Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => Self::ReadOnly { path },
            Some(ErrorCode::NotADatabase) => Self::NotADatabase { path },
            Some(ErrorCode::DatabaseCorrupt) => Self::Corrupt { path, source: Arc::new(source) },
            _ => Self::Sqlite { path, source: Arc::new(source) },
        }
    }
}

/// What fails inside the store, where the path of the database is not at hand.
#[derive(Debug)]
pub(super) enum Fault {
    /// A statement.
    Sqlite(rusqlite::Error),
    /// Anything that is named already.
    Named(StoreError),
}

impl Fault {
    /// The error, told where.
    pub(super) fn at(self, path: &Path) -> StoreError {
        match self {
            Self::Sqlite(source) => StoreError::sqlite(path, source),
            Self::Named(error) => error,
        }
    }
}

impl From<rusqlite::Error> for Fault {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Self {
        Self::Named(error)
    }
}

/// A value in a message: quoted, and short.
pub(super) fn shown(value: &dyn fmt::Debug) -> String {
    const CHARS_MAX: usize = 100;
    let text = format!("{value:?}");
    match text.char_indices().nth(CHARS_MAX) {
        Some((end, _)) => text.get(..end).map(|start| format!("{start}...")).unwrap_or(text),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endings_of_the_system_are_told_apart() {
        let path = Path::new("/state/assay.db");
        let io = |kind: io::ErrorKind| StoreError::io("create", path, kind.into());
        assert!(matches!(io(io::ErrorKind::PermissionDenied), StoreError::ReadOnly { .. }));
        assert!(matches!(io(io::ErrorKind::ReadOnlyFilesystem), StoreError::ReadOnly { .. }));
        assert!(matches!(io(io::ErrorKind::StorageFull), StoreError::DiskFull { .. }));
        assert!(matches!(io(io::ErrorKind::NotADirectory), StoreError::Io { action: "create", .. }));

        let sqlite =
            |code| StoreError::sqlite(path, rusqlite::Error::SqliteFailure(rusqlite::ffi::Error::new(code), None));
        assert!(matches!(sqlite(rusqlite::ffi::SQLITE_FULL), StoreError::DiskFull { .. }));
        assert!(matches!(sqlite(rusqlite::ffi::SQLITE_BUSY), StoreError::Locked { .. }));
        assert!(matches!(sqlite(rusqlite::ffi::SQLITE_READONLY), StoreError::ReadOnly { .. }));
        assert!(matches!(sqlite(rusqlite::ffi::SQLITE_CORRUPT), StoreError::Corrupt { .. }));
        assert!(matches!(sqlite(rusqlite::ffi::SQLITE_MISUSE), StoreError::Sqlite { .. }));

        let error = sqlite(rusqlite::ffi::SQLITE_FULL);
        assert_eq!(error.to_string(), "no space left for /state/assay.db");
        assert_eq!(error.hint(), "free some space; what was acknowledged before is safe");
    }

    #[test]
    fn a_long_value_is_cut_between_characters() {
        assert_eq!(shown(&"short"), "\"short\"");
        let cut = shown(&"ä".repeat(500));
        assert_eq!((cut.chars().count(), cut.ends_with("ä...")), (103, true));
    }
}
