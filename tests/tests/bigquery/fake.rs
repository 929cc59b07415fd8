//! A server that answers as BigQuery's documentation says, and as it is told to.
//!
//! Shapes of answers:
//! - jobs: <https://cloud.google.com/bigquery/docs/reference/rest/v2/Job>
//! - uploads: <https://cloud.google.com/bigquery/docs/reference/api-uploads#multipart>
//! - rows: <https://cloud.google.com/bigquery/docs/reference/rest/v2/jobs/getQueryResults>
//! - errors: <https://cloud.google.com/bigquery/docs/error-messages>
//! - tokens: <https://cloud.google.com/compute/docs/access/authenticate-workloads>,
//!   <https://cloud.google.com/iam/docs/reference/credentials/rest/v1/projects.serviceAccounts/generateAccessToken>,
//!   <https://cloud.google.com/iam/docs/reference/sts/rest/v1/TopLevel/token>

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use assay::bigquery::{AuthHosts, ConnectionOptions, Credentials, Error, Identity, Rest, Retry};
use assay::capability::{Grant, Grants, QueryCapability, SourceHandle};
use assay::clock::{self, Clock};
use assay::model::{Batch, LimitName, LimitRequest, Limits, Param, Problem, RunId};
use assay::source::Cost;
use assay::source::asked::Asker;
use assay::source::bigquery::{BigQueryOptions, BigQuerySource};
use assay::source::ledger::{InMemory, Ledger};
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use serde_json::{Value as Json, json};
use tokio::net::TcpListener;
use tokio::sync::{Notify, Semaphore};

/// A kind of call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Call {
    DryRun,
    Insert,
    Job,
    Results,
    Cancel,
    Table,
    Metadata,
    Impersonate,
    Exchange,
    Other,
}

/// What was asked.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    pub(crate) call: Call,
    pub(crate) query: String,
    pub(crate) bearer: Option<String>,
    pub(crate) body: Json,
}

impl Asked {
    /// The name of the job that is to be made.
    pub(crate) fn job_id(&self) -> &str {
        self.body["jobReference"]["jobId"].as_str().unwrap_or_default()
    }
}

/// What is answered instead.
#[derive(Debug, Clone)]
pub(crate) enum Instead {
    /// A status with a body of JSON.
    Json(u16, Json),
    /// A status with something that is no JSON, as what stands between here and BigQuery answers.
    Html(u16),
    /// Carried out, and the answer is lost.
    Lost,
    /// The connection is closed before anything is done.
    Closed,
}

/// An error as BigQuery documents it.
pub(crate) fn error(status: u16, reason: &str, message: &str) -> Instead {
    let detail = json!({ "reason": reason, "message": message, "domain": "global" });
    Instead::Json(status, json!({ "error": { "code": status, "message": message, "errors": [detail] } }))
}

/// What the server knows, and what it is told to do.
#[derive(Debug)]
pub(crate) struct Knows {
    pub(crate) asked: Vec<Asked>,
    /// Each is used once, for the next call of its kind.
    pub(crate) instead: Vec<(Call, Instead)>,
    pub(crate) statement_type: &'static str,
    /// Tables that a query is said to read.
    pub(crate) referenced: Vec<Json>,
    /// Bytes that a query is said to process.
    pub(crate) processed: u64,
    /// Bytes that it is billed.
    pub(crate) billed: u64,
    pub(crate) cache_hit: bool,
    /// Queries do not end by themselves.
    pub(crate) endless: bool,
    /// The jobs that come to be and how each ends: an error or rows.
    pub(crate) job_errors: Vec<Option<(&'static str, &'static str)>>,
    pub(crate) schema: Json,
    pub(crate) pages: Vec<Json>,
    pub(crate) total_rows: u64,
    pub(crate) views: BTreeMap<String, String>,
    jobs: BTreeMap<String, Job>,
    tokens: u32,
    /// Tokens that are not accepted.
    pub(crate) revoked: Vec<String>,
}

#[derive(Debug, Clone)]
struct Job {
    configuration: Json,
    done: bool,
    error: Option<(&'static str, &'static str)>,
}

/// A running server.
#[derive(Debug, Clone)]
pub(crate) struct Fake {
    address: SocketAddr,
    knows: Arc<Mutex<Knows>>,
    changed: Arc<Notify>,
}

pub(crate) const PROJECT: &str = "jobs-project";

