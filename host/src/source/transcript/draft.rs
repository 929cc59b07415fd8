//! A transcript while it is written.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::document::{
    Asking, BatchDocument, ColumnsDocument, CostDocument, EstimateDocument, Line, Mark, ProblemDocument, QueryDocument,
    columns_of,
};
use super::{BOUNDS, Bounds, Concluded, Header, Request, Spelling};
use crate::model::{Batch, ColumnInfo, Problem};
use crate::source::{Cost, Estimate, ReadStatement, TableName};

/// Why there is no transcript of a run.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// The file cannot be written.
    #[error("{0}")]
    File(#[from] io::Error),
    /// One line would be too long.
    #[error("{}a line of the transcript (`{line}`) would have more than {max} bytes", place(*query))]
    LineTooLong {
        /// The query; 0 when the line belongs to none.
        query: u64,
        /// Name of the line.
        line: &'static str,
        /// The limit.
        max: u64,
    },
    /// The whole would be too large.
    #[error("{}the transcript would have more than {max} bytes", place(*query))]
    TooLarge {
        /// The query; 0 when the line belongs to none.
        query: u64,
        /// The limit.
        max: u64,
    },
    /// There would be too many lines.
    #[error("{}the transcript would have more than {max} lines", place(*query))]
    TooManyLines {
        /// The query; 0 when the line belongs to none.
        query: u64,
        /// The limit.
        max: u64,
    },
    /// The source handed over rows that cannot be read back.
    #[error("query {query}: a batch does not fit its columns: {what}")]
    Unfit {
        /// The query.
        query: u64,
        /// What does not fit.
        what: String,
    },
    /// It was finished before.
    #[error("the transcript was finished before")]
    Finished,
}

/// Where it went wrong, when that is a query.
fn place(query: u64) -> String {
    if query == 0 { String::new() } else { format!("query {query}: ") }
}

impl WriteError {
    /// What would help.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::File(_) => "name a file in a folder that exists and may be written, on a disk with room",
            Self::LineTooLong { .. } => "let the query return less in one row, or smaller parameters",
            Self::TooLarge { .. } | Self::TooManyLines { .. } => {
                "record on less data: a shorter window, or lower `rows` and `bytes_in` in the check's limits"
            }
            Self::Unfit { .. } => "this is a mistake of the source; it cannot be recorded",
            Self::Finished => "make a new draft for every run",
        }
    }
}

/// A transcript being written, shared by the recordings of one run.
///
/// It writes as things happen, to a file beside the one it will be, and never fails a query: the first thing
/// that goes wrong is kept and told by [`Draft::finish`]. Dropped before that, it leaves nothing behind.
/// Writing blocks for as long as the operating system takes to accept a batch.
pub struct Draft {
    path: PathBuf,
    draft: PathBuf,
    state: Mutex<State>,
}

struct State {
    /// None once finished.
    file: Option<BufWriter<fs_err::File>>,
    bounds: Bounds,
    bytes: u64,
    lines: u64,
    asked: u64,
    /// Queries whose answers began or may still begin.
    queries: BTreeMap<u64, Query>,
    spellings: BTreeSet<Spelling>,
    failed: Option<WriteError>,
}

/// A query, as far as its answer has come.
#[derive(Default)]
struct Query {
    columns: Vec<ColumnInfo>,
    cost: Cost,
    over: bool,
}

/// Counts what goes through, up to an end.
struct Counted<'a, W> {
    inner: &'a mut W,
    bytes: u64,
    max: u64,
    over: bool,
}

impl<W: Write> Write for Counted<'_, W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.bytes + bytes.len() as u64 > self.max {
            self.over = true;
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        let written = self.inner.write(bytes)?;
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

impl fmt::Debug for Draft {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Draft").field("path", &self.path).finish_non_exhaustive()
    }
}

impl Draft {
    /// Begins the transcript that will be `path`. A file of that name stays until [`Draft::finish`] replaces it.
    ///
    /// # Errors
    /// When the file beside it cannot be written.
    pub fn create(path: &Path, header: &Header) -> Result<Self, WriteError> {
        Self::within(path, header, BOUNDS)
    }

    pub(super) fn within(path: &Path, header: &Header, bounds: Bounds) -> Result<Self, WriteError> {
        static DRAFTS: AtomicU64 = AtomicU64::new(0);
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let number = DRAFTS.fetch_add(1, Ordering::Relaxed);
        let draft = path.with_file_name(format!(".{name}.{}-{number}.draft", std::process::id()));
        let state = State {
            file: Some(BufWriter::new(owners(&draft)?)),
            bounds,
            bytes: 0,
            lines: 0,
            asked: 0,
            queries: BTreeMap::new(),
            spellings: BTreeSet::new(),
            failed: None,
        };
        let draft = Self { path: path.to_owned(), draft, state: Mutex::new(state) };
        let mut state = draft.state();
        state.write(0, &Line::Header(Box::new(header.into())));
        let failed = state.failed.take();
        drop(state);
        failed.map_or(Ok(draft), Err)
    }

