//! What the gate lets pass, what it refuses and why.

use super::*;
use crate::model::{Kind, Value};

fn tables_of(sql: &str) -> Vec<String> {
    let statement = read_statement(sql, Vec::new()).unwrap_or_else(|problem| panic!("{sql}: {problem}"));
    statement.tables().iter().map(TableName::to_string).collect()
}

fn param(name: &str, value: Value) -> Param {
    Param { name: name.to_owned(), value }
}

fn bound(sql: &str, params: Vec<Param>) -> String {
    read_statement(sql, params).unwrap_or_else(|problem| panic!("{sql}: {problem}")).ast().to_string()
}

fn refusal(sql: &str, params: Vec<Param>) -> Problem {
    read_statement(sql, params).map(|read| read.ast().to_string()).expect_err(sql)
}

#[test]
fn reads_pass_whatever_their_texts_and_comments_say() {
    for sql in [
        "SELECT 1",
        "select 1;",
        "SELECT 1;;\n",
        "(SELECT 1)",
        "WITH a AS (SELECT 1 AS x) SELECT * FROM a",
        "SELECT 'DROP TABLE t; --' AS x",
        "SELECT \"INSERT INTO t\" AS x",
        "SELECT 1 -- ; DROP TABLE t",
        "SELECT 1 # ; DROP TABLE t",
        "SELECT /* ; DELETE FROM t */ 1",
        "-- INSERT\nSELECT 1",
        "SELECT '\\'; DROP TABLE t; --' AS x",
        "SELECT '''; DROP TABLE t''' AS x",
        "SELECT `drop` FROM t",
        "SELECT `insert into x` FROM t",
        "SELECT a FROM t UNION ALL SELECT b FROM u",
        "SELECT a FROM t EXCEPT DISTINCT SELECT b FROM u",
        "SELECT * EXCEPT (a) FROM t",
        "SELECT a, ROW_NUMBER() OVER (PARTITION BY b ORDER BY c) AS n FROM t QUALIFY n = 1",
        "SELECT x FROM UNNEST([1, 2]) AS x",
        "SELECT update_time, set_id, delete_flag FROM t",
        "SELECT CAST(a AS INT64), SAFE_CAST(b AS STRING) FROM t",
        "SELECT DATE '2026-01-01', TIMESTAMP '2026-01-01 00:00:00+00'",
        "SELECT COUNT(*) FROM t GROUP BY a HAVING COUNT(*) > 1 ORDER BY 1 LIMIT 5",
    ] {
        read_statement(sql, Vec::new()).unwrap_or_else(|problem| panic!("{sql}: {problem}"));
    }
}

