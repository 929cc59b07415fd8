//! What holds of the host that keeps running.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use toml::Spanned;

use crate::model::Digest;

use super::super::authored;
use super::super::error::ConfigProblem;
use super::super::resolved::{Heartbeat, Role, ServeConfig, Token};
use super::super::sections::Section;
use super::super::value::{all_or_none, bound, every, filled, size, url, wait, word};
use super::Problems;

pub(super) fn serve(section: Option<&Section<authored::Serve>>, problems: &mut Problems) -> Option<ServeConfig> {
    let default = ServeConfig::default();
    let Some(section) = section else { return Some(default) };
    let authored::Serve { listen, tokens, drain, self_check, keep, disk_free_min, heartbeat, traces } = &section.value;
    let address = match listen {
        Some(listen) => address(listen, problems),
        None => Some(default.listen),
    };
    if let (Some(listen), Some(address)) = (listen, address)
        && !address.ip().to_canonical().is_loopback()
        && tokens.as_ref().is_none_or(Vec::is_empty)
        && !section.is_unreadable("tokens")
    {
        problems.push(
            ConfigProblem::at(
                listen.span(),
                format!("everybody who reaches `{address}` could do everything: there are no `tokens`"),
            )
            .hint(
                "say who may: `tokens = [{ name = \"ci\", sha256 = \"...\", role = \"read\" }]`, or listen at \
                     `127.0.0.1`",
            ),
        );
    }
    let tokens = tokens_of(section, tokens.as_deref().unwrap_or_default(), problems);
    let drain = match drain {
        Some(drain) => wait(drain, problems),
        None => Some(default.drain),
    };
    let self_check = match self_check {
        Some(self_check) => every("self_check", self_check, &authored::EVERY_MIN, problems),
        None => Some(default.self_check),
    };
    let keep = keep.as_ref().map(|keep| bound(keep, problems));
    let disk_free_min = size(disk_free_min.as_ref(), &authored::DISK_FREE_DEFAULT, problems);
    let heartbeat = heartbeat.as_ref().map(|heartbeat| heartbeat_of(section, heartbeat, problems));
    let traces = traces.as_ref().map(|traces| url(traces, "http://127.0.0.1:4318/v1/traces", problems));
    Some(ServeConfig {
        listen: address?,
        tokens: tokens?,
        drain: drain?,
        self_check: self_check?,
        keep: all_or_none(keep)?,
        disk_free_min_bytes: disk_free_min?,
        heartbeat: all_or_none(heartbeat)?,
        traces: all_or_none(traces)?,
    })
}

fn address(written: &Spanned<String>, problems: &mut Problems) -> Option<SocketAddr> {
    let address = written.get_ref().parse().ok();
    if address.is_none() {
        problems.push(
            ConfigProblem::at(written.span(), format!("`{}` is not an address to listen at", written.get_ref()))
                .hint("an IP address and a port, for example `127.0.0.1:8750` or `[::1]:8750`"),
        );
    }
    address
}

fn tokens_of(
    section: &Section<authored::Serve>,
    written: &[Spanned<authored::Token>],
    problems: &mut Problems,
) -> Option<Vec<Token>> {
    let mut names = BTreeMap::new();
    let mut digests = BTreeMap::new();
    let tokens: Vec<_> = written
        .iter()
        .map(|token| {
            let place = token.span();
            let authored::Token { name, sha256, role } = token.get_ref();
            let required = |inner, value, problems: &mut Problems| {
                section.required_within::<Spanned<String>>("tokens", place.clone(), inner, value, problems)
            };
            let named = required("name", name.as_ref(), problems);
            let name = named
                .and_then(|name| filled(name, "the name of a token", "say who uses it, for example `ci`", problems));
            if let (Some(named), Some(name)) = (named, &name)
                && let Some(first) = names.insert(name.clone(), named.span())
            {
                problems.push(
                    ConfigProblem::at(named.span(), format!("there is already a token named `{name}`"))
                        .also(first, "here")
                        .hint("what is asked for is recorded with the name: give each a name of its own"),
                );
            }
            let sha256 = required("sha256", sha256.as_ref(), problems);
            let digest = sha256.and_then(|sha256| digest(sha256, problems));
            if let (Some(sha256), Some(digest)) = (sha256, digest)
                && let Some(first) = digests.insert(digest, sha256.span())
            {
                problems.push(
                    ConfigProblem::at(sha256.span(), "there is already such a token")
                        .also(first, "here")
                        .hint("it would not be known who asks: make each a token of its own"),
                );
            }
            let role = required("role", role.as_ref(), problems);
            let role = role.and_then(|role| word(role, "role", Role::ALL.map(|role| (role.as_str(), role)), problems));
            Some(Token { name: name?, sha256: digest?, role: role? })
        })
        .collect();
    tokens.into_iter().collect()
}

fn digest(written: &Spanned<String>, problems: &mut Problems) -> Option<Digest> {
    const HINT: &str = "64 hexadecimal digits, as `printf %s TOKEN | sha256sum` prints them";
    let mut wrong = |message: &str| problems.push(ConfigProblem::at(written.span(), message).hint(HINT));
    match format!("sha256:{}", written.get_ref()).parse() {
        Ok(digest) if digest == Digest::of(b"") => wrong("this is the SHA-256 of nothing, and nothing is no token"),
        Ok(digest) => return Some(digest),
        // The message does not repeat it: somebody may have taken the key for that of the token itself.
        Err(_) => wrong("this is not the SHA-256 of a token"),
    }
    None
}

fn heartbeat_of(
    section: &Section<authored::Serve>,
    heartbeat: &Spanned<authored::Heartbeat>,
    problems: &mut Problems,
) -> Option<Heartbeat> {
    let authored::Heartbeat { url: address, every: pause } = heartbeat.get_ref();
    let address = section.required_within("heartbeat", heartbeat.span(), "url", address.as_ref(), problems);
    let address = address.and_then(|address| url(address, "https://heartbeats.example.com/assay", problems));
    let pause = section.required_within("heartbeat", heartbeat.span(), "every", pause.as_ref(), problems);
    let pause = pause.and_then(|pause| every("every", pause, &authored::EVERY_MIN, problems));
    Some(Heartbeat { url: address?, every: pause? })
}
