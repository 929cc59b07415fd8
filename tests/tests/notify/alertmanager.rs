//! Alertmanager: the one that Debian packages takes alerts, groups them, and tells when they are over.

use assay::model::{NoticeKind, Severity};
use assay::notify::receiver::{Alertmanager, HOLD, Receiver, ReceiverKind};
use assay::notify::{Alert, Content};
use serde_json::Value;

use crate::messages::{HOSTILE, alert, digest, firing, group, message, repeated, resolved};
use crate::server::{Server, deliver, opened, receipt, refused};

fn instance(server: &Server) -> Receiver {
    let labels = vec![("cluster".to_owned(), "test".to_owned())];
    let url = server.url("");
    Receiver::new(
        "team",
        ReceiverKind::Alertmanager(Alertmanager { url, auth: None, hold: HOLD, refresh: None, labels }),
    )
}

fn alerts(server: &Server) -> Vec<Value> {
    let mut answer = ureq::get(server.url("/api/v2/alerts")).call().unwrap();
    serde_json::from_str(&answer.body_mut().read_to_string().unwrap()).unwrap()
}

/// What Alertmanager told: the status, and the names of the alerts with theirs.
fn told(record: &Value) -> (String, Vec<(String, String)>) {
    let body: Value = serde_json::from_str(record["body"].as_str().unwrap()).unwrap_or_default();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let alerts = body["alerts"].as_array().into_iter().flatten();
    let mut alerts: Vec<_> =
        alerts.map(|alert| (text(&alert["labels"]["alertname"]), text(&alert["status"]))).collect();
    alerts.sort();
    (text(&body["status"]), alerts)
}

#[tokio::test]
async fn alerts_arrive_together_and_are_over_when_they_are() {
    let server = Server::start("alertmanager");
    let receiver = opened(&instance(&server));
    receipt(deliver(&receiver, &message(1, firing()), None).await);
    let standing = alerts(&server);
    let mut names: Vec<_> = standing.iter().map(|alert| alert["labels"]["alertname"].as_str().unwrap()).collect();
    names.sort_unstable();
    assert_eq!(names, ["shop/orders", "shop/stock"]);
    for alert in &standing {
        assert_eq!(alert["status"]["state"], "active");
        assert_eq!((&alert["labels"]["cluster"], &alert["labels"]["tags"]), (&"test".into(), &",shop,".into()));
        assert_eq!(alert["generatorURL"], "https://assay.example.org/v1/runs/01KB8PXN3V8JQZ4M6W2T5R7Y9A");
    }
    let both = |status: &str| {
        let alert = |name: &str| (name.to_owned(), status.to_owned());
        (status.to_owned(), vec![alert("shop/orders"), alert("shop/stock")])
    };
    server.record_with(|record| told(record) == both("firing")).await;
    receipt(deliver(&receiver, &message(2, repeated()), None).await);
    assert_eq!(alerts(&server).len(), 2, "told again, they are the same");
    receipt(deliver(&receiver, &message(3, resolved()), None).await);
    server.record_with(|record| told(record) == both("resolved")).await;
    assert_eq!(alerts(&server).len(), 0);
    receipt(deliver(&receiver, &message(4, digest()), None).await);
    server.transcribe();
}

#[tokio::test]
async fn an_alert_that_became_worse_is_one_alert() {
    let server = Server::start("alertmanager");
    let receiver = opened(&instance(&server));
    receipt(deliver(&receiver, &message(1, group(NoticeKind::Open, vec![alert("shop/orders", HOSTILE)])), None).await);
    let worse = Alert { severity: Severity::Critical, ..alert("shop/orders", HOSTILE) };
    let Content::Alerts(mut escalated) = group(NoticeKind::Escalate, vec![worse]) else { panic!("alerts") };
    escalated.notices[0].told = Some(Severity::High);
    receipt(deliver(&receiver, &message(2, Content::Alerts(escalated)), None).await);
    let standing = alerts(&server);
    let severities: Vec<_> = standing.iter().map(|alert| &alert["labels"]["severity"]).collect();
    assert_eq!(severities, ["critical"]);
}

#[tokio::test]
async fn an_address_that_is_not_alertmanagers_is_refused() {
    let server = Server::start("alertmanager");
    let Receiver { kind: ReceiverKind::Alertmanager(settings), .. } = instance(&server) else { panic!("it is one") };
    let wrong = Alertmanager { url: server.url("/elsewhere"), ..settings };
    let receiver = opened(&Receiver::new("team", ReceiverKind::Alertmanager(wrong)));
    let error = refused(deliver(&receiver, &message(1, firing()), None).await);
    assert!(error.starts_with("the answer is 404 Not Found"), "{error}");
}
