//! Injections on a source whose every value is known, and what is thought of what comes of them.

#![expect(clippy::unwrap_used, reason = "a test may fail wherever it stands")]

mod altering;
mod judging;
mod memory;
mod observing;
