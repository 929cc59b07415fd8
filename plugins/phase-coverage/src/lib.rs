//! What one phase has is in the next: see README.md.

#![forbid(unsafe_code)]

mod coverage;
mod settings;
mod statement;

use std::collections::{BTreeMap, BTreeSet};

use assay_sdk::{Check, Context, Date, Error, Finding, Row, SettingProblem, Severity, Verdict, metric, not_applicable};

use coverage::{Code, Coverage, Group, Judged, Trouble};
pub use settings::{Filter, Phase, Scalar, Settings};
use statement::Statements;

/// Most findings about coverage; one more says how many there are.
const FINDINGS_MAX: usize = 24;

/// The check.
pub struct PhaseCoverage;

impl Check for PhaseCoverage {
    const ID: &'static str = "phase-coverage";
    const VERSION: &'static str = env!("CARGO_PKG_VERSION");
    const TITLE: &'static str = "What one phase has is in the next";
    const DESCRIPTION: &'static str = "Counts, day by day, how many keys of each phase of a pipeline are in the phase \
        after it; where there are groups, for each of those that must be there. A phase or a group without any key is \
        never left out of the comparison.";
    const OWNER: &'static str = "assay";
    type Settings = Settings;

    fn validate(settings: &Settings) -> Vec<SettingProblem> {
        settings.problems()
    }

    fn run(context: &Context, settings: &Settings) -> Result<Verdict, Error> {
        let applies = settings.applies_sql.as_deref();
        if let Some(skip) = not_applicable(context, settings.source.as_deref(), applies)? {
            return Ok(skip);
        }
        let statements = Statements::new(context, settings)?;
        let due = due(&statements, settings)?;
        let groups = groups(&statements, settings)?;
        let unplaced = unplaced(context, &statements, settings)?;
        let judged = Coverage::of(&statements.coverage(&groups)?)?.judge(settings, &due, &groups)?;
        metric("lowest_coverage", judged.lowest.unwrap_or(0.0), Some("percent"));
        metric("keys", judged.keys as f64, Some("keys"));
        metric("missing_keys", judged.missing as f64, Some("keys"));
        let samples = samples(&statements, settings, &due, &groups, &judged)?;
        report(context, settings, &due, &judged, &samples)?;
        Ok(verdict(settings, &due, &judged, unplaced))
    }
}

/// The days on which there must be keys. None at all is not "nothing to do": `applies_sql` says so where it is so.
fn due(statements: &Statements<'_>, settings: &Settings) -> Result<BTreeSet<Date>, Error> {
    let spine = statements.spine();
    let Some(sql) = &settings.due_sql else { return Ok(spine.iter().collect()) };
    let mut due = BTreeSet::new();
    for row in statements.query(sql).fetch_whole()? {
        let day: Date = row.get("day")?;
        // A day outside the window is not looked at, and would look empty.
        if spine.contains(day) && !due.insert(day) {
            return Err(Error::new(format!("`due_sql` returns {day} twice")));
        }
    }
    if due.is_empty() {
        let (start, end) = (spine.start(), spine.end());
        return Err(Error::new(format!("`due_sql` returns no day of {start}..{end}: say so with `applies_sql`")));
    }
    Ok(due)
}

/// The groups that must be there; none where the settings do not say.
fn groups(statements: &Statements<'_>, settings: &Settings) -> Result<Vec<String>, Error> {
    let Some(sql) = &settings.expected_groups_sql else { return Ok(Vec::new()) };
    let mut groups = BTreeSet::new();
    for row in statements.query(sql).fetch_whole()? {
        let name = row.cell("group_name")?.text();
        let name = name.ok_or_else(|| Error::new("`expected_groups_sql` returns a group without a name"))?;
        if let Some(twice) = groups.replace(name) {
            return Err(Error::new(format!("`expected_groups_sql` returns `{twice}` twice")));
        }
    }
    if groups.is_empty() {
        return Err(Error::new("`expected_groups_sql` expects no group at all"));
    }
    Ok(groups.into_iter().collect())
}

/// Rows of all phases that have no key, no day or no group: each phase with a finding.
fn unplaced(context: &Context, statements: &Statements<'_>, settings: &Settings) -> Result<u64, Error> {
    let row = statements.rows()?;
    let mut unplaced = 0;
    for (index, phase) in settings.phases.iter().enumerate() {
        let (rows, nulls): (u64, u64) = (row.get(&format!("rows_{index}"))?, row.get(&format!("nulls_{index}"))?);
        if nulls > 0 {
            let message = format!("{nulls} of {rows} rows of `{}` have no key, no day or no group", phase.name);
            finding(context, settings, phase, "null_key", message)?.affected(nulls).unit("rows").report();
        }
        unplaced += nulls;
    }
    Ok(unplaced)
}

/// A row that shows something, by the names of its columns.
type Sample = Vec<(String, Option<String>)>;
/// Keys that are not there, or not wanted, by the phases and the group: whether the earlier phase has them comes last.
type Samples = BTreeMap<(usize, Group, bool), Vec<(Date, Sample)>>;

