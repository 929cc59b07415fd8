//! What a receiver is told, before it takes the form of an integration.

use jiff::Timestamp;
use jiff::civil::Date;

use crate::model::{AlertId, Finding, Labels, NoticeKind, Phase, Severity, Tally};

/// One message to one receiver.
#[derive(Debug, Clone, PartialEq)]
pub struct Message {
    /// Identity of the delivery, the same for every attempt: what a receiver tells repetitions by.
    pub delivery_id: String,
    /// Name of the receiver.
    pub receiver: String,
    /// When it was written.
    pub at: Timestamp,
    /// Address of this assay for links, without a slash at the end, where it has one.
    pub link: Option<String>,
    /// What it is about.
    pub content: Content,
}

impl Message {
    /// What it is for the thread that it belongs to.
    #[must_use]
    pub fn turn(&self) -> Turn {
        match &self.content {
            Content::Alerts(group) if group.open == 0 => Turn::Ends,
            Content::Alerts(_) => Turn::Goes,
            Content::Digest(_) | Content::Test { .. } => Turn::Alone,
        }
    }

    /// Identity of what it is about, towards the receiver: the group's, or its own where it belongs to none.
    #[must_use]
    pub fn dedup_key(&self) -> &str {
        match &self.content {
            Content::Alerts(group) => &group.dedup_key,
            Content::Digest(_) | Content::Test { .. } => &self.delivery_id,
        }
    }
}

/// What a message is for the thread of messages about one group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Turn {
    /// It begins the thread, or goes on with it.
    Goes,
    /// It ends the thread: all is well again.
    Ends,
    /// It belongs to no thread.
    Alone,
}

impl Turn {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Goes, Self::Ends, Self::Alone];

    /// The word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Goes => "goes",
            Self::Ends => "ends",
            Self::Alone => "alone",
        }
    }
}

/// What a message is about.
#[derive(Debug, Clone, PartialEq)]
pub enum Content {
    /// Alerts.
    Alerts(Group),
    /// What happened in a time.
    Digest(Box<Digest>),
    /// Nothing: somebody tries whether the receiver is reached.
    Test {
        /// Who, where it is known.
        by: Option<String>,
    },
}

/// Alerts that are told of together.
#[derive(Debug, Clone, PartialEq)]
pub struct Group {
    /// Identity of the group towards the receiver: never a run, a time, a message or a value.
    pub dedup_key: String,
    /// What the alerts have in common: names and values of the labels they are grouped by.
    pub labels: Vec<(String, String)>,
    /// What is told, the worst first: at least one.
    pub notices: Vec<Notice>,
    /// How many more notices there are than are listed.
    pub omitted: u64,
    /// How many alerts of the group are open after this message, those included that it does not tell of. 0: all is
    /// well again.
    pub open: u64,
    /// How many notices were held back since the last message, by silences and the like.
    pub suppressed: u64,
}

/// What is told of one alert.
#[derive(Debug, Clone, PartialEq)]
pub struct Notice {
    /// Why.
    pub kind: NoticeKind,
    /// The alert.
    pub alert: Alert,
    /// The severity that the receiver was told before, where that was another.
    pub told: Option<Severity>,
}

/// An alert as it stands when it is told of.
#[derive(Debug, Clone, PartialEq)]
pub struct Alert {
    /// The incident.
    pub id: AlertId,
    /// Identity of the alert over all its incidents, 64 hexadecimal digits.
    pub fingerprint: String,
    /// What it is about.
    pub labels: Labels,
    /// How it stands.
    pub phase: Phase,
    /// The worst it was.
    pub severity: Severity,
    /// What the check said last, one sentence.
    pub summary: String,
    /// The plugin, `id@version`.
    pub plugin: String,
    /// Since when.
    pub opened_at: Timestamp,
    /// When it was over.
    pub ended_at: Option<Timestamp>,
    /// Results of this incident that were not good.
    pub occurrences: u64,
    /// How often it was reopened.
    pub reopened: u64,
    /// Incidents of this alert before this one.
    pub incidents_before: u64,
    /// When the check was last well.
    pub last_good: Option<Timestamp>,
    /// The run of the last result.
    pub run_id: Option<String>,
    /// The day that run was about.
    pub target_date: Option<Date>,
    /// What the last result found, the worst first; not all of it.
    pub findings: Vec<Finding>,
    /// How many findings there are.
    pub findings_total: u64,
    /// Who looks after it, and until when.
    pub acked: Option<(String, Option<Timestamp>)>,
    /// Where it is written what to do.
    pub runbook: Option<String>,
}

/// What happened in a time, for a person who wants to know once a day.
#[derive(Debug, Clone, PartialEq)]
pub struct Digest {
    /// Its name in the configuration.
    pub name: String,
    /// From when.
    pub from: Timestamp,
    /// Until when.
    pub until: Timestamp,
    /// IANA name of the zone in which times are shown.
    pub time_zone: String,
    /// Last results of the checks.
    pub tally: Tally,
    /// Runs.
    pub runs: u64,
    /// Slots that had no run, and should have.
    pub missed: u64,
    /// Alerts that opened and are open.
    pub new: Vec<Alert>,
    /// Alerts that were open before and are open.
    pub still: Vec<Alert>,
    /// Alerts that are over.
    pub resolved: Vec<Alert>,
    /// Notices that were held back, by what held them back.
    pub suppressed: Vec<(String, u64)>,
    /// The slowest checks, with their longest time in milliseconds.
    pub slowest: Vec<(String, u64)>,
    /// Checks without a result in that time, which should have one.
    pub never_run: Vec<String>,
    /// Schedules that are paused.
    pub paused: Vec<String>,
    /// Deliveries that were given up.
    pub dead: u64,
}
