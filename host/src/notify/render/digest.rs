//! A digest, as templates and programs see it.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Serialize;

use super::view::{name, run_link};
use super::words;
use crate::notify::inert::inert;
use crate::notify::message::{Alert, Digest};

/// Lines of each list.
const LINES_MAX: usize = 20;
/// The longest name, in characters.
const NAME_CHARS_MAX: usize = 200;
/// The longest sentence, in characters.
const SENTENCE_CHARS_MAX: usize = 300;

#[derive(Debug, Serialize)]
pub(super) struct DigestView {
    pub(super) name: String,
    pub(super) from: String,
    pub(super) until: String,
    pub(super) passed: u64,
    pub(super) warned: u64,
    pub(super) failed: u64,
    pub(super) skipped: u64,
    pub(super) errored: u64,
    pub(super) runs: u64,
    pub(super) missed: u64,
    pub(super) new: Listed<LineView>,
    pub(super) still: Listed<LineView>,
    pub(super) resolved: Listed<LineView>,
    pub(super) suppressed: Listed<CountView>,
    pub(super) slowest: Listed<CountView>,
    pub(super) never_run: Listed<String>,
    pub(super) paused: Listed<String>,
    pub(super) dead: u64,
}

/// A list, and how many more there are.
#[derive(Debug, Serialize)]
pub(super) struct Listed<T> {
    pub(super) items: Vec<T>,
    pub(super) count: usize,
    pub(super) omitted: usize,
}

#[derive(Debug, Serialize)]
pub(super) struct LineView {
    pub(super) name: String,
    pub(super) kind: &'static str,
    pub(super) severity: &'static str,
    pub(super) summary: String,
    pub(super) since: String,
    pub(super) owner: Option<String>,
    pub(super) run_link: Option<String>,
}

#[derive(Debug, Serialize)]
pub(super) struct CountView {
    pub(super) name: String,
    pub(super) value: String,
}

impl<T> Listed<T> {
    fn of<S>(all: &[S], view: impl Fn(&S) -> T) -> Self {
        let items: Vec<T> = all.iter().take(LINES_MAX).map(view).collect();
        Self { count: all.len(), omitted: all.len() - items.len(), items }
    }
}

impl DigestView {
    pub(super) fn of(digest: &Digest, link: Option<&str>) -> Self {
        let zone = TimeZone::get(&digest.time_zone).unwrap_or(TimeZone::UTC);
        let name_of = |text: &String| inert(text, NAME_CHARS_MAX);
        let time = |at: Timestamp| words::time(at, &zone);
        let line = |alert: &Alert| LineView {
            name: name(alert),
            kind: alert.labels.kind.as_str(),
            severity: alert.severity.as_str(),
            summary: inert(&alert.summary, SENTENCE_CHARS_MAX),
            since: time(alert.opened_at),
            owner: alert.labels.owner.as_ref().map(name_of),
            run_link: run_link(link, alert.run_id.as_deref()),
        };
        let counted = |(by, count): &(String, u64)| CountView { name: name_of(by), value: count.to_string() };
        let slow = |(check, millis): &(String, u64)| CountView { name: name_of(check), value: words::took(*millis) };
        Self {
            name: name_of(&digest.name),
            from: time(digest.from),
            until: time(digest.until),
            passed: digest.tally.passed,
            warned: digest.tally.warned,
            failed: digest.tally.failed,
            skipped: digest.tally.skipped,
            errored: digest.tally.errored,
            runs: digest.runs,
            missed: digest.missed,
            new: Listed::of(&digest.new, line),
            still: Listed::of(&digest.still, line),
            resolved: Listed::of(&digest.resolved, line),
            suppressed: Listed::of(&digest.suppressed, counted),
            slowest: Listed::of(&digest.slowest, slow),
            never_run: Listed::of(&digest.never_run, name_of),
            paused: Listed::of(&digest.paused, name_of),
            dead: digest.dead,
        }
    }
}
