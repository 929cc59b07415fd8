//! A run for an instant gone by says what a run then would have said.

use assay_tests::project::Project;
use serde_json::Value;

/// Rows that came late: three of the four of 2026-01-30 were there at 06:00 in New York, the last came at noon.
fn project() -> Project {
    let project = Project::new();
    project.shipped("row-count@1.0.0").shipped("freshness@1.0.0");
    fs_err::write(
        project.path().join("data/loads.csv"),
        "day,id,available_at\n\
         2026-01-29,1,2026-01-30T05:00:00Z\n\
         2026-01-30,2,2026-01-31T05:00:00Z\n\
         2026-01-30,3,2026-01-31T11:00:00Z\n\
         2026-01-30,4,2026-01-31T17:00:00Z\n",
    )
    .unwrap();
    project.write(
        "assay.toml",
        r#"
[source.local]
type = "files"
path = "data"
as_of_from = "available_at"

[schedule.morning]
timezone = "America/New_York"
target = "previous_day"

[[check]]
name = "rows"
plugin = "row-count@1.0.0"
schedule = "morning"
severity = "high"
sources = { local = ["loads"] }
[check.settings]
table = "loads"
date_column = "day"
lookback_days = 1
warn_below_percent = 100
fail_below_percent = 60
expected_sql = "SELECT @end AS date, 3 AS expected"
"#,
    );
    project
}

fn rows(project: &Project, at: &str) -> Value {
    let results = project.results(&["run", "--at", at]);
    assert_eq!(results.len(), 1);
    results[0].clone()
}

#[test]
fn what_came_later_is_not_seen() {
    let project = project();
    for (at, status, observed) in [
        ("2026-01-31T05:59", "fail", 1.0),
        // Half past one in the afternoon there; the zone of the schedule is New York.
        ("2026-01-31T13:30[Europe/Paris]", "warn", 2.0),
        ("2026-01-31T06:00", "warn", 2.0),
        ("2026-01-31T16:59:59Z", "warn", 2.0),
    ] {
        let result = rows(&project, at);
        assert_eq!(result["status"], status, "{at}: {result:#}");
        assert_eq!(result["findings"][0]["observed"].as_f64(), Some(observed), "{at}: {result:#}");
        assert_eq!(result["target_date"], "2026-01-30", "{at}");
    }
    assert_eq!(rows(&project, "2026-01-31T12:00:00-05:00")["status"], "pass");
}

#[test]
fn the_day_is_the_one_of_the_schedule_then() {
    // Three o'clock UTC is the evening before in New York.
    assert_eq!(rows(&project(), "2026-01-31T03:00Z")["target_date"], "2026-01-29");
}

#[test]
fn an_instant_that_has_not_come_and_no_instant_are_refused() {
    let project = project();
    for (at, part) in
        [("2200-01-01T00:00", "has not come yet"), ("yesterday", "invalid value 'yesterday' for '--at <T>'")]
    {
        let output = project.run(&["run", "--at", at]);
        assert_eq!(output.code, Some(64), "{}", output.stderr);
        assert!(output.stderr.contains(part), "{}", output.stderr);
    }
    assert!(!project.path().join(".assay/assay.db").exists());
}
