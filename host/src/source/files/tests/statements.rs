//! What statements mean, and what is refused.

use super::*;

/// What the gate does not count is not there: a mistake of the gate ends in a refusal.
#[tokio::test]
async fn the_engine_knows_no_table_besides_those_of_the_statement() {
    let folder = Folder::with(&[("open.csv", "a\n1\n"), ("secret.csv", "a\n2\n")]);
    let source = folder.source();
    let open = BTreeSet::from([TableName::new(vec!["open".to_owned()])]);
    let (state, _) = source.state_with(&open, None, &Watch::default()).await.unwrap();
    for (sql, known) in [("SELECT a FROM open", true), ("SELECT a FROM secret", false)] {
        let statement = read_statement(sql, Vec::new()).unwrap();
        let tree = Statement::Statement(Box::new(statement.ast().clone()));
        assert_eq!(state.statement_to_plan(tree).await.is_ok(), known, "{sql}");
    }
    // The engine takes a recursive expression's first part for the table of that name; the gate does not.
    let escape = "WITH RECURSIVE secret AS (SELECT a FROM secret UNION ALL SELECT a FROM open) SELECT * FROM secret";
    refusal(&source, escape).await;
}

#[tokio::test]
async fn what_the_engine_would_overlook_is_refused() {
    let folder = Folder::with(&[("t.csv", "a\n1\n")]);
    let source = folder.source();
    for (sql, construct) in [
        ("SELECT * FROM t FOR SYSTEM_TIME AS OF TIMESTAMP '2026-01-01'", "a table as of a time"),
        ("SELECT * FROM t TABLESAMPLE SYSTEM (10 PERCENT)", "`TABLESAMPLE`"),
        ("SELECT * FROM t PIVOT(SUM(a) FOR a IN (1))", "`PIVOT`"),
        ("SELECT NET.HOST('x') FROM t", "the function `NET.HOST`"),
        ("SELECT COUNTIFF(a) FROM t", "the function `COUNTIFF`"),
        ("SELECT generate_series(1, 1000000000)", "the function `generate_series`"),
        ("SELECT arrow_cast(now(), 'Utf8')", "`now`, which gives another value at every call,"),
        ("SELECT input_file_name() FROM t", "the function `input_file_name`"),
        ("SELECT version() FROM t", "the function `version` is not supported on files (line 1, column 8)"),
        ("SELECT arrow_typeof(a) FROM t", "the function `arrow_typeof`"),
        ("SELECT @@version FROM t", "the system variable `@@version`"),
        ("SELECT uuid() FROM t", "`uuid`, which gives another value at every call,"),
        ("SELECT levenshtein('a', 'b') FROM t", "the function `levenshtein`"),
        ("SELECT ARRAY_AGG(a) OVER (ORDER BY a) FROM t", "the function `ARRAY_AGG` with `OVER`"),
        ("SELECT ROW_NUMBER() FROM t", "the function `ROW_NUMBER` without `OVER`"),
        ("SELECT CAST(NULL AS TIMESTAMP) AT TIME ZONE 'Asia/Tokyo'", "`AT TIME ZONE` outside of EXTRACT"),
    ] {
        let problem = refusal(&source, sql).await;
        assert_eq!(problem.code, ProblemCode::UnsupportedSql, "{sql}: {problem}");
        assert!(problem.message.starts_with(construct), "{sql}: {problem}");
        assert!(problem.hint.is_some(), "{sql}");
    }
    let problem = refusal(&source, "SELECT AVGG(a) FROM t").await;
    assert_eq!(problem.message, "the function `AVGG` is not supported on files (line 1, column 8)");
    assert!(problem.hint.unwrap().contains("`AVG`"));
}

