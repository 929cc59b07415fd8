//! Tables `alert_states`, `validation_alerts`, `alert_changes`, `alert_told` and `alert_groups`: how alerts stand, and
//! what was said of them.

use jiff::Timestamp;
use rusqlite::types::Value;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::super::codec::{self, Fields};
use super::super::error::{Fault, StoreError};
use super::{Table, optional_timestamp, timestamp};
use crate::alert::{Change, State};
use crate::model::{AlertId, AlertKey, AlertKind, AlertSubject, Phase, Severity};

/// How alerts stand.
pub(in super::super) const STATES: Table<9> = Table {
    name: "alert_states",
    key: 1,
    columns: [
        "fingerprint",
        "check_name",
        "kind",
        "segment",
        "phase",
        "unsettled",
        "subject",
        "document",
        "updated_at",
    ],
};

/// Incidents.
pub(in super::super) const INCIDENTS: Table<19> = Table {
    name: "validation_alerts",
    key: 1,
    columns: [
        "alert_id",
        "fingerprint",
        "check_name",
        "kind",
        "segment",
        "severity",
        "state",
        "owner",
        "opened_at",
        "first_result_id",
        "last_result_id",
        "occurrences",
        "reopened",
        "acked_by",
        "acked_at",
        "acked_until",
        "ended_at",
        "resolution",
        "updated_at",
    ],
};

/// What happened to alerts.
pub(in super::super) const CHANGES: Table<6> =
    Table { name: "alert_changes", key: 2, columns: ["fingerprint", "sequence", "alert_id", "at", "change", "detail"] };

/// What receivers were told last.
pub(in super::super) const TOLD: Table<3> =
    Table { name: "alert_told", key: 2, columns: ["fingerprint", "receiver", "document"] };

/// Where the messages of receivers stand.
pub(in super::super) const DESKS: Table<2> = Table { name: "alert_desks", key: 1, columns: ["receiver", "document"] };
/// What tells a journal from others.
pub(in super::super) const IDENTITY: Table<1> = Table { name: "journal_identity", key: 1, columns: ["identity"] };
/// Up to when digests were sent.
pub(in super::super) const DIGESTS: Table<2> = Table { name: "alert_digests", key: 1, columns: ["name", "until"] };

/// An alert as it is kept.
#[derive(Debug, Clone, PartialEq)]
pub struct StandingAlert {
    /// The alert.
    pub key: AlertKey,
    /// What its check is to those who route it.
    pub subject: AlertSubject,
    /// Whether the host is to blame for what is wrong.
    pub by_host: bool,
    /// How it stands.
    pub state: State,
    /// When it last changed.
    pub updated_at: Timestamp,
}

/// A line of the history of an alert.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlertChange {
    /// The incident.
    pub alert: Option<AlertId>,
    /// When.
    pub at: Timestamp,
    /// The word for what changed.
    pub change: String,
    /// More, for a person.
    pub detail: Option<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SubjectJson {
    data_owner: Option<String>,
    check_owner: Option<String>,
    operator: Option<String>,
    tags: Vec<String>,
    sources: Vec<String>,
    schedule: Option<String>,
    runbook: Option<String>,
    plugin: String,
    by_host: bool,
}

/// A document.
pub(in super::super) fn document(value: &impl Serialize) -> Value {
    Value::Text(serde_json::to_string(value).expect("texts, numbers and lists of them always serialise"))
}

/// The document of a column.
pub(in super::super) fn read_document<T: DeserializeOwned>(
    fields: &Fields<'_, '_>,
    column: &'static str,
) -> Result<T, Fault> {
    let text = fields.text(column)?;
    serde_json::from_str(&text).map_err(|_| fields.corrupt(column, "document of this version"))
}

/// The row of an alert; `unsettled` when time alone may change something about it or about what is told of it.
pub(in super::super) fn state_row(alert: &StandingAlert, unsettled: bool) -> Result<[Value; 9], StoreError> {
    let StandingAlert { key, subject, by_host, state, updated_at } = alert;
    let AlertSubject { data_owner, check_owner, operator, tags, sources, schedule, runbook, plugin } = subject.clone();
    let subject =
        SubjectJson { data_owner, check_owner, operator, tags, sources, schedule, runbook, plugin, by_host: *by_host };
    Ok([
        Value::Text(key.fingerprint()),
        codec::text(Some(key.check.as_str())),
        codec::text(Some(key.kind.as_str())),
        codec::text(key.segment.as_deref()),
        codec::text(Some(state.phase.as_str())),
        Value::Integer(unsettled.into()),
        document(&subject),
        document(state),
        timestamp(&format!("alert {key}"), "updated_at", *updated_at)?,
    ])
}

