//! A settings document beside its JSON Schema: every place where they differ.
//!
//! It knows what schemars writes for settings. What it does not know it does not pass over: the settings are then refused,
//! so that what a schema says and what is enforced never differ.

use serde_json::{Map, Number, Value};

use crate::identifier::{self, is_name};
use crate::settings::SettingProblem;

/// Most schemas within each other without an end of the document: a schema that refers to itself is broken.
const DEPTH_MAX: usize = 64;

/// Keywords that say nothing about what is right, or whose neighbours say it.
const ANNOTATIONS: &[&str] = &[
    "$schema",
    "$defs",
    "$comment",
    "title",
    "description",
    "default",
    "examples",
    "deprecated",
    "readOnly",
    "writeOnly",
];

/// Every place where a document is not as its schema says, in the order of the schema.
pub(crate) fn problems(schema: &Value, document: &Value) -> Vec<SettingProblem> {
    let mut comparison = Comparison { root: schema, found: Vec::new() };
    comparison.compare(schema, document, "", 0);
    comparison.found
}

/// A key as a token of a JSON Pointer.
pub(crate) fn escaped(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

struct Comparison<'a> {
    root: &'a Value,
    found: Vec<SettingProblem>,
}

impl<'a> Comparison<'a> {
    fn tell(&mut self, path: &str, message: impl Into<String>) {
        self.found.push(SettingProblem::new(path, message));
    }

    fn compare(&mut self, schema: &'a Value, value: &Value, path: &str, depth: usize) {
        let Value::Object(rules) = schema else {
            if *schema == Value::Bool(false) {
                self.tell(path, "nothing may stand here");
            }
            return;
        };
        if depth > DEPTH_MAX {
            return self.tell(path, "the schema refers to itself without an end");
        }
        let wanted = type_names(rules);
        if !wanted.is_empty() && !wanted.iter().any(|name| is_type(name, value)) {
            return self.tell(path, format!("expected {}, found {}", types_told(&wanted), told(value)));
        }
        for (keyword, rule) in rules {
            match keyword.as_str() {
                "type" => {}
                "$ref" => match rule.as_str().and_then(|reference| self.resolve(reference)) {
                    Some(schema) => self.compare(schema, value, path, depth + 1),
                    None => self.tell(path, format!("the schema refers to {rule}, which it does not have")),
                },
                "allOf" => rule
                    .as_array()
                    .into_iter()
                    .flatten()
                    .for_each(|schema| self.compare(schema, value, path, depth + 1)),
                "anyOf" | "oneOf" => self.choose(rule, value, path, depth),
                "enum" | "const" => {
                    let allowed = constants(rules);
                    if !allowed.contains(&value) {
                        self.tell(path, format!("expected {}, found {}", one_of(&allowed), told(value)));
                    }
                }
                "minimum" | "maximum" | "exclusiveMinimum" | "exclusiveMaximum" => {}
                "format" => {}
                "pattern" if *rule == identifier::PATTERN => {
                    if value.as_str().is_some_and(|name| !is_name(name)) {
                        let what = if rules.get("format").is_some_and(|format| format == "column-name") {
                            "a column"
                        } else {
                            "a table"
                        };
                        self.tell(path, format!("not the name of {what}"));
                    }
                }
                "minLength" | "maxLength" => {
                    if let Value::String(text) = value {
                        self.length(
                            keyword,
                            rules,
                            ("minLength", "maxLength"),
                            text.chars().count(),
                            path,
                            "characters",
                        );
                    }
                }
                "minItems" | "maxItems" => {
                    if let Value::Array(items) = value {
                        let noun = path.rsplit('/').next().filter(|noun| noun.parse::<usize>().is_err());
                        let noun = noun.filter(|noun| !noun.is_empty()).unwrap_or("entries");
                        self.length(keyword, rules, ("minItems", "maxItems"), items.len(), path, noun);
                    }
                }
                "uniqueItems" => self.unique(rule, value, path),
                "prefixItems" => {
                    for (index, (schema, item)) in rule.as_array().into_iter().flatten().zip(items(value)).enumerate() {
                        self.compare(schema, item, &format!("{path}/{index}"), 0);
                    }
                }
                "items" => {
                    let before = rules.get("prefixItems").and_then(Value::as_array).map_or(0, Vec::len);
                    for (index, item) in items(value).iter().enumerate().skip(before) {
                        self.compare(rule, item, &format!("{path}/{index}"), 0);
                    }
                }
                "required" => {
                    if let Value::Object(fields) = value {
                        for name in rule.as_array().into_iter().flatten().filter_map(Value::as_str) {
                            if !fields.contains_key(name) {
                                self.tell(path, format!("missing field `{name}`"));
                            }
                        }
                    }
                }
                "properties" | "additionalProperties" => {}
                keyword if ANNOTATIONS.contains(&keyword) || keyword.starts_with("x-") => {}
                keyword => self.tell(path, format!("the schema says `{keyword}`, which nothing enforces")),
            }
        }
        self.range(rules, value, path);
        self.fields(rules, value, path);
    }

