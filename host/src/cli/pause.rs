//! `assay pause` and `assay resume`.

use std::path::Path;
use std::process::ExitCode;

use crate::api::view::PauseBody;
use crate::clock::Clock;
use crate::config::{Config, ScheduleConfig};
use crate::store::{Pause, Store};

use super::args::{PauseArgs, ResumeArgs};
use super::exit::Exit;
use super::failure::Failure;
use super::instant::until;
use super::remote::reach;
use super::render;
use super::schedules;

/// Lets a schedule rest: by the host that serves, or in the journal for the next one.
pub(super) async fn pause(config: &Path, args: PauseArgs) -> Result<ExitCode, Failure> {
    let config = Config::load(config)?;
    let schedule = due_by_itself(&config, &args.schedule)?;
    let now = Clock::system().now();
    let until = args.until.map(|at| until(at, &schedule.time_zone, now)).transpose()?;
    let PauseArgs { reason, by, remote, .. } = args;
    match reach(&config, &remote)? {
        Some(host) => {
            let until = until.map(|until| until.to_string());
            host.pause(&schedule.name, &PauseBody { reason, by: Some(by), until }).await?;
        }
        None => {
            let store = Store::open(&config.host.state_dir, now)?.store;
            store.rest(&schedule.name, Some(&Pause { at: now, by, reason, until }), now).await?;
        }
    }
    let until = until.map_or_else(|| "somebody resumes it".to_owned(), |until| until.to_string());
    render::out(&format!("`{}` rests until {until}; its slots are recorded as missed", schedule.name))?;
    Ok(Exit::Ok.code())
}

/// Lets a schedule go on.
pub(super) async fn resume(config: &Path, args: ResumeArgs) -> Result<ExitCode, Failure> {
    let config = Config::load(config)?;
    let schedule = due_by_itself(&config, &args.schedule)?;
    match reach(&config, &args.remote)? {
        Some(host) => host.resume(&schedule.name).await?,
        None => {
            let now = Clock::system().now();
            Store::open(&config.host.state_dir, now)?.store.rest(&schedule.name, None, now).await?;
        }
    }
    let name = &schedule.name;
    render::out(&format!("`{name}` goes on; `assay backfill {name}` runs what was missed meanwhile"))?;
    Ok(Exit::Ok.code())
}

fn due_by_itself<'a>(config: &'a Config, name: &str) -> Result<&'a ScheduleConfig, Failure> {
    let schedule = schedules::named(config, name)?;
    if schedule.cron.is_none() {
        let error = anyhow::anyhow!("`{name}` has no `cron`, so that it is never due by itself");
        return Err(Failure::usage(error, "a schedule that is only run by hand needs no rest"));
    }
    Ok(schedule)
}
