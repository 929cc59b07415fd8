//! The keys of `[schedule.NAME]`.

use schemars::JsonSchema;
use toml::Spanned;

use crate::schedule::{CatchUpMode, DstGap, DstOverlap, Overlap};

use super::super::resolved::Target;
use super::{Time, Whole};

/// How old a slot may be that is caught up, when nothing is said.
pub(in crate::config) const CATCH_UP_WINDOW_DEFAULT: Time = Time { text: "14d", millis: 14 * 86_400_000 };
/// How many slots are caught up when nothing is said.
pub(in crate::config) const CATCH_UP_LIMIT_DEFAULT: u32 = 20;
/// The most slots that are caught up: a week of every minute.
pub(in crate::config) const CATCH_UP_LIMIT_MAX: u32 = 10_080;
/// How much later than due a slot starts, when nothing is said.
pub(in crate::config) const JITTER_DEFAULT: Time = Time { text: "0s", millis: 0 };
/// How far back what a slot depends on counts, when nothing is said.
pub(in crate::config) const DEPENDS_WITHIN_DEFAULT: Time = Time { text: "6h", millis: 6 * 3_600_000 };

/// When, in which zone and about which day checks run.
#[derive(Debug, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::config) struct Schedule {
    /// IANA name of the zone in which days count.
    #[schemars(with = "String", length(min = 1), example = "America/New_York")]
    pub(in crate::config) timezone: Option<Spanned<String>>,
    /// When it is due: minute, hour, day of the month, month and day of the week, as clocks of the zone show them. Left
    /// out: only when somebody runs it.
    #[schemars(with = "Option<String>", length(min = 1), example = &"0 6 * * *")]
    pub(in crate::config) cron: Option<Spanned<String>>,
    /// The day a run is about, seen from the instant it is due.
    #[schemars(
        with = "Option<String>",
        extend("enum" = Target::ALL.map(Target::as_str)),
        extend("default" = Target::SameDay.as_str()),
        example = &"previous_day"
    )]
    pub(in crate::config) target: Option<Spanned<String>>,
    /// What becomes of a fixed time that clocks leave out when they are set forward: `run_at_transition` when they are
    /// set, `shift` as much later as they are set forward, `skip` not on that day. Needs `cron`.
    #[schemars(
        with = "Option<String>",
        extend("enum" = DstGap::ALL.map(DstGap::as_str)),
        extend("default" = DstGap::default().as_str()),
        example = &"shift"
    )]
    pub(in crate::config) dst_gap: Option<Spanned<String>>,
    /// Which of the two is meant by a fixed time that clocks show twice when they are set back: `first`, `second` or
    /// `both`. Needs `cron`.
    #[schemars(
        with = "Option<String>",
        extend("enum" = DstOverlap::ALL.map(DstOverlap::as_str)),
        extend("default" = DstOverlap::default().as_str()),
        example = &"second"
    )]
    pub(in crate::config) dst_overlap: Option<Spanned<String>>,
    /// Which slots that were due while no host was there are run after all: `none`, the `latest` alone, or `all` up to
    /// `catch_up_limit`. The others are recorded as missed. Needs `cron`.
    #[schemars(
        with = "Option<String>",
        extend("enum" = CatchUpMode::ALL.map(CatchUpMode::as_str)),
        extend("default" = CatchUpMode::default().as_str()),
        example = &"all"
    )]
    pub(in crate::config) catch_up: Option<Spanned<String>>,
    /// No slot that was due longer ago than this is run after all. Needs `cron`.
    #[schemars(with = "Option<String>", extend("default" = CATCH_UP_WINDOW_DEFAULT.text), example = &"14d")]
    pub(in crate::config) catch_up_window: Option<Spanned<String>>,
    /// How many slots are run after all at most, the newest of them, where `catch_up` is `all`. Needs `cron`.
    #[schemars(
        with = "Option<Whole>",
        range(min = 1, max = CATCH_UP_LIMIT_MAX),
        extend("default" = CATCH_UP_LIMIT_DEFAULT),
        example = 20
    )]
    pub(in crate::config) catch_up_limit: Option<Spanned<Whole>>,
    /// What becomes of a slot that is due while the run of the one before is under way: `skip` records it as missed,
    /// `queue_one` lets it wait (one at most), `cancel_previous` ends the run that is under way, `allow` runs both.
    /// Needs `cron`.
    #[schemars(
        with = "Option<String>",
        extend("enum" = Overlap::ALL.map(Overlap::as_str)),
        extend("default" = Overlap::default().as_str()),
        example = &"queue_one"
    )]
    pub(in crate::config) overlap: Option<Spanned<String>>,
    /// Every slot starts up to so much later than it is due, to spread the load of many schedules: always the same for
    /// a schedule, by its name. Needs `cron`.
    #[schemars(with = "Option<String>", extend("default" = JITTER_DEFAULT.text), example = &"5m")]
    pub(in crate::config) jitter: Option<Spanned<String>>,
    /// A slot that could not begin within this time after it was due is not run and recorded as missed. Left out: it
    /// begins however late. Needs `cron`.
    #[schemars(with = "Option<String>", example = &"30m")]
    pub(in crate::config) start_deadline: Option<Spanned<String>>,
    /// How long a whole run may take, retries included. Checks that have not come to a result by then are errors. Left
    /// out: as long as its checks take.
    #[schemars(with = "Option<String>", example = &"2h")]
    pub(in crate::config) deadline: Option<Spanned<String>>,
    /// Name of the calendar that it keeps to: on days that are off, a slot is skipped with the name of the calendar as
    /// the reason. Left out: every day is on. Needs `cron`.
    #[schemars(with = "Option<String>", length(min = 1), example = &"season")]
    pub(in crate::config) calendar: Option<Spanned<String>>,
    /// Schedules that come first. A slot waits while runs of theirs are under way. It is skipped, with the reason
    /// `upstream`, when the last run of one of them within `depends_within` did not come out well, or when there was
    /// none; with a `start_deadline` it waits that long for one. Needs `cron`.
    #[schemars(with = "Option<Vec<String>>", inner(length(min = 1)), example = ["ingest"])]
    pub(in crate::config) depends_on: Option<Vec<Spanned<String>>>,
    /// How long before a slot is due what it depends on may have been due, so that it counts. Needs `depends_on`.
    #[schemars(with = "Option<String>", extend("default" = DEPENDS_WITHIN_DEFAULT.text), example = &"6h")]
    pub(in crate::config) depends_within: Option<Spanned<String>>,
}
