//! What is answered when something cannot be done: `application/problem+json` (RFC 9457).

use std::time::Duration;

use axum::http::header::{CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};

use crate::model::{CheckName, InvalidName, RunId, ScheduleName};
use crate::runner::SelectError;
use crate::store::StoreError;

use super::control::ControlError;
use super::limit::TooOften;
use super::view::ProblemView;

/// The media type of a problem.
pub(super) const MEDIA_TYPE: &str = "application/problem+json";

/// Kinds of problems: a client may rely on their words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Invalid,
    Unauthenticated,
    NotAllowed,
    ForeignHost,
    ForeignOrigin,
    NoSuchRoute,
    NoSuchMethod,
    UnknownRun,
    UnknownSchedule,
    UnknownCheck,
    UnknownName,
    NotRunning,
    ConfigRefused,
    BodyTooLarge,
    AddressTooLong,
    NotJson,
    TooOften,
    HeadersTooLarge,
    HostFault,
    Stopping,
    JournalFault,
    TooSlow,
}

impl Kind {
    /// The word for it: `type` is `urn:assay:problem:` and this.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Invalid => "invalid",
            Self::Unauthenticated => "unauthenticated",
            Self::NotAllowed => "not-allowed",
            Self::ForeignHost => "foreign-host",
            Self::ForeignOrigin => "foreign-origin",
            Self::NoSuchRoute => "no-such-route",
            Self::NoSuchMethod => "no-such-method",
            Self::UnknownRun => "unknown-run",
            Self::UnknownSchedule => "unknown-schedule",
            Self::UnknownCheck => "unknown-check",
            Self::UnknownName => "unknown-name",
            Self::NotRunning => "not-running",
            Self::ConfigRefused => "config-refused",
            Self::BodyTooLarge => "body-too-large",
            Self::AddressTooLong => "address-too-long",
            Self::NotJson => "not-json",
            Self::TooOften => "too-often",
            Self::HeadersTooLarge => "headers-too-large",
            Self::HostFault => "host-fault",
            Self::Stopping => "stopping",
            Self::JournalFault => "journal-fault",
            Self::TooSlow => "too-slow",
        }
    }

    fn status(self) -> StatusCode {
        match self {
            Self::Invalid => StatusCode::BAD_REQUEST,
            Self::Unauthenticated => StatusCode::UNAUTHORIZED,
            Self::NotAllowed | Self::ForeignHost | Self::ForeignOrigin => StatusCode::FORBIDDEN,
            Self::NoSuchRoute | Self::UnknownRun | Self::UnknownSchedule | Self::UnknownCheck => StatusCode::NOT_FOUND,
            Self::NoSuchMethod => StatusCode::METHOD_NOT_ALLOWED,
            Self::NotRunning | Self::ConfigRefused => StatusCode::CONFLICT,
            Self::BodyTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::AddressTooLong => StatusCode::URI_TOO_LONG,
            Self::NotJson => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::UnknownName => StatusCode::UNPROCESSABLE_ENTITY,
            Self::TooOften => StatusCode::TOO_MANY_REQUESTS,
            Self::HeadersTooLarge => StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
            Self::HostFault => StatusCode::INTERNAL_SERVER_ERROR,
            Self::Stopping | Self::JournalFault | Self::TooSlow => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    fn title(self) -> &'static str {
        match self {
            Self::Invalid => "The request is not valid",
            Self::Unauthenticated => "A token is needed",
            Self::NotAllowed => "The token is not good for that",
            Self::ForeignHost => "The request is not for this machine",
            Self::ForeignOrigin => "The request comes from another site",
            Self::NoSuchRoute => "There is nothing at that address",
            Self::NoSuchMethod => "The address does not take that method",
            Self::UnknownRun => "There is no such run",
            Self::UnknownSchedule => "There is no such schedule",
            Self::UnknownCheck => "There is no such check",
            Self::UnknownName => "A name means nothing",
            Self::NotRunning => "The run is not under way",
            Self::ConfigRefused => "The configuration is refused",
            Self::BodyTooLarge => "The body is too large",
            Self::AddressTooLong => "The address is too long",
            Self::NotJson => "The body must be JSON",
            Self::TooOften => "Too many requests",
            Self::HeadersTooLarge => "The headers are too large",
            Self::HostFault => "The host failed",
            Self::Stopping => "The host is stopping",
            Self::JournalFault => "The journal cannot be used",
            Self::TooSlow => "The answer takes too long",
        }
    }
}

