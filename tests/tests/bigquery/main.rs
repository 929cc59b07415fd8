//! BigQuery as a source and as a connection: against an emulator, and, for what that does not do, against a server that
//! answers as BigQuery's documentation says. None of this has ever been asked of BigQuery itself.

#![expect(clippy::unwrap_used, reason = "a test may fail wherever it stands")]

mod budget;
mod credentials;
mod emulator;
mod endings;
mod fake;
mod hostile;
mod outages;
mod requests;
mod sink;
mod views;
