//! What is shown of results, in one shape for people and machines. Field names follow the journal's tables.

use serde::Serialize;
use serde_json::Value as Json;

use crate::admission::{Admitted, Interface, ItemKind, Language};
use crate::model::RunRecord;
use crate::runner::RunOutcome;
use crate::view::ResultView;

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
