//! What must hold of alerts whatever happens, one by one.

use super::world::{World, one_receiver, told};
use super::*;
use crate::model::Status;

const CRITICAL: Severity = Severity::Critical;

fn silence(from: i64, until: i64) -> Silence {
    Silence { id: "s1".to_owned(), matchers: Vec::new(), from: at(from), until: at(until) }
}

fn failing(world: &mut World, seconds: i64) {
    world.result("c", Status::Fail, CRITICAL, seconds);
}

fn passing(world: &mut World, seconds: i64) {
    world.result("c", Status::Pass, CRITICAL, seconds);
}

fn says(world: &mut World, fails: bool, seconds: i64) {
    world.result("c", if fails { Status::Fail } else { Status::Pass }, CRITICAL, seconds);
}

#[test]
fn i01_an_incident_is_resolved_once_also_where_it_is_routed_elsewhere_by_then() {
    let mut world = World::of_one();
    failing(&mut world, 0);
    world.pass_time(0, HOUR);
    world.tree.root.receivers = Some(vec!["others".to_owned()]);
    passing(&mut world, HOUR);
    world.pass_time(HOUR, 2 * HOUR);
    passing(&mut world, 2 * HOUR);
    world.pass_time(2 * HOUR, 3 * DAY);
    assert_eq!(world.told(), told(&[(30, "open"), (HOUR + 30, "resolved")]));
    assert!(world.sent.iter().all(|sent| sent.bundle.group.receiver == "team"), "the others know nothing of it");
}

#[test]
fn i02_who_does_not_want_ends_is_told_all_else() {
    let firing = |send_resolved| {
        let mut world = World::of_one();
        world.tree.root.send_resolved = Some(send_resolved);
        let mut dice = Dice(2);
        for minute in (0..2_000).step_by(7) {
            says(&mut world, dice.one_in(3), minute * MINUTE);
            world.pass_time(minute * MINUTE, (minute + 7) * MINUTE - 1);
        }
        world.told()
    };
    let (with, without) = (firing(true), firing(false));
    let ends = with.iter().filter(|(_, words)| words.contains("resolved")).count();
    let but_ends = with.into_iter().map(|(at, words)| (at, words.replace("resolved", "").trim().to_owned()));
    let but_ends: Vec<_> = but_ends.filter(|(_, words)| !words.is_empty()).collect();
    assert!(ends > 2, "{ends}");
    assert_eq!(without, but_ends);
}

#[test]
fn i03_a_message_is_put_together_once_and_is_the_same_if_again() {
    let mut world = World::of_one();
    failing(&mut world, 0);
    world.tick(at(0));
    let mut again = world.clone();
    world.tick(at(30));
    again.reload();
    again.tick(at(30));
    assert_eq!(world.sent, again.sent, "down to its identity");
    let first = world.sent[0].bundle.delivery_id.clone();
    passing(&mut world, HOUR);
    world.pass_time(HOUR, 2 * HOUR);
    assert_ne!(world.sent[1].bundle.delivery_id, first, "another message is another");
}

#[test]
fn i04_the_end_of_a_silence_tells_what_is_true_and_was_not_told() {
    let mut world = World::of_one();
    world.overlays.silences = vec![silence(10 * MINUTE, 3 * HOUR)];
    failing(&mut world, 0);
    world.pass_time(0, HOUR - 1);
    passing(&mut world, HOUR);
    world.pass_time(HOUR, 4 * HOUR);
    assert_eq!(world.told(), told(&[(30, "open"), (3 * HOUR + 30, "resolved")]), "resolved while silenced");

    let mut world = World::of_one();
    world.overlays.silences = vec![silence(0, 3 * HOUR)];
    failing(&mut world, 0);
    world.pass_time(0, HOUR - 1);
    passing(&mut world, HOUR);
    world.pass_time(HOUR, 4 * HOUR);
    assert_eq!(world.told(), told(&[]), "over before the silence is");
    let held: Vec<_> = world.held.iter().map(|(_, _, notice, by)| (notice.kind, by.as_str())).collect();
    assert_eq!(held, [(NoticeKind::Open, "silence:s1")], "noted, once");

    failing(&mut world, 5 * HOUR);
    world.overlays.silences = vec![silence(5 * HOUR, 6 * HOUR)];
    world.pass_time(5 * HOUR, 7 * HOUR);
    assert_eq!(world.told(), told(&[(6 * HOUR + 30, "open")]), "open still");
}

