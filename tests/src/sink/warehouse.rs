//! A dataset in memory, to which requests get lost, come twice and break, and whose jobs end late, in another order, or not
//! at all.
//!
//! It does what the sink's statements say of loads, merges and drops, and knows no other statement. What SQL makes of these
//! statements is tested on an emulator.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use assay::bigquery::{
    Class, Connection, Dataset, DatasetsPage, Error, ErrorProto, Job, JobId, JobReference, JobStatus, LoadStatistics,
    NewJob, PageRequest, QueryConfiguration, ResultsPage, Table, TableReference, TablesPage,
};
use assay::sink::layout::layout;
use assay::sink::{Digest, Row};
use async_trait::async_trait;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng as _};
use serde_json::Value as Json;
use tokio::sync::Notify;
use tokio::time::Instant;

/// What happens to a request or a job, each named as it is counted.
const FAULTS: [&str; 9] =
    ["lost before", "lost after", "sent twice", "429", "503", "503 after", "late job", "failed job", "restart"];

/// A row of a table: its columns with their values.
type Values = BTreeMap<String, Option<String>>;

#[derive(Debug)]
enum Work {
    Load { table: String, lines: Vec<(String, Values)> },
    Script { text: String },
}

#[derive(Debug)]
struct Made {
    work: Option<Work>,
    query: Option<String>,
    error: Option<ErrorProto>,
    rows: u64,
}

#[derive(Debug)]
struct State {
    dice: ChaCha8Rng,
    /// One in so many requests is hit; none when it is 0.
    one_in: u32,
    jobs: BTreeMap<String, Made>,
    staging: BTreeMap<String, Vec<(String, Values)>>,
    tables: BTreeMap<String, Vec<Values>>,
    counts: BTreeMap<&'static str, u64>,
    requests: u64,
}

/// The dataset.
#[derive(Debug, Clone)]
pub struct Warehouse {
    state: Arc<Mutex<State>>,
    /// The process dies.
    pub restart: Arc<Notify>,
    /// A request takes its time, until it may go on.
    pub at_work: Arc<Notify>,
    /// It may.
    pub go_on: Arc<Notify>,
}

fn below(dice: &mut ChaCha8Rng, bound: u32) -> u32 {
    dice.next_u32() % bound.max(1)
}

fn of_class(class: Class, status: u16) -> Error {
    Error { status: Some(status), ..Error::new(class, "as the test wants it") }
}

impl Warehouse {
    /// An empty one.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        let state = State {
            dice: ChaCha8Rng::seed_from_u64(seed),
            one_in: 0,
            jobs: BTreeMap::new(),
            staging: BTreeMap::new(),
            tables: BTreeMap::new(),
            counts: BTreeMap::new(),
            requests: 0,
        };
        let [restart, at_work, go_on] = std::array::from_fn(|_| Arc::new(Notify::new()));
        Self { state: Arc::new(Mutex::new(state)), restart, at_work, go_on }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// From now on one request in so many is hit by a fault; none with 0.
    pub fn faults(&self, one_in: u32) {
        self.state().one_in = one_in;
    }

    /// Jobs that are late end now.
    pub fn settle(&self) {
        let mut state = self.state();
        while state.run_one() {}
    }

    /// How often each fault was.
    #[must_use]
    pub fn counts(&self) -> BTreeMap<&'static str, u64> {
        self.state().counts.clone()
    }

    /// Requests there were.
    #[must_use]
    pub fn requests(&self) -> u64 {
        self.state().requests
    }

    /// How many rows and how many keys a table has, and what the rows are.
    #[must_use]
    pub fn digest(&self, name: &str) -> (Digest, usize) {
        let state = self.state();
        let rows = state.tables.get(name).map(Vec::as_slice).unwrap_or_default();
        let Some(table) = layout().table(name) else { return (Digest::default(), 0) };
        let mut digest = Digest::default();
        let mut keys = std::collections::BTreeSet::new();
        for values in rows {
            let in_order = table.columns.iter().map(|column| values.get(&column.name).cloned().flatten());
            let row = Row { table, values: in_order.collect() };
            keys.insert(row.key().join("\n"));
            digest = digest.with(&row);
        }
        (digest, keys.len())
    }

    /// What becomes of a request: the fault, if there is one.
    async fn fault(&self) -> Option<&'static str> {
        let (fault, takes_time) = {
            let mut state = self.state();
            state.requests += 1;
            // Jobs end when they will, in any order.
            if below(&mut state.dice, 2) == 0 {
                state.run_one();
            }
            let one_in = state.one_in;
            let hit = one_in > 0 && below(&mut state.dice, one_in) == 0;
            let fault = hit.then(|| {
                let fault = FAULTS[below(&mut state.dice, 9) as usize];
                *state.counts.entry(fault).or_default() += 1;
                fault
            });
            (fault, one_in > 0 && below(&mut state.dice, 3) == 0)
        };
        if takes_time {
            self.at_work.notify_one();
            self.go_on.notified().await;
        }
        if fault == Some("restart") {
            self.restart.notify_one();
            std::future::pending::<()>().await;
        }
        fault
    }
}

