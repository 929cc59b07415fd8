//! The command line, and nothing else.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use jiff::civil::Date;

use crate::runner::At;
use crate::sandbox::Compiler;

use super::alerts::args::AlertsArgs;
use super::exit;
use super::sink::args::SinkCommand;

/// Runs data-validation checks as sandboxed WebAssembly components.
#[derive(Debug, Parser)]
#[command(name = "assay", version, about, after_help = exit::HELP, propagate_version = true)]
pub(super) struct Cli {
    /// The configuration
    #[arg(long, short, global = true, env = "ASSAY_CONFIG", default_value = "assay.toml", value_name = "FILE")]
    pub(super) config: PathBuf,
    /// More log lines on standard error (-v info, -vv debug); `ASSAY_LOG` sets a filter instead
    #[arg(long, short, global = true, action = clap::ArgAction::Count)]
    pub(super) verbose: u8,
    #[command(subcommand)]
    pub(super) command: Command,
}

/// Text for `assay serve --help`.
const SERVE_HELP: &str = "\
Signals:
  SIGTERM, SIGINT  begin nothing more, let runs end within `drain`; the second cuts them, the third ends the process
  SIGHUP           read the configuration and the plugins again; what is wrong stays out of force
Exit codes:
   0  stopped when told to
   3  broke
   4  the journal cannot be used
  64  wrong usage or configuration";

/// Text for `assay sink --help`.
const SINK_HELP: &str = "\
Exit codes:
   0  done; `verify`: journal and dataset are the same
   1  `verify`: they differ
   3  BigQuery could not be asked
   4  results wait still
  64  wrong usage or configuration";

/// Text for `assay status --help`.
const STATUS_HELP: &str = "\
Exit codes:
   0  a host serves and is well
   1  a host serves, and something is wrong with it
   3  no host serves, or it does not answer
  64  wrong usage or configuration";

/// What to do.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Write a commented configuration that works, with sample data and the shipped plugins
    Init(InitArgs),
    /// Run checks now and store what they find
    #[command(after_help = exit::HELP)]
    Run(RunArgs),
    /// Run schedules whenever they are due, until a signal says to stop
    #[command(after_help = SERVE_HELP)]
    Serve(ServeArgs),
    /// Show what is due when, and what is not going to be run and why
    Plan(PlanArgs),
    /// Run the slots of a schedule for days gone by; interrupted, the same command goes on where it was
    #[command(after_help = exit::HELP)]
    Backfill(BackfillArgs),
    /// Show what a host that serves is doing: what runs, what waits, what is next
    #[command(after_help = STATUS_HELP)]
    Status(StatusArgs),
    /// Let a schedule rest: its slots are recorded as missed
    Pause(PauseArgs),
    /// Let a schedule go on; what was missed meanwhile is for `assay backfill`
    Resume(ResumeArgs),
    /// End a run of a host that serves
    Cancel(CancelArgs),
    /// Make a token for the control API, and print it once
    Token(TokenArgs),
    /// See and handle alerts: who is told of what, silences, acknowledgements, deliveries
    Alerts(AlertsArgs),
    /// Show stored results, newest first
    Results(ResultsArgs),
    /// Show what queries were billed, by check, owner, source or day
    Cost(CostArgs),
    /// Copy results to BigQuery, and compare them
    #[command(subcommand, after_help = SINK_HELP)]
    Sink(SinkCommand),
    /// Look at plugins
    #[command(subcommand)]
    Plugin(PluginCommand),
    /// Check configuration, plugins, sources and journal without running anything
    Doctor(DoctorArgs),
    /// Write, build, test and prove checks
    #[command(subcommand)]
    Check(CheckCommand),
    /// Look at compiled plugins
    #[command(subcommand)]
    Cache(CacheCommand),
    /// Compile a component from standard input to standard output
    #[command(name = Compiler::WORKER, hide = true)]
    CompileWorker(WorkerArgs),
    /// Print the JSON Schema of the configuration, for editors
    Schema,
    /// Print the OpenAPI document of the control API of `assay serve`
    Openapi,
    /// Print what of GoogleSQL runs on files, in Markdown
    Googlesql,
    /// Print a completion script for a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
}

/// Limits of a worker of the compiler.
#[derive(Debug, Args)]
pub(super) struct WorkerArgs {
    /// Memory, in bytes
    pub(super) memory_bytes: u64,
    /// Time, in milliseconds
    pub(super) time_millis: u64,
}

