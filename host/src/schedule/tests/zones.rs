//! What holds in every zone of the database.
//!
//! In a time without a change of its clocks a zone is as good as any other. So every change from 2000 to 2037 is looked
//! at with the days around it, in between the first days of each half-year, and in a few zones all days.

use std::collections::BTreeMap;

use jiff::civil::{Date, date, time};
use jiff::tz::AmbiguousOffset;
use jiff::{SignedDuration, ToSpan as _};

use super::*;
use crate::schedule::Moved;
use crate::schedule::stretch::Stretch;

/// A zone, with the name it is first called by.
struct Zone {
    name: String,
    time_zone: TimeZone,
    /// When its clocks are set.
    changes: Vec<Timestamp>,
}

/// All zones, with what happens to their clocks from one instant to another. Of zones whose clocks are the same all
/// that time there is one: a timing asks its zone for nothing but offsets and their changes.
fn zones(from: Timestamp, to: Timestamp) -> Vec<Zone> {
    let mut zones = BTreeMap::new();
    for name in TimeZoneDatabase::bundled().available() {
        let zone = zone(name.as_str());
        let mut offsets = vec![(from, zone.to_offset(from))];
        let transitions = zone.following(from).take_while(|transition| transition.timestamp() < to);
        offsets.extend(transitions.map(|transition| (transition.timestamp(), transition.offset())));
        offsets.dedup_by_key(|(_, offset)| *offset);
        zones.entry(offsets).or_insert((name.to_string(), zone));
    }
    let changes = |offsets: Vec<_>| offsets.into_iter().skip(1).map(|(at, _)| at).collect();
    let zone = |(offsets, (name, time_zone))| Zone { name, time_zone, changes: changes(offsets) };
    zones.into_iter().map(zone).collect()
}

fn zones_since_2000() -> Vec<Zone> {
    let zones = zones(instant("2000-01-01T00:00Z"), instant("2038-01-01T00:00Z"));
    assert!(zones.len() > 150, "there are 194 in the database of 2026: {}", zones.len());
    zones
}

/// Times around each change, and in each half-year.
fn windows(zone: &Zone, around: SignedDuration) -> impl Iterator<Item = (Timestamp, Timestamp)> {
    let changes = zone.changes.iter().map(move |at| (*at - around, *at + around));
    let half_year = |number: i32| date(2000, 1, 1) + (6 * number).months();
    let begin = move |number| TimeZone::UTC.to_timestamp(half_year(number).to_datetime(time(0, 0, 0, 0))).unwrap();
    changes.chain((0..38 * 2).map(begin).map(move |at| (at, at + around)))
}

const FIXED: [(&str, i8, i8); 5] =
    [("30 2 * * *", 2, 30), ("0 0 * * *", 0, 0), ("15 0 * * *", 0, 15), ("59 23 * * *", 23, 59), ("0 6 * * *", 6, 0)];

#[test]
fn a_fixed_time_has_one_slot_for_each_day() {
    for zone in zones_since_2000() {
        for fixed in FIXED {
            for (from, to) in windows(&zone, SignedDuration::from_hours(72)) {
                has_one_slot_for_each_day(&zone, fixed, from, to);
            }
        }
    }
}

#[test]
fn a_fixed_time_has_one_slot_for_each_day_of_38_years() {
    for name in ["America/New_York", "Australia/Lord_Howe", "Pacific/Apia"] {
        let zone = Zone { name: name.to_owned(), time_zone: zone(name), changes: Vec::new() };
        for fixed in FIXED {
            has_one_slot_for_each_day(&zone, fixed, instant("2000-01-01T00:00Z"), instant("2038-01-01T00:00Z"));
        }
    }
}

/// Every local date but the first and the last has one slot with its name, as jiff resolves it; a date that does not
/// exist has one only where it is not that of another date.
#[track_caller]
fn has_one_slot_for_each_day(zone: &Zone, (pattern, hour, minute): (&str, i8, i8), from: Timestamp, to: Timestamp) {
    let Zone { name, time_zone, .. } = zone;
    let timing = timing(pattern, time_zone.clone(), Dst::default());
    let local = |at| time_zone.to_datetime(at).date();
    let (first, last) = (local(from).tomorrow().unwrap(), local(to));
    let mut slots = timing.between(from, to).skip_while(|due| due.local.date() < first).peekable();
    let (mut day, mut before) = (first, Timestamp::MIN);
    while day < last {
        match slots.next_if(|due| due.local.date() == day) {
            Some(due) => {
                assert_eq!(due.local, day.at(hour, minute, 0, 0), "`{pattern}` in {name}");
                assert!(before < due.at, "`{pattern}` in {name}: {due:?}");
                is_as_resolved(time_zone, &due);
                before = due.at;
            }
            None => assert!(!exists(day, time_zone), "`{pattern}` in {name} has no slot for {day}"),
        }
        day = day.tomorrow().unwrap();
    }
    assert!(slots.all(|due| due.local.date() >= last), "`{pattern}` in {name} has a second slot for a day");
}

/// Whether any clock shows a date.
fn exists(day: Date, time_zone: &TimeZone) -> bool {
    day.to_zoned_datetime(time_zone.clone()).unwrap().date() == day
}

