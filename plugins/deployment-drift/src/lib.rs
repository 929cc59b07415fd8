//! What was changed is deployed: see README.md.

#![forbid(unsafe_code)]

mod service;
mod settings;

use assay_sdk::{Check, Context, Error, Finding, SettingProblem, Severity, Timestamp, Verdict, metric, not_applicable};

use service::{Deployed, Lacks, Service, ask};
pub use settings::{Changes, Deployments, Settings, UnknownCommit};

/// Services that are told one by one.
const FINDINGS_MAX: usize = 40;

/// The check.
pub struct DeploymentDrift;

impl Check for DeploymentDrift {
    const ID: &'static str = "deployment-drift";
    const VERSION: &'static str = env!("CARGO_PKG_VERSION");
    const TITLE: &'static str = "What was changed is deployed";
    const DESCRIPTION: &'static str = "Compares for each service the commit that is deployed with the changes to its \
        code, and tells since when a change waits. A service that nothing is known of is never up to date.";
    const OWNER: &'static str = "assay";
    type Settings = Settings;

    fn validate(settings: &Settings) -> Vec<SettingProblem> {
        settings.problems()
    }

    fn run(context: &Context, settings: &Settings) -> Result<Verdict, Error> {
        if let Some(skip) = not_applicable(context, settings.source.as_deref(), settings.applies_sql.as_deref())? {
            return Ok(skip);
        }
        let source = context.source(settings.source.as_deref())?;
        let all = ask(context, source, settings)?;
        let services: Vec<&Service> = all.values().flatten().collect();
        let drifts: Vec<Drift<'_>> =
            services.iter().filter_map(|service| Drift::of(settings, service, context.scheduled_for())).collect();
        report(source, settings, &drifts);
        let longest = drifts.iter().filter_map(|drift| drift.hours).fold(0.0, f64::max);
        metric("services", services.len() as f64, Some("services"));
        metric("services_behind", drifts.len() as f64, Some("services"));
        metric("longest_wait", longest, Some("hours"));
        let is_unwatched = |name: &&String| !matches!(all.get(*name), Some(Some(_)));
        let unwatched: Vec<&str> =
            settings.services.iter().flatten().filter(is_unwatched).map(String::as_str).collect();
        if !unwatched.is_empty() {
            let names = unwatched.join("`, `");
            return Err(Error::new(format!("no change is known of `{names}`: whether it is up to date is unknown")));
        }
        if services.is_empty() {
            let finding = Finding::new("nothing_examined", "there are no changes");
            finding.source(source).table(&settings.changes.table).report();
            return Ok(Verdict::fail("there are no changes").examined(0));
        }
        let examined = services.iter().map(|service| service.changes).sum();
        Ok(conclude(services.len(), &drifts).examined(examined))
    }
}

/// A service that is not up to date.
struct Drift<'a> {
    service: &'a Service,
    kind: Kind<'a>,
    level: Level,
    /// How long its first change waits, where that is known.
    hours: Option<f64>,
}

/// What is wrong with it.
enum Kind<'a> {
    NeverDeployed,
    UnknownCommit(&'a Deployed),
    Behind(&'a Deployed, &'a Lacks, Timestamp),
}

/// How bad it is. The worse of two is the greater.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Level {
    /// Deployed soon, it is nothing to tell of.
    Fine,
    Warn,
    Fail,
}

impl<'a> Drift<'a> {
    /// None when every change is deployed.
    fn of(settings: &Settings, service: &'a Service, now: Timestamp) -> Option<Self> {
        let failed = |kind| Some(Self { service, kind, level: Level::Fail, hours: None });
        let Some(deployed) = &service.deployed else { return failed(Kind::NeverDeployed) };
        let Some(lacks) = &deployed.lacks else { return failed(Kind::UnknownCommit(deployed)) };
        let since = lacks.since?;
        let hours = now.duration_since(since).as_secs_f64() / 3_600.0;
        let level = match hours {
            hours if hours > settings.fail_after_hours => Level::Fail,
            hours if hours > settings.warn_after_hours => Level::Warn,
            _ => Level::Fine,
        };
        Some(Self { service, kind: Kind::Behind(deployed, lacks, since), level, hours: Some(hours) })
    }

