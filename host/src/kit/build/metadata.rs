//! What a component says of itself to tools that do not run it: version, authors and description, in the custom sections
//! that registries and `wasm-tools metadata show` read.
//!
//! Names of the sections: those of `wasm-metadata`, after the annotations of OCI images.

use wasm_encoder::{ComponentSection as _, CustomSection};

use crate::kit::manifest::Manifest;

/// Adds what the manifest says.
pub(super) fn add(component: &mut Vec<u8>, manifest: &Manifest) {
    let version = manifest.reference.version.to_string();
    let facts = [
        ("version", Some(version.as_str())),
        ("authors", Some(manifest.owner.as_str())),
        ("description", Some(manifest.title.as_str())),
        ("homepage", manifest.docs.as_deref()),
    ];
    for (name, fact) in facts {
        if let Some(fact) = fact {
            CustomSection { name: name.into(), data: fact.as_bytes().into() }.append_to_component(component);
        }
    }
}
