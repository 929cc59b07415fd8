//! The shipped suite over a pipeline with something wrong in it: which checks see it, when, and what they say.

use std::collections::BTreeMap;
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, ensure};
use assay::model::{CheckResult, Status};
use assay_pipeline::incident::Expected;
use assay_pipeline::{Incident, Order, schema};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan as _};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::project;
use crate::slots::{Past, Slot};

/// The suite, in the repository.
const SUITE: &str = "plugins/suites/basketball.toml";
/// The page of incidents, in the repository.
pub const PAGE_PATH: &str = "docs/incidents.md";
/// Seed of all data.
const SEED: u64 = 7;
/// Days before an incident that there is data of: what checks compare with.
const HISTORY_DAYS: i64 = 75;
/// How long after an incident slots are looked at: one of every daily schedule.
const LOOKED_AT: SignedDuration = SignedDuration::from_mins(24 * 60 + 1);

/// What one check says in one slot, where it is not well.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// The slot.
    pub slot: Slot,
    /// The check.
    pub check: String,
    /// Its status.
    pub status: Status,
    /// Codes of its findings, each once, in the order of the alphabet.
    pub codes: Vec<String>,
    /// Rows or things affected, over all findings.
    pub affected: u64,
    /// In one sentence.
    pub message: String,
}

impl Said {
    /// None when all is well, or nothing is to be checked.
    #[must_use]
    pub fn of(slot: &Slot, result: &CheckResult) -> Option<Self> {
        let status = result.conclusion.status;
        if matches!(status, Status::Pass | Status::Skip) {
            return None;
        }
        let mut codes: Vec<_> = result.findings.iter().map(|finding| finding.draft.code.clone()).collect();
        codes.sort();
        codes.dedup();
        Some(Self {
            slot: slot.clone(),
            check: result.check.to_string(),
            status,
            codes,
            affected: result.findings.iter().filter_map(|finding| finding.draft.affected).sum(),
            message: result.conclusion.message.clone(),
        })
    }
}

/// What a check says of an incident.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caught {
    /// How long after the incident it said so first.
    pub after: SignedDuration,
    /// What it said last within a day.
    pub last: Said,
}

/// The suite over data that is generated for it, in a folder of its own.
#[derive(Debug)]
pub struct Trial {
    past: Past,
}

impl Trial {
    /// Generates data from one league day to another, with what goes wrong, and opens the suite over it. What is compiled
    /// of the plugins is kept in `state`.
    ///
    /// # Errors
    /// When data cannot be generated or the suite cannot be opened.
    pub async fn new(
        folder: &Path,
        state: &Path,
        (from, to): (Date, Date),
        incidents: Vec<Incident>,
    ) -> anyhow::Result<Self> {
        let (folder, state) = (folder.to_owned(), state.to_owned());
        let config =
            tokio::task::spawn_blocking(move || lay_out(&folder, Some(&state), (from, to), incidents)).await??;
        Ok(Self { past: Past::open(&config).await? })
    }

    /// The schedules over the data.
    #[must_use]
    pub fn past(&self) -> &Past {
        &self.past
    }

    /// All that is not well in the slots from one instant to another.
    ///
    /// # Errors
    /// When a slot cannot be run.
    pub async fn said(&self, from: Timestamp, to: Timestamp) -> anyhow::Result<Vec<Said>> {
        self.said_in(&self.past.slots(from, to)).await
    }

    async fn said_in(&self, slots: &[Slot]) -> anyhow::Result<Vec<Said>> {
        let mut said = Vec::new();
        for slot in slots {
            let results: Vec<Arc<CheckResult>> = self.past.run(slot).await?;
            said.extend(results.iter().filter_map(|result| Said::of(slot, result)));
        }
        Ok(said)
    }
}

