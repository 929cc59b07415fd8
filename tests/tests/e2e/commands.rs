//! Each command does what its help says.

use assay_tests::project::{Project, shipped_plugins};
use serde_json::Value;

fn initialised() -> Project {
    let project = Project::new();
    for name in ["data", "plugins"] {
        fs_err::remove_dir(project.path().join(name)).unwrap();
    }
    let output = project.run(&["init", "--plugins", shipped_plugins().to_str().unwrap()]);
    assert_eq!(output.code, Some(0), "{}", output.stderr);
    project
}

#[test]
fn init_writes_a_project_that_runs() {
    let project = initialised();
    let output = project.run(&["run"]);
    assert_eq!(output.code, Some(0), "{}{}", output.stdout, output.stderr);
    assert!(output.stdout.contains("4 passed"), "{}", output.stdout);
    let doctor = project.run(&["doctor"]);
    assert_eq!(doctor.code, Some(0), "{}", doctor.stdout);
}

#[test]
fn init_overwrites_nothing() {
    let project = initialised();
    project.write("data/orders.csv", "mine");
    let output = project.run(&["init"]);
    assert_eq!(output.code, Some(64));
    assert!(output.stderr.contains("`./assay.toml` is already there"), "{}", output.stderr);
    assert_eq!(fs_err::read_to_string(project.path().join("data/orders.csv")).unwrap(), "mine");
}

#[test]
fn a_dry_run_stores_nothing() {
    let project = initialised();
    let output = project.run(&["run", "--dry-run"]);
    assert_eq!(output.code, Some(0), "{}", output.stderr);
    assert!(output.stdout.contains("dry run: nothing was stored"), "{}", output.stdout);
    assert!(project.results(&["results"]).is_empty());
}

#[test]
fn results_are_stored_as_they_were_shown_and_can_be_chosen() {
    let project = initialised();
    let mut shown = project.results(&["run"]);
    let mut stored = project.results(&["results"]);
    for results in [&mut shown, &mut stored] {
        results.sort_by_key(|result| result["check_name"].to_string());
        for result in results.iter_mut() {
            // The journal keeps durations in whole milliseconds.
            result["duration_ms"] = Value::Null;
            result["usage"]["guest_cpu_ms"] = Value::Null;
            result["usage"]["host_time_ms"] = Value::Null;
        }
    }
    assert_eq!(shown, stored);
    let run = stored[0]["run_id"].as_str().unwrap();
    let count = |arguments: &[&str]| project.results(&[&["results"], arguments].concat()).len();
    assert_eq!(count(&["--run", run]), 4);
    assert_eq!(count(&["--check", "orders-key"]), 1);
    assert_eq!(count(&["--status", "pass"]), 4);
    assert_eq!(count(&["--status", "fail"]), 0);
    assert_eq!(count(&["--since", "1h"]), 4);
    assert_eq!(count(&["--since", "2999-01-01"]), 0);
    assert_eq!(count(&["--limit", "3"]), 3);
}

#[test]
fn every_format_is_well_formed() {
    let project = initialised();
    let json: Value = serde_json::from_str(&project.run(&["run", "--format", "json"]).stdout).unwrap();
    assert_eq!(json["runs"][0]["results"].as_array().map(Vec::len), Some(4));
    assert_eq!((&json["runs"][0]["status"], &json["runs"][0]["checks_passed"]), (&"ok".into(), &4.into()));
    let junit = project.run(&["run", "--format", "junit"]).stdout;
    assert!(junit.starts_with("<?xml") && junit.contains("tests=\"4\"") && junit.contains("failures=\"0\""), "{junit}");
    let table = project.run(&["run"]).stdout;
    assert!(!table.contains('\u{1b}'), "no colour when it is not a terminal: {table:?}");
}

#[test]
fn runs_are_chosen_by_schedule_and_check() {
    let project = initialised();
    assert_eq!(project.results(&["run", "daily"]).len(), 4);
    assert_eq!(project.results(&["run", "orders-key", "orders-fresh"]).len(), 2);
    let output = project.run(&["run", "orders-kye"]);
    assert_eq!(output.code, Some(64));
    assert!(output.stderr.contains("did you mean `orders-key`"), "{}", output.stderr);
}

