//! What the numbers of a column mean.

use assay_sdk::{Baseline, Date, Error, Finding, Severity};

use crate::counts::Counts;
use crate::percent;
use crate::settings::{Rule, Settings};

/// Most findings that are told one by one.
const FINDINGS_MAX: usize = 20;

/// The share of rows with a value that has been usual.
pub(crate) enum Usual {
    /// The rule does not ask.
    NotAsked,
    /// Of the days before that had values; days that had none say nothing of what is usual, and are counted.
    Known { baseline: Baseline, max_drop: f64, without_values: usize },
    /// There is not enough to go by.
    Unknown(Error),
}

impl Usual {
    /// By the days before those that are judged.
    pub(crate) fn of(settings: &Settings, rule: &Rule, index: usize, earlier: &[Counts]) -> Self {
        let Some(max_drop) = rule.max_drop_points else { return Self::NotAsked };
        let days: Vec<_> = earlier.iter().filter(|counts| counts.rows > 0).collect();
        let filled = |counts: &&Counts| percent(counts.rows - counts.missing[index], counts.rows);
        let values: Vec<f64> = days.iter().map(filled).filter(|percent| *percent > 0.0).collect();
        let without_values = days.len() - values.len();
        match Baseline::of(values, settings.min_samples as usize) {
            Ok(baseline) => Self::Known { baseline, max_drop, without_values },
            Err(error) => Self::Unknown(Error::new(format!("`{}`: {error}", rule.column.as_str()))),
        }
    }
}

/// Why a share of nulls is not as it should be.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Wrong {
    AllNull,
    TooFewNulls,
    TooManyNulls,
    CoverageDrop,
    ManyNulls,
}

impl Wrong {
    fn code(self) -> &'static str {
        match self {
            Self::AllNull => "all_null",
            Self::TooFewNulls => "too_few_nulls",
            Self::TooManyNulls => "too_many_nulls",
            Self::CoverageDrop => "coverage_drop",
            Self::ManyNulls => "many_nulls",
        }
    }

    fn is_failure(self) -> bool {
        match self {
            Self::AllNull | Self::TooFewNulls | Self::TooManyNulls => true,
            Self::CoverageDrop | Self::ManyNulls => false,
        }
    }
}

/// What is wrong with the rows of a day, if anything is: the worst.
fn judge(rule: &Rule, counts: &Counts, index: usize, usual: &Usual) -> Option<Wrong> {
    let share = percent(counts.missing[index], counts.rows);
    let (warn, fail) = rule.bounds();
    if rule.min_null_percent.is_none() && counts.missing[index] == counts.rows {
        Some(Wrong::AllNull)
    } else if rule.min_null_percent.is_some_and(|min| share < min) {
        Some(Wrong::TooFewNulls)
    } else if share > fail {
        Some(Wrong::TooManyNulls)
    } else if matches!(usual, Usual::Known { baseline, max_drop, .. } if is_drop(baseline, share, *max_drop)) {
        Some(Wrong::CoverageDrop)
    } else if share > warn {
        Some(Wrong::ManyNulls)
    } else {
        None
    }
}

/// Days one after the other, as far as they have rows, that are wrong in the same way.
struct Span {
    wrong: Wrong,
    days: Option<(Date, Date)>,
    count: u64,
    rows: u64,
    missing: u64,
    is_open: bool,
}

fn spans(rule: &Rule, index: usize, recent: &[Counts], usual: &Usual) -> Vec<Span> {
    let mut spans: Vec<Span> = Vec::new();
    let mut before = None;
    let examined: Vec<_> = recent.iter().filter(|counts| counts.rows > 0).collect();
    let last_day = examined.iter().filter_map(|counts| counts.day).max();
    for counts in examined {
        let wrong = judge(rule, counts, index, usual);
        let (rows, missing, is_open) = (counts.rows, counts.missing[index], counts.day == last_day);
        match (wrong, spans.last_mut(), counts.day) {
            (Some(wrong), Some(span), Some(day)) if before == Some(wrong) => {
                span.days = span.days.map(|(first, _)| (first, day));
                span.count += 1;
                span.rows += rows;
                span.missing += missing;
                span.is_open = is_open;
            }
            (Some(wrong), _, day) => {
                spans.push(Span { wrong, days: day.map(|day| (day, day)), count: 1, rows, missing, is_open });
            }
            (None, _, _) => {}
        }
        before = wrong;
    }
    spans
}

