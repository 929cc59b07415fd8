//! Every state an alert may be in, and every event.

use std::collections::BTreeSet;

use super::*;

/// When the event comes.
const NOW: i64 = 10 * HOUR;

/// A critical check that has to fail twice.
fn policy() -> Policy {
    Policy { consecutive: 2, ..Policy::default_of(Severity::Critical) }
}

const STATES: [&str; 11] = [
    "new",
    "inactive",
    "pending",
    "below_floor",
    "firing",
    "acked",
    "acked_sticky",
    "acked_until_now",
    "resolved",
    "resolved_long_ago",
    "closed",
];

fn state(name: &str) -> Alert {
    let mut alert = Alert::data(policy());
    let (two_fails, firing) = ([fail(HOUR, Severity::High), fail(2 * HOUR, Severity::High)], NOW - HOUR);
    match name {
        "new" => return alert,
        "inactive" => return alert.all([pass(HOUR)]).clone(),
        "pending" => return alert.all([fail(HOUR, Severity::High)]).clone(),
        "below_floor" => {
            alert.policy.severity_floor = Severity::Critical;
            return alert.all(two_fails).clone();
        }
        _ => {}
    }
    alert.all(two_fails);
    match name {
        "acked" => drop(alert.take(&ack(None, false), firing)),
        "acked_sticky" => drop(alert.take(&ack(None, true), firing)),
        "acked_until_now" => drop(alert.take(&ack(Some(NOW), false), firing)),
        "resolved" => drop(alert.take(&pass(3 * HOUR), NOW - HOUR)),
        "resolved_long_ago" => drop(alert.take(&pass(3 * HOUR), NOW - HOUR - 1)),
        "closed" => drop(alert.take(&Event::Removed { why: Removal::Deleted }, firing)),
        _ => {}
    }
    alert
}

const EVENTS: [&str; 17] = [
    "fail",
    "worse",
    "milder",
    "warn",
    "pass",
    "error",
    "skip",
    "missing",
    "late_fail",
    "late_pass",
    "ack",
    "ack_over",
    "unack",
    "resolve",
    "removed",
    "version",
    "tick",
];

fn event(name: &str) -> Event {
    match name {
        "fail" => fail(NOW, Severity::High),
        "worse" => fail(NOW, Severity::Critical),
        "milder" => fail(NOW, Severity::Medium),
        "warn" => warn(NOW),
        "pass" => pass(NOW),
        "error" => error(NOW),
        "skip" => skip(NOW),
        "missing" => Event::Missing { at: at(NOW) },
        "late_fail" => fail(HOUR - 1, Severity::Critical),
        "late_pass" => pass(HOUR - 1),
        "ack" => ack(Some(NOW + 1), false),
        "ack_over" => ack(Some(NOW), false),
        "unack" => Event::Unack { by: "bob".to_owned() },
        "resolve" => Event::Resolve { by: "bob".to_owned(), reason: "known".to_owned() },
        "removed" => Event::Removed { why: Removal::Disabled },
        "version" => Event::Version { version: "v2".to_owned() },
        _ => Event::Tick,
    }
}

/// State, event, the phase after it, and what changed.
const TABLE: &str = include_str!("table.txt");

fn row(state_name: &str, event_name: &str) -> String {
    let mut alert = state(state_name);
    let changes = alert.take(&event(event_name), NOW);
    let after = alert.state();
    format!("{state_name:<17} {event_name:<9} {:<8} {}", after.phase, changes.join(" ")).trim_end().to_owned()
}

#[test]
fn every_event_takes_every_state_where_the_table_says() {
    let rows: Vec<String> = STATES.iter().flat_map(|state| EVENTS.iter().map(|event| row(state, event))).collect();
    let table: Vec<&str> = TABLE.lines().collect();
    assert_eq!(rows, table);
    let phases: BTreeSet<Phase> =
        STATES.iter().map(|name| state(name).state.map_or(Phase::Inactive, |state| state.phase)).collect();
    assert_eq!(phases.len(), Phase::ALL.len(), "every phase is among the states");
}

/// For each kind: what results are to an alert that is open, and to one that needs one more.
#[test]
fn each_kind_of_alert_knows_good_from_bad() {
    use AlertKind::{Data, Error, Missing, Stale};
    let bad = |kind| match kind {
        Data => fail(HOUR, Severity::Critical),
        Error => error(HOUR),
        Stale => skip(HOUR),
        Missing => Event::Missing { at: at(HOUR) },
    };
    let policy = Policy { max_skips: 0, ..at_once() };
    let seen = |kind, event: &Event| {
        let mut alert = Alert::new(kind, policy.clone());
        alert.take(&bad(kind), HOUR);
        assert_eq!(alert.phase(), Phase::Firing, "{kind}");
        let open = alert.take(event, NOW).join(" ");
        let mut fresh = Alert::new(kind, policy.clone());
        (open, fresh.take(event, NOW).join(" "))
    };
    let pair = |open: &str, fresh: &str| (open.to_owned(), fresh.to_owned());
    let (good, nothing, again, held) = (pair("resolved", ""), pair("", ""), pair("", "opened"), pair("", "pending"));
    for (name, data, of_error, stale, of_missing) in [
        ("worse", &again, &good, &good, &good),
        ("warn", &held, &good, &good, &good),
        ("pass", &good, &good, &good, &good),
        ("error", &nothing, &again, &nothing, &good),
        ("skip", &nothing, &nothing, &again, &good),
        ("missing", &nothing, &nothing, &nothing, &again),
    ] {
        let event = event(name);
        for (kind, expected) in [(Data, data), (Error, of_error), (Stale, stale), (Missing, of_missing)] {
            assert_eq!(&seen(kind, &event), expected, "{kind} {name}");
        }
    }
}

