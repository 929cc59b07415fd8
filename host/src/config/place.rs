//! Pointing into the file for problems that are found after it was read, as when a plugin refuses its
//! settings.

use std::ops::Range;
use std::sync::Arc;

use toml::de::{DeTable, DeValue};

use crate::model::CheckName;

use super::error::{ConfigError, ConfigProblem};
use super::resolved::Config;

/// What of a check a problem is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// The plugin.
    Plugin,
    /// The grants.
    Sources,
    /// The settings, or the part of them that a JSON pointer (RFC 6901) names, for example `/rules/0/min`.
    Settings(String),
}

impl Config {
    /// A problem with its place in the file; the nearest place there is, when that very one is not written
    /// out. A check that is not in the file has no place.
    #[must_use]
    pub fn problem_at(&self, check: &CheckName, place: Place, message: &str, hint: Option<String>) -> ConfigProblem {
        let message = format!("check `{check}`: {message}");
        let problem = match self.place_of(check, place) {
            Some(place) => ConfigProblem::at(place, message),
            None => ConfigProblem::of_file(message),
        };
        match hint {
            Some(hint) => problem.hint(hint),
            None => problem,
        }
    }

    fn place_of(&self, check: &CheckName, place: Place) -> Option<Range<usize>> {
        let position = self.checks.iter().position(|candidate| candidate.name == *check)?;
        let document = DeTable::parse(&self.text).ok()?.into_inner();
        let (key, pointer) = match place {
            Place::Plugin => ("plugin", String::new()),
            Place::Sources => ("sources", String::new()),
            Place::Settings(pointer) => ("settings", pointer),
        };
        locate(&document, position, key, &pointer)
    }
}

/// Where the file says what a JSON pointer names below a key of a check: the key or list item itself, else
/// the nearest one above it that is there, at last the heading of the check. None when there is no such
/// check.
pub(super) fn locate(document: &DeTable<'_>, check: usize, key: &str, pointer: &str) -> Option<Range<usize>> {
    let check = document.get("check")?.get_ref().as_array()?.get(check)?;
    let Some(mut value) = check.get_ref().as_table().and_then(|table| table.get(key)) else {
        return Some(check.span());
    };
    let mut place = value.span();
    for step in pointer.split('/').skip(1) {
        let step = step.replace("~1", "/").replace("~0", "~");
        let next = match value.get_ref() {
            DeValue::Table(table) => table.get_key_value(step.as_str()).map(|(key, value)| (key.span(), value)),
            DeValue::Array(items) => {
                step.parse().ok().and_then(|index: usize| items.get(index)).map(|item| (item.span(), item))
            }
            DeValue::String(_)
            | DeValue::Integer(_)
            | DeValue::Float(_)
            | DeValue::Boolean(_)
            | DeValue::Datetime(_) => None,
        };
        match next {
            Some(found) => (place, value) = found,
            None => break,
        }
    }
    Some(place)
}

impl ConfigError {
    /// From problems that were found after the configuration was read.
    #[must_use]
    pub fn from_problems(config: &Config, problems: Vec<ConfigProblem>) -> Self {
        Self::invalid(&config.path, Arc::clone(&config.text), problems)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = r#"
[[check]]
name = "a"
[[check]]
[check.settings]
table = "t"
"a/b" = { "~" = 1 }
[[check.settings.rules]]
min = 1
[[check.settings.rules]]
low = 2.5
deep = [[1, 2], [3]]
"#;

    #[test]
    fn a_pointer_finds_its_key_or_the_nearest_above() {
        let document = DeTable::parse(TEXT).unwrap().into_inner();
        let at = |check, pointer| locate(&document, check, "settings", pointer).map(|place| TEXT.get(place).unwrap());
        for (pointer, text) in [
            ("", "[check.settings]"),
            ("/table", "table"),
            ("/table/x", "table"),
            ("/a~1b", "\"a/b\""),
            ("/a~1b/~0", "\"~\""),
            ("/rules/0/min", "min"),
            ("/rules/1/low", "low"),
            ("/rules/1/max", "[[check.settings.rules]]"),
            ("/rules/1/deep/0/1", "2"),
            ("/rules/9/min", "rules"),
            ("/nothing/here", "[check.settings]"),
            ("no pointer", "[check.settings]"),
        ] {
            assert_eq!(at(1, pointer), Some(text), "{pointer}");
        }
        assert_eq!(at(0, "/table"), Some("[[check]]"), "a check without settings");
        assert_eq!(at(9, ""), None, "no such check");
    }
}
