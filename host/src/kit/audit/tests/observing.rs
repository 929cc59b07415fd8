//! What a plain run shows, and what can be done to it.

use std::sync::atomic::Ordering;

use super::memory::{Memory, NULL, SQL, info, read, shape, statement};
use crate::kit::audit::{
    Answer, Asked, ColumnShape, Injection, InjectionKind, Observation, Shape, UnknownInjection, injections_for,
};
use crate::model::{Kind, Param, Problem, ProblemCode, Value};
use crate::source::gate::read_statement;
use crate::source::{Cost, Source, TableName};

fn offered(shape: &Shape) -> Vec<String> {
    injections_for(shape).iter().map(ToString::to_string).collect()
}

#[tokio::test]
async fn a_plain_run_shows_its_queries_in_order_over_all_sources() {
    let observation = Observation::new();
    let memory =
        Memory::new(&[("a", Kind::Text, &[NULL, "x", NULL]), ("b", Kind::Float64, &["1.5", NULL, "2"])], &[2, 1]);
    let one = observation.source("one", memory.clone());
    let two = observation.source("two", memory.clone());
    assert_eq!(read(&one).await.rows, read(memory.as_ref()).await.rows, "nothing is changed");
    assert_eq!(two.estimate(statement("SELECT a FROM t")).await.unwrap().rows, Some(7));
    let params = vec![Param { name: "x".to_owned(), value: Value::Int64(5) }];
    let mut answer = one.query(read_statement("SELECT @x FROM t", params.clone()).unwrap()).await.unwrap();
    assert_eq!(answer.next(1, 1_000).await.unwrap().unwrap().rows, 1);
    assert_eq!(answer.cost(), Cost { billed_bytes: Some(11), cache_hit: true });
    let gone = Problem::new(ProblemCode::Unavailable, "gone");
    let breaking = observation.source("three", memory.breaking(gone.clone()));
    assert_eq!(read(&breaking).await.problem, Some(gone.clone()));

    let shapes = observation.shapes();
    let asked = |number, source: &str, sql: &str| Asked { number, source: source.into(), sql: sql.into() };
    let names: Vec<_> = shapes.iter().map(|shape| shape.asked.clone()).collect();
    assert_eq!(
        names,
        [
            asked(1, "one", SQL),
            asked(2, "two", "SELECT a FROM t"),
            asked(3, "one", "SELECT @x FROM t"),
            asked(4, "three", SQL)
        ]
    );
    let column = |name, kind, nulls, first_null| ColumnShape { info: info(name, kind, true), nulls, first_null };
    let columns = vec![column("a", Kind::Text, 2, true), column("b", Kind::Float64, 1, false)];
    assert_eq!(shapes[0].answer, Answer::Rows { columns, rows: 3, ended: true });
    assert_eq!(shapes[1].answer, Answer::Estimate);
    let columns = vec![column("a", Kind::Text, 1, true), column("b", Kind::Float64, 0, false)];
    assert_eq!(shapes[2].answer, Answer::Rows { columns, rows: 1, ended: false });
    assert_eq!(shapes[2].params, params);
    assert_eq!(shapes[3].answer, Answer::Problem(gone));
    assert_eq!(one.table(&TableName::new(vec!["T".to_owned()])).to_string(), "own");
    assert_eq!(one.tables().await.unwrap()[0].made_of, "memory");
}

#[tokio::test]
async fn a_query_that_never_came_back_is_noted() {
    let observation = Observation::new();
    let source = observation.source("s", std::sync::Arc::new(Never));
    tokio::time::timeout(std::time::Duration::ZERO, source.query(statement(SQL))).await.map(drop).unwrap_err();
    assert_eq!(observation.shapes()[0].answer, Answer::Nothing);
    assert_eq!(offered(&observation.shapes()[0]), [""; 0]);
}

#[derive(Debug)]
struct Never;

#[async_trait::async_trait]
impl Source for Never {
    async fn query(&self, _: crate::source::ReadStatement) -> Result<Box<dyn crate::source::Rows>, Problem> {
        std::future::pending().await
    }

