//! What a query reads from: names of tables, and arrays that stand beside the table they belong to.
//!
//! `FROM t, UNNEST(t.items)` reads a column of the relation before it. Such an `UNNEST` and all that is before it become
//! one bracket, `(... CROSS JOIN UNNEST(t.items))`, which [`relations`](super::super::relations) plans.

use std::ops::ControlFlow;

use sqlparser::ast::{
    Expr, Ident, Join, JoinConstraint, JoinOperator, ObjectName, ObjectNamePart, Query, Select, Spanned, TableAlias,
    TableFactor, TableWithJoins, Visit, VisitMut, Visitor, VisitorMut,
};
use sqlparser::tokenizer::Span;

use super::tree::lower;
use super::unsupported;
use crate::model::Problem;

/// One relation by itself.
pub(super) fn factor(factor: &mut TableFactor, unnamed: &mut usize) -> Result<(), Problem> {
    let sampled = |span: Span| {
        let hint = "filter by a column instead: MOD(id, 100) = 0";
        Err(unsupported("`TABLESAMPLE`", hint, span))
    };
    match factor {
        TableFactor::Table { name, version: Some(_), .. } => {
            Err(unsupported("a table as of a time", "leave `FOR SYSTEM_TIME AS OF` out", name.span()))
        }
        TableFactor::Table { name, sample: Some(_), .. } => sampled(name.span()),
        TableFactor::Derived { sample: Some(_), subquery, .. } => sampled(subquery.body.span()),
        TableFactor::Table { name, alias, .. } => {
            match alias {
                Some(alias) => lower_alias(alias),
                // A table goes by the last part of its name.
                None => {
                    *alias = name.0.last().and_then(ObjectNamePart::as_ident).map(|ident| named(ident.clone()));
                }
            }
            Ok(())
        }
        TableFactor::Derived { alias, .. } => {
            lowered_or_made_up(alias, unnamed);
            Ok(())
        }
        TableFactor::NestedJoin { alias, .. } => {
            alias.iter_mut().for_each(lower_alias);
            Ok(())
        }
        TableFactor::UNNEST { alias, array_exprs, with_offset_alias, with_ordinality, .. } => {
            lowered_or_made_up(alias, unnamed);
            with_offset_alias.iter_mut().for_each(lower);
            let span = array_exprs.first().map_or(Span::empty(), Spanned::span);
            if *with_ordinality || array_exprs.len() != 1 {
                return Err(unsupported("`UNNEST` of several arrays", "join them WITH OFFSET", span));
            }
            Ok(())
        }
        TableFactor::Pivot { table, .. } => {
            Err(unsupported("`PIVOT`", "use COUNTIF(...) or SUM(IF(...)) for each column", table.span()))
        }
        TableFactor::Unpivot { table, .. } => Err(unsupported("`UNPIVOT`", "use UNION ALL", table.span())),
        _ => Ok(()),
    }
}

/// Begins the names that are made up here; no statement can write it.
const MADE_UP: char = ':';

/// Whether a relation has no name that is written.
pub(in super::super) fn is_made_up(name: &str) -> bool {
    name.starts_with(MADE_UP)
}

/// Every relation has a name, so that columns of two that are called alike can be told apart.
fn lowered_or_made_up(alias: &mut Option<TableAlias>, unnamed: &mut usize) {
    if let Some(alias) = alias {
        lower_alias(alias);
        return;
    }
    *unnamed += 1;
    *alias = Some(named(Ident::new(format!("{MADE_UP}{unnamed}"))));
}

fn lower_alias(alias: &mut TableAlias) {
    lower(&mut alias.name);
    alias.columns.iter_mut().for_each(|column| lower(&mut column.name));
}

fn named(mut name: Ident) -> TableAlias {
    lower(&mut name);
    TableAlias { explicit: true, name, columns: Vec::new(), at: None }
}

/// Whether an array is a column of something.
fn is_column(array: &Expr) -> bool {
    struct Search;
    impl Visitor for Search {
        type Break = ();

        fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
            match expr {
                Expr::Identifier(_) | Expr::CompoundIdentifier(_) => ControlFlow::Break(()),
                // What is within brackets has relations of its own.
                _ => ControlFlow::Continue(()),
            }
        }
    }
    !matches!(array, Expr::Subquery(_)) && array.visit(&mut Search).is_break()
}

/// Whether a relation is an array of what stands before it.
pub(in super::super) fn is_of_neighbour(factor: &TableFactor) -> bool {
    matches!(factor, TableFactor::UNNEST { array_exprs, .. } if array_exprs.iter().any(is_column))
}

