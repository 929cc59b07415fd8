//! Table `run_checks`: what a run is going to do.

use rusqlite::types::Value;

use super::super::codec::{self, Fields};
use super::super::error::{Fault, StoreError};
use super::{Table, settings};
use crate::model::{CheckName, RunId, Severity};

/// The table.
pub(in super::super) const TABLE: Table<8> = Table {
    name: "run_checks",
    key: 2,
    columns: ["run_id", "check_name", "ordinal", "plugin", "severity", "owner", "tags", "settings"],
};

/// A check that a run selected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedCheck {
    /// The check.
    pub check: CheckName,
    /// `id@version` as configured.
    pub plugin: String,
    /// How bad it is if the check fails.
    pub severity: Severity,
    /// Who owns the data.
    pub owner: Option<String>,
    /// Labels of the check.
    pub tags: Vec<String>,
    /// The settings document (JSON).
    pub settings: String,
}

/// The row of the check at `ordinal`.
pub(in super::super) fn row(run: RunId, ordinal: usize, planned: &PlannedCheck) -> Result<[Value; 8], StoreError> {
    let PlannedCheck { check, plugin, severity, owner, tags, settings: document } = planned;
    Ok([
        Value::Text(run.to_string()),
        codec::text(Some(check.as_str())),
        codec::count(ordinal as u64),
        codec::text(Some(plugin)),
        codec::text(Some(severity.as_str())),
        codec::text(owner.as_deref()),
        codec::tags(tags),
        settings(&format!("check {check} of run {run}"), document)?,
    ])
}

/// The check of a row.
pub(in super::super) fn read(row: &rusqlite::Row<'_>) -> Result<PlannedCheck, Fault> {
    let fields = Fields::new(TABLE.name, row);
    Ok(PlannedCheck {
        check: fields.parsed("check_name", "check name")?,
        plugin: fields.text("plugin")?,
        severity: fields.word("severity", "severity", &Severity::ALL, Severity::as_str)?,
        owner: fields.text_or_null("owner")?,
        tags: fields.tags("tags")?,
        settings: fields.text("settings")?,
    })
}
