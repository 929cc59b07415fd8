//! A replay answers as the source did, and tells the first question that is another.

use super::*;
use crate::model::{Ending, Outcome, Param, Reason, Value, Verdict, conclude};
use crate::source::transcript::{Difference, Divergence, Request, split};

const ONE: &str = "SELECT n FROM games";
const TWO: &str = "SELECT n\nFROM games\nWHERE n > @least\n  AND n < @most";

fn bounds(least: i64, most: i64) -> Vec<Param> {
    let param = |name: &str, value| Param { name: name.to_owned(), value: Value::Int64(value) };
    vec![param("least", least), param("most", most)]
}

fn source() -> Arc<dyn Source> {
    let mut two = counting([&[10, 11], &[12]]);
    two.opening = vec![Does::Costs(1_000)];
    two.reading.insert(1, Does::Costs(3_000));
    two.estimate = Estimate { rows: Some(3), bytes: None, billed_bytes: Some(9) };
    Scripted::of([(ONE, counting([&[1, 2, 3], &[4, 5]])), (TWO, two)])
}

async fn open(
    capability: &mut QueryCapability,
    source: &str,
    sql: &str,
    params: Vec<Param>,
) -> Result<Cursor, Problem> {
    capability.open(source.to_owned(), sql.to_owned(), params).await
}

/// Two cursors read by turns, the second to its end first; then an estimate.
async fn by_turns(capability: &mut QueryCapability) -> Vec<String> {
    let mut one = open(capability, "a", ONE, Vec::new()).await.unwrap();
    let mut two = open(capability, "b", TWO, bounds(9, 99)).await.unwrap();
    let mut seen = vec![format!("{:?} {:?}", one.columns(), two.stats().cost)];
    seen.push(step(capability, &mut two, 8_192).await);
    seen.push(step(capability, &mut one, 8_192).await);
    seen.extend(rest(capability, &mut two, 8_192).await);
    seen.extend(rest(capability, &mut one, 8_192).await);
    let estimate = capability.estimate("b".to_owned(), TWO.to_owned(), bounds(9, 99)).await;
    seen.push(format!("{estimate:?} {:?}", capability.spent()));
    seen
}

async fn recorded_by_turns(folder: &Path) -> std::path::PathBuf {
    let path = folder.join("turns.transcript.jsonl");
    let (_, unresolved) = recorded(&path, &source(), 1, by_turns).await;
    assert_eq!(unresolved, []);
    path
}

#[tokio::test]
async fn overlapping_cursors_are_answered_as_they_were() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("turns.transcript.jsonl");
    let (seen, _) = recorded(&path, &source(), 1, by_turns).await;
    assert_eq!(seen.len(), 8);
    assert!(seen[1].contains("[10, 11]") && seen[1].contains("Some(1000)"), "{}", seen[1]);
    assert!(seen[3].contains("[12]") && seen[3].contains("Some(3000)"), "{}", seen[3]);
    assert!(seen[7].contains("billed_bytes: Some(9)") && seen[7].contains("(3, 8, "), "{}", seen[7]);

    let replay = replay_of(&path);
    assert_eq!(replayed(&replay, by_turns).await, (seen, Vec::new()));
    assert_eq!((replay.divergence(), replay.finish()), (None, Ok(())));
}

