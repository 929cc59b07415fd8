//! Every key changes what the host sees, and nothing but what it is for.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Duration;

use super::{GOOD, parse, with};
use crate::bigquery::{ConnectionOptions, Identity};
use crate::config::authored::{self, Calendar, Check, Host, Schedule, Serve, Source};
use crate::config::schema::Shaped;
use crate::config::{
    BigQueryConfig, CalendarConfig, CheckConfig, Config, HostConfig, STARTER, ScheduleConfig, ServeConfig, SourceKind,
    quantity,
};
use crate::model::{LimitRequest, Severity};
use crate::schedule::{CatchUp, Dst, Overlap};

/// What the host sees of each key, taken apart without `..`, so that a new field asks for a key.
fn seen(config: &Config) -> BTreeMap<&'static str, String> {
    let limits = |limits: &[LimitRequest]| {
        let mut limits: Vec<_> = limits.iter().map(|limit| format!("{} {}", limit.name, limit.value)).collect();
        limits.sort();
        limits.join(", ")
    };
    let HostConfig {
        state_dir,
        plugin_dir,
        workers,
        component_bytes_max,
        compile_time,
        compile_memory_bytes,
        ceilings,
    } = &config.host;
    let source = &config.sources[0];
    let SourceKind::Files { path, project, memory_bytes, spill_bytes, as_of } = &source.kind else {
        panic!("the first source is one of files")
    };
    let SourceKind::BigQuery(warehouse) = &config.sources[1].kind else { panic!("the second source is BigQuery") };
    let BigQueryConfig { connection, dataset, daily_budget: day } = warehouse;
    let ConnectionOptions { project: jobs, location, endpoint, identity, retry: _ } = connection;
    let Identity { credentials, impersonate } = identity;
    let ServeConfig { listen, tokens, drain, self_check, keep, disk_free_min_bytes, heartbeat, traces } = &config.serve;
    let tokens: Vec<_> = tokens
        .iter()
        .map(|token| {
            let digest: String = token.sha256.to_string().chars().take("sha256:0123".len()).collect();
            format!("{} {digest} {}", token.name, token.role.as_str())
        })
        .collect();
    let heartbeat = heartbeat.as_ref().map(|heartbeat| format!("{} {:?}", heartbeat.url, heartbeat.every));
    let CalendarConfig { name: _, active, blackout, file, query } = &config.calendars[0];
    let active: Vec<_> = active.iter().map(ToString::to_string).collect();
    let blackout: Vec<_> = blackout.iter().map(|days| format!("{} {:?}", days.span, days.reason)).collect();
    let ScheduleConfig {
        name: _,
        time_zone,
        cron,
        target,
        dst: Dst { gap, overlap: twice },
        catch_up: CatchUp { mode, window, limit },
        overlap,
        jitter,
        start_deadline,
        deadline,
        calendar,
        depends_on: upstream,
        depends_within,
    } = &config.schedules[0];
    let CheckConfig {
        name,
        plugin,
        schedule,
        depends_on: _,
        attempts,
        confirm,
        severity,
        owner,
        check_owner: _,
        alert: _,
        runbook: _,
        tags,
        grants,
        daily_budget,
        limits: asked,
        settings,
    } = &config.checks[0];
    let confirm = confirm.as_ref().map(|confirm| format!("{} {:?}", confirm.times, confirm.after));
    // Of another check, for this one's schedule changes.
    let depends_on: Vec<_> = config.checks[3].depends_on.iter().map(ToString::to_string).collect();
    let upstream: Vec<_> = upstream.iter().map(ToString::to_string).collect();
    let optional = |duration: &Option<Duration>| duration.map(|duration| format!("{duration:?}")).unwrap_or_default();
    let grants: Vec<_> = grants
        .iter()
        .map(|grant| {
            let tables: Vec<_> = grant.tables.iter().map(ToString::to_string).collect();
            format!("{}: {}", grant.source, tables.join(" "))
        })
        .collect();
    BTreeMap::from([
        ("host.state", state_dir.display().to_string()),
        ("host.plugins", plugin_dir.display().to_string()),
        ("host.workers", workers.to_string()),
        ("host.component_max", component_bytes_max.to_string()),
        ("host.compile_time", compile_time.as_millis().to_string()),
        ("host.compile_memory", compile_memory_bytes.to_string()),
        ("host.limits", limits(ceilings)),
        ("serve.listen", listen.to_string()),
        ("serve.tokens", tokens.join(", ")),
        ("serve.drain", format!("{drain:?}")),
        ("serve.self_check", format!("{self_check:?}")),
        ("serve.keep", optional(keep)),
        ("serve.disk_free_min", disk_free_min_bytes.to_string()),
        ("serve.heartbeat", heartbeat.unwrap_or_default()),
        ("serve.traces", traces.clone().unwrap_or_default()),
        ("calendar.active", active.join(", ")),
        ("calendar.blackout", blackout.join(", ")),
        ("calendar.file", file.as_ref().map(|file| file.display().to_string()).unwrap_or_default()),
        ("calendar.query", query.as_ref().map(|query| format!("{}: {}", query.source, query.sql)).unwrap_or_default()),
        ("source.path", path.display().to_string()),
        ("source.project", project.clone().unwrap_or_default()),
        ("source.as_of_from", as_of.clone().map(|(from, _)| from).unwrap_or_default()),
        ("source.as_of_until", as_of.clone().and_then(|(_, until)| until).unwrap_or_default()),
        ("source.memory", memory_bytes.to_string()),
        ("source.spill", spill_bytes.to_string()),
        ("source.concurrency", source.concurrency.to_string()),
        ("source.project of BigQuery", jobs.clone()),
        ("source.dataset", dataset.clone().unwrap_or_default()),
        ("source.location", location.clone().unwrap_or_default()),
        ("source.credentials", format!("{credentials:?}")),
        ("source.impersonate", impersonate.clone().unwrap_or_default()),
        ("source.endpoint", endpoint.clone()),
        ("source.daily_budget", day.map(|bytes| bytes.to_string()).unwrap_or_default()),
        ("schedule.timezone", time_zone.iana_name().expect("a zone has a name").to_owned()),
        ("schedule.cron", cron.as_ref().map(ToString::to_string).unwrap_or_default()),
        ("schedule.target", target.as_str().to_owned()),
        ("schedule.dst_gap", gap.as_str().to_owned()),
        ("schedule.dst_overlap", twice.as_str().to_owned()),
        ("schedule.catch_up", mode.as_str().to_owned()),
        ("schedule.catch_up_window", format!("{window:?}")),
        ("schedule.catch_up_limit", limit.to_string()),
        ("schedule.overlap", overlap.as_str().to_owned()),
        ("schedule.jitter", format!("{jitter:?}")),
        ("schedule.start_deadline", optional(start_deadline)),
        ("schedule.deadline", optional(deadline)),
        ("schedule.calendar", calendar.as_ref().map(ToString::to_string).unwrap_or_default()),
        ("schedule.depends_on", upstream.join(", ")),
        ("schedule.depends_within", format!("{depends_within:?}")),
        ("check.name", name.to_string()),
        ("check.plugin", plugin.to_string()),
        ("check.schedule", schedule.as_ref().map_or_else(String::new, ToString::to_string)),
        ("check.depends_on", depends_on.join(", ")),
        ("check.attempts", attempts.to_string()),
        ("check.confirm", confirm.unwrap_or_default()),
        ("check.severity", severity.to_string()),
        ("check.owner", owner.clone().unwrap_or_default()),
        ("check.tags", tags.join(", ")),
        ("check.sources", grants.join("; ")),
        ("check.daily_budget", daily_budget.map(|bytes| bytes.to_string()).unwrap_or_default()),
        ("check.limits", limits(asked)),
        ("check.settings", settings.clone()),
    ])
}

