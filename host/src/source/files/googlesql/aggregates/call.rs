//! How a function of many rows may be called.

use std::hash::{Hash, Hasher};

use datafusion::arrow::datatypes::DataType;
use datafusion::arrow::record_batch::RecordBatch;
use datafusion::common::ScalarValue;
use datafusion::error::{DataFusionError, Result};
use datafusion::logical_expr::function::AccumulatorArgs;
use datafusion::logical_expr::{ColumnarValue, Signature, Volatility};

use crate::source::files::googlesql::signature::{self, Form, Matched};
use crate::source::files::googlesql::types::Type;

/// Most values that a function gives in one array.
pub(super) const ANSWERS_MAX: i64 = 10_000;

/// A function's name with the forms it may be called in.
#[derive(Debug)]
pub(super) struct Shape {
    /// In upper case.
    pub(super) name: &'static str,
    texts: &'static [&'static str],
    forms: Vec<Form>,
    /// Of any types: [`Self::matched`] says which.
    pub(super) signature: Signature,
}

impl PartialEq for Shape {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Shape {}

impl Hash for Shape {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.name.hash(state);
    }
}

impl Shape {
    /// Forms as [`signature`] reads them.
    pub(super) fn new(name: &'static str, texts: &'static [&'static str]) -> Self {
        let forms = texts.iter().filter_map(|text| Form::parse(text)).collect();
        Self { name, texts, forms, signature: Signature::user_defined(Volatility::Immutable) }
    }

    /// The form that a call fits, whose first argument has values with an order.
    pub(super) fn matched(&self, types: &[DataType]) -> Result<Matched> {
        let types: Vec<Type> = types.iter().map(Type::of).collect();
        let has_order = !matches!(types.first(), Some(Type::Array(_) | Type::Struct(_) | Type::Other(_)));
        let matched = signature::matched(&self.forms, &types).filter(|_| has_order);
        matched.ok_or_else(|| self.mismatch(&types))
    }

    /// What the arguments become.
    pub(super) fn coerced(&self, types: &[DataType]) -> Result<Vec<DataType>> {
        Ok(self.matched(types)?.types.iter().map(Type::arrow).collect())
    }

    /// A call that fits no form.
    pub(super) fn mismatch(&self, types: &[Type]) -> DataFusionError {
        DataFusionError::Plan(signature::mismatch(self.name, self.texts, types))
    }

    /// A call that may not be.
    pub(super) fn refused<T>(&self, why: impl std::fmt::Display) -> Result<T> {
        Err(DataFusionError::Plan(format!("{}: {why}", self.name)))
    }

    /// The second argument, which must be one value for all rows.
    pub(super) fn constant(&self, args: &AccumulatorArgs<'_>) -> Result<ScalarValue> {
        let schema = std::sync::Arc::new(args.schema.clone());
        let value = args.exprs.get(1).map(|expr| expr.evaluate(&RecordBatch::new_empty(schema)));
        match value.transpose()? {
            Some(ColumnarValue::Scalar(value)) if !value.is_null() => Ok(value),
            _ => self.refused("its second argument must be a constant other than NULL"),
        }
    }

    /// The second argument where it says how many values there shall be.
    pub(super) fn number(&self, args: &AccumulatorArgs<'_>) -> Result<usize> {
        match self.constant(args)? {
            ScalarValue::Int64(Some(number)) if (1..=ANSWERS_MAX).contains(&number) => {
                Ok(usize::try_from(number).unwrap_or_default())
            }
            other => {
                self.refused(format_args!("its second argument must be between 1 and {ANSWERS_MAX}; it is {other}"))
            }
        }
    }
}
