//! A check reads what it is granted: not granted, granted too narrowly, granted; and ways around.

use assay_tests::project::{Project, ending, find};

fn project(grant: &str, table: &str) -> Project {
    let project = Project::new();
    fs_err::create_dir(project.path().join("data/analytics")).unwrap();
    fs_err::create_dir(project.path().join("elsewhere")).unwrap();
    project
        .shipped("unique-key@1.0.0")
        .write("data/analytics/games.csv", "id\n1\n2\n")
        .write("elsewhere/hidden.csv", "id\n1\n2\n")
        .write(
            "assay.toml",
            format!(
                "[source.local]\ntype = \"files\"\npath = \"data\"\n[source.other]\ntype = \"files\"\npath = \"elsewhere\"\n\
                 [[check]]\nname = \"keys\"\nplugin = \"unique-key@1.0.0\"\nsources = {grant}\n\
                 [check.settings]\nsource = \"local\"\ntable = \"{table}\"\ncolumns = [\"id\"]\n"
            ),
        );
    project
}

fn run(grant: &str, table: &str) -> (String, Option<String>, String, String) {
    let results = project(grant, table).results(&["run"]);
    let (status, reason) = ending(&results, "keys");
    let text = |field| find(&results, "keys")[field].as_str().unwrap_or_default().to_owned();
    (status.to_owned(), reason.map(str::to_owned), text("message"), text("hint"))
}

#[test]
fn a_source_that_is_not_granted_is_denied() {
    let (status, reason, message, hint) = run("{ other = [\"**\"] }", "analytics.games");
    assert_eq!((status.as_str(), reason.as_deref()), ("error", Some("denied")), "{message}");
    assert_eq!(message, "source `local` is not granted to this check (granted: `other`)");
    assert!(hint.contains("sources = { local = [\"TABLE\"] }"), "{hint}");
}

#[test]
fn a_grant_that_is_too_narrow_is_denied_with_the_line_that_would_allow_it() {
    for narrow in ["\"analytics.players\"", "\"*\"", "\"Analytics.games\"", "\"analytics.game\""] {
        let (status, reason, message, hint) = run(&format!("{{ local = [{narrow}] }}"), "analytics.games");
        assert_eq!((status.as_str(), reason.as_deref()), ("error", Some("denied")), "{narrow}: {message}");
        assert!(hint.contains(&format!("sources = {{ local = [{narrow}, \"analytics.games\"] }}")), "{hint}");
    }
}

#[test]
fn a_grant_that_covers_works() {
    for wide in ["\"analytics.games\"", "\"analytics.*\"", "\"**\"", "\"x\", \"analytics.g*\""] {
        let (status, reason, message, _) = run(&format!("{{ local = [{wide}] }}"), "analytics.games");
        assert_eq!((status.as_str(), reason), ("pass", None), "{wide}: {message}");
    }
}

#[test]
fn no_name_leads_out_of_the_folder() {
    for escape in ["../elsewhere/hidden", "elsewhere/hidden.csv", "/etc/passwd", "..", "file:///etc/passwd"] {
        let (status, reason, message, _) = run("{ local = [\"**\"] }", escape);
        assert_eq!(status, "error", "{escape}: {message}");
        assert_ne!(reason.as_deref(), Some("host_error"), "{escape}: {message}");
    }
}

#[test]
fn a_link_out_of_the_folder_is_not_followed() {
    let project = project("{ local = [\"**\"] }", "linked");
    std::os::unix::fs::symlink(project.path().join("elsewhere/hidden.csv"), project.path().join("data/linked.csv"))
        .unwrap();
    let results = project.results(&["run"]);
    let message = find(&results, "keys")["message"].as_str().unwrap_or_default();
    assert_eq!(ending(&results, "keys"), ("error", Some("query_failed")), "{message}");
}
