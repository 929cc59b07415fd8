//! JSON in texts.

use datafusion::arrow::array::{ArrayRef, StringViewBuilder};
use datafusion::error::Result;

use super::super::call::Call;
use super::super::function::Definition;
use super::json_document::{Json, Kind};
use super::json_path::{Notation, Path};
use super::lists;
use super::written::{self, Style, is_writable};

const VALUE: &[&str] = &["(STRING[, STRING]) -> STRING"];
const VALUES: &[&str] = &["(STRING[, STRING]) -> ARRAY<STRING>"];
const STRICT: &str = "A text that is not JSON to its end is NULL, and so is one that is nested more than 1000 deep.";

/// The functions of this module.
pub(super) const FUNCTIONS: &[Definition] = &[
    Definition { name: "JSON_VALUE", forms: VALUE, note: STRICT, eval: |call| scalar(call, Notation::Standard) },
    Definition { name: "JSON_EXTRACT_SCALAR", forms: VALUE, note: STRICT, eval: |call| scalar(call, Notation::Legacy) },
    Definition { name: "JSON_QUERY", forms: VALUE, note: STRICT, eval: |call| query(call, Notation::Standard) },
    Definition { name: "JSON_EXTRACT", forms: VALUE, note: STRICT, eval: |call| query(call, Notation::Legacy) },
    Definition {
        name: "JSON_VALUE_ARRAY",
        forms: VALUES,
        note: STRICT,
        eval: |call| scalars(call, Notation::Standard),
    },
    Definition {
        name: "JSON_EXTRACT_STRING_ARRAY",
        forms: VALUES,
        note: STRICT,
        eval: |call| scalars(call, Notation::Legacy),
    },
    Definition {
        name: "JSON_QUERY_ARRAY",
        forms: VALUES,
        note: STRICT,
        eval: |call| queries(call, Notation::Standard),
    },
    Definition {
        name: "JSON_EXTRACT_ARRAY",
        forms: VALUES,
        note: STRICT,
        eval: |call| queries(call, Notation::Legacy),
    },
    Definition { name: "TO_JSON_STRING", forms: &["(ANY[, BOOL]) -> STRING"], note: "", eval: to_json_string },
];

/// The constant path of a call; nothing where it is `NULL`.
fn path(call: &Call<'_>, notation: Notation) -> Result<Option<Path>> {
    let text = match call.len() {
        1 => Some("$"),
        _ => call.texts(1)?.constant().ok_or_else(|| call.refused("the path is not a constant"))?,
    };
    let parsed = text.map(|text| {
        Path::parse(text, notation).map_err(|problem| call.refused(format!("the path {text:?}: {problem}")))
    });
    parsed.transpose()
}

fn scalar(call: &Call<'_>, notation: Notation) -> Result<ArrayRef> {
    let (values, path) = (call.texts(0)?, path(call, notation)?);
    call.write_texts(|row| {
        let Some((value, path)) = values.get(row).zip(path.as_ref()) else { return Ok(None) };
        Ok(Json::read(value).and_then(|json| path.of(json)).and_then(Json::scalar))
    })
}

fn query(call: &Call<'_>, notation: Notation) -> Result<ArrayRef> {
    let (values, path) = (call.texts(0)?, path(call, notation)?);
    call.write_texts(|row| {
        let Some((value, path)) = values.get(row).zip(path.as_ref()) else { return Ok(None) };
        let found = Json::read(value).and_then(|json| path.of(json)).filter(|json| json.kind() != Kind::Null);
        Ok(found.map(|json| {
            let mut text = String::new();
            json.compact(&mut text);
            text
        }))
    })
}

fn scalars(call: &Call<'_>, notation: Notation) -> Result<ArrayRef> {
    let (values, path) = (call.texts(0)?, path(call, notation)?);
    lists::write(call, StringViewBuilder::new(), |row, elements| {
        let Some((value, path)) = values.get(row).zip(path.as_ref()) else { return Ok(Ok(false)) };
        let found = Json::read(value).and_then(|json| path.of(json)).filter(|json| json.kind() == Kind::Array);
        let is_scalar = |json: Json<'_>| !matches!(json.kind(), Kind::Array | Kind::Object);
        let Some(found) = found.filter(|json| json.elements().all(is_scalar)) else { return Ok(Ok(false)) };
        found.elements().try_for_each(|json| elements.push(json.scalar().as_deref()))?;
        Ok(Ok(true))
    })
}

fn queries(call: &Call<'_>, notation: Notation) -> Result<ArrayRef> {
    let (values, path) = (call.texts(0)?, path(call, notation)?);
    let mut text = String::new();
    lists::write(call, StringViewBuilder::new(), |row, elements| {
        let Some((value, path)) = values.get(row).zip(path.as_ref()) else { return Ok(Ok(false)) };
        let found = Json::read(value).and_then(|json| path.of(json)).filter(|json| json.kind() == Kind::Array);
        let Some(found) = found else { return Ok(Ok(false)) };
        for element in found.elements() {
            text.clear();
            element.compact(&mut text);
            elements.push(Some(&text))?;
        }
        Ok(Ok(true))
    })
}

fn to_json_string(call: &Call<'_>) -> Result<ArrayRef> {
    let (Some(of), Some(array), Some(constant)) = (call.types.first(), call.args.first(), call.constant.first()) else {
        return Err(call.refused("there is no value"));
    };
    if !is_writable(of) {
        return Err(call.refused(format!("{of} is not written as JSON")));
    }
    let pretty = if call.len() > 1 { Some(call.bools(1)?) } else { None };
    call.write_texts(|row| {
        let style = match pretty.map_or(Some(false), |pretty| pretty.get(row)) {
            Some(true) => Style::PrettyJson,
            Some(false) => Style::Json,
            None => return Ok(None),
        };
        let mut text = String::new();
        written::write(&mut text, array, if *constant { 0 } else { row }, style);
        Ok(Some(text))
    })
}
