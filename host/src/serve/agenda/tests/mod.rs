//! What is ordered, for every situation that a schedule gets into.

mod simulation;

use jiff::civil::date;
use jiff::tz::TimeZone;

use super::*;
use crate::model::CalendarName;
use crate::schedule::{CatchUpMode, Dst, Span};

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn name(text: &str) -> ScheduleName {
    text.parse().unwrap()
}

/// Due by a pattern in UTC, with the defaults.
fn entry(schedule: &str, cron: &str) -> Entry {
    Entry {
        name: name(schedule),
        timing: Timing { cron: cron.parse().unwrap(), time_zone: TimeZone::UTC, dst: Dst::default() },
        target: Target::SameDay,
        calendar: None,
        catch_up: CatchUp::default(),
        overlap: Overlap::Skip,
        jitter: Duration::ZERO,
        start_deadline: None,
        depends_on: Vec::new(),
        depends_within: Duration::from_secs(6 * 3_600),
    }
}

fn catching_up(mode: CatchUpMode, limit: u32) -> CatchUp {
    CatchUp { mode, limit, ..CatchUp::default() }
}

/// Orders on one line each, without the sentences for people.
fn told(orders: &[Order]) -> Vec<String> {
    let line = |order: &Order| match order {
        Order::Notice { schedule, slots, .. } => format!("notice {schedule} {}", slots.len()),
        Order::NotRun { schedule, due, why, .. } => format!("not run {schedule} {} {why}", due.at),
        Order::Begin { schedule, due, trigger } => format!("begin {schedule} {} {trigger}", due.at),
        Order::TakeUp { schedule, due } => format!("take up {schedule} {}", due.at),
        Order::Supersede { slot } => format!("supersede {} {}", slot.schedule, slot.scheduled_for),
        Order::GoOn { schedule } => format!("go on {schedule}"),
    };
    orders.iter().map(line).collect()
}

/// A host that starts for the first time.
fn first(entries: Vec<Entry>, now: &str) -> Agenda {
    let schedules = entries.len();
    let (agenda, orders) = Agenda::new(entries, &Known::default(), at(now));
    assert_eq!(orders.len(), schedules, "nothing was due before a host knew of the schedule");
    agenda
}

/// A host that starts again: what is known is that slots up to the watermark have been noticed.
fn again(entry: Entry, watermark: &str, now: &str) -> (Agenda, Vec<Order>) {
    let state = ScheduleState { schedule: entry.name.clone(), watermark: at(watermark), paused: None };
    Agenda::new(vec![entry], &Known { states: vec![state], ..Known::default() }, at(now))
}

fn ended(agenda: &mut Agenda, schedule: &str, due: &str, status: RunStatus, now: &str) -> Vec<String> {
    told(&agenda.ended(&Slot { schedule: name(schedule), scheduled_for: at(due) }, Some(status), at(now)))
}

#[test]
fn a_slot_begins_when_it_is_due_and_once() {
    let mut agenda = first(vec![entry("hourly", "0 * * * *")], "2026-01-01T00:30:00Z");
    assert_eq!(agenda.next_wake(at("2026-01-01T00:30:00Z")), Some(at("2026-01-01T01:00:00Z")));
    assert!(agenda.tick(at("2026-01-01T00:59:59Z")).is_empty());
    let orders = told(&agenda.tick(at("2026-01-01T01:00:00Z")));
    assert_eq!(orders, ["notice hourly 1", "begin hourly 2026-01-01T01:00:00Z schedule"]);
    assert!(agenda.tick(at("2026-01-01T01:00:01Z")).is_empty());
    ended(&mut agenda, "hourly", "2026-01-01T01:00:00Z", RunStatus::Ok, "2026-01-01T01:00:02Z");
    assert!(agenda.tick(at("2026-01-01T01:00:03Z")).is_empty());
}

#[test]
fn jitter_moves_the_start_and_not_the_slot() {
    let spread = Entry { jitter: Duration::from_secs(90), ..entry("hourly", "0 * * * *") };
    let mut agenda = first(vec![spread], "2026-01-01T00:30:00Z");
    assert_eq!(told(&agenda.tick(at("2026-01-01T01:00:00Z"))), ["notice hourly 1"]);
    assert_eq!(agenda.next_wake(at("2026-01-01T01:00:00Z")), Some(at("2026-01-01T01:01:30Z")));
    assert_eq!(told(&agenda.tick(at("2026-01-01T01:01:30Z"))), ["begin hourly 2026-01-01T01:00:00Z schedule"]);
}

