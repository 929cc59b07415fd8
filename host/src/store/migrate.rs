//! Opening the database: is it ours, is it not newer than this binary, and bringing it up to date.
//!
//! Nothing is written before both questions are answered: a file that is refused is left as it is.

use std::io::Read as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use fs_err::OpenOptions;
use rusqlite::{Connection, OpenFlags};
use rusqlite_migration::{M, Migrations};

use super::error::{Fault, StoreError};

/// How long a statement waits for another process.
pub(super) const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

/// Says that the database is assay's: `ASSY` in ASCII.
const APPLICATION_ID: i32 = i32::from_be_bytes(*b"ASSY");

/// What every SQLite database begins with.
const MAGIC: &[u8] = b"SQLite format 3\0";

/// One entry a file in schemas/sqlite, oldest first.
const MIGRATIONS: [&str; 2] =
    [include_str!("../../../schemas/sqlite/0001_initial.sql"), include_str!("../../../schemas/sqlite/0002_export.sql")];

/// Opens the database for writing, makes it if it is missing, brings it up to date.
///
/// The caller makes sure that no other process opens it meanwhile.
pub(super) fn open(path: &Path) -> Result<Connection, StoreError> {
    create(path)?;
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut conn = Connection::open_with_flags(path, flags).map_err(|error| StoreError::sqlite(path, error))?;
    prepare(&mut conn, path).map_err(|fault| fault.at(path))?;
    Ok(conn)
}

/// Opens the database for reading.
pub(super) fn open_read_only(path: &Path) -> Result<Connection, Fault> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = Connection::open_with_flags(path, flags)?;
    conn.busy_timeout(BUSY_TIMEOUT)?;
    Ok(conn)
}

/// Makes the file if it is missing, and refuses one that holds something else.
///
/// SQLite would make it readable for everybody, and samples may hold what is not for everybody. It would also take
/// a file of a few bytes for an empty database and write over it.
fn create(path: &Path) -> Result<(), StoreError> {
    let failed = |error| StoreError::io("open", path, error);
    let mut options = OpenOptions::new();
    options.create(true).read(true).append(true);
    #[cfg(unix)]
    fs_err::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut start = Vec::new();
    options.open(path).map_err(failed)?.take(MAGIC.len() as u64).read_to_end(&mut start).map_err(failed)?;
    if start.is_empty() || start == MAGIC { Ok(()) } else { Err(StoreError::NotADatabase { path: path.to_owned() }) }
}

fn prepare(conn: &mut Connection, path: &Path) -> Result<(), Fault> {
    conn.busy_timeout(BUSY_TIMEOUT)?;
    let number = |conn: &Connection, sql| conn.query_row(sql, (), |row| row.get::<_, i64>(0));
    let version = number(conn, "PRAGMA user_version")?;
    let application = number(conn, "PRAGMA application_id")?;
    let objects = number(conn, "SELECT count(*) FROM sqlite_schema")?;
    let known = i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX);
    let fresh = (version, application, objects) == (0, 0, 0);
    if !fresh && application != i64::from(APPLICATION_ID) {
        return Err(StoreError::Foreign { path: path.to_owned() }.into());
    }
    if version > known {
        return Err(StoreError::Newer { path: path.to_owned(), found: version, known }.into());
    }
    // Before the first table, or not at all: what retention frees goes back to the file system piece by piece.
    conn.pragma_update(None, "auto_vacuum", "INCREMENTAL")?;
    conn.pragma_update(None, "application_id", APPLICATION_ID)?;
    let mode: String = conn.pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get(0))?;
    if mode != "wal" {
        return Err(StoreError::NoWal { path: path.to_owned() }.into());
    }
    conn.pragma_update(None, "synchronous", "FULL")?;
    conn.pragma_update(None, "foreign_keys", true)?;
    Migrations::from_iter(MIGRATIONS.map(M::up)).to_latest(conn).map_err(|error| match error {
        rusqlite_migration::Error::RusqliteError { query: _, err } => Fault::from(err),
        other => StoreError::Migration { path: path.to_owned(), source: Arc::new(other) }.into(),
    })
}

#[cfg(test)]
mod tests {
    use super::super::export_queue::Exporting;
    use super::super::rows::{alert, child, delivery, feedback, plan, result, run, silence, slot};
    use super::*;
    use crate::model::{
        AlertKind, DeliveryContent, DeliveryStatus, FeedbackVerdict, LogLevel, NoticeKind, NotificationStatus, Phase,
        Reason, RunStatus, Severity, Status, Trigger,
    };

