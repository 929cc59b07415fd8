//! What GoogleSQL on the embedded engine costs: large aggregates against the engine without it, and what it takes before
//! the first row is read.

use assay::clock;
use assay::model::{Batch, Column, Values, VarData};
use assay::source::Source as _;
use assay::source::files::{FilesOptions, FilesSource};
use assay::source::gate::read_statement;
use tokio::runtime::{Builder, Runtime};

use super::bed::BATCH_ROWS;
use super::figures::{Figures, Times};
use super::plain::{self, Plain};
use super::table;

/// Runs of each aggregate on either side, by turns; the medians count.
const RUNS: usize = 11;
/// Times that a statement is planned.
const PLANS: usize = 300;

/// An aggregate as a check writes it, and as the engine would have it.
struct Pair {
    what: &'static str,
    ours: &'static str,
    theirs: &'static str,
}

const AGGREGATES: &[Pair] = &[
    Pair {
        what: "grouped",
        ours: "SELECT k, COUNT(*) AS n, SUM(x) AS s, AVG(y) AS a, MIN(day) AS d, MAX(y) AS m FROM t GROUP BY k",
        theirs: "SELECT k, COUNT(*) AS n, SUM(x) AS s, AVG(y) AS a, MIN(day) AS d, MAX(y) AS m FROM t GROUP BY k",
    },
    Pair {
        what: "conditions",
        ours: "SELECT COUNTIF(y > 0.5) AS c, SUM(IF(x > 10, 1, 0)) AS i, COUNT(DISTINCT k) AS k FROM t",
        theirs: "SELECT COUNT(*) FILTER (WHERE y > 0.5) AS c, SUM(CASE WHEN x > 10 THEN 1 ELSE 0 END) AS i, \
                 COUNT(DISTINCT k) AS k FROM t",
    },
    Pair {
        what: "months",
        ours: "SELECT s, DATE_TRUNC(day, MONTH) AS m, COUNT(*) AS n, SUM(x * 2) AS x FROM t \
               WHERE day BETWEEN '2026-01-01' AND '2026-06-30' GROUP BY s, m",
        theirs: "SELECT s, DATE_TRUNC('month', day) AS m, COUNT(*) AS n, SUM(x * 2) AS x FROM t \
                 WHERE day BETWEEN '2026-01-01' AND '2026-06-30' GROUP BY s, m",
    },
    Pair {
        what: "filtered",
        ours: "SELECT COUNT(*) AS n FROM t WHERE x + 1 > 100 AND s LIKE 'a%'",
        theirs: "SELECT COUNT(*) AS n FROM t WHERE x + 1 > 100 AND s LIKE 'a%'",
    },
    Pair {
        what: "whole",
        ours: "SELECT COUNT(*) AS n, SUM(x) AS s, AVG(x) AS a, SUM(y) AS y, MIN(y) AS l, MAX(y) AS m, MAX(s) AS t, \
               MAX(day) AS d FROM t",
        theirs: "SELECT COUNT(*) AS n, SUM(x) AS s, AVG(x) AS a, SUM(y) AS y, MIN(y) AS l, MAX(y) AS m, MAX(s) AS t, \
                 MAX(day) AS d FROM t",
    },
    Pair {
        what: "computed",
        ours: "SELECT s, SUM(x * y) AS p, AVG(y / (x + 1)) AS q, MAX(EXTRACT(DAY FROM day)) AS d, \
               COUNTIF(COALESCE(y, 0) BETWEEN 0.25 AND 0.75) AS c FROM t GROUP BY s",
        theirs: "SELECT s, SUM(x * y) AS p, AVG(y / (x + 1)) AS q, MAX(CAST(EXTRACT(DAY FROM day) AS BIGINT)) AS d, \
                 COUNT(*) FILTER (WHERE COALESCE(y, 0) BETWEEN 0.25 AND 0.75) AS c FROM t GROUP BY s",
    },
];

/// A short statement: what a check of one rule asks.
const SHORT: Pair = Pair {
    what: "short",
    ours: "SELECT COUNT(*) AS n, COUNTIF(y > 0.5) AS c FROM t WHERE x > 10",
    theirs: "SELECT COUNT(*) AS n, COUNT(*) FILTER (WHERE y > 0.5) AS c FROM t WHERE x > 10",
};

/// A long one, as a report has it.
const LONG: Pair =
    Pair { what: "long", ours: include_str!("long.google.sql"), theirs: include_str!("long.engine.sql") };

/// Measures all, or only the aggregate that is named.
pub(crate) fn measure(figures: &mut Figures, only: Option<&str>) {
    let folder = table::folder();
    let target_partitions = std::thread::available_parallelism().unwrap().get();
    let options =
        FilesOptions { path: folder.clone(), project: None, memory_bytes: 8 << 30, spill_bytes: 0, target_partitions };
    let source = FilesSource::open(options).unwrap();
    // As many threads for the engine as our queries have.
    let runtime = Builder::new_multi_thread().worker_threads(target_partitions).enable_all().build().unwrap();
    let plain = runtime.block_on(Plain::open(&folder, target_partitions));

    let mut worst = 0.0_f64;
    for pair in AGGREGATES.iter().filter(|pair| only.is_none_or(|only| only == pair.what)) {
        worst = worst.max(compared(&runtime, &source, &plain, pair, figures));
    }
    if only.is_some() {
        return;
    }
    figures.note("aggregate_worst_ratio", worst);
    for pair in [SHORT, LONG] {
        planning(&runtime, &source, &plain, &pair, figures);
    }
}

