//! What is redacted leaves nothing of itself in the transcript.

use super::*;
use crate::model::{Param, Value};
use crate::source::gate::read_statement;
use crate::source::transcript::{RedactedColumns, Redaction, RedactionTally, Redactor, Step};

const SQL: &str = "SELECT * FROM games";

/// Values that are looked for in the file, and one more column that is not redacted.
fn private() -> (Vec<ColumnInfo>, Batch) {
    let all_but_third = vec![0b0000_1011];
    let columns = [
        (
            "Email",
            Kind::Text,
            Values::Text(texts(&["ann@example.com", "bob@example.com", "hidden@null", "ann@example.com"])),
        ),
        (
            "e_doc",
            Kind::Json,
            Values::Text(texts(&["{\"mail\":\"ann\"}", "{}", "\"hidden-json\"", "{\"mail\":\"ann\"}"])),
        ),
        ("e_other", Kind::Other, Values::Text(texts(&["POINT(51 7)", "x", "hidden-other", "POINT(51 7)"]))),
        ("e_sum", Kind::Decimal, Values::Text(texts(&["1234567.50", "3", "7654321.99", "1234567.5"]))),
        ("e_raw", Kind::Bytes, Values::Bytes(texts(&["secret bytes", "b", "hidden bytes", "secret bytes"]))),
        ("e_id", Kind::Int64, Values::Int64(vec![918_273_645, 2, 564_738_291, 918_273_645])),
        ("e_lat", Kind::Float64, Values::Float64(vec![51.514_244, 0.0, 7.468_429, 51.514_244])),
        ("e_born", Kind::Date, Values::Days(vec![4_711, 20_000, 4_712, 4_711])),
        ("e_at", Kind::Time, Values::Micros(vec![34_567_891_234, 1, 45_678_912_345, 34_567_891_234])),
        (
            "e_seen",
            Kind::Timestamp,
            Values::Micros(vec![1_711_111_111_111_111, 1, 1_722_222_222_222_222, 1_711_111_111_111_111]),
        ),
        (
            "e_local",
            Kind::DateTime,
            Values::Micros(vec![1_733_333_333_333_333, 1, 1_744_444_444_444_444, 1_733_333_333_333_333]),
        ),
        ("e_adult", Kind::Boolean, Values::Bits(vec![0b0000_1001])),
        ("plain", Kind::Text, Values::Text(texts(&["p", "q", "r", "s"]))),
    ];
    let infos = columns
        .iter()
        .map(|(name, kind, _)| ColumnInfo { nullable: *kind != Kind::Boolean, ..info(name, *kind) })
        .collect();
    let column = |(_, kind, values): (_, Kind, Values)| {
        let validity = if kind == Kind::Boolean { Vec::new() } else { all_but_third.clone() };
        Column { validity, values }
    };
    (infos, Batch { rows: 4, columns: columns.into_iter().map(column).collect() })
}

fn redactor(seed: u8) -> Arc<Redactor> {
    let columns = RedactedColumns::new(&["EMAIL".to_owned(), "e_*".to_owned()]).unwrap();
    Arc::new(Redactor::new(columns, [seed; 32]))
}

/// Records the private rows under a redactor; returns the file.
async fn recorded_under(redactor: &Arc<Redactor>, script: Script, params: Vec<Param>, sql: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.transcript.jsonl");
    let draft = Arc::new(Draft::create(&path, &header(&["EMAIL", "e_*"])).unwrap());
    let source: Arc<dyn Source> = Arc::new(Redaction::new(Scripted::of([(sql, script)]), redactor.clone()));
    let recording = Recording::new("a".parse().unwrap(), source, draft.clone());
    if let Ok(mut rows) = recording.query(read_statement(sql, params).unwrap()).await {
        while let Ok(Some(_)) = rows.next(9, 9_999).await {}
    }
    draft.finish(&Concluded { redaction: Some(redactor.tally()), ..concluded() }).unwrap();
    fs_err::read_to_string(&path).unwrap()
}

fn script() -> Script {
    let (columns, batch) = private();
    Script { columns, reading: vec![Does::Hands(batch)], ..Script::default() }
}

fn only_batch(file: &str) -> (Vec<ColumnInfo>, Batch) {
    let transcript = Transcript::parse(file.as_bytes()).unwrap();
    let asked = transcript.queries[0].clone();
    let batch = asked.steps.into_iter().find_map(|step| match step {
        Step::Batch { batch, .. } => Some(batch),
        _ => None,
    });
    (asked.columns.unwrap(), batch.unwrap())
}

