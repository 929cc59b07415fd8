//! Whether an answer is as the document says. Only as much of JSON Schema as the document uses.

use reqwest::{Method, StatusCode};
use serde_json::Value as Json;

use super::super::openapi::document;

/// The document, parsed.
pub(super) fn parsed() -> Json {
    serde_json::from_str(document()).unwrap()
}

/// Fails unless the answer is described: its status, its media type and its body.
pub(super) fn assert_described(method: &Method, path: &str, status: StatusCode, media_type: Option<&str>, text: &str) {
    let document = parsed();
    let Some(operation) = operation(&document, method, path) else {
        assert!(status.is_client_error(), "{method} {path} is not described, and answered with {status}");
        return;
    };
    let responses = &operation["responses"];
    let described = responses.get(status.as_str()).unwrap_or(&responses["default"]);
    let Some(content) = described["content"].as_object() else {
        assert_eq!((media_type, text), (None, ""), "{method} {path}: no body is described");
        return;
    };
    let media_type = media_type.and_then(|media_type| media_type.split(';').next()).unwrap_or_default();
    let schema = &content.get(media_type).unwrap_or_else(|| panic!("{method} {path}: {media_type}"))["schema"];
    let body =
        if media_type.ends_with("json") { serde_json::from_str(text).unwrap() } else { Json::String(text.to_owned()) };
    let mut wrong = Vec::new();
    check(&document, schema, &body, "", &mut wrong);
    assert_eq!(wrong, [""; 0], "{method} {path} answered with {body:#}");
}

fn operation<'a>(document: &'a Json, method: &Method, path: &str) -> Option<&'a Json> {
    let fits = |template: &str| {
        let (template, path) = (template.split('/'), path.split('/'));
        template.clone().count() == path.clone().count()
            && template.zip(path).all(|(template, segment)| template.starts_with('{') || template == segment)
    };
    let paths = document["paths"].as_object().unwrap();
    let (_, item) = paths.iter().find(|(template, _)| fits(template))?;
    item.get(method.as_str().to_ascii_lowercase())
}

/// Adds what is wrong with a value at a place.
pub(super) fn check(document: &Json, schema: &Json, value: &Json, place: &str, wrong: &mut Vec<String>) {
    if let Some(reference) = schema["$ref"].as_str() {
        let pointed = document.pointer(reference.strip_prefix('#').unwrap()).expect(reference);
        return check(document, pointed, value, place, wrong);
    }
    if let Some(choices) = schema["oneOf"].as_array() {
        let fits = |choice: &&Json| {
            let mut wrong = Vec::new();
            check(document, choice, value, place, &mut wrong);
            wrong.is_empty()
        };
        if choices.iter().filter(fits).count() != 1 {
            wrong.push(format!("{place}: {value} is not one of the choices"));
        }
        return;
    }
    let types: Vec<_> = match &schema["type"] {
        Json::String(name) => vec![name.as_str()],
        Json::Array(names) => names.iter().map(|name| name.as_str().unwrap()).collect(),
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::Object(_) => Vec::new(),
    };
    let name = match value {
        Json::Null => "null",
        Json::Bool(_) => "boolean",
        Json::Number(number) if number.is_f64() => "number",
        Json::Number(_) => "integer",
        Json::String(_) => "string",
        Json::Array(_) => "array",
        Json::Object(_) => "object",
    };
    let is_of_type = |described: &&str| *described == name || (*described == "number" && name == "integer");
    if !types.is_empty() && !types.iter().any(is_of_type) {
        wrong.push(format!("{place}: {value} is not a {types:?}"));
    }
    if schema["enum"].as_array().is_some_and(|words| !words.contains(value)) {
        wrong.push(format!("{place}: {value} is not one of the words"));
    }
    for (index, item) in value.as_array().into_iter().flatten().enumerate() {
        check(document, &schema["items"], item, &format!("{place}/{index}"), wrong);
    }
    let (Some(value), Some(properties)) = (value.as_object(), schema["properties"].as_object()) else { return };
    for name in schema["required"].as_array().into_iter().flatten() {
        if !value.contains_key(name.as_str().unwrap()) {
            wrong.push(format!("{place}: {name} is missing"));
        }
    }
    for name in properties.keys().filter(|name| !value.contains_key(*name)) {
        wrong.push(format!("{place}: `{name}` is described, and not there"));
    }
    for (name, value) in value {
        match properties.get(name) {
            Some(schema) => check(document, schema, value, &format!("{place}/{name}"), wrong),
            None => wrong.push(format!("{place}: `{name}` is not described")),
        }
    }
}

#[test]
fn what_is_not_described_is_found() {
    let document = parsed();
    let problem = &document["components"]["schemas"]["ProblemView"];
    let mut body = serde_json::json!({
        "type": "t", "title": "t", "status": 404, "detail": "d", "hint": null, "field": null
    });
    let wrong = |body: &Json| {
        let mut wrong = Vec::new();
        check(&document, problem, body, "", &mut wrong);
        wrong.sort();
        wrong
    };
    assert_eq!(wrong(&body), [""; 0]);
    body["status"] = "404".into();
    body["more"] = 1.into();
    body.as_object_mut().unwrap().remove("title");
    assert_eq!(
        wrong(&body),
        [
            "/status: \"404\" is not a [\"integer\"]",
            ": \"title\" is missing",
            ": `more` is not described",
            ": `title` is described, and not there",
        ]
    );
}
