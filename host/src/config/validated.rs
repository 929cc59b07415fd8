//! From what is written to what holds together. Pure: no file, no clock, no network.
//!
//! Every rule notes its problem and goes on; a part that is wrong is left out of the result, which is used
//! only when there is no problem at all.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroUsize;
use std::ops::Range;
use std::path::PathBuf;

use jiff::tz::TimeZone;
use serde_json::Value as Json;
use toml::Spanned;
use toml::de::DeTable;

use crate::model::{CheckName, LimitName, LimitRequest, PluginRef, ScheduleName, Severity, SourceName};
use crate::source::TablePattern;

use super::authored::{self, Document, Grants, LimitTable, Named};
use super::error::ConfigProblem;
use super::place;
use super::quantity;
use super::resolved::{CheckConfig, Grant, ScheduleConfig, Target};
use super::sections::Section;
use super::settings;
use super::suggest::{did_you_mean, nearest};
use super::value::{all_or_none, count, noted, parse, path, size, text, time, whole, word};

/// A configuration that holds together, its paths as they are written.
#[derive(Debug)]
pub(super) struct Validated {
    pub(super) host: Host,
    pub(super) sources: Vec<Source>,
    pub(super) schedules: Vec<ScheduleConfig>,
    pub(super) checks: Vec<CheckConfig>,
}

/// The host itself.
#[derive(Debug)]
pub(super) struct Host {
    pub(super) state: PathBuf,
    pub(super) plugins: PathBuf,
    /// None: one a core.
    pub(super) workers: Option<NonZeroUsize>,
    pub(super) component_bytes_max: u64,
    pub(super) compile_time_millis: u64,
    pub(super) compile_memory_bytes: u64,
    pub(super) ceilings: Vec<LimitRequest>,
}

impl Default for Host {
    fn default() -> Self {
        Self {
            state: PathBuf::from(authored::STATE_DEFAULT),
            plugins: PathBuf::from(authored::PLUGINS_DEFAULT),
            workers: None,
            component_bytes_max: authored::COMPONENT_DEFAULT.bytes,
            compile_time_millis: authored::COMPILE_TIME_DEFAULT.millis,
            compile_memory_bytes: authored::COMPILE_MEMORY_DEFAULT.bytes,
            ceilings: Vec::new(),
        }
    }
}

/// A source of files.
#[derive(Debug)]
pub(super) struct Source {
    pub(super) name: SourceName,
    pub(super) path: PathBuf,
    pub(super) project: Option<String>,
    pub(super) memory_bytes: u64,
    pub(super) spill_bytes: u64,
    /// Columns since when and until when rows are there.
    pub(super) as_of: Option<(String, Option<String>)>,
    pub(super) concurrency: NonZeroUsize,
}

pub(crate) type Problems = Vec<ConfigProblem>;

/// Checks every rule; None when a part is missing from the result, with the reason among `problems`.
pub(super) fn validate(authored: &Document, document: &DeTable<'_>, problems: &mut Problems) -> Option<Validated> {
    let names = Names::of(authored);
    let host = host(authored.host.as_ref(), problems);
    let sources: Vec<_> = authored.source.iter().map(|named| source(named, problems)).collect();
    let schedules: Vec<_> = authored.schedule.iter().map(|named| schedule(named, problems)).collect();
    let checks: Vec<_> = authored
        .check
        .iter()
        .enumerate()
        .map(|(index, section)| check(index, section.as_ref()?, &names, document, problems))
        .collect();
    names_are_unique(authored, problems);
    schedules_are_used(authored, problems);
    if authored.check.is_empty() && !authored.unreadable.contains("check") {
        problems.push(ConfigProblem::of_file("there are no checks").hint(
            "a run over nothing would say nothing: add a `[[check]]`; `assay init` writes a file that shows how",
        ));
    }
    Some(Validated {
        host: host?,
        sources: sources.into_iter().collect::<Option<_>>()?,
        schedules: schedules.into_iter().collect::<Option<_>>()?,
        checks: checks.into_iter().collect::<Option<_>>()?,
    })
}

