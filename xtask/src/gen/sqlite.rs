//! SQLite migrations, one file a schema version.
//!
//! A table is created by the version of its oldest column; a column that came later is added to it.
//! All but the newest file are frozen.

use super::Output;
use super::schema::{Column, Kind, Schema, Table};

/// The migrations, oldest first.
pub(super) fn outputs(schema: &Schema) -> Vec<Output> {
    let newest = schema.versions.len();
    (1..)
        .zip(&schema.versions)
        .map(|(version, name)| Output {
            path: format!("schemas/sqlite/{version:04}_{name}.sql").into(),
            content: migration(schema, version),
            frozen: version < newest,
        })
        .collect()
}

fn migration(schema: &Schema, version: usize) -> String {
    let mut sql = format!("-- Made of schemas/results.yaml by `cargo xtask gen`. Version {version}.\n");
    for table in &schema.tables {
        if table.since() == version {
            sql += &create(table, version);
        } else {
            let added = table.columns.iter().filter(|column| column.since == version);
            for column in added {
                sql += &format!("\n-- {}\n", column.description);
                sql += &format!("ALTER TABLE {} ADD COLUMN {};\n", table.name, definition(column));
            }
        }
        for columns in table.indexes.iter().filter(|columns| table.since_all(columns) == version) {
            let name = columns.join("_");
            sql += &format!("\nCREATE INDEX {0}_by_{name} ON {0} ({1});\n", table.name, columns.join(", "));
        }
    }
    sql
}

fn create(table: &Table, version: usize) -> String {
    let mut sql = format!("\n-- {}\nCREATE TABLE {} (\n", table.description, table.name);
    for column in table.columns.iter().filter(|column| column.since == version) {
        sql += &format!("    -- {}\n    {},\n", column.description, definition(column));
    }
    sql += &format!("    PRIMARY KEY ({})", table.key.join(", "));
    for reference in &table.foreign_keys {
        sql += &format!(
            ",\n    FOREIGN KEY ({}) REFERENCES {} ({})",
            reference.columns.join(", "),
            reference.references,
            reference.to.join(", ")
        );
    }
    sql + "\n) STRICT;\n"
}

fn definition(column: &Column) -> String {
    let Column { name, kind, required, values, .. } = column;
    let stored = match kind {
        Kind::String | Kind::Timestamp | Kind::Date | Kind::Json => "TEXT",
        Kind::Int64 | Kind::Bool => "INTEGER",
        Kind::Float64 => "REAL",
    };
    let check = match kind {
        Kind::Bool => Some(format!("{name} IN (0, 1)")),
        Kind::Json => Some(format!("json_valid({name})")),
        // Of one width, so that text order is time order.
        Kind::Timestamp => Some(format!("{name} GLOB '????-??-??T??:??:??.??????Z'")),
        Kind::Date => Some(format!("{name} GLOB '????-??-??'")),
        Kind::String if !values.is_empty() => Some(format!("{name} IN ('{}')", values.join("', '"))),
        Kind::String | Kind::Int64 | Kind::Float64 => None,
    };
    let required = if *required { " NOT NULL" } else { "" };
    let check = check.map(|check| format!(" CHECK ({check})")).unwrap_or_default();
    format!("{name} {stored}{required}{check}")
}

#[cfg(test)]
mod tests {
    use super::*;

    const GROWN: &str = "
versions: [initial, notes, more]
tables:
- name: runs
  description: Runs.
  export: true
  key: [id]
  indexes: [[at], [mood, at]]
  columns:
  - {name: id, type: string, required: true, description: Identity.}
  - {name: at, type: timestamp, required: true, description: When.}
  - {name: mood, type: string, values: [good, bad], since: 2, description: How.}
  - {name: facts, type: json, since: 3, description: What.}
- name: notes
  description: Notes.
  export: false
  key: [run, no]
  foreign_keys: [{columns: [run], references: runs, to: [id]}]
  columns:
  - {name: run, type: string, required: true, since: 2, description: Whose.}
  - {name: no, type: int64, required: true, since: 2, description: Number.}
  - {name: done, type: bool, since: 3, description: Whether.}
";

    #[test]
    fn a_later_column_is_added_and_a_later_table_created() {
        let outputs = outputs(&Schema::parse(GROWN).unwrap());
        let [initial, notes, more] = outputs.as_slice() else { panic!("three versions: {outputs:?}") };

        assert_eq!(initial.path.to_str(), Some("schemas/sqlite/0001_initial.sql"));
        assert_eq!([initial.frozen, notes.frozen, more.frozen], [true, true, false], "the newest may change");
        assert!(initial.content.contains("CREATE TABLE runs (") && !initial.content.contains("mood"));
        assert!(!initial.content.contains("notes"), "a table of version 2");

        let add = "ALTER TABLE runs ADD COLUMN mood TEXT CHECK (mood IN ('good', 'bad'));";
        assert!(notes.content.contains(add), "{}", notes.content);
        assert!(notes.content.contains("CREATE TABLE notes (") && !notes.content.contains("done"));
        assert!(notes.content.contains("CREATE INDEX runs_by_mood_at ON runs (mood, at);"));
        assert!(more.content.contains("ALTER TABLE notes ADD COLUMN done INTEGER CHECK (done IN (0, 1));"));
    }

    #[test]
    fn the_migrations_run_over_rows_and_their_checks_hold() {
        let conn = rusqlite::Connection::open_in_memory().unwrap();
        let outputs = outputs(&Schema::parse(GROWN).unwrap());
        let [initial, later @ ..] = outputs.as_slice() else { panic!("three versions: {outputs:?}") };
        conn.execute_batch(&initial.content).unwrap();
        conn.execute("INSERT INTO runs (id, at) VALUES ('a', '2026-01-02T03:04:05.000006Z')", ()).unwrap();
        for migration in later {
            conn.execute_batch(&migration.content).unwrap();
        }
        conn.execute("INSERT INTO notes (run, no, done) VALUES ('a', 0, 1)", ()).unwrap();
        for (refused, why) in [
            ("UPDATE runs SET mood = 'odd'", "CHECK constraint failed: mood"),
            ("UPDATE runs SET facts = '{'", "CHECK constraint failed: json_valid"),
            ("UPDATE runs SET at = '2026-01-02T03:04:05Z'", "CHECK constraint failed: at GLOB"),
            ("UPDATE notes SET done = 2", "CHECK constraint failed: done"),
            ("UPDATE notes SET no = 'x'", "cannot store TEXT value in INTEGER column"),
            ("INSERT INTO notes (run, no) VALUES ('b', 0)", "FOREIGN KEY constraint failed"),
        ] {
            let error = conn.execute(refused, ()).unwrap_err().to_string();
            assert!(error.contains(why), "{refused}: {error}");
        }
    }
}
