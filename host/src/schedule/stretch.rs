//! Times in which clocks run evenly.

use std::ops::Range;

use jiff::civil::DateTime;
use jiff::tz::{Offset, TimeZone, TimeZoneTransition};
use jiff::{SignedDuration, Timestamp};

/// A time in which a zone keeps its offset, as long as can be.
///
/// It is compared with its neighbours only: what clocks leave out at its begin or show again after its end is taken to
/// be shorter than the stretches around it. In no zone they are shorter than a week, and clocks were never set by more
/// than a day.
#[derive(Debug, Clone)]
pub(super) struct Stretch {
    begin: Option<Change>,
    offset: Offset,
    end: Option<Change>,
}

/// Clocks that are set.
#[derive(Debug, Clone)]
struct Change {
    at: Timestamp,
    before: Offset,
    after: Offset,
}

impl Change {
    /// `None` where only the name of the time changes.
    fn of(time_zone: &TimeZone, transition: &TimeZoneTransition<'_>) -> Option<Self> {
        let at = transition.timestamp();
        let before = time_zone.to_offset(at.checked_sub(SignedDuration::from_nanos(1)).ok()?);
        let after = transition.offset();
        (before != after).then_some(Self { at, before, after })
    }

    fn first_after(time_zone: &TimeZone, instant: Timestamp) -> Option<Self> {
        time_zone.following(instant).find_map(|transition| Self::of(time_zone, &transition))
    }

    /// The last one before an instant, or at it.
    fn last_by(time_zone: &TimeZone, instant: Timestamp) -> Option<Self> {
        let next = instant.checked_add(SignedDuration::from_nanos(1)).unwrap_or(instant);
        time_zone.preceding(next).find_map(|transition| Self::of(time_zone, &transition))
    }

    /// What the clocks would show if they were not set.
    fn set_from(&self) -> DateTime {
        self.before.to_datetime(self.at)
    }

    /// What they show instead.
    fn set_to(&self) -> DateTime {
        self.after.to_datetime(self.at)
    }
}

impl Stretch {
    /// The stretch an instant lies in.
    pub(super) fn around(time_zone: &TimeZone, instant: Timestamp) -> Self {
        Self {
            begin: Change::last_by(time_zone, instant),
            offset: time_zone.to_offset(instant),
            end: Change::first_after(time_zone, instant),
        }
    }

    /// The stretch after this one.
    pub(super) fn next(&self, time_zone: &TimeZone) -> Option<Self> {
        let begin = self.end.clone()?;
        let end = Change::first_after(time_zone, begin.at);
        Some(Self { offset: begin.after, begin: Some(begin), end })
    }

    /// When it begins; `None` for ever ago.
    pub(super) fn begin(&self) -> Option<Timestamp> {
        self.begin.as_ref().map(|change| change.at)
    }

    /// When it ends, not included; `None` for never.
    pub(super) fn end(&self) -> Option<Timestamp> {
        self.end.as_ref().map(|change| change.at)
    }

    /// The offset in it.
    pub(super) fn offset(&self) -> Offset {
        self.offset
    }

    /// The offset before it, with what the clocks leave out at its begin; `None` where they leave out nothing.
    pub(super) fn left_out(&self) -> Option<(Offset, Range<DateTime>)> {
        let change = self.begin.as_ref()?;
        (change.before < change.after).then(|| (change.before, change.set_from()..change.set_to()))
    }

    /// What the clocks show before the end of this stretch has been shown in the one before up to here.
    pub(super) fn shown_before_up_to(&self) -> Option<DateTime> {
        self.begin.as_ref().map(Change::set_from)
    }

    /// What the clocks show in this stretch is shown again in the next one from here on.
    pub(super) fn shown_again_from(&self) -> Option<DateTime> {
        self.end.as_ref().map(Change::set_to)
    }
}
