//! The demo's configuration over the generated pipeline: what is planted is found, and nothing on healthy data. What each
//! shipped check does is the business of its own cases.

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
