//! Components that mean harm, one folder each in `tests/guests/`: whatever they do, each ends as `expected.toml` says,
//! and the honest check beside them passes.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use assay_tests::project::{Project, ending, find, guest};
use serde_json::Value;

/// The folders below `tests/guests/` that are no hostile guests: shared text, and a guest whose modes have a table of
/// their own.
const OTHERS: [&str; 2] = ["parts", "misbehave"];

/// The check that does what a check should.
const HONEST: &str = "honest";

/// What a guest must end as.
struct Expected {
    /// Code of the refusal, when it is not even admitted.
    refused: Option<String>,
    status: String,
    reason: Option<String>,
    /// A piece of the result's message.
    message: String,
    /// Longest message that a person is shown of it, in bytes.
    message_max: Option<usize>,
    /// What the check asks for of each limit.
    limits: Option<toml::Value>,
    /// Two runs burn the same fuel.
    same_fuel: bool,
    /// Parts of the result's usage.
    usage: BTreeMap<String, u64>,
}

fn guests() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("guests")
}

/// The table, by guest.
fn table() -> BTreeMap<String, Expected> {
    let text = fs_err::read_to_string(guests().join("expected.toml")).unwrap();
    let table: toml::Table = toml::from_str(&text).unwrap();
    table.into_iter().map(|(name, entry)| (name, expected(entry))).collect()
}

fn expected(entry: toml::Value) -> Expected {
    let toml::Value::Table(mut entry) = entry else { panic!("an entry is a table: {entry}") };
    let text = |value: toml::Value| value.as_str().map(str::to_owned).unwrap();
    let refused = entry.remove("refused").map(text);
    let (status, reason) = match refused {
        Some(_) => ("error".to_owned(), Some("missing_plugin".to_owned())),
        None => (entry.remove("status").map(text).unwrap(), entry.remove("reason").map(text)),
    };
    let count = |value: &toml::Value| u64::try_from(value.as_integer().unwrap()).unwrap();
    let usage = entry.remove("usage").unwrap_or_else(|| toml::Table::new().into());
    let expected = Expected {
        refused,
        status,
        reason,
        message: entry.remove("message").map(text).unwrap_or_default(),
        message_max: entry.remove("message_max").map(|value| usize::try_from(count(&value)).unwrap()),
        limits: entry.remove("limits"),
        same_fuel: entry.remove("same_fuel").is_some_and(|value| value.as_bool().unwrap()),
        usage: usage.as_table().unwrap().iter().map(|(field, value)| (field.clone(), count(value))).collect(),
    };
    assert!(entry.is_empty(), "nobody reads {entry:?}");
    expected
}

/// Every guest as a check of its own, and an honest one.
fn project(table: &BTreeMap<String, Expected>) -> Project {
    let project = Project::new();
    let rows: String = (0..30).map(|id| format!("{id}\n")).collect();
    project
        .plugin(&guest("misbehave@1.0.0.wasm"), None)
        .write("data/allowed.csv", format!("id\n{rows}"))
        .write("data/secret.csv", "id\n1\n");
    let check = |name: &str, plugin: &str, sources: &str, lines: &str| {
        format!("[[check]]\nname = \"{name}\"\nplugin = \"{plugin}@1.0.0\"\nsources = {{ {sources} }}\n{lines}\n")
    };
    let local = "local = [\"allowed\"]";
    let both = format!("{local}, crowded = [\"allowed\"]");
    let mut config = "[source.local]\ntype = \"files\"\npath = \"data\"\n".to_owned();
    // For queries that take all the memory there is.
    config.push_str("[source.crowded]\ntype = \"files\"\npath = \"data\"\nmemory = \"64 MiB\"\n");
    config.push_str(&check(HONEST, "misbehave", local, "[check.settings]\nmode = \"pass\""));
    for (name, expected) in table {
        project.plugin(&guest(&format!("{name}@1.0.0.wasm")), None);
        let lines = expected.limits.as_ref().map(|limits| format!("limits = {limits}")).unwrap_or_default();
        config.push_str(&check(name, name, &both, &lines));
    }
    project.write("assay.toml", config);
    project
}

