//! What the numbers of a column mean.

use assay_sdk::{Error, Judgement, Thresholds, metric_of};

use crate::numbers::{Column, Numbers, Side as Half};
use crate::settings::{CategoryRule, NumberRule, Scale, Side};
use crate::shares::Counts;
use crate::telling::Telling;

/// What computing may add to a number that is at its bound.
const ROUNDING: f64 = 1e-9;
/// Most different values whose shares are reported as metrics.
const METRICS_MAX: usize = 10;

fn percent(part: u64, whole: u64) -> f64 {
    100.0 * part as f64 / whole as f64
}

fn judge(bounds: Thresholds, size: f64) -> Result<Judgement, Error> {
    bounds.judge(size - ROUNDING)
}

/// A code of a failure, or of a warning.
fn code(judgement: Judgement, failed: &'static str, warned: &'static str) -> &'static str {
    match judgement {
        Judgement::Fail => failed,
        Judgement::Warn | Judgement::Fine => warned,
    }
}

/// Judges how much of a column is there. Whether its numbers can be judged too: where they are too few the reason has
/// been told.
pub(crate) fn judge_presence(
    telling: &mut Telling<'_>,
    rule: &NumberRule,
    numbers: &Numbers,
    column: &Column,
    min_rows: u64,
) -> Result<bool, Error> {
    let name = rule.column.as_str();
    let (recent, baseline) = (&column.recent, &column.baseline);
    let share = percent(recent.nulls, numbers.recent_rows);
    let usual = percent(baseline.nulls, numbers.baseline_rows);
    let odd_share = percent(recent.odd, numbers.recent_rows);
    let labels = [("column", name)];
    metric_of("null_percent", share, Some("percent"), &labels);
    metric_of("odd_percent", odd_share, Some("percent"), &labels);
    let mut is_told = false;
    if odd_share > rule.max_odd_percent + ROUNDING {
        let message = format!("`{name}` is NaN or infinite in {} of {} rows", recent.odd, numbers.recent_rows);
        let finding = telling.finding("not_a_number", name, &message).affected(recent.odd);
        let finding = finding.observed(odd_share).expected(rule.max_odd_percent).unit("percent");
        telling.judged(Judgement::Fail, message, finding);
        is_told = true;
    }
    let nulls = judge(rule.nulls(), (share - usual).abs())?;
    if recent.nulls == numbers.recent_rows {
        let message = format!("`{name}` is null in all {} rows", numbers.recent_rows);
        let finding = telling.finding("all_null", name, &message).affected(recent.nulls);
        telling.judged(Judgement::Fail, message, finding.observed(share).expected(usual).unit("percent"));
        is_told = true;
    } else if nulls != Judgement::Fine {
        let message = format!("`{name}` is null in {share:.1} % of the rows where {usual:.1} % is usual");
        let finding = telling.finding(code(nulls, "null_shift", "null_drift"), name, &message).affected(recent.nulls);
        telling.judged(nulls, message, finding.observed(share).expected(usual).unit("percent"));
        is_told |= nulls == Judgement::Fail;
    }
    let is_enough = recent.values >= min_rows && baseline.values >= min_rows;
    if !is_enough && !is_told {
        let (recent, baseline) = (recent.values, baseline.values);
        let message =
            format!("`{name}` has {recent} values, and {baseline} before: {min_rows} are needed on each side");
        telling.unknown(Error::new(message));
    }
    Ok(is_enough)
}

/// Judges the mean and the standard deviation of a column.
pub(crate) fn judge_moments(telling: &mut Telling<'_>, rule: &NumberRule, column: &Column) -> Result<(), Error> {
    let name = rule.column.as_str();
    let moments = |half: &Half| half.moments.ok_or_else(|| Error::new(format!("`{name}` has no mean")));
    let ((mean, deviation), (usual, usual_deviation)) = (moments(&column.recent)?, moments(&column.baseline)?);
    let (deviation, usual_deviation) = (settled(deviation, mean), settled(usual_deviation, usual));
    let (scale, of) = match rule.mean_scale {
        Scale::Mean => (usual.abs(), "percent"),
        Scale::Deviation => (usual_deviation, "percent of the standard deviation"),
    };
    let change = change_percent(mean, usual, scale);
    let size = match rule.mean_direction {
        Side::Both => change.abs(),
        Side::Below => -change,
        Side::Above => change,
    };
    let judgement = judge(rule.mean(), size)?;
    let message = format!("the mean of `{name}` is {mean:.4} where {usual:.4} is usual{}", by(change, of));
    let finding = telling.finding(code(judgement, "mean_shift", "mean_drift"), name, &message);
    let finding = finding.observed(mean).expected(usual).attribute("change_percent", format!("{change:.2}"));
    tell_change("mean_change_percent", change, name);
    telling.judged(judgement, message, finding);

    let change = change_percent(deviation, usual_deviation, usual_deviation);
    let judgement = judge(rule.deviation(), change.abs())?;
    let message = format!(
        "the standard deviation of `{name}` is {deviation:.4} where {usual_deviation:.4} is usual{}",
        by(change, "percent")
    );
    let finding = telling.finding(code(judgement, "deviation_shift", "deviation_drift"), name, &message);
    let finding = finding.observed(deviation).expected(usual_deviation);
    tell_change("deviation_change_percent", change, name);
    telling.judged(judgement, message, finding.attribute("change_percent", format!("{change:.2}")));
    Ok(())
}

