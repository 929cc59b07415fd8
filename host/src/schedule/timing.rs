//! The instants at which a schedule is due.

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::cron::Cron;
use super::dst::{Dst, DstGap, DstOverlap};
use super::stretch::Stretch;

/// When a schedule is due: a pattern, read in a zone.
///
/// Fixed times run once a day: where clocks leave one out or show it twice, [`Dst`] says what is done. A pattern whose
/// minutes or hours begin with `*` runs on elapsed time instead, as in Vixie's cron: it is due whenever clocks show
/// what it names, so it has no slot in what they leave out, and slots in both passes of what they show twice.
///
/// No two slots have the same instant. Where a time that is left out is moved to another one that is named too, that
/// one is the slot; where several are moved to one instant, the first of them is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Timing {
    /// The pattern.
    pub cron: Cron,
    /// The zone it is read in.
    pub time_zone: TimeZone,
    /// What is done where clocks are set.
    pub dst: Dst,
}

/// A due instant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due {
    /// The instant.
    pub at: Timestamp,
    /// The time that the pattern names. Clocks may leave it out, or show it twice.
    pub local: DateTime,
    /// Offset of the zone at the instant, in seconds east of UTC.
    pub offset_seconds: i32,
    /// Why the instant does not follow from the time alone, where it does not.
    pub moved: Option<Moved>,
}

/// Why the instant of a slot does not follow from its local time alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Moved {
    /// Clocks leave the time out: the instant is when they are set.
    ToTransition,
    /// Clocks leave the time out: the instant is as much later as they leave out.
    Shifted,
    /// Clocks show the time twice: the instant is the first.
    FirstOfTwo,
    /// Clocks show the time twice: the instant is the second.
    SecondOfTwo,
}

impl Moved {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::ToTransition, Self::Shifted, Self::FirstOfTwo, Self::SecondOfTwo];

    /// The word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ToTransition => "to_transition",
            Self::Shifted => "shifted",
            Self::FirstOfTwo => "first_of_two",
            Self::SecondOfTwo => "second_of_two",
        }
    }
}

impl Timing {
    /// The first slot after an instant; `None` when there is none within 400 years, after which the calendar repeats
    /// itself, or up to the end of the year 9999.
    #[must_use]
    pub fn after(&self, instant: Timestamp) -> Option<Due> {
        Slots::starting(self, next(instant)?).next()
    }

    /// Every slot from one instant to another, the second excluded.
    pub fn between(&self, from: Timestamp, to: Timestamp) -> impl Iterator<Item = Due> {
        Slots::starting(self, from).take_while(move |due| due.at < to)
    }

    /// The first slot in a stretch, not before one instant and not after another.
    fn first_in(&self, stretch: &Stretch, from: Timestamp, until: Timestamp) -> Option<Due> {
        let moved = if self.cron.runs_on_elapsed_time() { None } else { self.moved_into(stretch, from) };
        match (moved, self.shown_in(stretch, from, until)) {
            (Some(moved), Some(shown)) if moved.at < shown.at => Some(moved),
            (moved, shown) => shown.or(moved),
        }
    }

    /// The first slot whose time is left out at the begin of a stretch.
    fn moved_into(&self, stretch: &Stretch, from: Timestamp) -> Option<Due> {
        let (before, left_out) = stretch.left_out()?;
        let (at, local, moved) = match self.dst.gap {
            DstGap::RunAtTransition => {
                let at = stretch.begin().filter(|begin| *begin >= from)?;
                (at, self.cron.first_of(left_out.start, left_out.end)?, Moved::ToTransition)
            }
            DstGap::Shift => {
                let earliest = left_out.start.max(before.to_datetime(from));
                let local = self.cron.first_of(earliest, left_out.end)?;
                (before.to_timestamp(local).ok()?, local, Moved::Shifted)
            }
            DstGap::Skip => return None,
        };
        Some(Due { at, local, offset_seconds: stretch.offset().seconds(), moved: Some(moved) })
    }

    /// The first slot whose time clocks show in a stretch.
    fn shown_in(&self, stretch: &Stretch, from: Timestamp, until: Timestamp) -> Option<Due> {
        let offset = stretch.offset();
        let (before, again) = (stretch.shown_before_up_to(), stretch.shown_again_from());
        let overlap = if self.cron.runs_on_elapsed_time() { DstOverlap::Both } else { self.dst.overlap };

        let mut earliest = offset.to_datetime(stretch.begin().map_or(from, |begin| begin.max(from)));
        let mut end = offset.to_datetime(stretch.end().map_or(until, |end| end.min(until)));
        match overlap {
            DstOverlap::First => earliest = before.map_or(earliest, |before| before.max(earliest)),
            DstOverlap::Second => end = again.map_or(end, |again| again.min(end)),
            DstOverlap::Both => {}
        }
        let local = self.cron.first_of(earliest, end)?;
        let moved = if before.is_some_and(|before| local < before) {
            Some(Moved::SecondOfTwo)
        } else if again.is_some_and(|again| local >= again) {
            Some(Moved::FirstOfTwo)
        } else {
            None
        };
        Some(Due { at: offset.to_timestamp(local).ok()?, local, offset_seconds: offset.seconds(), moved })
    }
}

/// The slots of a timing, in order.
#[derive(Debug)]
struct Slots<'a> {
    timing: &'a Timing,
    /// Where the next slot may be; `None` when there is no other one.
    stretch: Option<Stretch>,
    /// Not before.
    from: Timestamp,
    /// Not after: whatever comes later has come before.
    until: Timestamp,
}

impl<'a> Slots<'a> {
    /// Those from an instant on.
    fn starting(timing: &'a Timing, from: Timestamp) -> Self {
        Self { timing, stretch: Some(Stretch::around(&timing.time_zone, from)), from, until: until(from) }
    }
}

impl Iterator for Slots<'_> {
    type Item = Due;

    fn next(&mut self) -> Option<Due> {
        loop {
            let stretch = self.stretch.as_ref()?;
            let Some(due) = self.timing.first_in(stretch, self.from, self.until) else {
                let next = stretch.next(&self.timing.time_zone);
                self.stretch = next.filter(|stretch| stretch.begin().is_some_and(|begin| begin <= self.until));
                continue;
            };
            match next(due.at) {
                Some(from) => (self.from, self.until) = (from, until(from)),
                None => self.stretch = None,
            }
            return Some(due);
        }
    }
}

fn next(instant: Timestamp) -> Option<Timestamp> {
    instant.checked_add(SignedDuration::from_nanos(1)).ok()
}

/// The instant up to which the next slot is looked for: the days of the week fall on the same dates again after 400
/// years.
fn until(from: Timestamp) -> Timestamp {
    /// 400 years, and as much as offsets may differ.
    const DAYS: i64 = 146_097 + 3;
    from.checked_add(SignedDuration::from_hours(DAYS * 24)).unwrap_or(Timestamp::MAX)
}
