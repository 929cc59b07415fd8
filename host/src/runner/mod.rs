//! Running checks.
//!
//! Three types to know: [`Host`] (a configuration with its sources opened and its plugins admitted), [`RunPlan`]
//! (which checks a request means, and the day they are about) and [`Event`] (what is happening now).
//!
//! Who owns what: [`run`] owns the state of a run. It writes the run with all its planned checks to the journal before
//! anything starts, so that a host that dies leaves a trace of every check. Each check is a task of its own, which
//! takes a slot, executes, and stores its own result, many of them in one commit; then it hands the result to `run`.
//! A task that panics is a `host_error` of its check. Cancelling stops the intake, ends what is running as `cancelled`
//! and still finishes the run in the journal.
//!
//! What a check cannot have (its plugin, its settings, its source) is a result of that check: it never keeps the
//! others from concluding.

mod again;
mod alerts;
mod cancel;
mod days;
mod event;
mod execute;
mod host;
mod ledger;
mod run;
mod select;
mod sources;

pub use alerts::{HOST_PLUGIN, alert_context, alert_contexts, host_context};
pub use cancel::{Cancel, Cause};
pub use days::DaysError;
pub use event::{Event, RunOutcome};
pub use execute::{RecordError, record};
pub use host::{Host, HostError};
pub use ledger::StoredLedger;
pub use run::{Journal, Opening, run};
pub use select::{At, Occasion, Request, RunPlan, SelectError, local, select};
