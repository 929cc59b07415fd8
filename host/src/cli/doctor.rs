//! `assay doctor`: what would keep checks from running, found without running any.

use std::path::Path;
use std::process::ExitCode;

use comfy_table::Cell;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use crate::admission::SettingsRefusal;
use crate::clock::Clock;
use crate::config::{Config, ConfigError, Place, SinkConfig};
use crate::model::{AlertKey, AlertKind, DeliveryStatus};
use crate::notify::{Fault, Secrets};
use crate::runner::Host;
use crate::sink::{self, Warehouse};
use crate::store::{DeliveryFilter, Store};

use super::args::{DoctorArgs, PlainFormat};
use super::exit::Exit;
use super::failure::Failure;
use super::progress::Progress;
use super::render;
use super::render::table::{heading, inert, plain, status_cell};
use super::worker::program;

/// A receiver that was not reached for longer may not be there any more.
const REACHED: SignedDuration = SignedDuration::from_hours(7 * 24);

/// One thing that was looked at.
#[derive(Debug, Serialize)]
struct Examined {
    what: String,
    /// `ok`, `warning` or `error`.
    status: &'static str,
    message: String,
    hint: Option<String>,
}

impl Examined {
    fn ok(what: impl Into<String>, message: impl Into<String>) -> Self {
        Self { what: what.into(), status: "ok", message: message.into(), hint: None }
    }

    fn bad(status: &'static str, what: impl Into<String>, message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { what: what.into(), status, message: message.into(), hint: Some(hint.into()) }
    }
}

/// Looks at everything that a run would need.
pub(super) async fn doctor(config: &Path, args: &DoctorArgs) -> Result<ExitCode, Failure> {
    let clock = Clock::system();
    let config = Config::load(config)?;
    let mut examined = vec![Examined::ok(
        "configuration",
        format!("{}: checks {}, schedules {}", config.path.display(), config.checks.len(), config.schedules.len()),
    )];
    examined.push(journal(&config, &clock));
    let progress = Progress::follow();
    let host = Host::load(config, clock, &program()?, progress.events()).await?;
    progress.done().await;
    sources(&host, &mut examined).await;
    for (reference, plugin) in host.plugins() {
        examined.push(match plugin {
            Ok(plugin) => Examined::ok(format!("plugin {reference}"), plugin.description.title.clone()),
            Err(refusal) => Examined::bad("error", format!("plugin {reference}"), refusal.to_string(), refusal.hint()),
        });
    }
    let problems = settings(&host, &mut examined);
    alerting(&host, &mut examined).await;
    if let Some(config) = &host.config.sink {
        examined.push(sink(config, host.clock.now()).await);
    }

    match args.format {
        PlainFormat::Json => render::json(&serde_json::json!({ "examined": examined }))?,
        PlainFormat::Table => table(&examined)?,
    }
    if !problems.is_empty() {
        return Err(ConfigError::from_problems(&host.config, problems).into());
    }
    let sick = examined.iter().any(|examined| examined.status == "error");
    Ok(if sick { Exit::Usage } else { Exit::Ok }.code())
}

fn journal(config: &Config, clock: &Clock) -> Examined {
    match Store::open(&config.host.state_dir, clock.now()) {
        Ok(opened) => Examined::ok("journal", opened.store.path().display().to_string()),
        Err(error) => Examined::bad("error", "journal", error.to_string(), error.hint()),
    }
}

async fn sources(host: &Host, examined: &mut Vec<Examined>) {
    for (name, handle) in host.sources() {
        let what = format!("source {name}");
        let tables = match handle {
            Ok(handle) => handle.source.tables().await,
            Err(problem) => Err(problem.clone()),
        };
        match tables {
            Ok(tables) if tables.is_empty() => {
                examined.push(Examined::bad(
                    "warning",
                    what,
                    "there are no tables",
                    "put Parquet, CSV or NDJSON files into its folder",
                ));
            }
            Ok(tables) => {
                examined.push(Examined::ok(what, format!("tables: {}", tables.len())));
                examined.extend(tables.into_iter().map(|table| {
                    let what = format!("table {name}.{}", table.name);
                    match table.problem {
                        None => Examined::ok(what, table.made_of),
                        Some(problem) => {
                            Examined::bad("error", what, problem.message, problem.hint.unwrap_or_default())
                        }
                    }
                }));
            }
            Err(problem) => {
                examined.push(Examined::bad("error", what, problem.message, problem.hint.unwrap_or_default()));
            }
        }
    }
}

/// Whether results can be copied.
async fn sink(config: &SinkConfig, now: Timestamp) -> Examined {
    let what = format!("sink {}", config.dataset);
    let warehouse = match Warehouse::open(config).await {
        Ok(warehouse) => warehouse,
        Err(error) => return Examined::bad("error", what, error.to_string(), error.hint()),
    };
    match sink::plan(&warehouse, now).await {
        Ok(steps) => match steps.iter().filter(|step| step.is_change).count() {
            0 => Examined::ok(what, "its tables are up to date"),
            missing => Examined::bad(
                "error",
                what,
                format!("{missing} changes are missing"),
                "`assay sink migrate` makes them",
            ),
        },
        Err(error) => Examined::bad("error", what, error.to_string(), error.hint()),
    }
}

