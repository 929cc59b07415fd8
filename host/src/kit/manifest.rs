//! `check.toml`: what a check says of itself where it is written.
//!
//! One type to know: [`Manifest`]. Every problem of a file is shown at once, each with its place and a hint.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use schemars::JsonSchema;
use semver::Version;
use serde_json::json;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::admission::Language;
use crate::config::authored::LimitTable;
use crate::config::schema::shaped;
use crate::config::sections::{Section, kind_of, section, syntax_problems};
use crate::config::validated::{Problems, limits};
use crate::config::value::{all_or_none, parse, text, word};
use crate::config::{ConfigError, ConfigProblem, read_text};
use crate::kit::audit::{Harmless, InjectionKind, QuerySelector};
use crate::model::{LimitRequest, PluginId, PluginRef};

/// Name of the file.
pub const FILE: &str = "check.toml";

/// What a check says of itself.
#[derive(Debug, Clone, PartialEq)]
pub struct Manifest {
    /// Who it is.
    pub reference: PluginRef,
    /// The language of its sources.
    pub language: Language,
    /// A few words.
    pub title: String,
    /// What it verifies, in Markdown.
    pub description: String,
    /// Whom to tell when the check itself breaks.
    pub owner: String,
    /// Where more is written.
    pub docs: Option<String>,
    /// What it wants to read, for a person.
    pub tables: Vec<String>,
    /// The limits it suggests.
    pub limits: Vec<LimitRequest>,
    /// What may be done to its answers without that a pass is wrong.
    pub harmless: Vec<Harmless>,
}

/// A check: who it is, what it wants and whom it belongs to.
#[derive(Debug, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "check.toml")]
struct Authored {
    /// What the check calls itself: lower-case words joined by `-`.
    #[schemars(with = "String", example = &"null-rate")]
    id: Option<Spanned<String>>,
    /// Its semantic version.
    #[schemars(with = "String", example = &"1.0.0")]
    version: Option<Spanned<String>>,
    /// The language of its sources: `rust`, `python` or `javascript`.
    #[schemars(with = "String", example = &"rust")]
    language: Option<Spanned<String>>,
    /// A few words.
    #[schemars(with = "String", example = &"Few enough values are null")]
    title: Option<Spanned<String>>,
    /// What it verifies, in Markdown.
    #[schemars(with = "String", example = &"Compares the share of nulls with a bound.")]
    description: Option<Spanned<String>>,
    /// Team or person to tell when the check itself breaks.
    #[schemars(with = "String", example = &"data-platform")]
    owner: Option<Spanned<String>>,
    /// Where more is written.
    #[schemars(with = "Option<String>", example = &"https://example.com/null-rate")]
    docs: Option<Spanned<String>>,
    /// What it wants to read, for a person: patterns or words.
    #[schemars(with = "Option<Vec<String>>", example = json!(["the table of the settings"]))]
    tables: Option<Vec<Spanned<String>>>,
    /// The limits it suggests; the operator's ceilings hold where they are lower.
    #[schemars(with = "Option<LimitTable>", example = json!({ "queries": 2 }))]
    limits: Option<LimitTable>,
    /// Injections of `assay check audit` after which a pass is right, one `[[harmless]]` each.
    #[serde(skip)]
    #[schemars(with = "Option<Vec<AuthoredHarmless>>")]
    harmless: (),
}

/// An injection after which a pass is right.
#[derive(Debug, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct AuthoredHarmless {
    /// Its name, as `assay check audit` prints it.
    #[schemars(with = "String", example = &"reordered_rows")]
    injection: Option<Spanned<String>>,
    /// Only for the query of this number, or for those whose text holds this.
    #[schemars(with = "Option<String>", example = &"COUNT(*)")]
    query: Option<Spanned<String>>,
    /// Only for this column of the answer.
    #[schemars(with = "Option<String>", example = &"day")]
    column: Option<Spanned<String>>,
    /// Why a pass is right.
    #[schemars(with = "String", example = &"the order of rows means nothing here")]
    reason: Option<Spanned<String>>,
}

shaped!(Authored, "check");
shaped!(AuthoredHarmless, "harmless");

