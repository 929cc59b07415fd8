//! Which tables a query reads: every relation that is neither a common table expression in scope nor an
//! array of a relation beside it.
//!
//! Scopes follow GoogleSQL, and in doubt a name counts as a table: a table too many ends in a refusal. A common table
//! expression is seen by the query it belongs to, by what is nested in it and by the expressions behind it;
//! with `RECURSIVE` also by itself.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use sqlparser::ast::{
    Expr, FunctionArguments, Ident, ObjectName, ObjectNamePart, Query, Select, Spanned, Statement, TableFactor, Visit,
    VisitMut, Visitor, VisitorMut,
};
use sqlparser::tokenizer::Span;

use super::position::{invalid, unsupported};
use super::text::too_deep;
use crate::model::Problem;
use crate::source::TableName;

/// Most relations that the statement may come to read once common table expressions are put in the place of
/// their names: seven that each use the one before twice make 127. The time to plan a join grows with the cube of
/// their number, and planners walk a subquery within an
/// expression again for every subquery around it, so each of those doubles what is in it.
const RELATIONS_MAX: u64 = 128;

/// Most parts of a table's name.
const PARTS_MAX: usize = 3;

/// Splits names quoted as a whole at their dots, as GoogleSQL does, and refuses what is no name of a table.
pub(super) fn split_names(statement: &mut Statement) -> Result<(), Problem> {
    struct Split;
    impl VisitorMut for Split {
        type Break = Problem;

        fn pre_visit_relation(&mut self, name: &mut ObjectName) -> ControlFlow<Problem> {
            match split(name) {
                Ok(parts) => {
                    name.0 = parts.into_iter().map(ObjectNamePart::Identifier).collect();
                    ControlFlow::Continue(())
                }
                Err(problem) => ControlFlow::Break(problem),
            }
        }
    }
    match statement.visit(&mut Split) {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(problem) => Err(problem),
    }
}

/// The tables of a statement whose names are split.
pub(super) fn tables(statement: &Statement) -> Result<BTreeSet<TableName>, Problem> {
    let mut scopes = Scopes {
        tables: BTreeSet::new(),
        queries: Vec::new(),
        selects: Vec::new(),
        weights: vec![0],
        announced: BTreeSet::new(),
        nested: Vec::new(),
    };
    match statement.visit(&mut scopes) {
        ControlFlow::Continue(()) => Ok(scopes.tables),
        ControlFlow::Break(problem) => Err(problem),
    }
}

const NAME_HINT: &str = "name tables as `table`, `dataset.table` or `project.dataset.table`, with letters, digits, `_`, \
                         `-` and blanks; quote with backticks";

fn split(name: &ObjectName) -> Result<Vec<Ident>, Problem> {
    let span = name.span();
    let refused = || unsupported(format!("`{name}` as the name of a table"), NAME_HINT, span);
    let mut parts = Vec::new();
    for part in &name.0 {
        let ObjectNamePart::Identifier(ident) = part else { return Err(refused()) };
        if !matches!(ident.quote_style, None | Some('`')) {
            return Err(refused());
        }
        for value in ident.value.split('.') {
            let fits = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | ' ');
            if value.trim() != value || value.is_empty() || !value.chars().all(fits) {
                return Err(refused());
            }
            parts.push(Ident { value: value.to_owned(), quote_style: ident.quote_style, span: ident.span });
        }
    }
    if parts.is_empty() || parts.len() > PARTS_MAX { Err(refused()) } else { Ok(parts) }
}

/// One `WITH` and how far it has been walked.
struct QueryScope {
    ctes: Vec<Cte>,
    recursive: bool,
    /// The expression that is being walked.
    current: Option<usize>,
    /// How many are behind.
    done: usize,
}

struct Cte {
    name: String,
    /// Only ever compared: tells the query of the expression from the others.
    query: *const Query,
    /// Relations it comes to read.
    weight: u64,
}

struct Scopes {
    tables: BTreeSet<TableName>,
    queries: Vec<QueryScope>,
    /// Names that the relations of each open SELECT go by, as far as its FROM has been walked.
    selects: Vec<Vec<String>>,
    /// Relations read so far by the statement, each open common table expression and each open subquery within
    /// an expression.
    weights: Vec<u64>,
    /// Subqueries within expressions, before they are walked and while they are. Only ever compared.
    announced: BTreeSet<*const Query>,
    nested: Vec<*const Query>,
}

impl Scopes {
    fn cte_weight(&self, name: &str) -> Option<u64> {
        self.queries.iter().rev().find_map(|scope| {
            let itself = scope.current.filter(|_| scope.recursive).and_then(|at| scope.ctes.get(at));
            let seen = scope.ctes.iter().take(scope.done).chain(itself);
            seen.filter(|cte| cte.name == name).map(|cte| cte.weight).next()
        })
    }

    fn cte_but_for_case(&self, name: &str) -> Option<String> {
        let scopes = self.queries.iter().flat_map(|scope| &scope.ctes);
        let mut similar = scopes.filter(|cte| cte.name != name && cte.name.eq_ignore_ascii_case(name));
        similar.next().map(|cte| cte.name.clone())
    }

