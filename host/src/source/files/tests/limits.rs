//! Bounds on batches, memory and depth; queries that nobody wants any more.

use std::time::Duration;

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
    assert_eq!(gone(&tight).await, Some(()), "nothing is held after the failure");

    // One partition: how memory is shared between several depends on which of them comes first.
    let path = folder.path().to_owned();
    let (memory_bytes, spill_bytes) = (24 << 20, 256 << 20);
    let options = FilesOptions { path, project: None, memory_bytes, spill_bytes, target_partitions: 1 };
    let spilling = FilesSource::open(options).unwrap();
    let rows = ask(&spilling, sql, Vec::new()).await.unwrap();
    assert_eq!(rows.len(), 200_000);
    assert_eq!(rows[0][0].as_deref(), Some(format!("{:032}", 0).as_str()));
    assert_eq!((gone(&spilling).await, spilling.shared.disk.used_disk_space()), (Some(()), 0));
}

#[tokio::test]
async fn what_is_spilled_has_a_limit_too() {
    let folder = Folder::new();
    let texts: ArrayRef =
        Arc::new(StringArray::from_iter_values((0..400_000_i64).map(|n| format!("{:032}", n * 7_919 % 400_000))));
    folder.write("t.parquet", parquet(vec![("a", texts)], Compression::SNAPPY));
    // Both hold some 20 MB, of which one query may have 8.
    for sql in ["SELECT a FROM t ORDER BY a", "SELECT a, COUNT(*) AS n FROM t GROUP BY a"] {
        let within = |spill_bytes| {
            let (path, project) = (folder.path().to_owned(), None);
            FilesSource::open(FilesOptions { path, project, memory_bytes: 16 << 20, spill_bytes, target_partitions: 1 })
        };
        let source = within(256 << 20).unwrap();
        assert_eq!(ask(&source, sql, Vec::new()).await.map(|rows| rows.len()), Ok(400_000), "{sql}");
        assert_eq!((gone(&source).await, source.shared.disk.used_disk_space()), (Some(()), 0), "{sql}");
        let source = within(1 << 20).unwrap();
        let problem = refusal(&source, sql).await;
        assert_eq!(problem.code, ProblemCode::Failed);
        let message = "the query needs more memory than it may use, and more disk than it may spill to";
        assert_eq!(problem.message, message, "{sql}");
        assert!(problem.hint.is_some_and(|hint| hint.contains("`memory` and `spill`")), "{sql}");
        assert_eq!((gone(&source).await, source.shared.disk.used_disk_space()), (Some(()), 0), "{sql}");
    }
}

/// Waits until the threads of ended queries let go of the folder and of memory; `None` when they do not.
async fn gone(source: &FilesSource) -> Option<()> {
    let turns = async {
        while Arc::strong_count(&source.dir) > 1 || *source.shared.memory.held() > 0 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), turns).await.ok()
}

/// Every one would compute for minutes, most of it in a single step of the engine. What they hold is
/// free only when no thread computes any more.
#[tokio::test]
async fn dropping_rows_ends_the_query() {
    let folder = Folder::new();
    folder.write("t.parquet", ids(0..300_000));
    folder.write("s.parquet", ids(0..30));
    let source = folder.source_within(1 << 30, 0);
    let product = "FROM s AS a, s AS b, s AS c, s AS d, s AS e, s AS f, s AS g, s AS h";
    let numbers: Vec<String> = (0..3_000).map(|n| n.to_string()).collect();
    let list = format!("UNNEST([{}])", numbers.join(", "));
    let statements = [
        format!("SELECT SUM(a.id) {product}"),
        format!("SELECT COUNT(DISTINCT a.id + b.id) {product}"),
        format!("SELECT ARRAY_AGG(a.id) {product}"),
        format!("SELECT a.id, COUNT(*) {product} GROUP BY a.id"),
        format!("SELECT SUM(a.id) OVER (ORDER BY b.id) AS x {product}"),
        format!("SELECT a.id {product} ORDER BY b.id + c.id"),
        format!("SELECT SUM(x + y + z) FROM {list} AS x, {list} AS y, {list} AS z"),
        "SELECT COUNT(*) FROM t AS a JOIN t AS b ON a.id + b.id < 0".to_owned(),
        "SELECT COUNT(*) FROM t AS a WHERE a.id - a.id IN (SELECT b.id - b.id FROM t AS b)".to_owned(),
        "WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n) SELECT COUNT(*) FROM n".to_owned(),
    ];
    for sql in statements {
        let mut rows = source.query(read_statement(&sql, Vec::new()).unwrap()).await.unwrap();
        let answer = tokio::time::timeout(Duration::from_millis(100), rows.next(1, 1)).await;
        assert!(answer.is_err(), "it computes: {sql}: {answer:?}");
        drop(rows);
        assert_eq!(gone(&source).await, Some(()), "{sql}");
    }
}

