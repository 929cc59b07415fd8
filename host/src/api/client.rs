//! How the command line asks a host that serves.

use std::time::Duration;

use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue};
use reqwest::{Method, RequestBuilder, Response, StatusCode, Url, redirect};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::model::{RunId, RunStatus, ScheduleName};

use super::problem::MEDIA_TYPE;
use super::view::{
    CancelBody, NothingBody, PauseBody, ProblemView, RunPageView, StatusView, TriggerBody, TriggeredView,
};

/// How long a host may take to take a connection.
const CONNECT: Duration = Duration::from_secs(5);
/// How long a host may take to answer: longer than it gives itself.
const ANSWER: Duration = Duration::from_secs(40);
/// The largest answer that is read, in bytes.
const ANSWER_BYTES_MAX: usize = 64 << 20;
/// What is shown of an answer that is not understood, in characters.
const SHOWN_CHARS: usize = 200;

/// Why a host does not answer as wished.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// It cannot be asked there at all.
    #[error("`{0}` is not the address of a host")]
    Address(String),
    /// The token cannot be sent.
    #[error("the token has characters that no token has")]
    Token,
    /// Nothing answers there.
    #[error("no host answers at {address}")]
    Unreachable {
        /// The address.
        address: Url,
        /// What went wrong on the way.
        #[source]
        source: reqwest::Error,
    },
    /// It does not do what is asked, and says why.
    #[error("{}", problem.detail)]
    Refused {
        /// Why.
        problem: Box<ProblemView>,
    },
    /// Something else answers there, or another version.
    #[error("what answers at {address} is not understood: {status}, {text:?}")]
    Unexpected {
        /// The address.
        address: Url,
        /// The status of the answer.
        status: StatusCode,
        /// Its beginning.
        text: String,
    },
}

impl ClientError {
    /// What would help.
    #[must_use]
    pub fn hint(&self) -> &str {
        match self {
            Self::Address(_) => "an address as in `http://127.0.0.1:8750`",
            Self::Token => "a token is `assay_` and 43 letters, digits, `-` and `_`",
            Self::Unreachable { .. } => "start one with `assay serve`, or name the address that it listens on",
            Self::Refused { problem } => problem.hint.as_deref().unwrap_or("the log of the host may say more"),
            Self::Unexpected { .. } => "look whether it is an `assay serve` of this version that listens there",
        }
    }
}

/// Which runs to list.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RunsAsked {
    /// Only of this schedule.
    pub schedule: Option<ScheduleName>,
    /// Only with this status.
    pub status: Option<RunStatus>,
    /// At most so many; as many as the host sees fit if nothing is said.
    pub limit: Option<u32>,
    /// Only begun before this run.
    pub before: Option<RunId>,
}

/// Asks a host, directly: neither proxies nor redirects are followed, so that a token goes nowhere else.
#[derive(Debug, Clone)]
pub struct Client {
    base: Url,
    http: reqwest::Client,
}

impl Client {
    /// Of the host at `address`, `http://127.0.0.1:8750` for example, with a token if it wants one.
    ///
    /// # Errors
    /// [`ClientError::Address`], [`ClientError::Token`].
    pub fn new(address: &str, token: Option<&str>) -> Result<Self, ClientError> {
        let wrong = || ClientError::Address(address.to_owned());
        let base = Url::parse(address).map_err(|_| wrong())?;
        if !matches!(base.scheme(), "http" | "https") || base.host().is_none() || base.query().is_some() {
            return Err(wrong());
        }
        let mut headers = HeaderMap::new();
        if let Some(token) = token {
            let mut value = HeaderValue::try_from(format!("Bearer {token}")).map_err(|_| ClientError::Token)?;
            value.set_sensitive(true);
            headers.insert(AUTHORIZATION, value);
        }
        let http = reqwest::Client::builder()
            .default_headers(headers)
            .connect_timeout(CONNECT)
            .timeout(ANSWER)
            .redirect(redirect::Policy::none())
            .no_proxy()
            .build()
            .map_err(|source| ClientError::Unreachable { address: base.clone(), source })?;
        Ok(Self { base, http })
    }

    /// What the host is doing.
    ///
    /// # Errors
    /// [`ClientError::Unreachable`], [`ClientError::Refused`], [`ClientError::Unexpected`].
    ///
    /// # Cancel safety
    /// Nothing is lost.
    pub async fn status(&self) -> Result<StatusView, ClientError> {
        self.read(&["v1", "status"], &[]).await
    }

    /// Runs, the newest first.
    ///
    /// # Errors
    /// As of [`Client::status`].
    ///
    /// # Cancel safety
    /// Nothing is lost.
    pub async fn runs(&self, asked: &RunsAsked) -> Result<RunPageView, ClientError> {
        let RunsAsked { schedule, status, limit, before } = asked;
        let query = [
            ("schedule", schedule.as_ref().map(ToString::to_string)),
            ("status", status.map(|status| status.to_string())),
            ("limit", limit.map(|limit| limit.to_string())),
            ("before", before.map(|run| run.to_string())),
        ];
        self.read(&["v1", "runs"], &query).await
    }

