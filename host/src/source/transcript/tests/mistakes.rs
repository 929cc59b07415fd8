//! Files that are no transcripts, and transcripts that cannot be written.

use super::*;
use crate::source::gate::read_statement;
use crate::source::transcript::{BOUNDS, Bounds, Fault, ReadError, TranscriptError, WriteError};

const SQL: &str = "SELECT n FROM games";

/// The lines of a transcript with one query of two batches and an estimate: header, query, columns, batch, batch, end,
/// query, estimate, conclusion.
async fn lines() -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.transcript.jsonl");
    let source = Scripted::of([(SQL, counting([&[1, 2], &[3]]))]);
    recorded(&path, &source, 1, async |capability: &mut QueryCapability| {
        let mut cursor = capability.open("a".to_owned(), SQL.to_owned(), Vec::new()).await.unwrap();
        rest(capability, &mut cursor, 9).await;
        capability.estimate("a".to_owned(), SQL.to_owned(), Vec::new()).await.unwrap();
    })
    .await;
    let written = fs_err::read_to_string(&path).unwrap();
    assert!(written.ends_with('\n'));
    written.lines().map(str::to_owned).collect()
}

fn mistake(text: &str) -> ReadError {
    match Transcript::parse(text.as_bytes()) {
        Err(TranscriptError::Mistake(mistake)) => mistake,
        other => panic!("{other:?}"),
    }
}

fn joined(lines: &[String]) -> String {
    lines.iter().map(|line| format!("{line}\n")).collect()
}

#[tokio::test]
async fn the_file_is_as_described() {
    let lines = lines().await;
    let names: Vec<_> = lines.iter().map(|line| line.split('"').nth(1).unwrap()).collect();
    assert_eq!(names, ["header", "query", "columns", "batch", "batch", "end", "query", "estimate", "conclusion"]);
    assert_eq!(
        lines[1],
        "{\"query\":{\"query\":1,\"source\":\"a\",\"kind\":\"open\",\"sql\":\"SELECT n FROM games\",\"params\":[]}}"
    );
    assert_eq!(lines[3], "{\"batch\":{\"query\":1,\"rows\":2,\"columns\":[{\"values\":{\"int64\":[1,2]}}]}}");
    assert!(Transcript::parse(joined(&lines).as_bytes()).is_ok());
}

#[tokio::test]
async fn what_is_cut_off_anywhere_is_said_to_be() {
    let whole = joined(&lines().await);
    for end in (0..whole.len()).filter(|end| whole.is_char_boundary(*end)) {
        let part = whole.get(..end).unwrap();
        let line = part.matches('\n').count() as u64 + 1;
        let mistake = mistake(part);
        assert_eq!((mistake.line, &mistake.fault), (line, &Fault::CutOff), "after {end} bytes");
    }
    let mistake = mistake(whole.trim_end());
    assert_eq!(
        mistake.to_string(),
        "line 9: the transcript is cut off here: its last line is a conclusion, and there is none"
    );
    assert!(mistake.fault.hint().contains("record the check again"));
}

