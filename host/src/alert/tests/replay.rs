//! Three months of 60 checks whose results are labelled: what is truly wrong, and what is noise.

use std::collections::{BTreeMap, BTreeSet};

use super::world::{Sent, World};
use super::*;
use crate::model::Status;

const DAYS: i64 = 90;
const OWNERS: i64 = 6;

/// Something that is truly wrong, and the checks that can see it.
#[derive(Debug, Clone)]
struct Trouble {
    kind: AlertKind,
    checks: Vec<i64>,
    from: i64,
    until: i64,
    /// Every other result is good.
    flaps: bool,
}

fn is_hourly(check: i64) -> bool {
    check % 3 == 0
}

fn severity(check: i64) -> Severity {
    match (check * 7) % 60 {
        0..6 => Severity::Critical,
        6..20 => Severity::High,
        20..42 => Severity::Medium,
        _ => Severity::Low,
    }
}

fn name(check: i64) -> String {
    format!("c{check}")
}

/// When results of a check come: those of one schedule within half a minute.
fn slots(check: i64) -> Vec<i64> {
    let (first, every) = if is_hourly(check) { (0, HOUR) } else { (6 * HOUR + check % OWNERS * 10 * MINUTE, DAY) };
    let lag = check % 5 * 5;
    (0..).map(|n| first + n * every + lag).take_while(|at| *at < DAYS * DAY).collect()
}

fn troubles(dice: &mut Dice) -> Vec<Trouble> {
    let mut troubles = Vec::new();
    for _ in 0..45 {
        let owner = dice.between(0, OWNERS);
        let length = dice.of(&[2 * HOUR, 5 * HOUR, 12 * HOUR, 30 * HOUR, 3 * DAY, 6 * DAY]);
        let from = dice.between(0, DAYS * DAY - length);
        let mut checks: Vec<i64> = (0..dice.between(1, 6)).map(|_| owner + OWNERS * dice.between(0, 10)).collect();
        checks.sort_unstable();
        checks.dedup();
        troubles.push(Trouble { kind: AlertKind::Data, checks, from, until: from + length, flaps: false });
    }
    for _ in 0..12 {
        let check = dice.between(0, 60);
        let length = dice.between(3, 7) * if is_hourly(check) { HOUR } else { DAY };
        let from = dice.between(0, DAYS * DAY - length);
        troubles.push(Trouble {
            kind: AlertKind::Error,
            checks: vec![check],
            from,
            until: from + length,
            flaps: false,
        });
    }
    for (check, from) in [(1, 20 * DAY), (11, 50 * DAY)] {
        // Something is wrong, and then nobody knows for weeks whether it still is.
        let until = from + 25 * DAY;
        let before =
            Trouble { kind: AlertKind::Data, checks: vec![check], from: from - 4 * DAY, until: from, flaps: false };
        troubles.push(before);
        troubles.push(Trouble { kind: AlertKind::Stale, checks: vec![check], from, until, flaps: false });
    }
    for (check, from) in [(9, 10 * DAY), (27, 40 * DAY), (48, 70 * DAY)] {
        let until = from + 3 * DAY;
        troubles.push(Trouble { kind: AlertKind::Data, checks: vec![check], from, until, flaps: true });
    }
    troubles
}

/// What the check says when it is due, and which trouble makes it say so.
fn result(dice: &mut Dice, troubles: &[Trouble], check: i64, at: i64) -> (Status, Option<usize>) {
    let trouble = troubles.iter().position(|trouble| {
        trouble.checks.contains(&check)
            && (trouble.from..trouble.until).contains(&at)
            && !(trouble.flaps && dice.one_in(2))
    });
    // What is noise: a failure, an error or a skip that means nothing.
    let status = match trouble.map(|trouble| troubles[trouble].kind) {
        Some(AlertKind::Data | AlertKind::Missing) => Status::Fail,
        Some(AlertKind::Error) => Status::Error,
        Some(AlertKind::Stale) => Status::Skip,
        None if dice.one_in(if is_hourly(check) { 1_000 } else { 200 }) => Status::Fail,
        None if dice.one_in(500) => Status::Error,
        None if dice.one_in(100) => Status::Skip,
        None if dice.one_in(200) => Status::Warn,
        None => Status::Pass,
    };
    (status, trouble)
}

/// What three months came to.
struct Outcome {
    world: World,
    troubles: Vec<Trouble>,
    /// Which check saw which trouble.
    seen: BTreeSet<(usize, i64)>,
    /// Results that were not passes: messages if each were one.
    naive: usize,
}

