//! assay runs data-validation checks as sandboxed WebAssembly components.

pub mod model;
pub mod source;
