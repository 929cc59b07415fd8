//! BigQuery schemas: one JSON field list a table, in the form that `bq mk --schema` and the API read, and
//! schemas/sink.json, all that the host has to know of the tables that it exports.

use anyhow::Result;
use serde::Serialize;

use super::Output;
use super::schema::{Column, Kind, Schema, Table};

#[derive(Serialize)]
struct Field<'s> {
    name: &'s str,
    #[serde(rename = "type")]
    kind: &'static str,
    mode: &'static str,
    description: String,
}

#[derive(Serialize)]
struct Sink<'s> {
    /// Version of the schema.
    version: usize,
    tables: Vec<SinkTable<'s>>,
}

#[derive(Serialize)]
struct SinkTable<'s> {
    name: &'s str,
    description: &'s str,
    key: &'s [String],
    partition_by: &'s str,
    cluster_by: &'s [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    part_of: Option<PartOf<'s>>,
    columns: Vec<SinkColumn<'s>>,
}

#[derive(Serialize)]
struct PartOf<'s> {
    table: &'s str,
    key: &'s str,
}

#[derive(Serialize)]
struct SinkColumn<'s> {
    #[serde(flatten)]
    field: Field<'s>,
    from: Origin,
}

/// Where the value of a column comes from.
#[derive(Serialize, Clone, Copy)]
#[serde(rename_all = "lowercase")]
enum Origin {
    Row,
    Parent,
    Journal,
    Revision,
}

/// One file for each table that is exported, and one for all of them.
pub(super) fn outputs(schema: &Schema) -> Result<Vec<Output>> {
    let exported = || schema.tables.iter().filter(|table| table.export);
    let lists = exported().map(|table| {
        let fields: Vec<_> = columns(table).map(|column| column.field).collect();
        output(format!("schemas/bigquery/{}.json", table.name), &fields)
    });
    let sink = Sink { version: schema.versions.len(), tables: exported().map(sink_table).collect() };
    lists.chain([output("schemas/sink.json".to_owned(), &sink)]).collect()
}

fn output(path: String, content: &impl Serialize) -> Result<Output> {
    Ok(Output { path: path.into(), content: serde_json::to_string_pretty(content)? + "\n", frozen: false })
}

fn sink_table(table: &Table) -> SinkTable<'_> {
    let part_of = table.part_of.as_ref().zip(table.parent_key()).map(|(table, key)| PartOf { table, key });
    SinkTable {
        name: &table.name,
        description: &table.description,
        key: &table.key,
        partition_by: table.partition_by.as_deref().unwrap_or_default(),
        cluster_by: &table.cluster_by,
        part_of,
        columns: columns(table).collect(),
    }
}

/// The columns in BigQuery: those of the journal, and by whom and in which order they were exported.
fn columns(table: &Table) -> impl Iterator<Item = SinkColumn<'_>> {
    let own = table.columns.iter().filter(|column| column.export).map(|column| {
        let from = if column.of_parent { Origin::Parent } else { Origin::Row };
        SinkColumn { field: field(column), from }
    });
    let added = |name, kind, description: &str, from| SinkColumn {
        field: Field { name, kind, mode: "REQUIRED", description: description.to_owned() },
        from,
    };
    let by = "Identity of the journal that the row comes from, a ULID.";
    let order = "Of two exports of the row, the one with the greater revision holds.";
    own.chain([added("journal_id", "STRING", by, Origin::Journal), added("revision", "INT64", order, Origin::Revision)])
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
  partition_by: at
  changed_at: [at]
  columns:
  - {name: id, type: string, required: true, description: Identity.}
  - {name: at, type: timestamp, required: true, description: When.}
  - {name: mood, type: string, values: [good, bad], description: How.}
  - {name: here, type: string, export: false, description: Stays.}
- name: b
  description: B.
  export: true
  key: [of, id]
  foreign_keys: [{columns: [of], references: a, to: [id]}]
  partition_by: at
  part_of: a
  columns:
  - {name: of, type: string, required: true, description: Whose.}
  - {name: id, type: string, required: true, description: Identity.}
  - {name: at, type: timestamp, required: true, of_parent: true, description: When.}
- name: c
  description: C.
  export: false
  key: [id]
  columns:
  - {name: id, type: string, required: true, description: Identity.}
",
        )
        .unwrap();
        let outputs = outputs(&schema).unwrap();
        let [a, b, sink] = outputs.as_slice() else { panic!("three files: {outputs:?}") };
        assert_eq!(a.path.to_str(), Some("schemas/bigquery/a.json"));
        assert_eq!(b.path.to_str(), Some("schemas/bigquery/b.json"));
        let fields: Vec<serde_json::Value> = serde_json::from_str(&a.content).unwrap();
        assert_eq!(
            fields[..3],
            [
                serde_json::json!({"name": "id", "type": "STRING", "mode": "REQUIRED", "description": "Identity."}),
                serde_json::json!({"name": "at", "type": "TIMESTAMP", "mode": "REQUIRED", "description": "When."}),
                serde_json::json!({
                    "name": "mood", "type": "STRING", "mode": "NULLABLE", "description": "How. One of: good, bad."
                }),
            ]
        );
        let names: Vec<_> = fields.iter().map(|field| field["name"].as_str().unwrap()).collect();
        assert_eq!(names, ["id", "at", "mood", "journal_id", "revision"]);

        let sink: serde_json::Value = serde_json::from_str(&sink.content).unwrap();
        let of_b = &sink["tables"][1];
        assert_eq!(of_b["part_of"], serde_json::json!({"table": "a", "key": "of"}));
        let origins: Vec<_> =
            of_b["columns"].as_array().unwrap().iter().map(|column| column["from"].as_str().unwrap()).collect();
        assert_eq!(origins, ["row", "row", "parent", "journal", "revision"]);
        assert_eq!(sink["tables"].as_array().unwrap().len(), 2);
    }
}