#[test]
fn every_key_changes_what_it_is_for_and_nothing_else() {
    let good = seen(&parse(GOOD).unwrap());
    let mut tried = BTreeSet::new();
    for (key, piece, instead, before, after) in [
        ("host.state", "\"s\"", "\"/var/s\"", "/etc/assay/s", "/var/s"),
        ("host.plugins", "\"p\"", "\"../p\"", "/etc/assay/p", "/etc/assay/../p"),
        ("host.workers", "workers = 3", "workers = 1024", "3", "1024"),
        ("host.component_max", "max = \"1 MiB\"", "max = \"3 KiB\"", "1048576", "3072"),
        ("host.compile_time", "\"9s\"", "\"1m\"", "9000", "60000"),
        ("host.compile_memory", "\"7 MiB\"", "\"1 GiB\"", "7340032", "1073741824"),
        ("host.limits", "\"32 MiB\", rows = 7", "\"1 KiB\"", "memory 33554432, rows 7", "memory 1024"),
        ("serve.listen", "0.0.0.0:9000", "[::1]:1", "0.0.0.0:9000", "[::1]:1"),
        ("serve.tokens", "\"ci\"", "\"you\"", "ci sha256:0123 operate", "you sha256:0123 operate"),
        ("serve.tokens", "\"0123", "\"4567", "ci sha256:0123 operate", "ci sha256:4567 operate"),
        ("serve.tokens", "\"operate\"", "\"read\"", "ci sha256:0123 operate", "ci sha256:0123 read"),
        ("serve.drain", "drain = \"10s\"", "drain = \"0s\"", "10s", "0ns"),
        ("serve.self_check", "\"5m\"", "\"1s\"", "300s", "1s"),
        ("serve.keep", "keep = \"400d\"\n", "", "34560000s", ""),
        ("serve.disk_free_min", "\"3 GiB\"", "\"5 B\"", "3221225472", "5"),
        ("serve.heartbeat", "https://h", "http://i", "https://h.example/x 120s", "http://i.example/x 120s"),
        ("serve.heartbeat", "\"2m\"", "\"1s\"", "https://h.example/x 120s", "https://h.example/x 1s"),
        (
            "serve.traces",
            "http://t.",
            "https://t.",
            "http://t.example:4318/v1/traces",
            "https://t.example:4318/v1/traces",
        ),
        (
            "calendar.active",
            ", \"2026-09-01\"]",
            ", \"2026-06-30\", \"2026-06-30\"]",
            "2025-10-21..2026-06-30, 2026-09-01",
            "2025-10-21..2026-06-30, 2026-06-30, 2026-06-30",
        ),
        (
            "calendar.blackout",
            ", reason = \"All-Star break\"",
            "",
            "2025-12-25 None, 2026-02-13..2026-02-18 Some(\"All-Star break\")",
            "2025-12-25 None, 2026-02-13..2026-02-18 None",
        ),
        ("calendar.file", "\"days.txt\"", "\"/d\"", "/etc/assay/days.txt", "/d"),
        ("calendar.query", "\"SELECT d\"", "\"SELECT e\"", "local: SELECT d", "local: SELECT e"),
        ("source.path", "\"data\"", "\".\"", "/etc/assay/data", "/etc/assay/."),
        ("source.project", "\nproject = \"my-project\"", "", "my-project", ""),
        ("source.as_of_from", "\"available_at\"", "\"Seen\"", "available_at", "Seen"),
        ("source.as_of_until", "as_of_until = \"superseded_at\"\n", "", "superseded_at", ""),
        ("source.memory", "\nmemory = \"1 MiB\"", "\nmemory = \"9 B\"", "1048576", "9"),
        ("source.spill", "\"2 MiB\"", "\"1 kB\"", "2097152", "1000"),
        ("source.concurrency", "concurrency = 4", "concurrency = 1", "4", "1"),
        ("source.project of BigQuery", "\"jobs-project\"", "\"p\"", "jobs-project", "p"),
        ("source.dataset", "\"analytics\"", "\"other.raw_1\"", "analytics", "other.raw_1"),
        ("source.location", "location = \"EU\"\n", "", "EU", ""),
        ("source.credentials", "\"metadata\"", "\"adc\"", "Metadata", "Default"),
        ("source.credentials", "\"metadata\"", "\"none\"", "Metadata", "None"),
        (
            "source.credentials",
            "credentials = \"metadata\"",
            "credentials_file = \"k.json\"",
            "Metadata",
            "File(\"/etc/assay/k.json\")",
        ),
        (
            "source.impersonate",
            "reader@p",
            "writer@p",
            "reader@p.iam.gserviceaccount.com",
            "writer@p.iam.gserviceaccount.com",
        ),
        (
            "source.endpoint",
            "\"https://bigquery.example\"",
            "\"http://127.0.0.1:9050/\"",
            "https://bigquery.example",
            "http://127.0.0.1:9050",
        ),
        ("source.daily_budget", "daily_budget = \"1 TiB\"\n", "", "1099511627776", ""),
        ("schedule.timezone", "America/New_York", "Asia/Tokyo", "America/New_York", "Asia/Tokyo"),
        ("schedule.cron", "\"0 6 * * *\"", "\"30 7 * * 1-5\"", "0 6 * * *", "30 7 * * 1-5"),
        ("schedule.target", "previous_day", "same_day", "previous_day", "same_day"),
        ("schedule.dst_gap", "dst_gap = \"skip\"", "dst_gap = \"shift\"", "skip", "shift"),
        ("schedule.dst_overlap", "\"both\"", "\"second\"", "both", "second"),
        ("schedule.catch_up", "catch_up = \"all\"", "catch_up = \"none\"", "all", "none"),
        ("schedule.catch_up_window", "\"3d\"", "\"2w\"", "259200s", "1209600s"),
        ("schedule.catch_up_limit", "limit = 5", "limit = 10080", "5", "10080"),
        ("schedule.overlap", "overlap = \"allow\"", "overlap = \"queue_one\"", "allow", "queue_one"),
        ("schedule.jitter", "\"90s\"", "\"0s\"", "90s", "0ns"),
        ("schedule.start_deadline", "start_deadline = \"30m\"", "", "1800s", ""),
        ("schedule.deadline", "\ndeadline = \"2h\"", "", "7200s", ""),
        ("schedule.calendar", "calendar = \"season\"\n", "", "season", ""),
        ("schedule.depends_on", "[\"evening\"]", "[\"noon\"]", "evening", "noon"),
        ("schedule.depends_within", "\"12h\"", "\"1m\"", "43200s", "60s"),
        ("check.name", "\"a\"", "\"team/a.1\"", "a", "team/a.1"),
        ("check.plugin", "row-count@1.0.0", "row-count@1.0.1", "row-count@1.0.0", "row-count@1.0.1"),
        ("check.schedule", "schedule = \"morning\"", "schedule = \"evening\"", "morning", "evening"),
        ("check.depends_on", "depends_on = [\"e\"]", "", "e", ""),
        ("check.attempts", "attempts = 5", "attempts = 1", "5", "1"),
        ("check.confirm", "times = 2", "times = 10", "2 60s", "10 60s"),
        ("check.confirm", "\"1m\"", "\"0s\"", "2 60s", "2 0ns"),
        ("check.severity", "\"high\"", "\"low\"", "high", "low"),
        ("check.owner", "owner = \"o\"", "", "o", ""),
        ("check.tags", "[\"t\"]", "[\"u\", \"t\"]", "t", "u, t"),
        ("check.sources", "[\"x_*\"]", "[\"z\", \"**\"]", "local: x_*", "local: z **"),
        ("check.daily_budget", "\"5 GiB\"", "\"1 B\"", "5368709120", "1"),
        ("check.limits", "fuel = 5, ", "rows = 6, ", "deadline 2000, fuel 5", "deadline 2000, rows 6"),
        (
            "check.settings",
            "table = \"x\"",
            "rules = [{ min = 1.5 }]",
            r#"{"since":"2026-01-31","table":"x"}"#,
            r#"{"rules":[{"min":1.5}],"since":"2026-01-31"}"#,
        ),
    ] {
        let changed = seen(&parse(&with(piece, instead)).unwrap());
        let different: Vec<_> = good.iter().filter(|(key, value)| changed[**key] != **value).collect();
        assert_eq!(different, [(&key, &before.to_owned())], "{key}");
        assert_eq!(changed[key], after, "{key}");
        tried.insert(key.to_owned());
    }
    // Another type wants other keys, see `messages`.
    tried.insert("source.type".to_owned());
    // See `alerting`.
    tried.extend(["check.alert", "check.check_owner"].map(str::to_owned));
    // It is tried as what it says of the credentials.
    tried.insert("source.credentials_file".to_owned());
    assert!(tried.remove("source.project of BigQuery"));
    assert_eq!(tried, keys_there_are(), "every key of the schema is tried");
}

