//! Tables with a schema beside them.

use datafusion::arrow::array::{Int32Array, ListArray, StructArray};
use datafusion::arrow::datatypes::{Field, Int32Type};

use super::*;

#[tokio::test]
async fn text_is_what_it_is_declared_to_be() {
    let folder = Folder::with(&[
        ("t.csv", "zip,n,at,ok,raw,p\n007,1,2026-01-31 10:00:00+02:00,t,YWI=,1.10\n,,,,,\n"),
        (
            "t.schema.json",
            r#"[{"name":"zip","type":"STRING","mode":"NULLABLE"},{"name":"n","type":"INTEGER","description":"n"},
                {"name":"at","type":"TIMESTAMP"},{"name":"ok","type":"BOOLEAN"},{"name":"raw","type":"BYTES"},
                {"name":"p","type":"NUMERIC","precision":"10","scale":"2"}]"#,
        ),
        (
            "j.ndjson",
            "{\"id\":\"12\",\"tags\":[\"a\",\"b\"],\"who\":{\"born\":\"2000-01-31\"},\"raw\":{\"x\": [1]}}\n{\"id\":7}\n",
        ),
        (
            "j.schema.yaml",
            "columns:\n  - {name: id, type: int64, required: true}\n  - {name: tags, type: STRING, mode: REPEATED}\n  \
             - name: who\n    type: STRUCT\n    fields: [{name: born, type: DATE}]\n  - {name: raw, type: JSON}\n",
        ),
        ("days/zip=007/a.csv", "n\n1\n"),
        ("days/zip=8/b.csv", "n\nx\n"),
        ("days.schema.yml", "[{name: n, type: STRING}, {name: zip, type: STRING}]"),
    ]);
    let source = folder.source();
    let all = lines(&source, "SELECT zip, n + 1, at, ok, raw, p * 2 > 2 FROM t ORDER BY n DESC").await;
    assert_eq!(all, ["007|2|1769846400000000|true|ab|true", "-|-|-|-|-|-"]);
    let all = lines(&source, "SELECT id + 1, who.born, raw, ARRAY_LENGTH(tags) FROM j ORDER BY id DESC").await;
    assert_eq!(all, ["13|10987|{\"x\": [1]}|2", "8|-|-|0"], "an array that is not there is empty");
    assert_eq!(lines(&source, "SELECT n, zip FROM days ORDER BY n").await, ["1|007", "x|8"]);
    assert_eq!(lines(&source, "SELECT n FROM days WHERE zip = '007'").await, ["1"]);
}

#[tokio::test]
async fn what_does_not_fit_is_named_with_its_row() {
    const N: &str = "[{name: n, type: INT64}, {name: s, type: STRING, mode: REQUIRED}]";
    for (file, text, schema, reason) in [
        ("t.csv", "n,s\n1,a\nx,b\n", N, "row 2 below the header line: the column `n` is INT64, and `x` is none"),
        ("t.csv", "n,s\n1,a\n2,\n", N, "row 2 below the header line: `s` is null, and the declared schema says"),
        ("t.csv", "s,n\na,1\n", N, "its columns are s, n, not n, s"),
        ("t.csv", "n\n1\n", N, "its columns are n, not n, s"),
        ("t.csv", "N,s\n1,a\n", N, "its columns are N, s, not n, s"),
        ("t.csv", "1,2\n3,4\n", N, "its columns are 1, 2, not n, s"),
        (
            "t.ndjson",
            "{\"n\":1,\"s\":\"a\"}\n\n{\"n\":1.5,\"s\":\"a\"}\n",
            N,
            "line 3: the column `n` is INT64, and `1.5` is none",
        ),
        ("t.ndjson", "{\"n\":1}\n", N, "line 1: `s` is null, and the declared schema says"),
        ("t.ndjson", "{\"n\":1,\"s\":\"a\",\"z\":1}\n", N, "line 1: "),
        ("t.ndjson", "{\"n\":[1],\"s\":\"a\"}\n", N, "line 1: "),
        ("t.ndjson", "{\"l\":[1,null]}\n", "[{name: l, type: INT64, mode: REPEATED}]", "line 1: `l[1]` is null"),
        (
            "t.ndjson",
            "{\"l\":[]}\n{\"l\":[1,\"x\"]}\n",
            "[{name: l, type: INT64, mode: REPEATED}]",
            "line 2: the column `item`",
        ),
        (
            "t.ndjson",
            "{\"o\":{}}\n",
            "[{name: o, type: STRUCT, fields: [{name: a, type: INT64, mode: REQUIRED}]}]",
            "line 1: `o.a` is null",
        ),
    ] {
        let folder = Folder::with(&[(file, text), ("t.schema.yaml", schema)]);
        let problem = refusal(&folder.source(), "SELECT * FROM t").await;
        assert_eq!(problem.code, ProblemCode::Failed, "{text}: {problem}");
        let expected = format!("the file `{file}` does not fit its table: {reason}");
        assert!(problem.message.starts_with(&expected), "{text}: {problem}");
        assert!(problem.hint.is_some_and(|hint| hint.contains("TABLE.schema.yaml")), "{text}");
    }
    // Nobody is told that a column cannot be null: whoever asks gets to know.
    let folder = Folder::with(&[("t.csv", "n,s\n1,\n2,b\n"), ("t.schema.yaml", N)]);
    let source = folder.source();
    for sql in ["SELECT COUNT(s) FROM t", "SELECT COUNT(*) FROM t WHERE s IS NULL", "SELECT n FROM t WHERE s = 'b'"] {
        let problem = refusal(&source, sql).await;
        assert!(problem.message.contains("row 1 below the header line: `s` is null"), "{sql}: {problem}");
    }
}

