//! What is read of alerts and of what is told of them.

use jiff::Timestamp;
use rusqlite::Connection;
use rusqlite::types::Value;

use super::codec;
use super::error::Fault;
use super::read::{all, comparable, narrowed};
use super::rows::alert::{self, AlertChange, CHANGES, STATES, StandingAlert};
use super::rows::delivery::{self, DELIVERIES, NOTIFICATIONS};
use super::rows::feedback;
use super::rows::silence::{self, StoredSilence};
use crate::model::{AlertId, Delivery, DeliveryStatus, Feedback, Notification};

/// Which deliveries to read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DeliveryFilter {
    /// Only with this status.
    pub status: Option<DeliveryStatus>,
    /// Only to this receiver.
    pub receiver: Option<String>,
    /// Only those whose id begins so.
    pub id: Option<String>,
    /// At most so many, the newest.
    pub limit: u32,
}

/// Alerts that something is, or was, wrong with, by check.
pub(super) fn alerts(conn: &Connection) -> Result<Vec<StandingAlert>, Fault> {
    let sql = format!("SELECT * FROM {} ORDER BY check_name, kind, segment", STATES.name);
    all(conn, &sql, Vec::new(), alert::read_state)
}

/// What happened to an alert, the oldest first.
pub(super) fn changes(conn: &Connection, fingerprint: &str) -> Result<Vec<AlertChange>, Fault> {
    let sql = format!("SELECT * FROM {} WHERE fingerprint = ? ORDER BY sequence", CHANGES.name);
    all(conn, &sql, vec![Value::Text(fingerprint.to_owned())], alert::read_change)
}

/// Who was told of an incident, and who was not, the oldest first.
pub(super) fn notifications(conn: &Connection, alert: AlertId) -> Result<Vec<Notification>, Fault> {
    let sql = format!("SELECT * FROM {} WHERE alert_id = ? ORDER BY at, notification_id", NOTIFICATIONS.name);
    all(conn, &sql, vec![Value::Text(alert.to_string())], delivery::read_notification)
}

/// Deliveries, the newest first.
pub(super) fn deliveries(conn: &Connection, filter: &DeliveryFilter) -> Result<Vec<Delivery>, Fault> {
    let DeliveryFilter { status, receiver, id, limit } = filter;
    let conditions = [
        ("status = ?", status.map(|status| status.as_str().to_owned())),
        ("receiver = ?", receiver.clone()),
        ("instr(delivery_id, ?) = 1", id.clone()),
    ];
    let (wheres, mut params) = narrowed(conditions);
    params.push(Value::Integer((*limit).into()));
    let sql = format!("SELECT * FROM {} {wheres} ORDER BY created_at DESC, delivery_id DESC LIMIT ?", DELIVERIES.name);
    all(conn, &sql, params, delivery::read_delivery)
}

/// Deliveries that are to be attempted by an instant, the oldest first, each the first that waits in its group: a
/// receiver hears of an incident in the order in which it happened.
pub(super) fn due(conn: &Connection, by: Timestamp, limit: u32) -> Result<Vec<Delivery>, Fault> {
    let sql = format!(
        "SELECT * FROM {0} d WHERE d.status = 'queued' AND d.next_attempt_at <= ? AND NOT EXISTS \
         (SELECT 1 FROM {0} e WHERE e.status = 'queued' AND e.receiver = d.receiver AND e.group_key = d.group_key \
          AND (e.created_at, e.delivery_id) < (d.created_at, d.delivery_id)) \
         ORDER BY d.created_at, d.delivery_id LIMIT ?",
        DELIVERIES.name
    );
    all(conn, &sql, vec![Value::Text(comparable(by)), Value::Integer(limit.into())], delivery::read_delivery)
}

/// What the receiver answered to the first message of the thread that a delivery goes on with: of its group, since the
/// one that said that all is well again.
pub(super) fn thread(conn: &Connection, of: &Delivery) -> Result<Option<String>, Fault> {
    let Some(group) = &of.group_key else { return Ok(None) };
    let created = codec::timestamp(of.created_at).unwrap_or_default();
    let sql = format!(
        "SELECT * FROM {0} d WHERE receiver = ?1 AND group_key = ?2 AND status = 'delivered' AND receipt IS NOT NULL \
         AND (created_at, delivery_id) < (?3, ?4) AND NOT EXISTS \
         (SELECT 1 FROM {0} e WHERE e.receiver = ?1 AND e.group_key = ?2 AND e.content = 'resolved' \
          AND e.status = 'delivered' AND (e.created_at, e.delivery_id) >= (d.created_at, d.delivery_id) \
          AND (e.created_at, e.delivery_id) < (?3, ?4)) \
         ORDER BY created_at, delivery_id LIMIT 1",
        DELIVERIES.name
    );
    let params = vec![
        Value::Text(of.receiver.clone()),
        Value::Text(group.clone()),
        Value::Text(created),
        Value::Text(of.id.clone()),
    ];
    let first = all(conn, &sql, params, delivery::read_delivery)?;
    Ok(first.into_iter().next().and_then(|delivery| delivery.receipt))
}

/// When the next delivery is to be attempted.
pub(super) fn next_due(conn: &Connection) -> Result<Option<Timestamp>, Fault> {
    let sql = format!(
        "SELECT * FROM {} WHERE status = 'queued' AND next_attempt_at IS NOT NULL ORDER BY next_attempt_at LIMIT 1",
        DELIVERIES.name
    );
    let first = all(conn, &sql, Vec::new(), delivery::read_delivery)?;
    Ok(first.into_iter().next().and_then(|delivery| delivery.next_attempt_at))
}

/// Silences, the newest first: all, or those that are not over at an instant.
pub(super) fn silences(conn: &Connection, at: Option<Timestamp>) -> Result<Vec<StoredSilence>, Fault> {
    let (wheres, params) = narrowed([("ends_at > ?", at.map(comparable))]);
    let sql = format!("SELECT * FROM {} {wheres} ORDER BY created_at DESC, silence_id", silence::TABLE.name);
    all(conn, &sql, params, silence::read)
}

/// What was said, the newest first.
pub(super) fn feedback(conn: &Connection, alert: AlertId) -> Result<Vec<Feedback>, Fault> {
    let sql = format!("SELECT * FROM {} WHERE alert_id = ? ORDER BY at DESC, feedback_id", feedback::TABLE.name);
    all(conn, &sql, vec![Value::Text(alert.to_string())], feedback::read)
}
