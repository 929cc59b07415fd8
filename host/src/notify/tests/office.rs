//! From results in a journal to what receivers get: all of it but the checks.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::super::{Office, Round, Secrets};
use crate::clock::Clock;
use crate::config::Config;
use crate::model::{
    CheckName, CheckResult, Conclusion, Delivery, DeliveryContent, DeliveryStatus, Digest, NoticeKind,
    NotificationStatus, Phase, RunId, RunRecord, Severity, Status, Trigger, Usage, Window, roll_up,
};
use crate::runner::alert_context;
use crate::store::{AlertContext, DeliveryFilter, PlannedCheck, Store};

/// A journal, a configuration, and a program that is told.
struct World {
    dir: tempfile::TempDir,
    store: Arc<Store>,
    contexts: BTreeMap<CheckName, Arc<AlertContext>>,
    office: Office,
}

fn at(minutes: i64) -> Timestamp {
    "2026-03-02T06:00:00Z".parse::<Timestamp>().unwrap() + SignedDuration::from_mins(minutes)
}

fn config(dir: &Path, more: &str, checks: &[&str]) -> Config {
    let checks = checks.iter().map(|name| {
        format!(
            "[[check]]\nname = \"{name}\"\nplugin = \"row-count@1.0.0\"\nseverity = \"high\"\nowner = \"team\"\n\
             sources = {{ data = [\"**\"] }}\n"
        )
    });
    let text = format!(
        "[source.data]\ntype = \"files\"\npath = \"data\"\n[receiver.program]\ntype = \"command\"\n\
         command = [\"./take\"]\n{more}{}",
        checks.collect::<String>()
    );
    Config::parse(&dir.join("assay.toml"), text).unwrap_or_else(|error| panic!("{error:?}"))
}

const ROUTE: &str = "[route.all]\nreceivers = [\"program\"]\ngroup_by = [\"owner\"]\n";

impl World {
    fn new(more: &str, checks: &[&str]) -> Self {
        use std::os::unix::fs::PermissionsExt as _;
        let dir = tempfile::tempdir().unwrap();
        let program = dir.path().join("take");
        fs_err::write(&program, "#!/bin/sh\n[ -e \"$(dirname \"$0\")/out-of-order\" ] && exit 75\ncat > /dev/null\n")
            .unwrap();
        fs_err::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
        let config = config(dir.path(), more, checks);
        let (contexts, office) = opened(&config);
        let store = Arc::new(Store::open(&dir.path().join("state"), at(0)).unwrap().store);
        Self { dir, store, contexts, office }
    }

    /// The host stops, and another one goes on, with another configuration.
    fn again(self, more: &str, checks: &[&str]) -> Self {
        let Self { dir, store, .. } = self;
        drop(store);
        let (contexts, office) = opened(&config(dir.path(), more, checks));
        let store = Arc::new(Store::open(&dir.path().join("state"), at(0)).unwrap().store);
        Self { dir, store, contexts, office }
    }

    async fn results(&self, minutes: i64, results: &[(&str, Status)]) {
        let now = at(minutes);
        let run = RunRecord {
            run_id: RunId::generate(now),
            trigger: Trigger::Manual,
            requested_by: None,
            schedule: None,
            scheduled_for: now,
            local: None,
            time_zone: "UTC".to_owned(),
            target_date: now.to_zoned_datetime(TimeZone::UTC).date(),
            window: Window { start: now, end: now },
            started_at: now,
            config_digest: Digest::of(b""),
            host_version: String::new(),
            engine_version: String::new(),
        };
        let planned = |name: &&str| PlannedCheck {
            check: name.parse().unwrap(),
            plugin: "row-count@1.0.0".to_owned(),
            severity: Severity::High,
            owner: None,
            tags: Vec::new(),
            settings: "{}".to_owned(),
        };
        let run_id = run.run_id;
        self.store.begin_run(run, results.iter().map(|(name, _)| planned(name)).collect()).await.unwrap();
        for (name, status) in results {
            let result = result(run_id, name, *status, now);
            let context = self.contexts[&result.check].clone();
            self.store.record_and_alert(result, context, now).await.unwrap();
        }
        let weights = results.iter().map(|(_, status)| (*status, Severity::High));
        self.store.finish_run(run_id, roll_up(weights), String::new(), now).await.unwrap();
    }

    async fn tell(&self, minutes: i64) -> (Round, Option<Timestamp>) {
        self.office.tell(&self.store, &Clock::starting_at(at(minutes))).await.unwrap()
    }

    /// All deliveries, the oldest first.
    async fn deliveries(&self) -> Vec<Delivery> {
        let mut all =
            self.store.deliveries(DeliveryFilter { limit: 10_000, ..DeliveryFilter::default() }).await.unwrap();
        all.reverse();
        all
    }

    async fn contents(&self) -> Vec<(DeliveryContent, u64)> {
        self.deliveries().await.iter().map(|delivery| (delivery.content, delivery.notices)).collect()
    }

    fn out_of_order(&self) {
        fs_err::write(self.dir.path().join("out-of-order"), "").unwrap();
    }
}

