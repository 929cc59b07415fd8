//! `assay cancel`.

use std::path::Path;
use std::process::ExitCode;

use crate::api::view::CancelBody;
use crate::config::Config;

use super::args::CancelArgs;
use super::exit::Exit;
use super::failure::Failure;
use super::remote::reach;
use super::render;

/// Ends a run of the host that serves.
pub(super) async fn cancel(config: &Path, args: CancelArgs) -> Result<ExitCode, Failure> {
    let run =
        args.run.parse().map_err(|error| Failure::usage(error, "`assay status` shows the ids of runs under way"))?;
    let config = Config::load(config)?;
    let Some(host) = reach(&config, &args.remote)? else {
        let error = anyhow::anyhow!("no host serves {}", config.host.state_dir.display());
        return Err(Failure::usage(error, "a run that `assay run` began ends with Ctrl-C where it runs"));
    };
    host.cancel(run, &CancelBody { reason: args.reason }).await?;
    render::out(&format!("run {run} is told to end"))?;
    Ok(Exit::Ok.code())
}
