//! What the rest of the host sees of a configuration. Paths are usable as they are, names are parsed,
//! defaults are filled in, and every name that is referred to is there.

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::model::{CheckName, Digest, LimitRequest, PluginRef, ScheduleName, Severity, SourceName};
use crate::schedule::Cron;
use crate::source::TablePattern;

use super::authored;
use super::validated::{self, Validated};

/// A configuration that holds together.
#[derive(Debug, Clone)]
pub struct Config {
    /// The file, as it was named.
    pub path: PathBuf,
    /// SHA-256 of the file.
    pub digest: Digest,
    /// The host itself.
    pub host: HostConfig,
    /// The sources, in the order of the file.
    pub sources: Vec<SourceConfig>,
    /// The schedules, in the order of the file. Each has a check.
    pub schedules: Vec<ScheduleConfig>,
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
}

/// In which zone and about which day checks run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScheduleConfig {
    /// Its name.
    pub name: ScheduleName,
    /// The zone in which days count; it has an IANA name.
    pub time_zone: TimeZone,
    /// When it is due; only by hand when there is none.
    pub cron: Option<Cron>,
    /// The day a run is about.
    pub target: Target,
}

/// The day a run is about, seen from the instant it is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Target {
    /// The day of that instant.
    #[default]
    SameDay,
    /// The day before.
    PreviousDay,
}

impl Target {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::SameDay, Self::PreviousDay];

    /// The word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SameDay => "same_day",
            Self::PreviousDay => "previous_day",
        }
    }

    /// The date in `zone` that a run due at `now` is about.
    ///
    /// # Errors
    /// When there is no day before: at the beginning of the year -9999.
    pub fn date(self, now: Timestamp, zone: &TimeZone) -> Result<Date, jiff::Error> {
        let today = zone.to_datetime(now).date();
        match self {
            Self::SameDay => Ok(today),
            Self::PreviousDay => today.yesterday(),
        }
    }
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
    /// How bad it is if the check fails.
    pub severity: Severity,
    /// Who owns the data.
    pub owner: Option<String>,
    /// Labels.
    pub tags: Vec<String>,
    /// What it may read: at least one, in the order of the file, each source once.
    pub grants: Vec<Grant>,
    /// What it asks for of each limit, in the limit's base unit.
    pub limits: Vec<LimitRequest>,
    /// What the plugin reads: a JSON object, its keys in order, without white space.
    pub settings: String,
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
    let Validated { host, sources, schedules, checks } = validated;
    let sources = sources.into_iter().map(|source| {
        let validated::Source { name, path, project, memory_bytes, spill_bytes, as_of, concurrency } = source;
        let kind = SourceKind::Files { path: folder.join(path), project, memory_bytes, spill_bytes, as_of };
        SourceConfig { name, kind, concurrency }
    });
    Config {
        path: path.to_owned(),
        digest: Digest::of(text.as_bytes()),
        host: resolve_host(host, folder),
        sources: sources.collect(),
        schedules,
        checks,
        text,
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

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn the_day_is_counted_in_the_zone_and_never_in_utc() {
        let new_york = TimeZone::get("America/New_York").unwrap();
        let auckland = TimeZone::get("Pacific/Auckland").unwrap();
        for (now, zone, same, previous) in [
            ("2026-03-01T04:59:59Z", &new_york, date(2026, 2, 28), date(2026, 2, 27)),
            ("2026-03-01T05:00:00Z", &new_york, date(2026, 3, 1), date(2026, 2, 28)),
            ("2026-03-01T04:59:59Z", &TimeZone::UTC, date(2026, 3, 1), date(2026, 2, 28)),
            ("2026-03-01T12:00:00Z", &auckland, date(2026, 3, 2), date(2026, 3, 1)),
            // The hour that spring skips, and the one that autumn repeats.
            ("2026-03-08T07:00:00Z", &new_york, date(2026, 3, 8), date(2026, 3, 7)),
            ("2025-11-02T05:30:00Z", &new_york, date(2025, 11, 2), date(2025, 11, 1)),
        ] {
            let now: Timestamp = now.parse().unwrap();
            assert_eq!(Target::SameDay.date(now, zone).unwrap(), same, "{now}");
            assert_eq!(Target::PreviousDay.date(now, zone).unwrap(), previous, "{now}");
        }
    }
}
