//! A configuration brought to life: sources opened, plugins admitted.

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use futures::future::join_all;
use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::task::JoinSet;

use crate::admission::{Admitted, Candidate, PluginFolder, Refusal, SettingsRefusal, admit};
use crate::capability::{Grant, Grants, SourceHandle};
use crate::clock::Clock;
use crate::config::{CheckConfig, Config};
use crate::model::{CheckName, LimitName, Limits, PluginRef, Problem, SourceName};
use crate::sandbox::{CompileCache, CompileLimits, Compiler, Sandbox, SandboxError};
use crate::source::Closed;
use crate::source::ledger::{InMemory, Ledger};
use crate::store::AlertContext;

use super::alerts::alert_contexts;
use super::event::{Event, tell};
use super::sources;

/// How long the ends of queries are waited for when the host ends.
const WIND_UP: Duration = Duration::from_secs(10);

/// A configuration with its sources opened and its plugins admitted.
#[derive(Debug)]
pub struct Host {
    /// The only source of time.
    pub clock: Clock,
    /// The configuration.
    pub config: Arc<Config>,
    pub(super) sandbox: Sandbox,
    slots: Arc<Semaphore>,
    /// One for each check: an execution of it.
    turns: BTreeMap<CheckName, Semaphore>,
    sources: BTreeMap<SourceName, Result<SourceHandle, Problem>>,
    plugins: BTreeMap<PluginRef, Result<Arc<Admitted>, Refusal>>,
    /// What plugins say of the settings of checks; nothing where the plugin is refused.
    settings: BTreeMap<CheckName, Result<(), SettingsRefusal>>,
    /// What the alerts of checks are judged by.
    alerts: BTreeMap<CheckName, Arc<AlertContext>>,
}

/// Leave to execute a check, given back when dropped.
#[derive(Debug)]
pub(super) struct Slot<'a> {
    _turn: SemaphorePermit<'a>,
    _slot: SemaphorePermit<'a>,
}

/// The host cannot be brought up at all.
#[derive(Debug, thiserror::Error)]
pub enum HostError {
    /// The engine cannot be set up.
    #[error(transparent)]
    Sandbox(#[from] SandboxError),
}

/// A check with all it needs to run.
#[derive(Debug)]
pub(super) struct Loaded {
    /// The plugin.
    pub(super) plugin: Arc<Admitted>,
    /// What the check may read.
    pub(super) grants: Grants,
    /// What an execution may use.
    pub(super) limits: Limits,
}

/// Why a check has not all it needs to run.
#[derive(Debug)]
pub(super) enum NotLoaded<'a> {
    Plugin(&'a Refusal),
    Settings { refusal: &'a SettingsRefusal, plugin: &'a Admitted },
}

impl Host {
    /// Opens sources and admits every plugin that a check of the configuration uses.
    ///
    /// A source that cannot be opened and a plugin that is refused do not keep the host down: they are
    /// results of the checks that need them. `program` is started to compile what was not compiled before, and
    /// answers to [`Compiler::WORKER`]; compilations go to `events`.
    ///
    /// # Errors
    /// [`HostError`] when no check could run at all.
    ///
    /// # Cancel safety
    /// Nothing is left behind.
    pub async fn load(
        config: Config,
        clock: Clock,
        program: &Path,
        events: &UnboundedSender<Event>,
    ) -> Result<Self, HostError> {
        let ledger = Arc::new(InMemory::new(clock.clone()));
        Self::load_with(config, clock, program, events, ledger).await
    }

