//! Whatever a guest does, its check ends with a reason of its own, and the others conclude.

use std::fmt::Write as _;

use assay_tests::project::{Project, ending, find, guest};

/// Mode, further lines of configuration, expected status and reason, and a piece of the message.
type Expected = (&'static str, &'static str, &'static str, Option<&'static str>, &'static str);

/// What each mode of `misbehave` ends as.
const TABLE: &[Expected] = &[
    ("pass", "", "pass", None, "30 rows"),
    ("error", "", "error", Some("check_error"), "could not say"),
    ("trap", "", "error", Some("trap"), "wasm trap: wasm `unreachable` instruction executed"),
    ("panic", "", "error", Some("trap"), "as requested"),
    ("loop", "limits = { fuel = 50_000_000 }", "error", Some("fuel_exhausted"), "the guest used all its fuel"),
    ("allocate", "", "error", Some("memory_limit"), "bytes of memory in all; the limit is 67108864"),
    ("recurse", "", "error", Some("trap"), "wasm trap: "),
    ("read_ungranted", "", "error", Some("denied"), "table `secret` of source `local` not granted"),
    ("swallow_denied", "", "error", Some("denied"), "table `secret` of source `local` not granted"),
    ("other_source", "", "error", Some("denied"), "source `elsewhere` is not granted"),
    ("write", "", "error", Some("query_failed"), "DROP"),
    ("swallow_failure", "", "error", Some("query_failed"), "nonsense"),
    ("ask_again", "", "error", Some("query_failed"), "surplus"),
    ("pass_with_findings", "", "warn", None, "said pass but reported findings"),
    ("pass_on_nothing", "", "error", Some("check_error"), "passed on 0 rows"),
    ("many_queries", "", "error", Some("query_failed"), "the run's limit of `queries` is spent (32)"),
    (
        "many_rows",
        "limits = { rows = 1000 }",
        "error",
        Some("query_failed"),
        "the run's limit of `rows` is spent (1000)",
    ),
    (
        "slow_query",
        "limits = { query_deadline = \"200ms\" }",
        "error",
        Some("deadline"),
        "the query did not end before its deadline",
    ),
    ("many_findings", "", "fail", None, "1000 kept"),
    ("many_lines", "", "pass", None, "all is well"),
    ("many_cursors", "limits = { handles = 10 }", "error", Some("trap"), "the guest broke the interface"),
    // More cursors than the source has slots: none of them keeps another waiting.
    ("many_cursors_within_limits", "", "pass", None, "all is well"),
    ("huge_call", "", "error", Some("trap"), "the guest broke the interface"),
    ("panic_in_validate", "", "error", Some("trap"), "as requested"),
];

fn project(checks: &str) -> Project {
    let project = Project::new();
    let rows: String = (0..30).map(|id| format!("{id}\n")).collect();
    project
        .plugin(&guest("misbehave@1.0.0.wasm"), None)
        .write("data/allowed.csv", format!("id\n{rows}"))
        .write("data/secret.csv", "id\n1\n")
        .write("assay.toml", format!("[source.local]\ntype = \"files\"\npath = \"data\"\n{checks}"));
    project
}

fn check(name: &str, lines: &str, settings: &str) -> String {
    format!(
        "[[check]]\nname = \"{name}\"\nplugin = \"misbehave@1.0.0\"\nsources = {{ local = [\"allowed\"] }}\n{lines}\n\
         [check.settings]\n{settings}\n"
    )
}

#[test]
fn every_mode_ends_as_the_table_says_in_one_run() {
    let mut config = String::new();
    for (mode, lines, ..) in TABLE {
        let request = mode.trim_end_matches("_within_limits");
        config.push_str(&check(mode, lines, &format!("mode = \"{request}\"")));
    }
    let results = project(&config).results(&["run"]);
    assert_eq!(results.len(), TABLE.len(), "every check has a result");
    let mut wrong = String::new();
    for (mode, _, status, reason, piece) in TABLE {
        let message = find(&results, mode)["message"].as_str().unwrap_or_default();
        if ending(&results, mode) != (status, *reason) || !message.contains(piece) {
            writeln!(wrong, "{mode}: expected {status} {reason:?} {piece}\n  got {:#}", find(&results, mode)).unwrap();
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn limits_end_what_they_limit() {
    let endless = "mode = \"loop\"";
    let config = check("cpu", "limits = { fuel = 100_000_000_000, guest_cpu = \"100ms\" }", endless)
        + &check("wall", "limits = { fuel = 100_000_000_000, deadline = \"150ms\" }", endless)
        + &check("query", "limits = { deadline = \"150ms\" }", "mode = \"slow_query\"");
    let results = project(&config).results(&["run"]);
    assert_eq!(ending(&results, "cpu"), ("error", Some("cpu_timeout")));
    assert_eq!(ending(&results, "wall"), ("error", Some("deadline")));
    assert_eq!(find(&results, "wall")["message"], "the deadline passed while the guest computed");
    assert_eq!(ending(&results, "query"), ("error", Some("deadline")));
    assert_eq!(find(&results, "query")["message"], "the deadline passed while a query was being answered");
}

#[test]
fn what_was_found_before_the_end_is_kept_and_marked() {
    let config: String = ["trap", "panic", "error", "loop", "read_ungranted"]
        .map(|mode| check(mode, "limits = { fuel = 50_000_000 }", &format!("mode = \"{mode}\"\nreport_first = true")))
        .concat();
    let project = project(&config);
    let shown = project.results(&["run"]);
    let stored = project.results(&["results"]);
    for results in [shown, stored] {
        assert_eq!(results.len(), 5);
        for result in results {
            assert_eq!(result["findings"][0]["code"], "first", "{result:#}");
            assert_eq!((&result["findings_partial"], &result["status"]), (&true.into(), &"error".into()), "{result:#}");
        }
    }
}

#[test]
fn a_trap_tells_where_it_was() {
    let results = project(&check("trap", "", "mode = \"trap\"")).results(&["run"]);
    let detail = results[0]["detail"].as_str().unwrap_or_default();
    assert!(detail.contains("assay_misbehave::Misbehave"), "function names are told: {detail}");
}

#[test]
fn what_is_over_a_limit_is_counted() {
    let results = project(&(check("f", "", "mode = \"many_findings\"") + &check("l", "", "mode = \"many_lines\"")))
        .results(&["run"]);
    let usage = |check, field: &str| find(&results, check)["usage"][field].as_u64();
    assert_eq!(find(&results, "f")["findings"].as_array().map(Vec::len), Some(1_000));
    assert_eq!(usage("f", "findings_dropped"), Some(500));
    assert_eq!(find(&results, "l")["logs"].as_array().map(Vec::len), Some(1_000));
    assert_eq!(usage("l", "log_lines_dropped"), Some(500));
    let line = find(&results, "l")["logs"][0]["message"].as_str().unwrap_or_default();
    assert_eq!(line.len(), 2_048 + '…'.len_utf8(), "a long line is cut");
}

#[test]
fn the_same_run_burns_the_same_fuel() {
    let project = project(&check("p", "", "mode = \"pass\""));
    let fuel = || project.results(&["run", "--date", "2026-01-30"])[0]["usage"]["fuel_used"].as_u64();
    assert_eq!(fuel(), fuel());
}

#[test]
fn bad_settings_are_the_checks_own_error() {
    let config = check("bad", "", "mod = \"pass\"") + &check("good", "", "mode = \"pass\"");
    let results = project(&config).results(&["run"]);
    assert_eq!(ending(&results, "bad"), ("error", Some("bad_settings")));
    let message = find(&results, "bad")["message"].as_str().unwrap_or_default();
    assert!(message.contains("unknown field `mod`"), "{message}");
    assert_eq!(ending(&results, "good"), ("pass", None));
}

#[test]
fn more_plugins_than_slots_wait_their_turn() {
    let versions: Vec<_> = (0..20).collect();
    let component = guest("misbehave@1.0.0.wasm");
    let mut config = "[host]\nworkers = 1\n[source.local]\ntype = \"files\"\npath = \"data\"\n".to_owned();
    let project = project("");
    for version in &versions {
        // A plugin that is not what it was loaded as has been described all the same.
        project.plugin(&component, Some(&format!("misbehave@1.0.{version}.wasm")));
        config.push_str(
            &check(&format!("v{version}"), "", "mode = \"pass\"").replace("@1.0.0", &format!("@1.0.{version}")),
        );
    }
    let results = project.write("assay.toml", config).results(&["run"]);
    for version in &versions {
        let name = format!("v{version}");
        let message = find(&results, &name)["message"].as_str().unwrap_or_default();
        let expected = if *version == 0 { "30 rows" } else { "the plugin says it is `misbehave@1.0.0`" };
        assert!(message.contains(expected), "{name}: {message}");
    }
}