    fn resolve(&self, reference: &str) -> Option<&'a Value> {
        self.root.pointer(reference.strip_prefix('#')?)
    }

    /// The fields of an object, in the order of the document.
    fn fields(&mut self, rules: &'a Map<String, Value>, value: &Value, path: &str) {
        let Value::Object(fields) = value else { return };
        let known = rules.get("properties").and_then(Value::as_object);
        for (name, field) in fields {
            let path = format!("{path}/{}", escaped(name));
            match (known.and_then(|known| known.get(name)), rules.get("additionalProperties")) {
                (Some(schema), _) => self.compare(schema, field, &path, 0),
                (None, Some(Value::Bool(false))) => {
                    let names: Vec<_> = known.into_iter().flat_map(Map::keys).map(|name| format!("`{name}`")).collect();
                    let expected = match names.as_slice() {
                        [] => "there are no fields".to_owned(),
                        [only] => format!("expected {only}"),
                        [one, other] => format!("expected {one} or {other}"),
                        names => format!("expected one of {}", names.join(", ")),
                    };
                    self.tell(&path, format!("unknown field `{name}`, {expected}"));
                }
                (None, Some(schema)) => self.compare(schema, field, &path, 0),
                (None, None) => {}
            }
        }
    }

    /// Any of some schemas: where none fits, what is wrong by the one that was probably meant.
    fn choose(&mut self, schemas: &'a Value, value: &Value, path: &str, depth: usize) {
        let mut meant: Option<Vec<SettingProblem>> = None;
        let (mut allowed, mut types) = (Vec::new(), Vec::new());
        for schema in schemas.as_array().into_iter().flatten() {
            let mut trial = Comparison { root: self.root, found: Vec::new() };
            trial.compare(schema, value, path, depth + 1);
            if trial.found.is_empty() {
                return;
            }
            let (mut constants, mut names) = (Vec::new(), Vec::new());
            self.gather(schema, &mut constants, &mut names, 0);
            let fits = constants.is_empty() && names.iter().any(|name| is_type(name, value));
            if fits && meant.as_ref().is_none_or(|meant| trial.found.len() < meant.len()) {
                meant = Some(trial.found);
            }
            allowed.extend(constants);
            types.extend(names);
        }
        match meant {
            Some(problems) => self.found.extend(problems),
            None if !allowed.is_empty() => {
                self.tell(path, format!("expected {}, found {}", one_of(&allowed), told(value)));
            }
            None => self.tell(path, format!("expected {}, found {}", types_told(&types), told(value))),
        }
    }

    /// The constants and the types that a schema takes, its choices and references included.
    fn gather(&self, schema: &'a Value, found: &mut Vec<&'a Value>, types: &mut Vec<&'a str>, depth: usize) {
        let Some(rules) = schema.as_object().filter(|_| depth <= DEPTH_MAX) else { return };
        found.extend(constants(rules));
        types.extend(type_names(rules));
        let choices = ["anyOf", "oneOf"].iter().filter_map(|keyword| rules.get(*keyword)?.as_array()).flatten();
        let reference = rules.get("$ref").and_then(Value::as_str).and_then(|reference| self.resolve(reference));
        choices.chain(reference).for_each(|schema| self.gather(schema, found, types, depth + 1));
    }

    fn range(&mut self, rules: &Map<String, Value>, value: &Value, path: &str) {
        let Value::Number(number) = value else { return };
        let bound = |name: &str| rules.get(name).and_then(Value::as_number).cloned();
        let format = rules.get("format").and_then(Value::as_str).unwrap_or_default();
        let (least, most) = format_bounds(format);
        let (min, max) = (bound("minimum").or(least), bound("maximum").or(most));
        let (above, below) = (bound("exclusiveMinimum"), bound("exclusiveMaximum"));
        let is_wrong = min.as_ref().is_some_and(|min| is_less(number, min))
            || max.as_ref().is_some_and(|max| is_less(max, number))
            || above.as_ref().is_some_and(|above| !is_less(above, number))
            || below.as_ref().is_some_and(|below| !is_less(number, below));
        if !is_wrong {
            return;
        }
        let natural = format.starts_with("uint") && bound("minimum").is_some_and(|min| min.as_u64() == Some(0));
        let expected = match (&min, &max, &above, &below) {
            (Some(_), Some(max), None, None) if natural && !is_less(number, &0.into()) => {
                format!("{} at the most", plain(max))
            }
            (Some(min), Some(max), None, None) => format!("{} to {}", plain(min), plain(max)),
            (Some(min), None, None, None) => format!("{} or more", plain(min)),
            (None, Some(max), None, None) => format!("{} at the most", plain(max)),
            _ => {
                let bounds = [("at least", min), ("more than", above), ("at the most", max), ("less than", below)];
                let told = bounds.iter().filter_map(|(word, bound)| Some(format!("{word} {}", plain(bound.as_ref()?))));
                told.collect::<Vec<_>>().join(" and ")
            }
        };
        self.tell(path, format!("expected {expected}, found {}", plain(number)));
    }

    fn length(
        &mut self,
        keyword: &str,
        rules: &Map<String, Value>,
        (least, most): (&str, &str),
        length: usize,
        path: &str,
        noun: &str,
    ) {
        let bound = |name: &str| rules.get(name).and_then(Value::as_u64);
        let (min, max) = (bound(least), bound(most));
        // Both bounds are told together, once.
        if keyword == most && min.is_some() {
            return;
        }
        let length = length as u64;
        if min.is_none_or(|min| length >= min) && max.is_none_or(|max| length <= max) {
            return;
        }
        let expected = match (min, max) {
            (Some(min), Some(max)) => format!("{min} to {max} {noun}"),
            (Some(min), None) => format!("{min} {noun} or more"),
            (_, max) => format!("{} {noun} at the most", max.unwrap_or_default()),
        };
        self.tell(path, format!("expected {expected}, found {length}"));
    }

    fn unique(&mut self, rule: &Value, value: &Value, path: &str) {
        let items = items(value);
        for (index, item) in items.iter().enumerate() {
            if *rule == Value::Bool(true) && items.iter().take(index).any(|earlier| earlier == item) {
                self.tell(&format!("{path}/{index}"), format!("{} stands here twice", told(item)));
            }
        }
    }
}

