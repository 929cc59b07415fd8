//! All it takes to tell somebody: receivers that are ready, the one who decides, and those who carry.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use crate::clock::Clock;
use crate::config::Config;
use crate::model::{CheckName, Delivery, DeliveryContent, DeliveryStatus};
use crate::store::{AlertContext, DeliveryFilter, Store, StoreError};

use super::courier::{Courier, Round};
use super::editor::{Editor, delivery};
use super::message::{Content, Message};
use super::open::{OpenError, Opened};
use super::secret::Secrets;

/// The most messages that wait which are named.
const WAITING_MAX: u32 = 1_000;

/// Receivers that are not ready.
#[derive(Debug, thiserror::Error)]
#[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
pub struct NotReady(pub Vec<OpenError>);

impl NotReady {
    /// What would help.
    #[must_use]
    pub fn hint(&self) -> String {
        let hints = self.0.iter().flat_map(|error| error.faults.iter().map(|fault| fault.hint()));
        let mut hints: Vec<_> = hints.collect();
        hints.dedup();
        hints.join("; ")
    }
}

/// All it takes to tell somebody.
#[derive(Debug, Clone)]
pub struct Office {
    editor: Arc<Editor>,
    receivers: Arc<BTreeMap<String, Arc<Opened>>>,
}

impl Office {
    /// Makes every receiver of a configuration ready: its secrets are looked up now. `at_once`: nothing waits for others of
    /// its group, since nobody will be there later.
    ///
    /// # Errors
    /// [`NotReady`], with everything that is wrong with any receiver: one that is missing would be found missing when it
    /// is needed.
    pub fn open(
        config: &Config,
        checks: BTreeMap<CheckName, Arc<AlertContext>>,
        secrets: &Secrets,
        at_once: bool,
    ) -> Result<Self, NotReady> {
        let mut receivers = BTreeMap::new();
        let mut wrong = Vec::new();
        for receiver in &config.alerting.receivers {
            match receiver.open(secrets) {
                Ok(opened) => drop(receivers.insert(receiver.name.clone(), Arc::new(opened))),
                Err(error) => wrong.push(error),
            }
        }
        if !wrong.is_empty() {
            return Err(NotReady(wrong));
        }
        let editor = Editor {
            tree: config.alerting.routes.clone(),
            overlays: config.alerting.overlays.clone(),
            receivers: receivers.clone(),
            digests: config.alerting.digests.clone(),
            scheduled: config
                .checks
                .iter()
                .filter(|check| check.schedule.as_ref().is_some_and(|name| due_by_itself(config, name.as_str())))
                .map(|check| check.name.clone())
                .collect(),
            checks,
            link: config.alerting.link.clone(),
            at_once,
        };
        Ok(Self { editor: Arc::new(editor), receivers: Arc::new(receivers) })
    }

    /// Looks at what is to be told, writes it down, and attempts whatever is due. The answer says what became of it, and
    /// when to come again although nothing happens.
    ///
    /// # Errors
    /// [`StoreError`] when the journal cannot be read or written: nothing is lost then.
    ///
    /// # Cancel safety
    /// Dropped, what was written is attempted by whoever comes next.
    pub async fn tell(&self, store: &Arc<Store>, clock: &Clock) -> Result<(Round, Option<Timestamp>), StoreError> {
        let next = store.tell(self.editor.clone(), clock.now()).await?;
        let courier = Courier { store: store.clone(), clock: clock.clone(), receivers: self.receivers.clone() };
        let round = courier.round().await?;
        let again = store.next_delivery().await?;
        Ok((round, [next, again].into_iter().flatten().min()))
    }

    /// The same again and again until all that waits has arrived or been given up, but not longer than `patience`. What
    /// all rounds came to, and what waits still.
    ///
    /// # Errors
    /// As of [`Office::tell`].
    ///
    /// # Cancel safety
    /// As of [`Office::tell`].
    pub async fn tell_all(&self, store: &Arc<Store>, clock: &Clock, patience: Duration) -> Result<Round, StoreError> {
        let until = crate::clock::monotonic() + patience;
        let mut all = Round::default();
        loop {
            let (Round { delivered, retried: _, dead }, _) = self.tell(store, clock).await?;
            all.delivered.extend(delivered);
            all.dead.extend(dead);
            let Some(next) = store.next_delivery().await? else { return Ok(all) };
            let wait = Duration::try_from(next.duration_since(clock.now())).unwrap_or_default();
            let at = crate::clock::monotonic() + wait;
            if at >= until {
                break;
            }
            tokio::time::sleep_until(at).await;
        }
        let status = Some(DeliveryStatus::Queued);
        let waiting =
            store.deliveries(DeliveryFilter { status, limit: WAITING_MAX, ..DeliveryFilter::default() }).await?;
        all.retried.extend(waiting.into_iter().map(|waits| (waits.receiver, waits.error.unwrap_or_default())));
        Ok(all)
    }

    /// Attempts whatever is due, without looking at what else is to be told.
    ///
    /// # Errors
    /// As of [`Office::tell`].
    ///
    /// # Cancel safety
    /// As of [`Office::tell`].
    pub async fn deliver(&self, store: &Arc<Store>, clock: &Clock) -> Result<Round, StoreError> {
        Courier { store: store.clone(), clock: clock.clone(), receivers: self.receivers.clone() }.round().await
    }

    /// A message to a receiver that is marked as a test; nothing where there is no such receiver.
    #[must_use]
    pub fn test(&self, receiver: &str, id: String, by: Option<String>, now: Timestamp) -> Option<Delivery> {
        let opened = self.receivers.get(receiver)?;
        let message = Message {
            delivery_id: id,
            receiver: receiver.to_owned(),
            at: now,
            link: self.editor.link.clone(),
            content: Content::Test { by },
        };
        Some(delivery(opened, &message, DeliveryContent::Test, None, 0))
    }

    /// What the alerts of a check are judged by.
    #[must_use]
    pub fn context(&self, check: &CheckName) -> Option<Arc<AlertContext>> {
        self.editor.checks.get(check).cloned()
    }
}

fn due_by_itself(config: &Config, schedule: &str) -> bool {
    config.schedule(schedule).is_some_and(|schedule| schedule.cron.is_some())
}
