//! `assay alerts ls` and `assay alerts show`.

use std::process::ExitCode;

use comfy_table::Cell;
use jiff::SignedDuration;

use super::super::args::PlainFormat;
use super::super::exit::Exit;
use super::super::failure::Failure;
use super::super::render;
use super::super::render::table::{heading, inert, plain, status_cell};
use super::Desk;
use super::args::ListArgs;
use super::view::{AlertView, ChangeView, FeedbackView, NotificationView, is_shown};
use crate::alert::{Matcher, all_match};
use crate::model::Severity;
use crate::store::StandingAlert;

/// The matchers that somebody wrote.
pub(super) fn matchers(texts: &[String]) -> Result<Vec<Matcher>, Failure> {
    texts
        .iter()
        .map(|text| {
            text.parse().map_err(|error| {
                Failure::usage(
                    anyhow::Error::new(error),
                    "for example `severity>=high`, `check~\"players/*\"` or `tag=nba`",
                )
            })
        })
        .collect()
}

/// Prints alerts, the worst first.
pub(super) async fn list(desk: &Desk, args: &ListArgs) -> Result<ExitCode, Failure> {
    let matchers = matchers(&args.matchers)?;
    let severity = |alert: &StandingAlert| alert.state.severity.or(alert.state.last_severity);
    let mut alerts = desk.store.alerts().await?;
    alerts.retain(|alert| {
        let labels = alert.subject.labels(&alert.key, severity(alert).unwrap_or(Severity::Low), alert.by_host);
        (args.all || is_shown(alert)) && all_match(&matchers, &labels)
    });
    alerts
        .sort_by_key(|alert| (!alert.state.phase.is_open(), std::cmp::Reverse(severity(alert)), alert.state.opened_at));
    let views: Vec<_> = alerts.iter().map(AlertView::of).collect();
    match args.format {
        PlainFormat::Json => render::json(&serde_json::json!({ "alerts": views }))?,
        PlainFormat::Table if views.is_empty() => render::out("no alerts")?,
        PlainFormat::Table => {
            let now = desk.clock.now();
            let mut table = plain();
            table.set_header(heading(["STATE", "ALERT", "SEVERITY", "SINCE", "BAD", "OWNER", "ID"]));
            for (alert, view) in alerts.iter().zip(&views) {
                let since = alert.state.opened_at.filter(|_| alert.state.phase.is_open());
                let acked = view.acked_by.as_deref().map(|by| format!(" by {}", inert(by))).unwrap_or_default();
                table.add_row(vec![
                    status_cell(view.state),
                    Cell::new(format!("{}{acked}", inert(&view.alert))),
                    Cell::new(view.severity.unwrap_or("–")),
                    Cell::new(since.map_or_else(|| "–".to_owned(), |since| ago(now.duration_since(since)))),
                    Cell::new(view.occurrences),
                    Cell::new(view.owner.as_deref().map_or_else(|| "–".to_owned(), inert)),
                    Cell::new(view.alert_id.as_deref().unwrap_or("–")),
                ]);
            }
            render::out(&table.to_string())?;
        }
    }
    Ok(Exit::Ok.code())
}

/// Prints one alert with its history.
pub(super) async fn show(desk: &Desk, text: &str, format: PlainFormat) -> Result<ExitCode, Failure> {
    let alert = desk.find(text).await?;
    let view = AlertView::of(&alert);
    let changes: Vec<_> =
        desk.store.alert_changes(view.fingerprint.clone()).await?.iter().map(ChangeView::of).collect();
    let (notifications, feedback) = match alert.state.id {
        Some(id) => (desk.store.notifications(id).await?, desk.store.feedback(id).await?),
        None => (Vec::new(), Vec::new()),
    };
    let notifications: Vec<_> = notifications.iter().map(NotificationView::of).collect();
    let feedback: Vec<_> = feedback.iter().map(FeedbackView::of).collect();
    if format == PlainFormat::Json {
        render::json(&serde_json::json!({
            "alert": view, "changes": changes, "notifications": notifications, "feedback": feedback,
        }))?;
        return Ok(Exit::Ok.code());
    }
    render::out(&format!("{} · {} · {}", inert(&view.alert), view.state, view.severity.unwrap_or("no severity")))?;
    let since = [
        ("id", view.alert_id.clone()),
        ("fingerprint", Some(view.fingerprint.clone())),
        ("owner", view.owner.clone()),
        ("since", view.opened_at.clone()),
        ("until", view.ended_at.clone()),
        ("last good", view.last_good.clone()),
        ("bad results", Some(view.occurrences.to_string())),
        ("incidents", Some(view.incidents.to_string())),
        ("acknowledged by", view.acked_by.clone()),
        ("run", view.run_id.clone()),
    ];
    for (name, value) in since.iter().filter_map(|(name, value)| Some((name, value.as_ref()?))) {
        render::out(&format!("  {name:<16} {}", inert(value)))?;
    }
    // Times are all of one width, so that their order is that of their texts.
    let mut history = Vec::new();
    for change in &changes {
        let detail = change.detail.as_deref().map(inert).unwrap_or_default();
        history.push((&change.at, change.change.clone(), detail));
    }
    for told in &notifications {
        let by = told.suppressed_by.as_deref().map(|by| format!(" by {}", inert(by))).unwrap_or_default();
        history.push((&told.at, format!("{} {}", told.kind, told.status), format!("{}{by}", inert(&told.receiver))));
    }
    for said in feedback.iter().rev() {
        let reason = said.reason.as_deref().map(|reason| format!(": {}", inert(reason))).unwrap_or_default();
        history.push((&said.at, said.verdict.to_owned(), format!("{}{reason}", inert(&said.by))));
    }
    history.sort_by_key(|(at, ..)| *at);
    let mut table = plain();
    table.set_header(heading(["AT", "WHAT", ""]));
    for (at, what, detail) in history {
        table.add_row(vec![Cell::new(at), Cell::new(what), Cell::new(detail)]);
    }
    render::out(&format!("\n{table}"))?;
    if let Some(run) = &view.run_id {
        render::out(&format!("\n`assay results --run {run}` shows what was found"))?;
    }
    Ok(Exit::Ok.code())
}

fn ago(time: SignedDuration) -> String {
    match time.as_mins() {
        minutes @ ..120 => format!("{minutes} min"),
        minutes @ 120..2_880 => format!("{} h", minutes / 60),
        minutes => format!("{} d", minutes / 1_440),
    }
}
