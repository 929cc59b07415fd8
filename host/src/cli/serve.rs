//! `assay serve`.

use std::io::IsTerminal as _;
use std::path::Path;
use std::process::ExitCode;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer as _};

use crate::api::telemetry::{Telemetry, TelemetryError};
use crate::clock::Clock;
use crate::config::Config;
use crate::serve::{Handle, LoadError, LockError, ServeError, start};

use super::args::{LogFormat, ServeArgs};
use super::exit::Exit;
use super::failure::Failure;
use super::worker::program;

/// Runs schedules until a signal says to stop.
pub(super) async fn serve(config: &Path, verbose: u8, args: &ServeArgs) -> Result<ExitCode, Failure> {
    // Read for the log alone, and again when the host starts.
    let traces = Config::load(config)?.serve.traces;
    let telemetry = traces.as_deref().map(Telemetry::new).transpose()?;
    log(verbose, args.log_format, telemetry.as_ref());

    let signals = Signals::new().map_err(|error| Failure::host(error, "the machine is out of file descriptors"))?;
    let serving = start(config.to_owned(), program()?, Clock::system()).await?;
    tracing::info!(address = %serving.address(), pid = std::process::id(), "serving");
    let listener = tokio::spawn(signals.obey(serving.handle()));
    let well = serving.ended().await;
    listener.abort();
    tracing::info!("stopped");
    if let Some(telemetry) = telemetry {
        telemetry.shut_down().await;
    }
    Ok(if well { Exit::Ok } else { Exit::CouldNotSay }.code())
}

/// To standard error, from `info` on: what a host does is told by its log alone.
fn log(verbose: u8, format: LogFormat, telemetry: Option<&Telemetry>) {
    let default = if verbose == 0 { "assay=info,assay::spans=off,warn" } else { "assay=debug,assay::spans=off,info" };
    let filter = EnvFilter::try_from_env("ASSAY_LOG").unwrap_or_else(|_| EnvFilter::new(default));
    let filter = super::without_secrets(filter);
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr).log_internal_errors(false);
    let lines = match format {
        LogFormat::Text => lines.with_ansi(std::io::stderr().is_terminal()).with_target(false).boxed(),
        LogFormat::Json => lines.json().flatten_event(true).with_current_span(false).boxed(),
    };
    tracing_subscriber::registry().with(lines.with_filter(filter)).with(telemetry.map(Telemetry::layer)).init();
}

/// What the system tells a host.
struct Signals {
    terminate: Signal,
    interrupt: Signal,
    hang_up: Signal,
}

impl Signals {
    fn new() -> std::io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            hang_up: signal(SignalKind::hangup())?,
        })
    }

    /// The first signal to stop lets runs end, the second cuts them, the third ends the process.
    async fn obey(mut self, host: Handle) {
        let mut stops = 0;
        loop {
            tokio::select! {
                _ = self.hang_up.recv() => {
                    tracing::info!("told to read the configuration again");
                    host.reload_later().await;
                    continue;
                }
                _ = self.terminate.recv() => {}
                _ = self.interrupt.recv() => {}
            }
            stops += 1;
            match stops {
                1 => host.stop().await,
                2 => host.stop_now().await,
                // The journal knows what runs as begun: the next start takes it up.
                _ => std::process::abort(),
            }
        }
    }
}

impl From<ServeError> for Failure {
    fn from(error: ServeError) -> Self {
        match error {
            ServeError::Load(LoadError::Config(error)) => error.into(),
            ServeError::Load(LoadError::Host(error)) => error.into(),
            ServeError::Store(error) => error.into(),
            ServeError::Load(LoadError::NotReady(error)) => error.into(),
            ServeError::Load(LoadError::Sink(error)) => error.into(),
            error @ ServeError::Load(LoadError::Plugins(_) | LoadError::Settings(_)) => {
                Self::usage(error, "`assay doctor` shows what is wrong")
            }
            ServeError::Lock(error) => error.into(),
            error @ ServeError::Listen { .. } => {
                Self::usage(error, "name another address: `listen` under `[serve]`; port 0 takes any that is free")
            }
        }
    }
}

impl From<LockError> for Failure {
    fn from(error: LockError) -> Self {
        match error {
            error @ LockError::Taken { .. } => {
                Self::usage(error, "stop it first, or give this one a `state` of its own under `[host]`")
            }
            error @ LockError::Io { .. } => Self::host(error, "check the permissions of the folder of the journal"),
        }
    }
}

impl From<TelemetryError> for Failure {
    fn from(error: TelemetryError) -> Self {
        Self::usage(
            error,
            "`traces` under `[serve]` is the address of a collector, as in `http://localhost:4318/v1/traces`",
        )
    }
}
