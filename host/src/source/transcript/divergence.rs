//! Where a replayed check asked otherwise than the recorded one.

use std::fmt;

use super::document::told;
use super::{Asked, Request};
use crate::model::{Param, Problem, ProblemCode, Value, cut};
use crate::source::ReadStatement;

/// Most lines of a difference that are shown.
const LINES_MAX: usize = 60;

/// Longest line of a difference, in bytes; a longer one is shown around the place where it differs.
const LINE_BYTES_MAX: usize = 200;

/// Most pairs of lines that are compared to find the shortest difference; beyond that all lines differ.
const PAIRS_MAX: usize = 1_000_000;

/// Unchanged lines shown before and after a change.
const CONTEXT_LINES: usize = 2;

/// The first question that was not asked as it was recorded.
#[derive(Debug, Clone, PartialEq)]
pub struct Divergence {
    /// The query, from 1, over all sources.
    pub query: u64,
    /// All in which it differs; never empty.
    pub differences: Vec<Difference>,
    /// The later query of the transcript that is the one that was asked: questions came in another order.
    pub recorded_as: Option<u64>,
}

/// One way to differ.
#[derive(Debug, Clone, PartialEq)]
pub enum Difference {
    /// Another source.
    Source {
        /// As recorded.
        recorded: String,
        /// As asked.
        asked: String,
    },
    /// Rows for an estimate, or the other way round.
    Request {
        /// As recorded.
        recorded: Request,
        /// As asked.
        asked: Request,
    },
    /// Another statement.
    Sql {
        /// As recorded.
        recorded: String,
        /// As asked.
        asked: String,
    },
    /// A parameter has another value or type, or is there on one side only.
    Param {
        /// Its name.
        name: String,
        /// As recorded.
        recorded: Option<Value>,
        /// As asked.
        asked: Option<Value>,
    },
    /// The same parameters in another order.
    ParamOrder {
        /// Names as recorded.
        recorded: Vec<String>,
        /// Names as asked.
        asked: Vec<String>,
    },
    /// A query after all that were recorded.
    Unrecorded {
        /// The source that was asked.
        source: String,
        /// The statement.
        sql: String,
    },
    /// The run ended without this query.
    Unasked {
        /// Its source.
        source: String,
        /// Its statement.
        sql: String,
        /// How many recorded queries were not asked, this one included.
        queries: u64,
    },
    /// More of the answer was read than was read when it was recorded.
    Beyond {
        /// Rows that are recorded.
        rows: u64,
    },
}

impl Divergence {
    /// What keeps a question from being a recorded one, if anything.
    pub(super) fn between(asked: &Question<'_>, queries: &[Asked], index: usize) -> Option<Self> {
        let query = index as u64 + 1;
        let Some(recorded) = queries.get(index) else {
            let difference = Difference::Unrecorded { source: asked.source.into(), sql: asked.statement.text().into() };
            return Some(Self { query, differences: vec![difference], recorded_as: None });
        };
        let differences = asked.differences(recorded);
        if differences.is_empty() {
            return None;
        }
        let later = queries.iter().enumerate().skip(index + 1);
        let same = later.filter(|(_, later)| asked.differences(later).is_empty()).map(|(at, _)| at as u64 + 1);
        Some(Self { query, differences, recorded_as: same.min() })
    }

    /// The run ended before this query was asked.
    pub(super) fn unasked(queries: &[Asked], index: usize) -> Option<Self> {
        let Asked { source, sql, .. } = queries.get(index)?;
        let left = queries.len() - index;
        let difference = Difference::Unasked { source: source.clone(), sql: sql.clone(), queries: left as u64 };
        Some(Self { query: index as u64 + 1, differences: vec![difference], recorded_as: None })
    }

    /// More was read of a query than is recorded.
    pub(super) fn beyond(query: u64, rows: u64) -> Self {
        Self { query, differences: vec![Difference::Beyond { rows }], recorded_as: None }
    }

    /// What a guest is told, once it has diverged.
    #[must_use]
    pub fn problem(&self) -> Problem {
        Problem::new(ProblemCode::Failed, self.summary())
            .with_hint("the check or what it was given is not what was recorded: record it again, or undo the change")
    }

    /// In one line.
    #[must_use]
    pub fn summary(&self) -> String {
        let parts: Vec<_> = self.differences.iter().map(Difference::summary).collect();
        let elsewhere = self.recorded_as.map(|n| format!(" (it is recorded as query {n})")).unwrap_or_default();
        format!("divergence from the transcript at query {}: {}{elsewhere}", self.query, parts.join("; "))
    }
}

