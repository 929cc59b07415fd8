//! What holds of a check, and of checks that depend on each other.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use serde_json::Value as Json;
use toml::Spanned;
use toml::de::DeTable;

use crate::model::{CheckName, PluginRef, Severity};
use crate::source::TablePattern;

use super::super::authored::{self, Document, Grants};
use super::super::error::ConfigProblem;
use super::super::resolved::{CheckConfig, Confirm, Grant};
use super::super::sections::Section;
use super::super::value::{all_or_none, noted, number, parse, text, wait, word};
use super::super::{place, quantity, settings};
use super::dependencies::{Dependent, Relation, none_depends_on_itself};
use super::policy::{self, Layer, Layers};
use super::{Kind, Names, Problems, limits};

pub(super) fn check(
    index: usize,
    section: &Section<authored::Check>,
    names: &Names<'_>,
    layers: Option<&Layers>,
    document: &DeTable<'_>,
    problems: &mut Problems,
) -> Option<CheckConfig> {
    let authored::Check {
        name,
        plugin,
        schedule,
        depends_on,
        attempts,
        confirm,
        severity,
        owner,
        check_owner,
        alert,
        tags,
        sources,
        daily_budget,
        limits: asked,
        settings,
    } = &section.value;
    let name = section.required("name", name.as_ref(), problems);
    let name = name.and_then(|name| name_of(name, problems));
    let plugin = section.required("plugin", plugin.as_ref(), problems);
    let plugin: Option<PluginRef> = plugin.and_then(|plugin| {
        parse(plugin, "the name of the component's file without `.wasm`, for example `row-count@1.0.0`", problems)
    });
    let schedule = schedule.as_ref().map(|schedule| names.known(schedule, Kind::Schedule, problems));
    let depends_on: Vec<_> = depends_on.iter().flatten().map(|name| names.known(name, Kind::Check, problems)).collect();
    let attempts = match attempts {
        Some(attempts) => number("attempts", attempts, 1..=authored::ATTEMPTS_MAX, problems),
        None => Some(authored::ATTEMPTS_DEFAULT),
    };
    let confirm = confirm.as_ref().map(|confirm| confirm_of(section, confirm, problems));
    let severity = match severity {
        None => Some(Severity::Medium),
        Some(text) => word(text, "severity", Severity::ALL.map(|severity| (severity.as_str(), severity)), problems),
    };
    let owner = owner.as_ref().map(|owner| text(owner, "an owner", problems));
    let check_owner = check_owner.as_ref().map(|owner| text(owner, "an owner", problems));
    let own = match alert {
        None => Some(Layer::default()),
        Some(alert) => policy::layer(section, alert, names, problems),
    };
    if let (Some(alert), Some(severity)) = (alert, severity) {
        may_fire(alert.get_ref(), severity, problems);
    }
    let tags: Option<Vec<_>> = {
        let tags: Vec<_> = tags.iter().flatten().map(|tag| text(tag, "a tag", problems)).collect();
        tags.into_iter().collect()
    };
    let sources = section.required("sources", sources.as_ref(), problems);
    let grants = sources.and_then(|sources| grants(sources, names, problems));
    let daily_budget =
        daily_budget.as_ref().map(|budget| noted(quantity::bytes(budget.get_ref()), budget.span(), problems));
    let limits = limits(asked.as_ref(), problems);
    let settings = match settings {
        None => Some("{}".to_owned()),
        Some(table) => settings_of(index, table, document, problems),
    };
    let (severity, owner, own) = (severity?, all_or_none(owner)?, own?);
    Some(CheckConfig {
        name: name?,
        plugin: plugin?,
        schedule: all_or_none(schedule)?,
        depends_on: depends_on.into_iter().collect::<Option<_>>()?,
        attempts: attempts?,
        confirm: all_or_none(confirm)?,
        severity,
        check_owner: all_or_none(check_owner)?.or_else(|| owner.clone()),
        owner,
        alert: Arc::new(layers?.policy_of(severity, &own)),
        runbook: own.runbook,
        tags: tags?,
        grants: grants?,
        daily_budget: all_or_none(daily_budget)?,
        limits: limits?,
        settings: settings?,
    })
}

fn name_of(written: &Spanned<String>, problems: &mut Problems) -> Option<CheckName> {
    let name = parse(written, "for example `orders-rows`", problems)?;
    if written.get_ref().starts_with(authored::HOST_NAMES) {
        problems.push(
            ConfigProblem::at(
                written.span(),
                format!("names that begin with `{}` are kept for the host", authored::HOST_NAMES),
            )
            .hint("begin it with another word, for example that of its team"),
        );
        return None;
    }
    Some(name)
}

/// A floor above the severity of the check itself would keep all of its alerts down.
fn may_fire(alert: &authored::Policy, severity: Severity, problems: &mut Problems) {
    if let Some(written) = &alert.severity_floor
        && written.get_ref().parse::<Severity>().is_ok_and(|floor| floor > severity)
    {
        problems.push(
            ConfigProblem::at(
                written.span(),
                format!("no alert of a check with severity `{severity}` would ever fire"),
            )
            .hint(format!("`{severity}` at most, or leave it out")),
        );
    }
}

