//! What goes wrong while files are read, and how errors of DataFusion become problems: by the variants of
//! the error, never by its text.

use std::error::Error;

use datafusion::common::{Column, SchemaError};
use datafusion::error::DataFusionError;

use super::expansion::Expanded;
use super::googlesql::Fault as ValueFault;
use super::watch::Ended;
use crate::model::{Problem, ProblemCode};

/// Longest reason that is passed on, in characters.
const REASON_MAX: usize = 600;

/// A file that could not be read, whatever noticed it.
#[derive(Debug, thiserror::Error)]
#[error("the file `{file}` {fault}")]
pub(super) struct ReadFailure {
    /// Path within the folder.
    pub(super) file: String,
    /// What is the matter with it.
    pub(super) fault: Fault,
}

/// What is the matter with a file.
#[derive(Debug, thiserror::Error)]
pub(super) enum Fault {
    /// Nothing in it.
    #[error("is empty")]
    Empty,
    /// Not a file at all.
    #[error("is a folder")]
    Folder,
    /// A pipe, a socket, a device.
    #[error("is not a regular file")]
    Special,
    /// Another one since the query began.
    #[error("changed while it was being read")]
    Changed,
    /// The operating system does not give it.
    #[error("cannot be read: {0}")]
    Io(#[source] std::io::Error),
    /// No header line, or a line of data in its place.
    #[error("has no usable header line: {0}")]
    Header(String),
    /// Not of the form of its table: of what is declared, or of the table's other files.
    #[error("does not fit its table: {0}")]
    Misfit(String),
    /// A declared schema that is none.
    #[error("is not a usable schema{}: {reason}", line.map(|line| format!(" (line {line})")).unwrap_or_default())]
    Schema {
        /// Where, from 1.
        line: Option<u64>,
        /// What is wrong.
        reason: String,
        /// What would be right.
        hint: String,
    },
    /// Not what its name says, or broken off.
    #[error("is damaged or not what its name says: {0}")]
    Damaged(String),
}

impl Fault {
    fn hint(&self) -> &str {
        match self {
            Self::Empty => {
                "an empty file may be a write that failed: write it again, or remove it; a CSV file without rows has a \
                 header line, a Parquet file without rows has a schema"
            }
            Self::Folder => "a partitioned table is a folder named as the table, with folders `key=value` in it",
            Self::Special => "a table is made of regular files",
            Self::Changed => "put a new file in place with one rename, so that readers see the old or the new one",
            Self::Io(_) => "check that the file is there and that the user who runs assay may read it",
            Self::Header(_) => "the first line of a CSV file names the columns, each once",
            Self::Misfit(_) => {
                "all files of one table have the same columns of the same types: those of `TABLE.schema.yaml`, if there is one"
            }
            Self::Schema { hint, .. } => hint,
            Self::Damaged(_) => "check that the writer finished and that the name ends as the content is",
        }
    }
}

impl From<ReadFailure> for DataFusionError {
    fn from(failure: ReadFailure) -> Self {
        Self::External(Box::new(failure))
    }
}

impl From<&ReadFailure> for Problem {
    fn from(failure: &ReadFailure) -> Self {
        let problem = Self::new(ProblemCode::Failed, failure.to_string()).with_hint(failure.fault.hint());
        if matches!(failure.fault, Fault::Changed) { problem.retryable() } else { problem }
    }
}

impl ReadFailure {
    /// Of an error of the engine while it read `file`; errors that are not about the file stay what they are.
    pub(super) fn wrap(file: &str, error: DataFusionError) -> DataFusionError {
        if find::<Self>(&error).is_some() {
            return error;
        }
        match error.find_root() {
            DataFusionError::ResourcesExhausted(_) | DataFusionError::NotImplemented(_) => error,
            root => {
                let fault = match find::<StoreFault>(&error) {
                    Some(StoreFault::Changed) => Fault::Changed,
                    Some(StoreFault::Io(source)) => Fault::Io(std::io::Error::new(source.kind(), source.to_string())),
                    Some(StoreFault::Unwanted) => Fault::Io(std::io::Error::other(StoreFault::Unwanted)),
                    None => Fault::Damaged(shorten(&root.strip_backtrace())),
                };
                Self { file: file.to_owned(), fault }.into()
            }
        }
    }
}

/// What the folder reports to the engine; comes back to [`ReadFailure::wrap`] as a source of its error.
#[derive(Debug, thiserror::Error)]
pub(super) enum StoreFault {
    /// Not the file that the query began with.
    #[error("the file changed")]
    Changed,
    /// From the operating system.
    #[error(transparent)]
    Io(#[from] std::io::Error),
    /// The query is over.
    #[error("nobody waits for the file any more")]
    Unwanted,
}

impl From<StoreFault> for Fault {
    fn from(fault: StoreFault) -> Self {
        match fault {
            StoreFault::Changed => Self::Changed,
            StoreFault::Io(error) => Self::Io(error),
            StoreFault::Unwanted => Self::Io(std::io::Error::other(fault)),
        }
    }
}

/// Of reading what the folder gives, perhaps through something that unpacks it: whatever does not come from the
/// folder is damage.
impl From<std::io::Error> for Fault {
    fn from(error: std::io::Error) -> Self {
        match error.downcast::<StoreFault>() {
            Ok(fault) => fault.into(),
            Err(error) => Self::Damaged(shorten(&error.to_string())),
        }
    }
}

fn find<T: Error + 'static>(error: &DataFusionError) -> Option<&T> {
    let mut next: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref::<T>() {
            return Some(found);
        }
        // A shared error passes its own source over when it is asked for one.
        next = match error.downcast_ref::<DataFusionError>() {
            Some(DataFusionError::External(inner)) => Some(inner.as_ref()),
            Some(DataFusionError::ObjectStore(inner)) => Some(inner.as_ref()),
            Some(DataFusionError::Shared(inner)) => Some(inner.as_ref()),
            _ => error.source(),
        };
    }
    None
}