/// Arguments of `assay init`.
#[derive(Debug, Args)]
pub(super) struct InitArgs {
    /// Where to write; made if it is not there
    #[arg(default_value = ".")]
    pub(super) folder: PathBuf,
    /// Folder of built plugins to copy; by default the ones that came with this program
    #[arg(long, value_name = "DIR")]
    pub(super) plugins: Option<PathBuf>,
}

/// Arguments of `assay run`.
#[derive(Debug, Args)]
pub(super) struct RunArgs {
    /// Schedules and checks to run; all checks when none is named
    #[arg(value_name = "SCHEDULE|CHECK")]
    pub(super) names: Vec<String>,
    /// Run for this day, seen from its end, rather than for what the schedule says today
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub(super) date: Option<Date>,
    /// Run as at this instant rather than now, for the day that the schedule says then: `2026-01-31T06:00` in the zone of
    /// the schedule, `2026-01-31T11:00Z`, `2026-01-31T06:00[America/New_York]`
    #[arg(long, value_name = "T")]
    pub(super) at: Option<At>,
    /// Let results change alerts although a day or an instant is named: usually that is to look at what was
    #[arg(long, conflicts_with = "dry_run")]
    pub(super) alerts: bool,
    /// Store nothing
    #[arg(long)]
    pub(super) dry_run: bool,
    /// What to print
    #[arg(long, value_enum, default_value_t)]
    pub(super) format: Format,
    /// From which status on the exit code is not 0
    #[arg(long, value_enum, default_value_t)]
    pub(super) fail_on: exit::FailOn,
    /// Whose exit codes to use
    #[arg(long, value_enum, default_value_t)]
    pub(super) exit_profile: exit::Profile,
    /// Show the limits of each check and where they come from, and run nothing
    #[arg(long)]
    pub(super) explain: bool,
}

/// Arguments of `assay serve`.
#[derive(Debug, Args)]
pub(super) struct ServeArgs {
    /// How to write the log
    #[arg(long, value_enum, default_value_t)]
    pub(super) log_format: LogFormat,
}

/// How to write a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(super) enum LogFormat {
    /// For people
    #[default]
    Text,
    /// One JSON document a line
    Json,
}

/// Arguments of `assay plan`.
#[derive(Debug, Args)]
pub(super) struct PlanArgs {
    /// Only these schedules
    #[arg(value_name = "SCHEDULE")]
    pub(super) schedules: Vec<String>,
    /// How many days to look ahead
    #[arg(long, default_value_t = 1, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=3660))]
    pub(super) days: u16,
    /// From this instant on rather than from now: `2026-01-31T11:00Z`, `2026-01-31T06:00[America/New_York]`
    #[arg(long, value_name = "T")]
    pub(super) at: Option<At>,
    /// What to print
    #[arg(long, value_enum, default_value_t)]
    pub(super) format: PlainFormat,
}

/// Arguments of `assay backfill`.
#[derive(Debug, Args)]
pub(super) struct BackfillArgs {
    /// The schedule
    pub(super) schedule: String,
    /// The first day that the slots are about
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub(super) from: Date,
    /// The last day
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub(super) to: Date,
    /// Slots at once
    #[arg(long, default_value = "1", value_name = "N")]
    pub(super) concurrency: std::num::NonZeroUsize,
    /// Run slots again that an earlier backfill has run
    #[arg(long)]
    pub(super) again: bool,
    /// Show the slots and run nothing
    #[arg(long)]
    pub(super) dry_run: bool,
    /// What to print
    #[arg(long, value_enum, default_value_t)]
    pub(super) format: PlainFormat,
}

/// How to reach a host that serves.
#[derive(Debug, Args)]
pub(super) struct RemoteArgs {
    /// Its token, where it wants one; `ASSAY_TOKEN` keeps it out of the list of processes
    #[arg(long, env = "ASSAY_TOKEN", hide_env_values = true, value_name = "TOKEN")]
    pub(super) token: Option<String>,
}

/// Arguments of `assay status`.
#[derive(Debug, Args)]
pub(super) struct StatusArgs {
    #[command(flatten)]
    pub(super) remote: RemoteArgs,
    /// Go on: print it again every so many seconds
    #[arg(long, value_name = "SECONDS", num_args = 0..=1, default_missing_value = "2", value_parser = clap::value_parser!(u16).range(1..))]
    pub(super) watch: Option<u16>,
    /// What to print
    #[arg(long, value_enum, default_value_t)]
    pub(super) format: PlainFormat,
}