/// Why there is no manifest.
#[derive(Debug, thiserror::Error)]
pub enum ManifestError {
    /// The folder has none.
    #[error("`{}` is not the folder of a check: there is no `{FILE}` in it", folder.display())]
    Missing {
        /// The folder.
        folder: PathBuf,
    },
    /// It cannot be read or says something wrong.
    #[error(transparent)]
    Invalid(#[from] ConfigError),
}

impl Manifest {
    /// Reads the manifest of a check's folder.
    ///
    /// # Errors
    /// When there is none, and with every problem at once when it says something wrong.
    pub fn load(folder: &Path) -> Result<Self, ManifestError> {
        let path = folder.join(FILE);
        match read_text(&path) {
            Ok(text) => Ok(Self::parse(&path, text)?),
            Err(ConfigError::NotFound { .. }) => Err(ManifestError::Missing { folder: folder.to_owned() }),
            Err(error) => Err(error.into()),
        }
    }

    /// The manifest in a text; `path` is for messages.
    ///
    /// # Errors
    /// [`ConfigError::Invalid`] with everything that is wrong.
    pub fn parse(path: &Path, text: String) -> Result<Self, ConfigError> {
        let text: Arc<str> = text.into();
        let invalid = |problems| ConfigError::invalid_file("manifest", path, Arc::clone(&text), problems);
        let (document, errors) = DeTable::parse_recoverable(&text);
        if !errors.is_empty() {
            return Err(invalid(syntax_problems(&text, &errors)));
        }
        let mut document = document.into_inner();
        let mut problems = Vec::new();
        let harmless = document.remove("harmless").map(|items| harmless(&items, &mut problems));
        let root = Spanned::new(0..0, DeValue::Table(document));
        let authored = section::<Authored>(&root, FILE, &mut problems);
        match authored.and_then(|authored| validated(&authored, &mut problems)) {
            Some(manifest) if problems.is_empty() => {
                Ok(Self { harmless: harmless.flatten().unwrap_or_default(), ..manifest })
            }
            Some(_) | None => Err(invalid(problems)),
        }
    }

