//! Nothing acknowledged is lost, however the host ends.

use std::io::{BufRead as _, BufReader};
use std::process::Stdio;

use assay_tests::project::{Project, ending, find, guest};

/// Two checks: one that concludes at once, one that computes until somebody ends it.
fn project() -> Project {
    let project = Project::new();
    let check = |name: &str, mode: &str| {
        let first = name == "endless";
        format!(
            "[[check]]\nname = \"{name}\"\nplugin = \"misbehave@1.0.0\"\nsources = {{ local = [\"allowed\"] }}\n\
             limits = {{ fuel = 100_000_000_000, guest_cpu = \"60s\", deadline = \"10m\" }}\n[check.settings]\nmode = \"{mode}\"\nreport_first = {first}\n"
        )
    };
    project.plugin(&guest("misbehave@1.0.0.wasm"), None).write("data/allowed.csv", "id\n1\n").write(
        "assay.toml",
        format!(
            "[source.local]\ntype = \"files\"\npath = \"data\"\n{}{}",
            check("quick", "pass"),
            check("endless", "loop")
        ),
    );
    project
}

/// Starts a run and waits until the quick check's result is acknowledged.
fn started(project: &Project) -> std::process::Child {
    let mut child = project
        .command(&["run"])
        .env("ASSAY_LOG", "assay=info")
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let acknowledged = lines.map_while(Result::ok).any(|line| line.contains("result stored") && line.contains("quick"));
    assert!(acknowledged, "the run ended before the quick check was done");
    child
}

#[test]
fn a_killed_run_is_interrupted_and_its_results_are_kept() {
    let project = project();
    let mut child = started(&project);
    child.kill().unwrap();
    child.wait().unwrap();

    let results = project.results(&["results"]);
    assert_eq!(ending(&results, "quick"), ("pass", None), "acknowledged, so kept");
    assert_eq!(ending(&results, "endless"), ("error", Some("interrupted")));
    assert_eq!(results.len(), 2);
    assert_eq!(project.results(&["results"]), results, "a second start changes nothing");
}

#[test]
fn a_run_that_goes_on_is_not_interrupted_by_another_start() {
    let project = project();
    let mut child = started(&project);
    let results = project.results(&["results"]);
    assert_eq!(results.len(), 1, "only what has concluded: {results:#?}");
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn a_signal_cancels_and_the_run_is_finished_in_the_journal() {
    let project = project();
    let child = started(&project);
    let killed = std::process::Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap();
    assert!(killed.success());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(3), "a cancelled run could not say");
    let results = project.results(&["results"]);
    assert_eq!(ending(&results, "quick"), ("pass", None));
    assert_eq!(ending(&results, "endless"), ("error", Some("cancelled")));
    let cancelled = find(&results, "endless");
    assert_eq!(cancelled["message"], "the run was cancelled before the check concluded");
    assert_eq!((&cancelled["findings"][0]["code"], &cancelled["findings_partial"]), (&"first".into(), &true.into()));
}
