//! `assay run`.

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use crate::clock::Clock;
use crate::config::Config;
use crate::model::{RunStatus, Tally, roll_up};
use crate::notify::Office;
use crate::runner::{
    Cancel, Cause, Host, Journal, Opening, Request, RunOutcome, StoredLedger, run as run_plan, select,
};
use crate::serve::served_by;
use crate::source::ledger::{InMemory, Ledger};
use crate::store::Store;

use super::alerts::{PATIENCE, office};
use super::args::{Format, RunArgs};
use super::exit::{Exit, Profile};
use super::failure::Failure;
use super::progress::Progress;
use super::render::{self, RunView, limits};
use super::sink::Outlet;
use super::worker::program;

/// Runs checks and prints what came of them.
pub(super) async fn run(config: &Path, args: RunArgs) -> Result<ExitCode, Failure> {
    let clock = Clock::system();
    let config = Config::load(config)?;
    let state_dir = config.host.state_dir.clone();
    let request = Request { names: args.names.clone(), date: args.date, at: args.at, alerts: args.alerts };
    let plans = select(&config, &request, clock.now())?;

    // The journal comes first: with nowhere to write there is no point in running.
    let journal =
        if args.dry_run || args.explain { Journal::Nowhere } else { Journal::Store(open_journal(&state_dir, &clock)?) };
    // Whoever is to be told must be able to be, before anything happens that they are to be told of.
    let office = match &journal {
        Journal::Store(_) => Some(office(&config, true)?),
        Journal::Nowhere => None,
    };
    let outlet = match &journal {
        Journal::Store(store) => Outlet::open(&config, store, &clock).await?,
        Journal::Nowhere => None,
    };
    let progress = Progress::follow();
    let ledger: Arc<dyn Ledger> = match &journal {
        Journal::Store(store) => Arc::new(StoredLedger::new(Arc::clone(store), clock.clone())),
        Journal::Nowhere => Arc::new(InMemory::new(clock.clone())),
    };
    let host = Arc::new(Host::load_with(config, clock, &program()?, progress.events(), ledger).await?);
    if args.explain {
        progress.done().await;
        let checks = plans.iter().flat_map(|plan| &plan.checks);
        limits::explain(&host, checks, args.format)?;
        return Ok(Exit::Ok.code());
    }

    let cancel = Cancel::new();
    let stopper = tokio::spawn(stop_on_signal(cancel.clone()));
    let mut outcomes = Vec::new();
    for plan in plans {
        if cancel.cause().is_some() && !outcomes.is_empty() {
            break;
        }
        // Each run has a deadline of its own, and all of them end at a signal.
        let opening = Opening::new(&host, plan);
        outcomes
            .push(run_plan(host.clone(), opening, journal.clone(), progress.events().clone(), cancel.child()).await?);
    }
    stopper.abort();
    host.wind_up().await;
    progress.done().await;

    print(&outcomes, args.format, &journal, &state_dir)?;
    let told = match (&journal, office) {
        (Journal::Store(store), Some(office)) => tell(&office, store, &host.clock, &state_dir).await?,
        (Journal::Store(_) | Journal::Nowhere, _) => true,
    };
    let exported = match (&journal, outlet) {
        (Journal::Store(store), Some(outlet)) => outlet.export(store, &host.clock, &state_dir).await?,
        (Journal::Store(_) | Journal::Nowhere, _) => true,
    };
    Ok(code(&outcomes, &args, told && exported))
}

/// Opens the journal, and tells of runs that another host has left in it.
pub(super) fn open_journal(state_dir: &Path, clock: &Clock) -> Result<Arc<Store>, Failure> {
    let opened = Store::open(state_dir, clock.now())?;
    for run in opened.recovered {
        tracing::warn!(%run, "a run of a host that died is now marked as interrupted");
    }
    Ok(Arc::new(opened.store))
}

/// Tells whoever is to be told of alerts; where a host serves, it does. False when somebody could not be told.
async fn tell(office: &Office, store: &Arc<Store>, clock: &Clock, state_dir: &Path) -> Result<bool, Failure> {
    if served_by(state_dir)?.is_some() {
        return Ok(true);
    }
    let round = office.tell_all(store, clock, PATIENCE).await?;
    for (receiver, error) in &round.retried {
        tracing::error!(receiver, error, "not told yet; `assay alerts deliver` tries again, as does the next run");
    }
    for (receiver, error) in &round.dead {
        tracing::error!(receiver, error, "not told; `assay alerts deliveries --retry all` tries again");
    }
    Ok(round.retried.is_empty() && round.dead.is_empty())
}

/// The first signal cancels the run, which is then finished in the journal; the second ends the process at once.
pub(super) async fn stop_on_signal(cancel: Cancel) {
    for again in [false, true] {
        if signal().await.is_err() {
            return;
        }
        if again {
            // The journal knows the run as begun: the next start marks it as interrupted.
            std::process::abort();
        }
        cancel.now(Cause::Asked { by: None });
    }
}

async fn signal() -> std::io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        interrupted = tokio::signal::ctrl_c() => interrupted,
        _ = terminate.recv() => Ok(()),
    }
}

fn print(outcomes: &[RunOutcome], format: Format, journal: &Journal, state_dir: &Path) -> Result<(), Failure> {
    let views: Vec<_> = outcomes.iter().map(RunView::of).collect();
    match format {
        Format::Table => {
            for view in &views {
                render::table::run(view)?;
            }
            let place = match journal {
                Journal::Store(store) => format!("stored in {}", store.path().display()),
                Journal::Nowhere => format!("dry run: nothing was stored in {}", state_dir.display()),
            };
            render::out(&place)?;
        }
        Format::Json => render::json(&serde_json::json!({ "runs": views }))?,
        Format::Ndjson => {
            for result in views.iter().flat_map(|view| &view.results) {
                render::ndjson(result)?;
            }
        }
        Format::Junit => render::junit::runs(&views)?,
    }
    for error in outcomes.iter().flat_map(|outcome| &outcome.not_stored) {
        tracing::error!(%error, "a result could not be stored");
    }
    Ok(())
}

fn code(outcomes: &[RunOutcome], args: &RunArgs, delivered: bool) -> ExitCode {
    let results = || outcomes.iter().flat_map(|outcome| &outcome.results);
    let cancelled = outcomes.iter().any(|outcome| outcome.status == RunStatus::Cancelled);
    let status = if cancelled {
        RunStatus::Cancelled
    } else {
        roll_up(results().map(|result| (result.conclusion.status, result.conclusion.severity)))
    };
    let tally = Tally::of(results().map(|result| result.conclusion.status));
    let exit = if !delivered || outcomes.iter().any(|outcome| !outcome.not_stored.is_empty()) {
        Exit::NotStored
    } else {
        Exit::of(status, tally, args.fail_on)
    };
    match args.exit_profile {
        Profile::Assay => exit.code(),
        Profile::Nagios => exit.nagios(status),
    }
}
