//! Making a receiver ready: what can be known before anything is sent is known here.

use std::fmt;
use std::io;
use std::path::PathBuf;

use reqwest::Url;

use super::message::Message;
use super::receiver::{Receiver, ReceiverKind};
use super::render::{self, Rendered, TemplateError, Templates};
use super::secret::{Secret, SecretError, SecretRef, Secrets};
use super::{alertmanager, command, email, github, pagerduty, slack, webhook, wire};
use crate::notify::receiver::Log;

/// A receiver that is ready.
pub struct Opened {
    receiver: Receiver,
    way: Way,
    templates: Templates,
    secrets: Vec<Secret>,
}

/// What a receiver is reached by.
pub(super) enum Way {
    Slack(slack::Way),
    PagerDuty(pagerduty::Way),
    Alertmanager(alertmanager::Way),
    Email(email::Way),
    Webhook(webhook::Way),
    GitHub(github::Way),
    Log(Log),
    Command(command::Way),
}

impl Receiver {
    /// Makes the receiver ready: looks its secrets up, reads its template and tries it, and looks whether everything else
    /// is as it must be. Nothing is sent.
    ///
    /// # Errors
    /// [`OpenError`], with everything that is wrong.
    pub fn open(&self, secrets: &Secrets) -> Result<Opened, OpenError> {
        let mut opening = Opening { secrets, found: Vec::new(), faults: Vec::new() };
        let way = self.kind.way(&mut opening);
        let templates = opening.took(Templates::read(self.template.as_deref()).map_err(Fault::Template));
        if let Some(fault) = templates.as_ref().and_then(|templates| render::fault(self, templates)) {
            opening.faults.push(Fault::Template(fault));
        }
        match (way, templates) {
            (Some(way), Some(templates)) if opening.faults.is_empty() => {
                Ok(Opened { receiver: self.clone(), way, templates, secrets: opening.found })
            }
            _ => Err(OpenError { receiver: self.name.clone(), faults: opening.faults }),
        }
    }
}

impl ReceiverKind {
    fn way(&self, opening: &mut Opening<'_>) -> Option<Way> {
        match self {
            Self::Slack(settings) => slack::open(settings, opening).map(Way::Slack),
            Self::PagerDuty(settings) => pagerduty::open(settings, opening).map(Way::PagerDuty),
            Self::Alertmanager(settings) => alertmanager::open(settings, opening).map(Way::Alertmanager),
            Self::Email(settings) => email::open(settings, opening).map(Way::Email),
            Self::Webhook(settings) => webhook::open(settings, opening).map(Way::Webhook),
            Self::GitHub(settings) => github::open(settings, opening).map(Way::GitHub),
            Self::Log(log) => Some(Way::Log(*log)),
            Self::Command(settings) => command::open(settings, opening).map(Way::Command),
        }
    }
}

impl Opened {
    /// The receiver as it is configured.
    #[must_use]
    pub fn receiver(&self) -> &Receiver {
        &self.receiver
    }

    /// What the receiver is sent for `message`: made once and kept, since each attempt must send the same. No secret is
    /// in it.
    #[must_use]
    pub fn render(&self, message: &Message) -> Rendered {
        render::render(&self.receiver, &self.way, &self.templates, message)
    }

    pub(super) fn way(&self) -> &Way {
        &self.way
    }

    /// The text without secrets, whoever wrote them into it.
    pub(super) fn scrub(&self, text: String) -> String {
        self.secrets.iter().fold(text, wire::scrub)
    }
}

impl fmt::Debug for Opened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Opened").field("receiver", &self.receiver).finish_non_exhaustive()
    }
}

/// Why a receiver cannot be reached as it is configured.
#[derive(Debug, thiserror::Error)]
#[error("the receiver `{receiver}` is not ready: {}", listed(faults))]
pub struct OpenError {
    /// Its name.
    pub receiver: String,
    /// Everything that is wrong, at least one.
    pub faults: Vec<Fault>,
}