/// Generates data into a folder, with what goes wrong, and puts the suite beside it; returns its path.
///
/// # Errors
/// When data cannot be generated or the folder cannot be written.
pub fn lay_out(
    folder: &Path,
    state: Option<&Path>,
    (from, to): (Date, Date),
    incidents: Vec<Incident>,
) -> anyhow::Result<PathBuf> {
    assay_pipeline::write(Order { seed: SEED, from, to, incidents }, &folder.join("data"), |_| ())?;
    let mut host = format!("plugins = {:?}", project::shipped_plugins());
    if let Some(state) = state {
        host.push_str(&format!("\nstate = {state:?}"));
    }
    let suite = fs_err::read_to_string(root().join(SUITE))?.replacen("plugins = \"plugins\"", &host, 1);
    let config = folder.join("assay.toml");
    fs_err::write(&config, suite)?;
    Ok(config)
}

/// The league days that there must be data of for what happens at an instant: some weeks before it, and those it shows on.
///
/// # Errors
/// When it lies at the edge of the calendar.
pub fn days_around(since: Timestamp) -> anyhow::Result<(Date, Date)> {
    let day = since.to_zoned_datetime(TimeZone::get("America/New_York")?).date();
    Ok((day.checked_sub(HISTORY_DAYS.days())?, day.checked_add(2.days())?))
}

/// What the checks say within a day after an incident.
///
/// # Errors
/// When the trial cannot be run.
pub async fn caught(trial: &Trial, since: Timestamp) -> anyhow::Result<BTreeMap<String, Caught>> {
    let mut caught: BTreeMap<String, Caught> = BTreeMap::new();
    let slots = first_and_last(&trial.past.slots(since, since + LOOKED_AT));
    for said in trial.said_in(&slots).await? {
        let after = said.slot.at.duration_since(since);
        let first = caught.get(&said.check).map_or(after, |before| before.after);
        caught.insert(said.check.clone(), Caught { after: first, last: said });
    }
    Ok(caught)
}

/// An incident that was tried.
#[derive(Debug)]
pub struct Tried {
    /// It.
    pub incident: Incident,
    /// What the checks say of it, by name.
    pub caught: BTreeMap<String, Caught>,
}

/// Tries incidents, as many at once as the machine has cores; in the order of their names.
///
/// # Errors
/// When there is no incident of a name, or a trial cannot be run.
pub async fn try_all(names: Vec<String>) -> anyhow::Result<Vec<Tried>> {
    let turns = Arc::new(Semaphore::new(std::thread::available_parallelism().map_or(1, NonZero::get)));
    let mut trials = JoinSet::new();
    for name in names {
        let turns = Arc::clone(&turns);
        trials.spawn(async move {
            let _turn = turns.acquire_owned().await?;
            let incident = Incident::named(&name, &schema::tables()?)?;
            let (folder, since) = (folder(&name)?, incident.since());
            let trial = Trial::new(&folder, &state()?, days_around(since)?, vec![incident.clone()]).await?;
            let caught = caught(&trial, since).await?;
            drop(trial);
            fs_err::remove_dir_all(&folder)?;
            anyhow::Ok(Tried { incident, caught })
        });
    }
    let mut tried = Vec::new();
    while let Some(ended) = trials.join_next().await {
        tried.push(ended??);
    }
    tried.sort_by(|one, other| one.incident.name().cmp(other.incident.name()));
    Ok(tried)
}

/// The page that tells what the suite says of each incident.
#[must_use]
pub fn page(tried: &[Tried]) -> String {
    let mut page = PAGE.to_owned();
    for Tried { incident, caught } in tried {
        let says = caught.values().map(|Caught { last, .. }| {
            let Said { check, status, codes, affected, .. } = last;
            let found = if codes.is_empty() { String::new() } else { format!(" ({}: {affected})", codes.join(", ")) };
            format!("`{check}` {status}{found}")
        });
        let first = caught.values().map(|caught| caught.after).min();
        let after = first.map_or_else(String::new, |after| format!("{:.1} h", after.as_secs_f64() / 3_600.0));
        let (name, about) = (incident.name(), incident.about().trim());
        let (reference, original) = (incident.reference().unwrap_or(""), incident.original().unwrap_or(""));
        let says = says.collect::<Vec<_>>().join("<br>");
        let says = if says.is_empty() { "none".to_owned() } else { says };
        page.push_str(&format!("| {reference} | **{name}**: {about} | {says} | {after} | {original} |\n"));
    }
    page
}

