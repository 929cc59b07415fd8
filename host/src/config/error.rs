//! What can be wrong with a configuration, for the person who wrote it.
//!
//! Two types to know: [`ConfigError`], which ends the reading of a file, and [`ConfigProblem`], one thing
//! said wrongly in it. Both render through `miette` with the lines concerned.

use std::fmt;
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use miette::{Diagnostic, LabeledSpan, NamedSource};
use thiserror::Error;

use super::CONFIG_BYTES_MAX;

/// The most problems that one error shows; what is over is counted.
const PROBLEMS_SHOWN_MAX: usize = 50;

/// One thing that a configuration says wrongly.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{message}")]
pub struct ConfigProblem {
    message: String,
    labels: Vec<LabeledSpan>,
    hint: Option<String>,
    /// Whether what is written at the place is not to be shown.
    is_secret: bool,
}

impl ConfigProblem {
    /// A problem at a place of the file, in bytes from its beginning.
    pub(crate) fn at(place: Range<usize>, message: impl Into<String>) -> Self {
        Self::of_file(message).label(LabeledSpan::new_primary_with_span(None, place))
    }

    /// A problem of the file as a whole.
    pub(crate) fn of_file(message: impl Into<String>) -> Self {
        Self { message: message.into(), labels: Vec::new(), hint: None, is_secret: false }
    }

    /// The same, and what is written at its place is not to be shown: it is a secret, or meant to be one.
    pub(super) fn conceal(mut self) -> Self {
        self.is_secret = true;
        self
    }

    /// The same with advice.
    pub(crate) fn hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }

    /// The same with another place that has to do with it.
    pub(crate) fn also(self, place: Range<usize>, text: impl Into<String>) -> Self {
        self.label(LabeledSpan::new_with_span(Some(text.into()), place))
    }

    fn label(mut self, label: LabeledSpan) -> Self {
        self.labels.push(label);
        self
    }

    /// What is wrong.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// What would make it right.
    #[must_use]
    pub fn advice(&self) -> Option<&str> {
        self.hint.as_deref()
    }

    /// Where, in bytes from the beginning of the file; none for a problem of the file as a whole.
    #[must_use]
    pub fn place(&self) -> Option<Range<usize>> {
        self.labels.first().map(|label| label.offset()..label.offset() + label.len())
    }
}

impl Diagnostic for ConfigProblem {
    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.hint.as_ref().map(|hint| Box::new(format!("hint: {hint}")) as Box<dyn fmt::Display>)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        Some(Box::new(self.labels.iter().cloned()))
    }
}

/// Why there is no configuration.
#[derive(Debug, Error, Diagnostic)]
pub enum ConfigError {
    /// The file is not there.
    #[error("there is no configuration `{}`", path.display())]
    #[diagnostic(help("hint: `assay init` writes one; `--config FILE` names another"))]
    NotFound {
        /// The file.
        path: PathBuf,
    },
    /// A directory, a pipe, a socket or a device.
    #[error("`{}` is not a file", path.display())]
    #[diagnostic(help("hint: name the file, for example `--config {}`", path.join("assay.toml").display()))]
    NotAFile {
        /// What was named.
        path: PathBuf,
    },
    /// The file is there and cannot be read.
    #[error("the configuration `{}` cannot be read", path.display())]
    #[diagnostic(help("hint: check the permissions of the file and its folders"))]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: io::Error,
    },
    /// The file is larger than any configuration.
    #[error("`{}` has {size} bytes; a configuration has at most {CONFIG_BYTES_MAX}", path.display())]
    #[diagnostic(help("hint: this is hardly a configuration; `--config FILE` names another"))]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// Its size, in bytes.
        size: u64,
    },
    /// The file is not text.
    #[error("`{}` is not UTF-8 text: line {line} holds other bytes", path.display())]
    #[diagnostic(help("hint: save it as UTF-8"))]
    NotText {
        /// The file.
        path: PathBuf,
        /// The first line with bytes that are not UTF-8, from 1.
        line: usize,
        /// What is wrong with them.
        #[source]
        source: std::str::Utf8Error,
    },
    /// The file says something wrong.
    #[error("the {what} `{}` has {}", text.name(), count(problems, *omitted))]
    Invalid {
        /// What the file is, for example `configuration`.
        what: &'static str,
        /// The text of the file.
        #[source_code]
        text: NamedSource<Arc<str>>,
        /// Everything that is wrong with it, in the order of the file.
        #[related]
        problems: Vec<ConfigProblem>,
        /// How many more problems there are than `problems` holds.
        omitted: usize,
    },
}

impl ConfigError {
    pub(super) fn invalid(path: &Path, text: Arc<str>, problems: Vec<ConfigProblem>) -> Self {
        Self::invalid_file("configuration", path, text, problems)
    }

    /// Everything that is wrong with a TOML file.
    pub(crate) fn invalid_file(
        what: &'static str,
        path: &Path,
        text: Arc<str>,
        mut problems: Vec<ConfigProblem>,
    ) -> Self {
        let text = without_secrets(text, &problems);
        problems.sort_by_key(|problem| problem.place().map_or(0, |place| place.start));
        let omitted = problems.len().saturating_sub(PROBLEMS_SHOWN_MAX);
        problems.truncate(PROBLEMS_SHOWN_MAX);
        let name = path.display().to_string();
        Self::Invalid { what, text: NamedSource::new(name, text).with_language("toml"), problems, omitted }
    }

    pub(super) fn not_text(path: &Path, bytes: &[u8], source: std::str::Utf8Error) -> Self {
        let line = bytes.iter().take(source.valid_up_to()).filter(|byte| **byte == b'\n').count() + 1;
        Self::NotText { path: path.to_owned(), line, source }
    }
}

/// The text with a star for each byte of what is not to be shown.
fn without_secrets(text: Arc<str>, problems: &[ConfigProblem]) -> Arc<str> {
    let secrets: Vec<_> =
        problems.iter().filter(|problem| problem.is_secret).filter_map(ConfigProblem::place).collect();
    if secrets.is_empty() {
        return text;
    }
    let shown = text.char_indices().map(|(at, letter)| {
        let is_shown = letter == '\n' || !secrets.iter().any(|secret| secret.contains(&at));
        if is_shown { letter.to_string() } else { "*".repeat(letter.len_utf8()) }
    });
    shown.collect::<String>().into()
}

fn count(problems: &[ConfigProblem], omitted: usize) -> String {
    match (problems.len(), omitted) {
        (1, 0) => "a problem".to_owned(),
        (shown, 0) => format!("{shown} problems"),
        (shown, omitted) => format!("{} problems (the first {shown} are shown)", shown + omitted),
    }
}