fn confirm_of(
    section: &Section<authored::Check>,
    confirm: &Spanned<authored::Confirm>,
    problems: &mut Problems,
) -> Option<Confirm> {
    let authored::Confirm { times, after } = confirm.get_ref();
    let times = section.required_within("confirm", confirm.span(), "times", times.as_ref(), problems);
    let times = times.and_then(|times| number("times", times, 1..=authored::CONFIRM_TIMES_MAX, problems));
    let after = section.required_within("confirm", confirm.span(), "after", after.as_ref(), problems);
    let after = after.and_then(|after| wait(after, problems));
    Some(Confirm { times: times?, after: after? })
}

fn grants(sources: &Spanned<Grants>, names: &Names<'_>, problems: &mut Problems) -> Option<Vec<Grant>> {
    const EXAMPLE: &str = "name the tables it may read, for example `sources = { local = [\"orders\"] }`";
    let Grants(by_source) = sources.get_ref();
    if by_source.is_empty() {
        problems.push(ConfigProblem::at(sources.span(), "the check is granted no source").hint(EXAMPLE));
        return None;
    }
    let mut in_order: Vec<_> = by_source.iter().collect();
    in_order.sort_by_key(|(source, _)| source.span().start);
    let grants: Vec<_> = in_order
        .into_iter()
        .map(|(source, patterns)| {
            let found = names.known(source, Kind::Source, problems);
            if patterns.get_ref().is_empty() {
                let message = format!("the check is granted no table of `{}`", source.get_ref());
                problems.push(
                    ConfigProblem::at(patterns.span(), message)
                        .hint("name tables or patterns, for example `[\"orders\", \"player_*\"]`; `[\"**\"]` is all"),
                );
            }
            let hint = "for example `orders`, `player_*` or `analytics.*`";
            let tables: Vec<_> =
                patterns.get_ref().iter().map(|pattern| parse::<TablePattern>(pattern, hint, problems)).collect();
            Some(Grant { source: found?, tables: tables.into_iter().collect::<Option<_>>()? })
        })
        .collect();
    grants.into_iter().collect()
}

fn settings_of(
    index: usize,
    table: &Spanned<toml::Table>,
    document: &DeTable<'_>,
    problems: &mut Problems,
) -> Option<String> {
    let place = |pointer: &str| place::locate(document, index, "settings", pointer).unwrap_or_else(|| table.span());
    settings_json(table.get_ref(), place, problems).map(|json| json.to_string())
}

/// Settings as JSON; `place` finds the place of a JSON pointer.
pub(crate) fn settings_json(
    table: &toml::Table,
    place: impl Fn(&str) -> Range<usize>,
    problems: &mut Problems,
) -> Option<Json> {
    match settings::to_json(table) {
        Ok(json) => Some(json),
        Err(refused) => {
            problems.extend(refused.iter().map(|refused| {
                let message = format!("`{}` is not a number that a plugin can read", refused.number);
                ConfigProblem::at(place(&refused.pointer), message)
                    .hint("settings are handed over as JSON, which has neither infinity nor NaN")
            }));
            None
        }
    }
}

/// Checks depend on checks of their own schedule, and not on themselves.
pub(super) fn checks_have_a_first(authored: &Document, names: &Names<'_>, problems: &mut Problems) {
    let sections: Vec<_> = authored.check.iter().flatten().collect();
    let dependents: Vec<_> = sections
        .iter()
        .filter_map(|check| {
            let depends_on = check.value.depends_on.as_deref().unwrap_or_default();
            Some(Dependent { name: check.value.name.as_ref()?, depends_on })
        })
        .collect();
    none_depends_on_itself(Relation::CHECKS, &dependents, problems);
    let by_name: BTreeMap<_, _> =
        sections.iter().filter_map(|check| Some((check.value.name.as_ref()?.get_ref(), *check))).collect();
    for check in &sections {
        for name in check.value.depends_on.iter().flatten() {
            let Some(other) = by_name.get(name.get_ref()) else { continue };
            let (Some(mine), Some(theirs)) = (schedule_of(check, names), schedule_of(other, names)) else { continue };
            if mine != theirs {
                problems.push(on_another(name, mine, theirs));
            }
        }
    }
}

/// The schedule of a check, which may be none. None when it is not known, of which a problem tells already.
fn schedule_of<'a>(check: &'a Section<authored::Check>, names: &Names<'_>) -> Option<Option<&'a str>> {
    let schedule = check.value.schedule.as_ref().map(|schedule| schedule.get_ref().as_str());
    let is_sure = !check.is_unreadable("schedule") && schedule.is_none_or(|name| names.schedules.contains(&name));
    is_sure.then_some(schedule)
}

fn on_another(name: &Spanned<String>, mine: Option<&str>, theirs: Option<&str>) -> ConfigProblem {
    let on = |schedule: Option<&str>| schedule.map_or("no schedule".to_owned(), |name| format!("`{name}`"));
    let message = format!("check `{}` is on {}, and this one on {}", name.get_ref(), on(theirs), on(mine));
    ConfigProblem::at(name.span(), message).hint(
        "a run has the checks of one schedule: put both on the same one, or let the one schedule depend on the other",
    )
}
