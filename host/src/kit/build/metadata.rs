//! What a component says of itself to tools that do not run it: name, version, authors and description, in the custom
//! sections that registries and `wasm-tools metadata` read.
//!
//! Names: WebAssembly tool conventions, and the annotations of OCI images.

use wasm_metadata::{AddMetadata, AddMetadataField};

use super::BuildError;
use crate::kit::manifest::Manifest;

/// The component with what its manifest says.
pub(super) fn added(component: &[u8], manifest: &Manifest) -> Result<Vec<u8>, BuildError> {
    let refused = |error: String| BuildError::Encoding(format!("its metadata cannot be added: {error}"));
    let mut metadata = AddMetadata::default();
    metadata.name = AddMetadataField::Set(manifest.reference.id.to_string());
    let version = manifest.reference.version.to_string();
    metadata.version = AddMetadataField::Set(version.parse().map_err(|error| refused(format!("{error:#}")))?);
    let authors = manifest.owner.parse().map_err(|error| refused(format!("{error:#}")))?;
    metadata.authors = AddMetadataField::Set(authors);
    let description = manifest.title.parse().map_err(|error| refused(format!("{error:#}")))?;
    metadata.description = AddMetadataField::Set(description);
    if let Some(docs) = &manifest.docs
        && let Ok(homepage) = docs.parse()
    {
        metadata.homepage = AddMetadataField::Set(homepage);
    }
    metadata.to_wasm(component).map_err(|error| refused(format!("{error:#}")))
}
