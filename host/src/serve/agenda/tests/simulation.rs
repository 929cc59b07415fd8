//! A year of schedules in a real journal: a host that is killed between any two steps, stands still, and comes back after
//! minutes or days; a clock that is set; runs that take longer than their turn.
//!
//! Whatever happens: each slot that was due has one row, which says what came of it, and no slot is begun twice but as another
//! attempt of the same run.

use std::collections::BTreeSet;

use super::*;
use crate::dice::Dice;
use crate::model::{Digest, RunId, RunRecord, Window};
use crate::schedule::jitter;
use crate::store::{RunFilter, Store, StoreError};

/// The six of the sports pipeline, each with another policy.
fn schedules() -> Vec<Entry> {
    let new_york = TimeZone::get("America/New_York").unwrap();
    let off = Span { from: date(2026, 7, 1), to: date(2026, 7, 10) };
    let always = Span { from: date(2025, 1, 1), to: date(2028, 1, 1) };
    let blackout = crate::schedule::Blackout { span: off, reason: Some("break".to_owned()) };
    let calendar = Calendar::new("season".parse().unwrap(), vec![always], vec![blackout]).unwrap();
    let york = |schedule: &str, cron: &str| {
        let entry = entry(schedule, cron);
        Entry { timing: Timing { time_zone: new_york.clone(), ..entry.timing.clone() }, ..entry }
    };
    vec![
        Entry {
            target: Target::PreviousDay,
            catch_up: catching_up(CatchUpMode::All, 5),
            ..york("post_overnight", "0 6 * * *")
        },
        Entry { calendar: Some(calendar), ..york("pre_game_prep", "0 8 * * *") },
        Entry {
            overlap: Overlap::QueueOne,
            catch_up: catching_up(CatchUpMode::None, 20),
            ..york("midday", "0 12 * * *")
        },
        Entry {
            depends_on: vec![name("midday")],
            depends_within: Duration::from_secs(8 * 3_600),
            start_deadline: Some(Duration::from_secs(1_800)),
            ..york("pre_game_final", "0 18 * * *")
        },
        Entry {
            overlap: Overlap::CancelPrevious,
            jitter: jitter("post_game", Duration::from_secs(900)),
            ..york("post_game", "30 1 * * *")
        },
        Entry { overlap: Overlap::Allow, ..york("overnight", "30 2 * * *") },
    ]
}

struct World {
    dir: tempfile::TempDir,
    dice: Dice,
    now: Timestamp,
    /// What runs: the slot, its run and when it ends.
    running: Vec<(Slot, RunId, Timestamp)>,
    restarts: u32,
    begun: BTreeSet<(String, Timestamp)>,
}

/// The host died in the middle of what it did.
struct Killed;

impl World {
    fn record(&self, schedule: &ScheduleName, due: &Due, trigger: Trigger) -> RunRecord {
        let target_date = due.local.date();
        RunRecord {
            run_id: RunId::generate(self.now),
            trigger,
            requested_by: None,
            schedule: Some(schedule.clone()),
            scheduled_for: due.at,
            local: None,
            time_zone: "America/New_York".to_owned(),
            target_date,
            window: Window::of(target_date, &TimeZone::UTC).unwrap(),
            started_at: self.now,
            config_digest: Digest::of(b"year"),
            host_version: "0".to_owned(),
            engine_version: "0".to_owned(),
        }
    }

    /// Carries orders out as a dispatcher does, unless it is killed before, between or after them.
    async fn carry_out(&mut self, store: &Store, orders: Vec<Order>) -> Result<(), Killed> {
        for order in orders {
            if self.dice.one_in(400) {
                return Err(Killed);
            }
            match order {
                Order::Notice { schedule, slots, watermark } => {
                    store.slots_due(&schedule, &slots, watermark).await.unwrap();
                }
                Order::NotRun { schedule, due, why, message } => {
                    let record = self.record(&schedule, &due, Trigger::Schedule);
                    store.slots_not_run(vec![(record, why, message)], Vec::new()).await.unwrap();
                }
                Order::Begin { schedule, due, trigger } => {
                    let record = self.record(&schedule, &due, trigger);
                    let (slot, run) = (record.slot().unwrap(), record.run_id);
                    store.begin_run(record, Vec::new()).await.unwrap();
                    assert!(self.begun.insert((schedule.to_string(), due.at)), "{slot} began twice");
                    let long = if self.dice.one_in(60) { 30 * 3_600 } else { 1_200 };
                    let end = self.now + self.dice.seconds(1, long);
                    self.running.push((slot, run, end));
                }
                Order::TakeUp { .. } => panic!("a run without checks has nothing to take up"),
                Order::Supersede { slot } => {
                    let running = self.running.iter_mut().find(|(running, ..)| *running == slot).unwrap();
                    running.2 = running.2.min(self.now + SignedDuration::from_secs(1));
                }
                Order::GoOn { schedule } => store.rest(&schedule, None, self.now).await.unwrap(),
            }
            if self.dice.one_in(400) {
                return Err(Killed);
            }
        }
        Ok(())
    }

