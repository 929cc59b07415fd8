//! What a query may be made of: no write, no lock, no table function, nothing that differs from run to run.

use std::ops::ControlFlow;

use sqlparser::ast::{
    Expr, Function, GroupByExpr, Ident, ObjectNamePart, Query, Select, SelectFlavor, SelectItem, SetExpr, SetOperator,
    SetQuantifier, Spanned, Statement, TableFactor, TableWithJoins, Value, ValueWithSpan, Visit, Visitor,
};
use sqlparser::tokenizer::Span;

use super::position::{invalid, not_read_only, problem, unsupported};
use crate::model::{Problem, ProblemCode};

/// Functions whose value depends on when, where or how often they are called.
const UNREPEATABLE: &[&str] = &[
    "CURRENT_CATALOG",
    "CURRENT_DATE",
    "CURRENT_DATETIME",
    "CURRENT_ROLE",
    "CURRENT_SCHEMA",
    "CURRENT_TIME",
    "CURRENT_TIMESTAMP",
    "CURRENT_USER",
    "GENERATE_UUID",
    "GETDATE",
    "LOCALTIME",
    "LOCALTIMESTAMP",
    "NEWID",
    "NOW",
    "RAND",
    "RANDOM",
    "SESSION_USER",
    "SYSDATE",
    "SYSTIMESTAMP",
    "TODAY",
    "UNIX_NOW",
    "USER",
    "UUID",
];

/// Most window functions of one statement: the time to plan them grows faster than their number.
const WINDOWS_MAX: usize = 64;

/// Most grouping sets of one query: each groups the rows anew, and `CUBE` doubles them with every key.
const GROUPING_SETS_MAX: u64 = 64;

/// How many sets of groups a key of `GROUP BY` stands for.
fn grouping_sets(key: &Expr) -> u64 {
    let count = |sets: usize| u64::try_from(sets).unwrap_or(u64::MAX);
    match key {
        Expr::Cube(keys) => u32::try_from(keys.len()).ok().and_then(|keys| 2_u64.checked_pow(keys)).unwrap_or(u64::MAX),
        Expr::Rollup(keys) => count(keys.len() + 1),
        Expr::GroupingSets(sets) => count(sets.len()),
        _ => 1,
    }
}

/// Refuses whatever a read statement may not contain.
pub(super) fn check(statement: &Statement) -> Result<(), Problem> {
    if !matches!(statement, Statement::Query(_)) {
        return Err(not_read_only("a statement that is not a query", statement.span()));
    }
    match statement.visit(&mut Shape { windows: 0 }) {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(problem) => Err(problem),
    }
}

struct Shape {
    /// Calls with OVER so far.
    windows: usize,
}

impl Visitor for Shape {
    type Break = Problem;

    fn pre_visit_statement(&mut self, statement: &Statement) -> ControlFlow<Problem> {
        match statement {
            Statement::Query(_) => ControlFlow::Continue(()),
            other => ControlFlow::Break(not_read_only(verb(other), other.span())),
        }
    }

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<Problem> {
        flow(query_shape(query))
    }

    fn pre_visit_select(&mut self, select: &Select) -> ControlFlow<Problem> {
        flow(select_shape(select))
    }

    fn pre_visit_table_factor(&mut self, factor: &TableFactor) -> ControlFlow<Problem> {
        flow(factor_shape(factor))
    }

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<Problem> {
        if let Expr::Function(Function { name, over: Some(_), .. }) = expr {
            self.windows += 1;
            if self.windows > WINDOWS_MAX {
                let what = format!("a statement of more than {WINDOWS_MAX} window functions");
                return ControlFlow::Break(unsupported(what, "compute fewer in one statement", name.span()));
            }
        }
        flow(expr_shape(expr))
    }

    fn pre_visit_value(&mut self, value: &ValueWithSpan) -> ControlFlow<Problem> {
        match &value.value {
            Value::Placeholder(text) => ControlFlow::Break(
                problem(ProblemCode::BadParameter, format!("the placeholder `{text}` has no name"), value.span)
                    .with_hint("name parameters: @name, without a blank behind the @"),
            ),
            _ => ControlFlow::Continue(()),
        }
    }
}

fn flow(result: Result<(), Problem>) -> ControlFlow<Problem> {
    match result {
        Ok(()) => ControlFlow::Continue(()),
        Err(problem) => ControlFlow::Break(problem),
    }
}

fn verb(statement: &Statement) -> &'static str {
    match statement {
        Statement::Insert(_) => "`INSERT`",
        Statement::Update(_) => "`UPDATE`",
        Statement::Delete(_) => "`DELETE`",
        Statement::Merge(_) => "`MERGE`",
        _ => "a statement inside the query",
    }
}

