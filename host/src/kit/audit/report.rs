//! What came of an audit.

use super::harmless::Harmless;
use super::injecting::Application;
use super::injection::Injection;
use super::shape::{Answer, Asked, Shape, injections_for};
use crate::model::{Conclusion, Reason, Status};

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ended {
    /// The status.
    pub status: Status,
    /// Why, when the status is an error.
    pub reason: Option<Reason>,
    /// One sentence for a person.
    pub message: String,
}

impl From<&Conclusion> for Ended {
    fn from(conclusion: &Conclusion) -> Self {
        Self { status: conclusion.status, reason: conclusion.reason, message: conclusion.message.clone() }
    }
}

/// One run with one injection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trial {
    /// The query.
    pub asked: Asked,
    /// What was to be done to its answer.
    pub injection: Injection,
    /// Whether it was.
    pub application: Application,
    /// How often the check made the same request again, after it had gone wrong, and had the whole answer.
    pub answered_again: u32,
    /// How the run ended.
    pub ended: Ended,
}

/// All runs of one case.
#[derive(Debug, Clone, PartialEq)]
pub struct AuditedCase {
    /// The case.
    pub name: String,
    /// How the plain run ended.
    pub plain: Ended,
    /// What the plain run asked.
    pub shapes: Vec<Shape>,
    /// The runs with injections.
    pub trials: Vec<Trial>,
}

/// What is thought of one run with one injection. The worst first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ruling {
    /// The check says `pass` or `skip` although something is wrong.
    Survived(Rank),
    /// The check never met the injection: nothing is known.
    NotApplied(Application),
    /// The check says `pass` or `skip`, and its author says why that is right.
    Harmless {
        /// As for what survived.
        rank: Rank,
        /// Why.
        reason: String,
    },
    /// The check was told of the error, asked again, had the whole answer and says what it says plainly.
    Recovered,
    /// The check does not say that all is well.
    Caught,
}

impl Ruling {
    /// The name in reports.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Survived(_) => "survived",
            Self::NotApplied(_) => "not_applied",
            Self::Harmless { .. } => "harmless",
            Self::Recovered => "recovered",
            Self::Caught => "caught",
        }
    }

    /// By which outcomes are put in order: what they are, and how bad that is; never by text.
    fn weight(&self) -> (u8, Option<Rank>) {
        match self {
            Self::Survived(rank) => (0, Some(*rank)),
            Self::NotApplied(_) => (1, None),
            Self::Harmless { rank, .. } => (2, Some(*rank)),
            Self::Recovered => (3, None),
            Self::Caught => (4, None),
        }
    }
}

/// How bad it is that an injection survived. The worse first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rank {
    /// The plain run says `warn` or `fail`, and the injection makes it say that all is well.
    HidesFailure,
    /// The plain run says that all is well, and says so with the injection.
    Unnoticed,
}

impl Rank {
    /// The name in reports.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::HidesFailure => "hides_failure",
            Self::Unnoticed => "unnoticed",
        }
    }
}

/// One run with one injection, and what is thought of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// The case.
    pub case: String,
    /// The status of the plain run.
    pub plain: Status,
    /// The run.
    pub trial: Trial,
    /// What is thought of it.
    pub ruling: Ruling,
}

/// A case to which nothing can be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unaudited {
    /// The plain run is an error already. That may be what the case is for.
    PlainError {
        /// The case.
        case: String,
        /// How the plain run ended.
        ended: Ended,
    },
    /// The check did not ask any source anything. When it passes all the same, it passes whatever the data holds.
    AskedNothing {
        /// The case.
        case: String,
        /// How the plain run ended.
        ended: Ended,
    },
}

impl Unaudited {
    /// The case.
    #[must_use]
    pub fn case(&self) -> &str {
        match self {
            Self::PlainError { case, .. } | Self::AskedNothing { case, .. } => case,
        }
    }

    /// How its plain run ended.
    #[must_use]
    pub fn ended(&self) -> &Ended {
        match self {
            Self::PlainError { ended, .. } | Self::AskedNothing { ended, .. } => ended,
        }
    }

    /// The name in reports.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::PlainError { .. } => "plain_error",
            Self::AskedNothing { .. } => "asked_nothing",
        }
    }

    fn is_groundless_pass(&self) -> bool {
        matches!(self, Self::AskedNothing { ended, .. } if ended.status == Status::Pass)
    }
}

/// What could be done to an answer and was not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Untried {
    /// The case.
    pub case: String,
    /// The query.
    pub asked: Asked,
    /// What was not done.
    pub injection: Injection,
}

/// A declaration that excuses nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stale {
    /// Which of the declarations, from 0 on.
    pub index: usize,
    /// The declaration.
    pub declaration: Harmless,
    /// Why it excuses nothing.
    pub because: StaleBecause,
}

/// Why a declaration excuses nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StaleBecause {
    /// No such injection was applied in any case.
    NothingMatches,
    /// Every such injection was caught: the check is better than the declaration says.
    NeverNeeded,
}

impl StaleBecause {
    /// The name in reports.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NothingMatches => "nothing_matches",
            Self::NeverNeeded => "never_needed",
        }
    }
}

/// What came of an audit.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// Every run with an injection, the worst first; those alike in the order of cases and queries.
    pub outcomes: Vec<Outcome>,
    /// The cases to which nothing could be done.
    pub unaudited: Vec<Unaudited>,
    /// What could be done and was not: nothing is known of it.
    pub untried: Vec<Untried>,
    /// Which of pass, warn, fail and skip no case reaches plainly.
    pub unreached: Vec<Status>,
    /// The queries to which no case gives a row, so that nothing was done to their columns.
    pub without_rows: Vec<Asked>,
    /// The declarations that excuse nothing.
    pub stale: Vec<Stale>,
}