    /// Name of the component's file.
    #[must_use]
    pub fn component(&self) -> String {
        format!("{}.wasm", self.reference)
    }
}

fn validated(section: &Section<Authored>, problems: &mut Problems) -> Option<Manifest> {
    let Authored { id, version, language, title, description, owner, docs, tables, limits: asked, harmless: () } =
        &section.value;
    let id = section.required("id", id.as_ref(), problems);
    let id: Option<PluginId> = id.and_then(|id| parse(id, "for example `id = \"null-rate\"`", problems));
    let version = section.required("version", version.as_ref(), problems);
    let version: Option<Version> = version.and_then(|version| parse(version, "for example `\"1.0.0\"`", problems));
    let language = section.required("language", language.as_ref(), problems);
    let language = language.and_then(|language| {
        word(
            language,
            "language",
            [("rust", Language::Rust), ("python", Language::Python), ("javascript", Language::JavaScript)],
            problems,
        )
    });
    let title = section.required("title", title.as_ref(), problems).and_then(|title| text(title, "a title", problems));
    let description = section.required("description", description.as_ref(), problems);
    let description = description.and_then(|written| text(written, "a description", problems));
    let owner = section.required("owner", owner.as_ref(), problems);
    let owner = owner.and_then(|owner| text(owner, "an owner", problems));
    let docs = docs.as_ref().map(|docs| text(docs, "`docs`", problems));
    let tables: Option<Vec<_>> = {
        let tables: Vec<_> = tables.iter().flatten().map(|table| text(table, "a table", problems)).collect();
        tables.into_iter().collect()
    };
    let limits = limits(asked.as_ref(), problems);
    Some(Manifest {
        reference: PluginRef { id: id?, version: version? },
        language: language?,
        title: title?,
        description: description?,
        owner: owner?,
        docs: all_or_none(docs)?,
        tables: tables?,
        limits: limits?,
        harmless: Vec::new(),
    })
}

fn harmless(items: &Spanned<DeValue<'_>>, problems: &mut Problems) -> Option<Vec<Harmless>> {
    let Some(items) = items.get_ref().as_array() else {
        let found = kind_of(items.get_ref());
        problems.push(
            ConfigProblem::at(items.span(), format!("`harmless` must be a list of injections, not {found}"))
                .hint("begin each with `[[harmless]]`, in double brackets"),
        );
        return None;
    };
    let read: Vec<_> = items.iter().map(|item| one_harmless(item, problems)).collect();
    read.into_iter().collect()
}

fn one_harmless(item: &Spanned<DeValue<'_>>, problems: &mut Problems) -> Option<Harmless> {
    let section: Section<AuthoredHarmless> = section(item, "[[harmless]]", problems)?;
    let AuthoredHarmless { injection, query, column, reason } = &section.value;
    let injection = section.required("injection", injection.as_ref(), problems);
    let kinds = InjectionKind::ALL.map(|kind| (kind.as_str(), kind));
    let injection = injection.and_then(|injection| word(injection, "injection", kinds, problems));
    let reason = section.required("reason", reason.as_ref(), problems);
    let reason = reason.and_then(|reason| text(reason, "a reason", problems));
    let query = query.as_ref().map(|query| match query.get_ref().parse() {
        Ok(number) => QuerySelector::Number(number),
        Err(_) => QuerySelector::Sql(query.get_ref().clone()),
    });
    let column = column.as_ref().map(|column| column.get_ref().clone());
    let harmless = Harmless { injection: injection?, query, column, reason: reason? };
    for problem in harmless.problems() {
        problems.push(ConfigProblem::at(item.span(), problem.to_string()).hint(problem.hint()));
    }
    Some(harmless)
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"
id = "null-rate"
version = "1.2.0"
language = "python"
title = "Few enough values are null"
description = "Compares."
owner = "data-platform"
tables = ["the table of the settings"]
[limits]
memory = "32 MiB"
queries = 1
[[harmless]]
injection = "reordered_rows"
reason = "one row has no order"
"#;

    fn problems(text: &str) -> Vec<(String, String)> {
        match Manifest::parse(Path::new(FILE), text.to_owned()) {
            Err(ConfigError::Invalid { problems, .. }) => {
                let told = |p: &ConfigProblem| (p.message().to_owned(), p.advice().unwrap_or_default().to_owned());
                problems.iter().map(told).collect()
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_manifest_says_who_the_check_is() {
        let manifest = Manifest::parse(Path::new(FILE), GOOD.to_owned()).unwrap();
        assert_eq!(manifest.component(), "null-rate@1.2.0.wasm");
        assert_eq!(manifest.language, Language::Python);
        let limits: Vec<_> = manifest.limits.iter().map(|limit| (limit.name.as_str(), limit.value)).collect();
        assert_eq!(limits, [("memory", 32 << 20), ("queries", 1)]);
        assert_eq!(manifest.harmless[0].injection, InjectionKind::ReorderedRows);
        assert_eq!((manifest.docs, manifest.tables.len()), (None, 1));
    }

    #[test]
    fn everything_that_is_wrong_is_told_at_once() {
        let told = problems(
            "id = \"Null Rate\"\nversion = \"1\"\nlanguage = \"pyton\"\ntitel = \"x\"\ndescription = 3\nlimits = { memry = \"1 MiB\" }\n\
             [[harmless]]\ninjection = \"reordered_rows\"\n",
        );
        let messages: Vec<_> = told.iter().map(|(message, _)| message.as_str()).collect();
        assert!(messages.iter().any(|m| m.contains("`Null Rate` is not a plugin id")), "{messages:?}");
        for (message, hint) in [
            ("`check.toml` has no `owner`", "data-platform"),
            ("there is no language `pyton`", "did you mean `python`?"),
            ("unknown key `titel` in `check.toml`", "did you mean `title`?"),
            ("`description` must be text, not a whole number", "for example"),
            ("there is no limit `memry`", "did you mean `memory`?"),
            ("`[[harmless]]` has no `reason`", "the order of rows means nothing here"),
        ] {
            let found = told.iter().find(|(told, _)| told == message);
            assert!(found.is_some_and(|(_, told)| told.contains(hint)), "{message}: {told:?}");
        }
        assert!(!messages.contains(&"`check.toml` has no `title`"), "the misspelt one is told already");
    }
}
