//! Conditions within conditions: whether the result of a CASE may be null is asked of what its conditions compute, several
//! times at each level, so that `IF(IF(… > 1, x, 2) > 1, x, 2)` would be planned without end. Here it is counted first.

use std::collections::HashSet;
use std::ops::ControlFlow;

use sqlparser::ast::{Expr, Spanned as _, Statement, Visit as _, Visitor};

use super::unsupported;
use crate::model::Problem;

/// Most expressions of a statement, each as often as it is looked at.
const LOOKED_AT_MAX: usize = 1_000_000;

/// How often what a condition computes is looked at, at each level. Measured: a level doubles the time.
pub(in crate::source::files) const LEVEL: usize = 3;

/// # Errors
/// `unsupported-sql` when conditions lie too deep within each other.
pub(super) fn bounded(statement: &Statement) -> Result<(), Problem> {
    let mut looked = Looked { conditions: HashSet::new(), times: 1, total: 0 };
    match statement.visit(&mut looked) {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(problem) => Err(problem),
    }
}

struct Looked {
    /// The conditions of the CASEs around, by their places in memory.
    conditions: HashSet<*const Expr>,
    /// How often the expression at hand is looked at.
    times: usize,
    total: usize,
}

impl Visitor for Looked {
    type Break = Problem;

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<Problem> {
        if self.conditions.contains(&std::ptr::from_ref(expr)) {
            self.times = self.times.saturating_mul(LEVEL);
        }
        if let Expr::Case { conditions, .. } = expr {
            self.conditions.extend(conditions.iter().map(|when| std::ptr::from_ref(&when.condition)));
        }
        self.total = self.total.saturating_add(self.times);
        if self.total > LOOKED_AT_MAX {
            let what = "a condition so deep within other conditions";
            return ControlFlow::Break(unsupported(what, "compute the inner one in a subquery", expr.span()));
        }
        ControlFlow::Continue(())
    }

    fn post_visit_expr(&mut self, expr: &Expr) -> ControlFlow<Problem> {
        // A condition is left once; its place may then be another's.
        if self.conditions.remove(&std::ptr::from_ref(expr)) {
            self.times /= LEVEL;
        }
        ControlFlow::Continue(())
    }
}
