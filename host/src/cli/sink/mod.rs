//! `assay sink`.

pub(super) mod args;
mod status;
mod verify;

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use jiff::civil::Date;

use super::exit::Exit;
use super::failure::Failure;
use super::instant::in_order;
use super::render;
use super::run::open_journal;
use crate::bigquery::Error;
use crate::clock::{self, Clock};
use crate::config::{Config, SinkConfig};
use crate::serve::served_by;
use crate::sink::{Limits, MigrateError, PushError, Pushed, Pusher, VerifyError, Warehouse, migrate, plan};
use crate::store::Store;
use args::SinkCommand;
pub(super) use status::told;

/// How long a command that runs checks exports afterwards.
const AFTER_RUN: Duration = Duration::from_secs(30);

/// Does `assay sink …`.
pub(super) async fn sink(config: &Path, command: SinkCommand) -> Result<ExitCode, Failure> {
    let clock = Clock::system();
    let config = Config::load(config)?;
    let sink = required(&config)?;
    let store = || open_store(&config, sink, &clock);
    match command {
        SinkCommand::Migrate { dry_run } => bring_up_to_date(&open(sink).await?, dry_run, &clock).await,
        SinkCommand::Status { format } => status::status(&*store().await?, &clock, format).await,
        SinkCommand::Push => push(sink, store().await?, &clock).await,
        SinkCommand::Verify(args) => {
            let store = store().await?;
            verify::run(&config, &open(sink).await?, &store, &clock, &args).await
        }
        SinkCommand::Backfill { from, to } => backfill(&config, sink, store().await?, &clock, (from, to)).await,
    }
}

fn required(config: &Config) -> Result<&SinkConfig, Failure> {
    config.sink.as_ref().ok_or_else(|| {
        Failure::usage(
            anyhow::anyhow!("there is no `[sink]` in {}", config.path.display()),
            "name a dataset: `[sink]`, `type = \"bigquery\"`, `project = \"my-project\"`, `dataset = \"assay\"`",
        )
    })
}

async fn open(sink: &SinkConfig) -> Result<Warehouse, Failure> {
    Warehouse::open(sink).await.map_err(Failure::from)
}

/// The journal, which knows where its rows go.
async fn open_store(config: &Config, sink: &SinkConfig, clock: &Clock) -> Result<Arc<Store>, Failure> {
    let store = open_journal(&config.host.state_dir, clock)?;
    store.export_to(Some(sink.dataset.to_string()), clock.now()).await?;
    Ok(store)
}

async fn bring_up_to_date(warehouse: &Warehouse, dry_run: bool, clock: &Clock) -> Result<ExitCode, Failure> {
    let steps = plan(warehouse, clock.now()).await?;
    if dry_run {
        for step in &steps {
            render::out(&format!("-- {}\n{};\n", step.what, step.sql))?;
        }
        return Ok(Exit::Ok.code());
    }
    migrate(warehouse, &steps, clock.now()).await?;
    let (changes, views): (Vec<_>, Vec<_>) = steps.iter().partition(|step| step.is_change);
    for step in &changes {
        render::out(&format!("done: {}", step.what))?;
    }
    let told = if changes.is_empty() { "nothing was missing" } else { "the tables are up to date" };
    render::out(&format!("{}: {told}; {} views put in place", warehouse.dataset(), views.len()))?;
    Ok(Exit::Ok.code())
}

async fn push(sink: &SinkConfig, store: Arc<Store>, clock: &Clock) -> Result<ExitCode, Failure> {
    let limits = Limits { queue_max: sink.queue_max, ..Limits::default() };
    let warehouse = open(sink).await?;
    warehouse.reach().await.map_err(PushError::Call)?;
    let pusher = Pusher::new(store.clone(), warehouse, clock.clone(), limits);
    let mut all = Pushed::default();
    loop {
        let pushed = pusher.push().await?;
        if pushed.batches == 0 {
            break;
        }
        all += pushed;
        tracing::info!(rows = all.rows, "exported");
    }
    render::out(&format!("{} rows exported to {}", all.rows, sink.dataset))?;
    Ok(Exit::Ok.code())
}

async fn backfill(
    config: &Config,
    sink: &SinkConfig,
    store: Arc<Store>,
    clock: &Clock,
    (from, to): (Date, Date),
) -> Result<ExitCode, Failure> {
    in_order(from, to)?;
    store.export_again(from, to).await?;
    if served_by(&config.host.state_dir)?.is_some() {
        render::out("the host that serves exports them within its `interval`")?;
        return Ok(Exit::Ok.code());
    }
    push(sink, store, clock).await
}

/// Where rows go after a command that runs checks.
pub(super) struct Outlet {
    warehouse: Warehouse,
    queue_max: u64,
}

impl Outlet {
    /// What the configuration says, before anything is run; the journal knows of it from now on.
    pub(super) async fn open(config: &Config, store: &Store, clock: &Clock) -> Result<Option<Self>, Failure> {
        // Without a sink the journal is left as it is: that of a host that serves may have one.
        let Some(sink) = &config.sink else { return Ok(None) };
        let outlet = Self { warehouse: open(sink).await?, queue_max: sink.queue_max };
        store.export_to(Some(sink.dataset.to_string()), clock.now()).await?;
        Ok(Some(outlet))
    }

    /// Exports what waits, though not for long; where a host serves, it does. False when rows wait still.
    pub(super) async fn export(&self, store: &Arc<Store>, clock: &Clock, state_dir: &Path) -> Result<bool, Failure> {
        if served_by(state_dir)?.is_some() {
            return Ok(true);
        }
        let limits = Limits { queue_max: self.queue_max, patience: AFTER_RUN, ..Limits::default() };
        let pusher = Pusher::new(store.clone(), self.warehouse.clone(), clock.clone(), limits);
        if let Err(error) = pusher.push_all(clock::monotonic() + AFTER_RUN).await {
            let hint = error.hint();
            tracing::error!(%error, hint, "not exported yet; `assay sink push` tries again, as does the next run");
            return Ok(false);
        }
        let status = store.export_status().await?;
        let (rows, days) = (status.rows_waiting, status.days_waiting);
        if rows + days > 0 {
            tracing::warn!(rows, days, "more waits than is exported in that time: `assay sink push` goes on");
        }
        Ok(rows + days == 0)
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let hint = error.hint();
        Self::usage(anyhow::anyhow!("the sink cannot be opened: {error}"), hint)
    }
}

impl From<MigrateError> for Failure {
    fn from(error: MigrateError) -> Self {
        let hint = error.hint();
        match error {
            error @ (MigrateError::Ask(_) | MigrateError::Step { .. }) => Self::host(error, hint),
            error => Self::usage(error, hint),
        }
    }
}

impl From<PushError> for Failure {
    fn from(error: PushError) -> Self {
        let hint = format!("{}; nothing is lost, what waits is in the journal", error.hint());
        Self::Other { error: error.into(), hint: Some(hint), exit: Exit::NotStored }
    }
}

impl From<VerifyError> for Failure {
    fn from(error: VerifyError) -> Self {
        let hint = error.hint();
        Self::host(error, hint)
    }
}
