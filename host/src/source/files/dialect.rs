//! GoogleSQL for an engine that speaks another dialect: rewrites of the checked tree, names of types, and the
//! refusal of whatever the engine would overlook or misread.

use std::ops::ControlFlow;
use std::sync::Arc;

use datafusion::arrow::datatypes::{DataType, Field, FieldRef, TimeUnit};
use datafusion::common::DFSchema;
use datafusion::error::Result as EngineResult;
use datafusion::logical_expr::planner::{ExprPlanner, PlannerResult, RawBinaryExpr, TypePlanner};
use datafusion::logical_expr::{BinaryExpr, Cast, Expr as PlannedExpr, ExprSchemable, Operator};
use sqlparser::ast::{
    Array, BinaryOperator, DataType as SqlType, ExactNumberInfo, Expr, Function, Ident, ObjectNamePart, Select,
    Spanned, Statement, TableAlias, TableAliasColumnDef, TableFactor, TimezoneInfo, Value, ValueWithSpan, VisitMut,
    VisitorMut,
};
use sqlparser::tokenizer::Span;

use super::functions::Functions;
use crate::model::{Problem, ProblemCode};

/// The tree as the engine is to plan it.
///
/// # Errors
/// `unsupported-sql` naming the construct.
pub(super) fn adapt(statement: &Statement, functions: &Functions) -> Result<Statement, Problem> {
    let mut statement = statement.clone();
    match statement.visit(&mut Adapter { functions }) {
        ControlFlow::Continue(()) => Ok(statement),
        ControlFlow::Break(problem) => Err(problem),
    }
}

struct Adapter<'a> {
    functions: &'a Functions,
}

fn unsupported(what: &str, hint: &str, span: Span) -> Problem {
    let place = match (span.start.line, span.start.column) {
        (0, _) => String::new(),
        (line, column) => format!(" (line {line}, column {column})"),
    };
    Problem::new(ProblemCode::UnsupportedSql, format!("{what} is not supported on files{place}")).with_hint(hint)
}

fn flow(result: Result<(), Problem>) -> ControlFlow<Problem> {
    match result {
        Ok(()) => ControlFlow::Continue(()),
        Err(problem) => ControlFlow::Break(problem),
    }
}

