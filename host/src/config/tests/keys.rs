//! Every key changes what the host sees, and nothing but what it is for.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::{GOOD, parse, with};
use crate::config::authored::{self, Check, Host, Schedule, Source};
use crate::config::schema::Shaped;
use crate::config::{CheckConfig, Config, HostConfig, STARTER, SourceKind, quantity};
use crate::model::{LimitRequest, Severity};

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
    let SourceKind::Files { path, project, memory_bytes, spill_bytes, as_of } = &source.kind;
    let morning = &config.schedules[0];
    let CheckConfig { name, plugin, schedule, severity, owner, tags, grants, limits: asked, settings } =
        &config.checks[0];
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
        ("source.path", path.display().to_string()),
        ("source.project", project.clone().unwrap_or_default()),
        ("source.as_of_from", as_of.clone().map(|(from, _)| from).unwrap_or_default()),
        ("source.as_of_until", as_of.clone().and_then(|(_, until)| until).unwrap_or_default()),
        ("source.memory", memory_bytes.to_string()),
        ("source.spill", spill_bytes.to_string()),
        ("source.concurrency", source.concurrency.to_string()),
        ("schedule.timezone", morning.time_zone.iana_name().expect("a zone has a name").to_owned()),
        ("schedule.cron", morning.cron.as_ref().map(ToString::to_string).unwrap_or_default()),
        ("schedule.target", morning.target.as_str().to_owned()),
        ("check.name", name.to_string()),
        ("check.plugin", plugin.to_string()),
        ("check.schedule", schedule.as_ref().map_or_else(String::new, ToString::to_string)),
        ("check.severity", severity.to_string()),
        ("check.owner", owner.clone().unwrap_or_default()),
        ("check.tags", tags.join(", ")),
        ("check.sources", grants.join("; ")),
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
        ("source.path", "\"data\"", "\".\"", "/etc/assay/data", "/etc/assay/."),
        ("source.project", "\nproject = \"my-project\"", "", "my-project", ""),
        ("source.as_of_from", "\"available_at\"", "\"Seen\"", "available_at", "Seen"),
        ("source.as_of_until", "as_of_until = \"superseded_at\"\n", "", "superseded_at", ""),
        ("source.memory", "\nmemory = \"1 MiB\"", "\nmemory = \"9 B\"", "1048576", "9"),
        ("source.spill", "\"2 MiB\"", "\"1 kB\"", "2097152", "1000"),
        ("source.concurrency", "concurrency = 4", "concurrency = 1", "4", "1"),
        ("schedule.timezone", "America/New_York", "Asia/Tokyo", "America/New_York", "Asia/Tokyo"),
        ("schedule.cron", "\"0 6 * * *\"", "\"30 7 * * 1-5\"", "0 6 * * *", "30 7 * * 1-5"),
        ("schedule.target", "previous_day", "same_day", "previous_day", "same_day"),
        ("check.name", "\"a\"", "\"team/a.1\"", "a", "team/a.1"),
        ("check.plugin", "row-count@1.0.0", "row-count@1.0.1", "row-count@1.0.0", "row-count@1.0.1"),
        ("check.schedule", "schedule = \"morning\"", "schedule = \"evening\"", "morning", "evening"),
        ("check.severity", "\"high\"", "\"low\"", "high", "low"),
        ("check.owner", "owner = \"o\"", "", "o", ""),
        ("check.tags", "[\"t\"]", "[\"u\", \"t\"]", "t", "u, t"),
        ("check.sources", "[\"x_*\"]", "[\"z\", \"**\"]", "local: x_*", "local: z **"),
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
    // The one key with one value: whatever else it says is refused, see `messages`.
    tried.insert("source.type".to_owned());
    assert_eq!(tried, keys_there_are(), "every key of the schema is tried");
}

fn keys_there_are() -> BTreeSet<String> {
    fn of<T: Shaped>() -> impl Iterator<Item = String> {
        T::shape().keys().map(|key| format!("{}.{key}", T::WHAT))
    }
    of::<Host>().chain(of::<Source>()).chain(of::<Schedule>()).chain(of::<Check>()).collect()
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
    let grants: Vec<_> = config.checks[3].grants.iter().map(|grant| grant.source.as_str()).collect();
    assert_eq!(sources, ["local", "archive"]);
    assert_eq!(schedules, ["morning", "evening"]);
    assert_eq!(checks, ["a", "b", "c", "0"]);
    assert_eq!(grants, ["local", "archive"], "a check sees its sources in this order");
    assert_eq!(config.digest, crate::model::Digest::of(text.as_bytes()));
}

#[test]
fn what_is_left_out_has_a_default() {
    let text = "[source.d]\ntype = \"files\"\npath = \"data\"\n[[check]]\nname = \"a\"\nplugin = \"x@1.0.0\"\nsources = { d = [\"t\"] }\n";
    let config = Config::parse(Path::new("assay.toml"), text.to_owned()).unwrap();
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
    assert!(check.schedule.is_none() && check.owner.is_none() && check.tags.is_empty() && check.limits.is_empty());
}

#[test]
fn defaults_are_what_they_say() {
    let sizes = [
        authored::COMPONENT_DEFAULT,
        authored::COMPILE_MEMORY_DEFAULT,
        authored::QUERY_MEMORY_DEFAULT,
        authored::SPILL_DEFAULT,
    ];
    for size in sizes {
        assert_eq!(quantity::bytes(size.text), Ok(size.bytes), "{}", size.text);
    }
    let time = authored::COMPILE_TIME_DEFAULT;
    assert_eq!(quantity::millis(time.text), Ok(time.millis), "{}", time.text);
}

#[test]
fn the_starter_is_a_good_configuration() {
    let config = parse(STARTER).unwrap();
    assert_eq!(config.checks.len(), 4);
    // What it shows as a default, commented out, is one: to write it out changes nothing that is not the machine's.
    let spelled: String = STARTER
        .lines()
        .map(|line| match line.strip_prefix("# ") {
            Some(default) if default.contains(" = ") && !default.starts_with("limits") => format!("{default}\n"),
            _ => format!("{line}\n"),
        })
        .collect();
    let spelled = parse(&spelled.replace("# [host.limits]", "[host.limits]")).unwrap();
    let host =
        HostConfig { workers: config.host.workers, ceilings: config.host.ceilings.clone(), ..spelled.host.clone() };
    assert_eq!((host, spelled.sources), (config.host, config.sources));
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
