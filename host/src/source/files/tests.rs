//! The source over real files: good ones, broken ones, and statements that want more than they may.

use std::path::Path;

use datafusion::arrow::array::{
    ArrayRef, Date32Array, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray, UInt64Array,
};
use datafusion::parquet::arrow::ArrowWriter;
use datafusion::parquet::basic::{Compression, ZstdLevel};
use datafusion::parquet::file::properties::WriterProperties;

use super::*;
use crate::model::{Batch, Kind, Param, Value, Values};
use crate::source::gate::read_statement;

struct Folder {
    dir: tempfile::TempDir,
}

impl Folder {
    fn new() -> Self {
        Self { dir: tempfile::tempdir().unwrap() }
    }

    fn with(files: &[(&str, &str)]) -> Self {
        let folder = Self::new();
        for (name, text) in files {
            folder.write(name, text);
        }
        folder
    }

    fn path(&self) -> &Path {
        self.dir.path()
    }

    fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        let path = self.path().join(name);
        fs_err::create_dir_all(path.parent().unwrap()).unwrap();
        fs_err::write(path, content).unwrap();
    }

    fn source(&self) -> FilesSource {
        self.source_within(64 << 20, 0)
    }

    fn source_within(&self, memory_bytes: u64, spill_bytes: u64) -> FilesSource {
        let path = self.path().to_owned();
        let options = FilesOptions { path, memory_bytes, spill_bytes, spill_dir: None, target_partitions: 2 };
        FilesSource::open(options).unwrap()
    }
}

fn parquet(columns: Vec<(&str, ArrayRef)>, compression: Compression) -> Vec<u8> {
    let batch = RecordBatch::try_from_iter(columns).unwrap();
    let properties = WriterProperties::builder().set_compression(compression).build();
    let mut file = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut file, batch.schema(), Some(properties)).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    file
}

fn ids(range: std::ops::Range<i64>) -> Vec<u8> {
    let ids: ArrayRef = Arc::new(Int64Array::from_iter_values(range));
    parquet(vec![("id", ids)], Compression::SNAPPY)
}

async fn ask(source: &FilesSource, sql: &str, params: Vec<Param>) -> Result<Vec<Vec<Option<String>>>, Problem> {
    let mut rows = source.query(read_statement(sql, params)?).await?;
    let mut table = Vec::new();
    while let Some(batch) = rows.next(8_192, 4 << 20).await? {
        assert!(batch.rows > 0, "an empty batch is no batch");
        table.extend((0..batch.rows as usize).map(|row| texts(&batch, row)));
    }
    assert_eq!(rows.next(1, 1).await?, None, "the end stays the end");
    Ok(table)
}

fn texts(batch: &Batch, row: usize) -> Vec<Option<String>> {
    let bit = |bits: &[u8]| bits[row / 8] >> (row % 8) & 1 == 1;
    let cells = batch.columns.iter().map(|column| {
        let present = column.validity.is_empty() || bit(&column.validity);
        present.then(|| match &column.values {
            Values::Int64(values) | Values::Micros(values) => values[row].to_string(),
            Values::Float64(values) => values[row].to_string(),
            Values::Days(values) => values[row].to_string(),
            Values::Bits(bits) => bit(bits).to_string(),
            Values::Text(data) | Values::Bytes(data) => {
                let range = data.offsets[row] as usize..data.offsets[row + 1] as usize;
                String::from_utf8_lossy(&data.bytes[range]).into_owned()
            }
        })
    });
    cells.collect()
}

/// One line a row, cells parted by `|`, null as `-`.
async fn lines(source: &FilesSource, sql: &str) -> Vec<String> {
    answer(source, sql, Vec::new()).await
}

async fn answer(source: &FilesSource, sql: &str, params: Vec<Param>) -> Vec<String> {
    let rows = ask(source, sql, params).await.unwrap_or_else(|problem| panic!("{sql}: {problem} {:?}", problem.hint));
    let cell = |cell: &Option<String>| cell.clone().unwrap_or_else(|| "-".to_owned());
    rows.iter().map(|row| row.iter().map(cell).collect::<Vec<_>>().join("|")).collect()
}

