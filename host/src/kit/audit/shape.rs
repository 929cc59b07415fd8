//! What a plain run showed of each query, and what can be done to it.

use std::collections::BTreeSet;

use super::injection::{Injection, InjectionKind};
use crate::model::{ColumnInfo, Kind, Param, Problem};

/// A query, as a report names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// Which of the run's queries that reached a source, from 1 on, over all sources, estimates included.
    pub number: u32,
    /// The source's configured name.
    pub source: String,
    /// The statement, parameters as `@name`.
    pub sql: String,
}

/// One query and what came back.
#[derive(Debug, Clone, PartialEq)]
pub struct Shape {
    /// The query.
    pub asked: Asked,
    /// What was bound.
    pub params: Vec<Param>,
    /// What came back.
    pub answer: Answer,
}

/// What came back for a query.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// Nothing before the run ended.
    Nothing,
    /// A problem, at once or after some rows.
    Problem(Problem),
    /// An estimate.
    Estimate,
    /// Rows.
    Rows {
        /// In order.
        columns: Vec<ColumnShape>,
        /// How many the check took.
        rows: u64,
        /// Whether the check read on until it was told that there are no more.
        ended: bool,
    },
}

/// One column, as far as the check read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnShape {
    /// Name, kind, and whether a null may occur.
    pub info: ColumnInfo,
    /// How many values are null.
    pub nulls: u64,
    /// Whether the first is.
    pub first_null: bool,
}

/// What was asked, so that it is known again. Two requests are one if they cannot be told apart in writing: what the
/// sandbox goes by, too. An estimate is not what it estimates.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Request {
    source: String,
    sql: String,
    params: String,
    estimate: bool,
}

impl Request {
    pub(super) fn new(source: &str, sql: &str, params: &[Param], estimate: bool) -> Self {
        Self { source: source.to_owned(), sql: sql.to_owned(), params: format!("{params:?}"), estimate }
    }
}

impl Shape {
    pub(super) fn request(&self) -> Request {
        Request::new(&self.asked.source, &self.asked.sql, &self.params, self.is_estimate())
    }

    /// Whether only an estimate was asked for.
    #[must_use]
    pub fn is_estimate(&self) -> bool {
        self.answer == Answer::Estimate
    }

    /// How many rows the check took.
    #[must_use]
    pub fn rows(&self) -> u64 {
        match self.answer {
            Answer::Rows { rows, .. } => rows,
            Answer::Nothing | Answer::Problem(_) | Answer::Estimate => 0,
        }
    }

    /// The columns of the answer.
    #[must_use]
    pub fn columns(&self) -> &[ColumnShape] {
        match &self.answer {
            Answer::Rows { columns, .. } => columns,
            Answer::Nothing | Answer::Problem(_) | Answer::Estimate => &[],
        }
    }
}

/// All that can be done to an answer of this shape, in the order of [`InjectionKind::ALL`] and of its columns.
///
/// What would change nothing is left out. So is what is done to a column of an answer without rows, where no value
/// depends on it: a [`super::Report`] lists the queries to which no case gives rows. Of several columns with one
/// name only the first is touched. Nothing is done to a query that had no answer in the plain run either.
#[must_use]
pub fn injections_for(shape: &Shape) -> Vec<Injection> {
    let mut injections = Vec::new();
    for kind in InjectionKind::ALL {
        if kind.takes_column() {
            let mut names = BTreeSet::new();
            let firsts = shape.columns().iter().filter(|column| names.insert(&column.info.name));
            let fitting = firsts.filter(|column| fits_column(kind, shape.rows(), column));
            injections.extend(fitting.filter_map(|column| Injection::of_column(kind, &column.info.name)));
        } else if fits_answer(kind, &shape.answer) {
            injections.extend(Injection::of_answer(kind));
        }
    }
    injections
}

fn fits_answer(kind: InjectionKind, answer: &Answer) -> bool {
    let rows = match answer {
        Answer::Nothing | Answer::Problem(_) => return false,
        Answer::Estimate => return matches!(kind, InjectionKind::ErrorRetryable | InjectionKind::ErrorPermanent),
        Answer::Rows { rows, .. } => *rows,
    };
    match kind {
        // Half of one row would be none: that is an empty result.
        InjectionKind::Truncated | InjectionKind::ReorderedRows => rows >= 2,
        InjectionKind::EmptyResult | InjectionKind::DuplicateRows => rows >= 1,
        _ => true,
    }
}

fn fits_column(kind: InjectionKind, rows: u64, column: &ColumnShape) -> bool {
    let some = column.nulls < rows;
    match kind {
        InjectionKind::Nulls | InjectionKind::ChangedType => some,
        // The first of one row is all of them.
        InjectionKind::NullFirstRow => rows >= 2 && some && !column.first_null,
        InjectionKind::Nan | InjectionKind::Infinity | InjectionKind::NegativeInfinity => {
            rows >= 1 && column.info.kind == Kind::Float64
        }
        _ => rows >= 1,
    }
}
