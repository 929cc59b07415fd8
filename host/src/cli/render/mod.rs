//! From views to text.

pub(super) mod junit;
pub(super) mod limits;
pub(super) mod table;
mod view;

use std::io::Write as _;

use serde::Serialize;

pub(super) use view::{AdmittedView, RunView};

/// Writes a line to standard output, without colour codes when that is not a terminal.
pub(super) fn out(text: &str) -> std::io::Result<()> {
    writeln!(anstream::stdout().lock(), "{text}")
}

/// Writes a JSON document for people and programs.
pub(super) fn json(value: &impl Serialize) -> std::io::Result<()> {
    out(&serde_json::to_string_pretty(value)?)
}

/// Writes a JSON document on one line.
pub(super) fn ndjson(value: &impl Serialize) -> std::io::Result<()> {
    out(&serde_json::to_string(value)?)
}
