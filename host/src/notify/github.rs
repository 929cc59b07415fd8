//! Keeping issues on GitHub.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use reqwest::header::{ACCEPT, HeaderValue};
use reqwest::{Method, RequestBuilder, StatusCode, Url};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::message::Turn;
use super::open::{Fault, Guarded, Opening};
use super::receiver::GitHub;
use super::secret::Secret;
use super::sender::{Outgoing, Receipt, Sent};
use super::wire::{self, Answer};

/// Issues, or comments, that one answer lists.
const PAGE: usize = 50;
/// Pages that are looked through for an issue that is open already.
const PAGES_MAX: usize = 20;
/// How far GitHub's clock may be behind ours.
const SKEW: SignedDuration = SignedDuration::from_mins(10);

/// How a repository is reached.
pub(super) struct Way {
    http: reqwest::Client,
    token: Secret,
    issues: Url,
    pub(super) labels: Vec<String>,
}

pub(super) fn open(settings: &GitHub, opening: &mut Opening<'_>) -> Option<Way> {
    let GitHub { owner, repository, token, labels, api } = settings;
    let http = opening.http();
    let token = opening.secret(token);
    for (what, value) in [("the owner", owner), ("the repository", repository)] {
        if !is_name(value) {
            let why = "a name is letters, digits, `-`, `_` and `.`";
            opening.took::<()>(Err(Fault::Setting { what, value: value.clone(), why }));
        }
    }
    let path = format!("/repos/{owner}/{repository}/issues");
    let issues = opening.address("address of GitHub's API", api, &path, Guarded::Tls);
    Some(Way { http: http?, token: token?, issues: issues?, labels: labels.clone() })
}

fn is_name(text: &str) -> bool {
    !matches!(text, "" | "." | "..") && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))
}

/// What is kept: an issue, a comment on it, and what they are known by.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Kept {
    pub(super) issue: Value,
    pub(super) comment: Value,
    /// In the text of each issue about the same.
    pub(super) marker: String,
    /// In the text that this delivery makes.
    pub(super) delivery: String,
    /// Whether the issue is closed with it.
    pub(super) close: bool,
}

pub(super) async fn send(way: &Way, delivery: &Outgoing, now: Timestamp) -> Sent {
    let Ok(kept) = serde_json::from_str::<Kept>(&delivery.body) else {
        return Sent::refused("what was kept is not an issue");
    };
    let repository = Repository { way, now };
    repository.tell(delivery, &kept).await.unwrap_or_else(|sent| sent)
}

struct Repository<'a> {
    way: &'a Way,
    now: Timestamp,
}

#[derive(Deserialize)]
struct Issue {
    number: u64,
    #[serde(default)]
    body: Option<String>,
}

#[derive(Deserialize)]
struct Comment {
    #[serde(default)]
    body: Option<String>,
}