/// One line of at most [`REASON_MAX`] characters.
pub(super) fn shorten(text: &str) -> String {
    let line = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(REASON_MAX) {
        Some((at, _)) => format!("{}...", line.get(..at).unwrap_or_default()),
        None => line,
    }
}

/// A column that is not there: a relation itself, or a name that looks like another.
fn no_such_column(error: &DataFusionError, field: &Column, known: &[Column]) -> Problem {
    let place = match error.diagnostic().and_then(|diagnostic| diagnostic.span) {
        Some(span) => format!(" (line {}, column {})", span.start.line, span.start.column),
        None => String::new(),
    };
    let is_relation = |column: &Column| column.relation.as_ref().is_some_and(|relation| relation.table() == field.name);
    if field.relation.is_none() && known.iter().any(is_relation) {
        let message = format!("a whole row of `{}` as a value is not supported on files{place}", field.name);
        return Problem::new(ProblemCode::UnsupportedSql, message)
            .with_hint("write STRUCT(...) of its columns, or name one of them");
    }
    let written = |column: &Column| match &column.relation {
        Some(relation) if !relation.table().starts_with(':') => format!("{}.{}", relation.table(), column.name),
        _ => column.name.clone(),
    };
    let mut scored: Vec<(f64, &Column)> =
        known.iter().map(|column| (strsim::jaro_winkler(&column.name, &field.name), column)).collect();
    scored.sort_by(|one, other| other.0.total_cmp(&one.0));
    let names: Vec<String> = scored.into_iter().take(8).map(|(_, column)| format!("`{}`", written(column))).collect();
    let hint = match names.is_empty() {
        true => "there is no column at all: what does the statement read FROM?".to_owned(),
        false => format!("there are {}", names.join(", ")),
    };
    Problem::new(ProblemCode::InvalidSql, format!("there is no column `{}`{place}", written(field))).with_hint(hint)
}

/// Of an error that is not one of the files: nothing else is read or written but what does not fit memory.
fn spill(error: &std::io::Error) -> Problem {
    // What does not come from the operating system is the limit.
    let message = match error.raw_os_error() {
        None => "the query needs more memory than it may use, and more disk than it may spill to".to_owned(),
        Some(_) => format!("the query cannot spill to `{}`: {error}", std::env::temp_dir().display()),
    };
    Problem::new(ProblemCode::Failed, message)
        .with_hint("read fewer columns or rows, aggregate earlier, or raise `memory` and `spill` of the source")
}

/// The problem that an error of the engine is.
pub(super) fn problem(error: &DataFusionError) -> Problem {
    if let Some(failure) = find::<ReadFailure>(error) {
        return failure.into();
    }
    if let Some(fault) = find::<ValueFault>(error) {
        return Problem::new(ProblemCode::Failed, shorten(&fault.message)).with_hint(fault.hint());
    }
    if let Some(expanded) = find::<Expanded>(error) {
        return Problem::new(ProblemCode::UnsupportedSql, expanded.to_string()).with_hint(expanded.hint());
    }
    if let Some(ended) = find::<Ended>(error) {
        let hint = match ended {
            Ended::Unwanted => "ask again",
            Ended::Batch { .. } => "make shorter values, or aggregate before you join",
            Ended::Row { .. } => "take a part of the long value before the join: SUBSTR(value, 1, 1000)",
            Ended::Function { .. } => "make shorter values, or take a part of the long ones first",
        };
        return Problem::new(ProblemCode::Failed, ended.to_string()).with_hint(hint);
    }
    if let Some(error) = find::<std::io::Error>(error) {
        return spill(error);
    }
    let reason = |error: &DataFusionError| shorten(&error.strip_backtrace());
    match error.find_root() {
        DataFusionError::Plan(text) => Problem::new(ProblemCode::InvalidSql, shorten(text))
            .with_hint("compare the statement with the columns and types of the table"),
        DataFusionError::SchemaError(schema, _) => match &**schema {
            SchemaError::FieldNotFound { field, valid_fields } => no_such_column(error, field, valid_fields),
            other => Problem::new(ProblemCode::InvalidSql, shorten(&other.to_string()))
                .with_hint("give relations and columns of one name aliases of their own"),
        },
        root @ DataFusionError::SQL(..) => Problem::new(ProblemCode::InvalidSql, reason(root))
            .with_hint("statements are GoogleSQL, the dialect of BigQuery"),
        DataFusionError::NotImplemented(text) => Problem::new(ProblemCode::UnsupportedSql, shorten(text))
            .with_hint("files are read with a part of GoogleSQL: write the query another way"),
        DataFusionError::ResourcesExhausted(text) => {
            Problem::new(ProblemCode::Failed, format!("the query needs more memory than it may use: {}", shorten(text)))
                .with_hint("read fewer columns or rows, aggregate earlier, or raise `memory` and `spill` of the source")
        }
        DataFusionError::Internal(text) => {
            Problem::new(ProblemCode::Failed, format!("the query engine failed: {}", shorten(text)))
                .with_hint("this is a defect of the engine: write the query another way and report it")
        }
        root => Problem::new(ProblemCode::Failed, format!("the query could not be finished: {}", reason(root)))
            .with_hint("a value in the data may not fit an operation of the statement: use SAFE_CAST or a filter"),
    }
}
