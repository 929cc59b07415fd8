//! `assay compile-worker`: this program as the worker of its own compiler. Not for people.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use crate::sandbox::{CompileLimits, work};

use super::args::WorkerArgs;

/// This very program. On Linux that is what runs, even after its file was replaced by another version.
pub(super) fn program() -> std::io::Result<PathBuf> {
    if cfg!(target_os = "linux") { Ok(PathBuf::from("/proc/self/exe")) } else { std::env::current_exe() }
}

/// Reads a component and writes machine code.
pub(super) fn compile(args: &WorkerArgs) -> ExitCode {
    let limits = CompileLimits { time: Duration::from_millis(args.time_millis), memory_bytes: args.memory_bytes };
    let exit = work(limits, std::io::stdin().lock(), std::io::stdout().lock(), std::io::stderr().lock());
    ExitCode::from(exit.code())
}
