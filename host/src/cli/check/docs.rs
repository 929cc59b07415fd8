//! `assay check docs`: what a check verifies, its settings, its SQL and its limits, in Markdown.

use std::collections::BTreeSet;
use std::process::ExitCode;

use serde_json::Value as Json;

use super::place::Place;
use crate::cli::args::DocsArgs;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::render;
use crate::kit::rig::Rig;
use crate::kit::suite::{self, Suite, SuiteError};
use crate::model::LimitUnit;

/// Prints the documentation of a check.
pub(super) async fn docs(args: &DocsArgs) -> Result<ExitCode, Failure> {
    let place = Place::of(&args.folder)?;
    let rig = place.rig(args.component.as_deref()).await?;
    let manifest = &place.manifest;
    let mut text = format!("# {}\n\n{}\n\n", manifest.title, manifest.description.trim());
    text.push_str(&format!("`{}` · owner: {}\n", manifest.reference, manifest.owner));
    if let Some(docs) = &manifest.docs {
        text.push_str(&format!("More: {docs}\n"));
    }
    if !manifest.tables.is_empty() {
        text.push_str(&format!("\nReads: {}\n", manifest.tables.join(", ")));
    }
    text.push_str("\n## Settings\n\n");
    let schema: Json = serde_json::from_str(&rig.plugin().description.settings_schema).unwrap_or(Json::Null);
    settings(&schema, &schema, "", &mut text);
    text.push_str("\n## SQL\n\n");
    let statements = asked(&rig, &place).await?;
    if statements.is_empty() {
        text.push_str("No case asks anything.\n");
    }
    for sql in statements {
        text.push_str(&format!("```sql\n{}\n```\n", sql.trim()));
    }
    text.push_str("\n## Limits\n\n");
    if manifest.limits.is_empty() {
        text.push_str("The host's defaults.\n");
    }
    for limit in &manifest.limits {
        let value = match limit.name.unit() {
            LimitUnit::Bytes => bytesize::ByteSize::b(limit.value).to_string(),
            LimitUnit::Count => limit.value.to_string(),
            LimitUnit::Millis => format!("{} ms", limit.value),
        };
        text.push_str(&format!("- `{}`: {value}\n", limit.name));
    }
    render::out(text.trim_end())?;
    Ok(Exit::Ok.code())
}

/// Every statement that the cases of the check ask, once.
async fn asked(rig: &Rig, place: &Place) -> Result<BTreeSet<String>, Failure> {
    let suite = match Suite::find(&place.folder) {
        Ok(suite) => suite,
        Err(SuiteError::None { .. }) => return Ok(BTreeSet::new()),
        Err(error) => return Err(super::test::failure(error)),
    };
    let mut statements = BTreeSet::new();
    for case in suite.cases() {
        // A case that cannot be run has nothing to tell here; `assay check test` says why.
        if let Ok(asked) = suite::statements(rig, case).await {
            statements.extend(asked);
        }
    }
    Ok(statements)
}

/// A line for each setting, those within others below them.
fn settings(root: &Json, schema: &Json, above: &str, text: &mut String) {
    let schema = referred(root, schema);
    let required: BTreeSet<&str> =
        schema["required"].as_array().into_iter().flatten().filter_map(Json::as_str).collect();
    let Some(properties) = schema["properties"].as_object() else {
        if above.is_empty() {
            text.push_str("None.\n");
        }
        return;
    };
    for (name, property) in properties {
        let inner = referred(root, property);
        let path = format!("{above}{name}");
        let kind = match &inner["type"] {
            Json::String(kind) => kind.clone(),
            Json::Array(kinds) => {
                let kinds: Vec<_> = kinds.iter().filter_map(Json::as_str).filter(|kind| *kind != "null").collect();
                kinds.join(" or ")
            }
            _ => "any of some forms".to_owned(),
        };
        let mut facts = vec![kind];
        match property.get("default").or_else(|| inner.get("default")) {
            Some(Json::Null) => facts.push("optional".to_owned()),
            Some(default) => facts.push(format!("default `{default}`")),
            None if required.contains(name.as_str()) => facts.push("required".to_owned()),
            None => facts.push("optional".to_owned()),
        }
        for (key, word) in [
            ("minimum", "at least"),
            ("maximum", "at most"),
            ("exclusiveMinimum", "more than"),
            ("exclusiveMaximum", "less than"),
        ] {
            if let Some(bound) = inner.get(key) {
                facts.push(format!("{word} {bound}"));
            }
        }
        if let Some(values) = inner["enum"].as_array() {
            let values: Vec<_> = values.iter().map(|value| format!("`{value}`")).collect();
            facts.push(format!("one of {}", values.join(", ")));
        }
        let description =
            property["description"].as_str().or_else(|| inner["description"].as_str()).unwrap_or_default();
        let description = description.split_whitespace().collect::<Vec<_>>().join(" ");
        text.push_str(&format!("- `{path}` ({}): {description}\n", facts.join(", ")));
        settings_within(root, inner, &path, text);
    }
}

fn settings_within(root: &Json, schema: &Json, path: &str, text: &mut String) {
    if schema["properties"].is_object() {
        settings(root, schema, &format!("{path}."), text);
    } else if let Some(items) = schema.get("items") {
        let items = referred(root, items);
        if items["properties"].is_object() {
            settings(root, items, &format!("{path}[]."), text);
        }
    }
}

/// What a `$ref` within the document stands for.
fn referred<'a>(root: &'a Json, schema: &'a Json) -> &'a Json {
    let target = schema["$ref"].as_str().and_then(|reference| root.pointer(reference.strip_prefix('#')?));
    target.unwrap_or(schema)
}