/// By the default policy.
#[track_caller]
fn is_as_resolved(time_zone: &TimeZone, due: &Due) {
    assert_eq!(due.offset_seconds, time_zone.to_offset(due.at).seconds(), "{due:?}");
    match time_zone.to_ambiguous_timestamp(due.local).offset() {
        AmbiguousOffset::Unambiguous { offset } => {
            assert_eq!((due.at, due.moved), (offset.to_timestamp(due.local).unwrap(), None), "{due:?}");
        }
        AmbiguousOffset::Fold { before, .. } => {
            let first = before.to_timestamp(due.local).unwrap();
            assert_eq!((due.at, due.moved), (first, Some(Moved::FirstOfTwo)), "{due:?}");
        }
        AmbiguousOffset::Gap { before, after } => {
            assert_eq!(due.moved, Some(Moved::ToTransition), "{due:?}");
            assert_eq!(time_zone.to_offset(due.at - SignedDuration::from_nanos(1)), before, "{due:?}");
            assert_eq!(time_zone.to_offset(due.at), after, "{due:?}");
            assert!(before.to_datetime(due.at) <= due.local && due.local < after.to_datetime(due.at), "{due:?}");
        }
    }
}

/// Slots are a step apart wherever clocks are set by a multiple of the step: by whole hours for every hour. Elsewhere,
/// as on Lord Howe Island with its half hour, the minutes that are shown decide: the one step in which clocks are set
/// is longer or shorter than the others, and all other steps are not.
#[test]
fn elapsed_time_goes_on_evenly() {
    let mut uneven = BTreeMap::new();
    for zone in zones_since_2000() {
        let Zone { name, time_zone, .. } = &zone;
        for (pattern, step) in [("0 * * * *", 60), ("*/15 * * * *", 15)] {
            let timing = timing(pattern, time_zone.clone(), Dst::default());
            for (from, to) in windows(&zone, SignedDuration::from_hours(6)) {
                let slots: Vec<_> = timing.between(from, to).collect();
                assert!(slots.len() > 3, "`{pattern}` in {name} from {from}");
                for due in &slots {
                    assert_eq!(time_zone.to_datetime(due.at), due.local, "`{pattern}` in {name}");
                    assert_eq!(due.local.minute() % step, 0, "`{pattern}` in {name}: {due:?}");
                }
                for pair in slots.windows(2) {
                    let [one, next] = pair else { unreachable!("two at a time") };
                    let (apart, step) = (next.at.duration_since(one.at), SignedDuration::from_mins(step.into()));
                    let set_by = i64::from(next.offset_seconds - one.offset_seconds);
                    if set_by % step.as_secs() == 0 {
                        assert_eq!(apart, step, "`{pattern}` in {name} after {one:?}");
                    } else {
                        assert_eq!(
                            (apart.as_secs() + set_by) % step.as_secs(),
                            0,
                            "`{pattern}` in {name} after {one:?}"
                        );
                        assert!(shows_nothing_between(&timing, one.at, next.at), "`{pattern}` in {name} after {one:?}");
                        *uneven.entry((pattern, set_by / 60)).or_insert(0) += 1;
                    }
                }
            }
        }
    }
    let uneven: Vec<_> = uneven.into_keys().collect();
    assert_eq!(uneven, [("0 * * * *", -30), ("0 * * * *", 30)], "no clock was set by minutes that 15 does not divide");
}

/// Whether in no minute between two instants clocks show what the pattern names.
fn shows_nothing_between(timing: &Timing, from: Timestamp, to: Timestamp) -> bool {
    let minutes = (1..).map(|number| from + SignedDuration::from_mins(number)).take_while(|at| *at < to);
    let local = minutes.map(|at| timing.time_zone.to_datetime(at));
    local.into_iter().all(|local| timing.cron.first_of(local, local + 1.second()).is_none())
}

#[test]
fn it_does_not_matter_where_one_begins() {
    for Zone { name, time_zone, changes } in zones_since_2000() {
        for pattern in ["30 2 * * *", "0 0,23 * * *", "*/30 * * * *"] {
            let timing = timing(pattern, time_zone.clone(), Dst::default());
            for change in &changes {
                let hours = SignedDuration::from_hours(30);
                let all: Vec<_> = timing.between(*change - hours, *change + hours).collect();
                assert!(all.is_sorted_by(|one, next| one.at < next.at), "`{pattern}` in {name} around {change}");
                for minutes in [-90, -30, 0, 30, 90] {
                    let start = *change + SignedDuration::from_mins(minutes);
                    for start in [start - SignedDuration::from_nanos(1), start] {
                        let next = all.iter().find(|due| due.at > start);
                        assert_eq!(timing.after(start).as_ref(), next, "`{pattern}` in {name} after {start}");
                    }
                }
            }
        }
    }
}

/// On this [`Stretch`] relies.
#[test]
fn clocks_keep_their_offset_for_longer_than_they_are_set_by() {
    for Zone { name, time_zone, changes } in zones(Timestamp::MIN, instant("2100-01-01T00:00Z")) {
        let set_by = |at: Timestamp| {
            let before = time_zone.to_offset(at - SignedDuration::from_nanos(1));
            SignedDuration::from_secs((time_zone.to_offset(at).seconds() - before.seconds()).into()).abs()
        };
        for pair in changes.windows(2) {
            let [begin, end] = pair else { unreachable!("two at a time") };
            let stretch = Stretch::around(&time_zone, *begin);
            assert_eq!((stretch.begin(), stretch.end()), (Some(*begin), Some(*end)), "{name}");
            assert!(set_by(*begin).max(set_by(*end)) <= SignedDuration::from_hours(24), "{name} from {begin}");
            assert!(end.duration_since(*begin) > SignedDuration::from_hours(6 * 24), "{name} from {begin} to {end}");
        }
    }
}