/// Goes by the name of the relation that columns of [`is_using_the_right`] belong to; no statement can write it.
pub(in super::super) const USING: &str = ":using";

/// Lets columns that such a join shares mean what both sides make of them.
pub(super) fn shared(select: &mut Select) {
    fn of(factor: &TableFactor, names: &mut Vec<String>) {
        let TableFactor::NestedJoin { table_with_joins, .. } = factor else { return };
        of(&table_with_joins.relation, names);
        for join in &table_with_joins.joins {
            of(&join.relation, names);
            if let JoinOperator::Right(JoinConstraint::Using(columns))
            | JoinOperator::RightOuter(JoinConstraint::Using(columns))
            | JoinOperator::FullOuter(JoinConstraint::Using(columns)) = &join.join_operator
            {
                let column = |name: &ObjectName| name.0.last().and_then(ObjectNamePart::as_ident).cloned();
                names.extend(columns.iter().filter_map(column).map(|ident| ident.value.to_lowercase()));
            }
        }
    }
    let mut names = Vec::new();
    select.from.iter().for_each(|from| of(&from.relation, &mut names));
    if names.is_empty() {
        return;
    }
    let mut shared = Shared { names, depth: 0 };
    // It breaks nowhere.
    let walks = [
        VisitMut::visit(&mut select.projection, &mut shared),
        VisitMut::visit(&mut select.selection, &mut shared),
        VisitMut::visit(&mut select.group_by, &mut shared),
        VisitMut::visit(&mut select.having, &mut shared),
        VisitMut::visit(&mut select.qualify, &mut shared),
    ];
    debug_assert!(walks.iter().all(ControlFlow::is_continue));
}

struct Shared {
    names: Vec<String>,
    /// Subqueries that are being walked, whose names are their own.
    depth: usize,
}

impl VisitorMut for Shared {
    type Break = ();

    fn pre_visit_query(&mut self, _: &mut Query) -> ControlFlow<()> {
        self.depth += 1;
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, _: &mut Query) -> ControlFlow<()> {
        self.depth -= 1;
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
        if let Expr::Identifier(ident) = expr
            && self.depth == 0
            && self.names.contains(&ident.value.to_lowercase())
        {
            *expr = Expr::CompoundIdentifier(vec![Ident::new(USING), ident.clone()]);
        }
        ControlFlow::Continue(())
    }
}

/// Whether a column that `USING` names is the right one where there is no left one.
pub(in super::super) fn is_using_the_right(operator: &JoinOperator) -> bool {
    matches!(
        operator,
        JoinOperator::Right(JoinConstraint::Using(_))
            | JoinOperator::RightOuter(JoinConstraint::Using(_))
            | JoinOperator::FullOuter(JoinConstraint::Using(_))
    )
}

/// Puts arrays into one bracket with what they belong to.
pub(super) fn fold(select: &mut Select) -> Result<(), Problem> {
    let mut names: Vec<String> = Vec::new();
    for from in &mut select.from {
        path_to_array(&mut from.relation, &mut names);
        for join in &mut from.joins {
            path_to_array(&mut join.relation, &mut names);
        }
    }
    if let Some(TableFactor::UNNEST { array_exprs, .. }) = select.from.first().map(|from| &from.relation)
        && let Some(array) = array_exprs.iter().find(|array| is_column(array))
    {
        let hint = "join the array instead: FROM t, UNNEST(t.items) AS item ... GROUP BY";
        return Err(unsupported("a subquery over an array of the query around it", hint, array.span()));
    }
    for join in select.from.iter_mut().flat_map(|from| &mut from.joins) {
        if matches!(join.relation, TableFactor::UNNEST { .. }) && !is_of_neighbour(&join.relation) {
            let alone = TableFactor::NestedJoin {
                table_with_joins: Box::new(TableWithJoins { relation: join.relation.clone(), joins: Vec::new() }),
                alias: None,
            };
            join.relation = alone;
        }
    }
    let mut factors = select.from.iter().skip(1).map(|from| &from.relation);
    let mut joined = select.from.iter().flat_map(|from| from.joins.iter().map(|join| &join.relation));
    let mut operators = select.from.iter().flat_map(|from| from.joins.iter().map(|join| &join.join_operator));
    if !factors.any(is_of_neighbour) && !joined.any(is_of_neighbour) && !operators.any(is_using_the_right) {
        return Ok(());
    }
    let has_array = select
        .from
        .iter()
        .any(|from| is_of_neighbour(&from.relation) || from.joins.iter().any(|join| is_of_neighbour(&join.relation)));
    let mut folded: Option<TableWithJoins> = None;
    for from in std::mem::take(&mut select.from) {
        let is_first = folded.is_none();
        let mut all = match folded.take() {
            None => TableWithJoins { relation: from.relation, joins: Vec::new() },
            Some(before) => beside(before, from.relation),
        };
        for join in from.joins {
            let one_sided = matches!(
                join.join_operator,
                JoinOperator::Right(_) | JoinOperator::RightOuter(_) | JoinOperator::FullOuter(_)
            );
            let beside_an_array = has_array || is_of_neighbour(&join.relation);
            if one_sided && beside_an_array && (!is_first || is_of_neighbour(&join.relation)) {
                let hint = "put the UNNEST into a subquery";
                return Err(unsupported("a RIGHT or FULL JOIN beside an array of a table", hint, join.span()));
            }
            all = with(all, join);
        }
        folded = Some(all);
    }
    select.from.extend(folded);
    Ok(())
}

