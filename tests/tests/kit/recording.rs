//! Recorded runs: what comes of them again, what does not, and what they do not give away.

use std::path::{Path, PathBuf};

use assay_tests::project::{Output, Project, assay_in, shipped_plugins};
use serde_json::Value;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

fn component(check: &str) -> String {
    shipped_plugins().join(format!("{check}@1.0.0.wasm")).display().to_string()
}

/// Records the cases of a shipped check that hold a text.
fn record(check: &str, filter: &str, out: &Path, more: &[&str]) -> Output {
    let out = out.display().to_string();
    let component = component(check);
    let arguments = ["check", "record", "--component", &component, "--filter", filter, "--out", &out];
    assay_in(&root().join("plugins").join(check), &[&arguments[..], more].concat())
}

fn replay(check: &str, transcripts: &[PathBuf]) -> (Option<i32>, Vec<Value>) {
    let component = component(check);
    let paths: Vec<String> = transcripts.iter().map(|path| path.display().to_string()).collect();
    let mut arguments = vec!["check", "replay", "--component", &component, "--format", "json"];
    arguments.extend(paths.iter().map(String::as_str));
    let output = assay_in(root(), &arguments);
    let found = serde_json::from_str(&output.stdout);
    (output.code, found.unwrap_or_else(|_| panic!("{}{}", output.stdout, output.stderr)))
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<_> = fs_err::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

#[test]
fn every_case_comes_about_again_with_the_same_fuel() {
    let out = tempfile::tempdir().unwrap();
    let output = record("row-count", "days/", out.path(), &[]);
    assert_eq!(output.code, Some(0), "{}", output.stderr);
    let transcripts = files(out.path());
    assert_eq!(transcripts.len(), 16, "{transcripts:?}");
    let (code, replays) = replay("row-count", &transcripts);
    assert_eq!(code, Some(0), "{replays:#?}");
    for replay in &replays {
        assert_eq!(replay["same"], true, "{replay:#}");
        assert_eq!(replay["fuel"]["compared"], true, "{replay:#}");
        assert_eq!(replay["fuel"]["recorded"], replay["fuel"]["replayed"], "{replay:#}");
    }
    let of = |name: &str| replays.iter().find(|replay| replay["transcript"].as_str().unwrap().contains(name)).unwrap();
    assert_eq!(of("a-gap-of-three-days")["result"]["status"], "fail");
    assert_eq!(of("a-healthy-month")["result"]["status"], "pass");
    assert!(of("a-healthy-month")["fuel"]["recorded"].as_u64().unwrap() > 10_000, "a guest burns fuel");
}

#[test]
fn the_first_question_that_differs_is_told() {
    let out = tempfile::tempdir().unwrap();
    record("row-count", "a-healthy-month", out.path(), &[]);
    let [path] = files(out.path()).try_into().unwrap();
    let text = fs_err::read_to_string(&path).unwrap();
    let changed = text.replacen("BETWEEN @start AND @end", "BETWEEN @start AND  @end", 1);
    assert_ne!(changed, text);
    // In the settings, from which the statement is made; what was recorded of the question stays.
    fs_err::write(&path, changed).unwrap();
    let (code, replays) = replay("row-count", &[path]);
    assert_eq!(code, Some(1));
    let divergence = replays[0]["divergence"].as_str().unwrap();
    assert!(
        divergence.starts_with("divergence from the transcript at query 1: the statement is another"),
        "{divergence}"
    );
    assert!(divergence.contains("--- recorded\n+++ asked"), "{divergence}");
    assert_eq!(replays[0]["result"]["status"], "error", "{:#}", replays[0]);
}

#[test]
fn another_answer_is_another_result() {
    let out = tempfile::tempdir().unwrap();
    record("freshness", "loaded-today", out.path(), &[]);
    let [path] = files(out.path()).try_into().unwrap();
    let text = fs_err::read_to_string(&path).unwrap();
    // 2026-01-30 in days since 1970-01-01, as the answer holds it.
    assert!(text.contains("20483"), "{text}");
    fs_err::write(&path, text.replace("20483", "20400")).unwrap();
    let (code, replays) = replay("freshness", &[path]);
    assert_eq!(code, Some(1));
    assert_eq!(replays[0]["divergence"], Value::Null);
    assert_eq!(replays[0]["result"]["status"], "fail");
    let difference = replays[0]["difference"].as_str().unwrap();
    assert!(
        difference.contains("-  \"status\": \"pass\"") && difference.contains("+  \"status\": \"fail\""),
        "{difference}"
    );
}

#[test]
fn a_transcript_that_is_cut_is_refused_with_its_line() {
    let out = tempfile::tempdir().unwrap();
    record("freshness", "loaded-today", out.path(), &[]);
    let [path] = files(out.path()).try_into().unwrap();
    let text = fs_err::read_to_string(&path).unwrap();
    let whole = text.lines().count();
    let cut: Vec<_> = text.lines().take(whole - 1).collect();
    fs_err::write(&path, format!("{}\n", cut.join("\n"))).unwrap();
    let path = path.display().to_string();
    let output = assay_in(root(), &["check", "replay", &path, "--component", &component("freshness")]);
    assert_eq!(output.code, Some(64));
    assert!(output.stderr.contains(&format!("line {whole}: the transcript is cut off here")), "{}", output.stderr);
    assert!(output.stderr.contains("hint: the rest is lost"), "{}", output.stderr);
}

#[test]
fn two_versions_answer_from_one_recording() {
    let out = tempfile::tempdir().unwrap();
    record("freshness", "age/a-pipeline-that-stopped", out.path(), &[]);
    let [path] = files(out.path()).try_into().unwrap();
    let (component, path) = (component("freshness"), path.display().to_string());
    let output = assay_in(root(), &["check", "diff", &component, &component, "--recording", &path]);
    assert_eq!(output.code, Some(0), "{}", output.stderr);
    assert!(output.stdout.starts_with("0 changes over 1 recordings ask for none"), "{}", output.stdout);

    let other = self::component("unique-key");
    let output = assay_in(root(), &["check", "diff", &other, &component, "--recording", &path]);
    assert_eq!(output.code, Some(64), "{}", output.stdout);
    assert!(output.stderr.contains("is no recording of A"), "{}", output.stderr);
}

const ORDERS: &str = "id,email\n1,ada@example.org\n1,ada@example.org\n2,bob@example.org\n";

/// A configured check that finds a duplicate and shows the row.
fn project() -> Project {
    let project = Project::new();
    fs_err::write(project.path().join("data/orders.csv"), ORDERS).unwrap();
    project.shipped("unique-key@1.0.0").write(
        "assay.toml",
        r#"
[source.shop]
type = "files"
path = "data"

[[check]]
name = "keys"
plugin = "unique-key@1.0.0"
severity = "high"
owner = "sales"
sources = { shop = ["orders"] }
[check.settings]
table = "orders"
columns = ["email"]
"#,
    );
    project
}

#[test]
fn a_configured_check_is_recorded_on_its_own_sources() {
    let project = project();
    let output = project.run(&["check", "record", "--check", "keys", "--date", "2026-01-30", "--out", "out"]);
    assert_eq!(output.code, Some(0), "{}", output.stderr);
    assert!(output.stdout.contains("keys.transcript.jsonl · fail · 3 queries"), "{}", output.stdout);
    let text = fs_err::read_to_string(project.path().join("out/keys.transcript.jsonl")).unwrap();
    assert!(text.contains("ada@example.org"), "without redaction the row is there");
    assert!(!project.path().join(".assay/assay.db").exists(), "nothing is stored");
    let output =
        project.run(&["check", "replay", "out/keys.transcript.jsonl", "--component", "plugins/unique-key@1.0.0.wasm"]);
    assert_eq!(output.code, Some(0), "{}{}", output.stdout, output.stderr);
    assert!(output.stdout.contains("fail · fuel equal: "), "{}", output.stdout);
}

#[test]
fn what_is_redacted_is_nowhere() {
    let project = project();
    let output = project.run(&["check", "record", "--check", "keys", "--redact", "EMAIL", "--out", "out"]);
    assert_eq!(output.code, Some(0), "{}", output.stderr);
    assert!(
        output.stdout.contains("fail · 3 queries") && output.stdout.contains("1 values redacted"),
        "{}",
        output.stdout
    );
    let path = project.path().join("out/keys.transcript.jsonl");
    let text = fs_err::read_to_string(&path).unwrap();
    assert!(!text.contains("ada@") && !text.contains("example.org"), "{text}");
    assert!(text.contains("redacted-"), "{text}");
    let (code, replays) = replay("unique-key", &[path]);
    assert_eq!(code, Some(0), "{replays:#?}");
}

#[test]
fn what_cannot_be_recorded_is_told() {
    let project = project();
    for (arguments, parts) in [
        (&["--check", "kyes"][..], &["there is no schedule or check `kyes`", "keys"][..]),
        (&["--check", "keys", "--redact", "[a"], &["`[a` is not a pattern of column names", "hint: name a column"]),
        (&["--check", "keys", "--out", "assay.toml"], &["assay.toml"]),
    ] {
        let output = project.run(&[&["check", "record"], arguments].concat());
        assert_eq!(
            output.code,
            Some(64).filter(|_| !arguments.contains(&"--out")).or(output.code),
            "{}",
            output.stderr
        );
        assert_ne!(output.code, Some(0));
        for part in parts {
            assert!(output.stderr.contains(part), "{part}\n{}", output.stderr);
        }
    }
    assert!(!project.path().join("transcripts/keys.transcript.jsonl").exists());
}
