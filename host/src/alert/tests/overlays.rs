//! What keeps alerts from being told, and until when.

use jiff::civil::{Weekday, time};
use jiff::tz::TimeZone;

use super::*;

fn hours(zone: &str, weekdays: &[Weekday], from: i8, until: i8) -> QuietHours {
    QuietHours {
        time_zone: TimeZone::get(zone).unwrap(),
        weekdays: weekdays.to_vec(),
        from: time(from, 30, 0, 0),
        until: time(until, 30, 0, 0),
    }
}

const EVERY_DAY: [Weekday; 7] = [
    Weekday::Monday,
    Weekday::Tuesday,
    Weekday::Wednesday,
    Weekday::Thursday,
    Weekday::Friday,
    Weekday::Saturday,
    Weekday::Sunday,
];

/// When they begin and end from an instant on.
fn changes(hours: &QuietHours, from: &str, count: usize) -> Vec<(String, bool)> {
    let mut now: Timestamp = from.parse().unwrap();
    let mut changes = Vec::new();
    for _ in 0..count {
        now = hours.next_change(now).unwrap();
        let before = now.checked_sub(jiff::SignedDuration::from_nanos(1)).unwrap();
        assert_ne!(hours.hold_at(before), hours.hold_at(now), "{now}");
        changes.push((now.to_string(), hours.hold_at(now)));
    }
    changes
}

fn of(all: &[(&str, bool)]) -> Vec<(String, bool)> {
    all.iter().map(|(at, holds)| ((*at).to_owned(), *holds)).collect()
}

#[test]
fn quiet_hours_go_over_midnight_into_a_day_that_has_none() {
    // The 2nd of January 2026 is a Friday.
    let friday = hours("UTC", &[Weekday::Friday], 22, 6);
    assert_eq!(
        changes(&friday, "2026-01-01T00:00:00Z", 4),
        of(&[
            ("2026-01-02T22:30:00Z", true),
            ("2026-01-03T06:30:00Z", false),
            ("2026-01-09T22:30:00Z", true),
            ("2026-01-10T06:30:00Z", false),
        ])
    );
    assert!(!friday.hold_at("2026-01-02T05:00:00Z".parse().unwrap()), "that would be Thursday's");
    assert!(!friday.hold_at("2026-01-03T22:30:00Z".parse().unwrap()), "Saturday has none");
    let day = hours("UTC", &[Weekday::Monday], 8, 18);
    assert_eq!(
        changes(&day, "2026-01-02T00:00:00Z", 2),
        of(&[("2026-01-05T08:30:00Z", true), ("2026-01-05T18:30:00Z", false)])
    );
    let whole = hours("UTC", &[Weekday::Monday], 8, 8);
    assert_eq!(
        changes(&whole, "2026-01-02T00:00:00Z", 2),
        of(&[("2026-01-05T08:30:00Z", true), ("2026-01-06T08:30:00Z", false)])
    );
}

#[test]
fn quiet_hours_end_when_clocks_leave_their_end_out() {
    // New York leaves 02:00 to 03:00 out on the 8th of March 2026: at 07:00 UTC.
    let night = hours("America/New_York", &EVERY_DAY, 22, 2);
    assert_eq!(
        changes(&night, "2026-03-07T12:00:00Z", 4),
        of(&[
            ("2026-03-08T03:30:00Z", true),
            ("2026-03-08T07:00:00Z", false),
            ("2026-03-09T02:30:00Z", true),
            ("2026-03-09T06:30:00Z", false),
        ])
    );
    let morning = hours("America/New_York", &EVERY_DAY, 2, 6);
    assert_eq!(changes(&morning, "2026-03-08T00:00:00Z", 1), of(&[("2026-03-08T07:00:00Z", true)]), "at 03:00");
}

#[test]
fn quiet_hours_do_not_begin_again_when_clocks_show_an_hour_twice() {
    // New York shows 01:00 to 02:00 twice on the 1st of November 2026: from 05:00 UTC to 07:00 UTC.
    let night = hours("America/New_York", &EVERY_DAY, 22, 1);
    assert_eq!(
        changes(&night, "2026-10-31T12:00:00Z", 3),
        of(&[("2026-11-01T02:30:00Z", true), ("2026-11-01T05:30:00Z", false), ("2026-11-02T03:30:00Z", true)])
    );
    let from_one = hours("America/New_York", &EVERY_DAY, 1, 3);
    assert_eq!(
        changes(&from_one, "2026-11-01T00:00:00Z", 2),
        of(&[("2026-11-01T05:30:00Z", true), ("2026-11-01T08:30:00Z", false)]),
        "from the first time to the end, an hour longer"
    );
}

#[test]
fn no_weekday_is_never() {
    let never = hours("UTC", &[], 22, 6);
    assert_eq!((never.hold_at(at(0)), never.next_change(at(0))), (false, None));
}

fn by(overlays: &Overlays, labels: &Labels, seconds: i64) -> Option<String> {
    let quiet = ["night".to_owned()];
    overlays.suppressed_by(labels, &quiet, &Inhibitors::default(), at(seconds)).map(|by| by.to_string())
}

