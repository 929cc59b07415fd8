//! What is answered to those who read.

use reqwest::StatusCode;
use serde_json::json;

use super::super::routes::health::reasons;
use super::{Api, Pause, RunStatus, Snapshot, at, kind, snapshot};

#[test]
fn readiness_has_reasons() {
    let well = snapshot(Vec::new());
    let reasons = |change: fn(&mut Snapshot), now| {
        let mut snapshot = well.clone();
        change(&mut snapshot);
        reasons(&snapshot, now)
    };
    assert_eq!(reasons(|_| {}, at(60)), [""; 0]);
    assert_eq!(reasons(|_| {}, at(61)), ["the last look at the clock was 31 s ago"]);
    assert_eq!(reasons(|_| {}, at(-60)), ["the last look at the clock was 90 s ago"], "the clock was set back");
    assert_eq!(reasons(|snapshot| snapshot.at = snapshot.started_at, at(61)), ["the host is starting"]);
    let both = |snapshot: &mut Snapshot| {
        snapshot.stopping = true;
        snapshot.backlog = 2;
    };
    assert_eq!(reasons(both, at(40)), ["the host is stopping", "the journal has not taken 2 decisions yet"]);
}

#[tokio::test]
async fn readiness_is_told_with_its_reasons() {
    let api = Api::open().await;
    assert_eq!(api.get("/livez").await, (StatusCode::OK, "alive\n".into()));
    assert_eq!(api.get("/readyz").await, (StatusCode::OK, json!({ "ready": true, "reasons": [] })));
    api.host.change(|snapshot| snapshot.stopping = true);
    let (status, answer) = api.get("/readyz").await;
    let expected = json!({ "ready": false, "reasons": ["the host is stopping"] });
    assert_eq!((status, &answer), (StatusCode::SERVICE_UNAVAILABLE, &expected));
    assert_eq!(api.get("/livez").await.0, StatusCode::OK, "it is there all the same");
    let (_, told) = api.get("/v1/status").await;
    assert_eq!(told["readiness"], answer, "one truth");
}

#[tokio::test]
async fn the_status_is_that_of_the_last_look() {
    let api = Api::open().await;
    let (status, told) = api.get("/v1/status").await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(told["at"], "2026-02-01T06:00:30Z");
    assert_eq!(told["problems"], json!(["a slot of `nightly` began 90 s late"]));
    assert_eq!(
        told["schedules"],
        json!([{
            "schedule_name": "nightly",
            "cron": "0 6 * * *",
            "timezone": "UTC",
            "next": {
                "scheduled_for": "2026-02-02T06:00:00Z",
                "scheduled_local": "2026-02-02T06:00:00",
                "utc_offset_seconds": 0,
            },
            "paused": null,
            "slots_waiting": 1,
            "slots_running": 0,
            "last": {
                "run_id": "00000000000000000000000000",
                "scheduled_for": "2026-02-01T06:00:00Z",
                "started_at": "2026-02-01T06:00:02Z",
                "lag_ms": 2_000,
                "status": "warning",
            },
        }])
    );
    let running = &told["running"][0];
    assert_eq!((&running["checks_planned"], &running["checks_done"]), (&json!(3), &json!(1)));
    assert_eq!(told["configuration"]["digest"], api.host.snapshot.lock().unwrap().config.digest.to_string());

    api.host.change(|snapshot| {
        snapshot.schedules[0].paused =
            Some(Pause { at: at(1), by: "sam".to_owned(), reason: "the warehouse moves".to_owned(), until: None });
        snapshot.last_load.error = Some("line 3: ...".to_owned());
    });
    let (_, told) = api.get("/v1/status").await;
    assert_eq!(told["schedules"][0]["paused"]["pause_reason"], "the warehouse moves");
    assert_eq!(told["configuration"]["last_load"]["error"], "line 3: ...");
}

#[tokio::test]
async fn runs_come_in_pages() {
    let api = Api::open().await;
    let mut runs = Vec::new();
    for second in 0..5 {
        let status = if second == 2 { RunStatus::Critical } else { RunStatus::Ok };
        runs.push(api.has_run(second, "nightly", &["players/row-count"], status).await.to_string());
    }
    runs.reverse();
    let page = async |query: &str| {
        let (status, page) = api.get(&format!("/v1/runs?{query}")).await;
        assert_eq!(status, StatusCode::OK, "{query}: {page}");
        let ids: Vec<_> =
            page["runs"].as_array().unwrap().iter().map(|run| run["run_id"].as_str().unwrap().to_owned()).collect();
        (ids, page["next"].as_str().map(str::to_owned))
    };
    assert_eq!(page("").await, (runs.clone(), None));
    let (first, next) = page("limit=2").await;
    assert_eq!((&first[..], next.as_ref()), (&runs[..2], Some(&runs[1])));
    let (second, next) = page(&format!("limit=2&before={}", next.unwrap())).await;
    assert_eq!((&second[..], next.as_ref()), (&runs[2..4], Some(&runs[3])));
    let (third, next) = page(&format!("limit=2&before={}", next.unwrap())).await;
    assert_eq!((&third[..], next), (&runs[4..], None));
    assert_eq!(page("limit=5").await, (runs.clone(), None), "a full page that is the last");
    assert_eq!(page("status=critical&schedule=nightly").await, (vec![runs[2].clone()], None));
    assert_eq!(page("schedule=sports%2Fnba").await, (vec![], None), "it never ran");
    let (status, problem) = api.get("/v1/runs?schedule=nigthly").await;
    assert_eq!((status, kind(&problem)), (StatusCode::NOT_FOUND, "unknown-schedule"), "not: it never ran");
}