#[test]
fn i04_an_incident_that_began_in_a_silence_after_another_ended_there_is_told_after_the_end_of_that() {
    let mut world = World::of_one();
    world.overlays.silences = vec![silence(HOUR, 9 * HOUR)];
    failing(&mut world, 0);
    world.pass_time(0, 2 * HOUR);
    passing(&mut world, 2 * HOUR);
    world.pass_time(2 * HOUR, 5 * HOUR);
    failing(&mut world, 5 * HOUR);
    world.pass_time(5 * HOUR, 10 * HOUR);
    assert_eq!(world.told(), told(&[(30, "open"), (9 * HOUR + 30, "resolved open")]));
    let incidents: Vec<_> =
        world.sent.iter().flat_map(|sent| &sent.bundle.notices).map(|pending| pending.notice.incident).collect();
    assert!(incidents[0] == incidents[1] && incidents[1] != incidents[2], "{incidents:?}");
}

#[test]
fn i04_the_end_of_flapping_tells_how_the_alert_stands() {
    let end = |last_good: bool| {
        let mut world = World::of_one();
        for hour in 0..7 {
            says(&mut world, hour % 2 == 0, hour * HOUR);
            world.pass_time(hour * HOUR, (hour + 1) * HOUR - 1);
        }
        let flapping = world.told().len();
        for hour in 7..40 {
            says(&mut world, !last_good, hour * HOUR);
            world.pass_time(hour * HOUR, (hour + 1) * HOUR - 1);
        }
        (world.told()[flapping - 1].1.clone(), world.told()[flapping].1.clone(), world)
    };
    let (start, stop, world) = end(true);
    assert_eq!((start.as_str(), stop.as_str()), ("flapping_start", "flapping_end"), "told resolved before");
    assert!(!world.state("c").phase.is_open());
    let (start, stop, world) = end(false);
    assert_eq!((start.as_str(), stop.as_str()), ("flapping_start", "flapping_end reopened"));
    assert!(world.state("c").phase.is_open());
    assert!(world.held.iter().any(|(_, _, notice, by)| notice.kind == NoticeKind::Reopened && by == "flapping"));
}

#[test]
fn i05_a_critical_does_not_hide_a_warning_unless_a_rule_says_so() {
    let checks = || {
        [
            (labels("up", CRITICAL, Some("data")), at_once()),
            (
                labels("down", Severity::Low, Some("data")),
                Policy { consecutive: 1, ..Policy::default_of(Severity::Low) },
            ),
        ]
    };
    let run = |rules: Vec<Inhibition>| {
        let mut world = World::new(checks(), one_receiver(&[Field::Owner]));
        world.overlays.inhibitions = rules;
        world.result("up", Status::Fail, CRITICAL, 0);
        world.result("down", Status::Fail, Severity::Low, 1);
        world.pass_time(1, HOUR);
        world
    };
    let both = run(Vec::new());
    let severities: Vec<_> = both.sent[0].bundle.notices.iter().map(|pending| pending.severity).collect();
    assert_eq!(severities, [CRITICAL, Severity::Low], "in one message, the worst first");
    let rule = Inhibition {
        name: "upstream".to_owned(),
        sources: vec!["check=up".parse().unwrap()],
        targets: vec!["severity<=medium".parse().unwrap()],
        equal: vec![Field::Source],
    };
    let mut one = run(vec![rule]);
    assert_eq!(one.told(), told(&[(31, "open")]));
    assert_eq!(one.held[0].3, "inhibit:upstream by up");
    one.result("up", Status::Pass, CRITICAL, 2 * HOUR);
    one.pass_time(2 * HOUR, 3 * HOUR);
    assert_eq!(one.told()[1..], told(&[(2 * HOUR + 30, "resolved open")]), "what it hid is told when it is over");
}

#[test]
fn i06_a_host_that_dies_neither_repeats_nor_forgets() {
    let run = |dies: bool| {
        let mut world = World::of_one();
        let mut dice = Dice(6);
        for minute in (0..3_000).step_by(5) {
            says(&mut world, dice.one_in(9), minute * MINUTE);
            for second in [0, 30, 60, 200] {
                let now = at(minute * MINUTE + second);
                if dies {
                    // Nothing is left of what was not written.
                    world.clone().tick(now);
                    world.reload();
                }
                world.tick(now);
            }
        }
        world.sent
    };
    let (dead, alive) = (run(true), run(false));
    assert!(alive.len() > 20, "{}", alive.len());
    assert_eq!(dead, alive);
}

#[test]
fn i07_errors_and_skips_resolve_nothing() {
    let mut world = World::of_one();
    failing(&mut world, 0);
    for hour in 1..10 {
        let status = if hour % 2 == 0 { Status::Error } else { Status::Skip };
        world.result("c", status, CRITICAL, hour * HOUR);
        world.pass_time(hour * HOUR, (hour + 1) * HOUR - 1);
    }
    assert_eq!(world.state("c").phase, Phase::Firing);
    let words: Vec<_> = world.told().into_iter().map(|(_, words)| words).collect();
    assert_eq!(
        words,
        ["open", "open", "repeat"],
        "of the data, of the check, and of the check again: of the data nothing new is known"
    );
    assert_eq!(world.states[&key("c", AlertKind::Error)].phase, Phase::Firing);
}

