//! What an author declares harmless.

use serde::Deserialize;

use super::injection::{Injection, InjectionKind};
use super::shape::Asked;

/// An injection after which a pass or a skip is right, and why. What is left out holds for all queries or all columns.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Harmless {
    /// Which kind.
    pub injection: InjectionKind,
    /// Into which query.
    #[serde(default)]
    pub query: Option<QuerySelector>,
    /// To which column, without regard to case.
    #[serde(default)]
    pub column: Option<String>,
    /// Why a pass is right.
    pub reason: String,
}

/// Some of a check's queries.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub enum QuerySelector {
    /// The one with this number, from 1 on.
    Number(u32),
    /// Those whose statement contains this text.
    Sql(String),
}

/// A declaration that can never hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidHarmless {
    /// It names a column, and the injection is done to the whole answer.
    #[error("`column`: `{injection}` is not done to a column")]
    NotOfColumn {
        /// Which kind.
        injection: InjectionKind,
    },
    /// The column has no name.
    #[error("`column` is empty")]
    EmptyColumn,
    /// There is no query 0.
    #[error("`query`: queries are numbered from 1")]
    QueryZero,
    /// Every statement contains nothing.
    #[error("`query` is empty")]
    EmptyQuery,
    /// Nobody says why.
    #[error("`reason` is empty")]
    NoReason,
}

impl InvalidHarmless {
    /// What would make it work.
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            Self::NotOfColumn { .. } => {
                let kinds = InjectionKind::ALL.into_iter().filter(|kind| kind.takes_column());
                let kinds: Vec<_> = kinds.map(|kind| format!("`{kind}`")).collect();
                format!("leave `column` out; it goes with {}", kinds.join(", "))
            }
            Self::EmptyColumn => "name the column, or leave `column` out for all of them".to_owned(),
            Self::QueryZero => "give the number that `assay check audit` shows, or part of the statement".to_owned(),
            Self::EmptyQuery => "give part of the statement, or leave `query` out for all of them".to_owned(),
            Self::NoReason => "say why a pass is right although the answer is not".to_owned(),
        }
    }
}

impl Harmless {
    /// All that keeps the declaration from ever holding.
    #[must_use]
    pub fn problems(&self) -> Vec<InvalidHarmless> {
        let column = match &self.column {
            Some(_) if !self.injection.takes_column() => {
                Some(InvalidHarmless::NotOfColumn { injection: self.injection })
            }
            Some(column) if column.is_empty() => Some(InvalidHarmless::EmptyColumn),
            _ => None,
        };
        let query = match &self.query {
            Some(QuerySelector::Number(0)) => Some(InvalidHarmless::QueryZero),
            Some(QuerySelector::Sql(text)) if text.trim().is_empty() => Some(InvalidHarmless::EmptyQuery),
            _ => None,
        };
        let reason = self.reason.trim().is_empty().then_some(InvalidHarmless::NoReason);
        [query, column, reason].into_iter().flatten().collect()
    }

    /// Whether the declaration is about this injection into this query.
    #[must_use]
    pub fn covers(&self, asked: &Asked, injection: &Injection) -> bool {
        let query = match &self.query {
            None => true,
            Some(QuerySelector::Number(number)) => *number == asked.number,
            Some(QuerySelector::Sql(text)) => asked.sql.contains(text.as_str()),
        };
        let column = match (&self.column, injection.column()) {
            (None, _) => true,
            (Some(declared), Some(column)) => declared.eq_ignore_ascii_case(column),
            (Some(_), None) => false,
        };
        self.injection == injection.kind() && query && column
    }
}
