//! Which host processes are alive, told by locked files that the system unlocks when a process ends.
//!
//! Every open store is an [`Owner`]: it holds an exclusive lock on `owners/<ulid>.lock`, and the runs it begins
//! name that ulid. A lock file that is missing, or that somebody else can lock, belongs to nobody any more.
//! Files are made and swept only under the [`Opening`] lock, so a file is never seen between its creation and
//! its locking.

use std::collections::BTreeSet;
use std::fs::TryLockError;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use fs_err::{File, OpenOptions};
use jiff::Timestamp;
use ulid::Ulid;

use super::error::StoreError;

const SUFFIX: &str = ".lock";

/// The right to open the store: one process at a time, until it is dropped.
#[derive(Debug)]
pub(super) struct Opening {
    _locked: File,
}

impl Opening {
    /// Waits for the right to open the store in `dir`.
    pub(super) fn wait(dir: &Path) -> Result<Self, StoreError> {
        let path = dir.join("open.lock");
        let file = lock_file(&path)?;
        file.lock().map_err(|error| StoreError::io("lock", &path, error))?;
        Ok(Self { _locked: file })
    }

    /// The owners that are alive. Lock files of dead ones are removed.
    pub(super) fn sweep(&self, dir: &Path) -> Result<BTreeSet<Ulid>, StoreError> {
        let owners = directory(dir);
        let list = |error| StoreError::io("list", &owners, error);
        let mut alive = BTreeSet::new();
        for entry in fs_err::read_dir(&owners).map_err(list)? {
            let path = entry.map_err(list)?.path();
            let Some(id) = id_of(&path) else { continue };
            match lock_file(&path)?.try_lock() {
                Ok(()) => fs_err::remove_file(&path).map_err(|error| StoreError::io("remove", &path, error))?,
                Err(TryLockError::WouldBlock) => {
                    alive.insert(id);
                }
                Err(TryLockError::Error(error)) => return Err(StoreError::io("lock", &path, error)),
            }
        }
        Ok(alive)
    }

    /// Becomes an owner.
    pub(super) fn claim(&self, dir: &Path, now: Timestamp) -> Result<Owner, StoreError> {
        let id = Ulid::from_datetime(now.try_into().unwrap_or(SystemTime::UNIX_EPOCH));
        let path = directory(dir).join(format!("{id}{SUFFIX}"));
        let file = lock_file(&path)?;
        match file.try_lock() {
            Ok(()) => Ok(Owner { id, path, _locked: file }),
            Err(TryLockError::WouldBlock) => Err(StoreError::Locked { path }),
            Err(TryLockError::Error(error)) => Err(StoreError::io("lock", &path, error)),
        }
    }
}

/// This process, as the owner of runs. Dropped, its lock file is gone.
#[derive(Debug)]
pub(super) struct Owner {
    id: Ulid,
    path: PathBuf,
    _locked: File,
}

impl Owner {
    /// Its name in the database.
    pub(super) fn name(&self) -> String {
        self.id.to_string()
    }
}

impl Drop for Owner {
    fn drop(&mut self) {
        if let Err(error) = fs_err::remove_file(&self.path) {
            tracing::warn!(%error, "the lock file stays until the store is opened again");
        }
    }
}

/// Where the lock files are.
pub(super) fn directory(dir: &Path) -> PathBuf {
    dir.join("owners")
}

fn id_of(path: &Path) -> Option<Ulid> {
    Ulid::from_string(path.file_name()?.to_str()?.strip_suffix(SUFFIX)?).ok()
}

fn lock_file(path: &Path) -> Result<File, StoreError> {
    let file = OpenOptions::new().create(true).truncate(false).write(true).open(path);
    file.map_err(|error| StoreError::io("create", path, error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_holds_the_lock_is_alive_and_the_rest_is_swept() {
        let dir = tempfile::tempdir().unwrap();
        fs_err::create_dir(directory(dir.path())).unwrap();
        let opening = Opening::wait(dir.path()).unwrap();
        let now = "2026-01-02T03:04:05Z".parse().unwrap();
        let (a, b) = (opening.claim(dir.path(), now).unwrap(), opening.claim(dir.path(), now).unwrap());
        assert_ne!(a.id, b.id, "claimed at the same instant");
        let stale = directory(dir.path()).join(format!("{}.lock", Ulid::from_parts(1, 1)));
        fs_err::write(&stale, "").unwrap();
        let other = directory(dir.path()).join("notes.txt");
        fs_err::write(&other, "").unwrap();

        assert_eq!(opening.sweep(dir.path()).unwrap(), BTreeSet::from([a.id, b.id]));
        assert!(!stale.exists(), "its owner is dead");
        assert!(other.exists(), "no lock file of ours");

        let (path, id) = (b.path.clone(), a.id);
        drop(b);
        assert!(!path.exists(), "a clean end leaves nothing");
        assert_eq!(opening.sweep(dir.path()).unwrap(), BTreeSet::from([id]));
    }
}
