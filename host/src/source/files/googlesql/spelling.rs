//! How the columns of an answer are spelled. Names have no case while a statement is planned; in the answer they are as
//! the statement or the table writes them.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use datafusion::arrow::datatypes::SchemaRef;
use sqlparser::ast::{Expr, Ident, Select, SelectItem, SetExpr, Statement, Visit, Visitor};

use super::rewrite::name_of;
use crate::model::{Problem, ProblemCode};

/// The columns of the answer to `statement`, which are called `lower` now.
///
/// # Errors
/// When two are called alike.
pub(in crate::source::files) fn spelled(
    statement: &Statement,
    tables: &[SchemaRef],
    lower: &[String],
) -> Result<Vec<String>, Problem> {
    let mut known: BTreeMap<String, String> = BTreeMap::new();
    let mut learn = |name: &str| {
        known.entry(name.to_lowercase()).or_insert_with(|| name.to_owned());
    };
    if let Statement::Query(query) = statement {
        written(&query.body).iter().for_each(|name| learn(name));
    }
    for field in tables.iter().flat_map(|schema| schema.fields().iter()) {
        learn(field.name());
    }
    struct Aliases<'a>(&'a mut dyn FnMut(&str));
    impl Visitor for Aliases<'_> {
        type Break = ();

        fn pre_visit_select(&mut self, select: &Select) -> ControlFlow<()> {
            for item in &select.projection {
                if let SelectItem::ExprWithAlias { alias, .. } = item {
                    (self.0)(&alias.value);
                }
            }
            ControlFlow::Continue(())
        }

        fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
            if let Expr::Named { name: Ident { value, .. }, .. } = expr {
                (self.0)(value);
            }
            ControlFlow::Continue(())
        }
    }
    // It breaks nowhere.
    let walk = statement.visit(&mut Aliases(&mut learn));
    debug_assert!(walk.is_continue());
    let mut spelled: Vec<String> = Vec::with_capacity(lower.len());
    for name in lower {
        if spelled.iter().any(|before| before.to_lowercase() == *name) {
            let message = format!("two columns of the answer are called `{name}`");
            return Err(Problem::new(ProblemCode::InvalidSql, message).with_hint("give each an alias of its own"));
        }
        spelled.push(known.get(name).unwrap_or(name).clone());
    }
    Ok(spelled)
}

/// Names that the outermost `SELECT` writes.
fn written(body: &SetExpr) -> Vec<String> {
    match body {
        SetExpr::Select(select) => select
            .projection
            .iter()
            .filter_map(|item| match item {
                SelectItem::ExprWithAlias { alias, .. } => Some(alias.value.clone()),
                SelectItem::UnnamedExpr(expr) => name_of(expr),
                _ => None,
            })
            .collect(),
        SetExpr::Query(query) => written(&query.body),
        SetExpr::SetOperation { left, .. } => written(left),
        _ => Vec::new(),
    }
}
