//! Tests of what receivers are told, and of what makes them ready.

mod commands;
mod hostile;
mod office;
mod opening;
mod rendering;
mod retrying;
mod secrets;
mod templates;

use std::path::PathBuf;

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use crate::model::{
    AlertId, AlertKey, AlertKind, Cell, FindingDraft, Labels, Measure, NoticeKind, Phase, Severity, Subject, Tally,
};
use crate::notify::receiver::{Address, HOLD, Receiver, ReceiverKind};
use crate::notify::receiver::{Alertmanager, Command, Email, GitHub, Log, PagerDuty, Security, Slack, Webhook};
use crate::notify::{Alert, Content, Digest, Group, Message, Notice, Opened, Rendered, SecretRef, Secrets};

/// When all tests are: 2026-11-29 08:15 UTC.
fn now() -> Timestamp {
    "2026-11-29T08:15:00Z".parse().unwrap()
}

fn before(minutes: i64) -> Timestamp {
    now() - SignedDuration::from_mins(minutes)
}

fn secrets() -> Secrets {
    Secrets::from_variables(|name| match name {
        "TOKEN" => Some("xoxb-very-secret-token".into()),
        "HOOK" => Some("https://hooks.example.org/services/T000/B000/very-secret-path".into()),
        "KEY" => Some("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".into()),
        _ => None,
    })
}

fn token() -> SecretRef {
    SecretRef::Env("TOKEN".to_owned())
}

/// One receiver of each kind.
fn receivers() -> Vec<Receiver> {
    let email = Email {
        host: "localhost".to_owned(),
        port: 25,
        security: Security::Plain,
        authority: None,
        login: None,
        from: "assay <assay@example.org>".to_owned(),
        to: vec!["Data Team <data@example.org>".to_owned()],
    };
    let bot = Slack::Bot { token: token(), channel: "C024BE91L".to_owned(), api: Slack::API.to_owned() };
    let pagerduty =
        PagerDuty { routing_key: token(), events: PagerDuty::EVENTS.to_owned(), source: "assay".to_owned() };
    let alertmanager = Alertmanager {
        url: "http://127.0.0.1:9093".to_owned(),
        auth: None,
        hold: HOLD,
        refresh: None,
        labels: vec![("cluster".to_owned(), "test".to_owned())],
    };
    let webhook = Webhook {
        url: Address::Open("https://example.org/in".to_owned()),
        signing: Some(SecretRef::Env("KEY".to_owned())),
        headers: Vec::new(),
    };
    let github = GitHub {
        owner: "example".to_owned(),
        repository: "data".to_owned(),
        token: token(),
        labels: vec!["assay".to_owned()],
        api: GitHub::API.to_owned(),
    };
    let command = Command { program: PathBuf::from("/bin/sh"), arguments: Vec::new() };
    [
        ReceiverKind::Slack(bot),
        ReceiverKind::Slack(Slack::Hook { url: SecretRef::Env("HOOK".to_owned()) }),
        ReceiverKind::PagerDuty(pagerduty),
        ReceiverKind::Alertmanager(alertmanager),
        ReceiverKind::Email(email),
        ReceiverKind::Webhook(webhook),
        ReceiverKind::GitHub(github),
        ReceiverKind::Log(Log::Tracing),
        ReceiverKind::Command(command),
    ]
    .into_iter()
    .map(|kind| Receiver::new("team", kind))
    .collect()
}

fn receiver(kind: &str) -> Receiver {
    receivers().into_iter().find(|receiver| receiver.kind.as_str() == kind).unwrap()
}

fn opened(receiver: &Receiver) -> Opened {
    receiver.open(&secrets()).unwrap_or_else(|error| panic!("{error}"))
}

fn rendered(kind: &str, content: Content) -> Rendered {
    opened(&receiver(kind)).render(&message(content))
}

fn json(kind: &str, content: Content) -> Value {
    serde_json::from_str(&rendered(kind, content).body).unwrap()
}

