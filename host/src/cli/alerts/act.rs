//! `assay alerts ack`, `resolve` and `feedback`.

use std::process::ExitCode;

use jiff::tz::TimeZone;

use super::super::exit::Exit;
use super::super::failure::Failure;
use super::super::instant;
use super::super::render;
use super::Desk;
use crate::alert::Event;
use crate::model::{Feedback, FeedbackVerdict, unique_id};
use crate::runner::At;
use crate::store::StandingAlert;

/// Somebody looks after an alert.
pub(super) async fn ack(
    desk: &Desk,
    text: &str,
    until: Option<At>,
    sticky: bool,
    by: String,
) -> Result<ExitCode, Failure> {
    let alert = open(desk, text).await?;
    let until = until.map(|at| instant::until(at, &TimeZone::system(), desk.clock.now())).transpose()?;
    happen(desk, &alert, Event::Ack { by: by.clone(), until, sticky }).await?;
    let until = until.map_or_else(|| "it is over".to_owned(), |until| until.to_string());
    render::out(&format!("{by} looks after `{}` until {until}", alert.key))?;
    Ok(Exit::Ok.code())
}

/// Somebody says that an alert is over.
pub(super) async fn resolve(desk: &Desk, text: &str, reason: String, by: String) -> Result<ExitCode, Failure> {
    let alert = open(desk, text).await?;
    happen(desk, &alert, Event::Resolve { by, reason }).await?;
    render::out(&format!("`{}` is over; it opens again when its check still complains", alert.key))?;
    Ok(Exit::Ok.code())
}

/// Somebody says what an alert was.
pub(super) async fn feedback(
    desk: &Desk,
    text: &str,
    verdict: FeedbackVerdict,
    reason: Option<String>,
    by: String,
) -> Result<ExitCode, Failure> {
    let alert = desk.find(text).await?;
    let Some(incident) = alert.state.id else {
        let error = anyhow::anyhow!("`{}` never fired", alert.key);
        return Err(Failure::usage(error, "nobody was told of it, so that nothing can be said of that"));
    };
    let at = desk.clock.now();
    let feedback = Feedback {
        id: unique_id(at),
        alert: Some(incident),
        result: None,
        check: alert.key.check.clone(),
        verdict,
        at,
        by,
        reason,
    };
    desk.store.give_feedback(feedback).await?;
    render::out(&format!("`{}` was {verdict}", alert.key))?;
    Ok(Exit::Ok.code())
}

async fn open(desk: &Desk, text: &str) -> Result<StandingAlert, Failure> {
    let alert = desk.find(text).await?;
    if !alert.state.phase.is_open() {
        let error = anyhow::anyhow!("`{}` is {}, not open", alert.key, alert.state.phase);
        return Err(Failure::usage(error, "`assay alerts` lists those that are"));
    }
    Ok(alert)
}

async fn happen(desk: &Desk, alert: &StandingAlert, event: Event) -> Result<(), Failure> {
    let context = desk.context(alert);
    Ok(desk.store.happen(vec![(alert.key.clone(), event, context)], desk.clock.now()).await?)
}