fn keys_there_are() -> BTreeSet<String> {
    fn of<T: Shaped>() -> impl Iterator<Item = String> {
        T::shape().keys().map(|key| format!("{}.{key}", T::WHAT))
    }
    let of_host = of::<Host>().chain(of::<Serve>());
    let of_named = of::<Source>().chain(of::<Calendar>()).chain(of::<Schedule>());
    of_host.chain(of_named).chain(of::<Check>()).collect()
}

#[test]
fn names_and_order_are_those_of_the_file() {
    let text = GOOD.to_owned()
        + "[source.archive]\ntype = \"files\"\npath = \"old\"\n[[check]]\nname = \"0\"\nplugin = \"x@1.0.0\"\n"
        + "sources = { local = [\"t\"], archive = [\"*\"] }\n";
    let config = parse(&text).unwrap();
    let sources: Vec<_> = config.sources.iter().map(|source| source.name.as_str()).collect();
    let schedules: Vec<_> = config.schedules.iter().map(|schedule| schedule.name.as_str()).collect();
    let checks: Vec<_> = config.checks.iter().map(|check| check.name.as_str()).collect();
    let calendars: Vec<_> = config.calendars.iter().map(|calendar| calendar.name.as_str()).collect();
    let grants: Vec<_> = config.checks[5].grants.iter().map(|grant| grant.source.as_str()).collect();
    assert_eq!(sources, ["local", "warehouse", "archive"]);
    assert_eq!(calendars, ["season"]);
    assert_eq!(schedules, ["morning", "evening", "noon"]);
    assert_eq!(checks, ["a", "b", "c", "d", "e", "0"]);
    assert_eq!(grants, ["local", "archive"], "a check sees its sources in this order");
    assert_eq!(config.digest, crate::model::Digest::of(text.as_bytes()));
}

