//! Declared schemas: `name.schema.yaml`, `.schema.yml` or `.schema.json` beside the file or folder of the table
//! `name`.
//!
//! What `bq show --schema` prints is one as it is: a list of columns, each with `name`, `type`, `mode`, `description`
//! and `fields`. The list may also stand under the key `columns`. A schema is read anew for every query.

use std::collections::HashMap;
use std::io::Read;
use std::sync::Arc;

use cap_std::fs::Dir;
use datafusion::arrow::datatypes::{DataType, Field, FieldRef, Fields};
use serde::Deserialize;
use serde::de::{Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_saphyr::{Location, MessageFormatter, Spanned};

use super::canonical;
use super::failure::{Fault, ReadFailure, shorten};
use super::folder::FoundFile;

/// Ends of the names of schemas.
pub(super) const ENDINGS: [&str; 3] = [".schema.yaml", ".schema.yml", ".schema.json"];

/// Largest schema, in bytes.
const BYTES_MAX: u64 = 1 << 20;

/// Most columns and fields of a schema: BigQuery's limit.
const FIELDS_MAX: usize = 10_000;

/// Structs within structs: BigQuery's limit.
const DEPTH_MAX: usize = 15;

const FORM: &str = "a schema is a list of columns, each with `name`, `type` and, where they are needed, `mode` and `fields`, as \
                    `bq show --schema` prints it";

/// Key under which a field says that it is JSON, which the engine keeps as text.
const JSON_KEY: &str = "googlesql";

/// The columns of a table as somebody wrote them down.
#[derive(Debug, Clone)]
pub(super) struct Declared {
    /// Path of the schema within the folder.
    pub(super) file: String,
    /// The columns in their order; what is REQUIRED or REPEATED is not nullable.
    pub(super) fields: Fields,
}

/// Whether a column is of the type JSON.
pub(super) fn is_json(field: &Field) -> bool {
    field.metadata().contains_key(JSON_KEY)
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Column {
    name: Spanned<String>,
    r#type: Spanned<String>,
    mode: Option<Spanned<String>>,
    required: Option<bool>,
    fields: Option<Spanned<Vec<Column>>>,
    #[serde(rename = "description")]
    _description: Option<IgnoredAny>,
    #[serde(rename = "policyTags")]
    _policy_tags: Option<IgnoredAny>,
    #[serde(rename = "dataPolicies")]
    _data_policies: Option<IgnoredAny>,
    #[serde(rename = "categories")]
    _categories: Option<IgnoredAny>,
    #[serde(rename = "defaultValueExpression")]
    _default: Option<IgnoredAny>,
    #[serde(rename = "collation")]
    _collation: Option<IgnoredAny>,
    #[serde(rename = "roundingMode")]
    _rounding: Option<IgnoredAny>,
    #[serde(rename = "precision")]
    _precision: Option<IgnoredAny>,
    #[serde(rename = "scale")]
    _scale: Option<IgnoredAny>,
    #[serde(rename = "maxLength")]
    _max_length: Option<IgnoredAny>,
    #[serde(rename = "timestampPrecision")]
    _timestamp_precision: Option<IgnoredAny>,
}

/// The list, or the list under `columns`.
struct Document(Vec<Column>);

impl<'de> Deserialize<'de> for Document {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Form;

        impl<'de> Visitor<'de> for Form {
            type Value = Document;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a list of columns")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Document, A::Error> {
                let mut columns = Vec::new();
                while let Some(column) = items.next_element()? {
                    columns.push(column);
                }
                Ok(Document(columns))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut keys: A) -> Result<Document, A::Error> {
                let mut columns = None;
                while let Some(key) = keys.next_key::<String>()? {
                    match key.as_str() {
                        "columns" => columns = Some(keys.next_value()?),
                        other => return Err(A::Error::unknown_field(other, &["columns"])),
                    }
                }
                columns.map(Document).ok_or_else(|| A::Error::missing_field("columns"))
            }
        }

        deserializer.deserialize_any(Form)
    }
}

/// What is wrong with a schema.
struct Complaint {
    line: Option<u64>,
    reason: String,
    hint: String,
}

impl Complaint {
    fn at(location: Location, reason: String, hint: impl Into<String>) -> Self {
        Self { line: Some(location.line()), reason, hint: hint.into() }
    }
}

