//! What the store does for alerts.

use std::sync::Arc;

use jiff::Timestamp;

use super::Store;
use super::alerts::{AlertContext, Happened};
use super::error::StoreError;
use super::journal::Operation;
use super::read_alerts::{self, DeliveryFilter};
use super::rows::alert::{AlertChange, StandingAlert};
use super::rows::silence::StoredSilence;
use super::said::Said;
use super::taking::Taking;
use super::telling::{Teller, Telling};
use crate::alert::Event;
use crate::model::{AlertId, AlertKey, Delivery, Feedback, Notification};

impl Store {
    /// Stores that something happens to alerts which no result tells of, all or nothing.
    ///
    /// # Errors
    /// [`StoreError::Unstorable`], and whatever keeps the database from being written.
    ///
    /// # Cancel safety
    /// A dropped future does not undo what is queued: it may happen all the same.
    pub async fn happen(
        &self,
        events: Vec<(AlertKey, Event, Arc<AlertContext>)>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.writer.submit(Operation::Alert(Happened::all(events, now))).await
    }

    /// Lets `teller` decide what is to be told of the alerts as they stand, and stores what it decides, all or nothing.
    /// The answer is the earliest instant at which there may be something to tell although nothing happens.
    ///
    /// # Errors
    /// [`StoreError::Unstorable`], and whatever keeps the database from being read or written.
    ///
    /// # Cancel safety
    /// A dropped future does not undo what is queued: it may be stored all the same.
    pub async fn tell(&self, teller: Arc<dyn Teller>, now: Timestamp) -> Result<Option<Timestamp>, StoreError> {
        let (telling, next) = Telling::new(teller, now);
        self.writer.submit(Operation::Tell(telling)).await?;
        Ok(next.take())
    }

    /// Stores a delivery in place of what was known of it.
    ///
    /// # Errors
    /// [`StoreError::Unstorable`], and whatever keeps the database from being written.
    ///
    /// # Cancel safety
    /// A dropped future does not undo what is queued: it may be stored all the same.
    pub async fn keep_delivery(&self, delivery: Delivery) -> Result<(), StoreError> {
        self.writer.submit(Operation::Delivery(Box::new(delivery))).await
    }

    /// Stores a silence, in place of the one of that id if there is one.
    ///
    /// # Errors
    /// [`StoreError::Unstorable`], and whatever keeps the database from being written.
    ///
    /// # Cancel safety
    /// A dropped future does not undo what is queued: it may be stored all the same.
    pub async fn silence(&self, silence: StoredSilence) -> Result<(), StoreError> {
        self.writer.submit(Operation::Said(Said::Silence(silence))).await
    }

    /// Stores what somebody says of an incident or a result.
    ///
    /// # Errors
    /// [`StoreError::Unstorable`], and whatever keeps the database from being written.
    ///
    /// # Cancel safety
    /// A dropped future does not undo what is queued: it may be stored all the same.
    pub async fn give_feedback(&self, feedback: Feedback) -> Result<(), StoreError> {
        self.writer.submit(Operation::Said(Said::Feedback(feedback))).await
    }

    /// Alerts that something is, or was, wrong with, by check.
    ///
    /// # Errors
    /// As of [`Store::results`].
    ///
    /// # Cancel safety
    /// Nothing is lost: a dropped future only forgets the answer.
    pub async fn alerts(&self) -> Result<Vec<StandingAlert>, StoreError> {
        self.readers.read(read_alerts::alerts).await
    }

    /// What happened to an alert, the oldest first.
    ///
    /// # Errors
    /// As of [`Store::results`].
    ///
    /// # Cancel safety
    /// Nothing is lost: a dropped future only forgets the answer.
    pub async fn alert_changes(&self, fingerprint: String) -> Result<Vec<AlertChange>, StoreError> {
        self.readers.read(move |conn| read_alerts::changes(conn, &fingerprint)).await
    }

    /// Who was told of an incident, and who was not, the oldest first.
    ///
    /// # Errors
    /// As of [`Store::results`].
    ///
    /// # Cancel safety
    /// Nothing is lost: a dropped future only forgets the answer.
    pub async fn notifications(&self, alert: AlertId) -> Result<Vec<Notification>, StoreError> {
        self.readers.read(move |conn| read_alerts::notifications(conn, alert)).await
    }

    /// Deliveries, the newest first.
    ///
    /// # Errors
    /// As of [`Store::results`].
    ///
    /// # Cancel safety
    /// Nothing is lost: a dropped future only forgets the answer.
    pub async fn deliveries(&self, filter: DeliveryFilter) -> Result<Vec<Delivery>, StoreError> {
        self.readers.read(move |conn| read_alerts::deliveries(conn, &filter)).await
    }

    /// Takes deliveries that are to be attempted now, at most `limit`, the oldest first; of each group at most one.
    /// Until `lease` nobody else takes them; then somebody does, unless it is stored what became of them.
    ///
    /// # Errors
    /// Whatever keeps the database from being read or written.
    ///
    /// # Cancel safety
    /// Dropped, they may be taken all the same: they are attempted after `lease`.
    pub async fn take_deliveries(
        &self,
        now: Timestamp,
        lease: Timestamp,
        limit: u32,
    ) -> Result<Vec<Delivery>, StoreError> {
        let (taking, taken) = Taking::new(now, lease, limit);
        self.writer.submit(Operation::Take(taking)).await?;
        Ok(taken.take())
    }

    /// What the receiver answered to the first message of the thread that a delivery goes on with.
    ///
    /// # Errors
    /// As of [`Store::results`].
    ///
    /// # Cancel safety
    /// Nothing is lost: a dropped future only forgets the answer.
    pub async fn thread_of(&self, delivery: &Delivery) -> Result<Option<String>, StoreError> {
        let delivery = delivery.clone();
        self.readers.read(move |conn| read_alerts::thread(conn, &delivery)).await
    }

    /// When the next delivery is to be attempted.
    ///
    /// # Errors
    /// As of [`Store::results`].
    ///
    /// # Cancel safety
    /// Nothing is lost: a dropped future only forgets the answer.
    pub async fn next_delivery(&self) -> Result<Option<Timestamp>, StoreError> {
        self.readers.read(read_alerts::next_due).await
    }

    /// Silences, the newest first.
    ///
    /// # Errors
    /// As of [`Store::results`].
    ///
    /// # Cancel safety
    /// Nothing is lost: a dropped future only forgets the answer.
    pub async fn silences(&self) -> Result<Vec<StoredSilence>, StoreError> {
        self.readers.read(|conn| read_alerts::silences(conn, None)).await
    }

    /// What was said of an incident, the newest first.
    ///
    /// # Errors
    /// As of [`Store::results`].
    ///
    /// # Cancel safety
    /// Nothing is lost: a dropped future only forgets the answer.
    pub async fn feedback(&self, alert: AlertId) -> Result<Vec<Feedback>, StoreError> {
        self.readers.read(move |conn| read_alerts::feedback(conn, alert)).await
    }
}
