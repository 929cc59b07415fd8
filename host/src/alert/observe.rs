//! What a result means for the alerts of its check.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use crate::model::{AlertKey, AlertKind, CheckName, Finding, NotRun, Phase, Reason, RunId, Severity, Status};

use super::event::{Event, Evidence, Removal};
use super::policy::{Per, Policy};

/// A result, as far as alerts are concerned.
#[derive(Debug, Clone, Copy)]
pub struct Facts<'a> {
    /// The check.
    pub check: &'a CheckName,
    /// How it ended.
    pub status: Status,
    /// Why, of an error.
    pub reason: Option<Reason>,
    /// The worst severity of what it found; that of the check where it found nothing.
    pub severity: Severity,
    /// What it found.
    pub findings: &'a [Finding],
    /// Identity of the result.
    pub result: &'a str,
    /// The run.
    pub run: RunId,
    /// The instant the run was due, or was asked for.
    pub scheduled_for: Timestamp,
    /// What the check was made of: component and settings.
    pub version: Option<&'a str>,
}

impl Facts<'_> {
    fn event(&self, status: Status, severity: Severity) -> Event {
        let of = Evidence {
            at: self.scheduled_for,
            result: self.result.to_owned(),
            run: self.run,
            version: self.version.map(str::to_owned),
        };
        match status {
            Status::Pass => Event::Pass { of },
            Status::Warn => Event::Warn { of, severity },
            Status::Fail => Event::Fail { of, severity },
            Status::Skip => Event::Skip { of },
            Status::Error => Event::Error { of },
        }
    }
}

/// What a result means for which alerts. `known` are the alerts of the check that there are, and how they stand: an alert
/// that nothing is known of is none of a result's business unless it is bad for it.
///
/// That a check is not applicable is as it should be, for as long as that may last, unless something is wrong with it:
/// then nobody knows whether that is still so.
#[must_use]
pub fn observe(facts: &Facts<'_>, policy: &Policy, known: &[(AlertKey, Phase)]) -> Vec<(AlertKey, Event)> {
    let is_wrong = known.iter().any(|(_, phase)| phase.is_open());
    let known: Vec<_> = known.iter().map(|(key, _)| key.clone()).collect();
    let known = known.as_slice();
    let mut events = match facts.status {
        Status::Pass | Status::Warn | Status::Fail => on_data(facts, policy, known),
        Status::Skip | Status::Error => Vec::new(),
    };
    for kind in [AlertKind::Error, AlertKind::Stale, AlertKind::Missing] {
        let key = AlertKey { check: facts.check.clone(), kind, segment: None };
        let is_bad = match kind {
            // Who cancels a run knows of it.
            AlertKind::Error => facts.status == Status::Error && facts.reason != Some(Reason::Cancelled),
            AlertKind::Stale => facts.status == Status::Skip && is_wrong,
            AlertKind::Data | AlertKind::Missing => false,
        };
        let is_good = match facts.status {
            Status::Pass | Status::Warn | Status::Fail => true,
            Status::Skip | Status::Error => kind == AlertKind::Missing,
        };
        if is_bad || (is_good && known.contains(&key)) {
            events.push((key, facts.event(facts.status, facts.severity)));
        }
    }
    events
}

/// What the check says of the data, part by part where it is told so.
fn on_data(facts: &Facts<'_>, policy: &Policy, known: &[AlertKey]) -> Vec<(AlertKey, Event)> {
    let key = |segment: Option<&str>| AlertKey {
        check: facts.check.clone(),
        kind: AlertKind::Data,
        segment: segment.map(str::to_owned),
    };
    let known: BTreeSet<Option<&str>> =
        known.iter().filter(|key| key.kind == AlertKind::Data).map(|key| key.segment.as_deref()).collect();
    let mut said: BTreeMap<Option<&str>, (Status, Severity)> = BTreeMap::new();
    let mut gone = BTreeSet::new();
    match policy.per {
        Per::Check => {
            said.insert(None, (facts.status, facts.severity));
            gone.extend(known.iter().filter(|segment| segment.is_some()));
        }
        Per::Table => {
            if facts.status != Status::Pass {
                for finding in facts.findings {
                    let (_, worst) =
                        said.entry(finding.draft.subject.table.as_deref()).or_insert((facts.status, finding.severity));
                    *worst = finding.severity.max(*worst);
                }
                if facts.findings.is_empty() {
                    said.insert(None, (facts.status, facts.severity));
                }
            }
            for segment in known {
                said.entry(segment).or_insert((Status::Pass, facts.severity));
            }
        }
    }
    let removed = |segment| (key(segment), Event::Removed { why: Removal::Regrouped });
    let events = said.into_iter().map(|(segment, (status, severity))| (key(segment), facts.event(status, severity)));
    events.chain(gone.into_iter().map(removed)).collect()
}

/// What it means that a check did not run when it was due.
#[must_use]
pub fn missing(check: &CheckName, due: Timestamp) -> (AlertKey, Event) {
    let key = AlertKey { check: check.clone(), kind: AlertKind::Missing, segment: None };
    (key, Event::Missing { at: due })
}

/// Whether a slot that was not run is a run that is missing: not where somebody, or the configuration, wanted it so.
#[must_use]
pub fn is_missing(why: NotRun) -> bool {
    match why {
        NotRun::Paused | NotRun::Calendar | NotRun::Upstream | NotRun::Removed => false,
        NotRun::CatchUpOff
        | NotRun::Superseded
        | NotRun::CatchUpWindow
        | NotRun::CatchUpLimit
        | NotRun::Overlap
        | NotRun::StartDeadline => true,
    }
}
