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
                let unresolved = &concluded.unresolved;
                let transient = !unresolved.is_empty() && unresolved.iter().all(|problem| problem.retryable);
                transient.then(|| self.of_transient.next()).flatten()
            }
            // One that waited for its slot in vain would do so again: no guest ran.
            (Status::Error, Some(Reason::Deadline)) if concluded.usage.engine.is_some() => {
                (!std::mem::replace(&mut self.deadline_tried, true)).then_some(FIRST_WAIT)
            }
            (Status::Pass | Status::Warn | Status::Skip | Status::Error, _) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::alert::Policy;
    use crate::config::Confirm;
    use crate::model::{Conclusion, Problem, ProblemCode, Severity, Usage};

    fn check(attempts: u32, confirm: Option<Confirm>) -> CheckConfig {
        CheckConfig {
            name: "a".parse().unwrap(),
            plugin: "p@1.0.0".parse().unwrap(),
            schedule: None,
            depends_on: Vec::new(),
            attempts,
            confirm,
            severity: Severity::High,
            owner: None,
            check_owner: None,
            alert: Arc::new(Policy::default_of(Severity::High)),
            runbook: None,
            tags: Vec::new(),
            grants: Vec::new(),
            daily_budget: None,
            limits: Vec::new(),
            settings: "{}".to_owned(),
        }
    }

    fn concluded(status: Status, reason: Option<Reason>, unresolved: Vec<Problem>) -> Concluded {
        let message = String::new();
        let conclusion = Conclusion {
            status,
            reason,
            severity: Severity::High,
            message,
            hint: None,
            detail: None,
            examined: None,
            partial: false,
        };
        let usage = Usage::default();
        Concluded { conclusion, findings: vec![], metrics: vec![], logs: vec![], unresolved, usage, redaction: None }
    }

    fn unavailable() -> Problem {
        Problem::new(ProblemCode::Unavailable, "gone").retryable()
    }

    #[test]
    fn what_is_transient_is_tried_so_often_with_growing_waits() {
        let transient = concluded(Status::Error, Some(Reason::QueryFailed), vec![unavailable()]);
        let mut attempts = Attempts::new(&check(4, None), 7);
        let waits: Vec<_> = std::iter::from_fn(|| attempts.wait(&transient)).collect();
        assert_eq!(waits.len(), 3, "four attempts have three waits between them");
        for (number, wait) in waits.iter().enumerate() {
            let least = FIRST_WAIT * 2_u32.pow(u32::try_from(number).unwrap());
            assert!((least..=least * 2).contains(wait), "wait {number}: {wait:?}");
        }
        let mut again = Attempts::new(&check(4, None), 7);
        assert_eq!(std::iter::from_fn(|| again.wait(&transient)).collect::<Vec<_>>(), waits, "always the same");
        assert_eq!(Attempts::new(&check(1, None), 7).wait(&transient), None);
    }

    #[test]
    fn a_deadline_is_tried_once_more() {
        let mut late = concluded(Status::Error, Some(Reason::Deadline), Vec::new());
        assert_eq!(Attempts::new(&check(3, None), 7).wait(&late), None, "it waited for its slot in vain");
        late.usage.engine = Some("48".to_owned());
        let mut attempts = Attempts::new(&check(3, None), 7);
        assert_eq!((attempts.wait(&late), attempts.wait(&late)), (Some(FIRST_WAIT), None));
        assert_eq!(Attempts::new(&check(1, None), 7).wait(&late), None);
    }

    #[test]
    fn nothing_else_is_tried_again() {
        let permanent = Problem::new(ProblemCode::Unavailable, "no such table");
        let mixed = vec![unavailable(), permanent.clone()];
        for (what, concluded) in [
            ("a statement that is wrong", concluded(Status::Error, Some(Reason::QueryFailed), vec![permanent])),
            ("one that is wrong among others", concluded(Status::Error, Some(Reason::QueryFailed), mixed)),
            ("a trap", concluded(Status::Error, Some(Reason::Trap), vec![unavailable()])),
            ("a limit", concluded(Status::Error, Some(Reason::FuelExhausted), Vec::new())),
            ("a denial", concluded(Status::Error, Some(Reason::Denied), Vec::new())),
            ("a check that is cancelled", concluded(Status::Error, Some(Reason::Cancelled), Vec::new())),
            ("a fail that nobody wants confirmed", concluded(Status::Fail, None, Vec::new())),
            ("a pass", concluded(Status::Pass, None, Vec::new())),
            ("a skip", concluded(Status::Skip, Some(Reason::Upstream), Vec::new())),
        ] {
            assert_eq!(Attempts::new(&check(3, None), 7).wait(&concluded), None, "{what}");
        }
    }

    #[test]
    fn a_fail_is_confirmed_so_often_as_is_wanted() {
        let fail = concluded(Status::Fail, None, Vec::new());
        let after = Duration::from_secs(300);
        let mut attempts = Attempts::new(&check(3, Some(Confirm { times: 2, after })), 7);
        let waits = [attempts.wait(&fail), attempts.wait(&fail), attempts.wait(&fail)];
        assert_eq!(waits, [Some(after), Some(after), None]);
    }
}
