//! No job goes on when nobody waits for it.

use std::sync::Arc;
use std::time::Duration;

use assay::clock::Clock;
use assay::model::{LimitName, ProblemCode};
use assay::source::Source as _;
use assay::source::ledger::InMemory;

use super::fake::{Call, Fake, Instead, ask, check};

const SQL: &str = "SELECT n FROM t";

fn was_cancelled(fake: &Fake) -> bool {
    !fake.asked(Call::Cancel).is_empty()
}

#[tokio::test]
async fn at_its_deadline_a_query_is_cancelled() {
    let fake = Fake::start().await;
    fake.knows().endless = true;
    let mut check = fake.check(&[(LimitName::QueryDeadline, 300)]).await;
    let problem = ask(&mut check, SQL, Vec::new()).await.unwrap_err();
    assert_eq!(problem.code, ProblemCode::Deadline);
    fake.until(|knows| !Fake::is_busy(knows)).await;
    assert!(was_cancelled(&fake));
    assert_eq!(fake.asked(Call::Cancel)[0].query, "location=EU");
    let timeout = fake.asked(Call::Insert)[0].body["configuration"]["jobTimeoutMs"].as_str().unwrap().to_owned();
    assert!(timeout.parse::<u64>().unwrap() <= 300, "{timeout} ms: should we be gone, BigQuery ends it itself");
}

#[tokio::test]
async fn a_query_that_is_dropped_is_cancelled_and_its_end_is_waited_for() {
    let fake = Fake::start().await;
    fake.knows().endless = true;
    let source = fake.source(None, Arc::new(InMemory::new(Clock::system()))).await;
    let mut check = check(source.clone(), &[], &["ds.*"], None);
    {
        let query = ask(&mut check, SQL, Vec::new());
        tokio::pin!(query);
        let runs = fake.until(|knows| knows.asked.iter().any(|asked| asked.call == Call::Results));
        tokio::select! {
            outcome = &mut query => panic!("it cannot end: {outcome:?}"),
            () = runs => {}
        }
    }
    // Whoever ends the process waits for that.
    source.wind_up().await;
    assert!(!Fake::is_busy(&fake.knows()));
    assert!(was_cancelled(&fake));
    // Cancelling is only asked for: whether it came to it is looked at.
    assert_eq!(fake.calls().last(), Some(&Call::Job));
}

/// The request to make the job is answered with nothing, and then with nothing again: the job may be there.
#[tokio::test]
async fn a_job_of_which_nothing_was_heard_is_cancelled_too() {
    let fake = Fake::start().await;
    fake.knows().endless = true;
    fake.knows().instead.extend(vec![(Call::Insert, Instead::Lost); 1]);
    fake.knows().instead.extend(vec![(Call::Insert, Instead::Closed); 2_000]);
    let mut check = fake.check(&[(LimitName::QueryDeadline, 300)]).await;
    let problem = ask(&mut check, SQL, Vec::new()).await.unwrap_err();
    assert_eq!(problem.code, ProblemCode::Deadline);
    fake.until(|knows| !Fake::is_busy(knows)).await;
    assert_eq!(fake.jobs().len(), 1);
}

#[tokio::test]
async fn the_end_of_the_execution_is_the_end_of_its_queries() {
    let fake = Fake::start().await;
    fake.knows().endless = true;
    let mut check = fake.check(&[(LimitName::Deadline, 300), (LimitName::QueryDeadline, 600_000)]).await;
    // The sandbox drops what goes on at the end of the execution.
    let ended = tokio::time::timeout(Duration::from_millis(300), ask(&mut check, SQL, Vec::new())).await;
    assert!(ended.is_err() || ended.is_ok_and(|outcome| outcome.is_err()));
    fake.until(|knows| !Fake::is_busy(knows)).await;
    let timeout = fake.asked(Call::Insert)[0].body["configuration"]["jobTimeoutMs"].as_str().unwrap().to_owned();
    assert!(timeout.parse::<u64>().unwrap() <= 300, "{timeout}");
}