/// Whether whoever is to be told of alerts can be, and whether anybody is.
async fn alerting(host: &Host, examined: &mut Vec<Examined>) {
    let secrets = Secrets::of_process();
    let store = Store::open(&host.config.host.state_dir, host.clock.now()).ok().map(|opened| opened.store);
    for receiver in &host.config.alerting.receivers {
        let what = format!("receiver {}", receiver.name);
        if let Err(error) = receiver.open(&secrets) {
            let hints: Vec<_> = error.faults.iter().map(Fault::hint).collect();
            examined.push(Examined::bad("error", what, error.to_string(), hints.join("; ")));
            continue;
        }
        let reached = match &store {
            Some(store) => last_reached(store, &receiver.name).await,
            None => None,
        };
        let since = reached.map(|at| host.clock.now().duration_since(at));
        examined.push(match (reached, since) {
            (Some(at), Some(since)) if since < REACHED => {
                Examined::ok(what, format!("{}, reached {at}", receiver.kind))
            }
            (at, _) => {
                let when = at.map_or_else(|| "never".to_owned(), |at| format!("last {at}"));
                let hint = format!("`assay alerts test {}` sends it a test", receiver.name);
                Examined::bad("warning", what, format!("{}, reached {when}", receiver.kind), hint)
            }
        });
    }
    if host.config.alerting.receivers.is_empty() {
        let hint = "add a `[receiver.NAME]` and a `[route.NAME]`; `assay alerts` shows alerts meanwhile";
        return examined.push(Examined::bad("warning", "alerts", "nobody is told of any", hint));
    }
    for (check, context) in host.alerts() {
        let untold = AlertKind::ALL.into_iter().filter(|kind| {
            let key = AlertKey { check: check.clone(), kind: *kind, segment: None };
            let labels = context.subject.labels(&key, context.policy.severity, false);
            host.config.alerting.routes.deliver_to(&labels).is_empty()
        });
        let untold: Vec<_> = untold.map(AlertKind::as_str).collect();
        if !untold.is_empty() {
            let message = format!("nobody is told of it: {}", untold.join(", "));
            let hint = format!("`assay alerts route {check}` shows why");
            examined.push(Examined::bad("warning", format!("alerts of {check}"), message, hint));
        }
    }
}

/// When a message last arrived at a receiver.
async fn last_reached(store: &Store, receiver: &str) -> Option<Timestamp> {
    let status = Some(DeliveryStatus::Delivered);
    let filter = DeliveryFilter { status, receiver: Some(receiver.to_owned()), limit: 1, ..DeliveryFilter::default() };
    store.deliveries(filter).await.ok()?.into_iter().next()?.ended_at
}

/// What plugins say of settings: listed, and as problems with their place in the configuration.
fn settings(host: &Host, examined: &mut Vec<Examined>) -> Vec<crate::config::ConfigProblem> {
    let mut problems = Vec::new();
    for check in &host.config.checks {
        let what = format!("check {}", check.name);
        let hint = format!("`assay plugin inspect {}` shows the settings it knows", check.plugin);
        let at = |pointer: &str, message: &str| {
            host.config.problem_at(&check.name, Place::Settings(pointer.to_owned()), message, Some(hint.clone()))
        };
        match host.settings_of(&check.name) {
            Some(Ok(())) => examined.push(Examined::ok(what, "settings accepted")),
            Some(Err(SettingsRefusal::Problems(found))) => {
                problems.extend(found.iter().map(|problem| at(&problem.path, &problem.message)));
                examined.push(Examined::bad("error", what, "the plugin refuses the settings", hint));
            }
            Some(Err(SettingsRefusal::Broken(ending))) => {
                examined.push(Examined::bad(
                    "error",
                    what,
                    format!("`validate` broke: {ending:?}"),
                    "tell the plugin's owner",
                ));
            }
            None => {
                let hint = "a check whose plugin is refused ends as `error`";
                examined.push(Examined::bad("error", what, format!("plugin {} is refused", check.plugin), hint));
            }
        }
    }
    problems
}

fn table(examined: &[Examined]) -> std::io::Result<()> {
    let mut table = plain();
    table.set_header(heading(["STATUS", "WHAT", ""]));
    for Examined { what, status, message, hint } in examined {
        let hint = hint.as_deref().map_or(String::new(), |hint| format!("\nhint: {}", inert(hint)));
        table.add_row(vec![
            status_cell(status),
            Cell::new(inert(what)),
            Cell::new(format!("{}{hint}", inert(message))),
        ]);
    }
    render::out(&table.to_string())
}
