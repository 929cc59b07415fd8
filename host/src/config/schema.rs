//! The configuration's JSON Schema, for editors.

use super::authored::Authored;

/// The schema as a document (draft 2020-12).
#[must_use]
pub fn json_schema() -> String {
    let schema = schemars::schema_for!(Authored);
    let mut text = serde_json::to_string_pretty(&schema).expect("a schema is a JSON document");
    text.push('\n');
    text
}
