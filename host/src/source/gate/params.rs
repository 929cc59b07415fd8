//! Binding parameters: `@name` gives way to a typed literal in the tree, never in the text.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use jiff::Span as Duration;
use jiff::civil::Date;
use sqlparser::ast::{
    Array, ArrayElemTypeDef, CastKind, DataType, ExactNumberInfo, Expr, Ident, Statement, TableFactor, TimezoneInfo,
    TypedString, UnaryOperator, Value as Literal, VisitMut, VisitorMut,
};
use sqlparser::tokenizer::Span;

use super::position::problem;
use super::words::hex;
use crate::model::{Kind, Param, Problem, ProblemCode, Value};

/// Puts `params` in the place of their names.
pub(super) fn bind(statement: &mut Statement, params: &[Param]) -> Result<(), Problem> {
    let mut binder = Binder { params: BTreeMap::new() };
    for param in params {
        if !is_name(&param.name) {
            let message = format!("`{}` is not a name of a parameter", param.name.escape_debug());
            return Err(bad(message, Span::empty()).with_hint("letters, digits and `_`, without the @"));
        }
        let bound = Bound { param, used: false };
        if let Some(other) = binder.params.insert(param.name.to_ascii_lowercase(), bound) {
            let message = format!("the parameters `{}` and `{}` have one name", other.param.name, param.name);
            return Err(bad(message, Span::empty()).with_hint("names are compared without regard to case"));
        }
    }
    if let ControlFlow::Break(problem) = statement.visit(&mut binder) {
        return Err(problem);
    }
    match binder.params.values().find(|bound| !bound.used) {
        Some(Bound { param, .. }) => {
            let message = format!("the parameter `{}` is not used", param.name);
            Err(bad(message, Span::empty())
                .with_hint(format!("write @{} in the statement or leave it out", param.name)))
        }
        None => Ok(()),
    }
}

fn bad(message: impl AsRef<str>, span: Span) -> Problem {
    problem(ProblemCode::BadParameter, message, span)
}

fn is_name(text: &str) -> bool {
    let mut chars = text.chars();
    chars.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_')
        && chars.all(|c| c.is_ascii_alphanumeric() || c == '_')
}

struct Bound<'a> {
    param: &'a Param,
    used: bool,
}

struct Binder<'a> {
    params: BTreeMap<String, Bound<'a>>,
}

/// The identifier of `@name`, if that is what the expression is.
fn placeholder(expr: &Expr) -> Option<&Ident> {
    match expr {
        Expr::Identifier(ident) if ident.quote_style.is_none() && ident.value.starts_with('@') => Some(ident),
        _ => None,
    }
}

impl<'a> Binder<'a> {
    fn take(&mut self, ident: &Ident) -> Result<&'a Param, Problem> {
        let name = ident.value.trim_start_matches('@');
        match self.params.get_mut(&name.to_ascii_lowercase()) {
            Some(bound) => {
                bound.used = true;
                Ok(bound.param)
            }
            None => Err(bad(format!("the parameter `{name}` is missing"), ident.span)
                .with_hint(format!("pass a value named `{name}`"))),
        }
    }

    fn bind(&mut self, expr: &mut Expr) -> Result<(), Problem> {
        if let Expr::InUnnest { expr: needle, array_expr, negated } = expr
            && let Some(ident) = placeholder(array_expr)
        {
            let elements = elements(self.take(ident)?, ident.span)?.list;
            if elements.is_empty() {
                // The needle goes, and what it holds must still be known and counts as used.
                if let ControlFlow::Break(problem) = needle.visit(self) {
                    return Err(problem);
                }
                // `IN` of nothing is false and `NOT IN` of nothing is true, for a null needle too.
                *expr = Expr::value(Literal::Boolean(*negated));
            } else {
                *expr = Expr::InList { expr: needle.clone(), list: elements, negated: *negated };
            }
        } else if let Some(ident) = placeholder(expr) {
            *expr = scalar(self.take(ident)?, ident.span)?;
        }
        Ok(())
    }

    fn bind_unnest(&mut self, exprs: &mut [Expr]) -> Result<(), Problem> {
        for expr in exprs {
            if let Some(ident) = placeholder(expr) {
                *expr = elements(self.take(ident)?, ident.span)?.into_array();
            }
        }
        Ok(())
    }
}

