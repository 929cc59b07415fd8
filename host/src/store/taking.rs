//! Deliveries are taken by one process at a time.

use jiff::Timestamp;
use rusqlite::Connection;

use super::alerts::replace;
use super::answer::Answer;
use super::error::Fault;
use super::read_alerts;
use super::rows::delivery::{self, DELIVERIES};
use crate::model::Delivery;

/// Deliveries are taken, to be attempted.
#[derive(Debug)]
pub(super) struct Taking {
    now: Timestamp,
    lease: Timestamp,
    limit: u32,
    /// Those that were taken.
    taken: Answer<Vec<Delivery>>,
}

impl Taking {
    pub(super) fn new(now: Timestamp, lease: Timestamp, limit: u32) -> (Self, Answer<Vec<Delivery>>) {
        let taken = Answer::new();
        (Self { now, lease, limit, taken: taken.clone() }, taken)
    }

    pub(super) fn write(&self, conn: &Connection) -> Result<(), Fault> {
        let mut due = read_alerts::due(conn, self.now, self.limit)?;
        for delivery in &mut due {
            delivery.attempts = delivery.attempts.saturating_add(1);
            delivery.next_attempt_at = Some(self.lease);
            replace(conn, &DELIVERIES, &delivery::delivery(delivery)?)?;
        }
        self.taken.give(due);
        Ok(())
    }
}
