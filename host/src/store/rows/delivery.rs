//! Tables `alert_deliveries` and `validation_notifications`: what receivers are told.

use rusqlite::types::Value;

use super::super::codec::{self, Fields};
use super::super::error::{Fault, StoreError};
use super::{Table, optional_timestamp, timestamp};
use crate::model::{Delivery, DeliveryContent, DeliveryStatus, NoticeKind, Notification, NotificationStatus};

/// The outbox.
pub(in super::super) const DELIVERIES: Table<15> = Table {
    name: "alert_deliveries",
    key: 1,
    columns: [
        "delivery_id",
        "receiver",
        "group_key",
        "dedup_key",
        "content",
        "notices",
        "content_type",
        "body",
        "status",
        "attempts",
        "next_attempt_at",
        "created_at",
        "ended_at",
        "error",
        "receipt",
    ],
};

/// What receivers are told of single alerts.
pub(in super::super) const NOTIFICATIONS: Table<9> = Table {
    name: "validation_notifications",
    key: 1,
    columns: [
        "notification_id",
        "alert_id",
        "fingerprint",
        "receiver",
        "kind",
        "at",
        "status",
        "suppressed_by",
        "delivery_id",
    ],
};

/// The row of a delivery.
pub(in super::super) fn delivery(delivery: &Delivery) -> Result<[Value; 15], StoreError> {
    let Delivery {
        id,
        receiver,
        group_key,
        dedup_key,
        content,
        notices,
        content_type,
        body,
        status,
        attempts,
        next_attempt_at,
        created_at,
        ended_at,
        error,
        receipt,
    } = delivery;
    let of = format!("delivery {id}");
    Ok([
        codec::text(Some(id)),
        codec::text(Some(receiver)),
        codec::text(group_key.as_deref()),
        codec::text(Some(dedup_key)),
        codec::text(Some(content.as_str())),
        codec::count(*notices),
        codec::text(Some(content_type)),
        codec::text(Some(body)),
        codec::text(Some(status.as_str())),
        codec::count((*attempts).into()),
        optional_timestamp(&of, "next_attempt_at", *next_attempt_at)?,
        timestamp(&of, "created_at", *created_at)?,
        optional_timestamp(&of, "ended_at", *ended_at)?,
        codec::text(error.as_deref()),
        codec::text(receipt.as_deref()),
    ])
}

/// The delivery of a row.
pub(in super::super) fn read_delivery(row: &rusqlite::Row<'_>) -> Result<Delivery, Fault> {
    let fields = Fields::new(DELIVERIES.name, row);
    Ok(Delivery {
        id: fields.text("delivery_id")?,
        receiver: fields.text("receiver")?,
        group_key: fields.text_or_null("group_key")?,
        dedup_key: fields.text("dedup_key")?,
        content: fields.word("content", "content", &DeliveryContent::ALL, DeliveryContent::as_str)?,
        notices: fields.count("notices")?,
        content_type: fields.text("content_type")?,
        body: fields.text("body")?,
        status: fields.word("status", "status", &DeliveryStatus::ALL, DeliveryStatus::as_str)?,
        attempts: fields.count("attempts")?,
        next_attempt_at: fields.timestamp_or_null("next_attempt_at")?,
        created_at: fields.timestamp("created_at")?,
        ended_at: fields.timestamp_or_null("ended_at")?,
        error: fields.text_or_null("error")?,
        receipt: fields.text_or_null("receipt")?,
    })
}

/// The row of a notification.
pub(in super::super) fn notification(notification: &Notification) -> Result<[Value; 9], StoreError> {
    let Notification { id, alert, fingerprint, receiver, kind, at, status, suppressed_by, delivery } = notification;
    Ok([
        codec::text(Some(id)),
        Value::Text(alert.to_string()),
        codec::text(Some(fingerprint)),
        codec::text(Some(receiver)),
        codec::text(Some(kind.as_str())),
        timestamp(&format!("notification {id}"), "at", *at)?,
        codec::text(Some(status.as_str())),
        codec::text(suppressed_by.as_deref()),
        codec::text(delivery.as_deref()),
    ])
}

/// The notification of a row.
pub(in super::super) fn read_notification(row: &rusqlite::Row<'_>) -> Result<Notification, Fault> {
    let fields = Fields::new(NOTIFICATIONS.name, row);
    Ok(Notification {
        id: fields.text("notification_id")?,
        alert: fields.parsed("alert_id", "alert id")?,
        fingerprint: fields.text("fingerprint")?,
        receiver: fields.text("receiver")?,
        kind: fields.word("kind", "kind of notice", &NoticeKind::ALL, NoticeKind::as_str)?,
        at: fields.timestamp("at")?,
        status: fields.word("status", "status", &NotificationStatus::ALL, NotificationStatus::as_str)?,
        suppressed_by: fields.text_or_null("suppressed_by")?,
        delivery: fields.text_or_null("delivery_id")?,
    })
}
