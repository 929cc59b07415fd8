//! Cases as they are written, read and looked over.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail, ensure};
use serde::Deserialize;

use super::expected::Expected;
use super::json::Json;
use super::types::{Field, Type};
use super::value::Value;

/// How the names of files begin that list where an emulator deviates; all other files of the folder hold cases.
const DEVIATIONS: &str = "emulator";

/// One statement and what must come of it.
#[derive(Debug, Clone)]
pub struct Case {
    /// `<file stem>/<name>`
    pub id: String,
    /// Names of functions or constructs, in capitals.
    pub covers: Vec<String>,
    /// The statement.
    pub sql: String,
    /// Its parameters.
    pub params: Vec<Parameter>,
    /// What must come of it.
    pub expect: Expect,
}

/// A named parameter.
#[derive(Debug, Clone, PartialEq)]
pub struct Parameter {
    /// Without the `@`.
    pub name: String,
    /// A scalar, or an array of scalars.
    pub r#type: Type,
    /// The value.
    pub value: Value,
}

/// What must come of a statement.
#[derive(Debug, Clone, PartialEq)]
pub enum Expect {
    /// Rows.
    Rows(Expected),
    /// An error, on BigQuery too; assay's message contains the text, whatever the case of its letters.
    Error(String),
    /// A refusal by assay of what BigQuery answers.
    Refused(Refused),
}

/// How assay refuses.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Refused {
    /// The code of the problem.
    pub code: String,
    /// What its message contains.
    pub says: String,
}

/// A case, or several, in which an emulator does not do what BigQuery does.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Deviation {
    /// Id of a case, or how the ids of several begin, with `*` behind.
    pub case: String,
    /// What it does instead.
    pub reason: String,
    /// Whether it says so.
    pub kind: DeviationKind,
}

impl Deviation {
    /// Whether it is about a case.
    #[must_use]
    pub fn is_about(&self, case: &Case) -> bool {
        let begins = |prefix| case.id.starts_with(prefix);
        self.case == case.id || self.case.strip_suffix('*').is_some_and(begins)
    }
}

/// Whether an emulator says that it does not do what BigQuery does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DeviationKind {
    /// It fails.
    Unsupported,
    /// It answers something else.
    Deviates,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenCase {
    name: String,
    covers: Vec<String>,
    sql: String,
    #[serde(default)]
    params: Vec<WrittenParameter>,
    columns: Option<String>,
    rows: Option<Vec<Vec<Json>>>,
    #[serde(default)]
    unordered: bool,
    error: Option<String>,
    refused: Option<Refused>,
    source: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenParameter {
    name: String,
    r#type: String,
    value: Json,
}

/// Reads every case of a folder, in the order of files and of cases in a file.
///
/// # Errors
/// Everything that is wrong with any of them.
pub fn load(folder: &Path) -> anyhow::Result<Vec<Case>> {
    let (_, files) = files(folder)?;
    let mut cases = Vec::new();
    let mut wrong = Vec::new();
    for path in files {
        let topic = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let text = fs_err::read_to_string(&path)?;
        match read(&topic, &text) {
            Ok(read) => cases.extend(read),
            Err(error) => wrong.push(format!("{}: {error:#}", path.display())),
        }
    }
    ensure!(wrong.is_empty(), "{}", wrong.join("\n"));
    Ok(cases)
}

/// Reads the deviations of the emulator that stand among the cases of a folder.
///
/// # Errors
/// When they are not in their form, or one is about no case.
pub fn deviations(folder: &Path, cases: &[Case]) -> anyhow::Result<Vec<Deviation>> {
    let (files, _) = files(folder)?;
    let mut deviations = Vec::new();
    for path in files {
        let text = fs_err::read_to_string(&path)?;
        let read: Vec<Deviation> =
            serde_saphyr::from_str(&text).with_context(|| format!("{} cannot be read", path.display()))?;
        for deviation in read {
            let Deviation { case, reason, .. } = &deviation;
            ensure!(cases.iter().any(|case| deviation.is_about(case)), "{}: no case `{case}`", path.display());
            ensure!(!reason.trim().is_empty(), "{}: no reason for `{case}`", path.display());
            deviations.push(deviation);
        }
    }
    Ok(deviations)
}

/// The files of deviations and those of cases, each by name.
fn files(folder: &Path) -> anyhow::Result<(Vec<PathBuf>, Vec<PathBuf>)> {
    let mut files = Vec::new();
    for entry in fs_err::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|end| end == "yaml") {
            files.push(path);
        }
    }
    files.sort();
    let is_about_emulator =
        |path: &PathBuf| path.file_stem().is_some_and(|stem| stem.to_string_lossy().starts_with(DEVIATIONS));
    Ok(files.into_iter().partition(is_about_emulator))
}

