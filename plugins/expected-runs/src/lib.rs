//! What was due has run: see README.md.

#![forbid(unsafe_code)]

mod due;
mod ledger;
mod settings;
mod tally;

use std::collections::BTreeSet;

use assay_sdk::{Check, Context, Error, Finding, SettingProblem, Severity, Verdict, metric, not_applicable};

use due::{Due, Fate};
use ledger::Ledger;
pub use settings::{Entity, Settings, Unexpected};
use tally::{Level, Trouble, trouble_of_gap, troubles_of_dues};

/// Entities that are told one by one.
const FINDINGS_MAX: usize = 40;

/// The check.
pub struct ExpectedRuns;

impl Check for ExpectedRuns {
    const ID: &'static str = "expected-runs";
    const VERSION: &'static str = env!("CARGO_PKG_VERSION");
    const TITLE: &'static str = "What was due has run";
    const DESCRIPTION: &'static str = "Compares a ledger of runs with the runs that were due: those a query returns, and \
        those that must not be further apart than some hours. Tells what is missing, late, or has never run.";
    const OWNER: &'static str = "assay";
    type Settings = Settings;

    fn validate(settings: &Settings) -> Vec<SettingProblem> {
        settings.problems()
    }

    fn run(context: &Context, settings: &Settings) -> Result<Verdict, Error> {
        if let Some(skip) = not_applicable(context, settings.source.as_deref(), settings.applies_sql.as_deref())? {
            return Ok(skip);
        }
        let source = context.source(settings.source.as_deref())?;
        let dues = match &settings.expected_sql {
            Some(sql) => Due::ask(context, source, settings, sql)?,
            None => Vec::new(),
        };
        let ledger = Ledger::ask(context, source, settings)?;
        agree(&dues, &ledger)?;
        let mut troubles = troubles(context, settings, &dues, &ledger);
        let failing: BTreeSet<&str> = of_level(&troubles, Level::Fail).collect();
        let (failing, expected) = (failing.len(), expected(settings, &dues));
        if failing == expected.len() && !ledger.is_alive() {
            tell_stopped(source, settings, &ledger, expected.len());
        }
        let strangers = match settings.unexpected {
            Unexpected::Ignore => 0,
            Unexpected::Warn => tell_unexpected(source, settings, &ledger, &expected),
        };
        troubles.sort_by_key(|trouble| std::cmp::Reverse((trouble.level, trouble.runs)));
        tell(source, settings, &troubles);
        let number = |fate: fn(&Fate) -> bool| dues.iter().filter(|due| fate(&due.fate)).count() as f64;
        metric("missing_runs", number(|fate| *fate == Fate::Missing), Some("runs"));
        metric("late_runs", number(|fate| matches!(fate, Fate::Late(_))), Some("runs"));
        metric("due_runs", dues.len() as f64, Some("runs"));
        let examined = (dues.len() + settings.entities.len()) as u64;
        let first = troubles.first().map_or(String::new(), |trouble| format!(", first of all `{}`", trouble.entity));
        let entities = expected.len();
        let warned = of_level(&troubles, Level::Warn).collect::<BTreeSet<_>>().len();
        let verdict = match (failing, warned, strangers) {
            (0, 0, 0) => Verdict::pass(format!("what was due of {entities} entities has run")),
            (0, 0, strangers) => Verdict::warn(format!("{strangers} entities have run that nobody expects")),
            (0, warned, _) => Verdict::warn(format!("{warned} of {entities} entities ran late or too seldom{first}")),
            (failing, _, _) => Verdict::fail(format!("{failing} of {entities} entities did not run when due{first}")),
        };
        Ok(verdict.examined(examined))
    }
}

