//! `assay check …`: what an author of checks works with, one command a file.

mod audit;
mod bench;
mod build;
mod diff;
mod docs;
mod new;
mod place;
mod record;
mod replay;
mod test;
mod watch;

use std::path::Path;
use std::process::ExitCode;

use super::args::CheckCommand;
use super::failure::Failure;

/// Does `assay check …`.
pub(super) async fn check(config: &Path, command: CheckCommand) -> Result<ExitCode, Failure> {
    match command {
        CheckCommand::New(args) => new::new(&args),
        CheckCommand::Build(args) => build::build(&args).await,
        CheckCommand::Docs(args) => docs::docs(&args).await,
        CheckCommand::Test(args) => test::test(&args).await,
        CheckCommand::Record(args) => record::record(config, &args).await,
        CheckCommand::Replay(args) => replay::replay(&args).await,
        CheckCommand::Audit(args) => audit::audit(&args).await,
        CheckCommand::Bench(args) => bench::bench(&args).await,
        CheckCommand::Diff(args) => diff::diff(&args).await,
    }
}