fn opened(config: &Config) -> (BTreeMap<CheckName, Arc<AlertContext>>, Office) {
    let contexts: BTreeMap<_, _> =
        config.checks.iter().map(|check| (check.name.clone(), Arc::new(alert_context(config, check)))).collect();
    let office = Office::open(config, contexts.clone(), &Secrets::from_variables(|_| None), false).unwrap();
    (contexts, office)
}

fn result(run_id: RunId, check: &str, status: Status, now: Timestamp) -> CheckResult {
    CheckResult {
        run_id,
        check: check.parse().unwrap(),
        attempt: 1,
        plugin: "row-count@1.0.0".to_owned(),
        digest: None,
        owner: None,
        tags: Vec::new(),
        settings: "{}".to_owned(),
        conclusion: Conclusion {
            status,
            reason: None,
            severity: Severity::High,
            message: format!("it is {status}"),
            hint: None,
            detail: None,
            examined: None,
            partial: false,
        },
        findings: Vec::new(),
        metrics: Vec::new(),
        logs: Vec::new(),
        usage: Usage::default(),
        started_at: now,
        duration: Duration::ZERO,
    }
}

#[tokio::test]
async fn alerts_of_a_group_wait_for_each_other_and_a_restart_forgets_and_repeats_nothing() {
    let world = World::new(ROUTE, &["a", "b"]);
    world.results(0, &[("a", Status::Fail), ("b", Status::Fail)]).await;
    let (_, next) = world.tell(0).await;
    let wait = next.unwrap().duration_since(at(0));
    assert_eq!(wait.as_secs(), 30, "the group waits");
    assert!(world.deliveries().await.is_empty());
    let world = world.again(ROUTE, &["a", "b"]);
    world.tell(1).await;
    assert_eq!(world.contents().await, [(DeliveryContent::Firing, 2)]);
    let world = world.again(ROUTE, &["a", "b"]);
    world.tell(2).await;
    world.results(60, &[("a", Status::Pass), ("b", Status::Fail)]).await;
    world.tell(60).await;
    world.tell(70).await;
    world.results(120, &[("b", Status::Pass)]).await;
    world.tell(120).await;
    world.tell(130).await;
    let told = [(DeliveryContent::Firing, 2), (DeliveryContent::Firing, 1), (DeliveryContent::Resolved, 1)];
    assert_eq!(world.contents().await, told, "the group is well when its last alert is");
    let all = world.deliveries().await;
    assert!(all.iter().all(|delivery| delivery.status == DeliveryStatus::Delivered && delivery.attempts == 1));
    assert!(all.iter().all(|delivery| delivery.dedup_key == all[0].dedup_key), "it is one group towards the receiver");
}

#[tokio::test]
async fn what_fails_and_passes_within_the_wait_is_told_to_nobody() {
    let world = World::new(ROUTE, &["a"]);
    world.results(0, &[("a", Status::Fail)]).await;
    world.tell(0).await;
    // Seconds later.
    world.results(0, &[("a", Status::Fail)]).await;
    world.store.alerts().await.unwrap();
    world.results(1, &[("a", Status::Pass)]).await;
    world.tell(1).await;
    assert!(world.deliveries().await.is_empty());
    let alert = world.store.alerts().await.unwrap().remove(0);
    assert_eq!(alert.state.phase, Phase::Resolved, "the history knows");
}

#[tokio::test]
async fn a_message_that_is_never_taken_is_given_up_after_a_day_and_not_lost() {
    let world = World::new(ROUTE, &["a"]);
    world.out_of_order();
    world.results(0, &[("a", Status::Fail)]).await;
    world.tell(0).await;
    let body = || async { world.deliveries().await.first().map(|delivery| delivery.body.clone()) };
    let mut dead = Vec::new();
    world.tell(1).await;
    let first = body().await.unwrap();
    for minutes in (2..26 * 60).step_by(11) {
        dead.extend(world.tell(minutes).await.0.dead);
        assert_eq!(body().await.as_ref(), Some(&first), "what is sent again is what was sent");
    }
    assert_eq!(dead.len(), 1, "told once that it is given up: {dead:?}");
    let delivery = world.deliveries().await.remove(0);
    assert_eq!(delivery.status, DeliveryStatus::Dead);
    assert!(delivery.attempts > 20 && delivery.error.is_some(), "{delivery:?}");
    assert!(delivery.ended_at.unwrap() >= at(23 * 60), "after a day");
}

#[tokio::test]
async fn an_alert_whose_check_is_gone_is_closed_and_so_it_is_told() {
    let world = World::new(ROUTE, &["a", "b"]);
    world.results(0, &[("a", Status::Fail)]).await;
    world.tell(0).await;
    world.tell(1).await;
    let world = world.again(ROUTE, &["b"]);
    world.tell(30).await;
    world.tell(31).await;
    let alert = world.store.alerts().await.unwrap().remove(0);
    assert_eq!(alert.state.phase, Phase::Closed);
    let kinds: Vec<_> =
        world.store.notifications(alert.state.id.unwrap()).await.unwrap().iter().map(|n| n.kind).collect();
    assert_eq!(kinds, [NoticeKind::Open, NoticeKind::Closed]);
}

