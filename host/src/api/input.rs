//! What comes in: bodies, queries, and names in addresses, each with a problem that says what is wrong where.

use std::str::FromStr;

use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, FailedToBufferBody, JsonRejection};
use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use axum::http::request::Parts;
use serde::de::DeserializeOwned;

use crate::model::{CheckName, InvalidName, RunId, ScheduleName};

use super::problem::{Kind, Problem};
use super::server::BODY_BYTES_MAX;

/// Where to read what a body may say.
const BODIES: &str = "`GET /openapi.json` describes every body";

/// A JSON body. None at all is an empty object.
#[derive(Debug)]
pub(super) struct Body<T>(pub(super) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let bytes = Bytes::from_request(request, state).await.map_err(|rejection| match rejection {
            BytesRejection::FailedToBufferBody(FailedToBufferBody::LengthLimitError(_)) => {
                Problem::new(Kind::BodyTooLarge, format!("a body has at most {BODY_BYTES_MAX} bytes"))
            }
            // All else is a body that does not arrive; the enums are open.
            _ => Problem::new(Kind::Invalid, "the body did not arrive whole"),
        })?;
        let bytes = if bytes.is_empty() { b"{}".as_slice() } else { &bytes };
        // Left to itself, serde takes an array for the fields in their order.
        if !bytes.trim_ascii_start().starts_with(b"{") {
            return Err(Problem::new(Kind::Invalid, "the body is not a JSON object").with_hint(BODIES));
        }
        match Json::from_bytes(bytes) {
            Ok(Json(body)) => Ok(Self(body)),
            Err(rejection) => Err(not_understood(&rejection)),
        }
    }
}

/// The place of the mistake is in what serde says: the path to a field of the wrong type, or the name of one that is
/// missing or unknown.
fn not_understood(rejection: &JsonRejection) -> Problem {
    Problem::new(Kind::Invalid, rejection.body_text()).with_hint(BODIES)
}

/// A query.
#[derive(Debug)]
pub(super) struct Asked<T>(pub(super) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Asked<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        match Query::from_request_parts(parts, state).await {
            Ok(Query(query)) => Ok(Self(query)),
            Err(rejection) => Err(Problem::new(Kind::Invalid, rejection.body_text())
                .with_hint("`GET /openapi.json` describes every parameter")),
        }
    }
}

/// A name or identifier in an address.
pub(super) trait Named: FromStr<Err = InvalidName> {
    /// What the parameter is called.
    const PARAMETER: &'static str;
}

impl Named for RunId {
    const PARAMETER: &'static str = "id";
}

impl Named for CheckName {
    const PARAMETER: &'static str = "name";
}

impl Named for ScheduleName {
    const PARAMETER: &'static str = "name";
}

/// The name in an address.
#[derive(Debug)]
pub(super) struct OfPath<T>(pub(super) T);

impl<T: Named, S: Send + Sync> FromRequestParts<S> for OfPath<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        match Path::<String>::from_request_parts(parts, state).await {
            Ok(Path(text)) => Ok(Self(named(T::PARAMETER, &text)?)),
            Err(rejection) => Err(Problem::new(Kind::Invalid, rejection.body_text())),
        }
    }
}

/// The name that `text` is.
pub(super) fn named<T: FromStr<Err = InvalidName>>(field: &'static str, text: &str) -> Result<T, Problem> {
    text.parse().map_err(|error| Problem::invalid_name(field, &error))
}

/// Longest text that somebody may say.
const SAID_CHARS_MAX: usize = 500;

/// A text for people, as it is recorded.
pub(super) fn said(field: &'static str, text: &str) -> Result<String, Problem> {
    let text = text.trim();
    if text.is_empty() || text.chars().count() > SAID_CHARS_MAX || text.contains(char::is_control) {
        let rule = format!("1 to {SAID_CHARS_MAX} characters on one line");
        return Err(Problem::field(field, format!("`{field}` is empty, too long or of several lines"), rule));
    }
    Ok(text.to_owned())
}

/// How many of something: `default` if nothing is said.
pub(super) fn limit(text: Option<&str>, default: u32, max: u32) -> Result<u32, Problem> {
    let Some(text) = text else { return Ok(default) };
    match text.parse() {
        Ok(limit) if (1..=max).contains(&limit) => Ok(limit),
        Ok(_) | Err(_) => {
            Err(Problem::field("limit", format!("`{text}` is not a limit"), format!("a number from 1 to {max}")))
        }
    }
}