/// Runs both sides, whose answers are equal. Returns how many times as long ours takes: the median over runs that follow each
/// other, so that other work on the machine meets both.
fn compared(runtime: &Runtime, source: &FilesSource, plain: &Plain, pair: &Pair, figures: &mut Figures) -> f64 {
    let (mut ours, mut theirs, mut ratios) = (Times::default(), Times::default(), Vec::new());
    // The first run of either is not counted.
    for run in 0..=RUNS {
        let began = clock::monotonic();
        let answer = runtime.block_on(answered(source, pair.ours));
        let took = began.elapsed();
        let began = clock::monotonic();
        let (session, sql) = (plain.clone(), pair.theirs);
        let expected = runtime.block_on(async { runtime.spawn(async move { session.run(sql).await }).await });
        let expected_took = began.elapsed();
        if run == 0 {
            let expected = runtime.block_on(plain::delivered(expected.unwrap()));
            assert_eq!(rows(&answer), rows(&expected), "{}", pair.what);
        } else {
            ours.push(took);
            theirs.push(expected_took);
            ratios.push(took.as_secs_f64() / expected_took.as_secs_f64());
        }
    }
    ratios.sort_by(f64::total_cmp);
    let ratio = ratios[RUNS / 2];
    for (side, times) in [("", ours), ("_plain", theirs)] {
        figures.note(&format!("aggregate_{}{side}_ms", pair.what), times.percentile(50).as_secs_f64() * 1e3);
    }
    figures.note(&format!("aggregate_{}_ratio", pair.what), ratio);
    ratio
}

async fn answered(source: &FilesSource, sql: &str) -> Vec<Batch> {
    let mut rows = source.query(read_statement(sql, Vec::new()).unwrap()).await.unwrap();
    let mut batches = Vec::new();
    while let Some(batch) = rows.next(BATCH_ROWS, u64::MAX).await.unwrap() {
        batches.push(batch);
    }
    batches
}

/// How long it takes to parse a statement, to rewrite it, and to plan it with all of that and the look-up of its table;
/// and to plan it in the engine's dialect with a table that is known.
fn planning(runtime: &Runtime, source: &FilesSource, plain: &Plain, pair: &Pair, figures: &mut Figures) {
    let (mut parsing, mut rewriting) = (Times::default(), Times::default());
    let (mut planning, mut plainly) = (Times::default(), Times::default());
    for _ in 0..PLANS {
        let began = clock::monotonic();
        let statement = read_statement(pair.ours, Vec::new()).unwrap();
        parsing.push(began.elapsed());
        let began = clock::monotonic();
        source.accepts(&statement).unwrap();
        rewriting.push(began.elapsed());
        let began = clock::monotonic();
        runtime.block_on(source.estimate(statement)).unwrap();
        planning.push(began.elapsed());
        let began = clock::monotonic();
        runtime.block_on(plain.plan(pair.theirs));
        plainly.push(began.elapsed());
    }
    for (step, times) in [("parse", parsing), ("rewrite", rewriting), ("plan", planning), ("plan_plain", plainly)] {
        figures.spread(&format!("{step}_{}", pair.what), &times);
    }
}

/// The rows of an answer as texts, in order.
fn rows(batches: &[Batch]) -> Vec<String> {
    let row = |batch: &Batch, row| batch.columns.iter().map(|column| cell(column, row)).collect::<Vec<_>>().join(" ");
    let mut rows: Vec<String> =
        batches.iter().flat_map(|batch| (0..batch.rows as usize).map(|at| row(batch, at))).collect();
    rows.sort();
    rows
}

fn cell(column: &Column, row: usize) -> String {
    let bit = |bits: &[u8]| bits[row / 8] >> (row % 8) & 1 == 1;
    if !column.validity.is_empty() && !bit(&column.validity) {
        return "NULL".to_owned();
    }
    let piece = |data: &VarData| data.bytes[data.offsets[row] as usize..data.offsets[row + 1] as usize].to_vec();
    match &column.values {
        Values::Int64(values) => values[row].to_string(),
        // The order in which floats are added shows in their last digits.
        Values::Float64(values) => format!("{:.9e}", values[row]),
        Values::Bits(bits) => bit(bits).to_string(),
        // What one side calls a date the other may call its midnight.
        Values::Days(values) => format!("{}us", i64::from(values[row]) * 86_400_000_000),
        Values::Micros(values) => format!("{}us", values[row]),
        Values::Text(data) | Values::Bytes(data) => String::from_utf8(piece(data)).unwrap(),
    }
}
