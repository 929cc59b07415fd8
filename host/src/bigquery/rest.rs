//! The connection over HTTP: <https://cloud.google.com/bigquery/docs/reference/rest>.

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use bytes::{BufMut as _, Bytes, BytesMut};
use gcp_bigquery_client::model::job::Job as JobBody;
use gcp_bigquery_client::model::job_reference::JobReference;
use reqwest::header::CONTENT_TYPE;
use reqwest::{Client, RequestBuilder, Url};
use serde::de::DeserializeOwned;
use tokio::time::Instant;

use super::answer::{Cancelled, Dataset, DatasetsPage, Job, ResultsPage, Table, TableReference, TablesPage};
use super::credentials::{AuthHosts, Credentials, Identity};
use super::error::{Class, Error};
use super::http::{self, segment};
use super::job::{JobId, NewJob};
use super::retry::Retry;
use super::token::Tokens;
use super::{Connection, PageRequest};
use crate::clock;

/// Where BigQuery is when nothing else is said.
pub const ENDPOINT: &str = "https://bigquery.googleapis.com";

/// The longest that BigQuery is asked to hold a request until a query is over: beyond about ten seconds it answers anyway.
const HOLD_MAX: Duration = Duration::from_secs(10);

/// What separates the parts of an upload; looked for in what is uploaded before it is used.
const BOUNDARY: &str = "assay-part-5c2f0d9be1a84f37";

/// How BigQuery is reached, and as whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConnectionOptions {
    /// The project in which jobs run, and which pays for them.
    pub project: String,
    /// Where jobs run; without it BigQuery finds out by the datasets that are read.
    pub location: Option<String>,
    /// `https://HOST` of BigQuery or an emulator, without a path.
    pub endpoint: String,
    /// Whose rights.
    pub identity: Identity,
    /// Waits between tries.
    pub retry: Retry,
}

/// A connection to one project.
pub struct Rest {
    client: Client,
    tokens: Tokens,
    project: String,
    location: Option<String>,
    base: String,
    upload: String,
    retry: Retry,
}

impl fmt::Debug for Rest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rest").field("project", &self.project).field("base", &self.base).finish_non_exhaustive()
    }
}

impl Rest {
    /// Prepares a connection: files of credentials are read, nothing is asked yet.
    ///
    /// # Errors
    /// When the credentials cannot be used, or would be sent over an endpoint that is not encrypted.
    ///
    /// # Cancel safety
    /// Nothing is left behind.
    pub async fn open(options: ConnectionOptions) -> Result<Self, Error> {
        Self::open_with(options, &AuthHosts::default()).await
    }

    /// As [`Rest::open`], with other hosts for authentication.
    ///
    /// # Errors
    /// As [`Rest::open`].
    ///
    /// # Cancel safety
    /// Nothing is left behind.
    pub async fn open_with(options: ConnectionOptions, hosts: &AuthHosts) -> Result<Self, Error> {
        let ConnectionOptions { project, location, endpoint, identity, retry } = options;
        let endpoint = endpoint.trim_end_matches('/');
        if identity.credentials != Credentials::None && !is_private(endpoint) {
            let message = format!("a token must not be sent to `{endpoint}`, which is not encrypted");
            return Err(Error::new(Class::Credentials, message));
        }
        let client = http::client()?;
        let tokens = Tokens::open(&identity, hosts, &client).await?;
        let base = format!("{endpoint}/bigquery/v2/projects/{}", segment(&project));
        let upload = format!("{endpoint}/upload/bigquery/v2/projects/{}/jobs", segment(&project));
        Ok(Self { client, tokens, project, location, base, upload, retry })
    }

    /// The tokens, for what else is done with them.
    #[must_use]
    pub fn tokens(&self) -> &Tokens {
        &self.tokens
    }

    /// Sends what may be sent twice.
    async fn call<T: DeserializeOwned>(&self, until: Instant, request: RequestBuilder) -> Result<T, Error> {
        self.retry.run(until, || http::send(&self.tokens, &request)).await
    }

    fn place<'a>(&'a self, id: &'a JobId) -> Option<&'a str> {
        id.location.as_deref().or(self.location.as_deref())
    }

    /// A request about one job.
    fn about(&self, request: RequestBuilder, id: &JobId) -> RequestBuilder {
        match self.place(id) {
            Some(location) => request.query(&[("location", location)]),
            None => request,
        }
    }
}

/// Whether what is sent there is heard by nobody else.
fn is_private(endpoint: &str) -> bool {
    Url::parse(endpoint).is_ok_and(|url| {
        let host = url.host_str().unwrap_or_default();
        url.scheme() == "https" || matches!(host, "127.0.0.1" | "localhost" | "[::1]")
    })
}

#[async_trait]
impl Connection for Rest {
    fn project(&self) -> &str {
        &self.project
    }

