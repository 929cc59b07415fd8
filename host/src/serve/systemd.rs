//! Telling the service manager how the host fares, where there is one that wants to know.

use std::sync::Arc;

use sd_notify::NotifyState;
use tokio::sync::watch;

use super::snapshot::Snapshot;

/// All that was due at the start is under way or noted.
pub(super) fn ready(status: &str) {
    tell(&[NotifyState::Ready, NotifyState::Status(status)]);
}

/// Nothing more is begun.
pub(super) fn stopping() {
    tell(&[NotifyState::Stopping]);
}

/// Feeds the watchdog of the service manager with every look of the host at its clock: a host that does not look any more is
/// started anew. Never ends when nobody asks for that.
///
/// # Cancel safety
/// Dropped, it feeds no more.
pub(super) async fn feed_watchdog(mut published: watch::Receiver<Arc<Snapshot>>) {
    let Some(within) = sd_notify::watchdog_enabled() else { return std::future::pending().await };
    while published.changed().await.is_ok() {
        tell(&[NotifyState::Watchdog]);
        tokio::time::sleep(within / 4).await;
    }
}

fn tell(state: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(state) {
        tracing::warn!(%error, "the service manager cannot be told");
    }
}
