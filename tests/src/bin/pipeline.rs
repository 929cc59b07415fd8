//! Writes the pipeline's tables: `pipeline FOLDER [--healthy] [--games-a-day N]`.

use std::path::PathBuf;

use assay_tests::pipeline::{Options, write};
use clap::Parser;

/// Writes a month of a small sports pipeline as Parquet, with one fault of each kind planted
#[derive(Debug, Parser)]
struct Args {
    /// Where to write
    folder: PathBuf,
    /// Plant nothing
    #[arg(long)]
    healthy: bool,
    /// Games a day, each with 30 player rows
    #[arg(long, default_value_t = 5)]
    games_a_day: u16,
    /// Seed of everything that varies
    #[arg(long, default_value_t = 7)]
    seed: u64,
}

fn main() -> anyhow::Result<()> {
    let args = Args::parse();
    let options = if args.healthy { Options::default() } else { Options::with_faults() };
    write(&Options { games_a_day: args.games_a_day, seed: args.seed, ..options }, &args.folder)
}
