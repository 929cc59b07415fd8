//! An alert as it is printed.

use serde::Serialize;

use crate::model::{AlertKind, Severity};
use crate::model::{Delivery, Feedback, Notification};
use crate::store::{AlertChange, StandingAlert};

/// An alert, for people and machines.
#[derive(Debug, Serialize)]
pub(super) struct AlertView {
    /// The incident, where there is or was one.
    pub(super) alert_id: Option<String>,
    pub(super) fingerprint: String,
    /// The check, and what is said of it.
    pub(super) alert: String,
    pub(super) check_name: String,
    pub(super) kind: &'static str,
    pub(super) segment: Option<String>,
    pub(super) state: &'static str,
    pub(super) severity: Option<&'static str>,
    pub(super) owner: Option<String>,
    pub(super) tags: Vec<String>,
    pub(super) schedule: Option<String>,
    pub(super) opened_at: Option<String>,
    pub(super) ended_at: Option<String>,
    pub(super) resolution: Option<&'static str>,
    pub(super) occurrences: u64,
    pub(super) reopened: u32,
    pub(super) incidents: u64,
    pub(super) flapping: bool,
    pub(super) escalations: u32,
    pub(super) acked_by: Option<String>,
    pub(super) acked_until: Option<String>,
    pub(super) last_good: Option<String>,
    pub(super) last_result_id: Option<String>,
    pub(super) run_id: Option<String>,
    pub(super) updated_at: String,
}

impl AlertView {
    pub(super) fn of(alert: &StandingAlert) -> Self {
        let StandingAlert { key, subject, by_host, state, updated_at } = alert;
        let severity = state.severity.or(state.last_severity);
        let acked = state.acked.as_ref();
        Self {
            alert_id: state.id.map(|id| id.to_string()),
            fingerprint: key.fingerprint(),
            alert: key.to_string(),
            check_name: key.check.to_string(),
            kind: key.kind.as_str(),
            segment: key.segment.clone(),
            state: state.phase.as_str(),
            severity: severity.map(Severity::as_str),
            owner: subject.labels(key, severity.unwrap_or(Severity::Low), *by_host).owner,
            tags: subject.tags.clone(),
            schedule: subject.schedule.clone(),
            opened_at: state.opened_at.map(|at| at.to_string()),
            ended_at: state.ended_at.map(|at| at.to_string()),
            resolution: state.ended.as_ref().map(crate::alert::Ended::as_str),
            occurrences: state.occurrences,
            reopened: state.reopened,
            incidents: state.incidents,
            flapping: state.is_flapping(),
            escalations: state.escalations,
            acked_by: acked.map(|ack| ack.by.clone()),
            acked_until: acked.and_then(|ack| ack.until).map(|at| at.to_string()),
            last_good: state.last_good.map(|at| at.to_string()),
            last_result_id: state.last_result.clone(),
            run_id: state.last_run.map(|run| run.to_string()),
            updated_at: updated_at.to_string(),
        }
    }
}

/// What happened to an alert.
#[derive(Debug, Serialize)]
pub(super) struct ChangeView {
    pub(super) at: String,
    pub(super) alert_id: Option<String>,
    pub(super) change: String,
    pub(super) detail: Option<String>,
}

impl ChangeView {
    pub(super) fn of(change: &AlertChange) -> Self {
        Self {
            at: change.at.to_string(),
            alert_id: change.alert.map(|id| id.to_string()),
            change: change.change.clone(),
            detail: change.detail.clone(),
        }
    }
}

/// Who was told, or was not.
#[derive(Debug, Serialize)]
pub(super) struct NotificationView {
    pub(super) at: String,
    pub(super) receiver: String,
    pub(super) kind: &'static str,
    pub(super) status: &'static str,
    pub(super) suppressed_by: Option<String>,
    pub(super) delivery_id: Option<String>,
}

impl NotificationView {
    pub(super) fn of(notification: &Notification) -> Self {
        Self {
            at: notification.at.to_string(),
            receiver: notification.receiver.clone(),
            kind: notification.kind.as_str(),
            status: notification.status.as_str(),
            suppressed_by: notification.suppressed_by.clone(),
            delivery_id: notification.delivery.clone(),
        }
    }
}

/// A message to a receiver.
#[derive(Debug, Serialize)]
pub(super) struct DeliveryView {
    pub(super) delivery_id: String,
    pub(super) receiver: String,
    pub(super) content: &'static str,
    pub(super) notices: u64,
    pub(super) status: &'static str,
    pub(super) attempts: u32,
    pub(super) created_at: String,
    pub(super) next_attempt_at: Option<String>,
    pub(super) ended_at: Option<String>,
    pub(super) error: Option<String>,
    pub(super) receipt: Option<String>,
}

impl DeliveryView {
    pub(super) fn of(delivery: &Delivery) -> Self {
        Self {
            delivery_id: delivery.id.clone(),
            receiver: delivery.receiver.clone(),
            content: delivery.content.as_str(),
            notices: delivery.notices,
            status: delivery.status.as_str(),
            attempts: delivery.attempts,
            created_at: delivery.created_at.to_string(),
            next_attempt_at: delivery.next_attempt_at.map(|at| at.to_string()),
            ended_at: delivery.ended_at.map(|at| at.to_string()),
            error: delivery.error.clone(),
            receipt: delivery.receipt.clone(),
        }
    }
}

/// What was said of an incident.
#[derive(Debug, Serialize)]
pub(super) struct FeedbackView {
    pub(super) at: String,
    pub(super) verdict: &'static str,
    pub(super) by: String,
    pub(super) reason: Option<String>,
}

impl FeedbackView {
    pub(super) fn of(feedback: &Feedback) -> Self {
        Self {
            at: feedback.at.to_string(),
            verdict: feedback.verdict.as_str(),
            by: feedback.by.clone(),
            reason: feedback.reason.clone(),
        }
    }
}

/// Whether a person wants to see it without asking for all: not what was merely not applicable.
pub(super) fn is_shown(alert: &StandingAlert) -> bool {
    use crate::model::Phase;
    match (alert.state.phase, alert.key.kind) {
        (Phase::Firing | Phase::Acked, _) | (Phase::Pending, AlertKind::Data | AlertKind::Error) => true,
        (Phase::Pending, AlertKind::Stale | AlertKind::Missing)
        | (Phase::Inactive | Phase::Resolved | Phase::Closed, _) => false,
    }
}
