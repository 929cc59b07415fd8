//! What BigQuery is told, as text. Pure: names and rows in, statements out.
//!
//! Invariants: names of tables and columns come from the layout, the dataset from the configuration, which refuses
//! everything but letters, digits, `-` and `_`; values never become part of a statement, but for days and instants.

use std::fmt::Write as _;

use jiff::civil::Date;

use super::layout::{Column, Kind, Mode, Table};
use super::row::Row;

/// The table of the versions of the schema that were brought in.
pub(super) const VERSIONS: &str = "assay_schema_versions";
/// How the names of tables begin that hold rows on their way.
pub(super) const STAGING: &str = "assay_staging_";

/// A dataset of BigQuery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dataset {
    /// Its project.
    pub project: String,
    /// Its name.
    pub dataset: String,
}

impl std::fmt::Display for Dataset {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}", self.project, self.dataset)
    }
}

impl Dataset {
    fn name(&self, table: &str) -> String {
        format!("`{self}.{table}`")
    }
}

/// A name in quotes: words that SQL keeps for itself, such as `at`, are names of columns too.
fn name_of(column: &str) -> String {
    format!("`{column}`")
}

fn names_of(columns: &[String]) -> String {
    columns.iter().map(|column| name_of(column)).collect::<Vec<_>>().join(", ")
}

/// Makes a table.
pub(super) fn create_table(dataset: &Dataset, table: &Table) -> String {
    let columns: Vec<_> = table.columns.iter().map(|column| format!("  {}", definition(column, column.mode))).collect();
    let cluster = match table.cluster_by.as_slice() {
        [] => String::new(),
        columns => format!("\nCLUSTER BY {}", names_of(columns)),
    };
    format!(
        "CREATE TABLE IF NOT EXISTS {} (\n{}\n)\nPARTITION BY DATE({}){cluster}\nOPTIONS (description = {})",
        dataset.name(&table.name),
        columns.join(",\n"),
        name_of(&table.partition_by),
        quoted(&table.description)
    )
}

/// Adds a column to a table that has rows: it may be NULL, whatever the layout says.
pub(super) fn add_column(dataset: &Dataset, table: &Table, column: &Column) -> String {
    format!("ALTER TABLE {} ADD COLUMN IF NOT EXISTS {}", dataset.name(&table.name), definition(column, Mode::Nullable))
}

fn definition(column: &Column, mode: Mode) -> String {
    let Column { name, kind, description, .. } = column;
    let required = if mode == Mode::Required { " NOT NULL" } else { "" };
    let kind = kind.words().first().copied().unwrap_or_default();
    let name = name_of(name);
    format!("{name} {kind}{required} OPTIONS (description = {})", quoted(description))
}

/// A string literal.
fn quoted(text: &str) -> String {
    let mut literal = String::from("'");
    for c in text.chars() {
        match c {
            '\\' | '\'' => literal.extend(['\\', c]),
            '\n' => literal.push_str("\\n"),
            c => literal.push(c),
        }
    }
    literal + "'"
}

/// Makes the table of versions.
pub(super) fn create_versions(dataset: &Dataset) -> String {
    format!(
        "CREATE TABLE IF NOT EXISTS {} (\n  version INT64 NOT NULL,\n  applied_at TIMESTAMP NOT NULL,\n  \
         host_version STRING NOT NULL\n)\nOPTIONS (description = 'Versions of the schema that were brought in.')",
        dataset.name(VERSIONS)
    )
}

/// Notes that a version was brought in, once.
pub(super) fn note_version(dataset: &Dataset, version: u32, host_version: &str, micros: i64) -> String {
    format!(
        "MERGE {} AS target\nUSING (SELECT {version} AS version) AS fresh\nON target.version = fresh.version\n\
         WHEN NOT MATCHED THEN INSERT (version, applied_at, host_version)\n  \
         VALUES (fresh.version, TIMESTAMP_MICROS({micros}), {})",
        dataset.name(VERSIONS),
        quoted(host_version)
    )
}

/// Asks for the newest version.
pub(super) fn newest_version(dataset: &Dataset) -> String {
    format!("SELECT MAX(version) AS version FROM {}", dataset.name(VERSIONS))
}

