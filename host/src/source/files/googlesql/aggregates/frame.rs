//! Floats in a frame that moves over the rows.
//!
//! What leaves is never subtracted: an infinity would leave a NaN behind, and a large number its rounding. The values
//! are held in two stacks, each with the answer for all that is in it: one that values enter, one that they leave.

use datafusion::arrow::array::{Array, ArrayRef, AsArray};
use datafusion::arrow::datatypes::Float64Type;
use datafusion::common::ScalarValue;
use datafusion::error::{DataFusionError, Result};
use datafusion::logical_expr::Accumulator;

/// What is made of the values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Fold {
    /// Their sum.
    Sum,
    /// Their average.
    Mean,
    /// The least; NaN if any is.
    Least,
    /// The greatest; NaN if any is.
    Greatest,
}

impl Fold {
    /// The answer for no values.
    pub(super) fn start(self) -> f64 {
        match self {
            Self::Sum | Self::Mean => 0.0,
            Self::Least => f64::INFINITY,
            Self::Greatest => f64::NEG_INFINITY,
        }
    }

    /// The answer for the values behind two answers.
    #[inline]
    pub(super) fn joined(self, one: f64, other: f64) -> f64 {
        match self {
            Self::Sum | Self::Mean => one + other,
            Self::Least if other < one || other.is_nan() => other,
            Self::Greatest if other > one || other.is_nan() => other,
            // Nothing is less or greater than a NaN.
            Self::Least | Self::Greatest => one,
        }
    }
}

/// The values of a frame, oldest first.
#[derive(Debug)]
pub(super) struct Frame {
    fold: Fold,
    /// Those that came last.
    entered: Vec<f64>,
    /// The answer for them.
    entered_answer: f64,
    /// The older ones, the oldest last: each as the answer for itself and those below.
    leaving: Vec<f64>,
}

impl Frame {
    /// Without values.
    pub(super) fn new(fold: Fold) -> Self {
        Self { fold, entered: Vec::new(), entered_answer: fold.start(), leaving: Vec::new() }
    }

    fn enter(&mut self, value: f64) {
        self.entered_answer = self.fold.joined(self.entered_answer, value);
        self.entered.push(value);
    }

    fn leave(&mut self) {
        if self.leaving.is_empty() {
            let mut answer = self.fold.start();
            while let Some(value) = self.entered.pop() {
                answer = self.fold.joined(answer, value);
                self.leaving.push(answer);
            }
            self.entered_answer = self.fold.start();
        }
        self.leaving.pop();
    }

    fn answer(&self) -> Option<f64> {
        let count = self.entered.len() + self.leaving.len();
        let leaving = self.leaving.last().copied().unwrap_or(self.fold.start());
        let answer = self.fold.joined(leaving, self.entered_answer);
        match self.fold {
            _ if count == 0 => None,
            Fold::Mean => Some(answer / count as f64),
            Fold::Sum | Fold::Least | Fold::Greatest => Some(answer),
        }
    }
}

/// Answers for a frame that moves.
#[derive(Debug)]
pub(super) struct FrameAccumulator(pub(super) Frame);

impl Accumulator for FrameAccumulator {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        values[0].as_primitive::<Float64Type>().iter().flatten().for_each(|value| self.0.enter(value));
        Ok(())
    }

    fn retract_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        // The oldest leave first.
        (0..values[0].len() - values[0].null_count()).for_each(|_| self.0.leave());
        Ok(())
    }

    fn supports_retract_batch(&self) -> bool {
        true
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        Ok(ScalarValue::Float64(self.0.answer()))
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        Err(DataFusionError::Internal("a frame is not computed in parts".to_owned()))
    }

    fn merge_batch(&mut self, _: &[ArrayRef]) -> Result<()> {
        Err(DataFusionError::Internal("a frame is not computed in parts".to_owned()))
    }

    fn size(&self) -> usize {
        size_of_val(self) + (self.0.entered.capacity() + self.0.leaving.capacity()) * size_of::<f64>()
    }
}
