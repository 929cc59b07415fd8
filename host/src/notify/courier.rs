//! Deliveries, until they arrive or are given up.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::task::JoinSet;

use crate::clock::{self, Clock};
use crate::model::{Delivery, DeliveryContent, DeliveryStatus, Digest};
use crate::store::{Store, StoreError};

use super::message::Turn;
use super::open::Opened;
use super::retry::next_attempt;
use super::sender::{Outgoing, Receipt, Sent, send};

/// Attempts at once.
const AT_ONCE: u32 = 16;
/// How long one attempt may take at most, whatever its receiver says; nobody else makes it meanwhile.
const LEASE: Duration = Duration::from_secs(120);

/// Carries what was written to those it is for.
#[derive(Debug, Clone)]
pub struct Courier {
    /// Where it is written.
    pub store: Arc<Store>,
    /// The only source of time.
    pub clock: Clock,
    /// Who can be reached, by name.
    pub receivers: Arc<BTreeMap<String, Arc<Opened>>>,
}

/// What a round came to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Round {
    /// Deliveries that arrived, with the time since they were written.
    pub delivered: Vec<(String, Duration)>,
    /// Deliveries that are attempted again, with what went wrong: receiver and error.
    pub retried: Vec<(String, String)>,
    /// Deliveries that were given up: receiver and error.
    pub dead: Vec<(String, String)>,
}

impl Courier {
    /// Attempts whatever is due, until nothing is. What fails is due again later.
    ///
    /// # Errors
    /// [`StoreError`] when it cannot be read what is due, or not be kept what became of it: it is attempted again then.
    ///
    /// # Cancel safety
    /// Dropped, attempts that are under way end or not, and are made again once their lease is over.
    pub async fn round(&self) -> Result<Round, StoreError> {
        let mut round = Round::default();
        loop {
            let now = self.clock.now();
            let lease = now.saturating_add(SignedDuration::try_from(LEASE).unwrap_or(SignedDuration::MAX));
            let due = self.store.take_deliveries(now, lease.unwrap_or(Timestamp::MAX), AT_ONCE).await?;
            if due.is_empty() {
                return Ok(round);
            }
            let mut attempts = JoinSet::new();
            for delivery in due {
                let courier = self.clone();
                attempts.spawn(async move { courier.attempt(delivery).await });
            }
            while let Some(attempt) = attempts.join_next().await {
                // An attempt that breaks is made again once its lease is over.
                let Ok(attempt) = attempt else { continue };
                let Delivery { receiver, status, error, created_at, ended_at, .. } = attempt?;
                let error = error.unwrap_or_default();
                match status {
                    DeliveryStatus::Queued => round.retried.push((receiver, error)),
                    DeliveryStatus::Dead => round.dead.push((receiver, error)),
                    DeliveryStatus::Delivered => {
                        let took = ended_at.map(|ended| ended.duration_since(created_at)).unwrap_or_default();
                        round.delivered.push((receiver, Duration::try_from(took).unwrap_or_default()));
                    }
                }
            }
        }
    }

    /// One attempt, and what became of it.
    async fn attempt(&self, mut delivery: Delivery) -> Result<Delivery, StoreError> {
        let began = self.clock.now();
        let sent = match self.receivers.get(&delivery.receiver) {
            None => Sent::Refused { error: "the configuration has no such receiver any more".to_owned() },
            Some(opened) => {
                let outgoing = Outgoing {
                    id: delivery.id.clone(),
                    dedup_key: delivery.dedup_key.clone(),
                    turn: turn(delivery.content),
                    body: delivery.body.clone(),
                    thread: self.store.thread_of(&delivery).await?.map(Receipt::new),
                    at: delivery.created_at,
                };
                send(opened, &outgoing, began, clock::monotonic() + LEASE / 2).await
            }
        };
        let now = self.clock.now();
        let end = |delivery: &mut Delivery, status, error| {
            delivery.status = status;
            delivery.error = error;
            delivery.next_attempt_at = None;
            delivery.ended_at = Some(now);
        };
        match sent {
            Sent::Delivered { receipt } => {
                end(&mut delivery, DeliveryStatus::Delivered, None);
                delivery.receipt = receipt.map(|receipt| receipt.as_str().to_owned());
            }
            Sent::Refused { error } => end(&mut delivery, DeliveryStatus::Dead, Some(error)),
            Sent::Retry { after, error } => {
                let first = if delivery.attempts > 1 { delivery.created_at } else { now };
                match next_attempt(first, delivery.attempts, after, Digest::of(delivery.id.as_bytes()).number(), now) {
                    Some(next) => {
                        delivery.next_attempt_at = Some(next);
                        delivery.error = Some(error);
                    }
                    None => end(&mut delivery, DeliveryStatus::Dead, Some(error)),
                }
            }
        }
        match delivery.status {
            DeliveryStatus::Delivered => tracing::info!(delivery = delivery.id, to = delivery.receiver, "delivered"),
            DeliveryStatus::Queued => {
                tracing::warn!(
                    delivery = delivery.id,
                    to = delivery.receiver,
                    error = delivery.error,
                    "not delivered yet"
                );
            }
            DeliveryStatus::Dead => {
                tracing::error!(delivery = delivery.id, to = delivery.receiver, error = delivery.error, "given up");
            }
        }
        self.store.keep_delivery(delivery.clone()).await?;
        Ok(delivery)
    }
}

fn turn(content: DeliveryContent) -> Turn {
    match content {
        DeliveryContent::Firing => Turn::Goes,
        DeliveryContent::Resolved => Turn::Ends,
        DeliveryContent::Digest | DeliveryContent::Test => Turn::Alone,
    }
}
