//! The command line: one command a file, people and machines served from one view.
//!
//! The only module that prints: data to standard output, all else to standard error. It decides nothing about
//! checks; it turns what the library says into text and exit codes.

mod alerts;
mod args;
mod backfill;
mod cache;
mod cancel;
mod check;
mod cost;
mod doctor;
mod exit;
mod failure;
mod init;
mod instant;
mod pause;
mod plan;
mod plugin;
mod progress;
mod remote;
mod render;
mod results;
mod run;
mod schedules;
mod serve;
mod sink;
mod status;
mod token;
mod worker;

use std::io::IsTerminal as _;
use std::process::ExitCode;

use clap::{CommandFactory as _, Parser as _};
use tracing_subscriber::EnvFilter;

use args::{Cli, Command};
use exit::Exit;
use failure::Failure;

/// Parses the command line, does what it says, and returns the exit code.
#[must_use]
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version come this way too, and are no errors.
            let exit = if error.use_stderr() { Exit::Usage } else { Exit::Ok };
            return match error.print() {
                Ok(()) => exit.code(),
                Err(_) => Exit::Usage.code(),
            };
        }
    };
    // Before there are threads, logs or anything else that hostile input could make use of.
    if let Command::CompileWorker(args) = &cli.command {
        return worker::compile(args);
    }
    // A host that serves has a log of its own kind.
    if !matches!(cli.command, Command::Serve(_)) {
        log_to_stderr(cli.verbose);
    }
    match dispatch(cli) {
        Ok(code) => code,
        Err(failure) => failure.report(),
    }
}

fn dispatch(cli: Cli) -> Result<ExitCode, Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::host(error, "the machine is out of threads or file descriptors"))?;
    runtime.block_on(async {
        match cli.command {
            Command::Init(args) => init::init(&args),
            Command::Run(args) => run::run(&cli.config, args).await,
            Command::Serve(args) => serve::serve(&cli.config, cli.verbose, &args).await,
            Command::Plan(args) => plan::plan(&cli.config, args).await,
            Command::Backfill(args) => backfill::backfill(&cli.config, args).await,
            Command::Status(args) => status::status(&cli.config, &args).await,
            Command::Pause(args) => pause::pause(&cli.config, args).await,
            Command::Resume(args) => pause::resume(&cli.config, args).await,
            Command::Cancel(args) => cancel::cancel(&cli.config, args).await,
            Command::Token(args) => token::token(&args),
            Command::Alerts(args) => alerts::alerts(&cli.config, args).await,
            Command::Results(args) => results::results(&cli.config, args).await,
            Command::Sink(command) => sink::sink(&cli.config, command).await,
            Command::Cost(args) => cost::cost(&cli.config, &args).await,
            Command::Plugin(command) => plugin::plugin(&cli.config, command).await,
            Command::Doctor(args) => doctor::doctor(&cli.config, &args).await,
            Command::Check(command) => check::check(&cli.config, command).await,
            Command::Cache(command) => cache::cache(&cli.config, &command),
            Command::CompileWorker(args) => Ok(worker::compile(&args)),
            Command::Schema => {
                render::out(crate::config::json_schema().trim_end())?;
                Ok(Exit::Ok.code())
            }
            Command::Openapi => {
                render::out(crate::api::document().trim_end())?;
                Ok(Exit::Ok.code())
            }
            Command::Googlesql => {
                render::out(crate::source::files::googlesql_reference().trim_end())?;
                Ok(Exit::Ok.code())
            }
            Command::Completions { shell } => {
                let mut script = Vec::new();
                clap_complete::generate(shell, &mut Cli::command(), "assay", &mut script);
                render::out(String::from_utf8_lossy(&script).trim_end())?;
                Ok(Exit::Ok.code())
            }
        }
    })
}

/// Without what a library would log of tokens at its lower levels, whatever is asked for.
fn without_secrets(filter: EnvFilter) -> EnvFilter {
    match "yup_oauth2=warn".parse() {
        Ok(directive) => filter.add_directive(directive),
        Err(_) => EnvFilter::new("warn"),
    }
}

fn log_to_stderr(verbose: u8) {
    let default = match verbose {
        0 => "warn",
        1 => "assay=info,assay::spans=off,warn",
        _ => "assay=debug,assay::spans=off,info",
    };
    let filter = EnvFilter::try_from_env("ASSAY_LOG").unwrap_or_else(|_| EnvFilter::new(default));
    let filter = without_secrets(filter);
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .with_target(false)
        // A closed standard error is no reason to stop: complaining about it there would end the process.
        .log_internal_errors(false)
        .init();
}
