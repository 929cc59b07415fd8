//! Arguments of `assay sink`.

use clap::{Args, Subcommand};
use jiff::civil::Date;

use super::super::args::PlainFormat;

/// What to do about the sink.
#[derive(Debug, Subcommand)]
pub(in crate::cli) enum SinkCommand {
    /// Make the tables and views of the dataset, or add to them what is missing
    Migrate {
        /// Print what would be done, and do nothing
        #[arg(long)]
        dry_run: bool,
    },
    /// Show what waits to be exported, and how far the sink is behind
    Status {
        /// What to print
        #[arg(long, value_enum, default_value_t)]
        format: PlainFormat,
    },
    /// Export what waits, now
    Push,
    /// Compare the dataset with the journal, by table and day
    Verify(VerifyArgs),
    /// Export all rows of some days again
    Backfill {
        /// The first day, in UTC: `2026-01-31`
        #[arg(long, value_name = "DATE")]
        from: Date,
        /// The last day, in UTC
        #[arg(long, value_name = "DATE")]
        to: Date,
    },
}

/// Arguments of `assay sink verify`.
#[derive(Debug, Args)]
pub(in crate::cli) struct VerifyArgs {
    /// The first day, in UTC: `2026-01-31`; seven days ago when left out
    #[arg(long, value_name = "DATE")]
    pub(in crate::cli) from: Option<Date>,
    /// The last day, in UTC; today when left out
    #[arg(long, value_name = "DATE")]
    pub(in crate::cli) to: Option<Date>,
    /// What to print
    #[arg(long, value_enum, default_value_t)]
    pub(in crate::cli) format: PlainFormat,
}
