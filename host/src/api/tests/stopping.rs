//! How serving ends.

use reqwest::{Method, StatusCode};
use serde_json::json;
use tokio::net::TcpStream;

use super::Api;

#[tokio::test]
async fn requests_under_way_are_answered_and_no_more_are_taken() {
    let Api { host, address, http, stop, serving, .. } = Api::open().await;
    let request = http.request(Method::POST, format!("http://{address}/v1/reload")).json(&json!({}));
    let asking = tokio::spawn(request.send());
    host.reload_began.notified().await;
    stop.notify_one();
    // Taken up to the moment in which the server hears of it.
    while TcpStream::connect(address).await.is_ok() {
        tokio::task::yield_now().await;
    }
    assert!(!serving.is_finished(), "it waits for the answer");
    host.reloads.add_permits(1);
    assert_eq!(asking.await.unwrap().unwrap().status(), StatusCode::NO_CONTENT);
    serving.await.unwrap();
}

#[tokio::test]
async fn a_connection_that_asks_nothing_holds_up_nothing() {
    let api = Api::open().await;
    let _idle = TcpStream::connect(api.address).await.unwrap();
    assert_eq!(api.get("/livez").await.0, StatusCode::OK);
    api.stop.notify_one();
    api.serving.await.unwrap();
}
