//! Nobody is billed more than they may be.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use assay::clock::Clock;
use assay::model::{LimitName, ProblemCode};
use assay::runner::StoredLedger;
use assay::source::ledger::{InMemory, Ledger};
use assay::store::{CostFilter, Store};

use super::fake::{Call, Fake, ask, check, error};

const SQL: &str = "SELECT n FROM t";
const MIB: u64 = 1 << 20;

#[tokio::test]
async fn a_query_beyond_the_budget_of_the_execution_is_not_run() {
    let fake = Fake::start().await;
    fake.knows().processed = 30 * MIB;
    let mut check = fake.check(&[(LimitName::BilledBytes, 29 * MIB)]).await;
    let problem = ask(&mut check, SQL, Vec::new()).await.unwrap_err();
    assert_eq!(problem.code, ProblemCode::LimitBilled);
    let message = format!(
        "the query would be billed {} bytes, and {1} of the {1} of `billed_bytes` are left",
        30 * MIB,
        29 * MIB
    );
    assert_eq!(problem.message, message);
    assert_eq!(fake.calls(), [Call::DryRun], "no job was made");
}

/// The least that is billed is 10 MB for each table: <https://cloud.google.com/bigquery/pricing#on_demand_pricing>.
#[tokio::test]
async fn what_is_left_shrinks_by_what_was_billed_and_is_the_most_that_bigquery_is_allowed() {
    let fake = Fake::start().await;
    let mut check = fake.check(&[(LimitName::BilledBytes, 25 * MIB)]).await;
    for _ in 0..2 {
        ask(&mut check, SQL, Vec::new()).await.unwrap();
    }
    let problem = ask(&mut check, SQL, Vec::new()).await.unwrap_err();
    assert_eq!(problem.code, ProblemCode::LimitBilled);
    let asked = fake.asked(Call::Insert);
    let most: Vec<u64> = asked
        .iter()
        .map(|asked| {
            let query = &asked.body["configuration"]["query"];
            query["maximumBytesBilled"].as_str().unwrap().parse().unwrap()
        })
        .collect();
    assert_eq!(most, [20 * MIB, 15 * MIB], "25 MiB, and then what 10 of them have left");
}

