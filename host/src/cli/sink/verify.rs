//! `assay sink verify`.

use std::process::ExitCode;

use comfy_table::Cell;
use jiff::ToSpan as _;
use serde::Serialize;

use super::super::args::PlainFormat;
use super::super::exit::Exit;
use super::super::failure::Failure;
use super::super::instant::in_order;
use super::super::render;
use super::super::render::table::{heading, plain};
use super::args::VerifyArgs;
use crate::clock::Clock;
use crate::config::Config;
use crate::sink::{Compared, Verdict, Warehouse, verify};
use crate::source::ledger::day_of;
use crate::store::Store;

/// Days before today that are compared when nothing is said.
const DAYS: i64 = 7;

#[derive(Debug, Serialize)]
struct ComparedView {
    table: &'static str,
    day: String,
    rows_in_journal: u64,
    rows_in_dataset: u64,
    verdict: &'static str,
}

/// Compares, and prints what came of it.
pub(super) async fn run(
    config: &Config,
    warehouse: &Warehouse,
    store: &Store,
    clock: &Clock,
    args: &VerifyArgs,
) -> Result<ExitCode, Failure> {
    let today = day_of(clock.now());
    let to = args.to.unwrap_or(today);
    let from = args.from.unwrap_or_else(|| to.saturating_sub(DAYS.days()));
    in_order(from, to)?;
    let compared = verify(store, warehouse, (from, to), config.serve.keep.is_some(), clock.now()).await?;
    let views = compared.iter().map(|Compared { table, day, journal, dataset, verdict }| ComparedView {
        table,
        day: day.to_string(),
        rows_in_journal: journal.rows,
        rows_in_dataset: dataset.rows,
        verdict: verdict.as_str(),
    });
    match args.format {
        PlainFormat::Json => render::json(&serde_json::json!({
            "from": from.to_string(), "to": to.to_string(), "days": views.collect::<Vec<_>>()
        }))?,
        PlainFormat::Table => table(views)?,
    }
    let count = |wanted: &dyn Fn(Verdict) -> bool| compared.iter().filter(|day| wanted(day.verdict)).count();
    let (wrong, waiting) = (count(&Verdict::is_wrong), count(&|verdict| verdict == Verdict::Waiting));
    if args.format == PlainFormat::Table {
        let all = compared.len();
        render::out(&format!("\n{all} days of tables from {from} to {to}: {wrong} differ, {waiting} wait"))?;
        if wrong > 0 {
            render::out("`assay sink backfill --from DAY --to DAY` exports all rows of a day again")?;
        }
    }
    Ok(match (wrong, waiting) {
        (0, 0) => Exit::Ok,
        (0, _) => Exit::NotStored,
        _ => Exit::Failed,
    }
    .code())
}

fn table(views: impl Iterator<Item = ComparedView>) -> std::io::Result<()> {
    let mut days = plain();
    days.set_header(heading(["TABLE", "DAY", "IN JOURNAL", "IN DATASET", ""]));
    for view in views {
        days.add_row(vec![
            Cell::new(view.table),
            Cell::new(view.day),
            Cell::new(view.rows_in_journal),
            Cell::new(view.rows_in_dataset),
            Cell::new(view.verdict),
        ]);
    }
    render::out(&days.to_string())
}
