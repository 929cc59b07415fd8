//! What a host is told.

use reqwest::StatusCode;
use serde_json::{Value as Json, json};

use super::{Api, Pause, RunStatus, Told, at, kind};

#[tokio::test]
async fn something_is_run() {
    let api = Api::open().await;
    let body = json!({ "names": ["nightly"], "date": "2026-01-31", "at": "2026-01-31T07:00-05:00" });
    let (status, answer) = api.post("/v1/runs", body).await;
    assert_eq!((status, answer), (StatusCode::ACCEPTED, json!({ "run_ids": ["00000000000000000000000000"] })));
    let local = json!({ "names": ["nightly"], "at": "2026-01-31T06:00" });
    assert_eq!(api.post("/v1/runs", local).await.0, StatusCode::ACCEPTED);
    let told = |date: Option<&str>, at: &str| Told::Trigger {
        names: vec!["nightly".to_owned()],
        date: date.map(str::to_owned),
        at: Some(at.to_owned()),
        by: None,
    };
    assert_eq!(
        api.host.told(),
        [told(Some("2026-01-31"), "Instant(2026-01-31T12:00:00Z)"), told(None, "Local(2026-01-31T06:00:00)")]
    );
    let (status, problem) = api.post("/v1/runs", json!({ "names": ["nigthly"] })).await;
    assert_eq!((status, kind(&problem)), (StatusCode::UNPROCESSABLE_ENTITY, "unknown-name"));
    assert_eq!((&problem["field"], &problem["hint"]), (&json!("names"), &json!("did you mean `nightly`?")));
}

#[tokio::test]
async fn a_schedule_rests_and_goes_on() {
    let api = Api::open().await;
    let body = json!({ "reason": " the warehouse moves ", "by": "sam", "until": "2026-02-01T08:00:00.0000019+01:00" });
    assert_eq!(api.post("/v1/schedules/nightly/pause", body).await, (StatusCode::NO_CONTENT, "".into()));
    assert_eq!(api.post("/v1/schedules/nightly/pause", json!({ "reason": "r" })).await.0, StatusCode::NO_CONTENT);
    assert_eq!(api.post("/v1/schedules/nightly/resume", json!({})).await.0, StatusCode::NO_CONTENT);
    let told = api.host.told();
    let Told::Pause { schedule, pause: Pause { at: since, by, reason, until } } = &told[0] else { panic!("{told:?}") };
    assert_eq!((schedule.as_str(), by.as_str(), reason.as_str()), ("nightly", "sam", "the warehouse moves"));
    assert!(*since >= at(40) && *since < at(100), "by the clock of the host: {since}");
    assert_eq!(until.unwrap().to_string(), "2026-02-01T07:00:00.000001Z", "what the journal can keep");
    assert!(
        matches!(&told[1], Told::Pause { pause, .. } if pause.by == "somebody on this machine" && pause.until.is_none())
    );
    assert_eq!(told[2], Told::Resume { schedule: "nightly".parse().unwrap() });

    for path in ["/v1/schedules/sports%2Fnba/pause", "/v1/schedules/sports%2Fnba/resume"] {
        let body = if path.ends_with("pause") { json!({ "reason": "r" }) } else { json!({}) };
        let (status, problem) = api.post(path, body).await;
        assert_eq!((status, kind(&problem)), (StatusCode::NOT_FOUND, "unknown-schedule"), "{path}");
        assert_eq!(problem["detail"], "there is no schedule `sports/nba`", "its `/` arrives");
    }
}

#[tokio::test]
async fn a_run_is_told_to_end() {
    let api = Api::open().await;
    let running = api.host.snapshot.lock().unwrap().running[0].record.run_id;
    let path = format!("/v1/runs/{running}/cancel");
    assert_eq!(api.post(&path, json!({ "reason": "wrong day" })).await, (StatusCode::ACCEPTED, "".into()));
    assert_eq!(api.host.told(), [Told::Cancel { run: running, by: Some("wrong day".to_owned()) }]);

    let ended = api.has_run(0, "nightly", &["a"], RunStatus::Ok).await;
    let (status, problem) = api.post(&format!("/v1/runs/{ended}/cancel"), json!({})).await;
    assert_eq!((status, kind(&problem)), (StatusCode::CONFLICT, "not-running"));
    let (status, problem) = api.post("/v1/runs/01HZZZZZZZZZZZZZZZZZZZZZZZ/cancel", json!({})).await;
    assert_eq!((status, kind(&problem)), (StatusCode::NOT_FOUND, "unknown-run"));
}

