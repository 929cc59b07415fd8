//! What a receiver is told of an alert: how the alert stands, compared with what the receiver was told last.
//!
//! It does not matter what happened in between. A receiver that was told of an alert is told of its end, once, also
//! where it is not routed to that receiver any more; one that was not, is not.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::model::{AlertId, NoticeKind, Phase, Severity};

use super::document::{optional, word};
use super::group::GroupKey;
use super::later;
use super::overlay::Suppression;
use super::policy::Policy;
use super::route::Target;
use super::state::State;

/// What a receiver is to be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Notice {
    /// Why.
    #[serde(with = "word")]
    pub kind: NoticeKind,
    /// Of which incident: of an earlier one than the alert is in, where the receiver has not heard of its end.
    #[serde(with = "word")]
    pub incident: AlertId,
}

/// A notice that was held back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Held {
    /// The notice.
    pub notice: Notice,
    /// What held it back, as text.
    pub by: String,
    /// When it was first held back.
    pub at: Timestamp,
}

/// What a receiver was told of an alert. It is kept as a document.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Told {
    /// The incident it was told of last.
    #[serde(with = "optional")]
    pub incident: Option<AlertId>,
    /// Whether it was told that the incident began, and not that it ended.
    pub open: bool,
    /// Whether it was told that somebody looks after it.
    pub acked: bool,
    /// Whether it was told that the alert changes to and fro.
    pub flapping: bool,
    /// The worst severity it was told.
    #[serde(with = "optional")]
    pub severity: Option<Severity>,
    /// Escalations it knows of.
    pub escalations: u32,
    /// Results it knows of.
    pub occurrences: u64,
    /// The group it was told in: what follows of the incident goes there too.
    pub group: Option<GroupKey>,
    /// What it was told last.
    #[serde(with = "optional")]
    pub last: Option<NoticeKind>,
    /// When.
    pub last_at: Option<Timestamp>,
    /// Messages it was told in.
    pub notices: u64,
    /// What was held back last, since it was told anything.
    pub held: Option<Held>,
    /// How many notices were held back since then.
    pub held_back: u32,
}

/// What a receiver has to do with an alert.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Part {
    /// The alert is routed to it.
    Routed,
    /// The alert has escalated to it.
    Escalated,
    /// The alert was routed to it once: it is told of the end only.
    Former,
}

/// How a receiver is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Timing {
    /// What it has to do with the alert.
    pub part: Part,
    /// How long after the last message it is told again of what has gone on; `None` for never.
    pub repeat: Option<Duration>,
    /// Whether it is told of the end.
    pub send_resolved: bool,
}

impl Timing {
    /// Of a receiver that an alert is routed to, or has escalated to.
    #[must_use]
    pub fn of(part: Part, target: &Target, policy: &Policy) -> Self {
        Self { part, repeat: target.repeat.unwrap_or(policy.repeat), send_resolved: target.send_resolved }
    }
}

/// What is due for a receiver.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Due {
    /// It knows how the alert stands.
    Nothing,
    /// It is to be told.
    Tell(Notice),
    /// It counts as told, and does not want to hear of ends.
    Silent(Notice),
    /// It would be told, if something did not keep it back.
    Suppressed {
        /// What it would be told.
        notice: Notice,
        /// What keeps it back.
        by: Suppression,
    },
}

/// What is due first for a receiver.
#[must_use]
pub fn due(alert: &State, told: &Told, by: Option<&Suppression>, timing: &Timing, now: Timestamp) -> Due {
    let Some((kind, incident)) = wanted(alert, told, timing, now).and_then(|(kind, id)| Some((kind, id?))) else {
        return Due::Nothing;
    };
    let notice = Notice { kind, incident };
    let flaps = alert.is_flapping() && kind != NoticeKind::FlappingStart && timing.part != Part::Former;
    if let Some(by) = by.cloned().or(flaps.then_some(Suppression::Flapping)) {
        return Due::Suppressed { notice, by };
    }
    if kind.is_end() && !timing.send_resolved { Due::Silent(notice) } else { Due::Tell(notice) }
}

/// All that is due for a receiver, in order: more than one where it was not told of something in time. Something that is
/// held back comes alone: what is told may change what there is to hold back.
#[must_use]
pub fn all_due(alert: &State, told: &Told, by: Option<&Suppression>, timing: &Timing, now: Timestamp) -> Vec<Due> {
    let mut told = told.clone();
    let mut all = Vec::new();
    // The end of flapping, that of an earlier incident, and how the alert stands.
    for _ in 0..4 {
        match due(alert, &told, by, timing, now) {
            Due::Nothing => break,
            Due::Tell(notice) => {
                told = after(&told, alert, notice, None, now);
                all.push(Due::Tell(notice));
            }
            Due::Silent(notice) => {
                told = after(&told, alert, notice, None, now);
                all.push(Due::Silent(notice));
            }
            suppressed @ Due::Suppressed { .. } => {
                if all.is_empty() {
                    all.push(suppressed);
                }
                break;
            }
        }
    }
    all
}

