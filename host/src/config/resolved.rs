//! What the rest of the host sees of a configuration. Paths are usable as they are, names are parsed,
//! defaults are filled in, and every name that is referred to is there.

mod alerting;
mod calendar;
mod schedule;
mod serve;
mod sink;

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use crate::alert::Policy;
use crate::bigquery::{ConnectionOptions, Credentials};
use crate::model::{CheckName, Digest, LimitRequest, PluginRef, ScheduleName, Severity, SourceName};
use crate::source::TablePattern;

use super::authored;
use super::validated::{self, Validated};

pub use alerting::{AlertingConfig, DigestConfig};
pub use calendar::{CalendarConfig, CalendarQuery};
pub use schedule::{ScheduleConfig, Target};
pub use serve::{Heartbeat, Role, ServeConfig, Token};
pub use sink::SinkConfig;

/// A configuration that holds together.
#[derive(Debug, Clone)]
pub struct Config {
    /// The file, as it was named.
    pub path: PathBuf,
    /// SHA-256 of the file.
    pub digest: Digest,
    /// The host itself.
    pub host: HostConfig,
    /// The host that keeps running.
    pub serve: ServeConfig,
    /// Where results go as well.
    pub sink: Option<SinkConfig>,
    /// The sources, in the order of the file.
    pub sources: Vec<SourceConfig>,
    /// The calendars, in the order of the file. Each has a schedule that keeps to it.
    pub calendars: Vec<CalendarConfig>,
    /// The schedules, in the order of the file. Each has a check.
    pub schedules: Vec<ScheduleConfig>,
    /// Who is told of alerts.
    pub alerting: AlertingConfig,
    /// The checks, in the order of the file: at least one.
    pub checks: Vec<CheckConfig>,
    /// The text, for pointing into it.
    pub(super) text: Arc<str>,
}

/// Executions at once for each worker.
const EXECUTIONS_PER_WORKER: usize = 4;

/// The host itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostConfig {
    /// Folder of the journal; it may not be there yet.
    pub state_dir: PathBuf,
    /// Folder of the components `ID@VERSION.wasm`.
    pub plugin_dir: PathBuf,
    /// Threads that run checks.
    pub workers: NonZeroUsize,
    /// Size of the largest component that is admitted, in bytes.
    pub component_bytes_max: u64,
    /// Time that compiling a component may take.
    pub compile_time: Duration,
    /// Memory that compiling a component may take, in bytes.
    pub compile_memory_bytes: u64,
    /// The most that any check gets of a limit, in the limit's base unit.
    pub ceilings: Vec<LimitRequest>,
}

impl HostConfig {
    /// Executions of checks at once: most of them wait for data.
    #[must_use]
    pub fn executions(&self) -> usize {
        self.workers.get().saturating_mul(EXECUTIONS_PER_WORKER)
    }

    /// Folder of compiled plugins.
    #[must_use]
    pub fn cache_dir(&self) -> PathBuf {
        self.state_dir.join("cache")
    }
}

impl Default for HostConfig {
    /// What holds without a configuration, in the current folder.
    fn default() -> Self {
        resolve_host(validated::Host::default(), Path::new(""))
    }
}

/// A place where data comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceConfig {
    /// Its name.
    pub name: SourceName,
    /// What it is.
    pub kind: SourceKind,
    /// Queries at once.
    pub concurrency: NonZeroUsize,
}

impl SourceConfig {
    /// Queries at once when nothing is said.
    pub const CONCURRENCY_DEFAULT: u32 = authored::CONCURRENCY_DEFAULT;
}

/// What a source is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SourceKind {
    /// A folder of Parquet, CSV and NDJSON files.
    Files {
        /// The folder; whether it is there shows when it is opened.
        path: PathBuf,
        /// The project that the folder stands for.
        project: Option<String>,
        /// Memory that all queries share, in bytes; one of them holds at most half of what the others leave.
        memory_bytes: u64,
        /// Temporary disk that all queries share, in bytes.
        spill_bytes: u64,
        /// Columns that say since when, and until when, a row is there.
        as_of: Option<(String, Option<String>)>,
    },
    /// BigQuery, or an emulator of it.
    BigQuery(BigQueryConfig),
}

