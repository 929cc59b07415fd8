//! Chores of the repository: `cargo xtask --help`.

#![expect(clippy::print_stdout, reason = "a build tool talks to whoever called it")]

mod bench;
mod demo;
mod emulator;
mod examples;
mod fuzz;
mod r#gen;
mod guests;
mod plugins;
mod receivers;
mod step;
mod test;
mod tools;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Chores of the repository.
#[derive(Parser)]
#[command(name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    chore: Chore,
}

#[derive(Subcommand)]
enum Chore {
    /// Builds everything, generates the data of a sports pipeline, and runs the shipped suite through a day of it
    Demo {
        /// What goes wrong that day: a name that `cargo xtask pipeline --list` tells
        #[arg(long)]
        incident: Option<String>,
    },
    /// Generates the data of a sports pipeline; `--help` tells how
    #[command(disable_help_flag = true)]
    Pipeline {
        /// What the generator is asked
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
    /// Runs the shipped suite over incidents, or over a healthy season; `--help` tells how
    #[command(disable_help_flag = true)]
    Incidents {
        /// What is asked
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
    /// Runs everything that continuous integration runs
    Test,
    /// Runs the fuzz targets: what the host and the SDK read of what others wrote
    Fuzz {
        /// One target only: admission, batches or config
        target: Option<String>,
        /// How long, for each target
        #[arg(long, default_value_t = fuzz::SECONDS)]
        seconds: u32,
        /// Run the target with this one input, as a finding left it
        #[arg(long, value_name = "FILE", requires = "target")]
        input: Option<PathBuf>,
    },
    /// Measures what the sandbox costs, in a release build, and prints it beside what it may cost
    Bench,
    /// Builds the shipped checks and the guests of the tests
    BuildPlugins {
        /// Build the shipped checks only, into this folder
        #[arg(long, value_name = "DIR")]
        out: Option<PathBuf>,
    },
    /// Builds the example checks in Python and JavaScript, those that changed
    BuildExamples,
    /// Prepares the emulator of BigQuery on which the conformance cases run, unless that is done
    Emulator,
    /// Prepares the receivers that the tests send notifications to, unless that is done
    Receivers,
    /// Writes what is generated: SQLite migrations, BigQuery schemas, documentation of tables, the configuration's schema
    Gen {
        /// Write nothing; fail and name each file that is stale
        #[arg(long)]
        check: bool,
    },
}

fn main() -> ExitCode {
    match chore(Cli::parse().chore) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            println!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn chore(chore: Chore) -> anyhow::Result<()> {
    match chore {
        Chore::Demo { incident } => demo::demo(incident.as_deref()),
        Chore::Pipeline { arguments } => demo::program("pipeline-data", &arguments),
        Chore::Incidents { arguments } => demo::program("incidents", &arguments),
        Chore::Test => test::test(),
        Chore::Bench => bench::bench(),
        Chore::Fuzz { target: Some(target), input: Some(input), .. } => fuzz::reproduce(&target, &input),
        Chore::Fuzz { target, seconds, .. } => fuzz::fuzz(target.as_deref(), seconds),
        Chore::BuildPlugins { out: None } => plugins::build_all().map(drop),
        Chore::BuildPlugins { out: Some(folder) } => plugins::build_shipped(&folder),
        Chore::BuildExamples => examples::build_all().map(drop),
        Chore::Emulator => emulator::prepare().map(drop),
        Chore::Receivers => receivers::prepare(),
        Chore::Gen { check } => r#gen::run(check),
    }
}
