//! What holds of a receiver: each type has keys of its own.

mod chat;
mod email;
mod machine;
mod secret;

use std::ops::Range;

use reqwest::Url;
use toml::Spanned;

use crate::notify::receiver::{Log, Rate, Receiver, ReceiverKind};
use crate::notify::secret::SecretRef;

use super::super::authored::{self, Named};
use super::super::error::ConfigProblem;
use super::super::sections::Section;
use super::super::value::{all_or_none, filled, name, number, path, period, positive, url, word};
use super::Problems;
use secret::secret;

/// A receiver as it is written.
type Written = Section<authored::Receiver>;

/// Types of receiver.
#[derive(Debug, Clone, Copy)]
enum Type {
    Slack,
    PagerDuty,
    Alertmanager,
    Email,
    Webhook,
    GitHub,
    Log,
    Command,
}

impl Type {
    const ALL: [Self; authored::TYPES.len()] = [
        Self::Slack,
        Self::PagerDuty,
        Self::Alertmanager,
        Self::Email,
        Self::Webhook,
        Self::GitHub,
        Self::Log,
        Self::Command,
    ];

    /// The keys that are its own.
    fn keys(self) -> &'static [&'static str] {
        match self {
            Self::Slack => &["token", "channel", "url", "api"],
            Self::PagerDuty => &["routing_key", "api"],
            Self::Alertmanager => &["url", "token", "user", "password", "hold", "refresh"],
            Self::Email => &["host", "port", "tls", "authority", "user", "password", "from", "to"],
            Self::Webhook => &["url", "url_secret", "signing_key", "headers"],
            Self::GitHub => &["repository", "token", "labels", "api"],
            Self::Log => &[],
            Self::Command => &["command"],
        }
    }
}

pub(super) fn receiver(named: &Named<authored::Receiver>, problems: &mut Problems) -> Option<Receiver> {
    let name = name(&named.name, "receiver", problems);
    let section = named.section.as_ref()?;
    let authored::Receiver { r#type, send_resolved, rate, timeout, template, .. } = &section.value;
    let rate = rate.as_ref().map(|rate| rate_of(section, rate, problems));
    let timeout = period(timeout.as_ref(), &authored::TIMEOUT_DEFAULT, problems);
    let template = template
        .as_ref()
        .map(|file| path(file, "name a file with the template, relative to the folder of this file", problems));
    let written = section.required("type", r#type.as_ref(), problems);
    let kind = written.and_then(|written| {
        let words: [(&str, Type); authored::TYPES.len()] =
            std::array::from_fn(|at| (authored::TYPES[at], Type::ALL[at]));
        let found = word(written, "type of receiver", words, problems)?;
        no_keys_of_others(section, found, written.get_ref(), problems);
        kind_of(section, found, problems)
    });
    Some(Receiver {
        name: name?,
        kind: kind?,
        send_resolved: send_resolved.unwrap_or(true),
        rate: all_or_none(rate)?,
        time_limit: timeout?,
        template: all_or_none(template)?,
    })
}

fn kind_of(section: &Written, found: Type, problems: &mut Problems) -> Option<ReceiverKind> {
    match found {
        Type::Slack => chat::slack(section, problems).map(ReceiverKind::Slack),
        Type::PagerDuty => machine::pagerduty(section, problems).map(ReceiverKind::PagerDuty),
        Type::Alertmanager => machine::alertmanager(section, problems).map(ReceiverKind::Alertmanager),
        Type::Email => email::email(section, problems).map(ReceiverKind::Email),
        Type::Webhook => machine::webhook(section, problems).map(ReceiverKind::Webhook),
        Type::GitHub => chat::github(section, problems).map(ReceiverKind::GitHub),
        Type::Log => Some(ReceiverKind::Log(Log::Tracing)),
        Type::Command => machine::command(section, problems).map(ReceiverKind::Command),
    }
}

/// Keys that the type does not take.
fn no_keys_of_others(section: &Written, found: Type, word: &str, problems: &mut Problems) {
    fn place<T>(written: &Option<Spanned<T>>) -> Option<Range<usize>> {
        written.as_ref().map(Spanned::span)
    }
    let authored::Receiver {
        r#type: _,
        send_resolved: _,
        rate: _,
        timeout: _,
        template: _,
        token,
        channel,
        url,
        api,
        routing_key,
        hold,
        refresh,
        host,
        port,
        tls,
        authority,
        user,
        password,
        from,
        to,
        url_secret,
        signing_key,
        headers,
        repository,
        labels,
        command,
    } = &section.value;
    let secret = |written: &Option<Spanned<authored::Secret>>| {
        written.as_ref().map(|written| (written.span(), matches!(written.get_ref(), authored::Secret::Written)))
    };
    let plain = |place: Option<Range<usize>>| place.map(|place| (place, false));
    let keys = [
        ("token", secret(token)),
        ("channel", plain(place(channel))),
        ("url", plain(place(url))),
        ("api", plain(place(api))),
        ("routing_key", secret(routing_key)),
        ("hold", plain(place(hold))),
        ("refresh", plain(place(refresh))),
        ("host", plain(place(host))),
        ("port", plain(place(port))),
        ("tls", plain(place(tls))),
        ("authority", plain(place(authority))),
        ("user", plain(place(user))),
        ("password", secret(password)),
        ("from", plain(place(from))),
        ("to", plain(place(to))),
        ("url_secret", secret(url_secret)),
        ("signing_key", secret(signing_key)),
        ("headers", plain(place(headers))),
        ("repository", plain(place(repository))),
        ("labels", plain(place(labels))),
        ("command", plain(place(command))),
    ];
    let taken = found.keys();
    for (key, (place, is_secret)) in keys.into_iter().filter_map(|(key, written)| Some((key, written?))) {
        if taken.contains(&key) {
            continue;
        }
        let hint = match taken {
            [] => "besides `type` it takes what all receivers take".to_owned(),
            keys => format!("its keys are `{}`, besides those that all receivers take", keys.join("`, `")),
        };
        let problem = ConfigProblem::at(place, format!("a receiver of the type `{word}` takes no `{key}`")).hint(hint);
        problems.push(if is_secret { problem.conceal() } else { problem });
    }
}

/// A key that the type needs.
fn needed<'a, V>(
    section: &Written,
    key: &str,
    value: Option<&'a V>,
    example: &str,
    problems: &mut Problems,
) -> Option<&'a V> {
    if value.is_none() && !section.is_unreadable(key) {
        let word = section.value.r#type.as_ref().map(|word| word.get_ref().as_str()).unwrap_or_default();
        problems.push(
            section
                .problem(&format!("has no `{key}`, which the type `{word}` needs"))
                .hint(format!("for example `{example}`")),
        );
    }
    value
}

