//! Asking over HTTP, within bounds.

use std::time::Duration;

use jiff::Timestamp;
use reqwest::header::{HeaderMap, RETRY_AFTER};
use reqwest::{RequestBuilder, StatusCode, Url, redirect};

use super::inert::inert;
use super::open::caused;
use super::secret::Secret;
use super::sender::Sent;

/// What is read of an answer, in bytes.
const ANSWER_BYTES_MAX: usize = 16 << 20;
/// What is shown of an answer that is not understood, in characters.
const SHOWN_CHARS: usize = 300;
/// The longest time that a receiver can ask to be left alone.
const AFTER_MAX: Duration = Duration::from_secs(6 * 60 * 60);
/// Shorter secrets are words that may stand anywhere.
const SCRUBBED_BYTES_MIN: usize = 6;
/// How long a server may take to take a connection.
const CONNECT: Duration = Duration::from_secs(5);

/// A client that goes where it is told: redirects are not followed, so that neither a message nor a secret goes elsewhere.
pub(super) fn client() -> reqwest::Result<reqwest::Client> {
    reqwest::Client::builder()
        .user_agent(concat!("assay/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(CONNECT)
        .redirect(redirect::Policy::none())
        .build()
}

/// Whether an address is on this machine.
pub(super) fn is_local(url: &Url) -> bool {
    url.host_str().is_some_and(|host| {
        let host = host.trim_start_matches('[').trim_end_matches(']');
        host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
    })
}

/// What came back.
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    /// Its beginning, if it is long.
    pub(super) body: Vec<u8>,
}

/// Sends a request.
///
/// # Errors
/// How the attempt ended when nothing came back.
pub(super) async fn exchange(request: RequestBuilder) -> Result<Answer, Sent> {
    let lost = |error: reqwest::Error| Sent::retry(caused(&error.without_url()));
    let mut answer = request.send().await.map_err(lost)?;
    let (status, headers) = (answer.status(), answer.headers().clone());
    let mut body = Vec::new();
    while body.len() < ANSWER_BYTES_MAX {
        match answer.chunk().await.map_err(lost)? {
            Some(part) => body.extend_from_slice(&part),
            None => break,
        }
    }
    Ok(Answer { status, headers, body })
}

impl Answer {
    /// The answer, if it is a good one.
    ///
    /// # Errors
    /// How the attempt ended if not: what may pass is to be tried again.
    pub(super) fn good(self, now: Timestamp) -> Result<Self, Sent> {
        if self.status.is_success() { Ok(self) } else { Err(self.failed(now)) }
    }

    /// How the attempt ended with an answer that is not good.
    pub(super) fn failed(&self, now: Timestamp) -> Sent {
        let error = format!("the answer is {}{}", self.status, self.shown());
        match self.status {
            StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_EARLY | StatusCode::TOO_MANY_REQUESTS => {
                Sent::Retry { after: self.after(now), error }
            }
            status if status.is_server_error() => Sent::Retry { after: self.after(now), error },
            status if status.is_redirection() => Sent::refused(format!("{error}; redirects are not followed")),
            _ => Sent::refused(error),
        }
    }

    /// How long the receiver wants to be left alone: a number of seconds, or a time.
    pub(super) fn after(&self, now: Timestamp) -> Option<Duration> {
        let text = self.headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
        let wait = match text.parse::<u64>() {
            Ok(seconds) => Duration::from_secs(seconds),
            Err(_) => until(jiff::fmt::rfc2822::parse(text).ok()?.timestamp(), now),
        };
        Some(wait.min(AFTER_MAX))
    }

    /// The beginning of the answer, to be put behind a sentence.
    fn shown(&self) -> String {
        let text = inert(&String::from_utf8_lossy(&self.body), SHOWN_CHARS);
        if text.is_empty() { text } else { format!(": {text}") }
    }
}

/// From `now` to `then`; nothing when that has passed.
pub(super) fn until(then: Timestamp, now: Timestamp) -> Duration {
    Duration::try_from(then.duration_since(now)).unwrap_or_default().min(AFTER_MAX)
}

/// The text without the secret.
pub(super) fn scrub(text: String, secret: &Secret) -> String {
    let secret = secret.expose();
    if secret.len() < SCRUBBED_BYTES_MIN { text } else { text.replace(secret, "…") }
}