#[test]
fn what_was_due_while_no_host_was_there_is_caught_up_as_the_schedule_says() {
    let cases: [(CatchUp, &[&str]); 4] = [
        (
            catching_up(CatchUpMode::None, 20),
            &[
                "not run hourly 2026-01-01T01:00:00Z catch_up_off",
                "not run hourly 2026-01-01T02:00:00Z catch_up_off",
                "not run hourly 2026-01-01T03:00:00Z catch_up_off",
            ],
        ),
        (
            catching_up(CatchUpMode::Latest, 20),
            &[
                "not run hourly 2026-01-01T01:00:00Z superseded",
                "not run hourly 2026-01-01T02:00:00Z superseded",
                "begin hourly 2026-01-01T03:00:00Z catchup",
            ],
        ),
        (
            catching_up(CatchUpMode::All, 2),
            &["not run hourly 2026-01-01T01:00:00Z catch_up_limit", "begin hourly 2026-01-01T02:00:00Z catchup"],
        ),
        (
            CatchUp { window: Duration::from_secs(2 * 3_600), ..catching_up(CatchUpMode::All, 20) },
            &["not run hourly 2026-01-01T01:00:00Z catch_up_window", "begin hourly 2026-01-01T02:00:00Z catchup"],
        ),
    ];
    for (catch_up, expected) in cases {
        let policy = format!("{catch_up:?}");
        let hourly = Entry { catch_up, ..entry("hourly", "0 * * * *") };
        let (mut agenda, orders) = again(hourly, "2026-01-01T00:00:00Z", "2026-01-01T03:30:00Z");
        assert!(orders.is_empty(), "{policy}");
        let orders = told(&agenda.tick(at("2026-01-01T03:30:00Z")));
        assert_eq!(orders[0], "notice hourly 3", "{policy}");
        assert_eq!(orders[1..], *expected, "{policy}");
    }
}

#[test]
fn what_is_caught_up_runs_one_after_another_and_before_what_is_on_time() {
    let all = Entry { catch_up: catching_up(CatchUpMode::All, 20), ..entry("hourly", "0 * * * *") };
    let (mut agenda, _) = again(all, "2026-01-01T00:00:00Z", "2026-01-01T02:30:00Z");
    let orders = told(&agenda.tick(at("2026-01-01T02:30:00Z")));
    assert_eq!(orders, ["notice hourly 2", "begin hourly 2026-01-01T01:00:00Z catchup"]);
    // The next one is due meanwhile, and is not lost to `overlap = "skip"`.
    assert_eq!(told(&agenda.tick(at("2026-01-01T03:00:00Z"))), ["notice hourly 1"]);
    let orders = ended(&mut agenda, "hourly", "2026-01-01T01:00:00Z", RunStatus::Ok, "2026-01-01T03:10:00Z");
    assert_eq!(orders, ["begin hourly 2026-01-01T02:00:00Z catchup"]);
    let orders = ended(&mut agenda, "hourly", "2026-01-01T02:00:00Z", RunStatus::Ok, "2026-01-01T03:20:00Z");
    assert_eq!(orders, ["begin hourly 2026-01-01T03:00:00Z schedule"]);
}

#[test]
fn a_slot_that_is_due_while_another_runs_goes_the_way_of_the_schedule() {
    let (one, two, three) = ("2026-01-01T01:00:00Z", "2026-01-01T02:00:00Z", "2026-01-01T03:00:00Z");
    let after_one = |overlap| {
        let hourly = Entry { overlap, ..entry("hourly", "0 * * * *") };
        let mut agenda = first(vec![hourly], "2026-01-01T00:30:00Z");
        agenda.tick(at(one));
        agenda
    };

    let mut skip = after_one(Overlap::Skip);
    assert_eq!(told(&skip.tick(at(two))), ["notice hourly 1", &format!("not run hourly {two} overlap")]);

    let mut queue = after_one(Overlap::QueueOne);
    assert_eq!(told(&queue.tick(at(two))), ["notice hourly 1"]);
    assert_eq!(told(&queue.tick(at(three))), ["notice hourly 1", &format!("not run hourly {three} overlap")]);
    assert_eq!(ended(&mut queue, "hourly", one, RunStatus::Ok, three), [format!("begin hourly {two} schedule")]);

    let mut cancel = after_one(Overlap::CancelPrevious);
    assert_eq!(told(&cancel.tick(at(two))), ["notice hourly 1", &format!("supersede hourly {one}")]);
    // Still ending when the next one is due: that one takes the place of the one that waits.
    assert_eq!(told(&cancel.tick(at(three))), ["notice hourly 1", &format!("not run hourly {two} overlap")]);
    let orders = ended(&mut cancel, "hourly", one, RunStatus::Cancelled, three);
    assert_eq!(orders, [format!("begin hourly {three} schedule")]);

    let mut allow = after_one(Overlap::Allow);
    assert_eq!(told(&allow.tick(at(two))), ["notice hourly 1", &format!("begin hourly {two} schedule")]);
}