/// A dry run is an estimate; BigQuery refuses what goes beyond `maximumBytesBilled` before it is billed:
/// <https://cloud.google.com/bigquery/docs/best-practices-costs#limit_query_costs_by_restricting_the_number_of_bytes_billed>.
#[tokio::test]
async fn bigquery_itself_refuses_what_the_dry_run_did_not_see() {
    let fake = Fake::start().await;
    let message = "Query exceeded limit for bytes billed: 20971520. 31457280 or higher required.";
    fake.knows().job_errors = vec![Some(("bytesBilledLimitExceeded", message))];
    let ledger = Arc::new(InMemory::new(Clock::system()));
    let book: Arc<dyn Ledger> = ledger;
    let mut check = check(fake.source(Some(20 * MIB), Arc::clone(&book)).await, &[], &["ds.*"], None);
    let problem = ask(&mut check, SQL, Vec::new()).await.unwrap_err();
    assert_eq!(problem.code, ProblemCode::LimitBilled);
    assert!(problem.message.contains("31457280 or higher required"), "{problem}");
    // It cost nothing: once that is booked, the whole budget of the day is there again.
    fake.until(|knows| knows.asked.iter().filter(|asked| asked.call == Call::Job).count() >= 1).await;
    while ask(&mut check, SQL, Vec::new()).await.is_err_and(|problem| problem.code == ProblemCode::LimitBilled) {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_day_that_is_spent_is_spent_for_every_run_and_says_whose_it_was() {
    let fake = Fake::start().await;
    let dir = tempfile::tempdir().unwrap();
    let clock = Clock::starting_at("2026-01-31T23:00:00Z".parse().unwrap());
    let open = || Arc::new(Store::open(dir.path(), clock.now()).unwrap().store);
    let ledger = |store: &Arc<Store>| Arc::new(StoredLedger::new(Arc::clone(store), clock.clone()));
    let store = open();
    let source = fake.source(Some(25 * MIB), ledger(&store)).await;
    ask(&mut check(source, &[], &["ds.*"], None), SQL, Vec::new()).await.unwrap();
    // Another process, later on the same day.
    drop(store);
    let store = open();
    let source = fake.source(Some(25 * MIB), ledger(&store)).await;
    ask(&mut check(source.clone(), &[], &["ds.*"], None), SQL, Vec::new()).await.unwrap();
    let problem = ask(&mut check(source, &[], &["ds.*"], None), SQL, Vec::new()).await.unwrap_err();
    assert_eq!(problem.code, ProblemCode::LimitBilled);
    let message = format!(
        "the budget of source `warehouse` for 2026-01-31 is spent: {} of {} bytes are billed or set aside, and the query \
         may need {} more",
        20 * MIB,
        25 * MIB,
        10 * MIB
    );
    assert_eq!(problem.message, message);
    assert_eq!(fake.asked(Call::Insert).len(), 2, "it was not run");

    // A check has a budget of its own.
    let source = fake.source(None, ledger(&store)).await;
    let problem = ask(&mut check(source, &[], &["ds.*"], Some(20 * MIB)), SQL, Vec::new()).await.unwrap_err();
    assert!(problem.message.starts_with("the budget of check `Orders/Rows` for 2026-01-31 is spent"), "{problem}");

    let costs = store.costs(CostFilter::default()).await.unwrap();
    assert_eq!(costs.len(), 1);
    let cost = &costs[0];
    assert_eq!(
        (cost.check.as_str(), cost.owner.as_deref(), cost.source.as_str()),
        ("Orders/Rows", Some("sales"), "warehouse")
    );
    assert_eq!(
        (cost.day.to_string().as_str(), cost.queries, cost.billed_bytes, cost.open_bytes),
        ("2026-01-31", 2, 20 * MIB, 0)
    );
}

#[tokio::test]
async fn queries_at_once_do_not_share_a_byte_of_the_day() {
    let fake = Fake::start().await;
    let ledger: Arc<dyn Ledger> = Arc::new(InMemory::new(Clock::system()));
    let source = fake.source(Some(45 * MIB), ledger).await;
    let answered = AtomicU32::new(0);
    let one = async || {
        let mut check = check(source.clone(), &[], &["ds.*"], None);
        match ask(&mut check, SQL, Vec::new()).await {
            Ok(_) => drop(answered.fetch_add(1, Ordering::Relaxed)),
            Err(problem) => assert_eq!(problem.code, ProblemCode::LimitBilled, "{problem}"),
        }
    };
    tokio::join!(one(), one(), one(), one(), one(), one(), one(), one());
    let answered = u64::from(answered.load(Ordering::Relaxed));
    assert!((1..=4).contains(&answered), "{answered} of 10 MiB each");
    assert!(fake.jobs().len() as u64 <= answered);
}

#[tokio::test]
async fn an_estimate_costs_nothing() {
    let fake = Fake::start().await;
    fake.knows().processed = 30 * MIB + 1;
    let mut check = fake.check(&[(LimitName::BilledBytes, 1)]).await;
    let estimate = check.estimate("warehouse".to_owned(), SQL.to_owned(), Vec::new()).await.unwrap();
    assert_eq!((estimate.rows, estimate.bytes, estimate.billed_bytes), (None, Some(30 * MIB + 1), Some(31 * MIB)));
    assert_eq!(fake.calls(), [Call::DryRun]);
}

#[tokio::test]
async fn a_refused_job_gives_back_what_was_set_aside() {
    let fake = Fake::start().await;
    fake.knows().instead.push((Call::Insert, error(403, "quotaExceeded", "Quota exceeded")));
    let mut check = fake.check(&[(LimitName::BilledBytes, 20 * MIB)]).await;
    let problem = ask(&mut check, SQL, Vec::new()).await.unwrap_err();
    assert_eq!(problem.code, ProblemCode::Unavailable);
    // The whole of it is there again, as soon as that is put in order.
    while ask(&mut check, SQL, Vec::new()).await.is_err_and(|problem| problem.code == ProblemCode::LimitBilled) {
        tokio::task::yield_now().await;
    }
    assert_eq!(fake.asked(Call::Cancel).len(), 0, "there was no job to cancel");
}
