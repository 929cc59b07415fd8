//! A synthetic sports-data pipeline: what a league's season looks like in the tables of those who predict it.
//!
//! Two types to know: [`Order`], which says what to generate, and [`Generator`], which makes the rows of one league day
//! after the other; [`write`] puts them into a folder of Parquet files. The same order gives the same bytes. All names
//! are invented. A clean season has no fault; what goes wrong is data, see [`incident`].

#![forbid(unsafe_code)]

mod clock;
mod dice;
mod generator;
pub mod incident;
mod profile;
mod rows;
pub mod schema;
mod season;
mod store;
mod value;

pub use clock::{Clock, NoZone};
pub use generator::{Generator, Order, OrderError};
pub use incident::Incident;
pub use profile::Profile;
pub use rows::{DayRows, Row};
pub use season::calendar::{Calendar, Phase};
pub use store::{Shape, StoreError, Written, WrittenTable, write};
pub use value::{ColumnType, Value};
