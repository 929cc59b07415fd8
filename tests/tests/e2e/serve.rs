//! A host that serves, as a process: from outside, with signals, and killed.

use assay_tests::project::{Project, ending, find, guest};
use assay_tests::serving::Serving;
use serde_json::{Value, json};

/// Two checks of a schedule that is only run by hand, and a schedule that is due once a day.
fn project(endless: bool) -> Project {
    let project = Project::new();
    project.plugin(&guest("misbehave@1.0.0.wasm"), None).write("data/allowed.csv", "id\n1\n");
    project.write("assay.toml", configuration(endless, ""));
    project
}

fn configuration(endless: bool, more: &str) -> String {
    let check = |name: &str, schedule: &str, mode: &str| {
        format!(
            "[[check]]\nname = \"{name}\"\nplugin = \"misbehave@1.0.0\"\nschedule = \"{schedule}\"\n\
             sources = {{ local = [\"allowed\"] }}\n\
             limits = {{ fuel = 100_000_000_000, guest_cpu = \"60s\", deadline = \"10m\" }}\n\
             settings = {{ mode = \"{mode}\", report_first = {} }}\n",
            mode == "loop"
        )
    };
    let checks = [
        check("quick", "by-hand", "pass"),
        if endless { check("endless", "by-hand", "loop") } else { String::new() },
        check("daily-quick", "daily", "pass"),
    ];
    format!(
        "[serve]\nlisten = \"127.0.0.1:0\"\ndrain = \"200ms\"\n[source.local]\ntype = \"files\"\npath = \"data\"\n\
         [schedule.by-hand]\ntimezone = \"UTC\"\n[schedule.daily]\ntimezone = \"America/New_York\"\ncron = \"0 6 * * *\"\n\
         {}{more}",
        checks.concat()
    )
}

/// Triggers runs and gives their ids.
fn trigger(serving: &Serving, name: &str) -> Vec<String> {
    let answer = serving.post("/v1/runs", &json!({ "names": [name] }));
    assert_eq!(answer.status, 202, "{answer:?}");
    let ids = answer.body["run_ids"].as_array().unwrap_or_else(|| panic!("{answer:?}"));
    ids.iter().map(|id| id.as_str().unwrap().to_owned()).collect()
}

fn told(serving: &mut Serving, message: &str) -> Value {
    serving.wait_for(|line| line["message"] == message)
}

#[test]
fn a_host_answers_runs_and_stops_when_told() {
    let project = project(false);
    let mut serving = Serving::start(&project);
    assert_eq!(serving.get("/livez").status, 200);
    assert_eq!(serving.get("/readyz").status, 200);

    let run = trigger(&serving, "quick").remove(0);
    let ended = told(&mut serving, "run ended");
    assert_eq!((&ended["run"], &ended["status"]), (&json!(run), &json!("ok")));
    let stored = serving.get(&format!("/v1/runs/{run}")).body;
    assert_eq!(stored["run"]["status"], "ok", "{stored:#}");
    assert_eq!(stored["run"]["trigger_source"], "api");
    assert_eq!(stored["results"][0]["check_name"], "quick");

    let status = serving.get("/v1/status").body;
    let names: Vec<_> = status["schedules"].as_array().unwrap().iter().map(|s| s["schedule_name"].clone()).collect();
    assert_eq!(names, ["daily"], "what is only run by hand is never due: {status:#}");

    serving.signal("TERM");
    assert_eq!(serving.end().code(), Some(0));
    assert!(serving.log().iter().any(|line| line["message"] == "stopped"));
    let mut again = Serving::start(&project);
    again.signal("INT");
    assert_eq!(again.end().code(), Some(0), "nothing is in the way of the next one");
}

#[test]
fn a_second_host_is_refused_and_told_who_is_first() {
    let project = project(false);
    let serving = Serving::start(&project);
    let second = project.run(&["serve"]);
    assert_eq!(second.code, Some(64), "{second:?}");
    let first = format!("another host (process {}) serves", serving.pid());
    assert!(second.stderr.contains(&first), "{}", second.stderr);
    assert!(second.stderr.contains("hint:"), "{}", second.stderr);
    // Running something by hand is no second host.
    let by_hand = project.run(&["run", "quick"]);
    assert_eq!(by_hand.code, Some(0), "{by_hand:?}");
}

