//! Transcripts: all that a check asked and was answered, as a file, and a source that answers from it.
//!
//! Three types to know: [`Recording`] passes another source through and writes down what goes by, into a [`Draft`]
//! that becomes a `*.transcript.jsonl`; [`Transcript`] is that file, read and checked; [`Replay`] hands out sources
//! that answer from it and knows the first question that was not asked as it was recorded. A fourth,
//! [`Redaction`], stands *under* the recording, so that the guest itself sees pseudonyms and what it reports holds
//! nothing else.
//!
//! # What is recorded, and what comes about again
//!
//! A recording stands where a source stands: behind grant, gate and budget. The text and the parameters are those
//! that the guest gave ([`ReadStatement::text`](super::ReadStatement::text)), and so are the sizes of batches that the
//! source chose. What is refused before it reaches a source is not an answer of a source and is not recorded as a
//! query: a replay runs behind the same grant, gate and budget, which the header holds, and refuses it again, with the
//! same words. For that the spellings of tables are recorded ([`Source::table`](super::Source::table)), because grants
//! are compared by the source's own names. Whatever was refused and never answered later also stands in the last line.
//!
//! A deadline does not come about again by itself. Who waits for a source stops waiting by dropping the future;
//! the recording sees that, also when the query still waited for a slot, and writes `gave_up`. A replay
//! answers there with the `deadline` problem of the capability. When it was not the query's own deadline but the whole
//! run's, or a cancellation, the guest never saw an answer; at replay it sees the `deadline` problem instead, so that
//! the result is an error either way, with other words.
//!
//! Time is not replayed: what a guest reads as elapsed time of a query or as what is left of the run's time is the
//! host's own at replay. A check that decides by it may diverge, and is told where.
//!
//! # The file
//!
//! JSON Lines: a header, one line an event in the order in which things happened, a conclusion; a file without the
//! last is cut off. Every value comes back with the bits it had, those under nulls included, because a guest can see
//! them and fuel depends on them. Doubles are text, bytes are base 64, dates and instants are the contract's numbers.
//! Writing is whole-or-nothing, readable by the owner only, and needs memory for one batch; reading needs memory for
//! the whole transcript, within [`FILE_BYTES_MAX`], [`LINE_BYTES_MAX`] and [`LINES_MAX`].
//!
//! Reading less of an answer than was read when it was recorded is no divergence: the rows that were read are true.
//! Reading more is one: they are not known.

mod divergence;
mod document;
mod draft;
mod reader;
mod recording;
mod redaction;
mod replay;
#[cfg(test)]
mod tests;

pub use divergence::{Difference, Divergence};
pub use draft::{Draft, WriteError};
pub use reader::{Fault, ReadError, TranscriptError};
pub use recording::Recording;
pub use redaction::{InvalidColumnPattern, RedactedColumns, Redaction, RedactionTally, Redactor};
pub use replay::Replay;

use crate::model::{
    Batch, ColumnInfo, Conclusion, Digest, Finding, Limits, LogLine, Metric, Param, PluginRef, Problem, RunContext,
    SourceName, Usage,
};
use crate::source::{Cost, Estimate, TableName, TablePattern, split};

/// Version of the file format. Another version is not read.
pub const FORMAT: u32 = 1;

/// Longest line, in bytes. A batch of 4 MiB always fits, in the least favourable kind and text; one single row of more
/// than 20 MiB may not.
pub const LINE_BYTES_MAX: u64 = 128 << 20;

/// Largest file, in bytes.
pub const FILE_BYTES_MAX: u64 = 1 << 30;

/// Most lines.
pub const LINES_MAX: u64 = 4_000_000;

/// The bounds of a file.
#[derive(Debug, Clone, Copy)]
struct Bounds {
    line_bytes: u64,
    file_bytes: u64,
    lines: u64,
}

const BOUNDS: Bounds = Bounds { line_bytes: LINE_BYTES_MAX, file_bytes: FILE_BYTES_MAX, lines: LINES_MAX };

/// What was run: all that a replay needs besides the answers.
#[derive(Debug, Clone)]
pub struct Header {
    /// Version of the host.
    pub host: String,
    /// Version of the sandbox engine: fuel is comparable within one.
    pub engine: String,
    /// The plugin.
    pub plugin: PluginRef,
    /// The component that ran.
    pub digest: Digest,
    /// The settings document, as the guest was given it.
    pub settings: String,
    /// The guest's context.
    pub context: RunContext,
    /// The limits that held.
    pub limits: Limits,
    /// What the check was granted.
    pub sources: Vec<GrantedSource>,
    /// The patterns of columns whose values were replaced, see [`RedactedColumns::patterns`]; never the key.
    pub redaction: Vec<String>,
}

/// One source of a grant.
#[derive(Debug, Clone)]
pub struct GrantedSource {
    /// Its configured name.
    pub name: SourceName,
    /// Patterns of the tables that may be read.
    pub tables: Vec<TablePattern>,
}

/// A table that a statement spells otherwise than its source does.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Spelling {
    /// The source.
    pub source: String,
    /// In the statement.
    pub spelled: TableName,
    /// The source's own.
    pub own: TableName,
}

/// A transcript that was read and found to be whole.
#[derive(Debug, Clone)]
pub struct Transcript {
    /// What was run.
    pub header: Header,
    /// Tables that were spelled otherwise than their source does.
    pub spellings: Vec<Spelling>,
    /// The queries that reached a source, in order; the first is query 1.
    pub queries: Vec<Asked>,
    /// What came of the check.
    pub concluded: Concluded,
}

/// A query and its answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Asked {
    /// Name of the source.
    pub source: String,
    /// What was asked.
    pub request: Request,
    /// The statement, as the guest wrote it.
    pub sql: String,
    /// The parameters, in the guest's order.
    pub params: Vec<Param>,
    /// The columns of every batch; none unless the source began to answer.
    pub columns: Option<Vec<ColumnInfo>>,
    /// What happened then, in order.
    pub steps: Vec<Step>,
}

/// What a query asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Request {
    /// The rows.
    Open,
    /// What the statement would read.
    Estimate,
}

impl Request {
    /// The word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Estimate => "estimate",
        }
    }
}

/// One step of an answer.
#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    /// Some rows.
    Batch {
        /// They.
        batch: Batch,
        /// The source handed over more bytes than were asked for, and in more than one row.
        oversize: bool,
    },
    /// From here on the query costs this.
    Cost(Cost),
    /// What the statement would read.
    Estimate(Estimate),
    /// The source refused, or broke off.
    Problem(Problem),
    /// The answer was read to its end.
    End,
    /// The guest wanted no more.
    Dropped,
    /// The host stopped waiting.
    GaveUp,
}

/// What came of the check that was recorded.
#[derive(Debug, Clone, PartialEq)]
pub struct Concluded {
    /// What it amounts to.
    pub conclusion: Conclusion,
    /// What the check reported, within the limits.
    pub findings: Vec<Finding>,
    /// Numbers for trends.
    pub metrics: Vec<Metric>,
    /// What the check wrote.
    pub logs: Vec<LogLine>,
    /// Problems of requests that were never answered afterwards, those that no source heard of included.
    pub unresolved: Vec<Problem>,
    /// What it used.
    pub usage: Usage,
    /// What redaction did, where there was one.
    pub redaction: Option<RedactionTally>,
}

/// The `deadline` problem of the capability: what a guest sees when the host stops waiting for a source.
fn gave_up() -> Problem {
    Problem::new(crate::model::ProblemCode::Deadline, "the query did not end before its deadline")
        .with_hint("let it read less, or raise `query_deadline` in the check's limits")
}
