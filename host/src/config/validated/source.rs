//! What holds of a source. The keys of all types are read alike; those of another type than the source's are refused here.

use toml::Spanned;

use super::super::authored::{self, Named};
use super::super::error::ConfigProblem;
use super::super::resolved::{BigQueryConfig, SourceKind};
use super::super::schema::Shaped as _;
use super::super::sections::Section;
use super::super::suggest::did_you_mean;
use super::super::value::{all_or_none, count, folder, parse, size, whole};
use super::super::{quantity, value};
use super::bigquery::{self, Written};
use super::{Problems, Source};

/// The keys that only one type of source has.
const OF_FILES: [&str; 5] = ["path", "memory", "spill", "as_of_from", "as_of_until"];
const OF_BIGQUERY: [&str; 7] =
    ["dataset", "location", "credentials", "credentials_file", "impersonate", "endpoint", "daily_budget"];

/// A source whose kind has its paths as they are written.
pub(super) fn source(named: &Named<authored::Source>, problems: &mut Problems) -> Option<Source> {
    let name = parse(&named.name, "for example `[source.local]`", problems);
    let section = named.section.as_ref()?;
    let authored = &section.value;
    let kind = match section.required("type", authored.r#type.as_ref(), problems) {
        Some(r#type) => match r#type.get_ref().as_str() {
            authored::FILES => {
                not_of_this_type(section, authored::FILES, &OF_BIGQUERY, authored::BIGQUERY, problems);
                files(section, problems)
            }
            authored::BIGQUERY => {
                not_of_this_type(section, authored::BIGQUERY, &OF_FILES, authored::FILES, problems);
                bigquery(section, problems)
            }
            other => {
                let types = [authored::FILES, authored::BIGQUERY];
                problems.push(
                    ConfigProblem::at(r#type.span(), format!("there is no type of source `{other}`"))
                        .hint(did_you_mean(other, "types of source", types)),
                );
                None
            }
        },
        None => None,
    };
    let concurrency = match &authored.concurrency {
        Some(queries) => count("concurrency", queries, authored::CONCURRENCY_MAX, problems),
        None => whole(i64::from(authored::CONCURRENCY_DEFAULT), authored::CONCURRENCY_MAX),
    };
    Some(Source { name: name?, kind: kind?, concurrency: concurrency? })
}

fn not_of_this_type(
    section: &Section<authored::Source>,
    this: &str,
    others: &[&str],
    other: &str,
    problems: &mut Problems,
) {
    let keys = authored::Source::shape().keys().filter(|key| !others.contains(key) && *key != "type");
    let keys: Vec<_> = keys.map(|key| format!("`{key}`")).collect();
    for (key, written) in section.value.texts() {
        if let Some(written) = written
            && others.contains(&key)
        {
            let message = format!("`{key}` is a key of sources of the type `{other}`, and this one is `{this}`");
            problems.push(
                ConfigProblem::at(written.span(), message)
                    .hint(format!("the keys of `{this}` are {}", keys.join(", "))),
            );
        }
    }
}

fn files(section: &Section<authored::Source>, problems: &mut Problems) -> Option<SourceKind> {
    let authored::Source { path: place, project, memory, spill, as_of_from, as_of_until, .. } = &section.value;
    let place = section.required("path", place.as_ref(), problems);
    let place = place.and_then(|place| folder(Some(place), "", problems));
    let project = project.as_ref().map(|project| bigquery::project(project, problems));
    let memory = size(memory.as_ref(), &authored::QUERY_MEMORY_DEFAULT, problems);
    let spill = size(spill.as_ref(), &authored::SPILL_DEFAULT, problems);
    let as_of = as_of_of(as_of_from.as_ref(), as_of_until.as_ref(), problems);
    Some(SourceKind::Files {
        path: place?,
        project: all_or_none(project)?,
        memory_bytes: memory?,
        spill_bytes: spill?,
        as_of: all_or_none(as_of)?,
    })
}

fn bigquery(section: &Section<authored::Source>, problems: &mut Problems) -> Option<SourceKind> {
    let authored::Source {
        project,
        dataset,
        location,
        credentials,
        credentials_file,
        impersonate,
        endpoint,
        daily_budget,
        ..
    } = &section.value;
    let project = section.required("project", project.as_ref(), problems);
    let written = Written {
        project,
        location: location.as_ref(),
        credentials: credentials.as_ref(),
        credentials_file: credentials_file.as_ref(),
        impersonate: impersonate.as_ref(),
        endpoint: endpoint.as_ref(),
    };
    let connection = bigquery::connection(&written, problems);
    let dataset = dataset.as_ref().map(|dataset| bigquery::dataset(dataset, problems));
    let daily_budget =
        daily_budget.as_ref().map(|budget| value::noted(quantity::bytes(budget.get_ref()), budget.span(), problems));
    Some(SourceKind::BigQuery(BigQueryConfig {
        connection: connection?,
        dataset: all_or_none(dataset)?,
        daily_budget: all_or_none(daily_budget)?,
    }))
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
