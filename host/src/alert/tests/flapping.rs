//! How much an alert flaps: numbers of Icinga's tests, and the end of time.

use super::*;

fn of(word: &str) -> Vec<Seen> {
    let seen = |c| match c {
        'C' => Seen::Bad,
        'W' => Seen::Warn,
        _ => Seen::Good,
    };
    word.chars().map(seen).collect()
}

/// Icinga takes the state before the first to be good.
fn flap(words: &str) -> Flap {
    let mut flap = Flap::default();
    for seen in of(&format!("O{words}")) {
        flap.record(seen, at(0));
    }
    flap
}

fn percent(flap: &Flap) -> String {
    format!("{:.1}", flap.value())
}

#[test]
fn nothing_that_changes_is_nothing() {
    assert_eq!(percent(&flap("OOOOOOOOOOOOOOOOOOOOOOOOO")), "0.0");
    let mut always_bad = Flap::default();
    (0..30).for_each(|_| always_bad.record(Seen::Bad, at(0)));
    assert_eq!(percent(&always_bad), "0.0", "the first result changes nothing");
}

#[test]
fn all_that_changes_is_99_percent() {
    assert_eq!(percent(&flap("COCOCOCOCOCOCOCOCOCO")), "99.0");
    assert_eq!(percent(&flap("COCOCOCOCOCOCOCOCOCOCOCOC")), "99.0", "20 results count, and no more");
}

#[test]
fn the_vector_of_icinga_starts_and_stops() {
    let mut flap = flap("CCCWCWOOOOWWWWOOOWWWC");
    assert_eq!(percent(&flap), "39.1");
    assert_eq!(flap.weigh(&FlapPolicy::default(), at(0)), Some(true), "above 30");
    (0..7).for_each(|_| flap.record(Seen::Bad, at(0)));
    assert_eq!(percent(&flap), "18.9");
    assert_eq!(flap.weigh(&FlapPolicy::default(), at(0)), Some(false), "at most 25");
    assert_eq!(flap.weigh(&FlapPolicy::default(), at(0)), None, "once");
}

#[test]
fn what_lies_between_low_and_high_stays_as_it_is() {
    // Five changes in a row: 5.7 of 20.
    let mut steady = flap("COCOC");
    assert_eq!(percent(&steady), "28.5");
    assert_eq!(steady.weigh(&FlapPolicy::default(), at(0)), None);
    let mut flapping = flap("COCOCO");
    assert_eq!(flapping.weigh(&FlapPolicy::default(), at(0)), Some(true), "33.9");
    (0..7).for_each(|_| flapping.record(Seen::Good, at(0)));
    assert_eq!(percent(&flapping), "29.7");
    assert_eq!(flapping.weigh(&FlapPolicy::default(), at(0)), None, "it flaps still");
}

#[test]
fn a_warning_after_a_failure_is_a_change() {
    assert_eq!(percent(&flap("CW")), format!("{:.1}", (1.16 + 1.18) * 5.0));
}

#[test]
fn a_daily_check_forgets_after_a_week() {
    let mut flap = Flap::default();
    for day in 0..20 {
        flap.record(if day % 2 == 0 { Seen::Bad } else { Seen::Good }, at(day * DAY));
        flap.weigh(&FlapPolicy::default(), at(day * DAY));
    }
    assert!(flap.is_active(), "every day for a week");
    // Of the days 13 to 19, those that are not yet a week ago.
    assert_eq!(percent(&flap), format!("{:.1}", (1.06 + 1.08 + 1.10 + 1.12 + 1.14 + 1.16 + 1.18) * 5.0));
    let next = flap.next(&FlapPolicy::default()).unwrap();
    assert_eq!(next, at(20 * DAY), "day 13 is forgotten on day 20");
    assert_eq!(flap.weigh(&FlapPolicy::default(), at(20 * DAY)), None, "33.9");
    assert_eq!(flap.weigh(&FlapPolicy::default(), at(22 * DAY)), Some(false), "four are left, without any result");
    assert_eq!(flap.next(&FlapPolicy::default()), None);
}

#[test]
fn it_does_not_flap_where_that_is_off() {
    let mut flap = flap("COCOCOCOCOCO");
    let off = FlapPolicy { enabled: false, ..FlapPolicy::default() };
    assert_eq!(flap.weigh(&off, at(0)), None);
    flap.weigh(&FlapPolicy::default(), at(0));
    assert_eq!(flap.weigh(&off, at(0)), Some(false), "also where it was on");
}

#[test]
fn flapping_is_one_incident_and_ends_by_itself() {
    let mut alert = Alert::data(at_once());
    let mut changes = Vec::new();
    for hour in 0..12 {
        let event = if hour % 2 == 0 { fail(hour * 5 * HOUR, Severity::Critical) } else { pass(hour * 5 * HOUR) };
        changes.push(alert.take(&event, hour * 5 * HOUR));
    }
    assert_eq!(changes[6], ["opened", "flapping_started"], "the sixth change");
    assert_eq!(changes[8], ["reopened"], "ten hours after it was resolved, and the same incident");
    assert_eq!(alert.state().incidents, 4);
    let ends = next_tick(alert.state(), &alert.policy).unwrap();
    assert_eq!(ends, at(5 * HOUR + 7 * DAY), "when the first change is a week ago");
    let mut last = ends;
    for _ in 0..20 {
        let Some(next) = next_tick(alert.state(), &alert.policy) else { break };
        last = next;
        let seconds = next.as_second() - at(0).as_second();
        changes.push(alert.take(&Event::Tick, seconds));
    }
    assert_eq!(changes.last().unwrap(), &["flapping_ended"]);
    assert!(last > ends && last <= at(60 * HOUR + 7 * DAY), "{last}");
}