#[test]
fn a_wrong_configuration_stays_out_of_force_and_is_told_of() {
    let project = project(false);
    let mut serving = Serving::start(&project);
    let wrong = [
        ("a mistake", configuration(false, "[[check]]\nname = \"more\"\nplugin = \"row-count\"\n")),
        (
            "a plugin that is not there",
            configuration(
                false,
                "[[check]]\nname = \"more\"\nplugin = \"gone@1.0.0\"\nsources = { local = [\"allowed\"] }\n",
            ),
        ),
        (
            "settings that are refused",
            configuration(
                false,
                "[[check]]\nname = \"more\"\nplugin = \"misbehave@1.0.0\"\nsources = { local = [\"allowed\"] }\nsettings = { mode = \"none\" }\n",
            ),
        ),
    ];
    for (what, text) in wrong {
        project.write("assay.toml", text);
        let answer = serving.post("/v1/reload", &json!({}));
        assert!(!matches!(answer.status, 200..300), "{what}: {answer:?}");
        let status = serving.get("/v1/status").body;
        assert!(status["configuration"]["last_load"]["error"].is_string(), "{what}: {status:#}");
        trigger(&serving, "quick");
        let ended = told(&mut serving, "run ended");
        assert_eq!(ended["status"], "ok", "{what}: what was in force still is");
    }
    project.write("assay.toml", configuration(false, "# all is well\n"));
    serving.signal("HUP");
    told(&mut serving, "a new configuration is in force");
    assert_eq!(serving.post("/v1/reload", &json!({})).status, 204);
    let status = serving.get("/v1/status").body;
    assert_eq!(status["configuration"]["last_load"]["error"], Value::Null);
}

#[test]
fn a_changed_file_is_noticed_without_being_told() {
    let project = project(false);
    let mut serving = Serving::start(&project);
    project.write("assay.toml", configuration(false, "# another\n"));
    told(&mut serving, "a new configuration is in force");
}

#[test]
fn what_runs_is_cut_when_the_time_to_stop_is_over() {
    let project = project(true);
    let mut serving = Serving::start(&project);
    trigger(&serving, "by-hand");
    serving.wait_for(|line| line["message"] == "result stored" && line["check"] == "quick");
    serving.signal("TERM");
    assert_eq!(serving.end().code(), Some(0));
    let results = project.results(&["results"]);
    assert_eq!(ending(&results, "quick"), ("pass", None));
    assert_eq!(ending(&results, "endless"), ("error", Some("interrupted")));
    let cut = find(&results, "endless");
    assert_eq!(cut["message"], "the host stopped before the check concluded");
    assert_eq!(cut["findings"][0]["code"], "first", "what it had reported is kept");
}

#[test]
fn a_run_is_cancelled_with_who_and_why() {
    let project = project(true);
    let mut serving = Serving::start(&project);
    let run = trigger(&serving, "by-hand").remove(0);
    serving.wait_for(|line| line["message"] == "result stored" && line["check"] == "quick");
    let cancelled = project.run(&["cancel", &run, "-m", "too slow"]);
    assert_eq!(cancelled.code, Some(0), "{cancelled:?}");
    told(&mut serving, "run ended");
    let results = project.results(&["results"]);
    assert_eq!(ending(&results, "endless"), ("error", Some("cancelled")));
    let message = find(&results, "endless")["message"].as_str().unwrap().to_owned();
    assert!(message.ends_with("too slow"), "{message}");

    let again = project.run(&["cancel", &run]);
    assert_eq!(again.code, Some(64), "{again:?}");
    assert!(again.stderr.contains("is not under way"), "{}", again.stderr);
}

#[test]
fn a_schedule_rests_with_and_without_a_host() {
    let project = project(false);
    let paused = project.run(&["pause", "daily", "-m", "migration", "--by", "ana"]);
    assert_eq!(paused.code, Some(0), "{paused:?}");
    let plan = project.run(&["plan", "--days", "2"]);
    assert!(plan.stdout.contains("not run, paused: paused by ana: migration"), "{}", plan.stdout);

    let serving = Serving::start(&project);
    let daily = |serving: &Serving| serving.get("/v1/status").body["schedules"][0].clone();
    assert_eq!(daily(&serving)["paused"]["pause_reason"], "migration", "it survives a start");
    let resumed = project.run(&["resume", "daily"]);
    assert_eq!(resumed.code, Some(0), "{resumed:?}");
    assert_eq!(daily(&serving)["paused"], Value::Null);
    let status = project.run(&["status"]);
    assert_eq!(status.code, Some(0), "{status:?}");
    assert!(status.stdout.contains("daily"), "{}", status.stdout);

    let unknown = project.run(&["pause", "dayly", "-m", "x"]);
    assert_eq!(unknown.code, Some(64), "{unknown:?}");
    assert!(unknown.stderr.contains("did you mean `daily`?"), "{}", unknown.stderr);
    drop(serving);
    let gone = project.run(&["status"]);
    assert_eq!(gone.code, Some(3), "{gone:?}");
}

#[test]
fn killed_under_load_nothing_acknowledged_is_lost_or_doubled() {
    let told = assay_tests::kill::kill_at(6, 1);
    assert!(told.acknowledged > 0 && told.runs > 0, "{told:?}");
}

#[test]
fn a_host_that_serves_for_hours_keeps_up() {
    let load = assay_tests::day::Load { checks: 40, schedules: 4, minutes: 62 };
    let day = assay_tests::day::simulate(load, |_| ()).unwrap();
    assert_eq!(day.runs, 62 * 4, "every slot once");
    assert_eq!(day.results, 62 * 40);
}
