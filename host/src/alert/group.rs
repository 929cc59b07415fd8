//! Messages: what is due for one receiver, put together.
//!
//! The first notice of a group that is quiet waits for others; after a message, a group keeps still for a while. What
//! exceeds the limit of a receiver waits for the end of the time the limit is for, and goes into one message then.
//! Nothing is dropped: what is due and not in a message stays due.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::model::{AlertKey, Digest, Labels, NoticeKind, Severity};

use super::later;
use super::route::Target;
use super::told::Notice;

/// What alerts have in common that one receiver is told of together.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GroupKey {
    /// Name of the receiver.
    pub receiver: String,
    /// Names and values of labels.
    pub labels: Vec<(String, String)>,
    /// What exceeded the limit of the receiver, whatever its labels are.
    pub aggregate: bool,
}

impl GroupKey {
    /// The group of an alert that is routed to a receiver.
    #[must_use]
    pub fn of(target: &Target, labels: &Labels) -> Self {
        let labels = target.group_by.iter().map(|field| (field.to_string(), field.text(labels))).collect();
        Self { receiver: target.receiver.clone(), labels, aggregate: false }
    }

    /// The group of what exceeds the limit of a receiver.
    #[must_use]
    pub fn aggregate(receiver: &str) -> Self {
        Self { receiver: receiver.to_owned(), labels: Vec::new(), aggregate: true }
    }

    /// Identity of the group towards its receiver, 64 hexadecimal digits: the same for ever, whatever happens in it.
    #[must_use]
    pub fn dedup_key(&self) -> String {
        let mut text = vec![self.receiver.clone(), if self.aggregate { "aggregate" } else { "group" }.to_owned()];
        text.extend(self.labels.iter().flat_map(|(name, value)| [name.clone(), value.clone()]));
        hash(&text)
    }
}

/// A hash of some texts, wherever one ends and the next begins.
fn hash(texts: &[String]) -> String {
    let framed: String = texts.iter().map(|text| format!("{}:{text}", text.len())).collect();
    Digest::of(framed.as_bytes()).hex()
}

/// How many messages a receiver takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct RateLimit {
    /// How many; at least 1.
    pub messages: u32,
    /// In how long a time.
    pub per: Duration,
}

impl Default for RateLimit {
    fn default() -> Self {
        Self { messages: 5, per: Duration::from_mins(5) }
    }
}

/// A notice that is due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pending {
    /// The alert.
    pub alert: AlertKey,
    /// What is to be told of it.
    pub notice: Notice,
    /// How bad it is.
    pub severity: Severity,
    /// The group: that of what was told before, or as it is routed.
    pub group: GroupKey,
    /// How long the first notice of a group waits for others.
    pub group_wait: Duration,
    /// How long it is at least from one message of a group to the next.
    pub group_interval: Duration,
    /// It counts as told, and is not.
    pub silent: bool,
}

/// Where a group stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Group {
    key: GroupKey,
    /// Since when something is due.
    waiting_since: Option<Timestamp>,
    /// Until when it keeps still.
    still_until: Option<Timestamp>,
}

/// The time a limit is for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Window {
    since: Timestamp,
    sent: u32,
    /// Whether more was due.
    exceeded: bool,
}

/// Where the messages of one receiver stand. It is kept as a document.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Desk {
    /// Messages that were written.
    sequence: u64,
    /// Groups in which something is due, or that keep still.
    groups: Vec<Group>,
    window: Option<Window>,
}

/// A message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bundle {
    /// Its identity: the same whenever it is put together again from the same state.
    pub delivery_id: String,
    /// The group that what follows belongs to.
    pub group: GroupKey,
    /// What is told, the worst first, and all of one alert in order. It is no message where there is nothing.
    pub notices: Vec<Pending>,
    /// What counts as told.
    pub silent: Vec<Pending>,
    /// How many groups it stands for.
    pub groups: u64,
}

