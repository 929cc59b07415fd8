//! A transcript as it is written: one JSON document a line, each named for what it tells.
//!
//! The model knows no serde, so every type that is written has its counterpart here. Counterparts of enums are
//! matched by name in both directions, so that a new variant of the model does not compile until it can be written.

mod batch;
mod conclusion;
mod header;
mod value;

use serde::{Deserialize, Serialize};

pub(super) use batch::{ColumnDocument, columns_of};
pub(super) use conclusion::ConclusionDocument;
pub(super) use header::{HeaderDocument, SpellingDocument};
pub(super) use value::{ParamDocument, told};

use crate::model::{ColumnInfo, Kind, Problem, ProblemCode};
use crate::source::{Cost, Estimate};

/// An enum of the model with the words it is written in.
macro_rules! words {
    ($document:ident for $model:ident in $case:literal { $($variant:ident),* $(,)? }) => {
        #[doc = concat!("[`", stringify!($model), "`] as it is written.")]
        #[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
        #[serde(rename_all = $case)]
        pub(in crate::source::transcript) enum $document { $($variant),* }

        impl From<$model> for $document {
            fn from(word: $model) -> Self {
                match word { $($model::$variant => Self::$variant),* }
            }
        }

        impl From<$document> for $model {
            fn from(word: $document) -> Self {
                match word { $($document::$variant => Self::$variant),* }
            }
        }
    };
}
use words;

/// One line.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum Line<'a> {
    /// The first line.
    Header(Box<HeaderDocument>),
    /// The source calls a table otherwise than a statement does.
    Table(SpellingDocument),
    /// A request.
    Query(QueryDocument),
    /// The source began to answer.
    Columns(ColumnsDocument),
    /// Some rows.
    Batch(BatchDocument<'a>),
    /// What a statement would read.
    Estimate(EstimateDocument),
    /// A refusal, or the end of an answer that broke off.
    Problem(ProblemDocument),
    /// What the query costs, when that is something else than before.
    Cost(CostDocument),
    /// The answer was read to its end.
    End(Mark),
    /// Nobody wanted the rest of the answer.
    Dropped(Mark),
    /// The host stopped waiting for the source.
    GaveUp(Mark),
    /// The last line.
    Conclusion(Box<ConclusionDocument>),
}

/// The names of the lines, for what is none of them.
pub(super) const LINES: [&str; 12] = [
    "header",
    "table",
    "query",
    "columns",
    "batch",
    "estimate",
    "problem",
    "cost",
    "end",
    "dropped",
    "gave_up",
    "conclusion",
];

impl Line<'_> {
    /// Its name.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Header(_) => "header",
            Self::Table(_) => "table",
            Self::Query(_) => "query",
            Self::Columns(_) => "columns",
            Self::Batch(_) => "batch",
            Self::Estimate(_) => "estimate",
            Self::Problem(_) => "problem",
            Self::Cost(_) => "cost",
            Self::End(_) => "end",
            Self::Dropped(_) => "dropped",
            Self::GaveUp(_) => "gave_up",
            Self::Conclusion(_) => "conclusion",
        }
    }
}

/// What is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Asking {
    Open,
    Estimate,
}

/// A request, as the guest made it.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct QueryDocument {
    /// From 1, over all sources.
    pub(super) query: u64,
    pub(super) source: String,
    pub(super) kind: Asking,
    pub(super) sql: String,
    pub(super) params: Vec<ParamDocument>,
}

/// The columns of every batch of a query.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ColumnsDocument {
    pub(super) query: u64,
    pub(super) columns: Vec<InfoDocument>,
}

words!(KindWord for Kind in "lowercase" {
    Int64, Float64, Text, Boolean, Bytes, Date, Time, DateTime, Timestamp, Decimal, Json, Other,
});

/// One column of a result.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct InfoDocument {
    name: String,
    kind: KindWord,
    type_name: String,
    nullable: bool,
}

impl From<&ColumnInfo> for InfoDocument {
    fn from(info: &ColumnInfo) -> Self {
        let ColumnInfo { name, kind, type_name, nullable } = info.clone();
        Self { name, kind: kind.into(), type_name, nullable }
    }
}

impl From<InfoDocument> for ColumnInfo {
    fn from(InfoDocument { name, kind, type_name, nullable }: InfoDocument) -> Self {
        Self { name, kind: kind.into(), type_name, nullable }
    }
}

/// Some rows of a query.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct BatchDocument<'a> {
    pub(super) query: u64,
    pub(super) rows: u32,
    /// The source handed over more bytes than it was asked for, in more than one row.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) oversize: bool,
    pub(super) columns: Vec<ColumnDocument<'a>>,
}

/// What a statement would read.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct EstimateDocument {
    pub(super) query: u64,
    rows: Option<u64>,
    bytes: Option<u64>,
    billed_bytes: Option<u64>,
}

impl EstimateDocument {
    pub(super) fn new(query: u64, Estimate { rows, bytes, billed_bytes }: Estimate) -> Self {
        Self { query, rows, bytes, billed_bytes }
    }

    pub(super) fn estimate(&self) -> Estimate {
        Estimate { rows: self.rows, bytes: self.bytes, billed_bytes: self.billed_bytes }
    }
}

words!(CodeWord for ProblemCode in "kebab-case" {
    Denied, UnknownSource, UnknownTable, InvalidSql, UnsupportedSql, NotReadOnly, BadParameter, LimitQueries,
    LimitRows, LimitBytes, LimitBilled, Deadline, Unavailable, Failed,
});

/// A problem of some query, or one of those left at the end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ProblemBody {
    code: CodeWord,
    message: String,
    hint: Option<String>,
    retryable: bool,
}

impl From<&Problem> for ProblemBody {
    fn from(problem: &Problem) -> Self {
        let Problem { code, message, hint, retryable } = problem.clone();
        Self { code: code.into(), message, hint, retryable }
    }
}

impl From<ProblemBody> for Problem {
    fn from(ProblemBody { code, message, hint, retryable }: ProblemBody) -> Self {
        Self { code: code.into(), message, hint, retryable }
    }
}

/// A problem of a query.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ProblemDocument {
    pub(super) query: u64,
    pub(super) problem: ProblemBody,
}

/// What a query costs.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CostDocument {
    pub(super) query: u64,
    billed_bytes: Option<u64>,
    cache_hit: bool,
}

impl CostDocument {
    pub(super) fn new(query: u64, Cost { billed_bytes, cache_hit }: Cost) -> Self {
        Self { query, billed_bytes, cache_hit }
    }

    pub(super) fn cost(&self) -> Cost {
        Cost { billed_bytes: self.billed_bytes, cache_hit: self.cache_hit }
    }
}

/// Something that happened to a query.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Mark {
    pub(super) query: u64,
}
