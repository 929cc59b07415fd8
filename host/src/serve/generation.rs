//! A configuration in force, and noticing that there is another.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use jiff::Timestamp;
use tokio::sync::mpsc;

use crate::clock::Clock;
use crate::config::{Config, ConfigError, ScheduleConfig};
use crate::model::{CalendarName, CheckName, PluginRef, ScheduleName, Trigger};
use crate::notify::{NotReady, Office, Secrets};
use crate::runner::{Host, HostError, RunPlan, StoredLedger};
use crate::schedule::{Calendar, Due};
use crate::store::Store;

use super::agenda::Entry;
use super::exporting::Outlet;

/// A configuration in force. Runs keep the one they began with.
#[derive(Debug)]
pub(super) struct Generation {
    /// The configuration, its sources opened and its plugins admitted.
    pub(super) host: Arc<Host>,
    /// All it takes to tell somebody of its alerts.
    pub(super) office: Office,
    /// Where rows of the journal go as well.
    pub(super) outlet: Option<Outlet>,
    /// What its files looked like when it was read.
    pub(super) seen: Fingerprint,
    /// Since when it is in force.
    pub(super) since: Timestamp,
}

/// A configuration that cannot be taken into force.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// It is wrong.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// It can run nothing.
    #[error(transparent)]
    Host(#[from] HostError),
    /// Somebody who is to be told of alerts cannot be.
    #[error(transparent)]
    NotReady(#[from] NotReady),
    /// The sink cannot be written to.
    #[error("the sink cannot be opened: {0}")]
    Sink(crate::bigquery::Error),
    /// Plugins are refused: what is in force keeps running on the versions it has.
    #[error("not admitted: {}", .0.iter().map(|(plugin, why)| format!("{plugin}: {why}")).collect::<Vec<_>>().join("; "))]
    Plugins(Vec<(PluginRef, String)>),
    /// Checks whose settings their plugin refuses.
    #[error("settings refused: {}", .0.iter().map(|(check, why)| format!("{check}: {why}")).collect::<Vec<_>>().join("; "))]
    Settings(Vec<(CheckName, String)>),
}

impl Generation {
    /// Reads the configuration and all it names.
    ///
    /// # Cancel safety
    /// Nothing is left behind.
    pub(super) async fn load(path: &Path, program: &Path, clock: Clock, store: &Arc<Store>) -> Result<Self, LoadError> {
        let config = Config::load(path)?;
        let seen = Fingerprint::of(path, &config.host.plugin_dir);
        let since = clock.now();
        let (events, _) = mpsc::unbounded_channel();
        let ledger = Arc::new(StoredLedger::new(Arc::clone(store), clock.clone()));
        let host = Host::load_with(config, clock, program, &events, ledger).await?;
        let office = Office::open(&host.config, host.alerts(), &Secrets::of_process(), false)?;
        let outlet = Outlet::of(host.config.sink.as_ref()).await.map_err(LoadError::Sink)?;
        Ok(Self { host: Arc::new(host), office, outlet, seen, since })
    }

    /// Whether all of it can run: what must be so for it to take the place of another.
    pub(super) fn sound(self) -> Result<Self, LoadError> {
        let refused: Vec<_> = (self.host.plugins())
            .filter_map(|(plugin, admitted)| Some((plugin.clone(), admitted.err()?.to_string())))
            .collect();
        if !refused.is_empty() {
            return Err(LoadError::Plugins(refused));
        }
        let checks = self.host.config.checks.iter();
        let refused: Vec<_> = checks
            .filter_map(|check| {
                let refusal = self.host.settings_of(&check.name)?.err()?;
                Some((check.name.clone(), refusal.message(&check.plugin)))
            })
            .collect();
        if refused.is_empty() { Ok(self) } else { Err(LoadError::Settings(refused)) }
    }

    /// The schedules that are due by themselves.
    pub(super) fn entries(&self, calendars: &BTreeMap<CalendarName, Calendar>) -> Vec<Entry> {
        self.host.config.schedules.iter().filter_map(|schedule| entry(schedule, calendars)).collect()
    }

    /// What the run of a slot is to do; `None` for a schedule that is not there, and at the very edge of the calendar.
    pub(super) fn plan(&self, schedule: &ScheduleName, due: &Due, trigger: Trigger) -> Option<RunPlan> {
        let config = &self.host.config;
        let schedule = config.schedule(schedule.as_str())?;
        RunPlan::of_slot(config, schedule, due, trigger)
    }
}

/// A schedule as the agenda knows it; `None` for one that is only run by hand.
pub(super) fn entry(schedule: &ScheduleConfig, calendars: &BTreeMap<CalendarName, Calendar>) -> Option<Entry> {
    Some(Entry {
        name: schedule.name.clone(),
        timing: schedule.timing()?,
        target: schedule.target,
        calendar: schedule.calendar.as_ref().and_then(|name| calendars.get(name)).cloned(),
        catch_up: schedule.catch_up.clone(),
        overlap: schedule.overlap,
        jitter: crate::schedule::jitter(schedule.name.as_str(), schedule.jitter),
        start_deadline: schedule.start_deadline,
        depends_on: schedule.depends_on.clone(),
        depends_within: schedule.depends_within,
    })
}

/// What the files of a configuration look like from outside.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Fingerprint(BTreeMap<PathBuf, (Option<SystemTime>, u64)>);

impl Fingerprint {
    /// Of the configuration itself and the components in a folder. A file that cannot be looked at is not in it.
    pub(super) fn of(config: &Path, plugins: &Path) -> Self {
        let components = fs_err::read_dir(plugins).into_iter().flatten().filter_map(|entry| Some(entry.ok()?.path()));
        let wasm = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "wasm");
        let files = std::iter::once(config.to_owned()).chain(components.filter(wasm));
        let look = |path: PathBuf| {
            let metadata = fs_err::metadata(&path).ok()?;
            Some((path, (metadata.modified().ok(), metadata.len())))
        };
        Self(files.filter_map(look).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_changed_file_and_a_new_component_are_seen() {
        let dir = tempfile::tempdir().unwrap();
        let config = dir.path().join("assay.toml");
        let plugins = dir.path().join("plugins");
        fs_err::create_dir(&plugins).unwrap();
        fs_err::write(&config, "a").unwrap();
        let first = Fingerprint::of(&config, &plugins);
        assert_eq!(Fingerprint::of(&config, &plugins), first);
        fs_err::write(plugins.join("notes.txt"), "no component").unwrap();
        assert_eq!(Fingerprint::of(&config, &plugins), first);
        fs_err::write(plugins.join("a@1.0.0.wasm"), "x").unwrap();
        let second = Fingerprint::of(&config, &plugins);
        assert_ne!(second, first);
        fs_err::write(&config, "ab").unwrap();
        assert_ne!(Fingerprint::of(&config, &plugins), second);
    }
}
