//! Expressions that GoogleSQL writes in another way than the engine, or means in another way.

use sqlparser::ast::{
    AccessExpr, ArrayElemTypeDef, BinaryOperator, CastKind, DataType, DateTimeField, Expr, FunctionArg,
    FunctionArgExpr, FunctionArguments, Interval, Spanned, StructField, Subscript, TrimWhereField, UnaryOperator,
    Value, ValueWithSpan,
};
use sqlparser::tokenizer::Span;

use super::super::cast;
use super::super::function::SAFE;
use super::super::registry::Registry;
use super::super::types::{Type, unnamed_field};
use super::tree::{call, case, cases, lower, nested, number, text, written_call};
use super::{calls, invalid, literals, unsupported};
use crate::model::Problem;

/// Looks at an expression before what it is made of.
pub(super) fn before(registry: &Registry, expr: &mut Expr) -> Result<(), Problem> {
    let span = expr.span();
    match expr {
        Expr::Identifier(ident) => lower(ident),
        Expr::CompoundIdentifier(parts) => parts.iter_mut().for_each(lower),
        Expr::QualifiedWildcard(name, _) => {
            for part in &mut name.0 {
                if let sqlparser::ast::ObjectNamePart::Identifier(ident) = part {
                    lower(ident);
                }
            }
        }
        Expr::Function(_) => calls::before(registry, expr)?,
        Expr::TypedString(literal) => *expr = literals::typed(literal)?,
        Expr::Value(value) => self::value(value)?,
        Expr::Cast { kind, expr: from, data_type, format, .. } => {
            if format.is_some() {
                let hint = "use FORMAT_DATE, FORMAT_TIMESTAMP or PARSE_DATE";
                return Err(unsupported("`CAST` with `FORMAT`", hint, span));
            }
            let from = std::mem::replace(&mut **from, Expr::value(Value::Null));
            *expr = converted(from, data_type, kind, span)?;
        }
        Expr::Extract { field, expr: from, .. } => {
            let from = std::mem::replace(&mut **from, Expr::value(Value::Null));
            *expr = extract(field, from, span);
        }
        Expr::AtTimeZone { .. } => {
            let hint = "write EXTRACT(part FROM timestamp AT TIME ZONE zone), DATE(timestamp, zone) or \
                        DATETIME(timestamp, zone)";
            return Err(unsupported("`AT TIME ZONE` outside of EXTRACT", hint, span));
        }
        Expr::Interval(_) => {
            let hint = "write DATE_ADD, TIMESTAMP_ADD or `timestamp + INTERVAL 1 HOUR`";
            return Err(unsupported("`INTERVAL` as a value", hint, span));
        }
        Expr::BinaryOp { left, op, right } => {
            if let Some(rewritten) = moved(left, op, right, span)? {
                *expr = rewritten;
            }
        }
        Expr::UnaryOp { op, expr: inner } => {
            if let Some(rewritten) = unary(*op, inner, span)? {
                *expr = rewritten;
            }
        }
        Expr::Between { expr: value, negated, low, high } => {
            let within = Expr::BinaryOp {
                left: Box::new(compared(value, BinaryOperator::GtEq, low)),
                op: BinaryOperator::And,
                right: Box::new(compared(value, BinaryOperator::LtEq, high)),
            };
            *expr = negated_if(*negated, nested(within));
        }
        Expr::InUnnest { expr: needle, array_expr, negated } => {
            let is_in = call("IN UNNEST", vec![(**needle).clone(), (**array_expr).clone()], span);
            *expr = negated_if(*negated, is_in);
        }
        Expr::InList { expr: needle, list, negated } if list.iter().any(is_structure) => {
            let equal = list.iter().map(|item| compared(needle, BinaryOperator::Eq, item));
            let any = any_of(equal.collect()).unwrap_or_else(|| Expr::value(Value::Boolean(false)));
            *expr = negated_if(*negated, any);
        }
        Expr::Case { operand: Some(operand), conditions, else_result, .. } => {
            let conditions = conditions
                .iter()
                .map(|when| (compared(operand, BinaryOperator::Eq, &when.condition), when.result.clone()));
            *expr = cases(conditions.collect(), else_result.as_deref().cloned());
        }
        Expr::Struct { values, fields } => *expr = structure(values, fields, span)?,
        Expr::Tuple(values) => *expr = structure(values, &[], span)?,
        Expr::Named { .. } => {
            return Err(invalid("a name within an expression", "names of fields stand in STRUCT(value AS name)", span));
        }
        Expr::CompoundFieldAccess { root, access_chain } => *expr = accessed(root, access_chain, span)?,
        Expr::Trim { trim_where, trim_what, expr: value, trim_characters } => {
            if trim_what.is_some() {
                return Err(unsupported("`TRIM ... FROM`", "write TRIM(value, characters)", span));
            }
            let name = match trim_where {
                None | Some(TrimWhereField::Both) => "TRIM",
                Some(TrimWhereField::Leading) => "LTRIM",
                Some(TrimWhereField::Trailing) => "RTRIM",
            };
            let mut args = vec![(**value).clone()];
            args.extend(trim_characters.iter().flatten().cloned());
            *expr = written_and_seen(registry, name, args, span)?;
        }
        Expr::Substring { expr: value, substring_from, substring_for, .. } => {
            let mut args = vec![(**value).clone()];
            args.extend(substring_from.as_deref().cloned());
            args.extend(substring_for.as_deref().cloned());
            *expr = written_and_seen(registry, "SUBSTR", args, span)?;
        }
        Expr::Ceil { expr: value, .. } => {
            *expr = written_and_seen(registry, "CEIL", vec![(**value).clone()], span)?;
        }
        Expr::Floor { expr: value, .. } => {
            *expr = written_and_seen(registry, "FLOOR", vec![(**value).clone()], span)?;
        }
        Expr::Position { .. } => {
            return Err(unsupported("`POSITION ... IN`", "use STRPOS(value, searched)", span));
        }
        Expr::Overlay { .. } => return Err(unsupported("`OVERLAY`", "use SUBSTR and ||", span)),
        Expr::ILike { .. } => return Err(unsupported("`ILIKE`", "write LOWER(value) LIKE '...'", span)),
        Expr::RLike { .. } | Expr::SimilarTo { .. } => {
            return Err(unsupported("this operator", "use REGEXP_CONTAINS(value, r'...')", span));
        }
        Expr::Like { any: true, negated, expr: value, pattern, escape_char: None } => {
            *expr = like_any(*negated, value, pattern, span)?;
        }
        Expr::Like { escape_char: Some(_), .. } => {
            return Err(unsupported("`LIKE ... ESCAPE`", "a backslash escapes in a pattern: r'50\\%'", span));
        }
        Expr::Convert { .. } => return Err(unsupported("`CONVERT`", "use CAST", span)),
        Expr::Lambda(_) => return Err(unsupported("a lambda", "write a subquery over UNNEST", span)),
        Expr::Dictionary(_) | Expr::Map(_) => return Err(unsupported("a literal of a map", "use STRUCT", span)),
        Expr::JsonAccess { .. } => return Err(unsupported("access to fields of JSON", "use JSON_VALUE", span)),
        Expr::Collate { .. } => return Err(unsupported("`COLLATE`", "compare LOWER(value)", span)),
        _ => {}
    }
    Ok(())
}