impl Bundle {
    /// How many notices of each kind it has.
    #[must_use]
    pub fn counts(&self) -> Vec<(NoticeKind, u64)> {
        let count = |kind| self.notices.iter().filter(|pending| pending.notice.kind == kind).map(|_| 1_u64).sum();
        NoticeKind::ALL.into_iter().map(|kind| (kind, count(kind))).filter(|(_, count)| *count > 0).collect()
    }
}

/// What is told now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flush {
    /// Messages, the worst first.
    pub bundles: Vec<Bundle>,
    /// Where the messages of the receiver stand then.
    pub desk: Desk,
    /// When the next message is due, if nothing changes.
    pub next: Option<Timestamp>,
}

/// A group in which something is due.
struct Waiting<'a> {
    group: Group,
    pending: Vec<&'a Pending>,
    /// When its message is due.
    at: Timestamp,
    interval: Duration,
}

impl Waiting<'_> {
    fn worst(&self) -> Option<Severity> {
        self.pending.iter().map(|pending| pending.severity).max()
    }

    fn is_silent(&self) -> bool {
        self.pending.iter().all(|pending| pending.silent)
    }
}

/// Puts all that is due for one receiver into messages, as far as it is time for them.
#[must_use]
pub fn flush(receiver: &str, limit: Option<RateLimit>, pending: &[Pending], desk: &Desk, now: Timestamp) -> Flush {
    let mut writer =
        Writer { receiver, limit, now, sequence: desk.sequence, window: window(desk, limit, now), bundles: Vec::new() };
    let waiting = waiting(pending, desk, now);
    let is_still = |group: &&Group| group.still_until.is_some_and(|until| until > now);
    let quiet = desk.groups.iter().filter(is_still).filter(|group| !waiting.iter().any(|w| w.group.key == group.key));
    let mut groups: Vec<Group> = quiet.map(|group| Group { waiting_since: None, ..group.clone() }).collect();
    let (ripe, unripe): (Vec<_>, Vec<_>) = waiting.into_iter().partition(|waiting| waiting.at <= now);
    let (told, held) = writer.write(ripe);
    let window_ends = writer.window.as_ref().zip(limit).map(|(window, limit)| later(window.since, limit.per));
    let next = unripe.iter().map(|waiting| waiting.at).chain(window_ends.filter(|_| !held.is_empty())).min();
    groups.extend(told);
    groups.extend(unripe.into_iter().chain(held).map(|waiting| waiting.group));
    groups.sort_unstable_by(|a, b| a.key.cmp(&b.key));
    let desk = Desk { sequence: writer.sequence, groups, window: writer.window };
    Flush { bundles: writer.bundles, desk, next }
}

/// The groups in which something is due, the worst first: it is told before a limit is reached.
fn waiting<'a>(pending: &'a [Pending], desk: &Desk, now: Timestamp) -> Vec<Waiting<'a>> {
    let known: BTreeMap<&GroupKey, &Group> = desk.groups.iter().map(|group| (&group.key, group)).collect();
    let mut due: BTreeMap<&GroupKey, Vec<&Pending>> = BTreeMap::new();
    for pending in pending {
        due.entry(&pending.group).or_default().push(pending);
    }
    let wait = |(key, pending): (&GroupKey, Vec<&'a Pending>)| {
        let known = known.get(key);
        let least = |of: fn(&Pending) -> Duration| pending.iter().map(|pending| of(pending)).min().unwrap_or_default();
        let interval = least(|pending| pending.group_interval);
        // Where the clock was set back, time is taken to have stood still.
        let since = known.and_then(|group| group.waiting_since).unwrap_or(now).min(now);
        let still_until = known.and_then(|group| group.still_until).map(|until| until.min(later(now, interval)));
        let waited = later(since, least(|pending| pending.group_wait));
        let at = still_until.map_or(waited, |until| until.max(waited));
        let group = Group { key: key.clone(), waiting_since: Some(since), still_until };
        Waiting { group, pending, at, interval }
    };
    let mut waiting: Vec<_> = due.into_iter().map(wait).collect();
    waiting.sort_by_key(|waiting| (Reverse(waiting.worst()), waiting.group.waiting_since));
    waiting
}

