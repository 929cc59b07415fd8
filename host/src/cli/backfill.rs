//! `assay backfill`.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use comfy_table::Cell;
use futures::{StreamExt as _, TryStreamExt as _};
use indicatif::{ProgressBar, ProgressStyle};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use tokio::sync::mpsc;

use crate::clock::Clock;
use crate::config::{Config, ScheduleConfig};
use crate::model::{RunStatus, Trigger};
use crate::runner::{Cancel, Host, Journal, Opening, RunPlan, StoredLedger, run};
use crate::serve::{PlannedSlot, plan as planned};
use crate::store::{RunFilter, Store, StoredRun};

use super::args::{BackfillArgs, PlainFormat};
use super::exit::{Exit, FailOn};
use super::failure::Failure;
use super::instant::in_order;
use super::plan::known;
use super::progress::Progress;
use super::render;
use super::render::table::{heading, inert, plain, status_cell};
use super::run::stop_on_signal;
use super::schedules;
use super::sink::Outlet;
use super::worker::program;

/// A slot of the range.
#[derive(Debug, Clone, Serialize)]
struct SlotView {
    scheduled_for: String,
    scheduled_local: String,
    target_date: String,
    run_id: Option<String>,
    /// What came of it: the status of its run, `off` where the calendar leaves it out, `left` when it was not begun.
    status: &'static str,
    message: String,
    /// Whether an earlier backfill ran it.
    done_before: bool,
}

/// Runs the slots of a range of days.
pub(super) async fn backfill(config: &Path, args: BackfillArgs) -> Result<ExitCode, Failure> {
    let clock = Clock::system();
    let config = Config::load(config)?;
    let schedule = schedules::named(&config, &args.schedule)?.clone();
    if schedule.cron.is_none() {
        let error = anyhow::anyhow!("`{}` has no `cron`, so that it has no slots", args.schedule);
        return Err(Failure::usage(error, format!("`assay run {} --date D` runs it for a day", args.schedule)));
    }
    in_order(args.from, args.to)?;
    let opened = Store::open(&config.host.state_dir, clock.now())?;
    let store = Arc::new(opened.store);
    let outlet = Outlet::open(&config, &store, &clock).await?;
    let state_dir = config.host.state_dir.clone();
    let progress = Progress::follow();
    let ledger = Arc::new(StoredLedger::new(Arc::clone(&store), clock.clone()));
    let host = Host::load_with(config, clock.clone(), &program()?, progress.events(), ledger).await?;
    let host = Arc::new(host);
    progress.done().await;
    let slots = slots(&host.config, &schedule, &known(&host).await, &args, clock.now())?;
    let done = done(&store, &schedule, &slots).await?;

    let mut views = BTreeMap::new();
    let mut wanted = Vec::new();
    for slot in slots {
        let view = SlotView {
            scheduled_for: slot.due.at.to_string(),
            scheduled_local: slot.due.local.to_string(),
            target_date: slot.target_date.map_or_else(String::new, |date| date.to_string()),
            run_id: None,
            status: "left",
            message: String::new(),
            done_before: false,
        };
        let view = match (&slot.kept_from, done.get(&slot.due.at).filter(|_| !args.again)) {
            (Some((_, why)), _) => SlotView { status: "off", message: why.clone(), ..view },
            (None, Some(run)) => SlotView {
                run_id: Some(run.record.run_id.to_string()),
                status: run.end.as_ref().map_or("left", |end| end.status.as_str()),
                message: run.end.as_ref().map_or_else(String::new, |end| end.message.clone()),
                done_before: true,
                ..view
            },
            (None, None) => {
                wanted.push(slot.clone());
                view
            }
        };
        views.insert(slot.due.at, view);
    }
    let exit = if args.dry_run || wanted.is_empty() {
        Exit::Ok
    } else {
        run_all(&host, &schedule, store.clone(), wanted, &args, &mut views).await?
    };
    let exported = match outlet {
        Some(outlet) if !args.dry_run => outlet.export(&store, &clock, &state_dir).await?,
        Some(_) | None => true,
    };
    let views: Vec<_> = views.into_values().collect();
    match args.format {
        PlainFormat::Json => render::json(&serde_json::json!({ "schedule_name": args.schedule, "slots": views }))?,
        PlainFormat::Table => table(&views, &args)?,
    }
    Ok(if exported { exit } else { Exit::NotStored }.code())
}

/// The slots that are about a day of the range and have been due.
fn slots(
    config: &Config,
    schedule: &ScheduleConfig,
    days: &BTreeMap<crate::model::CalendarName, crate::schedule::Calendar>,
    args: &BackfillArgs,
    now: Timestamp,
) -> Result<Vec<PlannedSlot>, Failure> {
    // A slot is due at most a day after the day it is about, and zones are less than a day apart.
    let edge = |day: Date, days: i64| {
        let start = day.to_zoned_datetime(TimeZone::UTC)?.timestamp();
        start.checked_add(SignedDuration::from_hours(24 * days))
    };
    let out_of_range = |error: jiff::Error| Failure::usage(error, "name days between the years 1 and 9998");
    let (from, to) = (edge(args.from, -2).map_err(out_of_range)?, edge(args.to, 4).map_err(out_of_range)?);
    let all = planned(config, days, &[], from, to.min(now));
    let in_range = |slot: &PlannedSlot| {
        slot.schedule == schedule.name && slot.target_date.is_some_and(|date| args.from <= date && date <= args.to)
    };
    Ok(all.into_iter().filter(in_range).collect())
}

