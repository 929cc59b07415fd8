//! How one check ended, and what that is worth. "The check says no" and "the check could not say"
//! never share a variant.

use std::fmt;

use super::finding::Finding;
use super::problem::{Problem, ProblemCode};
use super::severity::Severity;

/// What a check may conclude.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// All is well.
    Pass,
    /// Noticeable, not bad.
    Warn,
    /// The data is not as it must be.
    Fail,
    /// Not applicable, by a positive fact.
    Skip,
}

impl Outcome {
    /// The word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        Status::from(self).as_str()
    }
}

/// The conclusion a guest returned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// What it concludes.
    pub outcome: Outcome,
    /// One sentence for a person.
    pub summary: String,
    /// How many rows the conclusion rests on, if the check counts them.
    pub examined: Option<u64>,
}

/// Status of a result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Status {
    /// The check looked, and all is well.
    Pass,
    /// Noticeable, not bad.
    Warn,
    /// The data is not as it must be.
    Fail,
    /// Not applicable, by a positive fact.
    Skip,
    /// The check could not say; never a pass.
    Error,
}

impl Status {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Pass, Self::Warn, Self::Fail, Self::Skip, Self::Error];

    /// The word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Warn => "warn",
            Self::Fail => "fail",
            Self::Skip => "skip",
            Self::Error => "error",
        }
    }
}

impl From<Outcome> for Status {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Pass => Self::Pass,
            Outcome::Warn => Self::Warn,
            Outcome::Fail => Self::Fail,
            Outcome::Skip => Self::Skip,
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Why a result is [`Status::Error`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
    /// The check returned an error, or a conclusion that contradicts itself.
    CheckError,
    /// The guest trapped or panicked.
    Trap,
    /// The guest used all its fuel.
    FuelExhausted,
    /// The guest computed longer than allowed.
    CpuTimeout,
    /// The whole run, waiting included, took longer than allowed.
    Deadline,
    /// The guest asked for more memory than allowed.
    MemoryLimit,
    /// The check asked for data that it is not granted.
    Denied,
    /// A query could not be answered, and the check went on without the answer.
    QueryFailed,
    /// The plugin refused the settings.
    BadSettings,
    /// The plugin is not there, or was refused admission.
    MissingPlugin,
    /// The host stopped while the check ran.
    Interrupted,
    /// Somebody cancelled the run.
    Cancelled,
    /// The host itself failed.
    HostError,
    /// A check that this one depends on did not hold: the reason of a skip, not of an error.
    Upstream,
}

impl Reason {
    /// All of them.
    pub const ALL: [Self; 14] = [
        Self::CheckError,
        Self::Trap,
        Self::FuelExhausted,
        Self::CpuTimeout,
        Self::Deadline,
        Self::MemoryLimit,
        Self::Denied,
        Self::QueryFailed,
        Self::BadSettings,
        Self::MissingPlugin,
        Self::Interrupted,
        Self::Cancelled,
        Self::HostError,
        Self::Upstream,
    ];

    /// The word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::CheckError => "check_error",
            Self::Trap => "trap",
            Self::FuelExhausted => "fuel_exhausted",
            Self::CpuTimeout => "cpu_timeout",
            Self::Deadline => "deadline",
            Self::MemoryLimit => "memory_limit",
            Self::Denied => "denied",
            Self::QueryFailed => "query_failed",
            Self::BadSettings => "bad_settings",
            Self::MissingPlugin => "missing_plugin",
            Self::Interrupted => "interrupted",
            Self::Cancelled => "cancelled",
            Self::HostError => "host_error",
            Self::Upstream => "upstream",
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// How the execution of a check ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ending {
    /// The guest concluded.
    Returned(Verdict),
    /// The guest returned an error.
    GuestError(String),
    /// The check did not get to an end of its own.
    Broken {
        /// Why.
        reason: Reason,
        /// What happened, for a person.
        message: String,
        /// What would help.
        hint: Option<String>,
        /// A guest backtrace or other detail of several lines.
        detail: Option<String>,
    },
}

impl Ending {
    /// An ending that is not the guest's own, without more to say.
    #[must_use]
    pub fn broken(reason: Reason, message: impl Into<String>) -> Self {
        Self::Broken { reason, message: message.into(), hint: None, detail: None }
    }
}

/// What a check's execution amounts to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conclusion {
    /// The status.
    pub status: Status,
    /// Why, when the status is [`Status::Error`], or [`Reason::Upstream`] of a skip.
    pub reason: Option<Reason>,
    /// The worst severity of the findings; the check's own when there are none.
    pub severity: Severity,
    /// One sentence for a person.
    pub message: String,
    /// What would help.
    pub hint: Option<String>,
    /// A guest backtrace or other detail of several lines.
    pub detail: Option<String>,
    /// How many rows the conclusion rests on, if the check counts them.
    pub examined: Option<u64>,
    /// The check broke after it had reported findings: there may be more.
    pub partial: bool,
}

