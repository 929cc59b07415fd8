//! The tables of a case as a folder of files, which a source reads as it reads any other.

use std::io;
use std::path::{Path, PathBuf};

use super::{Case, Fixture};
use crate::model::Problem;
use crate::source::TableName;
use crate::source::files::FilesSource;
use crate::source::gate::read_statement;

/// Ends of the names of files that declare the columns of a table.
const SCHEMAS: [&str; 3] = ["schema.yaml", "schema.yml", "schema.json"];

/// Why the tables of a case cannot be laid out.
#[derive(Debug, thiserror::Error)]
pub enum LayoutError {
    /// A file cannot be read or written.
    #[error("table `{table}`: {source}")]
    Io {
        /// The table.
        table: TableName,
        /// From the system.
        #[source]
        source: io::Error,
    },
    /// A file whose name does not say what is in it.
    #[error("table `{table}`: the name of `{}` does not say of which form it is", path.display())]
    Form {
        /// The table.
        table: TableName,
        /// The file.
        path: PathBuf,
    },
    /// A statement that gives no rows.
    #[error("table `{table}`: {problem}")]
    Sql {
        /// The table.
        table: TableName,
        /// Why.
        problem: Problem,
    },
}

impl LayoutError {
    /// What would make it work.
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            Self::Io { .. } => "check that the file is there and may be read".to_owned(),
            Self::Form { .. } => {
                "name it `.csv`, `.ndjson`, `.jsonl` or `.parquet` (the first three also packed: `.csv.gz`), or name a \
                 folder of partitions `key=value`"
                    .to_owned()
            }
            Self::Sql { problem, .. } => {
                let hint = problem.hint.as_deref().unwrap_or("the statement is GoogleSQL and reads no table");
                hint.to_owned()
            }
        }
    }
}

/// Writes the tables of a case into a folder that is empty. `scratch` answers statements that read no table.
///
/// # Errors
/// [`LayoutError`], naming the table.
///
/// # Cancel safety
/// The folder may be left with a part of the tables.
pub async fn lay_out(case: &Case, folder: &Path, scratch: &FilesSource) -> Result<(), LayoutError> {
    for (table, fixture) in &case.tables {
        let failed = |source| LayoutError::Io { table: table.clone(), source };
        let place = folder.join(table.parts().join("/"));
        let named = |end: &str| {
            let mut name = place.clone().into_os_string();
            name.push(".");
            name.push(end);
            PathBuf::from(name)
        };
        if let Some(dataset) = place.parent() {
            fs_err::create_dir_all(dataset).map_err(failed)?;
        }
        match fixture {
            Fixture::Path(path) => {
                if path.is_dir() {
                    copy_folder(path, &place).map_err(failed)?;
                } else {
                    let end =
                        end_of(path).ok_or_else(|| LayoutError::Form { table: table.clone(), path: path.clone() })?;
                    copy(path, &named(end)).map_err(failed)?;
                }
                for (schema, end) in schemas(path) {
                    copy(&schema, &named(end)).map_err(failed)?;
                }
            }
            Fixture::Csv(text) => fs_err::write(named("csv"), text).map_err(failed)?,
            Fixture::Ndjson(text) => fs_err::write(named("ndjson"), text).map_err(failed)?,
            Fixture::Sql(sql) => {
                let failed_sql = |problem| LayoutError::Sql { table: table.clone(), problem };
                let statement = read_statement(sql, Vec::new()).map_err(failed_sql)?;
                let bytes = scratch.to_parquet(statement).await.map_err(failed_sql)?;
                fs_err::write(named("parquet"), bytes).map_err(failed)?;
            }
        }
    }
    Ok(())
}

/// The end of a file's name that says of which form it is.
fn end_of(path: &Path) -> Option<&str> {
    const ENDS: [&str; 10] =
        ["csv", "csv.gz", "csv.zst", "ndjson", "ndjson.gz", "ndjson.zst", "jsonl", "jsonl.gz", "jsonl.zst", "parquet"];
    let name = path.file_name()?.to_str()?;
    let is_end = |end: &&&str| name.strip_suffix(**end).is_some_and(|stem| stem.len() > 1 && stem.ends_with('.'));
    ENDS.iter().find(is_end).copied()
}

/// The declared schema beside a file or folder.
fn schemas(path: &Path) -> impl Iterator<Item = (PathBuf, &'static str)> {
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let stem = end_of(path).and_then(|end| name.strip_suffix(end)?.strip_suffix('.')).unwrap_or(&name).to_owned();
    let folder = path.parent().unwrap_or_else(|| Path::new(".")).to_owned();
    let beside = SCHEMAS.into_iter().map(move |end| (folder.join(format!("{stem}.{end}")), end));
    beside.filter(|(path, _)| path.exists())
}

