//! What is written of alerts: steps that results and people make them take.

use std::sync::Arc;

use jiff::Timestamp;
use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};

use super::codec::Fields;
use super::error::Fault;
use super::export_queue::not_waiting;
use super::read::comparable;
use super::rows::Table;
use super::rows::alert::{self, CHANGES, INCIDENTS, STATES, StandingAlert};
use super::rows::delivery::{DELIVERIES, NOTIFICATIONS};
use super::rows::silence;
use crate::alert::{Change, Event, Facts, Policy, observe, step};
use crate::model::{AlertId, AlertKey, AlertSubject, CheckResult, Digest, Phase, Reason};

/// What is to be known of a check for its alerts.
#[derive(Debug, Clone, PartialEq)]
pub struct AlertContext {
    /// When its alerts fire.
    pub policy: Arc<Policy>,
    /// Who is told.
    pub subject: AlertSubject,
}

/// Something that happens to alerts.
#[derive(Debug)]
pub(super) enum Happening {
    /// A check has a result that counts.
    Result {
        /// The result.
        result: Box<CheckResult>,
        /// Its identity.
        id: String,
        /// When its run was due.
        due: Timestamp,
    },
    /// Something else happens to one alert.
    Event {
        /// The alert.
        key: AlertKey,
        /// What.
        event: Event,
    },
}

/// Something that happens to alerts, with what it is to be judged by.
#[derive(Debug)]
pub(super) struct Happened {
    /// What.
    pub(super) what: Happening,
    /// The check.
    pub(super) context: Arc<AlertContext>,
    /// When.
    pub(super) now: Timestamp,
}

impl Happened {
    /// Events, each of an alert.
    pub(super) fn all(events: Vec<(AlertKey, Event, Arc<AlertContext>)>, now: Timestamp) -> Vec<Self> {
        let of = |(key, event, context)| Self { what: Happening::Event { key, event }, context, now };
        events.into_iter().map(of).collect()
    }

    pub(super) fn write(&self, conn: &Connection) -> Result<(), Fault> {
        match &self.what {
            Happening::Event { key, event } => self.step(conn, key, event, None),
            Happening::Result { result, id, due } => {
                let version = version(result);
                let worst = result.findings.iter().map(|finding| finding.severity).max();
                let facts = Facts {
                    check: &result.check,
                    status: result.conclusion.status,
                    reason: result.conclusion.reason,
                    severity: worst.unwrap_or(result.conclusion.severity),
                    findings: &result.findings,
                    result: id,
                    run: result.run_id,
                    scheduled_for: *due,
                    version: version.as_deref(),
                };
                let known = known_of(conn, result.check.as_str())?;
                let by_host = result.conclusion.reason == Some(Reason::HostError);
                for (key, event) in observe(&facts, &self.context.policy, &known) {
                    self.step(conn, &key, &event, Some(by_host))?;
                }
                Ok(())
            }
        }
    }

    /// Takes an alert one step further. `by_host`: whether the host is to blame for what is wrong, where that is known.
    fn step(&self, conn: &Connection, key: &AlertKey, event: &Event, by_host: Option<bool>) -> Result<(), Fault> {
        let fingerprint = key.fingerprint();
        let before = find(conn, &fingerprint)?;
        let (known, was_by_host) = match &before {
            Some(alert) => (Some(alert.state.clone()), alert.by_host),
            None => (None, false),
        };
        let new_id = || AlertId::generate(self.now);
        let stepped = step(key.kind, known, event, &self.context.policy, self.now, new_id);
        // Of an alert that nothing has ever been wrong with there is nothing to keep.
        if before.is_none() && stepped.changes.is_empty() && stepped.state.bad == 0 {
            return Ok(());
        }
        if before.as_ref().is_some_and(|before| before.state == stepped.state) && stepped.changes.is_empty() {
            return Ok(());
        }
        let standing = StandingAlert {
            key: key.clone(),
            subject: self.context.subject.clone(),
            by_host: by_host.unwrap_or(was_by_host),
            state: stepped.state,
            updated_at: self.now,
        };
        put_stepped(conn, &standing, &stepped.changes, true)
    }
}

