//! What is told, to whom and when: the one who decides, from how alerts stand, what was told of them, and the
//! configuration.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;

use crate::alert::{
    self, Bundle, Change, Due, Event, GroupKey, Inhibitors, Overlays, Part, Pending, Policy, RateLimit, Removal,
    Target, Timing, Told, Tree, after, all_due, flush, hold, is_settled, next_due, next_tick, step,
};
use crate::config::DigestConfig;
use crate::model::{
    AlertId, AlertKey, AlertKind, AlertSubject, CheckName, Delivery, DeliveryContent, DeliveryStatus, Digest, Labels,
    NoticeKind, Notification, NotificationStatus, Phase, Severity, unique_id,
};
use crate::store::{AlertContext, Archive, Standing, StandingAlert, Telegram, Teller};

use super::message::{Alert, Content, Group, Message, Notice};
use super::open::Opened;

/// Of how many alerts a message says what was found; of the others it says that they are. No receiver shows more to people.
const DETAILED_MAX: usize = 50;
/// How many findings of an alert a message lists; the rest is counted.
const FINDINGS_MAX: usize = 5;
/// What stands in place of what is not known any more.
const UNKNOWN: &str = "unknown";

/// Decides what is told.
#[derive(Debug)]
pub struct Editor {
    /// Who is told of what.
    pub tree: Tree,
    /// What keeps alerts from being told, silences aside.
    pub overlays: Overlays,
    /// Who can be told, by name.
    pub receivers: BTreeMap<String, Arc<Opened>>,
    /// What the alerts of configured checks are judged by.
    pub checks: BTreeMap<CheckName, Arc<AlertContext>>,
    /// The checks that a schedule runs, which is due by itself.
    pub scheduled: Vec<CheckName>,
    /// Digests.
    pub digests: Vec<DigestConfig>,
    /// Address of this assay for links.
    pub link: Option<String>,
    /// Whether to wait for nothing, since nobody will be there later.
    pub at_once: bool,
}

/// One alert on its way to those who are told of it.
pub(super) struct Item {
    pub(super) alert: StandingAlert,
    changes: Vec<Change>,
    policy: Arc<Policy>,
    pub(super) labels: Labels,
}

/// What is to be found out for all alerts, and is written down in the end.
struct Desk<'a> {
    editor: &'a Editor,
    /// What tells the journal from others.
    journal: String,
    overlays: Overlays,
    now: Timestamp,
    told: BTreeMap<(String, String), Told>,
    /// How many alerts receivers know to be open, by group.
    open: BTreeMap<GroupKey, u64>,
    /// The keys of what has changed of it.
    changed: BTreeSet<(String, String)>,
    pending: BTreeMap<String, Vec<Pending>>,
    notifications: Vec<Notification>,
    next: Option<Timestamp>,
}