#[tokio::test]
async fn problems_come_about_again() {
    let away = Problem::new(ProblemCode::Unavailable, "away").with_hint("wait").retryable();
    let torn = Problem::new(ProblemCode::Failed, "games.csv, line 3: torn");
    let mut breaks = counting([&[1, 2]]);
    breaks.reading.push(Does::Breaks(torn.clone()));
    let refuses = Script { opening: vec![Does::Breaks(away.clone())], ..Script::default() };
    let source = Scripted::of([("SELECT 1 FROM GAMES", refuses), (ONE, breaks)]);
    let ask = async |capability: &mut QueryCapability| {
        let mut problems = Vec::new();
        for (source, sql, params) in [
            ("a", "SELECT 1 FROM GAMES", Vec::new()),
            ("a", "SELECT 1 FROM secrets", Vec::new()),
            ("nowhere", ONE, Vec::new()),
            ("a", "SELEC", Vec::new()),
            ("a", "DROP TABLE games", Vec::new()),
            ("a", ONE, bounds(1, 2)),
        ] {
            problems.push(open(capability, source, sql, params).await.map(drop).unwrap_err());
        }
        let mut cursor = open(capability, "a", ONE, Vec::new()).await.unwrap();
        let seen = rest(capability, &mut cursor, 9).await;
        (problems, seen, step(capability, &mut cursor, 9).await)
    };
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("problems.transcript.jsonl");
    let (seen, unresolved) = recorded(&path, &source, 1, ask).await;
    let codes: Vec<_> = seen.0.iter().map(|problem| problem.code).collect();
    use ProblemCode::{BadParameter, Denied, InvalidSql, NotReadOnly, Unavailable};
    assert_eq!(codes, [Unavailable, Denied, Denied, InvalidSql, NotReadOnly, BadParameter]);
    assert_eq!(seen.0[0], away);
    assert_eq!(unresolved.last(), Some(&torn));

    let transcript = Transcript::read(&path).unwrap();
    assert_eq!(transcript.queries.len(), 2, "what no source heard of is not a query of the transcript");
    assert_eq!(transcript.spellings.len(), 1, "`GAMES` is `games`");
    let replay = Replay::new(Arc::new(transcript));
    assert_eq!(replayed(&replay, ask).await, (seen, unresolved));
    assert_eq!(replay.finish(), Ok(()));
}

#[tokio::test(start_paused = true)]
async fn a_deadline_comes_about_again_at_once() {
    let hour = Duration::from_secs(3_600);
    let slow_to_open = Script { opening: vec![Does::Waits(hour)], ..Script::default() };
    let mut slow_to_read = counting([&[1]]);
    slow_to_read.reading.push(Does::Waits(hour));
    let source = Scripted::of([(ONE, slow_to_open), ("SELECT 2 FROM games", slow_to_read)]);
    let ask = async |capability: &mut QueryCapability| {
        let opening = open(capability, "a", ONE, Vec::new()).await.map(drop);
        let estimate = capability.estimate("a".to_owned(), ONE.to_owned(), Vec::new()).await;
        let mut seen = vec![format!("{opening:?} {estimate:?}")];
        if let Ok(mut cursor) = open(capability, "a", "SELECT 2 FROM games", Vec::new()).await {
            seen.extend(rest(capability, &mut cursor, 9).await);
        }
        seen
    };
    let folder = tempfile::tempdir().unwrap();
    // Without a slot the source never hears of the queries at all.
    for (slots, queries, lines) in [(1, 3, 3), (0, 3, 1)] {
        let path = folder.path().join(format!("{slots}.transcript.jsonl"));
        let (seen, unresolved) = recorded(&path, &source, slots, ask).await;
        assert_eq!(seen.len(), lines);
        assert!(unresolved.iter().all(|problem| problem.code == ProblemCode::Deadline), "{unresolved:?}");
        let written = fs_err::read_to_string(&path).unwrap();
        assert_eq!(written.matches("{\"gave_up\":").count(), queries, "{written}");

        let replay = replay_of(&path);
        let began = clock::monotonic();
        assert_eq!(replayed(&replay, ask).await, (seen, unresolved));
        assert_eq!(began.elapsed(), Duration::ZERO);
        assert_eq!(replay.finish(), Ok(()));
    }
}

