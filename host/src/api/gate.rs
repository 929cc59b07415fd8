//! Who is asking, and whether that one may.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::extract::{ConnectInfo, Request, State};
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, HOST, HeaderName, ORIGIN};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, Method};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};

use crate::config::{Role, Token};

use super::connection::Peer;
use super::control::Control;
use super::limit::Limits;
use super::problem::{Kind, Problem};
use super::token;

/// What is answered to everybody.
pub(super) const OPEN: [&str; 2] = ["/livez", "/readyz"];

/// What stands before every route.
pub(super) struct Gate {
    pub(super) control: Arc<dyn Control>,
    pub(super) limits: Limits,
    /// Whether only this machine can reach the host.
    pub(super) loopback: bool,
}

/// Somebody who may ask for what is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Caller {
    /// The name of the token; of those who need none nothing is known.
    pub(super) name: Option<String>,
    /// Where the request comes from.
    pub(super) peer: SocketAddr,
}

impl Caller {
    /// Who wants something, as it is recorded: what the token says, which nobody can make up, and what the caller says.
    pub(super) fn by(&self, said: Option<&str>) -> Option<String> {
        match (&self.name, said) {
            (Some(name), Some(said)) => Some(format!("{said} (token {name})")),
            (Some(name), None) => Some(name.clone()),
            (None, said) => said.map(str::to_owned),
        }
    }
}

/// Lets a request through, with its [`Caller`] as an extension, or answers why not.
///
/// # Cancel safety
/// As of what comes next.
pub(super) async fn pass(
    State(gate): State<Arc<Gate>>,
    ConnectInfo(Peer(peer)): ConnectInfo<Peer>,
    mut request: Request,
    next: Next,
) -> Response {
    match gate.admit(&request, peer) {
        Ok(caller) => {
            request.extensions_mut().insert(caller);
            next.run(request).await
        }
        Err(problem) => {
            tracing::debug!(%peer, method = %request.method(), path = request.uri().path(), ?problem, "turned away");
            problem.into_response()
        }
    }
}

impl Gate {
    /// Who asks, if that one may ask for what is asked.
    pub(super) fn admit(&self, request: &Request, peer: SocketAddr) -> Result<Caller, Problem> {
        let snapshot = self.control.snapshot();
        let tokens = snapshot.config.serve.tokens.as_slice();
        let reads = matches!(*request.method(), Method::GET | Method::HEAD);
        let is_open = reads && OPEN.contains(&request.uri().path());
        if tokens.is_empty() && self.loopback {
            for_this_machine(request)?;
        }
        if is_open {
            return Ok(Caller { name: None, peer });
        }
        from_no_other_site(request.headers())?;
        let name = match (tokens, self.loopback) {
            ([], true) => None,
            ([], false) => return Err(no_tokens()),
            (tokens, _) => Some(self.identify(tokens, request, peer.ip())?),
        };
        self.limits.request()?;
        if !reads {
            is_json(request.headers())?;
        }
        Ok(Caller { name, peer })
    }

    /// The name of the token that is sent along, if it is good for the request.
    fn identify(&self, tokens: &[Token], request: &Request, peer: IpAddr) -> Result<String, Problem> {
        let presented = bearer(request.headers())?;
        self.limits.attempt(peer)?;
        let Some(token) = token::find(tokens, presented) else {
            tracing::warn!(%peer, "a wrong token was sent");
            self.limits.failure(peer)?;
            return Err(unauthenticated("the token is not one of those that the host knows"));
        };
        let needs = if matches!(*request.method(), Method::GET | Method::HEAD) { Role::Read } else { Role::Operate };
        match (token.role, needs) {
            (Role::Operate, Role::Read | Role::Operate) | (Role::Read, Role::Read) => Ok(token.name.clone()),
            (Role::Read, Role::Operate) => {
                tracing::warn!(%peer, token = token.name, method = %request.method(), path = request.uri().path(),
                    "a token that is good for reading only was sent to change something");
                let detail = format!("the token `{}` is good for reading only", token.name);
                Err(Problem::new(Kind::NotAllowed, detail).with_hint("send one with `role = \"operate\"`"))
            }
        }
    }
}

fn unauthenticated(detail: &str) -> Problem {
    Problem::new(Kind::Unauthenticated, detail).with_hint("send a token as `Authorization: Bearer TOKEN`")
}

