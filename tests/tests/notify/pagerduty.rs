//! PagerDuty: its official client makes the same events of our bodies.

use assay::model::{NoticeKind, Phase};
use assay::notify::receiver::{PagerDuty, Receiver, ReceiverKind};
use assay::notify::{Alert, Content, SecretRef};
use serde_json::{Value, json};

use crate::messages::{HOSTILE, alert, digest, firing, group, message, resolved};
use crate::server::{Server, deliver, later, opened, receipt, refused};

fn service(server: &Server, key: &str) -> Receiver {
    let routing_key = SecretRef::Env(key.to_owned());
    let events = server.url("");
    Receiver::new("team", ReceiverKind::PagerDuty(PagerDuty { routing_key, events, source: "assay".to_owned() }))
}

#[tokio::test]
async fn an_incident_is_triggered_acknowledged_and_resolved() {
    let server = Server::start("pagerduty");
    let pagerduty = opened(&service(&server, "PAGERDUTY"));
    let acked = Alert { phase: Phase::Acked, acked: Some(("ann".to_owned(), None)), ..alert("shop/orders", HOSTILE) };
    let contents = [firing(), group(NoticeKind::Ack, vec![acked]), resolved(), digest(), Content::Test { by: None }];
    for (number, content) in (1..).zip(contents) {
        receipt(deliver(&pagerduty, &message(number, content), None).await);
    }
    let events: Vec<_> = server
        .records()
        .iter()
        .map(|record| {
            let body: Value = serde_json::from_str(record["body"].as_str().unwrap()).unwrap();
            (record["path"].as_str().unwrap().to_owned(), body["event_action"].clone(), body["dedup_key"].clone())
        })
        .collect();
    let key = "3f79bb7b435b05321651daefd374cdc6";
    let event = |action: &str| ("/v2/enqueue".to_owned(), json!(action), json!(key));
    let change = ("/v2/change/enqueue".to_owned(), Value::Null, Value::Null);
    assert_eq!(events, [event("trigger"), event("acknowledge"), event("resolve"), change.clone(), change]);
    server.transcribe();
}

#[tokio::test]
async fn what_pagerduty_refuses_is_told_apart() {
    let mut server = Server::start("pagerduty");
    let message = message(1, firing());
    let wrong = opened(&service(&server, "WRONG"));
    let error = refused(deliver(&wrong, &message, None).await);
    assert!(error.starts_with("the answer is 400 Bad Request: ") && error.contains("invalid routing key"), "{error}");
    let pagerduty = opened(&service(&server, "PAGERDUTY"));
    for (status, after) in [(429, Some(7)), (500, None), (503, None)] {
        let headers = after.map_or(json!({}), |after: u64| json!({ "Retry-After": after.to_string() }));
        server.answer_next(&json!({ "status": status, "headers": headers }));
        assert_eq!(later(deliver(&pagerduty, &message, None).await).0, after);
    }
    // It says 202 and nothing else when it has taken an event.
    server.answer_next(&json!({ "status": 200, "body": "a proxy" }));
    assert_eq!(later(deliver(&pagerduty, &message, None).await).1, "the answer is 200 OK, and PagerDuty's is 202");
}
