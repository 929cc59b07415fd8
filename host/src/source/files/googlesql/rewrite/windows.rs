//! Named windows: one that is built on another is written out, since the engine would forget what it is built on.

use std::ops::ControlFlow;

use sqlparser::ast::{
    Expr, Ident, NamedWindowDefinition, NamedWindowExpr, Select, SelectItem, VisitMut, VisitorMut, WindowSpec,
    WindowType,
};

use super::invalid;
use super::tree::lower;
use crate::model::Problem;

/// Writes the windows of a query out.
pub(super) fn written_out(select: &mut Select) -> Result<(), Problem> {
    let mut known: Vec<(String, WindowSpec)> = Vec::new();
    for NamedWindowDefinition(name, definition) in &mut select.named_window {
        lower(name);
        let spec = match definition {
            NamedWindowExpr::NamedWindow(other) => {
                lower(other);
                built_on(other, &known)?.clone()
            }
            NamedWindowExpr::WindowSpec(spec) => {
                write_out(spec, &known)?;
                spec.clone()
            }
        };
        *definition = NamedWindowExpr::WindowSpec(spec.clone());
        known.push((name.value.clone(), spec));
    }
    let mut calls = Calls { known: &known };
    let mut visit = |expr: &mut Expr| match expr.visit(&mut calls) {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(problem) => Err(problem),
    };
    for item in &mut select.projection {
        if let SelectItem::UnnamedExpr(expr) | SelectItem::ExprWithAlias { expr, .. } = item {
            visit(expr)?;
        }
    }
    select.qualify.iter_mut().try_for_each(visit)
}

fn built_on<'a>(name: &Ident, known: &'a [(String, WindowSpec)]) -> Result<&'a WindowSpec, Problem> {
    let lower = name.value.to_lowercase();
    known.iter().find(|(known, _)| *known == lower).map(|(_, spec)| spec).ok_or_else(|| {
        invalid(format!("there is no window `{name}` before this one"), "define it first: WINDOW w AS (...)", name.span)
    })
}

fn write_out(spec: &mut WindowSpec, known: &[(String, WindowSpec)]) -> Result<(), Problem> {
    let Some(name) = spec.window_name.take() else { return Ok(()) };
    let base = built_on(&name, known)?;
    let hint = "write the window out";
    if !spec.partition_by.is_empty() || base.window_frame.is_some() {
        return Err(invalid("a window built on another has a PARTITION BY, or the other a frame", hint, name.span));
    }
    if !base.order_by.is_empty() && !spec.order_by.is_empty() {
        return Err(invalid("both a window and the one it is built on have an ORDER BY", hint, name.span));
    }
    spec.partition_by.clone_from(&base.partition_by);
    if spec.order_by.is_empty() {
        spec.order_by.clone_from(&base.order_by);
    }
    Ok(())
}

struct Calls<'a> {
    known: &'a [(String, WindowSpec)],
}

impl VisitorMut for Calls<'_> {
    type Break = Problem;

    fn pre_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<Problem> {
        if let Expr::Function(function) = expr
            && let Some(WindowType::WindowSpec(spec)) = &mut function.over
            && let Err(problem) = write_out(spec, self.known)
        {
            return ControlFlow::Break(problem);
        }
        ControlFlow::Continue(())
    }
}
