//! The form that a message takes for a receiver: made once and kept, so that every attempt sends the same.
//!
//! Nothing here reads a clock or asks anybody. No secret is in what is made. Texts for people come from templates;
//! documents are built as documents.

mod alertmanager;
mod digest;
mod document;
mod email;
mod event;
mod finding;
mod github;
mod markup;
mod pagerduty;
mod sample;
mod slack;
mod template;
mod view;
mod words;

pub use template::TemplateError;

pub(super) use template::{Form, Templates};

use minijinja::value::{Serde, Value};

use super::message::Message;
use super::open::Way;
use super::receiver::{Receiver, ReceiverKind};
use template::Texts;
use view::View;

/// What a receiver is sent, without the secrets and the thread that are added on the way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rendered {
    /// The media type of the body.
    pub content_type: &'static str,
    /// The body.
    pub body: String,
    /// What was wrong with the receiver's own template. It is said in the body too.
    pub note: Option<String>,
}

const JSON: &str = "application/json";

pub(super) fn render(receiver: &Receiver, way: &Way, templates: &Templates, message: &Message) -> Rendered {
    let view = View::of(message);
    let texts = templates.texts(&view, form(&receiver.kind, templates));
    let told = Told { message, view: &view, texts: &texts };
    let (content_type, body) = match way {
        Way::Slack(way) => (JSON, slack::body(&told, way)),
        Way::PagerDuty(way) => (JSON, pagerduty::body(&told, &way.source)),
        Way::Alertmanager(way) => (JSON, alertmanager::body(&told, &way.settings)),
        Way::Email(way) => ("message/rfc822", email::body(&told, way, templates.is_html())),
        Way::Webhook(_) => (super::webhook::MEDIA_TYPE, event::body(&told)),
        Way::GitHub(way) => (JSON, github::body(&told, &way.labels)),
        Way::Log(_) | Way::Command(_) => (JSON, document::of(&told).to_string()),
    };
    Rendered { content_type, body, note: texts.note }
}

/// What is wrong with the receiver's own template, tried with messages of all kinds.
pub(super) fn fault(receiver: &Receiver, templates: &Templates) -> Option<TemplateError> {
    let form = form(&receiver.kind, templates);
    let samples = sample::messages(&receiver.name);
    let mut tried = samples.iter().map(|message| templates.own(&Value::from(Serde(View::of(message))), form));
    tried.find_map(|made| made?.err())
}

/// What the text of a receiver's own template is to be.
fn form(kind: &ReceiverKind, templates: &Templates) -> Form {
    match kind {
        ReceiverKind::Slack(_) => Form::Slack,
        ReceiverKind::GitHub(_) => Form::Markdown,
        ReceiverKind::Email(_) if templates.is_html() => Form::Html,
        ReceiverKind::Email(_)
        | ReceiverKind::PagerDuty(_)
        | ReceiverKind::Alertmanager(_)
        | ReceiverKind::Webhook(_)
        | ReceiverKind::Log(_)
        | ReceiverKind::Command(_) => Form::Text,
    }
}

/// A message with the words for it.
struct Told<'a> {
    message: &'a Message,
    view: &'a View,
    texts: &'a Texts,
}

impl Told<'_> {
    /// The text for people: the receiver's own, or ours, with what is wrong with its own.
    fn text(&self, form: Form) -> String {
        match (&self.texts.own, &self.texts.note) {
            (Some(own), _) => own.clone(),
            (None, None) => template::body(self.view, form),
            (None, Some(note)) => {
                let note = match form {
                    Form::Text => note.clone(),
                    Form::Html => format!("<p>{}</p>", minijinja::HtmlEscape(note)),
                    Form::Markdown => markup::markdown_code(note),
                    Form::Slack => markup::slack_code(note),
                };
                format!("{}\n\n{note}\n", template::body(self.view, form).trim_end())
            }
        }
    }
}
