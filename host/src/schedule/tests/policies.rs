//! What is due where clocks are set, by every policy.

use jiff::civil::date;
use jiff::tz::TimeZone;

use super::*;
use crate::schedule::Moved;

/// What the slots depend on.
enum Slots {
    /// On what is done about times left out: run at the transition, shifted, skipped.
    Gap([&'static [&'static str]; 3]),
    /// On what is done about times shown twice: the first, the second, both.
    Overlap([&'static [&'static str]; 3]),
    /// On neither.
    Same(&'static [&'static str]),
}

use Slots::{Gap, Overlap, Same};

struct Case {
    pattern: &'static str,
    zone: &'static str,
    from: &'static str,
    to: &'static str,
    slots: Slots,
}

#[track_caller]
fn check(cases: impl IntoIterator<Item = Case>) {
    for Case { pattern, zone: name, from, to, slots } in cases {
        for dst in every_policy() {
            let expected = match slots {
                Gap([at_transition, shifted, skipped]) => match dst.gap {
                    DstGap::RunAtTransition => at_transition,
                    DstGap::Shift => shifted,
                    DstGap::Skip => skipped,
                },
                Overlap([first, second, both]) => match dst.overlap {
                    DstOverlap::First => first,
                    DstOverlap::Second => second,
                    DstOverlap::Both => both,
                },
                Same(same) => same,
            };
            let timing = timing(pattern, zone(name), dst);
            let found: Vec<_> = timing.between(instant(from), instant(to)).map(|due| told(&due)).collect();
            assert_eq!(found, expected, "`{pattern}` in {name} from {from}, {dst:?}");
        }
    }
}

/// Seven cases in which five other schedulers do not agree but on one. Instants are UTC.
#[test]
fn cases_that_others_decide_differently() {
    check([
        // 02:00 EST is 03:00 EDT at 07:00. 02:30 EST would be 07:30, which is shown as 03:30 EDT.
        Case {
            pattern: "30 2 * * *",
            zone: "America/New_York",
            from: "2026-03-08T05:00Z",
            to: "2026-03-09T04:00Z",
            slots: Gap([&["2026-03-08T07:00 to_transition"], &["2026-03-08T07:30 shifted"], &[]]),
        },
        // 02:00 EDT is 01:00 EST at 06:00: 01:30 is shown at 05:30 (EDT) and at 06:30 (EST).
        Case {
            pattern: "30 1 * * *",
            zone: "America/New_York",
            from: "2026-11-01T04:00Z",
            to: "2026-11-02T05:00Z",
            slots: Overlap([
                &["2026-11-01T05:30 first_of_two"],
                &["2026-11-01T06:30 second_of_two"],
                &["2026-11-01T05:30 first_of_two", "2026-11-01T06:30 second_of_two"],
            ]),
        },
        // Every hour runs on elapsed time.
        Case {
            pattern: "0 * * * *",
            zone: "America/New_York",
            from: "2026-03-08T05:00Z",
            to: "2026-03-08T09:00Z",
            slots: Same(&["2026-03-08T05:00", "2026-03-08T06:00", "2026-03-08T07:00", "2026-03-08T08:00"]),
        },
        Case {
            pattern: "0 * * * *",
            zone: "America/New_York",
            from: "2026-11-01T04:00Z",
            to: "2026-11-01T09:00Z",
            slots: Same(&[
                "2026-11-01T04:00",
                "2026-11-01T05:00 first_of_two",
                "2026-11-01T06:00 second_of_two",
                "2026-11-01T07:00",
                "2026-11-01T08:00",
            ]),
        },
        // The minutes begin with `*`: both passes of 01:00 and 01:30, and 02:00 EST is 07:00.
        Case {
            pattern: "*/30 1-2 * * *",
            zone: "America/New_York",
            from: "2026-11-01T04:00Z",
            to: "2026-11-02T05:00Z",
            slots: Same(&[
                "2026-11-01T05:00 first_of_two",
                "2026-11-01T05:30 first_of_two",
                "2026-11-01T06:00 second_of_two",
                "2026-11-01T06:30 second_of_two",
                "2026-11-01T07:00",
                "2026-11-01T07:30",
            ]),
        },
        // 02:00 at +10:30 is 02:30 at +11 at 15:30 the day before. Half an hour later than 02:00 is then, too.
        Case {
            pattern: "0 2 * * *",
            zone: "Australia/Lord_Howe",
            from: "2026-10-03T14:00Z",
            to: "2026-10-04T13:00Z",
            slots: Gap([&["2026-10-03T15:30 to_transition"], &["2026-10-03T15:30 shifted"], &[]]),
        },
        // Midnight at -03 is 01:00 at -02 at 03:00. 00:15 at -03 would be 03:15.
        Case {
            pattern: "15 0 * * *",
            zone: "America/Sao_Paulo",
            from: "2018-11-04T00:00Z",
            to: "2018-11-05T02:00Z",
            slots: Gap([&["2018-11-04T03:00 to_transition"], &["2018-11-04T03:15 shifted"], &[]]),
        },
    ]);
}

