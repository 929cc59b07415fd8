//! The document describes what is served, and nothing else.

use std::collections::BTreeSet;

use reqwest::StatusCode;
use serde_json::{Value as Json, json};

use super::super::openapi::document;
use super::{Api, kind, schema};

/// What is served.
const ROUTES: [(&str, &str); 14] = [
    ("get", "/livez"),
    ("get", "/metrics"),
    ("get", "/openapi.json"),
    ("get", "/readyz"),
    ("get", "/v1/checks/{name}/results"),
    ("get", "/v1/runs"),
    ("get", "/v1/runs/{id}"),
    ("get", "/v1/runs/{id}/results"),
    ("get", "/v1/status"),
    ("post", "/v1/reload"),
    ("post", "/v1/runs"),
    ("post", "/v1/runs/{id}/cancel"),
    ("post", "/v1/schedules/{name}/pause"),
    ("post", "/v1/schedules/{name}/resume"),
];

#[test]
fn the_committed_document_is_up_to_date() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../schemas/openapi.json");
    let written = fs_err::read_to_string(path).unwrap();
    assert!(written == document(), "schemas/openapi.json is stale: run `cargo xtask gen`");
}

#[test]
fn every_route_is_described_and_nothing_else() {
    let document = schema::parsed();
    let mut described = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for method in item.as_object().unwrap().keys() {
            described.insert((method.clone(), path.clone()));
        }
    }
    let served: BTreeSet<_> = ROUTES.iter().map(|(method, path)| ((*method).to_owned(), (*path).to_owned())).collect();
    assert_eq!(described, served);
}

#[tokio::test]
async fn everything_that_is_described_is_served_by_its_methods_only() {
    let api = Api::open().await;
    api.host.reloads.add_permits(100);
    let paths: BTreeSet<_> = ROUTES.iter().map(|(_, path)| *path).collect();
    for path in paths {
        let address = path.replace("{id}", "01HZZZZZZZZZZZZZZZZZZZZZZZ").replace("{name}", "nightly");
        for method in ["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"] {
            let is_described = ROUTES.contains(&(method.to_ascii_lowercase().as_str(), path));
            let request = api.request(method.parse().unwrap(), &address).json(&json!({}));
            let (status, answer) = api.ask(request).await;
            let is_served = !matches!(kind(&answer), "no-such-route" | "no-such-method");
            assert_eq!(is_served, is_described, "{method} {path}: {status} {answer}");
        }
    }
}

#[tokio::test]
async fn the_document_is_served_and_holds_together() {
    let api = Api::open().await;
    let (status, served) = api.get("/openapi.json").await;
    assert_eq!((status, &served), (StatusCode::OK, &schema::parsed()));
    assert_eq!(served["openapi"], "3.1.0");

    fn references(value: &Json, found: &mut BTreeSet<String>) {
        match value {
            Json::Object(members) => {
                found.extend(members.get("$ref").and_then(Json::as_str).map(str::to_owned));
                members.values().for_each(|value| references(value, found));
            }
            Json::Array(items) => items.iter().for_each(|value| references(value, found)),
            Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => {}
        }
    }
    let mut found = BTreeSet::new();
    references(&served, &mut found);
    let schemas = served["components"]["schemas"].as_object().unwrap();
    let known: BTreeSet<_> = schemas.keys().map(|name| format!("#/components/schemas/{name}")).collect();
    assert_eq!(found, known, "every schema is there and used");
}

#[test]
fn everything_is_explained() {
    let document = schema::parsed();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            assert!(operation["summary"].is_string(), "{method} {path}");
            assert_eq!(operation["responses"]["default"]["content"].as_object().unwrap().len(), 1, "{method} {path}");
            let is_open = operation["security"] == json!([{}]);
            assert_eq!(is_open, matches!(path.as_str(), "/livez" | "/readyz"), "{method} {path}");
        }
    }
    for (name, schema) in document["components"]["schemas"].as_object().unwrap() {
        assert!(schema["description"].is_string(), "{name}");
        for (field, property) in schema["properties"].as_object().into_iter().flatten() {
            let words = property.to_string();
            assert!(words.contains("\"description\""), "{name}.{field} has no description: {words}");
        }
        let is_body = name.ends_with("Body");
        assert_eq!(schema["additionalProperties"] == false, is_body, "{name}: unknown fields are refused in bodies");
    }
    assert_eq!(document["components"]["securitySchemes"]["token"]["scheme"], "bearer");
}
