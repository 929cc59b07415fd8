//! What came of a case, as it is written beside it, and how that differs from what came of it now.
//!
//! A golden file holds a JSON document for each case of its file. What differs from run to run (times, ids) and what is
//! the host's alone (hints, logs, usage) is not in it.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use serde_json::{Value as Json, json};
use similar::TextDiff;

use super::rig::Outcome;
use crate::view::{FindingView, MetricView};

/// Lines around a difference that are shown.
const CONTEXT_LINES: usize = 3;

/// What came of the cases of one file, by name.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Golden(BTreeMap<String, Json>);

/// A golden file that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum GoldenError {
    /// It cannot be read or written.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// It is not what `--bless` writes.
    #[error("`{}` is not a golden file: {source}", path.display())]
    Form {
        /// The file.
        path: PathBuf,
        /// What is wrong, with its line.
        #[source]
        source: serde_json::Error,
    },
}

impl GoldenError {
    /// What would make it work.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Io(_) => "check the permissions of the file and its folder",
            Self::Form { .. } => "remove it and write it anew with `assay check test --bless`",
        }
    }
}

impl Golden {
    /// Reads a golden file; one that is not there holds nothing.
    ///
    /// # Errors
    /// [`GoldenError`].
    pub fn load(path: &Path) -> Result<Self, GoldenError> {
        let text = match fs_err::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Self::default()),
            Err(error) => return Err(error.into()),
        };
        let cases = serde_json::from_str(&text);
        cases.map(Self).map_err(|source| GoldenError::Form { path: path.to_owned(), source })
    }

    /// What came of a case.
    #[must_use]
    pub fn get(&self, case: &str) -> Option<&Json> {
        self.0.get(case)
    }

    /// Notes what came of a case.
    pub fn set(&mut self, case: &str, document: Json) {
        self.0.insert(case.to_owned(), document);
    }

    /// Keeps some of the cases.
    pub fn retain(&mut self, keep: impl Fn(&str) -> bool) {
        self.0.retain(|name, _| keep(name));
    }

    /// Writes it, whole or not at all.
    ///
    /// # Errors
    /// [`GoldenError::Io`].
    pub fn save(&self, path: &Path) -> Result<(), GoldenError> {
        let text = format!("{:#}\n", json!(self.0));
        let draft = path.with_extension("draft");
        fs_err::write(&draft, text)?;
        Ok(fs_err::rename(&draft, path)?)
    }
}

/// What came of a case.
#[must_use]
pub fn document(outcome: &Outcome) -> Json {
    let Outcome { conclusion, findings, metrics, logs: _, usage } = outcome;
    let findings: Vec<Json> = findings
        .iter()
        .map(|finding| {
            let mut view = json!(FindingView::of(finding));
            // What the check left to its configuration is not the check's to say.
            view["severity"] = json!(finding.draft.severity.map(|severity| severity.as_str()));
            without_nothing(view)
        })
        .collect();
    let metrics: Vec<Json> = metrics.iter().map(|metric| without_nothing(json!(MetricView::of(metric)))).collect();
    without_nothing(json!({
        "status": conclusion.status.as_str(),
        "reason": conclusion.reason.map(|reason| reason.as_str()),
        "message": conclusion.message,
        "rows_evaluated": conclusion.examined,
        "findings_partial": conclusion.partial.then_some(true),
        "findings_dropped": (usage.findings_dropped > 0).then_some(usage.findings_dropped),
        "findings": findings,
        "metrics": metrics,
    }))
}

/// A document without the keys that say nothing.
fn without_nothing(mut document: Json) -> Json {
    if let Json::Object(keys) = &mut document {
        keys.retain(|_, value| match value {
            Json::Null => false,
            Json::Array(items) => !items.is_empty(),
            Json::Object(keys) => !keys.is_empty(),
            Json::Bool(_) | Json::Number(_) | Json::String(_) => true,
        });
    }
    document
}

/// How two documents differ, line by line; None when they do not.
#[must_use]
pub fn difference(expected: &Json, found: &Json) -> Option<String> {
    if expected == found {
        return None;
    }
    let (expected, found) = (format!("{expected:#}\n"), format!("{found:#}\n"));
    let diff = TextDiff::from_lines(&expected, &found);
    let mut unified = diff.unified_diff();
    Some(unified.context_radius(CONTEXT_LINES).header("expected", "found").to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_shows_its_lines() {
        let (one, other) = (json!({ "status": "pass", "n": 1 }), json!({ "status": "fail", "n": 1 }));
        assert_eq!(difference(&one, &one), None);
        let told = difference(&one, &other).unwrap();
        assert!(told.contains("-  \"status\": \"pass\"\n+  \"status\": \"fail\""), "{told}");
    }

    #[test]
    fn a_golden_file_is_read_as_it_was_written() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("gaps.golden.json");
        assert_eq!(Golden::load(&path).unwrap(), Golden::default(), "one that is not there holds nothing");
        let mut golden = Golden::default();
        golden.set("b", json!({ "status": "pass" }));
        golden.set("a", json!({ "status": "fail" }));
        golden.save(&path).unwrap();
        assert_eq!(Golden::load(&path).unwrap(), golden);
        assert_eq!(fs_err::read_dir(folder.path()).unwrap().count(), 1, "no draft is left");
        fs_err::write(&path, "{").unwrap();
        let error = Golden::load(&path).unwrap_err();
        assert!(error.to_string().contains("is not a golden file: EOF"), "{error}");
    }
}
