//! Compiled components on disk, so that a warm start compiles nothing.
//!
//! An entry is keyed by the component's digest and by all that makes machine code compatible with the engine. It is
//! two files: the machine code, which is mapped and so costs an idle plugin no memory, and a note with the code's
//! checksum and what admission wrote down of the component. It is trusted because only this user can write the
//! folder (mode 0700, kept open as a directory handle), and it is checked before it is loaded because disks fail: a
//! damaged entry is removed and compiled again.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use cap_std::ambient_authority;
use cap_std::fs::{Dir, DirBuilder, DirBuilderExt as _, MetadataExt as _, OpenOptions, OpenOptionsExt as _};
use sha2::Digest as _;
use wasmtime::Engine;
use wasmtime::component::Component;

use crate::model::Digest;

use super::machine_code::{self, MachineCode};

/// Ending of the name of machine code.
const CODE: &str = ".compiled";
/// Ending of the name of a note: a line with the checksum of the code, and after it what admission wrote down.
const NOTE: &str = ".note";

/// Read at once when a checksum is compared, in bytes.
const PIECE_BYTES: usize = 64 << 10;

/// Compiled components on disk.
#[derive(Debug)]
pub struct CompileCache {
    folder: Dir,
    path: PathBuf,
}

/// What the cache has of a component.
pub(super) struct Cached {
    /// Ready to be linked.
    pub(super) component: Component,
    /// What admission wrote down.
    pub(super) note: String,
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
        Ok(Self { folder, path: path.to_owned() })
    }

    /// All compiled components, by name.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub fn entries(&self) -> Result<Vec<CacheEntry>, CacheError> {
        let mut entries = Vec::new();
        for entry in self.folder.entries()? {
            let entry = entry?;
            if let Ok(name) = entry.file_name().into_string()
                && name.ends_with(CODE)
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
        // Whatever else lies here is ours too: notes, and drafts of processes that died.
        for entry in self.folder.entries()? {
            self.folder.remove_file(entry?.file_name())?;
        }
        Ok(entries.len())
    }

    /// A component that was compiled before; `None` when it must be compiled, also because the entry was damaged.
    pub(super) fn load(&self, engine: &Engine, digest: Digest) -> Option<Cached> {
        let name = entry_name(engine, digest);
        let note = self.folder.read_to_string(name.clone() + NOTE).ok()?;
        let cached = self.intact(&name, &note).and_then(|note| {
            let component = machine_code::map(engine, &self.path.join(name.clone() + CODE))?;
            Some(Cached { component, note: note.to_owned() })
        });
        if cached.is_none() {
            tracing::warn!(entry = %name, "a compiled plugin was damaged and is compiled again");
            drop(self.folder.remove_file(name.clone() + NOTE));
            drop(self.folder.remove_file(name + CODE));
        }
        cached
    }

    /// Keeps a component for the next start, with a note: whole or not at all.
    pub(super) fn keep(
        &self,
        engine: &Engine,
        digest: Digest,
        code: &MachineCode,
        note: &str,
    ) -> Result<(), CacheError> {
        let name = entry_name(engine, digest);
        self.write(&(name.clone() + CODE), code.bytes())?;
        // The note comes last: without it the code is not looked at.
        let checksum = hex(&sha2::Sha256::digest(code.bytes()));
        Ok(self.write(&(name + NOTE), format!("{checksum}\n{note}").as_bytes())?)
    }

    /// What admission wrote down, if the code is what it was when that was written.
    fn intact<'a>(&self, name: &str, note: &'a str) -> Option<&'a str> {
        let (checksum, note) = note.split_once('\n')?;
        let mut hasher = sha2::Sha256::new();
        let mut file = self.folder.open(name.to_owned() + CODE).ok()?;
        let mut piece = vec![0; PIECE_BYTES];
        loop {
            match file.read(&mut piece).ok()? {
                0 => break,
                read => hasher.update(piece.get(..read)?),
            }
        }
        (hex(&hasher.finalize()) == checksum).then_some(note)
    }

    fn write(&self, name: &str, content: &[u8]) -> io::Result<()> {
        // Another process may be keeping the same component: each writes a file of its own.
        let draft = format!("{name}.{}", std::process::id());
        let written = (|| {
            let mut options = OpenOptions::new();
            let mut file =
                self.folder.open_with(&draft, options.write(true).create(true).truncate(true).mode(0o600))?;
            file.write_all(content)?;
            file.sync_all()?;
            self.folder.rename(&draft, &self.folder, name)
        })();
        if written.is_err() {
            drop(self.folder.remove_file(&draft));
        }
        written
    }
}