/// Some keys that are not there, where any is.
fn samples(
    statements: &Statements<'_>,
    settings: &Settings,
    due: &BTreeSet<Date>,
    groups: &[String],
    judged: &Judged,
) -> Result<Samples, Error> {
    let mut samples = Samples::new();
    let has_keys = |trouble: &Trouble| trouble.cover.keys > 0 || trouble.cover.surplus > 0;
    if settings.sample_rows == 0 || !judged.troubles.iter().any(has_keys) {
        return Ok(samples);
    }
    let is_bad = |day: &&Date| judged.troubles.iter().any(|trouble| (trouble.first..=trouble.last).contains(*day));
    let days = due.iter().filter(is_bad).copied().collect();
    let columns = settings.phases.iter().take(1).flat_map(|phase| &phase.key_columns);
    let columns: Vec<_> = columns.map(|column| column.as_str().to_owned()).collect();
    for row in statements.samples(groups, days).fetch()? {
        let row: Row = row?;
        let day: Date = row.get("day")?;
        let mut sample = vec![("day".to_owned(), Some(day.to_string()))];
        for (index, column) in columns.iter().enumerate() {
            sample.push((column.clone(), row.cell(&format!("k{index}"))?.text()));
        }
        let pair = usize::try_from(row.get::<u64>("pair")?).unwrap_or(usize::MAX);
        samples.entry((pair, row.get("grp")?, row.get("is_before")?)).or_default().push((day, sample));
    }
    Ok(samples)
}

/// A finding about a phase.
fn finding(
    context: &Context,
    settings: &Settings,
    phase: &Phase,
    code: &str,
    message: String,
) -> Result<Finding, Error> {
    let finding = Finding::new(code, message).source(context.source(settings.source.as_deref())?);
    Ok(phase.table.iter().fold(finding.attribute("phase", &phase.name), Finding::table))
}

/// Says what is wrong, phase by phase.
fn report(
    context: &Context,
    settings: &Settings,
    due: &BTreeSet<Date>,
    judged: &Judged,
    samples: &Samples,
) -> Result<(), Error> {
    for trouble in judged.troubles.iter().take(FINDINGS_MAX) {
        let (Some(before), Some(after)) = (settings.phases.get(trouble.pair), settings.phases.get(trouble.pair + 1))
        else {
            continue;
        };
        let Trouble { code, first, last, days, cover, .. } = trouble;
        let (missing, group) = (cover.keys - cover.covered, trouble.group.as_deref().unwrap_or_default());
        let (from, to) = (&before.name, &after.name);
        let share = format!("{} of {} keys of `{from}` are in `{to}`", cover.covered, cover.keys);
        let (phase, code, message, affected) = match code {
            Code::EmptyPhase => (before, "empty_phase", format!("`{from}` has no keys"), 0),
            Code::NoGroupBefore => (before, "missing_group", format!("`{group}` has no keys in `{from}`"), 0),
            Code::NoGroupAfter => (after, "missing_group", format!("`{group}` has no keys in `{to}`"), missing),
            Code::Low => (after, "low_coverage", share, missing),
            Code::Reduced => (after, "reduced_coverage", share, missing),
            Code::Surplus => {
                let message = format!("{} keys of `{to}` are not in `{from}`", cover.surplus);
                (after, "surplus_keys", message, cover.surplus)
            }
        };
        let span = if first == last { first.to_string() } else { format!("{first}..{last}") };
        let mut finding = finding(context, settings, phase, code, message)?
            .date(*last)
            .attribute("start", first.to_string())
            .attribute("end", last.to_string())
            .attribute("days", days.to_string())
            .attribute("open", (due.last() == Some(last)).to_string());
        finding = match trouble.code {
            Code::EmptyPhase | Code::NoGroupBefore => finding.observed(0.0).unit("keys"),
            Code::NoGroupAfter => finding.observed(0.0).unit("keys").affected(affected),
            Code::Surplus => finding.observed(affected as f64).expected(0.0).unit("keys").affected(affected),
            Code::Low | Code::Reduced => {
                let expected = expected(settings, trouble.code);
                finding.observed(cover.percent()).expected(expected).unit("percent").affected(affected)
            }
        };
        finding = match trouble.code {
            Code::Reduced => finding.severity(Severity::Low),
            Code::Surplus => finding,
            _ => finding.remediation(format!("backfill `{}` for {span}", phase.name)),
        };
        finding = trouble.group.iter().fold(finding, Finding::partition);
        let shown = samples.get(&(trouble.pair, trouble.group.clone(), trouble.code != Code::Surplus));
        let shown = shown.into_iter().flatten().filter(|(day, _)| (*first..=*last).contains(day));
        shown.map(|(_, sample)| sample.clone()).fold(finding, Finding::sample).report();
    }
    let more = judged.troubles.len().saturating_sub(FINDINGS_MAX);
    if more > 0 {
        Finding::new("more_findings", format!("{more} more phases, groups and spans of days are wrong"))
            .source(context.source(settings.source.as_deref())?)
            .affected(more as u64)
            .report();
    }
    Ok(())
}

/// The least share that would have been fine, or not yet wrong.
fn expected(settings: &Settings, code: Code) -> f64 {
    if settings.exact {
        100.0
    } else if code == Code::Reduced {
        settings.warn_below_percent
    } else {
        settings.fail_below_percent
    }
}

fn verdict(settings: &Settings, due: &BTreeSet<Date>, judged: &Judged, unplaced: u64) -> Verdict {
    let (days, pairs) = (due.len(), settings.phases.len() - 1);
    let lowest = judged.lowest.unwrap_or(0.0);
    let summary = match judged.troubles.len() {
        0 if unplaced > 0 => format!("{unplaced} rows have no key, no day or no group"),
        0 => format!("at least {lowest:.1} % of the keys are in the next phase: {pairs} pairs of phases, {days} days"),
        troubles => format!("{troubles} times a phase or a group is short; the lowest coverage is {lowest:.1} %"),
    };
    let verdict = if judged.has_failed() || unplaced > 0 {
        Verdict::fail(summary)
    } else if judged.troubles.is_empty() {
        Verdict::pass(summary)
    } else {
        Verdict::warn(summary)
    };
    verdict.examined(judged.keys)
}

assay_sdk::export_check!(PhaseCoverage);
