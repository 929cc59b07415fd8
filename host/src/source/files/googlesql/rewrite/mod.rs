//! From GoogleSQL's syntax tree to one that the engine can plan: names in one case, calls by the engine's names,
//! constructs that the engine does not have by those that it has.
//!
//! What depends on types happens later, in [`operators`](super::operators) and [`relations`](super::relations). A call
//! that is made here is marked by the quotes of its name, which no statement can write, and is not looked at again.

mod calls;
mod conditions;
mod copies;
mod expressions;
mod literals;
mod relations;
mod selects;
mod subqueries;
mod tree;
mod windows;

use std::ops::ControlFlow;

use sqlparser::ast::{Expr, Query, Select, Statement, TableFactor, VisitMut, VisitorMut};
use sqlparser::tokenizer::Span;

pub(in crate::source::files) use self::conditions::LEVEL as CONDITION_LEVEL;
use self::copies::Copies;
pub(in crate::source::files::googlesql) use self::expressions::name_of;
pub(in crate::source::files::googlesql) use self::relations::{USING, is_made_up, is_of_neighbour, is_using_the_right};
use super::registry::Registry;
use crate::model::{Problem, ProblemCode};

/// The tree as the engine is to plan it.
///
/// # Errors
/// `unsupported-sql` or `invalid-sql`, naming the construct and its place.
pub(in crate::source::files) fn rewritten(statement: &Statement, registry: &Registry) -> Result<Statement, Problem> {
    let mut statement = statement.clone();
    selects::top_level(&mut statement);
    match statement.visit(&mut Rewriter { registry, relations: 0, tables: Vec::new(), copies: Copies::default() }) {
        ControlFlow::Continue(()) => {
            conditions::bounded(&statement)?;
            Ok(statement)
        }
        ControlFlow::Break(problem) => Err(problem),
    }
}

struct Rewriter<'a> {
    registry: &'a Registry,
    /// Relations without a name so far.
    relations: usize,
    /// Names that the `WITH` of each open query defines.
    tables: Vec<Vec<String>>,
    /// What was written more than once so far.
    copies: Copies,
}

impl VisitorMut for Rewriter<'_> {
    type Break = Problem;

    fn pre_visit_query(&mut self, query: &mut Query) -> ControlFlow<Problem> {
        let names = selects::query(query, &self.tables);
        flow(names.map(|names| self.tables.push(names)))
    }

    fn post_visit_query(&mut self, _: &mut Query) -> ControlFlow<Problem> {
        self.tables.pop();
        ControlFlow::Continue(())
    }

    fn pre_visit_select(&mut self, select: &mut Select) -> ControlFlow<Problem> {
        flow(selects::select(select))
    }

    fn pre_visit_table_factor(&mut self, factor: &mut TableFactor) -> ControlFlow<Problem> {
        flow(relations::factor(factor, &mut self.relations))
    }

    fn pre_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<Problem> {
        flow(self.copies.count(expr).and_then(|()| expressions::before(self.registry, expr)))
    }

    fn post_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<Problem> {
        expressions::after(self.registry, expr);
        ControlFlow::Continue(())
    }
}

fn flow(result: Result<(), Problem>) -> ControlFlow<Problem> {
    match result {
        Ok(()) => ControlFlow::Continue(()),
        Err(problem) => ControlFlow::Break(problem),
    }
}

fn place(span: Span) -> String {
    match (span.start.line, span.start.column) {
        (0, _) => String::new(),
        (line, column) => format!(" (line {line}, column {column})"),
    }
}

fn unsupported(what: impl AsRef<str>, hint: impl Into<String>, span: Span) -> Problem {
    let message = format!("{} is not supported on files{}", what.as_ref(), place(span));
    Problem::new(ProblemCode::UnsupportedSql, message).with_hint(hint)
}

fn invalid(what: impl AsRef<str>, hint: impl Into<String>, span: Span) -> Problem {
    Problem::new(ProblemCode::InvalidSql, format!("{}{}", what.as_ref(), place(span))).with_hint(hint)
}
