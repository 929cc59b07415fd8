//! Limits of the host as a whole: how many at once, how long to wait, and what compiling may cost.

use assay_tests::project::{Project, ending, guest};
use serde_json::Value;

/// A project whose host has these further keys, with checks of these names and limits that compute until they are ended.
fn project(host: &str, checks: &[(String, &str)]) -> Project {
    let project = Project::new();
    let checks: String = checks
        .iter()
        .map(|(name, limits)| {
            format!(
                "[[check]]\nname = \"{name}\"\nplugin = \"misbehave@1.0.0\"\nsources = {{ local = [\"allowed\"] }}\n\
                 limits = {{ fuel = 100_000_000_000, {limits} }}\n[check.settings]\nmode = \"loop\"\n"
            )
        })
        .collect();
    project
        .plugin(&guest("misbehave@1.0.0.wasm"), None)
        .write("data/allowed.csv", "id\n1\n")
        .write("assay.toml", format!("[host]\n{host}\n[source.local]\ntype = \"files\"\npath = \"data\"\n{checks}"));
    project
}

/// The most results whose executions overlapped in time.
fn most_at_once(results: &[Value]) -> usize {
    let spans: Vec<_> = results
        .iter()
        .map(|result| {
            let began: jiff::Timestamp = result["started_at"].as_str().unwrap().parse().unwrap();
            let millis = result["duration_ms"].as_f64().unwrap();
            let began = began.as_microsecond() as f64 / 1_000.0;
            (began, began + millis)
        })
        .collect();
    spans.iter().map(|(at, _)| spans.iter().filter(|(began, ended)| began <= at && at < ended).count()).max().unwrap()
}

#[test]
fn four_executions_a_worker_run_at_once_and_the_others_wait() {
    let checks: Vec<_> = (0..12).map(|index| (format!("c{index}"), "guest_cpu = \"50ms\"")).collect();
    let results = project("workers = 1", &checks).results(&["run"]);
    assert_eq!(results.len(), 12);
    for result in &results {
        assert_eq!(result["reason"], "cpu_timeout", "nobody is refused for the number of others: {result:#}");
    }
    assert_eq!(most_at_once(&results), 4);
}

#[test]
fn waiting_for_a_slot_ends_at_its_deadline() {
    let checks: Vec<_> =
        (0..12).map(|index| (format!("c{index}"), "guest_cpu = \"500ms\", queue_deadline = \"20ms\"")).collect();
    let results = project("workers = 1", &checks).results(&["run"]);
    let ended = |reason: &str| results.iter().filter(|result| result["reason"] == reason).collect::<Vec<_>>();
    assert_eq!((ended("cpu_timeout").len(), ended("deadline").len()), (4, 8), "four had a slot: {results:#?}");
    for late in ended("deadline") {
        assert_eq!(late["message"], "the deadline passed while the check waited for a slot");
        assert!(late["hint"].as_str().unwrap_or_default().contains("queue_deadline"), "{late:#}");
    }
}

#[test]
fn a_component_over_the_limits_of_the_host_is_refused() {
    let check = [("c".to_owned(), "rows = 1")];
    for (key, code, message, hint) in [
        ("component_max = \"1 KiB\"", "too_large", "at most 1024 are admitted", "`component_max`"),
        ("compile_time = \"1ms\"", "compile_time", "compiling took longer than 1 ms", "`compile_time`"),
        ("compile_memory = \"1 MiB\"", "compiler_broke", "with at most 1.0 MiB of memory", "`compile_memory`"),
    ] {
        let project = project(key, &check);
        let results = project.results(&["run"]);
        assert_eq!(ending(&results, "c"), ("error", Some("missing_plugin")), "{key}");
        for (field, piece) in [("message", message), ("hint", hint)] {
            let text = results[0][field].as_str().unwrap_or_default();
            assert!(text.contains(piece), "{key}: {text}");
        }
        let inspected = project.run(&["plugin", "inspect", "misbehave@1.0.0", "--format", "json"]);
        let inspected: Value = serde_json::from_str(&inspected.stdout).unwrap();
        assert_eq!(inspected["code"], code, "{key}");
    }
}

#[test]
fn limits_are_shown_with_unit_default_ceiling_and_what_sets_them() {
    let project = project("workers = 2\ncompile_time = \"7s\"", &[("c".to_owned(), "rows = 5")]);
    let shown = project.run(&["run", "--explain", "--format", "json"]);
    let shown: Value = serde_json::from_str(&shown.stdout).unwrap();
    let limit = |limits: &Value, name: &str| {
        limits.as_array().unwrap().iter().find(|limit| limit["name"] == name).unwrap_or(&Value::Null).clone()
    };
    let expected = serde_json::json!({
        "name": "rows", "unit": "count", "value": 5, "requested": 5, "default": 1_000_000, "ceiling": 100_000_000
    });
    assert_eq!(limit(&shown["checks"][0]["limits"], "rows"), expected);
    for (name, unit, value, key) in [
        ("compile_time", "milliseconds", 7_000, Some("host.compile_time")),
        ("compile_memory", "bytes", 2_u64 << 30, Some("host.compile_memory")),
        ("component", "bytes", 64 << 20, Some("host.component_max")),
        ("executions", "count", 8, Some("host.workers")),
        ("executions_per_check", "count", 1, None),
        ("queries at once of local", "count", 8, Some("source.local.concurrency")),
        ("stack", "bytes", 512 << 10, None),
        ("memories", "count", 8, None),
    ] {
        let limit = limit(&shown["host"], name);
        let found = (limit["unit"].as_str(), limit["value"].as_u64(), limit["key"].as_str());
        assert_eq!(found, (Some(unit), Some(value), key), "{name}");
    }
    let inspected = project.run(&["plugin", "inspect", "misbehave@1.0.0", "--format", "json"]);
    let inspected: Value = serde_json::from_str(&inspected.stdout).unwrap();
    assert_eq!(limit(&inspected["host_limits"], "compile_time")["value"], 7_000);
    assert_eq!(limit(&inspected["limits"], "rows")["value"], 1_000_000);
}