impl Fake {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let knows = Knows {
            asked: Vec::new(),
            instead: Vec::new(),
            statement_type: "SELECT",
            referenced: vec![table("ds", "t")],
            processed: 5 << 20,
            billed: 10 << 20,
            cache_hit: false,
            endless: false,
            job_errors: Vec::new(),
            schema: json!({ "fields": [{ "name": "n", "type": "INTEGER", "mode": "NULLABLE" }] }),
            pages: vec![json!([{ "f": [{ "v": "1" }] }, { "f": [{ "v": null }] }])],
            total_rows: 2,
            views: BTreeMap::new(),
            jobs: BTreeMap::new(),
            tokens: 0,
            revoked: Vec::new(),
        };
        let fake = Self {
            address: listener.local_addr().unwrap(),
            knows: Arc::new(Mutex::new(knows)),
            changed: Arc::new(Notify::new()),
        };
        let router = Router::new().fallback(answer).with_state(fake.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        fake
    }

    pub(crate) fn knows(&self) -> MutexGuard<'_, Knows> {
        self.knows.lock().unwrap()
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The calls so far.
    pub(crate) fn calls(&self) -> Vec<Call> {
        self.knows().asked.iter().map(|asked| asked.call).collect()
    }

    /// What was asked by calls of a kind.
    pub(crate) fn asked(&self, call: Call) -> Vec<Asked> {
        self.knows().asked.iter().filter(|asked| asked.call == call).cloned().collect()
    }

    /// Waits until something holds of what the server knows.
    pub(crate) async fn until(&self, holds: impl Fn(&Knows) -> bool) {
        loop {
            let changed = self.changed.notified();
            tokio::pin!(changed);
            changed.as_mut().enable();
            if holds(&self.knows()) {
                return;
            }
            tokio::time::timeout(Duration::from_secs(20), changed).await.expect("it never came to that");
        }
    }

    /// Whether any job goes on.
    pub(crate) fn is_busy(knows: &Knows) -> bool {
        knows.jobs.values().any(|job| !job.done)
    }

    pub(crate) fn jobs(&self) -> Vec<String> {
        self.knows().jobs.keys().cloned().collect()
    }

    pub(crate) async fn connect(&self, identity: Identity) -> Result<Rest, Error> {
        let options = ConnectionOptions {
            project: PROJECT.to_owned(),
            location: Some("EU".to_owned()),
            endpoint: self.url(),
            identity,
            retry: Retry { first: Duration::from_millis(1), most: Duration::from_millis(4) },
        };
        Rest::open_with(options, &AuthHosts { metadata: self.url(), iam: self.url() }).await
    }

    pub(crate) async fn source(&self, daily_budget: Option<u64>, ledger: Arc<dyn Ledger>) -> BigQuerySource {
        let identity = Identity { credentials: Credentials::None, impersonate: None };
        let connection = Arc::new(self.connect(identity).await.unwrap());
        let options = BigQueryOptions {
            name: "warehouse".parse().unwrap(),
            dataset: Some("ds".to_owned()),
            location: Some("EU".to_owned()),
            daily_budget,
        };
        BigQuerySource::new(options, connection, ledger)
    }

    /// What a check has, with some limits.
    pub(crate) async fn check(&self, limits: &[(LimitName, u64)]) -> QueryCapability {
        check(self.source(None, Arc::new(InMemory::new(Clock::system()))).await, limits, &["ds.*"], None)
    }
}

/// What a check has of a source.
pub(crate) fn check(
    source: BigQuerySource,
    limits: &[(LimitName, u64)],
    tables: &[&str],
    daily_budget: Option<u64>,
) -> QueryCapability {
    let grant = Grant {
        name: "warehouse".parse().unwrap(),
        handle: SourceHandle { source: Arc::new(source), slots: Arc::new(Semaphore::new(8)) },
        tables: tables.iter().map(|table| table.parse().unwrap()).collect(),
    };
    let requests: Vec<_> = limits.iter().map(|(name, value)| LimitRequest { name: *name, value: *value }).collect();
    let limits = Limits::resolve(&requests, &requests);
    let deadline = clock::monotonic() + limits.duration(LimitName::Deadline);
    QueryCapability::new(Grants::new(vec![grant]), limits, deadline).asked_by(Some(Arc::new(asker(daily_budget))))
}

pub(crate) fn asker(daily_budget: Option<u64>) -> Asker {
    Asker {
        check: "Orders/Rows".parse().unwrap(),
        owner: Some("sales".to_owned()),
        plugin: "row-count@1.2.3".parse().unwrap(),
        schedule: Some("Morning".parse().unwrap()),
        run: RunId::NIL,
        attempt: 2,
        billed_bytes_a_day: daily_budget,
    }
}

/// All that comes of a statement.
pub(crate) async fn ask(
    check: &mut QueryCapability,
    sql: &str,
    params: Vec<Param>,
) -> Result<(Vec<Batch>, Cost), Problem> {
    let mut cursor = check.open("warehouse".to_owned(), sql.to_owned(), params).await?;
    let mut batches = Vec::new();
    while let Some(batch) = check.next(&mut cursor, 1_000).await? {
        batches.push(batch);
    }
    Ok((batches, cursor.stats().cost))
}

