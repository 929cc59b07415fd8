//! Queries and what they select: names of columns, and `SELECT AS STRUCT`.

use sqlparser::ast::{
    Expr, Ident, ObjectNamePart, Query, Select, SelectItem, SelectItemQualifiedWildcardKind, SetExpr, Spanned,
    Statement, Value, ValueTableMode, ValueWithSpan, WildcardAdditionalOptions,
};

use super::super::cast;
use super::super::types::Type;
use super::expressions::name_of;
use super::tree::{call, lower};
use super::{relations, subqueries, unsupported, windows};
use crate::model::Problem;

/// The rows of the whole statement are rows, whatever they are called.
pub(super) fn top_level(statement: &mut Statement) {
    let Statement::Query(query) = statement else { return };
    let mut body = &mut *query.body;
    loop {
        match body {
            SetExpr::Query(inner) => body = &mut inner.body,
            SetExpr::Select(select) => {
                match (&select.value_table_mode, select.projection.as_slice()) {
                    (Some(ValueTableMode::AsStruct), _) => select.value_table_mode = None,
                    (Some(ValueTableMode::AsValue), [SelectItem::UnnamedExpr(Expr::Struct { values, fields })])
                        if fields.is_empty() =>
                    {
                        let columns = values.iter().map(|value| match value {
                            Expr::Named { expr, name } => {
                                SelectItem::ExprWithAlias { expr: (**expr).clone(), alias: name.clone() }
                            }
                            value => SelectItem::UnnamedExpr(value.clone()),
                        });
                        select.projection = columns.collect();
                        select.value_table_mode = None;
                    }
                    _ => {}
                }
                return;
            }
            _ => return,
        }
    }
}

/// What belongs to a query as a whole; the names that its `WITH` defines.
pub(super) fn query(query: &mut Query, around: &[Vec<String>]) -> Result<Vec<String>, Problem> {
    let Some(with) = &mut query.with else { return Ok(Vec::new()) };
    let mut names = Vec::with_capacity(with.cte_tables.len());
    for cte in &mut with.cte_tables {
        cte.alias.columns.iter_mut().for_each(|column| lower(&mut column.name));
        let name = &cte.alias.name;
        if around.iter().flatten().any(|known| *known == name.value) {
            let what = format!("`{}` defined by a WITH within the query that it is defined for", name.value);
            return Err(unsupported(what, "give it another name", name.span));
        }
        names.push(name.value.clone());
    }
    Ok(names)
}

/// A `SELECT` before what it is made of.
pub(super) fn select(select: &mut Select) -> Result<(), Problem> {
    relations::fold(select)?;
    let names = relations::names(select);
    relations::shared(select);
    windows::written_out(select)?;
    let mut anonymous = 0;
    for item in &mut select.projection {
        named(item, &mut anonymous, &names)?;
    }
    let span = select.select_token.0.span;
    match select.value_table_mode.take() {
        None | Some(ValueTableMode::AsValue) => Ok(()),
        Some(ValueTableMode::AsStruct) => {
            let fields = select.projection.drain(..).map(|item| match item {
                SelectItem::ExprWithAlias { expr, alias } => Some(Expr::Named { expr: Box::new(expr), name: alias }),
                SelectItem::UnnamedExpr(expr) => {
                    let name = name_of(&expr)?;
                    Some(Expr::Named { expr: Box::new(expr), name: Ident::new(name) })
                }
                _ => None,
            });
            let Some(values) = fields.collect::<Option<Vec<_>>>() else {
                return Err(unsupported("`SELECT AS STRUCT *`", "name the columns", span));
            };
            let expr = Expr::Struct { values, fields: Vec::new() };
            select.projection.push(SelectItem::ExprWithAlias { expr, alias: Ident::new("f0_") });
            Ok(())
        }
        Some(_) => Err(unsupported("this form of `SELECT AS`", "select the columns one by one", span)),
    }
}

/// Every column has a name: what has none of its own is `f0_`, `f1_` and so on.
fn named(item: &mut SelectItem, anonymous: &mut usize, relations: &[String]) -> Result<(), Problem> {
    match item {
        SelectItem::UnnamedExpr(expr) => {
            let alias = match &*expr {
                Expr::Identifier(_) => return Ok(()),
                expr => name_of(expr).unwrap_or_else(|| {
                    *anonymous += 1;
                    format!("f{}_", *anonymous - 1)
                }),
            };
            subqueries::as_values(expr)?;
            let expr = typed(std::mem::replace(expr, Expr::value(Value::Null)));
            *item = SelectItem::ExprWithAlias { expr, alias: Ident::new(alias.to_lowercase()) };
        }
        SelectItem::ExprWithAlias { expr, alias } => {
            lower(alias);
            subqueries::as_values(expr)?;
            *expr = typed(std::mem::replace(expr, Expr::value(Value::Null)));
        }
        SelectItem::ExprWithAliases { expr, .. } => {
            return Err(unsupported("several names of one column", "give it one name", expr.span()));
        }
        SelectItem::QualifiedWildcard(kind, options) => {
            match kind {
                SelectItemQualifiedWildcardKind::ObjectName(name) => {
                    let last = name.0.last().and_then(ObjectNamePart::as_ident).map(|ident| ident.value.to_lowercase());
                    if last.is_some_and(|last| !relations.contains(&last)) {
                        return Err(unsupported("all fields of a value", "name the fields", name.span()));
                    }
                    for part in &mut name.0 {
                        if let ObjectNamePart::Identifier(ident) = part {
                            lower(ident);
                        }
                    }
                }
                SelectItemQualifiedWildcardKind::Expr(expr) => {
                    return Err(unsupported("all fields of a value", "name the fields", expr.span()));
                }
            }
            wildcard(options);
        }
        SelectItem::Wildcard(options) => wildcard(options),
    }
    Ok(())
}

/// A text that is a column is a column of text: it becomes no date by itself.
fn typed(expr: Expr) -> Expr {
    match expr {
        Expr::Value(ValueWithSpan { value: Value::SingleQuotedString(_), span }) => {
            call(&cast::name(&Type::String), vec![expr], span)
        }
        expr => expr,
    }
}

fn wildcard(options: &mut WildcardAdditionalOptions) {
    if let Some(except) = &mut options.opt_except {
        lower(&mut except.first_element);
        except.additional_elements.iter_mut().for_each(lower);
    }
    if let Some(replace) = &mut options.opt_replace {
        replace.items.iter_mut().for_each(|item| lower(&mut item.column_name));
    }
}
