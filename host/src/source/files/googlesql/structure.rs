//! STRUCTs of a bounded size. A type is looked through wherever it is compared or printed, and
//! `SELECT STRUCT(x AS a, x AS b) AS x FROM (SELECT STRUCT(x AS a, x AS b) AS x FROM …)` doubles it at every level.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use datafusion::arrow::datatypes::{DataType, Field, FieldRef};
use datafusion::error::{DataFusionError, Result};
use datafusion::logical_expr::{
    ColumnarValue, Expr, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature,
};

/// Most fields of a STRUCT, those within others too: what BigQuery allows of a table's columns.
const FIELDS_MAX: usize = 10_000;

/// The engine's function for STRUCTs, with a bound on what it makes.
pub(super) fn bounded(inner: Arc<ScalarUDF>) -> Arc<ScalarUDF> {
    Arc::new(ScalarUDF::new_from_impl(Structure(inner)))
}

#[derive(Debug)]
struct Structure(Arc<ScalarUDF>);

impl PartialEq for Structure {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

impl Eq for Structure {}

impl Hash for Structure {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}

impl ScalarUDFImpl for Structure {
    fn name(&self) -> &str {
        self.0.name()
    }

    fn schema_name(&self, args: &[Expr]) -> Result<String> {
        self.0.schema_name(args)
    }

    fn signature(&self) -> &Signature {
        self.0.signature()
    }

    fn return_type(&self, types: &[DataType]) -> Result<DataType> {
        self.0.return_type(types)
    }

    fn return_field_from_args(&self, args: ReturnFieldArgs) -> Result<FieldRef> {
        let field = self.0.return_field_from_args(args)?;
        match fields_of(field.data_type(), FIELDS_MAX) {
            Some(_) => Ok(field),
            None => {
                let message =
                    format!("a STRUCT with more than {FIELDS_MAX} fields within each other is not supported on files");
                Err(DataFusionError::NotImplemented(message))
            }
        }
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        self.0.invoke_with_args(args)
    }
}

/// How many fields a type has within each other; None when there are more than `most`.
fn fields_of(data_type: &DataType, most: usize) -> Option<usize> {
    let within = |field: &Field, most: usize| Some(1 + fields_of(field.data_type(), most.checked_sub(1)?)?);
    match data_type {
        DataType::Struct(fields) => {
            fields.iter().try_fold(0_usize, |sum, field| Some(sum + within(field, most.checked_sub(sum)?)?))
        }
        DataType::List(field) => within(field, most),
        _ => Some(0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_counted_as_far_as_they_may_go() {
        let mut nested = DataType::Int64;
        let mut expected = 0;
        for _ in 0..5 {
            let field = |name: &str| Field::new(name, nested.clone(), true);
            nested = DataType::Struct(vec![field("a"), field("b")].into());
            expected = 2 * (expected + 1);
        }
        assert_eq!((fields_of(&nested, 62), expected), (Some(62), 62));
        assert_eq!(fields_of(&nested, 61), None);
        let listed = DataType::new_list(nested, true);
        assert_eq!((fields_of(&listed, 63), fields_of(&listed, 62)), (Some(63), None));
    }
}