#[test]
fn times_moved_to_one_instant_are_one_slot() {
    let (from, to) = ("2026-03-08T05:00Z", "2026-03-09T04:00Z");
    check([
        // Both are due at the transition.
        Case {
            pattern: "15,45 2 * * *",
            zone: "America/New_York",
            from,
            to,
            slots: Gap([
                &["2026-03-08T07:00 to_transition"],
                &["2026-03-08T07:15 shifted", "2026-03-08T07:45 shifted"],
                &[],
            ]),
        },
        // 02:00 is due at 03:00, which is named as well.
        Case { pattern: "0 2,3 * * *", zone: "America/New_York", from, to, slots: Same(&["2026-03-08T07:00"]) },
        // 01:30 EST, what becomes of 02:30, and 03:30 EDT.
        Case {
            pattern: "30 1-3 * * *",
            zone: "America/New_York",
            from,
            to,
            slots: Gap([
                &["2026-03-08T06:30", "2026-03-08T07:00 to_transition", "2026-03-08T07:30"],
                &["2026-03-08T06:30", "2026-03-08T07:30"],
                &["2026-03-08T06:30", "2026-03-08T07:30"],
            ]),
        },
        // 02:25 half an hour later comes after 02:40, which is shown.
        Case {
            pattern: "25,40 2 * * *",
            zone: "Australia/Lord_Howe",
            from: "2026-10-03T14:00Z",
            to: "2026-10-04T13:00Z",
            slots: Gap([
                &["2026-10-03T15:30 to_transition", "2026-10-03T15:40"],
                &["2026-10-03T15:40", "2026-10-03T15:55 shifted"],
                &["2026-10-03T15:40"],
            ]),
        },
    ]);
}

#[test]
fn both_passes_come_one_after_another() {
    check([
        Case {
            pattern: "0,30 1 * * *",
            zone: "America/New_York",
            from: "2026-11-01T04:00Z",
            to: "2026-11-02T05:00Z",
            slots: Overlap([
                &["2026-11-01T05:00 first_of_two", "2026-11-01T05:30 first_of_two"],
                &["2026-11-01T06:00 second_of_two", "2026-11-01T06:30 second_of_two"],
                &[
                    "2026-11-01T05:00 first_of_two",
                    "2026-11-01T05:30 first_of_two",
                    "2026-11-01T06:00 second_of_two",
                    "2026-11-01T06:30 second_of_two",
                ],
            ]),
        },
        // 02:00 is shown once only, after the second pass.
        Case {
            pattern: "0 0-2 * * *",
            zone: "America/New_York",
            from: "2026-11-01T04:00Z",
            to: "2026-11-02T05:00Z",
            slots: Overlap([
                &["2026-11-01T04:00", "2026-11-01T05:00 first_of_two", "2026-11-01T07:00"],
                &["2026-11-01T04:00", "2026-11-01T06:00 second_of_two", "2026-11-01T07:00"],
                &[
                    "2026-11-01T04:00",
                    "2026-11-01T05:00 first_of_two",
                    "2026-11-01T06:00 second_of_two",
                    "2026-11-01T07:00",
                ],
            ]),
        },
        // Set back by two hours from 03:00 to 01:00.
        Case {
            pattern: "30 2 * * *",
            zone: "Antarctica/Troll",
            from: "2026-10-24T20:00Z",
            to: "2026-10-25T20:00Z",
            slots: Overlap([
                &["2026-10-25T00:30 first_of_two"],
                &["2026-10-25T02:30 second_of_two"],
                &["2026-10-25T00:30 first_of_two", "2026-10-25T02:30 second_of_two"],
            ]),
        },
        // Set back by half an hour from 02:00 to 01:30: 01:00 is shown once, 01:45 twice.
        Case {
            pattern: "0,45 1 * * *",
            zone: "Australia/Lord_Howe",
            from: "2026-04-04T13:00Z",
            to: "2026-04-05T13:00Z",
            slots: Overlap([
                &["2026-04-04T14:00", "2026-04-04T14:45 first_of_two"],
                &["2026-04-04T14:00", "2026-04-04T15:15 second_of_two"],
                &["2026-04-04T14:00", "2026-04-04T14:45 first_of_two", "2026-04-04T15:15 second_of_two"],
            ]),
        },
    ]);
}

