//! The last line: what came of the check.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::value::Float;
use super::{ProblemBody, words};
use crate::model::{
    Attribute, Cell, Conclusion, Finding, FindingDraft, LogLevel, LogLine, Measure, Metric, Reason, Severity, Status,
    Subject, Usage,
};
use crate::source::transcript::{Concluded, RedactionTally};

words!(StatusWord for Status in "snake_case" { Pass, Warn, Fail, Skip, Error });
words!(ReasonWord for Reason in "snake_case" {
    CheckError, Trap, FuelExhausted, CpuTimeout, Deadline, MemoryLimit, Denied, QueryFailed, BadSettings,
    MissingPlugin, Interrupted, Cancelled, HostError, Upstream,
});
words!(SeverityWord for Severity in "snake_case" { Low, Medium, High, Critical });
words!(LevelWord for LogLevel in "snake_case" { Debug, Info, Warn, Error });

/// [`Concluded`] as it is written.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::source::transcript) struct ConclusionDocument {
    status: StatusWord,
    reason: Option<ReasonWord>,
    severity: SeverityWord,
    message: String,
    hint: Option<String>,
    detail: Option<String>,
    examined: Option<u64>,
    partial: bool,
    findings: Vec<FindingDocument>,
    metrics: Vec<MetricDocument>,
    logs: Vec<LogDocument>,
    unresolved: Vec<ProblemBody>,
    usage: UsageDocument,
    redaction: Option<TallyDocument>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct FindingDocument {
    severity: SeverityWord,
    code: String,
    /// What the check asked for.
    asked_severity: Option<SeverityWord>,
    message: String,
    subject: SubjectDocument,
    observed: Option<MeasureDocument>,
    expected: Option<MeasureDocument>,
    unit: Option<String>,
    affected: Option<u64>,
    samples: Vec<Vec<CellDocument>>,
    remediation: Option<String>,
    attributes: Vec<AttributeDocument>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SubjectDocument {
    source: Option<String>,
    table: Option<String>,
    column: Option<String>,
    date: Option<String>,
    partition: Option<String>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum MeasureDocument {
    Number(Float),
    Text(String),
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct CellDocument {
    name: String,
    value: Option<String>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct AttributeDocument {
    key: String,
    value: String,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct MetricDocument {
    name: String,
    value: Float,
    unit: Option<String>,
    attributes: Vec<AttributeDocument>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct LogDocument {
    level: LevelWord,
    message: String,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct UsageDocument {
    fuel: u64,
    guest_cpu_nanos: u64,
    host_nanos: u64,
    peak_memory: u64,
    queries: u64,
    rows: u64,
    bytes: u64,
    engine: Option<String>,
    findings_dropped: u64,
    metrics_dropped: u64,
    log_lines_dropped: u64,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct TallyDocument {
    values: u64,
    original_params: u64,
    pseudonym_params: u64,
    complete: bool,
}

impl From<&Concluded> for ConclusionDocument {
    fn from(concluded: &Concluded) -> Self {
        let Concluded { conclusion, findings, metrics, logs, unresolved, usage, redaction } = concluded.clone();
        let Conclusion { status, reason, severity, message, hint, detail, examined, partial } = conclusion;
        Self {
            status: status.into(),
            reason: reason.map(Into::into),
            severity: severity.into(),
            message,
            hint,
            detail,
            examined,
            partial,
            findings: findings.into_iter().map(Into::into).collect(),
            metrics: metrics.into_iter().map(Into::into).collect(),
            logs: logs
                .into_iter()
                .map(|LogLine { level, message }| LogDocument { level: level.into(), message })
                .collect(),
            unresolved: unresolved.iter().map(Into::into).collect(),
            usage: usage.into(),
            redaction: redaction.map(|RedactionTally { values, original_params, pseudonym_params, complete }| {
                TallyDocument { values, original_params, pseudonym_params, complete }
            }),
        }
    }
}

impl From<ConclusionDocument> for Concluded {
    fn from(document: ConclusionDocument) -> Self {
        let ConclusionDocument {
            status,
            reason,
            severity,
            message,
            hint,
            detail,
            examined,
            partial,
            findings,
            metrics,
            logs,
            unresolved,
            usage,
            redaction,
        } = document;
        Self {
            conclusion: Conclusion {
                status: status.into(),
                reason: reason.map(Into::into),
                severity: severity.into(),
                message,
                hint,
                detail,
                examined,
                partial,
            },
            findings: findings.into_iter().map(Into::into).collect(),
            metrics: metrics.into_iter().map(Into::into).collect(),
            logs: logs
                .into_iter()
                .map(|LogDocument { level, message }| LogLine { level: level.into(), message })
                .collect(),
            unresolved: unresolved.into_iter().map(Into::into).collect(),
            usage: usage.into(),
            redaction: redaction.map(|TallyDocument { values, original_params, pseudonym_params, complete }| {
                RedactionTally { values, original_params, pseudonym_params, complete }
            }),
        }
    }
}

impl From<Finding> for FindingDocument {
    fn from(Finding { severity, draft }: Finding) -> Self {
        let FindingDraft {
            code,
            severity: asked,
            message,
            subject: Subject { source, table, column, date, partition },
            observed,
            expected,
            unit,
            affected,
            samples,
            remediation,
            attributes,
        } = draft;
        let cell = |Cell { name, value }: Cell| CellDocument { name, value };
        Self {
            severity: severity.into(),
            code,
            asked_severity: asked.map(Into::into),
            message,
            subject: SubjectDocument { source, table, column, date, partition },
            observed: observed.map(Into::into),
            expected: expected.map(Into::into),
            unit,
            affected,
            samples: samples.into_iter().map(|row| row.into_iter().map(cell).collect()).collect(),
            remediation,
            attributes: attributes.into_iter().map(Into::into).collect(),
        }
    }
}

impl From<FindingDocument> for Finding {
    fn from(document: FindingDocument) -> Self {
        let FindingDocument {
            severity,
            code,
            asked_severity,
            message,
            subject: SubjectDocument { source, table, column, date, partition },
            observed,
            expected,
            unit,
            affected,
            samples,
            remediation,
            attributes,
        } = document;
        let cell = |CellDocument { name, value }: CellDocument| Cell { name, value };
        Self {
            severity: severity.into(),
            draft: FindingDraft {
                code,
                severity: asked_severity.map(Into::into),
                message,
                subject: Subject { source, table, column, date, partition },
                observed: observed.map(Into::into),
                expected: expected.map(Into::into),
                unit,
                affected,
                samples: samples.into_iter().map(|row| row.into_iter().map(cell).collect()).collect(),
                remediation,
                attributes: attributes.into_iter().map(Into::into).collect(),
            },
        }
    }
}

impl From<Measure> for MeasureDocument {
    fn from(measure: Measure) -> Self {
        match measure {
            Measure::Number(value) => Self::Number(Float(value)),
            Measure::Text(text) => Self::Text(text),
        }
    }
}

impl From<MeasureDocument> for Measure {
    fn from(measure: MeasureDocument) -> Self {
        match measure {
            MeasureDocument::Number(Float(value)) => Self::Number(value),
            MeasureDocument::Text(text) => Self::Text(text),
        }
    }
}

impl From<Attribute> for AttributeDocument {
    fn from(Attribute { key, value }: Attribute) -> Self {
        Self { key, value }
    }
}

impl From<AttributeDocument> for Attribute {
    fn from(AttributeDocument { key, value }: AttributeDocument) -> Self {
        Self { key, value }
    }
}

impl From<Metric> for MetricDocument {
    fn from(Metric { name, value, unit, attributes }: Metric) -> Self {
        Self { name, value: Float(value), unit, attributes: attributes.into_iter().map(Into::into).collect() }
    }
}

impl From<MetricDocument> for Metric {
    fn from(MetricDocument { name, value: Float(value), unit, attributes }: MetricDocument) -> Self {
        Self { name, value, unit, attributes: attributes.into_iter().map(Into::into).collect() }
    }
}

impl From<Usage> for UsageDocument {
    fn from(usage: Usage) -> Self {
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
        let nanos = |time: Duration| u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        Self {
            fuel,
            guest_cpu_nanos: nanos(guest_cpu),
            host_nanos: nanos(host_time),
            peak_memory,
            queries,
            rows,
            bytes,
            engine,
            findings_dropped,
            metrics_dropped,
            log_lines_dropped,
        }
    }
}

impl From<UsageDocument> for Usage {
    fn from(document: UsageDocument) -> Self {
        Self {
            fuel: document.fuel,
            guest_cpu: Duration::from_nanos(document.guest_cpu_nanos),
            host_time: Duration::from_nanos(document.host_nanos),
            peak_memory: document.peak_memory,
            queries: document.queries,
            rows: document.rows,
            bytes: document.bytes,
            engine: document.engine,
            findings_dropped: document.findings_dropped,
            metrics_dropped: document.metrics_dropped,
            log_lines_dropped: document.log_lines_dropped,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{CodeWord, KindWord};
    use super::*;
    use crate::model::{Kind, ProblemCode};

    fn written(word: impl Serialize) -> String {
        serde_json::to_value(word).unwrap().as_str().unwrap().to_owned()
    }

    #[test]
    fn words_are_those_of_the_model_and_the_contract() {
        for status in Status::ALL {
            assert_eq!(written(StatusWord::from(status)), status.as_str());
        }
        for reason in Reason::ALL {
            assert_eq!(written(ReasonWord::from(reason)), reason.as_str());
        }
        for severity in Severity::ALL {
            assert_eq!(written(SeverityWord::from(severity)), severity.as_str());
        }
        for level in LogLevel::ALL {
            assert_eq!(written(LevelWord::from(level)), level.as_str());
        }
        for code in [ProblemCode::InvalidSql, ProblemCode::UnknownTable, ProblemCode::NotReadOnly, ProblemCode::Failed]
        {
            assert_eq!(written(CodeWord::from(code)), code.as_str());
        }
        for (kind, word) in [(Kind::Int64, "int64"), (Kind::DateTime, "datetime"), (Kind::Other, "other")] {
            assert_eq!(written(KindWord::from(kind)), word);
        }
    }
}
