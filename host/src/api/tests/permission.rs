//! Who may ask for what, and attempts to get around that.

use std::time::Duration;

use reqwest::{Method, StatusCode};
use serde_json::json;
use tempfile::TempDir;

use super::super::gate::Gate;
use super::super::limit::Limits;
use super::super::problem::Kind;
use super::{Api, Host, Told, kind, tokens};

/// Something to read, and something to change, of every noun.
const READ: [&str; 5] =
    ["/v1/status", "/v1/runs", "/v1/checks/players%2Frow-count/results", "/metrics", "/openapi.json"];
const CHANGE: [(&str, &str); 5] = [
    ("/v1/runs", r#"{"names":["nightly"]}"#),
    ("/v1/runs/01HZZZZZZZZZZZZZZZZZZZZZZZ/cancel", "{}"),
    ("/v1/schedules/nightly/pause", r#"{"reason":"maintenance"}"#),
    ("/v1/schedules/nightly/resume", "{}"),
    ("/v1/reload", "{}"),
];

fn change(api: &Api, path: &str, body: &'static str) -> reqwest::RequestBuilder {
    api.request(Method::POST, path).header("content-type", "application/json").body(body)
}

#[tokio::test]
async fn without_a_token_nothing_is_answered_but_health() {
    let api = Api::with(tokens()).await;
    for path in READ {
        let (status, problem) = api.get(path).await;
        assert_eq!((status, kind(&problem)), (StatusCode::UNAUTHORIZED, "unauthenticated"), "{path}");
    }
    for (path, body) in CHANGE {
        let (status, problem) = api.ask(change(&api, path, body)).await;
        assert_eq!((status, kind(&problem)), (StatusCode::UNAUTHORIZED, "unauthenticated"), "{path}");
    }
    for path in ["/livez", "/readyz"] {
        assert_eq!(api.get(path).await.0, StatusCode::OK, "{path}");
    }
    assert_eq!(api.get("/v1/nothing").await.0, StatusCode::UNAUTHORIZED, "what there is, is told to nobody");
    assert_eq!(api.host.told(), []);
}

#[tokio::test]
async fn a_token_for_reading_changes_nothing() {
    let api = Api::with(tokens()).await;
    for path in READ {
        let (status, _) = api.ask(api.request(Method::GET, path).bearer_auth("assay_read")).await;
        assert_eq!(status, StatusCode::OK, "{path}");
    }
    for (path, body) in CHANGE {
        let (status, problem) = api.ask(change(&api, path, body).bearer_auth("assay_read")).await;
        assert_eq!((status, kind(&problem)), (StatusCode::FORBIDDEN, "not-allowed"), "{path}");
        assert_eq!(problem["detail"], "the token `grafana` is good for reading only");
    }
    for method in ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "BREW"] {
        let request = api.request(method.parse().unwrap(), "/v1/status").bearer_auth("assay_read");
        assert_eq!(api.ask(request).await.0, StatusCode::FORBIDDEN, "{method}");
    }
    assert_eq!(api.host.told(), []);
}

#[tokio::test]
async fn a_token_for_operating_does_both() {
    let api = Api::with(tokens()).await;
    api.host.reloads.add_permits(1);
    for path in READ {
        let (status, _) = api.ask(api.request(Method::GET, path).bearer_auth("assay_operate")).await;
        assert_eq!(status, StatusCode::OK, "{path}");
    }
    for ((path, body), expected) in CHANGE.into_iter().zip([202, 404, 204, 204, 204]) {
        let (status, _) = api.ask(change(&api, path, body).bearer_auth("assay_operate")).await;
        assert_eq!(status, expected, "{path}");
    }
    let told = api.host.told();
    assert!(matches!(&told[0], Told::Trigger { by: Some(by), .. } if by == "ci"), "{told:?}");
    assert!(matches!(&told[1], Told::Pause { pause, .. } if pause.by == "ci"), "{told:?}");
}

#[tokio::test]
async fn on_this_machine_and_without_tokens_everything_is_answered() {
    let api = Api::open().await;
    api.host.reloads.add_permits(1);
    for path in READ {
        assert_eq!(api.get(path).await.0, StatusCode::OK, "{path}");
    }
    for ((path, body), expected) in CHANGE.into_iter().zip([202, 404, 204, 204, 204]) {
        assert_eq!(api.ask(change(&api, path, body)).await.0, expected, "{path}");
    }
}

#[tokio::test]
async fn beyond_this_machine_and_without_tokens_nothing_is() {
    let api = Api::on("0.0.0.0:0", Vec::new()).await;
    let port = api.address.port();
    for path in READ {
        let answer = reqwest::get(format!("http://127.0.0.1:{port}{path}")).await.unwrap();
        assert_eq!(answer.status(), StatusCode::UNAUTHORIZED, "{path}");
    }
    let answer = reqwest::get(format!("http://127.0.0.1:{port}/livez")).await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
}

#[tokio::test]
async fn tokens_are_those_of_the_configuration_in_force() {
    let api = Api::with(tokens()).await;
    let ask = || api.ask(api.request(Method::GET, "/v1/status").bearer_auth("assay_read"));
    assert_eq!(ask().await.0, StatusCode::OK);
    api.host.change(|snapshot| {
        let mut config = (*snapshot.config).clone();
        config.serve.tokens.remove(0);
        snapshot.config = config.into();
    });
    assert_eq!(ask().await.0, StatusCode::UNAUTHORIZED, "taken back with a reload");
}

#[tokio::test]
async fn a_token_is_taken_from_its_header_and_in_its_form_only() {
    let api = Api::with(tokens()).await;
    let get = || api.request(Method::GET, "/v1/status");
    for (request, why) in [
        (get().basic_auth("ci", Some("assay_operate")), "another scheme"),
        (get().header("authorization", "assay_operate"), "no scheme"),
        (get().header("authorization", "Bearer"), "nothing"),
        (get().header("authorization", "Bearer "), "nothing"),
        (get().header("authorization", "Bearerassay_operate"), "no space"),
        (get().header("authorization", "Token assay_operate"), "another scheme"),
        (get().header("authorization", "Bearer assay_operate, Bearer assay_read"), "two at once"),
        (get().bearer_auth("assay_read").bearer_auth("assay_operate"), "two headers"),
        (get().header("authorization", &b"Bearer assay_operat\xe9"[..]), "no text"),
        (get().header("x-api-key", "assay_operate"), "another header"),
        (get().header("cookie", "token=assay_operate"), "a cookie"),
        (api.request(Method::GET, "/v1/status?token=assay_operate"), "the address"),
        (api.request(Method::GET, "/v1/status?access_token=assay_operate"), "the address (RFC 6750, 2.3)"),
        (get().bearer_auth("assay_operat"), "a part"),
        (get().bearer_auth("ASSAY_OPERATE"), "other letters"),
        (get().bearer_auth(super::Digest::of(b"assay_operate")), "its digest"),
    ] {
        let (status, problem) = api.ask(request).await;
        assert_eq!((status, kind(&problem)), (StatusCode::UNAUTHORIZED, "unauthenticated"), "{why}");
    }
    for header in ["Bearer assay_operate", "bearer assay_operate", "BEARER  assay_operate "] {
        let (status, _) = api.ask(get().header("authorization", header)).await;
        assert_eq!(status, StatusCode::OK, "{header}: schemes have no case (RFC 9110, 11.1)");
    }
    let answer = get().send().await.unwrap();
    assert_eq!(answer.headers()["www-authenticate"], "Bearer realm=\"assay\"");
}

/// A gate before a host with tokens, whose time stands still.
fn gate() -> (Gate, TempDir) {
    let (control, state) = Host::with(tokens());
    (Gate { control, limits: Limits::new(), loopback: true }, state)
}

/// What becomes of a request from an address with a token: the name of the token, or the kind of the problem.
fn admitted(gate: &Gate, peer: &str, path: &str, token: Option<&str>) -> Result<Option<String>, Kind> {
    let mut request = axum::http::Request::get(path);
    if let Some(token) = token {
        request = request.header("authorization", format!("Bearer {token}"));
    }
    let request = request.body(axum::body::Body::empty()).unwrap();
    let admitted = gate.admit(&request, format!("{peer}:1").parse().unwrap());
    admitted.map(|caller| caller.name).map_err(|problem| problem.kind())
}

#[tokio::test(start_paused = true)]
async fn who_guesses_is_not_listened_to_any_more() {
    let (gate, _state) = gate();
    let ask = |peer: &str, token: &str| admitted(&gate, peer, "/v1/status", Some(token));
    let (bad, good) = ("192.0.2.1", "192.0.2.2");
    assert_eq!(ask(bad, "assay_read"), Ok(Some("grafana".to_owned())));
    for guess in 0..10 {
        assert_eq!(ask(bad, &format!("assay_{guess}")), Err(Kind::Unauthenticated), "{guess}");
    }
    assert_eq!(ask(bad, "assay_11"), Err(Kind::TooOften));
    assert_eq!(ask(bad, "assay_read"), Err(Kind::TooOften), "not even the right one");
    assert_eq!(ask(good, "assay_read"), Ok(Some("grafana".to_owned())), "others are not concerned");
    assert_eq!(admitted(&gate, bad, "/livez", None), Ok(None));
    tokio::time::advance(Duration::from_secs(6)).await;
    assert_eq!(ask(bad, "assay_read"), Ok(Some("grafana".to_owned())), "after a while");
}

#[tokio::test(start_paused = true)]
async fn those_who_may_ask_share_a_number_of_requests_and_strangers_use_up_none() {
    let (gate, _state) = gate();
    for _ in 0..1_000 {
        assert_eq!(admitted(&gate, "192.0.2.1", "/v1/status", None), Err(Kind::Unauthenticated));
    }
    for request in 0..100 {
        let (peer, token) =
            (format!("192.0.2.{request}"), if request % 2 == 0 { "assay_read" } else { "assay_operate" });
        assert!(admitted(&gate, &peer, "/v1/status", Some(token)).is_ok(), "{request}");
    }
    assert_eq!(admitted(&gate, "192.0.2.1", "/v1/status", Some("assay_read")), Err(Kind::TooOften));
    assert_eq!(admitted(&gate, "192.0.2.1", "/readyz", None), Ok(None), "health is not counted");
    tokio::time::advance(Duration::from_secs(1)).await;
    assert!(admitted(&gate, "192.0.2.1", "/v1/status", Some("assay_read")).is_ok());
}

#[tokio::test]
async fn who_asks_too_often_is_told_when_to_ask_again() {
    let api = Api::with(tokens()).await;
    for guess in 0..1_000 {
        let answer = api.request(Method::GET, "/v1/status").bearer_auth(format!("assay_{guess}")).send().await.unwrap();
        if answer.status() == StatusCode::TOO_MANY_REQUESTS {
            let wait: u64 = answer.headers()["retry-after"].to_str().unwrap().parse().unwrap();
            assert!(guess >= 10 && (1..=7).contains(&wait), "{guess} guesses, {wait} s");
            return;
        }
        assert_eq!(answer.status(), StatusCode::UNAUTHORIZED, "{guess}");
    }
    panic!("1000 guesses were listened to");
}

#[tokio::test]
async fn a_name_that_is_bound_to_this_machine_is_not_answered() {
    let api = Api::open().await;
    let port = api.address.port();
    for host in [
        "evil.example".to_owned(),
        format!("evil.example:{port}"),
        format!("127.0.0.1.evil.example:{port}"),
        format!("localhost.evil.example:{port}"),
        format!("evil.example@127.0.0.1:{port}"),
        "0.0.0.0".to_owned(),
        String::new(),
    ] {
        for path in ["/v1/status", "/livez"] {
            let (status, answer) =
                api.raw(&format!("GET {path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n")).await;
            assert!(status == 403 && answer.contains("foreign-host"), "{host}: {answer}");
        }
    }
    for (request, why) in [
        ("GET /v1/status HTTP/1.0\r\n\r\n", "none at all"),
        ("GET /v1/status HTTP/1.1\r\nconnection: close\r\n\r\n", "none at all"),
        ("GET /v1/status HTTP/1.1\r\nhost: localhost\r\nhost: evil.example\r\nconnection: close\r\n\r\n", "two"),
        (
            "GET http://evil.example/v1/status HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n",
            "another in the address",
        ),
        (
            "GET http://localhost/v1/status HTTP/1.1\r\nhost: evil.example\r\nconnection: close\r\n\r\n",
            "another in the header",
        ),
    ] {
        let (status, answer) = api.raw(request).await;
        assert!(matches!(status, 400 | 403) && !answer.contains("nightly"), "{why}: {answer}");
    }
    for host in ["localhost", "LOCALHOST:1", "127.0.0.1", "[::1]:8750"] {
        let (status, _) =
            api.raw(&format!("GET /v1/status HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n")).await;
        assert_eq!(status, 200, "{host}");
    }
    let api = Api::with(tokens()).await;
    let request = "GET /v1/status HTTP/1.1\r\nhost: assay.example\r\nauthorization: Bearer assay_read\r\n\
                   connection: close\r\n\r\n";
    assert_eq!(api.raw(request).await.0, 200, "a page of another site has no token");
}

#[tokio::test]
async fn a_page_of_another_site_changes_nothing() {
    let api = Api::open().await;
    let origin = format!("http://{}", api.address);
    for other in [
        "http://evil.example",
        "null",
        "https://evil.example:8750",
        &format!("{origin}.evil.example"),
        "http://127.0.0.1:1",
    ] {
        let request = change(&api, "/v1/schedules/nightly/resume", "{}").header("origin", other);
        let (status, problem) = api.ask(request).await;
        assert_eq!((status, kind(&problem)), (StatusCode::FORBIDDEN, "foreign-origin"), "{other}");
        let (status, _) = api.ask(api.request(Method::GET, "/v1/status").header("origin", other)).await;
        assert_eq!(status, StatusCode::FORBIDDEN, "{other}");
    }
    let preflight = api.request(Method::OPTIONS, "/v1/reload").header("origin", "http://evil.example");
    let answer = preflight.header("access-control-request-method", "POST").send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::FORBIDDEN);
    assert!(answer.headers().keys().all(|name| !name.as_str().starts_with("access-control")), "{answer:?}");
    // What a form can send without asking first.
    for media_type in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data",
        "text/plain; application/json",
        "application/jsonp",
    ] {
        let request =
            api.request(Method::POST, "/v1/schedules/nightly/resume").header("content-type", media_type).body("{}");
        let (status, problem) = api.ask(request).await;
        assert_eq!((status, kind(&problem)), (StatusCode::UNSUPPORTED_MEDIA_TYPE, "not-json"), "{media_type}");
    }
    let (status, _) = api.ask(api.request(Method::POST, "/v1/schedules/nightly/resume").body("{}")).await;
    assert_eq!(status, StatusCode::UNSUPPORTED_MEDIA_TYPE, "no type at all");
    assert_eq!(api.host.told(), []);

    let request = api.request(Method::POST, "/v1/schedules/nightly/resume").header("origin", &origin);
    let request = request.header("content-type", "Application/JSON; charset=utf-8").body("{}");
    assert_eq!(api.ask(request).await.0, StatusCode::NO_CONTENT, "its own origin");
}