fn entry_name(engine: &Engine, digest: Digest) -> String {
    let mut hasher = DefaultHasher::new();
    engine.precompile_compatibility_hash().hash(&mut hasher);
    let digest = digest.to_string();
    let hex = digest.strip_prefix("sha256:").unwrap_or(&digest);
    format!("{hex}-{:016x}", hasher.finish())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The smallest component there is: magic, version, layer.
    const COMPONENT: &[u8] = b"\0asm\x0d\0\x01\0";

    fn compiled(engine: &Engine) -> MachineCode {
        MachineCode::from_worker(engine.precompile_component(COMPONENT).unwrap())
    }

    fn cached() -> (tempfile::TempDir, CompileCache, Engine, Digest) {
        let folder = tempfile::tempdir().unwrap();
        let cache = CompileCache::open(&folder.path().join("cache")).unwrap();
        let engine = Engine::default();
        let digest = Digest::of(COMPONENT);
        cache.keep(&engine, digest, &compiled(&engine), "a note\nof two lines").unwrap();
        (folder, cache, engine, digest)
    }

    #[test]
    fn what_is_kept_can_be_loaded() {
        let (_folder, cache, engine, digest) = cached();
        assert_eq!(cache.load(&engine, digest).unwrap().note, "a note\nof two lines");
        assert!(cache.load(&engine, Digest::of(b"other")).is_none(), "another component");
        let other = Engine::new(wasmtime::Config::new().consume_fuel(true)).unwrap();
        assert!(cache.load(&other, digest).is_none(), "another engine");
    }

    #[test]
    fn a_damaged_entry_is_removed_and_kept_anew() {
        let (folder, cache, engine, digest) = cached();
        let path = folder.path().join("cache").join(&cache.entries().unwrap()[0].name);
        let note = path.with_extension("note");
        let whole = fs_err::read(&path).unwrap();
        let mut flipped = whole.clone();
        *flipped.last_mut().unwrap() ^= 1;
        let damages = [flipped, whole[..whole.len() - 1].to_vec(), Vec::new(), b"garbage".to_vec()];
        for (file, damaged) in
            damages.into_iter().map(|code| (&path, code)).chain([(&note, b"garbage".to_vec()), (&note, Vec::new())])
        {
            fs_err::write(file, &damaged).unwrap();
            assert!(cache.load(&engine, digest).is_none(), "{} bytes", damaged.len());
            assert!(!path.exists() && !note.exists(), "the damaged entry is gone");
            cache.keep(&engine, digest, &compiled(&engine), "").unwrap();
            assert!(cache.load(&engine, digest).is_some(), "healed");
        }
    }

    #[test]
    fn code_without_a_note_is_not_looked_at() {
        let (folder, cache, engine, digest) = cached();
        let path = folder.path().join("cache").join(&cache.entries().unwrap()[0].name);
        fs_err::remove_file(path.with_extension("note")).unwrap();
        assert!(cache.load(&engine, digest).is_none());
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
        let (folder, cache, ..) = cached();
        fs_err::write(folder.path().join("cache/draft.compiled.1"), "").unwrap();
        assert_eq!(cache.clear().unwrap(), 1);
        assert_eq!(cache.entries().unwrap(), []);
        assert_eq!(fs_err::read_dir(folder.path().join("cache")).unwrap().count(), 0, "not even a draft");
    }
}
