//! Two versions of a check: what comes of the same cases, what changed for those who configure it, and whether the
//! version number says so.
//!
//! What a change asks of the number (Semantic Versioning 2.0.0, read for checks): *major* when a configuration that was
//! good may no longer be, or when the check needs more than an operator may have allowed; *minor* when it says something else of
//! the same data, or can be told something new; *patch* when neither is so.

use std::collections::BTreeSet;

use semver::Version;
use serde_json::Value as Json;

use crate::admission::Admitted;
use crate::model::LimitName;

/// How much a version number must move. The later is more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Bump {
    /// Nothing changed.
    None,
    /// The third number.
    Patch,
    /// The second.
    Minor,
    /// The first; below 1.0.0 the second.
    Major,
}

impl Bump {
    /// The word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Patch => "patch",
            Self::Minor => "minor",
            Self::Major => "major",
        }
    }

    /// How far a number moved; None when it went back.
    #[must_use]
    pub fn between(from: &Version, to: &Version) -> Option<Self> {
        if to < from {
            return None;
        }
        // Below 1.0.0 the second number stands for the first, and the third for the rest.
        let below_one = from.major == 0 && to.major == 0;
        Some(match (to.major != from.major, to.minor != from.minor, to != from) {
            (true, ..) => Self::Major,
            (false, true, _) if below_one => Self::Major,
            (false, true, _) => Self::Minor,
            (false, false, true) if below_one => Self::Minor,
            (false, false, true) => Self::Patch,
            (false, false, false) => Self::None,
        })
    }
}

/// Something that changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// What it asks of the version number.
    pub bump: Bump,
    /// What it is about, for example `settings`.
    pub what: &'static str,
    /// What changed, in one sentence.
    pub message: String,
}

impl Change {
    fn new(bump: Bump, what: &'static str, message: String) -> Self {
        Self { bump, what, message }
    }
}

/// What changed in what two versions say of themselves.
#[must_use]
pub fn interfaces(from: &Admitted, to: &Admitted) -> Vec<Change> {
    let mut changes = Vec::new();
    if from.reference.id != to.reference.id {
        let message = format!("`{}` is another check than `{}`", to.reference.id, from.reference.id);
        changes.push(Change::new(Bump::Major, "id", message));
    }
    let schema = |plugin: &Admitted| serde_json::from_str(&plugin.description.settings_schema).unwrap_or(Json::Null);
    changes.extend(settings(&schema(from), &schema(to)));
    changes.extend(limits(from, to));
    changes.extend(imports(from, to));
    if from.digest != to.digest {
        changes.push(Change::new(Bump::Patch, "component", format!("{} became {}", from.digest, to.digest)));
    }
    changes
}

fn limits(from: &Admitted, to: &Admitted) -> Vec<Change> {
    let asked = |plugin: &Admitted, name: LimitName| {
        plugin.limits.iter().find(|limit| limit.name == name).map_or(name.default_value(), |limit| limit.value)
    };
    let changed = LimitName::ALL.into_iter().filter_map(|name| {
        let (before, after) = (asked(from, name), asked(to, name));
        let (bump, word) = match after.cmp(&before) {
            std::cmp::Ordering::Greater => (Bump::Major, "more"),
            std::cmp::Ordering::Less => (Bump::Minor, "less"),
            std::cmp::Ordering::Equal => return None,
        };
        Some(Change::new(bump, "limits", format!("it asks for {word} `{name}`: {after} where it was {before}")))
    });
    changed.collect()
}

fn imports(from: &Admitted, to: &Admitted) -> Vec<Change> {
    let functions = |plugin: &Admitted| -> BTreeSet<String> {
        let of = |interface: &crate::admission::Interface| {
            interface.functions.iter().map(|function| format!("{}/{function}", interface.name)).collect::<Vec<_>>()
        };
        plugin.anatomy.imports.iter().flat_map(of).collect()
    };
    let (before, after) = (functions(from), functions(to));
    let added = after.difference(&before).map(|name| (Bump::Minor, format!("it calls `{name}`")));
    let gone = before.difference(&after).map(|name| (Bump::Patch, format!("it no longer calls `{name}`")));
    added.chain(gone).map(|(bump, message)| Change::new(bump, "interface", message)).collect()
}

/// What changed for who writes settings.
fn settings(from: &Json, to: &Json) -> Vec<Change> {
    let mut changes = Vec::new();
    schemas(Schema { root: from, node: from }, Schema { root: to, node: to }, "", &mut changes);
    changes
}