#[test]
fn elapsed_time_has_no_slot_in_what_is_left_out() {
    let (from, to) = ("2026-03-08T05:00Z", "2026-03-09T04:00Z");
    let zone = "America/New_York";
    check([
        Case { pattern: "*/30 1-2 * * *", zone, from, to, slots: Same(&["2026-03-08T06:00", "2026-03-08T06:30"]) },
        Case { pattern: "* 2 * * *", zone, from, to, slots: Same(&[]) },
        Case { pattern: "30 */12,2 * * *", zone, from, to, slots: Same(&["2026-03-08T05:30", "2026-03-08T16:30"]) },
    ]);
}

#[test]
fn clocks_set_at_midnight() {
    check([
        // 00:00 at -02 is 23:00 at -03 of the day before, at 02:00.
        Case {
            pattern: "30 23 * * *",
            zone: "America/Sao_Paulo",
            from: "2018-02-17T12:00Z",
            to: "2018-02-18T12:00Z",
            slots: Overlap([
                &["2018-02-18T01:30 first_of_two"],
                &["2018-02-18T02:30 second_of_two"],
                &["2018-02-18T01:30 first_of_two", "2018-02-18T02:30 second_of_two"],
            ]),
        },
        // The next day begins once.
        Case {
            pattern: "0 0 * * *",
            zone: "America/Sao_Paulo",
            from: "2018-02-17T12:00Z",
            to: "2018-02-18T12:00Z",
            slots: Same(&["2018-02-18T03:00"]),
        },
        // 23:00 at -02 is 00:00 at -01 of the next day, at 01:00: the transition is on another day than what is left
        // out.
        Case {
            pattern: "59 23 * * *",
            zone: "America/Nuuk",
            from: "2024-03-30T12:00Z",
            to: "2024-04-01T12:00Z",
            slots: Gap([
                &["2024-03-31T01:00 to_transition", "2024-04-01T00:59"],
                &["2024-03-31T01:59 shifted", "2024-04-01T00:59"],
                &["2024-04-01T00:59"],
            ]),
        },
        // 23:30 at +08:30 is 00:00 at +09 of the next day, at 15:00.
        Case {
            pattern: "45 23 * * *",
            zone: "Asia/Pyongyang",
            from: "2018-05-04T12:00Z",
            to: "2018-05-05T12:00Z",
            slots: Gap([&["2018-05-04T15:00 to_transition"], &["2018-05-04T15:15 shifted"], &[]]),
        },
        // What is left out ends before midnight.
        Case {
            pattern: "0 0 * * *",
            zone: "Asia/Pyongyang",
            from: "2018-05-04T12:00Z",
            to: "2018-05-05T12:00Z",
            slots: Same(&["2018-05-04T15:00"]),
        },
    ]);
}