/// Arguments of `assay pause`.
#[derive(Debug, Args)]
pub(super) struct PauseArgs {
    /// The schedule
    pub(super) schedule: String,
    /// Why: it is stored with every slot that is missed meanwhile
    #[arg(long, short = 'm', value_name = "TEXT")]
    pub(super) reason: String,
    /// Until when: an instant, or a time in the zone of the schedule; until somebody resumes it when left out
    #[arg(long, value_name = "T")]
    pub(super) until: Option<At>,
    /// Who wants it so; by default the user of this system
    #[arg(long, env = "USER", value_name = "NAME", default_value = "unknown")]
    pub(super) by: String,
    #[command(flatten)]
    pub(super) remote: RemoteArgs,
}

/// Arguments of `assay resume`.
#[derive(Debug, Args)]
pub(super) struct ResumeArgs {
    /// The schedule
    pub(super) schedule: String,
    #[command(flatten)]
    pub(super) remote: RemoteArgs,
}

/// Arguments of `assay cancel`.
#[derive(Debug, Args)]
pub(super) struct CancelArgs {
    /// The run, as `assay status` shows it
    #[arg(value_name = "RUN")]
    pub(super) run: String,
    /// Why: it is stored with every check that has not concluded
    #[arg(long, short = 'm', value_name = "TEXT")]
    pub(super) reason: Option<String>,
    #[command(flatten)]
    pub(super) remote: RemoteArgs,
}

/// Arguments of `assay token`.
#[derive(Debug, Args)]
pub(super) struct TokenArgs {
    /// Who or what is going to use it
    pub(super) name: String,
    /// What it permits
    #[arg(long, value_enum, default_value_t)]
    pub(super) role: RoleArg,
}

/// What a token permits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(super) enum RoleArg {
    /// Looking
    #[default]
    Read,
    /// Looking, running, pausing and cancelling
    Operate,
}

/// Arguments of `assay results`.
#[derive(Debug, Args)]
pub(super) struct ResultsArgs {
    /// Of this run only
    #[arg(long, value_name = "ID")]
    pub(super) run: Option<String>,
    /// Of this check only
    #[arg(long, value_name = "NAME")]
    pub(super) check: Option<String>,
    /// With this status only
    #[arg(long, value_enum)]
    pub(super) status: Option<StatusArg>,
    /// Started at this instant or later: `2026-01-31`, `2026-01-31T06:00Z`, or how long ago: `7d`, `12h`
    #[arg(long, value_name = "T")]
    pub(super) since: Option<String>,
    /// At most so many
    #[arg(long, default_value_t = 100, value_name = "N")]
    pub(super) limit: u32,
    /// What to print
    #[arg(long, value_enum, default_value_t)]
    pub(super) format: Format,
}

/// Arguments of `assay cost`.
#[derive(Debug, Args)]
pub(super) struct CostArgs {
    /// What to sum it by
    #[arg(long, value_enum, default_value_t)]
    pub(super) by: CostBy,
    /// The first day, in UTC: `2026-01-31`; 30 days ago when left out
    #[arg(long, value_name = "DATE")]
    pub(super) from: Option<Date>,
    /// The last day, in UTC
    #[arg(long, value_name = "DATE")]
    pub(super) to: Option<Date>,
    /// Of this check only
    #[arg(long, value_name = "NAME")]
    pub(super) check: Option<String>,
    /// Of this source only
    #[arg(long, value_name = "NAME")]
    pub(super) source: Option<String>,
    /// What to print
    #[arg(long, value_enum, default_value_t)]
    pub(super) format: PlainFormat,
}

/// What costs are summed by.
#[derive(Debug, Clone, Copy, Default, ValueEnum)]
pub(super) enum CostBy {
    /// Checks, the dearest first
    #[default]
    Check,
    /// Owners, the dearest first
    Owner,
    /// Sources, the dearest first
    Source,
    /// Days, the newest first
    Day,
}

impl CostBy {
    /// As it is written.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Check => "check",
            Self::Owner => "owner",
            Self::Source => "source",
            Self::Day => "day",
        }
    }

    /// Over a column.
    pub(super) fn heading(self) -> &'static str {
        match self {
            Self::Check => "CHECK",
            Self::Owner => "OWNER",
            Self::Source => "SOURCE",
            Self::Day => "DAY (UTC)",
        }
    }
}

