//! Who is told, and how it is reached.

use std::fmt;
use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use super::secret::SecretRef;

/// How long one attempt may take unless something else is said.
pub const TIME_LIMIT: Duration = Duration::from_secs(10);
/// How long a firing alert stands in Alertmanager without being told again, unless something else is said: longer than
/// the longest time between two tellings.
pub const HOLD: Duration = Duration::from_secs(8 * 24 * 60 * 60);

/// Somebody or something that is told, as it is configured.
#[derive(Debug, Clone, PartialEq)]
pub struct Receiver {
    /// Its name.
    pub name: String,
    /// How it is reached.
    pub kind: ReceiverKind,
    /// Whether it is told that an alert is over.
    pub send_resolved: bool,
    /// How many messages it gets at most.
    pub rate: Option<Rate>,
    /// How long one attempt may take; [`TIME_LIMIT`] is usual.
    pub time_limit: Duration,
    /// A template in place of the one that comes along.
    pub template: Option<PathBuf>,
}

impl Receiver {
    /// A receiver with what is usual: told of the end, without limit of the rate, with the template that comes along.
    #[must_use]
    pub fn new(name: &str, kind: ReceiverKind) -> Self {
        Self { name: name.to_owned(), kind, send_resolved: true, rate: None, time_limit: TIME_LIMIT, template: None }
    }
}

/// So many messages in so long a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// Messages, at least 1.
    pub count: u32,
    /// The time.
    pub per: Duration,
}

/// How a receiver is reached.
#[derive(Debug, Clone, PartialEq)]
pub enum ReceiverKind {
    /// A channel of Slack.
    Slack(Slack),
    /// A service of PagerDuty.
    PagerDuty(PagerDuty),
    /// A Prometheus Alertmanager.
    Alertmanager(Alertmanager),
    /// Mail.
    Email(Email),
    /// An address that takes CloudEvents.
    Webhook(Webhook),
    /// Issues of a repository on GitHub.
    GitHub(GitHub),
    /// A line of the log.
    Log(Log),
    /// A program on this machine.
    Command(Command),
}

impl ReceiverKind {
    /// The word for it.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Slack(_) => "slack",
            Self::PagerDuty(_) => "pagerduty",
            Self::Alertmanager(_) => "alertmanager",
            Self::Email(_) => "email",
            Self::Webhook(_) => "webhook",
            Self::GitHub(_) => "github",
            Self::Log(_) => "log",
            Self::Command(_) => "command",
        }
    }

    /// How often it wants to be told of a firing alert in any case: what does not keep on disk what it was told forgets
    /// it when it is started again.
    #[must_use]
    pub fn refresh(&self) -> Option<Duration> {
        match self {
            Self::Alertmanager(alertmanager) => alertmanager.refresh,
            Self::Slack(_)
            | Self::PagerDuty(_)
            | Self::Email(_)
            | Self::Webhook(_)
            | Self::GitHub(_)
            | Self::Log(_)
            | Self::Command(_) => None,
        }
    }

    /// Whether a digest makes sense there.
    #[must_use]
    pub fn takes_digests(&self) -> bool {
        !matches!(self, Self::Alertmanager(_))
    }
}

impl fmt::Display for ReceiverKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A channel of Slack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Slack {
    /// By a bot: messages are threads, and the first of a thread is changed when all is well again.
    Bot {
        /// Token of the bot, `xoxb-…`, with the scope `chat:write`.
        token: SecretRef,
        /// The channel's id, `C…`; a name such as `#data` works for public channels only.
        channel: String,
        /// Where the methods of the API are; [`Slack::API`] unless it is another.
        api: String,
    },
    /// By an incoming webhook: each message stands alone.
    Hook {
        /// Its address, which is a secret.
        url: SecretRef,
    },
}

impl Slack {
    /// Where Slack's API is.
    pub const API: &str = "https://slack.com/api";
}

