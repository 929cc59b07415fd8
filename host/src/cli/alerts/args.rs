//! The command line of `assay alerts`.

use clap::{Args, Subcommand};

use super::super::args::PlainFormat;
use crate::model::{AlertKind, DeliveryStatus, FeedbackVerdict, Severity};
use crate::runner::At;

/// Arguments of `assay alerts`.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(in super::super) struct AlertsArgs {
    #[command(flatten)]
    pub(super) list: ListArgs,
    #[command(subcommand)]
    pub(super) command: Option<AlertsCommand>,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(super) enum AlertsCommand {
    /// List alerts, the worst first: those that are open or pending
    Ls(ListArgs),
    /// Show one alert: what the check said, what happened to it, who was told
    Show {
        /// The incident, its alert (NAME or NAME/KIND), or the beginning of either's id
        alert: String,
        /// How to print it
        #[arg(long, value_enum, default_value_t)]
        format: PlainFormat,
    },
    /// Say that somebody looks after an alert: nobody is reminded of it any more
    Ack {
        /// The alert, as for `show`
        alert: String,
        /// Until when: an instant, or a time of the machine's zone; left out: until it is over
        #[arg(long, value_name = "TIME")]
        until: Option<At>,
        /// Keep it even if the alert becomes worse
        #[arg(long)]
        sticky: bool,
        #[command(flatten)]
        by: ByArgs,
    },
    /// Tell nobody of alerts for a time; they are kept all the same
    Silence(SilenceArgs),
    /// List silences
    Silences {
        /// Those that are over as well
        #[arg(long)]
        all: bool,
        /// How to print them
        #[arg(long, value_enum, default_value_t)]
        format: PlainFormat,
    },
    /// End a silence now
    Unsilence {
        /// The silence, or the beginning of its id
        silence: String,
    },
    /// Say that an alert is over, before a check does; it opens again when the check still fails
    Resolve {
        /// The alert, as for `show`
        alert: String,
        /// Why
        #[arg(long, short = 'm', value_name = "TEXT")]
        reason: String,
        #[command(flatten)]
        by: ByArgs,
    },
    /// Say whether an alert was right, for the rate of false alarms
    Feedback {
        /// The alert, as for `show`
        alert: String,
        /// What it was: `true` and `false` are short for `true_positive` and `false_positive`
        #[arg(value_parser = verdict)]
        verdict: FeedbackVerdict,
        /// Why
        #[arg(long, short = 'm', value_name = "TEXT")]
        reason: Option<String>,
        #[command(flatten)]
        by: ByArgs,
    },
    /// Explain who would be told of an alert of a check, and why
    Route {
        /// The check
        check: String,
        /// What would be said of it
        #[arg(long, value_parser = kind, default_value = "data")]
        kind: AlertKind,
        /// How bad it would be; left out: as the check is configured
        #[arg(long)]
        severity: Option<Severity>,
        /// The part of the data
        #[arg(long, value_name = "TEXT")]
        segment: Option<String>,
        /// How to print it
        #[arg(long, value_enum, default_value_t)]
        format: PlainFormat,
    },
    /// Send a message that is marked as a test to the receivers of a route, or to a receiver
    Test {
        /// The route or receiver
        name: String,
        #[command(flatten)]
        by: ByArgs,
    },
    /// Send what waits now: what `assay run` could not deliver, where no host serves
    Deliver,
    /// Show what was sent, what is to be sent, and what was given up
    Deliveries {
        /// Only those that stand so
        #[arg(long, value_parser = delivery_status)]
        status: Option<DeliveryStatus>,
        /// Send again what was given up: this one, or `all`
        #[arg(long, value_name = "ID|all")]
        retry: Option<String>,
        /// Show one whole, byte for byte
        #[arg(long, value_name = "ID", conflicts_with = "retry")]
        show: Option<String>,
        /// At most so many, the newest
        #[arg(long, default_value_t = 50)]
        limit: u32,
        /// How to print them
        #[arg(long, value_enum, default_value_t)]
        format: PlainFormat,
    },
}

/// Arguments of `assay alerts ls`.
#[derive(Debug, Args)]
pub(super) struct ListArgs {
    /// Those that are over as well
    #[arg(long)]
    pub(super) all: bool,
    /// Only those that match, such as `severity>=high`, `check~"players/*"`, `tag=nba`
    #[arg(long = "match", value_name = "MATCHER")]
    pub(super) matchers: Vec<String>,
    /// How to print them
    #[arg(long, value_enum, default_value_t)]
    pub(super) format: PlainFormat,
}

/// Arguments of `assay alerts silence`.
#[derive(Debug, Args)]
pub(super) struct SilenceArgs {
    /// Which alerts: one of them as for `show`, or conditions that all hold, such as `check=players/rows`, `tag=nba`,
    /// `severity<=medium`
    #[arg(required = true, value_name = "ALERT|MATCHER")]
    pub(super) matchers: Vec<String>,
    /// For how long, such as `2h` or `3d`
    #[arg(long = "for", value_name = "TIME", conflicts_with = "until", required_unless_present = "until")]
    pub(super) length: Option<jiff::Span>,
    /// Until when
    #[arg(long, value_name = "TIME")]
    pub(super) until: Option<At>,
    /// From when; left out: now
    #[arg(long, value_name = "TIME")]
    pub(super) from: Option<At>,
    /// Why
    #[arg(long, short = 'm', value_name = "TEXT")]
    pub(super) reason: String,
    #[command(flatten)]
    pub(super) by: ByArgs,
}

/// Who says it.
#[derive(Debug, Args)]
pub(super) struct ByArgs {
    /// Who says so
    #[arg(long, env = "USER", default_value = "somebody", value_name = "NAME")]
    pub(super) by: String,
}

fn verdict(text: &str) -> Result<FeedbackVerdict, String> {
    match text {
        "true" => Ok(FeedbackVerdict::TruePositive),
        "false" => Ok(FeedbackVerdict::FalsePositive),
        text => one_of(text, FeedbackVerdict::ALL, FeedbackVerdict::as_str),
    }
}

fn kind(text: &str) -> Result<AlertKind, String> {
    one_of(text, AlertKind::ALL, AlertKind::as_str)
}

fn delivery_status(text: &str) -> Result<DeliveryStatus, String> {
    one_of(text, DeliveryStatus::ALL, DeliveryStatus::as_str)
}

fn one_of<T: Copy, const N: usize>(text: &str, all: [T; N], word: fn(T) -> &'static str) -> Result<T, String> {
    let found = all.into_iter().find(|one| word(*one) == text);
    found.ok_or_else(|| format!("it is one of {}", all.map(|one| format!("`{}`", word(one))).join(", ")))
}
