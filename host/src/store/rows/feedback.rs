//! Table `verdict_feedback`: what people say of alerts and results.

use rusqlite::types::Value;

use super::super::codec::{self, Fields};
use super::super::error::{Fault, StoreError};
use super::{Table, timestamp};
use crate::model::{Feedback, FeedbackVerdict};

/// The table.
pub(in super::super) const TABLE: Table<8> = Table {
    name: "verdict_feedback",
    key: 1,
    columns: ["feedback_id", "alert_id", "result_id", "check_name", "verdict", "at", "said_by", "reason"],
};

/// The row of what was said.
pub(in super::super) fn row(feedback: &Feedback) -> Result<[Value; 8], StoreError> {
    let Feedback { id, alert, result, check, verdict, at, by, reason } = feedback;
    Ok([
        codec::text(Some(id)),
        alert.map_or(Value::Null, |alert| Value::Text(alert.to_string())),
        codec::text(result.as_deref()),
        codec::text(Some(check.as_str())),
        codec::text(Some(verdict.as_str())),
        timestamp(&format!("feedback {id}"), "at", *at)?,
        codec::text(Some(by)),
        codec::text(reason.as_deref()),
    ])
}

/// What was said, of a row.
pub(in super::super) fn read(row: &rusqlite::Row<'_>) -> Result<Feedback, Fault> {
    let fields = Fields::new(TABLE.name, row);
    Ok(Feedback {
        id: fields.text("feedback_id")?,
        alert: fields.parsed_or_null("alert_id", "alert id")?,
        result: fields.text_or_null("result_id")?,
        check: fields.parsed("check_name", "check name")?,
        verdict: fields.word("verdict", "verdict", &FeedbackVerdict::ALL, FeedbackVerdict::as_str)?,
        at: fields.timestamp("at")?,
        by: fields.text("said_by")?,
        reason: fields.text_or_null("reason")?,
    })
}
