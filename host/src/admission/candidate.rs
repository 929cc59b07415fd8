//! A component as it lies in a file, with what it is to be loaded as.

use std::io::Read as _;
use std::path::Path;
use std::sync::Arc;

use crate::model::{Digest, PluginRef};

use super::refusal::Refusal;

/// A component that asks for admission.
#[derive(Debug)]
pub struct Candidate {
    /// What it is to be loaded as; none to take it at its word.
    pub reference: Option<PluginRef>,
    /// The component.
    pub bytes: Arc<[u8]>,
    /// Identity of the bytes.
    pub digest: Digest,
}

impl Candidate {
    /// Reads a component of at most `bytes_max` bytes; a larger file is not read at all.
    ///
    /// # Errors
    /// A [`Refusal`] about the file.
    pub fn read(path: &Path, reference: Option<PluginRef>, bytes_max: u64) -> Result<Self, Refusal> {
        let file = fs_err::File::open(path).map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => Refusal::NotFound { path: path.to_owned() },
            _ => Refusal::Unreadable(error),
        })?;
        let metadata = file.metadata().map_err(Refusal::Unreadable)?;
        if !metadata.is_file() {
            return Err(Refusal::NotAFile { path: path.to_owned() });
        }
        let too_large = |size| Refusal::TooLarge { size, max: bytes_max };
        if metadata.len() > bytes_max {
            return Err(too_large(metadata.len()));
        }
        // The file may grow while it is read.
        let mut bytes = Vec::new();
        file.take(bytes_max.saturating_add(1)).read_to_end(&mut bytes).map_err(Refusal::Unreadable)?;
        if bytes.len() as u64 > bytes_max {
            return Err(too_large(bytes.len() as u64));
        }
        let digest = Digest::of(&bytes);
        Ok(Self { reference, bytes: bytes.into(), digest })
    }
}
