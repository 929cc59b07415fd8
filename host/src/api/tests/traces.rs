//! Traces, as they arrive at a collector.

use std::collections::HashMap;

use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use axum::{Json as Body, Router};
use serde_json::Value as Json;
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tracing_subscriber::layer::SubscriberExt as _;

use super::super::telemetry::{Telemetry, TelemetryError};
use super::record;
use crate::spans;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_a_check_and_a_query_arrive_within_each_other() {
    let (received, mut traces) = mpsc::unbounded_channel();
    let collect = async move |headers: HeaderMap, Body(traces): Body<Json>| {
        received.send((headers["content-type"].clone(), traces)).unwrap();
        StatusCode::OK
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}/v1/traces", listener.local_addr().unwrap());
    tokio::spawn(axum::serve(listener, Router::new().route("/v1/traces", post(collect))).into_future());

    let telemetry = Telemetry::new(&endpoint).unwrap();
    let subscriber = tracing_subscriber::registry().with(telemetry.layer());
    tracing::subscriber::with_default(subscriber, || {
        let run = spans::run(&record(0, Some("nightly")));
        let _other = tracing::info_span!(parent: &run, "not of a trace").entered();
        let check = spans::check(&run, &"players/row-count".parse().unwrap(), "row-count@1.0.0", 1);
        check.in_scope(|| {
            let query = spans::query("local");
            query.in_scope(|| tracing::info!("an event is not of a trace either"));
            query.record("rows", 7);
        });
        run.record("status", "ok");
    });
    telemetry.shut_down().await;

    let (media_type, batch) = traces.try_recv().unwrap();
    assert_eq!(media_type, "application/json");
    let resource = &batch["resourceSpans"][0]["resource"];
    assert_eq!(attribute(resource, "service.name"), "assay");
    assert_eq!(attribute(resource, "service.version"), env!("CARGO_PKG_VERSION"));
    let spans = batch["resourceSpans"][0]["scopeSpans"][0]["spans"].as_array().unwrap();
    let spans: HashMap<_, _> = spans.iter().map(|span| (span["name"].as_str().unwrap(), span)).collect();
    assert_eq!(spans.len(), 3, "{spans:#?}");
    let (run, check, query) = (spans["run"], spans["check"], spans["query"]);
    let parent = |span: &Json| span["parentSpanId"].as_str().unwrap_or_default().to_owned();
    assert_eq!((parent(run), parent(check), parent(query)), (String::new(), id(run), id(check)));
    assert_eq!((&check["traceId"], &query["traceId"]), (&run["traceId"], &run["traceId"]));
    assert_eq!((attribute(run, "schedule"), attribute(run, "status")), ("nightly".to_owned(), "ok".to_owned()));
    assert_eq!((attribute(check, "check"), attribute(query, "rows")), ("players/row-count".to_owned(), "7".to_owned()));
    let keys: Vec<_> = query["attributes"].as_array().unwrap().iter().map(|one| one["key"].as_str().unwrap()).collect();
    assert_eq!(keys, ["source", "rows"], "nothing of the program");
    assert!(traces.try_recv().is_err(), "sending makes no traces");
}

fn id(span: &Json) -> String {
    span["spanId"].as_str().unwrap().to_owned()
}

/// An attribute, as text.
fn attribute(of: &Json, key: &str) -> String {
    let found = of["attributes"].as_array().unwrap().iter().find(|one| one["key"] == key);
    let value = &found.unwrap_or_else(|| panic!("no {key}: {of:#}"))["value"];
    let value = value.as_object().unwrap().values().next().unwrap();
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_collector_that_is_not_there_holds_up_nothing() {
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}/v1/traces", free.local_addr().unwrap());
    drop(free);
    let telemetry = Telemetry::new(&endpoint).unwrap();
    let subscriber = tracing_subscriber::registry().with(telemetry.layer());
    tracing::subscriber::with_default(subscriber, || drop(spans::run(&record(0, None))));
    let began = crate::clock::monotonic();
    telemetry.shut_down().await;
    assert!(began.elapsed().as_secs() < 5, "{:?}", began.elapsed());
}

#[tokio::test]
async fn an_address_that_is_none_is_refused() {
    let error = Telemetry::new("not an address").unwrap_err();
    assert!(matches!(&error, TelemetryError::Endpoint { endpoint, .. } if endpoint == "not an address"), "{error:?}");
}
