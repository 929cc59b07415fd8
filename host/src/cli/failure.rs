//! Why a command could not do what it was asked.

use std::process::ExitCode;

use crate::config::ConfigError;
use crate::runner::{HostError, SelectError};
use crate::store::StoreError;

use super::exit::Exit;

/// Why a command could not do what it was asked, for a person and for the caller.
#[derive(Debug)]
pub(super) enum Failure {
    /// The configuration is not good; printed with the places in the file.
    Config(ConfigError),
    /// Files of cases are not good; printed with the places in each.
    Cases(Vec<ConfigError>),
    /// Anything else.
    Other { error: anyhow::Error, hint: Option<String>, exit: Exit },
}

impl Failure {
    /// The caller's mistake.
    pub(super) fn usage(error: impl Into<anyhow::Error>, hint: impl Into<String>) -> Self {
        Self::Other { error: error.into(), hint: Some(hint.into()), exit: Exit::Usage }
    }

    /// The machine or the host is at fault.
    pub(super) fn host(error: impl Into<anyhow::Error>, hint: impl Into<String>) -> Self {
        Self::Other { error: error.into(), hint: Some(hint.into()), exit: Exit::CouldNotSay }
    }

    /// Says on standard error what is wrong; returns the exit code.
    pub(super) fn report(self) -> ExitCode {
        use std::io::Write as _;
        let mut stderr = anstream::stderr().lock();
        let (written, exit) = match self {
            Self::Cases(errors) => {
                let told: Vec<_> =
                    errors.into_iter().map(|error| format!("{:?}", miette::Report::new(error))).collect();
                (writeln!(stderr, "{}", told.join("\n")), Exit::Usage)
            }
            Self::Config(error) => (writeln!(stderr, "{:?}", miette::Report::new(error)), Exit::Usage),
            Self::Other { error, hint, exit } => {
                let mut text = format!("error: {error}\n");
                for cause in error.chain().skip(1) {
                    // Many errors tell their source already.
                    let cause = cause.to_string();
                    if !text.contains(&cause) {
                        text.push_str(&format!("  because: {cause}\n"));
                    }
                }
                if let Some(hint) = hint {
                    text.push_str(&format!(" hint: {hint}\n"));
                }
                (write!(stderr, "{text}"), exit)
            }
        };
        // With standard error gone, the exit code is all that is left to say.
        drop(written);
        exit.code()
    }
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        Self::Config(error)
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        let hint = error.hint();
        Self::Other { hint: Some(hint.into()), error: error.into(), exit: Exit::NotStored }
    }
}

impl From<HostError> for Failure {
    fn from(error: HostError) -> Self {
        Self::host(
            error,
            "the sandbox reserves address space for `workers` x 4 guests: try a lower `workers` under `[host]`",
        )
    }
}

impl From<SelectError> for Failure {
    fn from(error: SelectError) -> Self {
        let hint = match &error {
            SelectError::Unknown { similar, .. } if !similar.is_empty() => {
                let names: Vec<_> = similar.iter().map(|name| format!("`{name}`")).collect();
                format!("did you mean {}?", names.join(" or "))
            }
            SelectError::Unknown { .. } => "`assay doctor` lists schedules and checks".to_owned(),
            SelectError::Ahead(_) => "name an instant that has passed, or leave `--at` out for now".to_owned(),
            SelectError::Day(_) => "name a day between the years 1 and 9998".to_owned(),
        };
        Self::usage(error, hint)
    }
}

/// Standard output is gone (a closed pipe, a full disk).
impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Self::host(error, "the output could not be written")
    }
}