/// Looks at an expression once all that it is made of has been.
pub(super) fn after(registry: &Registry, expr: &mut Expr) {
    calls::after(registry, expr);
}

/// A call as if it had been written so, and looked at.
fn written_and_seen(registry: &Registry, name: &str, args: Vec<Expr>, span: Span) -> Result<Expr, Problem> {
    let mut written = written_call(name, args, span);
    calls::before(registry, &mut written)?;
    Ok(written)
}

/// Whether an expression is a struct as it is written.
pub(super) fn is_structure(expr: &Expr) -> bool {
    matches!(expr, Expr::Tuple(_) | Expr::Struct { .. })
}

fn compared(left: &Expr, op: BinaryOperator, right: &Expr) -> Expr {
    let (left, right) = (nested(left.clone()), nested(right.clone()));
    nested(Expr::BinaryOp { left: Box::new(left), op, right: Box::new(right) })
}

fn negated_if(negated: bool, expr: Expr) -> Expr {
    if negated { Expr::UnaryOp { op: UnaryOperator::Not, expr: Box::new(nested(expr)) } } else { expr }
}

fn value(value: &ValueWithSpan) -> Result<(), Problem> {
    let Value::Number(digits, _) = &value.value else { return Ok(()) };
    let is_whole = digits.bytes().all(|byte| byte.is_ascii_digit());
    // One more than the largest may stand behind a minus.
    if is_whole && digits.parse::<u64>().map_or(true, |number| number > i64::MIN.unsigned_abs()) {
        let hint = "write it as NUMERIC '...' or with a point";
        return Err(invalid(format!("`{digits}` is not an INT64"), hint, value.span));
    }
    Ok(())
}

