//! Data and harness for assay's tests and demo.

pub mod bed;
pub mod conformance;
pub mod day;
pub mod kill;
pub mod made;
pub mod month;
pub mod process;
pub mod project;
pub mod serving;
pub mod sink;
pub mod slots;
pub mod trial;