impl Report {
    /// Judges all runs of all cases.
    #[must_use]
    pub fn new(cases: &[AuditedCase], harmless: &[Harmless]) -> Self {
        let (mut outcomes, mut unaudited, mut untried) = (Vec::new(), Vec::new(), Vec::new());
        for case in cases {
            let (name, ended) = (case.name.clone(), case.plain.clone());
            if ended.status == Status::Error {
                unaudited.push(Unaudited::PlainError { case: name, ended });
            } else if case.shapes.is_empty() {
                unaudited.push(Unaudited::AskedNothing { case: name, ended });
            } else {
                outcomes.extend(case.trials.iter().map(|trial| Outcome {
                    case: case.name.clone(),
                    plain: case.plain.status,
                    trial: trial.clone(),
                    ruling: ruling(case, trial, harmless),
                }));
                untried.extend(not_tried(case));
            }
        }
        outcomes.sort_by_key(|outcome| outcome.ruling.weight());
        let stale = stale(&outcomes, harmless);
        let (unreached, without_rows) = (unreached(cases), without_rows(cases));
        Self { outcomes, unaudited, untried, unreached, without_rows, stale }
    }

    /// Whether the check is proven to fail closed, as far as its cases go: nothing survived, all that could be done was
    /// done and left nothing open, at least one injection was met, and no case passes without having asked anything.
    #[must_use]
    pub fn holds(&self) -> bool {
        let applications = || self.outcomes.iter().map(|outcome| outcome.trial.application);
        self.survived().next().is_none()
            && self.untried.is_empty()
            && applications().any(|application| application == Application::Applied)
            && !applications().any(Application::leaves_open)
            && !self.unaudited.iter().any(Unaudited::is_groundless_pass)
    }

    /// What survived, the worst first.
    pub fn survived(&self) -> impl Iterator<Item = &Outcome> {
        self.outcomes.iter().filter(|outcome| matches!(outcome.ruling, Ruling::Survived(_)))
    }
}

fn ruling(case: &AuditedCase, trial: &Trial, harmless: &[Harmless]) -> Ruling {
    if trial.application != Application::Applied {
        return Ruling::NotApplied(trial.application);
    }
    let rank = match (trial.ended.status, case.plain.status) {
        (Status::Warn | Status::Fail | Status::Error, _) => return Ruling::Caught,
        (Status::Pass | Status::Skip, Status::Warn | Status::Fail) => Rank::HidesFailure,
        (Status::Pass | Status::Skip, Status::Pass | Status::Skip | Status::Error) => Rank::Unnoticed,
    };
    if has_recovered(case, trial) {
        return Ruling::Recovered;
    }
    match harmless.iter().find(|declaration| declaration.covers(&trial.asked, &trial.injection)) {
        Some(declaration) => Ruling::Harmless { rank, reason: declaration.reason.clone() },
        None => Ruling::Survived(rank),
    }
}

/// Whether the check asked once more than it does plainly, and says the same with that answer.
fn has_recovered(case: &AuditedCase, trial: &Trial) -> bool {
    let later = case.shapes.iter().filter(|shape| shape.asked.number > trial.asked.number);
    let plainly = match case.shapes.iter().find(|shape| shape.asked.number == trial.asked.number) {
        Some(asked) => later.filter(|shape| shape.request() == asked.request()).count(),
        None => return false,
    };
    trial.injection.kind().is_told()
        && trial.ended.status == case.plain.status
        && trial.answered_again as usize > plainly
}

fn not_tried(case: &AuditedCase) -> impl Iterator<Item = Untried> {
    let tried = |asked: &Asked, injection: &Injection| {
        let same = |trial: &Trial| trial.asked.number == asked.number && trial.injection == *injection;
        case.trials.iter().any(same)
    };
    case.shapes.iter().flat_map(move |shape| {
        let missing = injections_for(shape).into_iter().filter(move |injection| !tried(&shape.asked, injection));
        missing.map(|injection| Untried { case: case.name.clone(), asked: shape.asked.clone(), injection })
    })
}

fn unreached(cases: &[AuditedCase]) -> Vec<Status> {
    let missing = |status: &Status| !cases.iter().any(|case| case.plain.status == *status);
    [Status::Pass, Status::Warn, Status::Fail, Status::Skip].into_iter().filter(missing).collect()
}

fn without_rows(cases: &[AuditedCase]) -> Vec<Asked> {
    let shapes = || cases.iter().flat_map(|case| &case.shapes);
    let same = |one: &Asked, other: &Asked| one.source == other.source && one.sql == other.sql;
    let mut without: Vec<Asked> = Vec::new();
    for shape in shapes().filter(|shape| matches!(shape.answer, Answer::Rows { .. })) {
        let has_rows = shapes().any(|other| same(&shape.asked, &other.asked) && other.rows() > 0);
        if !has_rows && !without.iter().any(|known| same(known, &shape.asked)) {
            without.push(shape.asked.clone());
        }
    }
    without
}

fn stale(outcomes: &[Outcome], harmless: &[Harmless]) -> Vec<Stale> {
    let stale = harmless.iter().enumerate().filter_map(|(index, declaration)| {
        let covered: Vec<_> = outcomes
            .iter()
            .filter(|outcome| outcome.trial.application == Application::Applied)
            .filter(|outcome| declaration.covers(&outcome.trial.asked, &outcome.trial.injection))
            .collect();
        let because = if covered.is_empty() {
            StaleBecause::NothingMatches
        } else if covered.iter().any(|outcome| matches!(outcome.ruling, Ruling::Harmless { .. })) {
            return None;
        } else {
            StaleBecause::NeverNeeded
        };
        Some(Stale { index, declaration: declaration.clone(), because })
    });
    stale.collect()
}
