//! What is written is what is read.

use std::sync::Arc;

use super::*;
use crate::model::{
    Attribute, Cell, Finding, FindingDraft, LogLevel, LogLine, Measure, Metric, Param, Reason, Subject, Value,
};
use crate::source::gate::read_statement;
use crate::source::transcript::{RedactionTally, Request, Step};

/// Every kind with its odd values, under a null the last of each.
fn odd() -> (Vec<ColumnInfo>, Batch) {
    let seven = vec![0b0011_1111];
    let floats =
        vec![-0.0, f64::INFINITY, f64::NEG_INFINITY, f64::NAN, f64::from_bits(0xfff8_0000_0000_0abc), 5e-324, 0.1];
    let var = texts(&["", "plain", "ünïcödé \u{1F600}", "\"\\\n\u{0}\u{7f}", " ", "redacted-", "under null"]);
    let raw = VarData { offsets: vec![0, 2, 2, 3, 4, 5, 6, 7], bytes: vec![0xff, 0, 0xfe, 0x80, 1, 2, 3] };
    let mut gaps = raw.clone();
    gaps.bytes.push(9);
    let decimals = texts(&["0", "-0.1", "99999999999999999999999999999999999999.999999999", "1e", "", "5", "7"]);
    let micros = vec![i64::MIN, -1, 0, 1, 1_700_000_000_000_001, i64::MAX, 42];
    let columns = [
        ("i", Kind::Int64, Values::Int64(vec![i64::MIN, -1, 0, 1, (1 << 53) + 1, i64::MAX, 12_345])),
        ("f", Kind::Float64, Values::Float64(floats)),
        ("t", Kind::Text, Values::Text(var.clone())),
        ("b", Kind::Boolean, Values::Bits(vec![0b1101_0110])),
        ("y", Kind::Bytes, Values::Bytes(raw.clone())),
        ("d", Kind::Date, Values::Days(vec![i32::MIN, -1, 0, 1, 20_000, i32::MAX, 7])),
        ("ti", Kind::Time, Values::Micros(vec![0, 1, 86_399_999_999, 3, 4, 5, 6])),
        ("dt", Kind::DateTime, Values::Micros(micros.clone())),
        ("ts", Kind::Timestamp, Values::Micros(micros)),
        ("de", Kind::Decimal, Values::Text(decimals)),
        ("j", Kind::Json, Values::Text(texts(&["{\"a\":[1,null]}", "null", "\"x\"", "1e400", "{}", "[]", ""]))),
        ("o", Kind::Other, Values::Text(var)),
        ("not utf-8", Kind::Other, Values::Text(raw)),
        ("gaps", Kind::Bytes, Values::Bytes(gaps)),
    ];
    let infos = columns.iter().map(|(name, kind, _)| info(name, *kind)).collect();
    let column = |(at, (_, _, values)): (usize, (_, _, Values))| {
        let validity = if at % 5 == 4 { Vec::new() } else { seven.clone() };
        Column { validity, values }
    };
    (infos, Batch { rows: 7, columns: columns.into_iter().enumerate().map(column).collect() })
}

/// Doubles by their bits, so that no two are confused.
fn exactly(batch: &Batch) -> String {
    let column = |column: &Column| match &column.values {
        Values::Float64(values) => format!("{:x?}", values.iter().map(|value| value.to_bits()).collect::<Vec<_>>()),
        values => format!("{values:?}"),
    };
    let columns: Vec<_> = batch.columns.iter().map(|of| (column(of), &of.validity)).collect();
    format!("{} {columns:?}", batch.rows)
}

#[tokio::test]
async fn every_value_comes_back_bit_for_bit() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("odd.transcript.jsonl");
    let (columns, batch) = odd();
    let empty = Batch {
        rows: 0,
        columns: batch
            .columns
            .iter()
            .map(|column| Column {
                validity: Vec::new(),
                values: match &column.values {
                    Values::Int64(_) => Values::Int64(Vec::new()),
                    Values::Float64(_) => Values::Float64(Vec::new()),
                    Values::Bits(_) => Values::Bits(Vec::new()),
                    Values::Days(_) => Values::Days(Vec::new()),
                    Values::Micros(_) => Values::Micros(Vec::new()),
                    Values::Text(_) => Values::Text(texts(&[])),
                    Values::Bytes(_) => Values::Bytes(texts(&[])),
                },
            })
            .collect(),
    };
    let reading = vec![Does::Hands(batch.clone()), Does::Hands(empty.clone())];
    let sql = "SELECT *\n\tFROM games -- \"all\"";
    let source = Scripted::of([(sql, Script { columns: columns.clone(), reading, ..Script::default() })]);
    let read = async |capability: &mut QueryCapability| {
        let mut cursor = capability.open("a".to_owned(), sql.to_owned(), Vec::new()).await.unwrap();
        assert_eq!(cursor.columns(), columns);
        let mut batches = Vec::new();
        while let Some(batch) = capability.next(&mut cursor, 100).await.unwrap() {
            batches.push(exactly(&batch));
        }
        batches
    };
    let (seen, _) = recorded(&path, &source, 1, read).await;
    assert_eq!(seen, [exactly(&batch), exactly(&empty)]);

    let transcript = Transcript::read(&path).unwrap();
    let asked = &transcript.queries[0];
    assert_eq!((asked.sql.as_str(), asked.source.as_str(), asked.request), (sql, "a", Request::Open));
    let replay = Replay::new(Arc::new(transcript));
    assert_eq!(replayed(&replay, read).await.0, seen);
    assert_eq!(replay.finish(), Ok(()));
}

