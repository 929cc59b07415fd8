//! From files to tables.

use bytes::Bytes;
use datafusion::parquet::file::metadata::ParquetMetaDataReader;

use super::*;

#[tokio::test]
async fn all_formats_are_tables_by_their_names() {
    let folder = Folder::with(&[
        ("games.csv", "id,day,home,score\n1,2026-01-01,Ajax,1.5\n2,2026-01-02,,2\n"),
        ("players.ndjson", "{\"name\":\"Bo\",\"age\":31}\n{\"age\":null,\"name\":\"Al\"}\n"),
        ("teams.jsonl", "{\"id\":1}\n"),
        ("league/table.csv", "a\n1\n"),
        ("league/cup/round.csv", "a\n2\n"),
        ("notes.txt", "not a table"),
    ]);
    folder.write("raw.parquet", ids(0..3));
    let zstd: ArrayRef = Arc::new(StringArray::from(vec!["x"; 3]));
    folder.write("packed.parquet", parquet(vec![("a", zstd)], Compression::ZSTD(ZstdLevel::default())));
    let source = folder.source();
    let games = lines(&source, "SELECT * FROM games ORDER BY id").await;
    assert_eq!(games, ["1|20454|Ajax|1.5", "2|20455|-|2"], "dates are days, an empty cell is null");
    assert_eq!(lines(&source, "SELECT * FROM players ORDER BY name").await, ["-|Al", "31|Bo"], "columns by name");
    assert_eq!(lines(&source, "SELECT id FROM teams").await, ["1"]);
    assert_eq!(lines(&source, "SELECT a FROM league.table").await, ["1"]);
    assert_eq!(lines(&source, "SELECT round.a FROM `league.cup.round`").await, ["2"]);
    assert_eq!(lines(&source, "SELECT COUNT(*), SUM(id) FROM raw").await, ["3|3"]);
    assert_eq!(lines(&source, "SELECT a FROM packed LIMIT 1").await, ["x"]);

    folder.write("late.csv", "a\n3\n");
    assert_eq!(lines(&source, "SELECT a FROM late").await, ["3"], "looked up anew");

    let statement = read_statement("SELECT id, day, home AS h, score FROM games", Vec::new()).unwrap();
    let rows = source.query(statement).await.unwrap();
    let kinds: Vec<_> = rows.columns().iter().map(|column| (column.name.as_str(), column.kind)).collect();
    assert_eq!(kinds, [("id", Kind::Int64), ("day", Kind::Date), ("h", Kind::Text), ("score", Kind::Float64)]);
    assert_eq!(rows.cost(), Default::default());
}

#[tokio::test]
async fn a_folder_of_partitions_is_one_table() {
    let folder = Folder::new();
    for (day, region, range) in [("2026-01-01", "eu", 0..2), ("2026-01-02", "eu", 2..5), ("2026-01-02", "a%2Fb", 5..6)]
    {
        folder.write(&format!("stats/day={day}/region={region}/part-0.parquet"), ids(range));
        folder.write(&format!("stats/day={day}/region={region}/_SUCCESS"), "");
    }
    folder.write("ds/byyear/year=2025/a.csv", "id,x\n1,a\n");
    folder.write("ds/byyear/year=__HIVE_DEFAULT_PARTITION__/a.csv", "id,x\n2.5,\n");
    let source = folder.source();
    let days = lines(&source, "SELECT day, COUNT(*) FROM stats GROUP BY day ORDER BY day").await;
    assert_eq!(days, ["20454|2", "20455|4"]);
    let one = "SELECT region, id FROM stats WHERE day = DATE '2026-01-02' AND region != 'eu'";
    assert_eq!(lines(&source, one).await, ["a/b|5"]);
    assert_eq!(lines(&source, "SELECT COUNT(*) FROM stats WHERE day > DATE '2027-01-01'").await, ["0"]);
    let years = lines(&source, "SELECT year, id, x FROM ds.byyear ORDER BY id").await;
    assert_eq!(years, ["2025|1|a", "-|2.5|-"], "integers and doubles of two files are doubles");
    assert_eq!(lines(&source, "SELECT id FROM ds.byyear WHERE year = 2025").await, ["1"]);
    assert_eq!(lines(&source, "SELECT id FROM ds.byyear WHERE year IS NULL").await, ["2.5"]);
    let problem = refusal(&source, "SELECT * FROM stats.region").await;
    assert_eq!(problem.code, ProblemCode::UnknownTable, "a partitioned table is no dataset: {problem}");
}

