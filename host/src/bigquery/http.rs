//! One HTTP client with timeouts, and what its answers mean.

use std::error::Error as StdError;
use std::time::Duration;

use jiff::fmt::rfc2822;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::header::{DATE, HeaderMap, RETRY_AFTER};
use reqwest::{Client, RequestBuilder, Response, redirect};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::error::{Class, Error, Reason};
use super::token::Tokens;

/// How long a connection may take.
const CONNECT: Duration = Duration::from_secs(10);
/// How long nothing may come of an answer that is under way.
const SILENCE: Duration = Duration::from_secs(30);
/// How long one request may take, its body and its answer included.
const WHOLE: Duration = Duration::from_secs(120);
/// The largest answer that is read, in bytes. A page of rows is at most 20 MB by
/// <https://cloud.google.com/bigquery/quotas#query_jobs>.
const ANSWER_BYTES_MAX: usize = 64 << 20;

/// What stands as it is in one part of a path.
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// One part of a path.
pub(super) fn segment(text: &str) -> String {
    utf8_percent_encode(text, PLAIN).to_string()
}

/// The client of a connection.
///
/// # Errors
/// When the machine's TLS cannot be used.
pub(super) fn client() -> Result<Client, Error> {
    // A redirect would carry a token elsewhere.
    let client = Client::builder().connect_timeout(CONNECT).read_timeout(SILENCE).timeout(WHOLE);
    let client = client.redirect(redirect::Policy::none()).build();
    client.map_err(|error| Error::new(Class::Unreachable, reason(&error)))
}

/// Sends a request with a token, with another one when the first is not accepted.
///
/// # Errors
/// [`Error`]; what can be known of it is there.
///
/// # Cancel safety
/// The request may or may not have been carried out.
pub(super) async fn send<T: DeserializeOwned>(tokens: &Tokens, request: &RequestBuilder) -> Result<T, Error> {
    let token = tokens.token().await?;
    let prepared = || request.try_clone().ok_or_else(|| Error::new(Class::Unknown, "a request that cannot be sent"));
    let with = |request: RequestBuilder, token: Option<&super::token::Token>| match token {
        Some(token) => request.bearer_auth(token.secret()),
        None => request,
    };
    let answer = once(with(prepared()?, token.as_ref())).await;
    match (answer, token) {
        (Err(error), Some(token)) if error.class == Class::Unauthenticated => {
            let other = tokens.other_than(&token).await?;
            once(with(prepared()?, other.as_ref())).await
        }
        (answer, _) => answer,
    }
}

async fn once<T: DeserializeOwned>(request: RequestBuilder) -> Result<T, Error> {
    let cut = |error: reqwest::Error| {
        let message = format!("BigQuery cannot be reached: {}", reason(&error.without_url()));
        Error::new(Class::Unreachable, message)
    };
    let mut response = request.send().await.map_err(cut)?;
    let status = response.status();
    let retry_after = retry_after(response.headers());
    let body = match body(&mut response).await {
        Ok(body) => body,
        // With the status of an error the rest says no more.
        Err(_) if !status.is_success() => Vec::new(),
        Err(Cut::Lost(error)) => return Err(cut(error)),
        Err(Cut::TooLarge) => {
            let message = format!("BigQuery answers more than {} MiB at once", ANSWER_BYTES_MAX >> 20);
            return Err(Error::new(Class::Unknown, message));
        }
    };
    if !status.is_success() {
        return Err(Error { retry_after, ..failure(status.as_u16(), &body) });
    }
    serde_json::from_slice(&body).map_err(|error| {
        let message = format!("BigQuery answers something that cannot be read: {error}");
        Error { status: Some(status.as_u16()), ..Error::new(Class::Unknown, message) }
    })
}

/// Why there is no whole body.
enum Cut {
    Lost(reqwest::Error),
    TooLarge,
}