fn converted(from: Expr, data_type: &DataType, kind: &CastKind, span: Span) -> Result<Expr, Problem> {
    let safe = match kind {
        CastKind::Cast => "",
        CastKind::SafeCast => SAFE,
        CastKind::TryCast => return Err(unsupported("`TRY_CAST`", "use SAFE_CAST", span)),
        CastKind::DoubleColon => return Err(unsupported("`::`", "use CAST(value AS type)", span)),
    };
    let Some(to) = Type::named(data_type) else {
        let hint =
            "there are BOOL, BYTES, DATE, DATETIME, FLOAT64, INT64, NUMERIC, BIGNUMERIC, STRING, TIME and TIMESTAMP";
        return Err(unsupported(format!("the type `{data_type}`"), hint, span));
    };
    match to {
        Type::Array(item) => array(from, data_type, &item, span),
        Type::Struct(_) => match (from, data_type) {
            (Expr::Struct { values, .. } | Expr::Tuple(values), DataType::Struct(fields, _)) => {
                let values = values.into_iter().map(|value| match value {
                    Expr::Named { expr, .. } => *expr,
                    value => value,
                });
                structure(&values.collect::<Vec<_>>(), fields, span)
            }
            (from @ Expr::Value(ValueWithSpan { value: Value::Null, .. }), _) => Ok(engine_cast(from, data_type)),
            _ => Err(unsupported(
                "`CAST` to a STRUCT",
                "cast its fields one by one: STRUCT(CAST(s.a AS ...) AS a)",
                span,
            )),
        },
        to => Ok(call(&format!("{safe}{}", cast::name(&to)), vec![from], span)),
    }
}

/// An array of a type: its elements are cast, and one without elements has the type all the same.
fn array(from: Expr, data_type: &DataType, item: &Type, span: Span) -> Result<Expr, Problem> {
    let DataType::Array(ArrayElemTypeDef::AngleBracket(item_type)) = data_type else {
        return Err(unsupported(format!("the type `{data_type}`"), "write ARRAY<type>", span));
    };
    match from {
        Expr::Array(mut array) if !array.elem.is_empty() => {
            for element in &mut array.elem {
                let value = std::mem::replace(element, Expr::value(Value::Null));
                *element = match (item, &**item_type, value) {
                    (Type::Struct(_), DataType::Struct(fields, _), Expr::Tuple(values)) => {
                        structure(&values, fields, span)?
                    }
                    (Type::Struct(_), _, value) => value,
                    (_, item_type, value) => converted(value, item_type, &CastKind::Cast, span)?,
                };
            }
            Ok(Expr::Array(array))
        }
        from @ (Expr::Array(_) | Expr::Value(ValueWithSpan { value: Value::Null, .. })) => {
            Ok(engine_cast(from, data_type))
        }
        _ => {
            let hint = "write ARRAY(SELECT CAST(x AS ...) FROM UNNEST(array) AS x)";
            Err(unsupported("`CAST` of an array", hint, span))
        }
    }
}

/// A conversion by the engine itself.
fn engine_cast(from: Expr, data_type: &DataType) -> Expr {
    Expr::Cast { kind: CastKind::Cast, expr: Box::new(from), data_type: data_type.clone(), array: false, format: None }
}

fn extract(field: &DateTimeField, from: Expr, span: Span) -> Expr {
    let (from, zone) = match from {
        Expr::AtTimeZone { timestamp, time_zone } => (*timestamp, Some(*time_zone)),
        from => (from, None),
    };
    let part = field.to_string().to_uppercase();
    match part.as_str() {
        "DATE" | "DATETIME" | "TIME" => call(&part, std::iter::once(from).chain(zone).collect(), span),
        _ => call("EXTRACT", [from, text(part)].into_iter().chain(zone).collect(), span),
    }
}