    async fn estimate(&self, _: crate::source::ReadStatement) -> Result<crate::source::Estimate, Problem> {
        std::future::pending().await
    }

    async fn tables(&self) -> Result<Vec<crate::source::TableListing>, Problem> {
        std::future::pending().await
    }
}

#[tokio::test]
async fn what_fits_an_answer_is_offered_and_nothing_else() {
    let whole = ["error_retryable", "error_permanent", "error_midway"];
    let slow = ["slow_answer", "slow_midway"];
    let none = shape(&Memory::numbers(0)).await;
    assert_eq!(offered(&none), [&whole[..], &slow].concat());

    let one = shape(&Memory::new(&[("f", Kind::Float64, &["1"]), ("n", Kind::Int64, &["1"])], &[1])).await;
    let middle = [
        "empty_result",
        "nulls(f)",
        "nulls(n)",
        "nan(f)",
        "infinity(f)",
        "negative_infinity(f)",
        "duplicate_rows",
        "missing_column(f)",
        "missing_column(n)",
        "changed_type(f)",
        "changed_type(n)",
    ];
    assert_eq!(offered(&one), [&whole[..], &middle, &slow].concat());

    // The second column of a name is not offered; nor what nulls have done already.
    let columns: [(&str, Kind, &[&str]); 4] = [
        ("first", Kind::Float64, &[NULL, "1"]),
        ("all", Kind::Date, &[NULL, NULL]),
        ("last", Kind::Text, &["x", NULL]),
        ("last", Kind::Int64, &["5", "6"]),
    ];
    let two = shape(&Memory::new(&columns, &[1, 1])).await;
    let middle = [
        "truncated",
        "empty_result",
        "nulls(first)",
        "nulls(last)",
        "null_first_row(last)",
        "nan(first)",
        "infinity(first)",
        "negative_infinity(first)",
        "duplicate_rows",
        "reordered_rows",
        "missing_column(first)",
        "missing_column(all)",
        "missing_column(last)",
        "changed_type(first)",
        "changed_type(last)",
    ];
    assert_eq!(offered(&two), [&whole[..], &middle, &slow].concat());
}

#[tokio::test]
async fn an_estimate_can_only_fail() {
    let observation = Observation::new();
    let memory = Memory::numbers(3);
    observation.source("s", memory.clone()).estimate(statement(SQL)).await.unwrap();
    assert_eq!(offered(&observation.shapes()[0]), ["error_retryable", "error_permanent"]);
    assert_eq!(memory.estimates.load(Ordering::Relaxed), 1);
}

#[test]
fn names_are_stable_and_read_back() {
    let names = InjectionKind::ALL.map(InjectionKind::as_str);
    assert_eq!(
        names,
        [
            "error_retryable",
            "error_permanent",
            "error_midway",
            "truncated",
            "empty_result",
            "nulls",
            "null_first_row",
            "nan",
            "infinity",
            "negative_infinity",
            "duplicate_rows",
            "reordered_rows",
            "missing_column",
            "changed_type",
            "slow_answer",
            "slow_midway",
        ]
    );
    for kind in InjectionKind::ALL {
        assert_eq!(kind.as_str().parse(), Ok(kind));
        assert_eq!(serde_json::to_value(kind).unwrap(), kind.as_str(), "one name everywhere");
        assert_eq!(serde_json::from_value::<InjectionKind>(kind.as_str().into()).unwrap(), kind);
        assert!(kind.description().ends_with('.'));
        assert_eq!(Injection::of_answer(kind).is_none(), kind.takes_column());
        assert_eq!(Injection::of_column(kind, "c").is_some(), kind.takes_column());
    }
    let unknown = "nul".parse::<InjectionKind>().unwrap_err();
    assert_eq!(unknown, UnknownInjection("nul".to_owned()));
    assert_eq!(unknown.to_string(), "`nul` is not the name of an injection");
    assert!(unknown.hint().contains("`null_first_row`"), "{}", unknown.hint());
}