/// Weighs how an execution ended against what it reported and what it was not told.
///
/// `dropped` is how many findings were reported and, being over a limit, not kept.
/// `unresolved` are the problems of requests that never succeeded afterwards. The rules, in order:
/// 1. a broken execution is an error with its reason, but a skip where it is `upstream`;
/// 2. an error the guest returned is an error: for the first unresolved problem if there is one;
/// 3. a conclusion other than `fail` that ignores an unresolved problem is an error;
/// 4. a pass or skip with findings is a `warn`;
/// 5. a pass that rests on 0 rows is an error.
#[must_use]
pub fn conclude(
    ending: Ending,
    findings: &[Finding],
    dropped: u64,
    unresolved: &[Problem],
    severity: Severity,
) -> Conclusion {
    let worst = findings.iter().map(|finding| finding.severity).max().unwrap_or(severity);
    let error = |reason, message, hint, detail| Conclusion {
        status: Status::Error,
        reason: Some(reason),
        severity: worst,
        message,
        hint,
        detail,
        examined: None,
        partial: !findings.is_empty(),
    };
    let problem = weightiest(unresolved);
    match (ending, problem) {
        (Ending::Broken { reason: reason @ Reason::Upstream, message, hint, detail }, _) => {
            Conclusion { status: Status::Skip, ..error(reason, message, hint, detail) }
        }
        (Ending::Broken { reason, message, hint, detail }, _) => error(reason, message, hint, detail),
        (Ending::GuestError(message), Some(problem)) => {
            let said = (!message.contains(&problem.message)).then(|| format!("the check said: {message}"));
            error(reason_of(problem.code), problem.message.clone(), problem.hint.clone(), said)
        }
        (Ending::GuestError(message), None) => error(Reason::CheckError, message, None, None),
        (Ending::Returned(verdict), Some(problem)) if verdict.outcome != Outcome::Fail => {
            let said = format!(
                "the check went on without the answer and said {}: {}",
                verdict.outcome.as_str(),
                verdict.summary
            );
            error(reason_of(problem.code), problem.message.clone(), problem.hint.clone(), Some(said))
        }
        (Ending::Returned(Verdict { outcome: Outcome::Pass, examined: Some(0), summary }), None)
            if findings.is_empty() =>
        {
            error(Reason::CheckError, format!("passed on 0 rows: {summary}"), None, None)
        }
        (Ending::Returned(Verdict { outcome, summary, examined }), problem) => {
            let contradicts = matches!(outcome, Outcome::Pass | Outcome::Skip) && (!findings.is_empty() || dropped > 0);
            Conclusion {
                status: if contradicts { Status::Warn } else { outcome.into() },
                reason: None,
                severity: worst,
                message: if contradicts {
                    format!("said {} but reported findings: {summary}", outcome.as_str())
                } else {
                    summary
                },
                hint: None,
                detail: problem.map(|problem| format!("a query could not be answered: {}", problem.message)),
                examined,
                partial: false,
            }
        }
    }
}

/// The problem to name: a denial first, for it is the one that a person can lift.
fn weightiest(unresolved: &[Problem]) -> Option<&Problem> {
    unresolved.iter().find(|problem| problem.code == ProblemCode::Denied).or_else(|| unresolved.first())
}

