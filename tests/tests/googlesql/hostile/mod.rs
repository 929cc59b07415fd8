//! Statements that mean harm: they change nothing, read nothing outside of the folder, and end in bounded time and
//! memory.
//!
//! They run in a process of their own, so that memory, threads and spilled files are theirs, and so that one that ends the
//! process is told from one that fails.

#![expect(clippy::disallowed_methods, reason = "how long a statement really takes is what is looked at")]
#![expect(clippy::print_stderr, reason = "the process that runs the statements tells the other one which")]

mod bed;
mod statements;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use assay::model::{Batch, Problem, Values};
use assay::source::Source;
use assay::source::files::{FilesOptions, FilesSource};
use assay::source::gate::read_statement;
use assay_tests::process::{forget_peak, peak_kib, resident_kib, threads};
use jiff::Timestamp;

use self::bed::{Bed, MARKER};
use self::statements::{Expect, Hostile, load};
use super::target;

/// Names the folder to the process that runs the statements.
const BED: &str = "ASSAY_TEST_HOSTILE_BED";

/// There are at least so many.
const STATEMENTS_MIN: usize = 300;

/// How long a statement may take that is to end by itself.
const ENDS: Duration = Duration::from_secs(30);

/// How long a statement is wanted that needs not end.
const WANTED: Duration = Duration::from_millis(300);

/// How long it may take until nothing computes any more for a statement that nobody wants.
const GONE: Duration = Duration::from_secs(30);

/// Rows and bytes that are read of one answer, as a check may.
const READ: (usize, u64) = (1_000_000, 64 << 20);

/// Rows and bytes of a batch.
const BATCH: (u32, u64) = (8_192, 4 << 20);

/// Memory of the source, and what it may spill.
const MEMORY: u64 = 64 << 20;
const SPILL: u64 = 64 << 20;

/// How much a statement may take beyond what was there before it, whatever is counted and whatever is not.
const GROWTH_KIB: u64 = 512 << 10;

/// How much may be left of all of them: what the allocator keeps for threads that were.
const LEFT_KIB: u64 = 1 << 20;

/// What the process that runs the statements puts before each.
const BEGINS: &str = "runs: ";

/// Name of the threads of queries.
const THREADS: &str = "assay-query";

/// Parts of the engine that broke.
static PANICS: AtomicUsize = AtomicUsize::new(0);

#[test]
fn hostile_statements_do_no_harm() {
    if let Some(root) = std::env::var_os(BED) {
        return run_all(&Bed::at(Path::new(&root)));
    }
    let root = tempfile::tempdir().unwrap();
    let bed = Bed::make(root.path());
    let before = bed.seen();
    let log = target().join("hostile.log");
    let child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "hostile::hostile_statements_do_no_harm", "--nocapture"])
        .env(BED, root.path())
        .env("TMPDIR", bed.spill())
        // Where paths begin that begin nowhere.
        .current_dir(bed.outside())
        .stderr(fs_err::File::create(&log).unwrap().into_parts().0)
        .output()
        .unwrap();
    println!("{}", String::from_utf8_lossy(&child.stdout));
    let complaints = fs_err::read_to_string(&log).unwrap();
    let last = complaints.lines().rfind(|line| line.starts_with(BEGINS)).unwrap_or_default();
    let complaints: Vec<_> = complaints.lines().filter(|line| !line.starts_with(BEGINS)).collect();
    assert!(child.status.success(), "{} after {last}\n{}", child.status, complaints.join("\n"));
    let after = bed.seen();
    let paths: BTreeSet<_> = before.keys().chain(after.keys()).collect();
    let changed: Vec<_> = paths.into_iter().filter(|path| before.get(*path) != after.get(*path)).collect();
    assert_eq!(changed, Vec::<&std::path::PathBuf>::new());
    let left: Vec<_> = fs_err::read_dir(bed.spill()).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(left, Vec::<std::path::PathBuf>::new(), "nothing that was spilled is left");
}

