//! The JSON Schema says what reading does, as far as a schema can.
//!
//! The validator here knows the keywords that the schema uses and refuses to go on at any other. A complete
//! one would change features of crates below the query engine, for tests only, and so build it twice.

use std::path::Path;

use serde_json::Value as Json;

use super::alerting::ALERTING;
use super::{GOOD, problems, with};
use crate::config::authored::{
    Alerts, Calendar, Check, Digest, Host, Inhibit, Maintenance, Quiet, Receiver, Route, Schedule, Serve, Sink, Source,
};
use crate::config::schema::{Shaped, document};
use crate::config::{STARTER, json_schema};

/// What is wrong with a value: the JSON pointer to it and the keyword that refuses it.
fn refusals(schema: &Json, value: &Json, pointer: &str, refused: &mut Vec<(String, String)>) {
    let schema = schema.as_object().expect("a schema is an object");
    let length = |value: &Json| match value {
        Json::String(text) => text.chars().count(),
        Json::Array(items) => items.len(),
        Json::Object(object) => object.len(),
        Json::Null | Json::Bool(_) | Json::Number(_) => panic!("no length: {value}"),
    };
    let limit = |rule: &Json| usize::try_from(rule.as_u64().expect("a length")).expect("a small one");
    let number = |value: &Json| value.as_i64().expect("a whole number");
    for (keyword, rule) in schema {
        let fits = match keyword.as_str() {
            "$schema" | "title" | "description" | "default" | "examples" => true,
            "type" => match rule.as_str().expect("one type: TOML has no null") {
                "object" => value.is_object(),
                "array" => value.is_array(),
                "string" => value.is_string(),
                "integer" => value.is_i64(),
                "boolean" => value.is_boolean(),
                other => panic!("unknown type {other}"),
            },
            "enum" => rule.as_array().expect("a list").contains(value),
            "required" => {
                let keys = rule.as_array().expect("a list").iter();
                keys.map(|key| key.as_str().expect("a name")).all(|key| value.get(key).is_some())
            }
            "minLength" if value.is_string() => length(value) >= limit(rule),
            "maxLength" if value.is_string() => length(value) <= limit(rule),
            "minItems" if value.is_array() => length(value) >= limit(rule),
            "minProperties" if value.is_object() => length(value) >= limit(rule),
            "maxProperties" if value.is_object() => length(value) <= limit(rule),
            "minimum" if value.is_i64() => number(value) >= number(rule),
            "maximum" if value.is_i64() => number(value) <= number(rule),
            "minLength" | "maxLength" | "minItems" | "minProperties" | "maxProperties" | "minimum" | "maximum" => true,
            "items" => {
                for (index, item) in value.as_array().into_iter().flatten().enumerate() {
                    refusals(rule, item, &format!("{pointer}/{index}"), refused);
                }
                true
            }
            "properties" => {
                for (key, schema) in rule.as_object().expect("a table") {
                    if let Some(value) = value.get(key) {
                        refusals(schema, value, &format!("{pointer}/{key}"), refused);
                    }
                }
                true
            }
            "additionalProperties" => {
                let known = |key: &str| schema.get("properties").is_some_and(|known| known.get(key).is_some());
                let others = value.as_object().into_iter().flatten().filter(|(key, _)| !known(key));
                match rule {
                    Json::Bool(allowed) => *allowed || others.count() == 0,
                    rule => {
                        others.for_each(|(key, value)| refusals(rule, value, &format!("{pointer}/{key}"), refused));
                        true
                    }
                }
            }
            "anyOf" => rule.as_array().expect("a list").iter().any(|alternative| {
                let mut refused = Vec::new();
                refusals(alternative, value, pointer, &mut refused);
                refused.is_empty()
            }),
            other => panic!("the schema uses `{other}`, which this test does not know"),
        };
        if !fits {
            refused.push((pointer.to_owned(), keyword.clone()));
        }
    }
}

fn refused(text: &str) -> Vec<(String, String)> {
    let value = serde_json::to_value(text.parse::<toml::Table>().unwrap()).unwrap();
    let mut refused = Vec::new();
    refusals(&json_schema().parse().unwrap(), &value, "", &mut refused);
    refused
}

#[test]
fn good_configurations_are_accepted() {
    for text in [GOOD, ALERTING, STARTER] {
        assert_eq!(refused(text), []);
    }
}

