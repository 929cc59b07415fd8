//! The read-only gate: the same for every source, before anything runs.
//!
//! One function, [`read_statement`], and what it returns, [`ReadStatement`]. The text is GoogleSQL and is
//! parsed once; the tree that is checked here is the tree that a source executes, so no second parser can
//! read the text differently.
//!
//! Invariants: a `ReadStatement` is a single query without any write, lock, table function or unbound
//! parameter; [`ReadStatement::tables`] holds every table it reads (in doubt one too many: that ends in a
//! refusal, never in a leak); text, nesting and number of relations are bounded, so that neither walking nor
//! planning the tree can exhaust the stack or memory of the host.

mod dialect;
mod params;
mod position;
mod shape;
mod tables;
#[cfg(test)]
mod tests;
mod text;
mod words;

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::Timestamp;
use sqlparser::ast::Statement;
use sqlparser::parser::{Parser, ParserError};

use self::dialect::GoogleSql;
use super::TableName;
use super::asked::Asked;
use crate::model::{Param, Problem, ProblemCode};

/// Most parameters of one statement.
const PARAMS_MAX: usize = 256;

/// How deep the parser may descend; deeper is an error.
const RECURSION_MAX: usize = 128;

/// A single read statement with its parameters bound and its tables known.
#[derive(Debug, Clone)]
pub struct ReadStatement {
    text: String,
    params: Vec<Param>,
    ast: Arc<Statement>,
    tables: BTreeSet<TableName>,
    as_of: Option<Timestamp>,
    asked: Option<Arc<Asked>>,
}

impl ReadStatement {
    /// Asked at some instant: a source that knows since when its rows are there shows those of then.
    #[must_use]
    pub fn at(self, instant: Timestamp) -> Self {
        Self { as_of: Some(instant), ..self }
    }

    /// Asked on somebody's behalf: a source that bills says so, and keeps to what they may be billed.
    #[must_use]
    pub fn asked_for(self, asked: Asked) -> Self {
        Self { asked: Some(Arc::new(asked)), ..self }
    }

    /// On whose behalf it is asked; None for the host's own.
    #[must_use]
    pub fn asked(&self) -> Option<&Asked> {
        self.asked.as_deref()
    }

    /// The instant at which it is asked; None for whatever is there now.
    #[must_use]
    pub fn as_of(&self) -> Option<Timestamp> {
        self.as_of
    }

    /// Every table that the statement touches, subqueries included, common table expressions resolved.
    #[must_use]
    pub fn tables(&self) -> &BTreeSet<TableName> {
        &self.tables
    }

    /// The statement as it was given, parameters as `@name`.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The parameters as they were given.
    #[must_use]
    pub fn params(&self) -> &[Param] {
        &self.params
    }

    /// The checked tree, with literals in place of parameters.
    #[must_use]
    pub(in crate::source) fn ast(&self) -> &Statement {
        &self.ast
    }
}

/// Parses `sql`, refuses anything but a single read statement, and binds `params`.
///
/// # Errors
/// `invalid-sql`, `unsupported-sql`, `not-read-only` or `bad-parameter`.
pub fn read_statement(sql: &str, params: Vec<Param>) -> Result<ReadStatement, Problem> {
    if params.len() > PARAMS_MAX {
        let message = format!("{} parameters: at most {PARAMS_MAX} can be bound", params.len());
        return Err(Problem::new(ProblemCode::BadParameter, message).with_hint("pass a list as one array parameter"));
    }
    let tokens = text::statement_tokens(sql)?;
    let dialect = GoogleSql::default();
    let mut parser = Parser::new(&dialect).with_recursion_limit(RECURSION_MAX).with_tokens_with_locations(tokens);
    let mut ast = parser.parse_statement().map_err(|error| unparsable(&error))?;
    let rest = parser.peek_token();
    if rest.token != sqlparser::tokenizer::Token::EOF {
        return Err(position::invalid(format!("`{}` was not expected", rest.token), rest.span));
    }
    shape::check(&ast)?;
    tables::split_names(&mut ast)?;
    let tables = tables::tables(&ast)?;
    params::bind(&mut ast, &params)?;
    Ok(ReadStatement { text: sql.to_owned(), params, ast: Arc::new(ast), tables, as_of: None, asked: None })
}

fn unparsable(error: &ParserError) -> Problem {
    match error {
        ParserError::RecursionLimitExceeded => text::too_deep(),
        ParserError::TokenizerError(message) | ParserError::ParserError(message) => {
            Problem::new(ProblemCode::InvalidSql, format!("the statement cannot be parsed: {message}"))
                .with_hint("statements are GoogleSQL, the dialect of BigQuery")
        }
    }
}