#[tokio::test]
async fn every_parameter_comes_back_in_order() {
    let values = vec![
        Value::Null(Kind::Date),
        Value::Boolean(true),
        Value::Int64(i64::MIN),
        Value::Float64(-0.0),
        Value::Float64(f64::INFINITY),
        Value::Text("it's \u{0}\n".to_owned()),
        Value::Bytes(vec![0, 255]),
        Value::Date(-1),
        Value::DateTime(1_700_000_000_000_001),
        Value::Timestamp(-1),
        Value::Decimal("-1.50".to_owned()),
        Value::Int64Array(vec![i64::MAX, 0]),
        Value::Float64Array(vec![0.1, f64::NEG_INFINITY]),
        Value::TextArray(vec![String::new(), "x".to_owned()]),
        Value::DateArray(vec![20_000]),
        Value::TimestampArray(Vec::new()),
    ];
    // From the last name to the first: the order is the guest's.
    let params: Vec<_> =
        values.into_iter().enumerate().map(|(at, value)| Param { name: format!("p{:02}", 99 - at), value }).collect();
    let sql = format!("SELECT {}", params.iter().map(|p| format!("@{}", p.name)).collect::<Vec<_>>().join(", "));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("params.transcript.jsonl");
    let draft = Arc::new(Draft::create(&path, &header(&[])).unwrap());
    let source = Scripted::of([(sql.as_str(), Script::default())]);
    let recording = Recording::new("a".parse().unwrap(), source, draft.clone());
    recording.estimate(read_statement(&sql, params.clone()).unwrap()).await.unwrap();
    draft.finish(&concluded()).unwrap();

    let transcript = Transcript::read(&path).unwrap();
    let asked = &transcript.queries[0];
    assert_eq!((&asked.params, asked.request), (&params, Request::Estimate));
    assert_eq!(asked.steps, [Step::Estimate(Estimate::default())]);
    assert!(matches!(&asked.params[3].value, Value::Float64(zero) if zero.is_sign_negative()));
    let replay = Replay::new(Arc::new(transcript));
    let statement = read_statement(&sql, params).unwrap();
    assert_eq!(replay.source("a".parse().unwrap()).estimate(statement).await, Ok(Estimate::default()));
}

#[test]
fn header_and_conclusion_come_back() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run.transcript.jsonl");
    let header =
        Header { limits: limits().lowered(&[LimitRequest { name: LimitName::Fuel, value: 5 }]), ..header(&["email"]) };
    let finding = FindingDraft {
        severity: Some(Severity::Critical),
        subject: Subject { table: Some("games".to_owned()), date: Some("2026-01-18".to_owned()), ..Subject::default() },
        observed: Some(Measure::Number(f64::INFINITY)),
        expected: Some(Measure::Text("some".to_owned())),
        unit: Some("rows".to_owned()),
        affected: Some(u64::MAX),
        samples: vec![vec![Cell { name: "id".to_owned(), value: None }], Vec::new()],
        remediation: Some("backfill".to_owned()),
        attributes: vec![Attribute { key: "k".to_owned(), value: "v".to_owned() }],
        ..FindingDraft::bare("too few")
    };
    let concluded = Concluded {
        conclusion: Conclusion {
            status: Status::Error,
            reason: Some(Reason::QueryFailed),
            hint: Some("h".to_owned()),
            detail: Some("a\nb".to_owned()),
            examined: None,
            partial: true,
            ..concluded().conclusion
        },
        findings: vec![Finding { severity: Severity::High, draft: finding }],
        metrics: vec![Metric { name: "m".to_owned(), value: -0.5, unit: None, attributes: Vec::new() }],
        logs: vec![LogLine { level: LogLevel::Warn, message: "odd".to_owned() }],
        unresolved: vec![Problem::new(ProblemCode::Denied, "no").with_hint("grant it").retryable()],
        usage: Usage {
            fuel: u64::MAX,
            guest_cpu: Duration::from_nanos(1_234_567_891),
            host_time: Duration::from_micros(7),
            peak_memory: 65_536,
            queries: 1,
            rows: 2,
            bytes: 3,
            engine: Some("e".to_owned()),
            findings_dropped: 4,
            metrics_dropped: 5,
            log_lines_dropped: 6,
        },
        redaction: Some(RedactionTally { values: 9, original_params: 1, pseudonym_params: 2, complete: false }),
    };
    Draft::create(&path, &header).unwrap().finish(&concluded).unwrap();
    let transcript = Transcript::read(&path).unwrap();
    assert_eq!(transcript.concluded, concluded);
    let Header { limits, context, settings, .. } = &transcript.header;
    assert_eq!((limits, context, settings), (&header.limits, &header.context, &header.settings));
    // Patterns know no equality; their text says all.
    assert_eq!(format!("{:?}", transcript.header), format!("{header:?}"));
}
