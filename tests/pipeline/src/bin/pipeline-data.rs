//! Writes the tables of a synthetic sports-data pipeline, whole or with something wrong in them.

use std::io::Write as _;
use std::path::PathBuf;

use anyhow::Context as _;
use assay_pipeline::schema::{self, Table};
use assay_pipeline::{Incident, Order, Profile, Written};
use clap::Parser;
use indicatif::{ProgressBar, ProgressStyle};
use jiff::civil::Date;

/// Write the tables of a synthetic sports-data pipeline.
#[derive(Debug, Parser)]
struct Arguments {
    /// Number that everything by chance comes from
    #[arg(long, default_value_t = 7)]
    seed: u64,
    /// Range of days: week, small, season or ten-seasons
    #[arg(long, default_value = "small", value_parser = profile)]
    profile: Profile,
    /// First league day, instead of the profile's
    #[arg(long)]
    from: Option<Date>,
    /// Last league day, instead of the profile's
    #[arg(long)]
    to: Option<Date>,
    /// Something that goes wrong: a name from --list, or a file; may be given several times
    #[arg(long, value_name = "NAME|FILE")]
    incident: Vec<String>,
    /// List the incidents and stop
    #[arg(long)]
    list: bool,
    /// Folder to write to; tables that were generated there before are replaced
    #[arg(long, required_unless_present = "list")]
    out: Option<PathBuf>,
}

fn profile(name: &str) -> Result<Profile, String> {
    Profile::named(name).ok_or_else(|| {
        let known: Vec<&str> = Profile::ALL.iter().map(|profile| profile.name()).collect();
        format!("one of {}", known.join(", "))
    })
}

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let tables = schema::tables()?;
    let mut output = std::io::stdout().lock();
    if arguments.list {
        for name in Incident::names() {
            let incident = Incident::named(&name, &tables)?;
            let reference = incident.reference().unwrap_or("-");
            writeln!(output, "{name:<36} {reference:<4} {:<8} {}", incident.profile().name(), incident.since())?;
        }
        return Ok(());
    }
    let out = arguments.out.context("no folder to write to: give --out")?;
    let incidents = arguments.incident.iter().map(|name| incident(name, &tables)).collect::<anyhow::Result<_>>()?;
    let (from, to) = arguments.profile.days();
    let order =
        Order { seed: arguments.seed, from: arguments.from.unwrap_or(from), to: arguments.to.unwrap_or(to), incidents };
    let progress = progress(&order)?;
    let written = assay_pipeline::write(order, &out, |day| {
        progress.set_message(day.to_string());
        progress.inc(1);
    })?;
    progress.finish_and_clear();
    report(&written, &mut output)
}

/// League days on standard error, where that is a terminal.
fn progress(order: &Order) -> anyhow::Result<ProgressBar> {
    let days = u64::try_from((order.to - order.from).get_days()).map_or(0, |days| days + 1);
    let style = ProgressStyle::with_template("[{bar:30}] {pos}/{len} days · {elapsed} · {msg}")?.progress_chars("█░ ");
    Ok(ProgressBar::new(days).with_style(style))
}

/// A name that travels along, or else a file.
fn incident(name: &str, tables: &[Table]) -> anyhow::Result<Incident> {
    if Incident::names().iter().any(|known| known == name) {
        return Ok(Incident::named(name, tables)?);
    }
    if std::path::Path::new(name).extension().is_none() {
        // Says which name is close.
        return Ok(Incident::named(name, tables)?);
    }
    Ok(Incident::parse(name, &fs_err::read_to_string(name)?, tables)?)
}

fn report(written: &Written, output: &mut impl std::io::Write) -> anyhow::Result<()> {
    let (mut rows, mut bytes) = (0, 0);
    for table in &written.tables {
        writeln!(output, "{:<28} {:>10} rows {:>12} bytes", table.name, table.rows, table.bytes)?;
        rows += table.rows;
        bytes += table.bytes;
    }
    writeln!(output, "{:<28} {rows:>10} rows {bytes:>12} bytes", "all")?;
    Ok(())
}
