//! What a trace is made of: a run, its checks, their queries, each within the one before.

use tracing::{Span, info_span};

use crate::model::{CheckName, RunRecord};

/// The target of all spans of a trace.
pub const TARGET: &str = "assay::spans";

/// The span of a run.
pub(crate) fn run(run: &RunRecord) -> Span {
    info_span!(
        target: TARGET,
        "run",
        run_id = %run.run_id,
        schedule = run.schedule.as_ref().map(tracing::field::display),
        scheduled_for = %run.scheduled_for,
        target_date = %run.target_date,
        trigger = run.trigger.as_str(),
        status = tracing::field::Empty,
    )
}

/// The span of one attempt of a check.
pub(crate) fn check(run: &Span, check: &CheckName, plugin: &str, attempt: u32) -> Span {
    info_span!(
        target: TARGET,
        parent: run,
        "check",
        check = %check,
        plugin,
        attempt,
        status = tracing::field::Empty,
        reason = tracing::field::Empty,
    )
}

/// The span of a query, from its statement to its last row.
pub(crate) fn query(source: &str) -> Span {
    info_span!(target: TARGET, "query", source, rows = tracing::field::Empty, error = tracing::field::Empty)
}
