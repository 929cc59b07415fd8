//! `assay token`.

use std::process::ExitCode;

use crate::api::Secret;

use super::args::{RoleArg, TokenArgs};
use super::exit::Exit;
use super::failure::Failure;
use super::render;

/// Makes a token and prints it, once.
pub(super) fn token(args: &TokenArgs) -> Result<ExitCode, Failure> {
    let secret = Secret::generate().map_err(|error| Failure::host(error, "the system gives no random bytes"))?;
    let role = match args.role {
        RoleArg::Read => "read",
        RoleArg::Operate => "operate",
    };
    let name = serde_json::Value::from(args.name.as_str());
    let digest = secret.digest().to_string();
    let digest = digest.strip_prefix("sha256:").unwrap_or(&digest);
    // A string of JSON is a basic string of TOML.
    render::out(&format!(
        "{}\n\nIt is not kept anywhere. For `tokens` under `[serve]`:\n{{ name = {name}, role = \"{role}\", sha256 = \"{digest}\" }}",
        secret.reveal()
    ))?;
    Ok(Exit::Ok.code())
}
