//! Asking whatever speaks BigQuery's REST interface, version 2: BigQuery itself or an emulator.

use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use serde_json::{Value as Message, json};
use ureq::Agent;
use ureq::http::Response;

use super::case::{Case, Expect, Parameter};
use super::expected::Answer;
use super::json::Json;
use super::report::Outcome;
use super::types::{Field, Type};
use super::value::Value;

/// Where to ask: a URL that ends in the project, for example `https://bigquery.googleapis.com/bigquery/v2/projects/p`.
pub const VARIABLE: &str = "ASSAY_BIGQUERY";

/// Who asks: a bearer token.
pub const TOKEN_VARIABLE: &str = "ASSAY_BIGQUERY_TOKEN";

/// How long one request may take; the endpoint answers within [`PATIENCE_MS`], finished or not.
const REQUEST: Duration = Duration::from_secs(60);

/// How long an endpoint works on a query before it says that it is not done, in milliseconds.
const PATIENCE_MS: u32 = 10_000;

/// How often it may say so.
const PATIENCE: u32 = 12;

/// Rows of one page: fewer than some cases have, so that turning pages is tried as well.
const PAGE_ROWS: u32 = 10;

/// Cases that are run at once.
const AT_ONCE: usize = 8;

/// Something that speaks BigQuery's REST interface.
#[derive(Debug, Clone)]
pub struct Endpoint {
    agent: Agent,
    base: String,
    token: Option<String>,
    /// Where tables are that a statement names without their dataset.
    dataset: Option<String>,
}

/// What an endpoint says to a request.
pub(super) enum Reply {
    Message(Message),
    /// The status of HTTP and what was the matter.
    Fault(u16, String),
}

/// What an endpoint says to a query.
enum Reaction {
    Answer(Answer),
    /// An answer with other columns, or not in the form of an answer.
    Other(String),
    Fault(u16, String),
}

impl Endpoint {
    /// The endpoint that the environment names, if it names one.
    ///
    /// # Errors
    /// When there is no token for an endpoint that needs one.
    pub fn of_environment() -> anyhow::Result<Option<Self>> {
        let variable = |name| std::env::var(name).ok().filter(|value: &String| !value.is_empty());
        let Some(base) = variable(VARIABLE) else { return Ok(None) };
        let token = match variable(TOKEN_VARIABLE) {
            Some(token) => Some(token),
            None if base.starts_with("https:") => Some(token_of_gcloud()?),
            None => None,
        };
        Ok(Some(Self::new(&base, token)))
    }

    /// The endpoint at a URL that ends in the project.
    #[must_use]
    pub fn new(base: &str, token: Option<String>) -> Self {
        let mut config = Agent::config_builder().http_status_as_error(false).timeout_global(Some(REQUEST));
        if base.starts_with("http:") {
            // An emulator is near, and a proxy would not find it.
            config = config.proxy(None);
        }
        Self { agent: config.build().into(), base: base.trim_end_matches('/').to_owned(), token, dataset: None }
    }

    /// The same, where tables without a dataset are those of one.
    #[must_use]
    pub(super) fn in_dataset(&self, name: &str) -> Self {
        Self { dataset: Some(name.to_owned()), ..self.clone() }
    }

    /// Asks for the names of datasets, so that an endpoint is known to be there and ready.
    ///
    /// # Errors
    /// When it is not.
    pub fn probe(&self) -> anyhow::Result<()> {
        match self.get("/datasets")? {
            Reply::Message(_) => Ok(()),
            Reply::Fault(status, message) => bail!("{}/datasets: {status}: {message}", self.base),
        }
    }

    /// Runs a case.
    ///
    /// # Errors
    /// When the endpoint cannot be reached or does not let us in, which says nothing about the case.
    pub fn run(&self, case: &Case) -> anyhow::Result<Outcome> {
        let columns = match &case.expect {
            Expect::Rows(expected) => Some(expected.columns.as_slice()),
            Expect::Error(_) => None,
            Expect::Refused(_) => bail!("`{}` is about what assay refuses", case.id),
        };
        Ok(match (&case.expect, self.query(case, columns)?) {
            (_, Reaction::Fault(status @ (401 | 403 | 404 | 429), message)) => bail!("{status}: {message}"),
            (Expect::Error(_), Reaction::Fault(400, _)) => Outcome::AsExpected,
            (_, Reaction::Fault(status, message)) => Outcome::Fails(format!("{status}: {message}")),
            (Expect::Rows(expected), Reaction::Answer(answer)) => expected
                .delivered(Value::delivered_by_endpoint)
                .compare(&answer)
                .map_or_else(Outcome::Differs, |()| Outcome::AsExpected),
            (_, Reaction::Other(how)) => Outcome::Differs(how),
            (_, Reaction::Answer(answer)) => Outcome::Differs(format!("{} rows and no error", answer.rows.len())),
        })
    }