#[tokio::test]
async fn every_mistake_is_told_with_its_line() {
    let good = lines().await;
    let order = |event, reason: &str| Fault::Order { event, reason: reason.to_owned() };
    let unfit = |what: &str| Fault::Unfit { query: 1, what: what.to_owned() };
    let edits: Vec<(u64, &str, &str, Fault)> = vec![
        (1, "\"format\":1", "\"format\":2", Fault::Format { found: 2 }),
        (1, "{\"header\"", "{\"head\"", Fault::NoHeader),
        (
            1,
            "row-count@1.2.0",
            "row-count",
            Fault::Header(vec![
                "plugin: `row-count` is not a plugin reference: `id@version` with a semantic version, for example \
             `row-count@1.0.0`"
                    .to_owned(),
            ]),
        ),
        (
            1,
            "\"fuel\":{\"ceiling\"",
            "\"fool\":{\"ceiling\"",
            Fault::Header(vec!["limits: `fool` is not the name of a limit".to_owned()]),
        ),
        (
            1,
            "\"value\":20}",
            "\"value\":21}",
            Fault::Header(vec!["limits: `queries` = 21 is over what was asked for or its ceiling".to_owned()]),
        ),
        (2, "\"query\":1", "\"query\":2", order("query", "it is query 2 where query 1 follows")),
        (2, "{\"query\":{", "{\"quarry\":{", Fault::UnknownEvent("quarry".to_owned())),
        (3, "\"query\":1", "\"query\":9", order("columns", "query 9 was not asked before")),
        (3, "\"query\":1", "\"query\":0", order("columns", "query 0 was not asked before")),
        (3, "\"columns\":[{", "\"columns\":[],\"x\":[{", Fault::Syntax(String::new())),
        (3, "int64", "int65", Fault::Syntax(String::new())),
        (4, "\"rows\":2", "\"rows\":3", unfit("column `n` has 2 values in 3 rows")),
        (4, "[1,2]", "[1]", unfit("column `n` has 1 values in 2 rows")),
        (4, "[{\"values\":{\"int64\":[1,2]}}]", "[]", unfit("it has 0 columns and 1 were announced")),
        (4, "\"int64\":[1,2]", "\"micros\":[1,2]", unfit("column `n` is announced as Int64 and laid out otherwise")),
        (
            4,
            "\"int64\":[1,2]",
            "\"text\":[\"1\",\"2\"]",
            unfit("column `n` is announced as Int64 and laid out otherwise"),
        ),
        (4, "[1,2]}", "[1,2]},\"validity\":\"AAA=\"", unfit("column `n` has 2 bytes of validity for 2 rows")),
        (4, "[1,2]}", "[1,2]},\"validity\":\"?\"", Fault::Syntax(String::new())),
        (4, "[1,2]", "[1,9223372036854775808]", Fault::Syntax(String::new())),
        (6, "{\"end\":{\"query\":1}}", "{\"end\":{\"query\":2}}", order("end", "query 2 was not asked before")),
        (6, "{\"end\":{\"query\":1}}", "{}", Fault::Syntax(String::new())),
        (6, "{\"end\":{\"query\":1}}", "\u{fffd}", Fault::Syntax(String::new())),
        (8, "\"query\":2", "\"query\":1", order("estimate", "query 1 is over")),
        (9, "\"pass\"", "\"passed\"", Fault::Syntax(String::new())),
    ];
    for (line, from, to, expected) in edits {
        let mut lines = good.clone();
        let at = &mut lines[usize::try_from(line).unwrap() - 1];
        assert!(at.contains(from), "{from} is not in {at}");
        *at = at.replacen(from, to, 1);
        let mistake = mistake(&joined(&lines));
        match (&mistake.fault, &expected) {
            (Fault::Syntax(_), Fault::Syntax(_)) => {}
            (fault, expected) => assert_eq!(fault, expected, "line {line}: {to}"),
        }
        assert_eq!(mistake.line, line, "{mistake}");
        assert!(!mistake.fault.hint().is_empty());
    }
}

#[tokio::test]
async fn lines_at_the_wrong_place_are_told() {
    let good = lines().await;
    let order = |event, reason: &str| Fault::Order { event, reason: reason.to_owned() };
    let cost = "{\"cost\":{\"query\":1,\"billed_bytes\":1,\"cache_hit\":false}}".to_owned();
    let two = "{\"estimate\":{\"query\":1,\"rows\":null,\"bytes\":null,\"billed_bytes\":null}}".to_owned();
    for (at, line, expected) in [
        (1, good[0].clone(), order("header", "the transcript has begun")),
        (2, good[3].clone(), order("batch", "query 1 has no columns yet")),
        (2, good[5].clone(), order("end", "query 1 has no columns yet")),
        (2, cost.clone(), order("cost", "query 1 has no columns yet")),
        (3, good[2].clone(), order("columns", "query 1 awaits none")),
        (3, two, order("estimate", "query 1 asks for rows")),
        (5, good[8].clone(), order("conclusion", "query 1 has no end")),
        (6, good[3].clone(), order("batch", "query 1 is over")),
        (6, good[5].clone(), order("end", "query 1 is over")),
        (9, good[8].clone(), Fault::AfterEnd),
        (9, String::new(), Fault::AfterEnd),
    ] {
        let mut lines = good.clone();
        lines.insert(at, line);
        assert_eq!(mistake(&joined(&lines)), ReadError { line: at as u64 + 1, fault: expected });
    }
    let mut lines = good.clone();
    lines.insert(6, cost);
    assert!(Transcript::parse(joined(&lines).as_bytes()).is_ok(), "the cost may be known after the end");
    let mut lines = good;
    lines.remove(2);
    assert_eq!(mistake(&joined(&lines)).fault, order("batch", "query 1 has no columns yet"));
}