#[test]
fn what_is_left_out_has_a_default() {
    let text = "[source.d]\ntype = \"files\"\npath = \"data\"\n[[check]]\nname = \"a\"\nplugin = \"x@1.0.0\"\nsources = { d = [\"t\"] }\n";
    let config = Config::parse(Path::new("assay.toml"), text.to_owned()).unwrap();
    let serve = ServeConfig {
        listen: "127.0.0.1:8750".parse().unwrap(),
        tokens: Vec::new(),
        drain: Duration::from_secs(30),
        self_check: Duration::from_secs(60),
        keep: None,
        disk_free_min_bytes: 1 << 30,
        heartbeat: None,
        traces: None,
    };
    assert_eq!(config.serve, serve);
    let with_empty = Config::parse(Path::new("assay.toml"), format!("{text}[serve]\n")).unwrap();
    assert_eq!(with_empty.serve, serve, "the same with the heading alone");
    let cores = std::thread::available_parallelism().unwrap();
    let host = HostConfig {
        state_dir: ".assay".into(),
        plugin_dir: "plugins".into(),
        workers: cores,
        component_bytes_max: 64 << 20,
        compile_time: std::time::Duration::from_secs(300),
        compile_memory_bytes: 2 << 30,
        ceilings: Vec::new(),
    };
    assert_eq!(config.host, host);
    assert_eq!(HostConfig::default(), host, "the same without a file");
    let kind = SourceKind::Files {
        path: "data".into(),
        project: None,
        memory_bytes: 512 << 20,
        spill_bytes: 2 << 30,
        as_of: None,
    };
    assert_eq!((&config.sources[0].kind, config.sources[0].concurrency.get()), (&kind, 8));
    let check = &config.checks[0];
    assert_eq!((check.severity, check.settings.as_str()), (Severity::Medium, "{}"));
    assert_eq!((check.attempts, &check.confirm, check.depends_on.as_slice()), (3, &None, &[][..]));
    assert!(check.schedule.is_none() && check.owner.is_none() && check.tags.is_empty() && check.limits.is_empty());
}

