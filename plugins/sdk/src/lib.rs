//! Write a data-validation check for assay.
//!
//! A check is a type that implements [`Check`]: who it is, what its settings are, and [`Check::run`]. It asks for data
//! with [`query`], reports what is not as it should be with [`Finding`], and concludes with a [`Verdict`]. There is no
//! clock, no random and no file: what it may know of time and identity is in the [`Context`].
//!
//! ```
//! use assay_sdk::{Check, Context, Error, Finding, Verdict, query, quote_identifier};
//! use schemars::JsonSchema;
//! use serde::Deserialize;
//!
//! /// Settings of the check.
//! #[derive(Deserialize, JsonSchema)]
//! #[serde(deny_unknown_fields)]
//! struct Settings {
//!     /// The table to look at.
//!     table: String,
//! }
//!
//! struct NotEmpty;
//!
//! impl Check for NotEmpty {
//!     const ID: &'static str = "not-empty";
//!     const VERSION: &'static str = "1.0.0";
//!     const TITLE: &'static str = "A table has rows";
//!     const DESCRIPTION: &'static str = "Fails when the table has no rows.";
//!     const OWNER: &'static str = "data-platform";
//!     type Settings = Settings;
//!
//!     fn run(context: &Context, settings: &Settings) -> Result<Verdict, Error> {
//!         let table = quote_identifier(&settings.table)?;
//!         let sql = format!("SELECT COUNT(*) AS n FROM {table}");
//!         let rows: i64 = query(context.source(None)?, &sql).fetch()?.only_row()?.get("n")?;
//!         if rows == 0 {
//!             Finding::new("empty", "the table has no rows").table(&settings.table).report();
//!             return Ok(Verdict::fail("no rows").examined(0));
//!         }
//!         Ok(Verdict::pass(format!("{rows} rows")).examined(rows.unsigned_abs()))
//!     }
//! }
//!
//! assay_sdk::export_check!(NotEmpty);
//! ```

#[doc(hidden)]
pub mod bindings;
mod check;
mod context;
mod error;
mod identifier;
mod query;
mod report;
mod row;
mod scope;
mod verdict;

pub use check::{Check, SettingProblem};
pub use context::Context;
pub use error::Error;
pub use identifier::quote_identifier;
pub use jiff::Timestamp;
pub use jiff::civil::Date;
pub use query::{Param, Query, Rows, query};
pub use report::{Finding, Level, Severity, log, metric};
pub use row::{Cell, FromCell, Row};
#[doc(hidden)]
pub use row::{ChunkRows, decode};
pub use scope::Scope;
pub use verdict::Verdict;

/// What [`export_check!`] needs; not for use by hand.
#[doc(hidden)]
pub mod __private {
    pub use crate::bindings::assay::plugin::types::{Context, Metadata, SettingProblem, Verdict};
    pub use crate::bindings::{self, Guest, export};
    pub use crate::check::{describe, run, validate};
}