fn wanted(alert: &State, told: &Told, timing: &Timing, now: Timestamp) -> Option<(NoticeKind, Option<AlertId>)> {
    let current = told.incident == alert.id;
    if told.open && !current {
        return Some((NoticeKind::Resolved, told.incident));
    }
    let takes_part = timing.part != Part::Former;
    let is_open = alert.phase.is_open();
    let kind = if alert.is_flapping() && !told.flapping && takes_part && (is_open || told.open) {
        NoticeKind::FlappingStart
    } else if !alert.is_flapping() && told.flapping && takes_part && alert.phase != Phase::Closed {
        NoticeKind::FlappingEnd
    } else {
        match alert.phase {
            Phase::Firing if !takes_part => return None,
            Phase::Firing if told.open => goes_on(alert, told, timing, now)?,
            Phase::Firing if current => NoticeKind::Reopened,
            Phase::Firing if timing.part == Part::Escalated => NoticeKind::Escalate,
            Phase::Firing => NoticeKind::Open,
            Phase::Acked if takes_part && told.open && !told.acked => NoticeKind::Ack,
            Phase::Acked => return None,
            Phase::Closed if told.open => NoticeKind::Closed,
            Phase::Inactive | Phase::Pending | Phase::Resolved if told.open => NoticeKind::Resolved,
            Phase::Inactive | Phase::Pending | Phase::Resolved | Phase::Closed => return None,
        }
    };
    Some((kind, alert.id))
}

/// What there is to tell of an alert that fires still.
fn goes_on(alert: &State, told: &Told, timing: &Timing, now: Timestamp) -> Option<NoticeKind> {
    if alert.severity > told.severity || alert.escalations > told.escalations {
        return Some(NoticeKind::Escalate);
    }
    let again = told.acked || repeats_at(alert, told, timing).is_some_and(|at| at <= now);
    again.then_some(NoticeKind::Repeat)
}

/// When an alert is told of again: only if a result has said since that it goes on.
fn repeats_at(alert: &State, told: &Told, timing: &Timing) -> Option<Timestamp> {
    let news = alert.occurrences > told.occurrences;
    told.last_at.filter(|_| news).zip(timing.repeat).map(|(last, repeat)| later(last, repeat))
}

/// The earliest instant after `now` at which something else may be due by itself.
#[must_use]
pub fn next_due(alert: &State, told: &Told, timing: &Timing, now: Timestamp) -> Option<Timestamp> {
    let goes_on = alert.phase == Phase::Firing && told.open && told.incident == alert.id;
    let repeats = goes_on && timing.part != Part::Former;
    repeats_at(alert, told, timing).filter(|at| repeats && *at > now)
}

/// What a receiver has been told, once it is told this too, in a message of this group.
#[must_use]
pub fn after(told: &Told, alert: &State, notice: Notice, group: Option<&GroupKey>, now: Timestamp) -> Told {
    let mut next = Told {
        last: Some(notice.kind),
        last_at: Some(now),
        notices: told.notices.saturating_add(1),
        held: None,
        held_back: 0,
        ..told.clone()
    };
    let is_new = !told.open || told.incident != Some(notice.incident);
    if is_new {
        next.group = group.cloned().or(next.group);
    }
    match notice.kind {
        NoticeKind::Open | NoticeKind::Reopened | NoticeKind::Repeat | NoticeKind::Escalate => {
            next.incident = Some(notice.incident);
            next.open = true;
            next.acked = false;
            next.severity = alert.severity;
            next.escalations = alert.escalations;
            next.occurrences = alert.occurrences;
        }
        NoticeKind::Ack => {
            next.acked = true;
            next.severity = next.severity.max(alert.severity);
            next.escalations = alert.escalations;
            next.occurrences = alert.occurrences;
        }
        NoticeKind::FlappingStart => next.flapping = true,
        NoticeKind::FlappingEnd => next.flapping = false,
        NoticeKind::Resolved | NoticeKind::Closed => {
            next.open = false;
            next.acked = false;
            next.flapping &= alert.is_flapping();
        }
    }
    next
}

/// Whether nothing is due, and nothing will be unless something happens to the alert.
#[must_use]
pub fn is_settled(alert: &State, told: &Told) -> bool {
    !alert.phase.is_open() && !told.open && !told.flapping
}

/// What is kept of a notice that was held back; `None` where that is known already.
#[must_use]
pub fn hold(told: &Told, notice: Notice, by: &Suppression, now: Timestamp) -> Option<Told> {
    let by = by.to_string();
    let known = told.held.as_ref().is_some_and(|held| held.notice == notice && held.by == by);
    (!known).then(|| Told {
        held: Some(Held { notice, by, at: now }),
        held_back: told.held_back.saturating_add(1),
        ..told.clone()
    })
}
