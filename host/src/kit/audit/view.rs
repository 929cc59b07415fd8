//! A report as it is shown: rows for a table, and one shape for machines.

use serde::Serialize;

use super::report::{Ended, Outcome, Rank, Report, Ruling};
use super::shape::Asked;
use crate::model::{Reason, Status};

/// One run with an injection, as a row of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The case.
    pub case: String,
    /// The number of the query.
    pub query: String,
    /// The injection, with its column.
    pub injection: String,
    /// The status of the plain run, and that of the run with the injection with its reason.
    pub ended: String,
    /// What is thought of it.
    pub ruling: String,
    /// Why: of a harmless one the author's reason, of one not applied what kept it, otherwise what the check said.
    pub note: String,
}

impl Row {
    /// The names of the columns.
    pub const HEADINGS: [&'static str; 6] = ["case", "query", "injection", "ended", "ruling", "note"];

    /// The cells, in the order of [`Row::HEADINGS`].
    #[must_use]
    pub fn cells(&self) -> [&str; 6] {
        [&self.case, &self.query, &self.injection, &self.ended, &self.ruling, &self.note]
    }

    fn of(outcome: &Outcome) -> Self {
        let Outcome { case, plain, trial, ruling } = outcome;
        let rank = rank(ruling).map(|rank| format!(": {}", rank.as_str())).unwrap_or_default();
        Self {
            case: case.clone(),
            query: trial.asked.number.to_string(),
            injection: trial.injection.to_string(),
            ended: format!("{plain} → {}", status(&trial.ended)),
            ruling: format!("{}{rank}", ruling.as_str()),
            note: note(outcome).to_owned(),
        }
    }
}

fn rank(ruling: &Ruling) -> Option<Rank> {
    match ruling {
        Ruling::Survived(rank) | Ruling::Harmless { rank, .. } => Some(*rank),
        Ruling::NotApplied(_) | Ruling::Recovered | Ruling::Caught => None,
    }
}

fn status(ended: &Ended) -> String {
    match ended.reason {
        Some(reason) => format!("{} ({reason})", ended.status),
        None => ended.status.to_string(),
    }
}

fn note(outcome: &Outcome) -> &str {
    match &outcome.ruling {
        Ruling::Harmless { reason, .. } => reason,
        Ruling::NotApplied(application) => application.description(),
        Ruling::Survived(_) | Ruling::Recovered | Ruling::Caught => &outcome.trial.ended.message,
    }
}

/// A report for machines. Names are those of the types, in snake_case.
#[derive(Debug, Serialize)]
pub struct ReportView<'a> {
    /// Whether the check is proven to fail closed.
    pub holds: bool,
    /// How many runs came to what.
    pub counts: Counts,
    /// Every run with an injection, the worst first.
    pub outcomes: Vec<OutcomeView<'a>>,
    /// Cases to which nothing could be done.
    pub unaudited: Vec<UnauditedView<'a>>,
    /// What could be done and was not.
    pub untried: Vec<UntriedView<'a>>,
    /// Statuses that no case reaches.
    pub unreached: Vec<&'static str>,
    /// Queries to which no case gives a row.
    pub without_rows: Vec<AskedView<'a>>,
    /// Declarations that excuse nothing.
    pub stale: Vec<StaleView<'a>>,
}

/// How many runs came to what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Counts {
    /// Survived, and the plain run says `warn` or `fail`.
    pub hides_failure: u64,
    /// Survived otherwise.
    pub unnoticed: u64,
    /// Never met.
    pub not_applied: u64,
    /// Declared harmless.
    pub harmless: u64,
    /// Asked again, and answered.
    pub recovered: u64,
    /// Caught.
    pub caught: u64,
}

impl Counts {
    fn of(outcomes: &[Outcome]) -> Self {
        let mut counts = Self::default();
        for outcome in outcomes {
            *match outcome.ruling {
                Ruling::Survived(Rank::HidesFailure) => &mut counts.hides_failure,
                Ruling::Survived(Rank::Unnoticed) => &mut counts.unnoticed,
                Ruling::NotApplied(_) => &mut counts.not_applied,
                Ruling::Harmless { .. } => &mut counts.harmless,
                Ruling::Recovered => &mut counts.recovered,
                Ruling::Caught => &mut counts.caught,
            } += 1;
        }
        counts
    }
}

/// A query.
#[derive(Debug, Serialize)]
pub struct AskedView<'a> {
    /// Which of the run's queries, from 1 on.
    pub number: u32,
    /// The source's name.
    pub source: &'a str,
    /// The statement.
    pub sql: &'a str,
}