/// The names that may be referred to, whether or not what they name is right.
struct Names<'a> {
    sources: Vec<&'a str>,
    schedules: Vec<&'a str>,
    unreadable: &'a BTreeSet<&'static str>,
}

impl<'a> Names<'a> {
    fn of(authored: &'a Document) -> Self {
        Self {
            sources: authored.source.iter().map(|named| named.name.get_ref().as_str()).collect(),
            schedules: authored.schedule.iter().map(|named| named.name.get_ref().as_str()).collect(),
            unreadable: &authored.unreadable,
        }
    }

    /// Whether `name` is one of `known`, all that the file names in its sections `what`.
    fn known(&self, name: &Spanned<String>, what: &str, known: &[&str], problems: &mut Problems) -> Option<()> {
        let text = name.get_ref();
        if known.contains(&text.as_str()) {
            return Some(());
        }
        if !self.unreadable.contains(what) {
            let hint = match known {
                [] => format!("add it: `[{what}.{text}]`"),
                known => did_you_mean(text, &format!("the {what}s of this file are"), known.iter().copied()),
            };
            problems.push(ConfigProblem::at(name.span(), format!("there is no {what} `{text}`")).hint(hint));
        }
        None
    }
}

fn host(section: Option<&Section<authored::Host>>, problems: &mut Problems) -> Option<Host> {
    let Some(section) = section else { return Some(Host::default()) };
    let authored::Host { state, plugins, workers, component_max, compile_time, compile_memory, limits: ceilings } =
        &section.value;
    let state = path(state.as_ref(), authored::STATE_DEFAULT, problems);
    let plugins = path(plugins.as_ref(), authored::PLUGINS_DEFAULT, problems);
    let workers = workers.as_ref().map(|workers| count("workers", workers, authored::WORKERS_MAX, problems));
    let component = size(component_max.as_ref(), &authored::COMPONENT_DEFAULT, problems);
    let compile_time = time(compile_time.as_ref(), &authored::COMPILE_TIME_DEFAULT, problems);
    let compile_memory = size(compile_memory.as_ref(), &authored::COMPILE_MEMORY_DEFAULT, problems);
    let ceilings = limits(ceilings.as_ref(), problems);
    Some(Host {
        state: state?,
        plugins: plugins?,
        workers: all_or_none(workers)?,
        component_bytes_max: component?,
        compile_time_millis: compile_time?,
        compile_memory_bytes: compile_memory?,
        ceilings: ceilings?,
    })
}