/// `assay plugin …`.
#[derive(Debug, Subcommand)]
pub(super) enum PluginCommand {
    /// List the plugins in the folder of plugins
    List {
        /// What to print
        #[arg(long, value_enum, default_value_t)]
        format: PlainFormat,
    },
    /// Show what a plugin imports, exports and asks for, and why it would be refused
    Inspect {
        /// A component file, or `id@version` of the folder of plugins
        plugin: String,
        /// What to print
        #[arg(long, value_enum, default_value_t)]
        format: PlainFormat,
    },
}

/// `assay check …`.
#[derive(Debug, Subcommand)]
pub(super) enum CheckCommand {
    /// Write a new check that builds and passes its own cases
    New(NewArgs),
    /// Build a check's component
    Build(BuildArgs),
    /// Print what a check verifies, its settings, its SQL and its limits, in Markdown
    Docs(DocsArgs),
    /// Run a check's cases in the real sandbox and compare what comes of them
    Test(TestArgs),
    /// Write down all that a check asks and is answered, of a case or of a check of the configuration
    Record(RecordArgs),
    /// Run a check again, answered by what was recorded, and compare what comes of it
    Replay(ReplayArgs),
    /// Do to the answers of a check what goes wrong with data, and show where it says that all is well all the same
    Audit(AuditArgs),
    /// Measure what a check uses in its cases, against its limits and against another version
    Bench(BenchArgs),
    /// Compare two versions of a check: what comes of the same cases, and whether the version number says so
    Diff(DiffArgs),
}

/// Arguments of `assay check new`.
#[derive(Debug, Args)]
pub(super) struct NewArgs {
    /// What the check calls itself: lower-case words joined by `-`
    pub(super) name: String,
    /// The language of its sources
    #[arg(long, value_enum, default_value_t)]
    pub(super) lang: CheckLanguage,
    /// Where to write it; by default a folder of its name
    #[arg(long, value_name = "DIR")]
    pub(super) dir: Option<PathBuf>,
    /// Team or person to tell when the check itself breaks
    #[arg(long, default_value = "data-platform")]
    pub(super) owner: String,
}

/// Languages of checks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(super) enum CheckLanguage {
    /// Rust
    #[default]
    Rust,
    /// Python
    Python,
    /// JavaScript
    #[value(alias = "javascript")]
    Js,
}

/// Arguments of `assay check build`.
#[derive(Debug, Args)]
pub(super) struct BuildArgs {
    /// The check's folder
    #[arg(default_value = ".")]
    pub(super) folder: PathBuf,
}

/// Arguments of `assay check docs`.
#[derive(Debug, Args)]
pub(super) struct DocsArgs {
    /// The check's folder
    #[arg(default_value = ".")]
    pub(super) folder: PathBuf,
    /// A built component, rather than building one
    #[arg(long, value_name = "FILE")]
    pub(super) component: Option<PathBuf>,
}

/// Which cases of which check, and which component.
#[derive(Debug, Args)]
pub(super) struct CaseArgs {
    /// The check's folder, or one file of cases
    #[arg(default_value = ".", value_name = "DIR|FILE")]
    pub(super) place: PathBuf,
    /// Only cases whose `FILE/CASE` holds this; may be given several times
    #[arg(long, short, value_name = "TEXT")]
    pub(super) filter: Vec<String>,
    /// A built component, rather than building one
    #[arg(long, value_name = "FILE")]
    pub(super) component: Option<PathBuf>,
}

/// Arguments of `assay check test`.
#[derive(Debug, Args)]
pub(super) struct TestArgs {
    #[command(flatten)]
    pub(super) cases: CaseArgs,
    /// Write down what came of cases whose status is as expected
    #[arg(long)]
    pub(super) bless: bool,
    /// Go on: build and test again whenever a file of the check changes
    #[arg(long, conflicts_with_all = ["component", "format"])]
    pub(super) watch: bool,
    /// What to print
    #[arg(long, value_enum, default_value_t)]
    pub(super) format: TestFormat,
}

/// Arguments of `assay check record`.
#[derive(Debug, Args)]
pub(super) struct RecordArgs {
    #[command(flatten)]
    pub(super) cases: CaseArgs,
    /// A check of the configuration, on its own sources, rather than cases; may be given several times
    #[arg(long, value_name = "NAME", conflicts_with_all = ["place", "filter", "component"])]
    pub(super) check: Vec<String>,
    /// With `--check`: for this day, seen from its end
    #[arg(long, value_name = "YYYY-MM-DD", requires = "check")]
    pub(super) date: Option<Date>,
    /// With `--check`: as at this instant, as for `assay run`
    #[arg(long, value_name = "T", requires = "check")]
    pub(super) at: Option<At>,
    /// Columns of answers whose values are replaced by pseudonyms, for transcripts that leave the company: `email`,
    /// `*_phone`, or `*` for all; may be given several times
    #[arg(long, value_name = "COLUMN")]
    pub(super) redact: Vec<String>,
    /// Folder of the transcripts; made if it is not there
    #[arg(long, default_value = "transcripts", value_name = "DIR")]
    pub(super) out: PathBuf,
}