#[test]
fn hostile_statements_end_in_their_own_code() {
    use ProblemCode::{BadParameter, InvalidSql, NotReadOnly, UnsupportedSql};
    let hostile = [
        (NotReadOnly, "INSERT INTO t VALUES (1)"),
        (NotReadOnly, "insert into t select * from u"),
        (NotReadOnly, "/* SELECT */ INSERT INTO t VALUES (1)"),
        (NotReadOnly, "UPDATE t SET a = 1"),
        (NotReadOnly, "DELETE FROM t"),
        (NotReadOnly, "MERGE t USING u ON t.a = u.a WHEN MATCHED THEN DELETE"),
        (NotReadOnly, "TRUNCATE TABLE t"),
        (NotReadOnly, "REPLACE INTO t VALUES (1)"),
        (NotReadOnly, "CREATE TABLE t (a INT64)"),
        (NotReadOnly, "CREATE OR REPLACE TABLE t AS SELECT 1"),
        (NotReadOnly, "CREATE TEMP TABLE t AS SELECT 1"),
        (NotReadOnly, "CREATE VIEW v AS SELECT 1"),
        (NotReadOnly, "CREATE EXTERNAL TABLE t STORED AS CSV LOCATION '/etc/passwd'"),
        (NotReadOnly, "CREATE FUNCTION f() RETURNS INT64 AS (1)"),
        (NotReadOnly, "CREATE TEMP FUNCTION f(x INT64) AS (x); SELECT f(1)"),
        (NotReadOnly, "CREATE SCHEMA s"),
        (NotReadOnly, "CREATE MODEL m OPTIONS (model_type='x') AS SELECT 1"),
        (NotReadOnly, "DROP TABLE t"),
        (NotReadOnly, "DROP SCHEMA s CASCADE"),
        (NotReadOnly, "ALTER TABLE t ADD COLUMN a INT64"),
        (NotReadOnly, "RENAME TABLE t TO u"),
        (NotReadOnly, "UNDROP SCHEMA s"),
        (NotReadOnly, "GRANT SELECT ON t TO 'x'"),
        (NotReadOnly, "REVOKE SELECT ON t FROM 'x'"),
        (NotReadOnly, "COPY t TO '/tmp/x'"),
        (NotReadOnly, "COPY (SELECT 1) TO 'x.csv'"),
        (NotReadOnly, "EXPORT DATA OPTIONS (uri='gs://x/*') AS SELECT 1"),
        (NotReadOnly, "LOAD DATA INTO t FROM FILES (format='CSV', uris=['gs://x'])"),
        (NotReadOnly, "IMPORT FOREIGN SCHEMA x"),
        (NotReadOnly, "UNLOAD (SELECT 1) TO 's3://x'"),
        (NotReadOnly, "SET x = 1"),
        (NotReadOnly, "SET datafusion.catalog.information_schema = true"),
        (NotReadOnly, "RESET x"),
        (NotReadOnly, "DECLARE x INT64 DEFAULT 1"),
        (NotReadOnly, "CALL p()"),
        (NotReadOnly, "EXECUTE IMMEDIATE 'DROP TABLE t'"),
        (NotReadOnly, "EXEC p"),
        (NotReadOnly, "PREPARE p AS SELECT 1"),
        (NotReadOnly, "DEALLOCATE p"),
        (NotReadOnly, "BEGIN"),
        (NotReadOnly, "BEGIN SELECT 1; END"),
        (NotReadOnly, "BEGIN TRANSACTION"),
        (NotReadOnly, "START TRANSACTION"),
        (NotReadOnly, "COMMIT"),
        (NotReadOnly, "ROLLBACK"),
        (NotReadOnly, "SAVEPOINT a"),
        (NotReadOnly, "IF TRUE THEN SELECT 1; END IF"),
        (NotReadOnly, "LOOP SELECT 1; END LOOP"),
        (NotReadOnly, "WHILE TRUE DO SELECT 1; END WHILE"),
        (NotReadOnly, "RAISE USING MESSAGE = 'x'"),
        (NotReadOnly, "RETURN"),
        (NotReadOnly, "EXPLAIN SELECT 1"),
        (NotReadOnly, "EXPLAIN ANALYZE SELECT 1"),
        (NotReadOnly, "DESCRIBE t"),
        (NotReadOnly, "DESC t"),
        (NotReadOnly, "SHOW TABLES"),
        (NotReadOnly, "SHOW ALL"),
        (NotReadOnly, "USE x"),
        (NotReadOnly, "ANALYZE t"),
        (NotReadOnly, "VACUUM"),
        (NotReadOnly, "OPTIMIZE TABLE t"),
        (NotReadOnly, "ATTACH DATABASE 'x' AS y"),
        (NotReadOnly, "DETACH y"),
        (NotReadOnly, "PRAGMA table_info(t)"),
        (NotReadOnly, "INSTALL httpfs"),
        (NotReadOnly, "LOAD httpfs"),
        (NotReadOnly, "KILL 1"),
        (NotReadOnly, "LOCK TABLES t WRITE"),
        (NotReadOnly, "FLUSH TABLES"),
        (NotReadOnly, "CACHE TABLE t"),
        (NotReadOnly, "COMMENT ON TABLE t IS 'x'"),
        (NotReadOnly, "ASSERT 1 = 1"),
        (NotReadOnly, "SELECT 1; DROP TABLE t"),
        (NotReadOnly, "SELECT 1; SELECT 2"),
        (NotReadOnly, "SELECT 1;;DELETE FROM t"),
        (NotReadOnly, "SELECT 1; garbage ("),
        (NotReadOnly, "SELECT 1 /* x */ ; /* y */ COPY t TO 'x'"),
        (NotReadOnly, "SELECT * INTO u FROM t"),
        (NotReadOnly, "SELECT a INTO TEMP u FROM t"),
        (NotReadOnly, "SELECT * FROM (SELECT * INTO u FROM t) AS x"),
        (NotReadOnly, "SELECT * FROM t FOR UPDATE"),
        (NotReadOnly, "SELECT * FROM t FOR SHARE"),
        (UnsupportedSql, "SELECT COUNT(*) FROM t GROUP BY CUBE(a, b, c, d, e, f, g)"),
        (InvalidSql, "SELECT X'61'"),
        (InvalidSql, "SELECT $$DROP TABLE t$$"),
        (NotReadOnly, "SELECT * FROM (SELECT * FROM t FOR UPDATE) AS x"),
        (NotReadOnly, "WITH x AS (INSERT INTO t VALUES (1)) SELECT 1"),
        (NotReadOnly, "WITH x AS (DELETE FROM t) SELECT * FROM x"),
        (NotReadOnly, "WITH x AS (UPDATE t SET a = 1) SELECT * FROM x"),
        (NotReadOnly, "WITH x AS (SELECT 1) INSERT INTO t SELECT * FROM x"),
        (NotReadOnly, "WITH x AS (SELECT 1) DELETE FROM t"),
        (NotReadOnly, "WITH x AS (SELECT 1) UPDATE t SET a = 1"),
        (NotReadOnly, "SELECT (SELECT 1 FROM (WITH y AS (DELETE FROM t) SELECT 1) AS z)"),
        (UnsupportedSql, "SELECT * FROM range(1, 10)"),
        (UnsupportedSql, "SELECT * FROM generate_series(1, 1000000000)"),
        (UnsupportedSql, "SELECT * FROM read_csv('/etc/passwd')"),
        (UnsupportedSql, "SELECT * FROM parquet_metadata('x.parquet')"),
        (UnsupportedSql, "SELECT * FROM TABLE(f())"),
        (UnsupportedSql, "SELECT * FROM t, LATERAL f(t.a)"),
        (UnsupportedSql, "SELECT * FROM t, LATERAL (SELECT t.a) AS x"),
        (UnsupportedSql, "SELECT * FROM EXTERNAL_QUERY('c', 'SELECT 1')"),
        (UnsupportedSql, "SELECT * FROM ds.f(1)"),
        (UnsupportedSql, "SELECT * FROM '/etc/passwd'"),
        (UnsupportedSql, "SELECT * FROM 'x.csv'"),
        (UnsupportedSql, "SELECT * FROM \"x\""),
        (UnsupportedSql, "SELECT * FROM `/etc/passwd`"),
        (UnsupportedSql, "SELECT * FROM `../x`"),
        (UnsupportedSql, "SELECT * FROM `..`"),
        (UnsupportedSql, "SELECT * FROM `a..b`"),
        (UnsupportedSql, "SELECT * FROM `.hidden`"),
        (UnsupportedSql, "SELECT * FROM `a/b`"),
        (UnsupportedSql, "SELECT * FROM `a\\\\b`"),
        (UnsupportedSql, "SELECT * FROM `file:x`"),
        (UnsupportedSql, "SELECT * FROM `https://x/y.csv`"),
        (UnsupportedSql, "SELECT * FROM `t$20260101`"),
        (UnsupportedSql, "SELECT * FROM `games_*`"),
        (UnsupportedSql, "SELECT * FROM ` t`"),
        (UnsupportedSql, "SELECT * FROM a.b.c.d"),
        (UnsupportedSql, "SELECT * FROM `a.b.c.d`"),
        (UnsupportedSql, "SELECT * FROM @t"),
        (UnsupportedSql, "SELECT @@version"),
        (UnsupportedSql, "SELECT @@a.b"),
        (UnsupportedSql, "FROM t |> SELECT a"),
        (UnsupportedSql, "FROM t"),
        (UnsupportedSql, "SELECT * FROM t |> WHERE a = 1"),
        (UnsupportedSql, "TABLE t"),
        (UnsupportedSql, "VALUES (1)"),
        (UnsupportedSql, "SELECT * FROM (VALUES (1)) AS x"),
        (UnsupportedSql, "SELECT a FROM t FETCH FIRST 1 ROWS ONLY"),
        (UnsupportedSql, "SELECT CURRENT_DATE"),
        (UnsupportedSql, "SELECT CURRENT_DATE()"),
        (UnsupportedSql, "SELECT current_timestamp()"),
        (UnsupportedSql, "SELECT * FROM t WHERE d = CURRENT_DATE('UTC')"),
        (UnsupportedSql, "SELECT now()"),
        (UnsupportedSql, "SELECT RAND()"),
        (UnsupportedSql, "SELECT random()"),
        (UnsupportedSql, "SELECT GENERATE_UUID()"),
        (UnsupportedSql, "SELECT SESSION_USER()"),
        (BadParameter, "SELECT ?"),
        (BadParameter, "SELECT * FROM t WHERE a = ? AND b = ?"),
        (BadParameter, "SELECT @a"),
        (BadParameter, "SELECT @ a"),
        (BadParameter, "SELECT @a.b"),
        (BadParameter, "SELECT * FROM t LIMIT @n"),
        (InvalidSql, ""),
        (InvalidSql, "   \n-- nothing\n"),
        (InvalidSql, ";"),
        (InvalidSql, "garbage"),
        (InvalidSql, "'SELECT 1'"),
        (InvalidSql, "SELECT"),
        (InvalidSql, "SELECT FROM"),
        (InvalidSql, "SELECT a FROM t GROUP BY a WITH ROLLUP"),
        (InvalidSql, "SELECT 'open"),
        (InvalidSql, "SELECT /* open"),
        (InvalidSql, "SELECT (1"),
        (InvalidSql, "SELECT 1)"),
        (InvalidSql, "SELECT 1 SELECT 2"),
        (InvalidSql, "(SELECT 1) DROP TABLE t"),
        (InvalidSql, "SELECT * FROM t WHERE"),
        (InvalidSql, "WITH a AS SELECT 1"),
    ];
    assert!(hostile.len() > 100);
    for (code, sql) in hostile {
        let problem = refusal(sql, Vec::new());
        assert_eq!(problem.code, code, "{sql}: {problem}");
        assert!(!problem.message.is_empty() && problem.hint.is_some(), "{sql}: {problem:?}");
        assert!(!problem.retryable, "{sql}");
    }
}