fn three_months(seed: u64) -> Outcome {
    let mut dice = Dice(seed);
    let checks = (0..60).map(|check| {
        let owner = format!("team{}", check % OWNERS);
        (labels(&name(check), severity(check), Some(&owner)), Policy::default_of(severity(check)))
    });
    let root = Node { name: "root".to_owned(), receivers: Some(vec!["all".to_owned()]), ..Node::default() };
    let mut world = World::new(checks, Tree { root });
    world.limit = Some(RateLimit::default());
    for n in 0..6 {
        let from = dice.between(0, DAYS * DAY);
        let owner = format!("owner=team{}", dice.between(0, OWNERS)).parse().unwrap();
        let matchers = vec![owner, "severity<=high".parse().unwrap()];
        let until = at(from + dice.between(8 * HOUR, 2 * DAY));
        world.overlays.silences.push(Silence { id: n.to_string(), matchers, from: at(from), until });
    }
    let troubles = troubles(&mut dice);
    let mut due: BTreeMap<i64, Vec<i64>> = BTreeMap::new();
    for check in 0..60 {
        slots(check).into_iter().for_each(|slot| due.entry(slot).or_default().push(check));
    }
    let mut seen = BTreeSet::new();
    let (mut naive, mut read, mut last) = (0, 0, 0);
    let mut acks: BTreeMap<i64, Vec<AlertKey>> = BTreeMap::new();
    for (now, checks) in due {
        world.pass_time(last, now - 1);
        // Of ten that are told that something is wrong, nine look after it: soon if it is bad, and the same day if not.
        for sent in &world.sent[read..] {
            for pending in &sent.bundle.notices {
                let kind = pending.notice.kind;
                let wrong = matches!(kind, NoticeKind::Open | NoticeKind::Reopened | NoticeKind::Repeat);
                if wrong && !dice.one_in(10) {
                    let late = if pending.severity >= Severity::High { 2 * HOUR } else { 9 * HOUR };
                    acks.entry(now + dice.between(20 * MINUTE, late)).or_default().push(pending.alert.clone());
                }
            }
        }
        read = world.sent.len();
        let later = acks.split_off(&now);
        for key in std::mem::replace(&mut acks, later).into_values().flatten() {
            world.event(&key, &ack(None, false), at(now));
        }
        for check in checks {
            let (status, trouble) = result(&mut dice, &troubles, check, now);
            naive += usize::from(status != Status::Pass);
            seen.extend(trouble.map(|trouble| (trouble, check)));
            world.result(&name(check), status, severity(check), now);
        }
        last = now;
    }
    world.pass_time(last, DAYS * DAY);
    Outcome { world, troubles, seen, naive }
}

impl Outcome {
    /// Whether somebody knew, while it was so, that something is wrong.
    fn told(&self, check: i64, trouble: &Trouble) -> bool {
        let alert = key(&name(check), trouble.kind);
        let mut open = false;
        for (when, key, change) in &self.world.history {
            if *key == alert && *when < at(trouble.from) {
                match change {
                    Change::Opened { .. } | Change::Reopened { .. } => open = true,
                    Change::Resolved { .. } | Change::Closed { .. } => open = false,
                    _ => {}
                }
            }
        }
        let says = |sent: &&Sent| sent.interrupts() && sent.bundle.notices.iter().any(|pending| pending.alert == alert);
        let while_it_was = at(trouble.from)..=at(trouble.until + MINUTE);
        // An alert that is open when it begins says so already.
        open || self.world.sent.iter().filter(says).any(|sent| while_it_was.contains(&sent.at))
    }
}

/// Messages that are more than somebody's word to look after something: who sends each bad result has no such thing.
fn is_about_the_data(sent: &&Sent) -> bool {
    sent.bundle.notices.iter().any(|pending| pending.notice.kind != NoticeKind::Ack)
}

#[test]
fn three_months_of_results_are_few_messages_and_nothing_critical_is_missed() {
    for seed in [1, 2] {
        let outcome = three_months(seed);
        let sent = &outcome.world.sent;
        let incidents = outcome.seen.len();
        let interrupting = sent.iter().filter(|sent| sent.interrupts()).count();
        let messages = sent.iter().filter(is_about_the_data).count();
        let figures = format!(
            "seed {seed}: {incidents} true incidents, {} bad results, {} messages, {messages} without those that say \
             that somebody looks after something, {interrupting} that say that something is wrong",
            outcome.naive,
            sent.len(),
        );
        assert!(incidents > 70 && outcome.naive > 2_000, "{figures}");
        assert!(2 * interrupting <= 3 * incidents, "at most 1.5 for a true incident: {figures}");
        assert!(10 * messages <= outcome.naive, "at least 90 % fewer: {figures}");
        let critical: Vec<_> =
            outcome.seen.iter().filter(|(_, check)| severity(*check) == Severity::Critical).collect();
        assert!(critical.len() > 5, "{critical:?}");
        for (trouble, check) in critical {
            let trouble = &outcome.troubles[*trouble];
            assert!(outcome.told(*check, trouble), "nobody was told of {trouble:?} by {check}: {figures}");
        }
        assert!(outcome.world.held.iter().any(|(_, _, _, by)| by.starts_with("silence")));
        let flaps = |sent: &&Sent| sent.bundle.notices.iter().any(|p| p.notice.kind == NoticeKind::FlappingStart);
        assert!(sent.iter().any(|sent| flaps(&sent)), "{figures}");
        let stale = |sent: &Sent| sent.bundle.notices.iter().any(|p| p.alert.kind == AlertKind::Stale);
        assert!(sent.iter().any(stale), "{figures}");
    }
}