impl Teller for Editor {
    fn tell(&self, standing: Standing, archive: &dyn Archive) -> Telegram {
        let Standing { journal, now, alerts, told, mut desks, silences, digests } = standing;
        let silences = silences.into_iter().map(|stored| stored.silence).collect();
        let overlays = Overlays { silences, ..self.overlays.clone() };
        let items: Vec<_> = alerts.into_iter().map(|alert| self.item(alert, now)).collect();
        let wrong = items.iter().filter(|item| item.alert.state.phase.is_open());
        let inhibitors = overlays.inhibitors(wrong.map(|item| (&item.alert.key, &item.labels)));
        let mut open = BTreeMap::new();
        for group in told.values().filter_map(open_in) {
            *open.entry(group.clone()).or_default() += 1;
        }
        let mut desk = Desk {
            open,
            editor: self,
            journal,
            next: overlays.next_change(now),
            overlays,
            now,
            told,
            changed: BTreeSet::new(),
            pending: BTreeMap::new(),
            notifications: Vec::new(),
        };
        let mut waiting = BTreeSet::new();
        for item in &items {
            if desk.consider(item, &inhibitors) {
                waiting.insert(item.alert.key.clone());
            }
        }
        let mut telegram = Telegram::default();
        let by_key: BTreeMap<_, _> = items.iter().map(|item| (&item.alert.key, item)).collect();
        let receivers: BTreeSet<String> = desks.keys().chain(desk.pending.keys()).cloned().collect();
        for receiver in receivers {
            let pending = desk.pending.remove(&receiver).unwrap_or_default();
            let known = desks.remove(&receiver).unwrap_or_default();
            let rate = self.receivers.get(&receiver).and_then(|opened| opened.receiver().rate);
            let limit = rate.map(|rate| RateLimit { messages: rate.count, per: rate.per });
            let mut flushed = flush(&receiver, limit, &pending, &known, now);
            if self.at_once
                && let Some(limit) = limit
            {
                // Nobody is there when the time of the limit is over: what exceeds it goes into one message now.
                let is_in =
                    |bundle: &Bundle, of: &Pending| bundle.notices.iter().chain(&bundle.silent).any(|told| told == of);
                let is_told = |of: &Pending| flushed.bundles.iter().any(|bundle| is_in(bundle, of));
                let rest: Vec<_> = pending.iter().filter(|pending| !is_told(pending)).cloned().collect();
                let over = now.saturating_add(limit.per).unwrap_or(Timestamp::MAX);
                let more = flush(&receiver, Some(limit), &rest, &flushed.desk, over);
                flushed.bundles.extend(more.bundles);
                (flushed.desk, flushed.next) = (more.desk, more.next);
            }
            desk.wakes_at(flushed.next);
            for bundle in &flushed.bundles {
                let delivery = desk.write(bundle, &by_key, archive);
                telegram.deliveries.extend(delivery);
            }
            if flushed.desk != known {
                telegram.desks.push((receiver, flushed.desk));
            }
        }
        let next = self.write_digests(&desk.journal, now, &digests, archive, &mut telegram);
        desk.wakes_at(next);
        let Desk { told, changed, notifications, next, .. } = desk;
        telegram.told = told.into_iter().filter(|(key, _)| changed.contains(key)).collect();
        telegram.notifications = notifications;
        // To be told of something may be a reason to hold something back: another look, before long.
        telegram.next = if telegram.deliveries.is_empty() { next } else { Some(now) };
        for item in items {
            let unsettled = waiting.contains(&item.alert.key);
            if !item.changes.is_empty() || !unsettled {
                telegram.alerts.push((item.alert, item.changes, unsettled));
            }
        }
        telegram
    }
}

impl Editor {
    /// What the alerts of a check are judged by; nothing where it is not configured.
    fn context(&self, alert: &StandingAlert) -> Option<&Arc<AlertContext>> {
        self.checks.get(&alert.key.check)
    }

    /// An alert at `now`, with what time has changed about it.
    pub(super) fn item(&self, mut alert: StandingAlert, now: Timestamp) -> Item {
        let known = self.context(&alert);
        let severity = alert.state.severity.or(alert.state.last_severity).unwrap_or(Severity::Low);
        let policy = known.map_or_else(|| Arc::new(Policy::default_of(severity)), |known| known.policy.clone());
        if let Some(known) = known {
            alert.subject = known.subject.clone();
        }
        let event = match known {
            Some(_) => Event::Tick,
            None => Event::Removed { why: Removal::Deleted },
        };
        let new_id = || AlertId::generate(now);
        let stepped = step(alert.key.kind, Some(alert.state), &event, &policy, now, new_id);
        alert.state = stepped.state;
        if !stepped.changes.is_empty() {
            alert.updated_at = now;
        }
        let severity = alert.state.severity.unwrap_or(severity);
        let labels = alert.subject.labels(&alert.key, severity, alert.by_host);
        Item { alert, changes: stepped.changes, policy, labels }
    }

