//! What holds of a source. The keys of all types are read alike; those of another type than the source's are refused here.

use toml::Spanned;

use crate::bigquery::{Credentials, ENDPOINT, Identity};

use super::super::authored::{self, Named};
use super::super::error::ConfigProblem;
use super::super::resolved::{BigQueryConfig, SourceKind};
use super::super::schema::Shaped as _;
use super::super::sections::Section;
use super::super::suggest::did_you_mean;
use super::super::value::{all_or_none, count, folder, parse, path, size, url, whole};
use super::super::{quantity, value};
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
    let project = project.as_ref().map(|project| project_of(project, problems));
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
    let project = project.and_then(|project| project_of(project, problems));
    let dataset = dataset.as_ref().map(|dataset| dataset_of(dataset, problems));
    let location = location.as_ref().map(|location| {
        let hint = "for example `EU`, `US` or `europe-west1`";
        plain(location, "a location of BigQuery", hint, |c| c.is_ascii_alphanumeric() || c == '-', problems)
    });
    let credentials = credentials_of(credentials.as_ref(), credentials_file.as_ref(), endpoint.is_none(), problems);
    let impersonate = impersonate.as_ref().map(|account| {
        let hint = "its e-mail address, for example `assay@my-project.iam.gserviceaccount.com`";
        let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '@');
        let account = plain(account, "a service account", hint, is_part, problems)?;
        Some(account)
    });
    let endpoint = endpoint.as_ref().map(|endpoint| endpoint_of(endpoint, problems));
    let daily_budget =
        daily_budget.as_ref().map(|budget| value::noted(quantity::bytes(budget.get_ref()), budget.span(), problems));
    Some(SourceKind::BigQuery(BigQueryConfig {
        project: project?,
        dataset: all_or_none(dataset)?,
        location: all_or_none(location)?,
        identity: Identity { credentials: credentials?, impersonate: all_or_none(impersonate)? },
        endpoint: all_or_none(endpoint)?.unwrap_or_else(|| ENDPOINT.to_owned()),
        daily_budget: all_or_none(daily_budget)?,
    }))
}

/// Text of some characters, at least one.
fn plain(
    written: &Spanned<String>,
    what: &str,
    hint: &str,
    is_part: impl Fn(char) -> bool,
    problems: &mut Problems,
) -> Option<String> {
    let text = written.get_ref();
    let is_one = !text.is_empty() && text.chars().all(is_part);
    if !is_one {
        problems.push(ConfigProblem::at(written.span(), format!("`{text}` is not {what}")).hint(hint));
    }
    is_one.then(|| text.clone())
}

fn credentials_of(
    written: Option<&Spanned<String>>,
    file: Option<&Spanned<String>>,
    is_google: bool,
    problems: &mut Problems,
) -> Option<Credentials> {
    const WORDS: [&str; 4] = ["adc", "file", "metadata", "none"];
    let word = written.map(|written| written.get_ref().as_str());
    let of_file = |file: &Spanned<String>, problems: &mut Problems| {
        let hint = "name the file of credentials, relative to the folder of this file";
        path(file, hint, problems).map(Credentials::File)
    };
    match (word, written, file) {
        (None | Some("file"), _, Some(file)) => of_file(file, problems),
        (Some("file"), Some(written), None) => {
            problems.push(
                ConfigProblem::at(written.span(), "`credentials = \"file\"` without `credentials_file`")
                    .hint("for example `credentials_file = \"/etc/assay/bigquery.json\"`"),
            );
            None
        }
        (Some(_), _, Some(file)) => {
            problems.push(
                ConfigProblem::at(file.span(), "a `credentials_file` that `credentials` makes no use of")
                    .hint("leave `credentials` out, or let it be `file`"),
            );
            None
        }
        (None | Some("adc"), _, None) => Some(Credentials::Default),
        (Some("metadata"), _, None) => Some(Credentials::Metadata),
        (Some("none"), Some(written), None) if is_google => {
            problems.push(
                ConfigProblem::at(written.span(), "BigQuery itself cannot be asked without credentials")
                    .hint("`none` is for emulators: name one with `endpoint`, or leave `credentials` out"),
            );
            None
        }
        (Some("none"), _, None) => Some(Credentials::None),
        (Some(other), Some(written), None) => {
            problems.push(
                ConfigProblem::at(written.span(), format!("there are no credentials `{other}`")).hint(did_you_mean(
                    other,
                    "there are",
                    WORDS,
                )),
            );
            None
        }
        (Some(_), None, None) => None,
    }
}

fn endpoint_of(written: &Spanned<String>, problems: &mut Problems) -> Option<String> {
    let address = url(written, "http://127.0.0.1:9050", problems)?;
    let bare = address.trim_end_matches('/');
    let has_path = bare.split_once("://").is_some_and(|(_, rest)| rest.contains(['/', '?', '#', '@']));
    if has_path {
        problems.push(
            ConfigProblem::at(written.span(), format!("`{address}` is more than scheme, host and port"))
                .hint("leave out what is behind the port: `/bigquery/v2` is added"),
        );
    }
    (!has_path).then(|| bare.to_owned())
}

fn dataset_of(written: &Spanned<String>, problems: &mut Problems) -> Option<String> {
    let text = written.get_ref();
    let (project, dataset) = match text.split_once('.') {
        Some((project, dataset)) => (Some(project), dataset),
        None => (None, text.as_str()),
    };
    let is_project = |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    let is_dataset = !dataset.is_empty() && dataset.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    let is_one = is_dataset && project.is_none_or(is_project);
    if !is_one {
        problems.push(
            ConfigProblem::at(written.span(), format!("`{text}` is not the name of a dataset"))
                .hint("letters, digits and `_`, as in `analytics`; of another project, `other-project.analytics`"),
        );
    }
    is_one.then(|| text.clone())
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
