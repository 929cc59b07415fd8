//! Conditions on what an alert is labelled with: `severity>=high`, `check~"players/*"`, `owner!=x`.

use std::fmt;
use std::str::FromStr;

use globset::{GlobBuilder, GlobMatcher};

use crate::model::{AlertKind, Labels, Severity};

/// A label.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Field {
    /// The check.
    Check,
    /// What is said of it.
    Kind,
    /// The part of the data.
    Segment,
    /// How bad it is.
    Severity,
    /// Who is to look after it.
    Owner,
    /// A label of the check: it may have several.
    Tag,
    /// A source the check may read: there may be several.
    Source,
    /// The schedule of the check.
    Schedule,
}

impl Field {
    /// All of them.
    pub const ALL: [Self; 8] =
        [Self::Check, Self::Kind, Self::Segment, Self::Severity, Self::Owner, Self::Tag, Self::Source, Self::Schedule];

    /// The word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Check => "check",
            Self::Kind => "kind",
            Self::Segment => "segment",
            Self::Severity => "severity",
            Self::Owner => "owner",
            Self::Tag => "tag",
            Self::Source => "source",
            Self::Schedule => "schedule",
        }
    }

    /// The values an alert has of it.
    #[must_use]
    pub fn of(self, labels: &Labels) -> Vec<&str> {
        match self {
            Self::Check => vec![labels.check.as_str()],
            Self::Kind => vec![labels.kind.as_str()],
            Self::Segment => labels.segment.as_deref().into_iter().collect(),
            Self::Severity => vec![labels.severity.as_str()],
            Self::Owner => labels.owner.as_deref().into_iter().collect(),
            Self::Tag => labels.tags.iter().map(String::as_str).collect(),
            Self::Source => labels.sources.iter().map(String::as_str).collect(),
            Self::Schedule => labels.schedule.as_deref().into_iter().collect(),
        }
    }

    /// The same as one text, whatever order they are given in; empty where there is none.
    #[must_use]
    pub fn text(self, labels: &Labels) -> String {
        let mut values = self.of(labels);
        values.sort_unstable();
        values.dedup();
        values.join(",")
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Field {
    type Err = InvalidMatcher;

    fn from_str(text: &str) -> Result<Self, InvalidMatcher> {
        Self::ALL
            .into_iter()
            .find(|field| field.as_str() == text)
            .ok_or_else(|| InvalidMatcher::Field { field: text.to_owned() })
    }
}

/// How a label is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Op {
    /// It has this value.
    Is,
    /// It does not have this value.
    IsNot,
    /// It has a value like this pattern.
    Like,
    /// It has no value like this pattern.
    Unlike,
    /// It is at least as bad.
    AtLeast,
    /// It is at most as bad.
    AtMost,
}

impl Op {
    /// All of them, longer signs before those they begin with.
    pub const ALL: [Self; 6] = [Self::IsNot, Self::Unlike, Self::AtLeast, Self::AtMost, Self::Is, Self::Like];

    /// The sign for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Is => "=",
            Self::IsNot => "!=",
            Self::Like => "~",
            Self::Unlike => "!~",
            Self::AtLeast => ">=",
            Self::AtMost => "<=",
        }
    }
}

/// A condition that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidMatcher {
    /// No sign in it.
    #[error("`{text}` compares nothing")]
    NoOp {
        /// What was given.
        text: String,
    },
    /// No such label.
    #[error("alerts have no label `{field}`")]
    Field {
        /// What was given.
        field: String,
    },
    /// No such value of the label.
    #[error("`{value}` is no {field}")]
    Value {
        /// The label.
        field: Field,
        /// What was given.
        value: String,
    },
    /// Not a pattern.
    #[error("`{pattern}` is not a pattern: {reason}")]
    Pattern {
        /// What was given.
        pattern: String,
        /// Why.
        reason: String,
    },
    /// Only severities can be compared so.
    #[error("`{op}` compares severities only, and `{field}` is none", op = op.as_str())]
    Order {
        /// The label.
        field: Field,
        /// The sign.
        op: Op,
    },
}

impl InvalidMatcher {
    /// What would help.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::NoOp { .. } => {
                "write label, sign and value, for example `owner=data`, `check~\"players/*\"`, `severity>=high`"
            }
            Self::Field { .. } => "one of check, kind, segment, severity, owner, tag, source, schedule",
            Self::Value { field: Field::Severity, .. } => "one of critical, high, medium, low",
            Self::Value { .. } => "one of data, error, stale, missing",
            Self::Pattern { .. } => "`*` is anything, `?` is one character, `{a,b}` is one of two, `[ab]` one of these",
            Self::Order { .. } => "use `=`, `!=`, `~` or `!~`",
        }
    }
}

