//! The keys of `[calendar.NAME]`.

use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};
use serde_json::json;
use toml::Spanned;

/// Days on which schedules run, and days on which they do not. The days of `active`, `file` and `query` together are
/// on; where there is none of these, every day is. Days of `blackout` are off in any case.
#[derive(Debug, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::config) struct Calendar {
    /// Days that are on, each `FIRST..LAST` (both included) or a single day.
    #[schemars(with = "Option<Vec<String>>", inner(length(min = 1)), example = ["2025-10-21..2026-06-30"])]
    pub(in crate::config) active: Option<Vec<Spanned<String>>>,
    /// Days that are off, written as in `active`; with the reason, if it is to be told.
    #[schemars(
        with = "Option<Vec<Blackout>>",
        example = json!(["2025-12-25", { "days": "2026-02-13..2026-02-18", "reason": "All-Star break" }])
    )]
    pub(in crate::config) blackout: Option<Vec<Spanned<Blackout>>>,
    /// A text file with days that are on, one entry of `active` a line; empty lines and lines that begin with `#` do
    /// not count.
    #[schemars(with = "Option<String>", length(min = 1), example = &"season.txt")]
    pub(in crate::config) file: Option<Spanned<String>>,
    /// A query for days that are on.
    #[schemars(
        with = "Option<CalendarQuery>",
        example = json!({ "source": "local", "sql": "SELECT DISTINCT game_date FROM schedule" })
    )]
    pub(in crate::config) query: Option<Spanned<CalendarQuery>>,
}

/// A query for days.
#[derive(Debug, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::config) struct CalendarQuery {
    /// The source that answers it.
    #[schemars(with = "String", length(min = 1), example = &"local")]
    pub(in crate::config) source: Option<Spanned<String>>,
    /// A statement that returns one column of type DATE, without nulls.
    #[schemars(with = "String", length(min = 1), example = &"SELECT DISTINCT game_date FROM schedule")]
    pub(in crate::config) sql: Option<Spanned<String>>,
}

/// Days that are off: the days alone, or a table with a reason.
#[derive(Debug)]
pub(in crate::config) enum Blackout {
    /// Just the days.
    Days(String),
    /// With a reason.
    Told(ToldBlackout),
}

/// Days that are off, and why.
#[derive(Debug, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::config) struct ToldBlackout {
    /// The days.
    #[schemars(with = "String", length(min = 1), example = &"2026-02-13..2026-02-18")]
    pub(in crate::config) days: Option<Spanned<String>>,
    /// Why they are off.
    #[schemars(with = "Option<String>", length(min = 1), example = &"All-Star break")]
    pub(in crate::config) reason: Option<Spanned<String>>,
}

impl<'de> Deserialize<'de> for Blackout {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct BlackoutVisitor;

        impl<'de> Visitor<'de> for BlackoutVisitor {
            type Value = Blackout;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("days as text, or a table of `days` and `reason`")
            }

            fn visit_str<E: Error>(self, days: &str) -> Result<Blackout, E> {
                Ok(Blackout::Days(days.to_owned()))
            }

            fn visit_map<A: MapAccess<'de>>(self, table: A) -> Result<Blackout, A::Error> {
                ToldBlackout::deserialize(MapAccessDeserializer::new(table)).map(Blackout::Told)
            }
        }

        deserializer.deserialize_any(BlackoutVisitor)
    }
}

impl JsonSchema for Blackout {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Blackout".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({ "anyOf": [{ "type": "string", "minLength": 1 }, ToldBlackout::json_schema(generator)] })
    }
}
