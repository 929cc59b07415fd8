//! Columns are as full as they should be: see README.md.

#![forbid(unsafe_code)]

mod counts;
mod judgement;
mod settings;

use assay_sdk::{Check, Context, Error, Finding, SettingProblem, Verdict, metric_of, not_applicable};

use crate::counts::{Counts, counts};
use crate::judgement::{Judged, Usual};
pub use crate::settings::{Rule, Settings};

/// The check.
pub struct NullRate;

impl Check for NullRate {
    const ID: &'static str = "null-rate";
    const VERSION: &'static str = env!("CARGO_PKG_VERSION");
    const TITLE: &'static str = "Columns are as full as they should be";
    const DESCRIPTION: &'static str = "Counts the values that are missing, NaN among them, in all or day by day, and \
        compares them with bounds and with the share that has been usual. A column that is null throughout is wrong \
        unless it must be.";
    const OWNER: &'static str = "assay";
    type Settings = Settings;

    fn validate(settings: &Settings) -> Vec<SettingProblem> {
        settings.problems()
    }

    fn run(context: &Context, settings: &Settings) -> Result<Verdict, Error> {
        let named = settings.source.as_deref();
        if let Some(skip) = not_applicable(context, named, settings.applies_sql.as_deref())? {
            return Ok(skip);
        }
        let source = context.source(named)?;
        let (earlier, recent) = split(context, settings, counts(context, source, settings)?);
        let rows: u64 = recent.iter().map(|counts| counts.rows).sum();
        let unplaced: u64 = recent.iter().map(|counts| counts.unplaced).sum();
        if rows + unplaced == 0 {
            return Ok(nothing_examined(source, settings));
        }
        let mut failed = Vec::new();
        if unplaced > 0 {
            failed.push(unplaced_rows(source, settings, unplaced));
        }
        let mut judged = Judged::default();
        for (index, rule) in settings.rules.iter().enumerate() {
            let usual = Usual::of(settings, rule, index, &earlier);
            tell_metrics(rule, index, &recent, &usual);
            judged.add(source, settings, (index, rule), &recent, usual);
        }
        judged.report(source, settings);
        failed.extend(judged.failed);
        match (failed.as_slice(), judged.unknown, judged.warned.as_slice()) {
            ([], Some(error), _) => Err(error),
            ([], None, []) => Ok(Verdict::passed(format!("{rows} rows are as full as they should be"), rows)),
            ([], None, warned) => Ok(Verdict::warn(warned.join("; ")).examined(rows)),
            (failed, _, _) => Ok(Verdict::fail(failed.join("; ")).examined(rows)),
        }
    }
}

/// The rows that say what is usual, and those that are judged.
fn split(context: &Context, settings: &Settings, all: Vec<Counts>) -> (Vec<Counts>, Vec<Counts>) {
    let Some(days) = settings.lookback_days else { return (Vec::new(), all) };
    let (start, _) = context.last_days(days);
    all.into_iter().partition(|counts| counts.day.is_some_and(|day| day < start))
}

fn nothing_examined(source: &str, settings: &Settings) -> Verdict {
    if settings.allow_empty {
        return Verdict::skip("there are no rows, which the settings allow").examined(0);
    }
    Finding::new("nothing_examined", "there are no rows").source(source).table(&settings.table).report();
    Verdict::fail("there are no rows").examined(0)
}

/// Tells of rows of which nobody knows whether they should be looked at.
fn unplaced_rows(source: &str, settings: &Settings, unplaced: u64) -> String {
    let column = settings.where_column.as_ref().map_or("", |column| column.as_str());
    let message = format!("{unplaced} rows have no `{column}`, which says whether they are looked at");
    let finding = Finding::new("where_null", &message).source(source).table(&settings.table).column(column);
    finding.affected(unplaced).observed(unplaced as f64).expected(0.0).unit("rows").report();
    message
}

fn tell_metrics(rule: &Rule, index: usize, recent: &[Counts], usual: &Usual) {
    let rows: u64 = recent.iter().map(|counts| counts.rows).sum();
    let missing: u64 = recent.iter().map(|counts| counts.missing[index]).sum();
    let labels = [("column", rule.column.as_str())];
    if rows > 0 {
        metric_of("null_percent", percent(missing, rows), Some("percent"), &labels);
    }
    if let Usual::Known { baseline, .. } = usual {
        metric_of("usual_filled_percent", baseline.median(), Some("percent"), &labels);
        metric_of("samples", baseline.count() as f64, Some("days"), &labels);
    }
}

/// A share of at least one row.
fn percent(part: u64, rows: u64) -> f64 {
    100.0 * part as f64 / rows as f64
}

assay_sdk::export_check!(NullRate);