/// The time the limit is for.
fn window(desk: &Desk, limit: Option<RateLimit>, now: Timestamp) -> Option<Window> {
    let window = desk.window.clone().filter(|_| limit.is_some())?;
    Some(Window { since: window.since.min(now), ..window })
}

struct Writer<'a> {
    receiver: &'a str,
    limit: Option<RateLimit>,
    now: Timestamp,
    sequence: u64,
    window: Option<Window>,
    bundles: Vec<Bundle>,
}

impl Writer<'_> {
    /// Writes what it is time for, and gives back the groups that are told, and those that have to wait for the limit.
    fn write<'a>(&mut self, ripe: Vec<Waiting<'a>>) -> (Vec<Group>, Vec<Waiting<'a>>) {
        let ended = |window: &Window| self.limit.is_none_or(|limit| later(window.since, limit.per) <= self.now);
        let mut exceeded = false;
        if self.window.as_ref().is_some_and(ended) {
            exceeded = self.window.take().is_some_and(|window| window.exceeded);
        }
        let mut told = Vec::new();
        let (silent, mut ripe): (Vec<_>, Vec<_>) = ripe.into_iter().partition(Waiting::is_silent);
        for waiting in silent {
            let key = waiting.group.key.clone();
            self.bundle(key, &[waiting], &mut told);
        }
        if exceeded && ripe.len() > 1 {
            self.count();
            self.bundle(GroupKey::aggregate(self.receiver), &ripe, &mut told);
            return (told, Vec::new());
        }
        let sent = self.window.as_ref().map_or(0, |window| window.sent);
        let left = self.limit.map_or(u32::MAX, |limit| limit.messages.max(1).saturating_sub(sent));
        let held = ripe.split_off(ripe.len().min(usize::try_from(left).unwrap_or(usize::MAX)));
        for waiting in ripe {
            self.count();
            let key = waiting.group.key.clone();
            self.bundle(key, &[waiting], &mut told);
        }
        if let Some(window) = self.window.as_mut().filter(|_| !held.is_empty()) {
            window.exceeded = true;
        }
        (told, held)
    }

    /// One message more.
    fn count(&mut self) {
        if self.limit.is_some() {
            let window = self.window.get_or_insert(Window { since: self.now, sent: 0, exceeded: false });
            window.sent = window.sent.saturating_add(1);
        }
    }

    fn bundle(&mut self, group: GroupKey, of: &[Waiting<'_>], told: &mut Vec<Group>) {
        let still = |key: &GroupKey, interval| Group {
            key: key.clone(),
            waiting_since: None,
            still_until: Some(later(self.now, interval)),
        };
        told.extend(of.iter().map(|waiting| still(&waiting.group.key, waiting.interval)));
        if !told.iter().any(|told| told.key == group) {
            let interval = of.iter().map(|waiting| waiting.interval).min().unwrap_or_default();
            told.push(still(&group, interval));
        }
        let mut worst: BTreeMap<&AlertKey, Severity> = BTreeMap::new();
        for pending in of.iter().flat_map(|waiting| &waiting.pending) {
            let severity = worst.entry(&pending.alert).or_insert(pending.severity);
            *severity = pending.severity.max(*severity);
        }
        let all = of.iter().flat_map(|waiting| waiting.pending.iter().copied().cloned());
        let (silent, mut notices): (Vec<_>, Vec<_>) = all.partition(|pending| pending.silent);
        notices.sort_by_key(|pending| Reverse(worst.get(&pending.alert).copied()));
        self.sequence = self.sequence.saturating_add(1);
        let delivery_id = hash(&[self.receiver.to_owned(), group.dedup_key(), self.sequence.to_string()]);
        let groups = of.iter().map(|_| 1_u64).sum();
        self.bundles.push(Bundle { delivery_id, group, notices, silent, groups });
    }
}
