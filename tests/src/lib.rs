//! Data and harness for assay's tests and demo.

pub mod pipeline;
pub mod project;
