//! BigQuery schemas, one JSON field list a table, in the form that `bq mk --schema` and the API read.

use anyhow::Result;
use serde::Serialize;

use super::Output;
use super::schema::{Column, Kind, Schema};

#[derive(Serialize)]
struct Field<'s> {
    name: &'s str,
    #[serde(rename = "type")]
    kind: &'static str,
    mode: &'static str,
    description: String,
}

/// One file for each table that is exported.
pub(super) fn outputs(schema: &Schema) -> Result<Vec<Output>> {
    let exported = schema.tables.iter().filter(|table| table.export);
    exported
        .map(|table| {
            let fields: Vec<_> = table.columns.iter().filter(|column| column.export).map(field).collect();
            Ok(Output {
                path: format!("schemas/bigquery/{}.json", table.name).into(),
                content: serde_json::to_string_pretty(&fields)? + "\n",
                frozen: false,
            })
        })
        .collect()
}

fn field(column: &Column) -> Field<'_> {
    let Column { name, kind, required, description, values, .. } = column;
    let kind = match kind {
        Kind::String => "STRING",
        Kind::Int64 => "INT64",
        Kind::Float64 => "FLOAT64",
        Kind::Bool => "BOOL",
        Kind::Timestamp => "TIMESTAMP",
        Kind::Date => "DATE",
        Kind::Json => "JSON",
    };
    let allowed = if values.is_empty() { String::new() } else { format!(" One of: {}.", values.join(", ")) };
    let mode = if *required { "REQUIRED" } else { "NULLABLE" };
    Field { name, kind, mode, description: format!("{description}{allowed}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_exported_with_the_allowed_words() {
        let schema = Schema::parse(
            "
versions: [initial]
tables:
- name: a
  description: A.
  export: true
  key: [id]
  columns:
  - {name: id, type: string, required: true, description: Identity.}
  - {name: mood, type: string, values: [good, bad], description: How.}
  - {name: here, type: string, export: false, description: Stays.}
- name: b
  description: B.
  export: false
  key: [id]
  columns:
  - {name: id, type: string, required: true, description: Identity.}
",
        )
        .unwrap();
        let outputs = outputs(&schema).unwrap();
        let [a] = outputs.as_slice() else { panic!("one file: {outputs:?}") };
        assert_eq!(a.path.to_str(), Some("schemas/bigquery/a.json"));
        let fields: serde_json::Value = serde_json::from_str(&a.content).unwrap();
        assert_eq!(
            fields,
            serde_json::json!([
                {"name": "id", "type": "STRING", "mode": "REQUIRED", "description": "Identity."},
                {"name": "mood", "type": "STRING", "mode": "NULLABLE", "description": "How. One of: good, bad."},
            ])
        );
    }
}
