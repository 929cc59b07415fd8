//! What is wrong with rules beyond their schema.

use assay_sdk::SettingProblem;
use serde_json::Number;

use crate::settings::{Aggregate, Condition, Kind, Ratio, Rule};

/// All that is wrong with a rule, which stands at a place given as a JSON Pointer.
pub(crate) fn problems(rule: &Rule, path: &str) -> Vec<SettingProblem> {
    let mut problems = Vec::new();
    let mut tell = |at: &str, message: &str| problems.push(SettingProblem::new(format!("{path}{at}"), message));
    let is_column = matches!(rule.kind(), Some(Kind::Column(_)));
    match rule.kind() {
        None => tell("", "expected exactly one of `column`, `ratio`, `compare`, `impossible` and `aggregate`"),
        Some(Kind::Column(_)) => {
            if is_crossed(&rule.min, &rule.max) {
                tell("/max", "less than `min`: no value would be possible");
            }
            if rule.min.is_none() && rule.max.is_none() && rule.allow_null {
                tell("", "says nothing: set `min`, `max` or `allow_null = false`");
            }
        }
        Some(Kind::Ratio(Ratio { min, max, .. })) => {
            if is_crossed(min, max) {
                tell("/ratio/max", "less than `min`: no ratio would be possible");
            }
            if min.is_none() && max.is_none() {
                tell("/ratio", "says nothing: set `min` or `max`");
            }
        }
        Some(Kind::Comparison(comparison)) => {
            if comparison.left.as_str().eq_ignore_ascii_case(comparison.right.as_str()) {
                tell("/compare/right", "the same column as `left`");
            }
        }
        Some(Kind::Impossible(conditions)) => {
            for (index, Condition { is, equals, .. }) in conditions.iter().enumerate() {
                if is.is_some() == equals.is_some() {
                    tell(&format!("/impossible/{index}"), "expected exactly one of `is` and `equals`");
                }
            }
        }
        Some(Kind::Aggregate(aggregate)) => of_aggregate(aggregate, &mut tell),
    }
    if !is_column && (rule.min.is_some() || rule.max.is_some()) {
        tell("/min", "goes with `column`");
    }
    if rule.warn_above_percent.is_some_and(|warn| warn >= rule.max_percent) {
        tell("/warn_above_percent", "expected less than `max_percent`");
    }
    problems
}

fn of_aggregate(aggregate: &Aggregate, tell: &mut impl FnMut(&str, &str)) {
    let Aggregate { min, max, warn_min, warn_max, group_by, .. } = aggregate;
    if [min, max, warn_min, warn_max].into_iter().all(Option::is_none) {
        tell("/aggregate", "says nothing: set `min`, `max`, `warn_min` or `warn_max`");
    }
    for (at, low, high, message) in [
        ("/aggregate/max", min, max, "less than `min`: no number would be possible"),
        ("/aggregate/warn_min", min, warn_min, "less than `min`: it would never be reached"),
        ("/aggregate/warn_max", warn_max, max, "more than `max`: it would never be reached"),
        ("/aggregate/warn_max", warn_min, warn_max, "less than `warn_min`: every number would be noticeable"),
    ] {
        if is_crossed(low, high) {
            tell(at, message);
        }
    }
    for (index, column) in group_by.iter().enumerate() {
        let is_same = |other: &&assay_sdk::ColumnName| other.as_str().eq_ignore_ascii_case(column.as_str());
        if group_by.iter().take(index).any(|other| is_same(&other)) {
            tell(&format!("/aggregate/group_by/{index}"), "names a column twice");
        }
    }
}

/// Whether an upper bound is less than the lower one: as whole numbers where both are.
fn is_crossed(low: &Option<Number>, high: &Option<Number>) -> bool {
    let (Some(low), Some(high)) = (low, high) else { return false };
    match (high.as_i64(), low.as_i64()) {
        (Some(high), Some(low)) => high < low,
        _ => high.as_f64() < low.as_f64(),
    }
}