/// How a statement ended.
#[derive(Debug)]
enum Ended {
    Rows(usize),
    Problem(Problem),
    /// All was read that a check may read.
    Enough,
    /// Nobody wanted it any longer.
    Late,
}

impl Ended {
    fn name(&self) -> &'static str {
        match self {
            Self::Rows(_) => "rows",
            Self::Problem(problem) => problem.code.as_str(),
            Self::Enough => "enough was read",
            Self::Late => "given up",
        }
    }
}

/// Runs every statement and says what is wrong with any of them.
fn run_all(bed: &Bed) {
    let report = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        PANICS.fetch_add(1, Ordering::Relaxed);
        report(info);
    }));
    let statements = load(&Path::new(env!("CARGO_MANIFEST_DIR")).join("hostile").join("statements.yaml"));
    let distinct: BTreeSet<_> = statements.iter().map(|statement| &statement.sql).collect();
    assert!(distinct.len() >= STATEMENTS_MIN, "{} statements and not {STATEMENTS_MIN}", distinct.len());
    assert_eq!(distinct.len(), statements.len(), "each is there once");
    let options = FilesOptions {
        path: bed.source(),
        memory_bytes: MEMORY,
        spill_bytes: SPILL,
        target_partitions: 2,
        project: None,
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let began = Timestamp::now();
    let (failures, figures) = runtime.block_on(async {
        let source = FilesSource::open(options).unwrap();
        assert_eq!(trivial(&source).await, Some(1), "the tables can be read");
        let start = resident_kib();
        let mut figures = Figures::default();
        let mut failures = Vec::new();
        for statement in &statements {
            // The last line, should this process end here.
            eprintln!("{BEGINS}{}", statement.shown());
            if let Err(failure) = judged(&source, statement, &mut figures).await {
                failures.push(format!("{}\n  {failure}", statement.shown()));
            }
        }
        drop(source);
        if !gone().await {
            failures.push("threads of queries are left behind the source".to_owned());
        }
        let left = resident_kib().saturating_sub(start);
        figures.left_kib = left;
        if left > LEFT_KIB {
            failures.push(format!("{left} KiB are left of all statements"));
        }
        (failures, figures)
    });
    let took = Timestamp::now().duration_since(began);
    println!("{} statements in {took:#}: {figures}", statements.len());
    assert!(failures.is_empty(), "{} failures:\n{}", failures.len(), failures.join("\n"));
}

#[derive(Default)]
struct Figures {
    outcomes: BTreeMap<&'static str, usize>,
    /// KiB, and what took them.
    peak: (u64, String),
    /// Milliseconds until a statement was gone, and which.
    slowest_end: (i128, String),
    slowest: Vec<(i128, String)>,
    left_kib: u64,
}

impl std::fmt::Display for Figures {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(f, "{:?}; {} KiB left", self.outcomes, self.left_kib)?;
        writeln!(f, "most memory: {} KiB: {}", self.peak.0, self.peak.1)?;
        writeln!(f, "slowest to be gone: {} ms: {}", self.slowest_end.0, self.slowest_end.1)?;
        let mut slowest = self.slowest.clone();
        slowest.sort();
        for (millis, which) in slowest.iter().rev().take(60) {
            writeln!(f, "{millis} ms: {which}")?;
        }
        Ok(())
    }
}

