//! What holds of policies: when alerts fire, and when somebody is told again.

use std::time::Duration;

use toml::Spanned;

use crate::alert::{NofM, Per, Policy, WarnPolicy};
use crate::model::Severity;

use super::super::authored::{self, Whole};
use super::super::error::ConfigProblem;
use super::super::schema::Shaped;
use super::super::sections::Section;
use super::super::value::{again, all_or_none, number, positive, url, wait, word};
use super::{Kind, Names, Problems};

/// What one table says of a policy; what it leaves out holds as it does without it.
#[derive(Debug, Default)]
pub(super) struct Layer {
    consecutive: Option<u32>,
    of: Option<NofM>,
    error_consecutive: Option<u32>,
    warn: Option<WarnPolicy>,
    severity_floor: Option<Severity>,
    repeat: Option<Option<Duration>>,
    resolve_after: Option<u32>,
    reopen_window: Option<Duration>,
    max_skips: Option<u32>,
    missing_grace: Option<Duration>,
    escalate_after: Option<Duration>,
    escalate_to: Option<Vec<String>>,
    flapping: Option<bool>,
    per: Option<Per>,
    /// Where it is written what to do; only of one check.
    pub(super) runbook: Option<String>,
}

impl Layer {
    fn over(&self, policy: Policy) -> Policy {
        let Self {
            consecutive,
            of,
            error_consecutive,
            warn,
            severity_floor,
            repeat,
            resolve_after,
            reopen_window,
            max_skips,
            missing_grace,
            escalate_after,
            escalate_to,
            flapping,
            per,
            runbook: _,
        } = self;
        let mut flap = policy.flap;
        flap.enabled = flapping.unwrap_or(flap.enabled);
        Policy {
            severity: policy.severity,
            consecutive: consecutive.unwrap_or(policy.consecutive),
            of: of.or(policy.of),
            error_consecutive: error_consecutive.unwrap_or(policy.error_consecutive),
            warn: warn.unwrap_or(policy.warn),
            severity_floor: severity_floor.unwrap_or(policy.severity_floor),
            repeat: repeat.unwrap_or(policy.repeat),
            resolve_after: resolve_after.unwrap_or(policy.resolve_after),
            reopen_window: reopen_window.unwrap_or(policy.reopen_window),
            max_skips: max_skips.unwrap_or(policy.max_skips),
            missing_grace: missing_grace.unwrap_or(policy.missing_grace),
            escalate_after: escalate_after.or(policy.escalate_after),
            escalate_to: escalate_to.clone().unwrap_or(policy.escalate_to),
            flap,
            per: per.unwrap_or(policy.per),
        }
    }
}

/// The tables of `[alerts]`.
#[derive(Debug, Default)]
pub(super) struct Layers {
    all: Layer,
    critical: Layer,
    high: Layer,
    medium: Layer,
    low: Layer,
}

impl Layers {
    /// The policy of a check; what is said of the check itself comes first.
    pub(super) fn policy_of(&self, severity: Severity, own: &Layer) -> Policy {
        let of_severity = match severity {
            Severity::Critical => &self.critical,
            Severity::High => &self.high,
            Severity::Medium => &self.medium,
            Severity::Low => &self.low,
        };
        own.over(of_severity.over(self.all.over(Policy::default_of(severity))))
    }
}

pub(super) fn layers(
    section: &Section<authored::Alerts>,
    names: &Names<'_>,
    problems: &mut Problems,
) -> Option<Layers> {
    let authored::Alerts { operator: _, link: _, policy, critical, high, medium, low } = &section.value;
    let mut of = |key, written: &Option<Spanned<authored::Policy>>| match written {
        Some(written) => {
            let layer = layer(section, written, names, problems);
            if let Some(runbook) = &written.get_ref().runbook {
                problems.push(
                    ConfigProblem::at(runbook.span(), format!("`runbook` in `{key}` would be that of many checks"))
                        .hint("it belongs into `[check.alert]` of each"),
                );
            }
            layer
        }
        None => Some(Layer::default()),
    };
    let all = of("policy", policy);
    let critical = of("critical", critical);
    let high = of("high", high);
    let medium = of("medium", medium);
    let low = of("low", low);
    Some(Layers { all: all?, critical: critical?, high: high?, medium: medium?, low: low? })
}