    /// A host from its start to its end: killed, or at the end of the year.
    async fn live(&mut self, end: Timestamp) -> Result<(), Killed> {
        let store = Store::open(self.dir.path(), self.now).unwrap().store;
        let known = Known {
            states: store.schedule_states().await.unwrap(),
            open: store.open_slots().await.unwrap(),
            interrupted: Vec::new(),
        };
        let (mut agenda, orders) = Agenda::new(schedules(), &known, self.now);
        self.carry_out(&store, orders).await?;
        while self.now < end {
            let orders = agenda.tick(self.now);
            self.carry_out(&store, orders).await?;
            let ends = self.running.iter().map(|(_, _, end)| *end).min();
            let wake = agenda.next_wake(self.now).into_iter().chain(ends).min().unwrap();
            self.now = wake.max(self.now + SignedDuration::from_millis(1));
            if self.dice.one_in(150) {
                // The process stands still, or the clock is set: by minutes or hours, forward or back.
                self.now += self.dice.seconds(-5_400, 7_200);
            }
            if self.dice.one_in(200) {
                let schedule = schedules()[usize::try_from(self.dice.below(6)).unwrap()].name.clone();
                // Half of them go on by themselves, the other half when somebody says so.
                let until = self.dice.one_in(2).then(|| self.now + self.dice.seconds(3_600, 4 * 86_400));
                let pause = (until.is_some() || self.dice.one_in(4)).then(|| Pause {
                    at: self.now,
                    by: "ana".into(),
                    reason: "trying".into(),
                    until,
                });
                store.rest(&schedule, pause.as_ref(), self.now).await.unwrap();
                agenda.rest(&schedule, pause);
            }
            if self.dice.one_in(250) {
                return Err(Killed);
            }
            while let Some(ended) = self.running.iter().position(|(_, _, end)| *end <= self.now) {
                let (slot, run, _) = self.running.swap_remove(ended);
                let status = if self.dice.one_in(20) { RunStatus::Error } else { RunStatus::Ok };
                match store.finish_run(run, status, String::new(), self.now).await {
                    Ok(()) | Err(StoreError::Conflict { .. }) => {}
                    Err(error) => panic!("{error}"),
                }
                let orders = agenda.ended(&slot, Some(status), self.now);
                self.carry_out(&store, orders).await?;
            }
        }
        Ok(())
    }
}

/// What a year came to: rows by status, and how often a host was killed.
async fn year(seed: u64) -> (BTreeMap<&'static str, usize>, u32) {
    let begin = at("2026-01-01T00:00:00Z");
    let end = at("2027-01-01T00:00:00Z");
    let mut world = World {
        dir: tempfile::tempdir().unwrap(),
        dice: Dice(seed),
        now: begin,
        running: Vec::new(),
        restarts: 0,
        begun: BTreeSet::new(),
    };
    while let Err(Killed) = world.live(end).await {
        world.restarts += 1;
        // What ran dies with it; the next start finds it in the journal without an end.
        world.running.clear();
        let gone = if world.dice.one_in(8) { 10 * 86_400 } else { 1_800 };
        world.now += world.dice.seconds(1, gone);
    }

    let store = Store::open(world.dir.path(), end).unwrap().store;
    let runs = store.runs(RunFilter { limit: u32::MAX, ..RunFilter::default() }).await.unwrap();
    let mut by_status = BTreeMap::new();
    let mut rows: BTreeMap<(String, Timestamp), usize> = BTreeMap::new();
    for run in &runs {
        let slot = run.record.slot().unwrap();
        *rows.entry((slot.schedule.to_string(), slot.scheduled_for)).or_default() += 1;
        let ended = run.end.as_ref().unwrap_or_else(|| panic!("seed {seed}: {slot} has no end"));
        let with_reason = ended.not_run.is_some() == matches!(ended.status, RunStatus::Missed | RunStatus::Skipped);
        assert!(with_reason, "seed {seed}: {slot} is {} for {:?}", ended.status, ended.not_run);
        *by_status.entry(ended.status.as_str()).or_default() += 1;
    }
    let last = world.now.min(end);
    for entry in schedules() {
        for due in entry.timing.between(begin, last) {
            let row = rows.remove(&(entry.name.to_string(), due.at));
            assert_eq!(row, Some(1), "seed {seed}: rows of {} {}", entry.name, due.at);
        }
    }
    let early: Vec<_> = rows.into_iter().filter(|((_, due), _)| *due < last).collect();
    assert!(early.is_empty(), "seed {seed}: rows of slots that were never due: {early:?}");
    (by_status, world.restarts)
}

#[tokio::test]
async fn every_slot_of_a_year_is_run_once_or_missed_for_a_reason() {
    for seed in 1..=2 {
        let (by_status, restarts) = year(seed).await;
        assert!(restarts > 20, "seed {seed}: a host that lives is no trial: {restarts}");
        assert!(by_status["ok"] > 1_000 && by_status["missed"] > 50 && by_status["skipped"] >= 5, "{by_status:?}");
    }
}
