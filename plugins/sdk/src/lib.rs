//! Write a data-validation check for assay.
//!
//! A check is a type that implements [`Check`]: who it is, what its settings are, and [`Check::run`]. It asks for data
//! with [`query`], reports what is not as it should be with [`Finding`], and concludes with a [`Verdict`]. There is no
//! clock, no random and no file: what it may know of time and identity is in the [`Context`].
//!
//! ```
//! use assay_sdk::{Check, Context, Error, Finding, SettingProblem, TableName, Verdict, query, setting_problems};
//! use schemars::JsonSchema;
//! use serde::Deserialize;
//!
//! /// Settings of the check.
//! #[derive(Deserialize, JsonSchema)]
//! #[serde(deny_unknown_fields)]
//! struct Settings {
//!     /// The table to look at.
//!     table: TableName,
//!     /// Fewer rows are too few.
//!     #[serde(default)]
//!     #[schemars(range(min = 1))]
//!     at_least: Option<u64>,
//! }
//!
//! /// A row of the answer.
//! #[derive(Deserialize)]
//! struct Counted {
//!     n: u64,
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
//!         let table = &settings.table;
//!         let sql = format!("SELECT COUNT(*) AS n FROM {table}");
//!         let Counted { n } = query(context.source(None)?, sql).fetch()?.typed().only_row()?;
//!         let at_least = settings.at_least.unwrap_or(1);
//!         if n < at_least {
//!             let message = format!("{n} rows where {at_least} are due");
//!             Finding::new("too_few_rows", message).table(table).observed(n as f64).unit("rows").report();
//!             return Ok(Verdict::fail("too few rows").examined(n));
//!         }
//!         Ok(Verdict::passed(format!("{n} rows"), n))
//!     }
//! }
//!
//! assay_sdk::export_check!(NotEmpty);
//!
//! // What the schema of the settings says is enforced, and everything that is wrong is told at once.
//! let problems = setting_problems::<NotEmpty>(r#"{"table": "orders`", "at_least": 0}"#);
//! assert_eq!(
//!     problems,
//!     [
//!         SettingProblem::new("/at_least", "expected 1 or more, found 0"),
//!         SettingProblem::new("/table", "not the name of a table"),
//!     ]
//! );
//! ```
//!
//! Days are a [`DateSpine`], bounds [`Thresholds`], history a [`Baseline`], the rows of a table a [`Scope`], days off [`not_applicable`]; rows of an
//! answer are read by [`Rows::typed`]. The parts that ask the host run in a component only: the rest can be tested like
//! any other code.

#[doc(hidden)]
pub mod bindings;

mod applies;
mod baseline;
mod check;
mod context;
mod error;
mod identifier;
mod query;
mod report;
mod row;
mod schema;
mod scope;
mod settings;
mod spine;
mod thresholds;
mod typed;
mod verdict;

pub use applies::not_applicable;
pub use baseline::Baseline;
pub use check::Check;
pub use context::Context;
pub use error::Error;
pub use identifier::{ColumnName, TableName, quote_identifier};
pub use jiff::Timestamp;
pub use jiff::civil::{Date, Weekday};
pub use query::{IntoParam, Param, Query, Rows, query};
pub use report::{Finding, Level, Severity, log, metric, metric_of};
pub use row::{Cell, FromCell, Row};
#[doc(hidden)]
pub use row::{ChunkRows, decode};
pub use scope::Scope;
pub use settings::{SettingProblem, setting_problems};
pub use spine::{DateSpine, DaySpan, Days};
pub use thresholds::{Direction, Judgement, Thresholds};
pub use typed::TypedRows;
pub use verdict::Verdict;

/// What [`export_check!`] needs; not for use by hand.
#[doc(hidden)]
pub mod __private {
    pub use crate::bindings::assay::plugin::types::{Context, Metadata, SettingProblem, Verdict};
    pub use crate::bindings::{self, Guest, export};
    pub use crate::check::{describe, run, validate};
}
