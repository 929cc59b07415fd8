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
