//! `ARRAY(SELECT ...)`: all rows of a subquery as one array, in their order.

use std::ops::ControlFlow;

use sqlparser::ast::helpers::attached_token::AttachedToken;
use sqlparser::ast::{
    BinaryOperator, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArgumentClause, FunctionArgumentList,
    FunctionArguments, GroupByExpr, Ident, OrderBy, OrderByExpr, OrderByKind, OrderByOptions, Query, Select,
    SelectFlavor, SelectItem, SetExpr, Spanned, TableAlias, TableAliasColumnDef, TableFactor, TableWithJoins,
    UnaryOperator, ValueTableMode, VisitMut, VisitorMut, WindowSpec, WindowType,
};
use sqlparser::tokenizer::{Span, TokenWithSpan};

use super::tree::{call, engine_name, number, written_call};
use super::unsupported;
use crate::model::Problem;

/// Names that no statement can write.
const VALUE: &str = ":value";
const ORDER: &str = ":order";

/// The rows of `query` as an array.
pub(super) fn array(mut query: Query, span: Span) -> Result<Expr, Problem> {
    let keys = match query.order_by.as_ref().map(|order_by| &order_by.kind) {
        Some(OrderByKind::Expressions(keys)) => keys.clone(),
        Some(OrderByKind::All(_)) | None => Vec::new(),
    };
    let SetExpr::Select(select) = &mut *query.body else {
        return collected(query, false, span);
    };
    if select.value_table_mode == Some(ValueTableMode::AsStruct) {
        super::selects::select(select)?;
    }
    select.value_table_mode = None;
    let value = match select.projection.as_slice() {
        [SelectItem::UnnamedExpr(value) | SelectItem::ExprWithAlias { expr: value, .. }] => value.clone(),
        _ => {
            let hint = "select one column, or SELECT AS STRUCT ... for several";
            return Err(unsupported("`ARRAY` of other than one column", hint, span));
        }
    };
    if keys.is_empty() {
        return collected(query, false, span);
    }
    if select.distinct.is_some() {
        let hint = "put the SELECT DISTINCT into a subquery and sort outside of it";
        return Err(unsupported("`ARRAY(SELECT DISTINCT ... ORDER BY ...)`", hint, span));
    }
    let alias = match select.projection.first() {
        Some(SelectItem::ExprWithAlias { alias, .. }) => Some(alias.clone()),
        _ => None,
    };
    // A number of the value's own column, or its alias, stands for the value.
    let keys = keys.into_iter().map(|key| match &key.expr {
        Expr::Value(_) => OrderByExpr { expr: value.clone(), ..key },
        Expr::Identifier(name) if alias.as_ref().is_some_and(|alias| alias.value.eq_ignore_ascii_case(&name.value)) => {
            OrderByExpr { expr: value.clone(), ..key }
        }
        _ => key,
    });
    let number = Expr::Function(Function {
        name: engine_name("row_number", span),
        uses_odbc_syntax: false,
        parameters: FunctionArguments::None,
        args: FunctionArguments::List(FunctionArgumentList {
            duplicate_treatment: None,
            args: Vec::new(),
            clauses: Vec::new(),
        }),
        filter: None,
        null_treatment: None,
        over: Some(WindowType::WindowSpec(WindowSpec {
            window_name: None,
            partition_by: Vec::new(),
            order_by: keys.collect(),
            window_frame: None,
        })),
        within_group: Vec::new(),
    });
    select.projection.push(SelectItem::ExprWithAlias { expr: number, alias: Ident::new(ORDER) });
    if query.limit_clause.is_some() {
        let by_number = OrderByExpr {
            expr: Expr::Identifier(Ident::new(ORDER)),
            options: OrderByOptions { asc: Some(true), nulls_first: None },
            with_fill: None,
        };
        query.order_by = Some(OrderBy { kind: OrderByKind::Expressions(vec![by_number]), interpolate: None });
    } else {
        query.order_by = None;
    }
    collected(query, true, span)
}

/// `(SELECT ARRAY_AGG(value ORDER BY number) FROM (query))`
fn collected(query: Query, ordered: bool, span: Span) -> Result<Expr, Problem> {
    let column = |name: &str| TableAliasColumnDef { name: Ident::new(name), data_type: None };
    let mut columns = vec![column(VALUE)];
    let mut clauses = Vec::new();
    if ordered {
        columns.push(column(ORDER));
        clauses.push(FunctionArgumentClause::OrderBy(vec![OrderByExpr {
            expr: Expr::Identifier(Ident::new(ORDER)),
            options: OrderByOptions { asc: Some(true), nulls_first: None },
            with_fill: None,
        }]));
    }
    let collect = Expr::Function(Function {
        name: engine_name("array_agg", span),
        uses_odbc_syntax: false,
        parameters: FunctionArguments::None,
        args: FunctionArguments::List(FunctionArgumentList {
            duplicate_treatment: None,
            args: vec![FunctionArg::Unnamed(FunctionArgExpr::Expr(Expr::Identifier(Ident::new(VALUE))))],
            clauses,
        }),
        filter: None,
        null_treatment: None,
        over: None,
        within_group: Vec::new(),
    });
    let alias = TableAlias { explicit: true, name: Ident::new(":array"), columns, at: None };
    let from = TableFactor::Derived { lateral: false, subquery: Box::new(query), alias: Some(alias), sample: None };
    let outer = whole(plain_select(collect, from, span));
    Ok(call("OR EMPTY", vec![Expr::Subquery(Box::new(outer))], span))
}

