//! Good configurations mean what they say; bad ones say all that is wrong, and where.

use std::path::Path;

use jiff::tz::TimeZone;

use super::{Config, ConfigError, Place, STARTER, SourceKind, Target};
use crate::model::{LimitName, Severity};

const GOOD: &str = r#"
[host]
state = "s"
plugins = "p"
workers = 3
component_max = "1 MiB"
[host.limits]
memory = "32 MiB"

[source.local]
type = "files"
path = "data"
memory = "1 MiB"
spill = "2 MiB"
concurrency = 4

[schedule.morning]
timezone = "America/New_York"
target = "previous_day"

[[check]]
name = "a"
plugin = "row-count@1.0.0"
schedule = "morning"
severity = "high"
owner = "o"
tags = ["t"]
sources = { local = ["x_*"] }
limits = { fuel = 5, deadline = "2s" }
[check.settings]
table = "x"
since = 2026-01-31
"#;

fn parse(text: &str) -> Result<Config, ConfigError> {
    Config::parse(Path::new("/etc/assay/assay.toml"), text.to_owned())
}

/// What is wrong: message, the text it points at, and the hint.
fn problems(text: &str) -> Vec<(String, String, String)> {
    match parse(text) {
        Err(ConfigError::Invalid { problems, .. }) => problems
            .into_iter()
            .map(|p| (p.message, text.get(p.span).unwrap_or_default().to_owned(), p.hint.unwrap_or_default()))
            .collect(),
        other => panic!("expected problems, got {other:?}"),
    }
}

/// The good configuration with one line changed.
fn with(line: &str, instead: &str) -> String {
    assert!(GOOD.contains(line), "{line}");
    GOOD.replacen(line, instead, 1)
}

