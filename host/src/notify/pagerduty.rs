//! Sending to PagerDuty.

use jiff::Timestamp;
use reqwest::{StatusCode, Url};
use serde_json::{Map, Value};

use super::open::{Guarded, Opening};
use super::receiver::PagerDuty;
use super::secret::Secret;
use super::sender::{Outgoing, Sent};
use super::wire;

/// How a service is reached.
pub(super) struct Way {
    http: reqwest::Client,
    routing_key: Secret,
    alert: Url,
    change: Url,
    pub(super) source: String,
}

pub(super) fn open(settings: &PagerDuty, opening: &mut Opening<'_>) -> Option<Way> {
    const WHAT: &str = "address of PagerDuty's Events API";
    let PagerDuty { routing_key, events, source } = settings;
    let http = opening.http();
    let routing_key = opening.secret(routing_key);
    let alert = opening.address(WHAT, events, "/v2/enqueue", Guarded::Tls);
    let change = opening.address(WHAT, events, "/v2/change/enqueue", Guarded::Tls);
    Some(Way { http: http?, routing_key: routing_key?, alert: alert?, change: change?, source: source.clone() })
}

pub(super) async fn send(way: &Way, delivery: &Outgoing, now: Timestamp) -> Sent {
    let Ok(mut event) = serde_json::from_str::<Map<String, Value>>(&delivery.body) else {
        return Sent::refused("what was kept is not an event of PagerDuty");
    };
    // What asks nobody to do anything is a change event.
    let url = if event.contains_key("event_action") { &way.alert } else { &way.change };
    event.insert("routing_key".to_owned(), way.routing_key.expose().into());
    let answer = match wire::exchange(way.http.post(url.clone()).json(&event)).await {
        Ok(answer) => answer,
        Err(sent) => return sent,
    };
    match answer.status {
        StatusCode::ACCEPTED => Sent::delivered(),
        status if status.is_success() => Sent::retry(format!("the answer is {status}, and PagerDuty's is 202")),
        _ => answer.failed(now),
    }
}