    /// Who has to do with an alert, and what.
    fn parts(&self, item: &Item, told: &BTreeMap<(String, String), Told>) -> Vec<(Target, Part)> {
        let mut parts: Vec<_> =
            self.tree.deliver_to(&item.labels).into_iter().map(|target| (target, Part::Routed)).collect();
        let has = |parts: &[(Target, Part)], name: &str| parts.iter().any(|(target, _)| target.receiver == name);
        for receiver in item.alert.state.escalated_to(&item.policy) {
            if !has(&parts, receiver) {
                parts.push((self.tree.beside(receiver), Part::Escalated));
            }
        }
        let fingerprint = item.alert.key.fingerprint();
        let of_it = told.range((fingerprint.clone(), String::new())..).take_while(|((of, _), _)| *of == fingerprint);
        for ((_, receiver), told) in of_it {
            if told.open && !has(&parts, receiver) {
                parts.push((self.tree.beside(receiver), Part::Former));
            }
        }
        for (target, _) in &mut parts {
            let receiver = self.receivers.get(&target.receiver);
            target.send_resolved &= receiver.is_none_or(|opened| opened.receiver().send_resolved);
        }
        parts
    }
}

impl Desk<'_> {
    /// There may be something to do at an instant.
    fn wakes_at(&mut self, at: Option<Timestamp>) {
        self.next = [self.next, at].into_iter().flatten().min();
    }

    /// Finds out who is to be told of an alert. Whether there is, or will be, something left to do for it.
    fn consider(&mut self, item: &Item, inhibitors: &Inhibitors) -> bool {
        let Item { alert, policy, labels, .. } = item;
        let (state, fingerprint) = (&alert.state, alert.key.fingerprint());
        let tick = next_tick(state, policy);
        self.wakes_at(tick);
        let mut unsettled = tick.is_some() || state.phase.is_open();
        for (target, part) in self.editor.parts(item, &self.told) {
            let key = (fingerprint.clone(), target.receiver.clone());
            let told = self.told.get(&key).cloned().unwrap_or_default();
            let timing = Timing::of(part, &target, policy);
            let by = self.overlays.suppressed_by(labels, &target.quiet, inhibitors, self.now);
            for due in all_due(state, &told, by.as_ref(), &timing, self.now) {
                unsettled = true;
                match due {
                    Due::Nothing => {}
                    Due::Tell(notice) => self.pend(alert, &told, &target, notice, false, labels),
                    Due::Silent(notice) => self.pend(alert, &told, &target, notice, true, labels),
                    Due::Suppressed { notice, by } => {
                        if let Some(held) = hold(&told, notice, &by, self.now) {
                            self.note(&fingerprint, &target.receiver, notice, Err(by.to_string()));
                            self.know(key.clone(), held);
                        }
                    }
                }
            }
            unsettled |= !is_settled(state, &told);
            self.wakes_at(next_due(state, &told, &timing, self.now));
            self.refresh(item, &told, &target);
        }
        unsettled
    }

    /// A receiver that forgets what it is not told again is told again, whether or not anything happened.
    fn refresh(&mut self, item: &Item, told: &Told, target: &Target) {
        let opened = self.editor.receivers.get(&target.receiver);
        let (Some(refresh), Some(last)) = (opened.and_then(|o| o.receiver().kind.refresh()), told.last_at) else {
            return;
        };
        let stands = told.open && told.incident == item.alert.state.id && item.alert.state.phase.is_open();
        let Some(incident) = told.incident.filter(|_| stands) else { return };
        let at = last.saturating_add(refresh).unwrap_or(Timestamp::MAX);
        if at > self.now {
            return self.wakes_at(Some(at));
        }
        let waits = self
            .pending
            .get(&target.receiver)
            .is_some_and(|pending| pending.iter().any(|pending| pending.alert == item.alert.key));
        if !waits {
            let notice = alert::Notice { kind: NoticeKind::Repeat, incident };
            self.pend(&item.alert, told, target, notice, false, &item.labels);
        }
    }

    fn pend(
        &mut self,
        alert: &StandingAlert,
        told: &Told,
        target: &Target,
        notice: alert::Notice,
        silent: bool,
        labels: &Labels,
    ) {
        let (group_wait, group_interval) = match self.editor.at_once {
            true => Default::default(),
            false => (target.group_wait, target.group_interval),
        };
        let same = told.open.then(|| told.group.clone()).flatten();
        self.pending.entry(target.receiver.clone()).or_default().push(Pending {
            alert: alert.key.clone(),
            notice,
            severity: labels.severity,
            group: same.unwrap_or_else(|| GroupKey::of(target, labels)),
            group_wait,
            group_interval,
            silent,
        });
    }

    fn know(&mut self, key: (String, String), told: Told) {
        if let Some(group) = open_in(&told) {
            *self.open.entry(group.clone()).or_default() += 1;
        }
        let before = self.told.insert(key.clone(), told);
        if let Some(count) = before.as_ref().and_then(open_in).and_then(|group| self.open.get_mut(group)) {
            *count -= 1;
        }
        self.changed.insert(key);
    }

    /// Notes that something was told in a delivery, or held back by something.
    fn note(&mut self, fingerprint: &str, receiver: &str, notice: alert::Notice, how: Result<&str, String>) {
        let (status, suppressed_by, delivery) = match how {
            Ok(delivery) => (NotificationStatus::Told, None, Some(delivery.to_owned())),
            Err(by) => (NotificationStatus::Suppressed, Some(by), None),
        };
        self.notifications.push(Notification {
            id: unique_id(self.now),
            alert: notice.incident,
            fingerprint: fingerprint.to_owned(),
            receiver: receiver.to_owned(),
            kind: notice.kind,
            at: self.now,
            status,
            suppressed_by,
            delivery,
        });
    }

    /// Writes a message down, once and for all.
    fn write(
        &mut self,
        bundle: &Bundle,
        items: &BTreeMap<&AlertKey, &Item>,
        archive: &dyn Archive,
    ) -> Option<Delivery> {
        let receiver = &bundle.group.receiver;
        // Another journal may have the same groups: its messages are others.
        let delivery_id = hash(&[&self.journal, &bundle.delivery_id]);
        let opened = self.editor.receivers.get(receiver);
        let mut suppressed = 0_u64;
        // What the receiver was told of each before this message.
        let mut before: BTreeMap<&AlertKey, Option<Severity>> = BTreeMap::new();
        for pending in bundle.notices.iter().chain(&bundle.silent) {
            let Some(item) = items.get(&pending.alert) else { continue };
            let key = (pending.alert.fingerprint(), receiver.clone());
            let told = self.told.get(&key).cloned().unwrap_or_default();
            suppressed += u64::from(told.held_back);
            before.entry(&pending.alert).or_insert(told.severity);
            let how = match (opened, pending.silent) {
                (None, _) => Err("no such receiver".to_owned()),
                (Some(_), true) => Err("send_resolved".to_owned()),
                (Some(_), false) => Ok(delivery_id.as_str()),
            };
            self.note(&key.0, receiver, pending.notice, how);
            self.know(key, after(&told, &item.alert.state, pending.notice, Some(&bundle.group), self.now));
        }
        let opened = opened.filter(|_| !bundle.notices.is_empty())?;
        let open = self.open.get(&bundle.group).copied().unwrap_or_default();
        let notices: Vec<_> = (bundle.notices.iter().enumerate())
            .filter_map(|(at, pending)| {
                let item = items.get(&pending.alert)?;
                let archive = (at < DETAILED_MAX).then_some(archive);
                let before = before.get(&pending.alert).copied().flatten();
                Some(Notice {
                    kind: pending.notice.kind,
                    alert: alert(item, pending.notice.incident, archive),
                    told: before.filter(|told| *told != item.labels.severity),
                })
            })
            .collect();
        let count = u64::try_from(bundle.notices.len()).unwrap_or(u64::MAX);
        let message = Message {
            delivery_id,
            receiver: receiver.clone(),
            at: self.now,
            link: self.editor.link.clone(),
            content: Content::Alerts(Group {
                dedup_key: bundle.group.dedup_key(),
                labels: bundle.group.labels.clone(),
                notices,
                omitted: 0,
                open,
                suppressed,
            }),
        };
        let content = if open == 0 { DeliveryContent::Resolved } else { DeliveryContent::Firing };
        Some(delivery(opened, &message, content, Some(bundle.group.dedup_key()), count))
    }
}