    /// Runs cases, several at once; what came of them is in the order of their ids.
    ///
    /// # Panics
    /// When running one panics.
    pub fn run_all<'a>(&self, cases: &'a [Case]) -> Vec<(&'a Case, anyhow::Result<Outcome>)> {
        let next = AtomicUsize::new(0);
        let outcomes = Mutex::new(Vec::new());
        std::thread::scope(|scope| {
            for _ in 0..AT_ONCE {
                scope.spawn(|| {
                    while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                        let outcome = self.run(case);
                        outcomes.lock().expect("no thread panics with it").push((case, outcome));
                    }
                });
            }
        });
        let mut outcomes = outcomes.into_inner().expect("no thread panics with it");
        outcomes.sort_by(|(one, _), (other, _)| one.id.cmp(&other.id));
        outcomes
    }

    fn query(&self, case: &Case, columns: Option<&[Field]>) -> anyhow::Result<Reaction> {
        let mut request = json!({
            "query": case.sql,
            "useLegacySql": false,
            "parameterMode": "NAMED",
            "queryParameters": case.params.iter().map(parameter).collect::<Vec<_>>(),
            "timeoutMs": PATIENCE_MS,
            "maxResults": PAGE_ROWS,
            "formatOptions": {"useInt64Timestamp": true},
        });
        if let Some(dataset) = &self.dataset {
            request["defaultDataset"] = json!({"datasetId": dataset});
        }
        let mut message = match self.post("/queries", &request)? {
            Reply::Message(message) => message,
            Reply::Fault(status, message) => return Ok(Reaction::Fault(status, message)),
        };
        let mut results = self.results(&message)?;
        let mut waits = 0;
        let mut answer = Answer { rows: Vec::new() };
        loop {
            if message["jobComplete"] == Message::Bool(true) {
                match page(&message, columns) {
                    Ok(rows) => answer.rows.extend(rows),
                    Err(error) => return Ok(Reaction::Other(format!("{error:#}"))),
                }
                match message["pageToken"].as_str() {
                    Some(token) if !token.is_empty() => results.page = Some(token.to_owned()),
                    _ => return Ok(Reaction::Answer(answer)),
                }
            } else {
                waits += 1;
                ensure!(waits < PATIENCE, "`{}` is not done after {waits} times {PATIENCE_MS} ms", case.id);
            }
            let schema = message["schema"].take();
            message = match self.send(&results)? {
                Reply::Message(message) => message,
                Reply::Fault(status, message) => return Ok(Reaction::Fault(status, message)),
            };
            if message["schema"].is_null() {
                message["schema"] = schema;
            }
        }
    }

    /// How to ask for further results of the query that a message is about.
    fn results(&self, message: &Message) -> anyhow::Result<Results> {
        let job = &message["jobReference"];
        let id = job["jobId"].as_str().with_context(|| format!("an answer without a job: {message}"))?;
        let location = job["location"].as_str().map(str::to_owned);
        Ok(Results { url: format!("{}/queries/{id}", self.base), location, page: None })
    }

    fn send(&self, results: &Results) -> anyhow::Result<Reply> {
        let mut request = self
            .agent
            .get(&results.url)
            .query("timeoutMs", PATIENCE_MS.to_string())
            .query("maxResults", PAGE_ROWS.to_string())
            .query("formatOptions.useInt64Timestamp", "true");
        for (name, value) in [("location", &results.location), ("pageToken", &results.page)] {
            if let Some(value) = value {
                request = request.query(name, value);
            }
        }
        if let Some(token) = &self.token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        reply(request.call().with_context(|| format!("cannot reach {}", self.base))?)
    }

    pub(super) fn get(&self, path: &str) -> anyhow::Result<Reply> {
        let mut request = self.agent.get(format!("{}{path}", self.base));
        if let Some(token) = &self.token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        reply(request.call().with_context(|| format!("cannot reach {}", self.base))?)
    }

    pub(super) fn post(&self, path: &str, body: &Message) -> anyhow::Result<Reply> {
        self.post_to(&format!("{}{path}", self.base), body).and_then(reply)
    }

    /// Hands over a job that loads, and then the bytes it loads; returns the job.
    pub(super) fn upload(&self, job: &Message, bytes: &[u8]) -> anyhow::Result<Reply> {
        let base = self.base.replacen("/bigquery/v2/", "/upload/bigquery/v2/", 1);
        let opened = self.post_to(&format!("{base}/jobs?uploadType=resumable"), job)?;
        let Some(session) = opened.headers().get("location").cloned() else {
            return reply(opened);
        };
        let mut request = self.agent.put(session.to_str().context("a location that is no text")?);
        if let Some(token) = &self.token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        reply(request.send(bytes).with_context(|| format!("cannot reach {}", self.base))?)
    }

    fn post_to(&self, url: &str, body: &Message) -> anyhow::Result<Response<ureq::Body>> {
        let mut request = self.agent.post(url);
        if let Some(token) = &self.token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        request.send_json(body).with_context(|| format!("cannot reach {}", self.base))
    }

    /// The project that is asked.
    pub(super) fn project(&self) -> &str {
        self.base.rsplit('/').next().unwrap_or_default()
    }
}

