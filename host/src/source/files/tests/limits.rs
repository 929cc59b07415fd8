//! Bounds on batches, memory and depth; queries that nobody wants any more.

use super::*;

#[tokio::test]
async fn batches_keep_to_what_was_asked_for() {
    let folder = Folder::new();
    folder.write("t.parquet", ids(0..20_000));
    let source = folder.source();
    let mut rows = source.query(read_statement("SELECT id FROM t", Vec::new()).unwrap()).await.unwrap();
    let mut total = 0;
    while let Some(batch) = rows.next(1_000, 4_000).await.unwrap() {
        assert!(batch.rows <= 500 && batch.bytes() <= 4_000, "{}", batch.rows);
        total += batch.rows;
    }
    assert_eq!(total, 20_000);
    let mut rows = source.query(read_statement("SELECT id FROM t", Vec::new()).unwrap()).await.unwrap();
    assert_eq!(rows.next(10, 1).await.unwrap().map(|batch| batch.rows), Some(1), "one row at least");
}

#[tokio::test]
async fn memory_is_bounded_by_spilling_or_by_a_problem() {
    let folder = Folder::new();
    let texts: ArrayRef =
        Arc::new(StringArray::from_iter_values((0..200_000).map(|n| format!("{:032}", n * 7_919 % 200_000))));
    folder.write("t.parquet", parquet(vec![("a", texts)], Compression::SNAPPY));
    let sql = "SELECT a, COUNT(*) AS n FROM t GROUP BY a ORDER BY n DESC, a";

    let tight = folder.source_within(1 << 20, 0);
    let problem = refusal(&tight, sql).await;
    assert_eq!(problem.code, ProblemCode::Failed);
    assert!(problem.message.starts_with("the query needs more memory than it may use"), "{problem}");
    assert!(problem.hint.is_some());
    assert_eq!(released(&tight).await, 0, "nothing is held after the failure");

    // One partition: how memory is shared between several depends on which of them comes first.
    let path = folder.path().to_owned();
    let (memory_bytes, spill_bytes) = (12 << 20, 256 << 20);
    let options = FilesOptions { path, memory_bytes, spill_bytes, target_partitions: 1 };
    let spilling = FilesSource::open(options).unwrap();
    let rows = ask(&spilling, sql, Vec::new()).await.unwrap();
    assert_eq!(rows.len(), 200_000);
    assert_eq!(rows[0][0].as_deref(), Some(format!("{:032}", 0).as_str()));
    assert_eq!((released(&spilling).await, spilling.shared.disk.used_disk_space()), (0, 0));
}

/// Memory still held once the tasks of ended queries had their turns.
async fn released(source: &FilesSource) -> usize {
    for _ in 0..100_000 {
        if source.shared.memory.reserved() == 0 {
            return 0;
        }
        tokio::task::yield_now().await;
    }
    source.shared.memory.reserved()
}

#[tokio::test]
async fn dropping_rows_ends_the_query() {
    let folder = Folder::new();
    folder.write("t.parquet", ids(0..300_000));
    let source = folder.source();
    let endless = "WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n) SELECT COUNT(*) FROM n";
    let large = "SELECT a.id, b.id FROM t AS a JOIN t AS b ON a.id + 1 = b.id ORDER BY a.id DESC";
    for sql in [endless, large] {
        let mut rows = source.query(read_statement(sql, Vec::new()).unwrap()).await.unwrap();
        for _ in 0..20 {
            // One step of the query at a time: it has to give the thread back.
            if futures::poll!(std::pin::pin!(rows.next(1, 1))).is_ready() {
                break;
            }
            tokio::task::yield_now().await;
        }
        drop(rows);
        assert_eq!(released(&source).await, 0, "{sql}");
    }
}

#[tokio::test]
async fn statements_at_the_limits_do_not_exhaust_the_stack() {
    let folder = Folder::with(&[("t.csv", "a\n1\n")]);
    let source = folder.source();
    let ors = format!("SELECT COUNT(*) FROM t WHERE a = 1{}", " OR a + 1 < 0".repeat(240));
    let sums = format!("SELECT a{} FROM t", " + a".repeat(250));
    let texts = format!("SELECT LENGTH(CONCAT('', 'x'{})) FROM t", " || CAST(a AS STRING)".repeat(230));
    let unions = format!("SELECT COUNT(*) FROM (SELECT a FROM t{}) AS x", " UNION ALL SELECT a FROM t".repeat(100));
    let joins: String = (1..60).map(|n| format!(" JOIN t AS t{n} ON t{n}.a = t.a")).collect();
    let joins = format!("SELECT COUNT(*) FROM t{joins}");
    let nested = format!("SELECT {}a{} FROM t", "ABS(".repeat(60), ")".repeat(60));
    let cases = format!("SELECT {}a{} FROM t", "CASE WHEN a = 1 THEN ".repeat(50), " END".repeat(50));
    let subqueries = format!("SELECT a FROM {}t{}", "(SELECT a FROM ".repeat(60), ") AS x".repeat(60));
    let scalar = format!("SELECT {}1{} FROM t", "(SELECT MAX(a) + ".repeat(5), " FROM t)".repeat(5));
    for (sql, expected) in [
        (ors, "1"),
        (sums, "251"),
        (texts, "231"),
        (unions, "101"),
        (joins, "1"),
        (nested, "1"),
        (cases, "1"),
        (subqueries, "1"),
        (scalar, "6"),
    ] {
        let shown: String = sql.chars().take(60).collect();
        assert_eq!(lines(&source, &sql).await, [expected], "{shown}");
    }
}
