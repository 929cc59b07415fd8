//! What is written once and computed more often: `x BETWEEN a AND b` becomes `x >= a AND x <= b`. Nested, it doubles at every
//! level, so that a short statement could become one without end; here it is counted before it is copied.

use std::ops::ControlFlow;

use sqlparser::ast::{
    Expr, Function, FunctionArguments, ObjectNamePart, Query, Spanned, Value, ValueWithSpan, Visit, Visitor,
};

use super::expressions::is_structure;
use super::unsupported;
use crate::model::Problem;

/// Most expressions that are copied for one statement.
const COPIED_MAX: usize = 50_000;

/// Expressions that a copied subquery counts for: it is planned and run again.
const SUBQUERY: usize = 500;

/// Bytes of a copied text that count for an expression.
const TEXT: usize = 100;

/// What was copied so far.
#[derive(Debug, Default)]
pub(super) struct Copies {
    copied: usize,
}

impl Copies {
    /// Counts what rewriting an expression will copy.
    ///
    /// # Errors
    /// When all copies together are too many.
    pub(super) fn count(&mut self, expr: &Expr) -> Result<(), Problem> {
        let (times, part) = copied(expr);
        if times == 0 {
            return Ok(());
        }
        let left = COPIED_MAX - self.copied;
        let mut size = Size { nodes: 0, most: left / times };
        // It stops where there are too many.
        let fits = part.visit(&mut size).is_continue();
        self.copied += size.nodes.saturating_mul(times).min(left);
        match fits {
            true => Ok(()),
            false => {
                let what = "a statement that computes the same expressions so many times";
                let hint = "compute the inner expressions in a subquery and use their names";
                Err(unsupported(what, hint, expr.span()))
            }
        }
    }
}

/// How many times which part of an expression is copied.
fn copied(expr: &Expr) -> (usize, &Expr) {
    match expr {
        Expr::Between { expr: value, .. } => (1, value),
        Expr::Like { any: true, expr: value, pattern, .. } => match &**pattern {
            Expr::Tuple(patterns) => (patterns.len(), value),
            _ => (1, value),
        },
        Expr::InList { expr: needle, list, .. } if list.iter().any(is_structure) => (list.len(), needle),
        Expr::Case { operand: Some(operand), conditions, .. } => (conditions.len(), operand),
        Expr::Function(Function { name, args: FunctionArguments::List(_), .. }) => match name.0.as_slice() {
            [ObjectNamePart::Identifier(name)] => {
                let is_copying = COPYING.iter().any(|copying| name.value.eq_ignore_ascii_case(copying));
                (usize::from(is_copying), expr)
            }
            _ => (0, expr),
        },
        _ => (0, expr),
    }
}

/// Functions whose arguments are written more than once.
const COPYING: &[&str] =
    &["ANY_VALUE", "ARRAY_AGG", "COALESCE", "COUNTIF", "IFNULL", "MAX_BY", "MIN_BY", "NULLIF", "STRING_AGG"];

struct Size {
    nodes: usize,
    most: usize,
}

impl Size {
    fn add(&mut self, nodes: usize) -> ControlFlow<()> {
        self.nodes += nodes;
        if self.nodes > self.most { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }
}

impl Visitor for Size {
    type Break = ();

    fn pre_visit_expr(&mut self, _: &Expr) -> ControlFlow<()> {
        self.add(1)
    }

    fn pre_visit_value(&mut self, value: &ValueWithSpan) -> ControlFlow<()> {
        match &value.value {
            Value::SingleQuotedString(text) | Value::HexStringLiteral(text) => self.add(text.len() / TEXT),
            _ => ControlFlow::Continue(()),
        }
    }

    fn pre_visit_query(&mut self, _: &Query) -> ControlFlow<()> {
        self.add(SUBQUERY)
    }
}
