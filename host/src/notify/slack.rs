//! Sending to Slack.

use jiff::Timestamp;
use reqwest::Url;
use reqwest::header::CONTENT_TYPE;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::message::Turn;
use super::open::{Guarded, Opening};
use super::receiver::Slack;
use super::secret::Secret;
use super::sender::{Outgoing, Receipt, Sent};
use super::wire::{self, Answer};

const JSON: &str = "application/json; charset=utf-8";

/// How a channel is reached.
pub(super) enum Way {
    Bot { http: reqwest::Client, token: Secret, channel: String, post: Url, update: Url },
    Hook { http: reqwest::Client, url: Url },
}

pub(super) fn open(settings: &Slack, opening: &mut Opening<'_>) -> Option<Way> {
    let http = opening.http();
    match settings {
        Slack::Bot { token, channel, api } => {
            let token = opening.secret(token);
            let post = opening.address("address of Slack's API", api, "/chat.postMessage", Guarded::Tls);
            let update = opening.address("address of Slack's API", api, "/chat.update", Guarded::Tls);
            let (http, token, post, update) = (http?, token?, post?, update?);
            Some(Way::Bot { http, token, channel: channel.clone(), post, update })
        }
        Slack::Hook { url } => {
            let url = opening.secret_address("address of the incoming webhook", url);
            Some(Way::Hook { http: http?, url: url? })
        }
    }
}

pub(super) async fn send(way: &Way, delivery: &Outgoing, now: Timestamp) -> Sent {
    let sent = match way {
        Way::Hook { http, url } => {
            let request = http.post(url.clone()).header(CONTENT_TYPE, JSON).body(delivery.body.clone());
            wire::exchange(request).await.and_then(|answer| answer.good(now)).map(|_| Sent::delivered())
        }
        Way::Bot { .. } => in_thread(way, delivery, now).await,
    };
    sent.unwrap_or_else(|sent| sent)
}

/// A message as it is kept, or how the attempt ends without one.
fn kept(delivery: &Outgoing) -> Result<Map<String, Value>, Sent> {
    serde_json::from_str(&delivery.body).map_err(|_| Sent::refused("what was kept is not a message for Slack"))
}

async fn in_thread(way: &Way, delivery: &Outgoing, now: Timestamp) -> Result<Sent, Sent> {
    let mut message = kept(delivery)?;
    let first = delivery.thread.as_ref().and_then(|receipt| receipt.as_str().split_once('/'));
    let Some((channel, ts)) = first.filter(|_| delivery.turn != Turn::Alone) else {
        return alone(way, message, now).await;
    };
    message.insert("channel".to_owned(), channel.into());
    let mut reply = message.clone();
    if delivery.turn == Turn::Ends {
        // What the thread began with tells how it stands; the reply tells those who follow it that it changed.
        message.insert("ts".to_owned(), ts.into());
        for key in ["reply_broadcast", "unfurl_links", "unfurl_media"] {
            message.remove(key);
        }
        match call(way, Method::Update, &message, now).await? {
            Called::Done(_) => {
                reply.remove("blocks");
            }
            // The thread can still be answered in.
            Called::Gone => {}
        }
    }
    reply.insert("thread_ts".to_owned(), ts.into());
    match call(way, Method::Post, &reply, now).await? {
        Called::Done(_) => Ok(Sent::delivered()),
        Called::Gone => alone(way, kept(delivery)?, now).await,
    }
}

/// Posts a message that answers none.
async fn alone(way: &Way, mut message: Map<String, Value>, now: Timestamp) -> Result<Sent, Sent> {
    message.remove("reply_broadcast");
    match call(way, Method::Post, &message, now).await? {
        Called::Done(receipt) => Ok(Sent::Delivered { receipt }),
        Called::Gone => Err(Sent::refused("Slack does not know the thread of a message that has none")),
    }
}

enum Method {
    Post,
    Update,
}

/// What Slack did.
enum Called {
    /// What was asked.
    Done(Option<Receipt>),
    /// Nothing: the message that is to be changed or answered is not there any more, or cannot be changed any more.
    Gone,
}

#[derive(Deserialize)]
struct Reply {
    ok: bool,
    error: Option<String>,
    channel: Option<String>,
    ts: Option<String>,
}

async fn call(way: &Way, method: Method, message: &Map<String, Value>, now: Timestamp) -> Result<Called, Sent> {
    let Way::Bot { http, token, post, update, .. } = way else {
        return Err(Sent::refused("an incoming webhook has no methods"));
    };
    let url = match method {
        Method::Post => post,
        Method::Update => update,
    };
    let body = Value::Object(message.clone()).to_string();
    let request = http.post(url.clone()).bearer_auth(token.expose()).header(CONTENT_TYPE, JSON).body(body);
    let answer = wire::exchange(request).await?.good(now)?;
    let Ok(reply) = serde_json::from_slice::<Reply>(&answer.body) else {
        return Err(Sent::retry("what answers does not speak as Slack does"));
    };
    if reply.ok {
        let receipt = reply.channel.zip(reply.ts).map(|(channel, ts)| Receipt::new(format!("{channel}/{ts}")));
        return Ok(Called::Done(receipt));
    }
    refusal(reply.error.as_deref().unwrap_or("no reason"), &answer, now)
}

/// What Slack's word for an error amounts to.
fn refusal(word: &str, answer: &Answer, now: Timestamp) -> Result<Called, Sent> {
    let error = format!("Slack answers `{}`", super::inert::inert(word, 100));
    match word {
        "thread_not_found" | "message_not_found" | "cant_update_message" | "edit_window_closed" => Ok(Called::Gone),
        "ratelimited"
        | "rate_limited"
        | "message_limit_exceeded"
        | "internal_error"
        | "fatal_error"
        | "service_unavailable"
        | "request_timeout"
        | "team_added_to_org"
        | "external_channel_migrating" => Err(Sent::Retry { after: answer.after(now), error }),
        // Of the token, the channel or the message: none gets better by itself.
        _ => Err(Sent::refused(error)),
    }
}
