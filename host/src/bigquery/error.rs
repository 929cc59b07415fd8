//! What can go wrong with BigQuery, in BigQuery's own words.
//!
//! [`Error`] keeps what is known of a failed call: its [`Class`], the HTTP status even when the body was no JSON, and the
//! [`Reason`] where BigQuery gave one. No error holds a token, a header or the body of an answer that could not be read.

use std::fmt;
use std::time::Duration;

/// Most characters of a message that came from outside.
const MESSAGE_MAX: usize = 1_000;

macro_rules! reasons {
    ($($(#[$doc:meta])* $variant:ident $word:literal $class:ident;)*) => {
        /// The reasons that BigQuery documents at <https://cloud.google.com/bigquery/docs/error-messages>.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Reason {
            $($(#[$doc])* $variant,)*
        }

        impl Reason {
            /// All of them.
            pub const ALL: [Self; [$(Self::$variant),*].len()] = [$(Self::$variant),*];

            /// As BigQuery writes it.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word,)* }
            }

            /// What kind of failure it is.
            #[must_use]
            pub fn class(self) -> Class {
                match self { $(Self::$variant => Class::$class,)* }
            }
        }
    };
}

reasons! {
    /// No permission, or a policy forbids it.
    AccessDenied "accessDenied" AccessDenied;
    /// A problem with the user's code, such as a column that is not there.
    AttributeError "attributeError" Invalid;
    /// BigQuery is not available for a moment.
    BackendError "backendError" Backend;
    /// The request itself is wrong.
    BadRequest "badRequest" Invalid;
    /// The project has no billing.
    BillingNotEnabled "billingNotEnabled" Billing;
    /// More computing than the tier allows.
    BillingTierLimitExceeded "billingTierLimitExceeded" Billing;
    /// The operation is on BigQuery's list of what it does not do for this caller.
    Blocked "blocked" AccessDenied;
    /// The query would bill more than `maximumBytesBilled`.
    BytesBilledLimitExceeded "bytesBilledLimitExceeded" BytesBilled;
    /// A job, dataset or table of that name is there.
    Duplicate "duplicate" Duplicate;
    /// BigQuery failed.
    InternalError "internalError" Backend;
    /// Anything invalid but a query.
    Invalid "invalid" Invalid;
    /// The query is invalid.
    InvalidQuery "invalidQuery" Invalid;
    /// The user cannot schedule a query.
    InvalidUser "invalidUser" Invalid;
    /// The job was made and failed on a moment's fault.
    JobBackendError "jobBackendError" Backend;
    /// The job was made and failed on a fault of BigQuery.
    JobInternalError "jobInternalError" Backend;
    /// The job was made and failed because there are too many at once.
    JobRateLimitExceeded "jobRateLimitExceeded" RateLimited;
    /// No such project, dataset, table or job, or not in this location.
    NotFound "notFound" NotFound;
    /// Not something that BigQuery does.
    NotImplemented "notImplemented" Invalid;
    /// A proxy wants credentials.
    ProxyAuthenticationRequired "proxyAuthenticationRequired" AccessDenied;
    /// A quota that waiting for some seconds does not refill.
    QuotaExceeded "quotaExceeded" Quota;
    /// Too many requests in too short a time.
    RateLimitExceeded "rateLimitExceeded" RateLimited;
    /// A dataset with tables, a table that is written.
    ResourceInUse "resourceInUse" Invalid;
    /// The query needs more memory or computing than there is for one.
    ResourcesExceeded "resourcesExceeded" Resources;
    /// The answer is too large for what the job is.
    ResponseTooLarge "responseTooLarge" Resources;
    /// The job was cancelled.
    Stopped "stopped" Stopped;
    /// A table that another service of Google keeps is not there for now.
    TableUnavailable "tableUnavailable" TableUnavailable;
    /// The job took longer than its own limit.
    Timeout "timeout" JobTimeout;
}

impl Reason {
    /// The reason of that word, if it is one that is documented.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.as_str() == word)
    }
}

/// What kind of failure, and so what there is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Class {
    /// No whole answer: no connection, too late, cut off.
    Unreachable,
    /// Too many requests in too short a time.
    RateLimited,
    /// BigQuery failed, and says so.
    Backend,
    /// No token could be had.
    Credentials,
    /// The token is not accepted.
    Unauthenticated,
    /// No permission.
    AccessDenied,
    /// A quota is spent.
    Quota,
    /// The project's billing does not allow it.
    Billing,
    /// The query would bill more than it may.
    BytesBilled,
    /// The query needs more than BigQuery gives to one.
    Resources,
    /// Not there, or not in this location.
    NotFound,
    /// There already.
    Duplicate,
    /// What was to be changed has changed since.
    Changed,
    /// The request or the query is wrong.
    Invalid,
    /// The job was cancelled.
    Stopped,
    /// The job took longer than its own limit.
    JobTimeout,
    /// A table is not available for now.
    TableUnavailable,
    /// The answer says nothing that can be understood.
    Unknown,
}

impl Class {
    /// Whether the documentation says of it that the same request may succeed in a moment.
    #[must_use]
    pub fn is_retryable(self) -> bool {
        matches!(self, Self::Unreachable | Self::RateLimited | Self::Backend)
    }