/// A condition on a label.
#[derive(Debug, Clone)]
pub struct Matcher {
    field: Field,
    op: Op,
    value: String,
    test: Test,
}

#[derive(Debug, Clone)]
enum Test {
    Text,
    Pattern(GlobMatcher),
    Severity(Severity),
}

impl Matcher {
    /// A condition of its parts.
    ///
    /// # Errors
    ///
    /// Where the label cannot be compared so, or cannot have such a value.
    pub fn new(field: Field, op: Op, value: &str) -> Result<Self, InvalidMatcher> {
        let no_value = || InvalidMatcher::Value { field, value: value.to_owned() };
        let test = match (field, op) {
            (Field::Severity, Op::AtLeast | Op::AtMost | Op::Is | Op::IsNot) => {
                Test::Severity(value.parse().map_err(|_| no_value())?)
            }
            (_, Op::AtLeast | Op::AtMost) => return Err(InvalidMatcher::Order { field, op }),
            (_, Op::Like | Op::Unlike) => Test::Pattern(pattern(value)?),
            (Field::Kind, Op::Is | Op::IsNot) if !AlertKind::ALL.iter().any(|kind| kind.as_str() == value) => {
                return Err(no_value());
            }
            (_, Op::Is | Op::IsNot) => Test::Text,
        };
        Ok(Self { field, op, value: value.to_owned(), test })
    }

    /// The label.
    #[must_use]
    pub fn field(&self) -> Field {
        self.field
    }

    /// How it is compared.
    #[must_use]
    pub fn op(&self) -> Op {
        self.op
    }

    /// What it is compared with, as text.
    #[must_use]
    pub fn value(&self) -> &str {
        &self.value
    }

    /// Whether an alert is so. A label it does not have has no value; one it has several of has each of them.
    #[must_use]
    pub fn matches(&self, labels: &Labels) -> bool {
        let is = |value: &str| match &self.test {
            Test::Text => value == self.value,
            Test::Pattern(pattern) => pattern.is_match(value),
            Test::Severity(severity) => *severity == labels.severity,
        };
        match (self.op, &self.test) {
            (Op::AtLeast, Test::Severity(severity)) => labels.severity >= *severity,
            (Op::AtMost, Test::Severity(severity)) => labels.severity <= *severity,
            (Op::IsNot | Op::Unlike, _) => !self.field.of(labels).into_iter().any(is),
            (Op::Is | Op::Like | Op::AtLeast | Op::AtMost, _) => self.field.of(labels).into_iter().any(is),
        }
    }
}

fn pattern(text: &str) -> Result<GlobMatcher, InvalidMatcher> {
    let glob = GlobBuilder::new(text).literal_separator(false).backslash_escape(true).build();
    let invalid =
        |error: globset::Error| InvalidMatcher::Pattern { pattern: text.to_owned(), reason: error.kind().to_string() };
    glob.map(|glob| glob.compile_matcher()).map_err(invalid)
}

/// Whether an alert meets every condition; it does where there is none.
#[must_use]
pub fn all_match(matchers: &[Matcher], labels: &Labels) -> bool {
    matchers.iter().all(|matcher| matcher.matches(labels))
}

impl PartialEq for Matcher {
    fn eq(&self, other: &Self) -> bool {
        (self.field, self.op, &self.value) == (other.field, other.op, &other.value)
    }
}

impl Eq for Matcher {}

impl fmt::Display for Matcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '/' | '@');
        let quote = if !self.value.is_empty() && self.value.chars().all(plain) { "" } else { "\"" };
        write!(f, "{}{}{quote}{}{quote}", self.field, self.op.as_str(), self.value)
    }
}

impl FromStr for Matcher {
    type Err = InvalidMatcher;

    fn from_str(text: &str) -> Result<Self, InvalidMatcher> {
        let no_op = || InvalidMatcher::NoOp { text: text.to_owned() };
        let (at, _) = text.char_indices().find(|(_, c)| matches!(c, '=' | '!' | '~' | '<' | '>')).ok_or_else(no_op)?;
        let (field, rest) = text.split_at(at);
        let op = Op::ALL.into_iter().find(|op| rest.starts_with(op.as_str())).ok_or_else(no_op)?;
        let value = rest.strip_prefix(op.as_str()).unwrap_or_default().trim();
        let quoted = value.strip_prefix('"').and_then(|value| value.strip_suffix('"'));
        Self::new(field.trim().parse()?, op, quoted.unwrap_or(value))
    }
}
