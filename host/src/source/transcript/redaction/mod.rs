//! Answers with pseudonyms in place of what must not leave the source.
//!
//! A [`Redaction`] stands between a source and its recording, so that neither the guest nor the transcript ever holds
//! an original, and what the guest reports cannot hold one either. Columns of the *result* are named. The same value
//! has the same pseudonym in all columns and sources of one [`Redactor`], so that keys still group and join in the
//! guest; whether a value is null does not change, except for booleans.
//!
//! | kind | pseudonym |
//! |---|---|
//! | text, other | `redacted-` and 16 hexadecimal digits |
//! | JSON | the same as a JSON string |
//! | bytes | 8 bytes |
//! | int64, decimal | a whole number from 0 up to 2^52 |
//! | float64 | a number from 0 up to 2^20; NaN and infinities say nothing of a value and stay |
//! | date, time | another day of the years 1 to 9999, another instant of the day; different ones stay different |
//! | datetime, timestamp | an instant of the years 1900 to 2199 |
//! | boolean | null: of two values each would give the other away |
//!
//! What this does not do:
//! - A column inside an expression escapes by its new name: `CONCAT(email, 'x') AS y` is the column `y`, a field
//!   of a STRUCT is part of the JSON of the whole. Name those too, or `*`.
//! - Statement and parameters are as the guest wrote them. How many parameters were the original or the pseudonym of a
//!   value is counted in the [`RedactionTally`]; literals within the statement are not.
//! - Filters and joins within the source work on originals, and sizes, counts and orders of rows are the true ones.
//! - Of problems, what a source says with the code `failed` is withheld, because it may quote a value; the others
//!   name statements, tables and types.

mod columns;
mod pseudonym;
mod redactor;

use std::sync::Arc;

use async_trait::async_trait;

pub use columns::{InvalidColumnPattern, RedactedColumns};
pub use redactor::{RedactionTally, Redactor};

use crate::model::{Batch, ColumnInfo, Kind, Problem, ProblemCode};
use crate::source::transcript::document::columns_of;
use crate::source::transcript::split;
use crate::source::{Cost, Estimate, ReadStatement, Rows, Source, TableListing, TableName};

/// A source whose answers hold pseudonyms in some columns.
#[derive(Debug)]
pub struct Redaction {
    source: Arc<dyn Source>,
    redactor: Arc<Redactor>,
}

impl Redaction {
    /// Around a source. All sources of a run share a redactor.
    #[must_use]
    pub fn new(source: Arc<dyn Source>, redactor: Arc<Redactor>) -> Self {
        Self { source, redactor }
    }
}

/// The problem without what may quote a value.
fn withheld(problem: Problem) -> Problem {
    match problem.code {
        ProblemCode::Failed => {
            let message = "the source could not answer; what it says is withheld, for it may quote a redacted value";
            Problem { message: message.to_owned(), hint: Some("ask again without redaction".to_owned()), ..problem }
        }
        _ => problem,
    }
}

#[async_trait]
impl Source for Redaction {
    async fn query(&self, statement: ReadStatement) -> Result<Box<dyn Rows>, Problem> {
        self.redactor.note_params(statement.params());
        let rows = self.source.query(statement).await.map_err(withheld)?;
        let redacted: Vec<_> = rows.columns().iter().map(|info| self.redactor.covers(&info.name)).collect();
        let columns = rows.columns().iter().zip(&redacted).map(|(info, redacted)| match info.kind {
            Kind::Boolean if *redacted => ColumnInfo { nullable: true, ..info.clone() },
            _ => info.clone(),
        });
        let columns = columns.collect();
        Ok(Box::new(RedactedRows { rows, redactor: self.redactor.clone(), columns, redacted, rest: None }))
    }

    async fn estimate(&self, statement: ReadStatement) -> Result<Estimate, Problem> {
        self.redactor.note_params(statement.params());
        self.source.estimate(statement).await.map_err(withheld)
    }

    fn table(&self, spelled: &TableName) -> TableName {
        self.source.table(spelled)
    }

    async fn tables(&self) -> Result<Vec<TableListing>, Problem> {
        self.source.tables().await
    }
}

struct RedactedRows {
    rows: Box<dyn Rows>,
    redactor: Arc<Redactor>,
    columns: Vec<ColumnInfo>,
    /// One a column.
    redacted: Vec<bool>,
    /// A batch that was not handed over whole, because pseudonyms are longer than what they stand for, and from which
    /// row on.
    rest: Option<(Batch, usize)>,
}

impl RedactedRows {
    /// The next rows with pseudonyms, however many bytes they have.
    async fn redacted(&mut self, rows_max: u32, bytes_max: u64) -> Result<Option<Batch>, Problem> {
        let Some(mut batch) = self.rows.next(rows_max, bytes_max).await.map_err(withheld)? else { return Ok(None) };
        if let Err(what) = columns_of(self.rows.columns(), &batch.columns, batch.rows) {
            // Which column is which is not known then.
            let message = format!("the source handed over a batch that does not fit its columns: {what}");
            return Err(Problem::new(ProblemCode::Failed, message));
        }
        let columns = batch.columns.iter_mut().zip(&self.columns).zip(&self.redacted);
        for ((column, info), _) in columns.filter(|(_, redacted)| **redacted) {
            self.redactor.redact(info.kind, column, batch.rows as usize);
        }
        Ok(Some(batch))
    }
}

#[async_trait]
impl Rows for RedactedRows {
    fn columns(&self) -> &[ColumnInfo] {
        &self.columns
    }

    async fn next(&mut self, rows_max: u32, bytes_max: u64) -> Result<Option<Batch>, Problem> {
        let (batch, from) = match self.rest.take() {
            Some(rest) => rest,
            None => match self.redacted(rows_max, bytes_max).await? {
                Some(batch) => (batch, 0),
                None => return Ok(None),
            },
        };
        let part = split::fitting(&batch, from, rows_max as usize, bytes_max);
        let rows = split::rows(&batch, part.clone());
        if part.end < batch.rows as usize {
            self.rest = Some((batch, part.end));
        }
        Ok(Some(rows))
    }

    fn cost(&self) -> Cost {
        self.rows.cost()
    }
}
