//! assay runs data-validation checks as sandboxed WebAssembly components.
//!
//! Three promises decide every doubt: unknown never reads as pass; a check can do no harm; nothing is lost.
//!
//! In reading order:
//! - [`model`]: what a check is and what can come of a run; pure.
//! - [`config`]: from `assay.toml` to what the host sees.
//! - [`source`]: where data comes from.
//! - [`bigquery`]: the connection to BigQuery, for reading and writing.
//! - [`capability`]: what a check can do with it: query and report.
//! - [`sandbox`]: where guests run.
//! - [`admission`]: the only road from a file to a guest.
//! - [`runner`]: a run from its first line in the journal to its last.
//! - [`store`]: the journal.
//! - [`schedule`]: when something is due; pure.
//! - [`alert`]: how alerts live, and who is told of them when; pure.
//! - [`serve`]: a host that runs schedules for as long as it lives.
//! - [`api`]: what such a host answers over HTTP.
//! - [`notify`]: how people and programs are told.
//! - [`kit`]: what an author of checks works with.
//! - [`spans`]: what a trace of a run is made of.
//! - [`view`]: findings and metrics as documents.
//! - [`cli`]: all that prints.

pub mod admission;
pub mod alert;
pub mod api;
pub mod bigquery;
pub mod capability;
pub mod cli;
pub mod clock;
pub mod config;
#[cfg(test)]
mod dice;
pub mod kit;
pub mod model;
pub mod notify;
pub mod runner;
pub mod sandbox;
pub mod schedule;
pub mod serve;
pub mod sink;
pub mod source;
pub mod spans;
pub mod store;
pub mod transcribe;
pub mod view;