#[test]
fn a_slot_that_cannot_begin_in_time_is_missed() {
    let hourly = Entry {
        overlap: Overlap::QueueOne,
        start_deadline: Some(Duration::from_secs(600)),
        ..entry("hourly", "0 * * * *")
    };
    let mut agenda = first(vec![hourly], "2026-01-01T00:30:00Z");
    agenda.tick(at("2026-01-01T01:00:00Z"));
    agenda.tick(at("2026-01-01T02:00:00Z"));
    assert!(agenda.tick(at("2026-01-01T02:10:00Z")).is_empty());
    let wake = agenda.next_wake(at("2026-01-01T02:10:00Z")).unwrap();
    assert!(wake > at("2026-01-01T02:10:00Z") && wake < at("2026-01-01T02:10:01Z"), "{wake}");
    assert_eq!(told(&agenda.tick(wake)), ["not run hourly 2026-01-01T02:00:00Z start_deadline"]);
}

#[test]
fn a_schedule_that_rests_misses_its_slots_and_goes_on_by_itself() {
    let mut agenda = first(vec![entry("hourly", "0 * * * *")], "2026-01-01T00:30:00Z");
    let pause = Pause {
        at: at("2026-01-01T00:40:00Z"),
        by: "ana".to_owned(),
        reason: "migration".to_owned(),
        until: Some(at("2026-01-01T02:00:00Z")),
    };
    assert!(agenda.rest(&name("hourly"), Some(pause.clone())));
    assert!(!agenda.rest(&name("daily"), Some(pause)), "there is no such schedule");
    let orders = agenda.tick(at("2026-01-01T01:00:00Z"));
    assert_eq!(told(&orders), ["notice hourly 1", "not run hourly 2026-01-01T01:00:00Z paused"]);
    let Order::NotRun { message, .. } = &orders[1] else { panic!("{orders:?}") };
    assert_eq!(message, "paused by ana: migration");
    let orders = told(&agenda.tick(at("2026-01-01T02:00:00Z")));
    assert_eq!(orders, ["notice hourly 1", "go on hourly", "begin hourly 2026-01-01T02:00:00Z schedule"]);
}

#[test]
fn what_was_missed_at_rest_is_not_caught_up() {
    let all = Entry { catch_up: catching_up(CatchUpMode::All, 20), ..entry("hourly", "0 * * * *") };
    let paused = Pause { at: at("2026-01-01T00:30:00Z"), by: "ana".into(), reason: "migration".into(), until: None };
    let state =
        ScheduleState { schedule: all.name.clone(), watermark: at("2026-01-01T00:00:00Z"), paused: Some(paused) };
    let known = Known { states: vec![state], ..Known::default() };
    let (mut agenda, _) = Agenda::new(vec![all], &known, at("2026-01-01T01:30:00Z"));
    let orders = told(&agenda.tick(at("2026-01-01T01:30:00Z")));
    assert_eq!(orders, ["notice hourly 1", "not run hourly 2026-01-01T01:00:00Z paused"]);
    assert!(agenda.rest(&name("hourly"), None));
    assert_eq!(told(&agenda.tick(at("2026-01-01T02:00:00Z")))[1..], ["begin hourly 2026-01-01T02:00:00Z schedule"]);
}