    /// Writes the last line and puts the transcript in its place. Queries that still go on are dropped.
    ///
    /// # Errors
    /// The first thing that went wrong since the beginning; then there is no transcript, and a file that was there
    /// before is as it was.
    pub fn finish(&self, concluded: &Concluded) -> Result<(), WriteError> {
        let mut state = self.state();
        let going_on: Vec<u64> = state.queries.iter().filter(|(_, query)| !query.over).map(|(n, _)| *n).collect();
        for query in going_on {
            state.over(query, &Line::Dropped(Mark { query }));
        }
        state.write(0, &Line::Conclusion(Box::new(concluded.into())));
        let mut file = state.file.take().ok_or(WriteError::Finished)?;
        let failed = state.failed.take();
        drop(state);
        let kept = failed.map_or(Ok(()), Err).and_then(|()| {
            file.flush()?;
            file.get_ref().sync_all()?;
            fs_err::rename(&self.draft, &self.path)?;
            // The new name is as durable as the content only when the folder is.
            let folder = self.path.parent().filter(|folder| !folder.as_os_str().is_empty());
            Ok(fs_err::File::open(folder.unwrap_or(Path::new(".")))?.sync_all()?)
        });
        if kept.is_err() {
            // What was buffered is of no use to anybody.
            drop(file.into_parts());
            drop(fs_err::remove_file(&self.draft));
        }
        kept
    }

    /// A request; returns its number.
    pub(super) fn asked(&self, source: &str, request: Request, statement: &ReadStatement) -> u64 {
        let mut state = self.state();
        state.asked += 1;
        let query = state.asked;
        state.queries.insert(query, Query::default());
        let kind = match request {
            Request::Open => Asking::Open,
            Request::Estimate => Asking::Estimate,
        };
        let line = Line::Query(QueryDocument {
            query,
            source: source.to_owned(),
            kind,
            sql: statement.text().to_owned(),
            params: statement.params().iter().map(Into::into).collect(),
        });
        state.write(query, &line);
        query
    }

    /// How a source calls a table.
    pub(super) fn table(&self, source: &str, spelled: &TableName, own: &TableName) {
        let spelling = Spelling { source: source.to_owned(), spelled: spelled.clone(), own: own.clone() };
        let mut state = self.state();
        if spelled != own && !state.spellings.contains(&spelling) {
            state.write(0, &Line::Table((&spelling).into()));
            state.spellings.insert(spelling);
        }
    }

    pub(super) fn columns(&self, query: u64, columns: &[ColumnInfo]) {
        let mut state = self.state();
        if let Some(known) = state.queries.get_mut(&query) {
            known.columns = columns.to_vec();
            let columns = columns.iter().map(Into::into).collect();
            state.write(query, &Line::Columns(ColumnsDocument { query, columns }));
        }
    }

    pub(super) fn batch(&self, query: u64, batch: &Batch, bytes_max: u64) {
        let mut state = self.state();
        let Some(known) = state.queries.get(&query).filter(|known| !known.over) else { return };
        if let Err(what) = columns_of(&known.columns, &batch.columns, batch.rows) {
            state.failed.get_or_insert(WriteError::Unfit { query, what });
            return;
        }
        let oversize = batch.rows > 1 && batch.bytes() > bytes_max;
        let columns = batch.columns.iter().map(Into::into).collect();
        state.write(query, &Line::Batch(BatchDocument { query, rows: batch.rows, oversize, columns }));
    }

    /// What a query costs now.
    pub(super) fn cost(&self, query: u64, cost: Cost) {
        let mut state = self.state();
        if let Some(known) = state.queries.get_mut(&query)
            && known.cost != cost
        {
            known.cost = cost;
            state.write(query, &Line::Cost(CostDocument::new(query, cost)));
        }
    }

    pub(super) fn estimate(&self, query: u64, estimate: Estimate) {
        self.state().over(query, &Line::Estimate(EstimateDocument::new(query, estimate)));
    }

    pub(super) fn problem(&self, query: u64, problem: &Problem) {
        self.state().over(query, &Line::Problem(ProblemDocument { query, problem: problem.into() }));
    }

    pub(super) fn end(&self, query: u64) {
        self.state().over(query, &Line::End(Mark { query }));
    }

    pub(super) fn dropped(&self, query: u64) {
        self.state().over(query, &Line::Dropped(Mark { query }));
    }

    pub(super) fn gave_up(&self, query: u64) {
        self.state().over(query, &Line::GaveUp(Mark { query }));
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Writes how a query ended, once.
    fn over(&mut self, query: u64, line: &Line<'_>) {
        if let Some(known) = self.queries.get_mut(&query).filter(|known| !known.over) {
            known.over = true;
            known.columns = Vec::new();
            self.write(query, line);
        }
    }

    fn write(&mut self, query: u64, line: &Line<'_>) {
        let (None, Some(file)) = (&self.failed, &mut self.file) else { return };
        let Bounds { line_bytes, file_bytes, lines } = self.bounds;
        let max = line_bytes.min(file_bytes.saturating_sub(self.bytes));
        let mut counted = Counted { inner: file, bytes: 0, max, over: false };
        let written =
            serde_json::to_writer(&mut counted, line).map_err(io::Error::from).and_then(|()| counted.write_all(b"\n"));
        self.bytes += counted.bytes;
        self.lines += 1;
        self.failed = match written {
            Err(_) if counted.over && max == line_bytes => {
                Some(WriteError::LineTooLong { query, line: line.name(), max })
            }
            Err(_) if counted.over => Some(WriteError::TooLarge { query, max: file_bytes }),
            Err(error) => Some(WriteError::File(error)),
            Ok(()) if self.lines > lines => Some(WriteError::TooManyLines { query, max: lines }),
            Ok(()) => None,
        };
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        let state = self.state.get_mut().unwrap_or_else(PoisonError::into_inner);
        if let Some(file) = state.file.take() {
            drop(file.into_parts());
            drop(fs_err::remove_file(&self.draft));
        }
    }
}

/// A new file that nobody else can read: the data of a source goes into it.
fn owners(path: &Path) -> io::Result<fs_err::File> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    fs_err::OpenOptions::from_options(options).open(path)
}
