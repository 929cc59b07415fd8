//! Calls of functions without a statement, for the tests beside them.

use std::sync::Arc;

use datafusion::arrow::datatypes::Field;
use datafusion::common::ScalarValue;
use datafusion::config::ConfigOptions;
use datafusion::error::Result;
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs};

use super::{CHAPTERS, OPERATORS};
use crate::source::files::googlesql::function::Function;

/// What the function of that name makes of constants: `NAME` or `SAFE.NAME`. Texts are literals (`Utf8`), as in a
/// statement; a word such as `DAY` is one too.
pub(super) fn answer(name: &str, args: &[ScalarValue]) -> Result<ScalarValue> {
    let definitions = CHAPTERS.iter().flat_map(|(_, definitions)| definitions.iter());
    let definitions = definitions.chain(OPERATORS.iter().copied().flatten());
    let function = definitions.flat_map(Function::both).find(|function| function.name() == name).unwrap();
    let types: Vec<_> = args.iter().map(ScalarValue::data_type).collect();
    let wanted = function.coerce_types(&types)?;
    let values = args.iter().zip(&wanted).map(|(value, wanted)| value.cast_to(wanted));
    let values: Vec<_> = values.map(|value| value.map(ColumnarValue::Scalar)).collect::<Result<_>>()?;
    let fields = wanted.iter().map(|wanted| Arc::new(Field::new("", wanted.clone(), true))).collect();
    let returns = function.return_type(&wanted)?;
    let answer = function.invoke_with_args(ScalarFunctionArgs {
        args: values,
        arg_fields: fields,
        number_rows: 1,
        return_field: Arc::new(Field::new("", returns.clone(), true)),
        config_options: Arc::new(ConfigOptions::default()),
    })?;
    let ColumnarValue::Scalar(value) = answer else { panic!("constants make a constant") };
    assert_eq!(value.data_type(), returns, "{name}: the type that was announced");
    Ok(value)
}

#[test]
fn a_fault_ends_the_query_or_is_null_where_the_call_is_safe() {
    let error = answer("SQRT", &[ScalarValue::Float64(Some(-1.0))]).expect_err("negative");
    assert!(error.to_string().contains("SQRT of a negative number: -1"), "{error}");
    assert_eq!(answer("SAFE.SQRT", &[ScalarValue::Float64(Some(-1.0))]).unwrap(), ScalarValue::Float64(None));
    assert_eq!(answer("SQRT", &[ScalarValue::Int64(Some(9))]).unwrap(), ScalarValue::Float64(Some(3.0)));
}
