//! assay runs data-validation checks as sandboxed WebAssembly components.

pub mod admission;
pub mod capability;
pub mod clock;
pub mod model;
pub mod sandbox;
pub mod source;
pub mod store;