/// One thing that is wrong with a receiver.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// A secret is missing.
    #[error("{}", caused(.0))]
    Secret(#[source] SecretError),
    /// An address is none.
    #[error("the {what} is not usable: {why}")]
    Address {
        /// Which one.
        what: &'static str,
        /// What is wrong with it.
        why: &'static str,
    },
    /// A header cannot be sent.
    #[error("the header `{name}` cannot be sent: {why}")]
    Header {
        /// Its name.
        name: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// A secret does not have the form it must have.
    #[error("{place} is not {what}")]
    Form {
        /// Where it lies.
        place: SecretRef,
        /// What it should be.
        what: &'static str,
    },
    /// A setting is not as it must be.
    #[error("{what} `{value}` is not usable: {why}")]
    Setting {
        /// Which one.
        what: &'static str,
        /// What it is.
        value: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// A password would travel for all to see.
    #[error("the password would be sent to {host} without encryption")]
    Unguarded {
        /// The server.
        host: String,
    },
    /// A file cannot be read.
    #[error("{} cannot be read: {source}", path.display())]
    File {
        /// Which one.
        path: PathBuf,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// The program to start is not there.
    #[error("there is no program {}", .0.display())]
    NoProgram(PathBuf),
    /// The program may not be started.
    #[error("{} cannot be started: it is not executable", .0.display())]
    NotExecutable(PathBuf),
    /// The template is not usable.
    #[error("{0}")]
    Template(#[source] TemplateError),
    /// What encrypts connections does not start.
    #[error("nothing can be sent over HTTP: {0}")]
    Http(String),
}

impl Fault {
    /// What would help.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Secret(error) => error.hint(),
            Self::Address { .. } => "an address as in `https://example.org/path`",
            Self::Header { .. } => "a name of letters, digits and `-`, and a value of visible characters",
            Self::Form { .. } => "look whether it is the right one",
            Self::Setting { .. } => "correct it in the configuration",
            Self::Unguarded { .. } => "say `tls = \"tls\"` or `tls = \"starttls\"`",
            Self::File { .. } => "look whether it is there, and whether the user that runs assay may read it",
            Self::NoProgram(_) => "name it by its whole path, or install it",
            Self::NotExecutable(_) => "`chmod +x` makes it so",
            Self::Template(error) => error.hint(),
            Self::Http(_) => "look whether the proxy that is set in the environment is one",
        }
    }
}

fn listed(faults: &[Fault]) -> String {
    faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

/// An error with what caused it.
pub(super) fn caused(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}

/// A receiver while it is made ready: what is wrong is collected, so that it can be said all at once.
pub(super) struct Opening<'a> {
    secrets: &'a Secrets,
    found: Vec<Secret>,
    faults: Vec<Fault>,
}

impl Opening<'_> {
    /// The value, or nothing once more is known to be wrong.
    pub(super) fn took<T>(&mut self, result: Result<T, Fault>) -> Option<T> {
        result.map_err(|fault| self.faults.push(fault)).ok()
    }

    pub(super) fn secret(&mut self, place: &SecretRef) -> Option<Secret> {
        let secret = self.secrets.load(place).map_err(Fault::Secret);
        let secret = self.took(secret)?;
        self.found.push(secret.clone());
        Some(secret)
    }

    /// An address that may be known, with `path` behind it.
    pub(super) fn address(&mut self, what: &'static str, text: &str, path: &str, guarded: Guarded) -> Option<Url> {
        let url = address(text, guarded).map(|mut url| {
            let joined = format!("{}{path}", url.path().trim_end_matches('/'));
            url.set_path(&joined);
            url
        });
        self.took(url.map_err(|why| Fault::Address { what, why }))
    }

    /// An address that is a secret.
    pub(super) fn secret_address(&mut self, what: &'static str, place: &SecretRef) -> Option<Url> {
        let secret = self.secret(place)?;
        let url = address(secret.expose(), Guarded::Tls).map_err(|why| Fault::Address { what, why });
        let url = self.took(url)?;
        // What is secret of it may be shown without the rest.
        self.found.extend([url.path(), url.query().unwrap_or_default()].into_iter().map(Secret::part));
        Some(url)
    }

    pub(super) fn http(&mut self) -> Option<reqwest::Client> {
        self.took(wire::client().map_err(|error| Fault::Http(caused(&error.without_url()))))
    }
}

/// Whether a secret goes to an address beside what is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Guarded {
    /// One does: only over TLS, or within the machine.
    Tls,
    /// None does, or it is for those who configure it to decide.
    Open,
}

fn address(text: &str, guarded: Guarded) -> Result<Url, &'static str> {
    let url = Url::parse(text.trim()).map_err(|_| "it is not a URL")?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err("it does not begin with `https://` or `http://`");
    }
    if url.host_str().is_none_or(str::is_empty) {
        return Err("it names no host");
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("it has a password in it");
    }
    if guarded == Guarded::Tls && url.scheme() == "http" && !wire::is_local(&url) {
        return Err("a secret is sent along, and only `https://` keeps it one");
    }
    Ok(url)
}
