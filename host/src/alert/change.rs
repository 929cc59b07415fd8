//! What can change about an alert.

use jiff::Timestamp;

use crate::model::Severity;

use super::state::Ended;

/// Something that changed about an alert: a line of its history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// Something is wrong, not yet often enough.
    Pending,
    /// What was wrong is right again, and nobody was told.
    Blip,
    /// It fires.
    Opened {
        /// How bad it is.
        severity: Severity,
    },
    /// It fires again, soon after its end: the same incident.
    Reopened {
        /// How bad it is.
        severity: Severity,
    },
    /// It is worse than it was.
    Worse {
        /// The worst before.
        from: Severity,
        /// How bad it is.
        to: Severity,
    },
    /// The last result is not as bad as the one before.
    Milder {
        /// How bad that was.
        from: Severity,
        /// How bad this is.
        to: Severity,
    },
    /// Somebody looks after it.
    Acked {
        /// Who.
        by: String,
        /// Until when.
        until: Option<Timestamp>,
        /// Also when it becomes worse.
        sticky: bool,
    },
    /// The time is over in which somebody looked after it.
    AckExpired,
    /// It became worse than what somebody looked after.
    AckCleared,
    /// Somebody does not look after it any more.
    Unacked {
        /// Who said so.
        by: String,
    },
    /// Nobody looked after it for too long.
    Escalated {
        /// How often that was so.
        level: u32,
    },
    /// It is over.
    Resolved {
        /// How.
        how: Ended,
    },
    /// Its check is not there any more.
    Closed {
        /// How.
        how: Ended,
    },
    /// What might have become an alert is not waited for any more.
    Withdrawn {
        /// Why.
        why: Ended,
    },
    /// It changes to and fro.
    FlappingStarted,
    /// It does not change to and fro any more.
    FlappingEnded,
    /// The check is made of something else.
    VersionNoted {
        /// Of what.
        version: String,
    },
    /// Something older than what is known came too late to count.
    OutOfOrder {
        /// When it was due.
        at: Timestamp,
    },
}

impl Change {
    /// The word for it.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Blip => "blip",
            Self::Opened { .. } => "opened",
            Self::Reopened { .. } => "reopened",
            Self::Worse { .. } => "worse",
            Self::Milder { .. } => "milder",
            Self::Acked { .. } => "acked",
            Self::AckExpired => "ack_expired",
            Self::AckCleared => "ack_cleared",
            Self::Unacked { .. } => "unacked",
            Self::Escalated { .. } => "escalated",
            Self::Resolved { .. } => "resolved",
            Self::Closed { .. } => "closed",
            Self::Withdrawn { .. } => "withdrawn",
            Self::FlappingStarted => "flapping_started",
            Self::FlappingEnded => "flapping_ended",
            Self::VersionNoted { .. } => "version_noted",
            Self::OutOfOrder { .. } => "out_of_order",
        }
    }

    /// What there is to say besides the word, for a person.
    #[must_use]
    pub fn detail(&self) -> Option<String> {
        match self {
            Self::Pending
            | Self::Blip
            | Self::AckExpired
            | Self::AckCleared
            | Self::FlappingStarted
            | Self::FlappingEnded => None,
            Self::Opened { severity } | Self::Reopened { severity } => Some(severity.to_string()),
            Self::Worse { from, to } | Self::Milder { from, to } => Some(format!("from {from} to {to}")),
            Self::Acked { by, until, sticky } => {
                let until = until.map(|until| format!(" until {until}")).unwrap_or_default();
                Some(format!("by {by}{until}{}", if *sticky { ", also when it becomes worse" } else { "" }))
            }
            Self::Unacked { by } => Some(format!("by {by}")),
            Self::Escalated { level } => Some(format!("level {level}")),
            Self::Resolved { how } | Self::Closed { how } | Self::Withdrawn { why: how } => Some(match how {
                Ended::Passed => "the check passed".to_owned(),
                Ended::ByHand { by, reason } => format!("by {by}: {reason}"),
                Ended::Closed { reason } => reason.clone(),
            }),
            Self::VersionNoted { version } => Some(version.clone()),
            Self::OutOfOrder { at } => Some(format!("was due at {at}")),
        }
    }
}
