//! `assay alerts route`: who would be told, and why.

use std::process::ExitCode;

use comfy_table::Cell;

use super::super::args::PlainFormat;
use super::super::exit::Exit;
use super::super::failure::Failure;
use super::super::render;
use super::super::render::table::{heading, inert, plain};
use crate::alert::{Explained, Field};
use crate::config::Config;
use crate::config::suggest::did_you_mean;
use crate::model::{AlertKey, AlertKind, CheckName, Severity};
use crate::runner::alert_contexts;

/// Explains the way of an alert.
pub(super) fn route(
    config: &Config,
    check: &str,
    kind: AlertKind,
    severity: Option<Severity>,
    segment: Option<String>,
    format: PlainFormat,
) -> Result<ExitCode, Failure> {
    let contexts = alert_contexts(config);
    let Some((name, context)) = contexts.iter().find(|(known, _)| known.as_str() == check) else {
        let names = contexts.keys().map(CheckName::as_str);
        let error = anyhow::anyhow!("there is no check `{check}`");
        return Err(Failure::usage(error, did_you_mean(check, "the checks are", names)));
    };
    let key = AlertKey { check: name.clone(), kind, segment };
    let labels = context.subject.labels(&key, severity.unwrap_or(context.policy.severity), false);
    let tree = &config.alerting.routes;
    let (steps, targets) = (tree.explain(&labels), tree.deliver_to(&labels));
    let why = |what: &Explained| match what {
        Explained::Takes { receivers } if receivers.is_empty() => "takes it, and tells nobody".to_owned(),
        Explained::Takes { receivers } => format!("takes it: {}", receivers.join(", ")),
        Explained::Passes => "matches, and a route within takes it".to_owned(),
        Explained::Refuses { matcher } => format!("no: `{matcher}` does not hold"),
        Explained::NotAsked { by } => format!("not asked: `{}` took it", by.join(" / ")),
    };
    let quiet =
        |names: &[String]| if names.is_empty() { String::new() } else { format!(", quiet {}", names.join(", ")) };
    match format {
        PlainFormat::Json => render::json(&serde_json::json!({
            "alert": key.to_string(),
            "labels": {
                "check": labels.check.as_str(), "kind": labels.kind.as_str(), "segment": labels.segment,
                "severity": labels.severity.as_str(), "owner": labels.owner, "tags": labels.tags,
                "sources": labels.sources, "schedule": labels.schedule,
            },
            "steps": steps.iter().map(|step| serde_json::json!({
                "route": step.path, "match": step.matchers, "what": why(&step.what),
            })).collect::<Vec<_>>(),
            "receivers": targets.iter().map(|target| serde_json::json!({
                "receiver": target.receiver, "route": target.route,
                "group_by": target.group_by.iter().map(Field::to_string).collect::<Vec<_>>(),
                "group_wait_s": target.group_wait.as_secs(), "group_interval_s": target.group_interval.as_secs(),
                "quiet": target.quiet, "send_resolved": target.send_resolved,
            })).collect::<Vec<_>>(),
        }))?,
        PlainFormat::Table => {
            let owner = labels.owner.as_deref().unwrap_or("nobody");
            render::out(&format!("{} · {} · owner {}\n", inert(&key.to_string()), labels.severity, inert(owner)))?;
            let mut table = plain();
            table.set_header(heading(["ROUTE", "MATCHES", "WHY"]));
            for step in &steps {
                table.add_row(vec![
                    Cell::new(step.path.join(" / ")),
                    Cell::new(inert(&step.matchers.join(", "))),
                    Cell::new(inert(&why(&step.what))),
                ]);
            }
            render::out(&table.to_string())?;
            for target in &targets {
                let by: Vec<_> = target.group_by.iter().map(Field::to_string).collect();
                render::out(&format!(
                    "→ {} · grouped by {} · waits {} s, then every {} s at most{}",
                    target.receiver,
                    if by.is_empty() { "nothing".to_owned() } else { by.join(", ") },
                    target.group_wait.as_secs(),
                    target.group_interval.as_secs(),
                    quiet(&target.quiet)
                ))?;
            }
            if targets.is_empty() {
                render::out("→ nobody is told; the alert is kept and shown by `assay alerts`")?;
            }
        }
    }
    Ok(Exit::Ok.code())
}
