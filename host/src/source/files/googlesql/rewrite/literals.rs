//! Values that are written with their type: `DATE '2026-01-31'`.

use sqlparser::ast::{DataType, Expr, TypedString, Value};
use sqlparser::tokenizer::Span;

use super::super::cast;
use super::super::types::Type;
use super::tree::{call, text};
use super::{invalid, unsupported};
use crate::model::Problem;

/// The value, which is looked at here: a wrong one is wrong even if no row comes to need it.
pub(super) fn typed(literal: &TypedString) -> Result<Expr, Problem> {
    let span = literal.value.span;
    let written = match &literal.value.value {
        Value::SingleQuotedString(written) => written,
        other => return Err(invalid(format!("`{other}` is not a text"), "write the value in quotes", span)),
    };
    let to = match Type::named(&literal.data_type) {
        Some(to @ (Type::Date | Type::Datetime | Type::Time | Type::Timestamp | Type::Numeric | Type::BigNumeric)) => {
            to
        }
        _ => return Err(no_such_literal(&literal.data_type, span)),
    };
    if let Err(fault) = cast::text_to(written, &to) {
        let example = match to {
            Type::Date => "2026-01-31",
            Type::Datetime => "2026-01-31 10:00:00",
            Type::Time => "10:00:00",
            Type::Timestamp => "2026-01-31 10:00:00+00",
            _ => "12.50",
        };
        return Err(invalid(fault.message, format!("for example {to} '{example}'"), span));
    }
    Ok(call(&cast::name(&to), vec![text(written.clone())], span))
}

fn no_such_literal(data_type: &DataType, span: Span) -> Problem {
    unsupported(format!("a literal of the type `{data_type}`"), "use CAST('...' AS ...)", span)
}
