//! Every key of alerting changes what it is for, and nothing else.

mod messages;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Duration;

use super::{messages as messages_of, parse};
use crate::alert::{Per, Policy, Tree, WarnPolicy};
use crate::config::authored::{self, Alerts, Check, Digest, Inhibit, Maintenance, Quiet, Receiver, Route};
use crate::config::schema::{Shaped, keys};
use crate::config::{Config, quantity};
use crate::model::{AlertKind, Labels, Severity};
use crate::notify::receiver::{HOLD, TIME_LIMIT};

/// Every key of every section of alerting, none with its default.
pub(super) const ALERTING: &str = include_str!("alerting/everything.toml");

/// The text with one piece of it changed, where it is first.
pub(super) fn with(piece: &str, instead: &str) -> String {
    assert!(ALERTING.contains(piece), "{piece}");
    ALERTING.replacen(piece, instead, 1)
}

/// What the host sees of alerting, part by part.
fn seen(config: &Config) -> BTreeMap<String, String> {
    let crate::config::AlertingConfig { operator, link, receivers, routes, overlays, reasons, digests, host: _ } =
        &config.alerting;
    let mut seen = BTreeMap::from([
        ("operator".to_owned(), format!("{operator:?}")),
        ("link".to_owned(), format!("{link:?}")),
        ("routes".to_owned(), format!("{routes:?}")),
        ("inhibit".to_owned(), format!("{:?}", overlays.inhibitions)),
        ("quiet".to_owned(), format!("{:?}", overlays.quiet)),
        ("maintenance".to_owned(), format!("{:?} {reasons:?}", overlays.maintenance)),
    ]);
    assert!(overlays.silences.is_empty());
    seen.extend(receivers.iter().map(|receiver| (format!("receiver {}", receiver.name), format!("{receiver:?}"))));
    for digest in digests {
        let zone = digest.timing.time_zone.iana_name().unwrap_or_default();
        let text = format!("{} {zone} {:?} {:?}", digest.timing.cron, digest.receivers, digest.matchers);
        seen.insert(format!("digest {}", digest.name), text);
    }
    for check in &config.checks {
        seen.insert(format!("policy {}", check.name), format!("{:?}", check.alert));
        seen.insert(format!("check {}", check.name), format!("{:?} {:?}", check.check_owner, check.runbook));
    }
    seen
}

