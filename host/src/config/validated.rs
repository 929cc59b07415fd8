//! From what is written to what holds together. Pure: no file, no clock, no network.
//!
//! Every rule notes its problem and goes on; a part that is wrong is left out of the result, which is used
//! only when there is no problem at all.

mod alerting;
mod bigquery;
mod calendar;
mod check;
mod dependencies;
mod matching;
mod names;
mod overlay;
mod policy;
mod receiver;
mod route;
mod schedule;
mod serve;
mod sink;
mod source;

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::ops::Range;
use std::path::PathBuf;

use toml::de::DeTable;

use crate::model::{LimitName, LimitRequest, SourceName};

use super::authored::{self, Document, LimitTable};
use super::error::ConfigProblem;
use super::quantity;
use super::resolved::{
    AlertingConfig, CalendarConfig, CheckConfig, ScheduleConfig, ServeConfig, SinkConfig, SourceKind,
};
use super::sections::Section;
use super::suggest::did_you_mean;
use super::value::{all_or_none, count, folder, noted, size, time};

use names::{Kind, Names};

pub(crate) use check::settings_json;
pub(crate) use schedule::time_zone_of;

/// A configuration that holds together, its paths as they are written.
#[derive(Debug)]
pub(super) struct Validated {
    pub(super) host: Host,
    pub(super) serve: ServeConfig,
    pub(super) sink: Option<SinkConfig>,
    pub(super) sources: Vec<Source>,
    pub(super) calendars: Vec<CalendarConfig>,
    pub(super) schedules: Vec<ScheduleConfig>,
    pub(super) alerting: AlertingConfig,
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

/// A source, with its paths as they are written.
#[derive(Debug)]
pub(super) struct Source {
    pub(super) name: SourceName,
    pub(super) kind: SourceKind,
    pub(super) concurrency: NonZeroUsize,
}

pub(crate) type Problems = Vec<ConfigProblem>;

/// Checks every rule; None when a part is missing from the result, with the reason among `problems`.
pub(super) fn validate(authored: &Document, document: &DeTable<'_>, problems: &mut Problems) -> Option<Validated> {
    let names = Names::of(authored);
    let host = host(authored.host.as_ref(), problems);
    let serve = serve::serve(authored.serve.as_ref(), problems);
    let sink = sink::sink(authored.sink.as_ref(), problems);
    let sources: Vec<_> = authored.source.iter().map(|named| source::source(named, problems)).collect();
    let calendars: Vec<_> = authored.calendar.iter().map(|named| calendar::calendar(named, &names, problems)).collect();
    let schedules: Vec<_> = authored.schedule.iter().map(|named| schedule::schedule(named, &names, problems)).collect();
    let (alerting, layers) = alerting::alerting(authored, &names, problems);
    let checks: Vec<_> = authored
        .check
        .iter()
        .enumerate()
        .map(|(index, section)| check::check(index, section.as_ref()?, &names, layers.as_ref(), document, problems))
        .collect();
    names_are_unique(authored, problems);
    calendar::calendars_are_used(authored, problems);
    schedule::schedules_are_used(authored, problems);
    schedule::schedules_have_a_first(authored, problems);
    check::checks_have_a_first(authored, &names, problems);
    if authored.check.is_empty() && !authored.unreadable.contains("check") {
        problems.push(ConfigProblem::of_file("there are no checks").hint(
            "a run over nothing would say nothing: add a `[[check]]`; `assay init` writes a file that shows how",
        ));
    }
    Some(Validated {
        host: host?,
        serve: serve?,
        sink: sink?,
        sources: sources.into_iter().collect::<Option<_>>()?,
        calendars: calendars.into_iter().collect::<Option<_>>()?,
        schedules: schedules.into_iter().collect::<Option<_>>()?,
        alerting: alerting?,
        checks: checks.into_iter().collect::<Option<_>>()?,
    })
}

fn host(section: Option<&Section<authored::Host>>, problems: &mut Problems) -> Option<Host> {
    let Some(section) = section else { return Some(Host::default()) };
    let authored::Host { state, plugins, workers, component_max, compile_time, compile_memory, limits: ceilings } =
        &section.value;
    let state = folder(state.as_ref(), authored::STATE_DEFAULT, problems);
    let plugins = folder(plugins.as_ref(), authored::PLUGINS_DEFAULT, problems);
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