#[test]
fn bad_ones_are_refused_at_their_place_by_schema_and_reading_alike() {
    for (piece, instead, pointer, keyword) in [
        ("[host]", "[hots]", "", "additionalProperties"),
        ("workers = 3", "worker = 3", "/host", "additionalProperties"),
        ("workers = 3", "workers = 0", "/host/workers", "minimum"),
        ("workers = 3", "workers = 1025", "/host/workers", "maximum"),
        ("workers = 3", "workers = \"3\"", "/host/workers", "type"),
        ("state = \"s\"", "state = \"\"", "/host/state", "minLength"),
        ("rows = 7", "ram = 7", "/host/limits", "additionalProperties"),
        ("rows = 7", "rows = 0", "/host/limits/rows", "minimum"),
        ("rows = 7", "rows = \"7\"", "/host/limits/rows", "type"),
        ("\"32 MiB\"", "32", "/host/limits/memory", "type"),
        ("type = \"files\"", "type = \"flies\"", "/source/local/type", "enum"),
        ("type = \"files\"", "", "/source/local", "required"),
        ("concurrency = 4", "concurrency = -1", "/source/local/concurrency", "minimum"),
        ("timezone = \"UTC\"", "", "/schedule/evening", "required"),
        ("previous_day", "yesterday", "/schedule/morning/target", "enum"),
        ("\"0.0.0.0:9000\"", "9000", "/serve/listen", "type"),
        ("role = \"operate\"", "role = \"admin\"", "/serve/tokens/0/role", "enum"),
        ("\"0123", "\"123", "/serve/tokens/0/sha256", "minLength"),
        ("\"0123", "\"00123", "/serve/tokens/0/sha256", "maxLength"),
        ("name = \"ci\"\n", "", "/serve/tokens/0", "required"),
        ("name = \"ci\"", "nmae = \"ci\"\nname = \"ci\"", "/serve/tokens/0", "additionalProperties"),
        ("url = \"https://h.example/x\", ", "", "/serve/heartbeat", "required"),
        ("every = \"2m\"", "every = 120", "/serve/heartbeat/every", "type"),
        ("\"2026-09-01\"", "2026", "/calendar/season/active/1", "type"),
        ("\"2025-12-25\"", "1", "/calendar/season/blackout/0", "anyOf"),
        ("days = \"2026-02-13..2026-02-18\", ", "", "/calendar/season/blackout/1", "anyOf"),
        ("source = \"local\", ", "", "/calendar/season/query", "required"),
        ("file = \"days.txt\"", "file = \"\"", "/calendar/season/file", "minLength"),
        ("dst_gap = \"skip\"", "dst_gap = \"ignore\"", "/schedule/morning/dst_gap", "enum"),
        ("dst_overlap = \"both\"", "dst_overlap = \"skip\"", "/schedule/morning/dst_overlap", "enum"),
        ("catch_up = \"all\"", "catch_up = \"newest\"", "/schedule/morning/catch_up", "enum"),
        ("limit = 5", "limit = 0", "/schedule/morning/catch_up_limit", "minimum"),
        ("limit = 5", "limit = 10081", "/schedule/morning/catch_up_limit", "maximum"),
        ("overlap = \"allow\"", "overlap = \"queue\"", "/schedule/morning/overlap", "enum"),
        ("depends_on = [\"evening\"]", "depends_on = \"evening\"", "/schedule/morning/depends_on", "type"),
        ("attempts = 5", "attempts = 0", "/check/0/attempts", "minimum"),
        ("attempts = 5", "attempts = 11", "/check/0/attempts", "maximum"),
        ("times = 2", "times = 11", "/check/0/confirm/times", "maximum"),
        (", after = \"1m\"", "", "/check/0/confirm", "required"),
        ("name = \"a\"", "", "/check/0", "required"),
        ("plugin = \"row-count@1.0.0\"", "", "/check/0", "required"),
        ("sources = { local = [\"x_*\"] }", "", "/check/0", "required"),
        ("{ local = [\"x_*\"] }", "{}", "/check/0/sources", "minProperties"),
        ("[\"x_*\"]", "[]", "/check/0/sources/local", "minItems"),
        ("[\"x_*\"]", "[\"\"]", "/check/0/sources/local/0", "minLength"),
        ("\"high\"", "\"P1\"", "/check/0/severity", "enum"),
        ("[\"t\"]", "[1]", "/check/0/tags/0", "type"),
        ("owner = \"o\"", "owner = \"\"", "/check/0/owner", "minLength"),
        ("owner = \"o\"", "table = \"o\"", "/check/0", "additionalProperties"),
        ("[check.settings]", "[[check.settings]]", "/check/0/settings", "type"),
    ] {
        let text = with(piece, instead);
        assert_eq!(refused(&text), [(pointer.to_owned(), keyword.to_owned())], "{instead}");
        assert!(!problems(&text).is_empty(), "{instead}");
    }
    let none: Vec<_> = refused("").into_iter().collect();
    assert_eq!(none, [(String::new(), "required".to_owned())], "no sources, no checks");
}

