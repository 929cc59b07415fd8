//! What holds of references to secrets: a secret itself is not written in the file, and where it is all the same, it is
//! not shown.

use std::ops::Range;

use toml::Spanned;

use crate::notify::secret::SecretRef;

use super::super::super::authored::{self, Headers, SecretReference};
use super::super::super::error::ConfigProblem;
use super::super::super::sections::Section;
use super::super::super::value::path;
use super::super::Problems;

type Written = Section<authored::Receiver>;

/// A secret that is the value of a key.
pub(super) fn secret(
    section: &Written,
    key: &str,
    written: &Spanned<authored::Secret>,
    problems: &mut Problems,
) -> Option<SecretRef> {
    match written.get_ref() {
        authored::Secret::Reference(reference) => secret_at(section, key, &written.span(), reference, problems),
        authored::Secret::Written => {
            problems.push(written_out(key, written.span()));
            None
        }
    }
}

/// A secret is written out at a place.
pub(super) fn written_out(key: &str, place: Range<usize>) -> ConfigProblem {
    ConfigProblem::at(place, format!("`{key}` is a secret, and a secret is never written in this file"))
        .hint(format!("say where it is: `{}`, or with `file` or `credential` in place of `env`", example(key)))
        .conceal()
}

/// Where a secret is.
pub(super) fn secret_at(
    section: &Written,
    key: &str,
    place: &Range<usize>,
    reference: &SecretReference,
    problems: &mut Problems,
) -> Option<SecretRef> {
    let SecretReference { env, file, credential } = reference;
    match (env, file, credential) {
        (Some(name), None, None) => variable(name, problems),
        (None, Some(file), None) => {
            path(file, "name a file that holds the secret and nothing else", problems).map(SecretRef::File)
        }
        (None, None, Some(name)) => credential_of(name, problems),
        (None, None, None) => {
            let unsure =
                ["env", "file", "credential"].iter().any(|inner| section.is_unreadable(&format!("{key}.{inner}")));
            if !unsure {
                problems.push(
                    ConfigProblem::at(place.clone(), format!("`{key}` does not say where the secret is"))
                        .hint(format!("for example `{}`", example(key))),
                );
            }
            None
        }
        _ => {
            problems.push(
                ConfigProblem::at(place.clone(), format!("`{key}` says more than once where the secret is"))
                    .hint("one of `env`, `file` and `credential`"),
            );
            None
        }
    }
}

/// The name is not repeated where it is wrong: somebody may have taken the key for that of the secret itself.
fn variable(name: &Spanned<String>, problems: &mut Problems) -> Option<SecretRef> {
    let text = name.get_ref();
    let is_name = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if !is_name {
        problems.push(
            ConfigProblem::at(name.span(), "this is not the name of an environment variable")
                .hint("letters, digits and `_`, as in `SLACK_TOKEN`; the secret itself is never written in this file")
                .conceal(),
        );
    }
    is_name.then(|| SecretRef::Env(text.clone()))
}

fn credential_of(name: &Spanned<String>, problems: &mut Problems) -> Option<SecretRef> {
    let text = name.get_ref();
    let is_name = !text.is_empty() && !text.contains(['/', '\0']) && !matches!(text.as_str(), "." | "..");
    if !is_name {
        problems.push(
            ConfigProblem::at(name.span(), "this is not the name of a credential")
                .hint("as in `LoadCredential=` of the service, for example `slack`")
                .conceal(),
        );
    }
    is_name.then(|| SecretRef::Credential(text.clone()))
}

/// Headers, each a secret, in the order of the file.
pub(super) fn headers(
    section: &Written,
    written: &Spanned<Headers>,
    problems: &mut Problems,
) -> Option<Vec<(String, SecretRef)>> {
    let Headers(by_name) = written.get_ref();
    let mut in_order: Vec<_> = by_name.iter().collect();
    in_order.sort_by_key(|(name, _)| name.span().start);
    let headers: Vec<_> = in_order
        .into_iter()
        .map(|(name, value)| {
            let is_name = is_header(name.get_ref());
            if !is_name {
                problems.push(
                    ConfigProblem::at(name.span(), format!("`{}` is not the name of a header", name.get_ref()))
                        .hint("for example `Authorization`"),
                );
            }
            let value = secret(section, name.get_ref(), value, problems)?;
            is_name.then(|| (name.get_ref().clone(), value))
        })
        .collect();
    headers.into_iter().collect()
}

fn is_header(name: &str) -> bool {
    // A token of HTTP (RFC 9110, 5.6.2).
    !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c))
}

fn example(key: &str) -> String {
    let name: String =
        key.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' }).collect();
    format!("{key} = {{ env = \"{name}\" }}")
}
