//! What holds of receivers of mail.

use toml::Spanned;

use crate::notify::receiver::{Email, Security};

use super::super::super::authored;
use super::super::super::error::ConfigProblem;
use super::super::super::value::{all_or_none, number, path, word};
use super::super::Problems;
use super::{Written, login, needed, some};

pub(super) fn email(section: &Written, problems: &mut Problems) -> Option<Email> {
    let authored::Receiver { host, port, tls, authority, password, from, to, .. } = &section.value;
    let host = needed(section, "host", host.as_ref(), "host = \"smtp.example.com\"", problems);
    let host = host.and_then(|host| server(host, problems));
    let security = match tls {
        None => Some(Security::StartTls),
        Some(tls) => {
            let [start, whole, plain] = authored::TLS;
            let words = [(start, Security::StartTls), (whole, Security::Tls), (plain, Security::Plain)];
            word(tls, "way to speak to a mail server", words, problems)
        }
    };
    let port = port
        .as_ref()
        .map(|port| number("port", port, 1..=u32::from(u16::MAX), problems).and_then(|port| u16::try_from(port).ok()));
    let authority = authority.as_ref().map(|file| path(file, "name a file with certificates in PEM", problems));
    let login = login(section, problems);
    let from = needed(section, "from", from.as_ref(), "from = \"assay <assay@example.com>\"", problems);
    let from = from.and_then(|from| mailbox(from, problems));
    let to = needed(section, "to", to.as_ref(), "to = [\"data@example.com\"]", problems);
    let to = to.and_then(|to| some(to, "the mail is for nobody", "for example `[\"data@example.com\"]`", problems));
    let to = to.map(|to| to.iter().map(|to| mailbox(to, problems)).collect::<Vec<_>>());
    let email = Email {
        host: host?,
        port: all_or_none(port)?.unwrap_or_else(|| security.map(Security::port).unwrap_or_default()),
        security: security?,
        authority: all_or_none(authority)?,
        login: login?,
        from: from?,
        to: to?.into_iter().collect::<Option<_>>()?,
    };
    if let (Some(password), Security::Plain, false) = (password, email.security, email.is_local()) {
        problems.push(
            ConfigProblem::at(
                password.span(),
                format!("everybody on the way to `{}` could read the password", email.host),
            )
            .hint("leave `tls` out, or let it be `\"starttls\"` or `\"tls\"`"),
        );
        return None;
    }
    Some(email)
}

/// Name or address of a server, without scheme or port.
fn server(written: &Spanned<String>, problems: &mut Problems) -> Option<String> {
    let text = written.get_ref();
    let is_one = text.parse::<std::net::IpAddr>().is_ok()
        || (!text.is_empty() && text.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '.' | '_')));
    if !is_one {
        problems.push(
            ConfigProblem::at(written.span(), format!("`{text}` is not the name of a server"))
                .hint("for example `smtp.example.com`; the port has a key of its own, `port`"),
        );
    }
    is_one.then(|| text.clone())
}

/// An address of mail, with or without a name before it.
fn mailbox(written: &Spanned<String>, problems: &mut Problems) -> Option<String> {
    let text = written.get_ref().trim();
    let address = match text.strip_suffix('>') {
        Some(rest) => rest.rsplit_once('<').map_or("", |(_, address)| address),
        None => text,
    };
    let part = |part: &str| {
        !part.is_empty() && !part.contains(|c: char| c.is_whitespace() || c.is_control() || "<>,;@".contains(c))
    };
    let is_one = address.rsplit_once('@').is_some_and(|(user, domain)| part(user) && part(domain))
        && !text.contains(char::is_control);
    if !is_one {
        problems.push(
            ConfigProblem::at(written.span(), format!("`{}` is not an address of mail", written.get_ref()))
                .hint("for example `data@example.com` or `assay <assay@example.com>`"),
        );
    }
    is_one.then(|| text.to_owned())
}
