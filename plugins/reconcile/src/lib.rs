//! Two sums of the same thing are equal: see README.md.

#![forbid(unsafe_code)]

mod comparison;
mod settings;
mod side;
mod told;

use assay_sdk::{Check, Context, DateSpine, Error, Finding, SettingProblem, Severity, Verdict, metric, not_applicable};

use crate::comparison::{Comparison, Entry, Pairs};
pub use crate::settings::Settings;
use crate::side::{Side, answer};

/// The check.
pub struct Reconcile;

impl Check for Reconcile {
    const ID: &'static str = "reconcile";
    const VERSION: &'static str = env!("CARGO_PKG_VERSION");
    const TITLE: &'static str = "Two sums of the same thing are equal";
    const DESCRIPTION: &'static str = "Compares the values that two queries return, key by key, within a tolerance. A key \
        that one of them lacks, a null and an answer without rows are never equal.";
    const OWNER: &'static str = "assay";
    // Two answers of as many keys as there may be, and the map of them.
    const LIMITS: &'static [(&'static str, u64)] =
        &[("memory", 192 << 20), ("fuel", 20_000_000_000), ("guest_cpu", 30_000)];
    type Settings = Settings;

    fn validate(settings: &Settings) -> Vec<SettingProblem> {
        settings::problems(settings)
    }

    fn run(context: &Context, settings: &Settings) -> Result<Verdict, Error> {
        let source = context.source(settings.source.as_deref())?;
        if let Some(skip) = not_applicable(context, Some(source), settings.applies_sql.as_deref())? {
            return Ok(skip);
        }
        let left = answer(context, settings, Side::Left)?;
        let right = answer(context, settings, Side::Right)?;
        let is_empty = (left.rows.is_empty(), right.rows.is_empty());
        let spine = context.spine(settings.lookback_days);
        let pairs = Pairs::of(left, right)?;
        let comparison = pairs.compared(settings);
        report_metrics(&comparison, pairs.len());
        let telling = Telling { settings, source, spine };
        match is_empty {
            (true, true) if settings.allow_empty => {
                return Ok(Verdict::skip("there are no rows on either side, which the settings allow").examined(0));
            }
            (true, _) => telling.no_rows(Side::Left),
            (false, true) => telling.no_rows(Side::Right),
            (false, false) => {}
        }
        Ok(telling.verdict(&comparison))
    }
}

fn report_metrics(comparison: &Comparison<'_>, keys: u64) {
    let missing = comparison.missing_left.len() + comparison.missing_right.len();
    metric("keys", keys as f64, Some("keys"));
    metric("missing", missing as f64, Some("keys"));
    metric("different", comparison.different.len() as f64, Some("keys"));
    if let Some(mean) = comparison.mean() {
        metric("largest_difference", comparison.largest, None);
        metric("mean_difference", mean, None);
    }
}

/// What findings need to be told.
struct Telling<'a> {
    settings: &'a Settings,
    source: &'a str,
    spine: DateSpine,
}

impl Telling<'_> {
    /// Tells all that is not equal.
    fn verdict(&self, comparison: &Comparison<'_>) -> Verdict {
        let mut wrong = Vec::new();
        for (code, what, keys) in [
            ("missing_left", "missing in `left_sql`", &comparison.missing_left),
            ("missing_right", "missing in `right_sql`", &comparison.missing_right),
            ("null_value", "null on a side", &comparison.null),
            ("not_a_number", "no number on a side, or too far apart for one", &comparison.not_a_number),
        ] {
            if !keys.is_empty() {
                let told = format!("{} keys are {what}", keys.len());
                self.keys(Finding::new(code, &told), keys).report();
                wrong.push(told);
            }
        }
        wrong.extend(self.mean(comparison));
        let noticed = match self.different(comparison) {
            Some((told, true)) => {
                wrong.push(told);
                None
            }
            Some((told, false)) => Some(told),
            None => None,
        };
        let examined = comparison.matched;
        match (wrong.as_slice(), noticed) {
            ([], _) if examined == 0 => Verdict::fail("there is nothing to compare").examined(0),
            ([], None) => Verdict::pass(self.fine(comparison)).examined(examined),
            ([], Some(told)) => Verdict::warn(told).examined(examined),
            (wrong, _) => Verdict::fail(wrong.join("; ")).examined(examined),
        }
    }

    /// What is said when all is well.
    fn fine(&self, comparison: &Comparison<'_>) -> String {
        let (matched, different) = (comparison.matched, comparison.different.len());
        match (self.settings.compares_keys(), different, comparison.mean()) {
            (true, 0, _) => format!("{matched} keys are equal within the tolerance"),
            (false, 0, Some(mean)) => format!("{matched} keys differ by {mean} on average"),
            _ => format!("{different} of {matched} keys differ by more than the tolerance, which the settings allow"),
        }
    }

    /// Tells the keys that differ, if they are too many; whether they are wrong or only noticeable.
    fn different(&self, comparison: &Comparison<'_>) -> Option<(String, bool)> {
        let Settings { max_different_percent, warn_above_percent, .. } = self.settings;
        let percent = comparison.different_percent();
        let is_wrong = percent > *max_different_percent;
        let is_noticed = warn_above_percent.is_some_and(|warn| percent > warn);
        if !is_wrong && !is_noticed {
            return None;
        }
        // The largest difference first; equal ones in the order of their keys.
        let mut different = comparison.different.clone();
        different.sort_by(|(_, a), (_, b)| b.total_cmp(a));
        let keys: Vec<Entry<'_>> = different.iter().map(|(entry, _)| *entry).collect();
        let (count, matched) = (keys.len(), comparison.matched);
        let largest = different.first().map_or(0.0, |(_, difference)| *difference);
        let told = format!("{count} of {matched} keys differ by more than the tolerance, by {largest} at the most");
        let finding = self.keys(Finding::new("different", &told), &keys).observed(largest);
        let finding = match (self.settings.tolerance, self.settings.tolerance_percent) {
            (Some(tolerance), None) => finding.expected(tolerance),
            (Some(tolerance), Some(percent)) => finding.expected_text(format!("{tolerance} or {percent} %")),
            (None, percent) => finding.expected_text(format!("{} %", percent.unwrap_or(0.0))),
        };
        if is_wrong { finding } else { finding.severity(Severity::Low) }.report();
        Some((told, is_wrong))
    }

    /// Tells an average that is too great.
    fn mean(&self, comparison: &Comparison<'_>) -> Option<String> {
        let (max, mean) = self.settings.max_mean_difference.zip(comparison.mean())?;
        // An average that is beyond all numbers is not at most anything.
        if mean <= max {
            return None;
        }
        let told = format!("the values differ by {mean} on average, {max} allowed");
        Finding::new("mean_difference", &told)
            .source(self.source)
            .observed(mean)
            .expected(max)
            .affected(comparison.numbers)
            .report();
        Some(told)
    }

    fn no_rows(&self, side: Side) {
        let message = format!("`{}` returns no rows", side.setting());
        Finding::new("nothing_examined", message).source(self.source).attribute("side", side.setting()).report();
    }

    fn keys(&self, finding: Finding, keys: &[Entry<'_>]) -> Finding {
        told::about(finding.source(self.source), keys, self.settings.sample_rows, self.spine)
    }
}

assay_sdk::export_check!(Reconcile);