fn source(named: &Named<authored::Source>, problems: &mut Problems) -> Option<Source> {
    let name = parse(&named.name, "for example `[source.local]`", problems);
    let section = named.section.as_ref()?;
    let authored::Source { r#type, path: folder, project, memory, spill, as_of_from, as_of_until, concurrency } =
        &section.value;
    if let Some(r#type) = section.required("type", r#type.as_ref(), problems)
        && r#type.get_ref() != authored::FILES
    {
        let text = r#type.get_ref();
        problems.push(
            ConfigProblem::at(r#type.span(), format!("there is no type of source `{text}`")).hint(did_you_mean(
                text,
                "types of source",
                [authored::FILES],
            )),
        );
    }
    let folder = section.required("path", folder.as_ref(), problems);
    let folder = folder.and_then(|folder| path(Some(folder), "", problems));
    let project = project.as_ref().map(|project| project_of(project, problems));
    let memory = size(memory.as_ref(), &authored::QUERY_MEMORY_DEFAULT, problems);
    let spill = size(spill.as_ref(), &authored::SPILL_DEFAULT, problems);
    let as_of = as_of_of(as_of_from.as_ref(), as_of_until.as_ref(), problems);
    let concurrency = match concurrency {
        Some(queries) => count("concurrency", queries, authored::CONCURRENCY_MAX, problems),
        None => whole(i64::from(authored::CONCURRENCY_DEFAULT), authored::CONCURRENCY_MAX),
    };
    Some(Source {
        name: name?,
        path: folder?,
        project: all_or_none(project)?,
        memory_bytes: memory?,
        spill_bytes: spill?,
        as_of: all_or_none(as_of)?,
        concurrency: concurrency?,
    })
}

/// None when nothing is written, None within when it is wrong.
fn as_of_of(
    from: Option<&Spanned<String>>,
    until: Option<&Spanned<String>>,
    problems: &mut Problems,
) -> Option<Option<(String, Option<String>)>> {
    let Some(from) = from else {
        let until = until?;
        problems.push(
            ConfigProblem::at(until.span(), "`as_of_until` without `as_of_from`").hint(
                "name the column that says since when a row is there, for example `as_of_from = \"available_at\"`",
            ),
        );
        return Some(None);
    };
    let empty: Vec<_> = [Some(from), until].into_iter().flatten().filter(|name| name.get_ref().is_empty()).collect();
    for name in &empty {
        problems.push(ConfigProblem::at(name.span(), "not the name of a column").hint("leave it out if there is none"));
    }
    Some(empty.is_empty().then(|| (from.get_ref().clone(), until.map(|until| until.get_ref().clone()))))
}

fn project_of(written: &Spanned<String>, problems: &mut Problems) -> Option<String> {
    let text = written.get_ref();
    let is_one =
        !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    if !is_one {
        problems.push(
            ConfigProblem::at(written.span(), format!("`{text}` is not the name of a project"))
                .hint("letters, digits, `-` and `_`, as in `my-project`; leave it out if no statement names one"),
        );
    }
    is_one.then(|| text.clone())
}

fn schedule(named: &Named<authored::Schedule>, problems: &mut Problems) -> Option<ScheduleConfig> {
    let name: Option<ScheduleName> = parse(&named.name, "for example `[schedule.morning]`", problems);
    let section = named.section.as_ref()?;
    let authored::Schedule { timezone, cron, target } = &section.value;
    let time_zone = section.required("timezone", timezone.as_ref(), problems);
    let time_zone = time_zone.and_then(|zone| time_zone_of(zone, problems));
    let cron =
        cron.as_ref().map(|cron| parse(cron, "minute, hour, day, month and weekday, as in `0 6 * * *`", problems));
    let target = match target {
        None => Some(Target::default()),
        Some(text) => word(text, "target", Target::ALL.map(|target| (target.as_str(), target)), problems),
    };
    Some(ScheduleConfig { name: name?, time_zone: time_zone?, cron: all_or_none(cron)?, target: target? })
}

/// A zone by its IANA name.
pub(crate) fn time_zone_of(text: &Spanned<String>, problems: &mut Problems) -> Option<TimeZone> {
    let zone = TimeZone::get(text.get_ref()).ok().filter(|zone| zone.iana_name().is_some());
    if zone.is_none() {
        let known: Vec<_> = jiff::tz::db().available().map(|name| name.to_string()).collect();
        let hint = nearest(text.get_ref(), known.iter().map(String::as_str)).map_or_else(
            || "IANA names are of the form `Europe/Berlin`, `America/New_York` or `UTC`".to_owned(),
            |name| format!("did you mean `{name}`?"),
        );
        problems.push(ConfigProblem::at(text.span(), format!("there is no time zone `{}`", text.get_ref())).hint(hint));
    }
    zone
}

fn check(
    index: usize,
    section: &Section<authored::Check>,
    names: &Names<'_>,
    document: &DeTable<'_>,
    problems: &mut Problems,
) -> Option<CheckConfig> {
    let authored::Check { name, plugin, schedule, severity, owner, tags, sources, limits: asked, settings } =
        &section.value;
    let name = section.required("name", name.as_ref(), problems);
    let name: Option<CheckName> = name.and_then(|name| parse(name, "for example `orders-rows`", problems));
    let plugin = section.required("plugin", plugin.as_ref(), problems);
    let plugin: Option<PluginRef> = plugin.and_then(|plugin| {
        parse(plugin, "the name of the component's file without `.wasm`, for example `row-count@1.0.0`", problems)
    });
    let schedule = schedule.as_ref().map(|schedule| {
        let text = schedule.get_ref();
        names.known(schedule, "schedule", &names.schedules, problems).and_then(|()| text.parse::<ScheduleName>().ok())
    });
    let severity = match severity {
        None => Some(Severity::Medium),
        Some(text) => word(text, "severity", Severity::ALL.map(|severity| (severity.as_str(), severity)), problems),
    };
    let owner = owner.as_ref().map(|owner| text(owner, "an owner", problems));
    let tags: Option<Vec<_>> = {
        let tags: Vec<_> = tags.iter().flatten().map(|tag| text(tag, "a tag", problems)).collect();
        tags.into_iter().collect()
    };
    let sources = section.required("sources", sources.as_ref(), problems);
    let grants = sources.and_then(|sources| grants(sources, names, problems));
    let limits = limits(asked.as_ref(), problems);
    let settings = match settings {
        None => Some("{}".to_owned()),
        Some(table) => settings_of(index, table, document, problems),
    };
    Some(CheckConfig {
        name: name?,
        plugin: plugin?,
        schedule: all_or_none(schedule)?,
        severity: severity?,
        owner: all_or_none(owner)?,
        tags: tags?,
        grants: grants?,
        limits: limits?,
        settings: settings?,
    })
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
            let found = names.known(source, "source", &names.sources, problems);
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
            found?;
            Some(Grant { source: source.get_ref().parse().ok()?, tables: tables.into_iter().collect::<Option<_>>()? })
        })
        .collect();
    grants.into_iter().collect()
}

