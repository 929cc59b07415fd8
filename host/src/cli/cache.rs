//! `assay cache`.

use std::path::Path;
use std::process::ExitCode;

use crate::config::Config;
use crate::sandbox::{CacheError, CompileCache};

use super::args::CacheCommand;
use super::exit::Exit;
use super::failure::Failure;
use super::render;

/// Lists or removes compiled plugins.
pub(super) fn cache(config: &Path, command: &CacheCommand) -> Result<ExitCode, Failure> {
    let config = Config::load(config)?;
    let cache = CompileCache::open(&config.host.cache_dir())?;
    match command {
        CacheCommand::Ls => {
            for entry in cache.entries()? {
                render::out(&format!("{}  {}", entry.name, bytesize::ByteSize::b(entry.size)))?;
            }
        }
        CacheCommand::Clear => render::out(&format!("removed {}", cache.clear()?))?,
    }
    Ok(Exit::Ok.code())
}

impl From<CacheError> for Failure {
    fn from(error: CacheError) -> Self {
        let hint = match &error {
            CacheError::Io(_) => "check the permissions of the folder of the journal",
            CacheError::Exposed { .. } => "whoever can write there can run code as you: remove it, it is made anew",
        };
        Self::host(error, hint)
    }
}
