//! A message as an event for PagerDuty, without the integration's key.

use serde_json::{Value, json};

use super::view::{GroupView, NoticeView};
use super::{Form, Told, document, markup, words};
use crate::model::Severity;
use crate::model::{NoticeKind, Phase};
use crate::notify::inert::inert;
use crate::notify::message::{Content, Group, Turn};

/// The longest summary that PagerDuty takes, in characters.
const SUMMARY_CHARS_MAX: usize = 1_024;
/// The longest identity that PagerDuty takes, in characters.
const KEY_CHARS_MAX: usize = 255;
/// The longest text for people, in characters: an event has 512 KB at most.
const TEXT_CHARS_MAX: usize = 20_000;
/// Alerts that are told of in full.
const ALERTS_MAX: usize = 10;

pub(super) fn body(told: &Told<'_>, source: &str) -> String {
    let Told { message, view, texts } = told;
    let summary = inert(&texts.title, SUMMARY_CHARS_MAX);
    let (Content::Alerts(group), Some(shown)) = (&message.content, &view.alerts) else {
        return informing(told, source, &summary);
    };
    let action = action(group, message.turn());
    let first = group.notices.first();
    let mut event = json!({
        "event_action": action,
        "dedup_key": inert(&group.dedup_key, KEY_CHARS_MAX),
        "client": "assay",
        "payload": {
            "summary": summary,
            "source": source,
            "severity": severity(super::view::worst(&group.notices)),
            "timestamp": words::rfc3339(first.map_or(message.at, |notice| notice.alert.opened_at)),
            "component": shown.notices.first().map(|notice| notice.name.as_str()),
            "group": shown.labels.iter().map(|label| label.value.as_str()).collect::<Vec<_>>().join(", "),
            "class": shown.notices.first().map(|notice| notice.kind),
            "custom_details": {
                "description": markup::cut_lines(&told.text(Form::Text), TEXT_CHARS_MAX),
                "alerts": shown.notices.iter().take(ALERTS_MAX).map(details).collect::<Vec<_>>(),
                "count": shown.count,
                "open": shown.open,
                "suppressed": shown.suppressed,
                "delivery_id": view.id,
            },
        },
        "links": links(shown),
    });
    if let Some(link) = &view.link {
        event.as_object_mut().map(|event| event.insert("client_url".to_owned(), link.as_str().into()));
    }
    event.to_string()
}

fn action(group: &Group, turn: Turn) -> &'static str {
    let mut open = group.notices.iter().filter(|notice| !notice.kind.is_end()).peekable();
    let all_acked = open.peek().is_some()
        && open.all(|notice| notice.kind == NoticeKind::Ack && notice.alert.phase == Phase::Acked);
    match turn {
        Turn::Ends => "resolve",
        // Only if there are no others, which nobody looks after.
        Turn::Goes | Turn::Alone if all_acked && group.notices.len() as u64 >= group.open => "acknowledge",
        Turn::Goes | Turn::Alone => "trigger",
    }
}

/// PagerDuty's word for it.
fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "critical",
        Severity::High => "error",
        Severity::Medium => "warning",
        Severity::Low => "info",
    }
}

fn details(shown: &NoticeView) -> Value {
    json!({
        "check": shown.name,
        "kind": shown.kind,
        "severity": shown.severity,
        "owner": shown.owner,
        "summary": shown.summary,
        "since": shown.since,
        "occurrences": shown.occurrences,
        "incidents_before": shown.incidents_before,
        "last_good": shown.last_good,
        "found": document::description(shown),
        "samples": shown.findings.iter().flat_map(|finding| &finding.samples).take(5).collect::<Vec<_>>(),
        "dates": shown.dates,
        "run": shown.run_id,
        "runbook": shown.runbook,
        "silence": shown.silence,
        "acknowledge": shown.ack,
    })
}

fn links(shown: &GroupView) -> Vec<Value> {
    let all = shown.notices.iter().take(ALERTS_MAX).flat_map(|notice| {
        let run = notice.run_link.as_ref().map(|href| (href, format!("the run of {}", notice.name)));
        let runbook = notice.runbook_link.as_ref().map(|href| (href, format!("what to do about {}", notice.name)));
        run.into_iter().chain(runbook)
    });
    all.map(|(href, text)| json!({ "href": href, "text": text })).collect()
}

/// A change event: it is shown, and nobody is called.
fn informing(told: &Told<'_>, source: &str, summary: &str) -> String {
    let Told { message, view, texts: _ } = told;
    let mut event = json!({
        "payload": {
            "summary": summary,
            "source": source,
            "timestamp": words::rfc3339(message.at),
            "custom_details": {
                "description": markup::cut_lines(&told.text(Form::Text), TEXT_CHARS_MAX),
                "delivery_id": view.id,
            },
        },
    });
    if let Some(href) = &view.link {
        event["links"] = json!([{ "href": href, "text": "assay" }]);
    }
    event.to_string()
}
