//! A query that is under way: what is set aside for it, and that it does not go on when nobody waits for it.

use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::RwLock;
use tokio::time::{Instant, sleep};

use crate::bigquery::{Class, Connection, Error, JobId};
use crate::clock;
use crate::source::asked::Bill;
use crate::source::ledger::{Billed, Ledger, Payer, SetAside};

/// How long the end of a cancelled job is waited for.
const CANCEL: Duration = Duration::from_secs(60);
/// Between two looks at a job that is to end.
const LOOK: Duration = Duration::from_millis(250);
/// How often a job that is not there is looked for: it may be on its way.
const LOOKS_FOR_NOTHING: u32 = 8;

/// Dropped before [`Running::finish`], it cancels the job, waits until that is over, and books what it was billed.
#[derive(Debug)]
pub(super) struct Running(Option<Open>);

/// All that has to be put in order at the end.
#[derive(Debug)]
struct Open {
    connection: Arc<dyn Connection>,
    ledger: Arc<dyn Ledger>,
    payer: Payer,
    bill: Arc<Bill>,
    /// Bytes of the bill.
    promised: u64,
    aside: Option<SetAside>,
    job: Option<JobId>,
    endings: Endings,
}

/// Queries that were given up and have not ended yet.
#[derive(Debug, Clone, Default)]
pub(super) struct Endings(Arc<RwLock<()>>);

impl Endings {
    /// Waits until there are none.
    pub(super) async fn over(&self) {
        drop(self.0.write().await);
    }
}

impl Running {
    /// A query for which bytes of a bill are promised.
    pub(super) fn new(
        connection: Arc<dyn Connection>,
        ledger: Arc<dyn Ledger>,
        payer: Payer,
        bill: Arc<Bill>,
        promised: u64,
        endings: Endings,
    ) -> Self {
        Self(Some(Open { connection, ledger, payer, bill, promised, aside: None, job: None, endings }))
    }

    /// So many bytes of a day's budget are set aside for it; what more was promised is given back.
    pub(super) fn set_aside(&mut self, aside: SetAside) {
        if let Some(open) = &mut self.0 {
            open.bill.settle(open.promised.saturating_sub(aside.bytes), 0);
            open.promised = open.promised.min(aside.bytes);
            open.aside = Some(aside);
        }
    }

    /// There may be a job of that name from now on; None when there surely is none.
    pub(super) fn named(&mut self, job: Option<JobId>) {
        if let Some(open) = &mut self.0 {
            open.job = job;
        }
    }

    /// The job is over, and this is what it was billed.
    pub(super) async fn finish(mut self, billed: Billed) {
        if let Some(open) = self.0.take() {
            open.settle(billed).await;
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let Some(open) = self.0.take() else { return };
        match Handle::try_current() {
            Ok(runtime) => {
                // Held from now on and not from when the task is first polled.
                let ending = Arc::clone(&open.endings.0).try_read_owned();
                drop(runtime.spawn(async move {
                    open.end().await;
                    drop(ending);
                }));
            }
            // BigQuery ends the job by itself at its deadline, and what is set aside stays so.
            Err(_) => open.bill.settle(open.promised, open.promised),
        }
    }
}

impl Open {
    async fn settle(self, billed: Billed) {
        self.bill.settle(self.promised, billed.bytes);
        let Some(aside) = self.aside else { return };
        if let Err(problem) = self.ledger.settle(&self.payer, &aside, billed).await {
            tracing::warn!(%problem, "what a query was billed is not booked: what was set aside stays");
        }
    }

    /// Ends the job and books it.
    async fn end(self) {
        let nothing = Billed { bytes: 0, cache_hit: false };
        let Some(job) = &self.job else { return self.settle(nothing).await };
        match cancelled(self.connection.as_ref(), job, clock::monotonic() + CANCEL).await {
            Ok(Some(bytes)) => self.settle(Billed { bytes, cache_hit: false }).await,
            Ok(None) => self.settle(nothing).await,
            Err(error) => {
                tracing::warn!(%job, %error, "it is not known whether a query has ended: BigQuery ends it at its deadline");
                self.bill.settle(self.promised, self.promised);
            }
        }
    }
}

/// Cancels a job and waits until it is over. The bytes it was billed; None when there is no such job.
async fn cancelled(connection: &dyn Connection, id: &JobId, until: Instant) -> Result<Option<u64>, Error> {
    for _ in 0..LOOKS_FOR_NOTHING {
        match connection.cancel(id, until).await {
            Ok(_) => break,
            Err(error) if error.class == Class::NotFound => sleep(LOOK).await,
            Err(error) => return Err(error),
        }
    }
    loop {
        match connection.job(id, until).await {
            Ok(job) if job.is_done() => {
                let query = job.statistics.query.unwrap_or_default();
                return Ok(Some(query.total_bytes_billed.unwrap_or_default()));
            }
            Ok(_) if clock::until(until) <= LOOK => {
                return Err(Error::new(Class::Unreachable, "the job goes on although it was cancelled"));
            }
            Ok(_) => sleep(LOOK).await,
            Err(error) if error.class == Class::NotFound => return Ok(None),
            Err(error) => return Err(error),
        }
    }
}
