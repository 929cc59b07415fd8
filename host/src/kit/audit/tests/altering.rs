//! What each injection makes of an answer.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::sync::Semaphore;

use super::memory::{Memory, NULL, SQL, WIDE, info, injecting, injection, read, read_by, shape, statement};
use crate::capability::{Grant, Grants, QueryCapability, SourceHandle};
use crate::clock;
use crate::kit::audit::alteration::{first_float, print, retyped};
use crate::kit::audit::{Application, Bounds, InjectionKind, Injector, Observation, injections_for};
use crate::model::{
    Batch, Column, ColumnInfo, Kind, LimitName, LimitRequest, Limits, Problem, ProblemCode, Values, VarData,
};
use crate::source::{Cost, Source, TableName};

/// A column of a kind: four values, one of them null, and what they are once their type has changed.
struct Kinded {
    name: &'static str,
    kind: Kind,
    values: [&'static str; 4],
    new: Kind,
    new_values: [&'static str; 4],
}

const fn kinded(
    name: &'static str,
    kind: Kind,
    values: [&'static str; 4],
    new: Kind,
    new_values: [&'static str; 4],
) -> Kinded {
    Kinded { name, kind, values, new, new_values }
}

/// One of every kind.
const KINDS: [Kinded; 12] = [
    kinded("int64", Kind::Int64, ["1", NULL, "-3", "4"], Kind::Text, ["1", NULL, "-3", "4"]),
    kinded("float64", Kind::Float64, ["1.5", NULL, "NaN", "-inf"], Kind::Text, ["1.5", NULL, "NaN", "-inf"]),
    kinded("text", Kind::Text, ["ä", NULL, "bcd", ""], Kind::Int64, ["1", NULL, "3", "0"]),
    kinded("boolean", Kind::Boolean, ["true", NULL, "false", "true"], Kind::Text, ["true", NULL, "false", "true"]),
    kinded("bytes", Kind::Bytes, ["00ff", NULL, "", "01"], Kind::Text, ["AP8=", NULL, "", "AQ=="]),
    kinded(
        "date",
        Kind::Date,
        ["20474", NULL, "0", "-2147483648"],
        Kind::Text,
        ["2026-01-21", NULL, "1970-01-01", "-2147483648"],
    ),
    kinded(
        "time",
        Kind::Time,
        ["45000000001", NULL, "0", "86399999999"],
        Kind::Text,
        ["12:30:00.000001", NULL, "00:00:00", "23:59:59.999999"],
    ),
    kinded(
        "datetime",
        Kind::DateTime,
        ["1768998600000000", NULL, "0", "-1"],
        Kind::Text,
        ["2026-01-21 12:30:00", NULL, "1970-01-01 00:00:00", "1969-12-31 23:59:59.999999"],
    ),
    kinded(
        "timestamp",
        Kind::Timestamp,
        ["1768998600000000", NULL, "0", "9223372036854775807"],
        Kind::Text,
        ["2026-01-21 12:30:00+00", NULL, "1970-01-01 00:00:00+00", "9223372036854775807"],
    ),
    kinded("decimal", Kind::Decimal, ["1.50", NULL, "-2", "0"], Kind::Text, ["1.50", NULL, "-2", "0"]),
    kinded(
        "json",
        Kind::Json,
        [r#"{"a":1}"#, NULL, "[1]", r#""x""#],
        Kind::Json,
        [r#""{\"a\":1}""#, NULL, r#""[1]""#, r#""\"x\"""#],
    ),
    kinded("other", Kind::Other, ["1-2", NULL, "P1D", "ö"], Kind::Int64, ["3", NULL, "3", "1"]),
];

/// All of them side by side, in batches of three rows and one.
fn every_kind() -> Arc<Memory> {
    let columns: Vec<_> = KINDS.iter().map(|column| (column.name, column.kind, column.values.as_slice())).collect();
    Memory::new(&columns, &[3, 1])
}

/// How an answer may be read: rows and bytes of a batch.
const WAYS: [(u32, u64); 5] = [(8_192, 4 << 20), (1, 1), (2, 4 << 20), (3, 200), (8_192, 1)];

#[tokio::test]
async fn nothing_is_done_to_the_columns_beside() {
    let memory = every_kind();
    let plain = read(memory.as_ref()).await;
    for Kinded { name, .. } in KINDS {
        for kind in InjectionKind::ALL.into_iter().filter(|kind| kind.takes_column()) {
            let (_, source) = injecting(&memory, kind, name).await;
            let read = read(&source).await;
            for other in KINDS.iter().map(|column| column.name).filter(|other| *other != name) {
                assert_eq!(read.column(other), plain.column(other), "{kind}({name})");
            }
        }
    }
}

#[tokio::test]
async fn values_of_every_kind_become_null() {
    let memory = every_kind();
    for Kinded { name, values, .. } in KINDS {
        for (rows_max, bytes_max) in WAYS {
            let (injector, source) = injecting(&memory, InjectionKind::Nulls, name).await;
            let read = read_by(&source, rows_max, bytes_max).await;
            assert_eq!(read.column(name), [NULL; 4].join(" "), "{name}");
            assert!(injector.applied());

            let (injector, source) = injecting(&memory, InjectionKind::NullFirstRow, name).await;
            let read = read_by(&source, rows_max, bytes_max).await;
            assert_eq!(read.column(name), [NULL, NULL, values[2], values[3]].join(" "), "{name}");
            assert!(injector.applied());
        }
    }
}

#[tokio::test]
async fn a_column_that_becomes_null_is_announced_as_one_that_may() {
    let columns: [(&str, Kind, &[&str]); 2] = [("a", Kind::Int64, &["1", "2"]), ("b", Kind::Text, &["x", "y"])];
    let memory = Memory::new(&columns, &[2]);
    for (kind, expected) in [(InjectionKind::Nulls, [NULL; 2]), (InjectionKind::NullFirstRow, [NULL, "y"])] {
        let (_, source) = injecting(&memory, kind, "b").await;
        let read = read(&source).await;
        assert_eq!(read.columns, [info("a", Kind::Int64, false), info("b", Kind::Text, true)]);
        assert_eq!((read.column("a").as_str(), read.column("b")), ("1 2", expected.join(" ")));
    }
}

#[tokio::test]
async fn a_null_holds_what_sources_hold_there() {
    let memory = every_kind();
    for (place, Kinded { name, .. }) in KINDS.iter().enumerate() {
        for kind in [InjectionKind::Nulls, InjectionKind::NullFirstRow] {
            let (_, source) = injecting(&memory, kind, name).await;
            let mut answer = source.query(statement(SQL)).await.unwrap();
            let batch = answer.next(1, 4 << 20).await.unwrap().unwrap();
            let nothing = match &batch.columns[place].values {
                Values::Int64(values) | Values::Micros(values) => *values == [0],
                Values::Float64(values) => *values == [0.0],
                Values::Days(values) => *values == [0],
                Values::Bits(bits) => *bits == [0],
                Values::Text(data) | Values::Bytes(data) => data.bytes.is_empty(),
            };
            assert!(nothing, "{kind}({name}): {:?}", batch.columns[place]);
        }
    }
}

#[test]
fn what_a_null_happens_to_hold_does_not_count() {
    let present = |rows: u8, values| Column { validity: vec![rows], values };
    let holding = present(0b10, Values::Float64(vec![f64::NAN, 1.0]));
    let changed = first_float(&holding, 2, f64::NAN).unwrap();
    assert!(changed.validity.is_empty(), "a null is no NaN");

    let days = |first| Batch { rows: 2, columns: vec![present(0b10, Values::Days(vec![first, 7]))] };
    assert_eq!(print(&days(1), 0), print(&days(2), 0));
    assert_ne!(print(&days(1), 0), print(&days(1), 1));

    let text = VarData { offsets: vec![0, 2, 3], bytes: b"abc".to_vec() };
    let retyped = retyped(Kind::Decimal, &present(0b10, Values::Text(text)), 2);
    let expected = VarData { offsets: vec![0, 0, 1], bytes: b"c".to_vec() };
    assert_eq!(retyped, present(0b10, Values::Text(expected)));
}

#[test]
fn rows_are_told_apart_column_by_column() {
    let row = |one: &str, other: &str| {
        let column = |text: &str| {
            let data = VarData { offsets: vec![0, u32::try_from(text.len()).unwrap()], bytes: text.into() };
            Column { validity: Vec::new(), values: Values::Text(data) }
        };
        print(&Batch { rows: 1, columns: vec![column(one), column(other)] }, 0)
    };
    assert_eq!(row("ab", "c"), row("ab", "c"));
    assert_ne!(row("ab", "c"), row("a", "bc"));
    assert_ne!(row("\0\0", ""), row("", "\0\0"));
}

#[tokio::test]
async fn a_double_of_the_first_row_is_none_or_infinite() {
    for (kind, expected) in
        [(InjectionKind::Nan, "NaN"), (InjectionKind::Infinity, "inf"), (InjectionKind::NegativeInfinity, "-inf")]
    {
        for first in ["1.5", NULL] {
            let memory = Memory::new(&[("f", Kind::Float64, &[first, NULL, "2", "-0.5"])], &[1, 3]);
            for (rows_max, bytes_max) in WAYS {
                let (injector, source) = injecting(&memory, kind, "f").await;
                let read = read_by(&source, rows_max, bytes_max).await;
                assert_eq!(read.column("f"), format!("{expected} {NULL} 2 -0.5"), "{kind}");
                assert!(injector.applied());
            }
        }
        let same = Memory::new(&[("f", Kind::Float64, &[expected, "1"])], &[2]);
        let (injector, source) = injecting(&same, kind, "f").await;
        read(&source).await;
        assert_eq!(injector.application(), Application::NothingToChange, "{kind}");
    }
    let negative = Column { validity: Vec::new(), values: Values::Float64(vec![-f64::NAN]) };
    assert_eq!(first_float(&negative, 1, f64::NAN), None, "every NaN is one");
}

#[tokio::test]
async fn a_column_of_every_kind_is_gone() {
    let memory = every_kind();
    for Kinded { name, .. } in KINDS {
        for (rows_max, bytes_max) in WAYS {
            let (injector, source) = injecting(&memory, InjectionKind::MissingColumn, name).await;
            let read = read_by(&source, rows_max, bytes_max).await;
            let others: Vec<_> = KINDS.iter().map(|column| column.name).filter(|other| *other != name).collect();
            assert_eq!(read.names(), others);
            assert_eq!(read.rows.len(), 4);
            assert!(injector.applied());
        }
    }
    let (injector, source) = injecting(&Memory::numbers(2), InjectionKind::MissingColumn, "n").await;
    assert_eq!(read(&source).await.rows, [[""; 0]; 2], "rows of nothing");
    assert!(injector.applied());
}

#[tokio::test]
async fn a_column_of_every_kind_is_of_another_type() {
    let memory = every_kind();
    for Kinded { name, kind, new, new_values, .. } in KINDS {
        let type_name = match new {
            Kind::Text => "STRING",
            Kind::Int64 => "INT64",
            _ => "JSON",
        };
        for (rows_max, bytes_max) in WAYS {
            let (injector, source) = injecting(&memory, InjectionKind::ChangedType, name).await;
            let read = read_by(&source, rows_max, bytes_max).await;
            let place = read.names().iter().position(|other| *other == name).unwrap();
            let announced = ColumnInfo { kind: new, type_name: type_name.to_owned(), ..info(name, kind, true) };
            assert_eq!(read.columns[place], announced);
            let got: Vec<_> = read.rows.iter().map(|row| row[place].as_str()).collect();
            assert_eq!(got, new_values, "{name}");
            assert!(injector.applied());
        }
    }
}

#[tokio::test]
async fn each_row_comes_twice() {
    let memory = every_kind();
    let plain = read(memory.as_ref()).await;
    for (rows_max, bytes_max) in WAYS {
        let (injector, source) = injecting(&memory, InjectionKind::DuplicateRows, "").await;
        let twice: Vec<_> = plain.rows.iter().flat_map(|row| [row.clone(), row.clone()]).collect();
        assert_eq!(read_by(&source, rows_max, bytes_max).await.rows, twice);
        assert!(injector.applied());
    }
    for (rows, expected) in [(1, Application::NotReached), (2, Application::Applied)] {
        let (injector, source) = injecting(&memory, InjectionKind::DuplicateRows, "").await;
        source.query(statement(SQL)).await.unwrap().next(rows, 4 << 20).await.unwrap();
        assert_eq!(injector.application(), expected, "the first row alone is as it was");
    }
}

#[tokio::test]
async fn the_last_row_comes_first() {
    let memory = every_kind();
    let mut plain = read(memory.as_ref()).await.rows;
    plain.reverse();
    for (rows_max, bytes_max) in WAYS {
        let (injector, source) = injecting(&memory, InjectionKind::ReorderedRows, "").await;
        assert_eq!(read_by(&source, rows_max, bytes_max).await.rows, plain);
        assert!(injector.applied());
    }
    // The first two rows are as they were, and the check that reads no further meets nothing.
    let memory = Memory::new(&[("n", Kind::Int64, &["1", "1", "2", "3", "1", "1"])], &[6]);
    for (rows, expected) in [(2, Application::NotReached), (3, Application::Applied)] {
        let (injector, source) = injecting(&memory, InjectionKind::ReorderedRows, "").await;
        source.query(statement(SQL)).await.unwrap().next(rows, 1_000).await.unwrap();
        assert_eq!(injector.application(), expected, "{rows}");
    }
    for values in [["NaN", NULL, "NaN"], ["1", "1", "1"]] {
        let (injector, source) =
            injecting(&Memory::new(&[("f", Kind::Float64, &values)], &[2, 1]), InjectionKind::ReorderedRows, "").await;
        assert_eq!(read(&source).await.column("f"), values.join(" "));
        assert_eq!(injector.application(), Application::NothingToChange, "the same from both ends");
    }
}

#[tokio::test]
async fn an_answer_ends_or_breaks_off_after_half_of_its_rows() {
    let all = |rows: usize| (0..rows).map(|row| vec![row.to_string()]).collect::<Vec<_>>();
    for (rows, left) in [(2, 1), (3, 2), (4, 2), (9, 5), (10_000, 5_000)] {
        for (rows_max, bytes_max) in [(8_192, 4 << 20), (1, 1), (7, 30)] {
            let memory = Memory::numbers(rows);
            let (injector, source) = injecting(&memory, InjectionKind::Truncated, "").await;
            let read = read_by(&source, rows_max, bytes_max).await;
            assert_eq!((read.rows, read.problem), (all(left), None), "{rows} rows");
            assert!(injector.applied());

            let (injector, source) = injecting(&memory, InjectionKind::ErrorMidway, "").await;
            let read = read_by(&source, rows_max, bytes_max).await;
            let problem = read.problem.unwrap();
            assert_eq!((read.rows, problem.code, problem.retryable), (all(left), ProblemCode::Failed, true), "{rows}");
            assert!(injector.applied());
        }
    }
    for rows in [0, 1] {
        let memory = Memory::numbers(rows);
        let (injector, source) = injecting(&memory, InjectionKind::ErrorMidway, "").await;
        let read = read(&source).await;
        let problem = Problem::new(ProblemCode::Failed, "the audit breaks the answer off here").retryable();
        assert_eq!((read.rows, read.problem), (all(rows), Some(problem)), "before the end is told");
        assert!(injector.applied());

        let (injector, source) = injecting(&memory, InjectionKind::Truncated, "").await;
        assert_eq!(super::memory::read(&source).await.rows, all(rows));
        assert_eq!(injector.application(), Application::NothingToChange);
    }
}

#[tokio::test]
async fn a_break_is_met_only_by_who_reads_that_far() {
    for kind in [InjectionKind::ErrorMidway, InjectionKind::Truncated, InjectionKind::SlowMidway] {
        let (injector, source) = injecting(&Memory::numbers(4), kind, "").await;
        let mut answer = source.query(statement(SQL)).await.unwrap();
        assert_eq!(answer.next(2, 1_000).await.unwrap().unwrap().rows, 2);
        assert_eq!(injector.application(), Application::NotReached, "{kind}");
    }
    let (injector, source) = injecting(&Memory::numbers(4), InjectionKind::ErrorMidway, "").await;
    let mut answer = source.query(statement(SQL)).await.unwrap();
    assert_eq!(answer.next(8_192, 1_000).await.unwrap().unwrap().rows, 2);
    let first = answer.next(8_192, 1_000).await.unwrap_err();
    assert_eq!(answer.next(8_192, 1_000).await.unwrap_err(), first, "what is broken stays broken");
    assert!(injector.applied());
}

#[tokio::test]
async fn an_empty_result_has_its_columns() {
    let memory = every_kind();
    let (injector, source) = injecting(&memory, InjectionKind::EmptyResult, "").await;
    let emptied = read(&source).await;
    assert_eq!((emptied.names(), emptied.rows.len()), (KINDS.map(|column| column.name).to_vec(), 0));
    assert!(injector.applied());

    let (injector, source) = injecting(&Memory::numbers(0), InjectionKind::EmptyResult, "").await;
    assert_eq!(read(&source).await.rows.len(), 0);
    assert_eq!(injector.application(), Application::NothingToChange);
}

#[tokio::test]
async fn an_error_that_may_be_tried_again_goes_away() {
    let memory = Memory::numbers(3);
    let (injector, source) = injecting(&memory, InjectionKind::ErrorRetryable, "").await;
    let problem = read(&source).await.problem.unwrap();
    assert_eq!((problem.code, problem.retryable), (ProblemCode::Unavailable, true));
    assert!(injector.applied());
    assert_eq!(injector.answered_again(), 0);
    let mut half = source.query(statement(SQL)).await.unwrap();
    half.next(1, 1_000).await.unwrap();
    assert_eq!(injector.answered_again(), 0, "the end is part of an answer");
    assert_eq!(read(&source).await.column("n"), "0 1 2");
    assert!(injector.answered_again() > 0);
}

#[tokio::test]
async fn a_permanent_error_stays_and_other_requests_are_answered() {
    let memory = Memory::numbers(3);
    let (injector, source) = injecting(&memory, InjectionKind::ErrorPermanent, "").await;
    for _ in 0..3 {
        let problem = read(&source).await.problem.unwrap();
        assert_eq!((problem.code, problem.retryable), (ProblemCode::Failed, false));
    }
    assert!(source.query(statement("SELECT 1 FROM t")).await.is_ok());
    assert!(source.estimate(statement(SQL)).await.is_ok(), "an estimate is another request");
    let other = injector.source("other", memory.clone());
    assert_eq!(read(&other).await.rows.len(), 3, "so is that of another source");
    assert_eq!(injector.answered_again(), 0);
}

#[tokio::test]
async fn estimates_fail_and_are_made_again() {
    let memory = Memory::numbers(3);
    let observation = Observation::new();
    observation.source("s", memory.clone()).estimate(statement(SQL)).await.unwrap();
    let shape = observation.shapes().remove(0);
    for kind in [InjectionKind::ErrorRetryable, InjectionKind::ErrorPermanent] {
        let injector = Injector::new(&shape, injection(kind, ""), WIDE);
        let source = injector.source("s", memory.clone());
        source.estimate(statement(SQL)).await.unwrap_err();
        let again = source.estimate(statement(SQL)).await;
        let lasts = kind == InjectionKind::ErrorPermanent;
        assert_eq!((again.is_err(), injector.answered_again()), (lasts, u32::from(!lasts)));
    }
}

#[tokio::test]
async fn only_the_query_that_is_meant_is_touched() {
    let memory = Memory::numbers(4);
    let observation = Observation::new();
    let plain = observation.source("s", memory.clone());
    let first = "SELECT n FROM first";
    plain.query(statement(first)).await.unwrap();
    read(&plain).await;
    let shape = observation.shapes().remove(1);
    let injector = || Injector::new(&shape, injection(InjectionKind::Truncated, ""), WIDE);

    let meant = injector();
    let source = meant.source("s", memory.clone());
    assert_eq!(meant.application(), Application::NotAsked);
    source.query(statement(first)).await.unwrap();
    assert_eq!(meant.application(), Application::NotAsked);
    assert_eq!(read(&source).await.column("n"), "0 1");
    assert!(meant.applied());
    assert_eq!(read(&source).await.column("n"), "0 1 2 3", "the third is another query");
    assert_eq!(source.table(&TableName::new(vec!["T".to_owned()])).to_string(), "own");
    assert_eq!(source.tables().await.unwrap()[0].made_of, "memory");

    let early = injector();
    let source = early.source("s", memory.clone());
    assert_eq!(read(&source).await.column("n"), "0 1 2 3", "the statement is right and the number is not");
    assert_eq!(early.application(), Application::NotAsked);
    let mut answer = source.query(statement(first)).await.unwrap();
    assert_eq!(answer.next(8_192, 1_000).await.unwrap().unwrap().rows, 4);
    assert_eq!(early.application(), Application::AskedOtherwise, "the number is right and the statement is not");
}

#[tokio::test]
async fn an_answer_longer_than_the_bounds_passes_as_it_is() {
    let memory = Memory::numbers(10_000);
    let plain = read(memory.as_ref()).await.rows;
    let shape = shape(&memory).await;
    for (bounds, applied) in [
        (Bounds { rows: 10_000, bytes: 80_000 }, true),
        (Bounds { rows: 9_999, bytes: 80_000 }, false),
        (Bounds { rows: 10_000, bytes: 79_999 }, false),
        (Bounds { rows: 1, bytes: 1 }, false),
    ] {
        for kind in [InjectionKind::Truncated, InjectionKind::ReorderedRows, InjectionKind::ErrorMidway] {
            let injector = Injector::new(&shape, injection(kind, ""), bounds);
            let read = read_by(&injector.source("s", memory.clone()), 5_000, 4 << 20).await;
            let expected = if applied { Application::Applied } else { Application::TooLong };
            assert_eq!(injector.application(), expected, "{kind} {bounds:?}");
            assert_eq!(
                (read.rows == plain, read.problem.is_none()),
                (!applied, !applied || kind != InjectionKind::ErrorMidway)
            );
        }
    }
    let limits = Limits::resolve(&[], &[LimitRequest { name: LimitName::Rows, value: 9 }]);
    assert_eq!(Bounds::of(&limits), Bounds { rows: 9, bytes: limits.get(LimitName::BytesIn) });
}

#[tokio::test]
async fn a_problem_of_the_source_is_passed_on() {
    let memory = Memory::numbers(3);
    let gone = Problem::new(ProblemCode::Unavailable, "gone");
    let breaking = memory.breaking(gone.clone());
    let shape = shape(&memory).await;
    for injection in injections_for(&shape).into_iter().filter(|injection| !injection.kind().is_told()) {
        let injector = Injector::new(&shape, injection.clone(), WIDE);
        let read = read(&injector.source("s", breaking.clone())).await;
        let emptied = injection.kind() == InjectionKind::EmptyResult;
        assert_eq!(read.problem, (!emptied).then(|| gone.clone()), "{injection}");
    }
}

#[tokio::test]
async fn a_column_that_is_not_there_is_left_alone() {
    let memory = Memory::numbers(3);
    for kind in InjectionKind::ALL.into_iter().filter(|kind| kind.takes_column()) {
        let (injector, source) = injecting(&memory, kind, "N").await;
        assert_eq!(read(&source).await.column("n"), "0 1 2", "{kind}");
        assert_eq!(injector.application(), Application::NothingToChange, "{kind}");
    }
}

#[tokio::test]
async fn the_cost_is_that_of_the_source() {
    let (_, source) = injecting(&Memory::numbers(3), InjectionKind::DuplicateRows, "").await;
    let answer = source.query(statement(SQL)).await.unwrap();
    assert_eq!(answer.cost(), Cost { billed_bytes: Some(11), cache_hit: true });
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_never_comes_ends_by_being_dropped() {
    let memory = Memory::numbers(4);
    let (injector, source) = injecting(&memory, InjectionKind::SlowAnswer, "").await;
    let day = Duration::from_secs(86_400);
    assert!(tokio::time::timeout(day, source.query(statement(SQL))).await.is_err());
    assert!(injector.applied());
    assert_eq!(memory.queries.load(Ordering::Relaxed), 1, "only the plain run asked the source");

    let (injector, source) = injecting(&memory, InjectionKind::SlowMidway, "").await;
    let mut answer = source.query(statement(SQL)).await.unwrap();
    assert_eq!(answer.next(8_192, 1_000).await.unwrap().unwrap().rows, 2);
    assert!(!injector.applied());
    assert!(tokio::time::timeout(day, answer.next(8_192, 1_000)).await.is_err());
    assert!(injector.applied());
    assert_eq!(memory.open.load(Ordering::Relaxed), 1);
    drop(answer);
    assert_eq!(memory.open.load(Ordering::Relaxed), 0, "the query is over");
}

#[tokio::test(start_paused = true)]
async fn the_deadline_of_the_query_ends_an_answer_that_never_comes() {
    let asked = [LimitRequest { name: LimitName::QueryDeadline, value: 250 }];
    let limits = Limits::resolve(&[], &asked);
    for (kind, rows) in [(InjectionKind::SlowAnswer, 0), (InjectionKind::SlowMidway, 2)] {
        let memory = Memory::numbers(4);
        let (injector, source) = injecting(&memory, kind, "").await;
        let handle = SourceHandle { source: Arc::new(source), slots: Arc::new(Semaphore::new(1)) };
        let grant = Grant { name: "s".parse().unwrap(), handle, tables: vec!["**".parse().unwrap()] };
        let began = clock::monotonic();
        let mut query = QueryCapability::new(Grants::new(vec![grant]), limits.clone(), began + Duration::from_secs(60));
        let problem = match query.open("s".into(), SQL.into(), Vec::new()).await {
            Err(problem) => problem,
            Ok(mut cursor) => {
                assert_eq!(query.next(&mut cursor, 8_192).await.unwrap().unwrap().rows, 2);
                query.next(&mut cursor, 8_192).await.unwrap_err()
            }
        };
        assert_eq!((problem.code, began.elapsed().as_millis()), (ProblemCode::Deadline, 250), "{kind}");
        assert_eq!(query.spent().1, rows);
        assert_eq!(query.into_unresolved(), [problem], "the check cannot pass over it");
        assert!(injector.applied());
        assert_eq!(memory.open.load(Ordering::Relaxed), 0, "nobody waits any more");
    }
}
