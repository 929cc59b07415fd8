//! A check's conclusion.

use crate::bindings::assay::plugin::types;

/// A check's conclusion.
#[derive(Debug, Clone)]
pub struct Verdict {
    outcome: types::Outcome,
    summary: String,
    examined: Option<u64>,
}

impl Verdict {
    /// The check looked at so many rows, and all is well.
    ///
    /// ```
    /// use assay_sdk::Verdict;
    ///
    /// let verdict = Verdict::passed("1200 rows, each with a key of its own", 1200);
    /// ```
    pub fn passed(summary: impl Into<String>, examined: u64) -> Self {
        Self::pass(summary).examined(examined)
    }

    /// The check looked, and all is well. Needs [`Verdict::examined`], as [`Verdict::passed`] has it.
    pub fn pass(summary: impl Into<String>) -> Self {
        Self::new(types::Outcome::Pass, summary)
    }

    /// Noticeable, not bad.
    pub fn warn(summary: impl Into<String>) -> Self {
        Self::new(types::Outcome::Warn, summary)
    }

    /// The data is not as it must be.
    pub fn fail(summary: impl Into<String>) -> Self {
        Self::new(types::Outcome::Fail, summary)
    }

    /// Not applicable, by a positive fact; never "could not check".
    pub fn skip(summary: impl Into<String>) -> Self {
        Self::new(types::Outcome::Skip, summary)
    }

    /// How many rows the conclusion rests on. A pass on 0 rows is not a pass.
    #[must_use]
    pub fn examined(mut self, rows: u64) -> Self {
        self.examined = Some(rows);
        self
    }

    fn new(outcome: types::Outcome, summary: impl Into<String>) -> Self {
        Self { outcome, summary: summary.into(), examined: None }
    }

    pub(crate) fn into_contract(self) -> types::Verdict {
        types::Verdict { outcome: self.outcome, summary: self.summary, examined: self.examined }
    }
}