    /// As [`Host::load`], with a book of what queries cost; without one it is forgotten with the host.
    ///
    /// # Errors
    /// As of [`Host::load`].
    ///
    /// # Cancel safety
    /// Nothing is left behind.
    pub async fn load_with(
        config: Config,
        clock: Clock,
        program: &Path,
        events: &UnboundedSender<Event>,
        ledger: Arc<dyn Ledger>,
    ) -> Result<Self, HostError> {
        let executions = config.host.executions();
        let concurrency = u32::try_from(executions).ok().and_then(NonZeroU32::new).unwrap_or(NonZeroU32::MAX);
        let memory_bytes_max = Limits::resolve(&config.host.ceilings, &[]).limit(LimitName::Memory).ceiling;
        let limits = CompileLimits { time: config.host.compile_time, memory_bytes: config.host.compile_memory_bytes };
        let compiler = Compiler::new(program.to_owned(), limits);
        let sandbox = cached(Sandbox::new(concurrency, memory_bytes_max, compiler)?, &config);
        let mut sources = BTreeMap::new();
        for source in &config.sources {
            let handle =
                |opened| SourceHandle { source: opened, slots: Arc::new(Semaphore::new(source.concurrency.get())) };
            let opened = sources::open(source, config.host.workers.get(), &ledger).await;
            sources.insert(source.name.clone(), opened.map(handle));
        }
        let slots = Arc::new(Semaphore::new(executions));
        let plugins = admit_all(&config, &sandbox, events).await;
        let settings = validate_all(&config, &sandbox, &plugins).await;
        let turns = config.checks.iter().map(|check| (check.name.clone(), Semaphore::new(1))).collect();
        let alerts = alert_contexts(&config);
        let config = Arc::new(config);
        Ok(Self { clock, config, sandbox, slots, turns, sources, plugins, settings, alerts })
    }

    /// What the alerts of all checks are judged by.
    #[must_use]
    pub fn alerts(&self) -> BTreeMap<CheckName, Arc<AlertContext>> {
        self.alerts.clone()
    }

    /// What the alerts of a check are judged by.
    #[must_use]
    pub fn alerts_of(&self, check: &CheckName) -> Option<Arc<AlertContext>> {
        self.alerts.get(check).cloned()
    }

    /// Waits, though not for long, until queries that were given up have ended at their sources.
    ///
    /// # Cancel safety
    /// They end all the same, for as long as the process lives.
    pub async fn wind_up(&self) {
        let sources = self.sources.values().flatten().map(|handle| handle.source.wind_up());
        if tokio::time::timeout(WIND_UP, join_all(sources)).await.is_err() {
            tracing::warn!("queries that were given up may still run: their sources end them at their deadline");
        }
    }

    /// The sources, with why any of them cannot be opened.
    pub fn sources(&self) -> impl Iterator<Item = (&SourceName, Result<&SourceHandle, &Problem>)> {
        self.sources.iter().map(|(name, handle)| (name, handle.as_ref()))
    }

    /// The plugins that checks use, with why any of them is refused.
    pub fn plugins(&self) -> impl Iterator<Item = (&PluginRef, Result<&Arc<Admitted>, &Refusal>)> {
        self.plugins.iter().map(|(reference, plugin)| (reference, plugin.as_ref()))
    }

    /// What its plugin says of a check's settings; `None` when the plugin is refused.
    #[must_use]
    pub fn settings_of(&self, check: &CheckName) -> Option<Result<(), &SettingsRefusal>> {
        self.settings.get(check).map(|verdict| verdict.as_ref().copied())
    }

    /// What a check may use; without the requests of its plugin when that is refused.
    #[must_use]
    pub fn limits_of(&self, check: &CheckConfig) -> Limits {
        let ceilings = &self.config.host.ceilings;
        match &self.plugins[&check.plugin] {
            Ok(plugin) => plugin.limits(ceilings, &check.limits),
            Err(_) => Limits::resolve(ceilings, &check.limits),
        }
    }

    /// Waits, first come, first served, until no other execution of the check is under way and the host has a slot.
    pub(super) async fn slot(&self, check: &CheckConfig) -> Slot<'_> {
        let _turn = self.turns[&check.name].acquire().await.expect("the turns are never closed");
        let _slot = self.slots.acquire().await.expect("the slots are never closed");
        Slot { _turn, _slot }
    }

