//! What the rest of the host sees.

use std::io::Read as _;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use jiff::tz::TimeZone;
use jiff::{Timestamp, civil::Date};

use crate::model::{CheckName, Digest, LimitRequest, PluginRef, ScheduleName, Severity, SourceName};
use crate::source::TablePattern;

use super::error::ConfigError;
use super::{document, validated};

pub use super::authored::Target;

/// Largest configuration, in bytes.
const CONFIG_BYTES_MAX: u64 = 1 << 20;

/// A configuration that holds together.
#[derive(Debug, Clone)]
pub struct Config {
    /// The file.
    pub path: PathBuf,
    /// SHA-256 of the file's bytes.
    pub digest: Digest,
    /// The host itself.
    pub host: HostConfig,
    /// Where data comes from.
    pub sources: Vec<SourceConfig>,
    /// When checks run.
    pub schedules: Vec<ScheduleConfig>,
    /// What is checked.
    pub checks: Vec<CheckConfig>,
    /// The text, for pointing into it.
    pub(super) text: String,
}

/// The host itself.
#[derive(Debug, Clone)]
pub struct HostConfig {
    /// Folder of the journal.
    pub state_dir: PathBuf,
    /// Folder of plugins.
    pub plugin_dir: PathBuf,
    /// Threads for which to plan.
    pub workers: NonZeroUsize,
    /// Largest component that is admitted, in bytes.
    pub component_bytes_max: u64,
    /// The operator's ceilings.
    pub ceilings: Vec<LimitRequest>,
}

impl HostConfig {
    /// Folder of compiled plugins.
    #[must_use]
    pub fn cache_dir(&self) -> PathBuf {
        self.state_dir.join("cache")
    }
}

impl Default for HostConfig {
    fn default() -> Self {
        Self {
            state_dir: PathBuf::from(".assay"),
            plugin_dir: PathBuf::from("plugins"),
            workers: std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN),
            component_bytes_max: 64 << 20,
            ceilings: Vec::new(),
        }
    }
}

/// Where data comes from.
#[derive(Debug, Clone)]
pub struct SourceConfig {
    /// Its name.
    pub name: SourceName,
    /// What it is.
    pub kind: SourceKind,
    /// Queries at once.
    pub concurrency: NonZeroUsize,
}

/// What a source is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SourceKind {
    /// A folder of files.
    Files {
        /// The folder.
        path: PathBuf,
        /// Memory for queries, in bytes.
        memory_bytes: u64,
        /// Temporary disk for queries, in bytes.
        spill_bytes: u64,
    },
}

/// When checks run.
#[derive(Debug, Clone)]
pub struct ScheduleConfig {
    /// Its name.
    pub name: ScheduleName,
    /// The zone in which the day counts.
    pub time_zone: TimeZone,
    /// The day that a run is about.
    pub target: Target,
}

/// A configured use of a plugin.
#[derive(Debug, Clone)]
pub struct CheckConfig {
    /// Its name.
    pub name: CheckName,
    /// The plugin.
    pub plugin: PluginRef,
    /// The schedule it belongs to.
    pub schedule: Option<ScheduleName>,
    /// How bad it is if it fails.
    pub severity: Severity,
    /// Who owns the data.
    pub owner: Option<String>,
    /// Labels.
    pub tags: Vec<String>,
    /// What it may read, in the order of the file.
    pub grants: Vec<Grant>,
    /// Limits it asks for.
    pub limits: Vec<LimitRequest>,
    /// The settings document, JSON.
    pub settings: String,
}

/// Tables of a source that a check may read.
#[derive(Debug, Clone)]
pub struct Grant {
    /// The source.
    pub source: SourceName,
    /// Patterns of table names.
    pub tables: Vec<TablePattern>,
}

impl Target {
    /// The day that a run at `now` is about, in the zone of the schedule and never in UTC.
    ///
    /// # Errors
    /// When there is no such day in the calendar.
    pub fn date(self, now: Timestamp, zone: &TimeZone) -> Result<Date, jiff::Error> {
        let today = now.to_zoned_datetime(zone.clone()).date();
        match self {
            Self::SameDay => Ok(today),
            Self::PreviousDay => today.yesterday(),
        }
    }
}

impl Config {
    /// Reads a configuration.
    ///
    /// # Errors
    /// [`ConfigError`] with everything that is wrong.
    pub fn load(path: &Path) -> Result<Self, ConfigError> {
        let file = fs_err::File::open(path).map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => ConfigError::NotFound { path: path.to_owned() },
            _ => ConfigError::Unreadable(error),
        })?;
        let metadata = file.metadata().map_err(ConfigError::Unreadable)?;
        if !metadata.is_file() {
            return Err(ConfigError::NotAFile { path: path.to_owned() });
        }
        let too_large = |size| ConfigError::TooLarge { path: path.to_owned(), size, max: CONFIG_BYTES_MAX };
        if metadata.len() > CONFIG_BYTES_MAX {
            return Err(too_large(metadata.len()));
        }
        let mut bytes = Vec::new();
        file.take(CONFIG_BYTES_MAX + 1).read_to_end(&mut bytes).map_err(ConfigError::Unreadable)?;
        if bytes.len() as u64 > CONFIG_BYTES_MAX {
            return Err(too_large(bytes.len() as u64));
        }
        let text = String::from_utf8(bytes).map_err(|_| ConfigError::NotText { path: path.to_owned() })?;
        Self::parse(path, text)
    }

    /// The configuration in a text; `path` says whose folder its paths are relative to.
    ///
    /// # Errors
    /// [`ConfigError::Invalid`] with everything that is wrong.
    pub fn parse(path: &Path, text: String) -> Result<Self, ConfigError> {
        let mut problems = Vec::new();
        let document = document::read(&text, &mut problems);
        // What depends on sections that could not be read is judged when they can be.
        let parts = validated::validate(&document, folder_of(path), &mut problems);
        if !problems.is_empty() {
            return Err(ConfigError::invalid(path.to_owned(), text, problems));
        }
        let digest = Digest::of(text.as_bytes());
        let validated::Parts { host, sources, schedules, checks } = parts;
        Ok(Self { path: path.to_owned(), digest, host, sources, schedules, checks, text })
    }
}

fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        // An empty path leaves what is joined to it as it was written.
        _ => Path::new(""),
    }
}
