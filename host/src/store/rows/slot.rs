//! Tables `schedule_slots` and `schedule_states`: what is due, and what is known of a schedule beside its
//! configuration.

use jiff::Timestamp;
use rusqlite::types::Value;

use super::super::codec::{self, Fields};
use super::super::error::{Fault, StoreError};
use super::timestamp;
use crate::model::{ScheduleName, Slot};

/// Due instants.
pub(in super::super) const SLOTS: &str = "schedule_slots";
/// The columns of [`SLOTS`], the key first.
#[cfg(test)]
pub(in super::super) const SLOT_COLUMNS: [&str; 3] = ["schedule_name", "scheduled_for", "run_id"];
/// Schedules.
pub(in super::super) const STATES: &str = "schedule_states";
/// The columns of [`STATES`], the key first.
#[cfg(test)]
pub(in super::super) const STATE_COLUMNS: [&str; 6] =
    ["schedule_name", "watermark", "paused_at", "paused_by", "pause_reason", "paused_until"];

/// What is known of a schedule beside its configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScheduleState {
    /// The schedule.
    pub schedule: ScheduleName,
    /// Every due instant up to here is a slot; at first, when a host first knew of the schedule.
    pub watermark: Timestamp,
    /// Why it rests, when it does.
    pub paused: Option<Pause>,
}

/// A schedule that rests: its slots are missed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pause {
    /// Since when.
    pub at: Timestamp,
    /// Who wants it so.
    pub by: String,
    /// Why.
    pub reason: String,
    /// When it goes on by itself; not before somebody says so when there is none.
    pub until: Option<Timestamp>,
}

impl Pause {
    /// Whether the schedule rests at an instant.
    #[must_use]
    pub fn holds_at(&self, at: Timestamp) -> bool {
        self.until.is_none_or(|until| at < until)
    }
}

/// The values of a slot's key.
pub(in super::super) fn key(slot: &Slot) -> Result<[Value; 2], StoreError> {
    let of = format!("slot {slot}");
    Ok([codec::text(Some(slot.schedule.as_str())), timestamp(&of, "scheduled_for", slot.scheduled_for)?])
}

/// The values of a pause; all NULL for none.
pub(in super::super) fn pause(of: &ScheduleName, pause: Option<&Pause>) -> Result<[Value; 4], StoreError> {
    let Some(Pause { at, by, reason, until }) = pause else { return Ok([const { Value::Null }; 4]) };
    let of = format!("schedule {of}");
    Ok([
        timestamp(&of, "paused_at", *at)?,
        codec::text(Some(by)),
        codec::text(Some(reason)),
        until.map(|until| timestamp(&of, "paused_until", until)).transpose()?.unwrap_or(Value::Null),
    ])
}

/// The slot of a row.
pub(in super::super) fn read(row: &rusqlite::Row<'_>) -> Result<Slot, Fault> {
    let fields = Fields::new(SLOTS, row);
    Ok(Slot {
        schedule: fields.parsed("schedule_name", "schedule name")?,
        scheduled_for: fields.timestamp("scheduled_for")?,
    })
}

/// The schedule of a row.
pub(in super::super) fn read_state(row: &rusqlite::Row<'_>) -> Result<ScheduleState, Fault> {
    let fields = Fields::new(STATES, row);
    let pause = |at| -> Result<_, Fault> {
        Ok(Pause {
            at,
            by: fields.text("paused_by")?,
            reason: fields.text("pause_reason")?,
            until: fields.timestamp_or_null("paused_until")?,
        })
    };
    Ok(ScheduleState {
        schedule: fields.parsed("schedule_name", "schedule name")?,
        watermark: fields.timestamp("watermark")?,
        paused: fields.timestamp_or_null("paused_at")?.map(pause).transpose()?,
    })
}