#[tokio::test]
async fn a_table_that_is_not_there_is_told_from_one_that_is() {
    let folder = Folder::with(&[("games.csv", "a\n1\n"), ("ds/players.csv", "a\n1\n"), ("both.csv", "a\n1\n")]);
    folder.write("both.parquet", ids(0..1));
    let source = folder.source();
    let problem = refusal(&source, "SELECT * FROM game").await;
    assert_eq!((problem.code, problem.message.as_str()), (ProblemCode::UnknownTable, "there is no table `game`"));
    assert_eq!(problem.hint.as_deref(), Some("names that look like it: `games`"));
    for (sql, code) in [
        ("SELECT * FROM players", ProblemCode::UnknownTable),
        ("SELECT * FROM Games", ProblemCode::UnknownTable),
        ("SELECT * FROM nothing.games", ProblemCode::UnknownTable),
        ("SELECT * FROM ds", ProblemCode::UnknownTable),
        ("SELECT * FROM information_schema.tables", ProblemCode::UnknownTable),
        ("SELECT * FROM both", ProblemCode::Failed),
        ("SELECT nope FROM games", ProblemCode::InvalidSql),
        ("SELECT a + 'x' FROM games WHERE a > DATE '2026-01-01'", ProblemCode::InvalidSql),
    ] {
        let problem = refusal(&source, sql).await;
        assert_eq!(problem.code, code, "{sql}: {problem}");
        assert!(problem.hint.is_some(), "{sql}");
    }
    let problem = refusal(&source, "SELECT * FROM both").await;
    assert_eq!(problem.message, "the table `both` is claimed by both `both.csv` and `both.parquet`");
}

/// Bytes of columns of a Parquet file, as its end says.
fn stored(file: &[u8], columns: &[&str]) -> u64 {
    let metadata = ParquetMetaDataReader::new().parse_and_finish(&Bytes::copy_from_slice(file)).unwrap();
    let chunks = metadata.row_groups().iter().flat_map(|group| group.columns().to_vec());
    let wanted = chunks.filter(|chunk| columns.contains(&chunk.column_path().parts()[0].as_str()));
    wanted.map(|chunk| u64::try_from(chunk.compressed_size()).unwrap()).sum()
}

#[tokio::test]
async fn an_estimate_reads_nothing_and_says_what_would_be_read() {
    let folder = Folder::with(&[("t.csv", "a\n1\n")]);
    let texts = |range: std::ops::Range<i64>| -> Vec<u8> {
        let texts: ArrayRef = Arc::new(StringArray::from_iter_values(range.clone().map(|n| format!("text {n}"))));
        let ids: ArrayRef = Arc::new(Int64Array::from_iter_values(range));
        parquet(vec![("id", ids), ("text", texts)], Compression::SNAPPY)
    };
    let (large, small) = (texts(0..100), texts(0..7));
    folder.write("p/k=1/a.parquet", &large);
    folder.write("p/k=2/a.parquet", &small);
    let source = folder.source();
    let estimate = async |sql: &str| source.estimate(read_statement(sql, Vec::new()).unwrap()).await;
    let both = |columns: &[&str]| stored(&large, columns) + stored(&small, columns);
    for (sql, rows, bytes) in [
        ("SELECT id FROM p", 107, both(&["id"])),
        ("SELECT * FROM p", 107, both(&["id", "text"])),
        ("SELECT SUM(id) FROM p WHERE text != 'x'", 107, both(&["id", "text"])),
        ("SELECT id FROM p WHERE k = 2", 7, stored(&small, &["id"])),
        ("SELECT k FROM p WHERE k = 2", 7, 0),
        ("SELECT id FROM p WHERE k = 3", 0, 0),
        (
            "SELECT a.id FROM p AS a JOIN p AS b ON a.id = b.id AND a.k = 1",
            207,
            both(&["id"]) + stored(&large, &["id"]),
        ),
    ] {
        let expected = Estimate { rows: Some(rows), bytes: Some(bytes), billed_bytes: None };
        assert_eq!(estimate(sql).await, Ok(expected), "{sql}");
    }
    let expected = Estimate { rows: None, bytes: Some(4), billed_bytes: None };
    assert_eq!(estimate("SELECT a FROM t").await, Ok(expected), "a CSV file does not say");
    assert_eq!(estimate("SELECT * FROM nope").await.expect_err("nope").code, ProblemCode::UnknownTable);
    assert_eq!(estimate("SELECT nope FROM t").await.expect_err("nope").code, ProblemCode::InvalidSql);
}