#[tokio::test]
async fn googlesql_means_what_it_means() {
    let folder = Folder::with(&[("t.csv", "a,b\n1,x\n3,\n")]);
    let source = folder.source();
    for (sql, expected) in [
        ("SELECT 1 / 2", &["0.5"][..]),
        ("SELECT a / 2 FROM t ORDER BY a", &["0.5", "1.5"]),
        ("SELECT b FROM t ORDER BY b", &["-", "x"]),
        ("SELECT b FROM t ORDER BY b DESC", &["x", "-"]),
        ("SELECT CAST('7' AS INT64) + 1", &["8"]),
        ("SELECT SAFE_CAST('x' AS INT64)", &["-"]),
        ("SELECT CAST(1.5 AS STRING)", &["1.5"]),
        ("SELECT CAST('1.5' AS NUMERIC)", &["1.5"]),
        ("SELECT DATETIME '2026-01-01 00:00:01'", &["1767225601000000"]),
        ("SELECT TIMESTAMP '2026-01-01 02:00:00+02:00'", &["1767225600000000"]),
        ("SELECT TIMESTAMP '2026-01-01 00:00:00' = TIMESTAMP '2026-01-01 01:00:00+01:00'", &["true"]),
        ("SELECT r'a\\d'", &["a\\d"]),
        ("SELECT b'abc'", &["abc"]),
        ("SELECT '''it's'''", &["it's"]),
        ("SELECT x + 1 FROM UNNEST([1, 2]) AS x ORDER BY x", &["2", "3"]),
        ("SELECT a IN UNNEST([1, 2]) FROM t ORDER BY a", &["true", "false"]),
        ("SELECT a, ROW_NUMBER() OVER (ORDER BY a DESC) AS n FROM t QUALIFY n = 1", &["3|1"]),
        (
            "WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 3) SELECT * FROM n",
            &["1", "2", "3"],
        ),
        ("SELECT NULL", &["-"]),
    ] {
        assert_eq!(lines(&source, sql).await, expected, "{sql}");
    }
}

#[tokio::test]
async fn parameters_of_every_kind_arrive_as_they_were() {
    let folder = Folder::new();
    let days: ArrayRef = Arc::new(Date32Array::from(vec![Some(0), Some(20_454), None]));
    let instants: ArrayRef =
        Arc::new(TimestampMicrosecondArray::from(vec![Some(0), Some(7), None]).with_timezone("+00:00"));
    let names: ArrayRef = Arc::new(StringArray::from(vec![Some("a"), Some("it's"), None]));
    let ids: ArrayRef = Arc::new(Int64Array::from(vec![1, 2, 3]));
    let columns = vec![("id", ids), ("day", days), ("at", instants), ("name", names)];
    folder.write("t.parquet", parquet(columns, Compression::UNCOMPRESSED));
    let source = folder.source();
    for (value, expected) in [
        (Value::Int64(i64::MIN), "-9223372036854775808"),
        (Value::Float64(-0.1), "-0.1"),
        (Value::Float64(f64::NAN), "NaN"),
        (Value::Float64(f64::INFINITY), "inf"),
        (Value::Float64(f64::NEG_INFINITY), "-inf"),
        (Value::Text("'; --\\n\u{1F3C0}".to_owned()), "'; --\\n\u{1F3C0}"),
        (Value::Boolean(false), "false"),
        (Value::Bytes(b"xyz".to_vec()), "xyz"),
        (Value::Bytes(Vec::new()), ""),
        (Value::Date(-719_162), "-719162"),
        (Value::Date(2_932_896), "2932896"),
        (Value::DateTime(-1), "-1"),
        (Value::Timestamp(1_767_225_600_123_456), "1767225600123456"),
        (
            Value::Decimal("-0.000000000000000000000000000000000001".to_owned()),
            "-0.000000000000000000000000000000000001",
        ),
        (Value::Decimal("9".repeat(38)), &"9".repeat(38)),
        (Value::Null(Kind::Bytes), "-"),
        (Value::Null(Kind::Time), "-"),
        (Value::Null(Kind::Decimal), "-"),
    ] {
        let got = answer(&source, "SELECT @p AS p", vec![param("p", value.clone())]).await;
        assert_eq!(got, [expected], "{value:?}");
    }
    let one = |value| vec![param("p", value)];
    for (sql, params, expected) in [
        ("SELECT id FROM t WHERE day = @p", one(Value::Date(20_454)), &["2"][..]),
        ("SELECT id FROM t WHERE at = @p", one(Value::Timestamp(7)), &["2"]),
        ("SELECT id FROM t WHERE at < @p", one(Value::Timestamp(7)), &["1"]),
        ("SELECT id FROM t WHERE name = @p", one(Value::Text("it's".to_owned())), &["2"]),
        ("SELECT id FROM t ORDER BY id LIMIT @p", one(Value::Int64(1)), &["1"]),
        ("SELECT id FROM t WHERE id IN UNNEST(@p) ORDER BY id", one(Value::Int64Array(vec![3, 1])), &["1", "3"]),
        ("SELECT id FROM t WHERE day IN UNNEST(@p)", one(Value::DateArray(vec![0])), &["1"]),
        ("SELECT id FROM t WHERE at IN UNNEST(@p)", one(Value::TimestampArray(vec![7])), &["2"]),
        ("SELECT id FROM t WHERE name NOT IN UNNEST(@p)", one(Value::TextArray(vec!["a".to_owned()])), &["2"]),
        ("SELECT id FROM t WHERE name IN UNNEST(@p)", one(Value::TextArray(Vec::new())), &[]),
        ("SELECT COUNT(*) FROM t WHERE name NOT IN UNNEST(@p)", one(Value::TextArray(Vec::new())), &["3"]),
        ("SELECT d FROM UNNEST(@p) AS d ORDER BY d", one(Value::DateArray(vec![5, 3])), &["3", "5"]),
        ("SELECT COUNT(*) FROM UNNEST(@p) AS x", one(Value::Float64Array(Vec::new())), &["0"]),
        (
            "SELECT d FROM UNNEST(@p) AS d LEFT JOIN t ON t.day = d WHERE t.day IS NULL",
            one(Value::DateArray(vec![0, 1])),
            &["1"],
        ),
    ] {
        assert_eq!(answer(&source, sql, params).await, expected, "{sql}");
    }
}

