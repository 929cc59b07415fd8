//! A folder of plugins: components named `<id>@<version>.wasm`.

use std::path::{Path, PathBuf};

use crate::model::PluginRef;

/// The folder of plugins cannot be listed.
#[derive(Debug, thiserror::Error)]
#[error("cannot list the folder of plugins: {0}")]
pub struct FolderError(#[source] std::io::Error);

/// A folder of plugins.
#[derive(Debug, Clone)]
pub struct PluginFolder(PathBuf);

/// A file of the folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PluginFile {
    /// The file.
    pub path: PathBuf,
    /// What its name says it is; absent when the name does not follow the rule.
    pub reference: Option<PluginRef>,
}

impl PluginFolder {
    /// A folder, which need not be there yet.
    #[must_use]
    pub fn new(path: PathBuf) -> Self {
        Self(path)
    }

    /// Where a plugin lies.
    #[must_use]
    pub fn path_of(&self, reference: &PluginRef) -> PathBuf {
        self.0.join(format!("{reference}.wasm"))
    }

    /// Every `.wasm` file, by name.
    ///
    /// # Errors
    /// When the folder is not there or cannot be read.
    pub fn files(&self) -> Result<Vec<PluginFile>, FolderError> {
        let mut files = fs_err::read_dir(&self.0)
            .map_err(FolderError)?
            .map(|entry| Ok(entry?.path()))
            .filter(|path| path.as_ref().map_or(true, |path| path.extension().is_some_and(|end| end == "wasm")))
            .map(|path| path.map(|path| PluginFile { reference: reference_of(&path), path }))
            .collect::<Result<Vec<_>, std::io::Error>>()
            .map_err(FolderError)?;
        files.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(files)
    }
}

/// What the name of a component file says it is.
#[must_use]
fn reference_of(path: &Path) -> Option<PluginRef> {
    path.file_stem()?.to_str()?.parse().ok()
}
