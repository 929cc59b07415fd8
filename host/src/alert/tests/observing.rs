//! What results mean for which alerts.

use super::*;
use crate::model::{CheckName, Finding, FindingDraft, NotRun, Reason, Status, Subject};

fn finding(table: Option<&str>, severity: Severity) -> Finding {
    let subject = Subject { table: table.map(str::to_owned), ..Subject::default() };
    FindingDraft { subject, severity: Some(severity), ..FindingDraft::bare("m") }.under(Severity::Critical)
}

/// Alerts and events in words, for a result of these findings where these alerts are known.
fn seen(status: Status, reason: Option<Reason>, findings: &[Finding], per: Per, known: &[AlertKey]) -> Vec<String> {
    let known: Vec<_> = known.iter().map(|key| (key.clone(), Phase::Firing)).collect();
    let check: CheckName = "c".parse().unwrap();
    let severity = findings.iter().map(|finding| finding.severity).max().unwrap_or(Severity::Critical);
    let facts = Facts {
        check: &check,
        status,
        reason,
        severity,
        findings,
        result: "r",
        run: RunId::NIL,
        scheduled_for: at(0),
        version: None,
    };
    let words = |(key, event): (AlertKey, Event)| match event {
        Event::Fail { severity, .. } | Event::Warn { severity, .. } => format!("{key}: {} {severity}", event.as_str()),
        _ => format!("{key}: {}", event.as_str()),
    };
    observe(&facts, &Policy { per, ..at_once() }, &known).into_iter().map(words).collect()
}

fn segment(table: &str) -> AlertKey {
    AlertKey { segment: Some(table.to_owned()), ..key("c", AlertKind::Data) }
}

#[test]
fn a_result_is_for_the_data_and_for_what_is_known_besides() {
    let known: Vec<_> = AlertKind::ALL.into_iter().map(|kind| key("c", kind)).collect();
    let of = |status, known: &[AlertKey]| seen(status, None, &[], Per::Check, known);
    assert_eq!(of(Status::Pass, &[]), ["c: pass"]);
    assert_eq!(of(Status::Fail, &[]), ["c: fail critical"]);
    assert_eq!(of(Status::Pass, &known), ["c: pass", "c/error: pass", "c/stale: pass", "c/missing: pass"]);
    assert_eq!(
        of(Status::Warn, &known),
        ["c: warn critical", "c/error: warn critical", "c/stale: warn critical", "c/missing: warn critical"]
    );
    assert_eq!(of(Status::Error, &[]), ["c/error: error"]);
    assert_eq!(of(Status::Error, &known), ["c/error: error", "c/missing: error"]);
    assert_eq!(of(Status::Skip, &[]), Vec::<String>::new(), "as it should be, in the off-season for example");
    assert_eq!(of(Status::Skip, &known), ["c/stale: skip", "c/missing: skip"]);
}

#[test]
fn who_cancels_a_run_is_not_told_that_it_could_not_say() {
    let of = |reason| seen(Status::Error, Some(reason), &[], Per::Check, &[]);
    assert_eq!(of(Reason::Cancelled), Vec::<String>::new());
    assert_eq!(of(Reason::Interrupted), ["c/error: error"]);
}

#[test]
fn table_by_table_each_has_its_own_severity_and_the_others_pass() {
    let findings = [
        finding(Some("a"), Severity::Low),
        finding(Some("b"), Severity::Medium),
        finding(Some("a"), Severity::High),
        finding(None, Severity::Low),
    ];
    let known = [segment("a"), segment("z")];
    assert_eq!(
        seen(Status::Fail, None, &findings, Per::Table, &known),
        ["c: fail low", "c [a]: fail high", "c [b]: fail medium", "c [z]: pass"]
    );
    assert_eq!(seen(Status::Pass, None, &[], Per::Table, &known), ["c [a]: pass", "c [z]: pass"]);
    assert_eq!(
        seen(Status::Fail, None, &[], Per::Table, &known),
        ["c: fail critical", "c [a]: pass", "c [z]: pass"],
        "a failure is known also where no finding says of what"
    );
    assert_eq!(seen(Status::Error, None, &findings, Per::Table, &known), ["c/error: error"], "nothing of any table");
}

#[test]
fn what_was_told_by_table_is_over_when_it_is_told_by_check() {
    assert_eq!(
        seen(Status::Fail, None, &[finding(Some("a"), Severity::High)], Per::Check, &[segment("a")]),
        ["c: fail high", "c [a]: removed"]
    );
}

#[test]
fn a_slot_that_was_not_run_is_missing_unless_it_was_meant_so() {
    let meant: Vec<_> = NotRun::ALL.into_iter().filter(|why| !is_missing(*why)).map(NotRun::as_str).collect();
    assert_eq!(meant, ["paused", "removed", "calendar", "upstream"]);
    let (missed, event) = missing(&"c".parse().unwrap(), at(5));
    let mut alert = Alert::new(missed.kind, at_once());
    assert_eq!(alert.take(&event, HOUR), ["opened"]);
    assert_eq!(alert.take(&event, HOUR), Vec::<&str>::new(), "the same slot once");
    assert_eq!(alert.take(&error(6), 2 * HOUR), ["resolved"], "it ran");
    assert_eq!(missed.to_string(), "c/missing");
}
