//! From what was written to what is meant. Pure, and complete: every problem is told.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::ops::Range;
use std::path::Path;
use std::str::FromStr;

use jiff::tz::TimeZone;
use serde_json::Value as Json;
use toml::{Spanned, Value};

use crate::model::{CheckName, LimitName, LimitRequest, ScheduleName, Severity, SourceName};

use super::amount;
use super::authored::{Check, Files, Host, Source};
use super::document::{Document, did_you_mean};
use super::error::ConfigProblem;
use super::resolved::{CheckConfig, Grant, HostConfig, ScheduleConfig, SourceConfig, SourceKind};

const MEMORY_DEFAULT: u64 = 512 << 20;
const SPILL_DEFAULT: u64 = 2 << 30;
const CONCURRENCY_DEFAULT: NonZeroUsize = NonZeroUsize::new(8).expect("eight is not zero");
/// More would plan for more executions than a machine has address space for.
const WORKERS_MAX: i64 = 1_024;

/// What a configuration consists of.
pub(super) struct Parts {
    pub(super) host: HostConfig,
    pub(super) sources: Vec<SourceConfig>,
    pub(super) schedules: Vec<ScheduleConfig>,
    pub(super) checks: Vec<CheckConfig>,
}

/// Validates a document; what is wrong is left out and told in `problems`.
pub(super) fn validate(document: &Document, folder: &Path, problems: &mut Vec<ConfigProblem>) -> Parts {
    let told_before = !problems.is_empty();
    let host = host(&document.host, folder, problems);
    let sources =
        document.sources.iter().filter_map(|(name, written)| source(name, written, folder, problems)).collect();
    let schedules: Vec<_> = document
        .schedules
        .iter()
        .filter_map(|(name, written)| {
            let parsed = parse::<ScheduleName>(name, problems);
            let time_zone = time_zone(&written.timezone, problems);
            Some(ScheduleConfig { name: parsed?, time_zone: time_zone?, target: written.target })
        })
        .collect();
    let checks: Vec<_> = document.checks.iter().filter_map(|(_, written)| check(written, document, problems)).collect();
    collisions(document, problems);
    if document.checks.is_empty() && !told_before {
        problems.push(
            ConfigProblem::new(0..0, "there are no checks")
                .with_hint("a run over nothing would say nothing: add a `[[check]]`"),
        );
    }
    if document.broken.is_empty() {
        for (name, _) in &document.schedules {
            let used =
                document.checks.iter().any(|(_, c)| c.schedule.as_ref().is_some_and(|s| s.get_ref() == name.get_ref()));
            if !used {
                problems.push(
                    ConfigProblem::new(name.span(), format!("no check belongs to the schedule `{}`", name.get_ref()))
                        .with_hint(format!(
                            "it would run nothing: name it in a check, `schedule = \"{}\"`",
                            name.get_ref()
                        )),
                );
            }
        }
    }
    Parts { host, sources, schedules, checks }
}

fn host(written: &Host, folder: &Path, problems: &mut Vec<ConfigProblem>) -> HostConfig {
    let Host { state, plugins, workers, component_max, limits } = written;
    let default = HostConfig::default();
    HostConfig {
        state_dir: folder.join(state.as_ref().map_or(default.state_dir, Into::into)),
        plugin_dir: folder.join(plugins.as_ref().map_or(default.plugin_dir, Into::into)),
        workers: count("workers", workers.as_ref(), default.workers, problems),
        component_bytes_max: size(component_max.as_ref(), default.component_bytes_max, problems),
        ceilings: limit_requests(limits, problems),
    }
}

fn source(
    name: &Spanned<String>,
    written: &Source,
    folder: &Path,
    problems: &mut Vec<ConfigProblem>,
) -> Option<SourceConfig> {
    let Source::Files(Files { path, memory, spill, concurrency }) = written;
    let kind = SourceKind::Files {
        path: folder.join(path),
        memory_bytes: size(memory.as_ref(), MEMORY_DEFAULT, problems),
        spill_bytes: size(spill.as_ref(), SPILL_DEFAULT, problems),
    };
    let concurrency = count("concurrency", concurrency.as_ref(), CONCURRENCY_DEFAULT, problems);
    Some(SourceConfig { name: parse(name, problems)?, kind, concurrency })
}

