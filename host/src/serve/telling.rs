//! Alerts reach people for as long as the host lives.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Notify, mpsc, watch};

use crate::clock::{self, Clock};
use crate::notify::Office;
use crate::store::Store;

use super::dispatcher::Message;

/// The longest time between two looks: other processes silence and acknowledge as well.
const LOOK: Duration = Duration::from_secs(10);
/// The shortest time between two looks: what happens meanwhile is looked at together.
const PAUSE: Duration = Duration::from_millis(250);

/// Tells whoever is to be told, whenever something happens and whenever it is time. What was given up goes to
/// `dispatcher`, which has other ways to complain.
///
/// # Cancel safety
/// Dropped, nothing more is told; what was written is sent by the next host.
pub(super) async fn tell(
    store: Arc<Store>,
    clock: Clock,
    offices: watch::Receiver<Office>,
    nudged: Arc<Notify>,
    dispatcher: mpsc::Sender<Message>,
) {
    loop {
        let office = offices.borrow().clone();
        let began = clock::monotonic();
        let wait = match office.tell(&store, &clock).await {
            Ok((round, next)) => {
                if !round.dead.is_empty() || !round.delivered.is_empty() || !round.retried.is_empty() {
                    // Nobody to complain to is a host that stops.
                    dispatcher.send(Message::Told(round)).await.ok();
                }
                let now = clock.now();
                next.map_or(LOOK, |at| Duration::try_from(at.duration_since(now)).unwrap_or_default().min(LOOK))
            }
            Err(error) => {
                tracing::error!(%error, "what is to be told cannot be written down");
                LOOK
            }
        };
        let until = began + wait.max(PAUSE);
        tokio::select! {
            () = tokio::time::sleep_until(until) => {}
            () = nudged.notified() => tokio::time::sleep_until(began + PAUSE).await,
        }
    }
}
