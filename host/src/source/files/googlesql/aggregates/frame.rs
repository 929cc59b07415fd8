//! Floats in a frame that moves over the rows.
//!
//! What leaves is never subtracted: an infinity would leave a NaN behind, and a large number its rounding. The values
//! are held in two stacks, each with the answer for all that is in it: one that values enter, one that they leave.

use std::fmt::Debug;

use datafusion::arrow::array::{ArrayRef, AsArray};
use datafusion::arrow::datatypes::Float64Type;
use datafusion::common::ScalarValue;
use datafusion::error::{DataFusionError, Result};
use datafusion::logical_expr::Accumulator;

/// What is made of values, in any order.
pub(super) trait Folding: Copy + Debug + Send + Sync + 'static {
    /// What a row gives.
    type Value: Copy + Debug + Send + Sync;
    /// What is known of some values.
    type Answer: Copy + Debug + Send + Sync;

    /// The answer for no values.
    fn start(self) -> Self::Answer;
    /// The answer with one more value.
    fn with(self, answer: Self::Answer, value: Self::Value) -> Self::Answer;
    /// The answer for the values behind two answers.
    fn joined(self, one: Self::Answer, other: Self::Answer) -> Self::Answer;
    /// The values of rows, without those that do not count.
    fn values(self, arguments: &[ArrayRef]) -> impl Iterator<Item = Self::Value>;
    /// The answer for that many values as it is given out.
    fn finished(self, answer: Self::Answer, count: usize) -> Option<f64>;
}

/// What is made of floats.
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

impl Folding for Fold {
    type Value = f64;
    type Answer = f64;

    fn start(self) -> f64 {
        match self {
            Self::Sum | Self::Mean => 0.0,
            Self::Least => f64::INFINITY,
            Self::Greatest => f64::NEG_INFINITY,
        }
    }

    #[inline]
    fn with(self, answer: f64, value: f64) -> f64 {
        self.joined(answer, value)
    }

    #[inline]
    fn joined(self, one: f64, other: f64) -> f64 {
        match self {
            Self::Sum | Self::Mean => one + other,
            Self::Least if other < one || other.is_nan() => other,
            Self::Greatest if other > one || other.is_nan() => other,
            // Nothing is less or greater than a NaN.
            Self::Least | Self::Greatest => one,
        }
    }

    fn values(self, arguments: &[ArrayRef]) -> impl Iterator<Item = f64> {
        arguments[0].as_primitive::<Float64Type>().iter().flatten()
    }

    fn finished(self, answer: f64, count: usize) -> Option<f64> {
        match self {
            _ if count == 0 => None,
            Self::Mean => Some(answer / count as f64),
            Self::Sum | Self::Least | Self::Greatest => Some(answer),
        }
    }
}

/// Answers for a frame that moves.
#[derive(Debug)]
pub(super) struct Frame<F: Folding> {
    fold: F,
    /// The values that came last.
    entered: Vec<F::Value>,
    /// The answer for them.
    entered_answer: F::Answer,
    /// The older ones, the oldest last: each as the answer for itself and those below.
    leaving: Vec<F::Answer>,
}

impl<F: Folding> Frame<F> {
    /// Without values.
    pub(super) fn new(fold: F) -> Self {
        Self { fold, entered: Vec::new(), entered_answer: fold.start(), leaving: Vec::new() }
    }

    fn enter(&mut self, value: F::Value) {
        self.entered_answer = self.fold.with(self.entered_answer, value);
        self.entered.push(value);
    }

    fn leave(&mut self) {
        if self.leaving.is_empty() {
            let mut answer = self.fold.start();
            while let Some(value) = self.entered.pop() {
                answer = self.fold.with(answer, value);
                self.leaving.push(answer);
            }
            self.entered_answer = self.fold.start();
        }
        self.leaving.pop();
    }
}

impl<F: Folding> Accumulator for Frame<F> {
    fn update_batch(&mut self, arguments: &[ArrayRef]) -> Result<()> {
        self.fold.values(arguments).for_each(|value| self.enter(value));
        Ok(())
    }

    fn retract_batch(&mut self, arguments: &[ArrayRef]) -> Result<()> {
        // The oldest leave first.
        self.fold.values(arguments).for_each(|_| self.leave());
        Ok(())
    }

    fn supports_retract_batch(&self) -> bool {
        true
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        let leaving = self.leaving.last().copied().unwrap_or(self.fold.start());
        let answer = self.fold.joined(leaving, self.entered_answer);
        Ok(ScalarValue::Float64(self.fold.finished(answer, self.entered.len() + self.leaving.len())))
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        Err(DataFusionError::Internal("a frame is not computed in parts".to_owned()))
    }

    fn merge_batch(&mut self, _: &[ArrayRef]) -> Result<()> {
        Err(DataFusionError::Internal("a frame is not computed in parts".to_owned()))
    }

    fn size(&self) -> usize {
        let entered = self.entered.capacity() * size_of::<F::Value>();
        size_of_val(self) + entered + self.leaving.capacity() * size_of::<F::Answer>()
    }
}