#[tokio::test]
async fn every_other_question_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let path = recorded_by_turns(folder.path()).await;
    let param = |name: &str, recorded: Option<i64>, asked: Option<i64>| Difference::Param {
        name: name.to_owned(),
        recorded: recorded.map(Value::Int64),
        asked: asked.map(Value::Int64),
    };
    let other = "SELECT n\nFROM games\nWHERE n >= @least\n  AND n < @most";
    let renamed = vec![bounds(9, 99)[0].clone(), Param { name: "limit".to_owned(), value: Value::Int64(99) }];
    let renamed_sql = TWO.replace("@most", "@limit");
    let text = |sql: &str| Difference::Sql { recorded: TWO.to_owned(), asked: sql.to_owned() };
    let swapped: Vec<_> = bounds(9, 99).into_iter().rev().collect();
    let names = |names: [&str; 2]| names.map(str::to_owned).to_vec();
    let in_source = Difference::Source { recorded: "b".to_owned(), asked: "a".to_owned() };
    for (source, sql, params, differences, summary) in [
        ("b", other, bounds(9, 99), vec![text(other)], "the statement is another"),
        (
            "b",
            TWO,
            bounds(8, 99),
            vec![param("least", Some(9), Some(8))],
            "parameter @least was int64 9 and is int64 8",
        ),
        (
            "b",
            renamed_sql.as_str(),
            renamed,
            vec![text(&renamed_sql), param("most", Some(99), None), param("limit", None, Some(99))],
            "the statement is another; parameter @most was int64 99 and is missing; \
             parameter @limit was not recorded and is int64 99",
        ),
        (
            "b",
            TWO,
            swapped,
            vec![Difference::ParamOrder { recorded: names(["least", "most"]), asked: names(["most", "least"]) }],
            "the parameters were in the order @least, @most and are in the order @most, @least",
        ),
        ("a", TWO, bounds(9, 99), vec![in_source], "source `b` was recorded and `a` is asked"),
    ] {
        let replay = replay_of(&path);
        let ask = async |capability: &mut QueryCapability| {
            let mut one = open(capability, "a", ONE, Vec::new()).await.unwrap();
            let first = open(capability, source, sql, params.clone()).await.unwrap_err();
            let read_on = capability.next(&mut one, 9).await.unwrap_err();
            let again = open(capability, "b", TWO, bounds(9, 99)).await.unwrap_err();
            (first, read_on, again)
        };
        let ((first, read_on, again), unresolved) = replayed(&replay, ask).await;
        let expected = Divergence { query: 2, differences, recorded_as: None };
        assert_eq!(replay.divergence().as_ref(), Some(&expected));
        assert_eq!(first.message, format!("divergence from the transcript at query 2: {summary}"));
        assert_eq!((first.code, first.retryable), (ProblemCode::Failed, false));
        assert!(first == read_on && first == again, "the first divergence is told ever after");
        assert_eq!(replay.finish(), Err(expected));

        for outcome in [Outcome::Pass, Outcome::Warn, Outcome::Skip] {
            let verdict = Verdict { outcome, summary: "fine".to_owned(), examined: Some(5) };
            let conclusion = conclude(Ending::Returned(verdict), &[], 0, &unresolved, Severity::High);
            assert_eq!((conclusion.status, conclusion.reason), (Status::Error, Some(Reason::QueryFailed)));
        }
    }
}

#[tokio::test]
async fn doubles_are_the_same_bit_for_bit() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("doubles.transcript.jsonl");
    let sql = "SELECT @x AS n, @y AS m FROM games";
    let source = Scripted::of([(sql, counting([&[1]]))]);
    let other_nan = f64::from_bits(0x7ff8_0000_0000_0001);
    let ask = |x: f64, y: f64| {
        let param = |name: &str, value| Param { name: name.to_owned(), value };
        let params = vec![param("x", Value::Float64(x)), param("y", Value::Float64Array(vec![y]))];
        async move |capability: &mut QueryCapability| open(capability, "a", sql, params).await.map(drop)
    };
    recorded(&path, &source, 1, ask(f64::NAN, -0.0)).await.0.unwrap();
    for (x, y, told) in [
        (f64::NAN, -0.0, None),
        (other_nan, -0.0, Some("@x was float64 NaN and is float64 NaN:7ff8000000000001")),
        (f64::NAN, 0.0, Some("@y was float64s [-0.0] and is float64s [0.0]")),
    ] {
        let replay = replay_of(&path);
        let (answer, _) = replayed(&replay, ask(x, y)).await;
        let expected = told.map(|told| format!("divergence from the transcript at query 1: parameter {told}"));
        assert_eq!(answer.err().map(|problem| problem.message), expected);
    }
}

