//! Nothing keeps failing: see README.md.

#![forbid(unsafe_code)]

mod calendar;
mod settings;
mod streak;

use assay_sdk::{Check, Context, Error, Finding, SettingProblem, Verdict, log, metric, not_applicable};

use settings::{Bounds, Level};
pub use settings::{Entity, Settings};
use streak::Streak;

/// Streaks that are told one by one.
const FINDINGS_MAX: usize = 40;

/// The check.
pub struct ConsecutiveFailures;

impl Check for ConsecutiveFailures {
    const ID: &'static str = "consecutive-failures";
    const VERSION: &'static str = env!("CARGO_PKG_VERSION");
    const TITLE: &'static str = "Nothing keeps failing";
    const DESCRIPTION: &'static str = "Counts for each entity of a run ledger the failures since its last success, \
        without a bound. A run without data counts as a failure on days that should have had some, by a calendar.";
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
        let streaks = Streak::ask(context, source, settings)?;
        let judged: u64 = streaks.iter().map(|streak| streak.judged).sum();
        if judged == 0 {
            return Ok(nothing_examined(source, settings, streaks.len()));
        }
        tell_idle_bounds(settings, &streaks);
        metric("longest_streak", streaks.first().map_or(0, |streak| streak.failures) as f64, Some("runs"));
        metric("entities", streaks.len() as f64, Some("entities"));
        let bad: Vec<Bad<'_>> = streaks.iter().filter_map(|streak| Bad::of(settings, streak)).collect();
        for bad in bad.iter().take(FINDINGS_MAX) {
            bad.finding(source, settings).report();
        }
        let (shown, more) = bad.split_at(bad.len().min(FINDINGS_MAX));
        if let Some(worst) = more.iter().map(|bad| bad.level).max() {
            Finding::new("more_failure_streaks", format!("{} more entities keep failing", more.len()))
                .severity(worst.severity())
                .source(source)
                .table(&settings.table)
                .affected(more.len() as u64)
                .report();
        }
        Ok(conclude(&streaks, shown, bad.iter().map(|bad| bad.level).max(), bad.len()).examined(judged))
    }
}

/// A streak that has reached a bound.
struct Bad<'a> {
    streak: &'a Streak,
    level: Level,
    bound: u32,
}

impl<'a> Bad<'a> {
    fn of(settings: &Settings, streak: &'a Streak) -> Option<Self> {
        let bounds: Bounds = settings.bounds(&streak.entity);
        bounds.judge(streak.failures).map(|(level, bound)| Self { streak, level, bound })
    }

    /// The same code whatever the level, so that a streak that grows stays the same finding.
    fn finding(&self, source: &str, settings: &Settings) -> Finding {
        let Streak { entity, failures, span, last_success, error, .. } = self.streak;
        let text =
            |time: &Option<assay_sdk::Timestamp>, none: &str| time.map_or(none.to_owned(), |time| time.to_string());
        let since = text(&span.map(|(first, _)| first), "");
        let last_failure = text(&span.map(|(_, last)| last), "");
        let last_success = text(last_success, "never");
        let message = format!("{failures} failures in a row since {since}; the last success: {last_success}");
        let mut sample = vec![
            (settings.entity_column.as_str().to_owned(), Some(entity.clone())),
            (settings.time_column.as_str().to_owned(), Some(last_failure.clone())),
        ];
        if let Some(column) = &settings.error_column {
            sample.push((column.as_str().to_owned(), error.clone()));
        }
        Finding::new("failure_streak", message)
            .severity(self.level.severity())
            .source(source)
            .table(&settings.table)
            .column(&settings.status_column)
            .partition(entity)
            .observed(*failures as f64)
            .expected_text(format!("fewer than {}", self.bound))
            .unit("runs")
            .affected(*failures)
            .sample(sample)
            .attribute("since", since)
            .attribute("last_failure", last_failure)
            .attribute("last_success", last_success)
    }
}

fn conclude(streaks: &[Streak], shown: &[Bad<'_>], worst: Option<Level>, bad: usize) -> Verdict {
    let entities = streaks.len();
    let longest = streaks.first().map_or(0, |streak| streak.failures);
    let first =
        shown.first().map_or(String::new(), |bad| format!(", first of all `{}`: {longest} times", bad.streak.entity));
    match worst {
        None => Verdict::pass(format!("{entities} entities, the longest streak is of {longest} failures")),
        Some(Level::Warn) => Verdict::warn(format!("{bad} of {entities} entities fail in a row{first}")),
        Some(Level::Fail | Level::Critical) => {
            Verdict::fail(format!("{bad} of {entities} entities keep failing{first}"))
        }
    }
}

fn nothing_examined(source: &str, settings: &Settings, alive: usize) -> Verdict {
    let days = settings.lookback_days;
    let what = match alive {
        0 => format!("nothing has run in the last {days} days"),
        alive => format!("{alive} entities have run in the last {days} days, and no run of theirs says how it went"),
    };
    if settings.allow_empty && alive == 0 {
        return Verdict::skip(format!("{what}, which the settings allow")).examined(0);
    }
    Finding::new("nothing_examined", &what).source(source).table(&settings.table).report();
    Verdict::fail(what).examined(0)
}

/// Bounds of an entity that has not run of late apply to nothing: a name may be misspelt.
fn tell_idle_bounds(settings: &Settings, streaks: &[Streak]) {
    for Entity { name, .. } in &settings.entities {
        if !streaks.iter().any(|streak| streak.entity == *name) {
            log(assay_sdk::Level::Warn, &format!("bounds are set for `{name}`, which has not run of late"));
        }
    }
}

assay_sdk::export_check!(ConsecutiveFailures);
