//! Slack: its official client makes the same requests of our bodies, and takes our blocks for its own.

use assay::notify::receiver::{Receiver, ReceiverKind, Slack};
use assay::notify::{Receipt, SecretRef};
use serde_json::{Value, json};

use crate::messages::{digest, firing, message, repeated, resolved};
use crate::server::{Server, deliver, later, opened, receipt, refused};

fn bot(server: &Server, token: &str) -> Receiver {
    let token = SecretRef::Env(token.to_owned());
    Receiver::new(
        "team",
        ReceiverKind::Slack(Slack::Bot { token, channel: "C024BE91L".to_owned(), api: server.url("/api") }),
    )
}

fn bodies(server: &Server) -> Vec<(String, Value)> {
    let body = |record: &Value| serde_json::from_str(record["body"].as_str().unwrap()).unwrap();
    server.records().iter().map(|record| (record["path"].as_str().unwrap().to_owned(), body(record))).collect()
}

#[tokio::test]
async fn a_thread_begins_goes_on_and_ends_where_it_began() {
    let server = Server::start("slack");
    let slack = opened(&bot(&server, "SLACK"));
    let first = receipt(deliver(&slack, &message(1, firing()), None).await).unwrap();
    assert_eq!(first.as_str(), "C024BE91L/1503435956.000001");
    assert_eq!(receipt(deliver(&slack, &message(2, repeated()), Some(&first)).await), None);
    assert_eq!(receipt(deliver(&slack, &message(3, resolved()), Some(&first)).await), None);
    assert!(receipt(deliver(&slack, &message(4, digest()), Some(&first)).await).is_some());
    let bodies = bodies(&server);
    let shown: Vec<_> = bodies
        .iter()
        .map(|(path, body)| {
            (path.as_str(), body["thread_ts"].as_str(), body["ts"].as_str(), body.get("blocks").is_some())
        })
        .collect();
    let ts = Some("1503435956.000001");
    assert_eq!(
        shown,
        [
            ("/api/chat.postMessage", None, None, true),
            ("/api/chat.postMessage", ts, None, true),
            ("/api/chat.update", None, ts, true),
            ("/api/chat.postMessage", ts, None, false),
            ("/api/chat.postMessage", None, None, true),
        ]
    );
    assert!(bodies[2].1["text"].as_str().unwrap().starts_with("Resolved (high): 2 alerts"));
    // A message that is not there any more is no reason to say nothing.
    let gone = Receipt::new("C024BE91L/1.000001");
    assert!(receipt(deliver(&slack, &message(5, resolved()), Some(&gone)).await).is_some());
    server.transcribe();
}

#[tokio::test]
async fn what_slack_refuses_is_told_apart() {
    let mut server = Server::start("slack");
    let slack = opened(&bot(&server, "SLACK"));
    let message = message(1, firing());
    let wrong = opened(&bot(&server, "WRONG"));
    assert_eq!(refused(deliver(&wrong, &message, None).await), "Slack answers `invalid_auth`");
    for (status, body, after, error) in [
        (429, json!({ "ok": false, "error": "ratelimited" }), Some(30), "the answer is 429 Too Many Requests"),
        (503, json!("down"), Some(30), "the answer is 503 Service Unavailable: \"down\""),
        (200, json!({ "ok": false, "error": "internal_error" }), Some(30), "Slack answers `internal_error`"),
        (200, json!("<html>"), None, "what answers does not speak as Slack does"),
    ] {
        server.answer_next(&json!({ "status": status, "headers": { "Retry-After": "30" }, "body": body.to_string() }));
        let (found, said) = later(deliver(&slack, &message, None).await);
        assert_eq!((found, said.starts_with(error)), (after, true), "{said}");
    }
    for word in
        ["channel_not_found", "not_in_channel", "is_archived", "invalid_blocks", "msg_too_long", "missing_scope"]
    {
        server.answer_next(&json!({ "status": 200, "body": json!({ "ok": false, "error": word }).to_string() }));
        assert_eq!(refused(deliver(&slack, &message, None).await), format!("Slack answers `{word}`"));
    }
}

#[tokio::test]
async fn an_incoming_webhook_is_told_and_its_address_is_not() {
    let mut server = Server::start("slack");
    let url = SecretRef::Env(format!("={}", server.url("/services/T000/B000/very-secret")));
    let hook = opened(&Receiver::new("team", ReceiverKind::Slack(Slack::Hook { url })));
    assert_eq!(receipt(deliver(&hook, &message(1, firing()), None).await), None);
    assert_eq!(server.records()[0]["path"], "/services/T000/B000/very-secret");
    let body = "no_service: /services/T000/B000/very-secret";
    server.answer_next(&json!({ "status": 404, "body": body }));
    let error = refused(deliver(&hook, &message(2, firing()), None).await);
    assert_eq!(error, "the answer is 404 Not Found: no_service: …");
}
