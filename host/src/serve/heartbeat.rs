//! Telling somebody outside that the host is there: when it stops telling, that one raises the alarm.

use std::error::Error;
use std::time::Duration;

use crate::api::Control as _;
use crate::clock;
use crate::config::Heartbeat;

use super::handle::Handle;

/// How long an answer may take.
const ANSWER: Duration = Duration::from_secs(10);
/// Between two looks at the configuration while it names no address.
const IDLE: Duration = Duration::from_secs(10);
/// A host that has not looked at its clock for so long is not there.
const STALE: Duration = Duration::from_secs(30);

/// Sends heartbeats as the configuration in force wants them, for as long as the host lives: none when it does not look at
/// its clock any more, or cannot write its journal.
///
/// # Cancel safety
/// Dropped, nothing more is sent.
pub(super) async fn beat(host: Handle) {
    // Without certificates of the machine: those that come along are enough, and a slim container has none.
    let Ok(client) = reqwest::Client::builder().timeout(ANSWER).build() else { return };
    let mut published = host.published();
    let mut failing = false;
    loop {
        let Some(Heartbeat { url, every }) = host.snapshot().config.serve.heartbeat.clone() else {
            tokio::time::sleep(IDLE).await;
            continue;
        };
        let next = clock::monotonic() + every;
        let looked = tokio::time::timeout(STALE, published.changed()).await;
        if looked.is_ok_and(|open| open.is_ok()) && host.snapshot().backlog == 0 {
            let error = send(&client, &url).await.err();
            match &error {
                Some(error) if !failing => tracing::warn!(error, "a heartbeat did not arrive"),
                None if failing => tracing::info!("heartbeats arrive again"),
                Some(_) | None => {}
            }
            failing = error.is_some();
            host.beaten(error).await;
        }
        tokio::time::sleep_until(next).await;
    }
}

/// Why it did not arrive, without the address: it is a secret of those who are to be told.
async fn send(client: &reqwest::Client, url: &str) -> Result<(), String> {
    let answer = client.get(url).send().await.map_err(|error| reason(&error.without_url()))?;
    match answer.error_for_status() {
        Ok(_) => Ok(()),
        Err(error) => Err(reason(&error.without_url())),
    }
}

/// An error with what caused it.
fn reason(error: &dyn Error) -> String {
    let mut reason = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        reason = format!("{reason}: {error}");
        cause = error.source();
    }
    reason
}
