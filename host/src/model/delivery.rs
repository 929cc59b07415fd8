//! What receivers are told, as it is kept: notifications of single alerts, and the deliveries they travel in.

use std::fmt;

use jiff::Timestamp;

use super::alert::NoticeKind;
use super::ids::AlertId;

/// What a receiver was told of an alert, or was not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notification {
    /// Identity, a ULID.
    pub id: String,
    /// The incident.
    pub alert: AlertId,
    /// The alert, over all its incidents.
    pub fingerprint: String,
    /// The receiver.
    pub receiver: String,
    /// Why.
    pub kind: NoticeKind,
    /// When there was something to tell.
    pub at: Timestamp,
    /// What became of it.
    pub status: NotificationStatus,
    /// What held it back.
    pub suppressed_by: Option<String>,
    /// The delivery it is part of.
    pub delivery: Option<String>,
}

/// What became of a notification.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum NotificationStatus {
    /// It is part of a delivery.
    Told,
    /// It was held back.
    Suppressed,
}

impl NotificationStatus {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Told, Self::Suppressed];

    /// The word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Told => "told",
            Self::Suppressed => "suppressed",
        }
    }
}

/// A message to a receiver, written once and sent until it arrives or is given up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// Identity, the same for every attempt.
    pub id: String,
    /// The receiver.
    pub receiver: String,
    /// The group of alerts; `None` for a digest and a test.
    pub group_key: Option<String>,
    /// What the receiver tells incidents apart by.
    pub dedup_key: String,
    /// What it is about.
    pub content: DeliveryContent,
    /// Of how many alerts it tells.
    pub notices: u64,
    /// Media type of the body.
    pub content_type: String,
    /// What is sent, byte for byte.
    pub body: String,
    /// How it stands.
    pub status: DeliveryStatus,
    /// How often it was tried.
    pub attempts: u32,
    /// When it is tried next.
    pub next_attempt_at: Option<Timestamp>,
    /// When it was written.
    pub created_at: Timestamp,
    /// When it arrived or was given up.
    pub ended_at: Option<Timestamp>,
    /// What the last attempt came to, where it failed.
    pub error: Option<String>,
    /// What the receiver answered, a JSON document.
    pub receipt: Option<String>,
}

/// What a delivery is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DeliveryContent {
    /// Alerts, of which some are open.
    Firing,
    /// Alerts that are over.
    Resolved,
    /// What happened in a time.
    Digest,
    /// Nothing: whether the receiver is reached.
    Test,
}

impl DeliveryContent {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Firing, Self::Resolved, Self::Digest, Self::Test];

    /// The word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Firing => "firing",
            Self::Resolved => "resolved",
            Self::Digest => "digest",
            Self::Test => "test",
        }
    }
}

impl fmt::Display for DeliveryContent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// How a delivery stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DeliveryStatus {
    /// It is tried, again if need be.
    Queued,
    /// It arrived.
    Delivered,
    /// It was given up.
    Dead,
}

impl DeliveryStatus {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Queued, Self::Delivered, Self::Dead];

    /// The word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Delivered => "delivered",
            Self::Dead => "dead",
        }
    }
}

impl fmt::Display for DeliveryStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