/// Why a request is not answered as it wishes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Problem {
    kind: Kind,
    detail: String,
    hint: Option<String>,
    field: Option<&'static str>,
    retry_after: Option<Duration>,
}

impl Problem {
    pub(super) fn new(kind: Kind, detail: impl Into<String>) -> Self {
        Self { kind, detail: detail.into(), hint: None, field: None, retry_after: None }
    }

    /// Something is wrong with one field of the body, the query or the path.
    pub(super) fn field(field: &'static str, detail: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { field: Some(field), hint: Some(hint.into()), ..Self::new(Kind::Invalid, detail) }
    }

    pub(super) fn with_hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }

    /// A name or identifier in `field` that does not follow its rule.
    pub(super) fn invalid_name(field: &'static str, error: &InvalidName) -> Self {
        Self::field(field, format!("`{}` is not a {}", error.text, error.what), error.rule)
    }

    pub(super) fn unknown_run(run: RunId) -> Self {
        Self::new(Kind::UnknownRun, format!("there is no run {run}"))
            .with_hint("`GET /v1/runs` lists them; old ones may be deleted: `keep` under `[serve]`")
    }

    pub(super) fn unknown_schedule(schedule: &ScheduleName) -> Self {
        Self::new(Kind::UnknownSchedule, format!("there is no schedule `{schedule}`"))
            .with_hint("`GET /v1/status` lists those that are due by themselves")
    }

    pub(super) fn unknown_check(check: &CheckName) -> Self {
        Self::new(Kind::UnknownCheck, format!("there is no check `{check}`, and no result of one"))
            .with_hint("in an address, a `/` of a name is written `%2F`")
    }

    pub(super) fn kind(&self) -> Kind {
        self.kind
    }

    fn view(&self) -> ProblemView {
        ProblemView {
            r#type: format!("urn:assay:problem:{}", self.kind.as_str()),
            title: self.kind.title().to_owned(),
            status: self.kind.status().as_u16(),
            detail: self.detail.clone(),
            hint: self.hint.clone(),
            field: self.field.map(str::to_owned),
        }
    }
}

impl From<TooOften> for Problem {
    fn from(TooOften { wait }: TooOften) -> Self {
        // At least a second: a whole number is told, rounded up.
        let seconds = wait.as_secs().saturating_add(1);
        let problem = Self::new(Kind::TooOften, format!("ask again in {seconds} s"));
        Self { retry_after: Some(Duration::from_secs(seconds)), ..problem }
    }
}

impl From<StoreError> for Problem {
    /// The error itself names paths of the machine: it is for the log alone.
    fn from(error: StoreError) -> Self {
        tracing::error!(%error, "the journal could not be used for a request");
        Self::new(Kind::JournalFault, "the journal could not be read or written").with_hint(error.hint())
    }
}

impl From<ControlError> for Problem {
    fn from(error: ControlError) -> Self {
        let detail = error.to_string();
        match error {
            ControlError::Select(SelectError::Unknown { similar, .. }) => {
                let hint = match similar.as_slice() {
                    [] => "`GET /v1/status` lists the schedules".to_owned(),
                    similar => format!("did you mean `{}`?", similar.join("` or `")),
                };
                Self { field: Some("names"), ..Self::new(Kind::UnknownName, detail).with_hint(hint) }
            }
            ControlError::Select(SelectError::Ahead(_)) => {
                Self::field("at", detail, "leave it out for now, or name an instant that has passed")
            }
            ControlError::Select(SelectError::Day(_)) => Self::field("date", detail, "a day in the years 0 to 9999"),
            ControlError::UnknownSchedule(schedule) => Self::unknown_schedule(&schedule),
            ControlError::NotRunning(_) => Self::new(Kind::NotRunning, detail),
            ControlError::Refused(_) => Self::new(Kind::ConfigRefused, detail)
                .with_hint("the one before stays in force; `assay doctor` shows what is wrong"),
            ControlError::NotStored => Self::new(Kind::JournalFault, detail).with_hint("the log of the host says why"),
            ControlError::Store(error) => error.into(),
            ControlError::Stopping => Self::new(Kind::Stopping, detail),
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = (self.kind.status(), axum::Json(self.view())).into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
        if self.kind == Kind::Unauthenticated {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"assay\""));
        }
        if let Some(wait) = self.retry_after {
            headers.insert(RETRY_AFTER, wait.as_secs().into());
        }
        response
    }
}