#[test]
fn every_key_changes_what_it_is_for_and_nothing_else() {
    let good = seen(&parse(ALERTING).unwrap());
    let mut tried = BTreeSet::new();
    // The key, where it is seen, what is changed in the text, and what changes in what is seen.
    for (key, place, piece, instead, before, after) in [
        ("alerts.operator", "operator", "\"platform\"", "\"you\"", "platform", "you"),
        (
            "alerts.link",
            "link",
            "https://assay",
            "http://assay",
            "https://assay.example.com\"",
            "http://assay.example.com\"",
        ),
        ("alerts.critical", "policy c", "\"2h\"", "\"4h\"", "Some(7200s)", "Some(14400s)"),
        ("alerts.high", "policy h", "\"3h\"", "\"4h\"", "Some(10800s)", "Some(14400s)"),
        ("alerts.medium", "policy m", "\"5h\"", "\"4h\"", "Some(18000s)", "Some(14400s)"),
        ("alerts.low", "policy l", "\"never\"", "\"4h\"", "repeat: None", "repeat: Some(14400s)"),
        (
            "alert.consecutive",
            "policy ingest",
            "\nconsecutive = 4",
            "\nconsecutive = 9",
            " consecutive: 4",
            " consecutive: 9",
        ),
        ("alert.failures_of", "policy ingest", "failures = 3", "failures = 1", "bad: 3", "bad: 1"),
        ("alert.failures_of", "policy ingest", "results = 5", "results = 64", "of: 5", "of: 64"),
        (
            "alert.error_consecutive",
            "policy ingest",
            "error_consecutive = 6",
            "error_consecutive = 1000",
            "error_consecutive: 6",
            "error_consecutive: 1000",
        ),
        ("alert.warn", "policy ingest", "warn = \"alert\"", "warn = \"hold\"", "warn: Alert", "warn: Hold"),
        (
            "alert.severity_floor",
            "policy ingest",
            "\"medium\"",
            "\"high\"",
            "severity_floor: Medium",
            "severity_floor: High",
        ),
        ("alert.repeat", "policy ingest", "\"90m\"", "\"never\"", "repeat: Some(5400s)", "repeat: None"),
        (
            "alert.resolve_after",
            "policy ingest",
            "resolve_after = 2",
            "resolve_after = 3",
            "resolve_after: 2",
            "resolve_after: 3",
        ),
        ("alert.reopen_within", "policy ingest", "\"0s\"", "\"1s\"", "reopen_window: 0ns", "reopen_window: 1s"),
        ("alert.max_skips", "policy ingest", "max_skips = 7", "max_skips = 8", "max_skips: 7", "max_skips: 8"),
        ("alert.missing_after", "policy ingest", "\"20m\"", "\"0s\"", "missing_grace: 1200s", "missing_grace: 0ns"),
        (
            "alert.escalate_after",
            "policy ingest",
            "escalate_after = \"45m\"",
            "",
            "escalate_after: Some(2700s)",
            "escalate_after: None",
        ),
        (
            "alert.escalate_to",
            "policy ingest",
            "[\"program\"]",
            "[\"line\", \"program\"]",
            "[\"program\"]",
            "[\"line\", \"program\"]",
        ),
        ("alert.flapping", "policy ingest", "flapping = false", "flapping = true", "enabled: false", "enabled: true"),
        ("alert.per", "policy ingest", "per = \"table\"", "per = \"check\"", "per: Table", "per: Check"),
        ("alert.runbook", "check ingest", "/ingest\"", "/in\"", "/ingest", "/in"),
        ("check.check_owner", "check ingest", "check_owner = \"tools\"", "", "tools", "data"),
        (
            "receiver.type",
            "receiver line",
            "type = \"log\"",
            "type = \"command\"\ncommand = [\"page\"]",
            "Log(Tracing)",
            "Command(Command { program: \"page\", arguments: [] })",
        ),
        (
            "receiver.send_resolved",
            "receiver bot",
            "resolved = false",
            "resolved = true",
            "send_resolved: false",
            "send_resolved: true",
        ),
        ("receiver.rate", "receiver bot", "messages = 10", "messages = 1", "count: 10", "count: 1"),
        ("receiver.rate", "receiver bot", "per = \"1m\"", "per = \"1h\"", "per: 60s", "per: 3600s"),
        ("receiver.timeout", "receiver bot", "timeout = \"3s\"", "", "time_limit: 3s", "time_limit: 10s"),
        ("receiver.template", "receiver bot", "\"slack.j2\"", "\"/s\"", "/etc/assay/slack.j2", "/s"),
        (
            "receiver.token",
            "receiver bot",
            "{ env = \"BOT\" }",
            "{ file = \"b\" }",
            "Env(\"BOT\")",
            "File(\"/etc/assay/b\")",
        ),
        ("receiver.channel", "receiver bot", "\"#data\"", "\"C1\"", "#data", "C1"),
        (
            "receiver.api",
            "receiver bot",
            "api = \"https://slack.example.com/api/\"",
            "",
            "slack.example.com",
            "slack.com",
        ),
        ("receiver.api", "receiver pager", "api = \"https://events.eu.pagerduty.com\"", "", "events.eu", "events"),
        (
            "receiver.api",
            "receiver issues",
            "api = \"https://github.example.com/api/v3\"",
            "",
            "github.example.com/api/v3",
            "api.github.com",
        ),
        (
            "receiver.url",
            "receiver hook",
            "{ file = \"hook.txt\" }",
            "{ credential = \"h\" }",
            "File(\"/etc/assay/hook.txt\")",
            "Credential(\"h\")",
        ),
        (
            "receiver.url",
            "receiver manager",
            "http://127.0.0.1:9093/",
            "https://a",
            "http://127.0.0.1:9093",
            "https://a",
        ),
        ("receiver.url", "receiver open", "/open", "/o", "/open", "/o"),
        (
            "receiver.routing_key",
            "receiver pager",
            "credential = \"pagerduty\"",
            "env = \"P\"",
            "Credential(\"pagerduty\")",
            "Env(\"P\")",
        ),
        (
            "receiver.token",
            "receiver manager",
            "token = { env = \"MANAGER\" }",
            "",
            "Some(Bearer(Env(\"MANAGER\")))",
            "None",
        ),
        ("receiver.hold", "receiver manager", "hold = \"3d\"", "", "hold: 259200s", "hold: 691200s"),
        ("receiver.refresh", "receiver manager", "refresh = \"6m\"", "", "Some(360s)", "None"),
        ("receiver.host", "receiver mail", "smtp.", "mx.", "smtp.example.com", "mx.example.com"),
        ("receiver.port", "receiver mail", "port = 2525", "", "2525", "465"),
        ("receiver.tls", "receiver mail", "tls = \"tls\"", "", "security: Tls", "security: StartTls"),
        ("receiver.authority", "receiver mail", "authority = \"ca.pem\"", "", "Some(\"/etc/assay/ca.pem\")", "None"),
        ("receiver.user", "receiver mail", "user = \"assay\"", "user = \"me\"", "Some((\"assay\"", "Some((\"me\""),
        ("receiver.password", "receiver mail", "\"SMTP\"", "\"S\"", "\"SMTP\"", "\"S\""),
        ("receiver.from", "receiver mail", "assay <assay@example.com>", "a@b.c", "assay <assay@example.com>", "a@b.c"),
        ("receiver.to", "receiver mail", "[\"data@", "[\"e@f\", \"data@", "[\"data@", "[\"e@f\", \"data@"),
        ("receiver.url_secret", "receiver hidden", "\"HIDDEN\"", "\"H\"", "HIDDEN", "H"),
        (
            "receiver.signing_key",
            "receiver hidden",
            "signing_key = { file = \"/run/secrets/key\" }",
            "",
            "Some(File(\"/run/secrets/key\"))",
            "None",
        ),
        (
            "receiver.headers",
            "receiver hidden",
            "X-Team = { env = \"TEAM\" }, ",
            "",
            "(\"X-Team\", Env(\"TEAM\")), ",
            "",
        ),
        (
            "receiver.repository",
            "receiver issues",
            "example/data",
            "e/d",
            "owner: \"example\", repository: \"data\"",
            "owner: \"e\", repository: \"d\"",
        ),
        ("receiver.labels", "receiver issues", "labels = [\"quality\"]", "", "quality", "assay"),
        ("receiver.command", "receiver program", "\"bin/page\"", "\"page\"", "/etc/assay/bin/page", "page"),
        ("receiver.command", "receiver program", "\"a b\"", "\"c\"", "a b", "c"),
        ("route.within", "routes", "within = \"nba\"", "within = \"rest\"", "", ""),
        ("route.match", "routes", ", \"owner=data\"]", "]", "", ""),
        (
            "route.receivers",
            "routes",
            "[\"pager\", \"mail\"]",
            "[\"mail\", \"pager\"]",
            "[\"pager\", \"mail\"]",
            "[\"mail\", \"pager\"]",
        ),
        ("route.continue", "routes", "continue = true", "continue = false", "go_on: true", "go_on: false"),
        ("route.group_by", "routes", "[\"check\", \"kind\"]", "[]", "Some([Check, Kind])", "Some([])"),
        ("route.group_wait", "routes", "\"10s\"", "\"0s\"", "group_wait: Some(10s)", "group_wait: Some(0ns)"),
        (
            "route.group_interval",
            "routes",
            "group_interval = \"1m\"",
            "",
            "group_interval: Some(60s)",
            "group_interval: None",
        ),
        ("route.repeat", "routes", "\"1h\"", "\"never\"", "repeat: Some(Some(3600s))", "repeat: Some(None)"),
        ("inhibit.source", "inhibit", "[\"check=ingest\"]", "[\"check=c\"]", "value: \"ingest\"", "value: \"c\""),
        (
            "inhibit.target",
            "inhibit",
            "target = [\"tag=nba\"]",
            "target = [\"tag!=nba\"]",
            "field: Tag, op: Is",
            "field: Tag, op: IsNot",
        ),
        ("inhibit.equal", "inhibit", "equal = [\"owner\"]", "", "equal: [Owner]", "equal: []"),
        ("quiet.timezone", "quiet", "Europe/Berlin", "Europe/Paris", "Europe/Berlin", "Europe/Paris"),
        ("quiet.days", "quiet", "[\"sat\", \"sun\"]", "[\"mon\"]", "[Saturday, Sunday]", "[Monday]"),
        ("quiet.from", "quiet", "\"22:00\"", "\"00:00\"", "22:00:00", "00:00:00"),
        ("quiet.until", "quiet", "\"07:30\"", "\"23:59\"", "07:30:00", "23:59:00"),
        ("maintenance.from", "maintenance", "22:00+01:00", "22:00+02:00", "2026-12-01T21", "2026-12-01T20"),
        ("maintenance.until", "maintenance", "06:00Z", "06:00-01:00", "2026-12-02T06", "2026-12-02T07"),
        ("maintenance.match", "maintenance", "source=local", "source!=local", "op: Is", "op: IsNot"),
        ("maintenance.reason", "maintenance", "reason = \"move\"", "", "{\"move\": \"move\"}", "{}"),
        ("digest.cron", "digest daily", "0 8 * * *", "0 9 * * 1", "0 8 * * *", "0 9 * * 1"),
        ("digest.timezone", "digest daily", "America/New_York", "Asia/Tokyo", "America/New_York", "Asia/Tokyo"),
        (
            "digest.receivers",
            "digest daily",
            "receivers = [\"bot\"]",
            "receivers = [\"line\"]",
            "[\"bot\"]",
            "[\"line\"]",
        ),
        ("digest.match", "digest daily", "match = [\"owner=data\"]", "", "", ""),
    ] {
        let changed = seen(&parse(&with(piece, instead)).unwrap_or_else(|_| panic!("{key}: {instead}")));
        let different: Vec<_> = good.iter().filter(|(place, value)| changed[*place] != **value).collect();
        assert_eq!(different.iter().map(|(place, _)| place.as_str()).collect::<Vec<_>>(), [place], "{key}: {instead}");
        if !before.is_empty() {
            assert!(good[place].contains(before), "{key}: no `{before}` in {}", good[place]);
            assert_eq!(changed[place], good[place].replacen(before, after, 1), "{key}");
        }
        tried.insert(key.to_owned());
    }
    // Of many checks or of what cannot be told by one replacement: see below.
    tried.extend(["alerts.policy", "route.quiet"].map(str::to_owned));
    assert_eq!(tried, keys_there_are(), "every key of the schema is tried");
}