    /// Of an answer that names no reason but is BigQuery's: an error in JSON.
    pub(super) fn of_status(status: u16) -> Self {
        match status {
            400 => Self::Invalid,
            401 => Self::Unauthenticated,
            403 => Self::AccessDenied,
            404 => Self::NotFound,
            409 => Self::Duplicate,
            412 => Self::Changed,
            other => Self::of_bare_status(other),
        }
    }

    /// Of an answer that may come from something between BigQuery and here, as a page of HTML does.
    pub(super) fn of_bare_status(status: u16) -> Self {
        match status {
            401 => Self::Unauthenticated,
            429 => Self::RateLimited,
            500 | 502 | 503 | 504 => Self::Backend,
            _ => Self::Unknown,
        }
    }
}

/// A call of BigQuery that failed, or a job that did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    /// What kind of failure.
    pub class: Class,
    /// The status of the HTTP answer, where there was one.
    pub status: Option<u16>,
    /// BigQuery's word for it, where it gave one that is documented.
    pub reason: Option<Reason>,
    /// What happened, for a person.
    pub message: String,
    /// How long BigQuery asks to wait.
    pub retry_after: Option<Duration>,
}

impl Error {
    /// An error of a class.
    #[must_use]
    pub fn new(class: Class, message: impl AsRef<str>) -> Self {
        Self { class, status: None, reason: None, message: shorten(message.as_ref()), retry_after: None }
    }

    /// Of a job that ended in an error; a word that is not documented says nothing.
    #[must_use]
    pub fn of_job(word: &str, message: &str) -> Self {
        let reason = Reason::from_word(word);
        let message = match reason {
            Some(_) => message.to_owned(),
            None => format!("{message} (`{word}`)"),
        };
        Self { reason, ..Self::new(reason.map_or(Class::Unknown, Reason::class), message) }
    }

    /// Whether the same request, if it is one that may be sent twice, may succeed in a moment.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        self.class.is_retryable()
    }

    /// What would help.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self.class {
            Class::Unreachable => "look at the network, the proxy and the `endpoint` of the source",
            Class::RateLimited => "run fewer queries at once: lower `concurrency` of the source",
            Class::Backend => "BigQuery failed: try again, and look at https://status.cloud.google.com",
            Class::Credentials => "look at `credentials` of the source: docs/bigquery.md says what each of them needs",
            Class::Unauthenticated => "the credentials are not accepted: are they revoked, or is the clock wrong?",
            Class::AccessDenied => {
                "grant `roles/bigquery.jobUser` on the project and `roles/bigquery.dataViewer` on the dataset"
            }
            Class::Quota => "wait until the quota is refilled, or raise it: docs/bigquery.md lists them",
            Class::Billing => "look at the billing of the project",
            Class::BytesBilled => "let the query read fewer columns or partitions, or raise `billed_bytes`",
            Class::Resources => "aggregate earlier, read fewer columns or partitions, or return less",
            Class::NotFound => "look at project, dataset and table, and at the `location` of the source",
            Class::Duplicate => "there is something of that name already",
            Class::Changed => "read it again and repeat the change",
            Class::Invalid => "compare the statement with the columns and types of the table",
            Class::Stopped => "somebody cancelled the job",
            Class::JobTimeout => "let the query read less, or raise `query_deadline`",
            Class::TableUnavailable => "the table is kept by another service: try again later",
            Class::Unknown => "is there something between here and BigQuery, or is `endpoint` wrong?",
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        match (self.reason, self.status) {
            (Some(reason), Some(status)) => write!(f, " ({}, HTTP {status})", reason.as_str()),
            (Some(reason), None) => write!(f, " ({})", reason.as_str()),
            (None, Some(status)) => write!(f, " (HTTP {status})"),
            (None, None) => Ok(()),
        }
    }
}

impl std::error::Error for Error {}

/// One line of bounded length.
pub(super) fn shorten(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(MESSAGE_MAX) {
        Some((at, _)) => format!("{}...", line.get(..at).unwrap_or_default()),
        None => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_documented_as_passing_is_tried_again() {
        let retried: Vec<_> =
            Reason::ALL.into_iter().filter(|reason| reason.class().is_retryable()).map(Reason::as_str).collect();
        let documented = [
            "backendError",
            "internalError",
            "jobBackendError",
            "jobInternalError",
            "jobRateLimitExceeded",
            "rateLimitExceeded",
        ];
        assert_eq!(retried, documented);
        let retried: Vec<u16> = (300..600).filter(|status| Class::of_bare_status(*status).is_retryable()).collect();
        assert_eq!(retried, [429, 500, 502, 503, 504]);
    }

    #[test]
    fn a_word_that_is_not_documented_is_unknown_and_shown() {
        let error = Error::of_job("novelReason", "it did not work");
        assert_eq!((error.class, error.reason), (Class::Unknown, None));
        assert_eq!(error.to_string(), "it did not work (`novelReason`)");
        let error = Error::of_job("stopped", "Job execution was cancelled");
        assert_eq!((error.class, error.reason), (Class::Stopped, Some(Reason::Stopped)));
    }
}
