//! What a table shows at an instant.

use super::*;
use crate::source::files::AsOf;

const SCHEDULE: &str = "\
id,status,Available_At,superseded_at
1,scheduled,2026-01-01T00:00:00Z,2026-01-02T03:00:00Z
1,final,2026-01-02T03:00:00Z,
2,scheduled,2026-01-01T12:00:00Z,
";

fn folder() -> Folder {
    Folder::with(&[("schedule.csv", SCHEDULE), ("team.csv", "abbr\nAAA\nBBB\n"), ("typo.csv", "available_at\nsoon\n")])
}

fn source(folder: &Folder) -> FilesSource {
    folder.source().as_of(AsOf { from: "available_at".to_owned(), until: Some("SUPERSEDED_AT".to_owned()) })
}

async fn seen(source: &FilesSource, sql: &str, instant: &str) -> Result<Vec<String>, Problem> {
    let statement = read_statement(sql, Vec::new())?.at(instant.parse().unwrap());
    let mut rows = source.query(statement).await?;
    let mut lines = Vec::new();
    while let Some(batch) = rows.next(100, 1 << 20).await? {
        lines.extend((0..batch.rows as usize).map(|row| {
            texts(&batch, row)
                .into_iter()
                .map(|cell| cell.unwrap_or_else(|| "-".to_owned()))
                .collect::<Vec<_>>()
                .join("|")
        }));
    }
    Ok(lines)
}

#[tokio::test]
async fn rows_are_there_from_their_first_instant_until_before_their_last() {
    let folder = folder();
    let source = source(&folder);
    let sql = "SELECT id, status FROM schedule ORDER BY id, status";
    for (instant, rows) in [
        ("2025-12-31T23:59:59.999999Z", vec![]),
        ("2026-01-01T00:00:00Z", vec!["1|scheduled"]),
        ("2026-01-02T02:59:59.999999Z", vec!["1|scheduled", "2|scheduled"]),
        ("2026-01-02T03:00:00Z", vec!["1|final", "2|scheduled"]),
        ("2027-01-01T00:00:00Z", vec!["1|final", "2|scheduled"]),
    ] {
        assert_eq!(seen(&source, sql, instant).await.unwrap(), rows, "{instant}");
    }
}

#[tokio::test]
async fn every_table_of_a_statement_is_seen_at_the_same_instant() {
    let folder = folder();
    let source = source(&folder);
    let sql = "WITH s AS (SELECT * FROM schedule) SELECT (SELECT COUNT(*) FROM s), COUNT(*), MAX(available_at) IS NULL \
               FROM `schedule` AS t WHERE EXISTS (SELECT 1 FROM schedule u WHERE u.id = t.id)";
    assert_eq!(seen(&source, sql, "2026-01-01T06:00:00Z").await.unwrap(), ["1|1|false"]);
    assert_eq!(seen(&source, sql, "2025-01-01T06:00:00Z").await.unwrap(), ["0|0|true"]);
}

#[tokio::test]
async fn a_table_without_the_column_is_the_same_at_all_times() {
    let folder = folder();
    let source = source(&folder);
    assert_eq!(seen(&source, "SELECT COUNT(*) FROM team", "1990-01-01T00:00:00Z").await.unwrap(), ["2"]);
}

#[tokio::test]
async fn without_an_instant_or_without_columns_all_versions_are_there() {
    let folder = folder();
    let sql = "SELECT COUNT(*) FROM schedule";
    assert_eq!(lines(&source(&folder), sql).await, ["3"]);
    assert_eq!(seen(&folder.source(), sql, "1990-01-01T00:00:00Z").await.unwrap(), ["3"]);
}

#[tokio::test]
async fn a_column_that_is_no_instant_is_told() {
    let folder = folder();
    let problem = seen(&source(&folder), "SELECT 1 FROM typo", "2026-01-01T00:00:00Z").await.unwrap_err();
    assert_eq!(problem.code, ProblemCode::Failed);
    assert!(problem.message.contains("column `available_at` of table `typo`"), "{}", problem.message);
    assert!(problem.hint.unwrap().contains("as_of_from"));
}
