//! `assay status`.

use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use comfy_table::Cell;
use jiff::{SignedDuration, Timestamp};

use crate::api::view::{RunningView, ScheduleView, StatusView};
use crate::config::Config;

use super::args::{PlainFormat, StatusArgs};
use super::exit::Exit;
use super::failure::Failure;
use super::remote::reach;
use super::render;
use super::render::table::{heading, inert, plain, status_cell};
use super::sink::told as told_of_sink;

/// Prints what the host that serves is doing.
pub(super) async fn status(config: &Path, args: &StatusArgs) -> Result<ExitCode, Failure> {
    loop {
        let exit = once(config, args).await?;
        let Some(seconds) = args.watch else { return Ok(exit.code()) };
        tokio::time::sleep(Duration::from_secs(seconds.into())).await;
    }
}

async fn once(config: &Path, args: &StatusArgs) -> Result<Exit, Failure> {
    let config = Config::load(config)?;
    let Some(host) = reach(&config, &args.remote)? else {
        let error = anyhow::anyhow!("no host serves {}", config.host.state_dir.display());
        return Err(Failure::host(error, "start one with `assay serve`; `assay plan` shows what it would run"));
    };
    let status = host.status().await?;
    match args.format {
        PlainFormat::Json => render::json(&status)?,
        PlainFormat::Table => table(&status)?,
    }
    let well = status.readiness.ready && status.problems.is_empty() && status.configuration.last_load.error.is_none();
    Ok(if well { Exit::Ok } else { Exit::Failed })
}

fn table(status: &StatusView) -> std::io::Result<()> {
    let up = status.at.duration_since(status.started_at);
    let stopping = if status.stopping { " · stopping" } else { "" };
    render::out(&format!(
        "assay {} · {} · up {} · configuration {} since {}{stopping}\n",
        status.version,
        status.at,
        ago(up),
        status.configuration.digest.chars().take(12).collect::<String>(),
        status.configuration.since
    ))?;
    let mut schedules = plain();
    schedules.set_header(heading(["SCHEDULE", "NEXT (UTC)", "LOCAL", "RUNNING", "WAITING", "LAST", "", "LAG"]));
    for schedule in &status.schedules {
        schedules.add_row(schedule_row(schedule));
    }
    render::out(&schedules.to_string())?;
    if !status.running.is_empty() {
        let mut running = plain();
        running.set_header(heading(["RUN", "OF", "FOR", "BY", "DONE", "SINCE"]));
        for run in &status.running {
            running.add_row(running_row(run, status.at));
        }
        render::out(&format!("\n{running}"))?;
    }
    if let Some(sink) = &status.sink {
        render::out(&format!("\n{}", told_of_sink(sink)))?;
    }
    let load =
        status.configuration.last_load.error.iter().map(|error| format!("the configuration is refused: {error}"));
    let told: Vec<_> = status.readiness.reasons.iter().chain(&status.problems).cloned().chain(load).collect();
    if told.is_empty() {
        return render::out("\nnothing is wrong with the host");
    }
    render::out("")?;
    told.iter().try_for_each(|problem| render::out(&format!("! {}", inert(problem))))
}

fn schedule_row(schedule: &ScheduleView) -> Vec<Cell> {
    let (next, local) = match (&schedule.paused, &schedule.next) {
        (Some(pause), _) => {
            let until = pause.paused_until.map_or_else(String::new, |until| format!(" until {until}"));
            (format!("paused{until}"), inert(&format!("{}: {}", pause.paused_by, pause.pause_reason)))
        }
        (None, Some(due)) => (due.scheduled_for.to_string(), format!("{} {}", due.scheduled_local, schedule.timezone)),
        (None, None) => ("never".to_owned(), String::new()),
    };
    let last = schedule.last.as_ref();
    vec![
        Cell::new(&schedule.schedule_name),
        Cell::new(next),
        Cell::new(local),
        Cell::new(schedule.slots_running),
        Cell::new(schedule.slots_waiting),
        last.map_or_else(|| Cell::new("–"), |last| status_cell(&last.status)),
        Cell::new(last.map_or_else(String::new, |last| last.scheduled_for.to_string())),
        Cell::new(last.map_or_else(String::new, |last| ago(SignedDuration::from_millis(last.lag_ms)))),
    ]
}

fn running_row(run: &RunningView, now: Timestamp) -> Vec<Cell> {
    let by = run.requested_by.as_ref().map_or_else(String::new, |by| format!(" by {}", inert(by)));
    let ending = if run.cancelled { ", ending" } else { "" };
    vec![
        Cell::new(&run.run_id),
        Cell::new(run.schedule_name.as_deref().unwrap_or("–")),
        Cell::new(run.target_date),
        Cell::new(format!("{}{by}", run.trigger_source)),
        Cell::new(format!("{}/{}{ending}", run.checks_done, run.checks_planned)),
        Cell::new(ago(now.duration_since(run.started_at))),
    ]
}

/// A duration, in the form that people read.
fn ago(duration: SignedDuration) -> String {
    let rounded = if duration.abs() < SignedDuration::from_secs(10) {
        duration
    } else {
        SignedDuration::from_secs(duration.as_secs())
    };
    format!("{rounded:#}")
}
