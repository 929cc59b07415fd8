//! Where data comes from. A [`Source`] answers one read statement at a time with columnar batches.
//!
//! Two types to know: [`ReadStatement`], which only [`gate::read_statement`] makes and which therefore is
//! always a single read statement with its tables known, and [`Source`]. Grants and budgets are not the
//! business of a source: `capability` has compared and metered before a source hears of a statement.
//! Who asks travels with the statement ([`asked`]), for sources that bill; what they bill is kept in a [`ledger`].
//! [`transcript`] records what a source answers and answers from the record.

pub mod asked;
pub mod bigquery;
pub mod files;
pub mod gate;
pub mod ledger;
mod split;
mod table;
pub mod transcript;

use std::fmt::Debug;

use async_trait::async_trait;

pub use gate::ReadStatement;
pub use table::{InvalidTablePattern, TableName, TablePattern};

use crate::model::{Batch, ColumnInfo, Problem};

/// Something that answers read statements.
#[async_trait]
pub trait Source: Debug + Send + Sync {
    /// Begins to answer a statement. No table is read besides those in [`ReadStatement::tables`].
    ///
    /// # Errors
    /// A [`Problem`] that names the file or table concerned.
    ///
    /// # Cancel safety
    /// Dropping the future ends the query, here and at a remote source.
    async fn query(&self, statement: ReadStatement) -> Result<Box<dyn Rows>, Problem>;

    /// What the statement would read, without running it.
    ///
    /// # Errors
    /// As for [`Source::query`].
    ///
    /// # Cancel safety
    /// Nothing is left behind.
    async fn estimate(&self, statement: ReadStatement) -> Result<Estimate, Problem>;

    /// The source's own name of a table that a statement spells in one of several ways: the one that grants name. What
    /// is not another spelling stays what it is.
    fn table(&self, spelled: &TableName) -> TableName {
        spelled.clone()
    }

    /// The tables that are there now, with what keeps any of them from being read.
    ///
    /// # Errors
    /// A [`Problem`] when the source cannot be reached at all.
    ///
    /// # Cancel safety
    /// Nothing is left behind.
    async fn tables(&self) -> Result<Vec<TableListing>, Problem>;

    /// Waits until queries that were given up have ended at a remote source too. Nothing else need be waited for.
    ///
    /// # Cancel safety
    /// They end all the same, for as long as the host lives.
    async fn wind_up(&self) {}
}

/// The rows of one query, read forward once. Dropping it ends the query.
#[async_trait]
pub trait Rows: Send {
    /// The columns of every batch, in order.
    fn columns(&self) -> &[ColumnInfo];

    /// The next rows, at most `rows_max` (at least 1) and at most about `bytes_max` bytes of column data
    /// (at least one row whatever its size); `None` at the end.
    ///
    /// # Errors
    /// A [`Problem`]; the query is over then.
    ///
    /// # Cancel safety
    /// After a dropped call the rows in flight may be lost: drop the whole.
    async fn next(&mut self, rows_max: u32, bytes_max: u64) -> Result<Option<Batch>, Problem>;

    /// What the source says the query costs so far.
    fn cost(&self) -> Cost;
}

/// What a source says a query costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Cost {
    /// Bytes billed, where the source bills.
    pub billed_bytes: Option<u64>,
    /// Whether the answer came from a cache of results.
    pub cache_hit: bool,
}

/// What a statement would read, as far as the source can tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Estimate {
    /// Rows read.
    pub rows: Option<u64>,
    /// Bytes read, as they are stored; where columns are stored apart, those of the columns used.
    pub bytes: Option<u64>,
    /// Bytes billed, where the source bills.
    pub billed_bytes: Option<u64>,
}

/// One table of a source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableListing {
    /// Its name in statements and grants.
    pub name: TableName,
    /// What it is made of, for a person, for example `3 Parquet files`.
    pub made_of: String,
    /// What keeps it from being read.
    pub problem: Option<Problem>,
}

/// A source that could not be opened: every request ends in the same problem, never in an empty answer.
#[derive(Debug)]
pub struct Closed(pub Problem);

#[async_trait]
impl Source for Closed {
    async fn query(&self, _statement: ReadStatement) -> Result<Box<dyn Rows>, Problem> {
        Err(self.0.clone())
    }

    async fn estimate(&self, _statement: ReadStatement) -> Result<Estimate, Problem> {
        Err(self.0.clone())
    }

    async fn tables(&self) -> Result<Vec<TableListing>, Problem> {
        Err(self.0.clone())
    }
}
