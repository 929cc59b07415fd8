//! Keeping what a guest reports, within the limits, so that it outlives the guest.

use crate::model::{FindingDraft, LimitName, Limits, LogLevel, LogLine, Metric, cut};

/// Longest text of a panic that is kept, in bytes.
const ABORT_BYTES_MAX: usize = 4 << 10;

/// Everything a guest reported in one run.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Report {
    /// Findings, in order.
    pub findings: Vec<FindingDraft>,
    /// Metrics, in order.
    pub metrics: Vec<Metric>,
    /// Log lines, in order.
    pub logs: Vec<LogLine>,
    /// Text of the panic, when there was one.
    pub aborting: Option<String>,
    /// Findings over a limit.
    pub findings_dropped: u64,
    /// Metrics over the limit.
    pub metrics_dropped: u64,
    /// Log lines over the limit.
    pub log_lines_dropped: u64,
}

/// One run's way to say things.
#[derive(Debug)]
pub struct ReportCapability {
    limits: Limits,
    report: Report,
    findings_bytes: u64,
}

impl ReportCapability {
    /// With nothing said yet.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        Self { limits, report: Report::default(), findings_bytes: 0 }
    }

    /// Keeps findings within the limits; returns how many.
    pub fn findings(&mut self, findings: Vec<FindingDraft>) -> u32 {
        let mut kept = 0;
        for finding in findings {
            let bytes = finding.bytes();
            let fits = (self.report.findings.len() as u64) < self.limits.get(LimitName::Findings)
                && bytes <= self.limits.get(LimitName::FindingBytes)
                && self.findings_bytes + bytes <= self.limits.get(LimitName::FindingsBytes);
            if fits {
                self.findings_bytes += bytes;
                self.report.findings.push(finding);
                kept += 1;
            } else {
                self.report.findings_dropped += 1;
            }
        }
        kept
    }

    /// Keeps a metric within the limits. One with an overlong name or details counts as over the limit.
    pub fn metric(&mut self, metric: Metric) {
        let text = metric.name.len()
            + metric.unit.as_ref().map_or(0, String::len)
            + metric.attributes.iter().map(|a| a.key.len() + a.value.len()).sum::<usize>();
        let fits = (self.report.metrics.len() as u64) < self.limits.get(LimitName::Metrics)
            && text as u64 <= self.limits.get(LimitName::FindingBytes);
        if fits {
            self.report.metrics.push(metric);
        } else {
            self.report.metrics_dropped += 1;
        }
    }

    /// Keeps a log line within the limits, cut if it is too long.
    pub fn log(&mut self, level: LogLevel, message: String) {
        if (self.report.logs.len() as u64) < self.limits.get(LimitName::LogLines) {
            let bytes_max = usize::try_from(self.limits.get(LimitName::LogLineBytes)).unwrap_or(usize::MAX);
            self.report.logs.push(LogLine { level, message: cut(message, bytes_max) });
        } else {
            self.report.log_lines_dropped += 1;
        }
    }

    /// Keeps the text of a panic; only the first counts.
    pub fn aborting(&mut self, message: String) {
        self.report.aborting.get_or_insert_with(|| cut(message, ABORT_BYTES_MAX));
    }

    /// The text of the panic, when there was one.
    #[must_use]
    pub fn panic(&self) -> Option<&str> {
        self.report.aborting.as_deref()
    }

    /// All that was said.
    #[must_use]
    pub fn into_report(self) -> Report {
        self.report
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::LimitRequest;

    fn capability(name: LimitName, value: u64) -> ReportCapability {
        ReportCapability::new(Limits::resolve(&[], &[LimitRequest { name, value }]))
    }

    #[test]
    fn findings_over_a_limit_are_counted_not_kept() {
        for (name, value, kept, dropped) in [
            (LimitName::Findings, 2, 2, 1),
            (LimitName::FindingBytes, 3, 1, 2),
            (LimitName::FindingsBytes, 12, 2, 1),
            (LimitName::Findings, 3, 3, 0),
        ] {
            let mut capability = capability(name, value);
            let asked = ["ab", "abcdefgh", "abc"].map(FindingDraft::bare).into();
            assert_eq!(capability.findings(asked), kept, "{name} = {value}");
            let report = capability.into_report();
            assert_eq!((report.findings.len(), report.findings_dropped), (kept as usize, dropped), "{name} = {value}");
        }
    }

    #[test]
    fn logs_and_metrics_have_an_end() {
        let mut lines = capability(LimitName::LogLines, 1);
        lines.log(LogLevel::Info, "one".to_owned());
        lines.log(LogLevel::Info, "two".to_owned());
        let report = lines.into_report();
        assert_eq!((report.logs.len(), report.log_lines_dropped), (1, 1));

        let mut metrics = capability(LimitName::Metrics, 1);
        let metric = Metric { name: "m".to_owned(), value: 1.0, unit: None, attributes: Vec::new() };
        metrics.metric(metric.clone());
        metrics.metric(metric);
        let report = metrics.into_report();
        assert_eq!((report.metrics.len(), report.metrics_dropped), (1, 1));
    }

    #[test]
    fn long_lines_are_cut_at_a_character() {
        let mut capability = capability(LimitName::LogLineBytes, 4);
        capability.log(LogLevel::Warn, "abcä".to_owned());
        capability.log(LogLevel::Warn, "abcd".to_owned());
        let messages: Vec<_> = capability.into_report().logs.into_iter().map(|line| line.message).collect();
        assert_eq!(messages, ["abc…", "abcd"]);
    }

    #[test]
    fn the_first_panic_counts() {
        let mut capability = ReportCapability::new(Limits::default());
        capability.aborting("first".to_owned());
        capability.aborting("second".to_owned());
        assert_eq!(capability.into_report().aborting.as_deref(), Some("first"));
    }
}