impl Declared {
    /// Reads the schema at `path`.
    ///
    /// # Errors
    /// When it cannot be read or is none.
    pub(super) fn read(dir: &Dir, path: &str) -> Result<Self, ReadFailure> {
        let failure = |fault| ReadFailure { file: path.to_owned(), fault };
        let found = FoundFile::find(dir, path)?;
        let refused = |reason: String| Fault::Schema { line: None, reason, hint: FORM.to_owned() };
        if found.len > BYTES_MAX {
            return Err(failure(refused(format!("it has {} bytes, more than {BYTES_MAX}", found.len))));
        }
        let file = found.open(dir).map_err(|fault| failure(fault.into()))?;
        let mut bytes = Vec::new();
        file.take(BYTES_MAX).read_to_end(&mut bytes).map_err(|error| failure(Fault::Io(error)))?;
        let text = String::from_utf8(bytes).map_err(|_| failure(refused("it is not UTF-8 text".to_owned())))?;
        let fields = parse(&text).map_err(|complaint| {
            let Complaint { line, reason, hint } = complaint;
            failure(Fault::Schema { line, reason, hint })
        })?;
        Ok(Self { file: path.to_owned(), fields })
    }

    /// Takes out a column that is in the names of folders and not in files; its type.
    pub(super) fn take_out(&mut self, name: &str) -> Option<DataType> {
        let at = self.fields.iter().position(|field| field.name() == name)?;
        let data_type = self.fields.get(at)?.data_type().clone();
        self.fields = self
            .fields
            .iter()
            .enumerate()
            .filter(|(other, _)| *other != at)
            .map(|(_, field)| Arc::clone(field))
            .collect();
        Some(data_type)
    }
}

fn parse(text: &str) -> Result<Fields, Complaint> {
    let Document(columns) = serde_saphyr::from_str(text).map_err(|error| {
        let line = error.location().map(|location| location.line());
        let reason = serde_saphyr::DefaultMessageFormatter.format_message(error.without_snippet());
        Complaint { line, reason: shorten(&reason), hint: FORM.to_owned() }
    })?;
    if columns.is_empty() {
        return Err(Complaint { line: None, reason: "it has no column".to_owned(), hint: FORM.to_owned() });
    }
    let mut count = 0;
    fields(&columns, 1, &mut count)
}

fn fields(columns: &[Column], depth: usize, count: &mut usize) -> Result<Fields, Complaint> {
    let mut seen: HashMap<String, &Spanned<String>> = HashMap::new();
    let mut fields: Vec<FieldRef> = Vec::with_capacity(columns.len());
    for column in columns {
        let name = &column.name;
        *count += 1;
        if *count > FIELDS_MAX {
            let reason = format!("it has more than {FIELDS_MAX} columns and fields");
            return Err(Complaint::at(name.referenced, reason, "declare a part of them in a table of its own"));
        }
        if name.value.trim().is_empty() {
            return Err(Complaint::at(name.referenced, "a column has no name".to_owned(), FORM));
        }
        if let Some(first) = seen.insert(name.value.to_lowercase(), name) {
            let (one, other) = (&first.value, &name.value);
            let reason = if one == other {
                format!("two columns are named `{one}`")
            } else {
                format!("columns `{one}` and `{other}` differ only in case")
            };
            return Err(Complaint::at(
                name.referenced,
                reason,
                "GoogleSQL does not tell upper and lower case apart in names",
            ));
        }
        fields.push(field(column, depth, count)?);
    }
    Ok(fields.into())
}

