//! Reaching a host that serves.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use crate::api::{Client, ClientError};
use crate::config::Config;
use crate::serve::served_by;

use super::args::RemoteArgs;
use super::failure::Failure;

/// The host that serves the state directory of a configuration, if one does.
pub(super) fn reach(config: &Config, args: &RemoteArgs) -> Result<Option<Client>, Failure> {
    let Some(by) = served_by(&config.host.state_dir)? else { return Ok(None) };
    let Some(address) = by.address else {
        return Err(Failure::host(anyhow::anyhow!("a host ({by}) does not listen yet"), "try again in a moment"));
    };
    let address = SocketAddr::new(reachable(address.ip()), address.port());
    Ok(Some(Client::new(&format!("http://{address}"), args.token.as_deref())?))
}

/// Who listens everywhere also listens on loopback.
fn reachable(ip: IpAddr) -> IpAddr {
    match ip {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        other => other,
    }
}

impl From<ClientError> for Failure {
    fn from(error: ClientError) -> Self {
        let hint = match &error {
            ClientError::Refused { problem } if problem.status == 401 => {
                "the host wants a token: `--token`, or `ASSAY_TOKEN` in the environment; `assay token` makes one"
            }
            other => other.hint(),
        };
        let hint = hint.to_owned();
        match error {
            error @ (ClientError::Unreachable { .. } | ClientError::Unexpected { .. }) => Self::host(error, hint),
            error @ (ClientError::Refused { .. } | ClientError::Address(_) | ClientError::Token) => {
                Self::usage(error, hint)
            }
        }
    }
}
