//! When a check is run once more in the same run.

use std::time::Duration;

use backon::{BackoffBuilder as _, ExponentialBuilder};

use crate::config::CheckConfig;
use crate::model::{Reason, Status};
use crate::source::transcript::Concluded;

/// The first wait after a transient error; each further one is up to twice as long.
const FIRST_WAIT: Duration = Duration::from_secs(1);
/// No wait is longer.
const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// What the attempts of one check in one run have come to so far.
#[derive(Debug)]
pub(super) struct Attempts {
    of_transient: backon::ExponentialBackoff,
    deadline_tried: bool,
    confirmations: u32,
    confirm_after: Duration,
}

impl Attempts {
    /// Nothing has been tried yet. The waits of a `seed` are always the same.
    pub(super) fn new(check: &CheckConfig, seed: u64) -> Self {
        let (confirmations, confirm_after) =
            check.confirm.as_ref().map_or((0, Duration::ZERO), |confirm| (confirm.times, confirm.after));
        let retries = usize::try_from(check.attempts.saturating_sub(1)).unwrap_or(usize::MAX);
        let of_transient = ExponentialBuilder::new()
            .with_min_delay(FIRST_WAIT)
            .with_max_delay(LONGEST_WAIT)
            .with_max_times(retries)
            .with_jitter()
            .with_jitter_seed(seed)
            .build();
        Self { of_transient, deadline_tried: retries == 0, confirmations, confirm_after }
    }

    /// How long to wait before the check is run again; `None` when what it came to is final.
    ///
    /// By class of error (a source that may answer later, a deadline) and never for a trap, a limit, a denial or a
    /// mistake: those come out the same. A `fail` is run again only where the configuration wants it confirmed.
    pub(super) fn wait(&mut self, concluded: &Concluded) -> Option<Duration> {
        let conclusion = &concluded.conclusion;
        match (conclusion.status, conclusion.reason) {
            (Status::Fail, _) => {
                self.confirmations = self.confirmations.checked_sub(1)?;
                Some(self.confirm_after)
            }
            (Status::Error, Some(Reason::QueryFailed)) => {
                let transient = concluded.unresolved.iter().all(|problem| problem.retryable);
                transient.then(|| self.of_transient.next()).flatten()
            }
            (Status::Error, Some(Reason::Deadline)) => {
                (!std::mem::replace(&mut self.deadline_tried, true)).then_some(FIRST_WAIT)
            }
            (Status::Pass | Status::Warn | Status::Skip | Status::Error, _) => None,
        }
    }
}
