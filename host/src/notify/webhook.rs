//! Sending CloudEvents.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use hmac::{Hmac, KeyInit as _, Mac as _};
use jiff::Timestamp;
use reqwest::Url;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use sha2::Sha256;

use super::open::{Fault, Guarded, Opening};
use super::receiver::{Address, Webhook};
use super::secret::SecretRef;
use super::sender::{Outgoing, Sent};
use super::wire;

/// The media type of an event with its data in one document.
pub(super) const MEDIA_TYPE: &str = "application/cloudevents+json; charset=utf-8";
/// What a secret in the form of Standard Webhooks begins with.
const PREFIX: &str = "whsec_";

/// How an address is reached.
pub(super) struct Way {
    http: reqwest::Client,
    url: Url,
    key: Option<Vec<u8>>,
    headers: HeaderMap,
}

pub(super) fn open(settings: &Webhook, opening: &mut Opening<'_>) -> Option<Way> {
    const WHAT: &str = "address of the webhook";
    let Webhook { url, signing, headers } = settings;
    let http = opening.http();
    let url = match url {
        Address::Open(url) => {
            opening.address(WHAT, url, "", if headers.is_empty() { Guarded::Open } else { Guarded::Tls })
        }
        Address::Secret(place) => opening.secret_address(WHAT, place),
    };
    let key = match signing {
        None => Some(None),
        Some(place) => key(place, opening).map(Some),
    };
    let mut all = HeaderMap::new();
    for (name, place) in headers {
        if let Some((name, value)) = header(name, place, opening) {
            all.insert(name, value);
        }
    }
    Some(Way { http: http?, url: url?, key: key?, headers: all })
}

fn key(place: &SecretRef, opening: &mut Opening<'_>) -> Option<Vec<u8>> {
    let secret = opening.secret(place)?;
    let key = match secret.expose().strip_prefix(PREFIX) {
        Some(encoded) => STANDARD_NO_PAD
            .decode(encoded.trim_end_matches('='))
            .map_err(|_| Fault::Form { place: place.clone(), what: "`whsec_` and base64, as it begins" }),
        None => Ok(secret.expose().as_bytes().to_vec()),
    };
    opening.took(key)
}

fn header(name: &str, place: &SecretRef, opening: &mut Opening<'_>) -> Option<(HeaderName, HeaderValue)> {
    const OURS: [&str; 6] =
        ["content-type", "content-length", "host", "webhook-id", "webhook-timestamp", "webhook-signature"];
    let wrong = |why| Fault::Header { name: name.to_owned(), why };
    let parsed = HeaderName::try_from(name).map_err(|_| wrong("it is not the name of a header"));
    let parsed = parsed.and_then(|parsed| match OURS.contains(&parsed.as_str()) {
        true => Err(wrong("assay sends its own")),
        false => Ok(parsed),
    });
    let parsed = opening.took(parsed);
    let value = opening.secret(place)?;
    let value = HeaderValue::try_from(value.expose()).map_err(|_| wrong("its value has characters that none has"));
    let mut value = opening.took(value)?;
    value.set_sensitive(true);
    Some((parsed?, value))
}

pub(super) async fn send(way: &Way, delivery: &Outgoing, now: Timestamp) -> Sent {
    let at = now.as_second().to_string();
    let mut request = way
        .http
        .post(way.url.clone())
        .headers(way.headers.clone())
        .header(CONTENT_TYPE, MEDIA_TYPE)
        .header("webhook-id", &delivery.id)
        .header("webhook-timestamp", &at);
    if let Some(key) = &way.key {
        request = request.header("webhook-signature", signature(key, &delivery.id, &at, &delivery.body));
    }
    match wire::exchange(request.body(delivery.body.clone())).await.and_then(|answer| answer.good(now)) {
        Ok(_) => Sent::delivered(),
        Err(sent) => sent,
    }
}

/// The signature of a request, as Standard Webhooks has it: of the id, the time and the body, with a dot between them.
pub(super) fn signature(key: &[u8], id: &str, at: &str, body: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("a key may have any length");
    for part in [id, ".", at, ".", body] {
        mac.update(part.as_bytes());
    }
    format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
}