pub(crate) fn table(dataset: &str, table: &str) -> Json {
    json!({ "projectId": PROJECT, "datasetId": dataset, "tableId": table })
}

async fn answer(State(fake): State<Fake>, method: Method, uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
    let path = uri.path().to_owned();
    let parsed: Json = match path.starts_with("/upload/") {
        true => uploaded(&String::from_utf8_lossy(&body)),
        false => serde_json::from_slice(&body).unwrap_or_else(|_| json!(String::from_utf8_lossy(&body))),
    };
    let call = call_of(&method, &path, &parsed);
    let bearer = headers.get("authorization").and_then(|value| value.to_str().ok()).map(str::to_owned);
    let (answer, lost) = {
        let mut knows = fake.knows();
        let query = uri.query().unwrap_or_default().to_owned();
        let bearer = bearer.map(|bearer| bearer.trim_start_matches("Bearer ").to_owned());
        let is_revoked = bearer.as_ref().is_some_and(|bearer| knows.revoked.contains(bearer));
        knows.asked.push(Asked { call, query, bearer, body: parsed.clone() });
        let place = knows.instead.iter().position(|(of, _)| *of == call);
        let instead = place.map(|place| knows.instead.remove(place).1);
        match instead {
            _ if is_revoked => (status_json(401, &error_body(401, "authError", "Invalid Credentials")), false),
            Some(Instead::Json(status, body)) => (status_json(status, &body), false),
            Some(Instead::Html(status)) => (html(status), false),
            Some(Instead::Closed) => (html(500), true),
            Some(Instead::Lost) => {
                knows.answer(call, &path, &uri, &parsed);
                (html(500), true)
            }
            None => (knows.answer(call, &path, &uri, &parsed), false),
        }
    };
    fake.changed.notify_waiters();
    if lost {
        // A body that breaks off before it begins: the client sees a connection that was cut.
        let cut = futures::stream::iter([Err::<Bytes, _>(std::io::Error::other("cut"))]);
        return (StatusCode::OK, axum::body::Body::from_stream(cut)).into_response();
    }
    answer
}

/// The job of an upload, with the number of its rows.
fn uploaded(body: &str) -> Json {
    let mut parts = body.split("\r\n\r\n").skip(1).map(|part| part.split("\r\n--").next().unwrap_or_default());
    let mut job: Json = serde_json::from_str(parts.next().unwrap_or_default()).unwrap();
    job["configuration"]["load"]["rows"] = json!(parts.next().unwrap_or_default().lines().count());
    job
}

fn error_body(status: u16, reason: &str, message: &str) -> Json {
    match error(status, reason, message) {
        Instead::Json(_, body) => body,
        Instead::Html(_) | Instead::Lost | Instead::Closed => Json::Null,
    }
}

fn status_json(status: u16, body: &Json) -> Response {
    (StatusCode::from_u16(status).unwrap(), axum::Json(body.clone())).into_response()
}

fn html(status: u16) -> Response {
    let body = "<html><head><title>Error 503 (Service Unavailable)!!1</title></head></html>";
    (StatusCode::from_u16(status).unwrap(), [("content-type", "text/html; charset=UTF-8")], body).into_response()
}

fn call_of(method: &Method, path: &str, body: &Json) -> Call {
    let is_post = *method == Method::POST;
    match path {
        path if path.starts_with("/computeMetadata/") => Call::Metadata,
        path if path.ends_with(":generateAccessToken") => Call::Impersonate,
        "/v1/token" => Call::Exchange,
        path if path.ends_with("/cancel") => Call::Cancel,
        path if path.ends_with("/jobs") && is_post && body["configuration"]["dryRun"] == true => Call::DryRun,
        path if path.ends_with("/jobs") && is_post => Call::Insert,
        path if path.contains("/queries/") => Call::Results,
        path if path.contains("/jobs/") => Call::Job,
        path if path.contains("/tables/") => Call::Table,
        _ => Call::Other,
    }
}

