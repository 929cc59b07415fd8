//! What people say of alerts: silences and verdicts.

use rusqlite::Connection;

use super::alerts::replace;
use super::error::Fault;
use super::rows::feedback;
use super::rows::silence::{self, StoredSilence};
use crate::model::Feedback;

/// Something that somebody says.
#[derive(Debug)]
pub(super) enum Said {
    /// Nobody is to be told of some alerts for a time; or no longer.
    Silence(StoredSilence),
    /// What an incident was.
    Feedback(Feedback),
}

impl Said {
    pub(super) fn write(&self, conn: &Connection) -> Result<(), Fault> {
        match self {
            Self::Silence(silence) => replace(conn, &silence::TABLE, &silence::row(silence)?),
            Self::Feedback(feedback) => feedback::TABLE.put(conn, &feedback::row(feedback)?).map(drop),
        }
    }
}
