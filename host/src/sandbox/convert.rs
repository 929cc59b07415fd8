//! Between the contract's generated types and the model's. Vectors move; nothing is copied.

use crate::capability::{Budget, CursorStats};
use crate::model::{self, Problem};
use crate::source::Estimate;

use super::bindings::assay::plugin::types;
use super::bindings::assay::query::query;
use super::bindings::assay::report::report;

fn micros(duration: std::time::Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

impl From<Problem> for query::Problem {
    fn from(Problem { code, message, hint, retryable }: Problem) -> Self {
        Self { code: code.as_str().to_owned(), message, hint, retryable }
    }
}

impl From<model::Kind> for query::Kind {
    fn from(kind: model::Kind) -> Self {
        match kind {
            model::Kind::Int64 => Self::Int64,
            model::Kind::Float64 => Self::Float64,
            model::Kind::Text => Self::Text,
            model::Kind::Boolean => Self::Boolean,
            model::Kind::Bytes => Self::Bytes,
            model::Kind::Date => Self::Date,
            model::Kind::Time => Self::Time,
            model::Kind::DateTime => Self::Datetime,
            model::Kind::Timestamp => Self::Timestamp,
            model::Kind::Decimal => Self::Decimal,
            model::Kind::Json => Self::Json,
            model::Kind::Other => Self::Other,
        }
    }
}

impl From<query::Kind> for model::Kind {
    fn from(kind: query::Kind) -> Self {
        match kind {
            query::Kind::Int64 => Self::Int64,
            query::Kind::Float64 => Self::Float64,
            query::Kind::Text => Self::Text,
            query::Kind::Boolean => Self::Boolean,
            query::Kind::Bytes => Self::Bytes,
            query::Kind::Date => Self::Date,
            query::Kind::Time => Self::Time,
            query::Kind::Datetime => Self::DateTime,
            query::Kind::Timestamp => Self::Timestamp,
            query::Kind::Decimal => Self::Decimal,
            query::Kind::Json => Self::Json,
            query::Kind::Other => Self::Other,
        }
    }
}

impl From<&model::ColumnInfo> for query::ColumnInfo {
    fn from(column: &model::ColumnInfo) -> Self {
        Self {
            name: column.name.clone(),
            kind: column.kind.into(),
            type_name: column.type_name.clone(),
            nullable: column.nullable,
        }
    }
}

impl From<model::VarData> for query::VarData {
    fn from(model::VarData { offsets, bytes }: model::VarData) -> Self {
        Self { offsets, bytes }
    }
}

impl From<model::Column> for query::Column {
    fn from(model::Column { validity, values }: model::Column) -> Self {
        let data = match values {
            model::Values::Int64(values) => query::Data::Int64(values),
            model::Values::Float64(values) => query::Data::Float64(values),
            model::Values::Bits(bits) => query::Data::Bits(bits),
            model::Values::Days(days) => query::Data::Days(days),
            model::Values::Micros(micros) => query::Data::Micros(micros),
            model::Values::Text(data) => query::Data::Text(data.into()),
            model::Values::Bytes(data) => query::Data::Bytes(data.into()),
        };
        Self { validity, data }
    }
}

impl From<model::Batch> for query::Batch {
    fn from(model::Batch { rows, columns }: model::Batch) -> Self {
        Self { rows, columns: columns.into_iter().map(Into::into).collect() }
    }
}

impl From<query::Param> for model::Param {
    fn from(query::Param { name, value }: query::Param) -> Self {
        let value = match value {
            query::Value::Null(kind) => model::Value::Null(kind.into()),
            query::Value::Boolean(value) => model::Value::Boolean(value),
            query::Value::Int64(value) => model::Value::Int64(value),
            query::Value::Float64(value) => model::Value::Float64(value),
            query::Value::Text(value) => model::Value::Text(value),
            query::Value::Bytes(value) => model::Value::Bytes(value),
            query::Value::Date(value) => model::Value::Date(value),
            query::Value::Datetime(value) => model::Value::DateTime(value),
            query::Value::Timestamp(value) => model::Value::Timestamp(value),
            query::Value::Decimal(value) => model::Value::Decimal(value),
            query::Value::Int64Array(values) => model::Value::Int64Array(values),
            query::Value::Float64Array(values) => model::Value::Float64Array(values),
            query::Value::TextArray(values) => model::Value::TextArray(values),
            query::Value::DateArray(values) => model::Value::DateArray(values),
            query::Value::TimestampArray(values) => model::Value::TimestampArray(values),
        };
        Self { name, value }
    }
}

impl From<CursorStats> for query::Stats {
    fn from(CursorStats { rows, bytes, elapsed, cost }: CursorStats) -> Self {
        Self {
            rows,
            bytes,
            elapsed_micros: micros(elapsed),
            billed_bytes: cost.billed_bytes,
            cache_hit: cost.cache_hit,
        }
    }
}

impl From<Estimate> for query::EstimateInfo {
    fn from(Estimate { rows, bytes, billed_bytes }: Estimate) -> Self {
        Self { rows, bytes, billed_bytes }
    }
}

impl From<Budget> for query::Budget {
    fn from(Budget { queries, rows, bytes, time }: Budget) -> Self {
        Self { queries: u32::try_from(queries).unwrap_or(u32::MAX), rows, bytes, millis: micros(time) / 1_000 }
    }
}

impl From<report::Measure> for model::Measure {
    fn from(measure: report::Measure) -> Self {
        match measure {
            report::Measure::Number(number) => Self::Number(number),
            report::Measure::Text(text) => Self::Text(text),
        }
    }
}

impl From<report::Attribute> for model::Attribute {
    fn from(report::Attribute { key, value }: report::Attribute) -> Self {
        Self { key, value }
    }
}

impl From<report::Cell> for model::Cell {
    fn from(report::Cell { name, value }: report::Cell) -> Self {
        Self { name, value }
    }
}

impl From<report::Subject> for model::Subject {
    fn from(report::Subject { source, table, column, date, partition }: report::Subject) -> Self {
        Self { source, table, column, date, partition }
    }
}

impl From<report::Severity> for model::Severity {
    fn from(severity: report::Severity) -> Self {
        match severity {
            report::Severity::Critical => Self::Critical,
            report::Severity::High => Self::High,
            report::Severity::Medium => Self::Medium,
            report::Severity::Low => Self::Low,
        }
    }
}

impl From<report::Level> for model::LogLevel {
    fn from(level: report::Level) -> Self {
        match level {
            report::Level::Debug => Self::Debug,
            report::Level::Info => Self::Info,
            report::Level::Warn => Self::Warn,
            report::Level::Error => Self::Error,
        }
    }
}

impl From<report::Finding> for model::FindingDraft {
    fn from(finding: report::Finding) -> Self {
        Self {
            code: finding.code,
            severity: finding.severity.map(Into::into),
            message: finding.message,
            subject: finding.subject.into(),
            observed: finding.observed.map(Into::into),
            expected: finding.expected.map(Into::into),
            unit: finding.unit,
            affected: finding.affected,
            samples: finding.samples.into_iter().map(|row| row.into_iter().map(Into::into).collect()).collect(),
            remediation: finding.remediation,
            attributes: finding.attributes.into_iter().map(Into::into).collect(),
        }
    }
}

impl From<types::Metadata> for model::Description {
    fn from(metadata: types::Metadata) -> Self {
        Self {
            id: metadata.id,
            version: metadata.version,
            title: metadata.title,
            description: metadata.description,
            owner: metadata.owner,
            settings_schema: metadata.settings_schema,
            limits: metadata.limits.into_iter().map(|limit| (limit.name, limit.value)).collect(),
        }
    }
}

impl From<types::SettingProblem> for model::SettingProblem {
    fn from(types::SettingProblem { path, message }: types::SettingProblem) -> Self {
        Self { path, message }
    }
}

impl From<types::Verdict> for model::Verdict {
    fn from(types::Verdict { outcome, summary, examined }: types::Verdict) -> Self {
        let outcome = match outcome {
            types::Outcome::Pass => model::Outcome::Pass,
            types::Outcome::Warn => model::Outcome::Warn,
            types::Outcome::Fail => model::Outcome::Fail,
            types::Outcome::Skip => model::Outcome::Skip,
        };
        Self { outcome, summary, examined }
    }
}

/// Days since 1970-01-01.
fn epoch_days(date: jiff::civil::Date) -> i32 {
    let epoch = jiff::civil::date(1970, 1, 1);
    (date - epoch).get_days()
}

impl From<model::RunContext> for types::Context {
    fn from(context: model::RunContext) -> Self {
        Self {
            run_id: context.run_id.to_string(),
            check: context.check.to_string(),
            attempt: context.attempt,
            scheduled_micros: context.scheduled_for.as_microsecond(),
            target_date: epoch_days(context.target_date),
            window_start_micros: context.window.start.as_microsecond(),
            window_end_micros: context.window.end.as_microsecond(),
            time_zone: context.time_zone,
            utc_offset_seconds: context.utc_offset_seconds,
            seed: context.seed,
            dry_run: context.dry_run,
            sources: context.sources.iter().map(ToString::to_string).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_count_from_the_epoch() {
        use jiff::civil::date;
        for (day, expected) in [(date(1970, 1, 1), 0), (date(2026, 1, 1), 20_454), (date(1969, 12, 31), -1)] {
            assert_eq!(epoch_days(day), expected, "{day}");
        }
    }
}
