//! Files that cannot be read, and places that must not be.

use super::*;

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
    let expected = "the file `t/k=2/a.csv` does not fit its table: its columns are b, a, not a, b";
    assert_eq!(problem.message, expected);
}

#[tokio::test]
async fn a_file_whose_columns_changed_is_named() {
    let text = || -> ArrayRef { Arc::new(StringArray::from(vec!["x"])) };
    let number = || -> ArrayRef { Arc::new(Int64Array::from(vec![1])) };
    for (columns, reason) in [
        (vec![("id", text()), ("s", text())], "the column `id` is STRING, not INT64"),
        (vec![("s", text())], "it has no column `id`, which other files have"),
        (vec![("id", number()), ("s", text()), ("z", number())], "its column `z` is not in other files"),
        (vec![("ID", number()), ("s", text())], "it has no column `id`, which other files have"),
    ] {
        let folder = Folder::new();
        folder.write("t/day=1/a.parquet", parquet(vec![("id", number()), ("s", text())], Compression::SNAPPY));
        folder.write("t/day=2/b.parquet", parquet(columns, Compression::SNAPPY));
        for sql in ["SELECT * FROM t", "SELECT COUNT(*) FROM t", "SELECT s FROM t WHERE day = 1"] {
            let problem = refusal(&folder.source(), sql).await;
            assert_eq!(problem.code, ProblemCode::Failed);
            assert_eq!(
                problem.message,
                format!("the file `t/day=2/b.parquet` does not fit its table: {reason}"),
                "{sql}"
            );
        }
    }
}

/// One byte of the end of a file is another: the answer is the same, or the file is named, and never is anything
/// missing.
#[tokio::test]
async fn a_damaged_end_is_never_fewer_rows() {
    let folder = Folder::new();
    let whole = ids(0..1_000);
    let (len, first) = (whole.len(), whole.len() - 8 - 300);
    folder.write("t.parquet", &whole);
    let source = folder.source();
    let sql = "SELECT COUNT(*), COUNT(id), SUM(id) FROM t";
    assert_eq!(lines(&source, sql).await, ["1000|1000|499500"]);
    let mut refused = 0;
    for at in first..len {
        let mut damaged = whole.clone();
        damaged[at] ^= 0x15;
        folder.write("t.parquet", damaged);
        match ask(&source, sql, Vec::new()).await {
            Ok(rows) => assert_eq!(rows, [["1000", "1000", "499500"].map(|cell| Some(cell.to_owned()))], "byte {at}"),
            // The name of the column is among the bytes.
            Err(problem) if problem.code == ProblemCode::InvalidSql => refused += 1,
            Err(problem) => {
                assert_eq!(problem.code, ProblemCode::Failed, "byte {at}: {problem}");
                refused += 1;
            }
        }
    }
    assert!(refused > 100, "{refused}");
}

#[tokio::test]
async fn a_file_that_is_exchanged_meanwhile_is_named() {
    let folder = Folder::new();
    let properties = WriterProperties::builder().set_max_row_group_row_count(Some(1_000)).build();
    let ids: ArrayRef = Arc::new(Int64Array::from_iter_values(0..500_000));
    let batch = RecordBatch::try_from_iter([("id", ids)]).unwrap();
    let mut file = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut file, batch.schema(), Some(properties)).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    let csv: String = (0..500_000).map(|id| format!("{id}\n")).collect();
    folder.write("t.parquet", &file);
    folder.write("c.csv", format!("id\n{csv}"));
    let source = folder.source();
    for (table, name, other) in
        [("t", "t.parquet", [file.as_slice(), b"x"].concat()), ("c", "c.csv", b"id\n1\n".to_vec())]
    {
        let mut rows =
            source.query(read_statement(&format!("SELECT id FROM {table}"), Vec::new()).unwrap()).await.unwrap();
        assert!(rows.next(10, 1 << 20).await.unwrap().is_some());
        folder.write(name, other);
        let problem = loop {
            match rows.next(8_192, 1 << 20).await {
                Ok(Some(_)) => {}
                Ok(None) => panic!("{name}: half of one file and half of another"),
                Err(problem) => break problem,
            }
        };
        assert_eq!(problem.message, format!("the file `{name}` changed while it was being read"));
        assert!(problem.retryable, "{name}");
    }
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
        assert!(!problem.message.contains("the file"), "{sql}: {problem}");
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
    for sql in [
        absolute.as_str(),
        "SELECT * FROM `../secret`",
        "SELECT * FROM `ds/../../secret`",
        "SELECT * FROM '/etc/passwd'",
        "SELECT * FROM `*`",
        "SELECT * FROM `re*`",
        "SELECT * FROM `real.csv?`",
        "SELECT * FROM `{real,secret}`",
        "SELECT * FROM `file:///etc/passwd`",
    ] {
        assert_eq!(refusal(&source, sql).await.code, ProblemCode::UnsupportedSql, "{sql}");
    }
    // In folders of partitions, and beside tables.
    folder.write("days/day=1/a.csv", "a\n1\n");
    link(&outside.path().join("secret.csv"), "days/day=1/b.csv");
    let problem = refusal(&source, "SELECT * FROM days").await;
    assert!(problem.message.starts_with("the file `days/day=1/b.csv` cannot be read"), "{problem}");
    fs_err::remove_file(folder.path().join("days/day=1/b.csv")).unwrap();
    fs_err::create_dir(outside.path().join("day=2")).unwrap();
    fs_err::write(outside.path().join("day=2/c.csv"), "a\n2\n").unwrap();
    link(&outside.path().join("day=2"), "days/day=2");
    let problem = refusal(&source, "SELECT * FROM days").await;
    assert_eq!(problem.code, ProblemCode::Failed);
    assert!(problem.message.contains("`days/day=2` is of no known format"), "{problem}");
    fs_err::remove_file(folder.path().join("days/day=2")).unwrap();
    folder.write("days/day=..%2F..%2Fetc/c.csv", "a\n3\n");
    assert_eq!(lines(&source, "SELECT day FROM days ORDER BY a").await, ["1", "../../etc"], "a value and no path");
    fs_err::write(outside.path().join("secret.yaml"), "[{name: a, type: STRING}]").unwrap();
    link(&outside.path().join("secret.yaml"), "real.schema.yaml");
    let problem = refusal(&source, "SELECT * FROM real").await;
    assert!(problem.message.starts_with("the file `real.schema.yaml` cannot be read"), "{problem}");
}

#[test]
fn a_folder_that_cannot_be_a_source_says_why() {
    let folder = Folder::with(&[("file.csv", "a\n1\n")]);
    let open = |path: std::path::PathBuf| {
        let options = FilesOptions { path, project: None, memory_bytes: 1 << 20, spill_bytes: 0, target_partitions: 1 };
        FilesSource::open(options).map(|_| ()).expect_err("not a source")
    };
    let missing = open(folder.path().join("nope"));
    assert!(matches!(missing.fault, FilesFault::Missing), "{missing}");
    assert!(missing.to_string().contains("nope` does not exist") && missing.hint().contains("create the folder"));
    let file = open(folder.path().join("file.csv"));
    assert!(matches!(file.fault, FilesFault::NotAFolder), "{file}");
}