/// What has come of all rules.
#[derive(Default)]
pub(crate) struct Judged {
    findings: Vec<Finding>,
    /// What is wrong.
    pub(crate) failed: Vec<String>,
    /// What is noticeable.
    pub(crate) warned: Vec<String>,
    /// Why a rule could not be applied.
    pub(crate) unknown: Option<Error>,
}

impl Judged {
    /// Applies a rule.
    pub(crate) fn add(
        &mut self,
        source: &str,
        settings: &Settings,
        (index, rule): (usize, &Rule),
        recent: &[Counts],
        usual: Usual,
    ) {
        for span in spans(rule, index, recent, &usual) {
            let (message, finding) = tell(settings, rule, &span, &usual);
            let finding = finding.source(source).table(&settings.table).column(&rule.column);
            if span.wrong.is_failure() {
                self.failed.push(message);
                self.findings.push(finding);
            } else {
                self.warned.push(message);
                self.findings.push(finding.severity(Severity::Low));
            }
        }
        if let Usual::Unknown(error) = usual {
            self.unknown.get_or_insert(error);
        }
    }

    /// Reports what was found, up to a bound.
    pub(crate) fn report(&mut self, source: &str, settings: &Settings) {
        let over = self.findings.len().saturating_sub(FINDINGS_MAX);
        self.findings.drain(..).take(FINDINGS_MAX).for_each(|finding| {
            finding.report();
        });
        if over > 0 {
            let finding = Finding::new("more_findings", format!("{over} more spans of days are not as they should be"));
            finding.source(source).table(&settings.table).affected(over as u64).report();
        }
        for told in [&mut self.failed, &mut self.warned] {
            let over = told.len().saturating_sub(4);
            told.truncate(4);
            if over > 0 {
                told.push(format!("and {over} more"));
            }
        }
    }
}

/// A span as a sentence, and as a finding.
fn tell(settings: &Settings, rule: &Rule, span: &Span, usual: &Usual) -> (String, Finding) {
    let Span { wrong, days, count, rows, missing, is_open } = span;
    let (column, share) = (rule.column.as_str(), percent(*missing, *rows));
    let place = match days {
        Some((first, last)) if first == last => format!(" on {first}"),
        Some((first, last)) => format!(" on {first}..{last}"),
        None if settings.date_column.is_some() => " in rows without a date".to_owned(),
        None => String::new(),
    };
    let (warn, fail) = rule.bounds();
    let (bound, observed, expected, affected) = match wrong {
        Wrong::AllNull => ("it should have values".to_owned(), share, fail, *missing),
        Wrong::TooFewNulls => {
            let min = rule.min_null_percent.unwrap_or(0.0);
            (format!("at least {min} % should be"), share, min, rows - missing)
        }
        Wrong::TooManyNulls => (format!("at most {fail} % may be"), share, fail, *missing),
        Wrong::ManyNulls => (format!("up to {warn} % is fine"), share, warn, *missing),
        Wrong::CoverageDrop => {
            let filled = if let Usual::Known { baseline, .. } = usual { baseline.median() } else { 100.0 };
            (format!("{filled:.1} % with a value is usual"), 100.0 - share, filled, *missing)
        }
    };
    let message = format!("`{column}` is null in {missing} of {rows} rows ({share:.1} %){place}: {bound}");
    let mut finding =
        Finding::new(wrong.code(), &message).observed(observed).expected(expected).unit("percent").affected(affected);
    if let (Wrong::CoverageDrop, Usual::Known { baseline, without_values, .. }) = (wrong, usual) {
        finding = finding
            .attribute("samples", baseline.count().to_string())
            .attribute("days_without_values", without_values.to_string());
    }
    finding = match days {
        Some((first, last)) => finding
            .date(*first)
            .attribute("start", first.to_string())
            .attribute("end", last.to_string())
            .attribute("days", count.to_string())
            .attribute("open", is_open.to_string()),
        None if settings.date_column.is_some() => finding.partition("no date"),
        None => finding,
    };
    let finding = match (wrong, days) {
        (Wrong::TooFewNulls, _) => finding.remediation(format!("clear `{column}`{place} where it should be null")),
        (_, Some(_)) => finding.remediation(format!("backfill `{column}`{place}")),
        (_, None) => finding.remediation(format!("look for what stopped filling `{column}`")),
    };
    (message, finding)
}

/// Whether the share of rows with a value lies too far below the usual one. As far as is allowed is fine, also where
/// the last digit of a division has it otherwise.
fn is_drop(baseline: &Baseline, null_percent: f64, max_drop: f64) -> bool {
    baseline.median() - (100.0 - null_percent) > max_drop + 1e-9
}
