//! Messages to try templates with.

use jiff::civil::date;
use jiff::{SignedDuration, Timestamp};

use crate::model::{
    AlertId, AlertKey, AlertKind, Attribute, Cell, FindingDraft, Labels, Measure, NoticeKind, Phase, Severity, Subject,
    Tally,
};
use crate::notify::message::{Alert, Content, Digest, Group, Message, Notice};

/// One of each: an alert that fires, one that is over, a digest and a test.
pub(super) fn messages(receiver: &str) -> Vec<Message> {
    let at = Timestamp::UNIX_EPOCH;
    let group = |kind, phase, open| {
        Content::Alerts(Group {
            dedup_key: "sample".to_owned(),
            labels: vec![("owner".to_owned(), "sample-team".to_owned())],
            notices: alert(at, phase).map(|alert| Notice { kind, alert, told: None }).into_iter().collect(),
            omitted: 1,
            open,
            suppressed: 1,
        })
    };
    [
        group(NoticeKind::Open, Phase::Firing, 2),
        group(NoticeKind::Resolved, Phase::Resolved, 0),
        Content::Digest(Box::new(digest(at))),
        Content::Test { by: Some("somebody".to_owned()) },
    ]
    .into_iter()
    .map(|content| Message {
        delivery_id: "sample".to_owned(),
        receiver: receiver.to_owned(),
        at,
        link: Some("https://assay.example.org".to_owned()),
        content,
    })
    .collect()
}

fn alert(at: Timestamp, phase: Phase) -> Option<Alert> {
    let key = AlertKey { check: "sample/check".parse().ok()?, kind: AlertKind::Data, segment: None };
    let labels = Labels {
        check: key.check.clone(),
        kind: key.kind,
        segment: None,
        severity: Severity::High,
        owner: Some("sample-team".to_owned()),
        tags: vec!["sample".to_owned()],
        sources: vec!["lake".to_owned()],
        schedule: None,
    };
    let opened_at = at.saturating_sub(SignedDuration::from_hours(2)).ok()?;
    Some(Alert {
        id: AlertId::from_parts(0, 0),
        fingerprint: key.fingerprint(),
        labels,
        phase,
        severity: Severity::High,
        summary: "3 of 1200 rows have no price".to_owned(),
        plugin: "not-null@1.0.0".to_owned(),
        opened_at,
        ended_at: (!phase.is_open()).then_some(at),
        occurrences: 2,
        reopened: 0,
        incidents_before: 4,
        last_good: Some(opened_at),
        run_id: Some("01JD0000000000000000000000".to_owned()),
        target_date: Some(date(1970, 1, 1)),
        findings: vec![finding().under(Severity::High)],
        findings_total: 1,
        acked: None,
        runbook: Some("https://example.org/runbook".to_owned()),
    })
}

fn finding() -> FindingDraft {
    FindingDraft {
        code: "null_value".to_owned(),
        severity: None,
        message: "3 rows have no price".to_owned(),
        subject: Subject {
            source: Some("lake".to_owned()),
            table: Some("orders".to_owned()),
            column: Some("price".to_owned()),
            date: Some("1970-01-01".to_owned()),
            partition: None,
        },
        observed: Some(Measure::Number(3.0)),
        expected: Some(Measure::Number(0.0)),
        unit: Some("rows".to_owned()),
        affected: Some(3),
        samples: vec![vec![Cell { name: "id".to_owned(), value: Some("17".to_owned()) }]],
        remediation: Some("load the day again".to_owned()),
        attributes: vec![Attribute { key: "part".to_owned(), value: "a".to_owned() }],
    }
}

fn digest(at: Timestamp) -> Digest {
    Digest {
        name: "daily".to_owned(),
        from: at,
        until: at,
        time_zone: "UTC".to_owned(),
        tally: Tally { passed: 1, ..Tally::default() },
        runs: 1,
        missed: 0,
        new: alert(at, Phase::Firing).into_iter().collect(),
        still: Vec::new(),
        resolved: Vec::new(),
        suppressed: vec![("silence".to_owned(), 1)],
        slowest: vec![("sample/check".to_owned(), 1)],
        never_run: vec!["sample/other".to_owned()],
        paused: Vec::new(),
        dead: 0,
    }
}
