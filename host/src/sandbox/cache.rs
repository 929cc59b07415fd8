//! Compiled components on disk, so that a warm start compiles nothing.
//!
//! An entry is keyed by the component's digest and by all that makes machine code compatible with the engine. It is
//! trusted because only this user can write the folder (mode 0700, kept open as a directory handle), and it is
//! checked before it is loaded because disks fail: a damaged entry is removed and compiled again.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::io::{self, Read as _, Write as _};
use std::path::Path;

use cap_std::ambient_authority;
use cap_std::fs::{Dir, DirBuilder, DirBuilderExt as _, MetadataExt as _, OpenOptions, OpenOptionsExt as _};
use sha2::Digest as _;
use wasmtime::Engine;
use wasmtime::component::Component;

use crate::model::Digest;

const MAGIC: &[u8] = b"assay-compiled-1\n";
const HASH_BYTES: usize = 32;
const SUFFIX: &str = ".compiled";

/// Compiled components on disk.
#[derive(Debug)]
pub struct CompileCache {
    folder: Dir,
}

/// The cache cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum CacheError {
    /// The folder cannot be made, opened or listed.
    #[error("cannot use the folder of compiled plugins: {0}")]
    Io(#[from] io::Error),
    /// Somebody else could have written machine code into it.
    #[error("the folder of compiled plugins can be written by others (mode {mode:o})")]
    Exposed {
        /// Permission bits.
        mode: u32,
    },
}

/// An entry of the cache.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CacheEntry {
    /// Name of the file.
    pub name: String,
    /// Size, in bytes.
    pub size: u64,
}

impl CompileCache {
    /// Opens the folder, made with mode 0700 if it is not there.
    ///
    /// # Errors
    /// [`CacheError`], also when others may write the folder.
    pub fn open(path: &Path) -> Result<Self, CacheError> {
        let (parent, name) = match (path.parent(), path.file_name()) {
            (Some(parent), Some(name)) => (parent, name),
            _ => return Err(io::Error::new(io::ErrorKind::InvalidInput, "the folder needs a name").into()),
        };
        Dir::create_ambient_dir_all(parent, ambient_authority())?;
        let parent = Dir::open_ambient_dir(parent, ambient_authority())?;
        match parent.create_dir_with(name, DirBuilder::new().mode(0o700)) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error.into()),
            _ => {}
        }
        let folder = parent.open_dir(name)?;
        let mode = folder.dir_metadata()?.mode() & 0o777;
        if mode & 0o022 != 0 {
            return Err(CacheError::Exposed { mode });
        }
        Ok(Self { folder })
    }

    /// All entries, by name.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub fn entries(&self) -> Result<Vec<CacheEntry>, CacheError> {
        let mut entries = Vec::new();
        for entry in self.folder.entries()? {
            let entry = entry?;
            if let Ok(name) = entry.file_name().into_string()
                && name.ends_with(SUFFIX)
            {
                entries.push(CacheEntry { size: entry.metadata()?.len(), name });
            }
        }
        entries.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(entries)
    }

    /// Removes all entries; returns how many there were.
    ///
    /// # Errors
    /// When an entry cannot be removed.
    pub fn clear(&self) -> Result<usize, CacheError> {
        let entries = self.entries()?;
        for entry in &entries {
            self.folder.remove_file(&entry.name)?;
        }
        Ok(entries.len())
    }

    /// A component that was compiled before; `None` when it must be compiled, also because the entry was damaged.
    pub(super) fn load(&self, engine: &Engine, digest: Digest) -> Option<Component> {
        let name = entry_name(engine, digest);
        let mut bytes = Vec::new();
        self.folder.open(&name).ok()?.read_to_end(&mut bytes).ok()?;
        let component = intact(&bytes).and_then(|code| deserialize(engine, code));
        if component.is_none() {
            tracing::warn!(entry = %name, "a compiled plugin was damaged and is compiled again");
            drop(self.folder.remove_file(&name));
        }
        component
    }

    /// Keeps a component for the next start: whole or not at all.
    pub(super) fn keep(&self, engine: &Engine, digest: Digest, component: &Component) -> Result<(), CacheError> {
        let code = component.serialize().map_err(io::Error::other)?;
        let name = entry_name(engine, digest);
        // Another process may be keeping the same component: each writes a file of its own.
        let draft = format!("{name}.{}", std::process::id());
        let written = (|| {
            let mut options = OpenOptions::new();
            let mut file =
                self.folder.open_with(&draft, options.write(true).create(true).truncate(true).mode(0o600))?;
            file.write_all(MAGIC)?;
            file.write_all(&sha2::Sha256::digest(&code))?;
            file.write_all(&code)?;
            file.sync_all()?;
            self.folder.rename(&draft, &self.folder, &name)
        })();
        if written.is_err() {
            drop(self.folder.remove_file(&draft));
        }
        Ok(written?)
    }
}