fn message(content: Content) -> Message {
    Message {
        delivery_id: "01KB8Q0000000000000000DEMO".to_owned(),
        receiver: "team".to_owned(),
        at: now(),
        link: Some("https://assay.example.org".to_owned()),
        content,
    }
}

fn group(kind: NoticeKind, alerts: Vec<Alert>) -> Content {
    let open = if kind.is_end() { 0 } else { alerts.len() as u64 };
    Content::Alerts(Group {
        dedup_key: "3f79bb7b435b05321651daefd374cdc6".to_owned(),
        labels: vec![("owner".to_owned(), "shop-team".to_owned())],
        notices: alerts.into_iter().map(|alert| Notice { kind, alert, told: None }).collect(),
        omitted: 0,
        open,
        suppressed: 0,
    })
}

fn firing() -> Content {
    group(NoticeKind::Open, vec![alert("shop/orders")])
}

fn resolved() -> Content {
    let ended = Alert { phase: Phase::Resolved, ended_at: Some(before(5)), ..alert("shop/orders") };
    group(NoticeKind::Resolved, vec![ended])
}

fn alert(check: &str) -> Alert {
    let key = AlertKey { check: check.parse().unwrap(), kind: AlertKind::Data, segment: None };
    Alert {
        id: AlertId::from_parts(1_764_403_200_000, 7),
        fingerprint: key.fingerprint(),
        labels: Labels {
            check: key.check.clone(),
            kind: key.kind,
            segment: None,
            severity: Severity::High,
            owner: Some("shop-team".to_owned()),
            tags: vec!["shop".to_owned()],
            sources: vec!["lake".to_owned()],
            schedule: Some("nightly".to_owned()),
        },
        phase: Phase::Firing,
        severity: Severity::High,
        summary: "12 of 1,200 orders have no price".to_owned(),
        plugin: "not-null@1.2.0".to_owned(),
        opened_at: before(125),
        ended_at: None,
        occurrences: 3,
        reopened: 0,
        incidents_before: 4,
        last_good: Some(before(240)),
        run_id: Some("01KB8PXN3V8JQZ4M6W2T5R7Y9A".to_owned()),
        target_date: Some("2026-11-28".parse().unwrap()),
        findings: vec![finding().under(Severity::High)],
        findings_total: 3,
        acked: None,
        runbook: Some("https://runbooks.example.org/orders".to_owned()),
    }
}

fn finding() -> FindingDraft {
    let cell = |name: &str, value: Option<&str>| Cell { name: name.to_owned(), value: value.map(str::to_owned) };
    FindingDraft {
        code: "null_value".to_owned(),
        message: "12 orders have no price".to_owned(),
        subject: Subject {
            source: None,
            table: Some("shop.orders".to_owned()),
            column: Some("price".to_owned()),
            date: Some("2026-11-28".to_owned()),
            partition: None,
        },
        observed: Some(Measure::Number(12.0)),
        expected: Some(Measure::Number(0.0)),
        unit: Some("rows".to_owned()),
        affected: Some(12),
        samples: vec![vec![cell("id", Some("17")), cell("price", None)]],
        remediation: Some("load 2026-11-28 again".to_owned()),
        ..FindingDraft::bare("")
    }
}

fn digest() -> Content {
    Content::Digest(Box::new(Digest {
        name: "daily".to_owned(),
        from: before(24 * 60),
        until: now(),
        time_zone: "Europe/Berlin".to_owned(),
        tally: Tally { passed: 70, warned: 2, failed: 1, skipped: 3, errored: 1 },
        runs: 24,
        missed: 1,
        new: vec![alert("shop/orders")],
        still: vec![alert("shop/stock")],
        resolved: Vec::new(),
        suppressed: vec![("silence".to_owned(), 2)],
        slowest: vec![("shop/orders".to_owned(), 12_340)],
        never_run: vec!["shop/prices".to_owned()],
        paused: vec!["hourly".to_owned()],
        dead: 1,
    }))
}
