//! Reading a transcript: every line is looked at before anything is answered from it.

use std::collections::BTreeMap;
use std::fmt;
use std::io::{self, BufRead, BufReader, Read as _};
use std::path::Path;

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::document::{Asking, BatchDocument, LINES, Line, columns_of};
use super::{Asked, BOUNDS, Bounds, Concluded, FORMAT, Header, Request, Spelling, Step, Transcript};
use crate::model::{Batch, Column, ColumnInfo, cut};

/// Longest text of a mistake that is kept, in bytes.
const MISTAKE_BYTES_MAX: usize = 400;

/// Why a file is no transcript.
#[derive(Debug, thiserror::Error)]
pub enum TranscriptError {
    /// It cannot be read.
    #[error("{0}")]
    File(#[from] io::Error),
    /// It holds a mistake.
    #[error(transparent)]
    Mistake(#[from] ReadError),
}

impl TranscriptError {
    /// What would help.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::File(_) => "name a `*.transcript.jsonl` that may be read",
            Self::Mistake(error) => error.fault.hint(),
        }
    }
}

/// The first mistake in a transcript; what follows it rests on it and is not looked at.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {fault}")]
pub struct ReadError {
    /// The line, from 1.
    pub line: u64,
    /// What is wrong with it.
    pub fault: Fault,
}

/// What can be wrong with a transcript.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// It ends before its conclusion.
    #[error("the transcript is cut off here: its last line is a conclusion, and there is none")]
    CutOff,
    /// It does not begin with a header.
    #[error("this is not a transcript: the first line is not a header")]
    NoHeader,
    /// It was written in another version of the format.
    #[error("the transcript has format {found}; this host reads format {FORMAT}")]
    Format {
        /// Its version.
        found: u64,
    },
    /// The header says what cannot be.
    #[error("the header is wrong: {}", .0.join("; "))]
    Header(Vec<String>),
    /// There is no such event.
    #[error("`{0}` is not an event of a transcript (there are {names})", names = LINES.join(", "))]
    UnknownEvent(String),
    /// It is not the JSON document it should be.
    #[error("the line cannot be read: {0}")]
    Syntax(String),
    /// An event that cannot come at this place.
    #[error("`{event}` cannot come here: {reason}")]
    Order {
        /// The event.
        event: &'static str,
        /// Why not.
        reason: String,
    },
    /// A batch that does not fit the columns of its query.
    #[error("a batch of query {query} does not fit its columns: {what}")]
    Unfit {
        /// The query.
        query: u64,
        /// What does not fit.
        what: String,
    },
    /// Something follows the conclusion.
    #[error("there is something behind the conclusion")]
    AfterEnd,
    /// The line is too long.
    #[error("the line has more than {max} bytes")]
    LineTooLong {
        /// The limit.
        max: u64,
    },
    /// The file is too large.
    #[error("the transcript has more than {max} bytes")]
    TooLarge {
        /// The limit.
        max: u64,
    },
    /// There are too many lines.
    #[error("the transcript has more than {max} lines")]
    TooManyLines {
        /// The limit.
        max: u64,
    },
}

impl Fault {
    /// What would help.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::CutOff => "the rest is lost: copy the file again, or record the check again",
            Self::NoHeader => "name a `*.transcript.jsonl` that `assay check record` wrote",
            Self::Format { .. } => "use the host that wrote it, or record the check again",
            Self::Header(_) | Self::UnknownEvent(_) | Self::Syntax(_) | Self::Order { .. } | Self::Unfit { .. } => {
                "the file was changed after it was written: take it from where it came, or record the check again"
            }
            Self::AfterEnd => "keep each transcript in a file of its own",
            Self::LineTooLong { .. } | Self::TooLarge { .. } | Self::TooManyLines { .. } => {
                "no host writes a transcript as large as this: record the check again, on less data"
            }
        }
    }
}

impl Transcript {
    /// Reads a file.
    ///
    /// # Errors
    /// When it cannot be read, or for the first mistake in it.
    pub fn read(path: &Path) -> Result<Self, TranscriptError> {
        Self::parse(BufReader::new(fs_err::File::open(path)?))
    }

    /// Reads lines.
    ///
    /// # Errors
    /// As for [`Transcript::read`].
    pub fn parse(lines: impl BufRead) -> Result<Self, TranscriptError> {
        Self::within(lines, BOUNDS)
    }