#[test]
fn refusals_say_what_and_where() {
    for (sql, message) in [
        ("SELECT 1;\n  DROP TABLE t", "more than one statement (`DROP`...) is not a read (line 2, column 3)"),
        ("\n DELETE FROM t", "`DELETE` is not a read (line 2, column 2)"),
        ("WITH x AS (INSERT INTO t VALUES (1)) SELECT 1", "`INSERT` is not a read (line 1, column 12)"),
        ("SELECT * FROM f(1)", "the table function `f(...)` is not supported (line 1, column 15)"),
        ("SELECT 1,\n now()", "`now`, which gives another value at every call, is not supported (line 2, column 2)"),
        ("SELECT @a", "the parameter `a` is missing (line 1, column 8)"),
    ] {
        assert_eq!(refusal(sql, Vec::new()).message, message, "{sql}");
    }
}

#[test]
fn size_and_nesting_are_bounded() {
    let parens = format!("SELECT {}1{}", "(".repeat(100_000), ")".repeat(100_000));
    let selects = format!("{}SELECT 1{}", "SELECT * FROM (".repeat(10_000), ") AS x".repeat(10_000));
    let sum = format!("SELECT 1{}", "+1".repeat(100_000));
    let casts = format!("SELECT 1{}", "::INT64".repeat(50_000));
    let nots = format!("SELECT {}TRUE", "NOT ".repeat(100_000));
    let minus = format!("SELECT {}1", "- ".repeat(100_000));
    let ors = format!("SELECT 1 FROM t WHERE a = 1{}", " OR a = 1".repeat(50_000));
    let unions = format!("SELECT 1{}", " UNION ALL SELECT 1".repeat(20_000));
    let types = format!("SELECT CAST(NULL AS {}INT64{})", "ARRAY<".repeat(20_000), ">".repeat(20_000));
    let cases = format!("SELECT {}1{}", "CASE WHEN TRUE THEN ".repeat(20_000), " END".repeat(20_000));
    let elements = format!("SELECT [1]{}", "[OFFSET(0)]".repeat(20_000));
    let fields = format!("SELECT STRUCT(1 AS a){}", ".a".repeat(20_000));
    let isnull = format!("SELECT 1{}", " IS NULL".repeat(50_000));
    let at = format!("SELECT 1{}", " AT TIME ZONE 'UTC'".repeat(20_000));
    // Each level within what a level may be, all together not.
    let mixed = format!("SELECT {}1{}", "(".repeat(20), " + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1)".repeat(20));
    let prefixes = format!("SELECT {}1{}", "CASE WHEN a AND NOT NOT NOT NOT ".repeat(60), " THEN 1 END".repeat(60));
    for sql in [
        parens, selects, sum, casts, nots, minus, ors, unions, types, cases, elements, fields, isnull, at, mixed,
        prefixes,
    ] {
        let problem = refusal(&sql, Vec::new());
        let shown: String = sql.chars().take(60).collect();
        assert_eq!(problem, text::too_deep(), "{shown}");
    }
    let long = format!("SELECT '{}'", "x".repeat(1024 * 1024));
    assert!(refusal(&long, Vec::new()).message.contains("at most 1048576 are read"));
    let words = format!("SELECT 1{}", ",1".repeat(150_000));
    assert!(refusal(&words, Vec::new()).message.contains("at most 200000 are read"));

    let list: Vec<String> = (0..20_000).map(|n| n.to_string()).collect();
    tables_of(&format!("SELECT 1 FROM t WHERE a IN ({})", list.join(", ")));
    tables_of(&format!("SELECT 1 FROM t WHERE a = 1{}", " OR a = 1".repeat(240)));
    tables_of(&format!("SELECT 1{}", " UNION ALL SELECT 1".repeat(240)));
}

