//! What became of a rule.

use assay_sdk::{Error, Finding, Judgement, Scope, Severity, metric};

use crate::plan::{Breach, Plan, Weight};
use crate::settings::{Rule, Settings};

/// What became of a rule.
pub(crate) struct Judged {
    /// Rows that were looked at.
    pub(crate) rows: u64,
    pub(crate) judgement: Judgement,
    /// Whether it is broken by less than the settings tolerate.
    pub(crate) is_tolerated: bool,
    /// What is wrong or noticeable, for the summary.
    pub(crate) told: String,
}

/// What was counted for a rule.
struct Counts<'a> {
    /// Rows or groups.
    all: u64,
    rows: u64,
    is_unknown: bool,
    broken: Vec<(&'a Breach, u64)>,
}

/// Asks about one rule and tells how it is broken.
pub(crate) fn judge(
    scope: &Scope,
    settings: &Settings,
    rule: &Rule,
    plan: &Plan,
    number: usize,
) -> Result<Judged, Error> {
    let counts = counts(scope, plan)?;
    let Counts { all, rows, is_unknown, .. } = counts;
    if rows == 0 {
        return Ok(Judged { rows, judgement: Judgement::Fine, is_tolerated: false, told: String::new() });
    }
    let tolerated = counts.sum(&[Weight::Tolerated, Weight::Missing]);
    // A group may be broken in more than one way.
    let percent = (100.0 * tolerated as f64 / all as f64).min(100.0);
    let share = judged_share(rule, percent);
    if rule.has_share() {
        metric(&format!("rule_{number}_broken_percent"), percent, Some("%"));
    }
    let mut worst = Judgement::Fine;
    let mut told = 0;
    for (breach, affected) in &counts.broken {
        let judgement = match breach.weight {
            _ if *affected == 0 => Judgement::Fine,
            Weight::Always => Judgement::Fail,
            Weight::Tolerated | Weight::Missing => share,
            Weight::Noticed => Judgement::Warn,
        };
        if judgement != Judgement::Fine {
            told += affected;
            worst = worst.max(judgement);
            let mut finding = finding(scope, plan, breach.code, &breach.what, (*affected, all));
            if rule.max_percent > 0.0 && matches!(breach.weight, Weight::Tolerated | Weight::Missing) {
                finding = finding
                    .attribute("percent", format!("{percent:.3}"))
                    .attribute("max_percent", rule.max_percent.to_string());
            }
            if judgement == Judgement::Warn {
                finding = finding.severity(Severity::Low);
            }
            with_samples(scope, settings, plan, breach, finding)?.report();
        }
    }
    if is_unknown {
        let what = if rule.column.is_some() { "null: the column has no value at all" } else { "without a value" };
        finding(scope, plan, "all_null", what, (all, all)).report();
        told += all;
        worst = Judgement::Fail;
    }
    let is_tolerated = tolerated > 0 && share == Judgement::Fine;
    Ok(Judged { rows, judgement: worst, is_tolerated, told: format!("{} ({told} {})", plan.subject, plan.noun) })
}

/// How bad a share is that the settings may tolerate. At a bound it is within it.
fn judged_share(rule: &Rule, percent: f64) -> Judgement {
    if percent > rule.max_percent {
        Judgement::Fail
    } else if rule.warn_above_percent.is_some_and(|warn| percent > warn) {
        Judgement::Warn
    } else {
        Judgement::Fine
    }
}

fn counts<'a>(scope: &Scope, plan: &'a Plan) -> Result<Counts<'a>, Error> {
    let row = plan.counting(scope).fetch()?.only_row()?;
    let all: u64 = row.get("n")?;
    let rows = if plan.row_count.is_some() { row.get("row_count")? } else { all };
    let nulls: u64 = row.get("nulls")?;
    let is_unknown = rows > 0 && nulls == all;
    let mut broken = Vec::new();
    for (index, breach) in plan.breaches.iter().enumerate() {
        let count: u64 = row.get(&format!("broken_{index}"))?;
        // Told once: that all are missing.
        let is_told = is_unknown && breach.weight == Weight::Missing;
        broken.push((breach, if is_told { 0 } else { count }));
    }
    Ok(Counts { all, rows, is_unknown, broken })
}

impl Counts<'_> {
    fn sum(&self, weights: &[Weight]) -> u64 {
        self.broken.iter().filter(|(breach, _)| weights.contains(&breach.weight)).map(|(_, count)| count).sum()
    }
}

fn finding(scope: &Scope, plan: &Plan, code: &str, what: &str, (affected, all): (u64, u64)) -> Finding {
    scope
        .finding(code, format!("{affected} of {all} {} are {what}", plan.noun))
        .column(&plan.subject)
        .affected(affected)
        .expected_text(&plan.expected)
}

fn with_samples(
    scope: &Scope,
    settings: &Settings,
    plan: &Plan,
    breach: &Breach,
    mut finding: Finding,
) -> Result<Finding, Error> {
    if settings.sample_rows == 0 {
        return Ok(finding);
    }
    for row in plan.samples(scope, breach, settings.sample_rows).fetch()? {
        finding = finding.sample(row?.sample()?);
    }
    Ok(finding)
}
