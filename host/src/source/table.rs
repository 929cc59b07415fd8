//! Names of tables and the patterns that grants are made of.

use std::fmt;
use std::str::FromStr;

use globset::{GlobBuilder, GlobMatcher};

/// Name of a table in a source: one to three parts joined by dots, as in `dataset.table`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TableName(Vec<String>);

impl TableName {
    /// From its parts, outermost first.
    #[must_use]
    pub fn new(parts: Vec<String>) -> Self {
        Self(parts)
    }

    /// Its parts, outermost first.
    #[must_use]
    pub fn parts(&self) -> &[String] {
        &self.0
    }
}

impl fmt::Display for TableName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0.join("."))
    }
}

/// A pattern of a grant: `*` and `?` match within one part of a name, `**` matches any number of parts.
#[derive(Debug, Clone)]
pub struct TablePattern {
    text: String,
    matcher: GlobMatcher,
}

/// A pattern that cannot be a grant.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a pattern of table names: {reason}")]
pub struct InvalidTablePattern {
    /// The pattern as given.
    pub text: String,
    /// What is wrong.
    pub reason: String,
}

impl TablePattern {
    /// Whether a table falls under the pattern. Upper and lower case differ, as they do in BigQuery.
    #[must_use]
    pub fn matches(&self, table: &TableName) -> bool {
        // A `/` inside a part would read as a border between parts.
        table.parts().iter().all(|part| !part.contains('/')) && self.matcher.is_match(table.parts().join("/"))
    }
}

impl FromStr for TablePattern {
    type Err = InvalidTablePattern;

    fn from_str(text: &str) -> Result<Self, InvalidTablePattern> {
        let invalid = |reason: String| InvalidTablePattern { text: text.to_owned(), reason };
        if text.is_empty() || text.contains('/') || text.contains('\\') {
            return Err(invalid("expected dotted parts such as `dataset.table` or `dataset.*`".to_owned()));
        }
        let matcher = GlobBuilder::new(&text.replace('.', "/"))
            .literal_separator(true)
            .build()
            .map_err(|error| invalid(error.kind().to_string()))?
            .compile_matcher();
        Ok(Self { text: text.to_owned(), matcher })
    }
}

impl fmt::Display for TablePattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stays_within_one_part() {
        let table = |text: &str| TableName::new(text.split('.').map(str::to_owned).collect());
        for (pattern, name, expected) in [
            ("games", "games", true),
            ("games", "games2", false),
            ("player_*", "player_summary", true),
            ("*", "games", true),
            ("*", "analytics.games", false),
            ("analytics.*", "analytics.games", true),
            ("analytics.*", "analytics.raw.games", false),
            ("analytics.**", "analytics.raw.games", true),
            ("**", "analytics.raw.games", true),
            ("analytics.*", "analyticsXgames", false),
            ("Games", "games", false),
            ("{a,b}", "b", true),
        ] {
            assert_eq!(pattern.parse::<TablePattern>().unwrap().matches(&table(name)), expected, "{pattern} {name}");
        }
        assert!(!"*".parse::<TablePattern>().unwrap().matches(&TableName::new(vec!["../x".to_owned()])));
        for bad in ["", "a/b", "[", "a\\b"] {
            assert_eq!(bad.parse::<TablePattern>().expect_err(bad).text, bad);
        }
    }
}
