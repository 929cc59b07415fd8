//! What holds of receivers that are programs: PagerDuty, Alertmanager, webhooks and commands.

use toml::Spanned;

use crate::notify::receiver::{Address, Alertmanager, Auth, Command, PagerDuty, Webhook};

use super::super::super::authored;
use super::super::super::error::ConfigProblem;
use super::super::super::value::{all_or_none, path, period, positive};
use super::super::Problems;
use super::{Written, api_or, login, needed, open_address, secret, some};

pub(super) fn pagerduty(section: &Written, problems: &mut Problems) -> Option<PagerDuty> {
    let key = section.value.routing_key.as_ref();
    let key = needed(section, "routing_key", key, "routing_key = { env = \"PAGERDUTY_KEY\" }", problems);
    let routing_key = key.and_then(|key| secret::secret(section, "routing_key", key, problems));
    let events = api_or(section, PagerDuty::EVENTS, problems);
    Some(PagerDuty { routing_key: routing_key?, events: events?, source: "assay".to_owned() })
}

pub(super) fn alertmanager(section: &Written, problems: &mut Problems) -> Option<Alertmanager> {
    const EXAMPLE: &str = "http://alertmanager.example.com:9093";
    let authored::Receiver { url, token, user, password, hold, refresh, .. } = &section.value;
    let url = needed(section, "url", url.as_ref(), &format!("url = \"{EXAMPLE}\""), problems);
    let url = url.and_then(|url| open_address(url, &format!("for example `url = \"{EXAMPLE}\"`"), EXAMPLE, problems));
    let bearer = token.as_ref().map(|token| secret::secret(section, "token", token, problems));
    let basic = login(section, problems);
    if let (Some(token), Some(user)) =
        (token, user.as_ref().map(Spanned::span).or(password.as_ref().map(Spanned::span)))
    {
        problems.push(
            ConfigProblem::at(token.span(), "`token` beside `user` and `password`")
                .also(user, "here")
                .hint("one of both says who sends"),
        );
    }
    let stands = period(hold.as_ref(), &authored::HOLD_DEFAULT, problems);
    let again = refresh.as_ref().map(|refresh| positive(refresh, problems));
    if let (Some(refresh), Some(Some(again)), Some(stands)) = (refresh, again, stands)
        && again >= stands
    {
        problems.push(
            ConfigProblem::at(refresh.span(), "an alert would be over there before it is told again")
                .hint("let `hold` be some times as long as `refresh`"),
        );
    }
    let bearer = all_or_none(bearer)?.map(Auth::Bearer);
    let basic = basic?.map(|(user, password)| Auth::Basic { user, password });
    Some(Alertmanager {
        url: url?,
        auth: bearer.or(basic),
        hold: stands?,
        refresh: all_or_none(again)?,
        labels: Vec::new(),
    })
}

pub(super) fn webhook(section: &Written, problems: &mut Problems) -> Option<Webhook> {
    const EXAMPLE: &str = "https://hooks.example.com/assay";
    let authored::Receiver { url: open, url_secret, signing_key, headers: more, .. } = &section.value;
    let hint = "an address that is a secret is that of `url_secret`: `url_secret = { env = \"WEBHOOK_URL\" }`";
    let known = open.as_ref().map(|open| open_address(open, hint, EXAMPLE, problems).map(Address::Open));
    let secret_one =
        url_secret.as_ref().map(|hidden| secret::secret(section, "url_secret", hidden, problems).map(Address::Secret));
    let address = match (open, url_secret) {
        (Some(_), None) => known.flatten(),
        (None, Some(_)) => secret_one.flatten(),
        (Some(open), Some(hidden)) => {
            problems.push(
                ConfigProblem::at(hidden.span(), "`url_secret` beside `url`")
                    .also(open.span(), "here")
                    .hint("one of both says where requests go"),
            );
            None
        }
        (None, None) if section.is_unreadable("url_secret") => None,
        (None, None) => {
            needed::<()>(section, "url", None, &format!("url = \"{EXAMPLE}\""), problems);
            None
        }
    };
    let signing = signing_key.as_ref().map(|key| secret::secret(section, "signing_key", key, problems));
    let more = more.as_ref().map(|more| secret::headers(section, more, problems));
    Some(Webhook { url: address?, signing: all_or_none(signing)?, headers: all_or_none(more)?.unwrap_or_default() })
}

pub(super) fn command(section: &Written, problems: &mut Problems) -> Option<Command> {
    let written = section.value.command.as_ref();
    let written = needed(section, "command", written, "command = [\"/usr/local/bin/page\", \"data\"]", problems)?;
    let hint = "the program and its arguments, for example `[\"/usr/local/bin/page\", \"data\"]`";
    let (program, arguments) = some(written, "there is no program", hint, problems)?.split_first()?;
    let program = path(program, "name a program on the `PATH`, or the path to it", problems);
    let arguments: Vec<_> = arguments
        .iter()
        .map(|argument| {
            let text = argument.get_ref();
            if text.contains('\0') {
                problems.push(ConfigProblem::at(argument.span(), "an argument has no NUL in it").hint("take it out"));
                return None;
            }
            Some(text.clone())
        })
        .collect();
    Some(Command { program: program?, arguments: arguments.into_iter().collect::<Option<_>>()? })
}