impl<'a> AskedView<'a> {
    fn of(Asked { number, source, sql }: &'a Asked) -> Self {
        Self { number: *number, source, sql }
    }
}

/// A run with an injection.
#[derive(Debug, Serialize)]
pub struct OutcomeView<'a> {
    /// The case.
    pub case: &'a str,
    /// The query.
    pub query: AskedView<'a>,
    /// The kind of injection.
    pub injection: &'static str,
    /// Its column.
    pub column: Option<&'a str>,
    /// The status of the plain run.
    pub plain: &'static str,
    /// The status with the injection.
    pub status: &'static str,
    /// Why, when the status is an error.
    pub reason: Option<&'static str>,
    /// What the check said.
    pub message: &'a str,
    /// Whether the check met the injection, and why not.
    pub application: &'static str,
    /// What is thought of it.
    pub ruling: &'static str,
    /// How bad it is or would be.
    pub rank: Option<&'static str>,
    /// Why it is harmless.
    pub harmless_because: Option<&'a str>,
}

impl<'a> OutcomeView<'a> {
    fn of(Outcome { case, plain, trial, ruling }: &'a Outcome) -> Self {
        Self {
            case,
            query: AskedView::of(&trial.asked),
            injection: trial.injection.kind().as_str(),
            column: trial.injection.column(),
            plain: plain.as_str(),
            status: trial.ended.status.as_str(),
            reason: trial.ended.reason.map(Reason::as_str),
            message: &trial.ended.message,
            application: trial.application.as_str(),
            ruling: ruling.as_str(),
            rank: rank(ruling).map(Rank::as_str),
            harmless_because: match ruling {
                Ruling::Harmless { reason, .. } => Some(reason),
                _ => None,
            },
        }
    }
}

/// A case to which nothing could be done.
#[derive(Debug, Serialize)]
pub struct UnauditedView<'a> {
    /// The case.
    pub case: &'a str,
    /// Why.
    pub because: &'static str,
    /// The status of the plain run.
    pub status: &'static str,
    /// Why, when the status is an error.
    pub reason: Option<&'static str>,
    /// What the check said.
    pub message: &'a str,
}

/// What could be done and was not.
#[derive(Debug, Serialize)]
pub struct UntriedView<'a> {
    /// The case.
    pub case: &'a str,
    /// The query.
    pub query: AskedView<'a>,
    /// The kind of injection.
    pub injection: &'static str,
    /// Its column.
    pub column: Option<&'a str>,
}

/// A declaration that excuses nothing.
#[derive(Debug, Serialize)]
pub struct StaleView<'a> {
    /// Which of the declarations, from 0 on.
    pub index: usize,
    /// The kind of injection.
    pub injection: &'static str,
    /// The author's reason.
    pub reason: &'a str,
    /// Why it excuses nothing.
    pub because: &'static str,
}

impl Report {
    /// The runs with injections as rows of a table, the worst first.
    #[must_use]
    pub fn rows(&self) -> Vec<Row> {
        self.outcomes.iter().map(Row::of).collect()
    }

    /// How many runs came to what.
    #[must_use]
    pub fn counts(&self) -> Counts {
        Counts::of(&self.outcomes)
    }

    /// The report for machines.
    #[must_use]
    pub fn view(&self) -> ReportView<'_> {
        ReportView {
            holds: self.holds(),
            counts: self.counts(),
            outcomes: self.outcomes.iter().map(OutcomeView::of).collect(),
            unaudited: self
                .unaudited
                .iter()
                .map(|unaudited| UnauditedView {
                    case: unaudited.case(),
                    because: unaudited.as_str(),
                    status: unaudited.ended().status.as_str(),
                    reason: unaudited.ended().reason.map(Reason::as_str),
                    message: &unaudited.ended().message,
                })
                .collect(),
            untried: self
                .untried
                .iter()
                .map(|untried| UntriedView {
                    case: &untried.case,
                    query: AskedView::of(&untried.asked),
                    injection: untried.injection.kind().as_str(),
                    column: untried.injection.column(),
                })
                .collect(),
            unreached: self.unreached.iter().copied().map(Status::as_str).collect(),
            without_rows: self.without_rows.iter().map(AskedView::of).collect(),
            stale: self
                .stale
                .iter()
                .map(|stale| StaleView {
                    index: stale.index,
                    injection: stale.declaration.injection.as_str(),
                    reason: &stale.declaration.reason,
                    because: stale.because.as_str(),
                })
                .collect(),
        }
    }
}