#[tokio::test]
async fn whoever_was_told_of_the_beginning_is_told_of_the_end_wherever_routes_lead_now() {
    let world = World::new(ROUTE, &["a"]);
    world.results(0, &[("a", Status::Fail)]).await;
    world.tell(0).await;
    world.tell(1).await;
    let elsewhere = "[receiver.other]\ntype = \"log\"\n[route.none]\nmatch = [\"severity=low\"]\nreceivers = [\"program\"]\n\
                     [route.all]\nreceivers = [\"other\"]\n";
    let world = world.again(elsewhere, &["a"]);
    world.results(60, &[("a", Status::Pass)]).await;
    world.tell(60).await;
    world.tell(70).await;
    let told: Vec<_> = world.deliveries().await.iter().map(|d| (d.receiver.clone(), d.content)).collect();
    let program = |content| ("program".to_owned(), content);
    assert_eq!(told, [program(DeliveryContent::Firing), program(DeliveryContent::Resolved)]);
}

#[tokio::test]
async fn more_messages_than_a_receiver_takes_become_one() {
    let checks: Vec<_> = (0..40).map(|n| format!("c{n}")).collect();
    let checks: Vec<&str> = checks.iter().map(String::as_str).collect();
    let more = "[route.all]\nreceivers = [\"program\"]\ngroup_by = [\"check\"]\n";
    let limited = more.replace("[route.all]", "rate = { messages = 5, per = \"10m\" }\n[route.all]");
    let world = World::new(&limited, &checks);
    let failing: Vec<_> = checks.iter().map(|check| (*check, Status::Fail)).collect();
    world.results(0, &failing).await;
    for minutes in 0..20 {
        world.tell(minutes).await;
    }
    let told = world.contents().await;
    assert_eq!(told.len(), 6, "five, and one for all the others: {told:?}");
    assert_eq!(told.iter().map(|(_, notices)| notices).sum::<u64>(), 40, "none is lost");
}

#[tokio::test]
async fn a_silence_is_written_down_and_its_end_tells_what_is_still_so() {
    use crate::alert::Silence;
    use crate::store::StoredSilence;
    let world = World::new(ROUTE, &["a", "b"]);
    let silence = Silence { id: "S".to_owned(), matchers: Vec::new(), from: at(0), until: at(60) };
    let stored = StoredSilence { silence, by: "sam".to_owned(), comment: "at work".to_owned(), created_at: at(0) };
    world.store.silence(stored).await.unwrap();
    world.results(1, &[("a", Status::Fail), ("b", Status::Fail)]).await;
    world.tell(1).await;
    world.results(30, &[("b", Status::Pass)]).await;
    let (_, next) = world.tell(31).await;
    assert_eq!(next, Some(at(60)), "the host looks again when the silence is over");
    assert!(world.deliveries().await.is_empty());
    let alerts = world.store.alerts().await.unwrap();
    for alert in &alerts {
        let noted = world.store.notifications(alert.state.id.unwrap()).await.unwrap();
        let [held] = noted.as_slice() else { panic!("{noted:?}") };
        assert_eq!((held.status, held.suppressed_by.as_deref()), (NotificationStatus::Suppressed, Some("silence:S")));
    }
    world.tell(60).await;
    world.tell(61).await;
    assert_eq!(world.contents().await, [(DeliveryContent::Firing, 1)], "the one that is over is not told of");
}

#[tokio::test]
async fn a_digest_comes_when_it_is_due_whether_or_not_anything_happened() {
    let more = format!("{ROUTE}[digest.daily]\ncron = \"0 8 * * *\"\ntimezone = \"UTC\"\nreceivers = [\"program\"]\n");
    let world = World::new(&more, &["a", "b"]);
    let (_, next) = world.tell(0).await;
    assert_eq!(next, Some(at(120)), "at eight");
    world.results(10, &[("a", Status::Fail), ("b", Status::Pass)]).await;
    world.tell(11).await;
    world.tell(12).await;
    world.tell(121).await;
    world.tell(122).await;
    // A day on which nothing happens, and on which the host was not there at eight.
    world.tell(120 + 25 * 60).await;
    let digests: Vec<_> =
        world.deliveries().await.into_iter().filter(|delivery| delivery.content == DeliveryContent::Digest).collect();
    assert_eq!(digests.iter().map(|digest| digest.notices).collect::<Vec<_>>(), [1, 1], "what is open is told of");
    let body = |nth: usize| -> serde_json::Value { serde_json::from_str(&digests[nth].body).unwrap() };
    let told = body(0)["assay"]["digest"].clone();
    assert_eq!((&told["failed"], &told["passed"]), (&1.into(), &1.into()), "{told:#}");
    assert_ne!(digests[0].id, digests[1].id);
    assert!(digests.iter().all(|digest| digest.status == DeliveryStatus::Delivered));
}