fn query_shape(query: &Query) -> Result<(), Problem> {
    let Query {
        with: _, body, order_by: _, limit_clause: _, fetch, locks, for_clause, settings, format_clause, ..
    } = query;
    let span = || body.span();
    if !locks.is_empty() {
        return Err(not_read_only("a locking clause (`FOR UPDATE`, `FOR SHARE`)", span()));
    }
    if !query.pipe_operators.is_empty() {
        return Err(unsupported("a pipe operator (`|>`)", "write it as SELECT ... FROM ...", span()));
    }
    for (present, what, hint) in [
        (for_clause.is_some(), "`FOR XML`, `FOR JSON` or `FOR BROWSE`", "read plain columns"),
        (settings.is_some(), "`SETTINGS`", "leave it out"),
        (format_clause.is_some(), "`FORMAT`", "leave it out"),
        (fetch.is_some(), "`FETCH`", "use LIMIT"),
    ] {
        if present {
            return Err(unsupported(what, hint, span()));
        }
    }
    let mut bodies = vec![&**body];
    while let Some(body) = bodies.pop() {
        match body {
            SetExpr::Select(_) | SetExpr::Query(_) => {}
            SetExpr::SetOperation { op, set_quantifier, left, right } => {
                set_operation_shape(*op, *set_quantifier, span())?;
                for side in [left, right] {
                    if let SetExpr::SetOperation { op: other, set_quantifier: quantifier, .. } = &**side
                        && (other, quantifier) != (op, set_quantifier)
                    {
                        let message = format!("`{other}` and `{op}` side by side");
                        return Err(invalid(message, span()).with_hint("put one of them in brackets"));
                    }
                }
                bodies.extend([&**left, &**right]);
            }
            SetExpr::Insert(statement)
            | SetExpr::Update(statement)
            | SetExpr::Delete(statement)
            | SetExpr::Merge(statement) => return Err(not_read_only(verb(statement), statement.span())),
            SetExpr::Values(_) => return Err(unsupported("`VALUES`", "use SELECT ... UNION ALL SELECT ...", span())),
            SetExpr::Table(_) => return Err(unsupported("`TABLE`", "use SELECT * FROM ...", span())),
        }
    }
    Ok(())
}

fn set_operation_shape(op: SetOperator, quantifier: SetQuantifier, span: Span) -> Result<(), Problem> {
    match (op, quantifier) {
        (SetOperator::Union, SetQuantifier::All | SetQuantifier::Distinct)
        | (SetOperator::Except | SetOperator::Intersect, SetQuantifier::Distinct) => Ok(()),
        (_, SetQuantifier::None) => {
            let hint = match op {
                SetOperator::Union => "write UNION ALL or UNION DISTINCT",
                _ => "write it with DISTINCT",
            };
            Err(invalid(format!("`{op}` alone"), span).with_hint(hint))
        }
        (SetOperator::Minus, _) => Err(unsupported("`MINUS`", "use EXCEPT DISTINCT", span)),
        (_, SetQuantifier::All) => {
            Err(unsupported(format!("`{op} ALL`"), "number equal rows with ROW_NUMBER() first", span))
        }
        (_, SetQuantifier::ByName | SetQuantifier::AllByName | SetQuantifier::DistinctByName) => {
            Err(unsupported(format!("`{op} BY NAME`"), "select the columns in the same order", span))
        }
    }
}

/// A text is no name: the parser takes `'a' 'b'` for a value and its alias.
fn alias_shape(alias: &Ident) -> Result<(), Problem> {
    match alias.quote_style {
        None | Some('`') => Ok(()),
        Some(_) => Err(invalid(format!("`{alias}` is a text, not a name"), alias.span)
            .with_hint("quote names with backticks; join texts with ||")),
    }
}

fn select_shape(select: &Select) -> Result<(), Problem> {
    let span = || select.select_token.0.span;
    if let Some(into) = &select.into {
        return Err(not_read_only("`SELECT INTO`", into.name.span()));
    }
    let modifiers = match &select.group_by {
        GroupByExpr::All(modifiers) | GroupByExpr::Expressions(_, modifiers) => !modifiers.is_empty(),
    };
    for (present, what, hint) in [
        (select.flavor != SelectFlavor::Standard, "a query that begins with FROM", "write it as SELECT ... FROM ..."),
        (select.top.is_some(), "`TOP`", "use LIMIT"),
        (!select.lateral_views.is_empty(), "`LATERAL VIEW`", "use CROSS JOIN UNNEST(...)"),
        (select.prewhere.is_some(), "`PREWHERE`", "use WHERE"),
        (!select.connect_by.is_empty(), "`CONNECT BY`", "use WITH RECURSIVE"),
        (!select.cluster_by.is_empty(), "`CLUSTER BY`", "leave it out"),
        (!select.distribute_by.is_empty(), "`DISTRIBUTE BY`", "leave it out"),
        (!select.sort_by.is_empty(), "`SORT BY`", "use ORDER BY"),
        (select.exclude.is_some(), "`EXCLUDE`", "use SELECT * EXCEPT (...)"),
        (select.select_modifiers.is_some(), "a modifier of SELECT", "leave it out"),
        (modifiers, "`WITH ROLLUP`, `WITH CUBE` or `WITH TOTALS`", "use GROUP BY ROLLUP(...)"),
    ] {
        if present {
            return Err(unsupported(what, hint, span()));
        }
    }
    for item in &select.projection {
        if let SelectItem::ExprWithAlias { alias, .. } = item {
            alias_shape(alias)?;
        }
    }
    if let GroupByExpr::Expressions(keys, _) = &select.group_by {
        let sets = keys.iter().fold(1_u64, |sets, key| sets.saturating_mul(grouping_sets(key)));
        if sets > GROUPING_SETS_MAX {
            let what = format!("a GROUP BY of more than {GROUPING_SETS_MAX} grouping sets");
            return Err(unsupported(what, "name the sets that are wanted: GROUPING SETS (a, (a, b))", span()));
        }
    }
    let joins = select.from.iter().flat_map(|from: &TableWithJoins| &from.joins);
    match joins.into_iter().find(|join| join.global) {
        Some(join) => Err(unsupported("`GLOBAL JOIN`", "leave GLOBAL out", join.span())),
        None => Ok(()),
    }
}

