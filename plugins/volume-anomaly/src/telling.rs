//! What is said of the values.

use assay_sdk::{Error, Finding, Severity, Verdict, metric_of};

use crate::comparison::{Usual, deviation};
use crate::series::Series;
use crate::settings::{Measure, Settings, WhenFew};

/// Most findings that are told one by one.
const FINDINGS_MAX: usize = 20;
/// Most segments whose numbers are reported.
const METRICS_MAX: u32 = 20;

/// What is said of the values, segment by segment.
pub(crate) struct Telling<'a> {
    source: &'a str,
    settings: &'a Settings,
    series: &'a Series,
    findings: usize,
    failed: Vec<String>,
    warned: Vec<String>,
    fine: Vec<String>,
    /// Segments of which there is too little to go by.
    few: Vec<String>,
    occasional: usize,
    measured: u32,
}

impl<'a> Telling<'a> {
    pub(crate) fn new(source: &'a str, settings: &'a Settings, series: &'a Series) -> Self {
        Self {
            source,
            settings,
            series,
            findings: 0,
            failed: Vec::new(),
            warned: Vec::new(),
            fine: Vec::new(),
            few: Vec::new(),
            occasional: 0,
            measured: 0,
        }
    }

    /// The numbers judged.
    pub(crate) fn metrics(&mut self, segment: Option<&str>, value: f64, usual: &Usual) {
        self.measured += 1;
        if self.measured > METRICS_MAX {
            return;
        }
        let labels: Vec<_> = segment.iter().map(|segment| ("segment", *segment)).collect();
        metric_of("value", value, Some(self.unit()), &labels);
        metric_of("samples", usual.samples as f64, Some("days"), &labels);
        if let Some(baseline) = &usual.baseline {
            metric_of("usual_value", baseline.median(), Some(self.unit()), &labels);
            let deviation = deviation(self.settings, baseline, value);
            if deviation.is_finite() {
                metric_of("deviation", deviation, Some("spreads"), &labels);
            }
        }
    }

    /// The value is as usual.
    pub(crate) fn fine(&mut self, segment: Option<&str>, value: f64, usual: &Usual) {
        let message = format!("{}{} is as usual, by {}", of(segment), self.shown(value), rests_on(usual));
        self.fine.push(message);
    }

    /// Nothing was there on a day that is due.
    pub(crate) fn no_data(&mut self, segment: Option<&str>, usual: &Usual) {
        let day = self.series.target;
        let message = format!("{}nothing on {day}, which is due", of(segment));
        let finding = self.finding("no_data", &message, segment, usual).observed(0.0);
        self.failed(message, finding.remediation(format!("backfill {day}")));
    }

    /// The value is made of what is not a number.
    pub(crate) fn not_a_number(&mut self, segment: Option<&str>, usual: &Usual) {
        let day = self.series.target;
        let message = format!("{}NaN or an infinity is among the values of {day}", of(segment));
        let finding = self.finding("not_a_number", &message, segment, usual);
        self.failed(message, finding.remediation(format!("look for what wrote it, and load {day} again")));
    }

    /// The value is less than it may ever be.
    pub(crate) fn below_minimum(&mut self, segment: Option<&str>, value: f64, usual: &Usual) {
        let min = self.settings.min_value.unwrap_or(0.0);
        let message = format!("{}{} is less than {}", of(segment), self.shown(value), shown(min));
        let finding = self.finding("below_minimum", &message, segment, usual).observed(value).expected(min);
        self.failed(message, finding.remediation(format!("backfill {}", self.series.target)));
    }

    /// The value lies far from the median.
    pub(crate) fn unusual(&mut self, segment: Option<&str>, value: f64, usual: &Usual, deviation: f64, is_wrong: bool) {
        let median = usual.baseline.map_or(0.0, |baseline| baseline.median());
        let message = format!(
            "{}{} where {} is usual: {:.1} spreads away, by {}",
            of(segment),
            self.shown(value),
            shown(median),
            deviation.abs(),
            rests_on(usual)
        );
        let (code, advice) = match (is_wrong, deviation < 0.0) {
            (true, true) => ("far_too_low", "backfill"),
            (true, false) => ("far_too_high", "look for rows loaded twice on"),
            (false, true) => ("unusually_low", "look for what is missing on"),
            (false, false) => ("unusually_high", "look for rows loaded twice on"),
        };
        let mut finding = self
            .finding(code, &message, segment, usual)
            .observed(value)
            .expected(median)
            .attribute("deviation", format!("{deviation:.2}"))
            .remediation(format!("{advice} {}", self.series.target));
        if let Some(change) = usual.baseline.and_then(|baseline| baseline.change_percent(value).ok()) {
            finding = finding.attribute("change_percent", format!("{change:.1}"));
        }
        if is_wrong {
            self.failed(message, finding);
        } else {
            self.report(finding.severity(Severity::Low));
            self.warned.push(message);
        }
    }