/// A service of PagerDuty, by its Events API v2.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PagerDuty {
    /// The integration's key.
    pub routing_key: SecretRef,
    /// Where the Events API is; [`PagerDuty::EVENTS`] unless it is another, `https://events.eu.pagerduty.com` for
    /// example.
    pub events: String,
    /// What is said to be the source.
    pub source: String,
}

impl PagerDuty {
    /// Where PagerDuty's Events API is.
    pub const EVENTS: &str = "https://events.pagerduty.com";
}

/// A Prometheus Alertmanager, by its API v2.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alertmanager {
    /// Its address, with the prefix it is served under.
    pub url: String,
    /// Who may send, where it asks for that.
    pub auth: Option<Auth>,
    /// How long an alert stands without being told again; [`HOLD`] is usual.
    pub hold: Duration,
    /// How often it is told again of what stands: it keeps alerts in memory only.
    pub refresh: Option<Duration>,
    /// Labels that each alert gets, such as `cluster`.
    pub labels: Vec<(String, String)>,
}

/// How a server knows who sends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Auth {
    /// By a token.
    Bearer(SecretRef),
    /// By a name and a password.
    Basic {
        /// The name.
        user: String,
        /// The password.
        password: SecretRef,
    },
}

/// Mail, by SMTP.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Email {
    /// Name or address of the server.
    pub host: String,
    /// Its port; [`Security::port`] is usual.
    pub port: u16,
    /// How the way to it is guarded.
    pub security: Security,
    /// A file with the certificates, in PEM, that the server's must come from, beside those of the machine.
    pub authority: Option<PathBuf>,
    /// Who sends, where the server asks for that: a name and a password.
    pub login: Option<(String, SecretRef)>,
    /// From whom: `assay <assay@example.org>`.
    pub from: String,
    /// To whom: at least one.
    pub to: Vec<String>,
}

impl Email {
    /// Whether the server is on this machine.
    #[must_use]
    pub fn is_local(&self) -> bool {
        self.host == "localhost" || self.host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
    }
}

/// How the way to a mail server is guarded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Security {
    /// By TLS from the first byte.
    Tls,
    /// By TLS, begun by a command; nothing is sent where the server does not know it.
    StartTls,
    /// Not at all.
    Plain,
}

impl Security {
    /// The port that is usual for it.
    #[must_use]
    pub fn port(self) -> u16 {
        match self {
            Self::Tls => 465,
            Self::StartTls => 587,
            Self::Plain => 25,
        }
    }
}

/// An address that takes CloudEvents 1.0, signed in the way of Standard Webhooks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Webhook {
    /// The address.
    pub url: Address,
    /// What requests are signed with: `whsec_` and base64, or any text.
    pub signing: Option<SecretRef>,
    /// More headers, each with its value.
    pub headers: Vec<(String, SecretRef)>,
}

/// An address that may be a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Address {
    /// It may be known.
    Open(String),
    /// It may not.
    Secret(SecretRef),
}

/// Issues of a repository on GitHub, or a server that speaks its API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GitHub {
    /// The owner of the repository.
    pub owner: String,
    /// The repository.
    pub repository: String,
    /// A token that may read and write issues.
    pub token: SecretRef,
    /// Labels that each issue gets. Open issues are looked for among those with the first.
    pub labels: Vec<String>,
    /// Where the API is; [`GitHub::API`] unless it is another.
    pub api: String,
}

impl GitHub {
    /// Where GitHub's API is.
    pub const API: &str = "https://api.github.com";
}

/// Lines of JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Log {
    /// In the log of assay.
    Tracing,
    /// On standard error.
    Stderr,
}

/// A program on this machine, started without a shell. It reads the message as a document on its standard input. Its
/// environment is `PATH`, `ASSAY_DELIVERY_ID`, `ASSAY_DEDUP_KEY` and `ASSAY_TURN`. It ends with 0 when it has told, with 75 to be started again later.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command {
    /// Its path, or its name on the `PATH`.
    pub program: PathBuf,
    /// Its arguments.
    pub arguments: Vec<String>,
}
