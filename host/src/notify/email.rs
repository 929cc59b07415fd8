//! Sending mail.

use std::path::Path;

use lettre::address::Envelope;
use lettre::message::Mailbox;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, Tls, TlsParameters};
use lettre::transport::smtp::{self, AsyncSmtpTransport};
use lettre::{AsyncTransport as _, Tokio1Executor};

use super::inert::inert;
use super::message::Turn;
use super::open::{Fault, Opening, caused};
use super::receiver::{Email, Security};
use super::sender::{Outgoing, Receipt, Sent};

/// What is shown of an answer, in characters.
const SHOWN_CHARS: usize = 300;

/// How mailboxes are reached.
pub(super) struct Way {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    envelope: Envelope,
    pub(super) from: Mailbox,
    pub(super) to: Vec<Mailbox>,
}

pub(super) fn open(settings: &Email, opening: &mut Opening<'_>) -> Option<Way> {
    let Email { host, port, security, authority, login, from, to } = settings;
    if login.is_some() && *security == Security::Plain && !settings.is_local() {
        opening.took::<()>(Err(Fault::Unguarded { host: host.clone() }));
    }
    let login = match login {
        None => Some(None),
        Some((user, password)) => opening.secret(password).map(|password| Some((user.clone(), password))),
    };
    let from = mailbox("the sender", from, opening);
    let boxes: Vec<Mailbox> = to.iter().filter_map(|to| mailbox("the recipient", to, opening)).collect();
    if to.is_empty() {
        let why = "there must be at least one";
        opening.took::<()>(Err(Fault::Setting { what: "the list of recipients", value: String::new(), why }));
    }
    let tls = tls(host, *security, authority.as_deref(), opening);
    let (from, login, tls) = (from?, login?, tls?);
    let addresses = boxes.iter().map(|mailbox| mailbox.email.clone()).collect();
    let why = "there must be at least one recipient";
    let envelope = Envelope::new(Some(from.email.clone()), addresses).map_err(|_| Fault::Setting {
        what: "the list of recipients",
        value: String::new(),
        why,
    });
    let envelope = opening.took(envelope)?;
    let mut transport =
        AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(host).port(*port).tls(tls).timeout(None);
    if let Some((user, password)) = login {
        transport = transport.credentials(Credentials::new(user, password.expose().to_owned()));
    }
    Some(Way { transport: transport.build(), envelope, from, to: boxes })
}

fn mailbox(what: &'static str, text: &str, opening: &mut Opening<'_>) -> Option<Mailbox> {
    let why = "a mailbox is `name@example.org` or `Name <name@example.org>`";
    opening.took(text.parse().map_err(|_| Fault::Setting { what, value: text.to_owned(), why }))
}

fn tls(host: &str, security: Security, authority: Option<&Path>, opening: &mut Opening<'_>) -> Option<Tls> {
    let mut parameters = TlsParameters::builder(host.to_owned());
    if let Some(path) = authority {
        let file = |source| Fault::File { path: path.to_owned(), source };
        let pem = opening.took(fs_err::read(path).map_err(file))?;
        let value = path.display().to_string();
        let why = "it is not a certificate in PEM";
        let certificate =
            Certificate::from_pem(&pem).map_err(|_| Fault::Setting { what: "the certificate in", value, why });
        parameters = parameters.add_root_certificate(opening.took(certificate)?);
    }
    let why = "no certificate can be made out for it";
    let wrong = |_| Fault::Setting { what: "the server", value: host.to_owned(), why };
    match security {
        Security::Plain => Some(Tls::None),
        Security::Tls => opening.took(parameters.build().map_err(wrong)).map(Tls::Wrapper),
        Security::StartTls => opening.took(parameters.build().map_err(wrong)).map(Tls::Required),
    }
}

/// The identity of the mail of a delivery.
pub(super) fn message_id(delivery_id: &str, from: &Mailbox) -> String {
    let id: String =
        delivery_id.chars().filter(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.')).collect();
    format!("<{id}@{}>", from.email.domain())
}

pub(super) async fn send(way: &Way, delivery: &Outgoing) -> Sent {
    let thread = delivery.thread.as_ref().filter(|_| delivery.turn != Turn::Alone).filter(|id| is_message_id(id));
    let mail = match thread {
        Some(first) => format!("In-Reply-To: {first}\r\nReferences: {first}\r\n{}", delivery.body),
        None => delivery.body.clone(),
    };
    match way.transport.send_raw(&way.envelope, mail.as_bytes()).await {
        Ok(_) if thread.is_some() => Sent::delivered(),
        Ok(_) => Sent::Delivered { receipt: Some(Receipt::new(message_id(&delivery.id, &way.from))) },
        Err(error) => failed(&error),
    }
}

/// Whether it can be put into a header: what was kept may be of another kind of receiver.
fn is_message_id(receipt: &Receipt) -> bool {
    let text = receipt.as_str();
    text.starts_with('<') && text.ends_with('>') && text.contains('@') && text.chars().all(|c| c.is_ascii_graphic())
}

fn failed(error: &smtp::Error) -> Sent {
    let text = inert(&caused(error), SHOWN_CHARS);
    // `client`: the server cannot what is needed of it, or the password has no way to it.
    if error.is_permanent() || error.is_client() { Sent::refused(text) } else { Sent::retry(text) }
}
