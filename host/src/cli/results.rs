//! `assay results`.

use std::path::Path;
use std::process::ExitCode;

use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};

use crate::clock::Clock;
use crate::config::Config;
use crate::model::Status;
use crate::store::{ResultFilter, Store};
use crate::view::ResultView;

use super::args::{Format, ResultsArgs, StatusArg};
use super::exit::Exit;
use super::failure::Failure;
use super::render;

/// Prints stored results.
pub(super) async fn results(config: &Path, args: ResultsArgs) -> Result<ExitCode, Failure> {
    let clock = Clock::system();
    let config = Config::load(config)?;
    let filter = ResultFilter {
        run: args
            .run
            .as_deref()
            .map(str::parse)
            .transpose()
            .map_err(|e| Failure::usage(e, "`assay results` shows the ids of runs"))?,
        check: args
            .check
            .as_deref()
            .map(str::parse)
            .transpose()
            .map_err(|e| Failure::usage(e, "name a check of the configuration"))?,
        status: args.status.map(Status::from),
        since: args.since.as_deref().map(|text| since(text, clock.now())).transpose()?,
        limit: args.limit,
    };
    let opened = Store::open(&config.host.state_dir, clock.now())?;
    let results = opened.store.results(filter).await?;
    let views: Vec<_> =
        results.iter().map(|stored| ResultView::of(&stored.result, &stored.target_date.to_string())).collect();
    match args.format {
        Format::Table if views.is_empty() => render::out("no results")?,
        Format::Table => {
            for run in views.chunk_by(|a, b| a.run_id == b.run_id) {
                let first = &run[0];
                render::out(&format!(
                    "\nrun {} · {} · started {}\n",
                    first.run_id, first.target_date, first.started_at
                ))?;
                render::table::results(run)?;
            }
        }
        Format::Json => render::json(&serde_json::json!({ "results": views }))?,
        Format::Ndjson => {
            for view in &views {
                render::ndjson(view)?;
            }
        }
        Format::Junit => render::junit::results(&views)?,
    }
    Ok(Exit::Ok.code())
}

/// An instant, a day in UTC, or how long ago.
fn since(text: &str, now: Timestamp) -> Result<Timestamp, Failure> {
    if let Ok(instant) = text.parse::<Timestamp>() {
        return Ok(instant);
    }
    if let Ok(day) = text.parse::<jiff::civil::Date>()
        && let Ok(start) = day.to_zoned_datetime(TimeZone::UTC)
    {
        return Ok(start.timestamp());
    }
    let span = text.parse::<Span>().map(Span::abs);
    let past = span.and_then(|span| now.to_zoned_datetime(TimeZone::UTC).checked_sub(span));
    past.map(|past| past.timestamp()).map_err(|_| {
        let error = anyhow::anyhow!("`{text}` is neither an instant nor a time span");
        Failure::usage(error, "for example `2026-01-31`, `2026-01-31T06:00Z`, `7d` or `12h`")
    })
}

impl From<StatusArg> for Status {
    fn from(status: StatusArg) -> Self {
        match status {
            StatusArg::Pass => Self::Pass,
            StatusArg::Warn => Self::Warn,
            StatusArg::Fail => Self::Fail,
            StatusArg::Skip => Self::Skip,
            StatusArg::Error => Self::Error,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn since_takes_instants_days_and_spans() {
        let now: Timestamp = "2026-02-10T12:00:00Z".parse().unwrap();
        for (text, expected) in [
            ("2026-01-31", "2026-01-31T00:00:00Z"),
            ("2026-01-31T06:00:00-05:00", "2026-01-31T11:00:00Z"),
            ("7d", "2026-02-03T12:00:00Z"),
            ("12h", "2026-02-10T00:00:00Z"),
            ("1 month", "2026-01-10T12:00:00Z"),
        ] {
            let expected: Timestamp = expected.parse().unwrap();
            assert_eq!(since(text, now).ok(), Some(expected), "{text}");
        }
        assert!(since("yesterday-ish", now).is_err());
    }
}