/// The key of a row of [`STATES`].
pub(in super::super) fn read_key(row: &rusqlite::Row<'_>) -> Result<AlertKey, Fault> {
    let fields = Fields::new(STATES.name, row);
    Ok(AlertKey {
        check: fields.parsed("check_name", "check name")?,
        kind: fields.word("kind", "kind of alert", &AlertKind::ALL, AlertKind::as_str)?,
        segment: fields.text_or_null("segment")?,
    })
}

/// The alert of a row.
pub(in super::super) fn read_state(row: &rusqlite::Row<'_>) -> Result<StandingAlert, Fault> {
    let fields = Fields::new(STATES.name, row);
    let SubjectJson { data_owner, check_owner, operator, tags, sources, schedule, runbook, plugin, by_host } =
        read_document(&fields, "subject")?;
    Ok(StandingAlert {
        key: read_key(row)?,
        subject: AlertSubject { data_owner, check_owner, operator, tags, sources, schedule, runbook, plugin },
        by_host,
        state: read_document(&fields, "document")?,
        updated_at: fields.timestamp("updated_at")?,
    })
}

/// The row of the incident that an alert is in, or was in last.
pub(in super::super) fn incident_row(alert: &StandingAlert) -> Result<Option<[Value; 19]>, StoreError> {
    let StandingAlert { key, subject, by_host, state, updated_at } = alert;
    let (Some(id), Some(opened_at)) = (state.id, state.opened_at) else { return Ok(None) };
    let of = format!("alert {id}");
    let severity = state.severity.unwrap_or(Severity::Low);
    let phase = match (state.phase, &state.ended) {
        (phase @ (Phase::Firing | Phase::Acked | Phase::Closed), _) => phase,
        // An alert that is pending or inactive once more is in no incident: the last one is over.
        (Phase::Inactive | Phase::Pending | Phase::Resolved, Some(crate::alert::Ended::Closed { .. })) => Phase::Closed,
        (Phase::Inactive | Phase::Pending | Phase::Resolved, _) => Phase::Resolved,
    };
    let acked = state.acked.as_ref();
    Ok(Some([
        Value::Text(id.to_string()),
        Value::Text(key.fingerprint()),
        codec::text(Some(key.check.as_str())),
        codec::text(Some(key.kind.as_str())),
        codec::text(key.segment.as_deref()),
        codec::text(Some(severity.as_str())),
        codec::text(Some(phase.as_str())),
        codec::text(subject.labels(key, severity, *by_host).owner.as_deref()),
        timestamp(&of, "opened_at", opened_at)?,
        codec::text(state.first_result.as_deref()),
        codec::text(state.last_result.as_deref()),
        codec::count(state.occurrences),
        codec::count(state.reopened.into()),
        codec::text(acked.map(|ack| ack.by.as_str())),
        optional_timestamp(&of, "acked_at", acked.map(|ack| ack.at))?,
        optional_timestamp(&of, "acked_until", acked.and_then(|ack| ack.until))?,
        optional_timestamp(&of, "ended_at", state.ended_at)?,
        codec::text(state.ended.as_ref().map(crate::alert::Ended::as_str)),
        timestamp(&of, "updated_at", *updated_at)?,
    ]))
}

/// The row of a change, which is the `sequence`th of its alert.
pub(in super::super) fn change_row(
    fingerprint: &str,
    sequence: i64,
    id: Option<AlertId>,
    at: Timestamp,
    change: &Change,
) -> Result<[Value; 6], StoreError> {
    Ok([
        codec::text(Some(fingerprint)),
        Value::Integer(sequence),
        id.map_or(Value::Null, |id| Value::Text(id.to_string())),
        timestamp(&format!("alert {fingerprint}"), "at", at)?,
        codec::text(Some(change.as_str())),
        codec::text(change.detail().as_deref()),
    ])
}

/// The change of a row.
pub(in super::super) fn read_change(row: &rusqlite::Row<'_>) -> Result<AlertChange, Fault> {
    let fields = Fields::new(CHANGES.name, row);
    Ok(AlertChange {
        alert: fields.parsed_or_null("alert_id", "alert id")?,
        at: fields.timestamp("at")?,
        change: fields.text("change")?,
        detail: fields.text_or_null("detail")?,
    })
}
