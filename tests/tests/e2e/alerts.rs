//! Alerts, from a check that fails to whoever is told: the real program, a real journal, a program that takes messages.

use assay_tests::month;
use assay_tests::project::{Project, guest};
use assay_tests::serving::Serving;
use serde_json::Value;

/// A check that fails and one that passes, and a program that writes down what it is told. While there is a file
/// `out-of-order`, it is out of order.
fn project(mode: &str) -> Project {
    let project = Project::new();
    project
        .plugin(&guest("misbehave@1.0.0.wasm"), None)
        .shipped("sql-assertion@1.0.0")
        .write("data/allowed.csv", "id\n1\n");
    project.write("take", "#!/bin/sh\n[ -e out-of-order ] && exit 75\ncat >> taken.jsonl\necho >> taken.jsonl\n");
    executable(&project);
    project.write("assay.toml", configuration(mode, ""));
    project
}

fn executable(project: &Project) {
    use std::os::unix::fs::PermissionsExt as _;
    let path = project.path().join("take");
    fs_err::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
}

fn configuration(mode: &str, more: &str) -> String {
    let check = |name: &str, mode: &str| {
        let (plugin, settings) = match mode {
            "trap" => ("misbehave@1.0.0", "mode = \"trap\"".to_owned()),
            // Its number is 1.
            mode => {
                let most = i32::from(mode == "pass");
                ("sql-assertion@1.0.0", format!("value_sql = \"SELECT COUNT(*) AS value FROM allowed\", max = {most}"))
            }
        };
        format!(
            "[[check]]\nname = \"{name}\"\nplugin = \"{plugin}\"\nseverity = \"critical\"\nowner = \"data\"\n\
             schedule = \"by-hand\"\nsources = {{ local = [\"allowed\"] }}\nsettings = {{ {settings} }}\n"
        )
    };
    format!(
        "[serve]\nlisten = \"127.0.0.1:0\"\n[source.local]\ntype = \"files\"\npath = \"data\"\n\
         [schedule.by-hand]\ntimezone = \"UTC\"\n[alerts]\noperator = \"ops\"\n\
         [receiver.program]\ntype = \"command\"\ncommand = [\"./take\"]\n\
         [route.all]\nreceivers = [\"program\"]\ngroup_by = [\"check\"]\ngroup_wait = \"0s\"\ngroup_interval = \"1s\"\n\
         {}{}{more}",
        check("watched", mode),
        check("quiet", "pass")
    )
}