/// Arguments of `assay check replay`.
#[derive(Debug, Args)]
pub(super) struct ReplayArgs {
    /// What `assay check record` wrote
    #[arg(required = true, value_name = "TRANSCRIPT")]
    pub(super) transcripts: Vec<PathBuf>,
    /// The check's folder
    #[arg(long, default_value = ".", value_name = "DIR")]
    pub(super) dir: PathBuf,
    /// A built component, rather than building one
    #[arg(long, value_name = "FILE")]
    pub(super) component: Option<PathBuf>,
    /// What to print
    #[arg(long, value_enum, default_value_t)]
    pub(super) format: PlainFormat,
}

/// Arguments of `assay check audit`.
#[derive(Debug, Args)]
pub(super) struct AuditArgs {
    #[command(flatten)]
    pub(super) cases: CaseArgs,
    /// Show what was caught too
    #[arg(long)]
    pub(super) all: bool,
    /// What to print
    #[arg(long, value_enum, default_value_t)]
    pub(super) format: PlainFormat,
}

/// Arguments of `assay check bench`.
#[derive(Debug, Args)]
pub(super) struct BenchArgs {
    #[command(flatten)]
    pub(super) cases: CaseArgs,
    /// The component of another version to compare with
    #[arg(long, value_name = "FILE")]
    pub(super) base: Option<PathBuf>,
    /// How many percent more than the other version is tolerated
    #[arg(long, default_value_t = 10.0, value_name = "PERCENT")]
    pub(super) tolerance: f64,
    /// How often each case runs; times are medians
    #[arg(long, default_value_t = 5, value_name = "N")]
    pub(super) runs: u32,
    /// What to print
    #[arg(long, value_enum, default_value_t)]
    pub(super) format: PlainFormat,
}

/// Arguments of `assay check diff`.
#[derive(Debug, Args)]
pub(super) struct DiffArgs {
    /// A component, or the folder of a check
    #[arg(value_name = "A")]
    pub(super) from: PathBuf,
    /// Another version of it
    #[arg(value_name = "B")]
    pub(super) to: PathBuf,
    /// The cases: a check's folder, or one file
    #[arg(long, default_value = ".", value_name = "DIR|FILE")]
    pub(super) cases: PathBuf,
    /// A transcript that both answer from, rather than cases; may be given several times
    #[arg(long, value_name = "TRANSCRIPT", conflicts_with_all = ["cases", "filter"])]
    pub(super) recording: Vec<PathBuf>,
    /// Only cases whose `FILE/CASE` holds this; may be given several times
    #[arg(long, short, value_name = "TEXT")]
    pub(super) filter: Vec<String>,
    /// What to print
    #[arg(long, value_enum, default_value_t)]
    pub(super) format: PlainFormat,
}

/// What to print of tested cases.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(super) enum TestFormat {
    /// For people
    #[default]
    Table,
    /// One JSON document
    Json,
    /// JUnit XML, for continuous integration
    Junit,
}

/// `assay cache …`.
#[derive(Debug, Subcommand)]
pub(super) enum CacheCommand {
    /// List compiled plugins
    Ls,
    /// Remove all compiled plugins; the next start compiles them again
    Clear,
}

/// Arguments of `assay doctor`.
#[derive(Debug, Args)]
pub(super) struct DoctorArgs {
    /// What to print
    #[arg(long, value_enum, default_value_t)]
    pub(super) format: PlainFormat,
}

/// What to print of results.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(super) enum Format {
    /// For people
    #[default]
    Table,
    /// One JSON document
    Json,
    /// One JSON document a result and line
    Ndjson,
    /// JUnit XML, for continuous integration
    Junit,
}

/// What to print of things that are not results.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(super) enum PlainFormat {
    /// For people
    #[default]
    Table,
    /// One JSON document
    Json,
}

/// A result's status on the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum StatusArg {
    /// The check looked, and all is well
    Pass,
    /// Noticeable, not bad
    Warn,
    /// The data is not as it must be
    Fail,
    /// Not applicable
    Skip,
    /// The check could not say
    Error,
}
