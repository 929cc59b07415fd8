//! BigQuery as a source.
//!
//! One type, [`BigQuerySource`]. The common gate has let the statement pass as a single read statement before anything is
//! sent; here BigQuery is asked in a dry run whether it reads the statement the same way: as a SELECT, of no tables but
//! those that it names. Then it is paid for, by the execution's bill and the day's, and run as a job with a name of its
//! own, so that asking again is asking for the same job.
//!
//! Invariants: BigQuery itself is told the most that a query may be billed and how long it may take; a job does not go on
//! when nobody waits for it; what may have been billed is booked before it can be; a part of an answer never looks like
//! the whole.

mod columns;
mod cost;
mod document;
mod failure;
mod names;
mod params;
mod query;
mod rows;
mod running;
mod types;
mod value;
mod views;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tokio::time::Instant;

use self::failure::problem;
use self::names::Names;
use self::query::{Looked, Query};
use self::running::Endings;
use super::ledger::Ledger;
use super::{Estimate, ReadStatement, Rows, Source, TableListing, TableName};
use crate::bigquery::{Connection, Table};
use crate::clock;
use crate::model::{Problem, ProblemCode, SourceName};

/// How long looking at datasets and tables may take.
const LISTING: Duration = Duration::from_secs(60);

/// What of BigQuery is a source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BigQueryOptions {
    /// Its configured name.
    pub name: SourceName,
    /// Dataset of tables that are named alone, `DATASET` or `PROJECT.DATASET`.
    pub dataset: Option<String>,
    /// Where that dataset must be.
    pub location: Option<String>,
    /// Bytes that may be billed a day, all checks together.
    pub daily_budget: Option<u64>,
}

/// BigQuery as a source.
#[derive(Debug, Clone)]
pub struct BigQuerySource(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    name: SourceName,
    names: Names,
    location: Option<String>,
    daily_budget: Option<u64>,
    connection: Arc<dyn Connection>,
    ledger: Arc<dyn Ledger>,
    endings: Endings,
}

impl BigQuerySource {
    /// Over a connection; what is billed is booked in `ledger`.
    #[must_use]
    pub fn new(options: BigQueryOptions, connection: Arc<dyn Connection>, ledger: Arc<dyn Ledger>) -> Self {
        let BigQueryOptions { name, dataset, location, daily_budget } = options;
        let names = Names::new(connection.project().to_owned(), dataset.as_deref());
        Self(Arc::new(Shared { name, names, location, daily_budget, connection, ledger, endings: Endings::default() }))
    }

    async fn datasets(&self, until: Instant) -> Result<Vec<(String, String)>, Problem> {
        let Shared { names, connection, location, .. } = self.0.as_ref();
        if let Some((project, dataset)) = &names.dataset {
            let found = connection.dataset(project, dataset, until).await.map_err(|error| problem(&error))?;
            if let Some(location) = location
                && !found.location.is_empty()
                && !found.location.eq_ignore_ascii_case(location)
            {
                let message = format!("the dataset `{dataset}` is in {}, not in {location}", found.location);
                return Err(Problem::new(ProblemCode::Unavailable, message)
                    .with_hint(format!("set `location = \"{}\"` of source `{}`", found.location, self.0.name)));
            }
            return Ok(vec![(project.clone(), dataset.clone())]);
        }
        let (mut all, mut token) = (Vec::new(), None);
        loop {
            let page = connection.datasets(token.as_deref(), until).await.map_err(|error| problem(&error))?;
            let names = page.datasets.into_iter().map(|dataset| dataset.dataset_reference);
            all.extend(names.map(|name| (name.project_id, name.dataset_id)));
            token = page.next_page_token;
            if token.is_none() {
                return Ok(all);
            }
        }
    }
}

#[async_trait]
impl Source for BigQuerySource {
    async fn query(&self, statement: ReadStatement) -> Result<Box<dyn Rows>, Problem> {
        let rows = Query::new(Arc::clone(&self.0), statement)?.run().await?;
        Ok(Box::new(rows))
    }

    async fn estimate(&self, statement: ReadStatement) -> Result<Estimate, Problem> {
        let Looked { processed, billable } = Query::new(Arc::clone(&self.0), statement)?.look().await?;
        Ok(Estimate { rows: None, bytes: Some(processed), billed_bytes: Some(billable) })
    }

    fn table(&self, spelled: &TableName) -> TableName {
        let full = self.0.names.full(spelled);
        full.map_or_else(|| spelled.clone(), |full| self.0.names.own(&full))
    }

    async fn tables(&self) -> Result<Vec<TableListing>, Problem> {
        let until = clock::monotonic() + LISTING;
        let mut listings = Vec::new();
        for (project, dataset) in self.datasets(until).await? {
            let mut token = None;
            loop {
                let page = self.0.connection.tables(&project, &dataset, token.as_deref(), until).await;
                let page = page.map_err(|error| problem(&error))?;
                listings.extend(page.tables.iter().map(|table| self.listing(table)));
                token = page.next_page_token;
                if token.is_none() {
                    break;
                }
            }
        }
        Ok(listings)
    }

    async fn wind_up(&self) {
        self.0.endings.over().await;
    }
}

impl BigQuerySource {
    fn listing(&self, table: &Table) -> TableListing {
        let made_of = match table.kind.as_str() {
            "TABLE" | "" => "a table",
            "VIEW" => "a view",
            "MATERIALIZED_VIEW" => "a materialized view",
            "EXTERNAL" => "an external table",
            "SNAPSHOT" => "a snapshot",
            other => other,
        };
        let name = self.0.names.own(&table.table_reference);
        TableListing { name, made_of: made_of.to_owned(), problem: None }
    }
}
