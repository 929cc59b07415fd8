//! `assay check record`.

use std::path::Path;
use std::process::ExitCode;

use super::place;
use crate::cli::args::RecordArgs;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::progress::Progress;
use crate::cli::render;
use crate::cli::render::table::inert;
use crate::cli::worker::program;
use crate::clock::Clock;
use crate::config::Config;
use crate::kit::rig::{CaseError, RecordError};
use crate::runner::{self, Host, Request, select};
use crate::source::transcript::{Concluded, RedactedColumns};

/// Writes down what cases, or checks of the configuration, ask and are answered.
pub(super) async fn record(config: &Path, args: &RecordArgs) -> Result<ExitCode, Failure> {
    let redacted = redacted(&args.redact)?;
    fs_err::create_dir_all(&args.out)?;
    if args.check.is_empty() {
        cases(args, redacted.as_ref()).await?;
    } else {
        checks(config, args, redacted.as_ref()).await?;
    }
    Ok(Exit::Ok.code())
}

fn redacted(patterns: &[String]) -> Result<Option<RedactedColumns>, Failure> {
    if patterns.is_empty() {
        return Ok(None);
    }
    RedactedColumns::new(patterns).map(Some).map_err(|wrong| {
        let told: Vec<_> = wrong.iter().map(ToString::to_string).collect();
        let hint = wrong.first().map_or("", |pattern| pattern.hint());
        Failure::usage(anyhow::anyhow!(told.join("; ")), hint)
    })
}

async fn cases(args: &RecordArgs, redacted: Option<&RedactedColumns>) -> Result<(), Failure> {
    let (suite, rig) = place::suite_and_rig(&args.cases).await?;
    for case in suite.cases() {
        let failed = |error: RecordError| {
            let hint = error.hint();
            Failure::usage(anyhow::Error::new(error).context(format!("case `{}`", case.id)), hint)
        };
        let stage = rig.stage(case).await.map_err(|error: CaseError| failed(error.into()))?;
        let path = args.out.join(format!("{}.transcript.jsonl", case.id.replace('/', "-")));
        let recorded = rig.record(case, stage.source(), &path, redacted.cloned()).await.map_err(failed)?;
        told(&path, &recorded)?;
    }
    Ok(())
}

async fn checks(config: &Path, args: &RecordArgs, redacted: Option<&RedactedColumns>) -> Result<(), Failure> {
    let clock = Clock::system();
    let config = Config::load(config)?;
    let request = Request { names: args.check.clone(), date: args.date, at: args.at, alerts: false };
    let plans = select(&config, &request, clock.now())?;
    let progress = Progress::follow();
    let host = Host::load(config, clock, &program()?, progress.events()).await?;
    progress.done().await;
    for plan in &plans {
        for check in &plan.checks {
            let path = args.out.join(format!("{}.transcript.jsonl", check.name));
            let recorded = runner::record(&host, plan, check, &path, redacted.cloned()).await.map_err(|error| {
                let hint = error.hint().to_owned();
                Failure::usage(error, hint)
            })?;
            told(&path, &recorded)?;
        }
    }
    Ok(())
}

fn told(path: &Path, recorded: &Concluded) -> std::io::Result<()> {
    let Concluded { conclusion, usage, redaction, .. } = recorded;
    let queries = usage.queries;
    let mut line = format!("{} · {} · {queries} queries, {} rows", path.display(), conclusion.status, usage.rows);
    if let Some(tally) = redaction {
        let least = if tally.complete { "" } else { "at least " };
        line.push_str(&format!(" · {} values redacted", tally.values));
        if tally.original_params > 0 {
            line.push_str(&format!(
                " · WARNING: {least}{} parameters are originals of redacted values and stand in the transcript",
                tally.original_params
            ));
        }
        if tally.pseudonym_params > 0 {
            line.push_str(&format!(
                " · note: {least}{} parameters are pseudonyms, which no row of the source has",
                tally.pseudonym_params
            ));
        }
    }
    render::out(&inert(&line))
}
