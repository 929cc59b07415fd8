//! The shipped checks over the generated pipeline find what is planted, and nothing on healthy data.

use assay_tests::pipeline::{Options, write};
use assay_tests::project::{Project, ending, find};
use serde_json::Value;

fn project(options: &Options) -> Project {
    let project = Project::new();
    for plugin in ["row-count", "freshness", "unique-key", "value-range"] {
        project.shipped(&format!("{plugin}@1.0.0"));
    }
    write(options, &project.path().join("data")).unwrap();
    let config = include_str!("../../../xtask/src/demo.toml").replace("@PLUGINS@", "plugins");
    project.write("assay.toml", config);
    project
}

fn dates(result: &Value) -> Vec<&str> {
    result["findings"].as_array().into_iter().flatten().filter_map(|finding| finding["date"].as_str()).collect()
}

#[test]
fn a_healthy_month_passes() {
    let results = project(&Options::default()).results(&["run", "--date", "2026-01-30"]);
    for result in &results {
        assert_eq!(result["status"], "pass", "{result:#}");
        assert!(result["rows_evaluated"].as_u64() > Some(0), "{result:#}");
    }
    assert_eq!(results.len(), 6);
}

#[test]
fn each_planted_fault_is_found_where_it_is() {
    let results = project(&Options::with_faults()).results(&["run", "--date", "2026-01-30"]);
    let team = find(&results, "team-completeness");
    assert_eq!(dates(team), ["2026-01-18", "2026-01-19", "2026-01-20"]);
    assert_eq!(team["findings"][0]["remediation"], "backfill 2026-01-18..2026-01-20");
    let player = find(&results, "player-completeness");
    assert_eq!(dates(player), ["2026-01-24"]);
    assert_eq!((&player["findings"][0]["observed"], &player["findings"][0]["expected"]), (&60.0.into(), &150.0.into()));
    let key = find(&results, "player-key");
    assert_eq!(
        (key["findings"][0]["code"].as_str(), key["findings"][0]["affected_records"].as_u64()),
        (Some("duplicate_key"), Some(7))
    );
    let usage = find(&results, "usage-rate");
    assert_eq!(usage["findings"][0]["column"], "usage_rate");
    assert_eq!(usage["findings"][0]["affected_records"], 20);
    for (check, status) in [
        ("team-completeness", "fail"),
        ("player-completeness", "fail"),
        ("player-key", "fail"),
        ("usage-rate", "fail"),
        ("player-freshness", "pass"),
        ("team-key", "pass"),
    ] {
        assert_eq!(ending(&results, check), (status, None), "{check}");
    }
}

#[test]
fn a_pipeline_that_stopped_is_stale() {
    let results = project(&Options::default()).results(&["run", "player-freshness", "--date", "2026-02-05"]);
    assert_eq!(ending(&results, "player-freshness"), ("fail", None));
    let finding = &results[0]["findings"][0];
    assert_eq!(
        (&finding["code"], &finding["observed"], &finding["expected"]),
        (&"stale".into(), &6.0.into(), &1.0.into())
    );
}

#[test]
fn tables_without_rows_never_pass() {
    let project = project(&Options::default());
    fs_err::remove_file(project.path().join("data/player_game_summary.parquet")).unwrap();
    let header = "game_id,player_id,game_date,team_abbr,minutes_played,points,usage_rate,is_dnp,processed_at\n";
    project.write("data/player_game_summary.csv", header);
    let results = project.results(&["run", "--date", "2026-01-30"]);
    for check in ["player-completeness", "player-freshness", "player-key", "usage-rate"] {
        let (status, reason) = ending(&results, check);
        assert!(status == "fail" || status == "error", "{check}: {status} {reason:?}");
    }
    assert_eq!(ending(&results, "team-key"), ("pass", None), "the other tables are as they were");
}

#[test]
fn nothing_expected_is_not_nothing_missing() {
    let results = project(&Options::default()).results(&["run", "team-completeness", "--date", "2027-01-30"]);
    assert_eq!(ending(&results, "team-completeness"), ("error", Some("check_error")));
    let message = results[0]["message"].as_str().unwrap_or_default();
    assert!(message.contains("expects nothing on any day"), "{message}");
}