#[test]
fn nested_attempts_of_the_parser_do_not_multiply() {
    for (open, inner, close) in [
        ("(", "t", ")"),
        ("(SELECT * FROM ", "t", ")"),
        ("f(", "1", ")"),
        ("[", "1", "]"),
        ("IF(a, ", "1", ", 2)"),
        ("CASE WHEN a THEN ", "1", " END"),
        ("(SELECT * FROM ", "t WHERE", ")"),
        ("STRUCT(", "1", ")"),
        ("ARRAY<STRUCT<a ", "INT64", ">>[]"),
        ("(a, ", "1", ")"),
        ("x IN (", "1", ")"),
        ("INTERVAL (", "1", ") DAY"),
    ] {
        for start in ["SELECT ", "SELECT * FROM "] {
            let sql = format!("{start}{}{inner}{}", open.repeat(30), close.repeat(30));
            // Whether it is read or refused is of no interest: it has to end.
            drop(read_statement(&sql, Vec::new()));
        }
    }
}

#[test]
fn relations_are_counted_as_often_as_they_are_read() {
    let mut sql = "WITH c0 AS (SELECT 1 AS x FROM t)".to_owned();
    for n in 1..40 {
        let before = n - 1;
        sql.push_str(&format!(", c{n} AS (SELECT a.x FROM c{before} AS a CROSS JOIN c{before} AS b)"));
    }
    sql.push_str(" SELECT * FROM c39");
    let problem = refusal(&sql, Vec::new());
    assert_eq!(problem.code, ProblemCode::UnsupportedSql, "{problem}");
    assert!(problem.message.contains("more than 128 relations"), "{problem}");
    let nested = format!("SELECT {}1{}", "(SELECT MAX(a) + ".repeat(12), " FROM t)".repeat(12));
    assert!(refusal(&nested, Vec::new()).message.contains("more than 128 relations"));
    let mut hidden = "WITH c0 AS (SELECT a FROM t)".to_owned();
    for n in 1..15 {
        hidden.push_str(&format!(", c{n} AS (SELECT a FROM t WHERE a IN (SELECT a FROM c{}))", n - 1));
    }
    assert!(refusal(&format!("{hidden} SELECT a FROM c14"), Vec::new()).message.contains("more than 128 relations"));
    tables_of(&format!("SELECT {}1{}", "(SELECT MAX(a) + ".repeat(5), " FROM t)".repeat(5)));
    let windows = format!("SELECT 1{} FROM t", ", SUM(a) OVER ()".repeat(65));
    assert!(refusal(&windows, Vec::new()).message.contains("more than 64 window functions"));
    let joined = format!("SELECT 1 FROM t{}", ", t".repeat(2_000));
    assert!(refusal(&joined, Vec::new()).message.contains("more than 128 relations"));
}

