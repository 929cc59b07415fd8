//! Two bounds for a number: noticeable, and wrong.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::settings::SettingProblem;

/// On which side of its bounds a number is bad.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// Less than a bound is bad.
    Below,
    /// More than a bound is bad.
    Above,
}

/// What a number means. The worse of two is the greater.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Judgement {
    /// All is well. A number at its bound is.
    Fine,
    /// Beyond the first bound.
    Warn,
    /// Beyond both.
    Fail,
}

/// Two bounds for a number: beyond `warn` it is noticeable, beyond `fail` it is wrong. `fail` is at least as far out as
/// `warn`; where they are the same, nothing is only noticeable.
///
/// As a part of settings it is read from `{ warn = 80, fail = 50, direction = "below" }`; [`Thresholds::problems`] goes
/// into [`crate::Check::validate`].
///
/// ```
/// use assay_sdk::{Judgement, Thresholds};
///
/// let rows = Thresholds::below(80.0, 50.0);
/// assert_eq!(rows.judge(80.0)?, Judgement::Fine);
/// assert_eq!(rows.judge(79.0)?, Judgement::Warn);
/// assert_eq!(rows.judge(49.9)?, Judgement::Fail);
/// assert!(rows.judge(f64::NAN).is_err());
/// # Ok::<(), assay_sdk::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Thresholds {
    /// Beyond this a number is noticeable.
    pub warn: f64,
    /// Beyond this a number is wrong.
    pub fail: f64,
    /// On which side of the bounds a number is bad.
    pub direction: Direction,
}

impl Thresholds {
    /// Less than a bound is bad.
    #[must_use]
    pub fn below(warn: f64, fail: f64) -> Self {
        Self { warn, fail, direction: Direction::Below }
    }

    /// More than a bound is bad.
    #[must_use]
    pub fn above(warn: f64, fail: f64) -> Self {
        Self { warn, fail, direction: Direction::Above }
    }

    /// What a number means.
    ///
    /// # Errors
    /// When the number or a bound is NaN, or `fail` is not as far out as `warn`: nobody knows then.
    pub fn judge(&self, value: f64) -> Result<Judgement, Error> {
        if value.is_nan() {
            return Err(Error::new("a number to be judged is NaN"));
        }
        if let Some(problem) = self.problem() {
            return Err(Error::new(format!("thresholds {} and {}: {problem}", self.warn, self.fail)));
        }
        Ok(match value {
            value if self.is_beyond(value, self.fail) => Judgement::Fail,
            value if self.is_beyond(value, self.warn) => Judgement::Warn,
            _ => Judgement::Fine,
        })
    }

    /// What is wrong with thresholds that stand at a place of the settings, given as a JSON Pointer.
    ///
    /// ```
    /// use assay_sdk::{SettingProblem, Thresholds};
    ///
    /// let problems = Thresholds::above(5.0, 1.0).problems("/nulls");
    /// assert_eq!(problems, [SettingProblem::new("/nulls/fail", "expected at least `warn`")]);
    /// ```
    #[must_use]
    pub fn problems(&self, path: &str) -> Vec<SettingProblem> {
        self.problem().map(|problem| SettingProblem::new(format!("{path}/fail"), problem)).into_iter().collect()
    }

    fn problem(&self) -> Option<&'static str> {
        let Self { warn, fail, direction } = *self;
        match direction {
            _ if warn.is_nan() || fail.is_nan() => Some("expected numbers"),
            Direction::Below if fail > warn => Some("expected at most `warn`"),
            Direction::Above if fail < warn => Some("expected at least `warn`"),
            _ => None,
        }
    }

    fn is_beyond(&self, value: f64, bound: f64) -> bool {
        match self.direction {
            Direction::Below => value < bound,
            Direction::Above => value > bound,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_at_its_bound_is_within_it() {
        for (thresholds, value, judgement) in [
            (Thresholds::below(80.0, 50.0), 80.0, Judgement::Fine),
            (Thresholds::below(80.0, 50.0), 50.0, Judgement::Warn),
            (Thresholds::below(80.0, 50.0), f64::NEG_INFINITY, Judgement::Fail),
            (Thresholds::above(1.0, 5.0), 1.0, Judgement::Fine),
            (Thresholds::above(1.0, 5.0), 5.0, Judgement::Warn),
            (Thresholds::above(1.0, 5.0), 5.1, Judgement::Fail),
            (Thresholds::above(1.0, 1.0), 1.1, Judgement::Fail),
            (Thresholds::below(0.0, 0.0), 0.0, Judgement::Fine),
        ] {
            assert_eq!(thresholds.judge(value), Ok(judgement), "{thresholds:?} {value}");
        }
        assert_eq!([Judgement::Warn, Judgement::Fail, Judgement::Fine].into_iter().max(), Some(Judgement::Fail));
    }

    #[test]
    fn what_cannot_be_judged_is_never_fine() {
        for (thresholds, value) in [
            (Thresholds::below(80.0, 50.0), f64::NAN),
            (Thresholds::below(f64::NAN, 50.0), 90.0),
            (Thresholds::below(50.0, 80.0), 90.0),
            (Thresholds::above(5.0, 1.0), 0.0),
        ] {
            assert!(thresholds.judge(value).is_err(), "{thresholds:?} {value}");
        }
    }

    #[test]
    fn thresholds_the_wrong_way_round_are_a_problem_of_the_settings() {
        let problem = |message| vec![SettingProblem::new("/n/fail", message)];
        assert_eq!(Thresholds::below(50.0, 80.0).problems("/n"), problem("expected at most `warn`"));
        assert_eq!(Thresholds::above(5.0, 1.0).problems("/n"), problem("expected at least `warn`"));
        assert_eq!(Thresholds::below(50.0, 50.0).problems("/n"), []);
    }
}