fn check(written: &Check, document: &Document, problems: &mut Vec<ConfigProblem>) -> Option<CheckConfig> {
    let Check { name, plugin, schedule, severity, owner, tags, sources, limits, settings } = written;
    let name = parse::<CheckName>(name, problems);
    let plugin = parse(plugin, problems);
    let schedule = schedule.as_ref().map(|schedule| {
        let known = || document.schedules.iter().map(|(name, _)| name.get_ref().as_str());
        reference("schedule", schedule, known, &document.broken, problems);
        schedule.get_ref().parse::<ScheduleName>().ok()
    });
    let severity = severity.as_ref().map_or(Some(Severity::Medium), |severity| parse(severity, problems));
    let grants = grants(sources, document, problems);
    let limits = limit_requests(limits, problems);
    let settings = settings.as_ref().map_or_else(
        || Json::Object(serde_json::Map::new()),
        |settings| {
            let table = settings.get_ref().iter();
            Json::Object(
                table.map(|(key, value)| (key.clone(), json(key, value, &settings.span(), problems))).collect(),
            )
        },
    );
    Some(CheckConfig {
        name: name?,
        plugin: plugin?,
        schedule: match schedule {
            None => None,
            Some(schedule) => Some(schedule?),
        },
        severity: severity?,
        owner: owner.clone(),
        tags: tags.clone(),
        grants,
        limits,
        settings: settings.to_string(),
    })
}

fn grants(
    written: &Spanned<BTreeMap<Spanned<String>, Vec<Spanned<String>>>>,
    document: &Document,
    problems: &mut Vec<ConfigProblem>,
) -> Vec<Grant> {
    if written.get_ref().is_empty() {
        problems.push(
            ConfigProblem::new(written.span(), "the check is granted no source")
                .with_hint("a check without data can say nothing: `sources = { SOURCE = [\"TABLE\"] }`"),
        );
    }
    let mut grants = Vec::new();
    let mut in_order: Vec<_> = written.get_ref().iter().collect();
    in_order.sort_by_key(|(source, _)| source.span().start);
    for (source, patterns) in in_order {
        let known = || document.sources.iter().map(|(name, _)| name.get_ref().as_str());
        reference("source", source, known, &document.broken, problems);
        if patterns.is_empty() {
            problems.push(
                ConfigProblem::new(source.span(), format!("no table of `{}` is granted", source.get_ref()))
                    .with_hint("name tables, or `**` for all of them"),
            );
        }
        let tables = patterns.iter().filter_map(|pattern| parse(pattern, problems)).collect();
        if let Ok(source) = source.get_ref().parse::<SourceName>() {
            grants.push(Grant { source, tables });
        }
    }
    grants
}

/// Names that can be said on the command line must tell one thing from another.
fn collisions(document: &Document, problems: &mut Vec<ConfigProblem>) {
    let mut seen: BTreeMap<&str, (Range<usize>, &str)> = BTreeMap::new();
    for (name, _) in &document.schedules {
        seen.insert(name.get_ref(), (name.span(), "schedule"));
    }
    for (_, check) in &document.checks {
        let name = check.name.get_ref().as_str();
        match seen.get(name) {
            Some((first, what)) => problems.push(
                ConfigProblem::new(check.name.span(), format!("there is already a {what} named `{name}`"))
                    .with_other(first.clone(), "here")
                    .with_hint("every check and schedule has a name of its own"),
            ),
            None => {
                seen.insert(name, (check.name.span(), "check"));
            }
        }
    }
}

fn reference<'a, I: Iterator<Item = &'a str>>(
    what: &str,
    name: &Spanned<String>,
    known: impl Fn() -> I,
    broken: &[String],
    problems: &mut Vec<ConfigProblem>,
) {
    if known().any(|candidate| candidate == name.get_ref()) || broken.contains(name.get_ref()) {
        return;
    }
    let names: Vec<_> = known().map(|name| format!("`{name}`")).collect();
    let hint = did_you_mean(name.get_ref(), known()).unwrap_or_else(|| match names.as_slice() {
        [] => format!("there is none yet: write `[{what}.{}]`", name.get_ref()),
        names => format!("there is {}", names.join(", ")),
    });
    problems.push(ConfigProblem::new(name.span(), format!("there is no {what} `{}`", name.get_ref())).with_hint(hint));
}