fn reason_of(code: ProblemCode) -> Reason {
    match code {
        ProblemCode::Denied => Reason::Denied,
        ProblemCode::Deadline => Reason::Deadline,
        ProblemCode::UnknownSource
        | ProblemCode::UnknownTable
        | ProblemCode::InvalidSql
        | ProblemCode::UnsupportedSql
        | ProblemCode::NotReadOnly
        | ProblemCode::BadParameter
        | ProblemCode::LimitQueries
        | ProblemCode::LimitRows
        | ProblemCode::LimitBytes
        | ProblemCode::LimitBilled
        | ProblemCode::Unavailable
        | ProblemCode::Failed => Reason::QueryFailed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::FindingDraft;

    fn finding(asked: Option<Severity>) -> Finding {
        FindingDraft { severity: asked, ..FindingDraft::bare("") }.under(Severity::High)
    }

    fn returned(outcome: Outcome, examined: Option<u64>) -> Ending {
        Ending::Returned(Verdict { outcome, summary: "all said".to_owned(), examined })
    }

    fn status(ending: Ending, findings: &[Finding], unresolved: &[Problem]) -> (Status, Option<Reason>) {
        let conclusion = conclude(ending, findings, 0, unresolved, Severity::High);
        (conclusion.status, conclusion.reason)
    }

    #[test]
    fn a_verdict_with_nothing_against_it_stands() {
        for (outcome, expected) in [
            (Outcome::Pass, Status::Pass),
            (Outcome::Warn, Status::Warn),
            (Outcome::Fail, Status::Fail),
            (Outcome::Skip, Status::Skip),
        ] {
            assert_eq!(status(returned(outcome, Some(5)), &[], &[]), (expected, None));
            assert_eq!(status(returned(outcome, None), &[], &[]), (expected, None));
        }
    }

    #[test]
    fn a_swallowed_problem_never_reads_as_pass() {
        let failed = Problem::new(ProblemCode::Failed, "t.parquet is truncated");
        let denied = Problem::new(ProblemCode::Denied, "no grant for `secret`").with_hint("add it");
        for outcome in [Outcome::Pass, Outcome::Warn, Outcome::Skip] {
            assert_eq!(
                status(returned(outcome, Some(5)), &[], std::slice::from_ref(&failed)),
                (Status::Error, Some(Reason::QueryFailed))
            );
        }
        assert_eq!(
            status(returned(Outcome::Fail, Some(5)), &[], std::slice::from_ref(&failed)),
            (Status::Fail, None),
            "a fail is known, whatever else is not"
        );
        let conclusion = conclude(returned(Outcome::Pass, None), &[], 0, &[failed, denied], Severity::Low);
        assert_eq!((conclusion.reason, conclusion.hint.as_deref()), (Some(Reason::Denied), Some("add it")));
    }

    #[test]
    fn an_error_of_the_guest_is_an_error_and_keeps_the_cause() {
        assert_eq!(status(Ending::GuestError("no".to_owned()), &[], &[]), (Status::Error, Some(Reason::CheckError)));
        let late = Problem::new(ProblemCode::Deadline, "too slow");
        assert_eq!(status(Ending::GuestError("no".to_owned()), &[], &[late]), (Status::Error, Some(Reason::Deadline)));
    }

    #[test]
    fn findings_of_a_broken_run_are_partial() {
        let conclusion = conclude(Ending::broken(Reason::Trap, "boom"), &[finding(None)], 0, &[], Severity::High);
        assert!(conclusion.partial);
        assert_eq!(conclusion.status, Status::Error);
        assert!(!conclude(Ending::broken(Reason::Trap, "boom"), &[], 0, &[], Severity::High).partial);
    }

    #[test]
    fn contradictions_are_not_passes() {
        assert_eq!(status(returned(Outcome::Pass, Some(9)), &[finding(None)], &[]), (Status::Warn, None));
        assert_eq!(status(returned(Outcome::Skip, None), &[finding(None)], &[]), (Status::Warn, None));
        assert_eq!(status(returned(Outcome::Pass, Some(0)), &[], &[]), (Status::Error, Some(Reason::CheckError)));
        let dropped = conclude(returned(Outcome::Pass, Some(9)), &[], 1, &[], Severity::High);
        assert_eq!(dropped.status, Status::Warn, "a finding that was too large to keep was one all the same");
    }

    #[test]
    fn a_finding_never_exceeds_the_severity_of_the_check() {
        assert_eq!(finding(Some(Severity::Critical)).severity, Severity::High);
        assert_eq!(finding(Some(Severity::Low)).severity, Severity::Low);
        let conclusion =
            conclude(returned(Outcome::Fail, None), &[finding(Some(Severity::Low))], 0, &[], Severity::High);
        assert_eq!(conclusion.severity, Severity::Low);
    }
}