const PAGE: &str = "\
# What the suite says of incidents

Written by `cargo xtask incidents table --write` and compared by the tests: `plugins/suites/basketball.toml` over a generated
pipeline with one thing wrong in it (`tests/pipeline/incidents`). For each check that is not `pass` or `skip` within a day:
its last status, the codes of its findings and how many rows or things they count. *First after* is the time from the
incident to the first run that is not well. The last column is what the validator that came before did, as far as it is known.

| | incident | checks | first after | before |
|---|---|---|---|---|
";

/// Of schedules that are due often the first slots, which show how soon, and the last, which shows what it came to.
fn first_and_last(slots: &[Slot]) -> Vec<Slot> {
    const FIRST: usize = 3;
    let mut kept = Vec::new();
    for (place, slot) in slots.iter().enumerate() {
        let same = |other: &&Slot| other.schedule == slot.schedule;
        let before = slots[..place].iter().filter(same).count();
        let after = slots[place + 1..].iter().filter(same).count();
        if before < FIRST || after == 0 {
            kept.push(slot.clone());
        }
    }
    kept
}

/// How what was caught differs from what the incident says is to be; empty when it does not.
#[must_use]
pub fn differences(expected: &[Expected], caught: &BTreeMap<String, Caught>) -> Vec<String> {
    let mut differences = Vec::new();
    for wanted in expected {
        let name = &wanted.check;
        let Some(Caught { last, .. }) = caught.get(name) else {
            differences.push(format!("`{name}` says nothing, and should {}", wanted.status));
            continue;
        };
        if last.status.as_str() != wanted.status {
            differences.push(format!("`{name}` is {} instead of {}: {}", last.status, wanted.status, last.message));
        }
        if last.codes != wanted.codes {
            differences.push(format!("`{name}` finds {:?} instead of {:?}", last.codes, wanted.codes));
        }
        if wanted.affected.is_some_and(|affected| affected != last.affected) {
            differences.push(format!("`{name}` counts {} instead of {:?}", last.affected, wanted.affected));
        }
        if wanted.slot.as_ref().is_some_and(|slot| slot != last.slot.schedule.as_str()) {
            differences.push(format!("`{name}` says so in {} instead of {:?}", last.slot.schedule, wanted.slot));
        }
    }
    let unexpected = caught.values().filter(|caught| !expected.iter().any(|wanted| wanted.check == caught.last.check));
    differences.extend(unexpected.map(|Caught { last, .. }| {
        format!(
            "`{}` is {} and should not be: {} {:?} {}",
            last.check, last.status, last.message, last.codes, last.affected
        )
    }));
    differences
}

/// Folder of a trial below the folder of what is built, made anew.
///
/// # Errors
/// When it cannot be made.
pub fn folder(name: &str) -> anyhow::Result<PathBuf> {
    let folder = base()?.join(name);
    if folder.exists() {
        fs_err::remove_dir_all(&folder)?;
    }
    fs_err::create_dir_all(&folder)?;
    Ok(folder)
}

/// What is compiled of the plugins, for all trials.
///
/// # Errors
/// When there is no folder of what is built.
pub fn state() -> anyhow::Result<PathBuf> {
    Ok(base()?.join("state"))
}

fn base() -> anyhow::Result<PathBuf> {
    let plugins = project::shipped_plugins();
    let target = plugins.ancestors().nth(2).context("plugins lie in a folder of what is built")?;
    ensure!(target.exists(), "there is no {}", target.display());
    Ok(target.join("trials"))
}

/// The repository.
#[must_use]
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the tests lie in the repository")
}
