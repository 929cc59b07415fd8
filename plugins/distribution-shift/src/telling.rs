//! What is said, and the verdict that comes of it.

use assay_sdk::{Error, Finding, Judgement, Severity, Verdict};

use crate::settings::Settings;
use crate::windows::Windows;

/// Most findings that are told one by one.
const FINDINGS_MAX: usize = 40;

/// What is said, column by column.
pub(crate) struct Telling<'a> {
    source: &'a str,
    settings: &'a Settings,
    windows: &'a Windows,
    findings: usize,
    failed: Vec<String>,
    warned: Vec<String>,
    unknown: Option<Error>,
}

impl<'a> Telling<'a> {
    pub(crate) fn new(source: &'a str, settings: &'a Settings, windows: &'a Windows) -> Self {
        Self { source, settings, windows, findings: 0, failed: Vec::new(), warned: Vec::new(), unknown: None }
    }

    /// A finding about a column.
    pub(crate) fn finding(&self, code: &str, column: &str, message: &str) -> Finding {
        let ((start, end), (from, to)) = (self.windows.recent, self.windows.baseline);
        Finding::new(code, message)
            .source(self.source)
            .table(&self.settings.table)
            .column(column)
            .attribute("start", start.to_string())
            .attribute("end", end.to_string())
            .attribute("baseline_start", from.to_string())
            .attribute("baseline_end", to.to_string())
    }

    /// Says what was judged, if it is not fine.
    pub(crate) fn judged(&mut self, judgement: Judgement, message: String, finding: Finding) {
        let finding = match judgement {
            Judgement::Fine => return,
            Judgement::Warn => {
                self.warned.push(message);
                finding.severity(Severity::Low)
            }
            Judgement::Fail => {
                self.failed.push(message);
                finding
            }
        };
        self.findings += 1;
        if self.findings <= FINDINGS_MAX {
            finding.report();
        }
    }

    /// A column about which nothing can be said.
    pub(crate) fn unknown(&mut self, error: Error) {
        self.unknown.get_or_insert(error);
    }

    /// The verdict on so many recent rows.
    pub(crate) fn conclude(mut self, rows: u64) -> Result<Verdict, Error> {
        let over = self.findings.saturating_sub(FINDINGS_MAX);
        if over > 0 {
            let finding = Finding::new("more_findings", format!("{over} more numbers have changed"));
            finding.source(self.source).table(&self.settings.table).affected(over as u64).report();
        }
        if !self.failed.is_empty() {
            self.failed.append(&mut self.warned);
            return Ok(Verdict::fail(some(&self.failed)).examined(rows));
        }
        match (self.unknown, self.warned.as_slice()) {
            (Some(error), _) => Err(error),
            (None, []) => {
                let (start, end) = self.windows.recent;
                Ok(Verdict::passed(format!("{rows} rows of {start}..{end} are distributed like those before"), rows))
            }
            (None, warned) => Ok(Verdict::warn(some(warned)).examined(rows)),
        }
    }
}

/// The first of many.
fn some(messages: &[String]) -> String {
    let over = messages.len().saturating_sub(4);
    let told = messages.iter().take(4).cloned().collect::<Vec<_>>().join("; ");
    if over > 0 { format!("{told}; and {over} more") } else { told }
}
