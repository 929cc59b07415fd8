//! Tokens of a service account that somebody else acts as:
//! <https://cloud.google.com/iam/docs/reference/credentials/rest/v1/projects.serviceAccounts/generateAccessToken>.

use std::time::Duration;

use async_trait::async_trait;
use serde::Deserialize;
use serde_json::json;

use super::{AuthHosts, Error, Mint, SCOPE, Token, answer};
use crate::bigquery::http::segment;

/// How long a token is asked for: the most that is allowed without an exception.
const LIFETIME: Duration = Duration::from_secs(3_600);

pub(super) struct Impersonated {
    base: Box<dyn Mint>,
    client: reqwest::Client,
    url: String,
}

/// What the service answers; when the token expires is known from what was asked.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    access_token: String,
}

impl Impersonated {
    /// By the address of `generateAccessToken` for the account.
    pub(super) fn new(base: Box<dyn Mint>, client: &reqwest::Client, url: String) -> Self {
        Self { base, client: client.clone(), url }
    }

    /// The address for an account.
    pub(super) fn url(hosts: &AuthHosts, account: &str) -> String {
        format!("{}/v1/projects/-/serviceAccounts/{}:generateAccessToken", hosts.iam, segment(account))
    }
}

#[async_trait]
impl Mint for Impersonated {
    async fn mint(&self, anew: bool) -> Result<Token, Error> {
        let base = self.base.mint(anew).await?;
        let body = json!({ "scope": [SCOPE], "lifetime": format!("{}s", LIFETIME.as_secs()) });
        let request = self.client.post(&self.url).bearer_auth(base.secret()).json(&body);
        let Answer { access_token } = answer("the impersonation of the service account", request).await?;
        Ok(Token::lasting(access_token, LIFETIME))
    }
}