async fn body(response: &mut Response) -> Result<Vec<u8>, Cut> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(Cut::Lost)? {
        if body.len() + chunk.len() > ANSWER_BYTES_MAX {
            return Err(Cut::TooLarge);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// How errors look: <https://cloud.google.com/bigquery/docs/error-messages> and <https://google.aip.dev/193>.
#[derive(Deserialize)]
struct Failure {
    error: FailureBody,
}

#[derive(Deserialize)]
struct FailureBody {
    #[serde(default)]
    message: String,
    #[serde(default)]
    errors: Vec<FailureDetail>,
}

#[derive(Deserialize)]
struct FailureDetail {
    #[serde(default)]
    reason: String,
}

/// What an answer that is no success says.
fn failure(status: u16, body: &[u8]) -> Error {
    let Ok(Failure { error }) = serde_json::from_slice::<Failure>(body) else {
        let message = "something that is not BigQuery's JSON answers";
        return Error { status: Some(status), ..Error::new(Class::of_bare_status(status), message) };
    };
    let word = error.errors.first().map(|detail| detail.reason.as_str()).filter(|word| !word.is_empty());
    let reason = word.and_then(Reason::from_word);
    let class = match (reason, word) {
        (Some(reason), _) => reason.class(),
        // A word that nobody documents, of a status that says enough or nothing.
        (None, Some(_)) => Class::of_bare_status(status),
        (None, None) => Class::of_status(status),
    };
    let message = match (error.message.as_str(), reason, word) {
        ("", _, _) => "BigQuery gives no reason".to_owned(),
        (message, None, Some(word)) => format!("{message} (`{word}`)"),
        (message, _, _) => message.to_owned(),
    };
    Error { status: Some(status), reason, ..Error::new(class, message) }
}

/// Seconds, or an instant; an instant is compared with the sender's own clock.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let instant = |text: &str| rfc2822::parse(text).ok().map(|zoned| zoned.timestamp());
    let sent = instant(headers.get(DATE)?.to_str().ok()?.trim())?;
    instant(text)?.duration_since(sent).try_into().ok()
}

/// An error with what caused it.
pub(super) fn reason(error: &dyn StdError) -> String {
    let mut reason = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        reason = format!("{reason}: {error}");
        cause = error.source();
    }
    reason
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_status_is_kept_whatever_the_body_is() {
        let html = failure(503, b"<html><title>503 Service Unavailable</title></html>");
        assert_eq!((html.class, html.status, html.reason), (Class::Backend, Some(503), None));
        let proxy = failure(403, b"<html>blocked</html>");
        assert_eq!((proxy.class, proxy.status), (Class::Unknown, Some(403)));
        let bare = failure(403, br#"{"error":{"code":403,"message":"denied","status":"PERMISSION_DENIED"}}"#);
        assert_eq!((bare.class, bare.status, bare.message.as_str()), (Class::AccessDenied, Some(403), "denied"));
        let slow = failure(403, br#"{"error":{"message":"slow","errors":[{"reason":"rateLimitExceeded"}]}}"#);
        assert_eq!((slow.class, slow.reason), (Class::RateLimited, Some(Reason::RateLimitExceeded)));
        let novel = failure(400, br#"{"error":{"message":"what","errors":[{"reason":"novel"}]}}"#);
        assert_eq!((novel.class, novel.message.as_str()), (Class::Unknown, "what (`novel`)"));
    }

    #[test]
    fn retry_after_is_seconds_or_an_instant() {
        let headers = |pairs: &[(&'static str, &str)]| {
            let pair = |(name, value): &(&'static str, &str)| {
                (reqwest::header::HeaderName::from_static(name), value.parse().unwrap())
            };
            pairs.iter().map(pair).collect::<HeaderMap>()
        };
        assert_eq!(retry_after(&headers(&[("retry-after", "7")])), Some(Duration::from_secs(7)));
        let both = [("retry-after", "Wed, 21 Oct 2015 07:28:30 GMT"), ("date", "Wed, 21 Oct 2015 07:28:00 GMT")];
        assert_eq!(retry_after(&headers(&both)), Some(Duration::from_secs(30)));
        assert_eq!(retry_after(&headers(&both[..1])), None);
        assert_eq!(retry_after(&headers(&[])), None);
    }
}