#[test]
fn numbers_that_are_none_and_missing_values_are_told_apart() {
    let project = Project::new();
    project
        .shipped("value-range@1.0.0")
        .write("data/t.ndjson", "{\"k\":1,\"x\":1.5,\"e\":null}\n{\"k\":2,\"x\":-3.0,\"e\":null}\n{\"k\":3,\"x\":null,\"e\":null}\n")
        .write("data/odd.csv", "k,x\n1,NaN\n2,inf\n3,0.5\n")
        .write(
            "assay.toml",
            "[source.local]\ntype = \"files\"\npath = \"data\"\n\
             [[check]]\nname = \"t\"\nplugin = \"value-range@1.0.0\"\nsources = { local = [\"t\"] }\n[check.settings]\ntable = \"t\"\nkey_columns = [\"k\"]\n\
             rules = [{ column = \"x\", min = 0, allow_null = false }, { column = \"k\", max = 3 }]\n\
             [[check]]\nname = \"odd\"\nplugin = \"value-range@1.0.0\"\nsources = { local = [\"odd\"] }\n[check.settings]\ntable = \"odd\"\n\
             rules = [{ column = \"x\", min = 0 }]\n",
        );
    let results = project.results(&["run"]);
    let codes = |check: &str| -> Vec<(String, u64)> {
        let findings = find(&results, check)["findings"].as_array().cloned().unwrap_or_default();
        findings
            .iter()
            .map(|f| (f["code"].as_str().unwrap().to_owned(), f["affected_records"].as_u64().unwrap()))
            .collect()
    };
    assert_eq!(codes("t"), [("out_of_range".to_owned(), 1), ("unexpected_null".to_owned(), 1)]);
    assert_eq!(find(&results, "t")["findings"][0]["samples"][0]["k"], "2");
    assert_eq!(codes("odd"), [("not_a_number".to_owned(), 2)]);
}

#[test]
fn look_alike_keys_differ_and_null_keys_are_no_duplicates() {
    let project = Project::new();
    project
        .shipped("unique-key@1.0.0")
        .write("data/t.ndjson", "{\"a\":\"ab\",\"b\":\"c\"}\n{\"a\":\"a\",\"b\":\"bc\"}\n{\"a\":null,\"b\":\"c\"}\n{\"a\":null,\"b\":\"c\"}\n")
        .write(
            "assay.toml",
            "[source.local]\ntype = \"files\"\npath = \"data\"\n[[check]]\nname = \"t\"\nplugin = \"unique-key@1.0.0\"\n\
             sources = { local = [\"t\"] }\n[check.settings]\ntable = \"t\"\ncolumns = [\"a\", \"b\"]\n",
        );
    let results = project.results(&["run"]);
    let findings = results[0]["findings"].as_array().cloned().unwrap_or_default();
    let codes: Vec<_> = findings.iter().map(|f| (f["code"].as_str(), f["affected_records"].as_u64())).collect();
    assert_eq!(codes, [(Some("null_key"), Some(2))]);
}

/// The results of checks on one table, for 2026-01-10.
fn on_table(plugins: &[&str], file: &str, content: &str, checks: &[(&str, &str, &str)]) -> Vec<Value> {
    on_tables(plugins, &[(file, content)], checks)
}

/// The results of checks on some tables, for 2026-01-10.
fn on_tables(plugins: &[&str], files: &[(&str, &str)], checks: &[(&str, &str, &str)]) -> Vec<Value> {
    let project = Project::new();
    for plugin in plugins {
        project.shipped(&format!("{plugin}@1.0.0"));
    }
    let mut config = "[source.local]\ntype = \"files\"\npath = \"data\"\n".to_owned();
    for (name, plugin, settings) in checks {
        config.push_str(&format!(
            "[[check]]\nname = \"{name}\"\nplugin = \"{plugin}@1.0.0\"\nsources = {{ local = [\"**\"] }}\n[check.settings]\n{settings}\n"
        ));
    }
    for (file, content) in files {
        project.write(&format!("data/{file}"), content);
    }
    project.write("assay.toml", config);
    project.results(&["run", "--date", "2026-01-10"])
}

#[test]
fn rows_without_a_date_are_not_passed_over() {
    let rows =
        "{\"k\":1,\"d\":\"2026-01-10\",\"x\":1}\n{\"k\":2,\"d\":null,\"x\":999}\n{\"k\":2,\"d\":null,\"x\":999}\n";
    let last_days = "date_column = \"d\"\nlookback_days = 3";
    let results = on_table(
        &["unique-key", "value-range"],
        "t.ndjson",
        rows,
        &[
            ("key", "unique-key", &format!("table = \"t\"\ncolumns = [\"k\"]\n{last_days}")),
            ("range", "value-range", &format!("table = \"t\"\nrules = [{{ column = \"x\", max = 10 }}]\n{last_days}")),
        ],
    );
    for check in ["key", "range"] {
        let result = find(&results, check);
        assert_eq!((ending(&results, check), &result["rows_evaluated"]), (("fail", None), &3.into()), "{result:#}");
        assert_eq!(result["findings"][0]["source"], "local", "{result:#}");
    }
}

#[test]
fn whole_numbers_are_compared_as_whole_numbers() {
    let settings = |max: &str| format!("table = \"t\"\nrules = [{{ column = \"x\", max = {max} }}]");
    let (below, at) = (settings("9007199254740992"), settings("9007199254740993"));
    let checks = [("below", "value-range", below.as_str()), ("at", "value-range", at.as_str())];
    let results = on_table(&["value-range"], "t.csv", "x\n9007199254740993\n", &checks);
    assert_eq!(ending(&results, "below"), ("fail", None));
    assert_eq!(ending(&results, "at"), ("pass", None));
}

