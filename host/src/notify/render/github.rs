//! A message as an issue of GitHub, and as a comment on it.

use serde_json::json;

use super::{Form, Told, markup};
use crate::notify::github::Kept;
use crate::notify::inert::inert;
use crate::notify::message::{Content, Turn};

/// The longest title, in characters; GitHub takes 256.
const TITLE_CHARS_MAX: usize = 200;
/// The longest text, in characters; GitHub takes 65,536.
const TEXT_CHARS_MAX: usize = 60_000;

pub(super) fn body(told: &Told<'_>, labels: &[String]) -> String {
    let Told { message, view: _, texts } = told;
    let marker = marker("group", message.dedup_key());
    let delivery = self::marker("delivery", &message.delivery_id);
    let text = markup::cut_lines(&told.text(Form::Markdown), TEXT_CHARS_MAX);
    let text = text.trim_end();
    let kept = Kept {
        issue: json!({
            "title": inert(&texts.title, TITLE_CHARS_MAX),
            "body": format!("{marker}\n{delivery}\n\n{text}\n"),
            "labels": labels,
        }),
        comment: json!({ "body": format!("{delivery}\n\n{text}\n") }),
        // A test leaves nothing open.
        close: message.turn() == Turn::Ends || matches!(message.content, Content::Test { .. }),
        marker,
        delivery,
    };
    // Texts and lists of texts are always documents.
    serde_json::to_string(&kept).unwrap_or_default()
}

/// A comment that is not shown. Nothing ends it but its end.
fn marker(what: &str, key: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | ':');
    let mut name = String::new();
    for c in key.chars() {
        if plain(c) { name.push(c) } else { name.push_str(&format!("={:x}=", u32::from(c))) }
    }
    format!("<!-- assay {what} {name} -->")
}