fn keys_there_are() -> BTreeSet<String> {
    fn of<T: Shaped>() -> impl Iterator<Item = String> {
        T::shape().keys().map(|key| format!("{}.{key}", T::WHAT))
    }
    let policy = keys(Check::shape().property("alert").unwrap()).unwrap();
    let policy = policy.keys().map(|key| format!("alert.{key}")).chain(["check.check_owner".to_owned()]);
    let overlays = of::<Inhibit>().chain(of::<Quiet>()).chain(of::<Maintenance>());
    let routes = of::<Receiver>().chain(of::<Route>()).chain(of::<Digest>());
    of::<Alerts>().chain(overlays).chain(routes).chain(policy).collect()
}

#[test]
fn of_policies_the_nearest_holds() {
    let policies = |text: &str| -> BTreeMap<String, Policy> {
        parse(text).unwrap().checks.iter().map(|check| (check.name.to_string(), (*check.alert).clone())).collect()
    };
    let good = policies(ALERTING);
    assert_eq!(good["ingest"].max_skips, 7, "what the check says");
    for name in ["c", "h", "m", "l"] {
        assert_eq!(good[name].max_skips, 30, "what is said of all checks");
    }
    let of_severity = policies(&with("[alerts.critical]", "[alerts.critical]\nmax_skips = 3"));
    assert_eq!((of_severity["c"].max_skips, of_severity["h"].max_skips), (3, 30), "what is said of the severity");
    let none = policies(&with("[alerts.policy]\nmax_skips = 30", "").replace("[alerts.low]\nrepeat = \"never\"", ""));
    assert_eq!(none["l"], Policy::default_of(Severity::Low), "what is built in");
    let policy = &good["ingest"];
    assert_eq!((policy.severity, policy.warn, policy.per), (Severity::High, WarnPolicy::Alert, Per::Table));
    assert_eq!(policy.threshold(AlertKind::Error), 6);
}

