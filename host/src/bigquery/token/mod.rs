//! Tokens: where they come from, and that they are kept until shortly before they expire.
//!
//! One type, [`Tokens`]; it is also the `Authenticator` of the crate `gcp-bigquery-client`, so that what that crate does
//! is done with the same tokens. Nothing here can be printed with a token in it.

mod file;
mod impersonated;
mod metadata;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use gcp_bigquery_client::auth::Authenticator;
use gcp_bigquery_client::error::BQError;
use tokio::sync::Mutex;
use tokio::time::Instant;

use self::impersonated::Impersonated;
use super::credentials::{AuthHosts, Credentials, Identity, default_file};
use super::error::{Class, Error};
use crate::clock;

/// What a token is for when nobody is impersonated.
const SCOPE: &str = "https://www.googleapis.com/auth/bigquery";
/// What a token is for that only buys another.
const SCOPE_TO_IMPERSONATE: &str = "https://www.googleapis.com/auth/cloud-platform";
/// How long before it expires a token is not used any more.
const MARGIN: Duration = Duration::from_secs(120);

/// A token on its way into a request.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Token {
    secret: String,
    /// Until when it may be kept; None when whoever made it keeps it.
    until: Option<Instant>,
}

impl Token {
    /// One that is good for so long.
    fn lasting(secret: String, lifetime: Duration) -> Self {
        Self { secret, until: Some(clock::monotonic() + lifetime.saturating_sub(MARGIN)) }
    }

    /// One that its maker keeps.
    fn kept_elsewhere(secret: String) -> Self {
        Self { secret, until: None }
    }

    /// To be put into a header, and nowhere else.
    pub(super) fn secret(&self) -> &str {
        &self.secret
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(..)")
    }
}

/// Something that makes tokens.
#[async_trait]
trait Mint: Send + Sync {
    /// A token; with `anew` none that was made before.
    async fn mint(&self, anew: bool) -> Result<Token, Error>;
}

/// The source of tokens that everything of one connection shares.
#[derive(Clone)]
pub struct Tokens(Arc<Shared>);

struct Shared {
    mint: Option<Box<dyn Mint>>,
    kept: Mutex<Option<Token>>,
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tokens(..)")
    }
}

impl Tokens {
    /// For an identity. Files are read now; no token is asked for yet.
    ///
    /// # Errors
    /// [`Class::Credentials`] when a file is missing, cannot be read, or is of a kind that is not supported.
    ///
    /// # Cancel safety
    /// Nothing is left behind.
    pub async fn open(identity: &Identity, hosts: &AuthHosts, client: &reqwest::Client) -> Result<Self, Error> {
        let scope = if identity.impersonate.is_some() { SCOPE_TO_IMPERSONATE } else { SCOPE };
        let metadata = || -> Box<dyn Mint> { Box::new(metadata::Metadata::new(client, hosts, scope)) };
        let base: Option<Box<dyn Mint>> = match &identity.credentials {
            Credentials::None => None,
            Credentials::Metadata => Some(metadata()),
            Credentials::File(path) => Some(file::open(path, client, scope).await?),
            Credentials::Default => match default_file() {
                Some(path) => Some(file::open(&path, client, scope).await?),
                None => Some(metadata()),
            },
        };
        let mint = match (base, &identity.impersonate) {
            (Some(base), Some(account)) => {
                let url = Impersonated::url(hosts, account);
                Some(Box::new(Impersonated::new(base, client, url)) as Box<dyn Mint>)
            }
            (base, _) => base,
        };
        Ok(Self(Arc::new(Shared { mint, kept: Mutex::new(None) })))
    }

    /// A token, the one that is kept while it is good; None when no token is sent at all.
    ///
    /// # Errors
    /// [`Class::Credentials`] when the token is refused, [`Class::Unreachable`] and the like when asking for it failed.
    ///
    /// # Cancel safety
    /// Nothing is left behind.
    pub(super) async fn token(&self) -> Result<Option<Token>, Error> {
        self.get(None).await
    }

    /// A token that is not the one that was refused.
    pub(super) async fn other_than(&self, refused: &Token) -> Result<Option<Token>, Error> {
        self.get(Some(refused)).await
    }

    async fn get(&self, refused: Option<&Token>) -> Result<Option<Token>, Error> {
        let Some(mint) = &self.0.mint else { return Ok(None) };
        // Held while a token is made: those who come meanwhile take the same.
        let mut kept = self.0.kept.lock().await;
        if let Some(token) = &*kept
            && token.until.is_some_and(|until| clock::monotonic() < until)
            && refused != Some(token)
        {
            return Ok(Some(token.clone()));
        }
        let token = mint.mint(refused.is_some()).await?;
        *kept = Some(token.clone());
        Ok(Some(token))
    }
}

#[async_trait]
impl Authenticator for Tokens {
    async fn access_token(&self) -> Result<String, BQError> {
        match self.token().await {
            Ok(Some(token)) => Ok(token.secret),
            // Emulators take anything.
            Ok(None) => Ok("none".to_owned()),
            Err(_) => Err(BQError::NoToken),
        }
    }
}

/// That a token could not be had.
fn refused(message: impl AsRef<str>) -> Error {
    Error::new(Class::Credentials, message)
}

/// What a helper of authentication answered, if it is a success; never with what stands in the answer.
async fn answer<T: serde::de::DeserializeOwned>(who: &str, request: reqwest::RequestBuilder) -> Result<T, Error> {
    let unreachable = |error: reqwest::Error| {
        let message = format!("{who} cannot be reached: {}", super::http::reason(&error.without_url()));
        Error::new(Class::Unreachable, message)
    };
    let response = request.send().await.map_err(unreachable)?;
    let status = response.status();
    if !status.is_success() {
        let class = match Class::of_bare_status(status.as_u16()) {
            passing if passing.is_retryable() => passing,
            _ => Class::Credentials,
        };
        let message = format!("{who} gives no token");
        return Err(Error { status: Some(status.as_u16()), ..Error::new(class, message) });
    }
    response.json().await.map_err(|_| refused(format!("{who} answers something that is no token")))
}