#[test]
fn a_day_that_has_not_begun_is_never_fresh() {
    for (newest, status, code) in
        [("2026-01-10", "pass", None), ("2026-01-11", "pass", None), ("2026-01-12", "fail", Some("future_timestamp"))]
    {
        // The run for a day gone by is due when the day ends: the next day has just begun.
        let settings = "table = \"t\"\ncolumn = \"d\"\nmax_age_days = 1\nfuture_tolerance_minutes = 0";
        let results = on_table(&["freshness"], "t.csv", &format!("d\n{newest}\n"), &[("f", "freshness", settings)]);
        assert_eq!(ending(&results, "f"), (status, None), "{newest}");
        assert_eq!(results[0]["findings"][0]["code"].as_str(), code, "{newest}");
    }
}

#[test]
fn many_broken_rules_and_long_samples_keep_their_findings() {
    let long = "y".repeat(900);
    let rows: String = (0..8).map(|n| format!("{{\"k\":\"{long}{n}\",\"x\":-1.5}}\n")).collect();
    let nulls = "{\"k\":\"n\",\"x\":null}\n";
    let rules = vec!["{ column = \"x\", min = 0, allow_null = false }"; 16].join(", ");
    let settings = format!("table = \"t\"\nkey_columns = [\"k\"]\nsample_rows = 20\nrules = [{rules}]");
    let results = on_table(&["value-range"], "t.ndjson", &(rows + nulls), &[("r", "value-range", &settings)]);
    assert_eq!(ending(&results, "r"), ("fail", None), "{:#}", results[0]["message"]);
    assert_eq!(results[0]["findings"].as_array().map(Vec::len), Some(32));
    assert_eq!(results[0]["usage"]["findings_dropped"], 0);
    assert!(results[0]["findings"][0]["samples"].as_array().is_some_and(|samples| !samples.is_empty()));
}

#[test]
fn row_count_takes_what_settings_may_say() {
    let counts = |expected_sql: &str| {
        format!("table = \"t\"\ndate_column = \"d\"\nlookback_days = 5\nexpected_sql = \"{expected_sql}\"")
    };
    let day =
        |day: &str, rows: u32| format!("SELECT CAST('2026-01-{day}' AS DATE) AS date, {rows} AS expected FROM one");
    let nothing = counts(&day("08", 0));
    let half_bound = counts(&format!("SELECT * FROM ({}) AS x WHERE date <= @end", day("10", 1)));
    let gap = counts(&[day("06", 1), day("07", 0), day("08", 1)].join(" UNION ALL "));
    let many = counts(&day("10", 1)) + "\nfail_above_percent = 150";
    let files = [("t.csv", "d\n2026-01-10\n2026-01-10\n"), ("one.csv", "one\n1\n")];
    let checks = [("nothing", &nothing), ("half_bound", &half_bound), ("gap", &gap), ("many", &many)];
    let checks = checks.map(|(name, settings)| (name, "row-count", settings.as_str()));
    let results = on_tables(&["row-count"], &files, &checks);
    assert_eq!(ending(&results, "nothing"), ("pass", None), "{:#}", find(&results, "nothing"));
    assert_eq!(ending(&results, "half_bound"), ("pass", None), "{:#}", find(&results, "half_bound"));
    let advice = |check: &str| -> Vec<String> {
        let findings = find(&results, check)["findings"].as_array().cloned().unwrap_or_default();
        findings.iter().map(|f| f["remediation"].as_str().unwrap_or_default().to_owned()).collect()
    };
    assert_eq!(advice("gap"), ["backfill 2026-01-06", "backfill 2026-01-08"], "the day between expects nothing");
    assert_eq!(advice("many"), ["look for rows loaded twice on 2026-01-10"]);
}

#[test]
fn a_key_may_be_named_like_the_count_but_not_twice() {
    let checks = [
        ("copies", "unique-key", "table = \"t\"\ncolumns = [\"copies\"]"),
        ("twice", "unique-key", "table = \"t\"\ncolumns = [\"copies\", \"COPIES\"]"),
        ("brace", "unique-key", "table = \"t\"\ncolumns = [\"{rows}\"]"),
    ];
    let results = on_table(&["unique-key"], "t.csv", "copies\n1\n1\n", &checks);
    assert_eq!(ending(&results, "copies"), ("fail", None), "{:#}", find(&results, "copies"));
    assert_eq!(ending(&results, "twice"), ("error", Some("bad_settings")));
    assert_eq!(ending(&results, "brace"), ("error", Some("bad_settings")));
}
