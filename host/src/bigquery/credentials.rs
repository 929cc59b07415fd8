//! Whose rights BigQuery is asked with.

use std::path::PathBuf;

/// Where a token comes from.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Credentials {
    /// Application Default Credentials: the file that `GOOGLE_APPLICATION_CREDENTIALS` names, else the one that
    /// `gcloud auth application-default login` wrote, else the metadata server.
    /// See <https://cloud.google.com/docs/authentication/application-default-credentials>.
    #[default]
    Default,
    /// A file of credentials: the key of a service account, an authorized user, an external account (workload identity
    /// federation), or an impersonated service account.
    File(PathBuf),
    /// The metadata server of Compute Engine, Cloud Run or a cluster with Workload Identity.
    Metadata,
    /// No token at all: for emulators.
    None,
}

/// Credentials and the service account that is acted as.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Identity {
    /// Where the first token comes from.
    pub credentials: Credentials,
    /// The e-mail address of a service account for whom the first token's owner is `roles/iam.serviceAccountTokenCreator`.
    pub impersonate: Option<String>,
}

/// Where Google's helpers of authentication answer; other than the defaults only in tests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthHosts {
    /// Of the metadata server, `http://HOST`.
    pub metadata: String,
    /// Of `iamcredentials`, `https://HOST`.
    pub iam: String,
}

impl Default for AuthHosts {
    fn default() -> Self {
        // The variable is Google's, for machines whose resolver does not know the name.
        let host = std::env::var("GCE_METADATA_HOST").unwrap_or_else(|_| "metadata.google.internal".to_owned());
        Self { metadata: format!("http://{host}"), iam: "https://iamcredentials.googleapis.com".to_owned() }
    }
}

/// The file that Application Default Credentials name, if there is one.
pub(super) fn default_file() -> Option<PathBuf> {
    if let Some(path) = std::env::var_os("GOOGLE_APPLICATION_CREDENTIALS").filter(|path| !path.is_empty()) {
        return Some(PathBuf::from(path));
    }
    let folder = match std::env::var_os("CLOUDSDK_CONFIG") {
        Some(folder) => PathBuf::from(folder),
        None => PathBuf::from(std::env::var_os("HOME")?).join(".config").join("gcloud"),
    };
    Some(folder.join("application_default_credentials.json")).filter(|path| path.is_file())
}