fn parse<T: FromStr<Err: std::fmt::Display>>(text: &Spanned<String>, problems: &mut Vec<ConfigProblem>) -> Option<T> {
    match text.get_ref().parse() {
        Ok(value) => Some(value),
        Err(error) => {
            // What is wrong stands before the colon, the rule behind it.
            let error = error.to_string();
            let problem = match error.rsplit_once(": ") {
                Some((wrong, rule)) => ConfigProblem::new(text.span(), wrong).with_hint(rule),
                None => ConfigProblem::new(text.span(), error),
            };
            problems.push(problem);
            None
        }
    }
}

fn time_zone(name: &Spanned<String>, problems: &mut Vec<ConfigProblem>) -> Option<TimeZone> {
    match TimeZone::get(name.get_ref()) {
        // A zone without an IANA name could not be written down with a run.
        Ok(zone) if zone.iana_name().is_some() => Some(zone),
        _ => {
            let names: Vec<_> = jiff::tz::db().available().map(|name| name.to_string()).collect();
            let hint = did_you_mean(name.get_ref(), names.iter().map(String::as_str))
                .unwrap_or_else(|| "an IANA name, for example `America/New_York` or `UTC`".to_owned());
            problems.push(
                ConfigProblem::new(name.span(), format!("there is no time zone `{}`", name.get_ref())).with_hint(hint),
            );
            None
        }
    }
}

fn size(written: Option<&Spanned<String>>, default: u64, problems: &mut Vec<ConfigProblem>) -> u64 {
    let Some(written) = written else { return default };
    amount::bytes(written.get_ref()).unwrap_or_else(|wrong| {
        problems.push(ConfigProblem::new(written.span(), wrong).with_hint("for example `512 MiB`"));
        default
    })
}

fn count(
    what: &str,
    written: Option<&Spanned<i64>>,
    default: NonZeroUsize,
    problems: &mut Vec<ConfigProblem>,
) -> NonZeroUsize {
    let Some(written) = written else { return default };
    let valid = (1..=WORKERS_MAX).contains(written.get_ref());
    match usize::try_from(*written.get_ref()).ok().and_then(NonZeroUsize::new).filter(|_| valid) {
        Some(count) => count,
        None => {
            problems.push(
                ConfigProblem::new(written.span(), format!("`{what}` is {}", written.get_ref()))
                    .with_hint(format!("it is at least 1 and at most {WORKERS_MAX}")),
            );
            default
        }
    }
}

fn limit_requests(
    written: &BTreeMap<Spanned<String>, Spanned<Value>>,
    problems: &mut Vec<ConfigProblem>,
) -> Vec<LimitRequest> {
    let mut requests = Vec::new();
    for (key, value) in written {
        match key.get_ref().parse::<LimitName>() {
            Ok(name) => match amount::limit(name, value.get_ref()) {
                Ok(value) => requests.push(LimitRequest { name, value }),
                Err(wrong) => problems.push(ConfigProblem::new(value.span(), wrong)),
            },
            Err(unknown) => {
                let names = LimitName::ALL.map(LimitName::as_str);
                let hint = did_you_mean(key.get_ref(), names)
                    .unwrap_or_else(|| format!("the limits are {}", names.join(", ")));
                problems.push(ConfigProblem::new(key.span(), unknown.to_string()).with_hint(hint));
            }
        }
    }
    requests
}

/// Settings as JSON. Dates become text; numbers that JSON does not have are refused.
fn json(key: &str, value: &Value, span: &Range<usize>, problems: &mut Vec<ConfigProblem>) -> Json {
    match value {
        Value::String(text) => Json::String(text.clone()),
        Value::Integer(number) => Json::from(*number),
        Value::Float(number) => serde_json::Number::from_f64(*number).map_or_else(
            || {
                problems.push(
                    ConfigProblem::new(span.clone(), format!("the setting `{key}` is {number}, which JSON cannot say"))
                        .with_hint("leave a bound out rather than making it infinite"),
                );
                Json::Null
            },
            Json::Number,
        ),
        Value::Boolean(truth) => Json::Bool(*truth),
        Value::Datetime(instant) => Json::String(instant.to_string()),
        Value::Array(items) => items.iter().map(|item| json(key, item, span, problems)).collect(),
        Value::Table(table) => {
            Json::Object(table.iter().map(|(key, item)| (key.clone(), json(key, item, span, problems))).collect())
        }
    }
}
