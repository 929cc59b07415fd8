//! What is sent, how often, and what is made of failures.

use assay::model::{LimitName, Param, ProblemCode, Value, Values};
use serde_json::json;

use super::fake::{Call, Fake, Instead, ask, error};

const SQL: &str = "SELECT n FROM t WHERE n > @least";

fn least() -> Vec<Param> {
    vec![Param { name: "least".to_owned(), value: Value::Int64(0) }]
}

#[tokio::test]
async fn a_query_is_four_requests_and_says_all_that_bigquery_is_to_know() {
    let fake = Fake::start().await;
    let mut check = fake.check(&[(LimitName::QueryDeadline, 20_000)]).await;
    let (batches, cost) = ask(&mut check, SQL, least()).await.unwrap();
    assert_eq!(batches.len(), 1);
    assert_eq!((batches[0].rows, &batches[0].columns[0].values), (2, &Values::Int64(vec![1, 0])));
    assert_eq!(batches[0].columns[0].validity, [0b01]);
    assert_eq!((cost.billed_bytes, cost.cache_hit), (Some(10 << 20), false));
    assert_eq!(fake.calls(), [Call::DryRun, Call::Insert, Call::Results, Call::Job]);

    let (dry, insert) = (&fake.asked(Call::DryRun)[0].body, &fake.asked(Call::Insert)[0].body);
    let query = &insert["configuration"]["query"];
    for job in [dry, insert] {
        assert_eq!(job["configuration"]["query"]["query"], SQL, "byte for byte");
        assert_eq!(job["configuration"]["query"]["useLegacySql"], false);
        assert_eq!(job["configuration"]["query"]["parameterMode"], "NAMED");
        let dataset = json!({ "projectId": "jobs-project", "datasetId": "ds" });
        assert_eq!(job["configuration"]["query"]["defaultDataset"], dataset);
        assert_eq!(job["jobReference"]["location"], "EU");
        let labels = json!({
            "app": "assay", "check": "orders_rows", "plugin": "row-count_1_2_3", "schedule": "morning",
            "run": "00000000000000000000000000",
        });
        assert_eq!(job["configuration"]["labels"], labels);
    }
    let parameter = json!({
        "name": "least", "parameterType": { "type": "INT64" }, "parameterValue": { "value": "0" },
    });
    assert_eq!(query["queryParameters"], json!([parameter]));
    assert_eq!(query["maximumBytesBilled"], (20_u64 << 20).to_string(), "twice what is expected");
    let timeout: u64 = insert["configuration"]["jobTimeoutMs"].as_str().unwrap().parse().unwrap();
    assert!((1..=20_000).contains(&timeout), "{timeout} ms: BigQuery ends the job at the query's deadline");
    assert!(dry["jobReference"]["jobId"].is_null());
    assert!(fake.asked(Call::Results)[0].query.contains("location=EU"));
}

#[tokio::test]
async fn the_same_request_has_the_same_job_and_another_has_another() {
    let fake = Fake::start().await;
    for _ in 0..2 {
        let mut check = fake.check(&[]).await;
        ask(&mut check, "SELECT n FROM t", Vec::new()).await.unwrap();
        ask(&mut check, "SELECT n FROM t", Vec::new()).await.unwrap();
    }
    let names: Vec<_> = fake.asked(Call::Insert).iter().map(|asked| asked.job_id().to_owned()).collect();
    assert_eq!((&names[0], &names[1]), (&names[2], &names[3]), "of the same attempt");
    assert_ne!(names[0], names[1], "of another call");
    assert_eq!(fake.jobs().len(), 2, "the second time both were there already");
    assert!(names[0].starts_with("assay_") && names[0].ends_with("_1"), "{}", names[0]);
}

#[tokio::test]
async fn another_query_of_that_name_is_not_taken_for_ours() {
    let fake = Fake::start().await;
    ask(&mut fake.check(&[]).await, "SELECT n FROM t", Vec::new()).await.unwrap();
    let problem = ask(&mut fake.check(&[]).await, "SELECT n + 1 FROM t", Vec::new()).await.unwrap_err();
    assert_eq!(problem.code, ProblemCode::Failed);
    assert!(problem.message.contains("another job has the name"), "{problem}");
}

/// Whatever passes is tried again: one job comes of it, and its rows.
#[tokio::test]
async fn what_may_pass_is_tried_again_with_the_same_job() {
    for call in [Call::DryRun, Call::Insert, Call::Results, Call::Job] {
        for instead in [
            // https://cloud.google.com/bigquery/docs/error-messages: 503 and 500 are to be tried again; load balancers
            // answer in HTML.
            Instead::Html(503),
            error(500, "internalError", "An internal error occurred"),
            error(503, "backendError", "The service is currently unavailable"),
            error(403, "rateLimitExceeded", "Exceeded rate limits"),
            Instead::Json(429, json!({ "error": { "code": 429, "status": "RESOURCE_EXHAUSTED", "message": "slow" } })),
            Instead::Lost,
            Instead::Closed,
        ] {
            let fake = Fake::start().await;
            fake.knows().instead.push((call, instead.clone()));
            let outcome = ask(&mut fake.check(&[]).await, SQL, least()).await;
            let (batches, _) = outcome.unwrap_or_else(|problem| panic!("{call:?} {instead:?}: {problem}"));
            assert_eq!(batches[0].rows, 2, "{call:?} {instead:?}");
            assert_eq!(fake.jobs().len(), 1, "{call:?} {instead:?}");
        }
    }
}