#[test]
fn i08_a_receiver_that_is_named_is_found() {
    let tree = Tree {
        root: Node {
            receivers: Some(vec!["a".to_owned()]),
            routes: vec![Node { receivers: Some(vec!["b".to_owned(), "a".to_owned()]), ..Node::default() }],
            ..Node::default()
        },
    };
    assert_eq!(tree.receivers(), ["a", "b"], "so that one that is not there is refused before anything runs");
}

#[test]
fn i09_what_one_receiver_does_not_get_another_does() {
    let mut world = World::of_one();
    world.tree.root.receivers = Some(vec!["broken".to_owned(), "other".to_owned()]);
    failing(&mut world, 0);
    world.pass_time(0, MINUTE);
    let receivers: Vec<_> = world.sent.iter().map(|sent| sent.bundle.group.receiver.as_str()).collect();
    assert_eq!(receivers, ["broken", "other"], "each has messages, groups and a memory of its own");
    assert_ne!(world.sent[0].bundle.delivery_id, world.sent[1].bundle.delivery_id);
}

#[test]
fn i10_fail_and_pass_within_the_wait_tell_nothing_and_else_both_in_order() {
    let mut world = World::of_one();
    failing(&mut world, 0);
    world.tick(at(0));
    passing(&mut world, 29);
    world.pass_time(29, HOUR);
    assert_eq!(world.told(), told(&[]));
    failing(&mut world, 3 * HOUR);
    world.pass_time(3 * HOUR, 3 * HOUR + 30);
    passing(&mut world, 3 * HOUR + 31);
    world.pass_time(3 * HOUR + 31, 4 * HOUR);
    assert_eq!(world.told(), told(&[(3 * HOUR + 30, "open"), (3 * HOUR + 330, "resolved")]));
}

#[test]
fn i11_a_clock_that_is_set_sends_nothing_twice() {
    let mut world = World::of_one();
    failing(&mut world, 0);
    world.pass_time(0, HOUR);
    failing(&mut world, 5 * HOUR);
    world.pass_time(5 * HOUR, 5 * HOUR + 60);
    assert_eq!(world.told(), told(&[(30, "open"), (5 * HOUR + 30, "repeat")]));
    // Back by three hours, twice, and forward again.
    for back in [2 * HOUR, 4 * HOUR, 2 * HOUR + 1, 5 * HOUR, 5 * HOUR + 61] {
        world.tick(at(back));
        world.tick(at(back + 30));
        failing(&mut world, back);
        world.tick(at(back + 31));
    }
    assert_eq!(world.told().len(), 2, "{:?}", world.told());
    let late = world.history.iter().filter(|(_, _, change)| *change == Change::OutOfOrder { at: at(2 * HOUR) }).count();
    assert_eq!(late, 1, "noted");
    passing(&mut world, 6 * HOUR);
    world.pass_time(6 * HOUR, 7 * HOUR);
    world.tick(at(HOUR));
    assert_eq!(world.told().len(), 3);
}

#[test]
fn i11_a_wait_that_began_in_what_is_the_future_now_begins_anew() {
    let mut world = World::of_one();
    failing(&mut world, 10 * HOUR);
    world.tick(at(10 * HOUR));
    world.pass_time(HOUR, 2 * HOUR);
    assert_eq!(world.told(), told(&[(HOUR + 30, "open")]), "and does not take nine hours");
}

#[test]
fn i12_the_identity_of_a_group_is_of_nothing_that_changes() {
    let run = |offset: i64, severity| {
        let mut world = World::of_one();
        failing(&mut world, offset);
        world.pass_time(offset, offset + HOUR);
        world.result("c", Status::Fail, severity, offset + 2 * HOUR);
        world.pass_time(offset + 2 * HOUR, offset + 3 * HOUR);
        passing(&mut world, offset + 4 * HOUR);
        world.pass_time(offset + 4 * HOUR, offset + 5 * HOUR);
        let keys: Vec<_> = world.sent.iter().map(|sent| sent.bundle.group.dedup_key()).collect();
        assert!(keys.len() >= 2 && keys.iter().all(|key| *key == keys[0]), "from the first to the last: {keys:?}");
        keys[0].clone()
    };
    assert_eq!(run(0, CRITICAL), run(50 * DAY, Severity::Low));
    let key = |labels: &[(&str, &str)]| GroupKey {
        receiver: "team".to_owned(),
        labels: labels.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
        aggregate: false,
    };
    let keys = [
        key(&[]),
        key(&[("owner", "a")]),
        key(&[("owner", "")]),
        key(&[("check", "a")]),
        key(&[("owner", "a"), ("check", "")]),
        GroupKey::aggregate("team"),
        GroupKey::aggregate("tea"),
    ];
    let distinct: std::collections::BTreeSet<_> = keys.iter().map(GroupKey::dedup_key).collect();
    assert_eq!(distinct.len(), keys.len());
}