fn read(topic: &str, text: &str) -> anyhow::Result<Vec<Case>> {
    let written: Vec<WrittenCase> = serde_saphyr::from_str(text)?;
    let mut names = BTreeSet::new();
    let mut cases = Vec::new();
    let mut wrong = Vec::new();
    for case in written {
        let name = case.name.clone();
        if !names.insert(name.clone()) {
            wrong.push(format!("`{name}`: there are two of the name"));
        }
        match case.read(topic) {
            Ok(case) => cases.push(case),
            Err(error) => wrong.push(format!("`{name}`: {error:#}")),
        }
    }
    if !wrong.is_empty() {
        bail!("\n  {}", wrong.join("\n  "));
    }
    Ok(cases)
}

impl WrittenCase {
    fn read(self, topic: &str) -> anyhow::Result<Case> {
        ensure!(!self.name.trim().is_empty(), "no name");
        ensure!(!self.sql.trim().is_empty(), "no SQL");
        ensure!(!self.source.trim().is_empty(), "no source: where is it written, or why is it so?");
        ensure!(!self.covers.is_empty(), "covers nothing");
        for construct in &self.covers {
            let is_name = !construct.is_empty() && *construct == construct.to_uppercase();
            ensure!(is_name, "`{construct}`: names of constructs are written in capitals");
        }
        let expect = match (self.columns, self.rows, self.error, self.refused) {
            (Some(columns), Some(rows), None, None) => Expect::Rows(expected(&columns, &rows, self.unordered)?),
            (None, None, Some(error), None) if !self.unordered => Expect::Error(error),
            (None, None, None, Some(refused)) if !self.unordered => Expect::Refused(refused),
            _ => bail!("a case has `columns` and `rows`, or `error`, or `refused`"),
        };
        Ok(Case {
            id: format!("{topic}/{}", self.name),
            covers: self.covers,
            sql: self.sql,
            params: self.params.into_iter().map(WrittenParameter::read).collect::<Result<_, _>>()?,
            expect,
        })
    }
}

impl WrittenParameter {
    fn read(self) -> anyhow::Result<Parameter> {
        let r#type = Type::read(&self.r#type)?;
        let value = Value::of_case(&r#type, &self.value).with_context(|| format!("the parameter `{}`", self.name))?;
        Ok(Parameter { name: self.name, r#type, value })
    }
}

fn expected(columns: &str, rows: &[Vec<Json>], unordered: bool) -> anyhow::Result<Expected> {
    let columns = Field::read_all(columns)?;
    let row = |(number, row): (usize, &Vec<Json>)| -> anyhow::Result<Vec<Value>> {
        ensure!(row.len() == columns.len(), "row {number}: {} values in {} columns", row.len(), columns.len());
        let values = row.iter().zip(&columns).map(|(value, column)| {
            let value = Value::of_case(&column.r#type, value)
                .with_context(|| format!("row {number}, column `{}`", column.name))?;
            ensure!(!value.has_null_in_array(), "row {number}: BigQuery returns no array that holds a null");
            Ok(value)
        });
        values.collect()
    };
    let rows = (1..).zip(rows).map(row).collect::<Result<_, _>>()?;
    Ok(Expected { columns, rows, unordered, open_ended: false })
}

#[cfg(test)]
mod tests {
    use super::*;

    const CASE: &str = "- name: one\n  covers: [SELECT]\n  sql: SELECT @n AS n\n  source: why\n";

    fn wrong(rest: &str) -> String {
        format!("{:#}", read("topic", &format!("{CASE}{rest}")).unwrap_err())
    }

    #[test]
    fn a_case_is_read_whole() {
        let rest = "  params: [{name: n, type: \"ARRAY<DATE>\", value: [\"2026-01-31\"]}]\n  columns: n INT64\n  rows: [[1]]\n";
        let case = read("topic", &format!("{CASE}{rest}")).unwrap().remove(0);
        assert_eq!((case.id.as_str(), case.covers), ("topic/one", vec!["SELECT".to_owned()]));
        assert_eq!(case.params[0].value.to_string(), "[2026-01-31]");
        let columns = Field::read_all("n INT64").unwrap();
        assert_eq!(
            case.expect,
            Expect::Rows(Expected { columns, rows: vec![vec![Value::Int64(1)]], unordered: false, open_ended: false })
        );
    }

    #[test]
    fn what_is_wrong_is_said_with_its_case() {
        assert_eq!(wrong(""), "\n  `one`: a case has `columns` and `rows`, or `error`, or `refused`");
        assert_eq!(wrong("  columns: n INT64\n  rows: [[1, 2]]\n"), "\n  `one`: row 1: 2 values in 1 columns");
        let text = wrong("  columns: n INT64\n  rows: [[x]]\n");
        assert_eq!(text, "\n  `one`: row 1, column `n`: \"x\" is not written as a INT64 is: text was not expected");
        let text = wrong("  columns: n ARRAY<INT64>\n  rows: [[[1, null]]]\n");
        assert_eq!(text, "\n  `one`: row 1: BigQuery returns no array that holds a null");
        assert!(wrong("  answer: 1\n").contains("answer"), "an unknown field");
    }

    #[test]
    fn a_name_is_given_once() {
        let text = format!("{CASE}  error: x\n{CASE}  error: y\n");
        assert_eq!(read("topic", &text).unwrap_err().to_string(), "\n  `one`: there are two of the name");
    }
}