fn entry_name(engine: &Engine, digest: Digest) -> String {
    let mut hasher = DefaultHasher::new();
    engine.precompile_compatibility_hash().hash(&mut hasher);
    let digest = digest.to_string();
    let hex = digest.strip_prefix("sha256:").unwrap_or(&digest);
    format!("{hex}-{:016x}{SUFFIX}", hasher.finish())
}

/// The machine code of an entry whose checksum is right.
fn intact(entry: &[u8]) -> Option<&[u8]> {
    let (hash, code) = entry.strip_prefix(MAGIC)?.split_at_checked(HASH_BYTES)?;
    (sha2::Sha256::digest(code).as_slice() == hash).then_some(code)
}

#[expect(unsafe_code, reason = "machine code of our own cache, see the contract")]
fn deserialize(engine: &Engine, code: &[u8]) -> Option<Component> {
    // SAFETY: `Component::deserialize` requires bytes that `Component::serialize` produced and that nobody changed.
    // - Produced: entries are written by `keep` only, into a folder that was opened by `CompileCache::open`, which
    //   refuses one that group or others may write; whoever can write as this user can replace this program too.
    // - Unchanged: `intact` has compared the SHA-256 of these very bytes, which are in memory and not mapped.
    // - Compatible: the name carries the engine's compatibility hash, and the engine compares its own header again.
    unsafe { Component::deserialize(engine, code) }.ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cached() -> (tempfile::TempDir, CompileCache, Engine, Component, Digest) {
        let folder = tempfile::tempdir().unwrap();
        let cache = CompileCache::open(&folder.path().join("cache")).unwrap();
        let engine = Engine::default();
        // The smallest component there is: magic, version, layer.
        let bytes = b"\0asm\x0d\0\x01\0";
        let component = Component::from_binary(&engine, bytes).unwrap();
        let digest = Digest::of(bytes);
        cache.keep(&engine, digest, &component).unwrap();
        (folder, cache, engine, component, digest)
    }

    #[test]
    fn what_is_kept_can_be_loaded() {
        let (_folder, cache, engine, _, digest) = cached();
        assert!(cache.load(&engine, digest).is_some());
        assert!(cache.load(&engine, Digest::of(b"other")).is_none(), "another component");
        let other = Engine::new(wasmtime::Config::new().consume_fuel(true)).unwrap();
        assert!(cache.load(&other, digest).is_none(), "another engine");
    }

    #[test]
    fn a_damaged_entry_is_removed_and_kept_anew() {
        let (folder, cache, engine, component, digest) = cached();
        let path = folder.path().join("cache").join(&cache.entries().unwrap()[0].name);
        let whole = fs_err::read(&path).unwrap();
        let mut flipped = whole.clone();
        *flipped.last_mut().unwrap() ^= 1;
        for damaged in [flipped, whole[..whole.len() - 1].to_vec(), Vec::new(), b"garbage".to_vec()] {
            fs_err::write(&path, &damaged).unwrap();
            assert!(cache.load(&engine, digest).is_none(), "{} bytes", damaged.len());
            assert!(!path.exists(), "the damaged entry is gone");
            cache.keep(&engine, digest, &component).unwrap();
            assert!(cache.load(&engine, digest).is_some(), "healed");
        }
    }

    #[test]
    fn a_folder_that_others_may_write_is_refused() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("cache");
        assert!(CompileCache::open(&path).is_ok());
        assert_eq!(fs_err::metadata(&path).unwrap().permissions().mode() & 0o777, 0o700);
        fs_err::set_permissions(&path, std::fs::Permissions::from_mode(0o777)).unwrap();
        assert!(matches!(CompileCache::open(&path), Err(CacheError::Exposed { mode: 0o777 })));
    }

    #[test]
    fn clearing_leaves_nothing() {
        let (_folder, cache, ..) = cached();
        assert_eq!(cache.clear().unwrap(), 1);
        assert_eq!(cache.entries().unwrap(), []);
    }
}
