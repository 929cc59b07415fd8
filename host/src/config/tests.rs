//! Good configurations mean what they say; bad ones say all that is wrong, and where.

mod alerting;
mod files;
mod keys;
mod messages;
mod schema;
mod sink;

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

[serve]
listen = "0.0.0.0:9000"
drain = "10s"
self_check = "5m"
keep = "400d"
disk_free_min = "3 GiB"
heartbeat = { url = "https://h.example/x", every = "2m" }
traces = "http://t.example:4318/v1/traces"
[[serve.tokens]]
name = "ci"
sha256 = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
role = "operate"

[source.local]
type = "files"
path = "data"
project = "my-project"
as_of_from = "available_at"
as_of_until = "superseded_at"
memory = "1 MiB"
spill = "2 MiB"
concurrency = 4

[source.warehouse]
type = "bigquery"
project = "jobs-project"
dataset = "analytics"
location = "EU"
credentials = "metadata"
impersonate = "reader@p.iam.gserviceaccount.com"
endpoint = "https://bigquery.example"
daily_budget = "1 TiB"

[calendar.season]
active = ["2025-10-21..2026-06-30", "2026-09-01"]
blackout = ["2025-12-25", { days = "2026-02-13..2026-02-18", reason = "All-Star break" }]
file = "days.txt"
query = { source = "local", sql = "SELECT d" }

[schedule.morning]
timezone = "America/New_York"
cron = "0 6 * * *"
target = "previous_day"
dst_gap = "skip"
dst_overlap = "both"
catch_up = "all"
catch_up_window = "3d"
catch_up_limit = 5
overlap = "allow"
jitter = "90s"
start_deadline = "30m"
deadline = "2h"
calendar = "season"
depends_on = ["evening"]
depends_within = "12h"

[schedule.evening]
timezone = "UTC"

[schedule.noon]
timezone = "UTC"
cron = "0 12 * * *"
calendar = "season"

[[check]]
name = "a"
plugin = "row-count@1.0.0"
schedule = "morning"
attempts = 5
confirm = { times = 2, after = "1m" }
severity = "high"
owner = "o"
tags = ["t"]
sources = { local = ["x_*"] }
daily_budget = "5 GiB"
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

[[check]]
name = "d"
plugin = "freshness@2.0.0"
schedule = "noon"
depends_on = ["e"]
sources.local = ["z"]

[[check]]
name = "e"
plugin = "freshness@2.0.0"
schedule = "noon"
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
        Err(error) => problems_of(error, text),
        Ok(config) => panic!("expected problems, got {config:?}"),
    }
}

/// The same of an error.
fn problems_of(error: ConfigError, text: &str) -> Vec<(String, String, String)> {
    match error {
        ConfigError::Invalid { problems, .. } => problems
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
