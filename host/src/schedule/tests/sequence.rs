//! Slots follow one another, from wherever one begins.

use jiff::SignedDuration;
use jiff::tz::TimeZone;

use super::*;

/// Patterns around times at which clocks are set, with a zone and a change of its clocks.
const AROUND: [(&str, &str, &str); 10] = [
    ("30 2 * * *", "America/New_York", "2026-03-08T07:00Z"),
    ("0,10,50 1-3 * * *", "America/New_York", "2026-03-08T07:00Z"),
    ("0,10,50 0-2 * * *", "America/New_York", "2026-11-01T06:00Z"),
    ("*/20 1-2 * * *", "America/New_York", "2026-11-01T06:00Z"),
    ("0-59 1,2 * * *", "Australia/Lord_Howe", "2026-10-03T15:30Z"),
    ("0-59 1,2 * * *", "Australia/Lord_Howe", "2026-04-04T15:00Z"),
    ("0,15 0,23 * * *", "America/Nuuk", "2024-03-31T01:00Z"),
    ("0 0,6,18 * * *", "Pacific/Apia", "2011-12-30T10:00Z"),
    ("30,45 0 * * *", "Africa/Monrovia", "1972-01-07T00:44:30Z"),
    ("0 12 * * *", "America/Juneau", "1867-10-19T00:31:13Z"),
];

#[test]
fn what_is_between_is_what_comes_one_after_another() {
    for (pattern, name, change) in AROUND {
        for dst in every_policy() {
            let timing = timing(pattern, zone(name), dst);
            let (from, to) = around(change);
            let between: Vec<_> = timing.between(from, to).collect();
            let mut stepped = Vec::new();
            let mut last = from - SignedDuration::from_nanos(1);
            while let Some(due) = timing.after(last).filter(|due| due.at < to) {
                last = due.at;
                stepped.push(due);
            }
            assert!(!between.is_empty(), "`{pattern}` in {name}, {dst:?}");
            assert_eq!(between, stepped, "`{pattern}` in {name}, {dst:?}");
            assert!(between.is_sorted_by(|one, next| one.at < next.at), "`{pattern}` in {name}, {dst:?}");
        }
    }
}

#[test]
fn the_slots_are_the_same_from_whatever_instant_one_begins() {
    for (pattern, name, change) in AROUND {
        for dst in every_policy() {
            let timing = timing(pattern, zone(name), dst);
            let (from, to) = around(change);
            let all: Vec<_> = timing.between(from, to).collect();
            let mut start = instant(change) - SignedDuration::from_hours(4);
            let end = instant(change) + SignedDuration::from_hours(4);
            while start < end {
                for start in [start - SignedDuration::from_nanos(1), start, start + SignedDuration::from_nanos(1)] {
                    let next = all.iter().find(|due| due.at > start);
                    assert_eq!(timing.after(start).as_ref(), next, "`{pattern}` in {name} after {start}, {dst:?}");
                    let next = all.iter().find(|due| due.at >= start);
                    let found = timing.between(start, to).next();
                    assert_eq!(found.as_ref(), next, "`{pattern}` in {name} from {start}, {dst:?}");
                }
                start += SignedDuration::from_mins(5);
            }
        }
    }
}

fn around(change: &str) -> (Timestamp, Timestamp) {
    let days = SignedDuration::from_hours(48);
    (instant(change) - days, instant(change) + days)
}

#[test]
fn the_first_instant_counts_and_the_last_does_not() {
    let daily = timing("0 6 * * *", TimeZone::UTC, Dst::default());
    let all: Vec<_> = daily.between(instant("2026-01-01T06:00Z"), instant("2026-01-03T06:00Z")).collect();
    assert_eq!(all.iter().map(told).collect::<Vec<_>>(), ["2026-01-01T06:00", "2026-01-02T06:00"]);
    assert_eq!(daily.between(instant("2026-01-03T06:00Z"), instant("2026-01-01T06:00Z")).next(), None, "backward");
}

#[test]
fn there_is_none_for_a_time_that_is_always_left_out() {
    // The second Sunday of March has no 02:30 there.
    let skip = Dst { gap: DstGap::Skip, overlap: DstOverlap::First };
    let left_out = timing("30 2 * 3 0#2", zone("America/New_York"), skip);
    assert_eq!(left_out.after(instant("2026-01-01T00:00Z")), None);
}

#[test]
fn the_rarest_day_is_found() {
    // The 29th of February on a Monday: 2096 is followed by a century without leap day.
    let rare = timing("0 0 29 2 +1", TimeZone::UTC, Dst::default());
    let found = |from| told(&rare.after(instant(from)).unwrap());
    assert_eq!(found("2026-01-01T00:00Z"), "2044-02-29T00:00");
    assert_eq!(found("2072-02-29T00:00Z"), "2112-02-29T00:00");
}

#[test]
fn slots_end_with_the_calendar() {
    for name in ["UTC", "America/New_York", "Pacific/Kiritimati"] {
        for pattern in ["0 * * * *", "0 6 * * *"] {
            let timing = timing(pattern, zone(name), Dst::default());
            assert_eq!(timing.after(Timestamp::MAX), None, "`{pattern}` in {name}");
            let last = timing.between(instant("9999-12-01T00:00Z"), Timestamp::MAX).last().unwrap();
            assert_eq!(timing.after(last.at), None, "`{pattern}` in {name} after {last:?}");
            assert!(Timestamp::MAX.duration_since(last.at) < SignedDuration::from_hours(24), "{last:?}");
        }
    }
    let hourly = timing("0 * * * *", zone("America/New_York"), Dst::default());
    let first = hourly.between(Timestamp::MIN, Timestamp::MAX).next().unwrap();
    assert!(first.at.duration_since(Timestamp::MIN) < SignedDuration::from_hours(1), "and begin with it: {first:?}");
}
