//! `assay.toml`: from text to what the host may rely on.
//!
//! Three stages, each a type of its own: `authored` is what a person may write (and the reference of
//! every key), `validated` is what holds together, `resolved` is what the rest of the host sees.
//! Two types to know: [`Config`] and [`ConfigError`].
//!
//! Invariants:
//! - Every problem of a file is shown at once, each with its place and a hint; reading goes section by
//!   section and key by key, so that one mistake does not hide the next.
//! - A [`Config`] selects at least one check, every check is granted at least one table of a source that
//!   is there, every schedule has a check, and every calendar has a schedule.
//! - What depends on others, schedules or checks, does not depend on itself, however long the way.
//! - Every name that alerting refers to is there, and every receiver is told by something. A secret is never part of a
//!   [`Config`], only where it is; one that is written in the file all the same is refused and not shown.
//! - Nothing here touches the folders that a configuration names: whether data and plugins are there is
//!   the business of those who open them.

pub(crate) mod authored;
mod error;
mod place;
mod quantity;
mod resolved;
pub(crate) mod schema;
pub(crate) mod sections;
mod settings;
pub(crate) mod suggest;
pub(crate) mod validated;
pub(crate) mod value;

#[cfg(test)]
mod tests;

use std::io::Read as _;
use std::path::Path;
use std::sync::Arc;

use toml::de::DeTable;

pub use error::{ConfigError, ConfigProblem};
pub use place::Place;
pub use resolved::{
    AlertingConfig, BigQueryConfig, CalendarConfig, CalendarQuery, CheckConfig, Config, Confirm, DigestConfig, Grant,
    Heartbeat, HostConfig, Role, ScheduleConfig, ServeConfig, SinkConfig, SourceConfig, SourceKind, Target, Token,
};
pub use schema::json_schema;

/// The commented configuration that `assay init` writes.
pub const STARTER: &str = include_str!("starter.toml");

/// The largest configuration that is read, in bytes.
pub const CONFIG_BYTES_MAX: u64 = 1 << 20;

impl Config {
    /// The schedule of that name, if there is one.
    #[must_use]
    pub fn schedule(&self, name: &str) -> Option<&ScheduleConfig> {
        self.schedules.iter().find(|schedule| schedule.name.as_str() == name)
    }

    /// Reads a configuration. Paths in it are relative to the folder of the file.
    ///
    /// # Errors
    /// When the file cannot be read, and with every problem at once when it says something wrong.
    pub fn load(path: &Path) -> Result<Self, ConfigError> {
        Self::parse(path, read_text(path)?)
    }

    /// The configuration in a text; `path` says whose folder its paths are relative to.
    ///
    /// # Errors
    /// [`ConfigError::Invalid`] with everything that is wrong.
    pub fn parse(path: &Path, text: String) -> Result<Self, ConfigError> {
        let text: Arc<str> = text.into();
        let invalid = |problems| ConfigError::invalid(path, Arc::clone(&text), problems);
        let (document, errors) = DeTable::parse_recoverable(&text);
        if !errors.is_empty() {
            // After a syntax error half a section may be missing: complaints about its content would be guesses.
            return Err(invalid(sections::syntax_problems(&text, &errors)));
        }
        let document = document.into_inner();
        let mut problems = Vec::new();
        let authored = sections::read(&document, &mut problems);
        match validated::validate(&authored, &document, &mut problems) {
            Some(validated) if problems.is_empty() => Ok(resolved::resolve(validated, path, Arc::clone(&text))),
            Some(_) | None => Err(invalid(problems)),
        }
    }
}

/// The text of a TOML file, bounded.
///
/// # Errors
/// When it is not there, not a file, too large or not text.
pub(crate) fn read_text(path: &Path) -> Result<String, ConfigError> {
    let bytes = read(path)?;
    String::from_utf8(bytes).map_err(|error| ConfigError::not_text(path, error.as_bytes(), error.utf8_error()))
}

fn read(path: &Path) -> Result<Vec<u8>, ConfigError> {
    let unreadable = |source: std::io::Error| match source.kind() {
        std::io::ErrorKind::NotFound => ConfigError::NotFound { path: path.to_owned() },
        _ => ConfigError::Unreadable { path: path.to_owned(), source },
    };
    // Asked before opening: to open a pipe would wait for somebody to write into it.
    let metadata = fs_err::metadata(path).map_err(unreadable)?;
    if !metadata.is_file() {
        return Err(ConfigError::NotAFile { path: path.to_owned() });
    }
    let mut bytes = Vec::new();
    if metadata.len() <= CONFIG_BYTES_MAX {
        let file = fs_err::File::open(path).map_err(unreadable)?;
        // One more than allowed, for the file may have grown since.
        file.take(CONFIG_BYTES_MAX + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    }
    let size = metadata.len().max(u64::try_from(bytes.len()).unwrap_or(u64::MAX));
    if size > CONFIG_BYTES_MAX {
        return Err(ConfigError::TooLarge { path: path.to_owned(), size });
    }
    Ok(bytes)
}
