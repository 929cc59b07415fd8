//! From `assay.toml` to what the host sees: authored -> validated -> resolved.
//!
//! - [`authored`] is the file as people write it; its doc comments are the reference and its shapes the JSON Schema.
//! - `document` reads the text section by section, so that one mistake does not hide another.
//! - `validated` turns what was written into what is meant: names, patterns, amounts, references.
//! - [`Config`] is what the rest of the host sees, with paths relative to the file resolved.
//!
//! Every problem is found in one go and has its place in the file. Nothing here looks at data or plugins.

mod amount;
pub mod authored;
mod document;
mod error;
mod place;
mod resolved;
mod schema;
#[cfg(test)]
mod tests;
mod validated;

pub use error::{ConfigError, ConfigProblem};
pub use place::Place;
pub use resolved::{CheckConfig, Config, Grant, HostConfig, ScheduleConfig, SourceConfig, SourceKind, Target};
pub use schema::json_schema;

/// The commented configuration that `assay init` writes.
pub const STARTER: &str = include_str!("starter.toml");