#[test]
fn exit_codes_follow_the_vocabulary() {
    let project = initialised();
    project.write("data/orders.csv", "order_id,order_date,customer,amount\n1,2026-01-01,c,5.0\n1,2026-01-01,c,5.0\n");
    assert_eq!(project.run(&["run", "orders-key"]).code, Some(1), "a check failed");
    assert_eq!(project.run(&["run", "orders-key", "--exit-profile", "nagios"]).code, Some(1), "medium is a warning");
    assert_eq!(project.run(&["run", "orders-fresh", "--exit-profile", "nagios"]).code, Some(2), "high is critical");
    project.write("data/orders.csv", "");
    assert_eq!(project.run(&["run", "orders-key"]).code, Some(3), "a check could not say");
    assert_eq!(project.run(&["run", "orders-key", "--exit-profile", "nagios"]).code, Some(3));
    assert_eq!(project.run(&["runn"]).code, Some(64), "usage");
    assert_eq!(project.run(&["--help"]).code, Some(0));
    assert!(project.run(&["run", "--help"]).stdout.contains("64  wrong usage or configuration"));
}

#[test]
fn plugins_are_listed_and_inspected() {
    let project = initialised();
    project.write("plugins/odd.wasm", "x").write("plugins/broken@1.0.0.wasm", "x");
    let listed: Value = serde_json::from_str(&project.run(&["plugin", "list", "--format", "json"]).stdout).unwrap();
    let statuses: Vec<_> =
        listed["plugins"].as_array().unwrap().iter().map(|p| (p["code"].as_str(), p["status"].as_str())).collect();
    assert_eq!(statuses.iter().filter(|(_, status)| *status == Some("admitted")).count(), 18);
    assert!(statuses.contains(&(Some("not_webassembly"), Some("refused"))), "{statuses:?}");
    assert!(statuses.contains(&(Some("file_name"), Some("refused"))), "{statuses:?}");
    let output = project.run(&["plugin", "inspect", "row-count@1.0.0", "--format", "json"]);
    let inspected: Value = serde_json::from_str(&output.stdout).unwrap();
    assert_eq!(inspected["plugin"], "row-count@1.0.0");
    assert!(inspected["settings_schema"]["properties"]["expected_sql"].is_object(), "{inspected:#}");
    let imports: Vec<_> = inspected["imports"].as_array().unwrap().iter().filter_map(|i| i["name"].as_str()).collect();
    assert!(imports.contains(&"assay:query/query@1.0.0"), "{imports:?}");
    assert!(
        inspected["limits"]
            .as_array()
            .unwrap()
            .iter()
            .any(|limit| limit["name"] == "memory" && limit["value"] == 64 << 20)
    );
    assert_eq!(project.run(&["plugin", "inspect", "row-count@1.0.0"]).code, Some(0));
}

#[test]
fn limits_are_explained() {
    let project = initialised();
    let config = fs_err::read_to_string(project.path().join("assay.toml")).unwrap();
    let config = config.replace("# limits = { deadline = \"20s\" }", "limits = { memory = \"1 GiB\" }");
    project.write("assay.toml", config);
    let output = project.run(&["run", "orders-complete", "--explain", "--format", "json"]);
    let explained: Value = serde_json::from_str(&output.stdout).unwrap();
    let limits = explained["checks"][0]["limits"].as_array().unwrap().clone();
    let memory = limits.iter().find(|limit| limit["name"] == "memory").unwrap();
    assert_eq!(
        (&memory["requested"], &memory["value"]),
        (&(1_u64 << 30).into(), &(256_u64 << 20).into()),
        "the lower wins"
    );
    assert_eq!(project.results(&["results"]).len(), 0, "nothing ran");
}

#[test]
fn a_warm_start_compiles_nothing_and_a_damaged_cache_heals() {
    let project = initialised();
    assert_eq!(project.run(&["run"]).code, Some(0));
    let listed = project.run(&["cache", "ls"]).stdout;
    assert_eq!(listed.lines().count(), 4, "{listed}");
    let entry = listed.split_whitespace().next().unwrap();
    project.write(&format!(".assay/cache/{entry}"), "damaged");
    let output = project.run(&["run"]);
    assert_eq!(output.code, Some(0), "{}", output.stderr);
    assert!(output.stderr.contains("was damaged and is compiled again"), "{}", output.stderr);
    assert_eq!(project.run(&["cache", "clear"]).stdout, "removed 4\n");
}

#[test]
fn completions_and_schema_are_printed() {
    let project = Project::new();
    assert!(project.run(&["completions", "bash"]).stdout.contains("_assay"));
    let schema: Value = serde_json::from_str(&project.run(&["schema"]).stdout).unwrap();
    assert!(schema["properties"]["check"].is_object());
}