fn copy_folder(from: &Path, to: &Path) -> io::Result<()> {
    fs_err::create_dir_all(to)?;
    for entry in fs_err::read_dir(from)? {
        let entry = entry?;
        let place = to.join(entry.file_name());
        if entry.file_type()?.is_dir() { copy_folder(&entry.path(), &place)? } else { copy(&entry.path(), &place)? }
    }
    Ok(())
}

/// A second name for the same bytes, where the system has that; they are only read.
fn copy(from: &Path, to: &Path) -> io::Result<()> {
    let from = fs_err::canonicalize(from)?;
    fs_err::hard_link(&from, to).or_else(|_| fs_err::copy(&from, to).map(drop))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kit::case::CaseFile;
    use crate::source::Source as _;
    use crate::source::files::FilesOptions;

    fn source(path: &Path) -> FilesSource {
        let options = FilesOptions {
            path: path.to_owned(),
            project: None,
            memory_bytes: 64 << 20,
            spill_bytes: 0,
            target_partitions: 1,
        };
        FilesSource::open(options).unwrap()
    }

    async fn laid_out(tables: &str) -> Result<Vec<(String, String)>, LayoutError> {
        let home = tempfile::tempdir().unwrap();
        let (data, empty) = (home.path().join("data"), home.path().join("empty"));
        for folder in [&data, &empty, &home.path().join("fixtures/days/day=2026-01-01")] {
            fs_err::create_dir_all(folder).unwrap();
        }
        fs_err::write(home.path().join("fixtures/plain.csv"), "id\n1\n").unwrap();
        fs_err::write(home.path().join("fixtures/plain.schema.yaml"), "- {name: id, type: STRING}\n").unwrap();
        fs_err::write(home.path().join("fixtures/odd.txt"), "id\n1\n").unwrap();
        fs_err::write(home.path().join("fixtures/days/day=2026-01-01/a.csv"), "id\n1\n").unwrap();
        let text = format!("{tables}\n[context]\ndate = \"2026-01-30\"\n[[case]]\nname = \"a\"\nexpect = \"pass\"\n");
        let file = CaseFile::parse(&home.path().join("a.toml"), text).unwrap();
        lay_out(&file.cases[0], &data, &source(&empty)).await?;
        let listed = source(&data).tables().await.unwrap();
        Ok(listed
            .into_iter()
            .map(|table| (table.name.to_string(), table.problem.map_or(table.made_of, |problem| problem.to_string())))
            .collect())
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn every_kind_of_fixture_becomes_a_table() {
        let tables = laid_out(
            "[tables]\nplain = \"fixtures/plain.csv\"\ndays = \"fixtures/days\"\n\"league.games\".csv = \"id\\n1\\n\"\n\
             lines.ndjson = '{\"id\": 1}'\nmany.sql = \"SELECT id FROM UNNEST(GENERATE_ARRAY(1, 3)) AS id\"\n\
             few.columns = [\"id INT64\", \"name STRING\", \"at TIMESTAMP\"]\nfew.values = \"(1, 'a', NULL), (2, NULL, TIMESTAMP '2026-01-01 00:00:00+00')\"",
        )
        .await
        .unwrap();
        let tables: Vec<_> = tables.iter().map(|(name, made_of)| (name.as_str(), made_of.as_str())).collect();
        assert_eq!(
            tables,
            [
                ("days", "1 CSV file partitioned by day"),
                ("few", "the Parquet file `few.parquet`"),
                ("league.games", "the CSV file `league/games.csv`"),
                ("lines", "the NDJSON file `lines.ndjson`"),
                ("many", "the Parquet file `many.parquet`"),
                ("plain", "the CSV file `plain.csv`"),
            ]
        );
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_fixture_that_gives_no_rows_names_its_table() {
        let odd = laid_out("[tables]\nodd = \"fixtures/odd.txt\"").await.unwrap_err();
        assert!(matches!(&odd, LayoutError::Form { table, .. } if table.to_string() == "odd"), "{odd}");
        let wrong = laid_out("[tables]\nx.sql = \"SELECT nothing FROM\"").await.unwrap_err();
        assert!(wrong.to_string().starts_with("table `x`: invalid-sql"), "{wrong}");
        let typed = laid_out("[tables]\nx.columns = [\"id INT64\"]\nx.values = \"('a')\"").await.unwrap_err();
        assert!(matches!(&typed, LayoutError::Sql { .. }), "{typed}");
    }
}
