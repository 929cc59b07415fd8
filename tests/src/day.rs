//! A host that serves for hours in minutes: its clock stands still while it works, and goes on when it is done.

use std::path::Path;
use std::time::Duration;

use anyhow::Context as _;
use assay::clock::Clock;
use assay::serve::{Handle, start};
use jiff::{SignedDuration, Timestamp};

use crate::process::resident_kib;
use crate::project::{Project, assay, guest};

/// What a host has to do.
#[derive(Debug, Clone, Copy)]
pub struct Load {
    /// Checks, each due every minute.
    pub checks: usize,
    /// Schedules that they are spread over.
    pub schedules: usize,
    /// For so long.
    pub minutes: u32,
}

/// What came of it.
#[derive(Debug, Clone, Copy, Default)]
pub struct Day {
    /// Runs that ended.
    pub runs: usize,
    /// Results that are theirs.
    pub results: usize,
}

/// What a host holds at the end of an hour.
#[derive(Debug)]
pub struct Hour {
    /// The hour, from 1.
    pub hour: u32,
    /// Memory of this process, in KiB.
    pub resident_kib: u64,
    /// Size of the journal, in bytes.
    pub journal_bytes: u64,
}

/// Serves a load until its time is over, and tells of each hour. What is older than an hour is forgotten, as `keep` says.
///
/// # Errors
/// When the host cannot serve, or a slot is not run.
pub fn simulate(load: Load, told: impl Fn(&Hour)) -> anyhow::Result<Day> {
    let project = project(load);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build()?;
    runtime.block_on(async {
        // While a thread may block, the clock only goes on when it is told to.
        let (done, held) = std::sync::mpsc::channel::<()>();
        let holding = tokio::task::spawn_blocking(move || held.recv().is_ok());
        let day = serve(&project, load, told).await;
        drop(done);
        holding.await?;
        day
    })
}

async fn serve(project: &Project, load: Load, told: impl Fn(&Hour)) -> anyhow::Result<Day> {
    let begin: Timestamp = "2026-01-01T00:00:00Z".parse()?;
    let serving = start(project.path().join("assay.toml"), assay(), Clock::starting_at(begin)).await?;
    let handle = serving.handle();
    let mut day = Day::default();
    for minute in 1..=load.minutes {
        tokio::time::advance(Duration::from_secs(60)).await;
        let due = begin + SignedDuration::from_mins(i64::from(minute));
        let (runs, results) = ended(&handle, due, load).await?;
        day.runs += runs;
        day.results += results;
        if minute % 60 == 0 {
            let journal_bytes = journal_bytes(project.path())?;
            told(&Hour { hour: minute / 60, resident_kib: resident_kib(), journal_bytes });
        }
    }
    handle.stop().await;
    anyhow::ensure!(serving.ended().await, "the host broke");
    Ok(day)
}

/// Waits until every schedule has run its slot, and counts what came of it.
async fn ended(handle: &Handle, due: Timestamp, load: Load) -> anyhow::Result<(usize, usize)> {
    let mut published = handle.published();
    let snapshot = published
        .wait_for(|snapshot| {
            let is_done = |last: &assay::serve::LastRun| last.scheduled_for == due;
            snapshot.running.is_empty()
                && snapshot.schedules.iter().all(|schedule| schedule.last.as_ref().is_some_and(is_done))
        })
        .await
        .context("the host ended")?
        .clone();
    let mut results = 0;
    for schedule in &snapshot.schedules {
        let last = schedule.last.as_ref().context("a schedule that has run")?;
        anyhow::ensure!(last.status == assay::model::RunStatus::Ok, "{} at {due}: {}", schedule.name, last.status);
        results += load.checks / load.schedules;
    }
    anyhow::ensure!(snapshot.backlog == 0 && snapshot.problems.is_empty(), "{:?}", snapshot.problems);
    Ok((snapshot.schedules.len(), results))
}

fn journal_bytes(project: &Path) -> anyhow::Result<u64> {
    let mut bytes = 0;
    for file in fs_err::read_dir(project.join(".assay"))? {
        let file = file?;
        if file.file_name().to_string_lossy().starts_with("assay.db") {
            bytes += file.metadata()?.len();
        }
    }
    Ok(bytes)
}

/// Checks that conclude at once, all of one plugin.
pub(crate) fn project(load: Load) -> Project {
    let project = Project::new();
    let schedule = |number| format!("[schedule.minute-{number}]\ntimezone = \"UTC\"\ncron = \"* * * * *\"\n");
    let check = |number| {
        format!(
            "[[check]]\nname = \"check-{number}\"\nplugin = \"misbehave@1.0.0\"\nschedule = \"minute-{}\"\n\
             sources = {{ local = [\"allowed\"] }}\nsettings = {{ mode = \"pass\" }}\n",
            number % load.schedules
        )
    };
    let schedules: String = (0..load.schedules).map(schedule).collect();
    let checks: String = (0..load.checks).map(check).collect();
    project.plugin(&guest("misbehave@1.0.0.wasm"), None).write("data/allowed.csv", "id\n1\n").write(
        "assay.toml",
        format!(
            "[serve]\nlisten = \"127.0.0.1:0\"\nkeep = \"1h\"\n[source.local]\ntype = \"files\"\npath = \"data\"\n\
             {schedules}{checks}"
        ),
    );
    project
}

/// Serves a load with the real program in real time. How late each slot began, and the program's memory in KiB.
///
/// # Errors
/// When something cannot be read.
pub fn late(load: Load) -> anyhow::Result<(Vec<Duration>, u64)> {
    let project = project(load);
    let mut serving = crate::serving::Serving::start(&project);
    for _ in 0..load.schedules * usize::try_from(load.minutes)? {
        serving.wait_for(|line| line["message"] == "run ended");
    }
    let resident = crate::process::resident_kib_of(&serving.pid().to_string());
    let mut late = Vec::new();
    let mut before = String::new();
    loop {
        let page = serving.get(&format!("/v1/runs?limit=100{before}")).body;
        for run in page["runs"].as_array().context("a page of runs")? {
            if run["trigger_source"] == "schedule" {
                let instant = |name: &str| anyhow::Ok(run[name].as_str().context("an instant")?.parse::<Timestamp>()?);
                let after = instant("started_at")?.duration_since(instant("scheduled_for")?);
                late.push(Duration::try_from(after)?);
            }
        }
        match page["next"].as_str() {
            Some(next) => before = format!("&before={next}"),
            None => return Ok((late, resident)),
        }
    }
}
