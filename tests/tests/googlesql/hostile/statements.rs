//! Hostile statements as they are written in `tests/hostile/statements.yaml`.

use std::path::Path;

use assay::model::{Param, Value};
use serde::Deserialize;

/// What must come of a statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Expect {
    /// A problem with this code, from the gate or from the source.
    Refused(String),
    /// So many rows.
    Answer(usize),
    /// Whatever: within limits, and before long once nobody wants it.
    Bounded,
}

/// A statement.
#[derive(Debug, Clone)]
pub(super) struct Hostile {
    /// `<file's group>`
    pub(super) about: String,
    /// The statement, written out.
    pub(super) sql: String,
    pub(super) params: Vec<Param>,
    pub(super) expect: Expect,
}

impl Hostile {
    /// What it is about and how it begins, on one line.
    pub(super) fn shown(&self) -> String {
        let start: String = self.sql.chars().take(120).flat_map(char::escape_debug).collect();
        format!("{}: {start}", self.about)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Group {
    about: String,
    /// A code, a number of rows, or that it is only bounded: one of these.
    refused: Option<String>,
    answer: Option<usize>,
    #[serde(default)]
    bounded: bool,
    /// What `@p` is.
    p: Option<String>,
    statements: Vec<String>,
}

impl Group {
    fn expect(&self) -> Expect {
        match (&self.refused, self.answer, self.bounded) {
            (Some(code), None, false) => Expect::Refused(code.clone()),
            (None, Some(rows), false) => Expect::Answer(rows),
            (None, None, true) => Expect::Bounded,
            _ => panic!("{}: one of `refused`, `answer` and `bounded`", self.about),
        }
    }
}

/// Reads all statements of a file.
pub(super) fn load(path: &Path) -> Vec<Hostile> {
    let groups: Vec<Group> = serde_saphyr::from_str(&fs_err::read_to_string(path).unwrap()).unwrap();
    let of_group = |group: &Group| -> Vec<Hostile> {
        let expect = group.expect();
        let params: Vec<Param> =
            group.p.iter().map(|text| Param { name: "p".to_owned(), value: Value::Text(written(text)) }).collect();
        let one = |sql: &String| Hostile {
            about: group.about.clone(),
            sql: written(sql),
            params: params.clone(),
            expect: expect.clone(),
        };
        group.statements.iter().map(one).collect()
    };
    groups.iter().flat_map(of_group).collect()
}

/// With every `⟦text×n⟧` written out: the text n times, `№` in it as the number of the turn.
fn written(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once('⟦') {
        let (repeated, after) = behind.split_once('⟧').unwrap_or_else(|| panic!("no end: {text}"));
        let (piece, turns) = repeated.rsplit_once('×').unwrap_or_else(|| panic!("no number: {text}"));
        out.push_str(before);
        for turn in 0..turns.parse::<usize>().unwrap() {
            out.push_str(&piece.replace('№', &turn.to_string()));
        }
        rest = after;
    }
    out.push_str(rest);
    out
}

#[test]
fn repetitions_are_written_out() {
    assert_eq!(written("a⟦ b№×3⟧ c⟦)×2⟧"), "a b0 b1 b2 c))");
}
