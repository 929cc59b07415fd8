//! From machine code to something that runs: the only `unsafe` of the project.
//!
//! Machine code reaches this module on two roads: from a worker of [`super::Compiler`] that this process has just
//! heard to its end, and from an entry of [`super::CompileCache`] whose checksum is right. Nothing else has it.

use std::path::Path;

use wasmtime::Engine;
use wasmtime::component::Component;

/// Machine code that a worker of this process has written.
#[derive(Debug)]
pub(super) struct MachineCode(Vec<u8>);

impl MachineCode {
    /// Takes what a worker wrote. The caller has started the worker itself, and heard it to its end.
    pub(super) fn from_worker(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// Loads it.
    ///
    /// # Errors
    /// When it is not for this engine, or asks for more than its pool has.
    #[expect(unsafe_code, reason = "machine code of our own worker, see the contract")]
    pub(super) fn load(&self, engine: &Engine) -> wasmtime::Result<Component> {
        // SAFETY: `Component::deserialize` requires bytes that the engine's own compiler produced and nobody changed.
        // - Produced: `from_worker` takes them from a process that this process started from its own program file,
        //   over a pipe that nobody else holds; the worker writes them only after the compiler has accepted the component.
        // - Unchanged: they are in memory that is never written again.
        // - Compatible: the engine compares version, target and settings in their header.
        unsafe { Component::deserialize(engine, &self.0) }
    }
}

/// Maps a file of machine code; `None` when it is not for this engine.
///
/// The file is an entry of the cache whose checksum the caller has just compared.
#[expect(unsafe_code, reason = "machine code of our own cache, see the contract")]
pub(super) fn map(engine: &Engine, entry: &Path) -> Option<Component> {
    // SAFETY: `Component::deserialize_file` requires a file that the engine's own compiler produced, and that nobody
    // changes as long as it is mapped.
    // - Produced: entries are written by `CompileCache::keep` only, from `MachineCode`, into a folder that
    //   `CompileCache::open` refuses when group or others may write it; whoever can write as this user can replace this
    //   program too. Damage by a failing disk shows in the checksum that was compared.
    // - Never changed: an entry is written under another name and renamed, and removed by unlinking; no file that bears
    //   an entry's name is ever written to, so what is mapped stays as it is.
    // - Compatible: the name carries the engine's compatibility hash, and the engine compares its own header again.
    unsafe { Component::deserialize_file(engine, entry) }.ok()
}
