//! `assay check audit`.

use std::process::ExitCode;

use comfy_table::Cell;

use super::place::Place;
use crate::cli::args::{AuditArgs, PlainFormat};
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::render;
use crate::cli::render::table::{heading, inert, plain};
use crate::kit::audit::{Report, Row, Ruling, Stale, Unaudited};
use crate::kit::proof::{self, ProofError};
use crate::kit::suite::Suite;

/// Proves that a check fails closed.
pub(super) async fn audit(args: &AuditArgs) -> Result<ExitCode, Failure> {
    let suite = Suite::find(&args.cases.place).map_err(super::test::failure)?.filtered(&args.cases.filter);
    let place = Place::of(&args.cases.place)?;
    let rig = place.rig(args.cases.component.as_deref()).await?;
    let done = |case: &crate::kit::audit::AuditedCase| {
        tracing::info!(case = %case.name, injections = case.trials.len(), "audited");
    };
    let audited = proof::audit(&rig, &suite, done).await.map_err(|error| match error {
        ProofError::Case { case, source } => {
            let hint = source.hint();
            Failure::usage(anyhow::Error::new(source).context(format!("case `{case}` cannot be run")), hint)
        }
        ProofError::Broken(_) => Failure::host(error, "this is a defect: please report it"),
    })?;
    let report = Report::new(&audited, &place.manifest.harmless);
    match args.format {
        PlainFormat::Json => render::json(&report.view())?,
        PlainFormat::Table => table(&report, args.all)?,
    }
    let exit = if report.holds() { Exit::Ok } else { Exit::Failed };
    Ok(exit.code())
}

fn table(report: &Report, all: bool) -> Result<(), Failure> {
    let shown = report.outcomes.iter().zip(report.rows()).filter(|(outcome, _)| {
        all || match &outcome.ruling {
            Ruling::Survived(_) => true,
            Ruling::NotApplied(application) => application.leaves_open(),
            Ruling::Harmless { .. } | Ruling::Recovered | Ruling::Caught => false,
        }
    });
    let mut table = plain();
    table.set_header(heading(Row::HEADINGS));
    let mut count = 0;
    for (_, row) in shown {
        table.add_row(row.cells().map(|cell| Cell::new(inert(cell))));
        count += 1;
    }
    if count > 0 {
        render::out(&format!("{table}\n"))?;
    }
    for untried in &report.untried {
        render::out(&inert(&format!("not tried: {untried:?}")))?;
    }
    for unaudited in &report.unaudited {
        let line = match unaudited {
            Unaudited::PlainError { case, .. } if !all => {
                tracing::debug!(case, "an error already: nothing can be done to it");
                continue;
            }
            Unaudited::PlainError { case, ended } => format!("{case} is an error already: {}", ended.message),
            Unaudited::AskedNothing { case, .. } => format!("{case} asked nothing"),
        };
        render::out(&inert(&line))?;
    }
    for asked in &report.without_rows {
        render::out(&inert(&format!("no case gives a row to query {}: {}", asked.number, asked.sql)))?;
    }
    for Stale { declaration, because, .. } in &report.stale {
        render::out(&inert(&format!(
            "`[[harmless]]` {} ({}) excuses nothing: {}",
            declaration.injection,
            declaration.reason,
            because.as_str()
        )))?;
    }
    let unreached: Vec<_> = report.unreached.iter().map(|status| status.as_str()).collect();
    if !unreached.is_empty() {
        render::out(&format!("no case reaches {}", unreached.join(", ")))?;
    }
    let counts = report.counts();
    render::out(&format!(
        "{}: {} caught, {} recovered, {} harmless, {} survived ({} hide a failure), {} not applied",
        if report.holds() { "fails closed" } else { "NOT proven to fail closed" },
        counts.caught,
        counts.recovered,
        counts.harmless,
        counts.hides_failure + counts.unnoticed,
        counts.hides_failure,
        counts.not_applied,
    ))?;
    Ok(())
}
