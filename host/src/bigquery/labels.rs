//! Labels of jobs and tables, made valid.
//!
//! Rules at <https://cloud.google.com/bigquery/docs/labels-intro#requirements>: keys and values of at most 63
//! characters, lower-case letters, digits, `_` and `-` only; a key begins with a letter.

use std::collections::BTreeMap;

/// Most characters of a key or a value.
const LENGTH_MAX: usize = 63;

/// Labels that BigQuery accepts.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Labels(BTreeMap<&'static str, String>);

impl Labels {
    /// The same with one more; what a value may not hold becomes `_`, and an empty value is left out.
    #[must_use]
    pub fn with(mut self, key: &'static str, value: &str) -> Self {
        let value = label(value);
        if !value.is_empty() {
            self.0.insert(key, value);
        }
        self
    }

    /// Keys and values.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(key, value)| (*key, value.as_str()))
    }
}

/// A value as a label may have it.
#[must_use]
pub fn label(text: &str) -> String {
    let valid = |c: char| match c.to_ascii_lowercase() {
        c if c.is_ascii_alphanumeric() || c == '-' => c,
        _ => '_',
    };
    text.chars().take(LENGTH_MAX).map(valid).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_valid() {
        assert_eq!(label("Row-Count@1.2.0"), "row-count_1_2_0");
        assert_eq!(label(&"x".repeat(100)).len(), 63);
        assert_eq!(label("Ordnungsgemäß"), "ordnungsgem__");
        let labels = Labels::default().with("check", "orders").with("schedule", "");
        assert_eq!(labels.iter().collect::<Vec<_>>(), [("check", "orders")]);
    }
}