#[test]
fn a_day_off_is_skipped_with_the_name_of_its_calendar() {
    let season = Span { from: date(2026, 1, 2), to: date(2026, 1, 2) };
    let calendar = Calendar::new("season".parse::<CalendarName>().unwrap(), vec![season], Vec::new()).unwrap();
    let daily = Entry { target: Target::PreviousDay, calendar: Some(calendar), ..entry("daily", "0 6 * * *") };
    let mut agenda = first(vec![daily], "2026-01-01T12:00:00Z");
    let orders = agenda.tick(at("2026-01-02T06:00:00Z"));
    assert_eq!(told(&orders)[1..], ["not run daily 2026-01-02T06:00:00Z calendar"], "it is about the day before");
    let Order::NotRun { message, why, .. } = &orders[1] else { panic!("{orders:?}") };
    assert!(message.starts_with("calendar `season`: 2026-01-01"), "{message}");
    assert_eq!(why.status(), RunStatus::Skipped);
    assert_eq!(told(&agenda.tick(at("2026-01-03T06:00:00Z")))[1..], ["begin daily 2026-01-03T06:00:00Z catchup"]);
}

#[test]
fn a_clock_that_is_set_back_makes_nothing_due_again() {
    let mut agenda = first(vec![entry("hourly", "0 * * * *")], "2026-01-01T00:30:00Z");
    agenda.tick(at("2026-01-01T01:00:00Z"));
    ended(&mut agenda, "hourly", "2026-01-01T01:00:00Z", RunStatus::Ok, "2026-01-01T01:01:00Z");
    assert!(agenda.tick(at("2026-01-01T00:01:00Z")).is_empty());
    assert!(agenda.tick(at("2026-01-01T01:00:00Z")).is_empty());
    assert_eq!(told(&agenda.tick(at("2026-01-01T02:00:00Z")))[1..], ["begin hourly 2026-01-01T02:00:00Z schedule"]);
}

#[test]
fn a_clock_that_is_set_forward_by_a_day_is_like_a_host_that_was_not_there() {
    let mut agenda = first(vec![entry("hourly", "0 * * * *")], "2026-01-01T00:30:00Z");
    let orders = told(&agenda.tick(at("2026-01-02T00:30:00Z")));
    assert_eq!(orders.len(), 1 + 23 + 1);
    assert_eq!(orders[0], "notice hourly 24");
    assert!(orders[1..24].iter().all(|order| order.ends_with("superseded")), "{orders:?}");
    assert_eq!(orders[24], "begin hourly 2026-01-02T00:00:00Z catchup", "one run, no storm");
}

#[test]
fn a_slot_is_late_rather_than_caught_up_when_the_host_was_busy_for_less_than_an_hour() {
    let mut agenda = first(vec![entry("hourly", "0 * * * *")], "2026-01-01T00:30:00Z");
    let orders = told(&agenda.tick(at("2026-01-01T01:20:00Z")));
    assert_eq!(orders, ["notice hourly 1", "begin hourly 2026-01-01T01:00:00Z schedule"]);
}

#[test]
fn what_a_host_left_is_taken_up_or_begun() {
    let all = Entry { catch_up: catching_up(CatchUpMode::All, 20), ..entry("hourly", "0 * * * *") };
    let slot = |due: &str| Slot { schedule: name("hourly"), scheduled_for: at(due) };
    let state = ScheduleState { schedule: name("hourly"), watermark: at("2026-01-01T02:00:00Z"), paused: None };
    let known = Known {
        states: vec![state],
        open: vec![slot("2026-01-01T02:00:00Z")],
        interrupted: vec![slot("2026-01-01T01:00:00Z")],
    };
    let (mut agenda, _) = Agenda::new(vec![all], &known, at("2026-01-01T02:05:00Z"));
    assert_eq!(told(&agenda.tick(at("2026-01-01T02:05:00Z"))), ["take up hourly 2026-01-01T01:00:00Z"]);
    let orders = ended(&mut agenda, "hourly", "2026-01-01T01:00:00Z", RunStatus::Ok, "2026-01-01T02:06:00Z");
    assert_eq!(orders, ["begin hourly 2026-01-01T02:00:00Z catchup"]);
}

#[test]
fn slots_of_a_schedule_that_is_gone_are_recorded() {
    let known = Known {
        open: vec![Slot { schedule: name("gone"), scheduled_for: at("2026-01-01T02:00:00Z") }],
        ..Known::default()
    };
    let (_, orders) = Agenda::new(Vec::new(), &known, at("2026-01-01T02:05:00Z"));
    assert_eq!(told(&orders), ["not run gone 2026-01-01T02:00:00Z removed"]);

    let queue = Entry { overlap: Overlap::QueueOne, ..entry("hourly", "0 * * * *") };
    let mut agenda = first(vec![queue], "2026-01-01T00:30:00Z");
    agenda.tick(at("2026-01-01T01:00:00Z"));
    agenda.tick(at("2026-01-01T02:00:00Z"));
    let orders = told(&agenda.replace(Vec::new(), at("2026-01-01T02:05:00Z")));
    assert_eq!(orders, ["not run hourly 2026-01-01T02:00:00Z removed"]);
}

