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
            let added = table.kept().filter(|column| column.since == version);
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
    let queue = schema.tables.iter().find(|table| table.name == QUEUE).map_or(1, Table::since);
    let queued = schema.tables.iter().filter(|table| table.since().max(queue) == version);
    sql + &queued.filter_map(queueing).collect::<String>()
}

/// The queue of the export: triggers can fill it once it is there.
const QUEUE: &str = "export_queue";

/// Triggers that put changed rows into the queue of the export, in the transaction that changes them.
fn queueing(table: &Table) -> Option<String> {
    let (name, key, day) = (&table.name, table.key.first()?, table.partition_by.as_ref()?);
    if !table.export || table.changed_at.is_empty() {
        return None;
    }
    let changed: Vec<_> = table.changed_at.iter().map(|column| format!("NEW.{column}")).collect();
    let changed = if changed.len() == 1 { changed.concat() } else { format!("coalesce({})", changed.join(", ")) };
    let trigger = |event: &str| {
        format!(
            "\nCREATE TRIGGER {name}_queued_on_{event} AFTER {event} ON {name}
WHEN EXISTS (SELECT 1 FROM export_state WHERE target IS NOT NULL)
BEGIN
    UPDATE export_state SET revision = revision + 1;
    INSERT INTO {QUEUE} (table_name, row_key, revision, row_day, changed_at)
    SELECT '{name}', NEW.{key}, revision, substr(NEW.{day}, 1, 10), {changed} FROM export_state WHERE true
    ON CONFLICT (table_name, row_key) DO UPDATE
    SET revision = excluded.revision, changed_at = coalesce(changed_at, excluded.changed_at);
END;\n"
        )
    };
    Some(["insert", "update"].map(trigger).concat())
}

fn create(table: &Table, version: usize) -> String {
    let mut sql = format!("\n-- {}\nCREATE TABLE {} (\n", table.description, table.name);
    for column in table.kept().filter(|column| column.since == version) {
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
  export: false
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

    #[test]
    fn a_changed_row_is_queued_once_with_its_last_revision_while_there_is_a_target() {
        let schema = Schema::parse(
            "
versions: [initial]
tables:
- name: runs
  description: Runs.
  export: true
  key: [id]
  partition_by: at
  changed_at: [ended, at]
  columns:
  - {name: id, type: string, required: true, description: Identity.}
  - {name: at, type: timestamp, required: true, description: When.}
  - {name: ended, type: timestamp, description: When it ended.}
",
        )
        .unwrap();
        let conn = rusqlite::Connection::open_in_memory().unwrap();
        conn.execute_batch(
            "CREATE TABLE export_state (target TEXT, revision INTEGER);
             INSERT INTO export_state VALUES (NULL, 7);
             CREATE TABLE export_queue (table_name TEXT, row_key TEXT, revision INTEGER, row_day TEXT, changed_at TEXT,
                                        PRIMARY KEY (table_name, row_key));",
        )
        .unwrap();
        conn.execute_batch(&outputs(&schema)[0].content).unwrap();
        let queued = || {
            let sql = "SELECT row_key || ' ' || revision || ' ' || row_day || ' ' || changed_at FROM export_queue";
            let mut statement = conn.prepare(sql).unwrap();
            let rows: Result<Vec<String>, _> = statement.query_map((), |row| row.get(0)).unwrap().collect();
            rows.unwrap()
        };
        let insert = "INSERT OR REPLACE INTO runs (id, at) VALUES (?1, '2026-01-02T03:04:05.000006Z')";
        conn.execute(insert, ["unheard"]).unwrap();
        assert_eq!(queued(), [""; 0], "nothing is exported");

        conn.execute_batch("UPDATE export_state SET target = 'p.d'").unwrap();
        conn.execute(insert, ["a"]).unwrap();
        assert_eq!(queued(), ["a 8 2026-01-02 2026-01-02T03:04:05.000006Z"]);
        conn.execute("UPDATE runs SET ended = '2026-01-03T00:00:00.000000Z' WHERE id = 'a'", ()).unwrap();
        conn.execute(insert, ["a"]).unwrap();
        assert_eq!(
            queued(),
            ["a 10 2026-01-02 2026-01-02T03:04:05.000006Z"],
            "the row once, with its last revision and since when it waits"
        );
        conn.execute_batch("DELETE FROM export_queue; UPDATE runs SET ended = '2026-01-03T00:00:00.000000Z'").unwrap();
        assert_eq!(queued()[1], "a 12 2026-01-02 2026-01-03T00:00:00.000000Z", "revisions never come back");
    }
}