#[test]
fn tables_are_all_that_is_read() {
    for (sql, expected) in [
        ("SELECT 1", &[][..]),
        ("SELECT * FROM t", &["t"]),
        ("SELECT * FROM ds.t AS x", &["ds.t"]),
        ("SELECT * FROM p.ds.t", &["p.ds.t"]),
        ("SELECT * FROM `ds.t`", &["ds.t"]),
        ("SELECT * FROM `p.ds`.t", &["p.ds.t"]),
        ("SELECT * FROM `p`.`ds`.`t`", &["p.ds.t"]),
        ("SELECT * FROM my-project.ds.t", &["my-project.ds.t"]),
        ("SELECT * FROM T, t", &["T", "t"]),
        ("SELECT * FROM a JOIN b USING (x) LEFT JOIN c ON c.x = a.x", &["a", "b", "c"]),
        ("SELECT * FROM (a JOIN b ON TRUE)", &["a", "b"]),
        ("SELECT (SELECT MAX(x) FROM u) FROM t", &["t", "u"]),
        ("SELECT * FROM t WHERE EXISTS (SELECT 1 FROM u WHERE u.a = t.a)", &["t", "u"]),
        ("SELECT * FROM t WHERE a IN (SELECT a FROM u) ORDER BY (SELECT 1 FROM v) LIMIT 1", &["t", "u", "v"]),
        ("SELECT a FROM t GROUP BY a HAVING COUNT(*) > (SELECT 1 FROM u)", &["t", "u"]),
        ("SELECT SUM(a) OVER (ORDER BY (SELECT 1 FROM u)) FROM t", &["t", "u"]),
        ("SELECT a FROM t QUALIFY ROW_NUMBER() OVER (ORDER BY a) = (SELECT 1 FROM u)", &["t", "u"]),
        ("SELECT CASE WHEN TRUE THEN (SELECT 1 FROM u) END FROM t", &["t", "u"]),
        ("SELECT ARRAY(SELECT a FROM u) FROM t", &["t", "u"]),
        ("SELECT IF(TRUE, (SELECT 1 FROM u), 2)", &["u"]),
        ("SELECT * FROM t JOIN u ON t.a = (SELECT 1 FROM v)", &["t", "u", "v"]),
        ("SELECT a FROM t UNION ALL (SELECT a FROM u EXCEPT DISTINCT SELECT a FROM v)", &["t", "u", "v"]),
        ("SELECT * FROM UNNEST((SELECT a FROM u)) AS x", &["u"]),
        ("SELECT * FROM information_schema.tables", &["information_schema.tables"]),
        ("SELECT * FROM t PIVOT(SUM(a) FOR b IN ('x'))", &["t"]),
        ("SELECT t.* FROM t", &["t"]),
    ] {
        assert_eq!(tables_of(sql), expected, "{sql}");
    }
}