/// What a table says.
pub(super) fn layer<T: Shaped>(
    section: &Section<T>,
    written: &Spanned<authored::Policy>,
    names: &Names<'_>,
    problems: &mut Problems,
) -> Option<Layer> {
    let authored::Policy {
        consecutive,
        failures_of,
        error_consecutive,
        warn,
        severity_floor,
        repeat,
        resolve_after,
        reopen_within,
        max_skips,
        missing_after,
        escalate_after,
        escalate_to,
        flapping,
        per,
        runbook,
    } = written.get_ref();
    let consecutive = count("consecutive", consecutive, problems);
    let of = failures_of.as_ref().map(|of| failures_of_of(section, of, problems));
    let error_consecutive = count("error_consecutive", error_consecutive, problems);
    let warns = WarnPolicy::ALL.map(|warn| (warn.as_str(), warn));
    let warn = warn.as_ref().map(|text| word(text, "way to take a warning", warns, problems));
    let severities = Severity::ALL.map(|severity| (severity.as_str(), severity));
    let severity_floor = severity_floor.as_ref().map(|text| word(text, "severity", severities, problems));
    let repeat = repeat.as_ref().map(|repeat| again(repeat, problems));
    let resolve_after = count("resolve_after", resolve_after, problems);
    let reopen_window = reopen_within.as_ref().map(|window| wait(window, problems));
    let max_skips = count("max_skips", max_skips, problems);
    let missing_grace = missing_after.as_ref().map(|grace| wait(grace, problems));
    let escalate_after = escalate_after.as_ref().map(|after| positive(after, problems));
    let escalate_to = escalate_to.as_ref().map(|receivers| {
        let known: Vec<_> = receivers.iter().map(|name| names.known(name, Kind::Receiver, problems)).collect();
        known.into_iter().collect::<Option<Vec<String>>>()
    });
    let pers = Per::ALL.map(|per| (per.as_str(), per));
    let per = per.as_ref().map(|text| word(text, "unit of alerts", pers, problems));
    let runbook = runbook.as_ref().map(|address| url(address, "https://wiki.example.com/orders", problems));
    Some(Layer {
        consecutive: all_or_none(consecutive)?,
        of: all_or_none(of)?,
        error_consecutive: all_or_none(error_consecutive)?,
        warn: all_or_none(warn)?,
        severity_floor: all_or_none(severity_floor)?,
        repeat: all_or_none(repeat)?,
        resolve_after: all_or_none(resolve_after)?,
        reopen_window: all_or_none(reopen_window)?,
        max_skips: all_or_none(max_skips)?,
        missing_grace: all_or_none(missing_grace)?,
        escalate_after: all_or_none(escalate_after)?,
        escalate_to: all_or_none(escalate_to)?,
        flapping: *flapping,
        per: all_or_none(per)?,
        runbook: all_or_none(runbook)?,
    })
}

fn count(key: &str, written: &Option<Spanned<Whole>>, problems: &mut Problems) -> Option<Option<u32>> {
    written.as_ref().map(|written| number(key, written, 1..=authored::COUNT_MAX, problems))
}

fn failures_of_of<T: Shaped>(
    section: &Section<T>,
    written: &Spanned<authored::FailuresOf>,
    problems: &mut Problems,
) -> Option<NofM> {
    let authored::FailuresOf { failures, results } = written.get_ref();
    let mut of = |key: &str, value: &Option<Spanned<Whole>>| {
        if value.is_none() && !section.is_unreadable(&format!("failures_of.{key}")) {
            problems.push(
                ConfigProblem::at(written.span(), format!("`failures_of` has no `{key}`"))
                    .hint("for example `failures_of = { failures = 3, results = 5 }`"),
            );
        }
        number(key, value.as_ref()?, 1..=NofM::MOST, problems)
    };
    let (bad, among) = (of("failures", failures), of("results", results));
    let of = NofM { bad: bad?, of: among? };
    if of.bad > of.of {
        problems.push(
            ConfigProblem::at(written.span(), format!("{} results never hold {} failures", of.of, of.bad))
                .hint("`failures` is at most as much as `results`"),
        );
        return None;
    }
    Some(of)
}