/// What the program was told.
fn taken(project: &Project) -> Vec<Value> {
    let text = fs_err::read_to_string(project.path().join("taken.jsonl")).unwrap_or_default();
    text.lines().filter(|line| !line.is_empty()).map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Names and statuses of the alerts of a message.
fn alerts(message: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let alerts = message["alerts"].as_array().unwrap();
    alerts.iter().map(|alert| (text(&alert["labels"]["alertname"]), text(&alert["status"]))).collect()
}

fn listed(project: &Project) -> Vec<Value> {
    project.json(&["alerts", "ls", "--all", "--format", "json"])["alerts"].as_array().unwrap().clone()
}

#[test]
fn a_failure_is_told_once_and_so_is_its_end() {
    let project = project("fail");
    assert_eq!(project.run(&["run"]).code, Some(1));
    assert_eq!(project.run(&["run"]).code, Some(1), "told of already: nothing more is told");
    project.write("assay.toml", configuration("pass", ""));
    assert_eq!(project.run(&["run"]).code, Some(0));
    assert_eq!(project.run(&["run"]).code, Some(0));
    let messages = taken(&project);
    let told: Vec<_> = messages.iter().map(alerts).collect();
    let of = |status: &str| vec![("watched".to_owned(), status.to_owned())];
    assert_eq!(told, [of("firing"), of("resolved")]);
    assert_eq!(messages[0]["groupKey"], messages[1]["groupKey"], "the receiver knows that it is the same");
    let [alert] = listed(&project).try_into().unwrap();
    assert_eq!((alert["state"].as_str(), alert["occurrences"].as_u64()), (Some("resolved"), Some(2)));
}

#[test]
fn an_error_is_not_an_end_and_belongs_to_whom_the_check_belongs() {
    let project = project("fail");
    assert_eq!(project.run(&["run"]).code, Some(1));
    project.write("assay.toml", configuration("trap", ""));
    assert_eq!(project.run(&["run"]).code, Some(3));
    let states: Vec<_> = listed(&project)
        .iter()
        .map(|alert| (alert["alert"].as_str().unwrap().to_owned(), alert["state"].as_str().unwrap().to_owned()))
        .collect();
    let firing = |name: &str| (name.to_owned(), "firing".to_owned());
    assert_eq!(states, [firing("watched"), firing("watched/error")], "a check that cannot say ends nothing");
}

#[test]
fn looking_at_what_was_changes_no_alert() {
    let project = project("fail");
    assert_eq!(project.run(&["run", "--date", "2026-01-05"]).code, Some(1));
    assert_eq!(project.run(&["run", "--dry-run"]).code, Some(1));
    assert!(listed(&project).is_empty() && taken(&project).is_empty());
    assert_eq!(project.run(&["run", "--date", "2026-01-05", "--alerts"]).code, Some(1));
    assert_eq!((listed(&project).len(), taken(&project).len()), (1, 1), "unless somebody wants it so");
}

#[test]
fn what_cannot_be_delivered_waits_and_is_told_by_the_exit_code() {
    let project = project("fail");
    project.write("out-of-order", "");
    let run = project.run(&["run"]);
    assert_eq!(run.code, Some(4), "{run:?}");
    assert!(run.stderr.contains("assay alerts deliver"), "it says what to do: {run:?}");
    let waiting = project.json(&["alerts", "deliveries", "--format", "json"]);
    assert_eq!(waiting["deliveries"][0]["status"], "queued", "{waiting}");
    fs_err::remove_file(project.path().join("out-of-order")).unwrap();
    assert_eq!(project.run(&["alerts", "deliver"]).code, Some(0));
    assert_eq!(project.run(&["run"]).code, Some(1), "nothing waits any more");
    assert_eq!(taken(&project).len(), 1);
    assert_eq!(project.json(&["alerts", "deliveries", "--format", "json"])["deliveries"][0]["status"], "delivered");
}

#[test]
fn a_silence_holds_back_and_forgets_nothing() {
    let project = project("fail");
    let silenced = project.run(&["alerts", "silence", "check=watched", "--for", "2h", "-m", "at work on it"]);
    assert_eq!(silenced.code, Some(0), "{silenced:?}");
    assert_eq!(project.run(&["run"]).code, Some(1));
    assert!(taken(&project).is_empty());
    let shown = project.json(&["alerts", "show", "watched", "--format", "json"]);
    let held = &shown["notifications"][0];
    assert_eq!(held["status"], "suppressed", "{shown}");
    assert!(held["suppressed_by"].as_str().unwrap().starts_with("silence:"), "{shown}");
    let silence = project.json(&["alerts", "silences", "--format", "json"]);
    let id = silence["silences"][0]["silence_id"].as_str().unwrap().to_owned();
    assert_eq!(project.run(&["alerts", "unsilence", &id]).code, Some(0));
    assert_eq!(project.run(&["alerts", "deliver"]).code, Some(0));
    assert_eq!(taken(&project).len(), 1, "what fires still is told when the silence is over");
}

#[test]
fn people_look_after_alerts_and_say_what_they_were() {
    let project = project("fail");
    assert_eq!(project.run(&["run"]).code, Some(1));
    let acked = project.run(&["alerts", "ack", "watched", "--by", "sam"]);
    assert_eq!(acked.code, Some(0), "{acked:?}");
    assert_eq!(
        project.run(&["alerts", "feedback", "watched", "false", "-m", "a holiday", "--by", "sam"]).code,
        Some(0)
    );
    let resolved = project.run(&["alerts", "resolve", "watched", "-m", "known", "--by", "sam"]);
    assert_eq!(resolved.code, Some(0), "{resolved:?}");
    let again = project.run(&["alerts", "resolve", "watched", "-m", "known"]);
    assert_eq!(again.code, Some(64), "it is over already: {again:?}");
    let shown = project.json(&["alerts", "show", "watched", "--format", "json"]);
    let changes: Vec<_> = shown["changes"].as_array().unwrap().iter().map(|c| c["change"].as_str().unwrap()).collect();
    assert_eq!(changes, ["opened", "acked", "resolved"], "{shown}");
    assert_eq!(shown["feedback"][0]["verdict"], "false_positive");
    for wrong in [["ack", "nobody"], ["show", "nobody"], ["unsilence", "nobody"]] {
        let refused = project.run(&["alerts", wrong[0], wrong[1]]);
        assert_eq!(refused.code, Some(64));
        assert!(refused.stderr.contains("hint:"), "{refused:?}");
    }
}

#[test]
fn a_missing_secret_is_found_at_the_start() {
    let project = project("pass");
    let receiver = "[receiver.pager]\ntype = \"pagerduty\"\nrouting_key = { env = \"NOT_THERE\" }\n\
                    [route.pages]\nreceivers = [\"pager\"]\n";
    // Before the route that takes everything.
    let text = configuration("pass", "").replace("[route.all]", &format!("{receiver}[route.all]"));
    project.write("assay.toml", text.replace("[route.pages]\n", "[route.pages]\ncontinue = true\n"));
    for command in [&["run"][..], &["serve"]] {
        let refused = project.run(command);
        assert_eq!(refused.code, Some(64), "{refused:?}");
        assert!(refused.stderr.contains("NOT_THERE") && refused.stderr.contains("pager"), "{refused:?}");
    }
    assert!(taken(&project).is_empty());
}

#[test]
fn a_route_is_explained_and_tried() {
    let project = project("pass");
    let route = project.json(&["alerts", "route", "watched", "--format", "json"]);
    assert_eq!(route["receivers"][0]["receiver"], "program", "{route}");
    assert_eq!(route["labels"]["owner"], "data");
    let missing = project.json(&["alerts", "route", "watched", "--kind", "missing", "--format", "json"]);
    assert_eq!(missing["labels"]["owner"], "ops", "a check that did not run is the operator's");
    let tried = project.run(&["alerts", "test", "all"]);
    assert_eq!((tried.code, tried.stdout.trim()), (Some(0), "program: delivered"), "{tried:?}");
    let wrong = project.run(&["alerts", "test", "al"]);
    assert!(wrong.code == Some(64) && wrong.stderr.contains("did you mean `all`?"), "{wrong:?}");
}

#[test]
fn a_host_that_serves_tells_by_itself() {
    let project = project("fail");
    let mut serving = Serving::start(&project);
    let answer = serving.post("/v1/runs", &serde_json::json!({ "names": ["by-hand"] }));
    assert_eq!(answer.status, 202, "{answer:?}");
    serving.wait_for(|line| line["message"] == "delivered");
    let messages = taken(&project);
    assert_eq!(alerts(&messages[0]), [("watched".to_owned(), "firing".to_owned())]);
}

#[test]
fn a_month_in_which_every_receiver_is_out_of_order_for_a_time_loses_nothing() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let month = runtime.block_on(month::month(1, 10, 1_000)).unwrap();
    assert_eq!(month.written, month.delivered, "{month:#?}");
    assert_eq!((month.dead, month.unended, month.ended_twice, month.missed), (0, 0, 0, 0), "{month:#?}");
    assert!(month.retried > 0 && month.again.values().any(|again| *again > 0), "receivers were out of order");
    assert!(month.flood.values().all(|messages| *messages < 10), "{month:#?}");
}