#[test]
fn every_key_means_something() {
    let config = parse(GOOD).unwrap();
    assert_eq!(config.host.state_dir, Path::new("/etc/assay/s"));
    assert_eq!(config.host.plugin_dir, Path::new("/etc/assay/p"));
    assert_eq!(config.host.workers.get(), 3);
    assert_eq!(config.host.component_bytes_max, 1 << 20);
    assert_eq!((config.host.ceilings[0].name, config.host.ceilings[0].value), (LimitName::Memory, 32 << 20));
    let source = &config.sources[0];
    assert_eq!((source.name.as_str(), source.concurrency.get()), ("local", 4));
    let path = "/etc/assay/data".into();
    assert_eq!(source.kind, SourceKind::Files { path, memory_bytes: 1 << 20, spill_bytes: 2 << 20 });
    let schedule = &config.schedules[0];
    assert_eq!((schedule.name.as_str(), schedule.target), ("morning", Target::PreviousDay));
    assert_eq!(schedule.time_zone.iana_name(), Some("America/New_York"));
    let check = &config.checks[0];
    assert_eq!((check.name.as_str(), check.plugin.to_string().as_str()), ("a", "row-count@1.0.0"));
    assert_eq!(check.schedule.as_ref().map(|s| s.as_str()), Some("morning"));
    assert_eq!(
        (check.severity, check.owner.as_deref(), check.tags.as_slice()),
        (Severity::High, Some("o"), &["t".to_owned()][..])
    );
    assert_eq!((check.grants[0].source.as_str(), check.grants[0].tables[0].to_string().as_str()), ("local", "x_*"));
    let limits: Vec<_> = check.limits.iter().map(|l| (l.name, l.value)).collect();
    assert_eq!(limits, [(LimitName::Deadline, 2_000), (LimitName::Fuel, 5)]);
    assert_eq!(check.settings, r#"{"since":"2026-01-31","table":"x"}"#);
}

#[test]
fn what_is_left_out_has_a_default() {
    let config = parse(
        "[source.d]\ntype = \"files\"\npath = \"data\"\n[[check]]\nname = \"a\"\nplugin = \"x@1.0.0\"\nsources = { d = [\"t\"] }\n",
    )
    .unwrap();
    assert_eq!(config.host.state_dir, Path::new("/etc/assay/.assay"));
    assert_eq!(config.host.component_bytes_max, 64 << 20);
    let check = &config.checks[0];
    assert_eq!((check.severity, check.schedule.is_none(), check.settings.as_str()), (Severity::Medium, true, "{}"));
}

#[test]
fn the_starter_is_a_good_configuration() {
    assert_eq!(parse(STARTER).unwrap().checks.len(), 4);
}

#[test]
fn each_mistake_is_told_with_its_place_and_a_hint() {
    for (line, instead, message, place, hint) in [
        (
            "severity = \"high\"",
            "severty = \"high\"",
            "unknown key `severty` in `[[check]]`",
            "severty",
            "did you mean `severity`?",
        ),
        ("[host]", "[hots]\n[host]", "unknown key `hots` at the top of the file", "hots", "did you mean `host`?"),
        (
            "concurrency = 4",
            "colour = 4",
            "unknown key `colour` in `[source.local]`",
            "colour",
            "the keys are concurrency, memory, path, spill",
        ),
        (
            "type = \"files\"",
            "type = \"flies\"",
            "there is no source of type `flies`",
            "\"flies\"",
            "did you mean `files`?",
        ),
        (
            "severity = \"high\"",
            "severity = \"dire\"",
            "`dire` is not a severity",
            "\"dire\"",
            "one of `critical`, `high`, `medium`, `low`",
        ),
        (
            "schedule = \"morning\"",
            "schedule = \"mornin\"",
            "there is no schedule `mornin`",
            "\"mornin\"",
            "did you mean `morning`?",
        ),
        ("{ local =", "{ locl =", "there is no source `locl`", "locl", "did you mean `local`?"),
        ("[\"x_*\"]", "[]", "no table of `local` is granted", "local", "name tables, or `**` for all of them"),
        (
            "\"x_*\"",
            "\"a/b\"",
            "`a/b` is not a pattern of table names",
            "\"a/b\"",
            "expected dotted parts such as `dataset.table` or `dataset.*`",
        ),
        (
            "row-count@1.0.0",
            "row-count",
            "`row-count` is not a plugin reference",
            "\"row-count\"",
            "`id@version` with a semantic version, for example `row-count@1.0.0`",
        ),
        (
            "America/New_York",
            "America/New_Yrok",
            "there is no time zone `America/New_Yrok`",
            "\"America/New_Yrok\"",
            "did you mean `America/New_York`?",
        ),
        ("workers = 3", "workers = 0", "`workers` is 0", "0", "it is at least 1 and at most 1024"),
        ("memory = \"32 MiB\"", "memory = 32", "`memory` is a size, written as text: `\"64 MiB\"`", "32", ""),
        ("fuel = 5", "fule = 5", "`fule` is not the name of a limit", "fule", "did you mean `fuel`?"),
        (
            "component_max = \"1 MiB\"",
            "component_max = \"1\"",
            "`1` has no unit: a size is written `1 MiB`, `1 B` and so on",
            "\"1\"",
            "for example `512 MiB`",
        ),
    ] {
        let text = with(line, instead);
        let told = problems(&text);
        let expected = (message.to_owned(), place.to_owned(), hint.to_owned());
        assert!(told.contains(&expected), "{instead}: {told:#?}");
    }
}

#[test]
fn all_mistakes_are_told_at_once_in_the_order_of_the_file() {
    let text = with("workers = 3", "workers = -1")
        .replace("America/New_York", "Mars/Olympus")
        .replace("severity = \"high\"", "severity = 5")
        + "[[check]]\nname = \"b\"\nplugin = \"nope\"\nsources = {}\n";
    let messages: Vec<_> = problems(&text).into_iter().map(|(message, ..)| message).collect();
    assert_eq!(
        messages,
        [
            "`workers` is -1",
            "there is no time zone `Mars/Olympus`",
            "in `[[check]]`: invalid type: integer `5`, expected a string",
            "`nope` is not a plugin reference",
            "the check is granted no source",
        ]
    );
}

#[test]
fn names_are_unique_among_checks_and_schedules() {
    let again = GOOD.split("[[check]]").nth(1).unwrap();
    let told = problems(&format!("{GOOD}[[check]]{again}"));
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(told[0].0, "there is already a check named `a`");
    let told = problems(&with("name = \"a\"", "name = \"morning\""));
    assert_eq!(told[0].0, "there is already a schedule named `morning`");
}

#[test]
fn nothing_to_run_is_a_mistake() {
    assert_eq!(problems("")[0].0, "there are no checks");
    let told = problems(&with("schedule = \"morning\"\n", ""));
    assert_eq!(told[0].0, "no check belongs to the schedule `morning`");
}

#[test]
fn numbers_that_json_cannot_say_are_refused() {
    let told = problems(&with("table = \"x\"", "max = inf"));
    assert_eq!(told[0].0, "the setting `max` is inf, which JSON cannot say");
}

#[test]
fn syntax_errors_have_a_place() {
    let told = problems("[host\nstate = \"x\"\n");
    assert!(!told.is_empty());
    assert!(told.iter().all(|(_, _, hint)| hint.starts_with("this is not TOML")), "{told:?}");
}

#[test]
fn problems_found_later_point_into_the_settings() {
    let text = with("table = \"x\"", "table = \"x\"\nrules = [{ min = 1, max = 0 }]");
    let config = parse(&text).unwrap();
    let name = config.checks[0].name.clone();
    for (place, expected) in [
        (Place::Settings("/rules/0/max".to_owned()), "0"),
        (Place::Settings("/rules/0/missing".to_owned()), "{ min = 1, max = 0 }"),
        (Place::Settings("/table".to_owned()), "\"x\""),
        (Place::Plugin, "\"row-count@1.0.0\""),
    ] {
        let problem = config.problem_at(&name, place.clone(), "wrong", None);
        assert_eq!(text.get(problem.span), Some(expected), "{place:?}");
    }
}

#[test]
fn the_target_day_counts_in_the_zone_of_the_schedule() {
    let zone = TimeZone::get("America/New_York").unwrap();
    // 03:00 UTC is still the evening before in New York.
    let now = "2026-01-31T03:00:00Z".parse().unwrap();
    assert_eq!(Target::SameDay.date(now, &zone).unwrap().to_string(), "2026-01-30");
    assert_eq!(Target::PreviousDay.date(now, &zone).unwrap().to_string(), "2026-01-29");
}

#[test]
fn the_schema_file_is_up_to_date() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../schemas/config.schema.json");
    let written = fs_err::read_to_string(path).unwrap();
    assert!(written == super::json_schema(), "run `cargo xtask gen`");
}
