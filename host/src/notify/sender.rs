//! One attempt to deliver what was rendered.

use std::fmt;
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;

use super::message::Turn;
use super::open::{Opened, Way};
use super::{alertmanager, command, email, github, log, pagerduty, slack, webhook};

/// What is to be delivered: the same at each attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outgoing {
    /// Identity of the delivery.
    pub id: String,
    /// Identity of what it is about, towards the receiver.
    pub dedup_key: String,
    /// What it is for the thread that it belongs to.
    pub turn: Turn,
    /// What was rendered.
    pub body: String,
    /// What the receiver gave for the first message of the thread, where that was delivered. Not looked at with
    /// [`Turn::Alone`].
    pub thread: Option<Receipt>,
    /// When it was written.
    pub at: Timestamp,
}

/// What a receiver gives for a message, by which it knows it again; kept as text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt(String);

impl Receipt {
    /// Of the text that was kept.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text to keep.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Receipt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// How an attempt ended.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub enum Sent {
    /// It arrived.
    Delivered {
        /// What the receiver gave for it: from now on that of the thread, in place of one that it has. `None`: that of
        /// the thread stays as it is.
        receipt: Option<Receipt>,
    },
    /// It did not arrive, or nobody knows; another attempt may do.
    Retry {
        /// Not before so long a time.
        after: Option<Duration>,
        /// Why, without a secret.
        error: String,
    },
    /// It did not arrive, and no other attempt will do.
    Refused {
        /// Why, without a secret.
        error: String,
    },
}

impl Sent {
    pub(super) fn delivered() -> Self {
        Self::Delivered { receipt: None }
    }

    pub(super) fn retry(error: impl Into<String>) -> Self {
        Self::Retry { after: None, error: error.into() }
    }

    pub(super) fn refused(error: impl Into<String>) -> Self {
        Self::Refused { error: error.into() }
    }
}

/// Makes one attempt, which ends by `deadline` and takes no longer than the receiver's time limit. `now` is when the
/// attempt is made; receivers learn of it by a signature only.
///
/// # Cancel safety
/// Dropped, the message may have arrived or not, as after [`Sent::Retry`]: another attempt with the same `delivery` tells
/// the receiver so, where it can be told. A program that was started is killed.
pub async fn send(opened: &Opened, delivery: &Outgoing, now: Timestamp, deadline: Instant) -> Sent {
    let limit = opened.receiver().time_limit;
    let attempt = async {
        match opened.way() {
            Way::Slack(way) => slack::send(way, delivery, now).await,
            Way::PagerDuty(way) => pagerduty::send(way, delivery, now).await,
            Way::Alertmanager(way) => alertmanager::send(way, delivery, now).await,
            Way::Email(way) => email::send(way, delivery).await,
            Way::Webhook(way) => webhook::send(way, delivery, now).await,
            Way::GitHub(way) => github::send(way, delivery, now).await,
            Way::Log(way) => log::send(*way, delivery).await,
            Way::Command(way) => command::send(way, delivery).await,
        }
    };
    let bounded = tokio::time::timeout(limit, tokio::time::timeout_at(deadline, attempt));
    match bounded.await {
        Ok(Ok(Sent::Retry { after, error })) => Sent::Retry { after, error: opened.scrub(error) },
        Ok(Ok(Sent::Refused { error })) => Sent::Refused { error: opened.scrub(error) },
        Ok(Ok(sent)) => sent,
        Ok(Err(_)) | Err(_) => Sent::retry("it was not done in time"),
    }
}