/// Writes how an alert stands, and what changed about it; `unsettled` when time alone may change something about it or
/// about what is told of it.
pub(super) fn put_stepped(
    conn: &Connection,
    standing: &StandingAlert,
    changes: &[Change],
    unsettled: bool,
) -> Result<(), Fault> {
    replace(conn, &STATES, &alert::state_row(standing, unsettled)?)?;
    // What follows an incident that is over is not part of it.
    let is_news = !changes.is_empty() || standing.state.phase.is_open();
    if let Some(row) = alert::incident_row(standing)?.filter(|_| is_news) {
        replace(conn, &INCIDENTS, &row)?;
    }
    let fingerprint = standing.key.fingerprint();
    let mut sequence = if changes.is_empty() { 0 } else { last_sequence(conn, &fingerprint)? };
    for change in changes {
        sequence += 1;
        let row = alert::change_row(&fingerprint, sequence, standing.state.id, standing.updated_at, change)?;
        CHANGES.put(conn, &row)?;
    }
    Ok(())
}

/// What a check is made of: its component and its settings. Not known where no component ran.
fn version(result: &CheckResult) -> Option<String> {
    let component = result.digest?;
    Some(Digest::of(format!("{component}\n{}", result.settings).as_bytes()).to_string())
}

/// Writes a row in place of that with its key.
pub(super) fn replace<const N: usize>(conn: &Connection, table: &Table<N>, row: &[Value; N]) -> Result<(), Fault> {
    let columns = table.columns.join(", ");
    let keys = table.keys().join(", ");
    let marks = ["?"; N].join(", ");
    let sets: Vec<_> = table.columns.iter().skip(table.key).map(|c| format!("{c} = excluded.{c}")).collect();
    let sql = format!(
        "INSERT INTO {} ({columns}) VALUES ({marks}) ON CONFLICT ({keys}) DO UPDATE SET {}",
        table.name,
        sets.join(", ")
    );
    conn.prepare_cached(&sql)?.execute(params_from_iter(row))?;
    Ok(())
}

/// The alert of a fingerprint.
pub(super) fn find(conn: &Connection, fingerprint: &str) -> Result<Option<StandingAlert>, Fault> {
    let sql = format!("SELECT * FROM {} WHERE fingerprint = ?1", STATES.name);
    let mut statement = conn.prepare_cached(&sql)?;
    let mut rows = statement.query([fingerprint])?;
    rows.next()?.map(alert::read_state).transpose()
}

/// The alerts of a check that there are, and how they stand.
fn known_of(conn: &Connection, check: &str) -> Result<Vec<(AlertKey, Phase)>, Fault> {
    let sql = format!("SELECT check_name, kind, segment, phase FROM {} WHERE check_name = ?1", STATES.name);
    let mut statement = conn.prepare_cached(&sql)?;
    let mut rows = statement.query([check])?;
    let mut keys = Vec::new();
    while let Some(row) = rows.next()? {
        let phase = Fields::new(STATES.name, row).word("phase", "phase", &Phase::ALL, Phase::as_str)?;
        keys.push((alert::read_key(row)?, phase));
    }
    Ok(keys)
}

fn last_sequence(conn: &Connection, fingerprint: &str) -> Result<i64, Fault> {
    let sql = format!("SELECT coalesce(max(sequence), 0) FROM {} WHERE fingerprint = ?1", CHANGES.name);
    Ok(conn.prepare_cached(&sql)?.query_row([fingerprint], |row| row.get(0))?)
}

/// Deletes what was told and what changed before an instant, but not what an alert that is open, or a delivery that
/// waits, needs, nor what waits to be exported.
pub(super) fn forget(conn: &Connection, before: Timestamp) -> Result<(), Fault> {
    let before = comparable(before);
    let settled = format!("fingerprint NOT IN (SELECT fingerprint FROM {} WHERE unsettled = 1)", STATES.name);
    let exported = not_waiting(NOTIFICATIONS.name, "notification_id", "at");
    for (table, condition) in [
        (DELIVERIES.name, "ended_at < ?1".to_owned()),
        (NOTIFICATIONS.name, format!("at < ?1 AND {settled} AND {exported}")),
        (CHANGES.name, format!("at < ?1 AND {settled}")),
        (silence::TABLE.name, "ends_at < ?1".to_owned()),
    ] {
        conn.prepare_cached(&format!("DELETE FROM {table} WHERE {condition}"))?.execute([&before])?;
    }
    Ok(())
}