#[tokio::test]
async fn a_schema_that_is_none_is_named_with_its_line() {
    for (name, text, reason) in [
        ("t.schema.yaml", "- name: n\n  type: INT46\n", "is not a usable schema (line 2): there is no type `INT46`"),
        ("t.schema.json", "[{\"name\": \"n\",\n\"kind\": \"INT64\"}]", "is not a usable schema (line 2): "),
        ("t.schema.yml", "", "is empty"),
        (
            "t.schema.yaml",
            "- name: n\n  type: RECORD\n  fields: [{name: a, type: INT64}]\n",
            "is not a usable schema: the column `n` is STRUCT<a INT64>",
        ),
    ] {
        let folder = Folder::with(&[("t.csv", "n\n1\n"), (name, text)]);
        let source = folder.source();
        let problem = refusal(&source, "SELECT * FROM t").await;
        assert_eq!(problem.code, ProblemCode::Failed, "{name}: {problem}");
        assert!(problem.message.starts_with(&format!("the file `{name}` {reason}")), "{text}: {problem}");
        assert!(problem.hint.is_some(), "{text}");
        let listed = source.tables().await.unwrap();
        assert_eq!(listed.len(), 1, "{name}");
        assert_eq!(listed[0].problem.as_ref(), Some(&problem), "{name}");
    }
    let folder = Folder::with(&[("t.csv", "n\n1\n"), ("t.schema.yaml", "[]"), ("t.schema.json", "[]")]);
    let problem = refusal(&folder.source(), "SELECT * FROM t").await;
    assert_eq!(problem.message, "the table `t` is claimed by both `t.schema.json` and `t.schema.yaml`");
    let folder = Folder::with(&[("lonely.schema.yaml", "[{name: n, type: INT64}]")]);
    assert_eq!(folder.source().tables().await.unwrap(), [], "a schema alone is no table");
}

#[tokio::test]
async fn parquet_files_are_compared_with_what_is_declared() {
    let numbers = |values: Vec<Option<i32>>| -> ArrayRef { Arc::new(Int32Array::from(values)) };
    let file = |columns| parquet(columns, Compression::SNAPPY);
    let folder = Folder::new();
    folder.write("t/k=1/a.parquet", file(vec![("n", numbers(vec![Some(1), Some(2)]))]));
    let source = folder.source();
    let declare = |text: &str| folder.write("t.schema.yaml", text);
    declare("[{name: n, type: NUMERIC}]");
    assert_eq!(lines(&source, "SELECT CAST(SUM(n) AS INT64) FROM t").await, ["3"], "integers are numbers");
    for (schema, reason) in [
        ("[{name: n, type: STRING}]", "the column `n` is INT64, and `t.schema.yaml` declares STRING"),
        ("[{name: N, type: INT64}]", "it has no column `N`, which `t.schema.yaml` declares"),
        ("[{name: n, type: INT64}, {name: m, type: INT64}]", "it has no column `m`, which `t.schema.yaml` declares"),
    ] {
        declare(schema);
        let problem = refusal(&source, "SELECT COUNT(*) FROM t").await;
        assert_eq!(problem.message, format!("the file `t/k=1/a.parquet` does not fit its table: {reason}"));
    }
    declare("[{name: n, type: INT64, mode: REQUIRED}]");
    folder.write("t/k=2/b.parquet", file(vec![("n", numbers(vec![Some(3), None]))]));
    assert_eq!(lines(&source, "SELECT SUM(n) FROM t WHERE k = 1").await, ["3"]);
    let broken =
        "the file `t/k=2/b.parquet` does not fit its table: `n` is null, and the declared schema says that it is not";
    for sql in ["SELECT n AS x, k FROM t", "SELECT COUNT(n) FROM t", "SELECT k FROM t WHERE n IS NULL"] {
        assert_eq!(refusal(&source, sql).await.message, broken, "{sql}");
    }
    folder.write("t/k=3/c.parquet", file(vec![("n", numbers(vec![])), ("m", numbers(vec![]))]));
    let problem = refusal(&source, "SELECT * FROM t").await;
    assert!(problem.message.ends_with("`t.schema.yaml` does not declare its column `m`"), "{problem}");
}

#[tokio::test]
async fn nested_columns_of_parquet_files_keep_their_promises() {
    let lists = ListArray::from_iter_primitive::<Int32Type, _, _>([Some(vec![Some(1), Some(2)]), Some(vec![])]);
    let field = Arc::new(Field::new("a", datafusion::arrow::datatypes::DataType::Int32, true));
    let structs = |values: Vec<Option<i32>>| -> ArrayRef {
        Arc::new(StructArray::from(vec![(Arc::clone(&field), Arc::new(Int32Array::from(values)) as ArrayRef)]))
    };
    let folder = Folder::with(&[(
        "t.schema.yaml",
        "- {name: l, type: INT64, mode: REPEATED}\n- name: s\n  type: STRUCT\n  fields: [{name: a, type: INT64, mode: REQUIRED}]\n",
    )]);
    let write = |values| {
        let columns: Vec<(&str, ArrayRef)> = vec![("l", Arc::new(lists.clone())), ("s", structs(values))];
        folder.write("t.parquet", parquet(columns, Compression::SNAPPY));
    };
    let source = folder.source();
    write(vec![Some(1), Some(2)]);
    assert_eq!(lines(&source, "SELECT l, s FROM t").await, ["[1,2]|{\"a\":1}", "[]|{\"a\":2}"]);
    write(vec![Some(1), None]);
    let problem = refusal(&source, "SELECT s.a FROM t").await;
    assert!(problem.message.starts_with("the file `t.parquet` does not fit its table: `s.a` is null"), "{problem}");
}