    /// There is too little to compare with.
    pub(crate) fn few_samples(&mut self, segment: Option<&str>, value: f64, usual: &Usual) {
        let at_least = self.settings.min_samples;
        let message = format!(
            "{}{} comparable days before {} have a value, {at_least} are needed",
            of(segment),
            usual.samples,
            self.series.target
        );
        match self.settings.when_few_samples {
            WhenFew::Error => self.few.push(message),
            WhenFew::Warn => {
                let finding = self.finding("few_samples", &message, segment, usual).observed(usual.samples as f64);
                self.report(finding.expected(f64::from(at_least)).unit("days").severity(Severity::Low));
                self.warned.push(message);
            }
            WhenFew::Pass => {
                let min = shown(self.settings.min_value.unwrap_or(0.0));
                self.fine.push(format!("{}{} is at least {min}; {message}", of(segment), self.shown(value)));
            }
        }
    }

    /// A segment that comes and goes has no value.
    pub(crate) fn occasional(&mut self) {
        self.occasional += 1;
    }

    /// The verdict on all segments.
    pub(crate) fn conclude(mut self) -> Result<Verdict, Error> {
        let over = self.findings.saturating_sub(FINDINGS_MAX);
        if over > 0 {
            let finding = Finding::new("more_findings", format!("{over} more segments are not as usual"));
            finding.source(self.source).date(self.series.target).affected(over as u64).report();
        }
        let occasional = match self.occasional {
            0 => String::new(),
            count => format!("; {count} segments that are seldom there have no value"),
        };
        let rows = self.series.rows;
        if !self.failed.is_empty() {
            self.failed.append(&mut self.warned);
            return Ok(Verdict::fail(some(&self.failed)).examined(rows));
        }
        if !self.few.is_empty() {
            return Err(Error::new(format!("not enough history: {}", some(&self.few))));
        }
        match (self.warned.as_slice(), self.fine.as_slice()) {
            ([], []) => Err(Error::new(format!("no segment has a value on {}{occasional}", self.series.target))),
            ([], [fine]) => Ok(Verdict::passed(format!("{fine}{occasional}"), rows)),
            ([], fine) => Ok(Verdict::passed(format!("{} segments are as usual{occasional}", fine.len()), rows)),
            (warned, _) => Ok(Verdict::warn(some(warned)).examined(rows)),
        }
    }

    fn failed(&mut self, message: String, finding: Finding) {
        self.report(finding);
        self.failed.push(message);
    }

    fn report(&mut self, finding: Finding) {
        self.findings += 1;
        if self.findings <= FINDINGS_MAX {
            finding.report();
        }
    }

    fn finding(&self, code: &str, message: &str, segment: Option<&str>, usual: &Usual) -> Finding {
        let mut finding = Finding::new(code, message).source(self.source).date(self.series.target).unit(self.unit());
        if let Some(table) = &self.settings.table {
            finding = finding.table(table);
        }
        if let Some(column) = &self.settings.column {
            finding = finding.column(column);
        }
        if let Some(segment) = segment {
            finding = finding.partition(segment);
        }
        finding
            .attribute("samples", usual.samples.to_string())
            .attribute("compared_with", usual.basis.as_str())
            .attribute("zero_days", usual.zero_days.to_string())
    }

    fn unit(&self) -> &'static str {
        let is_divided = self.settings.per_unit_sql.is_some();
        match (self.settings.measure, self.settings.value_sql.is_some()) {
            (Measure::Rows, false) if is_divided => "rows per unit",
            (Measure::Rows, false) => "rows",
            (Measure::Sum | Measure::Average, _) | (Measure::Rows, true) if is_divided => "per unit",
            (Measure::Sum | Measure::Average, _) | (Measure::Rows, true) => "value",
        }
    }

    fn shown(&self, value: f64) -> String {
        match self.unit() {
            "value" => shown(value),
            unit => format!("{} {unit}", shown(value)),
        }
    }
}

/// A number for a person: with two digits behind the point, where it has some.
fn shown(value: f64) -> String {
    if value.fract() == 0.0 { value.to_string() } else { format!("{value:.2}") }
}

fn of(segment: Option<&str>) -> String {
    segment.map_or_else(String::new, |segment| format!("`{segment}`: "))
}

fn rests_on(usual: &Usual) -> String {
    format!("{} {}", usual.samples, usual.basis.as_str())
}

/// The first of many.
fn some(messages: &[String]) -> String {
    let over = messages.len().saturating_sub(4);
    let told = messages.iter().take(4).cloned().collect::<Vec<_>>().join("; ");
    if over > 0 { format!("{told}; and {over} more") } else { told }
}
