//! `assay alerts`.

mod act;
pub(super) mod args;
mod deliveries;
mod list;
mod route;
mod silence;
mod view;

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::exit::Exit;
use super::failure::Failure;
use crate::alert::Policy;
use crate::clock::Clock;
use crate::config::Config;
use crate::model::Severity;
use crate::notify::{NotReady, Office, Secrets};
use crate::runner::{At, alert_contexts};
use crate::store::{AlertContext, StandingAlert, Store};
use args::{AlertsArgs, AlertsCommand};
pub(super) use deliveries::PATIENCE;

/// Letters of an id that are enough to mean it.
const ENOUGH: usize = 4;

/// What every command of `assay alerts` needs.
struct Desk {
    config: Config,
    store: Arc<Store>,
    clock: Clock,
}

/// Does `assay alerts …`.
pub(super) async fn alerts(config: &Path, args: AlertsArgs) -> Result<ExitCode, Failure> {
    let clock = Clock::system();
    let config = Config::load(config)?;
    let command = args.command.unwrap_or(AlertsCommand::Ls(args.list));
    if let AlertsCommand::Route { check, kind, severity, segment, format } = command {
        return route::route(&config, &check, kind, severity, segment, format);
    }
    let store = Arc::new(Store::open(&config.host.state_dir, clock.now())?.store);
    let desk = Desk { config, store, clock };
    match command {
        AlertsCommand::Ls(list) => list::list(&desk, &list).await,
        AlertsCommand::Show { alert, format } => list::show(&desk, &alert, format).await,
        AlertsCommand::Ack { alert, until, sticky, by } => act::ack(&desk, &alert, until, sticky, by.by).await,
        AlertsCommand::Resolve { alert, reason, by } => act::resolve(&desk, &alert, reason, by.by).await,
        AlertsCommand::Feedback { alert, verdict, reason, by } => {
            act::feedback(&desk, &alert, verdict, reason, by.by).await
        }
        AlertsCommand::Silence(args) => silence::silence(&desk, args).await,
        AlertsCommand::Silences { all, format } => silence::silences(&desk, all, format).await,
        AlertsCommand::Unsilence { silence } => silence::unsilence(&desk, &silence).await,
        AlertsCommand::Test { name, by } => deliveries::test(&desk, &name, by.by).await,
        AlertsCommand::Deliver => deliveries::deliver(&desk).await,
        AlertsCommand::Deliveries { retry: Some(which), .. } => deliveries::retry(&desk, &which).await,
        AlertsCommand::Deliveries { show: Some(id), .. } => deliveries::show(&desk, &id).await,
        AlertsCommand::Deliveries { status, limit, format, .. } => deliveries::list(&desk, status, limit, format).await,
        AlertsCommand::Route { .. } => Ok(Exit::Ok.code()),
    }
}

impl Desk {
    /// The alert that somebody means.
    async fn find(&self, text: &str) -> Result<StandingAlert, Failure> {
        let mut alerts = self.store.alerts().await?;
        if let Some(at) = alerts.iter().position(|alert| alert.key.to_string() == text) {
            return Ok(alerts.swap_remove(at));
        }
        let is_meant = |alert: &StandingAlert| {
            let id = alert.state.id.map(|id| id.to_string());
            begins(&alert.key.fingerprint(), text) || id.is_some_and(|id| begins(&id, text))
        };
        let mut meant: Vec<_> = alerts.iter().filter(|alert| is_meant(alert)).cloned().collect();
        match (meant.pop(), meant.is_empty()) {
            (Some(alert), true) => Ok(alert),
            (Some(_), false) => Err(Failure::usage(
                anyhow::anyhow!("`{text}` may be several alerts"),
                "give more letters of the id, as `assay alerts ls --all` shows it",
            )),
            (None, _) => Err(Failure::usage(
                anyhow::anyhow!("there is no alert `{text}`"),
                "`assay alerts ls --all` lists all that there are: NAME, NAME/error, or the beginning of an id",
            )),
        }
    }

    /// What an alert is judged by.
    fn context(&self, alert: &StandingAlert) -> Arc<AlertContext> {
        let configured = alert_contexts(&self.config).remove(&alert.key.check);
        configured.unwrap_or_else(|| {
            let severity = alert.state.severity.unwrap_or(Severity::Critical);
            Arc::new(AlertContext { policy: Arc::new(Policy::default_of(severity)), subject: alert.subject.clone() })
        })
    }

    fn office(&self, at_once: bool) -> Result<Office, Failure> {
        office(&self.config, at_once)
    }
}

/// All it takes to tell somebody of alerts.
pub(super) fn office(config: &Config, at_once: bool) -> Result<Office, Failure> {
    Ok(Office::open(config, alert_contexts(config), &Secrets::of_process(), at_once)?)
}

impl From<NotReady> for Failure {
    fn from(error: NotReady) -> Self {
        let hint = error.hint();
        Self::usage(error, hint)
    }
}

/// Whether an id is meant by how it begins.
fn begins(id: &str, text: &str) -> bool {
    text.len() >= ENOUGH && id.to_lowercase().starts_with(&text.to_lowercase())
}

/// An instant as somebody says it, in the zone of this machine where none is said.
fn instant(at: At) -> Result<Timestamp, Failure> {
    super::instant::instant(at, &TimeZone::system())
}
