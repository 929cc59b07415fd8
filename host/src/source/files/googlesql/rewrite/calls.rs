//! Calls of functions: by the engine's names, with words such as `DAY` as texts, and with what stands behind the
//! arguments of an aggregate put where the engine wants it.

use sqlparser::ast::{
    DuplicateTreatment, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArgumentClause, FunctionArguments,
    HavingBoundKind, Ident, NullTreatment, ObjectName, ObjectNamePart, OrderByExpr, OrderByOptions, Spanned,
    UnaryOperator, Value, WindowSpec, WindowType,
};
use sqlparser::tokenizer::Span;

use super::super::cast;
use super::super::function::SAFE;
use super::super::registry::{Called, Registry};
use super::super::types::Type;
use super::expressions::{either, first_present, interval, one, unless_equal};
use super::tree::{Parts, call, case, engine_name, is_engine_name, lower_window, nested, plain, text};
use super::{invalid, subqueries, unsupported};
use crate::model::Problem;

/// Looks at a call before its arguments.
pub(super) fn before(registry: &Registry, expr: &mut Expr) -> Result<(), Problem> {
    let Expr::Function(function) = expr else { return Ok(()) };
    if is_engine_name(&function.name) {
        return Ok(());
    }
    let span = function.name.span();
    if let Some(over) = &mut function.over {
        lower_window(over);
    }
    if let Some(WindowType::WindowSpec(WindowSpec { window_name: Some(name), .. })) = &function.over {
        return Err(unsupported("a window built on a named one here", "write the window out", name.span));
    }
    if function.filter.is_some() || !function.within_group.is_empty() {
        let hint = "write the condition into the argument: COUNTIF(...), SUM(IF(condition, x, NULL))";
        return Err(unsupported("`FILTER` or `WITHIN GROUP`", hint, span));
    }
    let written = written_name(&function.name);
    let upper = written.to_uppercase();
    if let FunctionArguments::Subquery(query) = &function.args {
        if upper != "ARRAY" {
            return Err(unsupported(format!("a subquery as the argument of `{written}`"), "put it in brackets", span));
        }
        *expr = subqueries::array((**query).clone(), span)?;
        return Ok(());
    }
    let (safe, name) = match upper.strip_prefix(SAFE) {
        Some(name) => (true, name),
        None => (false, upper.as_str()),
    };
    let parts = taken_apart(&mut *function);
    if !safe && let Some(syntax) = syntax(name, &parts, span)? {
        has_no_clauses(name, &parts, span)?;
        *expr = syntax;
        return Ok(());
    }
    match registry.called(name) {
        Some(Called::Scalar { parts: words }) => {
            if function.over.is_some() {
                return Err(unsupported(format!("the function `{written}` with `OVER`"), "leave OVER out", span));
            }
            let engine = if safe { format!("{SAFE}{name}") } else { name.to_owned() };
            *expr = scalar(&engine, &words, parts, span)?;
            Ok(())
        }
        Some(_) if safe => Err(unsupported(format!("`SAFE.` before `{name}`"), "leave `SAFE.` out", span)),
        Some(Called::Aggregate { engine, over: can_be_over, alone }) => {
            match (function.over.is_some(), can_be_over, alone) {
                (true, false, _) => {
                    let hint = "group the rows first, or number them with ROW_NUMBER() OVER (...)";
                    return Err(unsupported(format!("the function `{written}` with `OVER`"), hint, span));
                }
                (false, _, false) => {
                    let hint = "say over which rows: OVER (PARTITION BY ...)";
                    return Err(unsupported(format!("the function `{written}` without `OVER`"), hint, span));
                }
                _ => {}
            }
            *expr = aggregate(name, engine, function.clone(), parts, span)?;
            Ok(())
        }
        None => Err(unknown(registry, &written, name, span)),
    }
}

fn written_name(name: &ObjectName) -> String {
    let parts: Vec<&str> =
        name.0.iter().filter_map(ObjectNamePart::as_ident).map(|ident| ident.value.as_str()).collect();
    parts.join(".")
}

fn unknown(registry: &Registry, written: &str, name: &str, span: Span) -> Problem {
    let hint = match (registry.instead(name), registry.similar(name)) {
        (Some(instead), _) => instead.to_owned(),
        (None, similar) if similar.is_empty() => "write it with other functions".to_owned(),
        (None, similar) => format!("functions with such a name: {}", similar.join(", ")),
    };
    unsupported(format!("the function `{written}`"), hint, span)
}

