//! Admission and sandbox as a library, on input that no program of ours wrote, and for a long time.

#![expect(clippy::unwrap_used, reason = "a test may fail wherever it stands")]

mod generated;
mod once;
mod soak;
mod ungranted;