impl VisitorMut for Adapter<'_> {
    type Break = Problem;

    fn pre_visit_select(&mut self, select: &mut Select) -> ControlFlow<Problem> {
        if select.value_table_mode.is_some() {
            let span = select.select_token.0.span;
            return ControlFlow::Break(unsupported("`SELECT AS`", "select the columns one by one", span));
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_table_factor(&mut self, factor: &mut TableFactor) -> ControlFlow<Problem> {
        flow(adapt_factor(factor))
    }

    fn pre_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<Problem> {
        flow(self.adapt_expr(expr))
    }

    fn pre_visit_value(&mut self, value: &mut ValueWithSpan) -> ControlFlow<Problem> {
        flow(adapt_value(value))
    }
}

fn adapt_factor(factor: &mut TableFactor) -> Result<(), Problem> {
    match factor {
        TableFactor::Table { name, version: Some(_), .. } => {
            Err(unsupported("a table as of a time", "leave `FOR SYSTEM_TIME AS OF` out", name.span()))
        }
        TableFactor::Table { name, sample: Some(_), .. } => {
            Err(unsupported("`TABLESAMPLE`", "filter by a column instead: MOD(id, 100) = 0", name.span()))
        }
        TableFactor::Derived { sample: Some(_), .. } => {
            Err(unsupported("`TABLESAMPLE`", "filter by a column instead: MOD(id, 100) = 0", Span::empty()))
        }
        TableFactor::Table { name, alias: alias @ None, .. } if name.0.len() > 1 => {
            // A table goes by the last part of its name.
            *alias = name.0.last().and_then(ObjectNamePart::as_ident).map(|ident| plain_alias(ident.clone()));
            Ok(())
        }
        TableFactor::UNNEST { with_offset: true, .. } => {
            Err(unsupported("`UNNEST ... WITH OFFSET`", "number rows with ROW_NUMBER() OVER (...)", Span::empty()))
        }
        TableFactor::UNNEST { alias: Some(alias), array_exprs, .. } => {
            // The alias of an UNNEST is the name of its column.
            if alias.columns.is_empty() && array_exprs.len() == 1 {
                alias.columns = vec![TableAliasColumnDef { name: alias.name.clone(), data_type: None }];
            }
            Ok(())
        }
        TableFactor::Pivot { .. } => Err(unsupported("`PIVOT`", "use COUNT(CASE WHEN ... END)", Span::empty())),
        TableFactor::Unpivot { .. } => Err(unsupported("`UNPIVOT`", "use UNION ALL", Span::empty())),
        _ => Ok(()),
    }
}

fn plain_alias(name: Ident) -> TableAlias {
    TableAlias { explicit: true, name, columns: Vec::new(), at: None }
}

impl Adapter<'_> {
    fn adapt_expr(&self, expr: &mut Expr) -> Result<(), Problem> {
        match expr {
            Expr::Function(function) => self.adapt_function(function),
            Expr::AtTimeZone { .. } => {
                let hint = "work in UTC, or bind the bounds of a local day as parameters";
                Err(unsupported("`AT TIME ZONE`", hint, expr.span()))
            }
            Expr::InUnnest { expr: needle, array_expr, negated } => {
                let Expr::Array(Array { elem, .. }) = &**array_expr else {
                    let hint = "use IN UNNEST(@list) or IN (SELECT ...)";
                    return Err(unsupported("`IN UNNEST` of an expression", hint, array_expr.span()));
                };
                *expr = match elem.is_empty() {
                    true => Expr::value(Value::Boolean(*negated)),
                    false => Expr::InList { expr: needle.clone(), list: elem.clone(), negated: *negated },
                };
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn adapt_function(&self, function: &Function) -> Result<(), Problem> {
        let name = match function.name.0.as_slice() {
            [ObjectNamePart::Identifier(ident)] => ident.value.clone(),
            _ => function.name.to_string(),
        };
        if self.functions.contains(&name) {
            return match self.functions.fits(&name, function.over.is_some()) {
                true => Ok(()),
                false if function.over.is_some() => {
                    let hint = "group the rows first, or number them with ROW_NUMBER() OVER (...)";
                    Err(unsupported(&format!("the function `{name}` with `OVER`"), hint, function.name.span()))
                }
                false => {
                    let hint = "say over which rows: OVER (ORDER BY ...)";
                    Err(unsupported(&format!("the function `{name}` without `OVER`"), hint, function.name.span()))
                }
            };
        }
        let similar = self.functions.similar(&name);
        let hint = match similar.is_empty() {
            true => "write it with other functions".to_owned(),
            false => format!("functions with such a name: {}", similar.join(", ")),
        };
        Err(unsupported(&format!("the function `{name}`"), &hint, function.name.span()))
    }
}

fn adapt_value(value: &mut ValueWithSpan) -> Result<(), Problem> {
    let adapted = match &value.value {
        Value::TripleSingleQuotedString(text)
        | Value::TripleDoubleQuotedString(text)
        | Value::SingleQuotedRawStringLiteral(text)
        | Value::DoubleQuotedRawStringLiteral(text)
        | Value::TripleSingleQuotedRawStringLiteral(text)
        | Value::TripleDoubleQuotedRawStringLiteral(text) => Value::SingleQuotedString(text.clone()),
        Value::SingleQuotedByteStringLiteral(text)
        | Value::DoubleQuotedByteStringLiteral(text)
        | Value::TripleSingleQuotedByteStringLiteral(text)
        | Value::TripleDoubleQuotedByteStringLiteral(text) => {
            if text.contains('\\') {
                let hint = "bind the bytes as a parameter";
                return Err(unsupported("an escape in a literal of bytes", hint, value.span));
            }
            Value::HexStringLiteral(text.bytes().map(|byte| format!("{byte:02x}")).collect())
        }
        _ => return Ok(()),
    };
    value.value = adapted;
    Ok(())
}

/// The zone of the type `TIMESTAMP`.
pub(super) const UTC: &str = "UTC";

/// Names of types as GoogleSQL means them.
#[derive(Debug)]
pub(super) struct GoogleTypes;

impl TypePlanner for GoogleTypes {
    fn plan_type_field(&self, sql_type: &SqlType) -> EngineResult<Option<FieldRef>> {
        let micros = TimeUnit::Microsecond;
        let data_type = match sql_type {
            SqlType::Int64
            | SqlType::Int(None)
            | SqlType::Integer(None)
            | SqlType::BigInt(None)
            | SqlType::SmallInt(None)
            | SqlType::TinyInt(None) => DataType::Int64,
            SqlType::Float64 => DataType::Float64,
            SqlType::Bytes(None) => DataType::Binary,
            SqlType::Datetime(None) => DataType::Timestamp(micros, None),
            SqlType::Timestamp(None, TimezoneInfo::None) => DataType::Timestamp(micros, Some(UTC.into())),
            SqlType::Time(None, TimezoneInfo::None) => DataType::Time64(micros),
            SqlType::Numeric(ExactNumberInfo::None) | SqlType::Decimal(ExactNumberInfo::None) => {
                DataType::Decimal128(38, 9)
            }
            SqlType::BigNumeric(ExactNumberInfo::None) | SqlType::BigDecimal(ExactNumberInfo::None) => {
                DataType::Decimal256(76, 38)
            }
            _ => return Ok(None),
        };
        Ok(Some(Arc::new(Field::new("", data_type, true))))
    }
}

/// Operators as GoogleSQL means them: `/` of two integers is a double.
#[derive(Debug)]
pub(super) struct GoogleOperators;

impl ExprPlanner for GoogleOperators {
    fn plan_binary_op(&self, expr: RawBinaryExpr, schema: &DFSchema) -> EngineResult<PlannerResult<RawBinaryExpr>> {
        let is_integer = |expr: &PlannedExpr| expr.get_type(schema).is_ok_and(|data_type| data_type.is_integer());
        if expr.op != BinaryOperator::Divide || !is_integer(&expr.left) || !is_integer(&expr.right) {
            return Ok(PlannerResult::Original(expr));
        }
        let double = |expr: PlannedExpr| Box::new(PlannedExpr::Cast(Cast::new(Box::new(expr), DataType::Float64)));
        let division = BinaryExpr::new(double(expr.left), Operator::Divide, double(expr.right));
        Ok(PlannerResult::Planned(PlannedExpr::BinaryExpr(division)))
    }
}
