//! Digests: what happened since the last one, whether or not anything did.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use crate::alert::all_match;
use crate::config::DigestConfig;
use crate::model::{Delivery, DeliveryContent, Phase};
use crate::store::{Archive, Numbers, Telegram};

use super::editor::{Editor, alert, delivery, hash};
use super::message::{Content, Digest, Message};

impl Editor {
    /// Writes the digests that are due, and notes until when they are. A digest that is new begins now.
    pub(super) fn write_digests(
        &self,
        journal: &str,
        now: Timestamp,
        sent: &BTreeMap<String, Timestamp>,
        archive: &dyn Archive,
        telegram: &mut Telegram,
    ) -> Option<Timestamp> {
        let mut next = None;
        for config in &self.digests {
            let Some(from) = sent.get(&config.name).copied() else {
                telegram.digests.push((config.name.clone(), now));
                next = [next, config.timing.after(now).map(|due| due.at)].into_iter().flatten().min();
                continue;
            };
            if let Some(due) = config.timing.between(from, now).last() {
                telegram.digests.push((config.name.clone(), due.at));
                telegram.deliveries.extend(self.digest(journal, config, from, due.at, now, archive));
            }
            next = [next, config.timing.after(from.max(now)).map(|due| due.at)].into_iter().flatten().min();
        }
        next
    }

    /// A digest for each of its receivers.
    fn digest(
        &self,
        journal: &str,
        config: &DigestConfig,
        from: Timestamp,
        until: Timestamp,
        now: Timestamp,
        archive: &dyn Archive,
    ) -> Vec<Delivery> {
        let Numbers { tally, runs, missed, ran, slowest, suppressed, dead, paused } = archive.numbers(from, until);
        let ran: BTreeSet<_> = ran.into_iter().collect();
        let never_run = self.scheduled.iter().filter(|check| !ran.contains(check)).map(ToString::to_string).collect();
        let mut digest = Digest {
            name: config.name.clone(),
            from,
            until,
            time_zone: config.timing.time_zone.iana_name().unwrap_or("UTC").to_owned(),
            tally,
            runs,
            missed,
            new: Vec::new(),
            still: Vec::new(),
            resolved: Vec::new(),
            suppressed,
            slowest,
            never_run,
            paused,
            dead,
        };
        for standing in archive.alerts() {
            let item = self.item(standing, now);
            let state = &item.alert.state;
            let (Some(id), Some(opened_at)) = (state.id, state.opened_at) else { continue };
            if !all_match(&config.matchers, &item.labels) {
                continue;
            }
            let told = || alert(&item, id, Some(archive));
            match state.phase {
                Phase::Firing | Phase::Acked if opened_at >= from => digest.new.push(told()),
                Phase::Firing | Phase::Acked => digest.still.push(told()),
                Phase::Inactive | Phase::Pending | Phase::Resolved | Phase::Closed => {
                    if state.ended_at.is_some_and(|ended| ended >= from) {
                        digest.resolved.push(told());
                    }
                }
            }
        }
        let write = |receiver: &String| {
            let opened = self.receivers.get(receiver)?;
            let message = Message {
                delivery_id: hash(&[journal, receiver, &config.name, &until.to_string()]),
                receiver: receiver.clone(),
                at: now,
                link: self.link.clone(),
                content: Content::Digest(Box::new(digest.clone())),
            };
            let alerts = digest.new.len() + digest.still.len() + digest.resolved.len();
            let alerts = u64::try_from(alerts).unwrap_or(u64::MAX);
            Some(delivery(opened, &message, DeliveryContent::Digest, None, alerts))
        };
        config.receivers.iter().filter_map(write).collect()
    }
}
