//! The host that keeps running.

use std::net::SocketAddr;
use std::time::Duration;

use crate::model::Digest;

use super::super::authored;

/// The host that `assay serve` keeps running.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServeConfig {
    /// Address and port at which it answers; on the machine itself, unless there are `tokens`.
    pub listen: SocketAddr,
    /// Who may ask, and what: each name and each token once. Without any, everybody who reaches it may do everything.
    pub tokens: Vec<Token>,
    /// How long runs that are under way may go on when it is stopped.
    pub drain: Duration,
    /// How often it looks at itself.
    pub self_check: Duration,
    /// How long results are kept; for ever without it.
    pub keep: Option<Duration>,
    /// It complains below this much free disk where the journal is, in bytes.
    pub disk_free_min_bytes: u64,
    /// What it calls again and again.
    pub heartbeat: Option<Heartbeat>,
    /// Where traces go: the URL of an OTLP/HTTP endpoint, `http` or `https`.
    pub traces: Option<String>,
}

impl Default for ServeConfig {
    /// What holds when nothing is said.
    fn default() -> Self {
        Self {
            listen: authored::LISTEN_DEFAULT,
            tokens: Vec::new(),
            drain: authored::DRAIN_DEFAULT.duration(),
            self_check: authored::SELF_CHECK_DEFAULT.duration(),
            keep: None,
            disk_free_min_bytes: authored::DISK_FREE_DEFAULT.bytes,
            heartbeat: None,
            traces: None,
        }
    }
}

/// Somebody who may ask.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// Who it is.
    pub name: String,
    /// SHA-256 of the token.
    pub sha256: Digest,
    /// What it is good for.
    pub role: Role,
}

/// What a token is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// To read.
    Read,
    /// To read, and to run, cancel, pause and reload.
    Operate,
}

impl Role {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Read, Self::Operate];

    /// The word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Operate => "operate",
        }
    }
}

/// An address that is called again and again, so that somebody notices when the host is not there any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heartbeat {
    /// The address, `http` or `https`.
    pub url: String,
    /// How often, at least a second apart.
    pub every: Duration,
}
