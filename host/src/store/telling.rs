//! What is to be told is decided inside the transaction that keeps it.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::Arc;

use jiff::Timestamp;
use rusqlite::Connection;
use rusqlite::types::Value;

use super::alerts::{put_stepped, replace};
use super::answer::Answer;
use super::codec::{self, Fields};
use super::digest;
use super::error::Fault;
use super::read::all;
use super::read_alerts;
use super::rows::alert::{self, DESKS, DIGESTS, IDENTITY, STATES, StandingAlert, TOLD};
use super::rows::delivery::{self, DELIVERIES, NOTIFICATIONS};
use super::rows::silence::StoredSilence;
use super::rows::{child, result, timestamp};
use crate::alert::{Change, Desk, Told};
use crate::model::{CheckName, Delivery, Finding, Notification, unique_id};
use digest::Numbers;
use jiff::civil::Date;

/// Somebody who decides what is told.
pub trait Teller: Debug + Send + Sync {
    /// Decides what is told of the alerts as they stand. It must not take long: nothing else is written meanwhile.
    fn tell(&self, standing: Standing, archive: &dyn Archive) -> Telegram;
}

/// How alerts stand, and what was told of them.
#[derive(Debug)]
pub struct Standing {
    /// What tells this journal from others.
    pub journal: String,
    /// Now.
    pub now: Timestamp,
    /// The alerts that time may change something about, or of which somebody may have to be told.
    pub alerts: Vec<StandingAlert>,
    /// What receivers were told of them, by fingerprint and receiver.
    pub told: BTreeMap<(String, String), Told>,
    /// Where the messages of receivers stand, by receiver.
    pub desks: BTreeMap<String, Desk>,
    /// Silences that are not over.
    pub silences: Vec<StoredSilence>,
    /// Up to when digests were sent, by name.
    pub digests: BTreeMap<String, Timestamp>,
}

/// What was stored before.
pub trait Archive {
    /// What is to be told of a result; nothing when it is not kept any more.
    fn result(&self, id: &str) -> Option<ArchivedResult>;

    /// When a check last passed; nothing when no such result is kept.
    fn last_pass(&self, check: &CheckName) -> Option<Timestamp>;

    /// Alerts that something is, or was, wrong with.
    fn alerts(&self) -> Vec<StandingAlert>;

    /// What there is to say of a time.
    fn numbers(&self, from: Timestamp, until: Timestamp) -> Numbers;
}

/// What is to be told of a result.
#[derive(Debug, Clone, PartialEq)]
pub struct ArchivedResult {
    /// What it says, one sentence.
    pub message: String,
    /// The plugin, `id@version`.
    pub plugin: String,
    /// The run.
    pub run_id: String,
    /// The day that run was about.
    pub target_date: Date,
    /// What was found.
    pub findings: Vec<Finding>,
}

/// What is decided.
#[derive(Debug, Default)]
pub struct Telegram {
    /// Alerts that have changed, with what did, and whether time may change something still.
    pub alerts: Vec<(StandingAlert, Vec<Change>, bool)>,
    /// What receivers know from now on, by fingerprint and receiver.
    pub told: Vec<((String, String), Told)>,
    /// Where the messages of receivers stand from now on.
    pub desks: Vec<(String, Desk)>,
    /// What was told or held back.
    pub notifications: Vec<Notification>,
    /// Messages.
    pub deliveries: Vec<Delivery>,
    /// Up to when digests are sent from now on.
    pub digests: Vec<(String, Timestamp)>,
    /// The earliest instant at which there may be something to tell although nothing happens.
    pub next: Option<Timestamp>,
}

/// What is to be told is looked at.
#[derive(Debug)]
pub(super) struct Telling {
    teller: Arc<dyn Teller>,
    now: Timestamp,
    /// When there may be something to tell although nothing happens.
    next: Answer<Option<Timestamp>>,
}

impl Telling {
    pub(super) fn new(teller: Arc<dyn Teller>, now: Timestamp) -> (Self, Answer<Option<Timestamp>>) {
        let next = Answer::new();
        (Self { teller, now, next: next.clone() }, next)
    }

    pub(super) fn write(&self, conn: &Connection) -> Result<(), Fault> {
        let archive = Shelf { conn, fault: RefCell::new(None) };
        let telegram = self.teller.tell(standing(conn, self.now)?, &archive);
        if let Some(fault) = archive.fault.into_inner() {
            return Err(fault);
        }
        let Telegram { alerts, told, desks, notifications, deliveries, digests, next } = telegram;
        for (alert, changes, unsettled) in &alerts {
            put_stepped(conn, alert, changes, *unsettled)?;
        }
        for ((fingerprint, receiver), told) in &told {
            let row = [codec::text(Some(fingerprint)), codec::text(Some(receiver)), alert::document(told)];
            replace(conn, &TOLD, &row)?;
        }
        for (receiver, desk) in &desks {
            replace(conn, &DESKS, &[codec::text(Some(receiver)), alert::document(desk)])?;
        }
        for notification in &notifications {
            NOTIFICATIONS.put(conn, &delivery::notification(notification)?)?;
        }
        for message in &deliveries {
            DELIVERIES.put(conn, &delivery::delivery(message)?)?;
        }
        for (name, until) in &digests {
            let of = format!("digest {name}");
            replace(conn, &DIGESTS, &[codec::text(Some(name)), timestamp(&of, "until", *until)?])?;
        }
        self.next.give(next);
        Ok(())
    }
}

