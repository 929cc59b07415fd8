//! Injections on a source whose every value is known, and what is thought of what comes of them.

mod altering;
mod auditing;
mod judging;
mod memory;
mod observing;