    /// Runs something now.
    ///
    /// # Errors
    /// As of [`Client::status`].
    ///
    /// # Cancel safety
    /// Dropped, the runs may take place all the same.
    pub async fn trigger(&self, body: &TriggerBody) -> Result<TriggeredView, ClientError> {
        let (address, answer) = self.change(&["v1", "runs"], body).await?;
        understood(address, answer).await
    }

    /// Tells a run to end.
    ///
    /// # Errors
    /// As of [`Client::status`].
    ///
    /// # Cancel safety
    /// Dropped, the run may end all the same.
    pub async fn cancel(&self, run: RunId, body: &CancelBody) -> Result<(), ClientError> {
        self.change(&["v1", "runs", &run.to_string(), "cancel"], body).await.map(drop)
    }

    /// Lets a schedule rest.
    ///
    /// # Errors
    /// As of [`Client::status`].
    ///
    /// # Cancel safety
    /// Dropped, the schedule may rest all the same.
    pub async fn pause(&self, schedule: &ScheduleName, body: &PauseBody) -> Result<(), ClientError> {
        self.change(&["v1", "schedules", schedule.as_str(), "pause"], body).await.map(drop)
    }

    /// Lets a schedule go on.
    ///
    /// # Errors
    /// As of [`Client::status`].
    ///
    /// # Cancel safety
    /// Dropped, the schedule may go on all the same.
    pub async fn resume(&self, schedule: &ScheduleName) -> Result<(), ClientError> {
        self.change(&["v1", "schedules", schedule.as_str(), "resume"], &NothingBody {}).await.map(drop)
    }

    /// Has the host read its configuration again.
    ///
    /// # Errors
    /// As of [`Client::status`].
    ///
    /// # Cancel safety
    /// Dropped, the configuration is read all the same.
    pub async fn reload(&self) -> Result<(), ClientError> {
        self.change(&["v1", "reload"], &NothingBody {}).await.map(drop)
    }

    /// The address of a path; what has a meaning in addresses is escaped in its segments.
    fn address(&self, path: &[&str]) -> Url {
        let mut address = self.base.clone();
        if let Ok(mut segments) = address.path_segments_mut() {
            segments.pop_if_empty().extend(path);
        }
        address
    }

    async fn read<T: DeserializeOwned>(
        &self,
        path: &[&str],
        query: &[(&str, Option<String>)],
    ) -> Result<T, ClientError> {
        let mut address = self.address(path);
        for (name, value) in query {
            if let Some(value) = value {
                address.query_pairs_mut().append_pair(name, value);
            }
        }
        let answer = answered(&address, self.http.request(Method::GET, address.clone())).await?;
        understood(address, answer).await
    }

    async fn change(&self, path: &[&str], body: &impl Serialize) -> Result<(Url, Response), ClientError> {
        let address = self.address(path);
        let request = self.http.request(Method::POST, address.clone()).json(body);
        let answer = answered(&address, request).await?;
        Ok((address, answer))
    }
}

/// The answer, if it is not a problem.
async fn answered(address: &Url, request: RequestBuilder) -> Result<Response, ClientError> {
    let answer = request.send().await.map_err(|source| unreachable(address, source))?;
    if answer.status().is_success() {
        return Ok(answer);
    }
    let is_problem = answer.headers().get(CONTENT_TYPE).is_some_and(|media_type| media_type == MEDIA_TYPE);
    let (status, text) = text(address, answer).await?;
    match serde_json::from_slice(&text) {
        Ok(problem) if is_problem => Err(ClientError::Refused { problem: Box::new(problem) }),
        Ok(_) | Err(_) => Err(unexpected(address.clone(), status, &text)),
    }
}

async fn understood<T: DeserializeOwned>(address: Url, answer: Response) -> Result<T, ClientError> {
    let (status, text) = text(&address, answer).await?;
    serde_json::from_slice(&text).map_err(|_| unexpected(address, status, &text))
}

async fn text(address: &Url, mut answer: Response) -> Result<(StatusCode, Vec<u8>), ClientError> {
    let status = answer.status();
    let mut text = Vec::new();
    while let Some(part) = answer.chunk().await.map_err(|source| unreachable(address, source))? {
        text.extend_from_slice(&part);
        if text.len() > ANSWER_BYTES_MAX {
            return Err(unexpected(address.clone(), status, &text));
        }
    }
    Ok((status, text))
}

fn unreachable(address: &Url, source: reqwest::Error) -> ClientError {
    ClientError::Unreachable { address: address.clone(), source: source.without_url() }
}

fn unexpected(address: Url, status: StatusCode, text: &[u8]) -> ClientError {
    let text = String::from_utf8_lossy(text).chars().take(SHOWN_CHARS).collect();
    ClientError::Unexpected { address, status, text }
}