/// Makes a view, or puts another in its place.
pub(super) fn create_view(dataset: &Dataset, name: &str, description: &str, select: &str) -> String {
    let select = select.replace("${dataset}", &dataset.to_string());
    format!(
        "CREATE OR REPLACE VIEW {}\nOPTIONS (description = {})\nAS\n{select}",
        dataset.name(name),
        quoted(description)
    )
}

/// Drops a table of rows on their way.
pub(super) fn drop_table(dataset: &Dataset, name: &str) -> String {
    format!("DROP TABLE IF EXISTS {}", dataset.name(name))
}

/// Puts rows that were loaded into the table `staging` where they belong, by key, and drops that table. What is there
/// already with the same or a greater revision stays.
pub(super) fn merge(dataset: &Dataset, staging: &str, rows: &[Row], tables: &[Table]) -> String {
    let mut script = String::new();
    // Runs come last: whoever reads one finds all that belongs to it.
    for table in tables.iter().rev() {
        let days: Vec<_> =
            rows.iter().filter(|row| row.table == table).filter_map(|row| row.value(&table.partition_by)).collect();
        if let (Some(first), Some(last)) = (days.iter().min(), days.iter().max()) {
            script += &merge_table(dataset, staging, table, (first, last));
            script += ";\n";
        }
    }
    script + &drop_table(dataset, staging)
}

fn merge_table(dataset: &Dataset, staging: &str, table: &Table, (first, last): (&str, &str)) -> String {
    let columns: Vec<_> = table.columns.iter().map(|column| name_of(&column.name)).collect();
    let read: Vec<_> = table.columns.iter().map(|column| format!("    {}", extraction(column))).collect();
    let same: Vec<_> = table.key.iter().map(|key| format!("target.{0} = fresh.{0}", name_of(key))).collect();
    let set: Vec<_> = columns
        .iter()
        .filter(|column| !table.key.iter().chain([&table.partition_by]).any(|fixed| name_of(fixed) == **column))
        .map(|column| format!("{column} = fresh.{column}"))
        .collect();
    let partition = name_of(&table.partition_by);
    format!(
        "MERGE {target} AS target\nUSING (\n  SELECT\n{read}\n  FROM {staging}\n  WHERE table_name = '{name}'\n) AS fresh\n\
         ON {same}\n  AND target.{partition} BETWEEN TIMESTAMP '{first}' AND TIMESTAMP '{last}'\n\
         WHEN MATCHED AND fresh.revision > target.revision THEN UPDATE SET {set}\n\
         WHEN NOT MATCHED THEN INSERT ({names})\n  VALUES ({values})",
        target = dataset.name(&table.name),
        read = read.join(",\n"),
        staging = dataset.name(staging),
        name = table.name,
        same = same.join(" AND "),
        set = set.join(", "),
        names = columns.join(", "),
        values = columns.iter().map(|column| format!("fresh.{column}")).collect::<Vec<_>>().join(", "),
    )
}

fn extraction(column: &Column) -> String {
    let text = format!("JSON_VALUE(document, '$.{}')", column.name);
    let name = name_of(&column.name);
    match column.kind {
        Kind::String => format!("{text} AS {name}"),
        Kind::Json => format!("PARSE_JSON({text}) AS {name}"),
        kind => format!("CAST({text} AS {}) AS {name}", kind.words().first().copied().unwrap_or_default()),
    }
}