impl VisitorMut for Binder<'_> {
    type Break = Problem;

    fn pre_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<Problem> {
        match self.bind(expr) {
            Ok(()) => ControlFlow::Continue(()),
            Err(problem) => ControlFlow::Break(problem),
        }
    }

    fn pre_visit_table_factor(&mut self, factor: &mut TableFactor) -> ControlFlow<Problem> {
        match factor {
            TableFactor::UNNEST { array_exprs, .. } => match self.bind_unnest(array_exprs) {
                Ok(()) => ControlFlow::Continue(()),
                Err(problem) => ControlFlow::Break(problem),
            },
            _ => ControlFlow::Continue(()),
        }
    }
}

fn scalar(param: &Param, span: Span) -> Result<Expr, Problem> {
    let refused = |message: String, hint: &str| Err(bad(message, span).with_hint(hint));
    Ok(match &param.value {
        Value::Null(kind) => match null_type(*kind) {
            Some(data_type) => cast(Expr::value(Literal::Null), data_type),
            None => {
                return refused(
                    format!("the parameter `{}` is a null of kind {kind:?}, which cannot be bound", param.name),
                    "use a null of another kind, such as text",
                );
            }
        },
        Value::Boolean(value) => Expr::value(Literal::Boolean(*value)),
        Value::Int64(value) => int64(*value),
        Value::Float64(value) => float64(*value),
        Value::Text(value) => text(value),
        Value::Bytes(value) => Expr::value(Literal::HexStringLiteral(hex(value))),
        Value::Date(days) => date(*days).ok_or_else(|| out_of_calendar(param, span))?,
        Value::DateTime(micros) => datetime(*micros).ok_or_else(|| out_of_calendar(param, span))?,
        Value::Timestamp(micros) => timestamp(*micros).ok_or_else(|| out_of_calendar(param, span))?,
        Value::Decimal(value) => match decimal(value) {
            Some(expr) => expr,
            None => {
                return refused(
                    format!("the parameter `{}` is not a decimal: `{}`", param.name, value.escape_debug()),
                    "plain notation such as `-12.50`, at most 38 digits before and 38 behind the point",
                );
            }
        },
        Value::Int64Array(_)
        | Value::Float64Array(_)
        | Value::TextArray(_)
        | Value::DateArray(_)
        | Value::TimestampArray(_) => elements(param, span)?.into_array(),
    })
}

struct Elements {
    list: Vec<Expr>,
    data_type: DataType,
}

impl Elements {
    fn into_array(self) -> Expr {
        let array = Expr::Array(Array { elem: self.list, named: false });
        cast(array, DataType::Array(ArrayElemTypeDef::AngleBracket(Box::new(self.data_type))))
    }
}

fn elements(param: &Param, span: Span) -> Result<Elements, Problem> {
    let outside = || out_of_calendar(param, span);
    let (list, data_type) = match &param.value {
        Value::Int64Array(values) => (values.iter().map(|value| int64(*value)).collect(), DataType::Int64),
        Value::Float64Array(values) => (values.iter().map(|value| float64(*value)).collect(), DataType::Float64),
        Value::TextArray(values) => (values.iter().map(|value| text(value)).collect(), DataType::String(None)),
        Value::DateArray(values) => {
            let dates: Option<Vec<_>> = values.iter().map(|days| date(*days)).collect();
            (dates.ok_or_else(outside)?, DataType::Date)
        }
        Value::TimestampArray(values) => {
            let instants: Option<Vec<_>> = values.iter().map(|micros| timestamp(*micros)).collect();
            (instants.ok_or_else(outside)?, DataType::Timestamp(None, TimezoneInfo::None))
        }
        _ => {
            return Err(bad(format!("the parameter `{}` is a single value and stands in UNNEST", param.name), span)
                .with_hint("pass a list"));
        }
    };
    Ok(Elements { list, data_type })
}