fn taken_apart(function: &mut Function) -> Parts {
    match &mut function.args {
        FunctionArguments::List(list) => {
            let mut clauses = std::mem::take(&mut list.clauses);
            let trailing = match list.args.last_mut() {
                Some(FunctionArg::Unnamed(FunctionArgExpr::Expr(last))) => trailing_nulls(last),
                _ => None,
            };
            clauses.extend(trailing.map(FunctionArgumentClause::IgnoreOrRespectNulls));
            clauses.extend(function.null_treatment.take().map(FunctionArgumentClause::IgnoreOrRespectNulls));
            let distinct = list.duplicate_treatment == Some(DuplicateTreatment::Distinct);
            Parts { args: list.args.clone(), distinct, clauses }
        }
        FunctionArguments::None | FunctionArguments::Subquery(_) => {
            Parts { args: Vec::new(), distinct: false, clauses: Vec::new() }
        }
    }
}

/// `IGNORE NULLS` at the end of an argument, which is about the function that has the argument: where the argument ends
/// in a call, the parser gives it to that call.
fn trailing_nulls(expr: &mut Expr) -> Option<NullTreatment> {
    match expr {
        Expr::Function(function) if function.over.is_none() => function.null_treatment.take(),
        Expr::BinaryOp { right: last, .. }
        | Expr::UnaryOp { expr: last, .. }
        | Expr::Between { high: last, .. }
        | Expr::Like { pattern: last, .. }
        | Expr::IsDistinctFrom(_, last)
        | Expr::IsNotDistinctFrom(_, last) => trailing_nulls(last),
        _ => None,
    }
}

fn has_no_clauses(name: &str, parts: &Parts, span: Span) -> Result<(), Problem> {
    if parts.distinct || !parts.clauses.is_empty() {
        let hint = "these belong to functions of many rows";
        return Err(invalid(format!("`{name}` with DISTINCT, ORDER BY or the like"), hint, span));
    }
    Ok(())
}

/// What looks like a function and is not one.
fn syntax(name: &str, parts: &Parts, span: Span) -> Result<Option<Expr>, Problem> {
    let args = plain(&parts.args);
    let args = args.as_deref();
    Ok(Some(match (name, args) {
        ("IF", Some([condition, value, otherwise])) => either(condition.clone(), value.clone(), otherwise.clone()),
        ("IFNULL", Some([value, otherwise])) => first_present(std::slice::from_ref(value), otherwise),
        ("COALESCE", Some([values @ .., last])) => first_present(values, last),
        ("NULLIF", Some([value, other])) => unless_equal(value, other),
        ("IF" | "IFNULL" | "COALESCE" | "NULLIF", _) => {
            let hint = "there are IF(condition, x, y), IFNULL(x, y), COALESCE(x, ...) and NULLIF(x, y)";
            return Err(invalid(format!("`{name}` with other arguments than it takes"), hint, span));
        }
        ("STRUCT", Some(values)) => Expr::Tuple(values.to_vec()),
        ("ERROR", Some([message])) => call("ERROR", vec![message.clone()], span),
        _ => return Ok(None),
    }))
}

/// A function of a row. `words` are the places at which any of its forms has a word such as `DAY`.
fn scalar(name: &str, words: &[usize], parts: Parts, span: Span) -> Result<Expr, Problem> {
    has_no_clauses(name, &parts, span)?;
    let mut args = Vec::with_capacity(parts.args.len() + 1);
    for arg in parts.args {
        let FunctionArg::Unnamed(FunctionArgExpr::Expr(arg)) = arg else {
            let hint = "write the arguments in their order, without names";
            return Err(unsupported(format!("this argument of `{name}`"), hint, span));
        };
        match arg {
            Expr::Interval(length) => {
                let (count, part) = interval(&length)?;
                args.push(count);
                args.push(text(part));
            }
            arg if words.contains(&args.len()) => {
                let word = word(&arg);
                args.push(word.map_or(arg, text));
            }
            arg => args.push(arg),
        }
    }
    Ok(call(name, args, span))
}

/// `DAY` or `WEEK(MONDAY)`.
fn word(arg: &Expr) -> Option<String> {
    match arg {
        Expr::Identifier(Ident { value, quote_style: None, .. }) if !value.starts_with('@') => {
            Some(value.to_uppercase())
        }
        Expr::Function(Function { name, args: FunctionArguments::List(list), .. }) => match list.args.as_slice() {
            [FunctionArg::Unnamed(FunctionArgExpr::Expr(Expr::Identifier(inner)))] => {
                let outer = written_name(name).to_uppercase();
                (outer == "WEEK").then(|| format!("{outer}({})", inner.value.to_uppercase()))
            }
            _ => None,
        },
        _ => None,
    }
}

