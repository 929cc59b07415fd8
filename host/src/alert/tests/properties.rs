//! What holds of any life of a few alerts: results, people, silences and time in whatever order.

use std::collections::BTreeMap;

use super::world::World;
use super::*;
use crate::model::Status;

const CHECKS: [&str; 4] = ["c0", "c1", "c2", "c3"];
const SEEDS: u64 = 24;
const STEPS: u64 = 150;

fn tree() -> Tree {
    let night = Node {
        name: "night".to_owned(),
        receivers: Some(vec!["sleeper".to_owned()]),
        quiet: Some(vec!["night".to_owned()]),
        go_on: true,
        ..Node::default()
    };
    let team = Node { name: "team".to_owned(), receivers: Some(vec!["team".to_owned()]), ..Node::default() };
    let root = Node { name: "root".to_owned(), routes: vec![night, team], ..Node::default() };
    Tree { root }
}

fn world(dice: &mut Dice) -> World {
    let checks = CHECKS.iter().enumerate().map(|(n, check)| {
        let severity = Severity::ALL[n];
        let policy = Policy {
            resolve_after: 1 + u32::try_from(dice.below(2)).unwrap(),
            escalate_after: dice.one_in(2).then(|| Duration::from_hours(2)),
            escalate_to: vec!["lead".to_owned()],
            of: dice.one_in(3).then_some(NofM { bad: 2, of: 4 }),
            max_skips: 2,
            ..Policy::default_of(severity)
        };
        (labels(check, severity, Some(if n < 2 { "a" } else { "b" })), policy)
    });
    let mut world = World::new(checks.collect::<Vec<_>>(), tree());
    world.limit = dice.one_in(2).then_some(RateLimit { messages: 1, per: Duration::from_mins(20) });
    for n in 0..6 {
        let from = dice.between(0, 6 * DAY);
        let matcher = format!("check={}", dice.of(&CHECKS)).parse().unwrap();
        let until = at(from + dice.between(HOUR, DAY));
        world.overlays.silences.push(Silence { id: n.to_string(), matchers: vec![matcher], from: at(from), until });
    }
    let night = QuietHours {
        time_zone: jiff::tz::TimeZone::get("Europe/Berlin").unwrap(),
        weekdays: vec![jiff::civil::Weekday::Monday, jiff::civil::Weekday::Thursday, jiff::civil::Weekday::Saturday],
        from: jiff::civil::time(22, 0, 0, 0),
        until: jiff::civil::time(7, 0, 0, 0),
    };
    world.overlays.quiet = vec![Quiet { name: "night".to_owned(), hours: night }];
    world
}

/// A life; `dies` before, between and after whatever it does.
fn life(seed: u64, dies: bool) -> World {
    let mut dice = Dice(seed);
    let mut world = world(&mut dice);
    let mut now = 0;
    for _ in 0..STEPS {
        let check = dice.of(&CHECKS);
        let key = key(check, AlertKind::Data);
        match dice.below(20) {
            0 => world.event(&key, &ack(Some(now + dice.between(1, 9) * HOUR), dice.one_in(2)), at(now)),
            1 => world.event(&key, &ack(None, false), at(now)),
            2 => world.event(&key, &Event::Unack { by: "bob".to_owned() }, at(now)),
            3 => {
                let by_hand = Event::Resolve { by: "bob".to_owned(), reason: "known".to_owned() };
                world.event(&key, &by_hand, at(now));
            }
            4 if dice.one_in(4) => world.event(&key, &Event::Removed { why: Removal::Disabled }, at(now)),
            _ => {
                use Status::{Error, Fail, Pass, Skip, Warn};
                let status = dice.of(&[Pass, Pass, Pass, Pass, Fail, Fail, Fail, Warn, Error, Skip]);
                let severity = dice.of(&Severity::ALL).min(world.checks[&key.check].policy.severity);
                // Some come too late.
                let late = if dice.one_in(12) { dice.between(0, 9 * HOUR) } else { 0 };
                world.result(check, status, severity, (now - late).max(0));
            }
        }
        if dies {
            world.reload();
            world.clone().tick(at(now));
        }
        let next = now + if dice.one_in(3) { 10 } else { dice.between(MINUTE, 2 * HOUR) };
        world.pass_time(now, next - 1);
        now = next;
    }
    // All is well in the end, for long enough.
    for _ in 0..40 {
        for check in CHECKS {
            world.result(check, Status::Pass, Severity::Low, now);
        }
        world.pass_time(now, now + 6 * HOUR - 1);
        now += 6 * HOUR;
    }
    world
}

fn lives(mut look: impl FnMut(u64, World)) {
    for seed in 0..SEEDS {
        look(seed, life(seed, false));
    }
}

