//! What keeps an alert from being told: it holds notices back, never states.

use std::collections::BTreeMap;
use std::fmt;

use jiff::Timestamp;

use crate::model::{AlertKey, Labels};

use super::matcher::{Field, Matcher, all_match};
use super::quiet::Quiet;

/// What keeps an alert from being told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Suppression {
    /// Somebody does not want to hear of it for a while.
    Silence {
        /// Identity of the silence.
        id: String,
    },
    /// What is about it is being worked at.
    Maintenance {
        /// Name of the window.
        name: String,
    },
    /// Another alert says it already.
    Inhibition {
        /// Name of the rule.
        name: String,
        /// That alert.
        by: AlertKey,
    },
    /// Nobody is told at this hour.
    Quiet {
        /// Name of the hours.
        name: String,
    },
    /// It changes to and fro.
    Flapping,
}

impl fmt::Display for Suppression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Silence { id } => write!(f, "silence:{id}"),
            Self::Maintenance { name } => write!(f, "maintenance:{name}"),
            Self::Inhibition { name, by } => write!(f, "inhibit:{name} by {by}"),
            Self::Quiet { name } => write!(f, "quiet:{name}"),
            Self::Flapping => f.write_str("flapping"),
        }
    }
}

/// Somebody does not want to hear of some alerts for a while.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Silence {
    /// Its identity.
    pub id: String,
    /// Which alerts.
    pub matchers: Vec<Matcher>,
    /// From when.
    pub from: Timestamp,
    /// Until when, not included.
    pub until: Timestamp,
}

/// Something is being worked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Maintenance {
    /// Its name.
    pub name: String,
    /// Which alerts are about it.
    pub matchers: Vec<Matcher>,
    /// From when.
    pub from: Timestamp,
    /// Until when, not included.
    pub until: Timestamp,
}

/// Some alerts need not be told while another one is open.
///
/// No alert inhibits itself, and of alerts that would inhibit each other none does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inhibition {
    /// Its name.
    pub name: String,
    /// Which alerts make others needless.
    pub sources: Vec<Matcher>,
    /// Which alerts are needless then.
    pub targets: Vec<Matcher>,
    /// Labels that both have the same values of.
    pub equal: Vec<Field>,
}

/// All that keeps alerts from being told.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Overlays {
    /// Silences, also those that are over or not begun.
    pub silences: Vec<Silence>,
    /// Maintenance windows, also those that are over or not begun.
    pub maintenance: Vec<Maintenance>,
    /// Rules.
    pub inhibitions: Vec<Inhibition>,
    /// Quiet hours, for routes to name.
    pub quiet: Vec<Quiet>,
}

/// The open alerts that inhibit others, found by rule and by what both have in common.
#[derive(Debug, Clone, Default)]
pub struct Inhibitors {
    found: BTreeMap<(usize, Vec<String>), Found>,
}

/// Who inhibits: one that is no target of the same rule, and one that is.
#[derive(Debug, Clone, Default)]
struct Found {
    above: Option<AlertKey>,
    among: Option<AlertKey>,
}

impl Overlays {
    /// Which of the open alerts inhibit others.
    #[must_use]
    pub fn inhibitors<'a>(&self, open: impl IntoIterator<Item = (&'a AlertKey, &'a Labels)>) -> Inhibitors {
        let mut inhibitors = Inhibitors::default();
        for (key, labels) in open {
            for (rule, inhibition) in self.inhibitions.iter().enumerate() {
                if !all_match(&inhibition.sources, labels) {
                    continue;
                }
                let found = inhibitors.found.entry((rule, common(inhibition, labels))).or_default();
                let is_target = all_match(&inhibition.targets, labels);
                let slot = if is_target { &mut found.among } else { &mut found.above };
                // The least key, whatever order they come in.
                if slot.as_ref().is_none_or(|least| key < least) {
                    *slot = Some(key.clone());
                }
            }
        }
        inhibitors
    }

    /// What keeps an alert from being told to a receiver whose route names these quiet hours.
    #[must_use]
    pub fn suppressed_by(
        &self,
        labels: &Labels,
        quiet: &[String],
        inhibitors: &Inhibitors,
        now: Timestamp,
    ) -> Option<Suppression> {
        let holds = |from: Timestamp, until: Timestamp| from <= now && now < until;
        let silence = |s: &&Silence| holds(s.from, s.until) && all_match(&s.matchers, labels);
        if let Some(silence) = self.silences.iter().find(silence) {
            return Some(Suppression::Silence { id: silence.id.clone() });
        }
        let maintenance = |m: &&Maintenance| holds(m.from, m.until) && all_match(&m.matchers, labels);
        if let Some(maintenance) = self.maintenance.iter().find(maintenance) {
            return Some(Suppression::Maintenance { name: maintenance.name.clone() });
        }
        if let Some((name, by)) = self.inhibited(labels, inhibitors) {
            return Some(Suppression::Inhibition { name, by });
        }
        let named = |hours: &&Quiet| quiet.contains(&hours.name) && hours.hours.hold_at(now);
        self.quiet.iter().find(named).map(|hours| Suppression::Quiet { name: hours.name.clone() })
    }

    fn inhibited(&self, labels: &Labels, inhibitors: &Inhibitors) -> Option<(String, AlertKey)> {
        self.inhibitions.iter().enumerate().filter(|(_, rule)| all_match(&rule.targets, labels)).find_map(
            |(at, rule)| {
                let found = inhibitors.found.get(&(at, common(rule, labels)))?;
                let among = || found.among.as_ref().filter(|_| !all_match(&rule.sources, labels));
                found.above.as_ref().or_else(among).map(|by| (rule.name.clone(), by.clone()))
            },
        )
    }

    /// When one of them begins or ends next. What inhibits depends on alerts, not on time.
    #[must_use]
    pub fn next_change(&self, now: Timestamp) -> Option<Timestamp> {
        let silences = self.silences.iter().flat_map(|silence| [silence.from, silence.until]);
        let maintenance = self.maintenance.iter().flat_map(|window| [window.from, window.until]);
        let quiet = self.quiet.iter().filter_map(|quiet| quiet.hours.next_change(now));
        silences.chain(maintenance).chain(quiet).filter(|at| *at > now).min()
    }
}

fn common(rule: &Inhibition, labels: &Labels) -> Vec<String> {
    rule.equal.iter().map(|field| field.text(labels)).collect()
}