#[test]
fn the_tree_of_routes_is_that_of_the_file() {
    let alerting = parse(ALERTING).unwrap().alerting;
    let names = |tree: &Tree| -> Vec<String> { tree.root.routes.iter().map(|node| node.name.clone()).collect() };
    assert_eq!(names(&alerting.routes), ["loud", "rest"]);
    let [nba] = alerting.routes.root.routes[1].routes.as_slice() else { panic!("{:?}", alerting.routes) };
    assert_eq!((nba.name.as_str(), nba.routes[0].name.as_str()), ("nba", "late"));
    assert_eq!(nba.matchers[0].to_string(), "tag=nba");
    assert_eq!(alerting.routes.root.routes[0].quiet, Some(vec!["nights".to_owned()]));
    let mut labels = Labels {
        check: "c".parse().unwrap(),
        kind: AlertKind::Data,
        segment: None,
        severity: Severity::Critical,
        owner: Some("data".to_owned()),
        tags: Vec::new(),
        sources: vec!["local".to_owned()],
        schedule: None,
    };
    let to = |labels: &Labels| alerting.routes.deliver_to(labels).into_iter().map(|to| to.receiver).collect::<Vec<_>>();
    assert_eq!(to(&labels).len(), 9, "two routes, for the first goes on");
    labels.tags = vec!["nba".to_owned()];
    assert_eq!(to(&labels), ["pager", "mail"], "deliberately nobody else");
    // A route may come before the one that it is within.
    let late = "[route.late]\nwithin = \"nba\"\nreceivers = []\n";
    let turned = parse(&with(late, "").replacen("[route.loud]", &format!("{late}[route.loud]"), 1)).unwrap();
    assert_eq!(turned.alerting.routes, alerting.routes);
}

