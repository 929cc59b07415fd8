//! The sink under faults: whatever happens to requests, jobs and processes, the dataset has in the end what the journal has,
//! each key once.

pub mod measure;
pub mod warehouse;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use assay::clock::{self, Clock};
use assay::model::{CheckName, Feedback, FeedbackVerdict, LogLevel, LogLine, Metric, RunId, Severity, Status, roll_up};
use assay::sink::layout::layout;
use assay::sink::{Dataset, Digest, Limits, Pusher, Warehouse as Sink};
use assay::store::Store;
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng as _};

use crate::made;
use warehouse::Warehouse;

/// Things that happen in one trial.
const STEPS: u32 = 60;
/// One request in so many is hit.
const ONE_IN: u32 = 4;

/// How a trial went.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Trial {
    /// Rows of the journal, all tables together.
    pub rows: u64,
    /// Requests.
    pub requests: u64,
    /// How often each fault was.
    pub faults: BTreeMap<&'static str, u64>,
    /// Tables of which journal and dataset differ, with what they have.
    pub differ: Vec<String>,
}

/// What a journal is made to hold.
struct Author {
    dice: ChaCha8Rng,
    now: Timestamp,
    open: Vec<(RunId, Vec<CheckName>, u32)>,
    ended: Vec<RunId>,
}

impl Author {
    fn below(&mut self, bound: u32) -> u32 {
        self.dice.next_u32() % bound.max(1)
    }

    /// Something happens that is stored.
    async fn write(&mut self, store: &Store) -> anyhow::Result<()> {
        let minutes = i64::from(self.below(300));
        self.now += SignedDuration::from_mins(minutes);
        match self.below(5) {
            0 | 1 => {
                let run = made::run(self.now)?;
                let names: Vec<_> = (0..=self.below(3)).map(|at| format!("check-{at}")).collect();
                let planned: anyhow::Result<_> = names.iter().map(|name| made::planned(name)).collect();
                let checks: Result<_, _> = names.iter().map(|name| name.parse()).collect();
                let run_id = run.run_id;
                store.begin_run(run, planned?).await?;
                self.open.push((run_id, checks?, 1));
            }
            2 | 3 => self.go_on(store).await?,
            _ => {
                if let Some(run) = self.ended.pop() {
                    store.reopen_run(run).await?;
                    self.open.push((run, vec!["check-0".parse()?], 2));
                }
                let feedback = Feedback {
                    id: RunId::generate(self.now).to_string(),
                    alert: None,
                    result: Some(format!("r/{}", self.below(9))),
                    check: "check-0".parse()?,
                    verdict: FeedbackVerdict::TruePositive,
                    at: self.now,
                    by: "sam".to_owned(),
                    reason: Some("it's \"so\"\n🏈".to_owned()),
                };
                store.give_feedback(feedback).await?;
            }
        }
        Ok(())
    }

    /// An open run gets a result, or its end.
    async fn go_on(&mut self, store: &Store) -> anyhow::Result<()> {
        let Some((run, mut checks, attempt)) = self.open.pop() else { return Ok(()) };
        let Some(check) = checks.pop() else {
            let status = roll_up([(Status::Pass, Severity::High)]);
            store.finish_run(run, status, "done".to_owned(), self.now).await?;
            // Once more is enough.
            if attempt == 1 {
                self.ended.push(run);
            }
            return Ok(());
        };
        let status = [Status::Pass, Status::Fail, Status::Error][self.below(3) as usize];
        let mut result = made::result(run, check, status, Severity::High, self.now);
        result.attempt = attempt;
        result.metrics = (0..self.below(3))
            .map(|at| Metric { name: format!("m{at}"), value: f64::from(at) / 3.0, unit: None, attributes: Vec::new() })
            .collect();
        result.logs =
            (0..self.below(2)).map(|_| LogLine { level: LogLevel::Info, message: "a line".to_owned() }).collect();
        store.record(result).await?;
        self.open.push((run, checks, attempt));
        Ok(())
    }
}

fn folder() -> anyhow::Result<tempfile::TempDir> {
    // A journal waits for its disk: memory will do where nothing but faults is looked at.
    let memory = Path::new("/dev/shm");
    Ok(if memory.is_dir() { tempfile::tempdir_in(memory)? } else { tempfile::tempdir()? })
}