impl State {
    /// One job that is under way ends.
    fn run_one(&mut self) -> bool {
        let waiting: Vec<_> =
            self.jobs.iter().filter(|(_, made)| made.work.is_some()).map(|(id, _)| id.clone()).collect();
        if waiting.is_empty() {
            return false;
        }
        let id = waiting[below(&mut self.dice, u32::try_from(waiting.len()).unwrap_or(1)) as usize].clone();
        self.end(&id, None);
        true
    }

    /// A job ends; `fails` after so many of its statements.
    fn end(&mut self, id: &str, fails: Option<u32>) {
        let Some(work) = self.jobs.get_mut(id).and_then(|made| made.work.take()) else { return };
        let (error, rows) = match work {
            Work::Load { .. } if fails.is_some() => (Some("backendError"), 0),
            Work::Load { table, lines } => {
                let rows = lines.len() as u64;
                self.staging.insert(table, lines);
                (None, rows)
            }
            Work::Script { text } => (self.script(&text, fails), 0),
        };
        if let Some(made) = self.jobs.get_mut(id) {
            made.rows = rows;
            made.error = error.map(|reason| ErrorProto { reason: reason.to_owned(), message: "broke".to_owned() });
        }
    }

    fn script(&mut self, text: &str, fails: Option<u32>) -> Option<&'static str> {
        for (done, statement) in (0..).zip(text.split(";\n")) {
            if fails.is_some_and(|after| done >= after % 4) {
                return Some("quotaExceeded");
            }
            if let Some(table) = statement.strip_prefix("DROP TABLE IF EXISTS ") {
                self.staging.remove(&last_name(table));
                continue;
            }
            let target = last_name(between(statement, "MERGE ", " AS target"));
            let staging = last_name(between(statement, "FROM ", "\n"));
            let first = between(statement, "BETWEEN TIMESTAMP '", "'").to_owned();
            let last = between(statement, "AND TIMESTAMP '", "'").to_owned();
            let Some(lines) = self.staging.get(&staging) else { return Some("notFound") };
            let fresh: Vec<_> = lines.iter().filter(|(name, _)| *name == target).map(|(_, row)| row.clone()).collect();
            let is_guarded = statement.contains("WHEN MATCHED AND fresh.revision > target.revision THEN UPDATE");
            self.merge(&target, fresh, &(first, last), is_guarded);
        }
        None
    }

    /// As BigQuery's MERGE: rows outside the days that it is told of are not looked at.
    fn merge(&mut self, target: &str, fresh: Vec<Values>, (first, last): &(String, String), is_guarded: bool) {
        let Some(table) = layout().table(target) else { return };
        let rows = self.tables.entry(target.to_owned()).or_default();
        let revision = |row: &Values| row["revision"].as_ref().and_then(|text| text.parse::<i64>().ok());
        let day = |row: &Values| row[&table.partition_by].clone().unwrap_or_default();
        for new in fresh {
            let is_same = |old: &&mut Values| {
                table.key.iter().all(|key| old[key] == new[key]) && (first..=last).contains(&&day(old))
            };
            match rows.iter_mut().find(is_same) {
                Some(old) if !is_guarded || revision(&new) > revision(old) => *old = new,
                Some(_) => {}
                None => rows.push(new),
            }
        }
    }

    fn job(&self, id: &str) -> Result<Job, Error> {
        let made = self.jobs.get(id).ok_or_else(|| of_class(Class::NotFound, 404))?;
        let mut job = Job {
            job_reference: JobReference { job_id: id.to_owned(), ..JobReference::default() },
            status: JobStatus {
                state: if made.work.is_some() { "RUNNING" } else { "DONE" }.to_owned(),
                error_result: made.error.clone(),
            },
            ..Job::default()
        };
        job.configuration.query = made.query.clone().map(|query| QueryConfiguration { query });
        job.statistics.load = Some(LoadStatistics { output_rows: Some(made.rows), bad_records: None });
        Ok(job)
    }
}

