//! On which days schedules run.

use std::path::PathBuf;

use crate::model::{CalendarName, SourceName};
use crate::schedule::{Blackout, Span};

/// Days on which schedules run, and days on which they do not. At least one of its parts is there. The days of
/// `active`, `file` and `query` together are on; every day, where there is none of these.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CalendarConfig {
    /// Its name.
    pub name: CalendarName,
    /// Days that are on; no span ends before it begins.
    pub active: Vec<Span>,
    /// Days that are off in any case; no span ends before it begins.
    pub blackout: Vec<Blackout>,
    /// A file with days that are on; whether it is there shows when it is read.
    pub file: Option<PathBuf>,
    /// A query for days that are on.
    pub query: Option<CalendarQuery>,
}

/// A query for days.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CalendarQuery {
    /// The source that answers it.
    pub source: SourceName,
    /// A statement that returns one column of dates.
    pub sql: String,
}