#[tokio::test]
async fn tricks_with_paths_lead_nowhere() {
    let api = Api::with(tokens()).await;
    for path in [
        "//v1/status",
        "/v1//status",
        "/v1/status/",
        "/V1/STATUS",
        "/livez/../v1/status",
        "/livez/..%2fv1/status",
        "/livez%2f..%2fv1%2fstatus",
        "/livez/",
        "/livez;/v1/status",
        "/livez%00",
        "/%6civez",
        "/v1/status?/livez",
        "/v1/status#/livez",
        "/v1/./status",
    ] {
        let (status, answer) = api.raw(&format!("GET {path} HTTP/1.1\r\nhost: h\r\nconnection: close\r\n\r\n")).await;
        assert!(matches!(status, 400 | 401) && !answer.contains("nightly"), "{path}: {answer}");
    }
    for (method, path) in [("POST", "/livez"), ("DELETE", "/readyz"), ("get", "/livez")] {
        let (status, _) = api.raw(&format!("{method} {path} HTTP/1.1\r\nhost: h\r\nconnection: close\r\n\r\n")).await;
        assert_eq!(status, 401, "{method} {path}");
    }
    let (status, answer) = api.raw("HEAD /livez HTTP/1.1\r\nhost: h\r\nconnection: close\r\n\r\n").await;
    assert!(status == 200 && !answer.contains("alive"), "{answer}");
}

