//! The words of the model in documents: it knows nothing of serde itself.

use std::fmt::Display;

use crate::model::{AlertId, NoticeKind, Phase, RunId, Severity};

/// Something that is one word in a document.
pub(super) trait Word: Display + Sized {
    /// What it is, for a person.
    const WHAT: &'static str;

    /// What a word means.
    fn of(text: &str) -> Option<Self>;
}

impl Word for Phase {
    const WHAT: &'static str = "phase";

    fn of(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|phase| phase.as_str() == text)
    }
}

impl Word for NoticeKind {
    const WHAT: &'static str = "kind of notice";

    fn of(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}

impl Word for Severity {
    const WHAT: &'static str = "severity";

    fn of(text: &str) -> Option<Self> {
        text.parse().ok()
    }
}

impl Word for AlertId {
    const WHAT: &'static str = "alert id";

    fn of(text: &str) -> Option<Self> {
        text.parse().ok()
    }
}

impl Word for RunId {
    const WHAT: &'static str = "run id";

    fn of(text: &str) -> Option<Self> {
        text.parse().ok()
    }
}

/// For `#[serde(with = "...")]` of a word.
pub(super) mod word {
    use serde::de::Error as _;
    use serde::{Deserialize as _, Deserializer, Serializer};

    use super::Word;

    pub(in super::super) fn serialize<W: Word, S: Serializer>(word: &W, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(word)
    }

    pub(in super::super) fn deserialize<'de, W: Word, D: Deserializer<'de>>(deserializer: D) -> Result<W, D::Error> {
        let text = String::deserialize(deserializer)?;
        W::of(&text).ok_or_else(|| D::Error::custom(format_args!("`{text}` is no {}", W::WHAT)))
    }
}

/// For `#[serde(with = "...")]` of a word that may be absent.
pub(super) mod optional {
    use serde::de::Error as _;
    use serde::{Deserialize as _, Deserializer, Serializer};

    use super::Word;

    pub(in super::super) fn serialize<W: Word, S: Serializer>(
        word: &Option<W>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        match word {
            Some(word) => serializer.collect_str(word),
            None => serializer.serialize_none(),
        }
    }

    pub(in super::super) fn deserialize<'de, W: Word, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<W>, D::Error> {
        let text = Option::<String>::deserialize(deserializer)?;
        let word =
            |text: String| W::of(&text).ok_or_else(|| D::Error::custom(format_args!("`{text}` is no {}", W::WHAT)));
        text.map(word).transpose()
    }
}