impl Knows {
    fn answer(&mut self, call: Call, path: &str, uri: &Uri, body: &Json) -> Response {
        let name = path.trim_end_matches("/cancel").rsplit('/').next().unwrap_or_default().to_owned();
        match call {
            Call::DryRun => status_json(
                200,
                &json!({
                    "jobReference": { "projectId": PROJECT, "location": "EU" },
                    "status": { "state": "DONE" },
                    "statistics": {
                        "totalBytesProcessed": self.processed.to_string(),
                        "query": {
                            "statementType": self.statement_type,
                            "totalBytesProcessed": self.processed.to_string(),
                            "referencedTables": self.referenced,
                            "schema": self.schema,
                        },
                    },
                }),
            ),
            Call::Insert => self.insert(body),
            Call::Job => match self.jobs.get_mut(&name) {
                Some(job) => {
                    // Nobody asks for the rows of these.
                    let sql = job.configuration["query"]["query"].as_str();
                    let is_read = sql.is_some_and(|sql| !sql.contains("MERGE") && !sql.starts_with("DROP"));
                    job.done |= !is_read && !self.endless;
                    let job = job.clone();
                    status_json(200, &self.job(&name, &job))
                }
                None => status_json(404, &error_body(404, "notFound", &format!("Not found: Job {name}"))),
            },
            Call::Cancel => match self.jobs.get_mut(&name) {
                Some(job) => {
                    if !job.done {
                        job.done = true;
                        job.error = Some(("stopped", "Job execution was cancelled: User requested cancellation"));
                    }
                    let job = job.clone();
                    status_json(200, &json!({ "kind": "bigquery#jobCancelResponse", "job": self.job(&name, &job) }))
                }
                None => status_json(404, &error_body(404, "notFound", &format!("Not found: Job {name}"))),
            },
            Call::Results => self.results(&name, uri),
            Call::Table => {
                let view = self.views.get(&name).map(|query| json!({ "query": query }));
                let kind = if view.is_some() { "VIEW" } else { "TABLE" };
                status_json(200, &json!({ "tableReference": table("ds", &name), "type": kind, "view": view }))
            }
            Call::Metadata => {
                self.tokens += 1;
                let token = format!("metadata-{}", self.tokens);
                status_json(200, &json!({ "access_token": token, "expires_in": 3_599, "token_type": "Bearer" }))
            }
            Call::Impersonate => {
                self.tokens += 1;
                let token = format!("impersonated-{}", self.tokens);
                status_json(200, &json!({ "accessToken": token, "expireTime": "2126-01-31T00:00:00Z" }))
            }
            Call::Exchange => {
                self.tokens += 1;
                let token = format!("exchanged-{}", self.tokens);
                let issued = "urn:ietf:params:oauth:token-type:access_token";
                status_json(
                    200,
                    &json!({
                        "access_token": token, "issued_token_type": issued, "token_type": "Bearer", "expires_in": 3_600,
                    }),
                )
            }
            Call::Other => status_json(404, &error_body(404, "notFound", "Not found")),
        }
    }

    fn insert(&mut self, body: &Json) -> Response {
        let name = body["jobReference"]["jobId"].as_str().unwrap_or_default().to_owned();
        if self.jobs.contains_key(&name) {
            let message = format!("Already Exists: Job {PROJECT}:EU.{name}");
            return status_json(409, &error_body(409, "duplicate", &message));
        }
        let error = if self.job_errors.is_empty() { None } else { self.job_errors.remove(0) };
        let job = Job { configuration: body["configuration"].clone(), done: error.is_some(), error };
        let answer = self.job(&name, &job);
        self.jobs.insert(name, job);
        status_json(200, &answer)
    }

    fn job(&self, name: &str, job: &Job) -> Json {
        let error = job.error.map(|(reason, message)| json!({ "reason": reason, "message": message }));
        let billed = if job.error.is_some() { 0 } else { self.billed };
        json!({
            "jobReference": { "projectId": PROJECT, "jobId": name, "location": "EU" },
            "configuration": job.configuration,
            "status": { "state": if job.done { "DONE" } else { "RUNNING" }, "errorResult": error },
            "statistics": {
                "load": { "outputRows": job.configuration["load"]["rows"].to_string() },
                "query": if job.done {
                    json!({
                        "statementType": "SELECT", "totalBytesBilled": billed.to_string(), "cacheHit": self.cache_hit,
                    })
                } else {
                    Json::Null
                },
            },
        })
    }

    fn results(&mut self, name: &str, uri: &Uri) -> Response {
        let Some(job) = self.jobs.get_mut(name) else {
            return status_json(404, &error_body(404, "notFound", &format!("Not found: Job {name}")));
        };
        if !self.endless {
            job.done = true;
        }
        if let Some((reason, message)) = job.error {
            return status_json(400, &error_body(400, reason, message));
        }
        if !job.done {
            return status_json(200, &json!({ "jobComplete": false }));
        }
        let query = uri.query().unwrap_or_default();
        let page = query.split('&').find_map(|pair| pair.strip_prefix("pageToken=page-")?.parse().ok()).unwrap_or(0);
        let next = (page + 1 < self.pages.len()).then(|| format!("page-{}", page + 1));
        status_json(
            200,
            &json!({
                "jobComplete": true,
                "schema": self.schema,
                "totalRows": self.total_rows.to_string(),
                "rows": self.pages.get(page),
                "pageToken": next,
                "cacheHit": self.cache_hit,
            }),
        )
    }
}
