//! The keys of `[alerts]`, and of the policies that say when an alert fires and when somebody is told of it again.

use schemars::{JsonSchema, Schema};
use serde_json::{Value as Json, json};
use toml::Spanned;

use crate::alert::{NofM, Per, WarnPolicy};
use crate::model::Severity;

use super::{Time, Whole};

/// The most results that any threshold of a policy counts.
pub(in crate::config) const COUNT_MAX: u32 = 1_000;

/// Until when an alert is opened again, when nothing is said.
pub(in crate::config) const REOPEN_DEFAULT: Time = Time { text: "1h", millis: 3_600_000 };
/// How long a run may be missing when nothing is said.
pub(in crate::config) const MISSING_DEFAULT: Time = Time { text: "15m", millis: 900_000 };

/// What holds of all alerts.
#[derive(Debug, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::config) struct Alerts {
    /// Who looks after the host, and after checks that did not run: the `owner` of such alerts. Left out: nobody in
    /// particular.
    #[schemars(with = "Option<String>", length(min = 1), example = &"platform")]
    pub(in crate::config) operator: Option<Spanned<String>>,
    /// Address at which people reach this host, for links in messages. Left out: messages have no links.
    #[schemars(with = "Option<String>", length(min = 1), example = &"https://assay.example.com")]
    pub(in crate::config) link: Option<Spanned<String>>,
    /// The policy of all checks. What `alert` of a check says comes first, then the table of its severity, then this,
    /// then what is built in for the severity.
    #[schemars(with = "Option<Policy>", transform = of_many, example = json!({ "max_skips": 30 }))]
    pub(in crate::config) policy: Option<Spanned<Policy>>,
    /// The policy of checks with severity `critical`.
    #[schemars(with = "Option<Policy>", transform = of_many, example = json!({ "repeat": "2h" }))]
    pub(in crate::config) critical: Option<Spanned<Policy>>,
    /// The policy of checks with severity `high`.
    #[schemars(with = "Option<Policy>", transform = of_many, example = json!({ "repeat": "6h" }))]
    pub(in crate::config) high: Option<Spanned<Policy>>,
    /// The policy of checks with severity `medium`.
    #[schemars(with = "Option<Policy>", transform = of_many, example = json!({ "consecutive": 2 }))]
    pub(in crate::config) medium: Option<Spanned<Policy>>,
    /// The policy of checks with severity `low`.
    #[schemars(with = "Option<Policy>", transform = of_many, example = json!({ "consecutive": 5 }))]
    pub(in crate::config) low: Option<Spanned<Policy>>,
}

