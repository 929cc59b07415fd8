//! What a host that serves stands, measured: kills, a day of many checks, and how late slots begin under load.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::time::Duration;

use assay_tests::day::{self, Hour, Load};
use assay_tests::{kill, month, sink};
use clap::{Parser, Subcommand};

/// Measure a host that serves.
#[derive(Debug, Parser)]
struct Arguments {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Kill it under load, and compare what it had acknowledged with what is stored
    Kills {
        /// How often
        #[arg(long, default_value_t = 200)]
        points: u32,
        /// For the moments
        #[arg(long, default_value_t = 1)]
        seed: u64,
    },
    /// Serve checks that are all due every minute, through hours that pass as fast as it can
    Day {
        /// How many checks
        #[arg(long, default_value_t = 1_000)]
        checks: usize,
        /// Over how many schedules
        #[arg(long, default_value_t = 10)]
        schedules: usize,
        /// For how long
        #[arg(long, default_value_t = 1_440)]
        minutes: u32,
    },
    /// Tell of a month of made-up results while receivers are out of order for a time each
    Month {
        /// For what is wrong when
        #[arg(long, default_value_t = 1)]
        seed: u64,
        /// How many days
        #[arg(long, default_value_t = 30)]
        days: u32,
        /// How many checks fail at once near the end
        #[arg(long, default_value_t = 5_000)]
        flood: usize,
    },
    /// Export made-up results while requests, jobs and the process break, and compare
    Sink {
        /// How many trials
        #[arg(long, default_value_t = 2_000)]
        runs: u64,
        /// The first seed
        #[arg(long, default_value_t = 1)]
        seed: u64,
    },
    /// Export the results of an hour in which the dataset could not be written
    Outage {
        /// How many results
        #[arg(long, default_value_t = 18_000)]
        results: usize,
        /// The folder of the emulator
        #[arg(long, default_value = "target/tools/emulator")]
        emulator: std::path::PathBuf,
    },
    /// Serve the same in real time, and tell how late slots begin and what memory it takes
    Lateness {
        /// How many checks
        #[arg(long, default_value_t = 1_000)]
        checks: usize,
        /// Over how many schedules
        #[arg(long, default_value_t = 100)]
        schedules: usize,
        /// For how long
        #[arg(long, default_value_t = 3)]
        minutes: u32,
    },
}

fn main() -> anyhow::Result<()> {
    match Arguments::parse().what {
        What::Kills { points, seed } => print(&format!("{:?}", kill::kill_at(points, seed))),
        What::Day { checks, schedules, minutes } => simulated(Load { checks, schedules, minutes }),
        What::Month { seed, days, flood } => {
            let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
            print(&format!("{:#?}", runtime.block_on(month::month(seed, days, flood))?))
        }
        What::Sink { runs, seed } => {
            let (sum, wrong) = sink::trials(seed..seed + runs)?;
            print(&format!("{sum:#?}"))?;
            anyhow::ensure!(wrong.is_empty(), "seeds in which something differs: {wrong:?}");
            Ok(())
        }
        What::Outage { results, emulator } => {
            let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
            let measured = runtime.block_on(sink::measure::outage(&std::path::absolute(emulator)?, results))?;
            print(&format!("{measured:#?}"))
        }
        What::Lateness { checks, schedules, minutes } => lateness(Load { checks, schedules, minutes }),
    }
}

fn simulated(load: Load) -> anyhow::Result<()> {
    let day = day::simulate(load, |Hour { hour, resident_kib, journal_bytes }| {
        // Whoever does not listen any more still gets the end.
        drop(print(&format!("after {hour:>2} h: {resident_kib} KiB resident, journal {journal_bytes} bytes")));
    })?;
    print(&format!("runs {}, results {}", day.runs, day.results))
}

fn lateness(load: Load) -> anyhow::Result<()> {
    let (mut late, resident) = day::late(load)?;
    late.sort_unstable();
    let at = |share: f64| {
        let last = late.len().saturating_sub(1);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            clippy::cast_precision_loss,
            reason = "a share of a small number"
        )]
        let index = (last as f64 * share).round() as usize;
        late.get(index).copied().unwrap_or(Duration::ZERO)
    };
    let figures = BTreeMap::from([("p50", at(0.5)), ("p99", at(0.99)), ("worst", at(1.0))]);
    print(&format!("{} slots, late by {figures:?}; {resident} KiB resident", late.len()))
}

fn print(text: &str) -> anyhow::Result<()> {
    Ok(writeln!(std::io::stdout(), "{text}")?)
}