#[test]
fn what_is_left_out_of_a_schedule_has_a_default() {
    let evening = &parse(GOOD).unwrap().schedules[1];
    assert_eq!((evening.dst, &evening.catch_up), (Dst::default(), &CatchUp::default()), "as said where they are used");
    assert_eq!((evening.overlap, evening.jitter), (Overlap::Skip, Duration::ZERO));
    assert_eq!((evening.start_deadline, evening.deadline, &evening.calendar), (None, None, &None));
    assert_eq!((evening.depends_on.as_slice(), evening.depends_within), (&[][..], Duration::from_secs(6 * 3_600)));
}

#[test]
fn each_part_of_a_calendar_is_one_by_itself() {
    let season = GOOD.get(GOOD.find("active").unwrap()..GOOD.find("\n\n[schedule.morning]").unwrap()).unwrap();
    for line in season.lines() {
        let CalendarConfig { name, active, blackout, file, query } =
            parse(&with(season, line)).unwrap().calendars.remove(0);
        let parts = [!active.is_empty(), !blackout.is_empty(), file.is_some(), query.is_some()];
        assert_eq!(parts.into_iter().filter(|part| *part).count(), 1, "{name}: {line}");
    }
    assert_eq!(season.lines().count(), 4, "{season}");
}

#[test]
fn defaults_are_what_they_say() {
    let sizes = [
        authored::COMPONENT_DEFAULT,
        authored::COMPILE_MEMORY_DEFAULT,
        authored::QUERY_MEMORY_DEFAULT,
        authored::SPILL_DEFAULT,
        authored::DISK_FREE_DEFAULT,
    ];
    for size in sizes {
        assert_eq!(quantity::bytes(size.text), Ok(size.bytes), "{}", size.text);
    }
    let times = [
        authored::COMPILE_TIME_DEFAULT,
        authored::DRAIN_DEFAULT,
        authored::SELF_CHECK_DEFAULT,
        authored::EVERY_MIN,
        authored::CATCH_UP_WINDOW_DEFAULT,
        authored::JITTER_DEFAULT,
        authored::DEPENDS_WITHIN_DEFAULT,
    ];
    for time in times {
        assert_eq!(quantity::millis_or_zero(time.text), Ok(time.millis), "{}", time.text);
    }
}