/// A request for results.
struct Results {
    url: String,
    location: Option<String>,
    page: Option<String>,
}

fn token_of_gcloud() -> anyhow::Result<String> {
    let output = Command::new("gcloud")
        .args(["auth", "print-access-token"])
        .output()
        .with_context(|| format!("no {TOKEN_VARIABLE}, and `gcloud auth print-access-token` cannot be started"))?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "no {TOKEN_VARIABLE}, and `gcloud auth print-access-token` says: {said}");
    Ok(String::from_utf8(output.stdout)?.trim().to_owned())
}

fn reply(mut response: Response<ureq::Body>) -> anyhow::Result<Reply> {
    let status = response.status().as_u16();
    let text = response.body_mut().read_to_string().context("the answer breaks off")?;
    let message: Option<Message> = serde_json::from_str(&text).ok();
    let said = message.as_ref().and_then(|message| message["error"]["message"].as_str());
    Ok(match message {
        Some(message) if status == 200 => Reply::Message(message),
        Some(_) | None => Reply::Fault(status, said.unwrap_or(&text).to_owned()),
    })
}

/// The rows of a page; the columns are compared when any are wanted.
fn page(message: &Message, columns: Option<&[Field]>) -> anyhow::Result<Vec<Vec<Value>>> {
    let fields = message["schema"]["fields"].as_array().context("an answer without a schema")?;
    let fields = fields.iter().map(field).collect::<Result<Vec<_>, _>>()?;
    if let Some(columns) = columns {
        let answers =
            |(found, wanted): (&Field, &Field)| found.name == wanted.name && found.r#type.answers(&wanted.r#type);
        if fields.len() != columns.len() || !fields.iter().zip(columns).all(answers) {
            let list = |fields: &[Field]| fields.iter().map(Field::to_string).collect::<Vec<_>>().join(", ");
            bail!("expected the columns:\n  {}\ngot:\n  {}", list(columns), list(&fields));
        }
    }
    let none = Vec::new();
    let rows = message["rows"].as_array().unwrap_or(&none);
    let row = |row: &Message| -> anyhow::Result<Vec<Value>> {
        let cells: Json = serde_json::from_value(row["f"].clone())?;
        let Json::List(cells) = cells else { bail!("a row without `f`") };
        ensure!(cells.len() == fields.len(), "a row of {} cells", cells.len());
        let cells = cells.iter().zip(&fields);
        cells
            .map(|(cell, field)| Value::of_endpoint(&field.r#type, cell.get("v").context("a cell without `v`")?))
            .collect()
    };
    rows.iter().map(row).collect()
}

/// A field of a schema.
fn field(schema: &Message) -> anyhow::Result<Field> {
    let name = schema["name"].as_str().unwrap_or_default().to_owned();
    let r#type = match schema["type"].as_str().unwrap_or_default() {
        "INTEGER" => Type::Int64,
        "FLOAT" => Type::Float64,
        "BOOLEAN" => Type::Bool,
        "RECORD" | "STRUCT" => {
            let fields = schema["fields"].as_array().with_context(|| format!("`{name}` has no fields"))?;
            Type::Struct(fields.iter().map(field).collect::<Result<_, _>>()?)
        }
        other => Type::read(other)?,
    };
    let is_array = schema["mode"] == "REPEATED";
    Ok(Field { name, r#type: if is_array { Type::Array(Box::new(r#type)) } else { r#type } })
}

fn parameter(parameter: &Parameter) -> Message {
    let (r#type, value) = match (&parameter.r#type, &parameter.value) {
        (Type::Array(element), value) => {
            let r#type = json!({"type": "ARRAY", "arrayType": {"type": element.to_string()}});
            let value = match value {
                Value::Array(values) => json!({"arrayValues": values.iter().map(scalar).collect::<Vec<_>>()}),
                _ => json!({}),
            };
            (r#type, value)
        }
        (r#type, value) => (json!({"type": r#type.to_string()}), scalar(value)),
    };
    json!({"name": parameter.name, "parameterType": r#type, "parameterValue": value})
}

fn scalar(value: &Value) -> Message {
    json!({"value": value.for_endpoint()})
}
