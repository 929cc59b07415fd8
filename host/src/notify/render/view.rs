//! A message as templates and programs see it: texts are inert and bounded.

use std::collections::BTreeSet;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Serialize;

use super::digest::DigestView;
use super::finding::FindingView;
use super::words;
use crate::model::Severity;
use crate::notify::inert::inert;
use crate::notify::message::{Alert, Content, Group, Message, Notice};

/// Alerts that are told of in full.
pub(super) const NOTICES_MAX: usize = 20;
/// Findings that are shown of one alert.
const FINDINGS_MAX: usize = 5;
/// Dates that are shown of one alert.
const DATES_MAX: usize = 14;
/// The longest sentence, in characters.
const SENTENCE_CHARS_MAX: usize = 600;
/// The longest name, in characters.
const NAME_CHARS_MAX: usize = 200;
/// The longest address, in characters.
const LINK_CHARS_MAX: usize = 1_000;

#[derive(Debug, Serialize)]
pub(super) struct View {
    pub(super) id: String,
    pub(super) receiver: String,
    pub(super) at: String,
    pub(super) link: Option<String>,
    pub(super) alerts: Option<GroupView>,
    pub(super) digest: Option<DigestView>,
    pub(super) test: Option<TestView>,
}

#[derive(Debug, Serialize)]
pub(super) struct TestView {
    pub(super) by: Option<String>,
}

#[derive(Debug, Serialize)]
pub(super) struct GroupView {
    /// Whether all is well again.
    pub(super) over: bool,
    pub(super) severity: &'static str,
    pub(super) labels: Vec<LabelView>,
    pub(super) notices: Vec<NoticeView>,
    /// How many notices there are.
    pub(super) count: u64,
    /// How many of them are not listed.
    pub(super) omitted: u64,
    pub(super) open: u64,
    pub(super) suppressed: u64,
}

#[derive(Debug, Serialize)]
pub(super) struct LabelView {
    pub(super) name: String,
    pub(super) value: String,
}

#[derive(Debug, Serialize)]
pub(super) struct NoticeView {
    pub(super) id: String,
    pub(super) fingerprint: String,
    pub(super) why: &'static str,
    pub(super) notice: &'static str,
    pub(super) over: bool,
    /// The check, with the part of the data.
    pub(super) name: String,
    pub(super) check: String,
    pub(super) kind: &'static str,
    pub(super) said: &'static str,
    pub(super) segment: Option<String>,
    pub(super) severity: &'static str,
    pub(super) phase: &'static str,
    pub(super) owner: Option<String>,
    pub(super) tags: Vec<String>,
    pub(super) sources: Vec<String>,
    pub(super) schedule: Option<String>,
    pub(super) summary: String,
    pub(super) plugin: String,
    pub(super) since: String,
    pub(super) ended: Option<String>,
    pub(super) lasted: String,
    pub(super) occurrences: u64,
    pub(super) reopened: u64,
    pub(super) incidents_before: u64,
    pub(super) last_good: Option<String>,
    pub(super) run_id: Option<String>,
    pub(super) run_link: Option<String>,
    pub(super) target_date: Option<String>,
    pub(super) findings: Vec<FindingView>,
    pub(super) findings_total: u64,
    pub(super) findings_omitted: u64,
    /// The days that findings are about: those to look at, or to fill again.
    pub(super) dates: Vec<String>,
    pub(super) acked_by: Option<String>,
    pub(super) acked_until: Option<String>,
    pub(super) runbook: Option<String>,
    /// The runbook, where it is an address.
    pub(super) runbook_link: Option<String>,
    pub(super) silence: String,
    pub(super) ack: String,
}

impl View {
    pub(super) fn of(message: &Message) -> Self {
        let Message { delivery_id, receiver, at, link, content } = message;
        let link = link.as_deref().and_then(|link| address(link.trim_end_matches('/')));
        let (mut alerts, mut digest, mut test) = (None, None, None);
        match content {
            Content::Alerts(group) => alerts = Some(GroupView::of(group, *at, link.as_deref())),
            Content::Digest(content) => digest = Some(DigestView::of(content, link.as_deref())),
            Content::Test { by } => test = Some(TestView { by: by.as_deref().map(|by| inert(by, NAME_CHARS_MAX)) }),
        }
        Self {
            id: inert(delivery_id, NAME_CHARS_MAX),
            receiver: inert(receiver, NAME_CHARS_MAX),
            at: words::time(*at, &TimeZone::UTC),
            link,
            alerts,
            digest,
            test,
        }
    }
}

impl GroupView {
    fn of(group: &Group, at: Timestamp, link: Option<&str>) -> Self {
        let Group { dedup_key: _, labels, notices, omitted, open, suppressed } = group;
        let listed: Vec<_> = notices.iter().take(NOTICES_MAX).map(|notice| NoticeView::of(notice, at, link)).collect();
        let omitted = omitted.saturating_add(notices.len().saturating_sub(listed.len()) as u64);
        let label = |(name, value): &(String, String)| LabelView {
            name: inert(name, NAME_CHARS_MAX),
            value: inert(value, NAME_CHARS_MAX),
        };
        Self {
            over: *open == 0,
            severity: worst(notices).as_str(),
            labels: labels.iter().map(label).collect(),
            count: omitted.saturating_add(listed.len() as u64),
            notices: listed,
            omitted,
            open: *open,
            suppressed: *suppressed,
        }
    }
}