#[tokio::test]
async fn unsigned_columns_are_exact() {
    let folder = Folder::new();
    let large: ArrayRef = Arc::new(UInt64Array::from(vec![Some(u64::MAX), Some(1), None]));
    folder.write("t.parquet", parquet(vec![("u", large)], Compression::SNAPPY));
    let source = folder.source();
    let all = lines(&source, "SELECT u, u + 1 FROM t ORDER BY u DESC").await;
    // A NUMERIC, whether or not the zeros behind its point are shown.
    let all: Vec<_> = all.iter().map(|line| line.replace(".000000000", "")).collect();
    assert_eq!(all, ["18446744073709551615|18446744073709551616", "1|2", "-|-"]);
    assert_eq!(lines(&source, "SELECT COUNT(*) FROM t WHERE u > 1").await, ["1"]);
}

/// Columns are computed at once where they can be, and row by row where a row is at fault.
#[tokio::test]
async fn a_fault_in_one_row_is_found_among_the_rows_of_a_column() {
    let most = i64::MAX;
    let text = format!("n,a,b,f\n1,{most},0,0.5\n2,,{most},\n3,1,2,0\n4,{most},1,1e308\n");
    let folder = Folder::with(&[("t.csv", text.as_str())]);
    let source = folder.source();
    let sql = "SELECT a + b, a - b, b * 2, 3 - f, b / 2, f / f, f * f, 0.25 < f, f < 0.25, f < b, a + NULL FROM t WHERE n < 3 AND n <> 2";
    assert_eq!(lines(&source, sql).await, [format!("{most}|{most}|0|2.5|0|1|0.25|true|false|false|-")]);
    let sql = "SELECT a + b, a * b, 2 - a, f / b, f / f, f * f, 0.25 < f, f < 0.25, f < b, n / b FROM t WHERE n = 2";
    let nothing = format!("-|-|-|-|-|-|-|-|-|{}", 2.0 / most as f64);
    assert_eq!(lines(&source, sql).await, [nothing]);
    for (sql, fault) in [
        ("SELECT a + b FROM t", format!("overflow: {most} + 1")),
        ("SELECT 1 + a FROM t WHERE n > 1", format!("overflow: 1 + {most}")),
        ("SELECT -2 - a FROM t", format!("overflow: -2 - {most}")),
        ("SELECT a * 2 FROM t", format!("overflow: {most} * 2")),
        ("SELECT f * 10 FROM t", "overflow: 1e308 * 10.0".to_owned()),
        ("SELECT b / f FROM t", "division by zero: 2 / 0".to_owned()),
        ("SELECT a / b FROM t", format!("division by zero: {} / 0", most as f64)),
        ("SELECT 1 / f FROM t", "division by zero: 1 / 0".to_owned()),
    ] {
        let problem = refusal(&source, sql).await;
        assert!(problem.message.contains(&fault), "{sql}: {problem}");
    }
}

#[tokio::test]
async fn a_statement_is_refused_by_its_text_before_its_tables_are_looked_up() {
    let folder = Folder::with(&[]);
    let source = folder.source();
    let accepted = |sql: &str| source.accepts(&read_statement(sql, Vec::new()).unwrap());
    assert_eq!(accepted("SELECT COUNTIF(a > 1) FROM missing"), Ok(()));
    let problem = accepted("SELECT a FROM missing WHERE a ILIKE 'x'").unwrap_err();
    assert_eq!(problem.code, ProblemCode::UnsupportedSql);
    assert!(problem.message.starts_with("`ILIKE` is not supported on files"), "{problem}");
}
