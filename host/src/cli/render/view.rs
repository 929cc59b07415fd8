//! What is shown of results, in one shape for people and machines. Field names follow the journal's tables.

use serde::Serialize;
use serde_json::Value as Json;

use crate::admission::{Admitted, Interface, ItemKind, Language};
use crate::model::{CheckResult, RunRecord, Usage};
use crate::runner::RunOutcome;
use crate::view::{FindingView, MetricView};

/// A run with its results.
#[derive(Debug, Serialize)]
pub(in crate::cli) struct RunView {
    pub(in crate::cli) run_id: String,
    pub(in crate::cli) trigger_source: &'static str,
    pub(in crate::cli) schedule_name: Option<String>,
    pub(in crate::cli) scheduled_for: String,
    pub(in crate::cli) timezone: String,
    pub(in crate::cli) target_date: String,
    pub(in crate::cli) started_at: String,
    pub(in crate::cli) finished_at: String,
    pub(in crate::cli) duration_ms: i128,
    pub(in crate::cli) status: &'static str,
    pub(in crate::cli) message: String,
    pub(in crate::cli) checks_passed: u64,
    pub(in crate::cli) checks_warned: u64,
    pub(in crate::cli) checks_failed: u64,
    pub(in crate::cli) checks_skipped: u64,
    pub(in crate::cli) checks_errored: u64,
    pub(in crate::cli) results: Vec<ResultView>,
}

/// A result.
#[derive(Debug, Serialize)]
pub(in crate::cli) struct ResultView {
    pub(in crate::cli) run_id: String,
    pub(in crate::cli) target_date: String,
    pub(in crate::cli) check_name: String,
    pub(in crate::cli) plugin: String,
    pub(in crate::cli) component_digest: Option<String>,
    pub(in crate::cli) owner: Option<String>,
    pub(in crate::cli) tags: Vec<String>,
    pub(in crate::cli) status: &'static str,
    pub(in crate::cli) reason: Option<&'static str>,
    pub(in crate::cli) severity: &'static str,
    pub(in crate::cli) message: String,
    pub(in crate::cli) hint: Option<String>,
    pub(in crate::cli) detail: Option<String>,
    pub(in crate::cli) rows_evaluated: Option<u64>,
    pub(in crate::cli) findings_partial: bool,
    pub(in crate::cli) started_at: String,
    pub(in crate::cli) duration_ms: f64,
    pub(in crate::cli) settings: Json,
    pub(in crate::cli) findings: Vec<FindingView>,
    pub(in crate::cli) metrics: Vec<MetricView>,
    pub(in crate::cli) logs: Vec<Json>,
    pub(in crate::cli) usage: UsageView,
}

/// What a check used.
#[derive(Debug, Serialize)]
pub(in crate::cli) struct UsageView {
    pub(in crate::cli) fuel_used: u64,
    pub(in crate::cli) guest_cpu_ms: f64,
    pub(in crate::cli) host_time_ms: f64,
    pub(in crate::cli) peak_memory_bytes: u64,
    pub(in crate::cli) query_count: u64,
    pub(in crate::cli) rows_read: u64,
    pub(in crate::cli) bytes_read: u64,
    pub(in crate::cli) engine_version: Option<String>,
    pub(in crate::cli) findings_dropped: u64,
    pub(in crate::cli) metrics_dropped: u64,
    pub(in crate::cli) log_lines_dropped: u64,
}

/// An admitted plugin.
#[derive(Debug, Serialize)]
pub(in crate::cli) struct AdmittedView {
    pub(in crate::cli) plugin: String,
    pub(in crate::cli) title: String,
    pub(in crate::cli) description: String,
    pub(in crate::cli) owner: String,
    pub(in crate::cli) digest: String,
    pub(in crate::cli) size_bytes: u64,
    pub(in crate::cli) core_modules: usize,
    pub(in crate::cli) language: Option<Language>,
    pub(in crate::cli) imports: Vec<InterfaceView>,
    pub(in crate::cli) exports: Vec<InterfaceView>,
    pub(in crate::cli) settings_schema: Json,
}

/// An import or export.
#[derive(Debug, Serialize)]
pub(in crate::cli) struct InterfaceView {
    pub(in crate::cli) name: String,
    pub(in crate::cli) functions: Vec<String>,
}

impl RunView {
    pub(in crate::cli) fn of(outcome: &RunOutcome) -> Self {
        let RunOutcome { run, status, message, finished_at, tally, results, not_stored: _ } = outcome;
        let RunRecord { run_id, trigger, schedule, scheduled_for, time_zone, target_date, started_at, .. } = run;
        let target_date = target_date.to_string();
        Self {
            run_id: run_id.to_string(),
            trigger_source: trigger.as_str(),
            schedule_name: schedule.as_ref().map(ToString::to_string),
            scheduled_for: scheduled_for.to_string(),
            timezone: time_zone.clone(),
            started_at: started_at.to_string(),
            finished_at: finished_at.to_string(),
            duration_ms: finished_at.duration_since(*started_at).as_millis(),
            status: status.as_str(),
            message: message.clone(),
            checks_passed: tally.passed,
            checks_warned: tally.warned,
            checks_failed: tally.failed,
            checks_skipped: tally.skipped,
            checks_errored: tally.errored,
            results: results.iter().map(|result| ResultView::of(result, &target_date)).collect(),
            target_date,
        }
    }
}

impl ResultView {
    pub(in crate::cli) fn of(result: &CheckResult, target_date: &str) -> Self {
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
            logs: result
                .logs
                .iter()
                .map(|line| serde_json::json!({ "level": line.level.as_str(), "message": line.message }))
                .collect(),
            usage: UsageView::of(&result.usage),
        }
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

impl AdmittedView {
    pub(in crate::cli) fn of(plugin: &Admitted) -> Self {
        let interfaces = |interfaces: &[Interface]| {
            let view = |i: &Interface| InterfaceView { name: i.name.clone(), functions: i.functions.clone() };
            // Names of types give nobody anything to do.
            interfaces.iter().filter(|interface| interface.kind != ItemKind::Type).map(view).collect()
        };
        Self {
            plugin: plugin.reference.to_string(),
            title: plugin.description.title.clone(),
            description: plugin.description.description.clone(),
            owner: plugin.description.owner.clone(),
            digest: plugin.digest.to_string(),
            size_bytes: plugin.size,
            core_modules: plugin.anatomy.modules,
            language: plugin.anatomy.language,
            imports: interfaces(&plugin.anatomy.imports),
            exports: interfaces(&plugin.anatomy.exports),
            settings_schema: serde_json::from_str(&plugin.description.settings_schema).unwrap_or(Json::Null),
        }
    }
}

fn millis(duration: std::time::Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}
