//! Saying what was seen.

use crate::bindings::assay::report::report as contract;

/// How bad it is if a finding is true. More than the check's own severity is lowered to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    /// P1
    Critical,
    /// P2
    High,
    /// P3
    Medium,
    /// P4
    Low,
}

/// How much a log line matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// For the author.
    Debug,
    /// Progress.
    Info,
    /// Something odd.
    Warn,
    /// Something wrong.
    Error,
}

/// One observation that is not as it should be. Nothing is said until [`Finding::report`].
///
/// ```no_run
/// use assay_sdk::{Date, Finding, Severity};
///
/// Finding::new("too_few_rows", "12 of 80 rows")
///     .severity(Severity::Low)
///     .table("orders")
///     .date(Date::new(2026, 1, 20).unwrap())
///     .observed(12.0)
///     .expected(80.0)
///     .unit("rows")
///     .affected(68)
///     .sample(vec![("id".to_owned(), Some("7".to_owned())), ("amount".to_owned(), None)])
///     .remediation("backfill 2026-01-20")
///     .report();
/// ```
#[derive(Debug, Clone)]
#[must_use = "nothing is said until `report`"]
pub struct Finding(contract::Finding);

impl Finding {
    /// With a stable `snake_case` code and one sentence for a person.
    pub fn new(code: &str, message: impl Into<String>) -> Self {
        let subject = contract::Subject { source: None, table: None, column: None, date: None, partition: None };
        Self(contract::Finding {
            code: code.to_owned(),
            severity: None,
            message: message.into(),
            subject,
            observed: None,
            expected: None,
            unit: None,
            affected: None,
            samples: Vec::new(),
            remediation: None,
            attributes: Vec::new(),
        })
    }

    /// Less bad than the check as a whole.
    pub fn severity(mut self, severity: Severity) -> Self {
        self.0.severity = Some(match severity {
            Severity::Critical => contract::Severity::Critical,
            Severity::High => contract::Severity::High,
            Severity::Medium => contract::Severity::Medium,
            Severity::Low => contract::Severity::Low,
        });
        self
    }

    /// The source it is about.
    pub fn source(mut self, source: impl AsRef<str>) -> Self {
        self.0.subject.source = Some(source.as_ref().to_owned());
        self
    }

    /// The table it is about.
    pub fn table(mut self, table: impl AsRef<str>) -> Self {
        self.0.subject.table = Some(table.as_ref().to_owned());
        self
    }

    /// The column it is about.
    pub fn column(mut self, column: impl AsRef<str>) -> Self {
        self.0.subject.column = Some(column.as_ref().to_owned());
        self
    }

    /// The day it is about.
    pub fn date(mut self, date: jiff::civil::Date) -> Self {
        self.0.subject.date = Some(date.to_string());
        self
    }

    /// The partition, segment or key it is about.
    pub fn partition(mut self, partition: impl Into<String>) -> Self {
        self.0.subject.partition = Some(partition.into());
        self
    }

    /// The number that was seen.
    pub fn observed(mut self, number: f64) -> Self {
        self.0.observed = Some(contract::Measure::Number(number));
        self
    }

    /// What was seen, where it is not a number.
    pub fn observed_text(mut self, text: impl Into<String>) -> Self {
        self.0.observed = Some(contract::Measure::Text(text.into()));
        self
    }

    /// The number that should have been.
    pub fn expected(mut self, number: f64) -> Self {
        self.0.expected = Some(contract::Measure::Number(number));
        self
    }

    /// What should have been, where it is not a number.
    pub fn expected_text(mut self, text: impl Into<String>) -> Self {
        self.0.expected = Some(contract::Measure::Text(text.into()));
        self
    }

    /// Unit of observed and expected.
    pub fn unit(mut self, unit: &str) -> Self {
        self.0.unit = Some(unit.to_owned());
        self
    }

    /// Rows or things affected.
    pub fn affected(mut self, count: u64) -> Self {
        self.0.affected = Some(count);
        self
    }

    /// A row that shows it, as [`crate::Row::sample`] gives it. Long values are cut, and rows that would make the
    /// finding too large to be kept are left out: a finding without samples is worth more than none.
    pub fn sample(mut self, row: Vec<(String, Option<String>)>) -> Self {
        let cell = |(name, value): (String, Option<String>)| contract::Cell { name, value: value.map(cut) };
        let row: Vec<_> = row.into_iter().map(cell).collect();
        let held: usize = self.0.samples.iter().map(|row| weight(row)).sum();
        if held + weight(&row) <= SAMPLES_BYTES_MAX {
            self.0.samples.push(row);
        }
        self
    }

