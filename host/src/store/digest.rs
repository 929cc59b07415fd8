//! What there is to say of a time.

use jiff::Timestamp;
use rusqlite::Connection;
use rusqlite::types::Value;

use super::codec::Fields;
use super::error::Fault;
use super::read::{all, comparable, schedule_states};
use super::rows::delivery::NOTIFICATIONS;
use super::rows::run;
use crate::model::{CheckName, Status, Tally};

/// How many of the slowest checks are named.
const SLOWEST: u32 = 5;

/// What there is to say of a time.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Numbers {
    /// The last results of the checks that had one.
    pub tally: Tally,
    /// Runs.
    pub runs: u64,
    /// Slots that had no run, and should have.
    pub missed: u64,
    /// Checks that had a result.
    pub ran: Vec<CheckName>,
    /// The slowest checks, with their longest time in milliseconds.
    pub slowest: Vec<(String, u64)>,
    /// Notices that were held back, by what held them back.
    pub suppressed: Vec<(String, u64)>,
    /// Deliveries that were given up.
    pub dead: u64,
    /// Schedules that rest.
    pub paused: Vec<String>,
}

/// What there is to say of the time from `from` to before `until`.
pub(super) fn numbers(conn: &Connection, from: Timestamp, until: Timestamp) -> Result<Numbers, Fault> {
    let between = || vec![Value::Text(comparable(from)), Value::Text(comparable(until))];
    let count = |sql: &str| -> Result<u64, Fault> {
        let counts = all(conn, sql, between(), |row| Fields::new(run::NAME, row).count("n"))?;
        Ok(counts.into_iter().next().unwrap_or_default())
    };
    // Beside `max`, SQLite takes the other columns from the row that has the maximum.
    let last = "SELECT check_name, status, max(started_at) FROM validation_results \
                WHERE started_at >= ? AND started_at < ? GROUP BY check_name ORDER BY check_name";
    let last = all(conn, last, between(), |row| {
        let fields = Fields::new("validation_results", row);
        let check: CheckName = fields.parsed("check_name", "check name")?;
        Ok((check, fields.word("status", "status", &Status::ALL, Status::as_str)?))
    })?;
    let slowest = format!(
        "SELECT check_name, max(duration_ms) AS n FROM validation_results WHERE started_at >= ? AND started_at < ? \
         GROUP BY check_name ORDER BY n DESC, check_name LIMIT {SLOWEST}"
    );
    let slowest = all(conn, &slowest, between(), |row| {
        let fields = Fields::new("validation_results", row);
        Ok((fields.text("check_name")?, fields.count("n")?))
    })?;
    let suppressed = format!(
        "SELECT suppressed_by, count(*) AS n FROM {} WHERE at >= ? AND at < ? AND status = 'suppressed' \
         GROUP BY suppressed_by ORDER BY n DESC, suppressed_by",
        NOTIFICATIONS.name
    );
    let suppressed = all(conn, &suppressed, between(), |row| {
        let fields = Fields::new(NOTIFICATIONS.name, row);
        Ok((fields.text_or_null("suppressed_by")?.unwrap_or_default(), fields.count("n")?))
    })?;
    Ok(Numbers {
        tally: Tally::of(last.iter().map(|(_, status)| *status)),
        ran: last.into_iter().map(|(check, _)| check).collect(),
        runs: count(
            "SELECT count(*) AS n FROM validation_runs WHERE started_at >= ? AND started_at < ? \
             AND status NOT IN ('missed', 'skipped') AND trigger_source <> 'host'",
        )?,
        missed: count(
            "SELECT count(*) AS n FROM validation_runs WHERE started_at >= ? AND started_at < ? AND status = 'missed' \
             AND reason NOT IN ('paused', 'removed')",
        )?,
        slowest,
        suppressed,
        paused: schedule_states(conn)?
            .into_iter()
            .filter(|state| state.paused.as_ref().is_some_and(|pause| pause.holds_at(until)))
            .map(|state| state.schedule.to_string())
            .collect(),
        dead: count(
            "SELECT count(*) AS n FROM alert_deliveries WHERE ended_at >= ? AND ended_at < ? AND status = 'dead'",
        )?,
    })
}