#[test]
fn what_is_left_out_has_a_default() {
    let config = parse(crate::config::tests::messages::ONE).unwrap();
    let alerting = &config.alerting;
    assert_eq!((&alerting.operator, &alerting.link), (&None, &None));
    assert!(alerting.receivers.is_empty() && alerting.digests.is_empty() && alerting.routes.root.routes.is_empty());
    assert_eq!(*config.checks[0].alert, Policy::default_of(Severity::Medium));
    assert_eq!((&config.checks[0].check_owner, &config.checks[0].runbook), (&None, &None));
    let line = parse(ALERTING).unwrap().alerting.receiver("line").cloned().unwrap();
    assert_eq!(line, crate::notify::receiver::Receiver::new("line", line.kind.clone()));
    // As it is said in the schema.
    let times = [
        (authored::GROUP_WAIT_DEFAULT, alerting.routes.beside("x").group_wait),
        (authored::GROUP_INTERVAL_DEFAULT, alerting.routes.beside("x").group_interval),
        (authored::TIMEOUT_DEFAULT, TIME_LIMIT),
        (authored::HOLD_DEFAULT, HOLD),
        (authored::REOPEN_DEFAULT, config.checks[0].alert.reopen_window),
        (authored::MISSING_DEFAULT, config.checks[0].alert.missing_grace),
    ];
    for (time, used) in times {
        assert_eq!(quantity::millis(time.text), Ok(time.millis), "{}", time.text);
        assert_eq!(time.duration(), used, "{}", time.text);
    }
    let group_by: Vec<_> = alerting.routes.beside("x").group_by.iter().map(|field| field.as_str()).collect();
    assert_eq!(group_by, authored::GROUP_BY_DEFAULT);
    let Policy { resolve_after, max_skips, flap, .. } = &*config.checks[0].alert;
    assert_eq!((*resolve_after, *max_skips, flap.enabled), (1, 14, true));
    let repeats = Severity::ALL.map(|severity| Policy::default_of(severity).repeat);
    assert_eq!(repeats, [4, 12, 24, 168].map(|hours| Some(Duration::from_hours(hours))));
}

#[test]
fn a_route_may_name_what_is_not_in_the_file_by_patterns() {
    for matcher in
        ["check~\\\"gone/*\\\"", "check=assay/host", "owner=tools", "owner=platform", "kind=missing", "segment=x"]
    {
        let text = with("match = [\"tag=nba\"]", &format!("match = [\"{matcher}\"]"));
        assert_eq!(parse(&text).map(drop).map_err(|_| messages_of(&text)), Ok(()), "{matcher}");
    }
}

#[test]
fn paths_are_only_names_here() {
    let nowhere = Config::parse(Path::new("/nowhere/assay.toml"), ALERTING.to_owned()).unwrap();
    let template = nowhere.alerting.receivers[0].template.as_deref();
    assert_eq!(template, Some(Path::new("/nowhere/slack.j2")));
}