fn rate_of(section: &Written, rate: &Spanned<authored::Rate>, problems: &mut Problems) -> Option<Rate> {
    let authored::Rate { messages, per } = rate.get_ref();
    let messages = section.required_within("rate", rate.span(), "messages", messages.as_ref(), problems);
    let count = messages.and_then(|messages| number("messages", messages, 1..=authored::RATE_MESSAGES_MAX, problems));
    let per = section.required_within("rate", rate.span(), "per", per.as_ref(), problems);
    let per = per.and_then(|per| positive(per, problems));
    Some(Rate { count: count?, per: per? })
}

/// The address of an API or server, without a slash at its end.
fn base(written: &Spanned<String>, example: &str, problems: &mut Problems) -> Option<String> {
    if Url::parse(written.get_ref()).is_ok_and(|url| url.password().is_some()) {
        problems.push(
            ConfigProblem::at(written.span(), "there is a password in this address")
                .hint("a secret is never written in this file: say with a key of its own where it is")
                .conceal(),
        );
        return None;
    }
    url(written, example, problems).map(|url| url.trim_end_matches('/').to_owned())
}

/// The address of an API, which is usually the same.
fn api_or(section: &Written, default: &str, problems: &mut Problems) -> Option<String> {
    match &section.value.api {
        Some(api) => base(api, default, problems),
        None => Some(default.to_owned()),
    }
}

/// An address that may be known.
fn open_address(
    key: &Spanned<authored::Address>,
    hint: &str,
    example: &str,
    problems: &mut Problems,
) -> Option<String> {
    match key.get_ref() {
        authored::Address::Written(text) => base(&Spanned::new(key.span(), text.clone()), example, problems),
        authored::Address::Reference(_) => {
            problems.push(ConfigProblem::at(key.span(), "`url` must be text, not a table").hint(hint));
            None
        }
    }
}

/// A user and a password: both or neither. None when something is wrong with them.
fn login(section: &Written, problems: &mut Problems) -> Option<Option<(String, SecretRef)>> {
    let authored::Receiver { user, password, .. } = &section.value;
    let name = user.as_ref().map(|user| filled(user, "a user", "leave it out, or name him", problems));
    let secret = password.as_ref().map(|password| secret(section, "password", password, problems));
    match (user, password) {
        (Some(user), None) if !section.is_unreadable("password") => problems.push(
            ConfigProblem::at(user.span(), "`user` without `password`")
                .hint("for example `password = { env = \"PASSWORD\" }`"),
        ),
        (None, Some(password)) if !section.is_unreadable("user") => problems.push(
            ConfigProblem::at(password.span(), "`password` without `user`").hint("for example `user = \"assay\"`"),
        ),
        (Some(_), Some(_)) | (None, None) | (Some(_), None) | (None, Some(_)) => {}
    }
    match (name, secret) {
        (None, None) => Some(None),
        (name, secret) => Some(Some((name??, secret??))),
    }
}

/// A list that is not empty.
fn some<'a>(
    written: &'a Spanned<Vec<Spanned<String>>>,
    message: &str,
    hint: &str,
    problems: &mut Problems,
) -> Option<&'a [Spanned<String>]> {
    if written.get_ref().is_empty() {
        problems.push(ConfigProblem::at(written.span(), message).hint(hint));
        return None;
    }
    Some(written.get_ref())
}