/// The summary and, below it, the difference of the statements.
impl fmt::Display for Divergence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.summary())?;
        for difference in &self.differences {
            if let Difference::Sql { recorded, asked } = difference {
                write!(f, "\n--- recorded\n+++ asked\n{}", unified(recorded, asked))?;
            }
        }
        Ok(())
    }
}

impl Difference {
    fn summary(&self) -> String {
        let names = |names: &[String]| names.iter().map(|name| format!("@{name}")).collect::<Vec<_>>().join(", ");
        let short = |sql: &str| cut(sql.split_whitespace().collect::<Vec<_>>().join(" "), LINE_BYTES_MAX);
        match self {
            Self::Source { recorded, asked } => {
                format!("source `{recorded}` was recorded and `{asked}` is asked")
            }
            Self::Request { recorded, asked } => {
                format!("`{}` was recorded and `{}` is asked", recorded.as_str(), asked.as_str())
            }
            Self::Sql { .. } => "the statement is another".to_owned(),
            Self::Param { name, recorded: Some(recorded), asked: Some(asked) } => {
                format!("parameter @{name} was {} and is {}", told(recorded), told(asked))
            }
            Self::Param { name, recorded: Some(recorded), asked: None } => {
                format!("parameter @{name} was {} and is missing", told(recorded))
            }
            Self::Param { name, asked, .. } => {
                let asked = asked.as_ref().map(told).unwrap_or_default();
                format!("parameter @{name} was not recorded and is {asked}")
            }
            Self::ParamOrder { recorded, asked } => {
                format!("the parameters were in the order {} and are in the order {}", names(recorded), names(asked))
            }
            Self::Unrecorded { source, sql } => {
                format!("nothing more was recorded, and source `{source}` is asked `{}`", short(sql))
            }
            Self::Unasked { source, sql, queries } => {
                let noun = if *queries == 1 { "query was" } else { "queries were" };
                format!("{queries} recorded {noun} not asked, first of source `{source}`: `{}`", short(sql))
            }
            Self::Beyond { rows } => {
                format!("more is read of its answer than was recorded ({rows} rows; the rest was dropped then)")
            }
        }
    }
}

/// What a guest asks.
pub(super) struct Question<'a> {
    pub(super) source: &'a str,
    pub(super) request: Request,
    pub(super) statement: &'a ReadStatement,
}

impl Question<'_> {
    fn differences(&self, recorded: &Asked) -> Vec<Difference> {
        let Self { source, request, statement } = *self;
        let mut differences = Vec::new();
        if recorded.source != source {
            differences.push(Difference::Source { recorded: recorded.source.clone(), asked: source.to_owned() });
        }
        if recorded.request != request {
            differences.push(Difference::Request { recorded: recorded.request, asked: request });
        }
        if recorded.sql != statement.text() {
            let asked = statement.text().to_owned();
            differences.push(Difference::Sql { recorded: recorded.sql.clone(), asked });
        }
        differences.extend(param_differences(&recorded.params, statement.params()));
        differences
    }
}

fn param_differences(recorded: &[Param], asked: &[Param]) -> Vec<Difference> {
    let find = |params: &[Param], name: &str| params.iter().find(|p| p.name == name).map(|p| p.value.clone());
    let missing = recorded.iter().filter_map(|was| {
        let is = find(asked, &was.name);
        let same = is.as_ref().is_some_and(|is| is_same(&was.value, is));
        (!same).then(|| Difference::Param { name: was.name.clone(), recorded: Some(was.value.clone()), asked: is })
    });
    let new = asked.iter().filter(|is| find(recorded, &is.name).is_none());
    let new = new.map(|is| Difference::Param { name: is.name.clone(), recorded: None, asked: Some(is.value.clone()) });
    let differences: Vec<_> = missing.chain(new).collect();
    let names = |params: &[Param]| params.iter().map(|param| param.name.clone()).collect::<Vec<_>>();
    if differences.is_empty() && names(recorded) != names(asked) {
        return vec![Difference::ParamOrder { recorded: names(recorded), asked: names(asked) }];
    }
    differences
}

/// Whether two values are the same bit for bit.
fn is_same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Float64(a), Value::Float64(b)) => a.to_bits() == b.to_bits(),
        (Value::Float64Array(a), Value::Float64Array(b)) => {
            a.iter().map(|v| v.to_bits()).eq(b.iter().map(|v| v.to_bits()))
        }
        _ => a == b,
    }
}

