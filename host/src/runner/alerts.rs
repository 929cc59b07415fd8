//! What the alerts of checks are judged by, and whose they are.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::config::{CheckConfig, Config};
use crate::model::{AlertSubject, CheckName, HOST_CHECK};
use crate::store::AlertContext;

/// What stands in place of a plugin where a host reports of itself.
pub const HOST_PLUGIN: &str = concat!("assay@", env!("CARGO_PKG_VERSION"));

/// What the alerts of a check are judged by.
#[must_use]
pub fn alert_context(config: &Config, check: &CheckConfig) -> AlertContext {
    let subject = AlertSubject {
        data_owner: check.owner.clone(),
        check_owner: check.check_owner.clone(),
        operator: config.alerting.operator.clone(),
        tags: check.tags.clone(),
        sources: check.grants.iter().map(|grant| grant.source.to_string()).collect(),
        schedule: check.schedule.as_ref().map(ToString::to_string),
        runbook: check.runbook.clone(),
        plugin: check.plugin.to_string(),
    };
    AlertContext { policy: check.alert.clone(), subject }
}

/// What the alerts of the host itself are judged by: they are the operator's, and nobody's where there is none.
#[must_use]
pub fn host_context(config: &Config) -> AlertContext {
    let operator = config.alerting.operator.clone();
    let subject = AlertSubject {
        data_owner: operator.clone(),
        check_owner: operator.clone(),
        operator,
        plugin: HOST_PLUGIN.to_owned(),
        ..AlertSubject::default()
    };
    AlertContext { policy: config.alerting.host.clone(), subject }
}

/// What the alerts of all checks are judged by, those of the host itself included.
#[must_use]
pub fn alert_contexts(config: &Config) -> BTreeMap<CheckName, Arc<AlertContext>> {
    let checks = config.checks.iter().map(|check| (check.name.clone(), Arc::new(alert_context(config, check))));
    let host = HOST_CHECK.parse().ok().map(|name| (name, Arc::new(host_context(config))));
    checks.chain(host).collect()
}
