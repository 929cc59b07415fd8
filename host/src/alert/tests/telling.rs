//! What one receiver is told of one alert.

use super::world::{World, told};
use super::*;
use crate::model::Status;

const CRITICAL: Severity = Severity::Critical;

#[test]
fn an_alert_is_told_again_when_a_result_says_that_it_goes_on() {
    let mut world = World::of_one();
    world.result("c", Status::Fail, CRITICAL, 0);
    world.pass_time(0, 6 * HOUR);
    assert_eq!(world.told(), told(&[(30, "open")]), "nothing new is known");
    world.result("c", Status::Fail, CRITICAL, 6 * HOUR);
    world.pass_time(6 * HOUR, 7 * HOUR);
    world.result("c", Status::Fail, CRITICAL, 7 * HOUR);
    world.pass_time(7 * HOUR, 9 * HOUR);
    assert_eq!(world.told()[1..], told(&[(6 * HOUR + 30, "repeat")]));
    world.pass_time(9 * HOUR, 20 * HOUR);
    assert_eq!(world.told()[2..], told(&[(10 * HOUR + 60, "repeat")]), "four hours after the last message");
}

#[test]
fn who_looks_after_an_alert_is_left_alone_until_it_is_worse_or_the_time_is_over() {
    let mut world = World::of_one();
    let key = key("c", AlertKind::Data);
    world.result("c", Status::Fail, Severity::High, 0);
    world.pass_time(0, HOUR);
    world.event(&key, &ack(Some(20 * HOUR), false), at(HOUR));
    world.pass_time(HOUR, 2 * HOUR);
    world.result("c", Status::Fail, Severity::High, 10 * HOUR);
    world.pass_time(10 * HOUR, 11 * HOUR);
    assert_eq!(world.told(), told(&[(30, "open"), (HOUR + 30, "ack")]));
    world.pass_time(11 * HOUR, 21 * HOUR);
    assert_eq!(world.told()[2..], told(&[(20 * HOUR + 30, "repeat")]), "the time is over");
    world.event(&key, &ack(None, false), at(21 * HOUR));
    world.pass_time(21 * HOUR, 22 * HOUR);
    world.result("c", Status::Fail, CRITICAL, 22 * HOUR);
    world.pass_time(22 * HOUR, 23 * HOUR);
    assert_eq!(world.told()[3..], told(&[(21 * HOUR + 30, "ack"), (22 * HOUR + 30, "escalate")]), "it is worse");
    world.event(&key, &ack(None, true), at(23 * HOUR));
    world.result("c", Status::Pass, CRITICAL, 24 * HOUR);
    world.pass_time(24 * HOUR, 25 * HOUR);
    assert_eq!(world.told()[5..], told(&[(24 * HOUR + 30, "resolved")]));
}

#[test]
fn what_somebody_looks_after_before_it_is_told_is_not_told() {
    let mut world = World::of_one();
    world.result("c", Status::Fail, CRITICAL, 0);
    world.event(&key("c", AlertKind::Data), &ack(None, false), at(10));
    world.pass_time(10, HOUR);
    world.result("c", Status::Pass, CRITICAL, HOUR);
    world.pass_time(HOUR, 2 * HOUR);
    assert_eq!(world.told(), told(&[]));
}

#[test]
fn an_alert_that_becomes_milder_is_not_told() {
    let mut world = World::of_one();
    for (hour, severity) in [(0, CRITICAL), (1, Severity::Low), (2, Severity::High)] {
        world.result("c", Status::Fail, severity, hour * HOUR);
        world.pass_time(hour * HOUR, (hour + 1) * HOUR - 1);
    }
    assert_eq!(world.told(), told(&[(30, "open")]));
}

#[test]
fn those_an_alert_escalates_to_are_told_of_its_end_too() {
    let mut world = World::of_one();
    let check = world.checks.get_mut(&"c".parse().unwrap()).unwrap();
    check.policy.escalate_to = vec!["lead".to_owned()];
    world.result("c", Status::Fail, CRITICAL, 0);
    world.pass_time(0, 2 * HOUR);
    world.result("c", Status::Pass, CRITICAL, 2 * HOUR);
    world.pass_time(2 * HOUR, 3 * HOUR);
    let of = |receiver: &str| {
        let sent = world.sent.iter().filter(|sent| sent.bundle.group.receiver == receiver);
        sent.map(|sent| sent.bundle.notices[0].notice.kind.as_str()).collect::<Vec<_>>()
    };
    assert_eq!(of("team"), ["open", "escalate", "resolved"]);
    assert_eq!(of("lead"), ["escalate", "resolved"]);
}

#[test]
fn an_alert_whose_check_is_gone_is_told_to_those_who_knew_of_it() {
    let mut world = World::of_one();
    world.result("c", Status::Fail, CRITICAL, 0);
    world.pass_time(0, HOUR);
    let removed = Event::Removed { why: Removal::Deleted };
    world.event(&key("c", AlertKind::Data), &removed, at(HOUR));
    world.pass_time(HOUR, 2 * HOUR);
    world.event(&key("c", AlertKind::Data), &removed, at(2 * HOUR));
    world.pass_time(2 * HOUR, 3 * HOUR);
    assert_eq!(world.told(), told(&[(30, "open"), (HOUR + 30, "closed")]));
}

#[test]
fn who_was_told_nothing_before_an_alert_flaps_is_told_that_it_does() {
    let mut world = World::of_one();
    let silence = Silence { id: "s".to_owned(), matchers: Vec::new(), from: at(0), until: at(10 * HOUR) };
    world.overlays.silences = vec![silence];
    for hour in 0..9 {
        let status = if hour % 2 == 0 { Status::Fail } else { Status::Pass };
        world.result("c", status, CRITICAL, hour * HOUR);
        world.pass_time(hour * HOUR, (hour + 1) * HOUR - 1);
    }
    world.pass_time(9 * HOUR, 11 * HOUR);
    assert!(world.state("c").phase.is_open());
    assert_eq!(world.told(), told(&[(10 * HOUR + 30, "flapping_start")]));
    for hour in 11..50 {
        world.result("c", Status::Fail, CRITICAL, hour * HOUR);
        world.pass_time(hour * HOUR, (hour + 1) * HOUR - 1);
    }
    assert_eq!(world.told()[1].1, "flapping_end open");
}

#[test]
fn what_is_held_back_is_noted_once_and_forgotten_when_something_is_told() {
    let alert = {
        let mut alert = Alert::data(at_once());
        alert.take(&fail(0, CRITICAL), 0);
        alert
    };
    let timing = Timing { part: Part::Routed, repeat: None, send_resolved: true };
    let silence = Suppression::Silence { id: "s".to_owned() };
    let none = Told::default();
    let Due::Suppressed { notice, by } = due(alert.state(), &none, Some(&silence), &timing, at(1)) else { panic!() };
    assert_eq!((notice.kind, &by), (NoticeKind::Open, &silence));
    let held = hold(&none, notice, &by, at(1)).unwrap();
    assert_eq!(held.held_back, 1);
    assert_eq!(hold(&held, notice, &by, at(2)), None);
    let quiet = Suppression::Quiet { name: "night".to_owned() };
    let twice = hold(&held, notice, &quiet, at(3)).unwrap();
    assert_eq!(twice.held_back, 2, "by something else");
    let told = after(&twice, alert.state(), notice, None, at(4));
    assert_eq!((told.held, told.held_back, told.notices, told.open), (None, 0, 1, true));
}
