//! Rows leave for the sink for as long as the host lives.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, watch};

use crate::bigquery::Error;
use crate::clock::{self, Clock};
use crate::config::SinkConfig;
use crate::sink::{Limits, Pushed, Pusher, Warehouse};
use crate::store::{ExportStatus, Store};

use super::dispatcher::Message;

/// How often it is told how the export goes while rows are under way.
const TOLD: Duration = Duration::from_secs(10);
/// The longest pause after an attempt that failed.
const PAUSE: Duration = Duration::from_secs(30);
/// How long one turn goes on while there is more: after it the configuration is looked at again.
const TURN: Duration = Duration::from_secs(600);

/// Where rows go, as the configuration in force has it.
#[derive(Debug, Clone)]
pub(super) struct Outlet {
    warehouse: Warehouse,
    config: SinkConfig,
}

/// How the export goes.
#[derive(Debug)]
pub(super) struct Exported {
    /// As the journal has it.
    pub(super) status: ExportStatus,
    /// What has arrived since it was told last.
    pub(super) pushed: Pushed,
}

impl Outlet {
    /// The outlet of a configuration, if it has a sink.
    ///
    /// # Errors
    /// When the credentials cannot be used.
    ///
    /// # Cancel safety
    /// Nothing is left behind.
    pub(super) async fn of(config: Option<&SinkConfig>) -> Result<Option<Self>, Error> {
        let Some(config) = config else { return Ok(None) };
        Ok(Some(Self { warehouse: Warehouse::open(config).await?, config: config.clone() }))
    }
}

/// Exports what waits, again and again, to the outlet there is.
///
/// # Cancel safety
/// Dropped, what has not arrived waits in the journal, and jobs that are under way are found again.
pub(super) async fn export(
    store: Arc<Store>,
    clock: Clock,
    mut outlets: watch::Receiver<Option<Outlet>>,
    dispatcher: mpsc::Sender<Message>,
) {
    loop {
        let outlet = outlets.borrow_and_update().clone();
        let wait = match outlet {
            Some(outlet) => turn(&store, &clock, &outlet, &dispatcher).await,
            None => Duration::MAX,
        };
        let until = clock::monotonic().checked_add(wait);
        tokio::select! {
            () = async { match until {
                Some(until) => tokio::time::sleep_until(until).await,
                None => std::future::pending().await,
            } } => {}
            changed = outlets.changed() => if changed.is_err() { return },
        }
    }
}

/// Exports what waits; how long to wait for the next turn.
async fn turn(store: &Arc<Store>, clock: &Clock, outlet: &Outlet, dispatcher: &mpsc::Sender<Message>) -> Duration {
    let SinkConfig { interval, queue_max, .. } = outlet.config;
    let limits = Limits { queue_max, ..Limits::default() };
    let pusher = Pusher::new(store.clone(), outlet.warehouse.clone(), clock.clone(), limits);
    let push = pusher.push_all(clock::monotonic() + TURN);
    tokio::pin!(push);
    let outcome = loop {
        tell(store, Pushed::default(), dispatcher).await;
        tokio::select! {
            outcome = &mut push => break outcome,
            () = tokio::time::sleep(TOLD) => {}
        }
    };
    let (pushed, wait) = match outcome {
        Ok(pushed) => {
            if pushed.batches > 0 {
                tracing::info!(rows = pushed.rows, bytes = pushed.bytes, "exported");
            }
            (pushed, interval)
        }
        Err(error) => {
            tracing::error!(%error, hint = error.hint(), "rows could not be exported, and wait");
            (Pushed::default(), interval.min(PAUSE))
        }
    };
    tell(store, pushed, dispatcher).await;
    wait
}

async fn tell(store: &Store, pushed: Pushed, dispatcher: &mpsc::Sender<Message>) {
    match store.export_status().await {
        // Nobody to tell is a host that stops.
        Ok(status) => drop(dispatcher.send(Message::Exported(Box::new(Exported { status, pushed }))).await),
        Err(error) => tracing::error!(%error, "it is not known how the export goes"),
    }
}
