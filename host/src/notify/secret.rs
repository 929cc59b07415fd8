//! What a receiver is reached with and nobody may see.

use std::ffi::OsString;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The largest secret, in bytes.
const BYTES_MAX: u64 = 64 << 10;
/// Where systemd says that it laid the credentials of a service.
const CREDENTIALS: &str = "CREDENTIALS_DIRECTORY";

/// Where a secret lies. It is looked up when a receiver is opened, and never written down.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SecretRef {
    /// In an environment variable.
    Env(String),
    /// In a file.
    File(PathBuf),
    /// In a credential that systemd hands to the service, by its name.
    Credential(String),
}

impl SecretRef {
    /// Looks it up for this process.
    ///
    /// # Errors
    /// As of [`Secrets::load`].
    pub fn load(&self) -> Result<Secret, SecretError> {
        Secrets::of_process().load(self)
    }
}

impl fmt::Display for SecretRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Env(name) => write!(f, "the environment variable {name}"),
            Self::File(path) => write!(f, "the file {}", path.display()),
            Self::Credential(name) => write!(f, "the systemd credential `{name}`"),
        }
    }
}

/// A secret. It is shown nowhere: neither by `Debug` nor in an error.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// The secret itself, for the one place that sends it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// A part of a secret, which is one too.
    pub(super) fn part(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad("…")
    }
}

/// Why a secret is not to be had.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// The variable is not set.
    #[error("{0} is not set")]
    Unset(SecretRef),
    /// The process was not given credentials.
    #[error("{0} is not there: this process was given no credentials")]
    NoCredentials(SecretRef),
    /// The name of a credential is no name of a file.
    #[error("{0} has a name that no credential has")]
    CredentialName(SecretRef),
    /// It cannot be read.
    #[error("{place} cannot be read")]
    Unreadable {
        /// Where it should lie.
        place: SecretRef,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// There is nothing in it.
    #[error("{0} is empty")]
    Empty(SecretRef),
    /// It is not text.
    #[error("{0} is not text in UTF-8")]
    NotText(SecretRef),
    /// It is too large to be a secret.
    #[error("{0} has more than 64 KiB")]
    TooLarge(SecretRef),
}

impl SecretError {
    /// What would help.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Unset(_) => "set it in the environment that assay is started from",
            Self::NoCredentials(_) => "`LoadCredential=` in the unit of the service hands it one",
            Self::CredentialName(_) => "it is the name given in `LoadCredential=`, without a `/`",
            Self::Unreadable { .. } => "look whether it is there, and whether the user that runs assay may read it",
            Self::Empty(_) => "write the secret into it",
            Self::NotText(_) | Self::TooLarge(_) => "look whether it is the right one",
        }
    }
}

/// Finds a variable of the environment.
type Lookup = dyn Fn(&str) -> Option<OsString> + Send + Sync;

/// Where this process finds its secrets.
#[derive(Clone)]
pub struct Secrets {
    variable: Arc<Lookup>,
}

impl Secrets {
    /// In its own environment.
    #[must_use]
    pub fn of_process() -> Self {
        Self::from_variables(|name| std::env::var_os(name))
    }

    /// In an environment that is not the process's: for tests.
    #[must_use]
    pub fn from_variables(variable: impl Fn(&str) -> Option<OsString> + Send + Sync + 'static) -> Self {
        Self { variable: Arc::new(variable) }
    }

    /// Looks a secret up. A line feed at its end, as editors leave it, does not belong to it.
    ///
    /// # Errors
    /// Any [`SecretError`]; none tells what was found.
    pub fn load(&self, place: &SecretRef) -> Result<Secret, SecretError> {
        let bytes = match place {
            SecretRef::Env(name) => {
                let value = (self.variable)(name).ok_or_else(|| SecretError::Unset(place.clone()))?;
                value.into_encoded_bytes()
            }
            SecretRef::File(path) => read(place, path)?,
            SecretRef::Credential(name) => {
                if name.is_empty() || name.contains(['/', '\0']) || matches!(name.as_str(), "." | "..") {
                    return Err(SecretError::CredentialName(place.clone()));
                }
                let folder = (self.variable)(CREDENTIALS).ok_or_else(|| SecretError::NoCredentials(place.clone()))?;
                read(place, &Path::new(&folder).join(name))?
            }
        };
        let mut text = String::from_utf8(bytes).map_err(|_| SecretError::NotText(place.clone()))?;
        if text.ends_with('\n') {
            text.pop();
            if text.ends_with('\r') {
                text.pop();
            }
        }
        if text.trim().is_empty() {
            return Err(SecretError::Empty(place.clone()));
        }
        Ok(Secret(text))
    }
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secrets(…)")
    }
}

fn read(place: &SecretRef, path: &Path) -> Result<Vec<u8>, SecretError> {
    let unreadable = |source| SecretError::Unreadable { place: place.clone(), source };
    let mut bytes = Vec::new();
    let file = fs_err::File::open(path).map_err(unreadable)?;
    io::Read::read_to_end(&mut io::Read::take(file, BYTES_MAX + 1), &mut bytes).map_err(unreadable)?;
    if bytes.len() as u64 > BYTES_MAX {
        return Err(SecretError::TooLarge(place.clone()));
    }
    Ok(bytes)
}
