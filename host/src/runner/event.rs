//! What is happening in a run.

use std::sync::Arc;

use jiff::Timestamp;
use tokio::sync::mpsc::UnboundedSender;

use crate::model::{CheckName, CheckResult, PluginRef, RunRecord, RunStatus, Tally};
use crate::store::StoreError;

/// What is happening in a host and its runs, in order.
#[derive(Debug)]
pub enum Event {
    /// A plugin is compiled, once for this version of the host.
    Compiling {
        /// The plugin, or the file where it has no name yet.
        plugin: String,
        /// Size of the component, in bytes.
        bytes: u64,
    },
    /// A plugin has been admitted or refused.
    Admitted(PluginRef),
    /// The run is in the journal; so many checks will follow.
    RunStarted {
        /// The run.
        run: RunRecord,
        /// Number of its checks.
        checks: usize,
    },
    /// A check has a slot.
    CheckStarted(CheckName),
    /// A check has a result, and the journal has it.
    CheckFinished(Arc<CheckResult>),
    /// A check has a result that the journal could not keep.
    NotStored {
        /// The check.
        check: CheckName,
        /// Why.
        error: StoreError,
    },
    /// All checks have results.
    RunFinished(RunStatus),
}

/// A run that has ended.
#[derive(Debug)]
pub struct RunOutcome {
    /// The run.
    pub run: RunRecord,
    /// What its results add up to.
    pub status: RunStatus,
    /// One sentence for a person.
    pub message: String,
    /// When it ended.
    pub finished_at: Timestamp,
    /// How many results of each status.
    pub tally: Tally,
    /// All results, in the order of the configuration.
    pub results: Vec<Arc<CheckResult>>,
    /// What the journal could not keep.
    pub not_stored: Vec<StoreError>,
}

/// Nobody need listen: a closed channel is not an error.
pub(super) fn tell(events: &UnboundedSender<Event>, event: Event) {
    drop(events.send(event));
}
