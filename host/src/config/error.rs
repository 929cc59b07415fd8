//! What is wrong with a configuration, and where.

use std::fmt;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

use miette::{Diagnostic, LabeledSpan, NamedSource, SourceCode};

/// One thing that is wrong, with its place in the file.
#[derive(Debug, Clone)]
pub struct ConfigProblem {
    /// Byte range in the file.
    pub span: Range<usize>,
    /// What is wrong.
    pub message: String,
    /// What would be right.
    pub hint: Option<String>,
    /// Another place that matters, with what it is.
    pub other: Option<(Range<usize>, String)>,
    source: Option<Arc<NamedSource<String>>>,
}

impl ConfigProblem {
    /// Something wrong at a place.
    #[must_use]
    pub fn new(span: Range<usize>, message: impl Into<String>) -> Self {
        Self { span, message: message.into(), hint: None, other: None, source: None }
    }

    /// The same with advice.
    #[must_use]
    pub fn with_hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }

    /// The same with a second place.
    #[must_use]
    pub fn with_other(self, span: Range<usize>, what: impl Into<String>) -> Self {
        Self { other: Some((span, what.into())), ..self }
    }

    fn in_source(self, source: &Arc<NamedSource<String>>) -> Self {
        Self { source: Some(source.clone()), ..self }
    }
}

impl fmt::Display for ConfigProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for ConfigProblem {}

impl Diagnostic for ConfigProblem {
    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.hint.as_ref().map(|hint| Box::new(format!("hint: {hint}")) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.source.as_deref().map(|source| source as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let here = LabeledSpan::underline(self.span.clone());
        let other = self.other.iter().map(|(span, what)| LabeledSpan::at(span.clone(), what));
        Some(Box::new(std::iter::once(here).chain(other)))
    }
}

/// Why there is no configuration.
#[derive(Debug, thiserror::Error, Diagnostic)]
pub enum ConfigError {
    /// The file is not there.
    #[error("there is no configuration `{}`", path.display())]
    #[diagnostic(help("hint: `assay init` writes one; `--config FILE` names another"))]
    NotFound {
        /// The file.
        path: PathBuf,
    },
    /// The file is a directory or a device.
    #[error("`{}` is not a file", path.display())]
    #[diagnostic(help("hint: name the file, for example `--config {}`", path.join("assay.toml").display()))]
    NotAFile {
        /// What was named.
        path: PathBuf,
    },
    /// The file cannot be read.
    #[error("the configuration cannot be read: {0}")]
    #[diagnostic(help("hint: check the permissions of the file and its folders"))]
    Unreadable(#[source] std::io::Error),
    /// The file is over the limit.
    #[error("`{}` has {size} bytes; a configuration has at most {max}", path.display())]
    #[diagnostic(help("hint: this is hardly a configuration; `--config FILE` names another"))]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// Its size, in bytes.
        size: u64,
        /// The limit, in bytes.
        max: u64,
    },
    /// The file is not text.
    #[error("`{}` is not UTF-8 text", path.display())]
    #[diagnostic(help("hint: save it as UTF-8"))]
    NotText {
        /// The file.
        path: PathBuf,
    },
    /// The content is not good.
    #[error("the configuration `{}` has {}", path.display(), count(problems))]
    Invalid {
        /// The file.
        path: PathBuf,
        /// All that is wrong, in the order of the file.
        #[related]
        problems: Vec<ConfigProblem>,
    },
}

fn count(problems: &[ConfigProblem]) -> String {
    match problems.len() {
        1 => "a problem".to_owned(),
        many => format!("{many} problems"),
    }
}

impl ConfigError {
    /// From problems in a text.
    pub(super) fn invalid(path: PathBuf, text: String, mut problems: Vec<ConfigProblem>) -> Self {
        problems.sort_by_key(|problem| problem.span.start);
        let source = Arc::new(NamedSource::new(path.display().to_string(), text));
        Self::Invalid { path, problems: problems.into_iter().map(|problem| problem.in_source(&source)).collect() }
    }
}