#[tokio::test]
async fn no_function_makes_more_than_fits_a_batch() {
    let folder = Folder::new();
    folder.write("t.parquet", ids(1_111_000..1_119_000));
    let source = folder.source();
    let ones = "1".repeat(120);
    let replace = format!("SELECT LENGTH(REPLACE(REPLACE(CAST(id AS STRING), '1', '{ones}'), '1', '{ones}')) FROM t");
    let pattern = format!("SELECT LENGTH(REGEXP_REPLACE(CONCAT(CAST(id AS STRING), '{ones}'), '1', '{ones}')) FROM t");
    let long = format!("REPLACE(CAST(id AS STRING), '1', '{}')", "x".repeat(1_000));
    let doubled =
        (0..3).fold(format!("SELECT {long} AS x FROM t"), |inner, _| format!("SELECT x || x AS x FROM ({inner}) AS s"));
    let doubled = format!("SELECT MAX(LENGTH(x)) FROM ({doubled}) AS s");
    for (sql, function) in [(replace, "REPLACE"), (pattern, "REGEXP_REPLACE"), (doubled, "CONCAT")] {
        let problem = refusal(&source, &sql).await;
        let message = format!("the function `{function}` would make more than 67108864 bytes at once");
        assert_eq!((problem.code, problem.message), (ProblemCode::Failed, message));
        assert!(problem.hint.is_some());
    }
    // The same within bounds, over all rows.
    let some = lines(&source, "SELECT SUM(LENGTH(REPLACE(CAST(id AS STRING), '1', '22')) - 7) FROM t").await;
    let ones = (1_111_000..1_119_000).map(|id: i64| id.to_string().matches('1').count()).sum::<usize>();
    assert_eq!(some, [ones.to_string()]);
    // A long text beside many rows makes batches of few.
    let text = "x".repeat(500_000);
    assert_eq!(lines(&source, &format!("SELECT COUNT(DISTINCT CONCAT('{text}', 'y')) FROM t")).await, ["1"]);
}

#[tokio::test]
async fn a_long_value_is_not_multiplied() {
    let folder = Folder::new();
    folder.write("t.parquet", ids(0..3_000));
    let source = folder.source();
    let long = format!("(SELECT '{}' || CAST(MAX(id) AS STRING) AS x FROM t)", "x".repeat(40_000));
    for sql in [
        format!("SELECT MAX(LENGTH(s.x)) FROM t, {long} AS s"),
        format!("SELECT MAX(LENGTH(CONCAT({long}, CAST(id AS STRING)))) FROM t"),
    ] {
        let problem = refusal(&source, &sql).await;
        assert!(problem.message.contains("would be multiplied; at most 32768 are"), "{problem}");
    }
    assert_eq!(lines(&source, &format!("SELECT LENGTH(s.x) FROM {long} AS s")).await, ["40004"]);
}

#[tokio::test]
async fn a_greedy_query_leaves_memory_for_others() {
    let folder = Folder::new();
    // The product keeps one of its sides, 12 MB.
    folder.write("large.parquet", ids(0..1_500_000));
    let source = folder.source_within(32 << 20, 0);
    let greedy = "SELECT a.id, b.id AS other FROM large AS a, large AS b";
    let mut first = source.query(read_statement(greedy, Vec::new()).unwrap()).await.unwrap();
    assert!(first.next(1, 1).await.unwrap().is_some(), "alone it may have a half");
    assert!(*source.shared.memory.held() >= 12_000_000);
    let mut second = source.query(read_statement(greedy, Vec::new()).unwrap()).await.unwrap();
    let problem = second.next(1, 1).await.unwrap_err();
    let start = "the query needs more memory than it may use: ";
    assert!(problem.message.starts_with(start) && problem.message.contains("the share of this query"), "{problem}");
    assert_eq!(lines(&source, "SELECT COUNT(DISTINCT MOD(id, 7)) FROM large").await, ["7"], "a modest one is answered");
    drop(first);
    assert_eq!(gone(&source).await, Some(()));
    let mut again = source.query(read_statement(greedy, Vec::new()).unwrap()).await.unwrap();
    assert!(again.next(1, 1).await.unwrap().is_some(), "it was the other that was in the way");
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
