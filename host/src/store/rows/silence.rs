//! Table `alert_silences`: what nobody wants to be told of for a time.

use jiff::Timestamp;
use rusqlite::types::Value;

use super::super::codec::{self, Fields};
use super::super::error::{Fault, StoreError};
use super::{Table, alert, timestamp};
use crate::alert::{Matcher, Silence};

/// The table.
pub(in super::super) const TABLE: Table<7> = Table {
    name: "alert_silences",
    key: 1,
    columns: ["silence_id", "matchers", "starts_at", "ends_at", "created_by", "comment", "created_at"],
};

/// A silence, and what is known of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredSilence {
    /// What it silences, and when.
    pub silence: Silence,
    /// Who wants it so.
    pub by: String,
    /// Why.
    pub comment: String,
    /// When it was said.
    pub created_at: Timestamp,
}

/// The row of a silence.
pub(in super::super) fn row(stored: &StoredSilence) -> Result<[Value; 7], StoreError> {
    let StoredSilence { silence: Silence { id, matchers, from, until }, by, comment, created_at } = stored;
    let of = format!("silence {id}");
    let matchers: Vec<_> = matchers.iter().map(ToString::to_string).collect();
    Ok([
        codec::text(Some(id)),
        alert::document(&matchers),
        timestamp(&of, "starts_at", *from)?,
        timestamp(&of, "ends_at", *until)?,
        codec::text(Some(by)),
        codec::text(Some(comment)),
        timestamp(&of, "created_at", *created_at)?,
    ])
}

/// The silence of a row.
pub(in super::super) fn read(row: &rusqlite::Row<'_>) -> Result<StoredSilence, Fault> {
    let fields = Fields::new(TABLE.name, row);
    let texts: Vec<String> = alert::read_document(&fields, "matchers")?;
    let matchers: Result<Vec<Matcher>, _> = texts.iter().map(|text| text.parse()).collect();
    Ok(StoredSilence {
        silence: Silence {
            id: fields.text("silence_id")?,
            matchers: matchers.map_err(|_| fields.corrupt("matchers", "matchers"))?,
            from: fields.timestamp("starts_at")?,
            until: fields.timestamp("ends_at")?,
        },
        by: fields.text("created_by")?,
        comment: fields.text("comment")?,
        created_at: fields.timestamp("created_at")?,
    })
}
