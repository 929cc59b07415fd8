//! Numbers: functions of mathematics.

use datafusion::arrow::array::ArrayRef;
use datafusion::error::Result;

use super::super::call::Call;
use super::super::fault::Fault;
use super::super::function::Definition;

/// The functions of this module.
pub(super) const FUNCTIONS: &[Definition] = &[
    Definition { name: "SQRT", forms: &["(FLOAT64) -> FLOAT64"], note: "", eval: sqrt },
    Definition {
        name: "DIV",
        forms: &["(INT64, INT64) -> INT64"],
        note: "The quotient without its remainder.",
        eval: div,
    },
];

fn sqrt(call: &Call<'_>) -> Result<ArrayRef> {
    let values = call.floats(0)?;
    call.write_floats(|row| match values.get(row) {
        Some(value) if value < 0.0 => Err(Fault::argument(format!("SQRT of a negative number: {value}"))),
        value => Ok(value.map(f64::sqrt)),
    })
}

fn div(call: &Call<'_>) -> Result<ArrayRef> {
    let (left, right) = (call.ints(0)?, call.ints(1)?);
    call.write_ints(|row| {
        let (Some(left), Some(right)) = (left.get(row), right.get(row)) else { return Ok(None) };
        if right == 0 {
            return Err(Fault::division(left));
        }
        left.checked_div(right).map(Some).ok_or_else(|| Fault::overflow(format!("DIV({left}, {right})")))
    })
}
