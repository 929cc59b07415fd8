//! The JSON Schema of `assay.toml`, from the types of `authored`, and what reading
//! needs of it: which keys a section has, and an example of each.

use std::sync::LazyLock;

use schemars::generate::SchemaSettings;
use schemars::transform::RecursiveTransform;
use schemars::{JsonSchema, Schema};
use serde_json::Value as Json;

use super::authored::{
    Alerts, Calendar, Check, Digest, Document, Host, Inhibit, Maintenance, Quiet, Receiver, Route, Schedule, Serve,
    Sink, Source,
};

/// The JSON Schema (draft 2020-12) of `assay.toml`, for editors. It knows keys, types and fixed words;
/// what depends on other parts of the file only [`Config::load`](super::Config::load) knows.
#[must_use]
pub fn json_schema() -> String {
    document().to_string()
}

fn schema_of<T: JsonSchema>() -> Schema {
    SchemaSettings::draft2020_12()
        .with(|settings| settings.inline_subschemas = true)
        .with_transform(RecursiveTransform(without_null))
        .into_generator()
        .into_root_schema_for::<T>()
}

/// TOML has no null: an optional key is left out.
fn without_null(schema: &mut Schema) {
    if let Some(Json::Array(types)) = schema.get_mut("type") {
        types.retain(|name| name != "null");
        if let [only] = types.as_slice() {
            let only = only.clone();
            schema.insert("type".to_owned(), only);
        }
    }
    if let Some(Json::Array(alternatives)) = schema.get_mut("anyOf") {
        alternatives.retain(|alternative| alternative.get("type").and_then(Json::as_str) != Some("null"));
        if let [Json::Object(only)] = alternatives.as_slice() {
            let only = only.clone();
            schema.remove("anyOf");
            only.into_iter().for_each(|(keyword, rule)| drop(schema.insert(keyword, rule)));
        }
    }
}

/// The keys of a section.
#[derive(Debug)]
pub(crate) struct Shape(Schema);

impl Shape {
    /// Of a type.
    pub(crate) fn of<T: JsonSchema>() -> Self {
        Self(schema_of::<T>())
    }

    /// The names of the keys.
    pub(crate) fn keys(&self) -> impl Iterator<Item = &str> {
        self.properties().into_iter().flat_map(|properties| properties.keys().map(String::as_str))
    }

    /// A line of TOML that would do for the key.
    pub(super) fn example(&self, key: &str) -> Option<String> {
        example(key, self.property(key)?)
    }

    /// The schema of a key.
    pub(super) fn property(&self, key: &str) -> Option<&Json> {
        self.properties()?.get(key)
    }

    fn properties(&self) -> Option<&serde_json::Map<String, Json>> {
        self.0.get("properties")?.as_object()
    }
}

/// A line of TOML that would do for a key with that schema.
pub(super) fn example(key: &str, schema: &Json) -> Option<String> {
    let example = schema.get("examples")?.get(0)?;
    Some(format!("{key} = {}", toml::Value::try_from(example).ok()?))
}

/// What a value with that schema is, in words.
pub(super) fn kind(schema: &Json) -> Option<&'static str> {
    match schema.get("type")?.as_str()? {
        "string" => Some("text"),
        "integer" => Some("a whole number"),
        "boolean" => Some("true or false"),
        "array" => Some("a list"),
        "object" => Some("a table"),
        _ => None,
    }
}

/// The schema of what a table with that schema holds under a key; `None` when it has no such key.
pub(super) fn within<'a>(schema: &'a Json, key: &str) -> Option<&'a Json> {
    schema.get("properties").and_then(|known| known.get(key)).or_else(|| schema.get("additionalProperties"))
}

/// The keys that a table with that schema may have, where it may not have any.
pub(super) fn keys(schema: &Json) -> Option<&serde_json::Map<String, Json>> {
    let alternatives = schema.get("anyOf").and_then(Json::as_array).into_iter().flatten();
    std::iter::once(schema).chain(alternatives).find_map(|schema| schema.get("properties")?.as_object())
}

impl std::fmt::Display for Shape {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(f, "{:#}", self.0.clone().to_value())
    }
}

/// A section of the file: what it is called, and its shape.
pub(crate) trait Shaped: JsonSchema + serde::de::DeserializeOwned {
    /// What it is called in messages.
    const WHAT: &'static str;
    /// Added to the hint for a key that is not known.
    const UNKNOWN_KEY: Option<&'static str> = None;

    /// Its keys.
    fn shape() -> &'static Shape;
}

macro_rules! shaped {
    ($type:ty, $what:literal $(, $unknown_key:literal)?) => {
        impl $crate::config::schema::Shaped for $type {
            const WHAT: &'static str = $what;
            $(const UNKNOWN_KEY: Option<&'static str> = Some($unknown_key);)?

            fn shape() -> &'static $crate::config::schema::Shape {
                static SHAPE: std::sync::LazyLock<$crate::config::schema::Shape> =
                    std::sync::LazyLock::new($crate::config::schema::Shape::of::<$type>);
                &SHAPE
            }
        }
    };
}

pub(crate) use shaped;

shaped!(Host, "host");
shaped!(Serve, "serve");
shaped!(Sink, "sink");
shaped!(Source, "source");
shaped!(Calendar, "calendar");
shaped!(Schedule, "schedule");
shaped!(Alerts, "alerts");
shaped!(Receiver, "receiver");
shaped!(Route, "route");
shaped!(Inhibit, "inhibit");
shaped!(Quiet, "quiet");
shaped!(Maintenance, "maintenance");
shaped!(Digest, "digest");
shaped!(Check, "check", "what the plugin reads goes under `[check.settings]`");

/// The sections of the file.
pub(super) fn document() -> &'static Shape {
    static SHAPE: LazyLock<Shape> = LazyLock::new(Shape::of::<Document>);
    &SHAPE
}
