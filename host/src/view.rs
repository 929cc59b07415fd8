//! Results and what a check reported, as JSON documents: the same on the command line, in the control API, in golden
//! files and in transcripts. Field names follow the journal's tables.

use std::time::Duration;

use serde::Serialize;
use serde_json::{Map, Value as Json};
use utoipa::ToSchema;

use crate::model::{Attribute, CheckResult, Finding, LogLine, Measure, Metric, Usage};

/// A result.
#[derive(Debug, Serialize, ToSchema)]
pub struct ResultView {
    /// The run, a ULID.
    pub run_id: String,
    /// The day it is about.
    #[schema(format = Date)]
    pub target_date: String,
    /// The check.
    pub check_name: String,
    /// `id@version` as configured.
    pub plugin: String,
    /// SHA-256 of the component that ran.
    pub component_digest: Option<String>,
    /// Who owns the data.
    pub owner: Option<String>,
    /// Labels of the check.
    pub tags: Vec<String>,
    /// How the check ended: `pass`, `warn`, `fail`, `skip`, or `error` when it could not say.
    pub status: &'static str,
    /// Why, when the status is `error`, or `skip` for `upstream`.
    pub reason: Option<&'static str>,
    /// The worst severity of the findings; the check's own when there are none.
    pub severity: &'static str,
    /// One sentence for a person.
    pub message: String,
    /// What would help.
    pub hint: Option<String>,
    /// A guest backtrace or other detail of several lines.
    pub detail: Option<String>,
    /// How many rows the conclusion rests on, if the check counts them.
    pub rows_evaluated: Option<u64>,
    /// The check broke after it had reported findings: there may be more.
    pub findings_partial: bool,
    /// When the execution began.
    #[schema(format = DateTime)]
    pub started_at: String,
    /// How long it took in milliseconds, from when it had its turn.
    pub duration_ms: f64,
    /// The settings document.
    #[schema(value_type = Value)]
    pub settings: Json,
    /// What is not as it should be.
    pub findings: Vec<FindingView>,
    /// Numbers for trends.
    pub metrics: Vec<MetricView>,
    /// What the check logged.
    pub logs: Vec<LogView>,
    /// What the check used.
    pub usage: UsageView,
}

/// A line that a check logged.
#[derive(Debug, Serialize, ToSchema)]
pub struct LogView {
    /// Its level.
    pub level: &'static str,
    /// Its text.
    pub message: String,
}

/// What a check used.
#[derive(Debug, Serialize, ToSchema)]
pub struct UsageView {
    /// Fuel the guest burnt; comparable within one engine version.
    pub fuel_used: u64,
    /// Milliseconds the guest computed, host calls excluded.
    pub guest_cpu_ms: f64,
    /// Milliseconds spent in host calls, queries mostly.
    pub host_time_ms: f64,
    /// Most linear memory held at once, summed over memories.
    pub peak_memory_bytes: u64,
    /// Queries asked, estimates included.
    pub query_count: u64,
    /// Rows handed to the guest.
    pub rows_read: u64,
    /// Bytes of column data handed to the guest.
    pub bytes_read: u64,
    /// Version of the engine that ran it; none when no guest ran.
    pub engine_version: Option<String>,
    /// Findings that were over a limit and not kept.
    pub findings_dropped: u64,
    /// Metrics that were over a limit and not kept.
    pub metrics_dropped: u64,
    /// Log lines that were over a limit and not kept.
    pub log_lines_dropped: u64,
}

/// A finding.
#[derive(Debug, Serialize, ToSchema)]
pub struct FindingView {
    /// Stable code.
    pub code: String,
    /// How bad it is.
    pub severity: &'static str,
    /// One sentence for a person.
    pub message: String,
    /// Source it is about.
    pub source: Option<String>,
    /// Table it is about.
    pub table: Option<String>,
    /// Column it is about.
    pub column: Option<String>,
    /// Day it is about.
    pub date: Option<String>,
    /// Partition, segment or key it is about.
    pub partition: Option<String>,
    /// What was seen.
    #[schema(value_type = Value)]
    pub observed: Option<Json>,
    /// What should have been.
    #[schema(value_type = Value)]
    pub expected: Option<Json>,
    /// Unit of both.
    pub unit: Option<String>,
    /// Rows or things affected.
    pub affected_records: Option<u64>,
    /// A few rows that show it.
    #[schema(value_type = Vec<Object>)]
    pub samples: Vec<Map<String, Json>>,
    /// What a person could do about it.
    pub remediation: Option<String>,
    /// More details.
    #[schema(value_type = Object)]
    pub attributes: Map<String, Json>,
}

