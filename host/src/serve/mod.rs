//! A host that runs schedules for as long as it lives: `assay serve`.
//!
//! In reading order:
//! - `agenda`: what is to be done about which slot, and when; pure;
//! - `dispatcher`: the one owner of all that changes; carries out what the agenda orders;
//! - `generation`: a configuration in force, and noticing that there is another;
//! - [`Snapshot`]: what others are told of it, [`Handle`]: what they can want;
//! - `telling`: alerts reach people; `exporting`: rows reach the sink; `overdue`: checks that should have a result and
//!   have none;
//! - `health`: what the host says of itself, as the built-in check `assay/host`;
//! - `heartbeat`, `systemd`: whom else it tells.
//!
//! Invariants:
//! - a slot is in the journal before anything is done about it, and leaves it only with a run or with a reason;
//! - one process serves a state directory (`lock`);
//! - a configuration comes into force as a whole, or not at all; runs keep the one they began with.

mod agenda;
mod dispatcher;
mod exporting;
mod generation;
mod handle;
mod health;
mod heartbeat;
mod lock;
mod overdue;
mod plan;
mod snapshot;
mod systemd;
mod telling;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::api;
use crate::clock::Clock;
use crate::config::Config;
use crate::store::{Store, StoreError};

use dispatcher::{Dispatcher, Setting};
use generation::Generation;
use lock::ServeLock;

pub use dispatcher::{RestError, TriggerError};
pub use generation::LoadError;
pub use handle::Handle;
pub use lock::{LockError, ServedBy, served_by};
pub use plan::{PlannedSlot, plan};
pub use snapshot::{LastRun, LoadOutcome, RunningView, ScheduleView, Snapshot};

/// Requests that wait for the dispatcher; more wait where they come from.
const INBOX: usize = 64;
/// Why a host cannot serve.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The configuration.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// The journal.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Another host.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// The address of the control API.
    #[error("cannot listen on {address}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What the system says.
        #[source]
        source: std::io::Error,
    },
}

/// A host that serves. Dropped, it goes on until it is told to stop.
#[derive(Debug)]
pub struct Serving {
    handle: Handle,
    address: SocketAddr,
    work: JoinHandle<()>,
    api: JoinHandle<()>,
    others: Vec<JoinHandle<()>>,
    over: CancellationToken,
    // Given up last.
    _lock: ServeLock,
}

impl Serving {
    /// For all that one can want of the host.
    #[must_use]
    pub fn handle(&self) -> Handle {
        self.handle.clone()
    }

    /// Where the control API listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Waits until the host has been told to stop, and has. False when it broke instead.
    ///
    /// # Cancel safety
    /// Dropped, the host goes on.
    pub async fn ended(self) -> bool {
        let well = self.work.await.is_ok();
        for other in self.others {
            other.abort();
        }
        self.over.cancel();
        // Ends within seconds by itself.
        drop(self.api.await);
        well
    }
}

/// Starts to serve the configuration at `config`: returns when what the journal knows is taken up and the control API
/// listens. `program` is this program, for compiling plugins.
///
/// # Errors
/// [`ServeError`]; then nothing runs.
///
/// # Cancel safety
/// Dropped, nothing runs.
pub async fn start(config: PathBuf, program: PathBuf, clock: Clock) -> Result<Serving, ServeError> {
    let state_dir = Config::load(&config).map_err(LoadError::from)?.host.state_dir;
    let opened = Store::open(&state_dir, clock.now())?;
    let mut lock = ServeLock::take(&state_dir)?;
    for run in opened.recovered {
        tracing::warn!(%run, "a run of a host that died is now marked as interrupted");
    }
    let store = Arc::new(opened.store);
    let generation = Generation::load(&config, &program, clock.clone(), &store).await?;
    let address = generation.host.config.serve.listen;
    let listen = |source| ServeError::Listen { address, source };
    let listener = TcpListener::bind(address).await.map_err(listen)?;
    let address = listener.local_addr().map_err(listen)?;
    lock.listens(address)?;

    let (inbox, messages) = mpsc::channel(INBOX);
    let setting = Setting { clock: clock.clone(), store: store.clone(), config, program };
    let (dispatcher, published) = Dispatcher::start(setting, generation, messages).await?;
    let told = dispatcher.telling(inbox.clone());
    let exported = dispatcher.exporting(inbox.clone());
    let metrics = dispatcher.metrics();
    let handle = Handle::new(inbox, published.clone(), store);
    let over = CancellationToken::new();
    let settings = api::Settings { clock, metrics };
    let api = api::serve(listener, Arc::new(handle.clone()), settings, over.clone().cancelled_owned());
    let api = tokio::spawn(api);
    let others = vec![
        tokio::spawn(heartbeat::beat(handle.clone())),
        tokio::spawn(systemd::feed_watchdog(published.clone())),
        tokio::spawn(told),
        tokio::spawn(exported),
    ];
    let work = tokio::spawn(dispatcher.work());
    systemd::ready(&format!("{} schedules", published.borrow().schedules.len()));
    Ok(Serving { handle, address, work, api, others, over, _lock: lock })
}
