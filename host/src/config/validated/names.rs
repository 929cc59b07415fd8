//! Names that sections refer to each other by.

use std::collections::BTreeSet;
use std::str::FromStr;

use toml::Spanned;

use super::super::authored::{Document, Named};
use super::super::error::ConfigProblem;
use super::super::suggest::did_you_mean;
use super::Problems;

/// What has a name that is referred to.
#[derive(Debug, Clone, Copy)]
pub(super) enum Kind {
    Source,
    Calendar,
    Schedule,
    Receiver,
    Route,
    Quiet,
    Check,
}

impl Kind {
    /// The word for it, which is its section.
    fn as_str(self) -> &'static str {
        match self {
            Self::Source => "source",
            Self::Calendar => "calendar",
            Self::Schedule => "schedule",
            Self::Receiver => "receiver",
            Self::Route => "route",
            Self::Quiet => "quiet",
            Self::Check => "check",
        }
    }

    /// What it is called in messages, one and many.
    fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Source => ("source", "sources"),
            Self::Calendar => ("calendar", "calendars"),
            Self::Schedule => ("schedule", "schedules"),
            Self::Receiver => ("receiver", "receivers"),
            Self::Route => ("route", "routes"),
            Self::Quiet => ("set of quiet hours", "quiet hours"),
            Self::Check => ("check", "checks"),
        }
    }

    fn heading(self, name: &str) -> String {
        match self {
            Self::Source | Self::Calendar | Self::Schedule | Self::Receiver | Self::Route | Self::Quiet => {
                format!("[{}.{name}]", self.as_str())
            }
            Self::Check => "[[check]]".to_owned(),
        }
    }
}

/// The names that may be referred to, whether or not what they name is right.
pub(super) struct Names<'a> {
    pub(super) sources: Vec<&'a str>,
    pub(super) calendars: Vec<&'a str>,
    pub(super) schedules: Vec<&'a str>,
    pub(super) receivers: Vec<&'a str>,
    pub(super) routes: Vec<&'a str>,
    pub(super) quiet: Vec<&'a str>,
    pub(super) checks: Vec<&'a str>,
    /// Who looks after something.
    pub(super) owners: Vec<&'a str>,
    pub(super) tags: Vec<&'a str>,
    /// The sections of which not every name could be read, and `owner` and `tag` for names of those.
    pub(super) unreadable: BTreeSet<&'static str>,
}

impl<'a> Names<'a> {
    pub(super) fn of(authored: &'a Document) -> Self {
        fn all<T>(named: &[Named<T>]) -> Vec<&str> {
            named.iter().map(|named| named.name.get_ref().as_str()).collect()
        }
        let checks = authored.check.iter().flatten();
        let mut unreadable = authored.unreadable.clone();
        if checks.clone().any(|check| check.is_unreadable("name")) {
            unreadable.insert(Kind::Check.as_str());
        }
        let operator = authored.alerts.as_ref().and_then(|alerts| alerts.value.operator.as_ref());
        let owners = checks.clone().flat_map(|check| [&check.value.owner, &check.value.check_owner]).flatten();
        let mut owners: Vec<_> = owners.chain(operator).map(|owner| owner.get_ref().as_str()).collect();
        let mut tags: Vec<_> = checks
            .clone()
            .flat_map(|check| check.value.tags.iter().flatten())
            .map(|tag| tag.get_ref().as_str())
            .collect();
        for names in [&mut owners, &mut tags] {
            names.sort_unstable();
            names.dedup();
        }
        let of_checks = |keys: &[&str]| checks.clone().any(|check| keys.iter().any(|key| check.is_unreadable(key)));
        let no_operator = authored.alerts.as_ref().is_some_and(|alerts| alerts.is_unreadable("operator"));
        let any_check = unreadable.contains(Kind::Check.as_str());
        if any_check || no_operator || unreadable.contains("alerts") || of_checks(&["owner", "check_owner"]) {
            unreadable.insert("owner");
        }
        if any_check || of_checks(&["tags"]) {
            unreadable.insert("tag");
        }
        let checks = checks.filter_map(|check| check.value.name.as_ref());
        Self {
            sources: all(&authored.source),
            calendars: all(&authored.calendar),
            schedules: all(&authored.schedule),
            receivers: all(&authored.receiver),
            routes: all(&authored.route),
            quiet: all(&authored.quiet),
            owners,
            tags,
            checks: checks.map(|name| name.get_ref().as_str()).collect(),
            unreadable,
        }
    }

    /// The name, if it is one of those of the file.
    pub(super) fn known<T: FromStr>(&self, name: &Spanned<String>, kind: Kind, problems: &mut Problems) -> Option<T> {
        let text = name.get_ref();
        let (one, many) = kind.words();
        let known = match kind {
            Kind::Source => &self.sources,
            Kind::Calendar => &self.calendars,
            Kind::Schedule => &self.schedules,
            Kind::Receiver => &self.receivers,
            Kind::Route => &self.routes,
            Kind::Quiet => &self.quiet,
            Kind::Check => &self.checks,
        };
        if known.contains(&text.as_str()) {
            // A name that breaks its rule is told of where it is given.
            return text.parse().ok();
        }
        if !self.unreadable.contains(kind.as_str()) {
            let hint = match known.as_slice() {
                [] => format!("add it: `{}`", kind.heading(text)),
                known => did_you_mean(text, &format!("the {many} of this file are"), known.iter().copied()),
            };
            problems.push(ConfigProblem::at(name.span(), format!("there is no {one} `{text}`")).hint(hint));
        }
        None
    }
}
