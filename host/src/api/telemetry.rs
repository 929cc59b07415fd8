//! Traces of runs, sent to a collector: OTLP over HTTP, as JSON.
//!
//! What a trace is made of is said in [`spans`](crate::spans); here it is gathered and sent, a batch at a time, on a
//! thread of its own. A collector that is not there costs memory for some 2000 spans and nothing else.

use std::time::Duration;

use async_trait::async_trait;
use opentelemetry::KeyValue;
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response, ResponseBodyTooLarge};
use opentelemetry_otlp::{ExporterBuildError, Protocol, SpanExporter, WithExportConfig as _, WithHttpConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tokio::runtime::Handle;
use tracing::Subscriber;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::registry::LookupSpan;

use crate::spans::TARGET;

/// How long a collector may take to answer, at most: less than [`LAST_SPANS`].
const ANSWER: Duration = Duration::from_secs(4);
/// How long sending what is left may take in the end.
const LAST_SPANS: Duration = Duration::from_secs(5);
/// The largest answer of a collector that is read, in bytes: the 4 MiB that [`ResponseBodyTooLarge`] tells of.
const ANSWER_BYTES_MAX: usize = 4 << 20;

/// Why no traces can be sent.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    /// The address of the collector.
    #[error("traces cannot be sent to `{endpoint}`")]
    Endpoint {
        /// The address.
        endpoint: String,
        /// What is wrong with it.
        #[source]
        source: ExporterBuildError,
    },
    /// No requests can be made at all.
    #[error("requests cannot be made")]
    Client(#[source] reqwest::Error),
}

/// Traces on their way to a collector.
#[derive(Debug)]
pub struct Telemetry {
    provider: SdkTracerProvider,
}

impl Telemetry {
    /// Sends traces to `endpoint`, the whole address of a collector: `http://localhost:4318/v1/traces`. To be called
    /// within the runtime that is going to send them.
    ///
    /// # Errors
    /// [`TelemetryError`].
    pub fn new(endpoint: &str) -> Result<Self, TelemetryError> {
        let http = reqwest::Client::builder()
            .timeout(ANSWER)
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(TelemetryError::Client)?;
        let exporter = SpanExporter::builder()
            .with_http()
            .with_http_client(Sender { http, runtime: Handle::current() })
            .with_protocol(Protocol::HttpJson)
            .with_endpoint(endpoint)
            .with_timeout(ANSWER)
            .build()
            .map_err(|source| TelemetryError::Endpoint { endpoint: endpoint.to_owned(), source })?;
        let resource = Resource::builder()
            .with_service_name("assay")
            .with_attribute(KeyValue::new("service.version", env!("CARGO_PKG_VERSION")))
            .build();
        let provider = SdkTracerProvider::builder().with_batch_exporter(exporter).with_resource(resource).build();
        Ok(Self { provider })
    }

    /// What gathers the spans of runs, checks and queries, and nothing else: not even what comes of sending them.
    #[must_use]
    pub fn layer<S>(&self) -> impl Layer<S> + use<S>
    where
        S: Subscriber + for<'span> LookupSpan<'span>,
    {
        tracing_opentelemetry::layer()
            .with_tracer(self.provider.tracer("assay"))
            // Of the program, not of the run.
            .with_location(false)
            .with_threads(false)
            .with_target(false)
            .with_level(false)
            .with_tracked_inactivity(false)
            .with_filter(filter_fn(|about| about.is_span() && about.target() == TARGET))
    }

    /// Sends what is left, within 5 seconds.
    ///
    /// # Cancel safety
    /// Dropped, what is left is sent all the same as long as the runtime lives.
    pub async fn shut_down(self) {
        let Self { provider } = self;
        // It blocks for the thread that sends, which needs this runtime.
        let shut = tokio::task::spawn_blocking(move || provider.shutdown_with_timeout(LAST_SPANS));
        match tokio::time::timeout(LAST_SPANS, shut).await {
            Ok(Ok(Ok(()))) => {}
            Ok(Ok(Err(error))) => tracing::warn!(%error, "the last traces were not sent"),
            Ok(Err(_)) | Err(_) => tracing::warn!("the last traces were not sent in time"),
        }
    }
}

/// Sends for a thread that belongs to no runtime.
#[derive(Debug)]
struct Sender {
    http: reqwest::Client,
    runtime: Handle,
}

#[async_trait]
impl HttpClient for Sender {
    /// # Cancel safety
    /// Dropped, the request is sent all the same.
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let request = reqwest::Request::try_from(request)?;
        let http = self.http.clone();
        self.runtime.spawn(async move { send(&http, request).await }).await?
    }
}

async fn send(http: &reqwest::Client, request: reqwest::Request) -> Result<Response<Bytes>, HttpError> {
    let mut answer = http.execute(request).await?;
    let mut response = Response::builder().status(answer.status());
    if let Some(headers) = response.headers_mut() {
        *headers = answer.headers().clone();
    }
    let mut body = Vec::new();
    while let Some(part) = answer.chunk().await? {
        if body.len() + part.len() > ANSWER_BYTES_MAX {
            return Err(Box::new(ResponseBodyTooLarge::new()));
        }
        body.extend_from_slice(&part);
    }
    Ok(response.body(body.into())?)
}