    /// Brings together what a check needs to run.
    pub(super) fn prepare(&self, check: &CheckConfig) -> Result<Loaded, NotLoaded<'_>> {
        let plugin = match &self.plugins[&check.plugin] {
            Ok(plugin) => plugin,
            Err(refusal) => return Err(NotLoaded::Plugin(refusal)),
        };
        if let Err(refusal) = &self.settings[&check.name] {
            return Err(NotLoaded::Settings { refusal, plugin });
        }
        Ok(Loaded { plugin: plugin.clone(), grants: self.grants(check), limits: self.limits_of(check) })
    }

    fn grants(&self, check: &CheckConfig) -> Grants {
        let grant = |grant: &crate::config::Grant| {
            let handle = match &self.sources[&grant.source] {
                Ok(handle) => handle.clone(),
                Err(problem) => {
                    SourceHandle { source: Arc::new(Closed(problem.clone())), slots: Arc::new(Semaphore::new(1)) }
                }
            };
            Grant { name: grant.source.clone(), handle, tables: grant.tables.clone() }
        };
        Grants::new(check.grants.iter().map(grant).collect())
    }
}

/// The sandbox with its cache; without one every start compiles, which is slow and not wrong.
fn cached(sandbox: Sandbox, config: &Config) -> Sandbox {
    match CompileCache::open(&config.host.cache_dir()) {
        Ok(cache) => sandbox.with_cache(cache),
        Err(error) => {
            tracing::warn!(%error, "compiled plugins are not kept");
            sandbox
        }
    }
}

async fn admit_all(
    config: &Config,
    sandbox: &Sandbox,
    events: &UnboundedSender<Event>,
) -> BTreeMap<PluginRef, Result<Arc<Admitted>, Refusal>> {
    let folder = PluginFolder::new(config.host.plugin_dir.clone());
    let bytes_max = config.host.component_bytes_max;
    // So many components are in memory at once.
    let turns = Arc::new(Semaphore::new(config.host.executions()));
    let mut admissions = JoinSet::new();
    let mut wanted: Vec<_> = config.checks.iter().map(|check| check.plugin.clone()).collect();
    wanted.sort();
    wanted.dedup();
    for reference in wanted {
        let (sandbox, turns, events) = (sandbox.clone(), turns.clone(), events.clone());
        let (ceilings, path) = (config.host.ceilings.clone(), folder.path_of(&reference));
        admissions.spawn(async move {
            let _turn = turns.acquire_owned().await.expect("the turns are never closed");
            let named = Some(reference.clone());
            let read = tokio::task::spawn_blocking(move || Candidate::read(&path, named, bytes_max)).await;
            let admitted = match read {
                Ok(Ok(candidate)) => {
                    let bytes = candidate.bytes.len() as u64;
                    let compiling = || tell(&events, Event::Compiling { plugin: reference.to_string(), bytes });
                    admit(candidate, &sandbox, &ceilings, compiling).await.map(Arc::new)
                }
                Ok(Err(refusal)) => Err(refusal),
                Err(panic) => Err(Refusal::AdmissionBroke(panic.to_string())),
            };
            tell(&events, Event::Admitted(reference.clone()));
            (reference, admitted)
        });
    }
    admissions.join_all().await.into_iter().collect()
}

async fn validate_all(
    config: &Config,
    sandbox: &Sandbox,
    plugins: &BTreeMap<PluginRef, Result<Arc<Admitted>, Refusal>>,
) -> BTreeMap<CheckName, Result<(), SettingsRefusal>> {
    let mut validations = JoinSet::new();
    for check in &config.checks {
        let Ok(plugin) = &plugins[&check.plugin] else { continue };
        let (plugin, sandbox) = (plugin.clone(), sandbox.clone());
        let (name, settings) = (check.name.clone(), check.settings.clone());
        let limits = plugin.limits(&config.host.ceilings, &check.limits);
        validations.spawn(async move {
            let verdict = plugin.accept_settings(&sandbox, &settings, &limits).await;
            (name, verdict)
        });
    }
    validations.join_all().await.into_iter().collect()
}