#[test]
fn one_of_three_and_three_of_five_fire() {
    let of = |bad, of| Policy { consecutive: 99, of: Some(NofM { bad, of }), ..at_once() };
    let mut any = Alert::data(of(1, 3));
    assert_eq!(any.take(&fail(1, Severity::Low), 1), ["opened"]);
    let mut three = Alert::data(of(3, 5));
    let critical = Severity::Critical;
    three.all([fail(1, critical), pass(2), fail(3, critical), pass(4)]);
    assert_eq!(three.take(&fail(5, critical), 5), ["opened"], "three of the last five");
    let mut spread = Alert::data(of(3, 5));
    spread.all([fail(1, critical), pass(2), fail(3, critical), pass(4), warn(5)]);
    assert_eq!(spread.take(&fail(6, critical), 6), Vec::<&str>::new(), "the first is the sixth last: pending already");
    assert_eq!(spread.take(&fail(7, critical), 7), ["opened"]);
}

#[test]
fn a_warning_neither_counts_nor_heals() {
    let policy = Policy { consecutive: 2, resolve_after: 2, ..at_once() };
    let mut alert = Alert::data(policy.clone());
    alert.all([warn(1), warn(2), warn(3)]);
    assert_eq!(alert.phase(), Phase::Pending, "it does not fire for warnings");
    alert.all([fail(4, Severity::High), warn(5)]);
    assert_eq!(alert.take(&fail(6, Severity::High), 6), ["opened"], "it does not heal the failure before");
    assert_eq!((alert.state().occurrences, alert.state().first_result.as_deref()), (6, Some("r1")));
    alert.all([pass(7), warn(8), pass(9)]);
    assert_eq!(alert.phase(), Phase::Firing, "one pass, and one again");
    assert_eq!(alert.take(&pass(10), 10), ["resolved"]);
    let mut counts = Alert::data(Policy { warn: WarnPolicy::Alert, ..policy });
    counts.all([warn(1), warn(2)]);
    assert_eq!((counts.phase(), counts.state().severity), (Phase::Firing, Some(Severity::Low)));
}

#[test]
fn an_alert_is_never_worse_than_its_check() {
    let mut alert = Alert::data(Policy::default_of(Severity::High));
    alert.take(&fail(1, Severity::Critical), 1);
    assert_eq!(alert.state().severity, Some(Severity::High));
}

#[test]
fn an_alert_that_nobody_looks_after_escalates_level_by_level() {
    let policy = Policy { escalate_to: vec!["lead".to_owned(), "head".to_owned()], ..at_once() };
    let mut alert = Alert::data(policy.clone());
    alert.take(&fail(0, Severity::Critical), 0);
    assert_eq!(next_tick(alert.state(), &policy), Some(at(HOUR)), "an hour, since there is somebody to escalate to");
    assert_eq!(alert.take(&Event::Tick, HOUR - 1), Vec::<&str>::new());
    assert_eq!(alert.changes(&Event::Tick, HOUR), [Change::Escalated { level: 1 }]);
    assert_eq!(alert.state().escalated_to(&policy), ["lead"]);
    alert.take(&ack(Some(3 * HOUR), false), HOUR + 1);
    assert_eq!(next_tick(alert.state(), &policy), Some(at(3 * HOUR)), "somebody looks after it until then");
    assert_eq!(alert.take(&Event::Tick, 3 * HOUR), ["ack_expired"]);
    assert_eq!(alert.changes(&Event::Tick, 4 * HOUR), [Change::Escalated { level: 2 }]);
    assert_eq!(alert.state().escalated_to(&policy), ["lead", "head"]);
    assert_eq!(next_tick(alert.state(), &policy), None, "there is nobody else");
    alert.all([pass(5 * HOUR), fail(5 * HOUR + 1, Severity::Critical)]);
    assert_eq!(alert.state().reopened, 1);
    assert_eq!(next_tick(alert.state(), &policy), None, "once for an incident");
    let nobody = at_once();
    let mut alone = Alert::data(nobody.clone());
    alone.take(&fail(0, Severity::Critical), 0);
    assert_eq!(next_tick(alone.state(), &nobody), None);
}

#[test]
fn a_stale_check_is_not_reopened_by_one_skip() {
    let mut alert = Alert::new(AlertKind::Stale, Policy { max_skips: 2, ..at_once() });
    alert.all([skip(1), skip(2), skip(3)]);
    assert_eq!(alert.phase(), Phase::Firing, "the third is more than two");
    alert.all([pass(4), skip(5)]);
    assert_eq!(alert.phase(), Phase::Pending);
}

#[test]
fn who_ended_it_and_why_is_kept() {
    let mut alert = state("firing");
    alert.take(&event("resolve"), NOW);
    let by_hand = Ended::ByHand { by: "bob".to_owned(), reason: "known".to_owned() };
    assert_eq!((alert.state().ended.as_ref(), alert.state().ended_at), (Some(&by_hand), Some(at(NOW))));
    assert_eq!(alert.take(&fail(NOW + HOUR + 1, Severity::High), NOW + HOUR + 1), ["pending"], "it counts anew");
    let mut alert = state("firing");
    let closed = alert.changes(&event("removed"), NOW);
    assert_eq!(closed, [Change::Closed { how: Ended::Closed { reason: "disabled".to_owned() } }]);
    assert_eq!(closed[0].detail().as_deref(), Some("disabled"));
}