/// What earlier backfills ran to an end, the newest run of each slot.
async fn done(
    store: &Store,
    schedule: &ScheduleConfig,
    slots: &[PlannedSlot],
) -> Result<BTreeMap<Timestamp, StoredRun>, Failure> {
    let filter = RunFilter {
        schedule: Some(schedule.name.clone()),
        trigger: Some(Trigger::Backfill),
        due_from: slots.first().map(|slot| slot.due.at),
        limit: u32::MAX,
        ..RunFilter::default()
    };
    let mut done = BTreeMap::new();
    for run in store.runs(filter).await? {
        // What could not say is run again.
        let said = run.end.as_ref().is_some_and(|end| match end.status {
            RunStatus::Ok | RunStatus::Warning | RunStatus::Critical | RunStatus::Skipped => true,
            RunStatus::Error | RunStatus::Missed | RunStatus::Cancelled => false,
        });
        if said {
            done.entry(run.record.scheduled_for).or_insert(run);
        }
    }
    Ok(done)
}

async fn run_all(
    host: &Arc<Host>,
    schedule: &ScheduleConfig,
    store: Arc<Store>,
    wanted: Vec<PlannedSlot>,
    args: &BackfillArgs,
    views: &mut BTreeMap<Timestamp, SlotView>,
) -> Result<Exit, Failure> {
    let cancel = Cancel::new();
    let stopper = tokio::spawn(stop_on_signal(cancel.clone()));
    let bar = bar(wanted.len());
    let begin = |slot: PlannedSlot| {
        let (host, store, cancel, bar) = (host.clone(), store.clone(), cancel.clone(), bar.clone());
        async move {
            let plan = RunPlan::of_slot(&host.config, schedule, &slot.due, Trigger::Backfill);
            let outcome = match plan.filter(|_| cancel.cause().is_none()) {
                Some(plan) => {
                    bar.set_message(plan.target_date.to_string());
                    let opening = Opening::new(&host, plan);
                    let (events, _) = mpsc::unbounded_channel();
                    Some(run(host, opening, Journal::Store(store), events, cancel.child()).await?)
                }
                None => None,
            };
            bar.inc(1);
            Ok::<_, Failure>((slot.due.at, outcome))
        }
    };
    let mut runs = futures::stream::iter(wanted).map(begin).buffer_unordered(args.concurrency.get());
    let mut exits = Vec::new();
    while let Some((due, outcome)) = runs.try_next().await? {
        let Some(view) = views.get_mut(&due) else { continue };
        match outcome {
            Some(outcome) => {
                view.run_id = Some(outcome.run.run_id.to_string());
                view.status = outcome.status.as_str();
                view.message = outcome.message.clone();
                exits.push(match outcome.not_stored.is_empty() {
                    true => Exit::of(outcome.status, outcome.tally, FailOn::Fail),
                    false => Exit::NotStored,
                });
            }
            None => exits.push(Exit::CouldNotSay),
        }
    }
    stopper.abort();
    host.wind_up().await;
    bar.finish_and_clear();
    Ok([Exit::NotStored, Exit::CouldNotSay, Exit::Failed]
        .into_iter()
        .find(|exit| exits.contains(exit))
        .unwrap_or(Exit::Ok))
}

fn bar(slots: usize) -> ProgressBar {
    let style = ProgressStyle::with_template("[{bar:30}] {pos}/{len} slots · {elapsed} · {eta} left {wide_msg}")
        .expect("the template is valid")
        .progress_chars("█░ ");
    ProgressBar::new(slots as u64).with_style(style)
}

fn table(views: &[SlotView], args: &BackfillArgs) -> std::io::Result<()> {
    let mut table = plain();
    table.set_header(heading(["STATUS", "FOR", "DUE (LOCAL)", "RUN", ""]));
    for view in views {
        let before = if view.done_before { "done before; " } else { "" };
        table.add_row(vec![
            status_cell(view.status),
            Cell::new(&view.target_date),
            Cell::new(&view.scheduled_local),
            Cell::new(view.run_id.as_deref().unwrap_or("–")),
            Cell::new(format!("{before}{}", inert(&view.message))),
        ]);
    }
    render::out(&table.to_string())?;
    let count = |wanted: &dyn Fn(&SlotView) -> bool| views.iter().filter(|view| wanted(view)).count();
    let (off, left) = (count(&|view| view.status == "off"), count(&|view| view.status == "left"));
    let before = count(&|view| view.done_before);
    let now = views.len() - off - left - before;
    render::out(&format!("\nslots {}: run {now}, done before {before}, off {off}, left {left}", views.len()))?;
    if before > 0 && !args.again {
        render::out("`--again` runs those that are done once more")?;
    }
    Ok(())
}