/// What each receiver was told of each alert, in order.
fn stories(world: &World) -> BTreeMap<(AlertKey, String), Vec<Notice>> {
    let mut stories: BTreeMap<_, Vec<Notice>> = BTreeMap::new();
    for sent in &world.sent {
        for pending in &sent.bundle.notices {
            let of = (pending.alert.clone(), sent.bundle.group.receiver.clone());
            stories.entry(of).or_default().push(pending.notice);
        }
    }
    stories
}

#[test]
fn nobody_is_paged_twice_for_one_incident_and_every_page_has_an_end() {
    let mut seen: BTreeMap<NoticeKind, u64> = BTreeMap::new();
    lives(|seed, world| {
        for (of, story) in stories(&world) {
            let mut open: Option<AlertId> = None;
            let mut paged = std::collections::BTreeSet::new();
            for notice in &story {
                let context = || format!("seed {seed}, {} to {}: {story:?}", of.0, of.1);
                *seen.entry(notice.kind).or_default() += 1;
                match notice.kind {
                    NoticeKind::Open => {
                        assert!(open.is_none() && paged.insert(notice.incident), "{}", context());
                        open = Some(notice.incident);
                    }
                    NoticeKind::Escalate if of.1 == "lead" && open.is_none() => open = Some(notice.incident),
                    NoticeKind::Reopened => {
                        assert!(open.is_none(), "{}", context());
                        open = Some(notice.incident);
                    }
                    NoticeKind::Repeat | NoticeKind::Escalate | NoticeKind::Ack => {
                        assert_eq!(open, Some(notice.incident), "{}", context());
                    }
                    NoticeKind::Resolved | NoticeKind::Closed => {
                        assert_eq!(open, Some(notice.incident), "{}", context());
                        open = None;
                    }
                    NoticeKind::FlappingStart | NoticeKind::FlappingEnd => {}
                }
            }
            assert_eq!(open, None, "seed {seed}, {} to {}: {story:?}", of.0, of.1);
        }
    });
    for kind in NoticeKind::ALL {
        assert!(seen.get(&kind).is_some_and(|count| *count >= 5), "{kind} is hardly told in any life: {seen:?}");
    }
}

#[test]
fn nobody_is_told_anything_while_it_is_silenced_or_in_the_night() {
    let (mut silenced, mut told) = (0, 0);
    lives(|seed, world| {
        for sent in &world.sent {
            let night = &world.overlays.quiet[0].hours;
            assert!(sent.bundle.group.receiver != "sleeper" || !night.hold_at(sent.at), "seed {seed}: {sent:?}");
            for pending in &sent.bundle.notices {
                let of = format!("check={}", pending.alert.check);
                let held = world.overlays.silences.iter().any(|silence| {
                    silence.matchers[0].to_string() == of && silence.from <= sent.at && sent.at < silence.until
                });
                assert!(!held, "seed {seed}: {pending:?} at {}", sent.at);
                told += 1;
            }
        }
        silenced += world.held.iter().filter(|(_, _, _, by)| by.starts_with("silence")).count();
    });
    assert!(silenced > 80 && told > 800, "{silenced} {told}");
}

#[test]
fn the_same_results_again_change_nothing() {
    for seed in 0..SEEDS {
        let mut dice = Dice(seed);
        let mut world = world(&mut dice);
        let mut results = Vec::new();
        for minute in (0..6_000).step_by(100) {
            let status =
                dice.of(&[Status::Pass, Status::Fail, Status::Fail, Status::Error, Status::Skip, Status::Warn]);
            let (check, severity) = (dice.of(&CHECKS), dice.of(&Severity::ALL));
            results.push((check, status, severity, minute * MINUTE));
            world.result(check, status, severity, minute * MINUTE);
            world.pass_time(minute * MINUTE, (minute + 100) * MINUTE - 1);
            let (states, sent, tolds) = (world.states.clone(), world.sent.len(), world.tolds.clone());
            let again = results.len().saturating_sub(6);
            for (check, status, severity, seconds) in &results[again..] {
                // An alert of a kind that was not known then is none of an old result's business.
                world.result(check, *status, *severity, *seconds);
            }
            world.tick(at((minute + 100) * MINUTE - 1));
            let known: Vec<_> = states.keys().collect();
            for key in known {
                let late = states[key].last_event_at.is_none();
                assert!(late || world.states[key] == states[key], "seed {seed}: {key} at {minute}");
            }
            assert_eq!(world.sent.len(), sent, "seed {seed}");
            for (of, told) in &world.tolds {
                assert_eq!(Some(told), tolds.get(of), "seed {seed}: {of:?} at {minute}");
            }
        }
    }
}

#[test]
fn a_host_that_dies_between_any_two_steps_changes_nothing() {
    for seed in 0..SEEDS / 4 {
        let (alive, dead) = (life(seed, false), life(seed, true));
        assert_eq!(alive.sent, dead.sent, "seed {seed}");
        assert!(alive.states == dead.states && alive.tolds == dead.tolds && alive.held == dead.held, "seed {seed}");
    }
}