    async fn insert(&self, id: &JobId, job: &NewJob, until: Instant) -> Result<Job, Error> {
        let is_dry = job.configuration.dry_run == Some(true);
        let reference = JobReference {
            // A job that is not run has no name.
            job_id: (!is_dry).then(|| id.id.clone()),
            location: self.place(id).map(str::to_owned),
            project_id: Some(self.project.clone()),
        };
        let body = JobBody {
            configuration: Some(job.configuration.clone()),
            job_reference: Some(reference),
            ..JobBody::default()
        };
        let request = match &job.rows {
            None => self.client.post(format!("{}/jobs", self.base)).json(&body),
            Some(rows) => {
                let (content_type, body) = multipart(&body, rows)?;
                let request = self.client.post(&self.upload).query(&[("uploadType", "multipart")]);
                request.header(CONTENT_TYPE, content_type).body(body)
            }
        };
        self.call(until, request).await
    }

    async fn job(&self, id: &JobId, until: Instant) -> Result<Job, Error> {
        let request = self.client.get(format!("{}/jobs/{}", self.base, segment(&id.id)));
        self.call(until, self.about(request, id)).await
    }

    async fn results(&self, id: &JobId, page: &PageRequest, until: Instant) -> Result<ResultsPage, Error> {
        let hold = clock::until(until).min(HOLD_MAX);
        let mut query = vec![
            ("maxResults", page.rows_max.to_string()),
            ("timeoutMs", hold.as_millis().to_string()),
            ("formatOptions.useInt64Timestamp", "true".to_owned()),
        ];
        query.extend(page.token.iter().map(|token| ("pageToken", token.clone())));
        let request = self.client.get(format!("{}/queries/{}", self.base, segment(&id.id))).query(&query);
        let request = self.about(request, id);
        let look = self.about(self.client.get(format!("{}/jobs/{}", self.base, segment(&id.id))), id);
        let page = self.retry.run(until, || async {
            match http::send(&self.tokens, &request).await {
                // The query itself may have failed in a way that may pass: to ask for its rows again is no use then.
                Err(error) if error.is_retryable() => match http::send::<Job>(&self.tokens, &look).await {
                    Ok(job) if job.is_done() => job.error().map_or(Err(error), |ended| Ok(Err(ended))),
                    Ok(_) | Err(_) => Err(error),
                },
                answer => answer.map(Ok),
            }
        });
        page.await?
    }

    async fn cancel(&self, id: &JobId, until: Instant) -> Result<Job, Error> {
        let request = self.client.post(format!("{}/jobs/{}/cancel", self.base, segment(&id.id)));
        let request = self.about(request, id).body("");
        self.call(until, request).await.map(|Cancelled { job }| job)
    }

    async fn dataset(&self, project: &str, dataset: &str, until: Instant) -> Result<Dataset, Error> {
        self.call(until, self.client.get(self.dataset_url(project, dataset))).await
    }

    async fn datasets(&self, page_token: Option<&str>, until: Instant) -> Result<DatasetsPage, Error> {
        let mut query = vec![("maxResults", "1000")];
        query.extend(page_token.map(|token| ("pageToken", token)));
        self.call(until, self.client.get(format!("{}/datasets", self.base)).query(&query)).await
    }

    async fn table(&self, table: &TableReference, until: Instant) -> Result<Table, Error> {
        let dataset = self.dataset_url(&table.project_id, &table.dataset_id);
        self.call(until, self.client.get(format!("{dataset}/tables/{}", segment(&table.table_id)))).await
    }

    async fn tables(
        &self,
        project: &str,
        dataset: &str,
        page_token: Option<&str>,
        until: Instant,
    ) -> Result<TablesPage, Error> {
        let mut query = vec![("maxResults", "1000")];
        query.extend(page_token.map(|token| ("pageToken", token)));
        let url = format!("{}/tables", self.dataset_url(project, dataset));
        self.call(until, self.client.get(url).query(&query)).await
    }
}

impl Rest {
    fn dataset_url(&self, project: &str, dataset: &str) -> String {
        let root = self.base.strip_suffix(&segment(&self.project)).unwrap_or(&self.base);
        format!("{root}{}/datasets/{}", segment(project), segment(dataset))
    }
}

/// The body of an upload: <https://cloud.google.com/bigquery/docs/reference/api-uploads#multipart>.
fn multipart(job: &JobBody, rows: &Bytes) -> Result<(String, Bytes), Error> {
    let unusable = |message: String| Error::new(Class::Invalid, message);
    let head = serde_json::to_vec(job).map_err(|error| unusable(error.to_string()))?;
    if rows.windows(BOUNDARY.len()).any(|window| window == BOUNDARY.as_bytes()) {
        return Err(unusable("the rows hold what separates the parts of an upload".to_owned()));
    }
    let mut body = BytesMut::with_capacity(head.len() + rows.len() + 256);
    body.put_slice(format!("--{BOUNDARY}\r\nContent-Type: application/json; charset=UTF-8\r\n\r\n").as_bytes());
    body.put_slice(&head);
    body.put_slice(format!("\r\n--{BOUNDARY}\r\nContent-Type: application/octet-stream\r\n\r\n").as_bytes());
    body.put_slice(rows);
    body.put_slice(format!("\r\n--{BOUNDARY}--\r\n").as_bytes());
    Ok((format!("multipart/related; boundary={BOUNDARY}"), body.freeze()))
}