fn items(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

fn type_names(rules: &Map<String, Value>) -> Vec<&str> {
    match rules.get("type") {
        Some(Value::String(name)) => vec![name],
        Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

fn constants(rules: &Map<String, Value>) -> Vec<&Value> {
    let listed = rules.get("enum").and_then(Value::as_array).into_iter().flatten();
    listed.chain(rules.get("const")).collect()
}

fn is_type(name: &str, value: &Value) -> bool {
    match name {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        _ => false,
    }
}

/// Types for a person. Null is left out: a setting without a value is not written.
fn types_told(names: &[&str]) -> String {
    let told = names.iter().filter(|name| **name != "null").map(|name| match *name {
        "boolean" => "true or false",
        "integer" => "a whole number",
        "number" => "a number",
        "string" => "a text",
        "array" => "a list",
        "object" => "named settings",
        other => other,
    });
    let told: Vec<_> = told.collect();
    if told.is_empty() { "nothing".to_owned() } else { told.join(" or ") }
}

fn one_of(allowed: &[&Value]) -> String {
    let told = |value: &&Value| value.as_str().map_or_else(|| value.to_string(), |text| format!("`{text}`"));
    match allowed {
        [one, other] => format!("{} or {}", told(one), told(other)),
        [only] => told(only),
        _ => format!("one of {}", allowed.iter().map(told).collect::<Vec<_>>().join(", ")),
    }
}

/// A value for a person, not longer than a line.
fn told(value: &Value) -> String {
    match value {
        Value::Array(_) => "a list".to_owned(),
        Value::Object(_) => "named settings".to_owned(),
        Value::Number(number) => plain(number),
        Value::String(text) if text.chars().count() > 60 => {
            format!("{:?}", text.chars().take(60).chain(['…']).collect::<String>())
        }
        _ => value.to_string(),
    }
}

/// What whole numbers of a format of schemars hold, where a document can hold more.
fn format_bounds(format: &str) -> (Option<Number>, Option<Number>) {
    let (min, max) = match format {
        "int8" => (i64::from(i8::MIN), i64::from(i8::MAX)),
        "int16" => (i64::from(i16::MIN), i64::from(i16::MAX)),
        "int32" => (i64::from(i32::MIN), i64::from(i32::MAX)),
        "uint8" => (0, i64::from(u8::MAX)),
        "uint16" => (0, i64::from(u16::MAX)),
        "uint32" => (0, i64::from(u32::MAX)),
        _ => return (None, None),
    };
    (Some(min.into()), Some(max.into()))
}

/// Compared as whole numbers where both are.
fn is_less(a: &Number, b: &Number) -> bool {
    match (a.as_i128(), b.as_i128()) {
        (Some(a), Some(b)) => a < b,
        _ => a.as_f64() < b.as_f64(),
    }
}

fn plain(number: &Number) -> String {
    match number.as_f64() {
        Some(float) if number.is_f64() => float.to_string(),
        _ => number.to_string(),
    }
}