fn between<'t>(text: &'t str, before: &str, after: &str) -> &'t str {
    let rest = text.split_once(before).map_or("", |(_, rest)| rest);
    rest.split(after).next().unwrap_or_default()
}

/// The last part of a quoted name.
fn last_name(quoted: &str) -> String {
    quoted.trim().trim_matches('`').rsplit('.').next().unwrap_or_default().to_owned()
}

fn lines(rows: &[u8]) -> Vec<(String, Values)> {
    let rows = String::from_utf8_lossy(rows);
    let read = |line: &str| {
        let line: Json = serde_json::from_str(line).ok()?;
        let values = serde_json::from_str(line["document"].as_str()?).ok()?;
        Some((line["table_name"].as_str()?.to_owned(), values))
    };
    rows.lines().filter_map(read).collect()
}

#[async_trait]
impl Connection for Warehouse {
    fn project(&self) -> &str {
        "p"
    }

    async fn insert(&self, id: &JobId, job: &NewJob, _until: Instant) -> Result<Job, Error> {
        let fault = self.fault().await;
        let mut state = self.state();
        match fault {
            Some("lost before") => return Err(Error::new(Class::Unreachable, "no connection")),
            Some("429") => return Err(of_class(Class::RateLimited, 429)),
            Some("503") => return Err(of_class(Class::Backend, 503)),
            _ => {}
        }
        if state.jobs.contains_key(&id.id) {
            return Err(of_class(Class::Duplicate, 409));
        }
        let query = job.configuration.query.as_ref().map(|query| query.query.clone());
        let work = match (&job.rows, &job.configuration.load, &query) {
            (Some(rows), Some(load), _) => {
                let table = load.destination_table.as_ref().map(|table| table.table_id.clone()).unwrap_or_default();
                Work::Load { table, lines: lines(rows) }
            }
            (_, _, Some(text)) => Work::Script { text: text.clone() },
            _ => return Err(of_class(Class::Invalid, 400)),
        };
        state.jobs.insert(id.id.clone(), Made { work: Some(work), query, error: None, rows: 0 });
        match fault {
            Some("failed job") => {
                let after = state.dice.next_u32();
                state.end(&id.id, Some(after));
            }
            Some("late job") => {}
            _ if below(&mut state.dice, 2) == 0 => state.end(&id.id, None),
            _ => {}
        }
        match fault {
            Some("lost after") => Err(Error::new(Class::Unreachable, "the answer is lost")),
            Some("503 after") => Err(of_class(Class::Unknown, 503)),
            Some("sent twice") => Err(of_class(Class::Duplicate, 409)),
            _ => state.job(&id.id),
        }
    }

    async fn job(&self, id: &JobId, _until: Instant) -> Result<Job, Error> {
        match self.fault().await {
            Some("lost before" | "lost after") => Err(Error::new(Class::Unreachable, "no connection")),
            Some("429") => Err(of_class(Class::RateLimited, 429)),
            Some("503" | "503 after") => Err(of_class(Class::Backend, 503)),
            _ => self.state().job(&id.id),
        }
    }

    async fn results(&self, _id: &JobId, _page: &PageRequest, _until: Instant) -> Result<ResultsPage, Error> {
        Err(of_class(Class::Invalid, 400))
    }

    async fn cancel(&self, id: &JobId, _until: Instant) -> Result<Job, Error> {
        self.state().job(&id.id)
    }

    async fn dataset(&self, _project: &str, _dataset: &str, _until: Instant) -> Result<Dataset, Error> {
        Ok(Dataset::default())
    }

    async fn datasets(&self, _page: Option<&str>, _until: Instant) -> Result<DatasetsPage, Error> {
        Ok(DatasetsPage::default())
    }

    async fn table(&self, _table: &TableReference, _until: Instant) -> Result<Table, Error> {
        Err(of_class(Class::NotFound, 404))
    }

    async fn tables(
        &self,
        _project: &str,
        _dataset: &str,
        _page: Option<&str>,
        _until: Instant,
    ) -> Result<TablesPage, Error> {
        Ok(TablesPage::default())
    }
}
