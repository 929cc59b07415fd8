//! A host reduced to its alerts: results and time go in, messages come out.

use std::collections::{BTreeMap, BTreeSet};

use super::*;
use crate::model::{CheckName, Finding, Status};

/// A message that was sent.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Sent {
    pub(super) at: Timestamp,
    pub(super) bundle: Bundle,
}

impl Sent {
    /// Whether somebody has to look: it is more than the end of something.
    pub(super) fn interrupts(&self) -> bool {
        let calm = |kind| {
            matches!(kind, NoticeKind::Resolved | NoticeKind::Closed | NoticeKind::Ack | NoticeKind::FlappingEnd)
        };
        self.bundle.notices.iter().any(|pending| !calm(pending.notice.kind))
    }
}

/// One check of the host.
#[derive(Debug, Clone)]
pub(super) struct Check {
    pub(super) labels: Labels,
    pub(super) policy: Policy,
}

/// A host reduced to its alerts.
#[derive(Debug, Clone)]
pub(super) struct World {
    pub(super) checks: BTreeMap<CheckName, Check>,
    pub(super) tree: Tree,
    pub(super) overlays: Overlays,
    pub(super) limit: Option<RateLimit>,
    pub(super) states: BTreeMap<AlertKey, State>,
    pub(super) tolds: BTreeMap<(AlertKey, String), Told>,
    pub(super) desks: BTreeMap<String, Desk>,
    pub(super) sent: Vec<Sent>,
    /// Notices that were held back, and by what.
    pub(super) held: Vec<(Timestamp, AlertKey, Notice, String)>,
    pub(super) history: Vec<(Timestamp, AlertKey, Change)>,
    live: BTreeSet<AlertKey>,
    ids: u128,
}

/// A tree with one receiver.
pub(super) fn one_receiver(group_by: &[Field]) -> Tree {
    let root = Node {
        name: "root".to_owned(),
        receivers: Some(vec!["team".to_owned()]),
        group_by: Some(group_by.to_vec()),
        ..Node::default()
    };
    Tree { root }
}

impl World {
    pub(super) fn new(checks: impl IntoIterator<Item = (Labels, Policy)>, tree: Tree) -> Self {
        let check = |(labels, policy): (Labels, Policy)| (labels.check.clone(), Check { labels, policy });
        Self {
            checks: checks.into_iter().map(check).collect(),
            tree,
            overlays: Overlays::default(),
            limit: None,
            states: BTreeMap::new(),
            tolds: BTreeMap::new(),
            desks: BTreeMap::new(),
            sent: Vec::new(),
            held: Vec::new(),
            history: Vec::new(),
            live: BTreeSet::new(),
            ids: 0,
        }
    }

    /// One critical check, which alerts at once and alone in its group.
    pub(super) fn of_one() -> Self {
        Self::new([(labels("c", Severity::Critical, Some("data")), at_once())], one_receiver(&[Field::Check]))
    }

    /// A result that was due and came at the same time.
    pub(super) fn result(&mut self, check: &str, status: Status, severity: Severity, seconds: i64) {
        self.result_with(check, status, severity, &[], seconds);
    }

    pub(super) fn result_with(
        &mut self,
        check: &str,
        status: Status,
        severity: Severity,
        findings: &[Finding],
        seconds: i64,
    ) {
        let name: CheckName = check.parse().unwrap();
        let known: Vec<(AlertKey, Phase)> = AlertKind::ALL
            .into_iter()
            .map(|kind| key(check, kind))
            .filter_map(|key| self.states.get(&key).map(|state| (key, state.phase)))
            .collect();
        let facts = Facts {
            check: &name,
            status,
            reason: None,
            severity,
            findings,
            result: &format!("{check}@{seconds}"),
            run: RunId::NIL,
            scheduled_for: at(seconds),
            version: Some("v1"),
        };
        for (key, event) in observe(&facts, &self.checks[&name].policy, &known) {
            self.event(&key, &event, at(seconds));
        }
    }

    pub(super) fn event(&mut self, key: &AlertKey, event: &Event, now: Timestamp) {
        let policy = &self.checks[&key.check].policy;
        self.ids += 1;
        let new = AlertId::from_parts(u64::try_from(now.as_millisecond()).unwrap(), self.ids);
        let stepped = step(key.kind, self.states.remove(key), event, policy, now, || new);
        self.history.extend(stepped.changes.into_iter().map(|change| (now, key.clone(), change)));
        if stepped.state.phase.is_open() {
            self.live.insert(key.clone());
        }
        self.states.insert(key.clone(), stepped.state);
    }

    pub(super) fn state(&self, check: &str) -> &State {
        &self.states[&key(check, AlertKind::Data)]
    }

    fn labels_of(&self, key: &AlertKey) -> Labels {
        let labels = self.checks[&key.check].labels.clone();
        let severity = self.states[key].severity.unwrap_or(labels.severity);
        Labels { kind: key.kind, segment: key.segment.clone(), severity, ..labels }
    }