fn out_of_calendar(param: &Param, span: Span) -> Problem {
    bad(format!("the parameter `{}` is outside of the years 1 to 9999", param.name), span)
        .with_hint("GoogleSQL knows the years 1 to 9999")
}

fn null_type(kind: Kind) -> Option<DataType> {
    Some(match kind {
        Kind::Int64 => DataType::Int64,
        Kind::Float64 => DataType::Float64,
        Kind::Text => DataType::String(None),
        Kind::Boolean => DataType::Bool,
        Kind::Bytes => DataType::Bytes(None),
        Kind::Date => DataType::Date,
        Kind::Time => DataType::Time(None, TimezoneInfo::None),
        Kind::DateTime => DataType::Datetime(None),
        Kind::Timestamp => DataType::Timestamp(None, TimezoneInfo::None),
        Kind::Decimal => DataType::Numeric(ExactNumberInfo::None),
        Kind::Json | Kind::Other => return None,
    })
}

fn cast(expr: Expr, data_type: DataType) -> Expr {
    Expr::Cast { kind: CastKind::Cast, expr: Box::new(expr), data_type, array: false, format: None }
}

fn text(value: &str) -> Expr {
    Expr::value(Literal::SingleQuotedString(value.to_owned()))
}

fn typed(data_type: DataType, value: String) -> Expr {
    let value = Literal::SingleQuotedString(value).with_empty_span();
    Expr::TypedString(TypedString { data_type, value, uses_odbc_syntax: false })
}

/// A number with its sign as an operator, as a parser would have it.
fn number(digits: String, negative: bool) -> Expr {
    let number = Expr::value(Literal::Number(digits, false));
    match negative {
        true => Expr::Nested(Box::new(Expr::UnaryOp { op: UnaryOperator::Minus, expr: Box::new(number) })),
        false => number,
    }
}

fn int64(value: i64) -> Expr {
    number(value.unsigned_abs().to_string(), value < 0)
}

fn float64(value: f64) -> Expr {
    if value.is_finite() {
        // The shortest text that reads back as the same double; always with a point or an exponent.
        number(format!("{:?}", value.abs()), value.is_sign_negative())
    } else {
        cast(
            text(if value.is_nan() {
                "NaN"
            } else if value > 0.0 {
                "inf"
            } else {
                "-inf"
            }),
            DataType::Float64,
        )
    }
}

fn in_calendar(date: Date) -> bool {
    (1..=9999).contains(&date.year())
}

fn date(days: i32) -> Option<Expr> {
    let date = Date::constant(1970, 1, 1).checked_add(Duration::new().try_days(days).ok()?).ok()?;
    in_calendar(date).then(|| typed(DataType::Date, date.to_string()))
}

fn civil(micros: i64) -> Option<jiff::civil::DateTime> {
    // In no zone, since the instants of a zone end before the calendar does.
    let datetime =
        Date::constant(1970, 1, 1).at(0, 0, 0, 0).checked_add(Duration::new().try_microseconds(micros).ok()?);
    datetime.ok().filter(|datetime| in_calendar(datetime.date()))
}

fn datetime(micros: i64) -> Option<Expr> {
    civil(micros).map(|value| typed(DataType::Datetime(None), value.to_string()))
}

fn timestamp(micros: i64) -> Option<Expr> {
    civil(micros).map(|value| typed(DataType::Timestamp(None, TimezoneInfo::None), format!("{value}+00:00")))
}

fn decimal(value: &str) -> Option<Expr> {
    let unsigned = value.strip_prefix('-').unwrap_or(value);
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, "0"));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole) || !digits(fraction) {
        return None;
    }
    let whole = whole.trim_start_matches('0').len();
    let fraction = if unsigned.contains('.') { fraction.trim_end_matches('0').len() } else { 0 };
    let data_type = match (whole, fraction) {
        (0..=29, 0..=9) => DataType::Numeric(ExactNumberInfo::None),
        (0..=38, 0..=38) => DataType::BigNumeric(ExactNumberInfo::None),
        _ => return None,
    };
    Some(cast(text(value), data_type))
}