#[tokio::test]
async fn order_and_number_of_questions_count() {
    let folder = tempfile::tempdir().unwrap();
    let path = recorded_by_turns(folder.path()).await;

    let replay = replay_of(&path);
    replayed(&replay, async |capability: &mut QueryCapability| {
        open(capability, "b", TWO, bounds(9, 99)).await.map(drop).unwrap_err()
    })
    .await;
    let divergence = replay.divergence().unwrap();
    assert_eq!((divergence.query, divergence.recorded_as), (1, Some(2)));
    assert!(divergence.summary().ends_with("(it is recorded as query 2)"), "{}", divergence.summary());

    let replay = replay_of(&path);
    replayed(&replay, async |capability: &mut QueryCapability| {
        capability.estimate("a".to_owned(), ONE.to_owned(), Vec::new()).await.unwrap_err()
    })
    .await;
    let requests = Difference::Request { recorded: Request::Open, asked: Request::Estimate };
    assert_eq!(replay.divergence().map(|d| d.differences), Some(vec![requests]));

    let replay = replay_of(&path);
    let ask = async |capability: &mut QueryCapability| {
        by_turns(capability).await;
        assert_eq!(replay.divergence(), None);
        open(capability, "a", ONE, Vec::new()).await.map(drop).unwrap_err()
    };
    let (problem, _) = replayed(&replay, ask).await;
    let more = Difference::Unrecorded { source: "a".to_owned(), sql: ONE.to_owned() };
    let more = Divergence { query: 4, differences: vec![more], recorded_as: None };
    assert_eq!(replay.finish(), Err(more));
    assert!(problem.message.ends_with("nothing more was recorded, and source `a` is asked `SELECT n FROM games`"));

    let replay = replay_of(&path);
    let ask = async |capability: &mut QueryCapability| open(capability, "a", ONE, Vec::new()).await.map(drop);
    assert_eq!(replayed(&replay, ask).await, (Ok(()), Vec::new()), "a run that asks less sees nothing of it");
    assert_eq!(replay.divergence(), None);
    let divergence = replay.finish().unwrap_err();
    let fewer = Difference::Unasked { source: "b".to_owned(), sql: TWO.to_owned(), queries: 2 };
    assert_eq!((divergence.query, &divergence.differences), (2, &vec![fewer]));
    assert_eq!(
        divergence.summary(),
        "divergence from the transcript at query 2: 2 recorded queries were not asked, first of source `b`: \
         `SELECT n FROM games WHERE n > @least AND n < @most`"
    );
    assert_eq!(replay.divergence(), Some(divergence));
}

