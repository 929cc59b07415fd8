//! `assay check bench`.

use std::process::ExitCode;

use comfy_table::{Cell, CellAlignment, Color};
use serde_json::{Value as Json, json};

use super::place::{Place, load};
use crate::cli::args::{BenchArgs, PlainFormat};
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::render;
use crate::cli::render::table::{heading, plain};
use crate::kit::measure::{Judged, Measured, Over, judge, measure};
use crate::kit::rig::{CaseError, Rig};
use crate::kit::suite::Suite;
use crate::model::LimitName;

/// A case with what it used.
struct Line {
    case: String,
    measured: Measured,
    judged: Vec<Judged>,
}

impl Line {
    fn is_over(&self) -> bool {
        self.judged.iter().any(|judged| judged.over.is_some())
    }
}

/// Measures what a check uses in its cases.
pub(super) async fn bench(args: &BenchArgs) -> Result<ExitCode, Failure> {
    let suite = Suite::find(&args.cases.place).map_err(super::test::failure)?.filtered(&args.cases.filter);
    let place = Place::of(&args.cases.place)?;
    let rig = place.rig(args.cases.component.as_deref()).await?;
    let base = match &args.base {
        Some(base) => Some(load(base, None).await?),
        None => None,
    };
    let limits = rig.suggested();
    let mut lines = Vec::new();
    for case in suite.cases() {
        let measured = measure(&rig, case, args.runs).await.map_err(failure)?;
        let base = match &base {
            Some(base) => Some(measure(base, case, 1).await.map_err(failure)?),
            None => None,
        };
        let judged = judge(&measured, &limits, base.as_ref(), args.tolerance);
        lines.push(Line { case: case.id.clone(), measured, judged });
    }
    match args.format {
        PlainFormat::Table => table(&rig, &lines)?,
        PlainFormat::Json => render::json(&json!({ "cases": lines.iter().map(view).collect::<Vec<_>>() }))?,
    }
    let exit = if lines.iter().any(Line::is_over) { Exit::Failed } else { Exit::Ok };
    Ok(exit.code())
}

pub(super) fn failure(error: CaseError) -> Failure {
    let hint = error.hint();
    Failure::usage(error, hint)
}

fn table(rig: &Rig, lines: &[Line]) -> Result<(), Failure> {
    let mut table = plain();
    table.set_header(heading([
        "CASE",
        "STATUS",
        "FUEL",
        "MEMORY",
        "QUERIES",
        "ROWS",
        "BYTES",
        "GUEST CPU",
        "HOST TIME",
    ]));
    for line in lines {
        let mut row = vec![Cell::new(&line.case), Cell::new(line.measured.status)];
        row.extend(line.judged.iter().map(cell));
        for time in [line.measured.guest_cpu, line.measured.host_time] {
            let text = format!("{:.2} ms", time.as_secs_f64() * 1e3);
            row.push(Cell::new(text).set_alignment(CellAlignment::Right));
        }
        table.add_row(row);
    }
    let mut limits = vec![Cell::new("limit"), Cell::new("")];
    for judged in lines.first().into_iter().flat_map(|line| &line.judged) {
        let text = format!("{}{}", shown(judged.name, judged.limit), if judged.suggested { "" } else { " (default)" });
        limits.push(Cell::new(text).set_alignment(CellAlignment::Right));
    }
    table.add_row(limits);
    render::out(&table.to_string())?;
    for line in lines.iter().filter(|line| line.measured.fuel_varies) {
        render::out(&format!("{}: the fuel differs from run to run: is the check the same every time?", line.case))?;
    }
    for line in lines {
        for judged in &line.judged {
            let against = match (judged.over, judged.base) {
                (Some(Over::Limit), _) => format!("its limit is {}", shown(judged.name, judged.limit)),
                (Some(Over::Base), Some(base)) => format!("the base used {}", shown(judged.name, base)),
                _ => continue,
            };
            render::out(&format!(
                "{}: {} of `{}`, {against}",
                line.case,
                shown(judged.name, judged.used),
                judged.name
            ))?;
        }
    }
    let over = lines.iter().filter(|line| line.is_over()).count();
    render::out(&format!("\n{} · {over} of {} cases are over", rig.plugin().reference, lines.len()))?;
    Ok(())
}

fn cell(judged: &Judged) -> Cell {
    let mut text = shown(judged.name, judged.used);
    if let Some(base) = judged.base.filter(|base| *base > 0) {
        text = format!("{text} ({:+.1} %)", 100.0 * (judged.used as f64 / base as f64 - 1.0));
    }
    let cell = Cell::new(text).set_alignment(CellAlignment::Right);
    if judged.over.is_some() { cell.fg(Color::Red) } else { cell }
}

fn shown(name: LimitName, value: u64) -> String {
    match name {
        LimitName::Memory | LimitName::BytesIn => bytesize::ByteSize::b(value).to_string(),
        _ => value.to_string(),
    }
}

fn view(line: &Line) -> Json {
    let counts: serde_json::Map<String, Json> = line
        .judged
        .iter()
        .map(|judged| {
            let over = judged.over.map(|over| match over {
                Over::Limit => "limit",
                Over::Base => "base",
            });
            let count = json!({
                "used": judged.used, "limit": judged.limit, "suggested": judged.suggested, "base": judged.base, "over": over,
            });
            (judged.name.to_string(), count)
        })
        .collect();
    json!({
        "case": line.case,
        "status": line.measured.status.as_str(),
        "counts": counts,
        "guest_cpu_ms": line.measured.guest_cpu.as_secs_f64() * 1e3,
        "host_time_ms": line.measured.host_time.as_secs_f64() * 1e3,
        "fuel_varies": line.measured.fuel_varies,
    })
}