#[tokio::test]
async fn what_is_too_large_is_refused() {
    let api = Api::with(tokens()).await;
    let large = json!({ "reason": "x".repeat(64 << 10) }).to_string();
    let post = |body: String| {
        let request = api.request(Method::POST, "/v1/schedules/nightly/pause").bearer_auth("assay_operate");
        request.header("content-type", "application/json").body(body)
    };
    let (status, problem) = api.ask(post(large.clone())).await;
    assert_eq!((status, kind(&problem)), (StatusCode::PAYLOAD_TOO_LARGE, "body-too-large"));
    // Of unknown length.
    let head = "POST /v1/reload HTTP/1.1\r\nhost: h\r\nauthorization: Bearer assay_operate\r\n\
                content-type: application/json\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n";
    let (status, _) = api.raw(&format!("{head}{:x}\r\n{large}\r\n", large.len())).await;
    assert_eq!(status, 413);
    assert_eq!(api.host.told(), []);

    let deep = format!("{}{}", "[".repeat(30_000), "]".repeat(30_000));
    let (status, problem) = api.ask(post(deep)).await;
    assert_eq!((status, kind(&problem)), (StatusCode::BAD_REQUEST, "invalid"), "deep, not large");

    let (status, problem) = api.get(&format!("/livez?{}", "x".repeat(9_000))).await;
    assert_eq!((status, kind(&problem)), (StatusCode::URI_TOO_LONG, "address-too-long"));
    let request = api.request(Method::GET, "/livez").header("x", "x".repeat(17_000));
    let (status, problem) = api.ask(request).await;
    assert_eq!((status, kind(&problem)), (StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, "headers-too-large"));
    let many: String = (0..200).map(|n| format!("x-{n}: y\r\n")).collect();
    let (status, _) = api.raw(&format!("GET /livez HTTP/1.1\r\nhost: h\r\n{many}connection: close\r\n\r\n")).await;
    assert_eq!(status, 431, "many small ones");
}