#[test]
fn whole_days_left_out_or_shown_twice() {
    check([
        // 2011-12-30T00:00 at -10 is 2011-12-31T00:00 at +14, at 10:00. 06:00 of the day that does not exist, a day
        // later, is 06:00 of the next one.
        Case {
            pattern: "0 6 * * *",
            zone: "Pacific/Apia",
            from: "2011-12-29T10:00Z",
            to: "2012-01-01T10:00Z",
            slots: Gap([
                &["2011-12-29T16:00", "2011-12-30T10:00 to_transition", "2011-12-30T16:00", "2011-12-31T16:00"],
                &["2011-12-29T16:00", "2011-12-30T16:00", "2011-12-31T16:00"],
                &["2011-12-29T16:00", "2011-12-30T16:00", "2011-12-31T16:00"],
            ]),
        },
        // The day that does not exist would begin when the next one does.
        Case {
            pattern: "0 0 * * *",
            zone: "Pacific/Apia",
            from: "2011-12-29T10:00Z",
            to: "2011-12-31T10:00Z",
            slots: Same(&["2011-12-29T10:00", "2011-12-30T10:00"]),
        },
        // Only the day that does not exist is named.
        Case {
            pattern: "0 6 30 12 *",
            zone: "Pacific/Apia",
            from: "2011-12-01T00:00Z",
            to: "2012-01-31T00:00Z",
            slots: Gap([&["2011-12-30T10:00 to_transition"], &["2011-12-30T16:00 shifted"], &[]]),
        },
        // 1867-10-19T15:33:32 at +15:02:19 is 1867-10-18T15:33:32 at -08:57:41, at 00:31:13: from then on a whole day
        // is shown again, noon of the 19th in it.
        Case {
            pattern: "0 12 * * *",
            zone: "America/Juneau",
            from: "1867-10-17T12:00Z",
            to: "1867-10-21T00:00Z",
            slots: Overlap([
                &["1867-10-17T20:57", "1867-10-18T20:57 first_of_two", "1867-10-20T20:57"],
                &["1867-10-17T20:57", "1867-10-19T20:57 second_of_two", "1867-10-20T20:57"],
                &[
                    "1867-10-17T20:57",
                    "1867-10-18T20:57 first_of_two",
                    "1867-10-19T20:57 second_of_two",
                    "1867-10-20T20:57",
                ],
            ]),
        },
    ]);
}

