//! Ending a run before its end.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use jiff::SignedDuration;
use tokio_util::sync::CancellationToken;

use crate::model::Reason;

/// Why a run ends before its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cause {
    /// Somebody wants it so.
    Asked {
        /// Who and why, as far as is known.
        by: Option<String>,
    },
    /// The next slot of its schedule is due, and takes its place.
    Superseded,
    /// It took longer than its schedule allows.
    Deadline(Duration),
    /// The host stops.
    HostStops,
}

impl Cause {
    /// The reason of the checks that have no result by then.
    #[must_use]
    pub fn reason(&self) -> Reason {
        match self {
            Self::Asked { .. } | Self::Superseded => Reason::Cancelled,
            Self::Deadline(_) => Reason::Deadline,
            // Not the check's fault and nobody's wish: the next host takes it up again.
            Self::HostStops => Reason::Interrupted,
        }
    }

    /// What is said of those checks.
    #[must_use]
    pub fn message(&self) -> String {
        match self {
            Self::Asked { by: None } => "the run was cancelled before the check concluded".to_owned(),
            Self::Asked { by: Some(by) } => format!("the run was cancelled before the check concluded: {by}"),
            Self::Superseded => "the run was cancelled for the next slot of its schedule".to_owned(),
            Self::Deadline(longest) => {
                let longest = SignedDuration::try_from(*longest).unwrap_or(SignedDuration::MAX);
                format!("the run took longer than the {longest:#} that its schedule allows")
            }
            Self::HostStops => "the host stopped before the check concluded".to_owned(),
        }
    }

    /// Whether the run as a whole counts as cancelled, whatever its results are.
    #[must_use]
    pub fn is_wish(&self) -> bool {
        self.reason() == Reason::Cancelled
    }
}

/// A handle that ends a run. Clones end the same run.
#[derive(Debug, Clone, Default)]
pub struct Cancel {
    token: CancellationToken,
    cause: Arc<OnceLock<Cause>>,
    parent: Option<Arc<Cancel>>,
}

impl Cancel {
    /// Of a run that nobody has ended yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Of one of several runs: ended by itself, or with all of them.
    #[must_use]
    pub fn child(&self) -> Self {
        Self { token: self.token.child_token(), cause: Arc::default(), parent: Some(Arc::new(self.clone())) }
    }

    /// Ends the run: what has begun ends as soon as it can, the rest does not begin. Of several causes the first counts.
    pub fn now(&self, cause: Cause) {
        self.cause.get_or_init(|| cause);
        self.token.cancel();
    }

    /// Why the run is ended, when it is.
    #[must_use]
    pub fn cause(&self) -> Option<&Cause> {
        self.cause.get().or_else(|| self.parent.as_ref()?.cause())
    }

    /// Waits until the run is ended.
    ///
    /// # Cancel safety
    /// Nothing is lost.
    pub async fn cancelled(&self) {
        self.token.cancelled().await;
    }

    /// For those that only need to know that it is over.
    pub(super) fn token(&self) -> CancellationToken {
        self.token.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_first_cause_counts() {
        let cancel = Cancel::new();
        assert_eq!(cancel.cause(), None);
        cancel.clone().now(Cause::HostStops);
        cancel.now(Cause::Asked { by: None });
        cancel.cancelled().await;
        assert_eq!(cancel.cause(), Some(&Cause::HostStops));
        assert_eq!((Cause::HostStops.reason(), Cause::HostStops.is_wish()), (Reason::Interrupted, false));
        assert!(Cause::Superseded.is_wish());
    }

    #[tokio::test]
    async fn one_of_several_ends_alone_and_all_of_them_end_together() {
        let all = Cancel::new();
        let (one, other) = (all.child(), all.child());
        one.now(Cause::Deadline(Duration::from_secs(1)));
        assert_eq!((all.cause(), other.cause()), (None, None));
        all.now(Cause::HostStops);
        other.cancelled().await;
        assert_eq!(other.cause(), Some(&Cause::HostStops));
        assert_eq!(one.cause(), Some(&Cause::Deadline(Duration::from_secs(1))), "its own comes first");
    }
}