#[test]
fn a_with_expression_hides_a_table_only_where_it_is_seen() {
    for (sql, expected) in [
        ("WITH a AS (SELECT 1) SELECT * FROM a", &[][..]),
        ("WITH a AS (SELECT * FROM t) SELECT * FROM a, a AS b", &["t"]),
        // Not by itself: the name within is the table.
        ("WITH secret AS (SELECT * FROM secret) SELECT * FROM secret", &["secret"]),
        // Not before it is there.
        ("WITH a AS (SELECT * FROM b), b AS (SELECT 1) SELECT * FROM a", &["b"]),
        ("WITH a AS (SELECT 1), b AS (SELECT * FROM a) SELECT * FROM b", &[]),
        // By itself where it is recursive.
        ("WITH RECURSIVE a AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM a WHERE n < 5) SELECT * FROM a", &[]),
        ("WITH RECURSIVE a AS (SELECT * FROM b), b AS (SELECT 1) SELECT * FROM a", &["b"]),
        // Only in its own query.
        ("SELECT * FROM (WITH secret AS (SELECT 1 AS x) SELECT * FROM secret) AS q, secret", &["secret"]),
        ("SELECT (WITH s AS (SELECT 1 AS x) SELECT x FROM s) FROM s", &["s"]),
        ("(WITH s AS (SELECT 1) SELECT * FROM s) UNION ALL SELECT * FROM s", &["s"]),
        ("WITH a AS (WITH s AS (SELECT 1) SELECT * FROM s) SELECT * FROM a, s", &["s"]),
        // In everything nested in it.
        ("WITH s AS (SELECT 1 AS x) SELECT (SELECT MAX(x) FROM s) FROM (SELECT * FROM s) AS q", &[]),
        ("WITH s AS (SELECT 1 AS x) SELECT 1 WHERE EXISTS (SELECT 1 FROM (SELECT * FROM s) AS q)", &[]),
        // Only as its own name.
        ("WITH secret AS (SELECT 1) SELECT * FROM ds.secret", &["ds.secret"]),
        ("WITH `ds` AS (SELECT 1) SELECT * FROM ds.secret", &["ds.secret"]),
        ("WITH `ds.secret` AS (SELECT 1) SELECT * FROM ds.secret", &["ds.secret"]),
        ("WITH `ds.secret` AS (SELECT 1) SELECT * FROM `ds.secret`", &["ds.secret"]),
        // The alias of a relation is not a relation.
        ("SELECT * FROM t AS secret JOIN secret ON TRUE", &["secret", "t"]),
    ] {
        assert_eq!(tables_of(sql), expected, "{sql}");
    }
}

