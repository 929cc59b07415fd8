//! For people: one table a run, then what was found.

use comfy_table::presets::NOTHING;
use comfy_table::{Attribute, Cell, CellAlignment, Color, ContentArrangement, Table};
use owo_colors::{AnsiColors, OwoColorize as _};
use serde_json::Value as Json;

use super::out;
use super::view::RunView;
use crate::view::{FindingView, ResultView};

/// Findings of one check that are shown; the rest is in the journal.
const FINDINGS_SHOWN: usize = 8;

/// Sample rows of one finding that are shown.
const SAMPLES_SHOWN: usize = 3;

/// Prints a run.
pub(in crate::cli) fn run(run: &RunView) -> std::io::Result<()> {
    let schedule = run.schedule_name.as_deref().map_or(String::new(), |name| format!(" · schedule {name}"));
    out(&format!("run {}{schedule} · {} ({})\n", run.run_id.bold(), run.target_date.bold(), run.timezone))?;
    results(&run.results)?;
    let status = paint(run.status);
    out(&format!("\n{status}: {} in {} ms", run.message, run.duration_ms))
}

/// Prints results with what was found.
pub(in crate::cli) fn results(results: &[ResultView]) -> std::io::Result<()> {
    let mut table = plain();
    table.set_header(heading(["STATUS", "CHECK", "SEVERITY", "ROWS", "TIME", "SUMMARY"]));
    for result in results {
        let reason = result.reason.map_or(String::new(), |reason| format!("{reason}: "));
        table.add_row(vec![
            status_cell(result.status),
            Cell::new(&result.check_name),
            Cell::new(result.severity),
            Cell::new(result.rows_evaluated.map_or_else(|| "–".to_owned(), |rows| rows.to_string()))
                .set_alignment(CellAlignment::Right),
            Cell::new(format!("{:.1} ms", result.duration_ms)).set_alignment(CellAlignment::Right),
            Cell::new(format!("{reason}{}", inert(&result.message))),
        ]);
    }
    out(&table.to_string())?;
    for result in results.iter().filter(|result| !result.findings.is_empty() || result.status == "error") {
        details(result)?;
    }
    Ok(())
}

fn details(result: &ResultView) -> std::io::Result<()> {
    let partial = if result.findings_partial { " · partial: the check broke before its end" } else { "" };
    out(&format!("\n{} · {}{partial}", result.check_name.bold(), paint(result.status)))?;
    for finding in result.findings.iter().take(FINDINGS_SHOWN) {
        out(&format!("  {}", finding_line(finding)))?;
        for sample in finding.samples.iter().take(SAMPLES_SHOWN) {
            let cells: Vec<_> = sample.iter().map(|(name, value)| format!("{}={}", inert(name), cell(value))).collect();
            out(&format!("      {}", cells.join("  ").dimmed()))?;
        }
        if let Some(remediation) = &finding.remediation {
            out(&format!("      → {}", inert(remediation)))?;
        }
    }
    if result.findings.len() > FINDINGS_SHOWN {
        out(&format!("  … {} more", result.findings.len() - FINDINGS_SHOWN))?;
    }
    if result.usage.findings_dropped > 0 {
        out(&format!("  … {} findings were over a limit and are not kept", result.usage.findings_dropped))?;
    }
    for line in result.detail.iter().flat_map(|detail| detail.lines()) {
        out(&format!("  {}", inert(line).dimmed()))?;
    }
    if let Some(hint) = &result.hint {
        out(&format!("  hint: {}", inert(hint)))?;
    }
    Ok(())
}

/// A cell of a sample row.
fn cell(value: &Json) -> String {
    match value {
        Json::Null => "NULL".to_owned(),
        Json::String(text) => inert(text),
        other => other.to_string(),
    }
}

/// One finding on one line.
pub(in crate::cli) fn finding_line(finding: &FindingView) -> String {
    let subject: Vec<_> = [&finding.table, &finding.column, &finding.partition, &finding.date]
        .into_iter()
        .filter_map(|part| part.as_deref().map(inert))
        .collect();
    let unit = finding.unit.as_deref().map_or(String::new(), |unit| format!(" {}", inert(unit)));
    let measure = |name: &str, value: &Option<Json>| match value {
        Some(Json::String(text)) => format!(" · {name} {}", inert(text)),
        Some(value) => {
            let number = value.as_f64().map_or_else(|| value.to_string(), |number| number.to_string());
            format!(" · {name} {number}{unit}")
        }
        None => String::new(),
    };
    format!(
        "{:<8} {} {} · {}{}{}",
        finding.severity,
        inert(&finding.code),
        subject.join(" "),
        inert(&finding.message),
        measure("observed", &finding.observed),
        measure("expected", &finding.expected),
    )
}

/// A table without lines, as wide as the terminal.
pub(in crate::cli) fn plain() -> Table {
    let mut table = Table::new();
    table.load_style(NOTHING).set_content_arrangement(ContentArrangement::Dynamic);
    table
}

/// A heading.
pub(in crate::cli) fn heading<const N: usize>(names: [&str; N]) -> Vec<Cell> {
    names.iter().map(|name| Cell::new(name).add_attribute(Attribute::Dim)).collect()
}

/// A status in its colour, in a table.
pub(in crate::cli) fn status_cell(status: &str) -> Cell {
    let colour = match colour(status) {
        AnsiColors::Green => Color::Green,
        AnsiColors::Yellow => Color::Yellow,
        AnsiColors::Red => Color::Red,
        AnsiColors::Magenta => Color::Magenta,
        _ => Color::DarkGrey,
    };
    Cell::new(status).fg(colour).add_attribute(Attribute::Bold)
}

/// A status in its colour, in running text.
fn paint(status: &str) -> String {
    status.color(colour(status)).bold().to_string()
}

fn colour(status: &str) -> AnsiColors {
    match status {
        "pass" | "ok" | "admitted" => AnsiColors::Green,
        "warn" | "warning" => AnsiColors::Yellow,
        "fail" | "critical" | "refused" => AnsiColors::Red,
        "error" => AnsiColors::Magenta,
        _ => AnsiColors::BrightBlack,
    }
}

/// Text from guests and data, with nothing in it that a terminal would obey.
pub(in crate::cli) fn inert(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '\n' | '\t' => ' ',
            c if c.is_control() || is_bidirectional_control(c) => '\u{fffd}',
            c => c,
        })
        .collect()
}

/// Characters that reorder what stands around them (Unicode UAX #9).
fn is_bidirectional_control(c: char) -> bool {
    matches!(c, '\u{061c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_from_guests_commands_no_terminal() {
        assert_eq!(inert("a\u{1b}[2Jb\r\nc\u{202e}d"), "a\u{fffd}[2Jb\u{fffd} c\u{fffd}d");
        assert_eq!(inert("Zoë – 100 %"), "Zoë – 100 %");
    }
}
