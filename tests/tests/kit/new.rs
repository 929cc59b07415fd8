//! From nothing to a tested check, in every language.

use assay_tests::project::assay_in;
use serde_json::Value;

fn new_and_tested(language: &str) {
    let home = tempfile::tempdir().unwrap();
    let written = assay_in(home.path(), &["check", "new", "late-orders", "--lang", language]);
    assert_eq!(written.code, Some(0), "{}{}", written.stdout, written.stderr);
    let check = home.path().join("late-orders");
    let tested = assay_in(&check, &["check", "test", "--format", "json"]);
    assert_eq!(tested.code, Some(0), "{language}:\n{}{}", tested.stdout, tested.stderr);
    let tested: Value = serde_json::from_str(&tested.stdout).unwrap();
    let cases: Vec<_> = tested["cases"]
        .as_array()
        .unwrap()
        .iter()
        .map(|case| (case["case"].as_str().unwrap(), case["result"]["status"].as_str().unwrap()))
        .collect();
    assert_eq!(
        cases,
        [
            ("days/every-day-has-its-rows", "pass"),
            ("days/a-gap-of-two-days", "fail"),
            ("days/a-short-day", "warn"),
            ("days/an-empty-table", "fail"),
            ("days/a-table-that-is-not-granted", "error"),
            ("days/bounds-that-contradict-each-other", "error"),
        ]
    );

    if language == "python" {
        // Its interpreter is another one every time.
        return;
    }
    // The same sources in another folder give the same bytes.
    let digest = |folder: &std::path::Path| {
        let built = assay_in(folder, &["check", "build"]);
        assert_eq!(built.code, Some(0), "{}", built.stderr);
        built.stdout.lines().last().unwrap_or_default().to_owned()
    };
    let first = digest(&check);
    assert!(first.contains("sha256:"), "{first}");
    let elsewhere = tempfile::tempdir().unwrap();
    let moved = elsewhere.path().join("another-name");
    fs_err::rename(&check, &moved).unwrap();
    fs_err::remove_dir_all(moved.join(".assay/build")).ok();
    fs_err::remove_file(moved.join(".assay/component.stamp")).ok();
    fs_err::remove_dir_all(moved.join("target")).ok();
    fs_err::remove_dir_all(moved.join(".assay/tools")).ok();
    assert_eq!(digest(&moved), first, "{language}: the folder does not matter");
}

#[test]
fn in_rust() {
    new_and_tested("rust");
}

#[test]
fn in_python() {
    new_and_tested("python");
}

#[test]
fn in_javascript() {
    new_and_tested("js");
}
