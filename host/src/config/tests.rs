//! Good configurations mean what they say; bad ones say all that is wrong, and where.

mod files;
mod keys;
mod messages;
mod schema;

use std::path::Path;

use miette::{GraphicalReportHandler, GraphicalTheme};

use super::{Config, ConfigError};

/// Every key of every section, none with its default.
const GOOD: &str = r#"
[host]
state = "s"
plugins = "p"
workers = 3
component_max = "1 MiB"
compile_time = "9s"
compile_memory = "7 MiB"
limits = { memory = "32 MiB", rows = 7 }

[source.local]
type = "files"
path = "data"
project = "my-project"
as_of_from = "available_at"
as_of_until = "superseded_at"
memory = "1 MiB"
spill = "2 MiB"
concurrency = 4

[schedule.morning]
timezone = "America/New_York"
cron = "0 6 * * *"
target = "previous_day"

[schedule.evening]
timezone = "UTC"

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

[[check]]
name = "b"
plugin = "freshness@2.0.0"
schedule = "morning"
sources.local = ["y"]

[[check]]
name = "c"
plugin = "freshness@2.0.0"
schedule = "evening"
sources.local = ["z"]
"#;

fn parse(text: &str) -> Result<Config, ConfigError> {
    Config::parse(Path::new("/etc/assay/assay.toml"), text.to_owned())
}

/// The good configuration with one piece of it changed, where it is first.
fn with(piece: &str, instead: &str) -> String {
    assert!(GOOD.contains(piece), "{piece}");
    GOOD.replacen(piece, instead, 1)
}

/// What is wrong: message, the text it points at, and the hint.
fn problems(text: &str) -> Vec<(String, String, String)> {
    match parse(text) {
        Err(ConfigError::Invalid { problems, .. }) => problems
            .into_iter()
            .map(|problem| {
                let place = problem.place().map(|place| text.get(place).expect("a place is within the text"));
                let hint = problem.advice().expect("every problem has a hint");
                (problem.message().to_owned(), place.unwrap_or_default().to_owned(), hint.to_owned())
            })
            .collect(),
        other => panic!("expected problems, got {other:?}"),
    }
}

fn messages(text: &str) -> Vec<String> {
    problems(text).into_iter().map(|(message, ..)| message).collect()
}

/// As a person sees it, without colour and 100 columns wide.
fn rendered(error: &ConfigError) -> String {
    let mut text = String::new();
    GraphicalReportHandler::new_themed(GraphicalTheme::unicode_nocolor())
        .with_width(100)
        .render_report(&mut text, error)
        .expect("a string takes any text");
    text
}
