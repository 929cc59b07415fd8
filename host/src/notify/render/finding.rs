//! Findings, as templates and programs see them.

use serde::Serialize;

use super::words;
use crate::model::{Finding, Subject};
use crate::notify::inert::inert;

/// The longest sentence of a finding, in characters.
const SENTENCE_CHARS_MAX: usize = 600;
/// The longest name, in characters.
const NAME_CHARS_MAX: usize = 200;
/// The longest cell, in characters.
const CELL_CHARS_MAX: usize = 80;
/// Sample rows shown of one finding.
const ROWS_MAX: usize = 5;
/// Columns shown of a sample row.
const COLUMNS_MAX: usize = 8;
/// Details shown of one finding.
const ATTRIBUTES_MAX: usize = 8;

#[derive(Debug, Serialize)]
pub(super) struct FindingView {
    pub(super) code: String,
    pub(super) severity: &'static str,
    pub(super) message: String,
    /// What it is about, in words: `table t, column c`.
    pub(super) subject: Option<String>,
    pub(super) date: Option<String>,
    pub(super) observed: Option<String>,
    pub(super) expected: Option<String>,
    pub(super) affected: Option<u64>,
    pub(super) samples: Vec<Vec<CellView>>,
    pub(super) remediation: Option<String>,
    pub(super) attributes: Vec<CellView>,
}

#[derive(Debug, Serialize)]
pub(super) struct CellView {
    pub(super) name: String,
    /// `null` as a word where there is none.
    pub(super) value: String,
}

impl FindingView {
    pub(super) fn of(finding: &Finding) -> Self {
        let Finding { severity, draft } = finding;
        let unit = draft.unit.as_deref();
        let cell = |name: &str, value: &str| CellView {
            name: inert(name, CELL_CHARS_MAX),
            value: inert(value, CELL_CHARS_MAX),
        };
        let rows = draft.samples.iter().take(ROWS_MAX).map(|row| {
            let cells = row.iter().take(COLUMNS_MAX);
            cells.map(|value| cell(&value.name, value.value.as_deref().unwrap_or("null"))).collect()
        });
        let attributes = draft.attributes.iter().take(ATTRIBUTES_MAX);
        Self {
            code: inert(&draft.code, NAME_CHARS_MAX),
            severity: severity.as_str(),
            message: inert(&draft.message, SENTENCE_CHARS_MAX),
            subject: subject(&draft.subject),
            date: draft.subject.date.as_deref().map(|date| inert(date, NAME_CHARS_MAX)),
            observed: draft.observed.as_ref().map(|measure| words::measure(measure, unit)),
            expected: draft.expected.as_ref().map(|measure| words::measure(measure, unit)),
            affected: draft.affected,
            samples: rows.collect(),
            remediation: draft.remediation.as_deref().map(|text| inert(text, SENTENCE_CHARS_MAX)),
            attributes: attributes.map(|attribute| cell(&attribute.key, &attribute.value)).collect(),
        }
    }
}

fn subject(subject: &Subject) -> Option<String> {
    let Subject { source, table, column, date, partition } = subject;
    let parts = [("source", source), ("table", table), ("column", column), ("date", date), ("part", partition)];
    let named = parts.into_iter().filter_map(|(what, name)| {
        let name = inert(name.as_deref()?, NAME_CHARS_MAX);
        (!name.is_empty()).then(|| format!("{what} {name}"))
    });
    let text = named.collect::<Vec<_>>().join(", ");
    (!text.is_empty()).then_some(text)
}