    /// What a person could do about it.
    pub fn remediation(mut self, remediation: impl Into<String>) -> Self {
        self.0.remediation = Some(remediation.into());
        self
    }

    /// A further detail.
    pub fn attribute(mut self, key: &str, value: impl Into<String>) -> Self {
        self.0.attributes.push(contract::Attribute { key: key.to_owned(), value: value.into() });
        self
    }

    /// Says it. What was said is kept, whatever happens to the check afterwards. Whether the host kept it: over the
    /// run's limits it marks the result as truncated instead.
    #[expect(clippy::must_use_candidate, reason = "a check need not care: the host marks what it did not keep")]
    pub fn report(mut self) -> bool {
        self.fit();
        contract::findings(&[self.0]) == 1
    }

    /// Leaves samples out, the last first, until the host keeps the rest.
    fn fit(&mut self) {
        while bytes(&self.0) > FINDING_BYTES_MAX && self.0.samples.pop().is_some() {}
    }
}

/// Most bytes of a finding that the host keeps, unless the operator says otherwise.
const FINDING_BYTES_MAX: usize = 4 << 10;
/// Most bytes of one value of a sample.
const CELL_BYTES_MAX: usize = 120;
/// Most bytes of all samples of a finding: a few rows show what is wrong.
const SAMPLES_BYTES_MAX: usize = 2_560;

fn cut(mut text: String) -> String {
    if text.len() > CELL_BYTES_MAX {
        text.truncate(text.floor_char_boundary(CELL_BYTES_MAX));
        text.push('…');
    }
    text
}

/// Bytes of a row as the host counts them.
fn weight(row: &[contract::Cell]) -> usize {
    16 + row.iter().map(|cell| 16 + cell.name.len() + cell.value.as_ref().map_or(0, String::len)).sum::<usize>()
}

/// Bytes of a finding as the host counts them.
fn bytes(finding: &contract::Finding) -> usize {
    let text = |text: &Option<String>| text.as_ref().map_or(0, String::len);
    let measure = |measure: &Option<contract::Measure>| match measure {
        Some(contract::Measure::Text(text)) => text.len(),
        Some(contract::Measure::Number(_)) => size_of::<f64>(),
        None => 0,
    };
    let contract::Finding { code, message, subject, observed, expected, unit, samples, remediation, .. } = finding;
    let contract::Subject { source, table, column, date, partition } = subject;
    let texts: usize = [source, table, column, date, partition, unit, remediation].into_iter().map(text).sum();
    let rows: usize = samples.iter().map(|row| weight(row)).sum();
    let details: usize = finding.attributes.iter().map(|detail| 16 + detail.key.len() + detail.value.len()).sum();
    code.len() + message.len() + measure(observed) + measure(expected) + texts + rows + details
}

/// A number for trends.
pub fn metric(name: &str, value: f64, unit: Option<&str>) {
    metric_of(name, value, unit, &[]);
}

/// A number for trends that is one of several of its name, told apart by labels: of each column, of each segment.
///
/// ```no_run
/// use assay_sdk::metric_of;
///
/// metric_of("null_percent", 1.5, Some("percent"), &[("column", "price")]);
/// ```
pub fn metric_of(name: &str, value: f64, unit: Option<&str>, labels: &[(&str, &str)]) {
    let label =
        |(key, value): &(&str, &str)| contract::Attribute { key: (*key).to_owned(), value: (*value).to_owned() };
    let labels: Vec<_> = labels.iter().map(label).collect();
    contract::metric(name, value, unit, &labels);
}

/// A line for the run's log.
pub fn log(level: Level, message: &str) {
    let level = match level {
        Level::Debug => contract::Level::Debug,
        Level::Info => contract::Level::Info,
        Level::Warn => contract::Level::Warn,
        Level::Error => contract::Level::Error,
    };
    contract::log(level, message);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_make_room_for_what_a_finding_says() {
        let sample = || (0..10).map(|n| (format!("column_{n}"), Some("y".repeat(900)))).collect::<Vec<_>>();
        let small = Finding::new("c", "m").sample(sample());
        let mut large = Finding::new("c", "m".repeat(3_000)).sample(sample());
        assert_eq!(small.0.samples.len(), 1);
        assert!(bytes(&large.0) > FINDING_BYTES_MAX);
        large.fit();
        assert_eq!(large.0.samples.len(), 0);
        assert!(bytes(&large.0) <= FINDING_BYTES_MAX);
    }

    #[test]
    fn a_value_of_a_sample_is_cut_at_a_character() {
        let finding = Finding::new("c", "m").sample(vec![("a".to_owned(), Some("ä".repeat(100)))]);
        assert_eq!(finding.0.samples[0][0].value.as_deref(), Some(format!("{}…", "ä".repeat(60)).as_str()));
    }
}
