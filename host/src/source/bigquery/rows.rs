//! The rows of an answer, page by page.

use std::sync::Arc;

use async_trait::async_trait;
use tokio::time::Instant;

use super::columns;
use super::query::late;
use super::types::Layout;
use crate::bigquery::{Connection, JobId, PageRequest, ResultsPage};
use crate::model::{Batch, ColumnInfo, Problem, ProblemCode};
use crate::source::{Cost, Rows, split};

/// Most rows of a page; BigQuery gives fewer where they are large.
pub(super) const PAGE_ROWS: u32 = 20_000;

/// An answer of which the first page is there.
#[derive(Debug)]
pub(super) struct BigQueryRows {
    connection: Arc<dyn Connection>,
    job: JobId,
    until: Instant,
    layouts: Vec<Layout>,
    infos: Vec<ColumnInfo>,
    cost: Cost,
    /// The page that is handed out, and its next row.
    page: Batch,
    row: usize,
    /// What asks for the page behind it.
    token: Option<String>,
    /// Rows of all pages so far, and of the whole answer.
    seen: u64,
    total: Option<u64>,
}

impl BigQueryRows {
    /// # Errors
    /// When the first page cannot be read.
    pub(super) fn new(
        connection: Arc<dyn Connection>,
        job: JobId,
        until: Instant,
        layouts: Vec<Layout>,
        cost: Cost,
        first: ResultsPage,
    ) -> Result<Self, Problem> {
        let infos = layouts.iter().map(Layout::info).collect();
        let seen = first.rows.len() as u64;
        let page = columns::batch(&layouts, first.rows)?;
        let (token, total) = (first.page_token, first.total_rows);
        Ok(Self { connection, job, until, layouts, infos, cost, page, row: 0, token, seen, total })
    }

    /// Whether there is another page.
    async fn turn(&mut self) -> Result<bool, Problem> {
        let Some(token) = self.token.take() else {
            return match self.total {
                // A part of an answer must not look like the whole.
                Some(total) if total != self.seen => {
                    let message = format!("BigQuery has answered {} rows of {total}", self.seen);
                    Err(Problem::new(ProblemCode::Failed, message).with_hint("ask again"))
                }
                _ => Ok(false),
            };
        };
        let request = PageRequest { token: Some(token), rows_max: PAGE_ROWS };
        let page = self.connection.results(&self.job, &request, self.until).await;
        let page = page.map_err(|error| late(&error, self.until))?;
        self.seen += page.rows.len() as u64;
        self.page = columns::batch(&self.layouts, page.rows)?;
        self.row = 0;
        self.token = page.page_token;
        Ok(true)
    }
}

#[async_trait]
impl Rows for BigQueryRows {
    fn columns(&self) -> &[ColumnInfo] {
        &self.infos
    }

    async fn next(&mut self, rows_max: u32, bytes_max: u64) -> Result<Option<Batch>, Problem> {
        // A page may be empty and not the last.
        while self.row >= self.page.rows as usize {
            if !self.turn().await? {
                return Ok(None);
            }
        }
        let part = split::fitting(&self.page, self.row, rows_max as usize, bytes_max);
        self.row = part.end;
        Ok(Some(split::rows(&self.page, part)))
    }

    fn cost(&self) -> Cost {
        self.cost
    }
}
