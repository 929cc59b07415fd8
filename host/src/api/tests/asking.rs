//! How the command line asks.

use reqwest::StatusCode;
use tokio::net::TcpListener;

use super::super::client::{Client, ClientError, RunsAsked};
use super::super::view::{CancelBody, PauseBody, TriggerBody};
use super::{Api, RunStatus, Told, tokens};

fn client(api: &Api, token: Option<&str>) -> Client {
    Client::new(&format!("http://{}", api.address), token).unwrap()
}

#[tokio::test]
async fn everything_can_be_asked() {
    let api = Api::with(tokens()).await;
    api.host.reloads.add_permits(1);
    let client = client(&api, Some("assay_operate"));
    let status = client.status().await.unwrap();
    assert_eq!((status.schedules[0].schedule_name.as_str(), status.readiness.ready), ("nightly", true));

    let run = api.has_run(0, "nightly", &["a"], RunStatus::Ok).await;
    let asked =
        RunsAsked { schedule: Some("nightly".parse().unwrap()), status: Some(RunStatus::Ok), ..RunsAsked::default() };
    let page = client.runs(&asked).await.unwrap();
    assert_eq!(page.runs.iter().map(|run| run.run_id.clone()).collect::<Vec<_>>(), [run.to_string()]);
    let asked = RunsAsked { before: Some(run), limit: Some(1), ..RunsAsked::default() };
    assert_eq!(client.runs(&asked).await.unwrap().runs, []);

    let body = TriggerBody { names: vec!["nightly".to_owned()], ..TriggerBody::default() };
    assert_eq!(client.trigger(&body).await.unwrap().run_ids.len(), 1);
    let nightly = "nightly".parse().unwrap();
    let pause = PauseBody { reason: "r".to_owned(), by: Some("sam".to_owned()), until: None };
    client.pause(&nightly, &pause).await.unwrap();
    client.resume(&nightly).await.unwrap();
    let running = api.host.snapshot.lock().unwrap().running[0].record.run_id;
    client.cancel(running, &CancelBody { reason: Some("wrong day".to_owned()) }).await.unwrap();
    client.reload().await.unwrap();
    let told = api.host.told();
    assert_eq!(told.len(), 5);
    assert!(matches!(&told[1], Told::Pause { pause, .. } if pause.by == "sam (token ci)"), "{told:?}");
    assert_eq!(told[3], Told::Cancel { run: running, by: Some("wrong day (ci)".to_owned()) });
}

#[tokio::test]
async fn what_is_refused_is_told_with_what_would_help() {
    let api = Api::with(tokens()).await;
    let error = client(&api, Some("assay_read")).reload().await.unwrap_err();
    let ClientError::Refused { problem } = &error else { panic!("{error:?}") };
    assert_eq!((problem.status, problem.r#type.as_str()), (403, "urn:assay:problem:not-allowed"));
    assert_eq!(error.to_string(), "the token `grafana` is good for reading only");
    assert_eq!(error.hint(), "send one with `role = \"operate\"`");

    let error = client(&api, Some("assay_operate")).resume(&"sports/nba".parse().unwrap()).await.unwrap_err();
    assert_eq!(error.to_string(), "there is no schedule `sports/nba`", "its `/` arrives");
    let error = client(&api, None).status().await.unwrap_err();
    assert_eq!(error.to_string(), "there is not exactly one `Authorization` header");
}

#[tokio::test]
async fn where_no_host_is_that_is_told() {
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}/", free.local_addr().unwrap());
    drop(free);
    let error = Client::new(&address, None).unwrap().status().await.unwrap_err();
    assert!(matches!(error, ClientError::Unreachable { .. }), "{error:?}");
    assert_eq!(error.to_string(), format!("no host answers at {address}v1/status"));

    let other = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}/base/", other.local_addr().unwrap());
    let answers = async |uri: axum::http::Uri| match uri.path() {
        "/base/v1/status" => (StatusCode::OK, [("location", "")], format!("<html>{}", uri.path())),
        "/base/v1/reload" => (StatusCode::TEMPORARY_REDIRECT, [("location", "/elsewhere")], String::new()),
        path => panic!("followed to {path}"),
    };
    let router = axum::Router::new().fallback(answers);
    tokio::spawn(axum::serve(other, router).into_future());
    let client = Client::new(&address, None).unwrap();
    let error = client.status().await.unwrap_err();
    let text = format!("what answers at {address}v1/status is not understood: 200 OK, \"<html>/base/v1/status\"");
    assert_eq!(error.to_string(), text);
    let error = client.reload().await.unwrap_err();
    assert!(matches!(&error, ClientError::Unexpected { status: StatusCode::TEMPORARY_REDIRECT, .. }), "{error:?}");
}

#[test]
fn a_client_needs_an_address_and_shows_no_token() {
    for address in ["", "127.0.0.1:8750", "ftp://127.0.0.1", "file:///tmp", "http://h/?token=x", "unix:/run/assay.sock"]
    {
        let error = Client::new(address, None).unwrap_err();
        assert!(matches!(&error, ClientError::Address(told) if told == address), "{address}: {error:?}");
    }
    assert!(matches!(Client::new("http://h", Some("a\nb")), Err(ClientError::Token)));
    let shown = format!("{:?}", Client::new("http://h", Some("assay_secret")).unwrap());
    assert!(!shown.contains("assay_secret"), "{shown}");
}
