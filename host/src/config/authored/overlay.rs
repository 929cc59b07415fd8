//! The keys of `[inhibit.NAME]`, `[quiet.NAME]` and `[maintenance.NAME]`: what keeps alerts from being told of.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use toml::Spanned;

/// The days of the week.
pub(in crate::config) const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// While an alert of one kind is open, nobody is told of others, which are its consequences.
#[derive(Debug, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::config) struct Inhibit {
    /// The alerts that hold back others while they are open, written as in a route.
    #[schemars(with = "Vec<String>", length(min = 1), inner(length(min = 1)), example = ["check~\"ingest/*\""])]
    pub(in crate::config) source: Option<Spanned<Vec<Spanned<String>>>>,
    /// The alerts that are held back.
    #[schemars(with = "Vec<String>", length(min = 1), inner(length(min = 1)), example = ["tag=derived"])]
    pub(in crate::config) target: Option<Spanned<Vec<Spanned<String>>>>,
    /// Labels that both have in common. Left out: none in particular.
    #[schemars(with = "Option<Vec<String>>", inner(length(min = 1)), example = ["owner"])]
    pub(in crate::config) equal: Option<Vec<Spanned<String>>>,
}

/// Hours in which nobody is told by routes that name them. Whoever is still to be told afterwards is told then.
#[derive(Debug, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::config) struct Quiet {
    /// IANA name of the zone whose clocks are meant.
    #[schemars(with = "String", length(min = 1), example = &"Europe/Berlin")]
    pub(in crate::config) timezone: Option<Spanned<String>>,
    /// Days on which such hours begin. Left out: every day.
    #[schemars(with = "Option<Vec<Day>>", length(min = 1), example = ["sat", "sun"])]
    pub(in crate::config) days: Option<Spanned<Vec<Spanned<String>>>>,
    /// When they begin.
    #[schemars(with = "String", length(min = 1), example = &"22:00")]
    pub(in crate::config) from: Option<Spanned<String>>,
    /// When they end; on the next day, when that is not after `from`.
    #[schemars(with = "String", length(min = 1), example = &"07:00")]
    pub(in crate::config) until: Option<Spanned<String>>,
}

/// A time in which it is known that something is not as it must be, and nobody is told.
#[derive(Debug, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::config) struct Maintenance {
    /// From when: an instant with its offset.
    #[schemars(with = "String", length(min = 1), example = &"2026-12-01T22:00+01:00")]
    pub(in crate::config) from: Option<Spanned<String>>,
    /// Until when, exclusive.
    #[schemars(with = "String", length(min = 1), example = &"2026-12-02T06:00+01:00")]
    pub(in crate::config) until: Option<Spanned<String>>,
    /// Which alerts, written as in a route. Left out: all.
    #[schemars(with = "Option<Vec<String>>", inner(length(min = 1)), example = ["source=warehouse"])]
    pub(in crate::config) r#match: Option<Vec<Spanned<String>>>,
    /// Why.
    #[schemars(with = "Option<String>", length(min = 1), example = &"move to the new warehouse")]
    pub(in crate::config) reason: Option<Spanned<String>>,
}

/// A day of the week, for the schema.
struct Day;

impl JsonSchema for Day {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Day".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "enum": DAYS })
    }
}