    fn add(&mut self, weight: u64, span: Span) -> ControlFlow<Problem> {
        let total = self.weights.last_mut().expect("the statement's own weight is never popped");
        *total = total.saturating_add(weight);
        if *total > RELATIONS_MAX {
            let what = format!("a statement that comes to read more than {RELATIONS_MAX} relations");
            return ControlFlow::Break(unsupported(
                what,
                "a WITH expression is read again at every use: use it fewer times, and nest subqueries less deeply",
                span,
            ));
        }
        ControlFlow::Continue(())
    }

    fn is_array_of_neighbour(&self, parts: &[&Ident]) -> bool {
        let [first, _, ..] = parts else { return false };
        let unquoted = parts.iter().all(|part| part.quote_style.is_none());
        unquoted && self.selects.last().is_some_and(|names| names.contains(&first.value))
    }

    fn name_factor(&mut self, name: &str) {
        if let Some(names) = self.selects.last_mut() {
            names.push(name.to_owned());
        }
    }
}

impl Visitor for Scopes {
    type Break = Problem;

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<Problem> {
        if let Some(scope) = self.queries.last_mut()
            && let Some(at) = scope.ctes.iter().position(|cte| std::ptr::eq(cte.query, query))
        {
            scope.current = Some(at);
            self.weights.push(0);
        }
        let this = std::ptr::from_ref(query);
        if self.announced.remove(&this) {
            self.nested.push(this);
            self.weights.push(0);
        }
        let with = query.with.as_ref();
        let ctes = with.map_or(&[][..], |with| &with.cte_tables).iter();
        let ctes: Vec<Cte> = ctes
            .map(|cte| Cte { name: cte.alias.name.value.clone(), query: std::ptr::from_ref(&*cte.query), weight: 1 })
            .collect();
        let recursive = with.is_some_and(|with| with.recursive);
        self.queries.push(QueryScope { ctes, recursive, current: None, done: 0 });
        if self.queries.len() > 64 { ControlFlow::Break(too_deep()) } else { ControlFlow::Continue(()) }
    }

    fn post_visit_query(&mut self, query: &Query) -> ControlFlow<Problem> {
        self.queries.pop();
        if self.nested.pop_if(|nested| std::ptr::eq(*nested, query)).is_some() {
            let weight = self.weights.pop().unwrap_or_default();
            return self.add(weight.saturating_mul(2).saturating_add(1), Span::empty());
        }
        if let Some(scope) = self.queries.last_mut()
            && let Some(at) = scope.current
            && scope.ctes.get(at).is_some_and(|cte| std::ptr::eq(cte.query, query))
        {
            let weight = self.weights.pop().unwrap_or_default();
            if let Some(cte) = scope.ctes.get_mut(at) {
                cte.weight = weight.saturating_add(1);
            }
            scope.done = at + 1;
            scope.current = None;
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<Problem> {
        let subquery = match expr {
            Expr::Subquery(query) => query,
            Expr::Exists { subquery, .. } | Expr::InSubquery { subquery, .. } => subquery,
            Expr::Function(function) => match &function.args {
                FunctionArguments::Subquery(query) => query,
                FunctionArguments::None | FunctionArguments::List(_) => return ControlFlow::Continue(()),
            },
            _ => return ControlFlow::Continue(()),
        };
        self.announced.insert(std::ptr::from_ref(&**subquery));
        ControlFlow::Continue(())
    }

    fn pre_visit_select(&mut self, _select: &Select) -> ControlFlow<Problem> {
        self.selects.push(Vec::new());
        ControlFlow::Continue(())
    }

    fn post_visit_select(&mut self, _select: &Select) -> ControlFlow<Problem> {
        self.selects.pop();
        ControlFlow::Continue(())
    }

    fn pre_visit_relation(&mut self, name: &ObjectName) -> ControlFlow<Problem> {
        let parts: Vec<&Ident> = name.0.iter().filter_map(ObjectNamePart::as_ident).collect();
        let span = name.span();
        if let [only] = parts.as_slice()
            && let Some(weight) = self.cte_weight(&only.value)
        {
            return self.add(weight, span);
        }
        if let [only] = parts.as_slice()
            && let Some(known) = self.cte_but_for_case(&only.value)
        {
            // What differs in case may be an expression to one reader and a table to another.
            let message = format!("`{}` is named `{known}` where WITH defines it", only.value);
            let hint = "write both alike; a table of that name goes by its dataset: `dataset.table`";
            return ControlFlow::Break(invalid(message, span).with_hint(hint));
        }
        if !self.is_array_of_neighbour(&parts) {
            self.tables.insert(TableName::new(parts.iter().map(|part| part.value.clone()).collect()));
        }
        self.add(1, span)
    }

    fn post_visit_table_factor(&mut self, factor: &TableFactor) -> ControlFlow<Problem> {
        match factor {
            TableFactor::Table { alias: Some(alias), .. }
            | TableFactor::Derived { alias: Some(alias), .. }
            | TableFactor::UNNEST { alias: Some(alias), .. } => self.name_factor(&alias.name.value.clone()),
            TableFactor::Table { name, alias: None, .. } => {
                if let Some(last) = name.0.last().and_then(ObjectNamePart::as_ident) {
                    self.name_factor(&last.value.clone());
                }
            }
            _ => {}
        }
        ControlFlow::Continue(())
    }
}