/// BigQuery as a source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BigQueryConfig {
    /// How it is reached, and as whom.
    pub connection: ConnectionOptions,
    /// Dataset of tables that are named alone, `DATASET` or `PROJECT.DATASET`.
    pub dataset: Option<String>,
    /// Bytes that may be billed a day (UTC), all checks together.
    pub daily_budget: Option<u64>,
}

/// A configured use of a plugin.
#[derive(Debug, Clone)]
pub struct CheckConfig {
    /// Its name, unlike that of any other check or schedule.
    pub name: CheckName,
    /// The plugin at its version.
    pub plugin: PluginRef,
    /// The schedule that runs it; without one it runs by name.
    pub schedule: Option<ScheduleName>,
    /// Checks of the same schedule, unlike itself: it is skipped when one of these failed or could not run. No check
    /// depends on itself through others.
    pub depends_on: Vec<CheckName>,
    /// How often it is run in all, from 1, while it ends in an error that may pass by itself.
    pub attempts: u32,
    /// How a failure is confirmed; without it the first one counts.
    pub confirm: Option<Confirm>,
    /// How bad it is if the check fails.
    pub severity: Severity,
    /// Who owns the data.
    pub owner: Option<String>,
    /// Who looks after the check itself: the owner of the data unless somebody else is named.
    pub check_owner: Option<String>,
    /// When its alerts fire.
    pub alert: Arc<Policy>,
    /// Where it is written what to do when it fails.
    pub runbook: Option<String>,
    /// Labels.
    pub tags: Vec<String>,
    /// What it may read: at least one, in the order of the file, each source once.
    pub grants: Vec<Grant>,
    /// Bytes that sources may bill for it a day (UTC), all its runs together.
    pub daily_budget: Option<u64>,
    /// What it asks for of each limit, in the limit's base unit.
    pub limits: Vec<LimitRequest>,
    /// What the plugin reads: a JSON object, its keys in order, without white space.
    pub settings: String,
}

/// A failure is not believed at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Confirm {
    /// How often the check is run again at most, from 1: the first of these runs that does not fail counts.
    pub times: u32,
    /// How long after the one before each of these runs begins.
    pub after: Duration,
}

/// Tables of a source that a check may read.
#[derive(Debug, Clone)]
pub struct Grant {
    /// The source.
    pub source: SourceName,
    /// Patterns of its tables: at least one.
    pub tables: Vec<TablePattern>,
}

/// Makes paths relative to the folder of the file, and asks the machine for what is left to it.
pub(super) fn resolve(validated: Validated, path: &Path, text: Arc<str>) -> Config {
    let folder = path.parent().unwrap_or(Path::new(""));
    let Validated { host, serve, sink, sources, calendars, schedules, alerting, checks } = validated;
    let sources = sources.into_iter().map(|source| {
        let validated::Source { name, mut kind, concurrency } = source;
        match &mut kind {
            SourceKind::Files { path, .. } => *path = folder.join(&path),
            SourceKind::BigQuery(config) => within(folder, &mut config.connection),
        }
        SourceConfig { name, kind, concurrency }
    });
    let calendars = calendars.into_iter().map(|calendar| {
        let file = calendar.file.map(|file| folder.join(file));
        CalendarConfig { file, ..calendar }
    });
    Config {
        path: path.to_owned(),
        digest: Digest::of(text.as_bytes()),
        host: resolve_host(host, folder),
        serve,
        sink: sink.map(|mut sink| {
            within(folder, &mut sink.connection);
            sink
        }),
        sources: sources.collect(),
        calendars: calendars.collect(),
        schedules,
        alerting: alerting.within(folder),
        checks,
        text,
    }
}

/// Makes the file of credentials relative to a folder.
fn within(folder: &Path, connection: &mut ConnectionOptions) {
    if let Credentials::File(path) = &mut connection.identity.credentials {
        *path = folder.join(&path);
    }
}

fn resolve_host(host: validated::Host, folder: &Path) -> HostConfig {
    let validated::Host {
        state,
        plugins,
        workers,
        component_bytes_max,
        compile_time_millis,
        compile_memory_bytes,
        ceilings,
    } = host;
    let cores = || std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
    HostConfig {
        state_dir: folder.join(state),
        plugin_dir: folder.join(plugins),
        workers: workers.unwrap_or_else(cores),
        component_bytes_max,
        compile_time: Duration::from_millis(compile_time_millis),
        compile_memory_bytes,
        ceilings,
    }
}
