//! Sending to Prometheus Alertmanager.

use jiff::Timestamp;
use reqwest::Url;
use reqwest::header::CONTENT_TYPE;

use super::open::{Fault, Guarded, Opening};
use super::receiver::{Alertmanager, Auth};
use super::secret::Secret;
use super::sender::{Outgoing, Sent};
use super::wire;

/// How an Alertmanager is reached.
pub(super) struct Way {
    http: reqwest::Client,
    url: Url,
    auth: Option<(Option<String>, Secret)>,
    pub(super) settings: Alertmanager,
}

pub(super) fn open(settings: &Alertmanager, opening: &mut Opening<'_>) -> Option<Way> {
    let Alertmanager { url, auth, hold, refresh, labels } = settings;
    let http = opening.http();
    let guarded = if auth.is_some() { Guarded::Tls } else { Guarded::Open };
    let url = opening.address("address of Alertmanager", url, "/api/v2/alerts", guarded);
    let auth = match auth {
        None => Some(None),
        Some(Auth::Bearer(token)) => opening.secret(token).map(|token| Some((None, token))),
        Some(Auth::Basic { user, password }) => {
            opening.secret(password).map(|password| Some((Some(user.clone()), password)))
        }
    };
    for (name, _) in labels.iter().filter(|(name, _)| !is_label(name)) {
        let why = "a label is letters, digits and `_`, and does not begin with a digit";
        opening.took::<()>(Err(Fault::Setting { what: "the label", value: name.clone(), why }));
    }
    if refresh.is_some_and(|refresh| refresh >= *hold) {
        let why = "alerts would end before they are told again";
        opening.took::<()>(Err(Fault::Setting { what: "the time", value: format!("{hold:?}"), why }));
    }
    Some(Way { http: http?, url: url?, auth: auth?, settings: settings.clone() })
}

/// Whether Alertmanager takes it for the name of a label.
pub(super) fn is_label(name: &str) -> bool {
    !name.is_empty()
        && !name.starts_with(|c: char| c.is_ascii_digit())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

pub(super) async fn send(way: &Way, delivery: &Outgoing, now: Timestamp) -> Sent {
    let request = way.http.post(way.url.clone()).header(CONTENT_TYPE, "application/json").body(delivery.body.clone());
    let request = match &way.auth {
        None => request,
        Some((None, token)) => request.bearer_auth(token.expose()),
        Some((Some(user), password)) => request.basic_auth(user, Some(password.expose())),
    };
    match wire::exchange(request).await.and_then(|answer| answer.good(now)) {
        Ok(_) => Sent::delivered(),
        Err(sent) => sent,
    }
}