fn field(column: &Column, depth: usize, count: &mut usize) -> Result<FieldRef, Complaint> {
    let name = &column.name.value;
    let written = &column.r#type;
    let data_type = match (written.value.to_uppercase().as_str(), &column.fields) {
        ("STRUCT" | "RECORD", Some(inner)) if depth <= DEPTH_MAX && !inner.value.is_empty() => {
            DataType::Struct(fields(&inner.value, depth + 1, count)?)
        }
        ("STRUCT" | "RECORD", Some(inner)) => {
            let reason = format!("the struct `{name}` has no field or is more than {DEPTH_MAX} levels deep");
            return Err(Complaint::at(inner.referenced, reason, FORM));
        }
        ("STRUCT" | "RECORD", None) => {
            let reason = format!("the struct `{name}` has no `fields`");
            return Err(Complaint::at(written.referenced, reason, "list them as columns are listed"));
        }
        (_, Some(inner)) => {
            let reason = format!("`{name}` has fields and is not a struct");
            return Err(Complaint::at(inner.referenced, reason, "write `type: STRUCT`, or leave `fields` out"));
        }
        (upper, None) => plain(upper).ok_or_else(|| unknown_type(written))?,
    };
    let is_json = written.value.eq_ignore_ascii_case("JSON");
    let mark = |field: Field| match is_json {
        true => field.with_metadata(HashMap::from([(JSON_KEY.to_owned(), "JSON".to_owned())])),
        false => field,
    };
    let mode = match &column.mode {
        Some(mode) => mode.value.to_uppercase(),
        None => String::new(),
    };
    let required = column.required == Some(true);
    let field = match mode.as_str() {
        "REQUIRED" => mark(Field::new(name, data_type, false)),
        "" | "NULLABLE" => mark(Field::new(name, data_type, !required)),
        "REPEATED" => {
            let item = mark(Field::new("item", data_type, false));
            Field::new(name, DataType::List(Arc::new(item)), false)
        }
        _ => {
            let location = column.mode.as_ref().map_or(written.referenced, |mode| mode.referenced);
            let reason = format!("there is no mode `{}`", column.mode.as_ref().map_or("", |mode| mode.value.as_str()));
            return Err(Complaint::at(location, reason, "the modes are NULLABLE, REQUIRED and REPEATED"));
        }
    };
    Ok(Arc::new(field))
}

/// The names of types that have no fields.
const NAMES: [&str; 22] = [
    "INT64",
    "INTEGER",
    "INT",
    "SMALLINT",
    "BIGINT",
    "TINYINT",
    "BYTEINT",
    "FLOAT64",
    "FLOAT",
    "NUMERIC",
    "DECIMAL",
    "BIGNUMERIC",
    "BIGDECIMAL",
    "STRING",
    "JSON",
    "BYTES",
    "BOOL",
    "BOOLEAN",
    "DATE",
    "DATETIME",
    "TIME",
    "TIMESTAMP",
];

fn plain(upper: &str) -> Option<DataType> {
    Some(match upper {
        "INT64" | "INTEGER" | "INT" | "SMALLINT" | "BIGINT" | "TINYINT" | "BYTEINT" => DataType::Int64,
        "FLOAT64" | "FLOAT" => DataType::Float64,
        "NUMERIC" | "DECIMAL" => canonical::NUMERIC,
        "BIGNUMERIC" | "BIGDECIMAL" => canonical::BIGNUMERIC,
        "STRING" | "JSON" => DataType::Utf8View,
        "BYTES" => DataType::Binary,
        "BOOL" | "BOOLEAN" => DataType::Boolean,
        "DATE" => DataType::Date32,
        "DATETIME" => canonical::DATETIME,
        "TIME" => canonical::TIME,
        "TIMESTAMP" => canonical::timestamp(),
        _ => return None,
    })
}

