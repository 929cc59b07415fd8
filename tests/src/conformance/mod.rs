//! GoogleSQL as data: cases with what BigQuery answers, and what it takes to ask assay or an endpoint of BigQuery.
//!
//! A [`Case`] is SQL with parameters and what must come of it. [`local`] asks assay's source of files, [`endpoint`]
//! asks whatever speaks BigQuery's REST interface, for example the [`emulator`]. Both bring what they hear into
//! the same [`Value`]s, which are compared with the case; [`Report`] counts by construct. [`recorded`] makes cases of what
//! a check asked and assay answered, for an endpoint whose [`warehouse`] holds the same tables.

mod case;
pub mod emulator;
pub mod endpoint;
mod expected;
mod json;
pub mod local;
pub mod recorded;
mod report;
mod types;
mod value;
pub mod warehouse;

pub use case::{Case, Deviation, DeviationKind, Expect, Parameter, Refused, deviations, load};
pub use expected::{Answer, Expected};
pub use report::{Outcome, Report};
pub use types::{Field, Type};
pub use value::Value;