impl Repository<'_> {
    async fn tell(&self, delivery: &Outgoing, kept: &Kept) -> Result<Sent, Sent> {
        let thread = delivery.thread.as_ref().filter(|_| delivery.turn != Turn::Alone);
        let thread = thread.and_then(|receipt| receipt.as_str().parse::<u64>().ok());
        if let Some(number) = thread
            && self.comment(number, delivery, kept).await?
        {
            return Ok(delivered(number));
        }
        match self.find(&kept.marker).await? {
            // An attempt before this one made it, and the answer was lost.
            Some(issue) if issue.body.as_deref().is_some_and(|body| body.contains(&kept.delivery)) => {
                self.close(issue.number, kept).await?;
                Ok(delivered(issue.number))
            }
            Some(issue) => {
                self.comment(issue.number, delivery, kept).await?;
                Ok(delivered(issue.number))
            }
            // There is nothing that could be closed.
            None if delivery.turn == Turn::Ends => Ok(Sent::delivered()),
            None => {
                let issue: Issue = self.ask(self.request(Method::POST, &[]).json(&kept.issue)).await?;
                self.close(issue.number, kept).await?;
                Ok(delivered(issue.number))
            }
        }
    }

    /// Comments on an issue, unless that was done, and closes it where that is due. Whether the issue is there.
    async fn comment(&self, number: u64, delivery: &Outgoing, kept: &Kept) -> Result<bool, Sent> {
        let number_text = number.to_string();
        let request = self.request(Method::GET, &[&number_text, "comments"]);
        let since = delivery.at.saturating_sub(SKEW).unwrap_or(delivery.at);
        let since = since.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
        let page = PAGE.to_string();
        let request = request.query(&[("since", since.as_str()), ("per_page", page.as_str())]);
        let answer = wire::exchange(request).await?;
        if matches!(answer.status, StatusCode::NOT_FOUND | StatusCode::GONE) {
            return Ok(false);
        }
        let comments: Vec<Comment> = self.understood(answer)?;
        if !comments.iter().any(|comment| comment.body.as_deref().is_some_and(|body| body.contains(&kept.delivery))) {
            let request = self.request(Method::POST, &[&number_text, "comments"]).json(&kept.comment);
            self.ask::<Value>(request).await?;
        }
        self.close(number, kept).await?;
        Ok(true)
    }

    async fn close(&self, number: u64, kept: &Kept) -> Result<(), Sent> {
        if kept.close {
            let request = self.request(Method::PATCH, &[&number.to_string()]);
            let closed = json!({ "state": "closed", "state_reason": "completed" });
            self.ask::<Value>(request.json(&closed)).await?;
        }
        Ok(())
    }

    /// The open issue about the same.
    async fn find(&self, marker: &str) -> Result<Option<Issue>, Sent> {
        for page in 1..=PAGES_MAX {
            let mut query = vec![("state", "open".to_owned()), ("per_page", PAGE.to_string())];
            query.extend([("sort", "created".to_owned()), ("page", page.to_string())]);
            query.extend(self.way.labels.first().map(|label| ("labels", label.clone())));
            let issues: Vec<Issue> = self.ask(self.request(Method::GET, &[]).query(&query)).await?;
            let last = issues.len() < PAGE;
            let found =
                issues.into_iter().find(|issue| issue.body.as_deref().is_some_and(|body| body.contains(marker)));
            if found.is_some() || last {
                return Ok(found);
            }
        }
        Ok(None)
    }

    fn request(&self, method: Method, path: &[&str]) -> RequestBuilder {
        let mut url = self.way.issues.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.extend(path);
        }
        self.way
            .http
            .request(method, url)
            .bearer_auth(self.way.token.expose())
            .header(ACCEPT, HeaderValue::from_static("application/vnd.github+json"))
            .header("x-github-api-version", HeaderValue::from_static("2022-11-28"))
    }

    async fn ask<T: serde::de::DeserializeOwned>(&self, request: RequestBuilder) -> Result<T, Sent> {
        self.understood(wire::exchange(request).await?)
    }

    fn understood<T: serde::de::DeserializeOwned>(&self, answer: Answer) -> Result<T, Sent> {
        if let Some(after) = self.limited(&answer) {
            return Err(Sent::Retry { after, error: "GitHub's rate limit is used up".to_owned() });
        }
        let answer = answer.good(self.now)?;
        serde_json::from_slice(&answer.body).map_err(|_| Sent::retry("what answers does not speak as GitHub does"))
    }

    /// How long to wait, if GitHub wants fewer requests: it says so with 403 as well as with 429.
    fn limited(&self, answer: &Answer) -> Option<Option<Duration>> {
        let number = |name: &str| answer.headers.get(name)?.to_str().ok()?.parse::<i64>().ok();
        let used_up = number("x-ratelimit-remaining") == Some(0);
        let after = answer.after(self.now);
        let limited = match answer.status {
            StatusCode::TOO_MANY_REQUESTS => true,
            StatusCode::FORBIDDEN => used_up || after.is_some(),
            _ => false,
        };
        let reset = || Timestamp::from_second(number("x-ratelimit-reset")?).ok();
        limited.then(|| after.or_else(|| used_up.then(reset).flatten().map(|reset| wire::until(reset, self.now))))
    }
}

fn delivered(number: u64) -> Sent {
    Sent::Delivered { receipt: Some(Receipt::new(number.to_string())) }
}