#[test]
fn a_new_pattern_holds_from_now_on() {
    let mut agenda = first(vec![entry("hourly", "0 * * * *")], "2026-01-01T00:30:00Z");
    let orders = agenda.replace(vec![entry("hourly", "*/10 * * * *")], at("2026-01-01T00:45:00Z"));
    assert!(orders.is_empty(), "{orders:?}");
    let orders = told(&agenda.tick(at("2026-01-01T00:50:00Z")));
    assert_eq!(orders, ["notice hourly 1", "begin hourly 2026-01-01T00:50:00Z schedule"]);
}

#[test]
fn a_slot_waits_for_what_it_depends_on() {
    let upstream = entry("load", "0 6 * * *");
    let downstream = Entry { depends_on: vec![name("load")], ..entry("verify", "5 6 * * *") };
    let (load, verify) = ("2026-01-01T06:00:00Z", "2026-01-01T06:05:00Z");
    let begun = |downstream: Entry| {
        let mut agenda = first(vec![upstream.clone(), downstream], "2026-01-01T05:30:00Z");
        agenda.tick(at(load));
        assert_eq!(told(&agenda.tick(at(verify))), ["notice verify 1"]);
        assert_eq!(agenda.waited_for(), [name("load")]);
        agenda
    };
    for (status, expected) in [
        (RunStatus::Ok, format!("begin verify {verify} schedule")),
        (RunStatus::Warning, format!("begin verify {verify} schedule")),
        (RunStatus::Skipped, format!("begin verify {verify} schedule")),
        (RunStatus::Critical, format!("not run verify {verify} upstream")),
        (RunStatus::Error, format!("not run verify {verify} upstream")),
        (RunStatus::Cancelled, format!("not run verify {verify} upstream")),
    ] {
        let mut agenda = begun(downstream.clone());
        assert_eq!(ended(&mut agenda, "load", load, status, "2026-01-01T06:10:00Z"), [expected], "{status}");
    }
}

#[test]
fn what_has_not_been_there_is_waited_for_until_the_start_deadline() {
    let verify = "2026-01-01T06:05:00Z";
    let depends =
        |start_deadline| Entry { depends_on: vec![name("load")], start_deadline, ..entry("verify", "5 6 * * *") };
    let mut at_once = first(vec![depends(None)], "2026-01-01T05:30:00Z");
    assert_eq!(told(&at_once.tick(at(verify)))[1..], [format!("not run verify {verify} upstream")]);

    let mut patient = first(vec![depends(Some(Duration::from_secs(1_800)))], "2026-01-01T05:30:00Z");
    assert_eq!(told(&patient.tick(at(verify))), ["notice verify 1"]);
    // Run by hand meanwhile: a good run is a good run.
    patient.saw(&name("load"), Last { scheduled_for: at("2026-01-01T06:00:00Z"), status: RunStatus::Ok });
    assert_eq!(told(&patient.tick(at("2026-01-01T06:20:00Z"))), [format!("begin verify {verify} schedule")]);

    let mut stale = first(vec![depends(None)], "2026-01-01T05:30:00Z");
    stale.saw(&name("load"), Last { scheduled_for: at("2025-12-31T06:00:00Z"), status: RunStatus::Ok });
    let orders = told(&stale.tick(at(verify)));
    assert_eq!(orders[1..], [format!("not run verify {verify} upstream")], "longer ago than `depends_within`");
}

#[test]
fn a_run_that_the_journal_did_not_take_is_tried_again() {
    let mut agenda = first(vec![entry("hourly", "0 * * * *")], "2026-01-01T00:30:00Z");
    agenda.tick(at("2026-01-01T01:00:00Z"));
    let slot = Slot { schedule: name("hourly"), scheduled_for: at("2026-01-01T01:00:00Z") };
    agenda.not_begun(&slot, at("2026-01-01T01:00:10Z"));
    assert!(agenda.tick(at("2026-01-01T01:00:05Z")).is_empty());
    assert_eq!(told(&agenda.tick(at("2026-01-01T01:00:10Z"))), ["begin hourly 2026-01-01T01:00:00Z schedule"]);
}
