//! Tokens of the metadata server: <https://cloud.google.com/compute/docs/access/authenticate-workloads>.

use std::time::Duration;

use async_trait::async_trait;
use serde::Deserialize;

use super::{AuthHosts, Error, Mint, Token, answer};

pub(super) struct Metadata {
    client: reqwest::Client,
    url: String,
    scope: &'static str,
}

/// What the server answers.
#[derive(Deserialize)]
struct Answer {
    access_token: String,
    /// Seconds.
    expires_in: u64,
}

impl Metadata {
    pub(super) fn new(client: &reqwest::Client, hosts: &AuthHosts, scope: &'static str) -> Self {
        let url = format!("{}/computeMetadata/v1/instance/service-accounts/default/token", hosts.metadata);
        Self { client: client.clone(), url, scope }
    }
}

#[async_trait]
impl Mint for Metadata {
    async fn mint(&self, _anew: bool) -> Result<Token, Error> {
        let request = self.client.get(&self.url).query(&[("scopes", self.scope)]).header("Metadata-Flavor", "Google");
        let Answer { access_token, expires_in } = answer("the metadata server", request).await?;
        Ok(Token::lasting(access_token, Duration::from_secs(expires_in)))
    }
}