/// One cell as text that tells equal from different.
fn cell(column: &Column, row: usize) -> String {
    let var = |data: &crate::model::VarData| {
        let ends = data.offsets[row] as usize..data.offsets[row + 1] as usize;
        String::from_utf8_lossy(&data.bytes[ends]).into_owned()
    };
    match &column.values {
        Values::Int64(values) | Values::Micros(values) => values[row].to_string(),
        Values::Float64(values) => format!("{:?}", values[row]),
        Values::Days(days) => days[row].to_string(),
        Values::Bits(bits) => (bits[0] >> row & 1).to_string(),
        Values::Text(data) | Values::Bytes(data) => var(data),
    }
}

#[tokio::test]
async fn no_original_is_in_the_file() {
    let file = recorded_under(&redactor(1), script(), Vec::new(), SQL).await;
    let (_, original) = private();
    for column in original.columns.iter().take(11) {
        for row in [0, 2] {
            let value = cell(column, row);
            assert!(!file.contains(&value), "{value} is in the file");
        }
    }
    for part in ["ann", "bob", "hidden", "secret"] {
        assert!(!file.contains(part), "{part} is in the file, however it is escaped");
    }
    use base64::Engine as _;
    for bytes in ["secret bytes", "hidden bytes"] {
        let written = base64::engine::general_purpose::STANDARD.encode(bytes);
        assert!(!file.contains(&written), "{bytes}");
    }
    for found in ["\"p\",\"q\",\"r\",\"s\"", "\"redaction\":[\"EMAIL\",\"e_*\"]"] {
        assert!(file.contains(found), "{found}: what is not redacted is there");
    }
}

#[tokio::test]
async fn kinds_nulls_and_equality_stay() {
    let file = recorded_under(&redactor(1), script(), Vec::new(), SQL).await;
    let (infos, redacted) = only_batch(&file);
    let (original_infos, original) = private();
    for (at, (info, column)) in infos.iter().zip(&redacted.columns).enumerate() {
        let name = info.name.as_str();
        assert_eq!((name, info.kind), (original_infos[at].name.as_str(), original_infos[at].kind));
        if info.kind == Kind::Boolean {
            assert!(info.nullable, "it has nulls now");
            assert_eq!(column, &Column { validity: vec![0], values: Values::Bits(vec![0]) });
            continue;
        }
        assert_eq!(column.validity, original.columns[at].validity, "{name}");
        assert_eq!(std::mem::discriminant(&column.values), std::mem::discriminant(&original.columns[at].values));
        if name == "plain" {
            assert_eq!(column, &original.columns[at]);
            continue;
        }
        assert_eq!(cell(column, 0), cell(column, 3), "{name}: equal values have one pseudonym");
        assert_ne!(cell(column, 0), cell(column, 1), "{name}: others have others");
        assert_ne!(cell(column, 1), cell(&original.columns[at], 1), "{name}");
        let empty = cell(column, 2);
        assert!(["", "0", "0.0"].contains(&empty.as_str()), "{name}: nothing is left under a null, not {empty}");
    }
    let text = |at: usize, row: usize| cell(&redacted.columns[at], row);
    let hidden = text(0, 0);
    assert!(hidden.strip_prefix("redacted-").is_some_and(|hex| hex.len() == 16), "{hidden}");
    assert!(serde_json::from_str::<String>(&text(1, 0)).unwrap().starts_with("redacted-"), "JSON stays JSON");
    assert!(text(3, 0).parse::<i64>().unwrap() >= 0, "a decimal is a number");

    let again = recorded_under(&redactor(1), script(), Vec::new(), SQL).await;
    assert_eq!(only_batch(&again), (infos, redacted.clone()), "one seed, one pseudonym");
    let (_, other) = only_batch(&recorded_under(&redactor(2), script(), Vec::new(), SQL).await);
    assert_ne!(cell(&other.columns[0], 0), hidden, "another seed, another pseudonym");
}

