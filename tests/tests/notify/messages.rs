//! Messages to send.

use assay::clock::Clock;
use assay::model::{
    AlertId, AlertKey, AlertKind, Cell, FindingDraft, Labels, Measure, NoticeKind, Phase, Severity, Subject, Tally,
};
use assay::notify::{Alert, Content, Digest, Group, Message, Notice};
use jiff::{SignedDuration, Timestamp};

/// Text that does harm wherever it is taken for more than text.
pub(crate) const HOSTILE: &str =
    "<!channel> <script>x</script> @octocat #1 `x` \u{202e}desrever\r\nBcc: x@example.org & ünïcödé 日本";

/// A message with a number of its own.
pub(crate) fn message(number: u64, content: Content) -> Message {
    Message {
        delivery_id: format!("01KB8Q00000000000000DEMO{number:02}"),
        receiver: "team".to_owned(),
        at: now(),
        link: Some("https://assay.example.org".to_owned()),
        content,
    }
}

pub(crate) fn now() -> Timestamp {
    Clock::system().now()
}

fn before(minutes: i64) -> Timestamp {
    now().saturating_sub(SignedDuration::from_mins(minutes)).unwrap()
}

/// A group of alerts that are all told of for the same reason.
pub(crate) fn group(kind: NoticeKind, alerts: Vec<Alert>) -> Content {
    let open = if kind.is_end() { 0 } else { alerts.len() as u64 };
    Content::Alerts(Group {
        dedup_key: "3f79bb7b435b05321651daefd374cdc6".to_owned(),
        labels: vec![("owner".to_owned(), "shop-team".to_owned())],
        notices: alerts.into_iter().map(|alert| Notice { kind, alert, told: None }).collect(),
        omitted: 0,
        open,
        suppressed: 1,
    })
}

/// Two alerts that fire, one of them with texts that do harm.
pub(crate) fn firing() -> Content {
    group(NoticeKind::Open, vec![alert("shop/orders", HOSTILE), alert("shop/stock", "stock is 3 days old")])
}

/// The same, a while later.
pub(crate) fn repeated() -> Content {
    group(NoticeKind::Repeat, vec![alert("shop/orders", HOSTILE), alert("shop/stock", "stock is 3 days old")])
}

/// The same, when all is well.
pub(crate) fn resolved() -> Content {
    group(NoticeKind::Resolved, vec![ended(alert("shop/orders", HOSTILE)), ended(alert("shop/stock", "stock is here"))])
}

fn ended(alert: Alert) -> Alert {
    Alert { phase: Phase::Resolved, ended_at: Some(before(1)), ..alert }
}

/// A digest of a day.
pub(crate) fn digest() -> Content {
    Content::Digest(Box::new(Digest {
        name: "daily".to_owned(),
        from: before(24 * 60),
        until: now(),
        time_zone: "Europe/Berlin".to_owned(),
        tally: Tally { passed: 70, warned: 2, failed: 1, skipped: 3, errored: 1 },
        runs: 24,
        missed: 1,
        new: vec![alert("shop/orders", HOSTILE)],
        still: Vec::new(),
        resolved: Vec::new(),
        suppressed: vec![("silence".to_owned(), 2)],
        slowest: vec![("shop/orders".to_owned(), 12_340)],
        never_run: vec!["shop/prices".to_owned()],
        paused: Vec::new(),
        dead: 0,
    }))
}

/// An alert that fires.
pub(crate) fn alert(check: &str, summary: &str) -> Alert {
    let key = AlertKey { check: check.parse().unwrap(), kind: AlertKind::Data, segment: None };
    let text = |text: &str| Some(text.to_owned());
    let draft = FindingDraft {
        code: "null_value".to_owned(),
        severity: None,
        message: summary.to_owned(),
        subject: Subject {
            source: text("lake"),
            table: text("shop.orders_`v2`"),
            column: text("price"),
            date: text("2026-11-28"),
            partition: None,
        },
        observed: Some(Measure::Number(12.0)),
        expected: Some(Measure::Number(0.0)),
        unit: text("rows"),
        affected: Some(12),
        samples: vec![vec![
            Cell { name: "id".to_owned(), value: text("17") },
            Cell { name: "note".to_owned(), value: text(HOSTILE) },
        ]],
        remediation: text("load 2026-11-28 again"),
        attributes: Vec::new(),
    };
    Alert {
        id: AlertId::from_parts(1_764_403_200_000, 7),
        fingerprint: key.fingerprint(),
        labels: Labels {
            check: key.check.clone(),
            kind: key.kind,
            segment: None,
            severity: Severity::High,
            owner: text("shop-team"),
            tags: vec!["shop".to_owned()],
            sources: vec!["lake".to_owned()],
            schedule: text("nightly"),
        },
        phase: Phase::Firing,
        severity: Severity::High,
        summary: summary.to_owned(),
        plugin: "not-null@1.2.0".to_owned(),
        opened_at: before(125),
        ended_at: None,
        occurrences: 3,
        reopened: 0,
        incidents_before: 4,
        last_good: Some(before(240)),
        run_id: text("01KB8PXN3V8JQZ4M6W2T5R7Y9A"),
        target_date: Some("2026-11-28".parse().unwrap()),
        findings: vec![draft.under(Severity::High)],
        findings_total: 3,
        acked: None,
        runbook: text("https://runbooks.example.org/orders"),
    }
}
