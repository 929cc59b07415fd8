//! A test of a check, as files: `tests/*.toml`, each with one or more cases.
//!
//! What stands at the top of a file holds for all of its cases: `[tables]`, `[settings]`, `[context]`, `[limits]`; a
//! `[[case]]` adds to it and wins, key by key. A case says which status it expects; everything else that came of it
//! stands in the golden file beside, so that a golden file that is written anew never turns a fail into a pass.

mod authored;
mod read;
mod tables;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

pub use tables::{LayoutError, lay_out};

use crate::config::ConfigError;
use crate::model::{LimitRequest, Reason, SourceName, Status};
use crate::source::{TableName, TablePattern};

/// One test of a check.
#[derive(Debug, Clone)]
pub struct Case {
    /// The file's name without its end, and the case's own: `gaps/three-days`.
    pub id: String,
    /// Its own name, unique in its file.
    pub name: String,
    /// What it shows, for a person.
    pub about: Option<String>,
    /// The file it stands in.
    pub file: PathBuf,
    /// The line it begins at, from 1.
    pub line: usize,
    /// What must come of it.
    pub expect: Expected,
    /// The tables that there are.
    pub tables: Vec<(TableName, Fixture)>,
    /// The settings document, JSON.
    pub settings: String,
    /// Time and place of the run.
    pub context: CaseContext,
    /// Limits of the case, as an operator would set them.
    pub limits: Vec<LimitRequest>,
    /// The tables that are granted; every one that there is when nothing is said.
    pub grants: Vec<TablePattern>,
    /// What the source is called.
    pub source: SourceName,
}

/// What must come of a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Expected {
    /// The status.
    pub status: Status,
    /// Why, where the status is `error` and the case says so.
    pub reason: Option<Reason>,
}

/// Where the rows of a table come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fixture {
    /// A file, or a folder of files; with its schema where one stands beside.
    Path(PathBuf),
    /// CSV in the case.
    Csv(String),
    /// NDJSON in the case.
    Ndjson(String),
    /// The answer of a statement that reads no table.
    Sql(String),
}

/// Time and place of the run of a case.
#[derive(Debug, Clone, PartialEq)]
pub struct CaseContext {
    /// The day the run is about.
    pub date: Date,
    /// The zone in which the day counts.
    pub time_zone: TimeZone,
    /// The instant the run is due; the end of the day when nothing is said.
    pub scheduled_for: Option<Timestamp>,
    /// 1 for the first attempt.
    pub attempt: u32,
    /// For sampling.
    pub seed: u64,
}

/// The cases of one file.
#[derive(Debug, Clone)]
pub struct CaseFile {
    /// The file.
    pub path: PathBuf,
    /// Its cases, in order.
    pub cases: Vec<Arc<Case>>,
}

impl CaseFile {
    /// Reads a file of cases.
    ///
    /// # Errors
    /// When it cannot be read, and with every problem at once when it says something wrong.
    pub fn load(path: &Path) -> Result<Self, ConfigError> {
        Self::parse(path, crate::config::read_text(path)?)
    }

    /// The cases in a text; paths in it are relative to the folder of `path`.
    ///
    /// # Errors
    /// [`ConfigError::Invalid`] with everything that is wrong.
    pub fn parse(path: &Path, text: String) -> Result<Self, ConfigError> {
        let cases = read::cases(path, text)?;
        Ok(Self { path: path.to_owned(), cases: cases.into_iter().map(Arc::new).collect() })
    }

    /// The file in which stands what came of them.
    #[must_use]
    pub fn golden(&self) -> PathBuf {
        self.path.with_extension("golden.json")
    }
}