/// A part of a JSON Schema.
#[derive(Clone, Copy)]
struct Schema<'a> {
    root: &'a Json,
    node: &'a Json,
}

impl<'a> Schema<'a> {
    /// Another part of the same document; what a `$ref` names is looked up.
    fn at(self, node: &'a Json) -> Self {
        let target = node["$ref"].as_str().and_then(|reference| self.root.pointer(reference.strip_prefix('#')?));
        Self { node: target.unwrap_or(node), ..self }
    }

    fn types(self) -> BTreeSet<&'a str> {
        match &self.node["type"] {
            Json::String(kind) => BTreeSet::from([kind.as_str()]),
            Json::Array(kinds) => kinds.iter().filter_map(Json::as_str).collect(),
            _ => BTreeSet::new(),
        }
    }

    fn required(self) -> BTreeSet<&'a str> {
        self.node["required"].as_array().into_iter().flatten().filter_map(Json::as_str).collect()
    }

    fn property(self, name: &str) -> Option<Self> {
        self.node["properties"].get(name).map(|node| self.at(node))
    }

    fn names(self) -> impl Iterator<Item = &'a str> {
        self.node["properties"].as_object().into_iter().flat_map(|keys| keys.keys().map(String::as_str))
    }
}

/// Bounds, and whether a higher one lets less pass.
const BOUNDS: [(&str, bool); 10] = [
    ("minimum", true),
    ("exclusiveMinimum", true),
    ("minLength", true),
    ("minItems", true),
    ("minProperties", true),
    ("maximum", false),
    ("exclusiveMaximum", false),
    ("maxLength", false),
    ("maxItems", false),
    ("maxProperties", false),
];

fn schemas(from: Schema<'_>, to: Schema<'_>, path: &str, changes: &mut Vec<Change>) {
    let mut tell = |bump, message| changes.push(Change::new(bump, "settings", message));
    let here = if path.is_empty() { "the document".to_owned() } else { format!("`{path}`") };
    let (before, after) = (from.types(), to.types());
    // A whole number is a number.
    let takes = |kind: &str| after.contains(kind) || (kind == "integer" && after.contains("number"));
    if !before.is_empty() && !after.is_empty() && before != after {
        let narrower = !before.iter().all(|kind| takes(kind));
        let words = |kinds: &BTreeSet<&str>| kinds.iter().copied().collect::<Vec<_>>().join(" or ");
        let bump = if narrower { Bump::Major } else { Bump::Minor };
        tell(bump, format!("{here} takes {} where it took {}", words(&after), words(&before)));
    }
    for (key, higher_is_narrower) in BOUNDS {
        let bound = |schema: Schema<'_>| schema.node.get(key).and_then(Json::as_f64);
        let narrower = match (bound(from), bound(to)) {
            (None, Some(_)) => Some(true),
            (Some(_), None) => Some(false),
            (Some(before), Some(after)) if before != after => Some((after > before) == higher_is_narrower),
            _ => None,
        };
        if let Some(narrower) = narrower {
            let bump = if narrower { Bump::Major } else { Bump::Minor };
            let word = |schema: Schema<'_>| bound(schema).map_or("nothing".to_owned(), |bound| bound.to_string());
            tell(bump, format!("{here} has `{key}` {} where it had {}", word(to), word(from)));
        }
    }
    for key in ["enum", "const", "pattern", "format"] {
        let (before, after) = (from.node.get(key), to.node.get(key));
        if before == after {
            continue;
        }
        let wider = match (before, after) {
            (_, None) => true,
            (Some(Json::Array(before)), Some(Json::Array(after))) => before.iter().all(|value| after.contains(value)),
            _ => false,
        };
        let word = |value: Option<&Json>| value.map_or("nothing".to_owned(), ToString::to_string);
        let bump = if wider { Bump::Minor } else { Bump::Major };
        tell(bump, format!("{here} has `{key}` {} where it had {}", word(after), word(before)));
    }
    if from.node.get("default") != to.node.get("default") {
        let word = |schema: Schema<'_>| schema.node.get("default").map_or("none".to_owned(), ToString::to_string);
        tell(Bump::Major, format!("the default of {here} is {} where it was {}", word(to), word(from)));
    }
    let (required_before, required_after) = (from.required(), to.required());
    for name in to.names() {
        let is_new = from.property(name).is_none();
        let place = below(path, name);
        match (is_new, required_after.contains(name), required_before.contains(name)) {
            (true, true, _) => tell(Bump::Major, format!("`{place}` is new and must be there")),
            (true, false, _) => tell(Bump::Minor, format!("`{place}` is new")),
            (false, true, false) => tell(Bump::Major, format!("`{place}` must be there")),
            (false, false, true) => tell(Bump::Minor, format!("`{place}` may be left out")),
            (false, ..) => {}
        }
    }
    for name in from.names().filter(|name| to.property(name).is_none()) {
        tell(Bump::Major, format!("`{}` is gone", below(path, name)));
    }
    for name in from.names() {
        if let (Some(before), Some(after)) = (from.property(name), to.property(name)) {
            schemas(before, after, &below(path, name), changes);
        }
    }
    if let (Some(before), Some(after)) = (from.node.get("items"), to.node.get("items")) {
        schemas(from.at(before), to.at(after), &format!("{path}[]"), changes);
    }
}

