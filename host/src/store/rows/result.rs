//! Table `validation_results`: one check's outcome, without what it reported.

use std::time::Duration;

use rusqlite::types::Value;

use super::super::codec::{self, Fields};
use super::super::error::{Fault, StoreError};
use super::{Table, settings, timestamp};
use crate::model::{CheckResult, Conclusion, Reason, Severity, Status, Usage};

/// The table.
pub(in super::super) const TABLE: Table<30> = Table {
    name: "validation_results",
    key: 1,
    columns: [
        "result_id",
        "run_id",
        "check_name",
        "attempt",
        "plugin",
        "component_digest",
        "owner",
        "tags",
        "settings",
        "status",
        "reason",
        "severity",
        "message",
        "hint",
        "detail",
        "rows_evaluated",
        "partial",
        "fuel_used",
        "guest_cpu_us",
        "host_time_us",
        "peak_memory_bytes",
        "query_count",
        "rows_read",
        "bytes_read",
        "engine_version",
        "findings_dropped",
        "metrics_dropped",
        "log_lines_dropped",
        "started_at",
        "duration_ms",
    ],
};

/// `run/check/attempt`: unambiguous, since only the middle part may have slashes.
pub(in super::super) fn id(result: &CheckResult) -> String {
    format!("{}/{}/{}", result.run_id, result.check, result.attempt)
}

/// The row of a result.
pub(in super::super) fn row(result: &CheckResult) -> Result<[Value; 30], StoreError> {
    let id = id(result);
    let of = format!("result {id}");
    let CheckResult { conclusion, usage, .. } = result;
    let Conclusion { status, reason, severity, message, hint, detail, examined, partial } = conclusion;
    Ok([
        Value::Text(id),
        Value::Text(result.run_id.to_string()),
        codec::text(Some(result.check.as_str())),
        codec::count(result.attempt.into()),
        codec::text(Some(&result.plugin)),
        result.digest.map_or(Value::Null, |digest| Value::Text(digest.to_string())),
        codec::text(result.owner.as_deref()),
        codec::tags(&result.tags),
        settings(&of, &result.settings)?,
        codec::text(Some(status.as_str())),
        codec::text(reason.map(Reason::as_str)),
        codec::text(Some(severity.as_str())),
        codec::text(Some(message)),
        codec::text(hint.as_deref()),
        codec::text(detail.as_deref()),
        examined.map_or(Value::Null, codec::count),
        Value::Integer((*partial).into()),
        codec::count(usage.fuel),
        codec::micros(usage.guest_cpu),
        codec::micros(usage.host_time),
        codec::count(usage.peak_memory),
        codec::count(usage.queries),
        codec::count(usage.rows),
        codec::count(usage.bytes),
        codec::text(usage.engine.as_deref()),
        codec::count(usage.findings_dropped),
        codec::count(usage.metrics_dropped),
        codec::count(usage.log_lines_dropped),
        timestamp(&of, "started_at", result.started_at)?,
        codec::millis(result.duration),
    ])
}

/// The result of a row; findings, metrics and logs are yet to be read.
pub(in super::super) fn read(row: &rusqlite::Row<'_>) -> Result<CheckResult, Fault> {
    let fields = Fields::new(TABLE.name, row);
    let conclusion = Conclusion {
        status: status(&fields)?,
        reason: reason(&fields)?,
        severity: severity(&fields)?,
        message: fields.text("message")?,
        hint: fields.text_or_null("hint")?,
        detail: fields.text_or_null("detail")?,
        examined: fields.count_or_null("rows_evaluated")?,
        partial: fields.truth("partial")?,
    };
    let usage = Usage {
        fuel: fields.count("fuel_used")?,
        guest_cpu: Duration::from_micros(fields.count("guest_cpu_us")?),
        host_time: Duration::from_micros(fields.count("host_time_us")?),
        peak_memory: fields.count("peak_memory_bytes")?,
        queries: fields.count("query_count")?,
        rows: fields.count("rows_read")?,
        bytes: fields.count("bytes_read")?,
        engine: fields.text_or_null("engine_version")?,
        findings_dropped: fields.count("findings_dropped")?,
        metrics_dropped: fields.count("metrics_dropped")?,
        log_lines_dropped: fields.count("log_lines_dropped")?,
    };
    Ok(CheckResult {
        run_id: fields.parsed("run_id", "run id")?,
        check: fields.parsed("check_name", "check name")?,
        attempt: fields.count("attempt")?,
        plugin: fields.text("plugin")?,
        digest: fields.parsed_or_null("component_digest", "digest")?,
        owner: fields.text_or_null("owner")?,
        tags: fields.tags("tags")?,
        settings: fields.text("settings")?,
        conclusion,
        findings: Vec::new(),
        metrics: Vec::new(),
        logs: Vec::new(),
        usage,
        started_at: fields.timestamp("started_at")?,
        duration: Duration::from_millis(fields.count("duration_ms")?),
    })
}

/// Status and severity of a row that has at least those.
pub(in super::super) fn weight(row: &rusqlite::Row<'_>) -> Result<(Status, Severity), Fault> {
    let fields = Fields::new(TABLE.name, row);
    Ok((status(&fields)?, severity(&fields)?))
}

/// Why a result is what it is.
pub(in super::super) fn reason(fields: &Fields<'_, '_>) -> Result<Option<Reason>, Fault> {
    fields.word_or_null("reason", "reason", &Reason::ALL, Reason::as_str)
}

fn status(fields: &Fields<'_, '_>) -> Result<Status, Fault> {
    fields.word("status", "status", &Status::ALL, Status::as_str)
}

fn severity(fields: &Fields<'_, '_>) -> Result<Severity, Fault> {
    fields.word("severity", "severity", &Severity::ALL, Severity::as_str)
}