/// Judges how far the values of a column have moved between its deciles.
pub(crate) fn judge_psi(telling: &mut Telling<'_>, rule: &NumberRule, psi: f64) -> Result<(), Error> {
    let name = rule.column.as_str();
    let judgement = judge(rule.psi(), psi)?;
    let message = format!("the values of `{name}` are spread otherwise than before: index {psi:.3}");
    let finding = telling.finding(code(judgement, "distribution_shift", "distribution_drift"), name, &message);
    metric_of("psi", psi, None, &[("column", name)]);
    let bound = if judgement == Judgement::Fail { rule.fail_psi } else { rule.warn_psi };
    telling.judged(judgement, message, finding.observed(psi).expected(bound));
    Ok(())
}

/// Judges the shares of the values of a column.
pub(crate) fn judge_shares(telling: &mut Telling<'_>, rule: &CategoryRule, counts: &Counts) -> Result<(), Error> {
    let column = rule.column.as_str();
    let total = counts.values().fold((0, 0), |(recent, baseline), (r, b)| (recent + r, baseline + b));
    if total.0 == 0 || total.1 == 0 {
        return Err(Error::new(format!("the source counts no values of `{column}`")));
    }
    let mut counts = counts.clone();
    for value in &rule.values {
        counts.entry(Some(value.value.clone())).or_default();
    }
    for (at, (value, (recent, baseline))) in counts.iter().enumerate() {
        let (share, usual) = (percent(*recent, total.0), percent(*baseline, total.1));
        let name = value.as_deref().unwrap_or("null");
        if at < METRICS_MAX {
            metric_of("share_percent", share, Some("percent"), &[("column", column), ("value", name)]);
        }
        let (min, max) = bounds(rule, value.as_deref());
        let message = format!("`{name}` of `{column}` has {share:.1} % of the rows where {usual:.1} % is usual");
        if share < min - ROUNDING || share > max + ROUNDING {
            let message = format!("{message}, and {min} to {max} % may be");
            let finding = telling.finding("share_out_of_bounds", column, &message).partition(name).affected(*recent);
            let bound = if share < min { min } else { max };
            telling.judged(Judgement::Fail, message, finding.observed(share).expected(bound).unit("percent"));
            continue;
        }
        let points = Thresholds::above(rule.warn_change_points, rule.fail_change_points);
        let judgement = judge(points, (share - usual).abs())?;
        let finding = telling.finding(code(judgement, "share_shift", "share_drift"), column, &message).partition(name);
        let finding = finding.affected(*recent).observed(share).expected(usual).unit("percent");
        telling.judged(judgement, message, finding);
    }
    Ok(())
}

/// Which share a value may have, in percent.
fn bounds(rule: &CategoryRule, value: Option<&str>) -> (f64, f64) {
    let max = rule.max_share.unwrap_or(100.0);
    let of_value = rule.values.iter().find(|bounds| Some(bounds.value.as_str()) == value);
    of_value.map_or((0.0, max), |bounds| (bounds.min_share, bounds.max_share.min(max)))
}

/// A standard deviation that is nothing but rounding is 0.
fn settled(deviation: f64, mean: f64) -> f64 {
    if deviation <= ROUNDING * mean.abs() { 0.0 } else { deviation }
}

/// A change in percent of a scale. Any change of what was 0 is infinite.
fn change_percent(value: f64, usual: f64, scale: f64) -> f64 {
    let distance = value - usual;
    if distance.abs() <= ROUNDING * value.abs().max(usual.abs()) {
        0.0
    } else if scale == 0.0 {
        f64::INFINITY.copysign(distance)
    } else {
        100.0 * distance / scale
    }
}

fn by(change: f64, of: &str) -> String {
    if change.is_finite() { format!(": by {change:.1} {of}") } else { String::new() }
}

fn tell_change(name: &str, change: f64, column: &str) {
    if change.is_finite() {
        metric_of(name, change, Some("percent"), &[("column", column)]);
    }
}