#[test]
fn silences_hold_from_their_begin_up_to_their_end_for_those_they_match() {
    let overlays = Overlays {
        silences: vec![Silence {
            id: "01J".to_owned(),
            matchers: vec!["check~players/*".parse().unwrap(), "tag=nba".parse().unwrap()],
            from: at(10),
            until: at(20),
        }],
        maintenance: vec![Maintenance {
            name: "move".to_owned(),
            matchers: vec!["source=warehouse".parse().unwrap()],
            from: at(15),
            until: at(30),
        }],
        ..Overlays::default()
    };
    let players = labels("players/a", Severity::Low, None);
    let teams = labels("teams/a", Severity::Low, None);
    let expected = [
        (9, None, None),
        (10, Some("silence:01J"), None),
        (15, Some("silence:01J"), Some("maintenance:move")),
        (20, Some("maintenance:move"), Some("maintenance:move")),
        (30, None, None),
    ];
    for (seconds, first, second) in expected {
        assert_eq!(by(&overlays, &players, seconds).as_deref(), first, "{seconds}");
        assert_eq!(by(&overlays, &teams, seconds).as_deref(), second, "{seconds}");
    }
    let ends: Vec<_> = [0, 10, 15, 20, 30].map(|seconds| overlays.next_change(at(seconds))).to_vec();
    assert_eq!(ends, [Some(at(10)), Some(at(15)), Some(at(20)), Some(at(30)), None]);
}

#[test]
fn quiet_hours_hold_for_the_routes_that_name_them() {
    let night = Quiet { name: "night".to_owned(), hours: hours("UTC", &EVERY_DAY, 22, 6) };
    let overlays = Overlays { quiet: vec![night], ..Overlays::default() };
    let labels = labels("c", Severity::Critical, None);
    assert_eq!(by(&overlays, &labels, 2 * HOUR).as_deref(), Some("quiet:night"));
    assert_eq!(overlays.suppressed_by(&labels, &[], &Inhibitors::default(), at(2 * HOUR)), None, "a pager has none");
    assert_eq!(overlays.next_change(at(2 * HOUR)), Some(at(6 * HOUR + 30 * MINUTE)));
}

#[test]
fn an_alert_inhibits_those_that_have_the_same_labels_and_neither_itself_nor_its_like() {
    let rule = Inhibition {
        name: "worse".to_owned(),
        sources: vec!["severity>=high".parse().unwrap()],
        targets: vec!["severity<=high".parse().unwrap()],
        equal: vec![Field::Owner, Field::Source],
    };
    let overlays = Overlays { inhibitions: vec![rule], ..Overlays::default() };
    let alert = |check: &str, severity, owner| (key(check, AlertKind::Data), labels(check, severity, owner));
    let open = |alerts: &[(AlertKey, Labels)], labels: &Labels| {
        let inhibitors = overlays.inhibitors(alerts.iter().map(|(key, labels)| (key, labels)));
        overlays.suppressed_by(labels, &[], &inhibitors, at(0)).map(|by| by.to_string())
    };
    let critical = alert("a", Severity::Critical, Some("data"));
    let (high, other_high) = (alert("b", Severity::High, Some("data")), alert("d", Severity::High, Some("data")));
    let low = alert("c", Severity::Low, Some("data"));
    let of_others = alert("e", Severity::Low, Some("others"));
    let all = [other_high.clone(), critical.clone(), high.clone(), low.clone(), of_others.clone()];
    assert_eq!(open(&all, &critical.1), None);
    assert_eq!(open(&all, &high.1).as_deref(), Some("inhibit:worse by a"));
    assert_eq!(open(&all, &low.1).as_deref(), Some("inhibit:worse by a"));
    assert_eq!(open(&all, &of_others.1), None, "another owner");
    let highs = [other_high.clone(), high.clone(), low.clone()];
    assert_eq!(open(&highs, &high.1), None, "of two that would inhibit each other none does");
    assert_eq!(open(&highs, &low.1).as_deref(), Some("inhibit:worse by b"), "the first of two, in whatever order");
    assert_eq!(open(&[high, other_high, low.clone()], &low.1).as_deref(), Some("inhibit:worse by b"));
    assert_eq!(open(std::slice::from_ref(&low), &low.1), None);
    let (of_nobody, low_of_nobody) = (alert("f", Severity::Critical, None), alert("g", Severity::Low, None));
    assert_eq!(open(&[of_nobody], &low_of_nobody.1).as_deref(), Some("inhibit:worse by f"), "none is the same as none");
}

#[test]
fn what_keeps_an_alert_back_has_a_word() {
    let by = key("up", AlertKind::Error);
    let words = [
        Suppression::Silence { id: "1".to_owned() },
        Suppression::Maintenance { name: "m".to_owned() },
        Suppression::Inhibition { name: "i".to_owned(), by },
        Suppression::Quiet { name: "q".to_owned() },
        Suppression::Flapping,
    ];
    let words = words.map(|by| by.to_string());
    assert_eq!(words, ["silence:1", "maintenance:m", "inhibit:i by up/error", "quiet:q", "flapping"]);
}