/// Runs a statement and judges how it ended.
async fn judged(source: &FilesSource, statement: &Hostile, figures: &mut Figures) -> Result<(), String> {
    let panics = PANICS.load(Ordering::Relaxed);
    forget_peak();
    let start = resident_kib();
    let began = Timestamp::now();
    let wanted = if statement.expect == Expect::Bounded { WANTED } else { ENDS };
    let ended = match tokio::time::timeout(wanted, ask(source, statement)).await {
        Ok(ended) => ended?,
        Err(_) => Ended::Late,
    };
    figures.slowest.push((Timestamp::now().duration_since(began).as_millis(), statement.shown()));
    if matches!(ended, Ended::Late | Ended::Enough) {
        let dropped = Timestamp::now();
        if !gone().await {
            return Err(format!("it goes on for {GONE:?} though nobody wants it"));
        }
        let millis = Timestamp::now().duration_since(dropped).as_millis();
        if millis >= figures.slowest_end.0 {
            figures.slowest_end = (millis, statement.shown());
        }
        if trivial(source).await != Some(1) {
            return Err("after it nothing is answered".to_owned());
        }
    }
    let grown = peak_kib().saturating_sub(start);
    if grown >= figures.peak.0 {
        figures.peak = (grown, statement.shown());
    }
    *figures.outcomes.entry(ended.name()).or_default() += 1;
    eprintln!("{BEGINS}... {}, {} ms, {grown} KiB", ended.name(), Timestamp::now().duration_since(began).as_millis());
    if grown > GROWTH_KIB {
        return Err(format!("it took {grown} KiB"));
    }
    if PANICS.load(Ordering::Relaxed) > panics {
        return Err("a part of the engine broke".to_owned());
    }
    if let Ended::Problem(problem) = &ended {
        if problem.to_string().contains(MARKER) || problem.hint.as_ref().is_some_and(|hint| hint.contains(MARKER)) {
            return Err(format!("it tells what is outside: {problem}"));
        }
        if problem.hint.is_none() {
            return Err(format!("no hint: {problem}"));
        }
    }
    match (&statement.expect, &ended) {
        (Expect::Bounded, _) => Ok(()),
        (Expect::Answer(expected), Ended::Rows(rows)) if expected == rows => Ok(()),
        (Expect::Refused(code), Ended::Problem(problem)) if problem.code.as_str() == code => Ok(()),
        (expected, ended) => Err(format!("expected {expected:?}, got {ended:?}")),
    }
}

/// Asks as a check does.
async fn ask(source: &FilesSource, statement: &Hostile) -> Result<Ended, String> {
    let (sql, params) = (statement.sql.clone(), statement.params.clone());
    let read = tokio::task::spawn_blocking(move || read_statement(&sql, params)).await;
    let read = match read.map_err(|error| format!("the gate broke: {error}"))? {
        Ok(read) => read,
        Err(problem) => return Ok(Ended::Problem(problem)),
    };
    let mut rows = match source.query(read).await {
        Ok(rows) => rows,
        Err(problem) => return Ok(Ended::Problem(problem)),
    };
    if rows.columns().iter().any(|column| format!("{column:?}").contains(MARKER)) {
        return Err("a column tells what is outside".to_owned());
    }
    let (mut count, mut bytes) = (0, 0);
    loop {
        match rows.next(BATCH.0, BATCH.1).await {
            Err(problem) => return Ok(Ended::Problem(problem)),
            Ok(None) => return Ok(Ended::Rows(count)),
            Ok(Some(batch)) => {
                if tells(&batch) {
                    return Err("a row tells what is outside".to_owned());
                }
                count += batch.rows as usize;
                bytes += batch.bytes();
                if count >= READ.0 || bytes >= READ.1 {
                    return Ok(Ended::Enough);
                }
            }
        }
    }
}

fn tells(batch: &Batch) -> bool {
    batch.columns.iter().any(|column| match &column.values {
        Values::Text(data) | Values::Bytes(data) => String::from_utf8_lossy(&data.bytes).contains(MARKER),
        Values::Int64(_) | Values::Micros(_) | Values::Float64(_) | Values::Days(_) | Values::Bits(_) => false,
    })
}

/// Rows of an answer that takes nothing.
async fn trivial(source: &FilesSource) -> Option<usize> {
    let asked = async {
        let mut rows = source.query(read_statement("SELECT id FROM one", Vec::new()).ok()?).await.ok()?;
        let mut count = 0;
        while let Some(batch) = rows.next(BATCH.0, BATCH.1).await.ok()? {
            count += batch.rows as usize;
        }
        Some(count)
    };
    tokio::time::timeout(ENDS, asked).await.ok().flatten()
}

/// Waits until no thread of a query is left that was given up.
async fn gone() -> bool {
    let turns = async {
        while threads(THREADS) > 0 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(GONE, turns).await.is_ok()
}