#[test]
fn offsets_that_are_no_whole_hours() {
    check([
        // 00:00 at +05:30 is 00:15 at +05:45, at 18:30.
        Case {
            pattern: "5 0 * * *",
            zone: "Asia/Kathmandu",
            from: "1985-12-31T12:00Z",
            to: "1986-01-01T12:00Z",
            slots: Gap([&["1985-12-31T18:30 to_transition"], &["1985-12-31T18:35 shifted"], &[]]),
        },
        // 00:00 at +07 is 00:20 at +07:20, at 17:00.
        Case {
            pattern: "10,30 0 * * *",
            zone: "Asia/Singapore",
            from: "1932-12-31T12:00Z",
            to: "1933-01-01T12:00Z",
            slots: Gap([
                &["1932-12-31T17:00 to_transition", "1932-12-31T17:10"],
                &["1932-12-31T17:10"],
                &["1932-12-31T17:10"],
            ]),
        },
        // 00:00 at +08:20 is 23:40 at +08 of the day before, at 15:40.
        Case {
            pattern: "30,50 23 * * *",
            zone: "Asia/Kuching",
            from: "1935-12-13T12:00Z",
            to: "1935-12-14T12:00Z",
            slots: Overlap([
                &["1935-12-13T15:10", "1935-12-13T15:30 first_of_two"],
                &["1935-12-13T15:10", "1935-12-13T15:50 second_of_two"],
                &["1935-12-13T15:10", "1935-12-13T15:30 first_of_two", "1935-12-13T15:50 second_of_two"],
            ]),
        },
    ]);
    // 00:00 at -00:44:30 is 00:44:30 at +00, at 00:44:30.
    let monrovia = |gap| {
        let timing = timing("30,45 0 * * *", zone("Africa/Monrovia"), Dst { gap, overlap: DstOverlap::First });
        let due = timing.between(instant("1972-01-06T12:00Z"), instant("1972-01-07T12:00Z"));
        due.map(|due| due.at.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(monrovia(DstGap::RunAtTransition), ["1972-01-07T00:44:30Z", "1972-01-07T00:45:00Z"]);
    assert_eq!(monrovia(DstGap::Shift), ["1972-01-07T00:45:00Z", "1972-01-07T01:14:30Z"], "a later time comes first");
    assert_eq!(monrovia(DstGap::Skip), ["1972-01-07T00:45:00Z"]);
}

#[test]
fn rules_hold_in_the_far_future() {
    // In 2400, as in 2000, the second Sunday of March is the 12th and the first Sunday of November the 5th.
    check([
        Case {
            pattern: "30 2 * * *",
            zone: "America/New_York",
            from: "2400-03-12T05:00Z",
            to: "2400-03-13T04:00Z",
            slots: Gap([&["2400-03-12T07:00 to_transition"], &["2400-03-12T07:30 shifted"], &[]]),
        },
        Case {
            pattern: "30 1 * * *",
            zone: "America/New_York",
            from: "2400-11-05T04:00Z",
            to: "2400-11-06T05:00Z",
            slots: Overlap([
                &["2400-11-05T05:30 first_of_two"],
                &["2400-11-05T06:30 second_of_two"],
                &["2400-11-05T05:30 first_of_two", "2400-11-05T06:30 second_of_two"],
            ]),
        },
    ]);
}

#[test]
fn a_slot_tells_the_named_time_and_the_offset_at_its_instant() {
    let found = |pattern, gap, overlap, from| {
        timing(pattern, zone("America/New_York"), Dst { gap, overlap }).after(instant(from)).unwrap()
    };
    let due = |at, local, offset_seconds, moved| Due { at: instant(at), local, offset_seconds, moved };
    let (march, november) = ("2026-03-08T05:00Z", "2026-11-01T04:00Z");
    let half_past_two = date(2026, 3, 8).at(2, 30, 0, 0);
    assert_eq!(
        found("30 2 * * *", DstGap::RunAtTransition, DstOverlap::First, march),
        due("2026-03-08T07:00Z", half_past_two, -4 * 3_600, Some(Moved::ToTransition))
    );
    assert_eq!(
        found("30 2 * * *", DstGap::Shift, DstOverlap::First, march),
        due("2026-03-08T07:30Z", half_past_two, -4 * 3_600, Some(Moved::Shifted))
    );
    let half_past_one = date(2026, 11, 1).at(1, 30, 0, 0);
    assert_eq!(
        found("30 1 * * *", DstGap::Skip, DstOverlap::First, november),
        due("2026-11-01T05:30Z", half_past_one, -4 * 3_600, Some(Moved::FirstOfTwo))
    );
    assert_eq!(
        found("30 1 * * *", DstGap::Skip, DstOverlap::Second, november),
        due("2026-11-01T06:30Z", half_past_one, -5 * 3_600, Some(Moved::SecondOfTwo))
    );
    assert_eq!(
        found("15,45 2 * * *", DstGap::RunAtTransition, DstOverlap::First, march).local,
        date(2026, 3, 8).at(2, 15, 0, 0),
        "the first of those that are moved to one instant"
    );
    assert_eq!(
        found("0 2,3 * * *", DstGap::RunAtTransition, DstOverlap::First, march),
        due("2026-03-08T07:00Z", date(2026, 3, 8).at(3, 0, 0, 0), -4 * 3_600, None),
        "what is named itself rather than what is moved there"
    );
    let utc = timing("0 6 * * *", TimeZone::UTC, Dst::default()).after(instant("2026-01-01T06:00Z"));
    assert_eq!(utc, Some(due("2026-01-02T06:00Z", date(2026, 1, 2).at(6, 0, 0, 0), 0, None)));
}
