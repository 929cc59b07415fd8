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
    /// The check looked, and all is well.
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