const NO_TABLE_FUNCTION: &str = "read tables by name; the only function in FROM is UNNEST";

fn factor_shape(factor: &TableFactor) -> Result<(), Problem> {
    let span = factor_span(factor);
    let refused = |what: &str| Err(unsupported(what, NO_TABLE_FUNCTION, span));
    if let TableFactor::Table { alias: Some(alias), .. }
    | TableFactor::Derived { alias: Some(alias), .. }
    | TableFactor::UNNEST { alias: Some(alias), .. } = factor
    {
        alias_shape(&alias.name)?;
    }
    match factor {
        TableFactor::Table { name, args: Some(_), .. } => refused(&format!("the table function `{name}(...)`")),
        TableFactor::Table { with_hints, with_ordinality, partitions, json_path, index_hints, .. }
            if !with_hints.is_empty()
                || *with_ordinality
                || !partitions.is_empty()
                || json_path.is_some()
                || !index_hints.is_empty() =>
        {
            Err(unsupported("a hint, partition or path behind a table's name", "leave it out", span))
        }
        TableFactor::Function { name, .. } => refused(&format!("the table function `{name}(...)`")),
        TableFactor::TableFunction { .. } => refused("`TABLE(...)`"),
        TableFactor::Derived { lateral: true, .. } => refused("`LATERAL`"),
        TableFactor::JsonTable { .. } => refused("`JSON_TABLE`"),
        TableFactor::OpenJsonTable { .. } => refused("`OPENJSON`"),
        TableFactor::XmlTable { .. } => refused("`XMLTABLE`"),
        TableFactor::MatchRecognize { .. } => refused("`MATCH_RECOGNIZE`"),
        TableFactor::SemanticView { .. } => refused("`SEMANTIC_VIEW`"),
        TableFactor::Table { .. }
        | TableFactor::Derived { .. }
        | TableFactor::UNNEST { .. }
        | TableFactor::NestedJoin { .. }
        | TableFactor::Pivot { .. }
        | TableFactor::Unpivot { .. } => Ok(()),
    }
}

fn factor_span(factor: &TableFactor) -> Span {
    match factor {
        TableFactor::Table { name, .. } | TableFactor::Function { name, .. } => name.span(),
        _ => Span::empty(),
    }
}

fn expr_shape(expr: &Expr) -> Result<(), Problem> {
    match expr {
        Expr::Function(function) => function_shape(function),
        Expr::Identifier(ident) if ident.quote_style.is_none() && ident.value.starts_with("@@") => {
            Err(unsupported(format!("the system variable `{ident}`"), "leave it out", ident.span))
        }
        Expr::CompoundIdentifier(parts) => match parts.first() {
            Some(ident) if ident.quote_style.is_none() && ident.value.starts_with("@@") => {
                Err(unsupported(format!("the system variable `{ident}`"), "leave it out", ident.span))
            }
            Some(ident) if ident.quote_style.is_none() && ident.value.starts_with('@') => {
                let message = format!("`{ident}` has no fields: a parameter is a single value or a list");
                Err(problem(ProblemCode::BadParameter, message, ident.span)
                    .with_hint("pass each value by its own name"))
            }
            _ => Ok(()),
        },
        Expr::Prior(_) | Expr::OuterJoin(_) | Expr::MatchAgainst { .. } | Expr::MemberOf(_) => {
            Err(invalid("an expression of another SQL dialect", expr.span()))
        }
        _ => Ok(()),
    }
}

fn function_shape(function: &Function) -> Result<(), Problem> {
    let span = function.name.span();
    if let [ObjectNamePart::Identifier(name)] = function.name.0.as_slice()
        && UNREPEATABLE.iter().any(|known| name.value.eq_ignore_ascii_case(known))
    {
        return Err(unsupported(
            format!("`{}`, which gives another value at every call,", name.value),
            "a run must give the same answer when it is repeated: bind the instants and the date of the run's context \
             as parameters",
            span,
        ));
    }
    if function.uses_odbc_syntax || function.parameters != sqlparser::ast::FunctionArguments::None {
        return Err(invalid("a function call of another SQL dialect", span));
    }
    Ok(())
}