fn no_tokens() -> Problem {
    let hint = "add `tokens` under `[serve]`, or let it listen on a loopback address and start it again";
    Problem::new(Kind::Unauthenticated, "the host is reachable from elsewhere and knows no tokens").with_hint(hint)
}

/// The token of a request.
fn bearer(headers: &HeaderMap) -> Result<&str, Problem> {
    let Some(header) = only(headers, &AUTHORIZATION) else {
        return Err(unauthenticated("there is not exactly one `Authorization` header"));
    };
    let (scheme, token) = header.split_once(' ').unwrap_or((header, ""));
    if scheme.eq_ignore_ascii_case("bearer") {
        Ok(token.trim_matches(' '))
    } else {
        Err(unauthenticated("the `Authorization` header is not of the scheme `Bearer`"))
    }
}

/// A name that an attacker's server binds to a loopback address makes a browser take the host for a part of the
/// attacker's site: it sends that name along.
fn for_this_machine(request: &Request) -> Result<(), Problem> {
    let addressed = request.uri().authority().is_none_or(is_loopback);
    let host = only(request.headers(), &HOST).and_then(|host| host.parse::<Authority>().ok());
    if addressed && host.as_ref().is_some_and(is_loopback) {
        return Ok(());
    }
    Err(Problem::new(Kind::ForeignHost, "without tokens, only requests for a loopback address are answered")
        .with_hint("ask for `127.0.0.1`, `[::1]` or `localhost`, or add `tokens` under `[serve]`"))
}

fn is_loopback(authority: &Authority) -> bool {
    let host = authority.host();
    let address = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    let is_named = host.eq_ignore_ascii_case("localhost");
    let is_numbered = address.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
    !authority.as_str().contains('@') && (is_named || is_numbered)
}

/// A browser tells from which site a request comes; programs tell nothing.
fn from_no_other_site(headers: &HeaderMap) -> Result<(), Problem> {
    if !headers.contains_key(ORIGIN) {
        return Ok(());
    }
    let is_same = only(headers, &ORIGIN).zip(only(headers, &HOST)).is_some_and(|(origin, host)| {
        let site = origin.strip_prefix("http://").or_else(|| origin.strip_prefix("https://"));
        site.is_some_and(|site| site.eq_ignore_ascii_case(host))
    });
    if is_same {
        return Ok(());
    }
    Err(Problem::new(Kind::ForeignOrigin, "the `Origin` of the request is another site"))
}

/// A browser sends JSON to another site only after it has asked, which the host does not answer.
fn is_json(headers: &HeaderMap) -> Result<(), Problem> {
    let media_type = only(headers, &CONTENT_TYPE).and_then(|header| header.split(';').next());
    if media_type.is_some_and(|media_type| media_type.trim().eq_ignore_ascii_case("application/json")) {
        return Ok(());
    }
    Err(Problem::new(Kind::NotJson, "the body is not declared to be JSON")
        .with_hint("send `Content-Type: application/json`"))
}

/// The text of a header that is there once.
fn only<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    let value = values.next()?;
    if values.next().is_some() { None } else { value.to_str().ok() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loopback_names_are_told_from_those_that_look_like_it() {
        for good in ["localhost", "LOCALHOST:8750", "127.0.0.1", "127.0.0.1:8750", "127.1.2.3:1", "[::1]:8750", "[::1]"]
        {
            assert!(is_loopback(&good.parse().unwrap()), "{good}");
        }
        for bad in [
            "evil.example",
            "localhost.evil.example",
            "127.0.0.1.evil.example:8750",
            "evil.example@localhost",
            "localhost@127.0.0.1",
            "192.0.2.1",
            "0.0.0.0:8750",
            "[::]:8750",
            "2130706433",
            "0x7f000001",
        ] {
            assert!(!bad.parse().is_ok_and(|authority| is_loopback(&authority)), "{bad}");
        }
    }

    #[test]
    fn a_caller_is_recorded_with_what_cannot_be_made_up() {
        let peer = "127.0.0.1:1".parse().unwrap();
        let caller = |name: Option<&str>| Caller { name: name.map(str::to_owned), peer };
        assert_eq!(caller(Some("ci")).by(Some("sam")).as_deref(), Some("sam (token ci)"));
        assert_eq!(caller(Some("ci")).by(None).as_deref(), Some("ci"));
        assert_eq!(caller(None).by(Some("sam")).as_deref(), Some("sam"));
        assert_eq!(caller(None).by(None), None);
    }
}