#[tokio::test]
async fn what_is_added_is_there_at_the_next_query() {
    let folder = Folder::with(&[("a.csv", "n\n1\n")]);
    folder.write("days/day=2026-01-01/a.parquet", ids(0..2));
    let source = folder.source();
    assert_eq!(lines(&source, "SELECT COUNT(*) FROM days").await, ["2"]);
    folder.write("days/day=2026-01-02/a.parquet", ids(2..5));
    folder.write("days/day=2026-01-01/b.parquet", ids(5..6));
    assert_eq!(lines(&source, "SELECT COUNT(*), MAX(id) FROM days").await, ["6|5"]);
    assert_eq!(lines(&source, "SELECT COUNT(*) FROM days WHERE day = DATE '2026-01-01'").await, ["3"]);
    folder.write("b.csv", "n\n2\n");
    folder.write("a.csv", "n\n3\n4\n");
    assert_eq!(lines(&source, "SELECT a.n, b.n AS m FROM a, b ORDER BY a.n").await, ["3|2", "4|2"]);
    folder.write("a.schema.yaml", "[{name: n, type: STRING}]");
    assert_eq!(lines(&source, "SELECT n || 'x' FROM a ORDER BY n").await, ["3x", "4x"]);
    assert_eq!(source.tables().await.unwrap().len(), 3, "a schema is no table");
    fs_err::remove_file(folder.path().join("b.csv")).unwrap();
    assert_eq!(refusal(&source, "SELECT * FROM b").await.code, ProblemCode::UnknownTable);
}

#[tokio::test]
async fn all_tables_are_listed_with_what_is_wrong() {
    let folder = Folder::with(&[
        ("good.csv", "a\n1\n"),
        ("ragged.csv", "a,b\n1\n"),
        ("ds/inner.csv", "a\n1\n"),
        ("ds/empty.csv", ""),
        ("x.csv", "a\n1\n"),
        ("x.ndjson", "{}\n"),
        ("a/b/c/too_deep.csv", "a\n1\n"),
        ("readme.md", "hello"),
        (".hidden.csv", "a\n1\n"),
    ]);
    folder.write("parts/k=1/a.parquet", ids(0..1));
    folder.write("parts/k=2/a.parquet", ids(0..1));
    let listed = folder.source().tables().await.unwrap();
    let listed: Vec<(String, String, Option<String>)> = listed
        .into_iter()
        .map(|listing| (listing.name.to_string(), listing.made_of, listing.problem.map(|problem| problem.message)))
        .collect();
    let names: Vec<&str> = listed.iter().map(|(name, ..)| name.as_str()).collect();
    assert_eq!(names, ["ds.empty", "ds.inner", "good", "parts", "ragged", "x"]);
    assert_eq!(listed[0].1, "the file `ds/empty.csv`");
    assert_eq!(listed[0].2.as_deref(), Some("the file `ds/empty.csv` is empty"));
    assert_eq!((listed[1].1.as_str(), &listed[1].2), ("the CSV file `ds/inner.csv`", &None));
    assert_eq!((listed[3].1.as_str(), &listed[3].2), ("2 Parquet files partitioned by k", &None));
    assert!(listed[4].2.as_deref().is_some_and(|problem| problem.starts_with("the file `ragged.csv` is damaged")));
    assert_eq!(listed[5].2.as_deref(), Some("the table `x` is claimed by both `x.csv` and `x.ndjson`"));
}
