//! Whom a host tells of itself: an address that waits for heartbeats, and a collector of traces.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use assay_tests::project::{Project, guest};
use assay_tests::serving::Serving;
use serde_json::{Value, json};

/// A server that takes every request, and what it was asked: the first line and the body.
fn listener() -> (String, Receiver<(String, Vec<u8>)>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let (tell, told) = channel();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { break };
            let mut bytes = Vec::new();
            let mut chunk = [0; 4096];
            let (head, length) = loop {
                let read = stream.read(&mut chunk).unwrap();
                bytes.extend_from_slice(&chunk[..read]);
                if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
                    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
                    let length = head.lines().find_map(|line| {
                        let (name, value) = line.split_once(':')?;
                        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse().ok())?
                    });
                    break (head, end + 4 + length.unwrap_or(0_usize));
                }
            };
            while bytes.len() < length {
                let read = stream.read(&mut chunk).unwrap();
                bytes.extend_from_slice(&chunk[..read]);
            }
            stream
                .write_all(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}")
                .unwrap();
            let body = bytes.split_off(bytes.len() - (length - head.len() - 4));
            if tell.send((head.lines().next().unwrap().to_owned(), body)).is_err() {
                break;
            }
        }
    });
    (address, told)
}

fn project(serve: &str) -> Project {
    let project = Project::new();
    project.plugin(&guest("misbehave@1.0.0.wasm"), None).write("data/allowed.csv", "id\n1\n").write(
        "assay.toml",
        format!(
            "[serve]\nlisten = \"127.0.0.1:0\"\n{serve}\n[source.local]\ntype = \"files\"\npath = \"data\"\n\
             [[check]]\nname = \"only\"\nplugin = \"misbehave@1.0.0\"\nsources = {{ local = [\"allowed\"] }}\n\
             settings = {{ mode = \"pass\" }}\n"
        ),
    );
    project
}

#[test]
fn heartbeats_come_as_long_as_the_host_lives() {
    let (address, told) = listener();
    let project = project(&format!("heartbeat = {{ url = \"{address}/ping/secret\", every = \"1s\" }}"));
    let mut serving = Serving::start(&project);
    for _ in 0..2 {
        let (line, _) = told.recv_timeout(Duration::from_secs(30)).unwrap();
        assert_eq!(line, "GET /ping/secret HTTP/1.1");
    }
    serving.kill();
    while told.recv_timeout(Duration::from_millis(100)).is_ok() {}
    assert!(told.recv_timeout(Duration::from_secs(2)).is_err(), "none comes from a host that is gone");
    assert!(!format!("{:?}", serving.log()).contains("secret"), "the address is for those who are to be told");
}

#[test]
fn a_trace_has_the_run_its_check_and_its_query() {
    let (address, told) = listener();
    let project = project(&format!("traces = \"{address}/v1/traces\""));
    let mut serving = Serving::start(&project);
    assert_eq!(serving.post("/v1/runs", &json!({ "names": ["only"] })).status, 202);
    serving.wait_for(|line| line["message"] == "run ended");
    serving.signal("TERM");
    assert_eq!(serving.end().code(), Some(0));

    let mut spans = Vec::new();
    while let Ok((line, body)) = told.recv_timeout(Duration::from_secs(1)) {
        assert_eq!(line, "POST /v1/traces HTTP/1.1");
        let body: Value = serde_json::from_slice(&body).unwrap();
        for resource in body["resourceSpans"].as_array().unwrap() {
            for scope in resource["scopeSpans"].as_array().unwrap() {
                spans.extend(scope["spans"].as_array().unwrap().clone());
            }
        }
    }
    let named =
        |name: &str| spans.iter().find(|span| span["name"] == name).unwrap_or_else(|| panic!("{name}: {spans:#?}"));
    let (run, check, query) = (named("run"), named("check"), named("query"));
    assert_eq!(check["parentSpanId"], run["spanId"]);
    assert_eq!(query["parentSpanId"], check["spanId"]);
    let attributes = format!("{}", check["attributes"]);
    assert!(attributes.contains("\"only\"") && attributes.contains("\"pass\""), "{attributes}");
}
