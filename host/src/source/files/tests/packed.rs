//! Files packed with gzip and zstd.

use std::io::Write;
use std::time::Duration;

use super::*;

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

fn zstd(text: &[u8]) -> Vec<u8> {
    zstd::encode_all(text, 1).unwrap()
}

#[tokio::test]
async fn packed_files_are_tables_by_the_names_of_what_is_in_them() {
    let folder = Folder::with(&[("mixed/k=1/a.csv", "n,s\n1,a\n")]);
    folder.write("g.csv.gz", gzip(b"n,s\n1,a\n2,\n"));
    folder.write("z.csv.zst", zstd(b"n,s\n3,c\n"));
    folder.write("j.ndjson.gz", [gzip(b"{\"n\":1}\n"), gzip(b"{\"n\":2}\n")].concat());
    folder.write("l.jsonl.zstd", [zstd(b"{\"n\":1}\n"), zstd(b"{\"n\":5}")].concat());
    folder.write("mixed/k=2/b.csv.gz", gzip(b"n,s\n2.5,b\n"));
    folder.write("mixed/k=3/c.csv.zst", zstd(b"n,s\n3,c\n"));
    folder.write("d.csv.gz", gzip(b"zip\n007\n"));
    folder.write("d.schema.yaml", "[{name: zip, type: STRING}]");
    let source = folder.source();
    assert_eq!(lines(&source, "SELECT n, s FROM g ORDER BY n").await, ["1|a", "2|-"]);
    assert_eq!(lines(&source, "SELECT n, s FROM z").await, ["3|c"]);
    assert_eq!(lines(&source, "SELECT SUM(n) FROM j").await, ["3"]);
    assert_eq!(lines(&source, "SELECT SUM(n), COUNT(*) FROM l").await, ["6|2"]);
    assert_eq!(lines(&source, "SELECT k, n, s FROM mixed ORDER BY k").await, ["1|1|a", "2|2.5|b", "3|3|c"]);
    assert_eq!(lines(&source, "SELECT zip FROM d").await, ["007"]);
    let listed = source.tables().await.unwrap();
    assert!(listed.iter().all(|listing| listing.problem.is_none()), "{listed:?}");
    assert_eq!(listed[1].made_of, "the CSV file `g.csv.gz`");
    folder.write("g.csv", "n\n1\n");
    let problem = refusal(&source, "SELECT * FROM g").await;
    assert_eq!(problem.message, "the table `g` is claimed by both `g.csv` and `g.csv.gz`");
}

#[tokio::test]
async fn a_packed_file_that_is_broken_off_or_damaged_is_named() {
    let text: String = (0..200_000).map(|n| format!("{}\n", n * 7_919 % 100_003)).collect();
    let text = format!("n\n{text}");
    let (gz, zst) = (gzip(text.as_bytes()), zstd(text.as_bytes()));
    let cut = |bytes: &[u8], by: usize| bytes[..bytes.len() - by].to_vec();
    let mut flipped = gz.clone();
    flipped[gz.len() / 2] ^= 0x55;
    for (name, bytes, reason) in [
        ("t.csv.gz", cut(&gz, 4), "is damaged"),
        ("t.csv.gz", cut(&gz, gz.len() / 2), "is damaged"),
        ("t.csv.gz", flipped, "is damaged"),
        ("t.csv.gz", text.clone().into_bytes(), "is damaged"),
        ("t.csv.gz", [gz.clone(), b"rest".to_vec()].concat(), "is damaged"),
        ("t.csv.gz", gzip(b""), "is empty"),
        ("t.csv.zst", cut(&zst, 4), "is damaged"),
        ("t.csv.zst", cut(&zst, zst.len() / 2), "is damaged"),
        ("t.csv.zst", gz, "is damaged"),
        ("t.csv.zst", zstd(b""), "is empty"),
        ("t.ndjson.gz", gzip(b""), "is empty"),
        ("t.ndjson.gz", gzip(b"{\"n\":1}\n{\"n\""), "is damaged"),
    ] {
        for declared in [false, true] {
            let folder = Folder::new();
            folder.write(name, &bytes);
            if declared {
                folder.write("t.schema.yaml", "[{name: n, type: INT64}]");
            }
            for sql in ["SELECT MAX(n) FROM t", "SELECT COUNT(*) FROM t"] {
                let problem = refusal(&folder.source(), sql).await;
                assert_eq!(problem.code, ProblemCode::Failed, "{name}: {problem}");
                assert!(problem.message.starts_with(&format!("the file `{name}` {reason}")), "{name}: {problem}");
            }
        }
    }
}

#[tokio::test]
async fn what_unpacks_without_end_is_bounded() {
    // Sixty-four megabytes of one line, and a gigabyte of none, from a few kilobytes.
    let endless = vec![b'x'; 64 << 20];
    let blank = zstd(&vec![b'\n'; 64 << 20]).repeat(16);
    for (name, bytes) in [("t.csv.zst", zstd(&endless)), ("t.ndjson.zst", zstd(&endless)), ("t.csv.gz", gzip(&endless))]
    {
        let folder = Folder::with(&[("t.schema.yaml", "[{name: n, type: INT64}]")]);
        folder.write(name, &bytes);
        let problem = refusal(&folder.source(), "SELECT * FROM t").await;
        assert!(problem.message.contains("is longer than 16777216 bytes"), "{name}: {problem}");
    }
    for (name, first) in [("t.csv.zst", &b"n\n1\n"[..]), ("t.ndjson.zst", b"{\"n\":1}\n")] {
        let folder = Folder::with(&[("t.schema.yaml", "[{name: n, type: INT64}]")]);
        folder.write(name, [zstd(first), blank.clone()].concat());
        let source = folder.source();
        let mut rows = source.query(read_statement("SELECT n FROM t", Vec::new()).unwrap()).await.unwrap();
        let answer = tokio::time::timeout(Duration::from_millis(20), rows.next(1, 1)).await;
        assert!(answer.is_err(), "it reads blank lines: {answer:?}");
        drop(rows);
        let gone = async {
            while Arc::strong_count(&source.dir) > 1 {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(2), gone).await.expect("nobody reads any more");
    }
}
