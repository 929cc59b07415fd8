//! What an author gets wrong is told with its place and with what would be right.

use std::path::Path;

use assay_tests::project::{Output, assay_in, shipped_plugins};

/// A check's folder with one case over one table; the component is a shipped one.
struct Check(tempfile::TempDir);

const MANIFEST: &str = r#"
id = "unique-key"
version = "1.0.0"
language = "rust"
title = "No two rows have the same key"
description = "Groups rows by all columns of the key. Rows in which a part of the key is null are told apart from duplicates: they have no key."
owner = "assay"
"#;

const CASES: &str = r#"
[settings]
table = "t"
columns = ["id"]
[context]
date = "2026-01-30"
[tables.t]
csv = "id\n1\n2\n"
[[case]]
name = "a"
expect = "pass"
"#;

impl Check {
    fn new(manifest: &str, cases: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs_err::create_dir(folder.path().join("tests")).unwrap();
        fs_err::write(folder.path().join("check.toml"), manifest).unwrap();
        fs_err::write(folder.path().join("tests/a.toml"), cases).unwrap();
        Self(folder)
    }

    fn run(&self, component: &Path, more: &[&str]) -> Output {
        let component = component.display().to_string();
        assay_in(self.0.path(), &[&["check", "test", "--component", &component], more].concat())
    }

    fn test(&self) -> Output {
        self.run(&shipped_plugins().join("unique-key@1.0.0.wasm"), &[])
    }
}

/// Code and everything that was printed, without what makes it pretty.
fn told(output: &Output) -> (Option<i32>, String) {
    let text = format!("{}\n{}", output.stdout, output.stderr);
    (output.code, text.split_whitespace().filter(|word| !matches!(*word, "│" | "×")).collect::<Vec<_>>().join(" "))
}

fn says(output: &Output, code: i32, parts: &[&str]) {
    let (found, text) = told(output);
    for part in parts {
        assert!(text.contains(part), "{part}\n{}{}", output.stdout, output.stderr);
    }
    assert_eq!(found, Some(code), "{text}");
}

#[test]
fn a_missing_golden_file_is_no_pass() {
    let check = Check::new(MANIFEST, CASES);
    says(&check.test(), 1, &["NO GOLDEN", "tests/a.golden.json` does not say what should come of the case", "--bless"]);
    let component = shipped_plugins().join("unique-key@1.0.0.wasm");
    says(&check.run(&component, &["--bless"]), 0, &["wrote"]);
    says(&check.test(), 0, &["1 of 1 cases are as they should be"]);
    fs_err::write(check.0.path().join("tests/a.golden.json"), "{").unwrap();
    says(&check.test(), 64, &["is not a golden file", "hint: remove it"]);
}

#[test]
fn blessing_never_turns_a_fail_into_a_pass() {
    let check = Check::new(MANIFEST, &CASES.replace("1\\n2", "1\\n1"));
    let component = shipped_plugins().join("unique-key@1.0.0.wasm");
    let blessed = check.run(&component, &["--bless"]);
    says(&blessed, 1, &["STATUS", "expected pass", "found fail: 1 keys stand more than once"]);
    assert!(!check.0.path().join("tests/a.golden.json").exists(), "nothing is written down");
}

#[test]
fn a_golden_file_of_other_results_shows_the_lines() {
    let check = Check::new(MANIFEST, CASES);
    let other =
        r#"{ "a": { "status": "pass", "message": "3 rows, each with a key of its own", "rows_evaluated": 2 } }"#;
    fs_err::write(check.0.path().join("tests/a.golden.json"), other).unwrap();
    let output = check.test();
    says(&output, 1, &["DIFFERS", "- \"message\": \"3 rows", "+ \"message\": \"2 rows"]);
}

#[test]
fn a_manifest_that_is_wrong_is_told_whole() {
    let check = Check::new(&MANIFEST.replace("owner", "ower").replace("\"rust\"", "\"rst\""), CASES);
    says(
        &check.test(),
        64,
        &["check.toml", "unknown key `ower`", "did you mean `owner`?", "there is no language `rst`"],
    );
    let check = Check::new("id = ", CASES);
    says(&check.test(), 64, &["check.toml", "the file must be TOML"]);
}

#[test]
fn a_component_that_says_something_else_than_its_manifest_is_refused() {
    let check = Check::new(&MANIFEST.replace("1.0.0", "1.1.0").replace("\"assay\"", "\"others\""), CASES);
    says(
        &check.test(),
        64,
        &["id and version: `unique-key@1.0.0` and `unique-key@1.1.0`", "owner: `assay` and `others`"],
    );
}

#[test]
fn cases_that_are_wrong_are_told_whole() {
    let check = Check::new(MANIFEST, &CASES.replace("expect", "expct").replace("csv", "cvs"));
    says(
        &check.test(),
        64,
        &["a.toml", "unknown key `expct`", "unknown key `cvs` in `tables.t`", "did you mean `csv`?"],
    );
    let check = Check::new(MANIFEST, &CASES.replace("csv = \"id\\n1\\n2\\n\"", "file = \"fixtures/no.csv\""));
    says(&check.test(), 64, &["there is no `", "fixtures/no.csv`", "paths are relative"]);
    fs_err::remove_file(check.0.path().join("tests/a.toml")).unwrap();
    says(&check.test(), 64, &["there are no cases", "tests/days.toml"]);
}

#[test]
fn a_fixture_with_a_wrong_column_is_told_by_name() {
    let check = Check::new(MANIFEST, &CASES.replace("csv = \"id", "csv = \"ident"));
    says(&check.test(), 1, &["STATUS", "found error (query_failed)", "there is no column `id`", "there are `t.ident`"]);
    let check = Check::new(MANIFEST, &CASES.replace("id\\n1\\n2\\n", "id\\n1,2\\n"));
    says(&check.test(), 1, &["found error (query_failed)", "t.csv"]);
}

#[test]
fn a_broken_component_is_refused_with_a_reason() {
    let check = Check::new(MANIFEST, CASES);
    let broken = check.0.path().join("unique-key@1.0.0.wasm");
    fs_err::write(&broken, b"\0asm\x0d\0\x01\0nonsense").unwrap();
    says(&check.run(&broken, &[]), 64, &["is refused", "hint:"]);
    says(&check.run(&check.0.path().join("nothing.wasm"), &[]), 64, &["nothing.wasm", "hint:"]);
}

#[test]
fn a_folder_that_is_no_check_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let output = assay_in(folder.path(), &["check", "build"]);
    says(&output, 64, &["is not the folder of a check", "assay check new NAME"]);
    let output = assay_in(folder.path(), &["check", "new", "Late Orders"]);
    says(&output, 64, &["`Late Orders` is not a plugin id", "for example"]);
    fs_err::create_dir(folder.path().join("taken")).unwrap();
    let output = assay_in(folder.path(), &["check", "new", "taken"]);
    says(&output, 64, &["`taken` is already there", "--dir"]);
    assert_eq!(fs_err::read_dir(folder.path()).unwrap().count(), 1, "nothing partial is left");
}
