//! What the API needs of the host.

use std::sync::Arc;

use async_trait::async_trait;

use crate::model::{RunId, ScheduleName};
use crate::runner::{Request, SelectError};
use crate::serve::Snapshot;
use crate::store::{Pause, Store, StoreError};

/// A host, as the API sees it.
#[async_trait]
pub trait Control: Send + Sync + 'static {
    /// What the host is doing, as of its last look at the clock.
    fn snapshot(&self) -> Arc<Snapshot>;

    /// The journal, for reading.
    fn store(&self) -> Arc<Store>;

    /// Runs something now, and returns when the journal knows of the runs. `by` is who wants it.
    ///
    /// # Errors
    /// [`ControlError::Select`] when a name means nothing, [`ControlError::NotStored`], [`ControlError::Stopping`].
    ///
    /// # Cancel safety
    /// Dropped, the runs may take place all the same.
    async fn trigger(&self, request: Request, by: Option<String>) -> Result<Vec<RunId>, ControlError>;

    /// Lets a schedule rest.
    ///
    /// # Errors
    /// [`ControlError::UnknownSchedule`], [`ControlError::Store`], [`ControlError::Stopping`].
    ///
    /// # Cancel safety
    /// Dropped, the schedule may rest all the same.
    async fn pause(&self, schedule: ScheduleName, pause: Pause) -> Result<(), ControlError>;

    /// Lets a schedule go on. One that does not rest stays as it is.
    ///
    /// # Errors
    /// As of [`Control::pause`].
    ///
    /// # Cancel safety
    /// Dropped, the schedule may go on all the same.
    async fn resume(&self, schedule: ScheduleName) -> Result<(), ControlError>;

    /// Tells a run to end, and does not wait for that. `by` is who wants it.
    ///
    /// # Errors
    /// [`ControlError::NotRunning`], [`ControlError::Stopping`].
    ///
    /// # Cancel safety
    /// Dropped, the run may end all the same.
    async fn cancel(&self, run: RunId, by: Option<String>) -> Result<(), ControlError>;

    /// Reads the configuration again, and returns when it is in force.
    ///
    /// # Errors
    /// [`ControlError::Refused`] when the one before stays in force, [`ControlError::Stopping`].
    ///
    /// # Cancel safety
    /// Dropped, the configuration is read all the same.
    async fn reload(&self) -> Result<(), ControlError>;
}

/// Why a host does not do what it is asked for.
#[derive(Debug, thiserror::Error)]
pub enum ControlError {
    /// The request cannot be meant.
    #[error(transparent)]
    Select(#[from] SelectError),
    /// There is no such schedule.
    #[error("there is no schedule `{0}` that is due by itself")]
    UnknownSchedule(ScheduleName),
    /// The run is not under way.
    #[error("run {0} is not under way")]
    NotRunning(RunId),
    /// The configuration is refused, and the one before stays in force.
    #[error("the configuration is refused: {0}")]
    Refused(String),
    /// The journal did not take a run: it may not take place.
    #[error("the journal did not take the run")]
    NotStored,
    /// The journal cannot be written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The host stops.
    #[error("the host is stopping")]
    Stopping,
}