#[tokio::test]
async fn what_is_too_large_is_not_read() {
    let lines = lines().await;
    let whole = joined(&lines);
    let longest = lines.iter().map(String::len).max().unwrap() as u64 + 1;
    let size = whole.len() as u64;
    let read = |bounds| match Transcript::within(whole.as_bytes(), bounds) {
        Err(TranscriptError::Mistake(mistake)) => Some((mistake.line, mistake.fault)),
        Ok(_) => None,
        Err(other) => panic!("{other}"),
    };
    let exact = Bounds { line_bytes: longest, file_bytes: size, lines: 9 };
    assert_eq!(read(exact), None);
    assert_eq!(read(Bounds { line_bytes: 100, ..exact }), Some((1, Fault::LineTooLong { max: 100 })));
    assert_eq!(read(Bounds { file_bytes: size - 1, ..exact }), Some((9, Fault::TooLarge { max: size - 1 })));
    assert_eq!(read(Bounds { lines: 8, ..exact }), Some((9, Fault::TooManyLines { max: 8 })));
}

/// Records the two batches within bounds, over a file that is there.
async fn written_within(folder: &Path, bounds: Bounds) -> Result<(), WriteError> {
    let path = folder.join("x.transcript.jsonl");
    fs_err::write(&path, "before").unwrap();
    let draft = Arc::new(Draft::within(&path, &header(&[]), bounds)?);
    let source = Scripted::of([(SQL, counting([&[1, 2], &[3]]))]);
    let recording = Recording::new("a".parse().unwrap(), source, draft.clone());
    let mut rows = recording.query(read_statement(SQL, Vec::new()).unwrap()).await.unwrap();
    while let Some(batch) = rows.next(9, 999).await.unwrap() {
        assert!(batch.rows > 0, "a transcript that fails does not fail the query");
    }
    draft.finish(&concluded())
}

fn files(folder: &Path) -> Vec<String> {
    let names = fs_err::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<_> = names.collect();
    names.sort();
    names
}

#[tokio::test]
async fn writing_is_whole_or_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.transcript.jsonl");
    written_within(folder.path(), BOUNDS).await.unwrap();
    let size = fs_err::metadata(&path).unwrap().len();
    assert_eq!(files(folder.path()), ["x.transcript.jsonl"]);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(fs_err::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }
    let whole = fs_err::read_to_string(&path).unwrap();
    let header_bytes = whole.find('\n').unwrap() as u64 + 1;
    for (bounds, expected) in [
        (Bounds { file_bytes: size - 1, ..BOUNDS }, "the transcript would have more than"),
        (Bounds { file_bytes: header_bytes, ..BOUNDS }, "query 1: the transcript would have more than"),
        (Bounds { lines: 4, ..BOUNDS }, "query 1: the transcript would have more than 4 lines"),
        (Bounds { line_bytes: 10, ..BOUNDS }, "a line of the transcript (`header`) would have more than 10 bytes"),
    ] {
        let error = written_within(folder.path(), bounds).await.unwrap_err();
        assert!(error.to_string().contains(expected), "{error}");
        assert_eq!(files(folder.path()), ["x.transcript.jsonl"], "no draft is left");
        assert_eq!(fs_err::read_to_string(&path).unwrap(), "before");
    }
    written_within(folder.path(), Bounds { file_bytes: size, ..BOUNDS }).await.unwrap();

    let draft = Draft::create(&path, &header(&[])).unwrap();
    assert_eq!(files(folder.path()).len(), 2);
    drop(draft);
    assert_eq!(files(folder.path()), ["x.transcript.jsonl"], "a draft that is given up leaves nothing");

    let draft = Draft::create(&path, &header(&[])).unwrap();
    draft.finish(&concluded()).unwrap();
    assert!(matches!(draft.finish(&concluded()), Err(WriteError::Finished)));
    assert!(Transcript::read(&path).is_ok(), "the first stays");
    let nowhere = Draft::create(&folder.path().join("no/x.jsonl"), &header(&[])).map(drop).unwrap_err();
    assert!(matches!(nowhere, WriteError::File(_)) && nowhere.to_string().contains("no/"), "{nowhere}");
}

#[tokio::test]
async fn a_source_that_does_not_keep_its_word_is_not_recorded() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.transcript.jsonl");
    let draft = Arc::new(Draft::create(&path, &header(&[])).unwrap());
    let liar = Script { columns: vec![info("n", Kind::Text)], ..counting([&[1, 2]]) };
    let recording = Recording::new("a".parse().unwrap(), Scripted::of([(SQL, liar)]), draft.clone());
    let mut rows = recording.query(read_statement(SQL, Vec::new()).unwrap()).await.unwrap();
    assert_eq!(rows.next(9, 999).await.unwrap(), Some(integers(&[1, 2])), "the guest sees what the source says");
    let error = draft.finish(&concluded()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "query 1: a batch does not fit its columns: column `n` is announced as Text and laid out otherwise"
    );
    assert!(!path.exists());
}
