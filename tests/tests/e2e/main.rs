//! The real program on real files.

#![expect(clippy::unwrap_used, reason = "a test may fail wherever it stands")]

mod alerts;
mod bad_input;
mod commands;
mod dependencies;
mod endings;
mod grants;
mod hostile;
mod kill;
mod languages;
mod limits;
mod replays;
mod serve;
mod slots;
mod told;
