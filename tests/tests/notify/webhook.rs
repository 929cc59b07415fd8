//! Webhooks: the SDK of CloudEvents reads our events, the library of Standard Webhooks verifies our signatures.

use std::time::Duration;

use assay::notify::receiver::{Address, Receiver, ReceiverKind, Webhook};
use assay::notify::{Content, SecretRef};
use serde_json::{Value, json};

use crate::messages::{digest, firing, message, resolved};
use crate::server::{Server, deliver, later, opened, receipt, refused};

fn hook(url: String) -> Receiver {
    let signing = Some(SecretRef::Env("WEBHOOK".to_owned()));
    let headers = vec![("X-Token".to_owned(), SecretRef::Env("=hook-token-secret".to_owned()))];
    Receiver::new("team", ReceiverKind::Webhook(Webhook { url: Address::Open(url), signing, headers }))
}

#[tokio::test]
async fn events_are_read_and_signatures_verified() {
    let server = Server::start("webhook");
    let webhook = opened(&hook(server.url("/in?a=b")));
    for (number, content) in (1..).zip([firing(), resolved(), digest(), Content::Test { by: Some("ann".to_owned()) }]) {
        receipt(deliver(&webhook, &message(number, content), None).await);
    }
    // The same again, as when an answer was lost: the receiver knows it by its id.
    receipt(deliver(&webhook, &message(4, digest()), None).await);
    let records = server.records();
    let types: Vec<Value> = records
        .iter()
        .map(|record| serde_json::from_str::<Value>(record["body"].as_str().unwrap()).unwrap()["type"].clone())
        .collect();
    assert_eq!(
        types,
        ["io.assay.alert.firing", "io.assay.alert.resolved", "io.assay.digest", "io.assay.test", "io.assay.digest"]
    );
    assert_eq!(records[3]["headers"]["webhook-id"], records[4]["headers"]["webhook-id"]);
    assert_eq!(records[0]["headers"]["content-type"], "application/cloudevents+json; charset=utf-8");
    assert_eq!(records[0]["headers"]["x-token"], "hook-token-secret");
    server.transcribe();
}

#[tokio::test]
async fn redirects_are_not_followed_and_secrets_are_not_told() {
    let mut server = Server::start("webhook");
    let webhook = opened(&hook(server.url("/in")));
    let message = message(1, firing());
    server.answer_next(&json!({ "status": 307, "headers": { "location": server.url("/elsewhere") } }));
    let error = refused(deliver(&webhook, &message, None).await);
    assert_eq!(error, "the answer is 307 Temporary Redirect; redirects are not followed");
    server.answer_next(&json!({ "status": 400, "body": "bad token hook-token-secret \u{1b}[1m" }));
    assert_eq!(
        refused(deliver(&webhook, &message, None).await),
        "the answer is 400 Bad Request: bad token … [U+001B][1m"
    );
    server.answer_next(&json!({ "status": 410 }));
    assert_eq!(refused(deliver(&webhook, &message, None).await), "the answer is 410 Gone");
    assert_eq!(server.records().len(), 3);
}

#[tokio::test]
async fn one_that_is_slow_away_or_busy_is_asked_again() {
    let mut server = Server::start("webhook");
    let slow = Receiver { time_limit: Duration::from_millis(200), ..hook(server.url("/in")) };
    let message = message(1, firing());
    server.answer_next(&json!({ "status": 200, "delay": 2 }));
    assert_eq!(later(deliver(&opened(&slow), &message, None).await), (None, "it was not done in time".to_owned()));
    let webhook = opened(&hook(server.url("/in")));
    for (header, least, most) in
        [("120", 120, 120), ("Wed, 21 Oct 2015 07:28:00 GMT", 0, 0), ("999999", 21_600, 21_600)]
    {
        server
            .answer_next(&json!({ "status": 503, "headers": { "Retry-After": header }, "body": "x".repeat(100_000) }));
        let (after, error) = later(deliver(&webhook, &message, None).await);
        assert!((least..=most).contains(&after.unwrap()), "{header}: {after:?}");
        assert!(error.chars().count() < 400, "{error}");
    }
    let nobody = opened(&hook("http://127.0.0.1:1/in/secret-path".to_owned()));
    let (_, error) = later(deliver(&nobody, &message, None).await);
    assert!(error.contains("Connection refused") && !error.contains("secret-path"), "{error}");
}