/// A length of time: how many of what.
pub(super) fn interval(interval: &Interval) -> Result<(Expr, String), Problem> {
    let span = interval.value.span();
    let Interval { value, leading_field, last_field: None, .. } = interval else {
        let hint = "write one part: INTERVAL 90 MINUTE";
        return Err(unsupported("`INTERVAL` of more than one part", hint, span));
    };
    let Some(field) = leading_field else {
        return Err(invalid("`INTERVAL` without a part", "write INTERVAL 1 DAY", span));
    };
    Ok(((**value).clone(), field.to_string().to_uppercase()))
}

/// `value + INTERVAL 1 DAY`
fn moved(left: &Expr, op: &BinaryOperator, right: &Expr, span: Span) -> Result<Option<Expr>, Problem> {
    let (value, length, name) = match (left, op, right) {
        (value, BinaryOperator::Plus, Expr::Interval(length))
        | (Expr::Interval(length), BinaryOperator::Plus, value) => (value, length, "+ INTERVAL"),
        (value, BinaryOperator::Minus, Expr::Interval(length)) => (value, length, "- INTERVAL"),
        _ => return Ok(None),
    };
    let (count, part) = interval(length)?;
    Ok(Some(call(name, vec![value.clone(), count, text(part)], span)))
}

fn unary(op: UnaryOperator, inner: &Expr, span: Span) -> Result<Option<Expr>, Problem> {
    Ok(match (op, inner) {
        (UnaryOperator::Minus, Expr::Value(ValueWithSpan { value: Value::Number(..), .. })) => None,
        (UnaryOperator::Minus, inner) => Some(call("NEGATE", vec![inner.clone()], span)),
        (UnaryOperator::Plus, inner) => Some(nested(inner.clone())),
        (UnaryOperator::BitwiseNot, inner) => Some(call("~", vec![inner.clone()], span)),
        (UnaryOperator::Not, _) => None,
        (op, _) => return Err(unsupported(format!("the operator `{op}`"), "use a function", span)),
    })
}

/// `STRUCT(...)`: the names of its fields are written, or those of the columns.
fn structure(values: &[Expr], fields: &[StructField], span: Span) -> Result<Expr, Problem> {
    if !fields.is_empty() && fields.len() != values.len() {
        let message = format!("a STRUCT of {} fields with {} values", fields.len(), values.len());
        return Err(invalid(message, "give each field one value", span));
    }
    let mut args = Vec::with_capacity(values.len() * 2);
    for (at, value) in values.iter().enumerate() {
        let (name, value) = match (fields.get(at), value) {
            (Some(StructField { field_name, field_type, .. }), value) => {
                let name = field_name.as_ref().map(|name| name.value.clone());
                (name, converted(value.clone(), field_type, &CastKind::Cast, span)?)
            }
            (None, Expr::Named { expr, name }) => (Some(name.value.clone()), (**expr).clone()),
            (None, value) => (name_of(value), value.clone()),
        };
        args.push(text(name.unwrap_or_else(|| unnamed_field(at))));
        args.push(value);
    }
    Ok(call("named_struct", args, span))
}

/// The name that an expression has by itself.
pub(in super::super) fn name_of(expr: &Expr) -> Option<String> {
    match expr {
        Expr::Identifier(ident) => Some(ident.value.clone()),
        Expr::CompoundIdentifier(parts) => parts.last().map(|ident| ident.value.clone()),
        Expr::CompoundFieldAccess { access_chain, .. } => match access_chain.last() {
            Some(AccessExpr::Dot(Expr::Identifier(ident))) => Some(ident.value.clone()),
            _ => None,
        },
        _ => None,
    }
}