#[tokio::test]
async fn a_difference_shows_the_lines_that_changed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("lines.transcript.jsonl");
    let lines: Vec<_> = (0..12).map(|n| format!("  {n} AS c{n},")).collect();
    let was = format!("SELECT\n{}\n  n\nFROM games", lines.join("\n"));
    let source = Scripted::of([(was.as_str(), counting([&[1]]))]);
    let ask = |sql: String| {
        async move |capability: &mut QueryCapability| open(capability, "a", &sql, Vec::new()).await.map(drop)
    };
    recorded(&path, &source, 1, ask(was.clone())).await.0.unwrap();
    let shown = async |is: String| {
        let replay = replay_of(&path);
        replayed(&replay, ask(is)).await.0.unwrap_err();
        let divergence = replay.divergence().unwrap().to_string();
        divergence.split_once("+++ asked\n").unwrap().1.to_owned()
    };
    let is = was.replace("  6 AS c6,", "  66 AS c6,").replace("FROM games", "FROM games\nLIMIT 1");
    assert_eq!(
        shown(is).await,
        " …\n   4 AS c4,\n   5 AS c5,\n-  6 AS c6,\n+  66 AS c6,\n   7 AS c7,\n   8 AS c8,\n …\n   n\n FROM games\n\
         +LIMIT 1"
    );
    let is = was.replace("  6 AS c6,\n", "");
    assert_eq!(shown(is).await, " …\n   4 AS c4,\n   5 AS c5,\n-  6 AS c6,\n   7 AS c7,\n   8 AS c8,\n …");
    let long = was.replace("  n\n", &format!("  '{}' AS x, n\n", "y".repeat(500)));
    let long = shown(long).await;
    assert!(long.lines().all(|line| line.len() < 260), "{long}");
}

#[tokio::test]
async fn reading_less_is_fine_and_reading_more_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("dropped.transcript.jsonl");
    let read = |batches: usize| {
        async move |capability: &mut QueryCapability| {
            let mut cursor = open(capability, "a", ONE, Vec::new()).await.unwrap();
            let mut answers = Vec::new();
            for _ in 0..batches {
                answers.push(capability.next(&mut cursor, 9).await.map(|batch| batch.map(|batch| batch.rows)));
            }
            answers
        }
    };
    recorded(&path, &source(), 1, read(1)).await;
    for batches in [0, 1] {
        let replay = replay_of(&path);
        assert_eq!(replayed(&replay, read(batches)).await.0, vec![Ok(Some(3)); batches]);
        assert_eq!(replay.finish(), Ok(()));
    }
    let replay = replay_of(&path);
    let (answers, _) = replayed(&replay, read(2)).await;
    let problem = answers[1].clone().unwrap_err();
    assert_eq!(
        problem.message,
        "divergence from the transcript at query 1: more is read of its answer than was recorded (3 rows; the rest was \
         dropped then)"
    );
    assert_eq!(replay.finish().unwrap_err().differences, [Difference::Beyond { rows: 3 }]);
}

#[tokio::test]
async fn batches_are_split_and_never_merged() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("split.transcript.jsonl");
    let columns = vec![info("t", Kind::Text), info("b", Kind::Boolean), info("n", Kind::Int64)];
    let present = |values| Column { validity: vec![0b1011_0111, 0b0000_0010], values };
    let var = texts(&["a", "bb", "", "dddd", "e", "f", "g", "h", "i", "jj"]);
    let columns_of = vec![
        present(Values::Text(var)),
        Column { validity: Vec::new(), values: Values::Bits(vec![0b1010_0101, 0b0000_0001]) },
        present(Values::Int64((0..10).collect())),
    ];
    let batch = Batch { rows: 10, columns: columns_of };
    let reading = vec![Does::Hands(batch.clone()), Does::Hands(split::rows(&batch, 0..2))];
    let source = Scripted::of([(ONE, Script { columns, reading, ..Script::default() })]);
    let read = |rows_max: u32| {
        async move |capability: &mut QueryCapability| {
            let mut cursor = open(capability, "a", ONE, Vec::new()).await.unwrap();
            let mut batches = Vec::new();
            while let Some(batch) = capability.next(&mut cursor, rows_max).await.unwrap() {
                batches.push(batch);
            }
            batches
        }
    };
    let (whole, _) = recorded(&path, &source, 1, read(100)).await;
    for (rows_max, sizes) in
        [(8_192, vec![10, 2]), (10, vec![10, 2]), (9, vec![9, 1, 2]), (3, vec![3, 3, 3, 1, 2]), (1, vec![1; 12])]
    {
        let replay = replay_of(&path);
        let (parts, _) = replayed(&replay, read(rows_max)).await;
        assert_eq!(parts.iter().map(|batch| batch.rows).collect::<Vec<_>>(), sizes, "{rows_max}");
        assert_eq!(
            parts.iter().flat_map(rows_of).collect::<Vec<_>>(),
            whole.iter().flat_map(rows_of).collect::<Vec<_>>()
        );
        assert_eq!(replay.finish(), Ok(()));
    }
    assert_eq!(rows_of(&batch)[3], "null false null");
    assert_eq!(rows_of(&batch)[9], "jj false 9");
}

