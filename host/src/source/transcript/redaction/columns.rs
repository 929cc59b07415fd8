//! Which columns are redacted.

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};

/// Patterns of names of result columns, compared without regard to case. `*` matches any characters, `?` one.
#[derive(Debug, Clone)]
pub struct RedactedColumns {
    patterns: Vec<String>,
    set: GlobSet,
}

/// A pattern that cannot name columns.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a pattern of column names: {reason}")]
pub struct InvalidColumnPattern {
    /// The pattern as given.
    pub text: String,
    /// What is wrong.
    pub reason: String,
}

impl InvalidColumnPattern {
    /// What would help.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        "name a column of the result as in `email`, several as in `*_phone`, or all of them as `*`"
    }
}

impl RedactedColumns {
    /// From patterns.
    ///
    /// # Errors
    /// Every pattern that is none.
    pub fn new(patterns: &[String]) -> Result<Self, Vec<InvalidColumnPattern>> {
        let mut set = GlobSetBuilder::new();
        let mut wrong = Vec::new();
        for text in patterns {
            let invalid = |reason: String| InvalidColumnPattern { text: text.clone(), reason };
            if text.is_empty() {
                wrong.push(invalid("it is empty".to_owned()));
                continue;
            }
            // Unicode folds case in more ways than the engine of patterns does.
            match GlobBuilder::new(&text.to_lowercase()).literal_separator(false).build() {
                Ok(glob) => drop(set.add(glob)),
                Err(error) => wrong.push(invalid(error.kind().to_string())),
            }
        }
        if !wrong.is_empty() {
            return Err(wrong);
        }
        let too_large =
            |error: globset::Error| vec![InvalidColumnPattern { text: patterns.join(", "), reason: error.to_string() }];
        Ok(Self { patterns: patterns.to_vec(), set: set.build().map_err(too_large)? })
    }

    /// The patterns, as they were given.
    #[must_use]
    pub fn patterns(&self) -> &[String] {
        &self.patterns
    }

    /// Whether a column of that name is redacted.
    #[must_use]
    pub fn matches(&self, column: &str) -> bool {
        self.set.is_match(column.to_lowercase())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_named_without_regard_to_case() {
        let columns = RedactedColumns::new(&["EMail".to_owned(), "*_phone".to_owned(), "größe".to_owned()]).unwrap();
        for (name, expected) in [
            ("email", true),
            ("EMAIL", true),
            ("email2", false),
            ("work_Phone", true),
            ("a/b_phone", true),
            ("phone", false),
            ("GRÖSSE", false),
            ("GRÖßE", true),
            ("", false),
        ] {
            assert_eq!(columns.matches(name), expected, "{name}");
        }
        assert!(RedactedColumns::new(&["*".to_owned()]).unwrap().matches("anything at all"));
        assert!(!RedactedColumns::new(&[]).unwrap().matches("email"));
    }

    #[test]
    fn every_bad_pattern_is_told() {
        let wrong = RedactedColumns::new(&["[".to_owned(), "ok".to_owned(), String::new()]).unwrap_err();
        assert_eq!(wrong.iter().map(|w| w.text.as_str()).collect::<Vec<_>>(), ["[", ""]);
        assert_eq!(wrong[1].to_string(), "`` is not a pattern of column names: it is empty");
    }
}