/// Nothing else is: one call, and the problem says what BigQuery said.
#[tokio::test]
async fn what_does_not_pass_is_not_tried_again() {
    for (instead, code, said) in [
        (error(403, "accessDenied", "Access Denied: Table ds.t"), ProblemCode::Denied, "Access Denied"),
        (
            error(403, "quotaExceeded", "Quota exceeded"),
            ProblemCode::Unavailable,
            "Quota exceeded (quotaExceeded, HTTP 403)",
        ),
        (error(403, "billingNotEnabled", "Billing"), ProblemCode::Unavailable, "billingNotEnabled"),
        (error(404, "notFound", "Not found: Table ds.t"), ProblemCode::UnknownTable, "Not found: Table ds.t"),
        (error(400, "invalidQuery", "Unrecognized name: n at [1:8]"), ProblemCode::InvalidSql, "[1:8]"),
        (error(400, "resourcesExceeded", "Resources exceeded"), ProblemCode::Failed, "resourcesExceeded"),
        (error(400, "somethingNew", "who knows"), ProblemCode::Failed, "who knows (`somethingNew`) (HTTP 400)"),
        // https://google.aip.dev/193: without `errors[]`, as policies of the organisation and proxies of APIs answer.
        (
            Instead::Json(
                403,
                json!({ "error": { "code": 403, "status": "PERMISSION_DENIED", "message": "blocked" } }),
            ),
            ProblemCode::Denied,
            "blocked (HTTP 403)",
        ),
        (Instead::Html(403), ProblemCode::Failed, "HTTP 403"),
    ] {
        let fake = Fake::start().await;
        fake.knows().instead.push((Call::DryRun, instead));
        let problem = ask(&mut fake.check(&[]).await, SQL, least()).await.unwrap_err();
        assert_eq!((problem.code, problem.retryable), (code, false), "{problem}");
        assert!(problem.message.contains(said), "{problem}");
        assert!(problem.hint.is_some(), "{problem}");
        assert_eq!(fake.calls(), [Call::DryRun], "{problem}");
    }
}

#[tokio::test]
async fn a_job_that_failed_in_a_way_that_may_pass_is_followed_by_another() {
    let fake = Fake::start().await;
    // https://cloud.google.com/bigquery/docs/error-messages: the job is to be made again.
    fake.knows().job_errors =
        vec![Some(("jobBackendError", "try again")), Some(("jobRateLimitExceeded", "too many")), None];
    ask(&mut fake.check(&[]).await, SQL, least()).await.unwrap();
    let jobs = fake.jobs();
    let ends: Vec<_> = jobs.iter().filter_map(|job| job.rsplit('_').next()).collect();
    assert_eq!(ends, ["1", "2", "3"]);

    let fake = Fake::start().await;
    fake.knows().job_errors = vec![Some(("resourcesExceeded", "too much"))];
    let problem = ask(&mut fake.check(&[]).await, SQL, least()).await.unwrap_err();
    assert_eq!((problem.code, fake.jobs().len()), (ProblemCode::Failed, 1), "{problem}");
}

#[tokio::test]
async fn pages_are_read_to_the_end_and_a_part_is_no_answer() {
    let fake = Fake::start().await;
    let row = |n: u32| json!({ "f": [{ "v": n.to_string() }] });
    fake.knows().pages = vec![json!([row(1), row(2)]), json!([]), json!([row(3)])];
    fake.knows().total_rows = 3;
    fake.knows().instead.push((Call::Results, error(503, "backendError", "later")));
    let (batches, _) = ask(&mut fake.check(&[]).await, SQL, least()).await.unwrap();
    assert_eq!(batches.iter().map(|batch| batch.rows).collect::<Vec<_>>(), [2, 1]);
    assert_eq!(fake.asked(Call::Results).len(), 4);

    fake.knows().total_rows = 4;
    let problem = ask(&mut fake.check(&[]).await, SQL, least()).await.unwrap_err();
    assert_eq!(problem.code, ProblemCode::Failed);
    assert_eq!(problem.message, "BigQuery has answered 3 rows of 4");
}

#[tokio::test]
async fn the_cache_of_results_shows() {
    let fake = Fake::start().await;
    fake.knows().cache_hit = true;
    fake.knows().billed = 0;
    let (_, cost) = ask(&mut fake.check(&[]).await, SQL, least()).await.unwrap();
    assert_eq!((cost.billed_bytes, cost.cache_hit), (Some(0), true));
}