/// A number for trends.
#[derive(Debug, Serialize, ToSchema)]
pub struct MetricView {
    /// Its name.
    pub metric_name: String,
    /// Its value; as text where JSON has no number for it.
    #[schema(value_type = Value)]
    pub value: Json,
    /// Its unit.
    pub unit: Option<String>,
    /// More details.
    #[schema(value_type = Object)]
    pub attributes: Map<String, Json>,
}

impl ResultView {
    /// Of a result of a run about a day.
    #[must_use]
    pub fn of(result: &CheckResult, target_date: &str) -> Self {
        let conclusion = &result.conclusion;
        Self {
            run_id: result.run_id.to_string(),
            target_date: target_date.to_owned(),
            check_name: result.check.to_string(),
            plugin: result.plugin.clone(),
            component_digest: result.digest.map(|digest| digest.to_string()),
            owner: result.owner.clone(),
            tags: result.tags.clone(),
            status: conclusion.status.as_str(),
            reason: conclusion.reason.map(|reason| reason.as_str()),
            severity: conclusion.severity.as_str(),
            message: conclusion.message.clone(),
            hint: conclusion.hint.clone(),
            detail: conclusion.detail.clone(),
            rows_evaluated: conclusion.examined,
            findings_partial: conclusion.partial,
            started_at: result.started_at.to_string(),
            duration_ms: millis(result.duration),
            settings: serde_json::from_str(&result.settings).unwrap_or_else(|_| Json::String(result.settings.clone())),
            findings: result.findings.iter().map(FindingView::of).collect(),
            metrics: result.metrics.iter().map(MetricView::of).collect(),
            logs: result.logs.iter().map(LogView::of).collect(),
            usage: UsageView::of(&result.usage),
        }
    }
}

impl LogView {
    fn of(line: &LogLine) -> Self {
        Self { level: line.level.as_str(), message: line.message.clone() }
    }
}

impl UsageView {
    fn of(usage: &Usage) -> Self {
        let Usage {
            fuel,
            guest_cpu,
            host_time,
            peak_memory,
            queries,
            rows,
            bytes,
            engine,
            findings_dropped,
            metrics_dropped,
            log_lines_dropped,
        } = usage;
        Self {
            fuel_used: *fuel,
            guest_cpu_ms: millis(*guest_cpu),
            host_time_ms: millis(*host_time),
            peak_memory_bytes: *peak_memory,
            query_count: *queries,
            rows_read: *rows,
            bytes_read: *bytes,
            engine_version: engine.clone(),
            findings_dropped: *findings_dropped,
            metrics_dropped: *metrics_dropped,
            log_lines_dropped: *log_lines_dropped,
        }
    }
}

impl FindingView {
    /// Of a finding as it is stored.
    #[must_use]
    pub fn of(finding: &Finding) -> Self {
        let draft = &finding.draft;
        let subject = &draft.subject;
        Self {
            code: draft.code.clone(),
            severity: finding.severity.as_str(),
            message: draft.message.clone(),
            source: subject.source.clone(),
            table: subject.table.clone(),
            column: subject.column.clone(),
            date: subject.date.clone(),
            partition: subject.partition.clone(),
            observed: draft.observed.as_ref().map(measure),
            expected: draft.expected.as_ref().map(measure),
            unit: draft.unit.clone(),
            affected_records: draft.affected,
            samples: draft
                .samples
                .iter()
                .map(|row| row.iter().map(|cell| (cell.name.clone(), Json::from(cell.value.clone()))).collect())
                .collect(),
            remediation: draft.remediation.clone(),
            attributes: attributes(&draft.attributes),
        }
    }
}

impl MetricView {
    /// Of a metric.
    #[must_use]
    pub fn of(metric: &Metric) -> Self {
        let Metric { name, value, unit, attributes: details } = metric;
        Self { metric_name: name.clone(), value: number(*value), unit: unit.clone(), attributes: attributes(details) }
    }
}

fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}

fn attributes(attributes: &[Attribute]) -> Map<String, Json> {
    attributes.iter().map(|a| (a.key.clone(), Json::from(a.value.clone()))).collect()
}

/// JSON has no NaN and no infinities; as text they are at least not lost.
fn number(value: f64) -> Json {
    serde_json::Number::from_f64(value).map_or_else(|| Json::String(value.to_string()), Json::Number)
}

fn measure(measure: &Measure) -> Json {
    match measure {
        Measure::Number(value) => number(*value),
        Measure::Text(text) => Json::String(text.clone()),
    }
}
