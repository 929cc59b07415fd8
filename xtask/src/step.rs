//! Running other programs, saying what for and how long it took.

use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, bail};

/// The workspace, wherever the command is called from.
pub(crate) fn workspace() -> std::path::PathBuf {
    let manifest = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    manifest.parent().expect("xtask stands in the workspace").to_owned()
}

/// The cargo that runs this very command.
pub(crate) fn cargo() -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(workspace());
    command
}

/// Runs a command under a heading; its output goes where ours goes.
pub(crate) fn run(what: &str, command: &mut Command) -> anyhow::Result<Duration> {
    println!("==> {what}");
    timed(what, || {
        let status = command.status().with_context(|| format!("cannot start {:?}", command.get_program()))?;
        if !status.success() {
            bail!("{what}: {command:?} ended with {status}");
        }
        Ok(())
    })
}

/// Does something and tells how long it took.
#[expect(clippy::disallowed_methods, reason = "a build tool times its own steps")]
pub(crate) fn timed(what: &str, work: impl FnOnce() -> anyhow::Result<()>) -> anyhow::Result<Duration> {
    let began = std::time::Instant::now();
    work()?;
    let took = began.elapsed();
    println!("    {what}: {:.1} s", took.as_secs_f64());
    Ok(took)
}
