//! `assay alerts silence`, `silences` and `unsilence`.

use std::process::ExitCode;

use comfy_table::Cell;
use jiff::tz::TimeZone;
use serde::Serialize;

use super::super::args::PlainFormat;
use super::super::exit::Exit;
use super::super::failure::Failure;
use super::super::render;
use super::super::render::table::{heading, inert, plain};
use super::args::SilenceArgs;
use super::list::matchers;
use super::{Desk, begins, instant};
use crate::alert::{Field, Matcher, Op, Silence, all_match};
use crate::model::{AlertKey, Severity, unique_id};
use crate::store::StoredSilence;

/// A silence as it is printed.
#[derive(Serialize)]
struct SilenceView {
    silence_id: String,
    matchers: Vec<String>,
    starts_at: String,
    ends_at: String,
    active: bool,
    created_by: String,
    comment: String,
}

/// Nobody is told of some alerts for a time.
pub(super) async fn silence(desk: &Desk, args: SilenceArgs) -> Result<ExitCode, Failure> {
    let now = desk.clock.now();
    let matchers = which(desk, &args.matchers).await?;
    let from = args.from.map(instant).transpose()?.unwrap_or(now);
    let until = match (args.until, args.length) {
        (Some(until), _) => instant(until)?,
        (None, Some(length)) => from
            .to_zoned_datetime(TimeZone::system())
            .checked_add(length)
            .map_err(|error| Failure::usage(error, "for example `2h`, `3d` or `1w`"))?
            .timestamp(),
        (None, None) => from,
    };
    if until <= from || until <= now {
        let error = anyhow::anyhow!("a silence until {until} would be over before it begins");
        return Err(Failure::usage(error, "name a time to come, for example `--for 2h`"));
    }
    let id = unique_id(now);
    let alerts = desk.store.alerts().await?;
    let labels = |alert: &crate::store::StandingAlert| {
        alert.subject.labels(&alert.key, alert.state.severity.unwrap_or(Severity::Low), alert.by_host)
    };
    let open = alerts.iter().filter(|alert| alert.state.phase.is_open());
    let now_silent = open.filter(|alert| all_match(&matchers, &labels(alert))).count();
    let silence = Silence { id: id.clone(), matchers, from, until };
    let stored = StoredSilence { silence, by: args.by.by, comment: args.reason, created_at: now };
    desk.store.silence(stored).await?;
    render::out(&format!(
        "silence {id} until {until}: {now_silent} open alerts; what fires still is told when it is over"
    ))?;
    Ok(Exit::Ok.code())
}

/// The alerts that somebody means: by matchers, or one of them as for `show`.
async fn which(desk: &Desk, texts: &[String]) -> Result<Vec<Matcher>, Failure> {
    match texts {
        [alert] if !alert.contains(['=', '~']) => {
            let AlertKey { check, kind, segment } = desk.find(alert).await?.key;
            let is = |field, value: &str| Matcher::new(field, Op::Is, value);
            let segment = segment.as_deref().map(|segment| is(Field::Segment, segment));
            let all = [is(Field::Check, check.as_str()), is(Field::Kind, kind.as_str())].into_iter().chain(segment);
            all.collect::<Result<_, _>>().map_err(|error| Failure::host(error, "please report it"))
        }
        texts => matchers(texts),
    }
}

/// Prints silences.
pub(super) async fn silences(desk: &Desk, all: bool, format: PlainFormat) -> Result<ExitCode, Failure> {
    let now = desk.clock.now();
    let mut stored = desk.store.silences().await?;
    stored.retain(|stored| all || stored.silence.until > now);
    let view = |stored: &StoredSilence| SilenceView {
        silence_id: stored.silence.id.clone(),
        matchers: stored.silence.matchers.iter().map(ToString::to_string).collect(),
        starts_at: stored.silence.from.to_string(),
        ends_at: stored.silence.until.to_string(),
        active: stored.silence.from <= now && now < stored.silence.until,
        created_by: stored.by.clone(),
        comment: stored.comment.clone(),
    };
    let views: Vec<_> = stored.iter().map(view).collect();
    match format {
        PlainFormat::Json => render::json(&serde_json::json!({ "silences": views }))?,
        PlainFormat::Table if views.is_empty() => render::out("no silences")?,
        PlainFormat::Table => {
            let mut table = plain();
            table.set_header(heading(["SILENCE", "WHICH", "FROM", "UNTIL", "BY", "WHY"]));
            for view in &views {
                table.add_row(vec![
                    Cell::new(&view.silence_id),
                    Cell::new(inert(&view.matchers.join(", "))),
                    Cell::new(&view.starts_at),
                    Cell::new(&view.ends_at),
                    Cell::new(inert(&view.created_by)),
                    Cell::new(inert(&view.comment)),
                ]);
            }
            render::out(&table.to_string())?;
        }
    }
    Ok(Exit::Ok.code())
}

/// Ends a silence now.
pub(super) async fn unsilence(desk: &Desk, text: &str) -> Result<ExitCode, Failure> {
    let now = desk.clock.now();
    let is_meant = |stored: &StoredSilence| {
        let id = &stored.silence.id;
        id == text || begins(id, text)
    };
    let mut meant: Vec<_> = desk.store.silences().await?.into_iter().filter(is_meant).collect();
    let (Some(mut stored), true) = (meant.pop(), meant.is_empty()) else {
        let error = anyhow::anyhow!("there is not one silence `{text}`");
        return Err(Failure::usage(error, "`assay alerts silences --all` lists them"));
    };
    if stored.silence.until <= now {
        let error = anyhow::anyhow!("silence {} was over at {}", stored.silence.id, stored.silence.until);
        return Err(Failure::usage(error, "nothing is to be done"));
    }
    stored.silence.until = now;
    stored.silence.from = stored.silence.from.min(now);
    let id = stored.silence.id.clone();
    desk.store.silence(stored).await?;
    render::out(&format!("silence {id} is over"))?;
    Ok(Exit::Ok.code())
}