    fn finding(&self, source: &str, settings: &Settings) -> Finding {
        let Service { name, released, changes, paths, .. } = self.service;
        let finding = match &self.kind {
            Kind::NeverDeployed => {
                let message = format!("`{name}` was never deployed; {} is released", released.id);
                Finding::new("never_deployed", message).affected(*changes)
            }
            Kind::UnknownCommit(deployed) => {
                let message = format!("`{name}` runs {}, which is among no changes", deployed.commit.id);
                Finding::new("unknown_commit", message).observed_text(&deployed.commit.id).expected_text(&released.id)
            }
            Kind::Behind(deployed, lacks, since) => {
                let hours = self.hours.unwrap_or(f64::INFINITY);
                let bound = match self.level {
                    Level::Fail => settings.fail_after_hours,
                    Level::Fine | Level::Warn => settings.warn_after_hours,
                };
                let message = format!(
                    "`{name}` runs {} and is {} changes behind {}, since {since}: {hours:.1} hours",
                    deployed.commit.id, lacks.changes, released.id
                );
                Finding::new("behind", message)
                    .observed(hours)
                    .expected(bound)
                    .unit("hours")
                    .affected(lacks.changes)
                    .attribute("since", since.to_string())
            }
        };
        let (id, at) = match &self.service.deployed {
            Some(Deployed { commit, .. }) => (commit.id.clone(), commit.at.to_string()),
            None => ("none".to_owned(), "never".to_owned()),
        };
        let finding = match paths {
            Some(paths) => finding.attribute("paths", paths),
            None => finding,
        };
        let finding = match self.level {
            Level::Fine | Level::Warn => finding.severity(Severity::Low),
            Level::Fail => finding,
        };
        finding
            .source(source)
            .table(&settings.deployments.table)
            .partition(name)
            .remediation(format!("deploy {} of `{name}`", released.id))
            .attribute("deployed_commit", id)
            .attribute("deployed_at", at)
            .attribute("released_commit", &released.id)
            .attribute("released_at", released.at.to_string())
    }
}

/// The worst first; what is over the bound is told as a number.
fn report(source: &str, settings: &Settings, drifts: &[Drift<'_>]) {
    let mut told: Vec<&Drift<'_>> = drifts.iter().filter(|drift| drift.level > Level::Fine).collect();
    told.sort_by_key(|drift| std::cmp::Reverse(drift.level));
    let (shown, more) = told.split_at(told.len().min(FINDINGS_MAX));
    for drift in shown {
        drift.finding(source, settings).report();
    }
    if let Some(worst) = more.iter().map(|drift| drift.level).max() {
        let finding = Finding::new("more_services", format!("{} more services are not up to date", more.len()))
            .source(source)
            .table(&settings.deployments.table)
            .affected(more.len() as u64);
        let finding = if worst < Level::Fail { finding.severity(Severity::Low) } else { finding };
        finding.report();
    }
}

fn conclude(services: usize, drifts: &[Drift<'_>]) -> Verdict {
    let of = |level| drifts.iter().filter(move |drift| drift.level == level);
    let names =
        |level| of(level).take(3).map(|drift| format!("`{}`", drift.service.name)).collect::<Vec<_>>().join(", ");
    match (of(Level::Fail).count(), of(Level::Warn).count(), of(Level::Fine).count()) {
        (0, 0, 0) => Verdict::pass(format!("{services} services are up to date")),
        (0, 0, fresh) => {
            Verdict::pass(format!("{services} services, {fresh} of them with a change that may still wait"))
        }
        (0, behind, _) => {
            Verdict::warn(format!("{behind} of {services} services are behind, first of all {}", names(Level::Warn)))
        }
        (failed, _, _) => {
            let which = names(Level::Fail);
            Verdict::fail(format!("{failed} of {services} services are not up to date, first of all {which}"))
        }
    }
}

assay_sdk::export_check!(DeploymentDrift);