/// How a result differs from what is expected of it.
fn difference(expected: &Expected, results: &[Value], name: &str) -> Option<String> {
    let result = find(results, name);
    let message = result["message"].as_str().unwrap_or_default();
    let usage = |field: &String| result["usage"][field].as_u64();
    let cut: String = message.chars().take(300).collect();
    if ending(results, name) != (expected.status.as_str(), expected.reason.as_deref()) {
        let Expected { status, reason, .. } = expected;
        return Some(format!("expected {status} {reason:?}, got {:?}: {cut}", ending(results, name)));
    }
    if !message.contains(&expected.message) {
        return Some(format!("expected `{}` in: {cut}", expected.message));
    }
    if expected.message_max.is_some_and(|most| message.len() > most) {
        return Some(format!("expected at most {:?} bytes, got {}", expected.message_max, message.len()));
    }
    let (field, count) = expected.usage.iter().find(|(field, count)| usage(field) != Some(**count))?;
    Some(format!("expected {field} = {count}, got {:?}", usage(field)))
}

#[test]
fn every_guest_has_an_entry_and_every_entry_a_guest() {
    let folders: BTreeSet<String> = fs_err::read_dir(guests())
        .unwrap()
        .map(Result::unwrap)
        .filter(|entry| entry.path().is_dir())
        .map(|entry| entry.file_name().into_string().unwrap())
        .filter(|name| !OTHERS.contains(&name.as_str()))
        .collect();
    let entries: BTreeSet<String> = table().into_keys().collect();
    assert_eq!(folders, entries);
    assert!(folders.len() >= 28, "{} guests", folders.len());
}

#[test]
fn each_ends_as_the_table_says_and_the_honest_check_passes() {
    let table = table();
    let project = project(&table);
    let run = || {
        let output = project.run(&["run", "--date", "2026-01-30", "--format", "ndjson"]);
        // Neither a signal nor a failure to store: a check that could not say.
        assert_eq!(output.code, Some(3), "{}", output.stderr);
        assert!(!output.stderr.contains("panicked"), "{}", output.stderr);
        let results: Vec<Value> = output.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        results
    };
    let (first, second) = (run(), run());
    let mut wrong = String::new();
    for results in [&first, &second] {
        assert_eq!(results.len(), table.len() + 1, "every check has a result");
        assert_eq!(ending(results, HONEST), ("pass", None), "{:#}", find(results, HONEST));
        for (name, expected) in &table {
            if let Some(difference) = difference(expected, results, name) {
                writeln!(wrong, "{name}: {difference}").unwrap();
            }
        }
    }
    for (name, _) in table.iter().filter(|(_, expected)| expected.same_fuel) {
        let fuel = |results: &[Value]| find(results, name)["usage"]["fuel_used"].as_u64();
        let (one, other) = (fuel(&first), fuel(&second));
        if one != other || one.unwrap_or(0) == 0 {
            writeln!(wrong, "{name}: fuel {one:?}, then {other:?}").unwrap();
        }
    }
    assert!(wrong.is_empty(), "{wrong}");

    // What is on screen obeys the terminal's owner, whatever a guest has written.
    let shown = project.run(&["results", "--limit", "1000"]).stdout;
    assert!(shown.contains("escape-sequences"), "{shown}");
    let control = shown.chars().find(|shown| shown.is_control() && *shown != '\n');
    assert_eq!(control, None, "a guest's control characters are shown as text");
}

#[test]
fn a_refused_guest_is_refused_with_its_code() {
    let table = table();
    let refused: Vec<_> =
        table.iter().filter_map(|(name, expected)| expected.refused.as_ref().map(|code| (name, code))).collect();
    let project = Project::new();
    let mut wrong = String::new();
    for (name, code) in refused {
        let file = guest(&format!("{name}@1.0.0.wasm"));
        let output = project.run(&["plugin", "inspect", &file.to_string_lossy(), "--format", "json"]);
        let said: Value = serde_json::from_str(&output.stdout).unwrap_or_default();
        if output.code != Some(64) || said["code"] != code.as_str() || said["hint"].as_str().is_none_or(str::is_empty) {
            writeln!(wrong, "{name}: expected {code}, got {:?} {said:#}\n{}", output.code, output.stderr).unwrap();
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}