/// Each row as text.
fn rows_of(batch: &Batch) -> Vec<String> {
    let bit = |bits: &[u8], row: usize| bits[row / 8] >> (row % 8) & 1 == 1;
    let cell = |column: &Column, row: usize| {
        if !column.validity.is_empty() && !bit(&column.validity, row) {
            return "null".to_owned();
        }
        match &column.values {
            Values::Int64(values) => values[row].to_string(),
            Values::Bits(bits) => bit(bits, row).to_string(),
            Values::Text(data) => {
                let ends = data.offsets[row] as usize..data.offsets[row + 1] as usize;
                String::from_utf8(data.bytes[ends].to_vec()).unwrap()
            }
            other => format!("{other:?}"),
        }
    };
    let row = |row| batch.columns.iter().map(|column| cell(column, row)).collect::<Vec<_>>().join(" ");
    (0..batch.rows as usize).map(row).collect()
}

#[test]
fn rows_fit_in_bytes_as_the_batch_counts_them() {
    let text = Column { validity: vec![0xff, 0xff], values: Values::Text(texts(&["abcdefghij"; 12])) };
    let days = Column { validity: Vec::new(), values: Values::Days(vec![1; 12]) };
    let bits = Column { validity: Vec::new(), values: Values::Bits(vec![0; 2]) };
    let batch = Batch { rows: 12, columns: vec![text, days, bits] };
    for bytes_max in 0..=batch.bytes() {
        let part = split::fitting(&batch, 2, 100, bytes_max);
        let bytes = split::rows(&batch, part.clone()).bytes();
        assert!(bytes <= bytes_max || part.len() == 1, "{bytes} of {bytes_max}");
        let more = split::rows(&batch, 2..(part.end + 1).min(12)).bytes();
        assert!(more > bytes_max || part.end == 12, "one row more would have fit in {bytes_max}");
    }
    assert_eq!(split::fitting(&batch, 0, 100, batch.bytes()), 0..12, "the whole fits in its own size");
}

#[tokio::test]
async fn a_batch_over_what_was_asked_for_comes_back_whole() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("oversize.transcript.jsonl");
    let draft = Arc::new(Draft::create(&path, &header(&[])).unwrap());
    let recording: Arc<dyn Source> = Arc::new(Recording::new("a".parse().unwrap(), source(), draft.clone()));
    let statement = || crate::source::gate::read_statement(ONE, Vec::new()).unwrap();
    let mut rows = recording.query(statement()).await.unwrap();
    assert_eq!(rows.next(9, 10).await.unwrap(), Some(integers(&[1, 2, 3])), "24 bytes for 10");
    assert_eq!(rows.next(9, 16).await.unwrap(), Some(integers(&[4, 5])), "16 bytes for 16");
    drop(rows);
    draft.finish(&concluded()).unwrap();
    let replay = replay_of(&path);
    let mut rows = replay.source("a".parse().unwrap()).query(statement()).await.unwrap();
    assert_eq!(rows.next(9, 10).await.unwrap(), Some(integers(&[1, 2, 3])));
    assert_eq!(rows.next(9, 15).await.unwrap(), Some(integers(&[4])));
    assert_eq!(rows.next(9, 1).await.unwrap(), Some(integers(&[5])));
}