#[test]
fn arrays_of_a_neighbour_are_no_tables() {
    for (sql, expected) in [
        ("SELECT * FROM t, t.tags", &["t"][..]),
        ("SELECT * FROM t AS x, x.tags AS tag", &["t"]),
        ("SELECT * FROM ds.t, t.tags", &["ds.t"]),
        ("SELECT * FROM t CROSS JOIN UNNEST(t.tags) AS tag", &["t"]),
        // Quoted as a whole, before its neighbour, or in a subquery beside it: a table.
        ("SELECT * FROM t AS secret, `secret.players`", &["secret.players", "t"]),
        ("SELECT * FROM secret.players, t AS secret", &["secret.players", "t"]),
        ("SELECT * FROM t AS secret, (SELECT * FROM secret.players) AS x", &["secret.players", "t"]),
        ("SELECT (SELECT 1 FROM secret.players) FROM t AS secret", &["secret.players", "t"]),
        ("SELECT * FROM t AS Secret, secret.players", &["secret.players", "t"]),
    ] {
        assert_eq!(tables_of(sql), expected, "{sql}");
    }
}

#[test]
fn parameters_become_literals() {
    let one = |value| bound("SELECT @p", vec![param("p", value)]);
    for (value, expected) in [
        (Value::Int64(7), "SELECT 7"),
        (Value::Int64(i64::MIN), "SELECT (-9223372036854775808)"),
        (Value::Float64(1.0), "SELECT 1.0"),
        (Value::Float64(-0.5e300), "SELECT (-5e299)"),
        (Value::Float64(f64::NAN), "SELECT CAST('NaN' AS FLOAT64)"),
        (Value::Float64(f64::NEG_INFINITY), "SELECT CAST('-inf' AS FLOAT64)"),
        (Value::Boolean(true), "SELECT true"),
        (Value::Text("it's".to_owned()), "SELECT 'it''s'"),
        (Value::Bytes(vec![0, 255]), "SELECT X'00ff'"),
        (Value::Date(0), "SELECT DATE '1970-01-01'"),
        (Value::Date(-1), "SELECT DATE '1969-12-31'"),
        (Value::DateTime(1), "SELECT DATETIME '1970-01-01T00:00:00.000001'"),
        (Value::Timestamp(-1), "SELECT TIMESTAMP '1969-12-31T23:59:59.999999+00:00'"),
        (Value::Decimal("-12.50".to_owned()), "SELECT CAST('-12.50' AS NUMERIC)"),
        (Value::Null(Kind::Text), "SELECT CAST(NULL AS STRING)"),
        (Value::Null(Kind::Timestamp), "SELECT CAST(NULL AS TIMESTAMP)"),
    ] {
        assert_eq!(one(value.clone()), expected, "{value:?}");
    }
    let list = vec![param("list", Value::TextArray(vec!["a".to_owned(), "b".to_owned()]))];
    assert_eq!(bound("SELECT x IN UNNEST(@list) FROM t", list), "SELECT x IN ('a', 'b') FROM t");
    let list = vec![param("list", Value::Int64Array(vec![1]))];
    assert_eq!(bound("SELECT x NOT IN UNNEST(@list) FROM t", list), "SELECT x NOT IN (1) FROM t");
    let none = || vec![param("list", Value::DateArray(Vec::new()))];
    assert_eq!(bound("SELECT x IN UNNEST(@list) FROM t", none()), "SELECT false FROM t");
    assert_eq!(bound("SELECT x NOT IN UNNEST(@list) FROM t", none()), "SELECT true FROM t");
    let table = bound("SELECT d FROM UNNEST(@list) AS d", vec![param("list", Value::DateArray(vec![1]))]);
    assert_eq!(table, "SELECT d FROM UNNEST(CAST([DATE '1970-01-02'] AS ARRAY<DATE>)) AS d");
    let both = vec![param("list", Value::Int64Array(Vec::new())), param("x", Value::Int64(1))];
    assert_eq!(
        bound("SELECT @x IN UNNEST(@list)", both),
        "SELECT false",
        "a parameter that goes with its needle is used"
    );
}