    pub(super) fn within(file: impl BufRead, bounds: Bounds) -> Result<Self, TranscriptError> {
        let mut lines = Lines { file, bounds, number: 0, bytes: 0, line: Vec::new() };
        let header = match lines.next()? {
            Some(line) => header(line).map_err(|fault| lines.at(fault))?,
            None => return Err(lines.at(Fault::CutOff).into()),
        };
        let mut body = Body::default();
        loop {
            let Some(line) = lines.next()? else { return Err(lines.at(Fault::CutOff).into()) };
            let line = parsed(line).map_err(|fault| lines.at(fault))?;
            if let Some(concluded) = body.take(line).map_err(|fault| lines.at(fault))? {
                let (spellings, queries) = body.whole().map_err(|fault| lines.at(fault))?;
                lines.end()?;
                return Ok(Self { header, spellings, queries, concluded });
            }
        }
    }
}

/// Lines of bounded length.
struct Lines<R> {
    file: R,
    bounds: Bounds,
    number: u64,
    bytes: u64,
    line: Vec<u8>,
}

impl<R: BufRead> Lines<R> {
    fn at(&self, fault: Fault) -> ReadError {
        ReadError { line: self.number, fault }
    }

    /// The next line without its end; none at the end of the file.
    fn next(&mut self) -> Result<Option<&[u8]>, TranscriptError> {
        let Bounds { line_bytes, file_bytes, lines } = self.bounds;
        self.number += 1;
        self.line.clear();
        let read = (&mut self.file).take(line_bytes + 1).read_until(b'\n', &mut self.line)?;
        self.bytes += read as u64;
        let fault = match self.line.last() {
            None => return Ok(None),
            Some(_) if self.bytes > file_bytes => Fault::TooLarge { max: file_bytes },
            Some(_) if self.number > lines => Fault::TooManyLines { max: lines },
            Some(_) if read as u64 > line_bytes => Fault::LineTooLong { max: line_bytes },
            Some(b'\n') => {
                self.line.pop();
                return Ok(Some(&self.line));
            }
            // Every line that was written ends.
            Some(_) => Fault::CutOff,
        };
        Err(self.at(fault).into())
    }

    /// Nothing may follow.
    fn end(&mut self) -> Result<(), TranscriptError> {
        match self.next() {
            Ok(None) => Ok(()),
            Err(TranscriptError::File(error)) => Err(error.into()),
            Ok(Some(_)) | Err(TranscriptError::Mistake(_)) => Err(self.at(Fault::AfterEnd).into()),
        }
    }
}

fn header(line: &[u8]) -> Result<Header, Fault> {
    #[derive(Deserialize)]
    struct Beginning {
        header: Version,
    }
    #[derive(Deserialize)]
    struct Version {
        format: u64,
    }
    let Beginning { header: Version { format } } = serde_json::from_slice(line).map_err(|_| Fault::NoHeader)?;
    if format != u64::from(FORMAT) {
        return Err(Fault::Format { found: format });
    }
    match parsed(line)? {
        Line::Header(document) => (*document).try_into().map_err(Fault::Header),
        _ => Err(Fault::NoHeader),
    }
}

fn parsed(line: &[u8]) -> Result<Line<'static>, Fault> {
    serde_json::from_slice(line).map_err(|error| {
        let unknown = event(line).filter(|name| !LINES.contains(&name.as_str()));
        unknown.map_or_else(|| Fault::Syntax(kept(error)), |name| Fault::UnknownEvent(kept(name)))
    })
}

fn kept(text: impl fmt::Display) -> String {
    cut(text.to_string(), MISTAKE_BYTES_MAX)
}

/// The name of an event, whatever it says.
fn event(line: &[u8]) -> Option<String> {
    let named: BTreeMap<String, IgnoredAny> = serde_json::from_slice(line).ok()?;
    named.into_keys().next()
}

/// All that stands between the header and the conclusion.
#[derive(Default)]
struct Body {
    spellings: Vec<Spelling>,
    queries: Vec<Asked>,
}

