//! Checks that depend on others, checks that run again, runs that take too long, and days that are filled later.

use assay_tests::project::{Project, ending, find, guest};

fn project(schedule: &str, checks: &[(&str, &str, &str)]) -> Project {
    let project = Project::new();
    let check = |(name, mode, more): &(&str, &str, &str)| {
        format!(
            "[[check]]\nname = \"{name}\"\nplugin = \"misbehave@1.0.0\"\nschedule = \"daily\"\n\
             sources = {{ local = [\"allowed\"] }}\n\
             limits = {{ fuel = 100_000_000_000, guest_cpu = \"60s\", deadline = \"10m\" }}\n\
             settings = {{ mode = \"{mode}\" }}\n{more}\n"
        )
    };
    let checks: String = checks.iter().map(check).collect();
    project.plugin(&guest("misbehave@1.0.0.wasm"), None).write("data/allowed.csv", "id\n1\n").write(
        "assay.toml",
        format!(
            "[source.local]\ntype = \"files\"\npath = \"data\"\n[schedule.daily]\ntimezone = \"UTC\"\n{schedule}\n{checks}"
        ),
    );
    project
}

#[test]
fn a_check_is_skipped_when_what_it_depends_on_does_not_hold() {
    let project = project(
        "",
        &[
            ("after-error", "pass", "depends_on = [\"could-not-say\"]"),
            ("could-not-say", "error", ""),
            ("after-fail", "pass", "depends_on = [\"fails\"]"),
            ("fails", "many_findings", ""),
            ("after-pass", "pass", "depends_on = [\"passes\"]"),
            ("passes", "pass", ""),
            ("after-skip", "pass", "depends_on = [\"after-error\"]"),
        ],
    );
    let results = project.results(&["run"]);
    assert_eq!(ending(&results, "after-error"), ("skip", Some("upstream")));
    assert_eq!(find(&results, "after-error")["message"], "`could-not-say`, on which it depends, could not say");
    assert_eq!(ending(&results, "after-fail"), ("skip", Some("upstream")));
    assert_eq!(find(&results, "after-fail")["message"], "`fails`, on which it depends, failed");
    assert_eq!(ending(&results, "after-pass"), ("pass", None));
    assert_eq!(ending(&results, "after-skip"), ("skip", Some("upstream")), "what was skipped for that holds nothing");
    let alone = project.results(&["run", "after-error"]);
    assert_eq!(ending(&alone, "after-error"), ("pass", None), "what is not part of the run is not waited for");
}

#[test]
fn a_fail_is_run_again_only_where_it_is_to_be_confirmed() {
    let project = project(
        "",
        &[
            ("confirmed", "many_findings", "confirm = { times = 2, after = \"10ms\" }"),
            ("at-once", "many_findings", ""),
            ("well", "pass", "confirm = { times = 2, after = \"10ms\" }"),
        ],
    );
    assert_eq!(project.run(&["run"]).code, Some(1));
    let stored = project.results(&["results"]);
    let attempts = |check: &str| stored.iter().filter(|result| result["check_name"] == check).count();
    assert_eq!((attempts("confirmed"), attempts("at-once"), attempts("well")), (3, 1, 1));
    assert_eq!(ending(&stored, "confirmed"), ("fail", None));
}

#[test]
fn what_is_left_when_the_deadline_of_a_run_has_passed_is_an_error() {
    let project = project("deadline = \"500ms\"", &[("quick", "pass", ""), ("endless", "loop", "")]);
    let results = project.results(&["run"]);
    assert_eq!(ending(&results, "quick"), ("pass", None));
    assert_eq!(ending(&results, "endless"), ("error", Some("deadline")));
    let message = find(&results, "endless")["message"].as_str().unwrap().to_owned();
    assert!(message.starts_with("the run took longer than the"), "{message}");
}

#[test]
fn days_gone_by_are_filled_once_and_a_day_off_is_left_out() {
    let schedule = "cron = \"0 6,18 * * *\"\ntarget = \"previous_day\"\ncalendar = \"season\"\n\
                    [calendar.season]\nblackout = [\"2026-01-11\"]";
    let project = project(schedule, &[("only", "pass", "")]);
    let fill = |more: &[&str]| {
        let arguments = ["backfill", "daily", "--from", "2026-01-10", "--to", "2026-01-12", "--format", "json"];
        let output = project.run(&[&arguments[..], more].concat());
        assert_eq!(output.code, Some(0), "{output:?}");
        let told: serde_json::Value = serde_json::from_str(&output.stdout).unwrap();
        let slots = told["slots"].as_array().unwrap().clone();
        let line = |slot: &serde_json::Value| {
            let text = |name: &str| slot[name].as_str().unwrap_or("-").to_owned();
            let before = if slot["done_before"] == true { " before" } else { "" };
            format!("{} for {} {}{before}", text("scheduled_for"), text("target_date"), text("status"))
        };
        slots.iter().map(line).collect::<Vec<_>>()
    };
    let expected = |state: &str| {
        vec![
            format!("2026-01-11T06:00:00Z for 2026-01-10 {state}"),
            format!("2026-01-11T18:00:00Z for 2026-01-10 {state}"),
            "2026-01-12T06:00:00Z for 2026-01-11 off".to_owned(),
            "2026-01-12T18:00:00Z for 2026-01-11 off".to_owned(),
            format!("2026-01-13T06:00:00Z for 2026-01-12 {state}"),
            format!("2026-01-13T18:00:00Z for 2026-01-12 {state}"),
        ]
    };
    assert_eq!(fill(&["--dry-run"]), expected("left"));
    assert_eq!(fill(&["--concurrency", "2"]), expected("ok"));
    assert_eq!(fill(&[]), expected("ok before"), "the same command again has nothing to do");
    assert_eq!(fill(&["--again"]), expected("ok"));
    let stored = project.results(&["results"]);
    assert_eq!(stored.len(), 8, "twice four slots");
    let days: std::collections::BTreeSet<_> =
        stored.iter().map(|result| result["target_date"].as_str().unwrap()).collect();
    assert_eq!(days, ["2026-01-10", "2026-01-12"].into());

    let by_hand = project.run(&["backfill", "dayly", "--from", "2026-01-10", "--to", "2026-01-12"]);
    assert_eq!(by_hand.code, Some(64));
    assert!(by_hand.stderr.contains("did you mean `daily`?"), "{}", by_hand.stderr);
}