    /// What a host does from time to time, until nothing is left to do; the answer is when it does so next.
    pub(super) fn tick(&mut self, now: Timestamp) -> Option<Timestamp> {
        for key in self.live.clone() {
            let policy = &self.checks[&key.check].policy;
            if next_tick(&self.states[&key], policy).is_some_and(|at| at <= now) {
                self.event(&key, &Event::Tick, now);
            }
        }
        let open: Vec<(AlertKey, Labels)> = self
            .live
            .iter()
            .filter(|key| self.states[*key].phase.is_open())
            .map(|key| (key.clone(), self.labels_of(key)))
            .collect();
        let inhibitors = self.overlays.inhibitors(open.iter().map(|(key, labels)| (key, labels)));
        let mut pending: BTreeMap<String, Vec<Pending>> =
            self.desks.keys().map(|receiver| (receiver.clone(), Vec::new())).collect();
        let mut next = self.overlays.next_change(now);
        let sooner = |next: &mut Option<Timestamp>, at: Option<Timestamp>| *next = next.iter().copied().chain(at).min();
        for key in self.live.clone() {
            let (labels, policy) = (self.labels_of(&key), self.checks[&key.check].policy.clone());
            let state = self.states[&key].clone();
            sooner(&mut next, next_tick(&state, &policy));
            for (target, part) in self.targets(&key, &labels, &state, &policy) {
                let timing = Timing::of(part, &target, &policy);
                let at = (key.clone(), target.receiver.clone());
                let mut told = self.tolds.get(&at).cloned().unwrap_or_default();
                let by = self.overlays.suppressed_by(&labels, &target.quiet, &inhibitors, now);
                for due in all_due(&state, &told, by.as_ref(), &timing, now) {
                    let (notice, silent) = match due {
                        Due::Nothing => continue,
                        Due::Tell(notice) => (notice, false),
                        Due::Silent(notice) => (notice, true),
                        Due::Suppressed { notice, by } => {
                            if let Some(held) = hold(&told, notice, &by, now) {
                                told = held;
                                self.tolds.insert(at.clone(), told.clone());
                                self.held.push((now, key.clone(), notice, by.to_string()));
                            }
                            continue;
                        }
                    };
                    let group = told.group.clone().filter(|_| told.open);
                    pending.entry(target.receiver.clone()).or_default().push(Pending {
                        alert: key.clone(),
                        notice,
                        severity: labels.severity,
                        group: group.unwrap_or_else(|| GroupKey::of(&target, &labels)),
                        group_wait: target.group_wait,
                        group_interval: target.group_interval,
                        silent,
                    });
                }
                sooner(&mut next, next_due(&state, &told, &timing, now));
            }
        }
        let sent = self.sent.len();
        for (receiver, pending) in pending {
            let desk = self.desks.entry(receiver.clone()).or_default();
            let flush = flush(&receiver, self.limit, &pending, desk, now);
            *desk = flush.desk;
            sooner(&mut next, flush.next);
            for bundle in flush.bundles {
                for told in bundle.notices.iter().chain(&bundle.silent) {
                    let at = (told.alert.clone(), receiver.clone());
                    let before = self.tolds.get(&at).cloned().unwrap_or_default();
                    let after = after(&before, &self.states[&told.alert], told.notice, Some(&bundle.group), now);
                    self.tolds.insert(at, after);
                }
                if !bundle.notices.is_empty() {
                    self.sent.push(Sent { at: now, bundle });
                }
            }
        }
        self.live.retain(|key| {
            let told = self.tolds.range((key.clone(), String::new())..).take_while(|((of, _), _)| of == key);
            let state = &self.states[key];
            state.phase.is_open() || told.into_iter().any(|(_, told)| !is_settled(state, told))
        });
        // What was told may be the reason to hold something else back, or to tell it again some time.
        if self.sent.len() > sent { self.tick(now) } else { next }
    }

    fn targets(&self, key: &AlertKey, labels: &Labels, state: &State, policy: &Policy) -> Vec<(Target, Part)> {
        let mut targets: Vec<_> =
            self.tree.deliver_to(labels).into_iter().map(|target| (target, Part::Routed)).collect();
        let told = self.tolds.range((key.clone(), String::new())..).take_while(|((of, _), _)| of == key);
        let escalated = state.escalated_to(policy).iter().map(|name| (name, Part::Escalated));
        for (receiver, part) in escalated.chain(told.map(|((_, receiver), _)| (receiver, Part::Former))) {
            if !targets.iter().any(|(target, _)| target.receiver == *receiver) {
                targets.push((self.tree.beside(receiver), part));
            }
        }
        targets
    }

    /// Time passes, and the host does what it has to when it has to.
    pub(super) fn pass_time(&mut self, from: i64, until: i64) {
        let mut now = at(from);
        while now <= at(until) {
            match self.tick(now) {
                Some(next) if next <= at(until) => {
                    assert!(next > now, "time does not pass at {now}");
                    now = next;
                }
                _ => break,
            }
        }
    }

    /// The host dies, and all that is left is what it has written down.
    pub(super) fn reload(&mut self) {
        fn again<T: serde::Serialize + serde::de::DeserializeOwned>(value: &mut T) {
            *value = serde_json::from_str(&serde_json::to_string(value).unwrap()).unwrap();
        }
        self.states.values_mut().for_each(again);
        self.tolds.values_mut().for_each(again);
        self.desks.values_mut().for_each(again);
    }

    /// What one receiver was told, as seconds since the beginning and words.
    pub(super) fn told(&self) -> Vec<(i64, String)> {
        let words = |sent: &Sent| {
            let kinds: Vec<&str> = sent.bundle.notices.iter().map(|pending| pending.notice.kind.as_str()).collect();
            (sent.at.as_second() - at(0).as_second(), kinds.join(" "))
        };
        self.sent.iter().map(words).collect()
    }
}

/// What somebody is expected to be told.
pub(super) fn told(all: &[(i64, &str)]) -> Vec<(i64, String)> {
    all.iter().map(|(at, words)| (*at, (*words).to_owned())).collect()
}