/// The group in which a receiver knows an alert to be open.
fn open_in(told: &Told) -> Option<&GroupKey> {
    told.group.as_ref().filter(|_| told.open)
}

/// A hash of some texts, 64 hexadecimal digits.
pub(super) fn hash(texts: &[&str]) -> String {
    Digest::of(texts.join("\n").as_bytes()).hex()
}

/// A message as it is kept until it arrives.
pub(super) fn delivery(
    opened: &Opened,
    message: &Message,
    content: DeliveryContent,
    group_key: Option<String>,
    notices: u64,
) -> Delivery {
    let rendered = opened.render(message);
    Delivery {
        id: message.delivery_id.clone(),
        receiver: message.receiver.clone(),
        group_key,
        dedup_key: message.dedup_key().to_owned(),
        content,
        notices,
        content_type: rendered.content_type.to_owned(),
        body: rendered.body,
        status: DeliveryStatus::Queued,
        attempts: 0,
        next_attempt_at: Some(message.at),
        created_at: message.at,
        ended_at: None,
        error: None,
        receipt: None,
    }
}

/// An alert as it is told of, with what was found where there is an archive to look it up in. An incident before the one
/// it is in is over, whatever it is now.
pub(super) fn alert(item: &Item, incident: AlertId, archive: Option<&dyn Archive>) -> Alert {
    let StandingAlert { key, subject, state, updated_at, .. } = &item.alert;
    let is_current = state.id == Some(incident);
    let result = state.last_result.as_deref().zip(archive).and_then(|(id, archive)| archive.result(id));
    let AlertSubject { plugin, runbook, .. } = subject.clone();
    let (mut findings, summary, run_id, target_date) = match result {
        Some(result) => (result.findings, result.message, Some(result.run_id), Some(result.target_date)),
        None => (Vec::new(), summary_of(item), state.last_run.map(|run| run.to_string()), None),
    };
    let findings_total = u64::try_from(findings.len()).unwrap_or(u64::MAX);
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    findings.truncate(FINDINGS_MAX);
    Alert {
        id: incident,
        fingerprint: key.fingerprint(),
        labels: item.labels.clone(),
        phase: if is_current { state.phase } else { Phase::Resolved },
        severity: item.labels.severity,
        summary,
        plugin: if plugin.is_empty() { UNKNOWN.to_owned() } else { plugin },
        opened_at: state.opened_at.unwrap_or(*updated_at),
        ended_at: if is_current { state.ended_at } else { Some(*updated_at) },
        occurrences: state.occurrences,
        reopened: state.reopened.into(),
        incidents_before: state.incidents_before(),
        last_good: state.last_good.or_else(|| archive?.last_pass(&key.check)),
        run_id,
        target_date,
        findings,
        findings_total,
        acked: state.acked.as_ref().map(|ack| (ack.by.clone(), ack.until)),
        runbook,
    }
}

/// What there is to say where no result says it.
fn summary_of(item: &Item) -> String {
    match (item.labels.kind, item.alert.state.last_event_at) {
        (AlertKind::Missing, Some(at)) => format!("no result of the run that was due at {at}"),
        _ => format!("{} results were not good", item.alert.state.occurrences),
    }
}