/// What stands behind the arguments of an aggregate.
#[derive(Default)]
struct Clauses {
    order_by: Vec<OrderByExpr>,
    limit: Option<Expr>,
    having: Option<(HavingBoundKind, Expr)>,
    nulls: Option<NullTreatment>,
}

fn clauses(name: &str, clauses: Vec<FunctionArgumentClause>, span: Span) -> Result<Clauses, Problem> {
    let mut sorted = Clauses::default();
    for clause in clauses {
        match clause {
            FunctionArgumentClause::OrderBy(order_by) => sorted.order_by = order_by,
            FunctionArgumentClause::Limit(limit) => sorted.limit = Some(limit),
            FunctionArgumentClause::Having(bound) => sorted.having = Some((bound.0, bound.1)),
            FunctionArgumentClause::IgnoreOrRespectNulls(nulls) => sorted.nulls = Some(nulls),
            FunctionArgumentClause::OnOverflow(_)
            | FunctionArgumentClause::Separator(_)
            | FunctionArgumentClause::JsonNullClause(_)
            | FunctionArgumentClause::JsonReturningClause(_) => {
                return Err(invalid(format!("`{name}` with a clause of another SQL dialect"), "leave it out", span));
            }
        }
    }
    Ok(sorted)
}

fn is_not_null(expr: Expr) -> Expr {
    Expr::IsNotNull(Box::new(nested(expr)))
}

/// A function of many rows.
fn aggregate(name: &str, engine: &str, function: Function, parts: Parts, span: Span) -> Result<Expr, Problem> {
    let Clauses { order_by, limit, having, nulls } = clauses(name, parts.clauses, span)?;
    let first = match parts.args.first() {
        Some(FunctionArg::Unnamed(FunctionArgExpr::Expr(first))) => Some(first.clone()),
        _ => None,
    };
    let is_over = function.over.is_some();
    let mut built = Function { name: engine_name(engine, span), ..function };
    let mut filter = None;
    let mut args = parts.args;
    let mut orders = order_by;
    let wrong = |what: &str| Err(unsupported(format!("`{name}` with {what}"), "leave it out", span));
    match (having, first.clone()) {
        (Some(_), None) => return wrong("HAVING and without an argument"),
        (Some((kind, by)), Some(first)) if name == "ANY_VALUE" && !is_over => {
            return best(kind, first, by, built, span);
        }
        (Some(_), Some(_)) => {
            let hint = "there is ANY_VALUE(x HAVING MAX y), also written MAX_BY(x, y)";
            return Err(unsupported(format!("`{name}` with HAVING"), hint, span));
        }
        (None, _) => {}
    }
    match name {
        "MAX_BY" | "MIN_BY" => {
            let [value, by] = plain(&args).unwrap_or_default().try_into().map_err(|_| {
                invalid(format!("`{name}` with other arguments than it takes"), format!("write {name}(x, y)"), span)
            })?;
            let kind = if name == "MAX_BY" { HavingBoundKind::Max } else { HavingBoundKind::Min };
            return best(kind, value, by, built, span);
        }
        "LAG" | "LEAD" | "NTH_VALUE" => {
            let least = if name == "NTH_VALUE" { 1 } else { 0 };
            if let Some(FunctionArg::Unnamed(FunctionArgExpr::Expr(place))) = args.get(1)
                && written_number(place).is_some_and(|number| number < least)
            {
                let message = format!("the place in `{name}` is less than {least}");
                let hint = "LAG looks back and LEAD ahead; NTH_VALUE counts from 1";
                return Err(invalid(message, hint, place.span()));
            }
            built.null_treatment = nulls;
        }
        "COUNTIF" => {
            let condition =
                first.ok_or_else(|| invalid("`COUNTIF` without a condition", "write COUNTIF(x > 0)", span))?;
            args = vec![FunctionArg::Unnamed(FunctionArgExpr::Expr(case(
                condition.clone(),
                if parts.distinct { condition } else { one() },
                None,
            )))];
        }
        "ARRAY_AGG" | "STRING_AGG" => {
            let value = first.ok_or_else(|| invalid(format!("`{name}` of nothing"), "write what to collect", span))?;
            let ignores = nulls == Some(NullTreatment::IgnoreNulls) || name == "STRING_AGG";
            if name == "STRING_AGG" && args.len() < 2 {
                args.push(FunctionArg::Unnamed(FunctionArgExpr::Expr(text(","))));
            }
            if ignores {
                filter = Some(Box::new(is_not_null(value.clone())));
            }
            if let Some(limit) = limit {
                return Ok(limited(name, &args, value, orders, limit, parts.distinct, filter, span));
            }
        }
        _ if limit.is_some() => return wrong("LIMIT"),
        "PERCENTILE_CONT" | "PERCENTILE_DISC" | "APPROX_QUANTILES" if nulls == Some(NullTreatment::RespectNulls) => {
            return wrong("RESPECT NULLS");
        }
        "PERCENTILE_CONT" | "PERCENTILE_DISC" | "APPROX_QUANTILES" => {}
        "FIRST_VALUE" | "LAST_VALUE" => built.null_treatment = nulls,
        _ if nulls == Some(NullTreatment::IgnoreNulls) && first.is_some() && !is_over => {
            filter = first.map(|first| Box::new(is_not_null(first)));
        }
        _ if nulls.is_some() => return wrong("IGNORE NULLS or RESPECT NULLS"),
        _ => {}
    }
    if !orders.is_empty() && !matches!(name, "ARRAY_AGG" | "STRING_AGG") {
        return wrong("ORDER BY");
    }
    let mut clauses = Vec::new();
    if !orders.is_empty() {
        clauses.push(FunctionArgumentClause::OrderBy(std::mem::take(&mut orders)));
    }
    built.filter = filter;
    built.args = FunctionArguments::List(sqlparser::ast::FunctionArgumentList {
        duplicate_treatment: parts.distinct.then_some(DuplicateTreatment::Distinct),
        args,
        clauses,
    });
    Ok(Expr::Function(built))
}

