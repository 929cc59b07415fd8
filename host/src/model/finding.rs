//! What a check reports while it runs.

use super::severity::Severity;

/// A number or a text that was observed or expected.
#[derive(Debug, Clone, PartialEq)]
pub enum Measure {
    /// A number.
    Number(f64),
    /// Anything else.
    Text(String),
}

/// A named detail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attribute {
    /// Its name.
    pub key: String,
    /// Its value.
    pub value: String,
}

/// What a finding is about.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Subject {
    /// Source.
    pub source: Option<String>,
    /// Table, as the check names it.
    pub table: Option<String>,
    /// Column.
    pub column: Option<String>,
    /// ISO 8601 calendar date.
    pub date: Option<String>,
    /// Partition, segment or key.
    pub partition: Option<String>,
}

/// One named cell of a sample row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cell {
    /// Column name.
    pub name: String,
    /// The value as text; `None` is null.
    pub value: Option<String>,
}

/// A finding as the guest reports it, before the host has put its severity under the check's.
#[derive(Debug, Clone, PartialEq)]
pub struct FindingDraft {
    /// Stable code in `snake_case`.
    pub code: String,
    /// What the guest asks for; `None` is the check's own.
    pub severity: Option<Severity>,
    /// One sentence for a person.
    pub message: String,
    /// What it is about.
    pub subject: Subject,
    /// What was seen.
    pub observed: Option<Measure>,
    /// What should have been.
    pub expected: Option<Measure>,
    /// Unit of both.
    pub unit: Option<String>,
    /// Rows or things affected.
    pub affected: Option<u64>,
    /// A few rows that show it.
    pub samples: Vec<Vec<Cell>>,
    /// What a person could do about it.
    pub remediation: Option<String>,
    /// More details.
    pub attributes: Vec<Attribute>,
}

/// One observation that is not as it should be, as it is stored.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// How bad it is; never more than the check's severity.
    pub severity: Severity,
    /// The rest, as reported (its `severity` is what the guest asked for).
    pub draft: FindingDraft,
}

#[cfg(test)]
impl FindingDraft {
    /// With a message and nothing else.
    pub(crate) fn bare(message: &str) -> Self {
        Self {
            code: "c".to_owned(),
            severity: None,
            message: message.to_owned(),
            subject: Subject::default(),
            observed: None,
            expected: None,
            unit: None,
            affected: None,
            samples: Vec::new(),
            remediation: None,
            attributes: Vec::new(),
        }
    }
}

impl FindingDraft {
    /// The finding at the severity the guest asked for, at most that of the check.
    #[must_use]
    pub fn under(self, check: Severity) -> Finding {
        Finding { severity: self.severity.map_or(check, |asked| asked.min(check)), draft: self }
    }

    /// Bytes of text and numbers, as counted against the limits on findings.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        let text = |text: &Option<String>| text.as_ref().map_or(0, String::len);
        let measure = |measure: &Option<Measure>| match measure {
            Some(Measure::Text(text)) => text.len(),
            Some(Measure::Number(_)) => size_of::<f64>(),
            None => 0,
        };
        let Self {
            code,
            severity: _,
            message,
            subject,
            observed,
            expected,
            unit,
            affected: _,
            samples,
            remediation,
            attributes,
        } = self;
        let Subject { source, table, column, date, partition } = subject;
        let texts = [source, table, column, date, partition, unit, remediation].into_iter().map(text).sum::<usize>();
        // A cell or attribute weighs something even when it is empty, or a flood of them would be free.
        let cells = samples.iter().flatten().map(|cell| 16 + cell.name.len() + text(&cell.value)).sum::<usize>();
        let rows = samples.len() * 16;
        let details = attributes.iter().map(|a| 16 + a.key.len() + a.value.len()).sum::<usize>();
        (code.len() + message.len() + measure(observed) + measure(expected) + texts + rows + cells + details) as u64
    }
}

/// A number for trends.
#[derive(Debug, Clone, PartialEq)]
pub struct Metric {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: f64,
    /// Its unit.
    pub unit: Option<String>,
    /// More details.
    pub attributes: Vec<Attribute>,
}

/// How much a log line matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum LogLevel {
    /// For the author.
    Debug,
    /// Progress.
    Info,
    /// Something odd.
    Warn,
    /// Something wrong.
    Error,
}

impl LogLevel {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Debug, Self::Info, Self::Warn, Self::Error];

    /// The word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Debug => "debug",
            Self::Info => "info",
            Self::Warn => "warn",
            Self::Error => "error",
        }
    }
}

/// A line the check wrote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogLine {
    /// How much it matters.
    pub level: LogLevel,
    /// The text, cut at the limit.
    pub message: String,
}