/// When an alert fires, when it is over, and when somebody is told of it again.
#[derive(Debug, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::config) struct Policy {
    /// Failures in a row after which the alert fires. Left out: 1 for `critical` and `high`, 2 for `medium`, 3 for
    /// `low`.
    #[schemars(with = "Option<Whole>", range(min = 1, max = COUNT_MAX), example = 3)]
    pub(in crate::config) consecutive: Option<Spanned<Whole>>,
    /// So many failures among the last results after which the alert fires, too. Left out: only failures in a row
    /// count.
    #[schemars(with = "Option<FailuresOf>", example = json!({ "failures": 3, "results": 5 }))]
    pub(in crate::config) failures_of: Option<Spanned<FailuresOf>>,
    /// Errors in a row, when the check could not say, after which the alert of kind `error` fires. Left out: as
    /// `consecutive` is built in for the severity, but at least 2 unless the check is `critical`.
    #[schemars(with = "Option<Whole>", range(min = 1, max = COUNT_MAX), example = 2)]
    pub(in crate::config) error_consecutive: Option<Spanned<Whole>>,
    /// What a warning is: `hold` makes no alert fire and keeps an open one open, `alert` counts it as a failure of
    /// severity `low`.
    #[schemars(
        with = "Option<String>",
        extend("enum" = WarnPolicy::ALL.map(WarnPolicy::as_str)),
        extend("default" = WarnPolicy::default().as_str()),
        example = &"alert"
    )]
    pub(in crate::config) warn: Option<Spanned<String>>,
    /// Below this severity nobody is told. Left out: somebody is told of every severity.
    #[schemars(with = "Option<String>", extend("enum" = Severity::ALL.map(Severity::as_str)), example = &"medium")]
    pub(in crate::config) severity_floor: Option<Spanned<String>>,
    /// How long after somebody was told he is told again, as long as the alert fires and nobody looks after it:
    /// `never`, or a time. Left out: `4h` for `critical`, `12h` for `high`, `24h` for `medium`, `7d` for `low`.
    #[schemars(with = "Option<String>", example = &"4h")]
    pub(in crate::config) repeat: Option<Spanned<String>>,
    /// Passes in a row after which the alert is over.
    #[schemars(with = "Option<Whole>", range(min = 1, max = COUNT_MAX), extend("default" = 1), example = 1)]
    pub(in crate::config) resolve_after: Option<Spanned<Whole>>,
    /// A failure within this time after an alert was over opens it again, instead of opening another. `0s`: never.
    #[schemars(with = "Option<String>", extend("default" = REOPEN_DEFAULT.text), example = &"1h")]
    pub(in crate::config) reopen_within: Option<Spanned<String>>,
    /// Results in a row that were skipped while something was wrong, above which nobody knows any more whether it still
    /// is: the alert of kind `stale` fires.
    #[schemars(with = "Option<Whole>", range(min = 1, max = COUNT_MAX), extend("default" = 14), example = 14)]
    pub(in crate::config) max_skips: Option<Spanned<Whole>>,
    /// How long after a slot was due its run may be over, before the alert of kind `missing` fires.
    #[schemars(with = "Option<String>", extend("default" = MISSING_DEFAULT.text), example = &"15m")]
    pub(in crate::config) missing_after: Option<Spanned<String>>,
    /// How long after an alert opened somebody else is told when nobody looks after it. Left out: `1h` for `critical`
    /// where there is an `escalate_to`, else never.
    #[schemars(with = "Option<String>", example = &"1h")]
    pub(in crate::config) escalate_after: Option<Spanned<String>>,
    /// Receivers that are told then, besides those of the route: the first, after as long again the second, and so on.
    #[schemars(with = "Option<Vec<String>>", inner(length(min = 1)), example = ["pager"])]
    pub(in crate::config) escalate_to: Option<Vec<Spanned<String>>>,
    /// Whether an alert that changes to and fro is held back until that is over.
    #[schemars(with = "Option<bool>", extend("default" = true), example = true)]
    pub(in crate::config) flapping: Option<bool>,
    /// What has an alert of its own: the `check`, or each `table` that its findings name.
    #[schemars(
        with = "Option<String>",
        extend("enum" = Per::ALL.map(Per::as_str)),
        extend("default" = Per::default().as_str()),
        example = &"table"
    )]
    pub(in crate::config) per: Option<Spanned<String>>,
    /// Address where it is written what to do. Only in `alert` of a check.
    #[schemars(with = "Option<String>", length(min = 1), example = &"https://wiki.example.com/orders")]
    pub(in crate::config) runbook: Option<Spanned<String>>,
}

/// So many failures among the last results.
#[derive(Debug, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::config) struct FailuresOf {
    /// How many failures, at least 1.
    #[schemars(with = "Whole", range(min = 1, max = NofM::MOST), example = 3)]
    pub(in crate::config) failures: Option<Spanned<Whole>>,
    /// Among how many results, not fewer than `failures`.
    #[schemars(with = "Whole", range(min = 1, max = NofM::MOST), example = 5)]
    pub(in crate::config) results: Option<Spanned<Whole>>,
}

/// A policy of many checks has no key that is about one.
fn of_many(schema: &mut Schema) {
    if let Some(keys) = schema.get_mut("properties").and_then(Json::as_object_mut) {
        keys.remove("runbook");
    }
}
