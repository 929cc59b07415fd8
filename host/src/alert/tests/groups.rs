//! How notices become messages.

use super::world::{World, one_receiver, told};
use super::*;
use crate::model::Status;

fn target(receiver: &str) -> Target {
    Tree { root: Node { name: "root".to_owned(), ..Node::default() } }.beside(receiver)
}

fn open(check: &str, severity: Severity, owner: &str) -> Pending {
    let target = target("team");
    Pending {
        alert: key(check, AlertKind::Data),
        notice: Notice { kind: NoticeKind::Open, incident: id(1) },
        severity,
        group: GroupKey::of(&target, &labels(check, severity, Some(owner))),
        group_wait: target.group_wait,
        group_interval: target.group_interval,
        silent: false,
    }
}

const ONE: Option<RateLimit> = Some(RateLimit { messages: 2, per: Duration::from_hours(1) });

#[test]
fn the_first_notice_of_a_group_waits_for_others_and_the_next_ones_for_the_interval() {
    let a = open("a", Severity::Low, "x");
    let both = [a.clone(), open("b", Severity::High, "x")];
    let first = flush("team", None, std::slice::from_ref(&a), &Desk::default(), at(0));
    assert_eq!((first.bundles.len(), first.next), (0, Some(at(30))));
    let second = flush("team", None, &both, &first.desk, at(20));
    assert_eq!((second.bundles.len(), second.next), (0, Some(at(30))), "since the first");
    let third = flush("team", None, &both, &second.desk, at(30));
    let checks: Vec<_> = third.bundles[0].notices.iter().map(|pending| pending.alert.to_string()).collect();
    assert_eq!((checks, third.next), (vec!["b".to_owned(), "a".to_owned()], None), "the worst first");
    let fourth = flush("team", None, std::slice::from_ref(&a), &third.desk, at(40));
    assert_eq!((fourth.bundles.len(), fourth.next), (0, Some(at(330))), "five minutes after the last");
    let quiet = flush("team", None, &[], &third.desk, at(10 * MINUTE));
    let written = serde_json::to_value(&quiet.desk).unwrap();
    assert_eq!(written["groups"], serde_json::json!([]), "nothing is left of it");
    let again = flush("team", None, std::slice::from_ref(&a), &quiet.desk, at(20 * MINUTE));
    assert_eq!(again.next, Some(at(20 * MINUTE + 30)), "quiet again");
    let fifth = flush("team", None, &[a], &again.desk, at(21 * MINUTE));
    assert_ne!(fifth.bundles[0].delivery_id, third.bundles[0].delivery_id, "although the group was forgotten");
}

#[test]
fn what_exceeds_the_limit_goes_into_one_message_at_the_end_of_its_time() {
    let all: Vec<_> = (0..10).map(|n| open(&format!("c{n}"), Severity::Low, &format!("o{n}"))).collect();
    let critical = open("z", Severity::Critical, "z");
    let waits = flush("team", ONE, &all, &Desk::default(), at(0));
    let with_critical: Vec<_> = all.iter().cloned().chain([critical]).collect();
    let waits = flush("team", ONE, &with_critical, &waits.desk, at(0));
    let first = flush("team", ONE, &with_critical, &waits.desk, at(30));
    assert_eq!(first.bundles.len(), 2);
    assert_eq!(first.bundles[0].notices[0].alert.to_string(), "z", "the worst is not kept waiting");
    assert_eq!(first.next, Some(at(30 + HOUR)));
    let rest: Vec<_> = all.iter().skip(1).cloned().collect();
    let between = flush("team", ONE, &rest, &first.desk, at(30 * MINUTE));
    assert_eq!((between.bundles.len(), between.next), (0, Some(at(30 + HOUR))));
    let last = flush("team", ONE, &rest, &between.desk, at(30 + HOUR));
    assert_eq!(last.bundles.len(), 1);
    assert_eq!((last.bundles[0].group.aggregate, last.bundles[0].groups), (true, 9));
    assert_eq!(last.bundles[0].counts(), [(NoticeKind::Open, 9)]);
    let one_more = flush("team", ONE, &[open("y", Severity::Low, "y")], &last.desk, at(31 + HOUR));
    let one_more = flush("team", ONE, &[open("y", Severity::Low, "y")], &one_more.desk, at(90 + HOUR));
    assert_eq!((one_more.bundles.len(), one_more.bundles[0].group.aggregate), (1, false), "one is left of two");
}

#[test]
fn what_goes_on_of_an_aggregate_goes_into_its_group() {
    let checks = (0..8).map(|n| (labels(&format!("c{n}"), Severity::Critical, None), at_once()));
    let mut world = World::new(checks, one_receiver(&[Field::Check]));
    world.limit = ONE;
    for n in 0..8 {
        world.result(&format!("c{n}"), Status::Fail, Severity::Critical, 0);
    }
    world.pass_time(0, 3 * HOUR);
    for n in 0..8 {
        world.result(&format!("c{n}"), Status::Pass, Severity::Critical, 3 * HOUR);
    }
    world.pass_time(3 * HOUR, 9 * HOUR);
    let six_open = "open ".repeat(6);
    let six_resolved = "resolved ".repeat(6);
    assert_eq!(
        world.told(),
        told(&[
            (30, "open"),
            (30, "open"),
            (30 + HOUR, six_open.trim()),
            (3 * HOUR + 30, six_resolved.trim()),
            (3 * HOUR + 30, "resolved"),
            (4 * HOUR + 30, "resolved"),
        ])
        .into_iter()
        .collect::<Vec<_>>()
    );
    let of_aggregate: Vec<_> = world.sent.iter().filter(|sent| sent.bundle.group.aggregate).collect();
    assert_eq!(of_aggregate.len(), 2, "the one that opens them and the one that ends them");
    assert_eq!(of_aggregate[0].bundle.group, of_aggregate[1].bundle.group);
}

/// 5,000 checks fail at once, of 40 owners.
fn flood(group_by: &[Field], per_owner: i64) -> World {
    let checks = (0..5_000).map(|n| {
        let owner = format!("team{}", n % per_owner);
        (labels(&format!("c{n}"), Severity::Critical, Some(&owner)), at_once())
    });
    let mut world = World::new(checks, one_receiver(group_by));
    world.limit = Some(RateLimit::default());
    for n in 0..5_000 {
        world.result(&format!("c{n}"), Status::Fail, Severity::Critical, n / 500);
    }
    for seconds in [10, 40, 340] {
        world.tick(at(seconds));
    }
    world
}

#[test]
fn a_flood_is_a_handful_of_messages_and_none_is_lost_in_them() {
    for (group_by, owners, messages) in [(Field::Owner, 3, 3), (Field::Check, 40, 6)] {
        let world = flood(&[group_by], owners);
        assert_eq!(world.sent.len(), messages, "{group_by:?} {owners}");
        let told: u64 = world.sent.iter().flat_map(|sent| sent.bundle.counts()).map(|(_, count)| count).sum();
        assert_eq!(told, 5_000);
        assert!(world.tolds.len() == 5_000 && world.tolds.values().all(|told| told.open));
    }
}