#[tokio::test]
async fn numbers_that_are_none_stay_and_zeros_are_one() {
    let values = vec![f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 0.0, -0.0, f64::from_bits(0x7ff8_dead_beef_0000)];
    let batch = Batch { rows: 6, columns: vec![Column { validity: Vec::new(), values: Values::Float64(values) }] };
    let columns = vec![info("e_x", Kind::Float64)];
    let script = Script { columns, reading: vec![Does::Hands(batch)], ..Script::default() };
    let (_, redacted) = only_batch(&recorded_under(&redactor(1), script, Vec::new(), SQL).await);
    let cells: Vec<_> = (0..6).map(|row| cell(&redacted.columns[0], row)).collect();
    assert_eq!(cells[..3], ["NaN", "inf", "-inf"]);
    assert_eq!(cells[3], cells[4], "zeros are equal");
    assert_ne!(cells[3], "0.0");
    let Values::Float64(values) = &redacted.columns[0].values else { panic!("doubles stay doubles") };
    assert_eq!(values[5].to_bits(), f64::NAN.to_bits(), "a NaN carries nothing");
}

#[tokio::test]
async fn parameters_that_are_redacted_values_are_counted() {
    let redactor = redactor(1);
    let file = recorded_under(&redactor, script(), Vec::new(), SQL).await;
    let nothing = RedactionTally { values: 37, original_params: 0, pseudonym_params: 0, complete: true };
    assert_eq!(redactor.tally(), nothing, "11 columns with a null among 4 values, and 4 booleans");
    assert_eq!(Transcript::parse(file.as_bytes()).unwrap().concluded.redaction, Some(nothing));

    let (_, batch) = only_batch(&file);
    let pseudonym = cell(&batch.columns[0], 0);
    let born = cell(&batch.columns[7], 1).parse().unwrap();
    let param = |name: &str, value| Param { name: name.to_owned(), value };
    let text = |text: &str| Value::Text(text.to_owned());
    let params = vec![
        param("a", text("ann@example.com")),
        param("b", Value::TextArray(vec!["bob@example.com".to_owned(), pseudonym, "nobody".to_owned()])),
        param("c", Value::Date(born)),
        param("d", Value::Decimal("1234567.500".to_owned())),
        param("e", Value::Int64(3)),
    ];
    let sql = "SELECT @a, @b, @c, @d, @e";
    recorded_under(&redactor, script(), params, sql).await;
    let tally = redactor.tally();
    assert_eq!((tally.original_params, tally.pseudonym_params, tally.complete), (3, 2, true));
}

#[tokio::test]
async fn what_a_source_says_may_quote_a_value_and_is_withheld() {
    let quoting =
        || Problem::new(ProblemCode::Failed, "`ann@example.com` is no number").with_hint("ann again").retryable();
    let mut breaks = script();
    breaks.reading.push(Does::Breaks(quoting()));
    let refuses = Script { opening: vec![Does::Breaks(quoting())], ..script() };
    for script in [breaks, refuses] {
        let file = recorded_under(&redactor(1), script, Vec::new(), SQL).await;
        assert!(!file.contains("ann"), "{file}");
        let transcript = Transcript::parse(file.as_bytes()).unwrap();
        let Some(Step::Problem(problem)) = transcript.queries[0].steps.last() else { panic!("it ends in a problem") };
        assert_eq!((problem.code, problem.retryable), (ProblemCode::Failed, true));
        assert!(problem.message.contains("withheld"));
    }
    let away = Script { opening: vec![Does::Breaks(Problem::new(ProblemCode::Unavailable, "away"))], ..script() };
    assert!(recorded_under(&redactor(1), away, Vec::new(), SQL).await.contains("away"), "others say what they say");
}

#[tokio::test]
async fn a_batch_that_grows_is_handed_over_in_parts() {
    let (columns, batch) = private();
    let bytes = batch.bytes();
    let reading = vec![Does::Hands(batch.clone()), Does::Hands(batch)];
    let source = Scripted::of([(SQL, Script { columns, reading, ..Script::default() })]);
    let redaction = Redaction::new(source, redactor(1));
    let mut rows = redaction.query(read_statement(SQL, Vec::new()).unwrap()).await.unwrap();
    let mut sizes = Vec::new();
    while let Some(part) = rows.next(9, bytes).await.unwrap() {
        assert!(part.bytes() <= bytes, "{} of {bytes}", part.bytes());
        sizes.push(part.rows);
    }
    assert_eq!(sizes.iter().sum::<u32>(), 8, "every row once");
    assert!(sizes.len() > 2, "{sizes:?}");
}

#[test]
fn the_key_is_not_printed() {
    let seed = format!("{:?}", [1; 32]);
    let printed = format!("{:?}", redactor(1));
    assert!(printed.contains("Key") && !printed.contains(seed.trim_matches(['[', ']'])), "{printed}");
}
