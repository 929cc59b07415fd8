//! Deliveries are taken by one process at a time.

use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use rusqlite::Connection;

use super::alerts::replace;
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
    taken: Taken,
}

/// Those that were taken.
#[derive(Debug, Clone, Default)]
pub(super) struct Taken(Arc<Mutex<Vec<Delivery>>>);

impl Taken {
    pub(super) fn all(&self) -> Vec<Delivery> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Taking {
    pub(super) fn new(now: Timestamp, lease: Timestamp, limit: u32) -> (Self, Taken) {
        let taken = Taken::default();
        (Self { now, lease, limit, taken: taken.clone() }, taken)
    }

    pub(super) fn write(&self, conn: &Connection) -> Result<(), Fault> {
        let mut due = read_alerts::due(conn, self.now, self.limit)?;
        for delivery in &mut due {
            delivery.attempts = delivery.attempts.saturating_add(1);
            delivery.next_attempt_at = Some(self.lease);
            replace(conn, &DELIVERIES, &delivery::delivery(delivery)?)?;
        }
        *self.taken.0.lock().unwrap_or_else(PoisonError::into_inner) = due;
        Ok(())
    }
}
