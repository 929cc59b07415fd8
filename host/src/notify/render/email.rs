//! A message as mail, in its last form but for the thread.

use std::time::{Duration, SystemTime};

use lettre::Message as Mail;
use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{MultiPart, SinglePart};

use super::{Form, Told, markup, template};
use crate::notify::email::{Way, message_id};
use crate::notify::inert::inert;

/// The longest subject, in characters.
const SUBJECT_CHARS_MAX: usize = 200;
/// The longest text, in characters.
const TEXT_CHARS_MAX: usize = 200_000;

pub(super) fn body(told: &Told<'_>, way: &Way, is_html: bool) -> String {
    let Told { message, view, texts } = told;
    let (text, html) = match (&texts.own, is_html) {
        (Some(own), true) => (template::body(view, Form::Text), own.clone()),
        (Some(own), false) => (own.clone(), page(&format!("<pre>{}</pre>", minijinja::HtmlEscape(own)))),
        (None, _) => (told.text(Form::Text), page(&told.text(Form::Html))),
    };
    let id = message_id(&message.delivery_id, &way.from);
    // The same each time: what is between the parts is not left to chance.
    let boundary = format!("assay-{}", id.chars().filter(char::is_ascii_alphanumeric).collect::<String>());
    let parts = MultiPart::alternative()
        .boundary(&boundary)
        .singlepart(SinglePart::plain(markup::cut_lines(&text, TEXT_CHARS_MAX)))
        .singlepart(SinglePart::html(html));
    let at = u64::try_from(message.at.as_second()).unwrap_or(0);
    let mail = Mail::builder()
        .message_id(Some(id))
        .date(SystemTime::UNIX_EPOCH + Duration::from_secs(at))
        .from(way.from.clone())
        .subject(inert(&texts.title, SUBJECT_CHARS_MAX))
        .raw_header(header("Auto-Submitted", "auto-generated"));
    let mail = way.to.iter().cloned().fold(mail, lettre::message::MessageBuilder::to);
    match mail.multipart(parts) {
        Ok(mail) => String::from_utf8_lossy(&mail.formatted()).into_owned(),
        // It does not happen: there is a sender and a recipient.
        Err(_) => format!("Content-Type: text/plain; charset=utf-8\r\n\r\n{}\r\n", texts.title),
    }
}

fn page(content: &str) -> String {
    format!("<!doctype html>\n<html><head><meta charset=\"utf-8\"></head><body>\n{content}\n</body></html>\n")
}

fn header(name: &'static str, value: &str) -> HeaderValue {
    HeaderValue::new(HeaderName::new_from_ascii_str(name), value.to_owned())
}