/// Names that relations of a query go by, in lower case.
pub(super) fn names(select: &Select) -> Vec<String> {
    fn of(factor: &TableFactor, names: &mut Vec<String>) {
        match factor {
            TableFactor::NestedJoin { table_with_joins, .. } => {
                of(&table_with_joins.relation, names);
                table_with_joins.joins.iter().for_each(|join| of(&join.relation, names));
            }
            TableFactor::Table { alias: Some(alias), .. }
            | TableFactor::Derived { alias: Some(alias), .. }
            | TableFactor::UNNEST { alias: Some(alias), .. } => names.push(alias.name.value.to_lowercase()),
            TableFactor::Table { name, alias: None, .. } => {
                names.extend(name.0.last().and_then(ObjectNamePart::as_ident).map(|ident| ident.value.to_lowercase()));
            }
            _ => {}
        }
    }
    let mut names = Vec::new();
    for from in &select.from {
        of(&from.relation, &mut names);
        from.joins.iter().for_each(|join| of(&join.relation, &mut names));
    }
    names
}

/// `t.items` as the array that it is.
fn path_to_array(factor: &mut TableFactor, names: &mut Vec<String>) {
    if let TableFactor::Table { name, alias, args: None, .. } = factor {
        let parts: Vec<Ident> = name.0.iter().filter_map(ObjectNamePart::as_ident).cloned().collect();
        // As the gate decides whether it is a table.
        let of_neighbour = parts.len() > 1
            && parts.iter().all(|part| part.quote_style.is_none())
            && parts.first().is_some_and(|first| names.contains(&first.value));
        if of_neighbour {
            let alias = alias.clone().or_else(|| parts.last().cloned().map(named));
            *factor = TableFactor::UNNEST {
                alias,
                array_exprs: vec![Expr::CompoundIdentifier(parts)],
                with_offset: false,
                with_offset_alias: None,
                with_ordinality: false,
            };
        }
    }
    match factor {
        TableFactor::Table { alias: Some(alias), .. }
        | TableFactor::Derived { alias: Some(alias), .. }
        | TableFactor::UNNEST { alias: Some(alias), .. } => names.push(alias.name.value.clone()),
        TableFactor::Table { name, alias: None, .. } => {
            names.extend(name.0.last().and_then(ObjectNamePart::as_ident).map(|ident| ident.value.clone()));
        }
        _ => {}
    }
}

/// All so far as one relation.
fn bracket(all: TableWithJoins) -> TableFactor {
    match all.joins.is_empty() {
        true => all.relation,
        false => TableFactor::NestedJoin { table_with_joins: Box::new(all), alias: None },
    }
}

fn beside(before: TableWithJoins, relation: TableFactor) -> TableWithJoins {
    let join = Join { relation, global: false, join_operator: JoinOperator::CrossJoin(JoinConstraint::None) };
    with(before, join)
}

fn with(mut before: TableWithJoins, join: Join) -> TableWithJoins {
    if is_of_neighbour(&join.relation) || is_using_the_right(&join.join_operator) {
        let pair = TableWithJoins { relation: bracket(before), joins: vec![join] };
        let relation = TableFactor::NestedJoin { table_with_joins: Box::new(pair), alias: None };
        return TableWithJoins { relation, joins: Vec::new() };
    }
    before.joins.push(join);
    before
}
