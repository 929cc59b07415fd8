//! The author kit as an author meets it: the real program, real folders, the real sandbox.

#![expect(clippy::unwrap_used, reason = "a test may fail wherever it stands")]

mod new;
mod recording;
mod shipped;
mod walkthrough;
mod wrong;