#[test]
fn the_starter_is_a_good_configuration() {
    let config = parse(STARTER).unwrap();
    assert_eq!(config.checks.len(), 4);
    // What it shows as a default, commented out, is one: to write it out changes nothing that is not the machine's.
    let (before, alerting) = STARTER.split_once("# Who is told of alerts").unwrap();
    let (alerting, after) = alerting.split_once("\n\n").unwrap();
    let spelled: String = before
        .lines()
        .chain(after.lines())
        .map(|line| match line.strip_prefix("# ") {
            Some(default) if default.contains(" = ") && !default.starts_with("limits") => format!("{default}\n"),
            _ => format!("{line}\n"),
        })
        .collect();
    let spelled = spelled.replace("# [host.limits]", "[host.limits]").replace("# [serve]", "[serve]");
    assert!(spelled.contains("\n[serve]\nlisten = \"127.0.0.1:8750\""), "{spelled}");
    let spelled = parse(&spelled).unwrap();
    let host =
        HostConfig { workers: config.host.workers, ceilings: config.host.ceilings.clone(), ..spelled.host.clone() };
    assert_eq!((host, spelled.serve, spelled.sources), (config.host, config.serve, config.sources));
    let told: Vec<_> = alerting.lines().skip(2).filter_map(|line| line.strip_prefix("# ")).collect();
    let told = parse(&format!("{STARTER}\n{}", told.join("\n"))).unwrap().alerting;
    assert_eq!(told.routes.receivers(), ["team"]);
    for ceiling in spelled.host.ceilings {
        assert_eq!(ceiling.value, ceiling.name.default_ceiling(), "{}", ceiling.name);
    }
}

#[test]
fn a_check_may_ask_for_more_than_the_host_gives() {
    let config = parse(&with("fuel = 5", "memory = \"1 GiB\"")).unwrap();
    let memory = crate::model::Limits::resolve(&config.host.ceilings, &config.checks[0].limits)
        .get(crate::model::LimitName::Memory);
    assert_eq!(memory, 32 << 20, "the lower holds");
}
