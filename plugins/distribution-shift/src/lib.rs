//! Values are distributed like those of the days before: see README.md.

#![forbid(unsafe_code)]

mod judgement;
mod numbers;
mod settings;
mod shares;
mod telling;
mod windows;

use assay_sdk::{Check, Context, Error, Finding, SettingProblem, Verdict, not_applicable};

use crate::judgement::{judge_moments, judge_presence, judge_psi, judge_shares};
pub use crate::settings::{CategoryRule, NumberRule, Scale, Settings, Side, ValueRule};
use crate::telling::Telling;
use crate::windows::Windows;

/// The check.
pub struct DistributionShift;

impl Check for DistributionShift {
    const ID: &'static str = "distribution-shift";
    const VERSION: &'static str = env!("CARGO_PKG_VERSION");
    const TITLE: &'static str = "Values are distributed like those of the days before";
    const DESCRIPTION: &'static str = "Compares columns of the last days with the days before: mean, standard deviation, \
        spread over deciles, shares of nulls and of what is not a number; and the shares of the values of columns that \
        have few.";
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
        let windows = Windows::new(context, source, settings)?;
        let numbers = numbers::describe(source, settings, &windows)?;
        let (recent, before) = (numbers.recent_rows, numbers.baseline_rows);
        if recent == 0 {
            let message = format!("there are no rows on {}..{}", windows.recent.0, windows.recent.1);
            Finding::new("nothing_examined", &message).source(source).table(&settings.table).report();
            return Ok(Verdict::fail(message).examined(0));
        }
        if recent < settings.min_rows || before < settings.min_rows {
            let message = format!("{recent} rows, and {before} before: {} are needed on each side", settings.min_rows);
            return Err(Error::new(message));
        }
        let mut telling = Telling::new(source, settings, &windows);
        let mut judged = Vec::new();
        for (index, (rule, column)) in settings.columns.iter().zip(&numbers.columns).enumerate() {
            if judge_presence(&mut telling, rule, &numbers, column, settings.min_rows)? {
                judge_moments(&mut telling, rule, column)?;
                judged.push((index, column));
            }
        }
        let indices = numbers::psi(source, settings, &windows, &judged)?;
        for ((index, _), psi) in judged.iter().zip(indices) {
            judge_psi(&mut telling, &settings.columns[*index], psi)?;
        }
        let shares = shares::count(source, settings, &windows)?;
        for (rule, counts) in settings.categories.iter().zip(&shares) {
            judge_shares(&mut telling, rule, counts)?;
        }
        telling.conclude(recent)
    }
}

assay_sdk::export_check!(DistributionShift);