async fn refusal(source: &FilesSource, sql: &str) -> Problem {
    match ask(source, sql, Vec::new()).await {
        Err(problem) => problem,
        Ok(rows) => panic!("{sql}: {} rows", rows.len()),
    }
}

fn param(name: &str, value: Value) -> Param {
    Param { name: name.to_owned(), value }
}

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
async fn partitions_of_mixed_form_are_named() {
    for (stray, reason) in [
        ("t/day=2/b.csv", "`t/day=2/b.csv` is of another format"),
        ("t/other=2/a.parquet", "`t/other=2` stands where folders are named `day=...`"),
        ("t/x/a.parquet", "`t/x` is not a folder `key=value`"),
        ("t/z.parquet", "`t/z.parquet` is not in the last level"),
        ("t/day=2/part.parquet.gz", "`t/day=2/part.parquet.gz` is of no known format"),
        ("t/day=1/hour=1/a.parquet", "`t/day=1/hour=1` is deeper"),
        ("t/day=2/day=3/a.parquet", "`t/day=2/day=3` is deeper"),
    ] {
        let folder = Folder::new();
        folder.write("t/day=1/a.parquet", ids(0..1));
        folder.write(stray, ids(0..1));
        let problem = refusal(&folder.source(), "SELECT * FROM t").await;
        assert_eq!(problem.code, ProblemCode::Failed, "{stray}: {problem}");
        assert!(problem.message.contains(reason), "{stray}: {problem}");
    }
    let folder = Folder::with(&[("t/k=1/a.csv", "a,b\n1,2\n"), ("t/k=2/a.csv", "b,a\n1,2\n")]);
    let problem = refusal(&folder.source(), "SELECT * FROM t").await;
    let expected = "the file `t/k=2/a.csv` does not fit the other files of its table: its columns are b, a, not a, b";
    assert_eq!(problem.message, expected);
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

#[tokio::test]
async fn damaged_files_are_named_and_never_empty_tables() {
    let folder = Folder::with(&[
        ("zero.csv", ""),
        ("zero.parquet", ""),
        ("zeroj.ndjson", ""),
        ("ragged.csv", "a,b\n1,2\n3\n"),
        ("wide.csv", "a,b\n1,2\n3,4,5\n"),
        ("headless.csv", "1,2026-01-01\n2,2026-01-02\n"),
        ("twice.csv", "a,a\n1,2\n"),
        ("broken.ndjson", "{\"a\":1}\n{\"a\":\n"),
        ("scalar.ndjson", "1\n2\n"),
        ("garbage.parquet", "this is not a parquet file at all"),
        ("pdf.csv", "%PDF\u{0}\u{1}\n1,2\n"),
        ("onlyheader.csv", "a,b\n"),
    ]);
    folder.write("latin.csv", b"a\nca\xe9\n");
    let mut cut = ids(0..1_000);
    cut.truncate(cut.len() - 20);
    folder.write("cut.parquet", cut);
    fs_err::create_dir(folder.path().join("dir.parquet")).unwrap();
    let source = folder.source();
    for (table, file, reason) in [
        ("zeroj", "zeroj.ndjson", "is empty"),
        ("ragged", "ragged.csv", "is damaged"),
        ("wide", "wide.csv", "is damaged"),
        ("headless", "headless.csv", "has no usable header line: `1` is a value"),
        ("twice", "twice.csv", "has no usable header line: two columns are named `a`"),
        ("broken", "broken.ndjson", "is damaged"),
        ("scalar", "scalar.ndjson", "is damaged"),
        ("garbage", "garbage.parquet", "is damaged"),
        ("pdf", "pdf.csv", "is damaged"),
        ("latin", "latin.csv", "is damaged"),
        ("cut", "cut.parquet", "is damaged"),
        ("dir", "dir.parquet", "is a folder"),
    ] {
        for sql in [format!("SELECT * FROM {table}"), format!("SELECT COUNT(*) FROM {table}")] {
            let problem = refusal(&source, &sql).await;
            assert_eq!(problem.code, ProblemCode::Failed, "{sql}: {problem}");
            assert!(problem.message.starts_with(&format!("the file `{file}` {reason}")), "{sql}: {problem}");
            assert!(problem.hint.is_some(), "{sql}");
        }
    }
    assert_eq!(lines(&source, "SELECT COUNT(*) FROM onlyheader").await, ["0"], "a header without rows is a table");
    folder.write("alone/zero.csv", "");
    let problem = refusal(&source, "SELECT * FROM alone.zero").await;
    assert_eq!(problem.message, "the file `alone/zero.csv` is empty");
}

#[tokio::test]
async fn damage_in_the_middle_is_named_when_it_is_met() {
    let folder = Folder::new();
    let texts: ArrayRef = Arc::new(StringArray::from_iter_values((0..50_000).map(|n| format!("text {n}"))));
    let mut file = parquet(vec![("a", texts)], Compression::SNAPPY);
    let middle = file.len() / 2;
    file[middle - 5_000..middle].fill(0xff);
    folder.write(
        "days/day=1/a.parquet",
        parquet(vec![("a", Arc::new(StringArray::from(vec!["x"])))], Compression::SNAPPY),
    );
    folder.write("days/day=2/b.parquet", file);
    let problem = refusal(&folder.source(), "SELECT a FROM days").await;
    assert_eq!(problem.code, ProblemCode::Failed);
    assert!(problem.message.starts_with("the file `days/day=2/b.parquet` is damaged"), "{problem}");
}

#[tokio::test]
async fn a_failing_expression_is_not_blamed_on_the_file() {
    let folder = Folder::with(&[("t.csv", "a,b\nx,0\n")]);
    folder.write("p.parquet", parquet(vec![("a", Arc::new(StringArray::from(vec!["x"])))], Compression::SNAPPY));
    let source = folder.source();
    for sql in
        ["SELECT CAST(a AS INT64) FROM t", "SELECT CAST(a AS INT64) FROM p", "SELECT CAST(1 / b AS INT64) FROM t"]
    {
        let problem = refusal(&source, sql).await;
        assert_eq!(problem.code, ProblemCode::Failed, "{sql}");
        assert!(problem.message.starts_with("the query could not be finished"), "{sql}: {problem}");
    }
}

#[cfg(unix)]
#[tokio::test]
async fn nothing_outside_of_the_folder_is_read() {
    let outside = tempfile::tempdir().unwrap();
    fs_err::write(outside.path().join("secret.csv"), "a\n1\n").unwrap();
    let folder = Folder::with(&[("real.csv", "a\n1\n")]);
    let link = |from: &Path, to: &str| std::os::unix::fs::symlink(from, folder.path().join(to)).unwrap();
    link(&outside.path().join("secret.csv"), "file.csv");
    link(outside.path(), "ds");
    link(Path::new("real.csv"), "inside.csv");
    let source = folder.source();
    assert_eq!(lines(&source, "SELECT a FROM inside").await, ["1"], "a link within the folder works");
    let problem = refusal(&source, "SELECT * FROM file").await;
    assert!(problem.message.starts_with("the file `file.csv` cannot be read"), "{problem}");
    let problem = refusal(&source, "SELECT * FROM ds.secret").await;
    assert_eq!(problem.code, ProblemCode::UnknownTable, "{problem}");
    let absolute = format!("SELECT * FROM `{}`", outside.path().join("secret.csv").display());
    for sql in [absolute.as_str(), "SELECT * FROM `../secret`", "SELECT * FROM '/etc/passwd'"] {
        assert_eq!(refusal(&source, sql).await.code, ProblemCode::UnsupportedSql, "{sql}");
    }
}

/// What the gate does not count is not there: a mistake of the gate ends in a refusal.
#[tokio::test]
async fn the_engine_knows_no_table_besides_those_of_the_statement() {
    let folder = Folder::with(&[("open.csv", "a\n1\n"), ("secret.csv", "a\n2\n")]);
    let source = folder.source();
    let state = source.state_with(&BTreeSet::from([TableName::new(vec!["open".to_owned()])])).await.unwrap();
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
        ("SELECT AS STRUCT a FROM t", "`SELECT AS`"),
        ("SELECT * FROM UNNEST([1]) AS x WITH OFFSET", "`UNNEST ... WITH OFFSET`"),
        ("SELECT * FROM t PIVOT(SUM(a) FOR a IN (1))", "`PIVOT`"),
        ("SELECT NET.HOST('x') FROM t", "the function `NET.HOST`"),
        ("SELECT COUNTIFF(a) FROM t", "the function `COUNTIFF`"),
        ("SELECT REPEAT('x', 1000000000)", "the function `REPEAT`"),
        ("SELECT generate_series(1, 1000000000)", "the function `generate_series`"),
        ("SELECT arrow_cast(now(), 'Utf8')", "`now`, which gives another value at every call,"),
        ("SELECT input_file_name() FROM t", "the function `input_file_name`"),
        ("SELECT EXTRACT(HOUR FROM CAST(NULL AS TIMESTAMP) AT TIME ZONE 'Asia/Tokyo')", "`AT TIME ZONE`"),
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
        ("SELECT CAST('1.5' AS NUMERIC)", &["1.500000000"]),
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
        (Value::Decimal("9".repeat(76)), &"9".repeat(76)),
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
    assert_eq!(all, ["18446744073709551615|18446744073709551616", "1|2", "-|-"]);
    assert_eq!(lines(&source, "SELECT COUNT(*) FROM t WHERE u > 1").await, ["1"]);
}

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
async fn an_estimate_reads_nothing_and_says_what_would_be_read() {
    let folder = Folder::with(&[("t.csv", "a\n1\n")]);
    folder.write("p/k=1/a.parquet", ids(0..100));
    folder.write("p/k=2/a.parquet", ids(0..7));
    let source = folder.source();
    let estimate = async |sql: &str| source.estimate(read_statement(sql, Vec::new()).unwrap()).await;
    let (large, small) = (ids(0..100).len() as u64, ids(0..7).len() as u64);
    let expected = Estimate { rows: Some(107), bytes: Some(large + small), billed_bytes: None };
    assert_eq!(estimate("SELECT id FROM p").await, Ok(expected));
    let expected = Estimate { rows: Some(7), bytes: Some(small), billed_bytes: None };
    assert_eq!(estimate("SELECT id FROM p WHERE k = 2").await, Ok(expected), "folders are left out");
    let expected = Estimate { rows: None, bytes: Some(4), billed_bytes: None };
    assert_eq!(estimate("SELECT a FROM t").await, Ok(expected), "a CSV file does not say");
    assert_eq!(estimate("SELECT * FROM nope").await.expect_err("nope").code, ProblemCode::UnknownTable);
    assert_eq!(estimate("SELECT nope FROM t").await.expect_err("nope").code, ProblemCode::InvalidSql);
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
    let options = FilesOptions { path, memory_bytes, spill_bytes, spill_dir: None, target_partitions: 1 };
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

#[test]
fn a_folder_that_cannot_be_a_source_says_why() {
    let folder = Folder::with(&[("file.csv", "a\n1\n")]);
    let open = |path: std::path::PathBuf| {
        let options =
            FilesOptions { path, memory_bytes: 1 << 20, spill_bytes: 0, spill_dir: None, target_partitions: 1 };
        FilesSource::open(options).map(|_| ()).expect_err("not a source")
    };
    let missing = open(folder.path().join("nope"));
    assert!(matches!(missing.fault, FilesFault::Missing), "{missing}");
    assert!(missing.to_string().contains("nope` does not exist") && missing.hint().contains("create the folder"));
    let file = open(folder.path().join("file.csv"));
    assert!(matches!(file.fault, FilesFault::NotAFolder), "{file}");
}