/// Limits by name.
pub(crate) fn limits(asked: Option<&LimitTable>, problems: &mut Problems) -> Option<Vec<LimitRequest>> {
    let Some(LimitTable(asked)) = asked else { return Some(Vec::new()) };
    let requests: Vec<_> =
        asked
            .iter()
            .map(|(key, value)| {
                let Ok(name) = key.get_ref().parse::<LimitName>() else {
                    let names = LimitName::ALL.map(LimitName::as_str);
                    problems.push(
                        ConfigProblem::at(key.span(), format!("there is no limit `{}`", key.get_ref()))
                            .hint(did_you_mean(key.get_ref(), "the limits are", names)),
                    );
                    return None;
                };
                let value = noted(quantity::limit(name, value.get_ref()), value.span(), problems)?;
                Some(LimitRequest { name, value })
            })
            .collect();
    requests.into_iter().collect()
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

/// Names that `assay run NAME` could not tell apart.
fn names_are_unique(authored: &Document, problems: &mut Problems) {
    const HINT: &str = "`assay run NAME` takes checks and schedules alike: give each a name of its own";
    let mut taken: BTreeMap<&str, (&str, Range<usize>)> = authored
        .schedule
        .iter()
        .map(|schedule| (schedule.name.get_ref().as_str(), ("schedule", schedule.name.span())))
        .collect();
    for name in authored.check.iter().flatten().filter_map(|check| check.value.name.as_ref()) {
        match taken.get(name.get_ref().as_str()) {
            Some((what, first)) => problems.push(
                ConfigProblem::at(name.span(), format!("there is already a {what} named `{}`", name.get_ref()))
                    .also(first.clone(), "here")
                    .hint(HINT),
            ),
            None => {
                taken.insert(name.get_ref(), ("check", name.span()));
            }
        }
    }
}

fn schedules_are_used(authored: &Document, problems: &mut Problems) {
    let is_known = |name: &str| authored.schedule.iter().any(|schedule| schedule.name.get_ref() == name);
    let used: Vec<_> = authored.check.iter().flatten().filter_map(|check| check.value.schedule.as_ref()).collect();
    // A reference that is wrong already may well be meant for the schedule that seems unused.
    let unsure = authored.unreadable.contains("check")
        || authored.check.is_empty()
        || authored.check.iter().flatten().any(|check| check.is_unreadable("schedule"))
        || used.iter().any(|name| !is_known(name.get_ref()));
    if unsure {
        return;
    }
    for schedule in &authored.schedule {
        let name = schedule.name.get_ref();
        if !used.iter().any(|used| used.get_ref() == name) {
            problems.push(
                ConfigProblem::at(schedule.name.span(), format!("no check is on the schedule `{name}`"))
                    .hint(format!("a run of it would check nothing: write `schedule = \"{name}\"` in a check")),
            );
        }
    }
}
