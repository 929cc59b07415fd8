//! A message as a document for programs: in the shape of Alertmanager's webhook (version 4), which many understand, with
//! what assay knows beside that under `assay`.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::view::{NoticeView, View};
use super::{Form, Told, markup, words};
use crate::notify::inert::inert;
use crate::notify::message::{Content, Group, Notice, Turn};

/// The longest text for people, in characters.
const TEXT_CHARS_MAX: usize = 20_000;
/// Alerts that are told of in full.
const ALERTS_MAX: usize = 100;
/// The longest label, in characters.
const LABEL_CHARS_MAX: usize = 200;
/// How many seconds there are before the first: what Go's programs take for no time.
const NO_TIME: &str = "0001-01-01T00:00:00Z";

/// The document.
pub(super) fn of(told: &Told<'_>) -> Value {
    let Told { message, view, texts } = told;
    let listed = listed(told);
    let alerts: Vec<_> = listed.iter().map(|(notice, shown)| alert(notice, shown, view)).collect();
    let grouped = match &message.content {
        Content::Alerts(group) => grouped(group),
        Content::Digest(_) | Content::Test { .. } => Map::new(),
    };
    let count = view.alerts.as_ref().map_or(0, |alerts| alerts.count);
    let truncated = count.saturating_sub(listed.len() as u64);
    json!({
        "version": "4",
        "groupKey": inert(message.dedup_key(), LABEL_CHARS_MAX),
        "status": status(message.turn()),
        "receiver": view.receiver,
        "groupLabels": grouped,
        "commonLabels": common(&listed),
        "commonAnnotations": {
            "summary": texts.title,
            "description": markup::cut_lines(&told.text(Form::Text), TEXT_CHARS_MAX),
        },
        "externalURL": view.link.as_deref().unwrap_or_default(),
        "alerts": alerts,
        "truncatedAlerts": truncated,
        "assay": {
            "delivery_id": view.id,
            "at": words::rfc3339(message.at),
            "turn": message.turn().as_str(),
            "open": view.alerts.as_ref().map(|alerts| alerts.open),
            "suppressed": view.alerts.as_ref().map(|alerts| alerts.suppressed),
            "digest": view.digest,
            "test": view.test,
            "note": texts.note,
        },
    })
}

/// The alerts that are told of in full.
fn listed<'a>(told: &Told<'a>) -> Vec<(&'a Notice, NoticeView)> {
    let Told { message, view, texts: _ } = told;
    let Content::Alerts(group) = &message.content else { return Vec::new() };
    let link = view.link.as_deref();
    group.notices.iter().take(ALERTS_MAX).map(|notice| (notice, NoticeView::of(notice, message.at, link))).collect()
}

fn status(turn: Turn) -> &'static str {
    match turn {
        Turn::Ends => "resolved",
        Turn::Goes | Turn::Alone => "firing",
    }
}

fn alert(notice: &Notice, shown: &NoticeView, view: &View) -> Value {
    let alert = &notice.alert;
    let ends = alert.ended_at.map_or(NO_TIME.to_owned(), words::rfc3339);
    json!({
        "status": if shown.over { "resolved" } else { "firing" },
        "labels": labels(shown),
        "annotations": annotations(shown),
        "startsAt": words::rfc3339(alert.opened_at),
        "endsAt": ends,
        "generatorURL": shown.run_link.as_deref().or(view.link.as_deref()).unwrap_or_default(),
        "fingerprint": shown.fingerprint.chars().take(16).collect::<String>(),
        "assay": shown,
    })
}

/// The labels of an alert, as Alertmanager names them.
pub(super) fn labels(shown: &NoticeView) -> BTreeMap<&'static str, String> {
    let short = |text: &str| inert(text, LABEL_CHARS_MAX);
    // Between commas, so that each can be matched: `.*,nba,.*`.
    let listed = |all: &[String]| (!all.is_empty()).then(|| format!(",{},", all.join(",")));
    let all = [
        ("alertname", Some(shown.check.clone())),
        ("kind", Some(shown.kind.to_owned())),
        ("severity", Some(shown.severity.to_owned())),
        ("owner", shown.owner.as_deref().map(short)),
        ("segment", shown.segment.as_deref().map(short)),
        ("schedule", shown.schedule.as_deref().map(short)),
        ("tags", listed(&shown.tags).as_deref().map(short)),
        ("sources", listed(&shown.sources).as_deref().map(short)),
    ];
    // An empty label is none.
    all.into_iter().filter_map(|(name, value)| Some((name, value.filter(|value| !value.is_empty())?))).collect()
}

/// What is said of an alert, as Alertmanager names it.
pub(super) fn annotations(shown: &NoticeView) -> BTreeMap<&'static str, String> {
    let all = [
        ("summary", Some(shown.summary.clone())),
        ("description", Some(description(shown))),
        ("silence", Some(shown.silence.clone())),
        ("acknowledge", Some(shown.ack.clone())),
        ("run", shown.run_id.clone()),
        ("runbook", shown.runbook.clone()),
        ("runbook_url", shown.runbook_link.clone()),
        ("dates", (!shown.dates.is_empty()).then(|| shown.dates.join(", "))),
        ("incident", Some(shown.id.clone())),
    ];
    all.into_iter().filter_map(|(name, value)| Some((name, value.filter(|value| !value.is_empty())?))).collect()
}

/// What was found, one finding a line.
pub(super) fn description(shown: &NoticeView) -> String {
    let mut lines = vec![format!("{}, since {} ({})", shown.said, shown.since, shown.lasted)];
    lines.extend(shown.findings.iter().map(|finding| {
        let measured = match (&finding.observed, &finding.expected) {
            (Some(observed), Some(expected)) => format!(": observed {observed}, expected {expected}"),
            (Some(observed), None) => format!(": observed {observed}"),
            (None, Some(expected)) => format!(": expected {expected}"),
            (None, None) => String::new(),
        };
        let about = finding.subject.as_deref().map(|subject| format!(" ({subject})")).unwrap_or_default();
        let todo = finding.remediation.as_deref().map(|todo| format!("; to do: {todo}")).unwrap_or_default();
        format!("{}: {}{about}{measured}{todo}", finding.severity, finding.message)
    }));
    if shown.findings_omitted > 0 {
        lines.push(format!("and {} findings more", shown.findings_omitted));
    }
    lines.join("\n")
}

fn grouped(group: &Group) -> Map<String, Value> {
    let short = |text: &str| inert(text, LABEL_CHARS_MAX);
    group.labels.iter().map(|(name, value)| (short(name), short(value).into())).collect()
}

fn common(listed: &[(&Notice, NoticeView)]) -> BTreeMap<&'static str, String> {
    let mut all = listed.iter().map(|(_, shown)| labels(shown));
    let mut common = all.next().unwrap_or_default();
    for labels in all {
        common.retain(|name, value| labels.get(name) == Some(value));
    }
    common
}
