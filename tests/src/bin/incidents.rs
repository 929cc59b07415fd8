//! What the shipped suite says of a pipeline: of each incident, or of a healthy season.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::ensure;
use assay::model::Status;
use assay_pipeline::{Incident, schema};
use assay_tests::project;
use assay_tests::slots::Past;
use assay_tests::trial::{self, Caught, Said, Trial, Tried, differences, page, try_all};
use clap::{Parser, Subcommand};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, ToSpan as _};

/// Run the shipped suite over a generated pipeline.
#[derive(Debug, Parser)]
struct Arguments {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Each incident for itself: which checks see it, and whether those are the ones that its file names
    Table {
        /// Names of incidents; all when none is named
        names: Vec<String>,
        /// Print what was seen as the `expect` of an incident's file
        #[arg(long)]
        expect: bool,
        /// Write the page of all incidents
        #[arg(long)]
        write: bool,
    },
    /// The suite by hand, through a day: of a healthy pipeline, or after an incident
    Demo {
        /// Where the data and the configuration go; emptied before
        #[arg(long)]
        folder: PathBuf,
        /// What goes wrong; nothing when none is named
        #[arg(long)]
        incident: Option<String>,
    },
    /// A healthy season, day by day through all schedules: nothing may be wrong
    Season {
        /// First league day
        #[arg(long, default_value = "2025-09-25")]
        from: Date,
        /// Last league day
        #[arg(long, default_value = "2026-06-30")]
        to: Date,
        /// Run the slots of every n-th day only
        #[arg(long, default_value_t = 1)]
        every: usize,
    },
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    match Arguments::parse().what {
        What::Table { names, expect, write } => table(&names, expect, write).await,
        What::Demo { folder, incident } => demo(&folder, incident.as_deref()).await,
        What::Season { from, to, every } => season(from, to, every).await,
    }
}

async fn table(names: &[String], expect: bool, write: bool) -> anyhow::Result<()> {
    let tried = try_all(if names.is_empty() { Incident::names() } else { names.to_vec() }).await?;
    let page = page(&tried);
    println(&page)?;
    if write {
        ensure!(names.is_empty(), "the page tells of all incidents: name none");
        fs_err::write(trial::root().join(trial::PAGE_PATH), &page)?;
    }
    let mut wrong = Vec::new();
    for Tried { incident, caught } in &tried {
        let name = incident.name();
        if expect {
            println(&format!("{name}\n{}", as_expected(caught)))?;
        } else {
            let differences = differences(incident.expect(), caught);
            wrong.extend(differences.into_iter().map(|difference| format!("{name}: {difference}")));
        }
    }
    ensure!(wrong.is_empty(), "not what the incidents say:\n{}", wrong.join("\n"));
    Ok(())
}

fn as_expected(caught: &BTreeMap<String, Caught>) -> String {
    let line = |Caught { last, .. }: &Caught| {
        let Said { check, status, codes, affected, slot, message } = last;
        let slot = &slot.schedule;
        format!(
            "  # {message}\n  - {{ check: {check}, slot: {slot}, status: {status}, codes: [{}], affected: {affected} }}",
            codes.join(", ")
        )
    };
    format!("expect:\n{}\n", caught.values().map(line).collect::<Vec<_>>().join("\n"))
}

async fn season(from: Date, to: Date, every: usize) -> anyhow::Result<()> {
    let folder = trial::folder("season")?;
    let trial = Trial::new(&folder, &trial::state()?, (from, to), Vec::new()).await?;
    let zone = TimeZone::get("America/New_York")?;
    let (mut slots, mut checks, mut skipped, mut wrong) = (0, 0, 0, Vec::new());
    // The first day has no yesterday.
    let first = from.checked_add(1.day())?;
    for day in first.series(1.day()).take_while(|day| *day <= to).step_by(every.max(1)) {
        let begins = day.to_zoned_datetime(zone.clone())?.timestamp();
        let ends = day.tomorrow()?.to_zoned_datetime(zone.clone())?.timestamp();
        for slot in trial.past().slots(begins, ends) {
            slots += 1;
            for result in trial.past().run(&slot).await? {
                checks += 1;
                skipped += usize::from(result.conclusion.status == Status::Skip);
                wrong.extend(Said::of(&slot, &result));
            }
        }
        for said in wrong.iter().filter(|said| said.slot.at >= begins) {
            println(&format!(
                "{} {} {} {}: {}",
                said.slot.at, said.slot.schedule, said.check, said.status, said.message
            ))?;
        }
    }
    println(&format!(
        "{slots} slots from {first} to {to}: {checks} results, of which {skipped} are skipped and {} are not well",
        wrong.len()
    ))?;
    ensure!(wrong.is_empty(), "a healthy season is not well");
    Ok(())
}

/// When the demo of a healthy pipeline begins, in New York: its day.
const HEALTHY_DAY: Date = jiff::civil::date(2026, 1, 21);

async fn demo(folder: &Path, name: Option<&str>) -> anyhow::Result<()> {
    let incident =
        name.map(|name| Incident::named(name, &schema::tables()?).map_err(anyhow::Error::from)).transpose()?;
    let zone = TimeZone::get("America/New_York")?;
    let since = match &incident {
        Some(incident) => incident.since(),
        None => HEALTHY_DAY.to_zoned_datetime(zone.clone())?.timestamp(),
    };
    if folder.exists() {
        fs_err::remove_dir_all(folder)?;
    }
    fs_err::create_dir_all(folder)?;
    if let Some(incident) = &incident {
        println(&format!("{}\n", incident.about().trim()))?;
    }
    let config = trial::lay_out(folder, None, trial::days_around(since)?, incident.into_iter().collect())?;
    let past = Past::open(&config).await?;
    let mut failed = 0;
    let mut shown = BTreeSet::new();
    for slot in past.slots(since, since + SignedDuration::from_hours(24)) {
        // Once each: what runs every hour would be all there is to see.
        if !shown.insert(slot.schedule.clone()) {
            continue;
        }
        let at = slot.at.to_zoned_datetime(zone.clone()).strftime("%Y-%m-%dT%H:%M").to_string();
        println(&format!("$ assay run {} --at {at}", slot.schedule))?;
        let mut run = std::process::Command::new(project::assay());
        let status = run.args(["run", slot.schedule.as_str(), "--at", &at]).current_dir(folder).status()?;
        failed += u32::from(!status.success());
        println("")?;
    }
    println(&format!("Look around: cd {} && {} results --status fail", folder.display(), project::assay().display()))?;
    ensure!((failed > 0) == name.is_some(), "{failed} runs were not well");
    Ok(())
}

fn println(line: &str) -> anyhow::Result<()> {
    Ok(writeln!(std::io::stdout().lock(), "{line}")?)
}
