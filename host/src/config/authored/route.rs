//! The keys of `[route.NAME]` and `[digest.NAME]`.

use schemars::JsonSchema;
use toml::Spanned;

use super::Time;

/// How long a group waits for more after its first notice, when nothing is said.
pub(in crate::config) const GROUP_WAIT_DEFAULT: Time = Time { text: "30s", millis: 30_000 };
/// How long after a message of a group the next one goes out, when nothing is said.
pub(in crate::config) const GROUP_INTERVAL_DEFAULT: Time = Time { text: "5m", millis: 300_000 };
/// What alerts are grouped by when nothing is said.
pub(in crate::config) const GROUP_BY_DEFAULT: [&str; 1] = ["owner"];

/// Which alerts which receivers are told of. Routes are tried in the order of the file, and the first that matches is
/// taken; within it, those that name it with `within` are tried in the same way.
#[derive(Debug, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::config) struct Route {
    /// Name of the route that this one is part of: it is tried only for alerts that match that one, and what is left
    /// out here is as it is there. Left out: it is tried for all alerts.
    #[schemars(with = "Option<String>", length(min = 1), example = &"data-team")]
    pub(in crate::config) within: Option<Spanned<String>>,
    /// Which alerts: all of these must hold. Labels are `severity`, `owner`, `tag`, `check`, `source`, `kind`,
    /// `schedule` and `segment`; `=` and `!=` compare, `~` and `!~` match a pattern in quotes, and severities have an
    /// order, as in `severity>=high`. Left out: all alerts.
    #[schemars(
        with = "Option<Vec<String>>",
        inner(length(min = 1)),
        example = ["severity>=high", "check~\"players/*\""]
    )]
    pub(in crate::config) r#match: Option<Vec<Spanned<String>>>,
    /// Names of the receivers. An empty list: nobody is told. Left out: those of the route that this one is within.
    #[schemars(with = "Option<Vec<String>>", inner(length(min = 1)), example = ["slack-data"])]
    pub(in crate::config) receivers: Option<Vec<Spanned<String>>>,
    /// Whether the routes after this one are tried as well when this one matches.
    #[schemars(with = "Option<bool>", extend("default" = false), example = true)]
    pub(in crate::config) r#continue: Option<bool>,
    /// Labels of alerts that are told of together, in one message, when they have these in common. An empty list: all
    /// alerts of the route.
    #[schemars(
        with = "Option<Vec<String>>",
        inner(length(min = 1)),
        extend("default" = GROUP_BY_DEFAULT),
        example = ["owner"]
    )]
    pub(in crate::config) group_by: Option<Vec<Spanned<String>>>,
    /// How long the first message of a group waits for more alerts. `0s`: not at all.
    #[schemars(with = "Option<String>", extend("default" = GROUP_WAIT_DEFAULT.text), example = &"30s")]
    pub(in crate::config) group_wait: Option<Spanned<String>>,
    /// How long after a message of a group the next one goes out at the earliest.
    #[schemars(with = "Option<String>", extend("default" = GROUP_INTERVAL_DEFAULT.text), example = &"5m")]
    pub(in crate::config) group_interval: Option<Spanned<String>>,
    /// How long after somebody was told he is told again: `never`, or a time. Left out: as the policy of the check says.
    #[schemars(with = "Option<String>", example = &"4h")]
    pub(in crate::config) repeat: Option<Spanned<String>>,
    /// Names of quiet hours in which nobody is told.
    #[schemars(with = "Option<Vec<String>>", inner(length(min = 1)), example = ["nights"])]
    pub(in crate::config) quiet: Option<Vec<Spanned<String>>>,
}

/// What happened since the last time, for people who want to know even when nothing did.
#[derive(Debug, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::config) struct Digest {
    /// When it is sent: minute, hour, day of the month, month and day of the week, as clocks of the zone show them.
    #[schemars(with = "String", length(min = 1), example = &"0 8 * * *")]
    pub(in crate::config) cron: Option<Spanned<String>>,
    /// IANA name of the zone.
    #[schemars(with = "String", length(min = 1), example = &"Europe/Berlin")]
    pub(in crate::config) timezone: Option<Spanned<String>>,
    /// Names of the receivers.
    #[schemars(with = "Vec<String>", length(min = 1), inner(length(min = 1)), example = ["slack-data"])]
    pub(in crate::config) receivers: Option<Spanned<Vec<Spanned<String>>>>,
    /// Which alerts it names, written as in a route. Left out: all. What it counts is of all checks.
    #[schemars(with = "Option<Vec<String>>", inner(length(min = 1)), example = ["owner=data"])]
    pub(in crate::config) r#match: Option<Vec<Spanned<String>>>,
}