/// A whole number as it is written.
fn written_number(expr: &Expr) -> Option<i128> {
    match expr {
        Expr::Value(value) => match &value.value {
            Value::Number(digits, _) => digits.parse().ok(),
            _ => None,
        },
        Expr::UnaryOp { op: UnaryOperator::Minus, expr } => written_number(expr).map(|number| -number),
        Expr::Nested(expr) => written_number(expr),
        _ => None,
    }
}

/// The value of the row in which another is greatest or least.
fn best(kind: HavingBoundKind, value: Expr, by: Expr, over: Function, span: Span) -> Result<Expr, Problem> {
    if over.over.is_some() {
        let hint = "use FIRST_VALUE(x) OVER (... ORDER BY y DESC)";
        return Err(unsupported("the value of the greatest or least with `OVER`", hint, span));
    }
    let descending = kind == HavingBoundKind::Max;
    let order = OrderByExpr {
        expr: by.clone(),
        options: OrderByOptions { asc: Some(!descending), nulls_first: Some(false) },
        with_fill: None,
    };
    let args = sqlparser::ast::FunctionArgumentList {
        duplicate_treatment: None,
        args: vec![FunctionArg::Unnamed(FunctionArgExpr::Expr(value))],
        clauses: vec![FunctionArgumentClause::OrderBy(vec![order])],
    };
    Ok(Expr::Function(Function {
        name: engine_name("first_value", span),
        args: FunctionArguments::List(args),
        filter: Some(Box::new(is_not_null(by))),
        ..over
    }))
}

/// The first of what an aggregate collects.
#[expect(clippy::too_many_arguments, reason = "each is one part of the call as it is written")]
fn limited(
    name: &str,
    args: &[FunctionArg],
    value: Expr,
    order_by: Vec<OrderByExpr>,
    limit: Expr,
    distinct: bool,
    filter: Option<Box<Expr>>,
    span: Span,
) -> Expr {
    let clauses = if order_by.is_empty() { Vec::new() } else { vec![FunctionArgumentClause::OrderBy(order_by)] };
    let collected = Expr::Function(Function {
        name: engine_name("array_agg", span),
        uses_odbc_syntax: false,
        parameters: FunctionArguments::None,
        args: FunctionArguments::List(sqlparser::ast::FunctionArgumentList {
            duplicate_treatment: distinct.then_some(DuplicateTreatment::Distinct),
            args: vec![FunctionArg::Unnamed(FunctionArgExpr::Expr(value))],
            clauses,
        }),
        filter,
        null_treatment: None,
        over: None,
        within_group: Vec::new(),
    });
    let first = call("FIRST OF", vec![collected, limit], span);
    match (name, args.get(1)) {
        ("STRING_AGG", Some(FunctionArg::Unnamed(FunctionArgExpr::Expr(delimiter)))) => {
            call("ARRAY_TO_STRING", vec![first, delimiter.clone()], span)
        }
        _ => first,
    }
}

/// Gives results of the engine's functions the type that GoogleSQL has.
pub(super) fn after(registry: &Registry, expr: &mut Expr) {
    let Expr::Function(function) = expr else { return };
    if !is_engine_name(&function.name) {
        return;
    }
    if registry.counts(&written_name(&function.name)) {
        let span = function.name.span();
        let counted = std::mem::replace(expr, Expr::value(Value::Null));
        *expr = call(&cast::name(&Type::Int64), vec![counted], span);
    }
}