/// A line of a difference.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Change<'a> {
    Same(&'a str),
    Gone(&'a str),
    New(&'a str),
}

/// The difference of two texts, line by line: ` ` for both, `-` for the recorded, `+` for the asked.
fn unified(recorded: &str, asked: &str) -> String {
    let (was, is): (Vec<_>, Vec<_>) = (recorded.split('\n').collect(), asked.split('\n').collect());
    let changes = changes(&was, &is);
    let changed = |change: &Change<'_>| !matches!(change, Change::Same(_));
    let near = |at: usize| {
        let around = changes.iter().skip(at.saturating_sub(CONTEXT_LINES));
        around.take(CONTEXT_LINES + 1 + CONTEXT_LINES.min(at)).any(changed)
    };
    let mut lines = Vec::new();
    let mut skipped = false;
    for (at, change) in changes.iter().enumerate() {
        if !near(at) {
            skipped = true;
            continue;
        }
        if std::mem::take(&mut skipped) {
            lines.push(" …".to_owned());
        }
        lines.push(match *change {
            Change::Same(line) => format!(" {}", around(line, 0)),
            Change::Gone(line) => format!("-{}", around(line, differing(line, &is))),
            Change::New(line) => format!("+{}", around(line, differing(line, &was))),
        });
    }
    if skipped {
        lines.push(" …".to_owned());
    }
    let over = lines.len().saturating_sub(LINES_MAX);
    if over > 0 {
        lines.truncate(LINES_MAX);
        lines.push(format!("… and {over} more lines"));
    }
    lines.join("\n")
}

/// Where a line begins to differ from the line on the other side that is most like it.
fn differing(line: &str, others: &[&str]) -> usize {
    if line.len() <= LINE_BYTES_MAX {
        return 0;
    }
    let common = |other: &&str| line.bytes().zip(other.bytes()).take_while(|(a, b)| a == b).count();
    others.iter().map(common).max().unwrap_or(0)
}

/// A long line around a place in it.
fn around(line: &str, place: usize) -> String {
    let start = if line.len() <= LINE_BYTES_MAX { 0 } else { line.floor_char_boundary(place.saturating_sub(40)) };
    let shown = cut(line.get(start..).unwrap_or_default().to_owned(), LINE_BYTES_MAX);
    if start == 0 { shown } else { format!("…{shown}") }
}

/// The shortest change from one list of lines to the other, by their longest common subsequence.
fn changes<'a>(was: &[&'a str], is: &[&'a str]) -> Vec<Change<'a>> {
    let same = |(a, b): &(&&str, &&str)| a == b;
    let head = was.iter().zip(is).take_while(same).count();
    let rest = was.len().min(is.len()) - head;
    let tail = was.iter().rev().zip(is.iter().rev()).take(rest).take_while(same).count();
    let middle = |lines: &[&'a str]| lines.get(head..lines.len() - tail).unwrap_or_default().to_vec();
    let (gone, new) = (middle(was), middle(is));
    let mut changes: Vec<_> = was.iter().take(head).map(|line| Change::Same(line)).collect();
    if gone.len().saturating_mul(new.len()) > PAIRS_MAX {
        changes.extend(gone.iter().map(|line| Change::Gone(line)));
        changes.extend(new.iter().map(|line| Change::New(line)));
    } else {
        changes.extend(aligned(&gone, &new));
    }
    changes.extend(was.iter().skip(was.len() - tail).map(|line| Change::Same(line)));
    changes
}

fn aligned<'a>(gone: &[&'a str], new: &[&'a str]) -> Vec<Change<'a>> {
    // `longest[i][j]`: lines in common of `gone[i..]` and `new[j..]`, in one list.
    let width = new.len() + 1;
    let mut longest = vec![0_u32; (gone.len() + 1) * width];
    let at = |i: usize, j: usize| i * width + j;
    for (i, a) in gone.iter().enumerate().rev() {
        for (j, b) in new.iter().enumerate().rev() {
            longest[at(i, j)] =
                if a == b { longest[at(i + 1, j + 1)] + 1 } else { longest[at(i + 1, j)].max(longest[at(i, j + 1)]) };
        }
    }
    let mut changes = Vec::new();
    let (mut i, mut j) = (0, 0);
    loop {
        match (gone.get(i), new.get(j)) {
            (None, None) => return changes,
            (Some(a), Some(b)) if a == b => {
                changes.push(Change::Same(a));
                (i, j) = (i + 1, j + 1);
            }
            (Some(a), b) if b.is_none() || longest[at(i + 1, j)] >= longest[at(i, j + 1)] => {
                changes.push(Change::Gone(a));
                i += 1;
            }
            (_, Some(b)) => {
                changes.push(Change::New(b));
                j += 1;
            }
            (Some(a), None) => {
                changes.push(Change::Gone(a));
                i += 1;
            }
        }
    }
}