fn below(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

/// The later version asks what was not recorded: what would come of it is not known, and may be anything.
#[must_use]
pub fn asks_otherwise(recording: &str, divergence: &str) -> Change {
    Change::new(
        Bump::Minor,
        "queries",
        format!("{recording}: it asks otherwise, so that nothing is known: {divergence}"),
    )
}

/// What changed in what came of one case; nothing when it is the same.
#[must_use]
pub fn results(case: &str, from: &Json, to: &Json) -> Vec<Change> {
    let mut changes = Vec::new();
    let mut tell = |message: String| changes.push(Change::new(Bump::Minor, "results", format!("{case}: {message}")));
    if from["status"] != to["status"] {
        tell(format!("{} where it was {}", plain(&to["status"]), plain(&from["status"])));
    }
    let items = |document: &Json, key: &str| document[key].as_array().cloned().unwrap_or_default();
    for (key, noun, identity) in [("findings", "finding", FINDING), ("metrics", "metric", METRIC)] {
        let (before, after) = (items(from, key), items(to, key));
        let name = |item: &Json| {
            let parts = identity.iter().filter(|part| !item[**part].is_null()).map(|part| plain(&item[*part]));
            parts.collect::<Vec<_>>().join(" ")
        };
        for item in &after {
            match before.iter().find(|other| name(other) == name(item)) {
                None => tell(format!("the {noun} `{}` appears", name(item))),
                Some(other) if other != item => {
                    let changed: BTreeSet<&String> = [other, item]
                        .into_iter()
                        .filter_map(Json::as_object)
                        .flat_map(serde_json::Map::keys)
                        .filter(|key| other[key.as_str()] != item[key.as_str()])
                        .collect();
                    let told: Vec<_> = changed
                        .into_iter()
                        .map(|key| format!("{key} {} where it was {}", plain(&item[key]), plain(&other[key])))
                        .collect();
                    tell(format!("the {noun} `{}` changes: {}", name(item), told.join(", ")));
                }
                Some(_) => {}
            }
        }
        for item in before.iter().filter(|item| !after.iter().any(|other| name(other) == name(item))) {
            tell(format!("the {noun} `{}` vanishes", name(item)));
        }
    }
    if changes.is_empty() && from["message"] != to["message"] {
        let message =
            format!("{case}: it says `{}` where it said `{}`", plain(&to["message"]), plain(&from["message"]));
        changes.push(Change::new(Bump::Patch, "results", message));
    }
    changes
}

/// What makes a finding the same one in two versions.
const FINDING: &[&str] = &["code", "source", "table", "column", "date", "partition"];
/// The same for a metric.
const METRIC: &[&str] = &["metric_name"];

fn plain(value: &Json) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// Whether a version number moved at least as far as the changes ask.
#[must_use]
pub fn is_honest(from: &Version, to: &Version, changes: &[Change]) -> bool {
    let asked = changes.iter().map(|change| change.bump).max().unwrap_or(Bump::None);
    Bump::between(from, to).is_some_and(|moved| moved >= asked)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn bump(from: &str, to: &str) -> Option<Bump> {
        Bump::between(&from.parse().unwrap(), &to.parse().unwrap())
    }

    #[test]
    fn a_number_moves_by_its_place() {
        for (from, to, expected) in [
            ("1.2.3", "1.2.3", Some(Bump::None)),
            ("1.2.3", "1.2.4", Some(Bump::Patch)),
            ("1.2.3", "1.3.0", Some(Bump::Minor)),
            ("1.2.3", "2.0.0", Some(Bump::Major)),
            ("1.2.3", "1.2.2", None),
            ("0.2.3", "0.2.4", Some(Bump::Minor)),
            ("0.2.3", "0.3.0", Some(Bump::Major)),
            ("0.9.0", "1.0.0", Some(Bump::Major)),
            ("1.0.0-rc.1", "1.0.0", Some(Bump::Patch)),
        ] {
            assert_eq!(bump(from, to), expected, "{from} {to}");
        }
    }

    fn asked(from: &Json, to: &Json) -> Vec<(Bump, String)> {
        settings(from, to).into_iter().map(|change| (change.bump, change.message)).collect()
    }

    #[test]
    fn settings_that_were_good_and_may_not_be_are_major() {
        let schema = |properties: Json, required: Json| json!({ "type": "object", "properties": properties, "required": required });
        let days = |more: Json| {
            let mut days = json!({ "type": "integer", "minimum": 1 });
            days.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            schema(json!({ "days": days }), json!([]))
        };
        let plain = days(json!({}));
        assert_eq!(asked(&plain, &plain), []);
        for (to, expected, told) in [
            (schema(json!({}), json!([])), Bump::Major, "`days` is gone"),
            (days(json!({ "minimum": 2 })), Bump::Major, "`days` has `minimum` 2 where it had 1"),
            (days(json!({ "minimum": 0 })), Bump::Minor, "`days` has `minimum` 0 where it had 1"),
            (days(json!({ "maximum": 9 })), Bump::Major, "`days` has `maximum` 9 where it had nothing"),
            (days(json!({ "type": "number" })), Bump::Minor, "`days` takes number where it took integer"),
            (days(json!({ "type": "string" })), Bump::Major, "`days` takes string where it took integer"),
            (days(json!({ "default": 3 })), Bump::Major, "the default of `days` is 3 where it was none"),
            (days(json!({ "enum": [1, 2] })), Bump::Major, "`days` has `enum` [1,2] where it had nothing"),
        ] {
            assert_eq!(asked(&plain, &to), [(expected, told.to_owned())]);
        }
        let with = |required: Json| schema(json!({ "days": { "type": "integer", "minimum": 1 }, "x": {} }), required);
        assert_eq!(asked(&plain, &with(json!([]))), [(Bump::Minor, "`x` is new".to_owned())]);
        assert_eq!(asked(&plain, &with(json!(["x"]))), [(Bump::Major, "`x` is new and must be there".to_owned())]);
    }

    #[test]
    fn references_and_lists_are_looked_into() {
        let document = |low: i32| {
            json!({
                "type": "object",
                "properties": { "rules": { "type": "array", "items": { "$ref": "#/$defs/Rule" } } },
                "$defs": { "Rule": { "type": "object", "properties": { "low": { "type": "number", "minimum": low } } } },
            })
        };
        assert_eq!(
            asked(&document(0), &document(1)),
            [(Bump::Major, "`rules[].low` has `minimum` 1 where it had 0".to_owned())]
        );
    }

    #[test]
    fn findings_appear_vanish_and_change() {
        let document = |findings: Json| json!({ "status": "fail", "message": "m", "findings": findings });
        let one = json!({ "code": "gap", "date": "2026-01-01", "observed": 1 });
        let told = |from: Json, to: Json| -> Vec<String> {
            results("a", &document(from), &document(to)).into_iter().map(|change| change.message).collect()
        };
        assert_eq!(told(json!([one]), json!([one])), Vec::<String>::new());
        assert_eq!(told(json!([]), json!([one])), ["a: the finding `gap 2026-01-01` appears"]);
        assert_eq!(told(json!([one]), json!([])), ["a: the finding `gap 2026-01-01` vanishes"]);
        let other = json!({ "code": "gap", "date": "2026-01-01", "observed": 2 });
        assert_eq!(
            told(json!([one]), json!([other])),
            ["a: the finding `gap 2026-01-01` changes: observed 2 where it was 1"]
        );
        let said =
            results("a", &json!({ "status": "pass", "message": "x" }), &json!({ "status": "pass", "message": "y" }));
        assert_eq!(said[0].bump, Bump::Patch);
    }

    #[test]
    fn a_number_is_honest_when_it_moved_far_enough() {
        let change = |bump| Change { bump, what: "x", message: String::new() };
        let honest =
            |from: &str, to: &str, bump| is_honest(&from.parse().unwrap(), &to.parse().unwrap(), &[change(bump)]);
        assert!(honest("1.0.0", "1.1.0", Bump::Minor) && honest("1.0.0", "2.0.0", Bump::Minor));
        assert!(!honest("1.0.0", "1.0.1", Bump::Minor) && !honest("1.0.0", "1.0.0", Bump::Patch));
        assert!(!honest("1.1.0", "1.0.9", Bump::None), "back is never honest");
    }
}
