//! The JSON Schema of `assay.toml`, from the types of `authored`, and what reading
//! needs of it: which keys a section has, and an example of each.

use std::sync::LazyLock;

use schemars::generate::SchemaSettings;
use schemars::transform::RecursiveTransform;
use schemars::{JsonSchema, Schema};
use serde_json::Value as Json;

use super::authored::{Calendar, Check, Document, Host, Schedule, Serve, Source};

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

    /// Whether there is such a key.
    pub(crate) fn has(&self, key: &str) -> bool {
        self.property(key).is_some()
    }

    /// A line of TOML that would do for the key.
    pub(super) fn example(&self, key: &str) -> Option<String> {
        let example = self.property(key)?.get("examples")?.get(0)?;
        Some(format!("{key} = {}", toml::Value::try_from(example).ok()?))
    }

    /// What the value of a key is, in words.
    pub(super) fn kind(&self, key: &str) -> Option<&'static str> {
        match self.property(key)?.get("type")?.as_str()? {
            "string" => Some("text"),
            "integer" => Some("a whole number"),
            "array" => Some("a list"),
            "object" => Some("a table"),
            _ => None,
        }
    }

    /// The schema of a key.
    pub(super) fn property(&self, key: &str) -> Option<&Json> {
        self.properties()?.get(key)
    }

    fn properties(&self) -> Option<&serde_json::Map<String, Json>> {
        self.0.get("properties")?.as_object()
    }
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
shaped!(Source, "source");
shaped!(Calendar, "calendar");
shaped!(Schedule, "schedule");
shaped!(Check, "check", "what the plugin reads goes under `[check.settings]`");

/// The sections of the file.
pub(super) fn document() -> &'static Shape {
    static SHAPE: LazyLock<Shape> = LazyLock::new(Shape::of::<Document>);
    &SHAPE
}