#[test]
fn parameters_are_never_text() {
    let evil = "x' OR 1=1; DROP TABLE t; --";
    let read = read_statement("SELECT * FROM t WHERE a = @p", vec![param("P", Value::Text(evil.to_owned()))]).unwrap();
    assert_eq!(read.tables().len(), 1);
    assert_eq!(read.ast().to_string(), "SELECT * FROM t WHERE a = 'x'' OR 1=1; DROP TABLE t; --'");
    assert_eq!(read.text(), "SELECT * FROM t WHERE a = @p");
    assert_eq!(read.params(), [param("P", Value::Text(evil.to_owned()))]);
    for text in ["SELECT '@p' AS a", "SELECT 1 -- @p", "SELECT `@p` FROM t"] {
        let problem = refusal(text, vec![param("p", Value::Int64(1))]);
        assert_eq!(problem.message, "the parameter `p` is not used", "{text}");
    }
}

#[test]
fn parameters_that_do_not_fit_are_named() {
    let int = || param("a", Value::Int64(1));
    let many = (0..257).map(|n| param(&format!("p{n}"), Value::Int64(n))).collect();
    for (sql, params, message) in [
        ("SELECT @a + @b", vec![int()], "the parameter `b` is missing (line 1, column 13)"),
        ("SELECT 1", vec![int()], "the parameter `a` is not used"),
        ("SELECT @a", vec![int(), param("A", Value::Int64(2))], "the parameters `a` and `A` have one name"),
        ("SELECT @a", vec![param("@a", Value::Int64(1))], "`@a` is not a name of a parameter"),
        ("SELECT @a", vec![param("", Value::Int64(1))], "`` is not a name of a parameter"),
        ("SELECT @a", many, "257 parameters: at most 256 can be bound"),
        (
            "SELECT @a",
            vec![param("a", Value::Null(Kind::Json))],
            "the parameter `a` is a null of kind Json, which cannot be bound (line 1, column 8)",
        ),
        (
            "SELECT @a",
            vec![param("a", Value::Date(i32::MAX))],
            "the parameter `a` is outside of the years 1 to 9999 (line 1, column 8)",
        ),
        (
            "SELECT @a",
            vec![param("a", Value::Timestamp(i64::MIN))],
            "the parameter `a` is outside of the years 1 to 9999 (line 1, column 8)",
        ),
        (
            "SELECT @a",
            vec![param("a", Value::Decimal("1e5".to_owned()))],
            "the parameter `a` is not a decimal: `1e5` (line 1, column 8)",
        ),
        (
            "SELECT @a",
            vec![param("a", Value::Decimal("1".repeat(77)))],
            &format!("the parameter `a` is not a decimal: `{}` (line 1, column 8)", "1".repeat(77)),
        ),
        (
            "SELECT 1 IN UNNEST(@a)",
            vec![int()],
            "the parameter `a` is a single value and stands in UNNEST (line 1, column 20)",
        ),
    ] {
        let problem = refusal(sql, params);
        assert_eq!((problem.code, problem.message.as_str()), (ProblemCode::BadParameter, message), "{sql}");
        assert!(problem.hint.is_some(), "{sql}");
    }
}
