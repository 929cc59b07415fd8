//! What holds of receivers that people read: Slack and issues on GitHub.

use toml::Spanned;

use crate::notify::receiver::{GitHub, Slack};

use super::super::super::authored;
use super::super::super::error::ConfigProblem;
use super::super::super::value::filled;
use super::super::Problems;
use super::{Written, api_or, needed, secret, some};

pub(super) fn slack(section: &Written, problems: &mut Problems) -> Option<Slack> {
    let authored::Receiver { token, channel, url, api, .. } = &section.value;
    let Some(hook) = url else {
        if section.is_unreadable("url") {
            return None;
        }
        let token = needed(section, "token", token.as_ref(), "token = { env = \"SLACK_TOKEN\" }", problems);
        let token = token.and_then(|token| secret::secret(section, "token", token, problems));
        let channel = needed(section, "channel", channel.as_ref(), "channel = \"#data-alerts\"", problems);
        let channel = channel.and_then(|channel| filled(channel, "a channel", "for example `#data-alerts`", problems));
        let api = api_or(section, Slack::API, problems);
        return Some(Slack::Bot { token: token?, channel: channel?, api: api? });
    };
    let besides = [
        ("token", token.as_ref().map(Spanned::span)),
        ("channel", channel.as_ref().map(Spanned::span)),
        ("api", api.as_ref().map(Spanned::span)),
    ];
    for (key, place) in besides.into_iter().filter_map(|(key, place)| Some((key, place?))) {
        problems.push(
            ConfigProblem::at(place, format!("`{key}` beside `url`")).hint(
                "an incoming webhook knows its channel and takes no token: either `url`, or `token` and `channel`",
            ),
        );
    }
    if let Some(token) = token {
        secret::secret(section, "token", token, problems);
    }
    match hook.get_ref() {
        authored::Address::Reference(reference) => {
            Some(Slack::Hook { url: secret::secret_at(section, "url", &hook.span(), reference, problems)? })
        }
        authored::Address::Written(_) => {
            problems.push(secret::written_out("url", hook.span()));
            None
        }
    }
}

pub(super) fn github(section: &Written, problems: &mut Problems) -> Option<GitHub> {
    let authored::Receiver { repository, token, labels, .. } = &section.value;
    let whole = needed(section, "repository", repository.as_ref(), "repository = \"example/data\"", problems);
    let whole = whole.and_then(|whole| repository_of(whole, problems));
    let token = needed(section, "token", token.as_ref(), "token = { env = \"GITHUB_TOKEN\" }", problems);
    let token = token.and_then(|token| secret::secret(section, "token", token, problems));
    let api = api_or(section, GitHub::API, problems);
    let labels = match labels {
        None => Some(vec![authored::LABEL_DEFAULT.to_owned()]),
        Some(labels) => {
            let hint = "its own issues are found by the first: name one, or leave the key out";
            let labels = some(labels, "the issues would have no label", hint, problems);
            let labels = labels.map(|labels| {
                labels.iter().map(|label| filled(label, "a label", "name it", problems)).collect::<Vec<_>>()
            });
            labels.and_then(|labels| labels.into_iter().collect())
        }
    };
    let (owner, repository) = whole?;
    Some(GitHub { owner, repository, token: token?, labels: labels?, api: api? })
}

/// Owner and repository.
fn repository_of(written: &Spanned<String>, problems: &mut Problems) -> Option<(String, String)> {
    let is_name = |name: &str| {
        !name.is_empty()
            && !matches!(name, "." | "..")
            && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))
    };
    let parts = written.get_ref().split_once('/').filter(|(owner, name)| is_name(owner) && is_name(name));
    if parts.is_none() {
        problems.push(
            ConfigProblem::at(written.span(), format!("`{}` is not a repository", written.get_ref()))
                .hint("its owner and its name, for example `example/data`"),
        );
    }
    parts.map(|(owner, name)| (owner.to_owned(), name.to_owned()))
}