fn whole(select: Select) -> Query {
    Query {
        with: None,
        body: Box::new(SetExpr::Select(Box::new(select))),
        order_by: None,
        limit_clause: None,
        fetch: None,
        locks: Vec::new(),
        for_clause: None,
        settings: None,
        format_clause: None,
        pipe_operators: Vec::new(),
    }
}

fn plain_select(expr: Expr, from: TableFactor, span: Span) -> Select {
    Select {
        select_token: AttachedToken(TokenWithSpan { span, ..TokenWithSpan::new_eof() }),
        optimizer_hints: Vec::new(),
        distinct: None,
        select_modifiers: None,
        top: None,
        top_before_distinct: false,
        projection: vec![SelectItem::ExprWithAlias { expr, alias: Ident::new(VALUE) }],
        exclude: None,
        into: None,
        from: vec![TableWithJoins { relation: from, joins: Vec::new() }],
        lateral_views: Vec::new(),
        prewhere: None,
        selection: None,
        connect_by: Vec::new(),
        group_by: GroupByExpr::Expressions(Vec::new(), Vec::new()),
        cluster_by: Vec::new(),
        distribute_by: Vec::new(),
        sort_by: Vec::new(),
        having: None,
        named_window: Vec::new(),
        qualify: None,
        window_before_qualify: false,
        value_table_mode: None,
        flavor: SelectFlavor::Standard,
    }
}

/// `EXISTS` and `IN` of a subquery where a value is wanted: the engine has them only as conditions of `WHERE`.
pub(super) fn as_values(expr: &mut Expr) -> Result<(), Problem> {
    struct Values {
        /// Subqueries that are being walked: what they select is their own business.
        depth: usize,
    }
    impl VisitorMut for Values {
        type Break = Problem;

        fn pre_visit_query(&mut self, _: &mut Query) -> ControlFlow<Problem> {
            self.depth += 1;
            ControlFlow::Continue(())
        }

        fn post_visit_query(&mut self, _: &mut Query) -> ControlFlow<Problem> {
            self.depth -= 1;
            ControlFlow::Continue(())
        }

        fn post_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<Problem> {
            if self.depth > 0 {
                return ControlFlow::Continue(());
            }
            let span = expr.span();
            match expr {
                Expr::Exists { subquery, negated } => *expr = counted((**subquery).clone(), *negated, span),
                Expr::InSubquery { expr: needle, subquery, negated } => match array((**subquery).clone(), span) {
                    Ok(list) => {
                        let found = call("IN UNNEST", vec![(**needle).clone(), list], span);
                        *expr = match negated {
                            true => Expr::UnaryOp { op: UnaryOperator::Not, expr: Box::new(found) },
                            false => found,
                        };
                    }
                    Err(problem) => return ControlFlow::Break(problem),
                },
                _ => {}
            }
            ControlFlow::Continue(())
        }
    }
    match expr.visit(&mut Values { depth: 0 }) {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(problem) => Err(problem),
    }
}

/// Whether a subquery has rows, as a value.
fn counted(mut query: Query, negated: bool, span: Span) -> Expr {
    let count = written_call("COUNT", vec![number(1)], span);
    let op = if negated { BinaryOperator::Eq } else { BinaryOperator::Gt };
    let compared = Expr::BinaryOp { left: Box::new(count), op, right: Box::new(number(0)) };
    let item = SelectItem::ExprWithAlias { expr: compared, alias: Ident::new(VALUE) };
    let is_plain = query.with.is_none() && query.limit_clause.is_none();
    if is_plain
        && let SetExpr::Select(select) = &mut *query.body
        && matches!(&select.group_by, GroupByExpr::Expressions(keys, _) if keys.is_empty())
        && select.having.is_none()
        && select.qualify.is_none()
        && !select.from.is_empty()
    {
        select.distinct = None;
        select.value_table_mode = None;
        select.projection = vec![item];
        query.order_by = None;
        return Expr::Subquery(Box::new(query));
    }
    let alias = TableAlias { explicit: true, name: Ident::new(":rows"), columns: Vec::new(), at: None };
    let from = TableFactor::Derived { lateral: false, subquery: Box::new(query), alias: Some(alias), sample: None };
    let mut select = plain_select(number(0), from, span);
    select.projection = vec![item];
    Expr::Subquery(Box::new(whole(select)))
}
