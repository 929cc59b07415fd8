//! One host a state directory.

use std::fs::TryLockError;
use std::io::{Read as _, Seek as _, Write as _};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use fs_err::{File, OpenOptions};

/// Name of the lock in the state directory. It holds the process and, once it listens, the address.
const LOCK: &str = "serve.lock";

/// The right to serve a state directory, until it is dropped or the process ends.
#[derive(Debug)]
pub(super) struct ServeLock {
    file: File,
    path: PathBuf,
}

/// The right cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Another process has it.
    #[error("another host ({by}) serves {dir}")]
    Taken {
        /// The state directory.
        dir: PathBuf,
        /// That host.
        by: ServedBy,
    },
    /// The file cannot be made or locked.
    #[error("cannot lock {path}")]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: std::io::Error,
    },
}

/// The host that serves a state directory, as far as it has said.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ServedBy {
    /// Its process.
    pub pid: Option<u32>,
    /// Where its control API listens.
    pub address: Option<SocketAddr>,
}

impl std::fmt::Display for ServedBy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.pid {
            Some(pid) => write!(f, "process {pid}"),
            None => f.write_str("just starting"),
        }
    }
}

impl ServeLock {
    /// Takes the right, or says who has it.
    pub(super) fn take(dir: &Path) -> Result<Self, LockError> {
        let path = dir.join(LOCK);
        let io = |source| LockError::Io { path: path.clone(), source };
        let mut file =
            OpenOptions::new().create(true).truncate(false).read(true).write(true).open(&path).map_err(io)?;
        match file.try_lock() {
            Ok(()) => {
                let mut lock = Self { file, path: path.clone() };
                lock.say(&std::process::id().to_string())?;
                Ok(lock)
            }
            Err(TryLockError::WouldBlock) => {
                let mut said = String::new();
                file.rewind().and_then(|()| file.read_to_string(&mut said)).map_err(io)?;
                let mut words = said.split_whitespace();
                let pid = words.next().and_then(|pid| pid.parse().ok());
                let by = ServedBy { pid, address: words.next().and_then(|address| address.parse().ok()) };
                Err(LockError::Taken { dir: dir.to_owned(), by })
            }
            Err(TryLockError::Error(error)) => Err(io(error)),
        }
    }

    /// Says where the control API listens.
    pub(super) fn listens(&mut self, address: SocketAddr) -> Result<(), LockError> {
        self.say(&format!("{} {address}", std::process::id()))
    }

    fn say(&mut self, text: &str) -> Result<(), LockError> {
        let said =
            self.file.set_len(0).and_then(|()| self.file.rewind()).and_then(|()| self.file.write_all(text.as_bytes()));
        said.map_err(|source| LockError::Io { path: self.path.clone(), source })
    }
}

/// The host that serves the directory now, if one does.
///
/// # Errors
/// [`LockError::Io`] when the directory is there and its lock cannot be looked at.
pub fn served_by(dir: &Path) -> Result<Option<ServedBy>, LockError> {
    if !dir.exists() {
        return Ok(None);
    }
    match ServeLock::take(dir) {
        Ok(_) => Ok(None),
        Err(LockError::Taken { by, .. }) => Ok(Some(by)),
        Err(error @ LockError::Io { .. }) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_is_told_who_is_first() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(served_by(&dir.path().join("none")).unwrap(), None);
        assert_eq!(served_by(dir.path()).unwrap(), None);
        let mut first = ServeLock::take(dir.path()).unwrap();
        let error = ServeLock::take(dir.path()).unwrap_err();
        assert!(error.to_string().starts_with(&format!("another host (process {})", std::process::id())), "{error}");
        let address = "127.0.0.1:8750".parse().unwrap();
        first.listens(address).unwrap();
        let by = served_by(dir.path()).unwrap().unwrap();
        assert_eq!(by, ServedBy { pid: Some(std::process::id()), address: Some(address) });
        drop(first);
        ServeLock::take(dir.path()).unwrap();
    }
}
