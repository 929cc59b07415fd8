//! A function of a row as the engine calls it.

use std::hash::{Hash, Hasher};
use std::sync::{Arc, LazyLock};

use datafusion::arrow::array::ArrayRef;
use datafusion::arrow::datatypes::DataType;
use datafusion::common::ScalarValue;
use datafusion::error::{DataFusionError, Result};
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility};

use super::call::Call;
use super::signature::{self, Form, Matched};
use super::types::Type;
use crate::source::files::watch::Watch;

/// A function of GoogleSQL: its name, its forms and what it does.
#[derive(Debug)]
pub(in crate::source::files) struct Definition {
    /// Its name, in upper case; the sign of an operator.
    pub(in crate::source::files) name: &'static str,
    /// The forms it may be called in, as [`signature`] reads them.
    pub(in crate::source::files) forms: &'static [&'static str],
    /// What differs from BigQuery or is not obvious; empty for nothing.
    pub(in crate::source::files) note: &'static str,
    /// Answers a call, with one row for each of [`Call::rows`].
    pub(super) eval: fn(&Call<'_>) -> Result<ArrayRef>,
}

/// A definition with its forms read.
#[derive(Debug)]
pub(in crate::source::files) struct Function {
    definition: &'static Definition,
    /// `SAFE.` and its name, for the safe one.
    name: String,
    forms: Arc<[Form]>,
    safe: bool,
    watch: Option<Watch>,
}

impl PartialEq for Function {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Function {}

impl Hash for Function {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.name.hash(state);
    }
}

/// What is put before the name of a function whose faults are `NULL`.
pub(in crate::source::files) const SAFE: &str = "SAFE.";

impl Function {
    /// The function and the safe one.
    pub(in crate::source::files) fn both(definition: &'static Definition) -> [Arc<ScalarUDF>; 2] {
        let forms: Arc<[Form]> = definition.forms.iter().filter_map(|form| Form::parse(form)).collect();
        [false, true].map(|safe| {
            let name = if safe { format!("{SAFE}{}", definition.name) } else { definition.name.to_owned() };
            let function = Self { definition, name, forms: Arc::clone(&forms), safe, watch: None };
            Arc::new(ScalarUDF::new_from_impl(function))
        })
    }

    /// The same with a query to look at while it computes.
    pub(in crate::source::files) fn watched(&self, watch: &Watch) -> ScalarUDF {
        ScalarUDF::new_from_impl(Self {
            definition: self.definition,
            name: self.name.clone(),
            forms: Arc::clone(&self.forms),
            safe: self.safe,
            watch: Some(watch.clone()),
        })
    }

    fn matched(&self, types: &[DataType]) -> Result<Matched> {
        let types: Vec<Type> = types.iter().map(Type::of).collect();
        signature::matched(&self.forms, &types).ok_or_else(|| {
            DataFusionError::Plan(signature::mismatch(self.definition.name, self.definition.forms, &types))
        })
    }
}

static SIGNATURE: LazyLock<Signature> = LazyLock::new(|| Signature::user_defined(Volatility::Immutable));

impl ScalarUDFImpl for Function {
    fn name(&self) -> &str {
        &self.name
    }

    fn signature(&self) -> &Signature {
        &SIGNATURE
    }

    fn coerce_types(&self, types: &[DataType]) -> Result<Vec<DataType>> {
        Ok(self.matched(types)?.types.iter().map(Type::arrow).collect())
    }

    fn return_type(&self, types: &[DataType]) -> Result<DataType> {
        Ok(self.matched(types)?.returns.arrow())
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let types: Vec<DataType> = args.args.iter().map(ColumnarValue::data_type).collect();
        let Matched { form, types, returns, .. } = self.matched(&types)?;
        let constant: Vec<bool> = args.args.iter().map(|arg| matches!(arg, ColumnarValue::Scalar(_))).collect();
        let is_constant = constant.iter().all(|constant| *constant);
        let rows = if is_constant { 1 } else { args.number_rows };
        let arrays = args.args.into_iter().map(|arg| match arg {
            ColumnarValue::Scalar(value) => value.to_array_of_size(1),
            ColumnarValue::Array(array) => Ok(array),
        });
        let arrays = arrays.collect::<Result<Vec<_>>>()?;
        let call = Call {
            name: self.definition.name,
            form,
            args: &arrays,
            constant: &constant,
            rows,
            types: &types,
            returns: &returns,
            safe: self.safe,
            watch: self.watch.as_ref(),
        };
        let answer = (self.definition.eval)(&call)?;
        match is_constant {
            true => Ok(ColumnarValue::Scalar(ScalarValue::try_from_array(&answer, 0)?)),
            false => Ok(ColumnarValue::Array(answer)),
        }
    }
}