fn unknown_type(written: &Spanned<String>) -> Complaint {
    let upper = written.value.to_uppercase();
    let hint = if upper.starts_with("ARRAY") {
        "write the type of the items and `mode: REPEATED`".to_owned()
    } else if let Some((head, _)) = upper.split_once(['(', '<']) {
        format!("write `{}` alone", head.trim())
    } else if matches!(upper.as_str(), "GEOGRAPHY" | "INTERVAL" | "RANGE") {
        "files are read without it: declare STRING and read the text".to_owned()
    } else {
        let names = NAMES.into_iter().chain(["STRUCT"]);
        let scored = names.map(|name| (strsim::jaro_winkler(&upper, name), name));
        match scored.max_by(|one, other| one.0.total_cmp(&other.0)) {
            Some((score, name)) if score > 0.75 => format!("did you mean `{name}`?"),
            _ => "types are those of GoogleSQL, for example INT64, FLOAT64, NUMERIC, STRING, BOOL, DATE or TIMESTAMP"
                .to_owned(),
        }
    };
    Complaint::at(written.referenced, format!("there is no type `{}`", written.value), hint)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Vec<String> {
        let fields = parse(text).unwrap_or_else(|complaint| panic!("{}", complaint.reason));
        let mode = |field: &FieldRef| if field.is_nullable() { "" } else { "!" };
        fields
            .iter()
            .map(|field| format!("{}{} {}", field.name(), mode(field), canonical::name(field.data_type())))
            .collect()
    }

    #[test]
    fn what_bigquery_prints_is_a_schema() {
        let text = r#"[
          {"name": "id", "type": "INTEGER", "mode": "REQUIRED", "description": "the key"},
          {"name": "zip", "type": "STRING", "maxLength": "5", "policyTags": {"names": ["x"]}},
          {"name": "price", "type": "NUMERIC", "precision": "10", "scale": "2", "mode": "NULLABLE"},
          {"name": "tags", "type": "STRING", "mode": "REPEATED"},
          {"name": "who", "type": "RECORD", "mode": "REPEATED",
           "fields": [{"name": "at", "type": "TIMESTAMP"}, {"name": "raw", "type": "JSON"}]}
        ]"#;
        let expected = [
            "id! INT64",
            "zip STRING",
            "price NUMERIC",
            "tags! ARRAY<STRING>",
            "who! ARRAY<STRUCT<at TIMESTAMP, raw STRING>>",
        ];
        assert_eq!(shown(text), expected);
    }

    #[test]
    fn every_name_is_one_of_a_type() {
        assert!(NAMES.iter().all(|name| plain(name).is_some()));
        assert_eq!(plain("STRUCT"), None);
    }

    #[test]
    fn columns_may_be_listed_as_in_a_description_of_tables() {
        let text = "columns:\n  - name: id\n    type: int64\n    required: true\n    description: The key.\n  - {name: day, type: Date}\n";
        assert_eq!(shown(text), ["id! INT64", "day DATE"]);
    }

    #[test]
    fn what_is_wrong_is_named_with_its_line() {
        for (text, line, reason, hint) in [
            ("- name: a\n  type: INT46\n", 2, "there is no type `INT46`", "did you mean `INT64`?"),
            ("- name: a\n  type: ARRAY<INT64>\n", 2, "there is no type `ARRAY<INT64>`", "`mode: REPEATED`"),
            ("- name: a\n  type: NUMERIC(10, 2)\n", 2, "there is no type", "write `NUMERIC` alone"),
            ("- name: a\n  type: GEOGRAPHY\n", 2, "there is no type", "declare STRING"),
            (
                "- name: a\n  type: INT64\n- name: A\n  type: INT64\n",
                3,
                "columns `a` and `A` differ only in case",
                "GoogleSQL",
            ),
            ("- name: a\n  type: STRUCT\n", 2, "the struct `a` has no `fields`", "list them"),
            ("- name: a\n  type: INT64\n  fields: []\n", 3, "`a` has fields and is not a struct", "STRUCT"),
            ("- name: a\n  type: INT64\n  mode: NEVER\n", 3, "there is no mode `NEVER`", "REPEATED"),
            ("- name: a\n  typ: INT64\n", 2, "unknown field `typ`", "bq show --schema"),
            ("- name: a\n", 1, "missing field `type`", "bq show --schema"),
            ("- name: a\n  type: INT64\n bad", 3, "", "bq show --schema"),
            ("rows: []\n", 1, "unknown field `rows`", "bq show --schema"),
        ] {
            let complaint = parse(text).expect_err(text);
            assert_eq!(complaint.line, Some(line), "{text}: {}", complaint.reason);
            assert!(complaint.reason.contains(reason), "{text}: {}", complaint.reason);
            assert!(complaint.hint.contains(hint), "{text}: {}", complaint.hint);
        }
        assert_eq!(parse("[]").expect_err("nothing").reason, "it has no column");
        let deep = (0..20).fold("INT64".to_owned(), |inner, _| match inner.as_str() {
            "INT64" => "{name: a, type: INT64}".to_owned(),
            inner => format!("{{name: a, type: STRUCT, fields: [{inner}]}}"),
        });
        assert!(parse(&format!("[{deep}]")).expect_err("deep").reason.contains("levels deep"));
    }
}
