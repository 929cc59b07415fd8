//! What can be done to an answer.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

macro_rules! kinds {
    ($($(#[$doc:meta])* $variant:ident $name:literal $reach:ident $description:literal;)*) => {
        /// The kinds of injections.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum InjectionKind {
            $($(#[$doc])* $variant,)*
        }

        impl InjectionKind {
            /// All of them, in the order in which they are tried.
            pub const ALL: [Self; [$(Self::$variant),*].len()] = [$(Self::$variant),*];

            /// The name in manifests and reports.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// What it does, in one sentence for a person.
            #[must_use]
            pub fn description(self) -> &'static str {
                match self { $(Self::$variant => $description,)* }
            }

            fn reach(self) -> Reach {
                match self { $(Self::$variant => Reach::$reach,)* }
            }
        }
    };
}

/// What of an answer a kind changes.
#[derive(PartialEq, Eq)]
enum Reach {
    Answer,
    Column,
}

kinds! {
    /// The query fails once.
    ErrorRetryable "error_retryable" Answer
        "The query fails at once and may be tried again; the same request made again is answered.";
    /// The query fails every time.
    ErrorPermanent "error_permanent" Answer "The query fails at once, however often it is asked.";
    /// The answer breaks off.
    ErrorMidway "error_midway" Answer "The answer breaks off with an error after half of its rows.";
    /// The answer ends too early.
    Truncated "truncated" Answer "The answer ends after half of its rows, without an error.";
    /// The answer has no rows.
    EmptyResult "empty_result" Answer "The answer has its columns and not a single row.";
    /// A column holds nothing.
    Nulls "nulls" Column "Every value of the column is null.";
    /// One value of a column is missing.
    NullFirstRow "null_first_row" Column "The value of the column is null in the first row, and in no other.";
    /// One value of a column is not a number.
    Nan "nan" Column "The value of the column is NaN in the first row.";
    /// One value of a column is infinite.
    Infinity "infinity" Column "The value of the column is infinite in the first row.";
    /// One value of a column is infinite and negative.
    NegativeInfinity "negative_infinity" Column "The value of the column is minus infinity in the first row.";
    /// Each row comes twice.
    DuplicateRows "duplicate_rows" Answer "Each row comes twice.";
    /// The last row comes first.
    ReorderedRows "reordered_rows" Answer "The rows come in reverse order.";
    /// A column is gone.
    MissingColumn "missing_column" Column "The answer comes without the column.";
    /// A column is of another type.
    ChangedType "changed_type" Column
        "The column is of another type: text where it was none, whole numbers where it was text.";
    /// The answer never comes.
    SlowAnswer "slow_answer" Answer "The answer does not come before the query's deadline.";
    /// The rest of the answer never comes.
    SlowMidway "slow_midway" Answer "After half of its rows, the rest of the answer does not come before the deadline.";
}

impl InjectionKind {
    /// Whether it is done to one column.
    #[must_use]
    pub fn takes_column(self) -> bool {
        self.reach() == Reach::Column
    }

    /// Whether the check is told that something went wrong, and can ask again. The others it must notice by itself.
    #[must_use]
    pub fn is_told(self) -> bool {
        matches!(self, Self::ErrorRetryable | Self::ErrorPermanent | Self::ErrorMidway) || self.waits()
    }

    /// Whether a run that meets it waits for the query's deadline, so that it had better be a short one.
    #[must_use]
    pub fn waits(self) -> bool {
        matches!(self, Self::SlowAnswer | Self::SlowMidway)
    }
}

impl fmt::Display for InjectionKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Not the name of an injection.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not the name of an injection")]
pub struct UnknownInjection(pub String);

impl UnknownInjection {
    /// What would make it work.
    #[must_use]
    pub fn hint(&self) -> String {
        format!("one of {}", InjectionKind::ALL.map(|kind| format!("`{kind}`")).join(", "))
    }
}

impl FromStr for InjectionKind {
    type Err = UnknownInjection;

    fn from_str(text: &str) -> Result<Self, UnknownInjection> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text).ok_or_else(|| UnknownInjection(text.to_owned()))
    }
}

/// One thing that is done to an answer: a kind, and the column where it is done to one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Injection {
    kind: InjectionKind,
    column: Option<String>,
}

impl Injection {
    /// A kind that is done to the whole answer; `None` for one that needs a column.
    #[must_use]
    pub fn of_answer(kind: InjectionKind) -> Option<Self> {
        (!kind.takes_column()).then_some(Self { kind, column: None })
    }

    /// A kind that is done to one column; `None` for one that is done to the whole answer.
    #[must_use]
    pub fn of_column(kind: InjectionKind, column: impl Into<String>) -> Option<Self> {
        kind.takes_column().then(|| Self { kind, column: Some(column.into()) })
    }

    /// The kind.
    #[must_use]
    pub fn kind(&self) -> InjectionKind {
        self.kind
    }

    /// The column it is done to.
    #[must_use]
    pub fn column(&self) -> Option<&str> {
        self.column.as_deref()
    }
}

impl fmt::Display for Injection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.column {
            None => f.pad(self.kind.as_str()),
            Some(column) => f.pad(&format!("{}({column})", self.kind)),
        }
    }
}
