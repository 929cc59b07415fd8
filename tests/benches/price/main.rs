//! What the sandbox costs: `cargo xtask bench` runs this and compares the figures with their targets.
//!
//! Criterion warms up, decides how often, and reports; each single time is kept besides, for its p50 and p99 are
//! what is promised. Figures are written as JSON to the file that `ASSAY_BENCH_FIGURES` names.

#![expect(clippy::unwrap_used, reason = "a benchmark may fail wherever it stands")]
#![expect(clippy::print_stdout, reason = "a benchmark tells what it measures")]

mod bed;
mod delivery;
mod dialect;
mod execution;
mod figures;
mod grouping;
mod host;
mod kill;
mod plain;
mod rows;
mod start;
mod table;

use std::time::Duration;

use criterion::Criterion;
use tokio::runtime::Runtime;

use figures::Figures;

/// The argument that measures nothing but GoogleSQL on files.
const DIALECT: &str = "dialect";

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.first().map(String::as_str) {
        Some(start::CHILD) => return start::child(&arguments[1]),
        Some(grouping::CHILD) => return grouping::child(&arguments[1]),
        // Alone: all of it, or one aggregate by its name.
        Some(DIALECT) => {
            let mut figures = Figures::default();
            // `cargo bench` puts options of its own behind.
            let only = arguments.get(1).filter(|name| !name.starts_with("--"));
            dialect::measure(&mut figures, only.map(String::as_str));
            if only.is_none() {
                grouping::measure(&mut figures);
            }
            return figures.write();
        }
        _ => {}
    }
    let runtime = Runtime::new().unwrap();
    let mut criterion = Criterion::default()
        .warm_up_time(Duration::from_secs(1))
        .measurement_time(Duration::from_secs(4))
        .sample_size(20)
        .configure_from_args();
    let mut figures = Figures::default();
    execution::measure(&mut criterion, &runtime, &mut figures);
    host::measure(&mut criterion, &runtime, &mut figures);
    start::measure(&mut figures);
    delivery::measure(&mut criterion, &runtime, &mut figures);
    kill::measure(&runtime, &mut figures);
    dialect::measure(&mut figures, None);
    grouping::measure(&mut figures);
    criterion.final_summary();
    figures.write();
}