fn standing(conn: &Connection, now: Timestamp) -> Result<Standing, Fault> {
    let sql = format!("SELECT * FROM {} WHERE unsettled = 1 ORDER BY fingerprint", STATES.name);
    let alerts = all(conn, &sql, Vec::new(), alert::read_state)?;
    let sql = format!(
        "SELECT t.* FROM {} t JOIN {} s ON s.fingerprint = t.fingerprint WHERE s.unsettled = 1",
        TOLD.name, STATES.name
    );
    let told = all(conn, &sql, Vec::new(), |row| {
        let fields = Fields::new(TOLD.name, row);
        let key = (fields.text("fingerprint")?, fields.text("receiver")?);
        Ok((key, alert::read_document(&fields, "document")?))
    })?;
    let desks = all(conn, &format!("SELECT * FROM {}", DESKS.name), Vec::new(), |row| {
        let fields = Fields::new(DESKS.name, row);
        Ok((fields.text("receiver")?, alert::read_document(&fields, "document")?))
    })?;
    let digests = all(conn, &format!("SELECT * FROM {}", DIGESTS.name), Vec::new(), |row| {
        let fields = Fields::new(DIGESTS.name, row);
        Ok((fields.text("name")?, fields.timestamp("until")?))
    })?;
    Ok(Standing {
        journal: identity(conn, now)?,
        now,
        alerts,
        told: told.into_iter().collect(),
        desks: desks.into_iter().collect(),
        silences: read_alerts::silences(conn, Some(now))?,
        digests: digests.into_iter().collect(),
    })
}

/// What tells this journal from others: made when it is first asked for.
pub(super) fn identity(conn: &Connection, now: Timestamp) -> Result<String, Fault> {
    let read = || {
        let sql = format!("SELECT identity FROM {} ORDER BY identity", IDENTITY.name);
        all(conn, &sql, Vec::new(), |row| Fields::new(IDENTITY.name, row).text("identity"))
    };
    if let Some(identity) = read()?.into_iter().next() {
        return Ok(identity);
    }
    let identity = unique_id(now);
    IDENTITY.put(conn, &[codec::text(Some(&identity))])?;
    Ok(identity)
}

/// The archive of a database. The first thing that goes wrong is kept for whoever asked.
struct Shelf<'c> {
    conn: &'c Connection,
    fault: RefCell<Option<Fault>>,
}

impl Shelf<'_> {
    fn kept<T: Default>(&self, read: Result<T, Fault>) -> T {
        read.unwrap_or_else(|fault| {
            self.fault.borrow_mut().get_or_insert(fault);
            T::default()
        })
    }
}

impl Archive for Shelf<'_> {
    fn result(&self, id: &str) -> Option<ArchivedResult> {
        self.kept(archived(self.conn, id))
    }

    fn last_pass(&self, check: &CheckName) -> Option<Timestamp> {
        self.kept(last_pass(self.conn, check))
    }

    fn alerts(&self) -> Vec<StandingAlert> {
        self.kept(read_alerts::alerts(self.conn))
    }

    fn numbers(&self, from: Timestamp, until: Timestamp) -> Numbers {
        self.kept(digest::numbers(self.conn, from, until))
    }
}

fn last_pass(conn: &Connection, check: &CheckName) -> Result<Option<Timestamp>, Fault> {
    let sql = format!(
        "SELECT started_at FROM {} WHERE check_name = ? AND status = 'pass' ORDER BY started_at DESC LIMIT 1",
        result::TABLE.name
    );
    let last = all(conn, &sql, vec![Value::Text(check.to_string())], |row| {
        Fields::new(result::TABLE.name, row).timestamp("started_at")
    })?;
    Ok(last.into_iter().next())
}

fn archived(conn: &Connection, id: &str) -> Result<Option<ArchivedResult>, Fault> {
    let key = || vec![Value::Text(id.to_owned())];
    let sql = format!("SELECT * FROM {} WHERE result_id = ? ORDER BY ordinal", child::FINDINGS.name);
    let findings = all(conn, &sql, key(), child::read_finding)?;
    let sql = format!(
        "SELECT r.message, r.plugin, r.run_id, v.target_date FROM {} r JOIN validation_runs v ON v.run_id = r.run_id \
         WHERE r.result_id = ?",
        result::TABLE.name
    );
    let found = all(conn, &sql, key(), |row| {
        let fields = Fields::new(result::TABLE.name, row);
        Ok(ArchivedResult {
            message: fields.text("message")?,
            plugin: fields.text("plugin")?,
            run_id: fields.text("run_id")?,
            target_date: fields.date("target_date")?,
            findings: Vec::new(),
        })
    })?;
    Ok(found.into_iter().next().map(|result| ArchivedResult { findings, ..result }))
}