/// One trial, always the same for a seed. Time must be paused.
///
/// # Errors
/// When the machine does not let it happen.
///
/// # Cancel safety
/// Dropped, nothing is left behind.
pub async fn trial(seed: u64) -> anyhow::Result<Trial> {
    let dir = folder()?;
    let start: Timestamp = "2026-01-01T20:00:00Z".parse()?;
    let mut author = Author { dice: ChaCha8Rng::seed_from_u64(seed), now: start, open: Vec::new(), ended: Vec::new() };
    let warehouse = Warehouse::new(seed);
    let dataset = Dataset { project: "p".to_owned(), dataset: "d".to_owned() };
    let sink = Sink::new(Arc::new(warehouse.clone()), dataset.clone(), None);
    let open = |now| -> anyhow::Result<Arc<Store>> { Ok(Arc::new(Store::open(dir.path(), now)?.store)) };
    let mut store = open(start)?;
    // What was there before there was a sink is exported too.
    author.write(&store).await?;
    store.export_to(Some(dataset.to_string()), start).await?;
    // Days that are exported again, wanted or for want of room, would make up for a row that is forgotten.
    let is_repaired = seed.is_multiple_of(2);
    warehouse.faults(ONE_IN);
    for _ in 0..STEPS {
        match author.below(8) {
            0..=4 => author.write(&store).await?,
            5 | 6 => {
                let limits = Limits {
                    batch_entries: 1 + author.below(8),
                    queue_max: if is_repaired { 4 + u64::from(author.below(20)) } else { u64::MAX },
                    patience: Duration::from_secs(u64::from(1 + author.below(4))),
                    ..Limits::default()
                };
                let pusher = Pusher::new(store.clone(), sink.clone(), Clock::starting_at(author.now), limits);
                let is_dead = {
                    let push = pusher.push();
                    tokio::pin!(push);
                    loop {
                        tokio::select! {
                            // Whatever fails waits for the next time.
                            pushed = &mut push => { drop(pushed); break false }
                            () = warehouse.restart.notified() => break true,
                            // Rows change while they are under way.
                            () = warehouse.at_work.notified() => {
                                author.write(&store).await?;
                                warehouse.go_on.notify_one();
                            }
                        }
                    }
                };
                if is_dead {
                    drop((pusher, store));
                    store = open(author.now)?;
                    // The runs that were open have ended, as interrupted.
                    author.open.clear();
                }
            }
            _ if is_repaired => {
                let day = author.now.to_zoned_datetime(jiff::tz::TimeZone::UTC).date();
                store.export_again(day, day).await?;
            }
            _ => {}
        }
    }
    warehouse.faults(0);
    let pusher = Pusher::new(store.clone(), sink, Clock::starting_at(author.now), Limits::default());
    let until = clock::monotonic() + Duration::from_secs(3_600);
    // What failed before is found as failed once more.
    while pusher.push_all(until).await.is_err() && !clock::until(until).is_zero() {}
    // Jobs that nobody waits for any more end at last.
    warehouse.settle();
    let mut trial = Trial { requests: warehouse.requests(), faults: warehouse.counts(), ..Trial::default() };
    let status = store.export_status().await?;
    if status.rows_waiting + status.days_waiting > 0 {
        trial.differ.push(format!("rows wait: {status:?}"));
    }
    for table in &layout().tables {
        let days = store.export_digests(table, (Date::ZERO, Date::MAX)).await?;
        let here = days
            .values()
            .fold(Digest::default(), |sum, day| Digest { rows: sum.rows + day.rows, hash: sum.hash ^ day.hash });
        let (there, keys) = warehouse.digest(&table.name);
        trial.rows += here.rows;
        if here != there || keys as u64 != there.rows {
            trial.differ.push(format!("{}: {here:?} in the journal, {there:?} and {keys} keys there", table.name));
        }
    }
    Ok(trial)
}

/// Many trials, one after the other: their sums, and the seeds of those in which something differs.
///
/// # Errors
/// As of [`trial`].
pub fn trials(seeds: std::ops::Range<u64>) -> anyhow::Result<(Trial, Vec<u64>)> {
    let mut sum = Trial::default();
    let mut wrong = Vec::new();
    for seed in seeds {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build()?;
        let Trial { rows, requests, faults, differ } = runtime.block_on(trial(seed))?;
        sum.rows += rows;
        sum.requests += requests;
        for (fault, times) in faults {
            *sum.faults.entry(fault).or_default() += times;
        }
        if !differ.is_empty() {
            wrong.push(seed);
            sum.differ.extend(differ);
        }
    }
    Ok((sum, wrong))
}