#[tokio::test]
async fn the_configuration_is_read_again() {
    let api = Api::open().await;
    api.host.reloads.add_permits(2);
    // Nothing is to be said, so that no body is one too.
    let request = api.request(reqwest::Method::POST, "/v1/reload").header("content-type", "application/json");
    assert_eq!(api.ask(request).await.0, StatusCode::NO_CONTENT);
    *api.host.refuses.lock().unwrap() = Some("line 3: `croon` is not a key".to_owned());
    let (status, problem) = api.post("/v1/reload", json!({})).await;
    assert_eq!((status, kind(&problem)), (StatusCode::CONFLICT, "config-refused"));
    assert_eq!(problem["detail"], "the configuration is refused: line 3: `croon` is not a key");
}

#[tokio::test]
async fn a_wrong_body_is_told_by_its_field() {
    let api = Api::open().await;
    let (run, pause, cancel) =
        ("/v1/runs", "/v1/schedules/nightly/pause", "/v1/runs/01HZZZZZZZZZZZZZZZZZZZZZZZ/cancel");
    let named: [(&str, Json, &str, &str); 10] = [
        (run, json!({ "names": [] }), "names", "it does not say what to run"),
        (run, json!({ "names": ["nightly"], "date": "31.1.2026" }), "date", "`31.1.2026` is not a day"),
        (run, json!({ "names": ["nightly"], "at": "noon" }), "at", "`noon` is not an instant"),
        (pause, json!({ "reason": " " }), "reason", "`reason` is empty, too long or of several lines"),
        (pause, json!({ "reason": "a\nb" }), "reason", "`reason` is empty, too long or of several lines"),
        (pause, json!({ "reason": "x".repeat(501) }), "reason", "`reason` is empty, too long or of several lines"),
        (pause, json!({ "reason": "r", "by": "\u{1b}[31m" }), "by", "`by` is empty, too long or of several lines"),
        (pause, json!({ "reason": "r", "until": "2026-01-01T00:00Z" }), "until", "`2026-01-01T00:00Z` has passed"),
        (
            pause,
            json!({ "reason": "r", "until": "2026-03-01T00:00" }),
            "until",
            "`2026-03-01T00:00` does not say in which zone",
        ),
        (cancel, json!({ "reason": "" }), "reason", "`reason` is empty, too long or of several lines"),
    ];
    for (path, body, field, detail) in named {
        let (status, problem) = api.post(path, body.clone()).await;
        assert_eq!((status, kind(&problem)), (StatusCode::BAD_REQUEST, "invalid"), "{body}");
        assert_eq!((&problem["field"], &problem["detail"]), (&json!(field), &json!(detail)), "{body}");
        assert!(problem["hint"].is_string(), "{body}");
    }
    for (path, body, place) in [
        (
            run,
            r#"{"names":["nightly"],"dat":"2026-01-31"}"#,
            "unknown field `dat`, expected one of `names`, `date`, `at`",
        ),
        (run, r#"{"names":"nightly"}"#, "names: invalid type: string \"nightly\", expected a sequence"),
        (run, r#"{"names":["nightly",5]}"#, "names[1]: invalid type: integer `5`, expected a string"),
        (run, r#"{"names":["nightly"],"names":["nightly"]}"#, "duplicate field `names`"),
        (run, "", "missing field `names`"),
        (pause, "{}", "missing field `reason`"),
        ("/v1/reload", r#"{"now":true}"#, "unknown field `now`"),
        ("/v1/schedules/nightly/resume", "[]", "the body is not a JSON object"),
        (run, r#"[["nightly"],null,null]"#, "the body is not a JSON object"),
        (run, "null", "the body is not a JSON object"),
        (run, r#"{"names":["nightly"]"#, "EOF while parsing an object at line 1 column 20"),
        (run, "{} {}", "missing field `names`"),
        (run, r#"{"names":["nightly"]} x"#, "trailing characters at line 1 column 23"),
    ] {
        let request = api.request(reqwest::Method::POST, path).header("content-type", "application/json").body(body);
        let (status, problem) = api.ask(request).await;
        assert_eq!((status, kind(&problem)), (StatusCode::BAD_REQUEST, "invalid"), "{body}");
        assert!(problem["detail"].as_str().unwrap().contains(place), "{body}: {problem}");
        assert_eq!(problem["hint"], "`GET /openapi.json` describes every body");
    }
    assert_eq!(api.host.told(), []);
}

#[tokio::test]
async fn what_was_begun_is_finished_though_nobody_waits() {
    let api = Api::open().await;
    let request = api.request(reqwest::Method::POST, "/v1/reload").json(&json!({}));
    let asking = tokio::spawn(request.send());
    api.host.reload_began.notified().await;
    asking.abort();
    assert!(asking.await.unwrap_err().is_cancelled());
    // The connection is gone: what answers it is dropped, which another request makes sure of.
    assert_eq!(api.get("/livez").await.0, StatusCode::OK);
    api.host.reloads.add_permits(1);
    api.host.reload_ended.notified().await;
    assert_eq!(api.host.told(), [Told::Reload]);
}