/// `root.a[OFFSET(0)].b`: fields before a subscript belong to the name, each subscript is a call around what is before it.
fn accessed(root: &Expr, chain: &[AccessExpr], span: Span) -> Result<Expr, Problem> {
    let mut value = root.clone();
    for access in chain {
        value = match (value, access) {
            (Expr::Identifier(first), AccessExpr::Dot(Expr::Identifier(field))) => {
                Expr::CompoundIdentifier(vec![first, field.clone()])
            }
            (Expr::CompoundIdentifier(mut parts), AccessExpr::Dot(Expr::Identifier(field))) => {
                parts.push(field.clone());
                Expr::CompoundIdentifier(parts)
            }
            (value, AccessExpr::Dot(Expr::Identifier(field))) => field_of(value, text(field.value.clone())),
            (value, AccessExpr::Dot(field @ Expr::Value(_))) => field_of(value, field.clone()),
            (value, AccessExpr::Subscript(Subscript::Index { index })) => element(value, index, span)?,
            (_, AccessExpr::Dot(_) | AccessExpr::Subscript(Subscript::Slice { .. })) => {
                return Err(unsupported("this access to a part", "use [OFFSET(n)] or ARRAY_SLICE", span));
            }
        };
    }
    Ok(value)
}

fn field_of(value: Expr, field: Expr) -> Expr {
    Expr::CompoundFieldAccess { root: Box::new(value), access_chain: vec![AccessExpr::Dot(field)] }
}

fn element(array: Expr, index: &Expr, span: Span) -> Result<Expr, Problem> {
    if let Expr::Function(function) = index
        && let FunctionArguments::List(list) = &function.args
        && let [FunctionArg::Unnamed(FunctionArgExpr::Expr(place))] = list.args.as_slice()
    {
        let name = function.name.to_string().to_uppercase();
        if matches!(name.as_str(), "OFFSET" | "ORDINAL" | "SAFE_OFFSET" | "SAFE_ORDINAL") {
            return Ok(call(&name, vec![array, place.clone()], span));
        }
    }
    if let Expr::Value(ValueWithSpan { value: Value::SingleQuotedString(_), .. }) = index {
        return Err(unsupported("a subscript of JSON", "use JSON_VALUE(value, '$.name')", span));
    }
    Ok(call("OFFSET", vec![array, index.clone()], span))
}

fn like_any(negated: bool, value: &Expr, pattern: &Expr, span: Span) -> Result<Expr, Problem> {
    let Expr::Tuple(patterns) = pattern else {
        let hint = "write the patterns in brackets: LIKE ANY ('a%', 'b%')";
        return Err(unsupported("`LIKE ANY` of other than patterns", hint, span));
    };
    let like = |pattern: &Expr| Expr::Like {
        negated,
        any: false,
        expr: Box::new(value.clone()),
        pattern: Box::new(pattern.clone()),
        escape_char: None,
    };
    let any = any_of(patterns.iter().map(like).collect());
    any.ok_or_else(|| invalid("`LIKE ANY` of nothing", "write a pattern", span))
}

/// One condition that is true when any is; no deeper than it has to be, as the engine walks it with its stack.
fn any_of(mut conditions: Vec<Expr>) -> Option<Expr> {
    while conditions.len() > 1 {
        let mut pairs = Vec::with_capacity(conditions.len().div_ceil(2));
        let mut left = conditions.into_iter();
        while let Some(one) = left.next() {
            pairs.push(match left.next() {
                Some(other) => {
                    nested(Expr::BinaryOp { left: Box::new(one), op: BinaryOperator::Or, right: Box::new(other) })
                }
                None => one,
            });
        }
        conditions = pairs;
    }
    conditions.pop().map(nested)
}

/// `IF(condition, value, otherwise)`
pub(super) fn either(condition: Expr, value: Expr, otherwise: Expr) -> Expr {
    case(condition, value, Some(otherwise))
}

/// `NULLIF(value, other)`
pub(super) fn unless_equal(value: &Expr, other: &Expr) -> Expr {
    case(compared(value, BinaryOperator::Eq, other), Expr::value(Value::Null), Some(value.clone()))
}

/// `COALESCE(values, last)`
pub(super) fn first_present(values: &[Expr], last: &Expr) -> Expr {
    let present = |value: &Expr| (Expr::IsNotNull(Box::new(nested(value.clone()))), value.clone());
    match values {
        [] => nested(last.clone()),
        values => cases(values.iter().map(present).collect(), Some(last.clone())),
    }
}

/// One, for the count of rows.
pub(super) fn one() -> Expr {
    number(1)
}
