//! `assay plan`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::ExitCode;

use comfy_table::Cell;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use crate::clock::Clock;
use crate::config::Config;
use crate::model::CalendarName;
use crate::runner::{At, Host};
use crate::schedule::{Calendar, Moved};
use crate::serve::{PlannedSlot, plan as planned};
use crate::store::Store;

use super::args::{PlainFormat, PlanArgs};
use super::exit::Exit;
use super::failure::Failure;
use super::progress::Progress;
use super::render;
use super::render::table::{heading, inert, plain};
use super::schedules;
use super::worker::program;

/// A slot that is going to be due.
#[derive(Debug, Serialize)]
struct SlotView {
    schedule_name: String,
    scheduled_for: String,
    scheduled_local: String,
    utc_offset_seconds: i32,
    timezone: String,
    starts_at: String,
    target_date: Option<String>,
    checks: usize,
    /// Why the instant is not simply what the pattern says.
    moved: Option<&'static str>,
    /// Why it is not going to be run.
    reason: Option<&'static str>,
    message: Option<String>,
}

/// Prints what is due when.
pub(super) async fn plan(config: &Path, args: PlanArgs) -> Result<ExitCode, Failure> {
    let clock = Clock::system();
    let config = Config::load(config)?;
    for name in &args.schedules {
        schedules::named(&config, name)?;
    }
    let from = match args.at {
        Some(At::Instant(instant)) => instant,
        Some(At::Local(_)) => {
            let error = anyhow::anyhow!("`--at` names no zone");
            return Err(Failure::usage(
                error,
                "schedules have zones of their own: `2026-01-31T06:00[America/New_York]`",
            ));
        }
        None => clock.now(),
    };
    let to = from.checked_add(SignedDuration::from_hours(24 * i64::from(args.days)));
    let to = to.map_err(|error| Failure::usage(error, "name fewer days"))?;
    let states = Store::open(&config.host.state_dir, clock.now())?.store.schedule_states().await?;
    let calendars = calendars(config.clone(), clock).await?;
    let slots: Vec<_> = planned(&config, &calendars, &states, from, to)
        .into_iter()
        .filter(|slot| args.schedules.is_empty() || args.schedules.iter().any(|name| name == slot.schedule.as_str()))
        .map(|slot| view(&config, slot))
        .collect();
    match args.format {
        PlainFormat::Json => render::json(&serde_json::json!({ "from": from, "to": to, "slots": slots }))?,
        PlainFormat::Table => table(&config, &slots, from, to)?,
    }
    Ok(Exit::Ok.code())
}

/// The days of the calendars that schedules name. Without one nothing is loaded for them.
async fn calendars(config: Config, clock: Clock) -> Result<BTreeMap<CalendarName, Calendar>, Failure> {
    if config.calendars.is_empty() {
        return Ok(BTreeMap::new());
    }
    let progress = Progress::follow();
    let host = Host::load(config, clock, &program()?, progress.events()).await?;
    progress.done().await;
    Ok(known(&host).await)
}

/// The days of calendars. One whose days are not known counts as always on, as it does while serving.
pub(super) async fn known(host: &Host) -> BTreeMap<CalendarName, Calendar> {
    let (known, unknown) = host.calendars().await;
    for (calendar, error) in unknown {
        tracing::warn!(%calendar, %error, "days that are not known count as on");
    }
    known
}

fn view(config: &Config, slot: PlannedSlot) -> SlotView {
    let PlannedSlot { schedule, due, starts_at, target_date, checks, kept_from } = slot;
    let zone = config.schedule(schedule.as_str());
    let (reason, message) = kept_from.map(|(why, message)| (why.as_str(), message)).unzip();
    SlotView {
        schedule_name: schedule.to_string(),
        scheduled_for: due.at.to_string(),
        scheduled_local: due.local.to_string(),
        utc_offset_seconds: due.offset_seconds,
        timezone: zone.and_then(|zone| zone.time_zone.iana_name()).unwrap_or("UTC").to_owned(),
        starts_at: starts_at.to_string(),
        target_date: target_date.map(|date| date.to_string()),
        checks,
        moved: due.moved.map(Moved::as_str),
        reason,
        message,
    }
}

fn table(config: &Config, slots: &[SlotView], from: Timestamp, to: Timestamp) -> std::io::Result<()> {
    if slots.is_empty() {
        render::out(&format!("nothing is due from {from} to {to}"))?;
    } else {
        let mut table = plain();
        table.set_header(heading(["DUE (UTC)", "LOCAL", "ZONE", "SCHEDULE", "FOR", "CHECKS", ""]));
        for slot in slots {
            let kept = slot.reason.zip(slot.message.as_deref());
            let kept = kept.map(|(reason, message)| format!("not run, {reason}: {}", inert(message)));
            let late = (slot.starts_at != slot.scheduled_for).then(|| format!("starts {}", slot.starts_at));
            let notes: Vec<_> = [kept, slot.moved.map(str::to_owned), late].into_iter().flatten().collect();
            table.add_row(vec![
                Cell::new(&slot.scheduled_for),
                Cell::new(&slot.scheduled_local),
                Cell::new(&slot.timezone),
                Cell::new(&slot.schedule_name),
                Cell::new(slot.target_date.as_deref().unwrap_or("–")),
                Cell::new(slot.checks),
                Cell::new(notes.join("; ")),
            ]);
        }
        render::out(&table.to_string())?;
    }
    let by_hand: BTreeSet<_> = config
        .schedules
        .iter()
        .filter(|schedule| schedule.cron.is_none())
        .map(|schedule| schedule.name.as_str())
        .collect();
    if !by_hand.is_empty() {
        let names: Vec<_> = by_hand.into_iter().collect();
        render::out(&format!("only by hand, without `cron`: {}", names.join(", ")))?;
    }
    Ok(())
}