/// What is wrong, entity by entity.
fn troubles(context: &Context, settings: &Settings, dues: &[Due], ledger: &Ledger) -> Vec<Trouble> {
    let mut troubles: Vec<Trouble> = dues
        .chunk_by(|one, other| one.entity == other.entity)
        .filter_map(|dues| Some((dues.first()?.entity.as_str(), dues)))
        .flat_map(|(entity, dues)| troubles_of_dues(settings, entity, dues, ledger.seen(entity)))
        .collect();
    let now = context.scheduled_for();
    let gaps = settings.entities.iter().filter_map(|entity| trouble_of_gap(entity, now, ledger.seen(&entity.name)));
    troubles.extend(gaps);
    troubles
}

/// Whoever has run in time or late has run: two answers about one ledger.
fn agree(dues: &[Due], ledger: &Ledger) -> Result<(), Error> {
    let has_run = |due: &&Due| ledger.seen(&due.entity).is_some_and(|seen| seen.counted.is_some());
    match dues.iter().filter(|due| due.fate != Fate::Missing).find(|due| !has_run(due)) {
        Some(due) => Err(Error::new(format!("the ledger says that `{}` has run, and that it has not", due.entity))),
        None => Ok(()),
    }
}

/// Everybody who was due.
fn expected<'a>(settings: &'a Settings, dues: &'a [Due]) -> BTreeSet<&'a str> {
    let listed = settings.entities.iter().map(|entity| entity.name.as_str());
    dues.iter().map(|due| due.entity.as_str()).chain(listed).collect()
}

fn of_level(troubles: &[Trouble], level: Level) -> impl Iterator<Item = &str> {
    troubles.iter().filter(move |trouble| trouble.level == level).map(|trouble| trouble.entity.as_str())
}

/// The worst first; what is over the bound is told as a number.
fn tell(source: &str, settings: &Settings, troubles: &[Trouble]) {
    let (shown, more) = troubles.split_at(troubles.len().min(FINDINGS_MAX));
    for trouble in shown {
        trouble.report(source, settings);
    }
    if let Some(worst) = more.iter().map(|trouble| trouble.level).max() {
        let entities: BTreeSet<_> = more.iter().map(|trouble| &trouble.entity).collect();
        let finding = Finding::new("more_entities", format!("{} more entities did not run when due", entities.len()))
            .source(source)
            .table(&settings.table)
            .affected(more.iter().map(|trouble| trouble.runs).sum());
        let finding = match worst {
            Level::Warn => finding.severity(Severity::Low),
            Level::Fail => finding,
        };
        finding.report();
    }
}

/// One cause for all that follows.
fn tell_stopped(source: &str, settings: &Settings, ledger: &Ledger, entities: usize) {
    let last = ledger.last().map_or("never".to_owned(), |last| last.to_string());
    let message = format!("nobody has run in the last {} days; the last run of all: {last}", settings.lookback_days);
    Finding::new("ledger_stopped", message)
        .source(source)
        .table(&settings.table)
        .affected(entities as u64)
        .attribute("last_run", last)
        .report();
}

/// Returns how many entities have run that nobody expects.
fn tell_unexpected(source: &str, settings: &Settings, ledger: &Ledger, expected: &BTreeSet<&str>) -> usize {
    let strangers: Vec<_> = ledger.recent().filter(|(name, _)| !expected.contains(name)).collect();
    if strangers.is_empty() {
        return 0;
    }
    let message = format!("{} entities have run that nobody expects", strangers.len());
    let mut finding = Finding::new("unexpected_runs", message)
        .severity(Severity::Low)
        .source(source)
        .table(&settings.table)
        .column(&settings.entity_column)
        .affected(strangers.len() as u64);
    for (name, last) in strangers.iter().take(settings.sample_rows as usize) {
        finding = finding.sample(vec![
            (settings.entity_column.as_str().to_owned(), Some((*name).to_owned())),
            (settings.time_column.as_str().to_owned(), Some(last.to_string())),
        ]);
    }
    finding.report();
    strangers.len()
}

assay_sdk::export_check!(ExpectedRuns);
