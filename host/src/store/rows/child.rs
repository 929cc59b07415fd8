//! Tables `validation_findings`, `validation_metrics` and `validation_logs`: what a check reported.

use rusqlite::types::Value;

use super::super::codec::{self, Fields};
use super::super::error::Fault;
use super::Table;
use crate::model::{Finding, FindingDraft, LogLevel, LogLine, Metric, Severity, Subject};

/// What checks found.
pub(in super::super) const FINDINGS: Table<20> = Table {
    name: "validation_findings",
    key: 2,
    columns: [
        "result_id",
        "ordinal",
        "code",
        "severity",
        "requested_severity",
        "message",
        "target_source",
        "target_table",
        "target_column",
        "target_date",
        "target_partition",
        "observed_value",
        "observed_text",
        "expected_value",
        "expected_text",
        "unit",
        "affected_records",
        "samples",
        "remediation",
        "attributes",
    ],
};

/// Numbers for trends.
pub(in super::super) const METRICS: Table<6> = Table {
    name: "validation_metrics",
    key: 2,
    columns: ["result_id", "ordinal", "metric_name", "value", "unit", "attributes"],
};

/// What checks wrote.
pub(in super::super) const LOGS: Table<4> =
    Table { name: "validation_logs", key: 2, columns: ["result_id", "ordinal", "level", "message"] };

/// The row of a finding.
pub(in super::super) fn finding_row(result_id: &str, ordinal: usize, finding: &Finding) -> [Value; 20] {
    let Finding { severity, draft } = finding;
    let FindingDraft { subject: Subject { source, table, column, date, partition }, .. } = draft;
    let [observed_value, observed_text] = codec::measure(draft.observed.as_ref());
    let [expected_value, expected_text] = codec::measure(draft.expected.as_ref());
    [
        codec::text(Some(result_id)),
        codec::count(ordinal as u64),
        codec::text(Some(&draft.code)),
        codec::text(Some(severity.as_str())),
        codec::text(draft.severity.map(Severity::as_str)),
        codec::text(Some(&draft.message)),
        codec::text(source.as_deref()),
        codec::text(table.as_deref()),
        codec::text(column.as_deref()),
        codec::text(date.as_deref()),
        codec::text(partition.as_deref()),
        observed_value,
        observed_text,
        expected_value,
        expected_text,
        codec::text(draft.unit.as_deref()),
        draft.affected.map_or(Value::Null, codec::count),
        codec::samples(&draft.samples),
        codec::text(draft.remediation.as_deref()),
        codec::attributes(&draft.attributes),
    ]
}

/// The finding of a row.
pub(in super::super) fn read_finding(row: &rusqlite::Row<'_>) -> Result<Finding, Fault> {
    let fields = Fields::new(FINDINGS.name, row);
    let draft = FindingDraft {
        code: fields.text("code")?,
        severity: fields.word_or_null("requested_severity", "severity", &Severity::ALL, Severity::as_str)?,
        message: fields.text("message")?,
        subject: Subject {
            source: fields.text_or_null("target_source")?,
            table: fields.text_or_null("target_table")?,
            column: fields.text_or_null("target_column")?,
            date: fields.text_or_null("target_date")?,
            partition: fields.text_or_null("target_partition")?,
        },
        observed: fields.measure("observed_value", "observed_text")?,
        expected: fields.measure("expected_value", "expected_text")?,
        unit: fields.text_or_null("unit")?,
        affected: fields.count_or_null("affected_records")?,
        samples: fields.samples("samples")?,
        remediation: fields.text_or_null("remediation")?,
        attributes: fields.attributes("attributes")?,
    };
    Ok(Finding { severity: fields.word("severity", "severity", &Severity::ALL, Severity::as_str)?, draft })
}

/// The row of a metric.
pub(in super::super) fn metric_row(result_id: &str, ordinal: usize, metric: &Metric) -> [Value; 6] {
    let Metric { name, value, unit, attributes } = metric;
    [
        codec::text(Some(result_id)),
        codec::count(ordinal as u64),
        codec::text(Some(name)),
        codec::number(*value),
        codec::text(unit.as_deref()),
        codec::attributes(attributes),
    ]
}

/// The metric of a row.
pub(in super::super) fn read_metric(row: &rusqlite::Row<'_>) -> Result<Metric, Fault> {
    let fields = Fields::new(METRICS.name, row);
    Ok(Metric {
        name: fields.text("metric_name")?,
        value: fields.number_or_null("value")?.unwrap_or(f64::NAN),
        unit: fields.text_or_null("unit")?,
        attributes: fields.attributes("attributes")?,
    })
}

/// The row of a log line.
pub(in super::super) fn log_row(result_id: &str, ordinal: usize, line: &LogLine) -> [Value; 4] {
    let LogLine { level, message } = line;
    [
        codec::text(Some(result_id)),
        codec::count(ordinal as u64),
        codec::text(Some(level.as_str())),
        codec::text(Some(message)),
    ]
}

/// The log line of a row.
pub(in super::super) fn read_log(row: &rusqlite::Row<'_>) -> Result<LogLine, Fault> {
    let fields = Fields::new(LOGS.name, row);
    Ok(LogLine {
        level: fields.word("level", "log level", &LogLevel::ALL, LogLevel::as_str)?,
        message: fields.text("message")?,
    })
}
