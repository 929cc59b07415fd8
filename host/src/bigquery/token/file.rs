//! Tokens by a file of credentials, whichever of Google's kinds it is.

use std::path::Path;
use std::time::Duration;

use async_trait::async_trait;
use serde::Deserialize;
use serde_json::Value as Json;
use yup_oauth2::authenticator::DefaultAuthenticator;
use yup_oauth2::authorized_user::AuthorizedUserSecret;
use yup_oauth2::external_account::ExternalAccountSecret;
use yup_oauth2::{
    AuthorizedUserAuthenticator, Error as YupError, ExternalAccountAuthenticator, ServiceAccountAuthenticator,
    ServiceAccountKey,
};

use super::impersonated::Impersonated;
use super::{Class, Error, Mint, SCOPE_TO_IMPERSONATE, Token, refused};

/// How long an answer of the token's maker may take.
const ANSWER: Duration = Duration::from_secs(20);
/// The largest file of credentials, in bytes.
const FILE_BYTES_MAX: u64 = 1 << 20;

struct FromFile {
    authenticator: DefaultAuthenticator,
    scope: &'static str,
}

/// Reads a file of credentials.
pub(super) async fn open(path: &Path, client: &reqwest::Client, scope: &'static str) -> Result<Box<dyn Mint>, Error> {
    let named = |what: String| refused(format!("the credentials in `{}` {what}", path.display()));
    let owned = path.to_owned();
    let read = tokio::task::spawn_blocking(move || read(&owned)).await.map_err(|error| refused(error.to_string()))?;
    let bytes = read.map_err(|error| named(format!("cannot be read: {error}")))?;
    // What stands in the file is not told: it may be a key.
    let json: Json = serde_json::from_slice(&bytes).map_err(|_| named("are not JSON".to_owned()))?;
    of_json(json, client, scope).await.map_err(named)
}

fn read(path: &Path) -> std::io::Result<Vec<u8>> {
    if fs_err::metadata(path)?.len() > FILE_BYTES_MAX {
        return Err(std::io::Error::other("larger than credentials are"));
    }
    fs_err::read(path)
}

/// The kinds of Google's files, by their `type`.
async fn of_json(json: Json, client: &reqwest::Client, scope: &'static str) -> Result<Box<dyn Mint>, String> {
    let kind = json.get("type").and_then(Json::as_str).unwrap_or_default().to_owned();
    let unusable = |error: std::io::Error| format!("cannot be used: {error}");
    let authenticator = match kind.as_str() {
        "service_account" => {
            let key: ServiceAccountKey = parsed(json)?;
            ServiceAccountAuthenticator::builder(key).with_timeout(ANSWER).build().await.map_err(unusable)?
        }
        "authorized_user" => {
            let secret: AuthorizedUserSecret = parsed(json)?;
            AuthorizedUserAuthenticator::builder(secret).with_timeout(ANSWER).build().await.map_err(unusable)?
        }
        "external_account" => {
            let mut secret = external(json)?;
            // Its errors are told apart here, and not there.
            if let Some(url) = secret.service_account_impersonation_url.take() {
                let authenticator = ExternalAccountAuthenticator::builder(secret).with_timeout(ANSWER).build().await;
                let authenticator = authenticator.map_err(unusable)?;
                let base = Box::new(FromFile { authenticator, scope: SCOPE_TO_IMPERSONATE });
                return Ok(Box::new(Impersonated::new(base, client, url)));
            }
            ExternalAccountAuthenticator::builder(secret).with_timeout(ANSWER).build().await.map_err(unusable)?
        }
        "impersonated_service_account" => {
            let Nested { service_account_impersonation_url, source_credentials } = parsed(json)?;
            let base = Box::pin(of_json(source_credentials, client, SCOPE_TO_IMPERSONATE)).await?;
            return Ok(Box::new(Impersonated::new(base, client, service_account_impersonation_url)));
        }
        "" => return Err("have no `type`".to_owned()),
        other => return Err(format!("are of the type `{other}`, which is not supported")),
    };
    Ok(Box::new(FromFile { authenticator, scope }))
}

/// A service account with the credentials of who acts as it.
#[derive(Deserialize)]
struct Nested {
    service_account_impersonation_url: String,
    source_credentials: Json,
}

/// The names of what is missing are no secret, unlike what is there.
fn parsed<T: serde::de::DeserializeOwned>(json: Json) -> Result<T, String> {
    serde_json::from_value(json).map_err(|error| match error.to_string().split_once("missing field") {
        Some((_, field)) => format!("lack {}", field.trim()),
        None => "are not as Google writes them".to_owned(),
    })
}

/// Workload identity federation, as far as it is supported: a token in a file as text, or behind a URL.
fn external(mut json: Json) -> Result<ExternalAccountSecret, String> {
    let source = json.get_mut("credential_source").and_then(Json::as_object_mut).ok_or("lack `credential_source`")?;
    if source.contains_key("executable") || source.contains_key("environment_id") {
        return Err("get their token from a program or from AWS, which is not supported".to_owned());
    }
    let is_json = source.get("format").and_then(|format| format.get("type")) == Some(&Json::from("json"));
    if source.contains_key("file") && is_json {
        return Err("keep their token in a file of JSON, which is not supported: let it be text".to_owned());
    }
    // What is left out is text: https://google.aip.dev/auth/4117.
    source.entry("format").or_insert_with(|| serde_json::json!({ "type": "text" }));
    parsed(json)
}

#[async_trait]
impl Mint for FromFile {
    async fn mint(&self, anew: bool) -> Result<Token, Error> {
        let scopes = [self.scope];
        let token = match anew {
            true => self.authenticator.force_refreshed_token(&scopes).await,
            false => self.authenticator.token(&scopes).await,
        };
        let token = token.map_err(|error| failed(&error))?;
        let secret = token.token().ok_or_else(|| refused("the answer to the credentials holds no token"))?;
        Ok(Token::kept_elsewhere(secret.to_owned()))
    }
}

/// What failed. Only what the error is, not what was sent or answered.
fn failed(error: &YupError) -> Error {
    match error {
        YupError::AuthError(error) => refused(format!("the credentials are refused: {error}")),
        YupError::HttpError(_) | YupError::HttpClientError(_) => {
            Error::new(Class::Unreachable, "who gives tokens for the credentials cannot be reached")
        }
        // A page instead of JSON is how an outage looks.
        YupError::JSONError(_) => {
            Error::new(Class::Backend, "who gives tokens for the credentials answers something else")
        }
        YupError::CredentialSourceError(_) | YupError::LowLevelError(_) => {
            refused("the token that the credentials point at cannot be read")
        }
        YupError::UserError(_) | YupError::MissingAccessToken | YupError::StorageError(_) => {
            refused("the credentials give no token")
        }
    }
}
