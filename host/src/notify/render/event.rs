//! A message as a CloudEvent, in structured mode.

use serde_json::json;

use super::{Told, document, words};
use crate::notify::inert::inert;
use crate::notify::message::{Content, Turn};

/// What it is said to come from where assay has no address of its own.
const SOURCE: &str = "urn:assay";
/// The longest subject, in characters.
const SUBJECT_CHARS_MAX: usize = 200;

pub(super) fn body(told: &Told<'_>) -> String {
    let Told { message, view, texts: _ } = told;
    let kind = match (&message.content, message.turn()) {
        (Content::Alerts(_), Turn::Ends) => "io.assay.alert.resolved",
        (Content::Alerts(_), Turn::Goes | Turn::Alone) => "io.assay.alert.firing",
        (Content::Digest(_), _) => "io.assay.digest",
        (Content::Test { .. }, _) => "io.assay.test",
    };
    json!({
        "specversion": "1.0",
        "id": view.id,
        "source": view.link.as_deref().unwrap_or(SOURCE),
        "type": kind,
        "subject": inert(message.dedup_key(), SUBJECT_CHARS_MAX),
        "time": words::rfc3339(message.at),
        "datacontenttype": "application/json",
        "data": document::of(told),
    })
    .to_string()
}