impl Body {
    /// Takes a line; returns the conclusion when it is that.
    fn take(&mut self, line: Line<'_>) -> Result<Option<Concluded>, Fault> {
        let event = line.name();
        match line {
            Line::Header(_) => return Err(order(event, "the transcript has begun")),
            Line::Conclusion(document) => return Ok(Some((*document).into())),
            Line::Table(document) => self.spellings.push(document.into()),
            Line::Query(document) => {
                let number = self.queries.len() as u64 + 1;
                if document.query != number {
                    return Err(order(event, format!("it is query {} where query {number} follows", document.query)));
                }
                self.queries.push(Asked {
                    source: document.source,
                    request: match document.kind {
                        Asking::Open => Request::Open,
                        Asking::Estimate => Request::Estimate,
                    },
                    sql: document.sql,
                    params: document.params.into_iter().map(Into::into).collect(),
                    columns: None,
                    steps: Vec::new(),
                });
            }
            Line::Columns(document) => {
                let asked = self.going_on(event, document.query)?;
                if asked.columns.is_some() || asked.request != Request::Open {
                    return Err(order(event, format!("query {} awaits none", document.query)));
                }
                asked.columns = Some(document.columns.into_iter().map(ColumnInfo::from).collect());
            }
            Line::Batch(document) => {
                let query = document.query;
                let asked = self.going_on(event, query)?;
                let Some(columns) = &asked.columns else {
                    return Err(order(event, format!("query {query} has no columns yet")));
                };
                let oversize = document.oversize;
                let batch = batch(columns, document).map_err(|what| Fault::Unfit { query, what: kept(what) })?;
                asked.steps.push(Step::Batch { batch, oversize });
            }
            Line::Estimate(document) => {
                let asked = self.going_on(event, document.query)?;
                if asked.request != Request::Estimate {
                    return Err(order(event, format!("query {} asks for rows", document.query)));
                }
                asked.steps.push(Step::Estimate(document.estimate()));
            }
            Line::Problem(document) => {
                self.going_on(event, document.query)?.steps.push(Step::Problem(document.problem.into()));
            }
            Line::Cost(document) => {
                let asked = self.asked(event, document.query)?;
                if asked.columns.is_none() {
                    return Err(order(event, format!("query {} has no columns yet", document.query)));
                }
                asked.steps.push(Step::Cost(document.cost()));
            }
            Line::End(mark) => {
                let asked = self.going_on(event, mark.query)?;
                if asked.columns.is_none() {
                    return Err(order(event, format!("query {} has no columns yet", mark.query)));
                }
                asked.steps.push(Step::End);
            }
            Line::Dropped(mark) => self.going_on(event, mark.query)?.steps.push(Step::Dropped),
            Line::GaveUp(mark) => self.going_on(event, mark.query)?.steps.push(Step::GaveUp),
        }
        Ok(None)
    }

    fn asked(&mut self, event: &'static str, query: u64) -> Result<&mut Asked, Fault> {
        let index = query.checked_sub(1).and_then(|index| usize::try_from(index).ok());
        let asked = index.and_then(|index| self.queries.get_mut(index));
        asked.ok_or_else(|| order(event, format!("query {query} was not asked before")))
    }

    fn going_on(&mut self, event: &'static str, query: u64) -> Result<&mut Asked, Fault> {
        let asked = self.asked(event, query)?;
        if asked.is_over() {
            return Err(order(event, format!("query {query} is over")));
        }
        Ok(asked)
    }

    fn whole(&mut self) -> Result<(Vec<Spelling>, Vec<Asked>), Fault> {
        if let Some(index) = self.queries.iter().position(|asked| !asked.is_over()) {
            return Err(order("conclusion", format!("query {} has no end", index + 1)));
        }
        Ok((std::mem::take(&mut self.spellings), std::mem::take(&mut self.queries)))
    }
}

impl Asked {
    /// Whether no more answers follow.
    fn is_over(&self) -> bool {
        let last = self.steps.iter().rev().find(|step| !matches!(step, Step::Cost(_)));
        matches!(last, Some(Step::Estimate(_) | Step::Problem(_) | Step::End | Step::Dropped | Step::GaveUp))
    }
}

fn order(event: &'static str, reason: impl Into<String>) -> Fault {
    Fault::Order { event, reason: reason.into() }
}

fn batch(infos: &[ColumnInfo], document: BatchDocument<'_>) -> Result<Batch, String> {
    let columns = document.columns.into_iter().map(Column::try_from).collect::<Result<Vec<_>, String>>()?;
    columns_of(infos, &columns, document.rows)?;
    Ok(Batch { rows: document.rows, columns })
}