#[test]
fn bad_alerting_is_refused_at_its_place_by_schema_and_reading_alike() {
    for (piece, instead, pointer, keyword) in [
        ("operator = \"platform\"", "operator = \"\"", "/alerts/operator", "minLength"),
        ("max_skips = 30", "max_skips = 0", "/alerts/policy/max_skips", "minimum"),
        ("max_skips = 30", "runbook = \"https://a\"", "/alerts/policy", "additionalProperties"),
        ("results = 5", "results = 65", "/check/0/alert/failures_of/results", "maximum"),
        ("failures = 3, ", "", "/check/0/alert/failures_of", "required"),
        ("per = \"table\"", "per = \"row\"", "/check/0/alert/per", "enum"),
        ("flapping = false", "flapping = 0", "/check/0/alert/flapping", "type"),
        ("type = \"log\"", "type = \"lgo\"", "/receiver/line/type", "enum"),
        ("type = \"log\"", "", "/receiver/line", "required"),
        ("{ env = \"BOT\" }", "\"BOT\"", "/receiver/bot/token", "type"),
        ("{ env = \"BOT\" }", "{}", "/receiver/bot/token", "minProperties"),
        ("env = \"BOT\"", "env = \"BOT\", file = \"f\"", "/receiver/bot/token", "maxProperties"),
        ("{ env = \"TEAM\" }", "\"TEAM\"", "/receiver/hidden/headers/X-Team", "type"),
        ("{ file = \"hook.txt\" }", "{ path = \"hook.txt\" }", "/receiver/hook/url", "anyOf"),
        ("[\"data@example.com\"]", "[]", "/receiver/mail/to", "minItems"),
        ("receivers = [\"bot\"]", "receivers = \"bot\"", "/digest/daily/receivers", "type"),
        ("cron = \"0 8 * * *\"", "", "/digest/daily", "required"),
        ("source = [\"check=ingest\"]", "", "/inhibit/ingest", "required"),
        ("\"sat\"", "\"saturday\"", "/quiet/nights/days/0", "enum"),
        ("from = \"22:00\"", "", "/quiet/nights", "required"),
        ("reason = \"move\"", "why = \"move\"", "/maintenance/move", "additionalProperties"),
        ("continue = true", "continue = \"true\"", "/route/loud/continue", "type"),
    ] {
        let text = super::alerting::with(piece, instead);
        assert_eq!(refused(&text), [(pointer.to_owned(), keyword.to_owned())], "{instead}");
        assert!(!problems(&text).is_empty(), "{instead}");
    }
}

#[test]
fn every_key_is_explained_and_its_example_would_do() {
    fn examples<T: Shaped>() {
        for key in T::shape().keys() {
            let example = T::shape().example(key).unwrap_or_else(|| panic!("{}.{key} has no example", T::WHAT));
            let line: toml::Table = example.parse().unwrap_or_else(|error| panic!("{example}: {error}"));
            let property = T::shape().property(key).unwrap();
            assert!(property["description"].is_string(), "{}.{key} has no description", T::WHAT);
            let mut refused = Vec::new();
            refusals(property, &serde_json::to_value(&line[key]).unwrap(), "", &mut refused);
            assert_eq!(refused, [], "{}: {example}", T::WHAT);
        }
    }
    examples::<Host>();
    examples::<Serve>();
    examples::<Sink>();
    examples::<Source>();
    examples::<Calendar>();
    examples::<Schedule>();
    examples::<Alerts>();
    examples::<Receiver>();
    examples::<Route>();
    examples::<Inhibit>();
    examples::<Quiet>();
    examples::<Maintenance>();
    examples::<Digest>();
    examples::<Check>();
    for key in document().keys() {
        assert!(document().property(key).unwrap()["description"].is_string(), "{key}");
    }
    let sections = [
        "alerts",
        "calendar",
        "check",
        "digest",
        "host",
        "inhibit",
        "maintenance",
        "quiet",
        "receiver",
        "route",
        "schedule",
        "serve",
        "sink",
        "source",
    ];
    assert_eq!(document().keys().collect::<Vec<_>>(), sections);
}

#[test]
fn the_schema_file_is_up_to_date() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../schemas/config.schema.json");
    let written = fs_err::read_to_string(path).unwrap();
    assert!(written == json_schema(), "schemas/config.schema.json is stale: run `cargo xtask gen`");
}