/// Asks how many rows of a journal there are of each day, whether a key is there twice, and what the rows are.
pub(super) fn digests(dataset: &Dataset, table: &Table, journal: &str, (from, to): (Date, Date)) -> String {
    let compared = table.columns.iter().filter(|column| column.is_compared());
    let mut text = String::new();
    for column in compared {
        let separator = if text.is_empty() { "" } else { ",\n      " };
        write!(text, "{separator}IFNULL(CONCAT('+', {}), '-'), '\\n'", canonical(column)).unwrap_or_default();
    }
    let key: Vec<_> = table.key.iter().map(|key| format!("CAST({} AS STRING)", name_of(key))).collect();
    let partition = name_of(&table.partition_by);
    let end = to.tomorrow().unwrap_or(to);
    format!(
        "SELECT\n  day,\n  COUNT(*) AS row_count,\n  COUNT(DISTINCT row_key) AS key_count,\n  \
         BIT_XOR(CAST(CONCAT('0x', SUBSTR(TO_HEX(SHA256(text)), 1, 15)) AS INT64)) AS row_hash\nFROM (\n  SELECT\n    \
         FORMAT_TIMESTAMP('%Y-%m-%d', {partition}) AS day,\n    CONCAT({key}) AS row_key,\n    \
         CONCAT(\n      {text}) AS text\n  FROM {name}\n  WHERE journal_id = {journal}\n    \
         AND {partition} >= TIMESTAMP '{from}T00:00:00Z' AND {partition} < TIMESTAMP '{end}T00:00:00Z'\n)\n\
         GROUP BY day\nORDER BY day",
        key = key.join(", '/', "),
        name = dataset.name(&table.name),
        journal = quoted(journal),
    )
}

fn canonical(column: &Column) -> String {
    let name = name_of(&column.name);
    match column.kind {
        Kind::String => name,
        Kind::Float64 => format!("FORMAT('%.16e', {name})"),
        Kind::Timestamp => format!("CAST(UNIX_MICROS({name}) AS STRING)"),
        Kind::Int64 | Kind::Bool | Kind::Date | Kind::Json => format!("CAST({name} AS STRING)"),
    }
}

/// The fields of the table that rows are loaded into.
pub(super) const STAGED: [&str; 2] = ["table_name", "document"];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sink::layout::layout;

    fn dataset() -> Dataset {
        Dataset { project: "p".to_owned(), dataset: "d".to_owned() }
    }

    #[test]
    fn ddl_describes_partitions_clusters_and_quotes() {
        let table = layout().table("validation_runs").unwrap();
        let ddl = create_table(&dataset(), table);
        assert!(
            ddl.starts_with("CREATE TABLE IF NOT EXISTS `p.d.validation_runs` (\n  `run_id` STRING NOT NULL OPTIONS (")
        );
        assert!(
            ddl.contains("PARTITION BY DATE(`started_at`)\nCLUSTER BY `schedule_name`, `status`\nOPTIONS ("),
            "{ddl}"
        );
        assert!(ddl.contains("The schedule\\'s zone") || ddl.contains("schedule\\'s"), "quotes are escaped: {ddl}");
        assert_eq!(quoted("a'b\\c\nd"), r"'a\'b\\c\nd'");
        let column = table.columns.iter().find(|column| column.mode == Mode::Required).unwrap();
        assert!(!add_column(&dataset(), table, column).contains("NOT NULL"), "old rows have no value");
    }

    #[test]
    fn runs_are_merged_last_within_their_days_and_the_staging_table_goes() {
        let row = |name: &str, day: &str| {
            let table = layout().table(name).unwrap();
            let mut values = vec![Some("x".to_owned()); table.columns.len()];
            values[table.place(&table.partition_by).unwrap()] = Some(format!("{day}T00:00:00.000000Z"));
            Row { table, values }
        };
        let rows = [
            row("validation_runs", "2026-01-03"),
            row("validation_runs", "2026-01-02"),
            row("validation_results", "2026-01-02"),
        ];
        let script = merge(&dataset(), "s", &rows, &layout().tables);
        let statements: Vec<_> = script.split(";\n").collect();
        assert_eq!(statements.len(), 3);
        assert!(statements[0].starts_with("MERGE `p.d.validation_results` AS target"));
        let days = "BETWEEN TIMESTAMP '2026-01-02T00:00:00.000000Z' AND TIMESTAMP '2026-01-03T00:00:00.000000Z'";
        assert!(statements[1].starts_with("MERGE `p.d.validation_runs` AS target") && statements[1].contains(days));
        assert!(!statements[1].contains("SET `run_id`") && !statements[1].contains("`started_at` = fresh"));
        assert_eq!(statements[2], "DROP TABLE IF EXISTS `p.d.s`");
        let all: Vec<_> = layout().tables.iter().map(|table| row(&table.name, "2026-01-02")).collect();
        let whole = merge(&dataset(), "s", &all, &layout().tables);
        assert!(whole.len() < 50_000, "{} bytes, of 1 MB that BigQuery takes", whole.len());
    }
}
