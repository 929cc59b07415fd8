//! What others hold of a host that serves.

use std::sync::Arc;

use async_trait::async_trait;
use tokio::sync::{mpsc, oneshot, watch};

use crate::api::{Control, ControlError};
use crate::model::{RunId, ScheduleName};
use crate::runner::Request;
use crate::store::{Pause, Store};

use super::dispatcher::{Message, RestError, TriggerError};
use super::snapshot::Snapshot;
use super::systemd;

/// A handle on a host that serves. Clones speak to the same host.
#[derive(Debug, Clone)]
pub struct Handle {
    inbox: mpsc::Sender<Message>,
    published: watch::Receiver<Arc<Snapshot>>,
    store: Arc<Store>,
}

impl Handle {
    pub(super) fn new(
        inbox: mpsc::Sender<Message>,
        published: watch::Receiver<Arc<Snapshot>>,
        store: Arc<Store>,
    ) -> Self {
        Self { inbox, published, store }
    }

    /// Has the host begin nothing more and end when what runs has ended, within the time that the configuration gives.
    ///
    /// # Cancel safety
    /// Dropped, the wish may not be heard.
    pub async fn stop(&self) {
        systemd::stopping();
        // A host that does not listen any more has stopped.
        drop(self.inbox.send(Message::Stop).await);
    }

    /// Has the host cut what runs.
    ///
    /// # Cancel safety
    /// Dropped, the wish may not be heard.
    pub async fn stop_now(&self) {
        drop(self.inbox.send(Message::StopNow).await);
    }

    /// Has the host read its configuration again; the log says what comes of it.
    ///
    /// # Cancel safety
    /// Dropped, the wish may not be heard.
    pub async fn reload_later(&self) {
        drop(self.inbox.send(Message::Reload(None)).await);
    }

    /// Changes with every look of the host at its clock.
    #[must_use]
    pub fn published(&self) -> watch::Receiver<Arc<Snapshot>> {
        self.published.clone()
    }

    /// Tells the host what came of its heartbeats: why the last one did not arrive, if it did not.
    pub(super) async fn beaten(&self, error: Option<String>) {
        drop(self.inbox.send(Message::Beaten(error)).await);
    }

    async fn ask<T>(&self, message: impl FnOnce(oneshot::Sender<T>) -> Message) -> Result<T, ControlError> {
        let (reply, answer) = oneshot::channel();
        self.inbox.send(message(reply)).await.map_err(|_| ControlError::Stopping)?;
        answer.await.map_err(|_| ControlError::Stopping)
    }

    async fn rest(&self, schedule: ScheduleName, pause: Option<Pause>) -> Result<(), ControlError> {
        let rested = self.ask(|reply| Message::Rest { schedule, pause, reply }).await?;
        rested.map_err(|error| match error {
            RestError::Unknown(schedule) => ControlError::UnknownSchedule(schedule),
            RestError::Store(error) => ControlError::Store(error),
        })
    }
}

#[async_trait]
impl Control for Handle {
    fn snapshot(&self) -> Arc<Snapshot> {
        self.published.borrow().clone()
    }

    fn store(&self) -> Arc<Store> {
        self.store.clone()
    }

    async fn trigger(&self, request: Request, by: Option<String>) -> Result<Vec<RunId>, ControlError> {
        let begun = self.ask(|reply| Message::Trigger { request, by, reply }).await?;
        begun.map_err(|error| match error {
            TriggerError::Select(error) => ControlError::Select(error),
            TriggerError::NotStored => ControlError::NotStored,
            TriggerError::Stopping => ControlError::Stopping,
        })
    }

    async fn pause(&self, schedule: ScheduleName, pause: Pause) -> Result<(), ControlError> {
        self.rest(schedule, Some(pause)).await
    }

    async fn resume(&self, schedule: ScheduleName) -> Result<(), ControlError> {
        self.rest(schedule, None).await
    }

    async fn cancel(&self, run: RunId, by: Option<String>) -> Result<(), ControlError> {
        let found = self.ask(|reply| Message::Cancel { run, by, reply }).await?;
        if found { Ok(()) } else { Err(ControlError::NotRunning(run)) }
    }

    async fn reload(&self) -> Result<(), ControlError> {
        let loaded = self.ask(|reply| Message::Reload(Some(reply))).await?;
        loaded.map_err(ControlError::Refused)
    }
}
