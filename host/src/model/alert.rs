//! What alerts are about, and the words for how one stands. How it gets from one state to the next is `alert`'s.

use std::fmt;

use super::ids::{CheckName, Digest};
use super::severity::Severity;

/// What an alert says of its check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AlertKind {
    /// The data is not as it must be.
    Data,
    /// The check could not say.
    Error,
    /// The check was not applicable so often that nobody knows any more.
    Stale,
    /// The check did not run when it was due.
    Missing,
}

impl AlertKind {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Data, Self::Error, Self::Stale, Self::Missing];

    /// The word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Data => "data",
            Self::Error => "error",
            Self::Stale => "stale",
            Self::Missing => "missing",
        }
    }
}

impl fmt::Display for AlertKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// What makes two alerts the same one: never a run, a time, a message or a value.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AlertKey {
    /// The check.
    pub check: CheckName,
    /// What is said of it.
    pub kind: AlertKind,
    /// The part of the data, where a check is told of part by part; `None` for all of it.
    pub segment: Option<String>,
}

impl AlertKey {
    /// The key as 64 hexadecimal digits (SHA-256): what receivers tell alerts apart by.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        let Self { check, kind, segment } = self;
        // No name contains a line feed, and no kind does; the segment comes last.
        let text = format!("{check}\n{kind}\n{}", segment.as_deref().map(|s| format!("={s}")).unwrap_or_default());
        Digest::of(text.as_bytes()).hex()
    }
}

impl fmt::Display for AlertKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            AlertKind::Data => write!(f, "{}", self.check)?,
            kind => write!(f, "{}/{kind}", self.check)?,
        }
        match &self.segment {
            Some(segment) => write!(f, " [{segment}]"),
            None => Ok(()),
        }
    }
}

/// How an alert stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Phase {
    /// Nothing is wrong, and nothing was.
    Inactive,
    /// Something is wrong, not yet often enough to tell anybody.
    Pending,
    /// Something is wrong.
    Firing,
    /// Something is wrong, and somebody looks after it.
    Acked,
    /// What was wrong is right again.
    Resolved,
    /// The check is not there any more.
    Closed,
}

impl Phase {
    /// All of them.
    pub const ALL: [Self; 6] = [Self::Inactive, Self::Pending, Self::Firing, Self::Acked, Self::Resolved, Self::Closed];

    /// The word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Inactive => "inactive",
            Self::Pending => "pending",
            Self::Firing => "firing",
            Self::Acked => "acked",
            Self::Resolved => "resolved",
            Self::Closed => "closed",
        }
    }

    /// Whether something is wrong: firing, or acknowledged.
    #[must_use]
    pub fn is_open(self) -> bool {
        matches!(self, Self::Firing | Self::Acked)
    }
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Why somebody is told of an alert.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NoticeKind {
    /// It fires.
    Open,
    /// It fires again, soon after it was resolved: the same incident.
    Reopened,
    /// It fires still.
    Repeat,
    /// It became worse, or nobody looked after it for too long.
    Escalate,
    /// Somebody looks after it.
    Ack,
    /// It changes to and fro; nothing is told until that is over.
    FlappingStart,
    /// That is over.
    FlappingEnd,
    /// It is over.
    Resolved,
    /// Its check is not there any more.
    Closed,
}

impl NoticeKind {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Open,
        Self::Reopened,
        Self::Repeat,
        Self::Escalate,
        Self::Ack,
        Self::FlappingStart,
        Self::FlappingEnd,
        Self::Resolved,
        Self::Closed,
    ];

    /// The word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Reopened => "reopened",
            Self::Repeat => "repeat",
            Self::Escalate => "escalate",
            Self::Ack => "ack",
            Self::FlappingStart => "flapping_start",
            Self::FlappingEnd => "flapping_end",
            Self::Resolved => "resolved",
            Self::Closed => "closed",
        }
    }

    /// Whether the alert is over with it.
    #[must_use]
    pub fn is_end(self) -> bool {
        matches!(self, Self::Resolved | Self::Closed)
    }
}

impl fmt::Display for NoticeKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// What routes, silences and inhibitions look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Labels {
    /// The check.
    pub check: CheckName,
    /// What is said of it.
    pub kind: AlertKind,
    /// The part of the data.
    pub segment: Option<String>,
    /// How bad it is.
    pub severity: Severity,
    /// Who is to look after it: of the data, of the check, or of the host, by kind.
    pub owner: Option<String>,
    /// Labels of the check.
    pub tags: Vec<String>,
    /// The sources the check may read.
    pub sources: Vec<String>,
    /// The schedule of the check.
    pub schedule: Option<String>,
}

/// What a check is to those who route its alerts.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AlertSubject {
    /// Who owns the data.
    pub data_owner: Option<String>,
    /// Who looks after the check itself.
    pub check_owner: Option<String>,
    /// Who looks after the host.
    pub operator: Option<String>,
    /// Labels of the check.
    pub tags: Vec<String>,
    /// The sources the check may read.
    pub sources: Vec<String>,
    /// The schedule of the check.
    pub schedule: Option<String>,
    /// Where it is written what to do.
    pub runbook: Option<String>,
    /// The plugin, `id@version`.
    pub plugin: String,
}

impl AlertSubject {
    /// The labels of one of its alerts. What the host is to blame for is the operator's, whatever it is said of.
    #[must_use]
    pub fn labels(&self, key: &AlertKey, severity: Severity, by_host: bool) -> Labels {
        let owner = match key.kind {
            _ if by_host => &self.operator,
            AlertKind::Missing => &self.operator,
            AlertKind::Data => &self.data_owner,
            AlertKind::Error | AlertKind::Stale => &self.check_owner,
        };
        Labels {
            check: key.check.clone(),
            kind: key.kind,
            segment: key.segment.clone(),
            severity,
            owner: owner.clone(),
            tags: self.tags.clone(),
            sources: self.sources.clone(),
            schedule: self.schedule.clone(),
        }
    }
}
