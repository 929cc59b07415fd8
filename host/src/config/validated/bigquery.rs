//! What holds of the way to BigQuery, for sources and the sink alike.

use toml::Spanned;

use crate::bigquery::{ConnectionOptions, Credentials, ENDPOINT, Identity, Retry};

use super::super::error::ConfigProblem;
use super::super::suggest::did_you_mean;
use super::super::value::{all_or_none, path, url};
use super::Problems;

/// The keys of a section, as they are written; a project that must be there and is not is a problem of the section.
pub(super) struct Written<'a> {
    pub(super) project: Option<&'a Spanned<String>>,
    pub(super) location: Option<&'a Spanned<String>>,
    pub(super) credentials: Option<&'a Spanned<String>>,
    pub(super) credentials_file: Option<&'a Spanned<String>>,
    pub(super) impersonate: Option<&'a Spanned<String>>,
    pub(super) endpoint: Option<&'a Spanned<String>>,
}

/// How BigQuery is reached, its file of credentials as it is written.
pub(super) fn connection(written: &Written<'_>, problems: &mut Problems) -> Option<ConnectionOptions> {
    let Written { project: named, location, credentials, credentials_file, impersonate, endpoint } = *written;
    let project = named.and_then(|named| project(named, problems));
    let location = location.map(|location| {
        let hint = "for example `EU`, `US` or `europe-west1`";
        plain(location, "a location of BigQuery", hint, |c| c.is_ascii_alphanumeric() || c == '-', problems)
    });
    let credentials = credentials_of(credentials, credentials_file, endpoint.is_none(), problems);
    let impersonate = impersonate.map(|account| {
        let hint = "its e-mail address, for example `assay@my-project.iam.gserviceaccount.com`";
        let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '@');
        plain(account, "a service account", hint, is_part, problems)
    });
    let endpoint = endpoint.map(|endpoint| endpoint_of(endpoint, problems));
    Some(ConnectionOptions {
        project: project?,
        location: all_or_none(location)?,
        endpoint: all_or_none(endpoint)?.unwrap_or_else(|| ENDPOINT.to_owned()),
        identity: Identity { credentials: credentials?, impersonate: all_or_none(impersonate)? },
        retry: Retry::default(),
    })
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

/// The name of a dataset, `DATASET` or `PROJECT.DATASET`.
pub(super) fn dataset(written: &Spanned<String>, problems: &mut Problems) -> Option<String> {
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

/// The name of a project.
pub(super) fn project(written: &Spanned<String>, problems: &mut Problems) -> Option<String> {
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
