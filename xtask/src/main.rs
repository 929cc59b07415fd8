//! Chores of the repository: `cargo xtask --help`.

mod r#gen;

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
    /// Writes what is generated: SQLite migrations, BigQuery schemas, docs/tables.md.
    Gen {
        /// Write nothing; fail and name each file that is stale.
        #[arg(long)]
        check: bool,
    },
}

fn main() -> anyhow::Result<()> {
    match Cli::parse().chore {
        Chore::Gen { check } => r#gen::run(check),
    }
}
