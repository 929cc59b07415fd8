//! Pointing into the file for problems that are found after it was read.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::model::CheckName;

use super::error::{ConfigError, ConfigProblem};
use super::resolved::Config;

/// A place in a check's section.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// Its plugin.
    Plugin,
    /// Its grants.
    Sources,
    /// A place in its settings: a JSON Pointer (RFC 6901).
    Settings(String),
}

impl Config {
    /// A problem with its place in the file; the nearest place there is, when that very one is not written out.
    #[must_use]
    pub fn problem_at(&self, check: &CheckName, place: Place, message: &str, hint: Option<String>) -> ConfigProblem {
        let span = self.span_of(check, place).unwrap_or(0..0);
        let problem = ConfigProblem::new(span, format!("check `{check}`: {message}"));
        match hint {
            Some(hint) => problem.with_hint(hint),
            None => problem,
        }
    }

    fn span_of(&self, check: &CheckName, place: Place) -> Option<Range<usize>> {
        let root = DeTable::parse(&self.text).ok()?;
        let checks = root.get_ref().get("check")?.get_ref().as_array()?;
        let position = self.checks.iter().position(|candidate| candidate.name == *check)?;
        let section = checks.get(position)?;
        let (key, pointer) = match place {
            Place::Plugin => ("plugin", String::new()),
            Place::Sources => ("sources", String::new()),
            Place::Settings(pointer) => ("settings", pointer),
        };
        let Some(value) = section.get_ref().as_table().and_then(|table| table.get(key)) else {
            return Some(section.span());
        };
        Some(follow(value, &pointer))
    }
}

/// The place that a JSON Pointer leads to, or the last one on the way.
fn follow(value: &Spanned<DeValue<'_>>, pointer: &str) -> Range<usize> {
    let mut here = value;
    let mut span = value.span();
    for token in pointer.split('/').skip(1) {
        let token = token.replace("~1", "/").replace("~0", "~");
        let next = match here.get_ref() {
            DeValue::Table(table) => table.get_key_value(token.as_str()).map(|(key, value)| (key.span(), value)),
            DeValue::Array(items) => {
                token.parse().ok().and_then(|index: usize| items.get(index)).map(|item| (item.span(), item))
            }
            _ => None,
        };
        let Some((at, value)) = next else { break };
        // A table written over several lines has no useful extent of its own: its key has.
        span = if matches!(value.get_ref(), DeValue::Table(_)) { at } else { value.span() };
        here = value;
    }
    span
}

impl ConfigError {
    /// From problems that were found after the configuration was read.
    #[must_use]
    pub fn from_problems(config: &Config, problems: Vec<ConfigProblem>) -> Self {
        Self::invalid(config.path.clone(), config.text.clone(), problems)
    }
}