    #[test]
    fn every_migration_file_is_embedded() {
        let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../schemas/sqlite");
        let mut files: Vec<_> = fs_err::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()).collect();
        files.sort();
        let texts: Vec<_> = files.into_iter().map(|file| fs_err::read_to_string(file).unwrap()).collect();
        assert_eq!(texts, MIGRATIONS);
    }

    #[test]
    fn every_column_is_written_and_every_allowed_word_is_one_of_the_model() {
        let dir = tempfile::tempdir().unwrap();
        let conn = open(&dir.path().join("assay.db")).unwrap();
        let columns = |table: &str| {
            let mut statement = conn.prepare("SELECT name FROM pragma_table_info(?1) ORDER BY name").unwrap();
            statement.query_map([table], |row| row.get(0)).unwrap().collect::<Result<Vec<String>, _>>().unwrap()
        };
        let sorted = |mut columns: Vec<&str>| {
            columns.sort_unstable();
            columns.into_iter().map(str::to_owned).collect::<Vec<_>>()
        };
        assert_eq!(columns(run::NAME), sorted([&run::BEGUN.columns[..], &run::ENDED[..]].concat()));
        assert_eq!(columns(slot::SLOTS), sorted(slot::SLOT_COLUMNS.to_vec()));
        assert_eq!(columns(slot::STATES), sorted(slot::STATE_COLUMNS.to_vec()));
        assert_eq!(columns(plan::TABLE.name), sorted(plan::TABLE.columns.to_vec()));
        assert_eq!(columns(result::TABLE.name), sorted(result::TABLE.columns.to_vec()));
        assert_eq!(columns(child::FINDINGS.name), sorted(child::FINDINGS.columns.to_vec()));
        assert_eq!(columns(child::METRICS.name), sorted(child::METRICS.columns.to_vec()));
        assert_eq!(columns(child::LOGS.name), sorted(child::LOGS.columns.to_vec()));
        assert_eq!(columns(alert::STATES.name), sorted(alert::STATES.columns.to_vec()));
        assert_eq!(columns(alert::INCIDENTS.name), sorted(alert::INCIDENTS.columns.to_vec()));
        assert_eq!(columns(alert::CHANGES.name), sorted(alert::CHANGES.columns.to_vec()));
        assert_eq!(columns(alert::TOLD.name), sorted(alert::TOLD.columns.to_vec()));
        assert_eq!(columns(alert::DESKS.name), sorted(alert::DESKS.columns.to_vec()));
        assert_eq!(columns(alert::IDENTITY.name), sorted(alert::IDENTITY.columns.to_vec()));
        assert_eq!(columns(alert::DIGESTS.name), sorted(alert::DIGESTS.columns.to_vec()));
        assert_eq!(columns(delivery::DELIVERIES.name), sorted(delivery::DELIVERIES.columns.to_vec()));
        assert_eq!(columns(delivery::NOTIFICATIONS.name), sorted(delivery::NOTIFICATIONS.columns.to_vec()));
        assert_eq!(columns(silence::TABLE.name), sorted(silence::TABLE.columns.to_vec()));
        assert_eq!(columns(feedback::TABLE.name), sorted(feedback::TABLE.columns.to_vec()));

        let check = |table: &str, column: &str, words: &[&str]| {
            let sql = "SELECT sql FROM sqlite_schema WHERE name = ?1";
            let sql: String = conn.query_row(sql, [table], |row| row.get(0)).unwrap();
            let allowed = format!("CHECK ({column} IN ('{}'))", words.join("', '"));
            assert!(sql.contains(&allowed), "{table} should have {allowed}");
        };
        let severities = Severity::ALL.map(Severity::as_str);
        check("validation_runs", "trigger_source", &Trigger::ALL.map(Trigger::as_str));
        check("validation_runs", "status", &RunStatus::ALL.map(RunStatus::as_str));
        check("validation_results", "status", &Status::ALL.map(Status::as_str));
        check("validation_results", "reason", &Reason::ALL.map(Reason::as_str));
        check("validation_logs", "level", &LogLevel::ALL.map(LogLevel::as_str));
        check("validation_results", "severity", &severities);
        check("validation_findings", "severity", &severities);
        check("validation_findings", "requested_severity", &severities);
        check("run_checks", "severity", &severities);
        check("alert_states", "kind", &AlertKind::ALL.map(AlertKind::as_str));
        check("alert_states", "phase", &Phase::ALL.map(Phase::as_str));
        check("validation_alerts", "kind", &AlertKind::ALL.map(AlertKind::as_str));
        check("validation_alerts", "severity", &severities);
        check("validation_alerts", "state", &["firing", "acked", "resolved", "closed"]);
        check("validation_notifications", "kind", &NoticeKind::ALL.map(NoticeKind::as_str));
        check("validation_notifications", "status", &NotificationStatus::ALL.map(NotificationStatus::as_str));
        check("alert_deliveries", "content", &DeliveryContent::ALL.map(DeliveryContent::as_str));
        check("alert_deliveries", "status", &DeliveryStatus::ALL.map(DeliveryStatus::as_str));
        check("verdict_feedback", "verdict", &FeedbackVerdict::ALL.map(FeedbackVerdict::as_str));
    }

    #[test]
    fn a_database_that_is_ours_opens_again() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("assay.db");
        drop(open(&path).unwrap());
        let conn = open(&path).unwrap();
        let setting = |name: &str| conn.query_row(&format!("PRAGMA {name}"), (), |row| row.get::<_, i64>(0)).unwrap();
        assert_eq!([setting("synchronous"), setting("foreign_keys"), setting("user_version")], [2, 1, 2]);
    }

    #[test]
    fn rows_of_the_first_version_are_exported_too() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("assay.db");
        let old = Connection::open(&path).unwrap();
        old.execute_batch(MIGRATIONS[0]).unwrap();
        old.pragma_update(None, "application_id", APPLICATION_ID).unwrap();
        old.pragma_update(None, "user_version", 1).unwrap();
        let say = "INSERT INTO verdict_feedback (feedback_id, check_name, verdict, at, said_by) \
                   VALUES (?1, 'c', 'expected', '2026-01-02T03:04:05.000006Z', 'sam')";
        old.execute(say, ["before"]).unwrap();
        drop(old);
        let conn = open(&path).unwrap();
        let target = Exporting::Target { target: Some("p.d".to_owned()), now: jiff::Timestamp::UNIX_EPOCH };
        target.write(&conn).unwrap();
        conn.execute(say, ["after"]).unwrap();
        let count = |table: &str| -> i64 {
            conn.query_row(&format!("SELECT count(*) FROM {table}"), (), |row| row.get(0)).unwrap()
        };
        assert_eq!((count("export_days"), count("export_queue")), (1, 1), "the day of the one, the key of the other");
    }

    #[test]
    fn a_database_of_another_program_is_refused_and_left_as_it_is() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("assay.db");
        Connection::open(&path).unwrap().execute_batch("CREATE TABLE theirs (x)").unwrap();
        let before = fs_err::read(&path).unwrap();
        assert!(matches!(open(&path), Err(StoreError::Foreign { .. })));
        assert_eq!(fs_err::read(&path).unwrap(), before);
    }

    #[test]
    fn a_newer_database_is_refused_and_left_as_it_is() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("assay.db");
        open(&path).unwrap().pragma_update(None, "user_version", 999).unwrap();
        let before = fs_err::read(&path).unwrap();
        let error = open(&path).unwrap_err();
        assert!(matches!(error, StoreError::Newer { found: 999, known: 2, .. }), "{error:?}");
        assert!(error.hint().contains("a later one"));
        assert_eq!(fs_err::read(&path).unwrap(), before);
    }

    #[test]
    fn what_is_not_a_database_is_refused_and_left_as_it_is() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("assay.db");
        for garbage in [b"x".to_vec(), MAGIC[..9].to_vec(), b"PAR1".repeat(10), vec![0x5a; 100_000]] {
            fs_err::write(&path, &garbage).unwrap();
            let error = open(&path).unwrap_err();
            assert!(matches!(error, StoreError::NotADatabase { .. }), "{} bytes: {error:?}", garbage.len());
            assert_eq!(error.to_string(), format!("{} is not a database", path.display()));
            assert_eq!(fs_err::read(&path).unwrap(), garbage);
        }
    }

    #[test]
    fn a_damaged_database_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("assay.db");
        drop(open(&path).unwrap());
        let mut bytes = fs_err::read(&path).unwrap();
        bytes.iter_mut().skip(100).take(2_000).for_each(|byte| *byte = 0xff);
        fs_err::write(&path, &bytes).unwrap();
        let error = open(&path).unwrap_err();
        assert!(matches!(error, StoreError::Corrupt { .. }), "{error:?}");
        assert!(error.to_string().contains("assay.db is damaged"));
    }
}
