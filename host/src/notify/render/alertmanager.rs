//! A message for Prometheus Alertmanager: one alert each, with its own labels; grouping is Alertmanager's.
//!
//! Alertmanager ends an alert at its `endsAt`. One that fires gets one that is far enough ahead (the receiver's `hold`)
//! and is moved on whenever it is told again; one that is over gets the time at which it was.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::view::{NoticeView, View};
use super::{Told, document, words};
use crate::notify::message::{Content, Notice};
use crate::notify::receiver::Alertmanager;

/// How long an alert stands that is none: of a digest or a test.
const PASSING: SignedDuration = SignedDuration::from_mins(5);

pub(super) fn body(told: &Told<'_>, settings: &Alertmanager) -> String {
    let Told { message, view, texts } = told;
    let alerts = match &message.content {
        // All of them: what is not told would neither stand nor end.
        Content::Alerts(group) => {
            let told =
                group.notices.iter().map(|notice| (notice, NoticeView::of(notice, message.at, view.link.as_deref())));
            told.flat_map(|(notice, shown)| alerts(notice, &shown, view, message.at, settings)).collect()
        }
        Content::Digest(_) => vec![passing("AssayDigest", &texts.title, view, message.at, settings)],
        Content::Test { .. } => vec![passing("AssayTest", &texts.title, view, message.at, settings)],
    };
    Value::Array(alerts).to_string()
}

/// The alert, and the end of what was told of it at another severity: to Alertmanager that is another alert.
fn alerts(notice: &Notice, shown: &NoticeView, view: &View, at: Timestamp, settings: &Alertmanager) -> Vec<Value> {
    let alert = &notice.alert;
    let hold = SignedDuration::try_from(settings.hold).unwrap_or(SignedDuration::MAX);
    let began = alert.opened_at;
    let ends = if notice.kind.is_end() { alert.ended_at.unwrap_or(at) } else { later(at, hold) };
    let mut made = vec![of(&labels(shown, settings), shown, view, began, ends)];
    if let Some(before) = notice.told.filter(|before| *before != alert.severity) {
        let mut labels = labels(shown, settings);
        labels.insert("severity".to_owned(), before.to_string());
        made.push(of(&labels, shown, view, began, at));
    }
    made
}

fn of(labels: &BTreeMap<String, String>, shown: &NoticeView, view: &View, began: Timestamp, ends: Timestamp) -> Value {
    json!({
        "labels": labels,
        "annotations": document::annotations(shown),
        "startsAt": words::rfc3339(began),
        // Alertmanager refuses what ends before it begins.
        "endsAt": words::rfc3339(ends.max(began)),
        "generatorURL": shown.run_link.as_deref().or(view.link.as_deref()).unwrap_or_default(),
    })
}

fn labels(shown: &NoticeView, settings: &Alertmanager) -> BTreeMap<String, String> {
    let own = document::labels(shown).into_iter().map(|(name, value)| (name.to_owned(), value));
    settings.labels.iter().cloned().chain(own).collect()
}

fn passing(name: &str, title: &str, view: &View, at: Timestamp, settings: &Alertmanager) -> Value {
    let own = [("alertname", name), ("severity", "info"), ("receiver", view.receiver.as_str())];
    let own = own.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned()));
    let labels: BTreeMap<_, _> = settings.labels.iter().cloned().chain(own).collect();
    json!({
        "labels": labels,
        "annotations": { "summary": title },
        "startsAt": words::rfc3339(at),
        "endsAt": words::rfc3339(later(at, PASSING)),
        "generatorURL": view.link.as_deref().unwrap_or_default(),
    })
}

fn later(at: Timestamp, by: SignedDuration) -> Timestamp {
    at.saturating_add(by).unwrap_or(Timestamp::MAX)
}