/// The worst of what is open, or of what was if nothing is.
pub(super) fn worst(notices: &[Notice]) -> Severity {
    let open = notices.iter().filter(|notice| !notice.kind.is_end()).map(|notice| notice.alert.severity).max();
    let any = notices.iter().map(|notice| notice.alert.severity).max();
    open.or(any).unwrap_or(Severity::Low)
}

impl NoticeView {
    pub(super) fn of(notice: &Notice, at: Timestamp, link: Option<&str>) -> Self {
        let Notice { kind, alert, told: _ } = notice;
        let time = |at: Timestamp| words::time(at, &TimeZone::UTC);
        let name_of = |text: &String| inert(text, NAME_CHARS_MAX);
        let findings: Vec<_> = alert.findings.iter().take(FINDINGS_MAX).map(FindingView::of).collect();
        let run_id = alert.run_id.as_ref().map(name_of);
        let labels = &alert.labels;
        Self {
            id: alert.id.to_string(),
            fingerprint: inert(&alert.fingerprint, NAME_CHARS_MAX),
            why: words::why(*kind),
            notice: kind.as_str(),
            over: kind.is_end(),
            name: name(alert),
            check: labels.check.to_string(),
            kind: labels.kind.as_str(),
            said: words::said(labels.kind),
            segment: labels.segment.as_ref().map(name_of),
            severity: alert.severity.as_str(),
            phase: alert.phase.as_str(),
            owner: labels.owner.as_ref().map(name_of),
            tags: labels.tags.iter().map(name_of).collect(),
            sources: labels.sources.iter().map(name_of).collect(),
            schedule: labels.schedule.as_ref().map(name_of),
            summary: inert(&alert.summary, SENTENCE_CHARS_MAX),
            plugin: inert(&alert.plugin, NAME_CHARS_MAX),
            since: time(alert.opened_at),
            ended: alert.ended_at.map(time),
            lasted: words::lasted(alert.opened_at, alert.ended_at.unwrap_or(at)),
            occurrences: alert.occurrences,
            reopened: alert.reopened,
            incidents_before: alert.incidents_before,
            last_good: alert.last_good.map(time),
            run_link: run_link(link, alert.run_id.as_deref()),
            run_id,
            target_date: alert.target_date.map(|date| date.to_string()),
            findings_omitted: alert.findings_total.saturating_sub(findings.len() as u64),
            findings_total: alert.findings_total,
            findings,
            dates: dates(alert),
            acked_by: alert.acked.as_ref().map(|(by, _)| name_of(by)),
            acked_until: alert.acked.as_ref().and_then(|(_, until)| until.map(time)),
            runbook: alert.runbook.as_deref().map(|runbook| inert(runbook, LINK_CHARS_MAX)),
            runbook_link: alert.runbook.as_deref().and_then(address),
            // For a shell: nothing in it comes from data.
            silence: format!("assay alerts silence {} --for 4h -m WHY", alert.id),
            ack: format!("assay alerts ack {}", alert.id),
        }
    }
}

/// The check, with the part of the data.
pub(super) fn name(alert: &Alert) -> String {
    match &alert.labels.segment {
        Some(segment) => format!("{} [{}]", alert.labels.check, inert(segment, NAME_CHARS_MAX)),
        None => alert.labels.check.to_string(),
    }
}

/// Where a run is shown.
pub(super) fn run_link(link: Option<&str>, run: Option<&str>) -> Option<String> {
    let (link, run) = (link?, run?);
    let is_id = !run.is_empty() && run.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    is_id.then(|| format!("{link}/v1/runs/{run}"))
}

fn dates(alert: &Alert) -> Vec<String> {
    let named = alert.findings.iter().filter_map(|finding| finding.draft.subject.date.as_deref());
    // What is no date is not one to fill again.
    let all: BTreeSet<jiff::civil::Date> = named.filter_map(|date| date.parse().ok()).collect();
    all.into_iter().take(DATES_MAX).map(|date| date.to_string()).collect()
}

/// The address, if it is one that can be shown as a link: nothing in it has a meaning in markup.
fn address(text: &str) -> Option<String> {
    let url = reqwest::Url::parse(text.trim()).ok()?;
    let plain = |c: char| {
        c.is_ascii_graphic() && !matches!(c, '<' | '>' | '"' | '\'' | '`' | '|' | '\\' | '(' | ')' | '[' | ']')
    };
    let text = url.as_str();
    let fits = text.len() <= LINK_CHARS_MAX && text.chars().all(plain);
    let shown = matches!(url.scheme(), "http" | "https") && url.host_str().is_some() && url.username().is_empty();
    (fits && shown).then(|| text.trim_end_matches('/').to_owned())
}