#[tokio::test]
async fn a_run_is_told_with_its_results() {
    let api = Api::open().await;
    let run = api.has_run(0, "nightly", &["players/row-count", "games/row-count"], RunStatus::Warning).await;
    let (status, told) = api.get(&format!("/v1/runs/{run}")).await;
    assert_eq!(status, StatusCode::OK);
    let expected = json!({
        "run_id": run.to_string(), "trigger_source": "manual", "requested_by": "sam", "schedule_name": "nightly",
        "scheduled_for": "2026-02-01T06:00:00Z", "scheduled_local": null, "utc_offset_seconds": null,
        "dst_policy": null, "timezone": "UTC", "target_date": "2026-02-01", "started_at": "2026-02-01T06:00:00Z",
        "finished_at": "2026-02-01T06:00:05Z", "duration_ms": 5_000, "status": "warning", "reason": null,
        "message": "2 failed", "checks_planned": 2, "checks_passed": 0, "checks_warned": 0, "checks_failed": 2,
        "checks_skipped": 0, "checks_errored": 0, "config_digest": super::Digest::of(b"config").to_string(),
        "host_version": "0.1.0", "engine_version": "48.0.8",
    });
    assert_eq!(told["run"], expected);
    let result = &told["results"][0];
    assert_eq!(
        (&result["status"], &result["message"], &result["duration_ms"]),
        (&json!("fail"), &json!("7 rows"), &json!(1500.0))
    );
    assert_eq!(result["findings"][0]["samples"], json!([{ "id": null }]));
    assert_eq!(result["settings"], json!({ "table": "players" }));
    assert_eq!(result["logs"], json!([{ "level": "info", "message": "counting" }]));

    let (_, results) = api.get(&format!("/v1/runs/{run}/results")).await;
    assert_eq!(results["results"], told["results"]);
    let (_, results) = api.get("/v1/checks/players%2Frow-count/results?limit=1").await;
    assert_eq!(results["results"].as_array().unwrap().len(), 1);
    assert_eq!(results["results"][0]["check_name"], "players/row-count");
}

#[tokio::test]
async fn a_run_under_way_has_no_end() {
    let api = Api::open().await;
    let run = super::record(0, None);
    api.host.store.begin_run(run.clone(), vec![super::planned("a"), super::planned("b")]).await.unwrap();
    api.host.store.record(super::result(&run, "a")).await.unwrap();
    let (_, told) = api.get(&format!("/v1/runs/{}", run.run_id)).await;
    assert_eq!((&told["run"]["status"], &told["run"]["finished_at"]), (&json!(null), &json!(null)));
    assert_eq!((&told["run"]["checks_planned"], told["results"].as_array().unwrap().len()), (&json!(2), 1));
}

#[tokio::test]
async fn what_is_not_there_is_told_by_its_name() {
    let api = Api::open().await;
    let (status, problem) = api.get("/v1/runs/01HZZZZZZZZZZZZZZZZZZZZZZZ").await;
    assert_eq!((status, kind(&problem)), (StatusCode::NOT_FOUND, "unknown-run"));
    assert_eq!(problem["detail"], "there is no run 01HZZZZZZZZZZZZZZZZZZZZZZZ");
    let (status, problem) = api.get("/v1/checks/players/results").await;
    assert_eq!((status, kind(&problem)), (StatusCode::NOT_FOUND, "unknown-check"));
    assert_eq!(problem["hint"], "in an address, a `/` of a name is written `%2F`");
    let (status, told) = api.get("/v1/checks/players%2Frow-count/results").await;
    assert_eq!((status, told), (StatusCode::OK, json!({ "results": [] })), "it is there, and has none yet");
    let (status, problem) = api.get("/v2/status").await;
    assert_eq!((status, kind(&problem)), (StatusCode::NOT_FOUND, "no-such-route"));
    let (status, problem) = api.post("/v1/status", json!({})).await;
    assert_eq!((status, kind(&problem)), (StatusCode::METHOD_NOT_ALLOWED, "no-such-method"));
}

#[tokio::test]
async fn a_wrong_query_is_told_by_its_field() {
    let api = Api::open().await;
    for (path, field, detail, hint) in [
        ("/v1/runs?limit=0", "limit", "`0` is not a limit", "a number from 1 to 500"),
        ("/v1/runs?limit=501", "limit", "`501` is not a limit", "a number from 1 to 500"),
        ("/v1/runs?limit=-1", "limit", "`-1` is not a limit", "a number from 1 to 500"),
        ("/v1/checks/a/results?limit=many", "limit", "`many` is not a limit", "a number from 1 to 500"),
        ("/v1/runs?status=good", "status", "`good` is not the status of a run", "one of `ok`"),
        ("/v1/runs?schedule=%20", "schedule", "` ` is not a schedule name", "1 to 100 letters"),
        ("/v1/runs?before=x", "before", "`x` is not a run id", "26 characters"),
        ("/v1/runs/x", "id", "`x` is not a run id", "26 characters"),
        ("/v1/checks/-a/results", "name", "`-a` is not a check name", "1 to 100 letters"),
    ] {
        let (status, problem) = api.get(path).await;
        assert_eq!((status, kind(&problem)), (StatusCode::BAD_REQUEST, "invalid"), "{path}");
        assert_eq!((&problem["field"], &problem["detail"]), (&json!(field), &json!(detail)), "{path}");
        assert!(problem["hint"].as_str().unwrap().starts_with(hint), "{path}: {problem}");
    }
    for path in ["/v1/runs?limits=1", "/v1/checks/a/results?before=x", "/v1/runs?limit=1&limit=2"] {
        let (status, problem) = api.get(path).await;
        assert_eq!((status, kind(&problem)), (StatusCode::BAD_REQUEST, "invalid"), "{path}");
        assert!(problem["detail"].as_str().unwrap().contains("limit"), "{path}: {problem}");
    }
}
