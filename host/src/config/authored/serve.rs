//! The keys of `[serve]`.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use schemars::JsonSchema;
use serde_json::json;
use toml::Spanned;

use super::super::resolved::Role;
use super::{Size, Time};

/// Where requests are answered when nothing is said: on the machine itself.
pub(in crate::config) const LISTEN_DEFAULT: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8750);
/// How long a host that stops waits for its runs, when nothing is said.
pub(in crate::config) const DRAIN_DEFAULT: Time = Time { text: "30s", millis: 30_000 };
/// How often a host looks at itself when nothing is said.
pub(in crate::config) const SELF_CHECK_DEFAULT: Time = Time { text: "1m", millis: 60_000 };
/// Below how much free disk a host complains when nothing is said.
pub(in crate::config) const DISK_FREE_DEFAULT: Size = Size { text: "1 GiB", bytes: 1 << 30 };
/// The shortest time between two heartbeats, and between two looks of a host at itself.
pub(in crate::config) const EVERY_MIN: Time = Time { text: "1s", millis: 1_000 };

/// The host that `assay serve` keeps running.
#[derive(Debug, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::config) struct Serve {
    /// Address and port at which the host answers. Beyond the machine itself there must be `tokens`.
    #[schemars(
        with = "Option<String>",
        length(min = 1),
        extend("default" = LISTEN_DEFAULT.to_string()),
        example = "127.0.0.1:8750"
    )]
    pub(in crate::config) listen: Option<Spanned<String>>,
    /// Who may ask, and what. Left out: everybody on the machine itself may do everything.
    #[schemars(
        with = "Option<Vec<Token>>",
        example = json!([{
            "name": "ci",
            "sha256": "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
            "role": "operate"
        }])
    )]
    pub(in crate::config) tokens: Option<Vec<Spanned<Token>>>,
    /// How long runs that are under way may go on when the host is stopped. What has not ended by then is cut off, with
    /// the reason `interrupted`. `0s`: at once.
    #[schemars(with = "Option<String>", extend("default" = DRAIN_DEFAULT.text), example = "30s")]
    pub(in crate::config) drain: Option<Spanned<String>>,
    /// How often the host looks at itself: whether slots were missed, runs are stuck, the disk is full. What it finds
    /// is the result of the check `assay/host`.
    #[schemars(with = "Option<String>", extend("default" = SELF_CHECK_DEFAULT.text), example = "1m")]
    pub(in crate::config) self_check: Option<Spanned<String>>,
    /// How long results are kept; older runs are deleted with all that belongs to them. Left out: for ever.
    #[schemars(with = "Option<String>", example = &"400d")]
    pub(in crate::config) keep: Option<Spanned<String>>,
    /// The host complains when less disk than this is free where the journal is.
    #[schemars(with = "Option<String>", extend("default" = DISK_FREE_DEFAULT.text), example = "1 GiB")]
    pub(in crate::config) disk_free_min: Option<Spanned<String>>,
    /// An address that is called again and again as long as the host is well, so that somebody else notices when it is
    /// not there any more.
    #[schemars(
        with = "Option<Heartbeat>",
        example = json!({ "url": "https://heartbeats.example.com/assay", "every": "1m" })
    )]
    pub(in crate::config) heartbeat: Option<Spanned<Heartbeat>>,
    /// Where traces of runs go: the URL of an OTLP/HTTP endpoint. Left out: nowhere.
    #[schemars(with = "Option<String>", length(min = 1), example = &"http://127.0.0.1:4318/v1/traces")]
    pub(in crate::config) traces: Option<Spanned<String>>,
}

/// Somebody who may ask.
#[derive(Debug, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::config) struct Token {
    /// Who it is; recorded with what is asked for.
    #[schemars(with = "String", length(min = 1), example = &"ci")]
    pub(in crate::config) name: Option<Spanned<String>>,
    /// SHA-256 of the token, 64 hexadecimal digits: `printf %s TOKEN | sha256sum`. The token itself is not written
    /// here.
    #[schemars(with = "String", length(min = 64, max = 64))]
    pub(in crate::config) sha256: Option<Spanned<String>>,
    /// What it is good for: `read`, or `operate`, which is to read and to run, cancel, pause and reload as well.
    #[schemars(with = "String", extend("enum" = Role::ALL.map(Role::as_str)), example = &"read")]
    pub(in crate::config) role: Option<Spanned<String>>,
}

/// An address that is called again and again.
#[derive(Debug, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::config) struct Heartbeat {
    /// The address, `https` or `http`.
    #[schemars(with = "String", length(min = 1), example = &"https://heartbeats.example.com/assay")]
    pub(in crate::config) url: Option<Spanned<String>>,
    /// How often, at least a second apart.
    #[schemars(with = "String", example = &"1m")]
    pub(in crate::config) every: Option<Spanned<String>>,
}
