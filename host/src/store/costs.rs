//! Table `query_costs`: what queries were billed, and what is set aside for those that are under way.

use jiff::Timestamp;
use jiff::civil::Date;
use rusqlite::types::Value;
use rusqlite::{Connection, Row};

use super::codec::{self, Fields};
use super::error::{Fault, StoreError};
use super::export_queue::not_waiting;
use super::rows::{Put, Table, timestamp};
use crate::model::SourceName;
use crate::source::ledger::{Billed, DailyBudgets, Payer, allowed};

/// The table.
pub(super) const TABLE: Table<8> = Table {
    name: "query_costs",
    key: 1,
    columns: [
        "cost_id",
        "cost_date",
        "source_name",
        "check_name",
        "owner",
        "recorded_at",
        "set_aside_bytes",
        "billed_bytes",
    ],
};

/// Bytes to set aside for a query.
#[derive(Debug)]
pub(super) struct Aside {
    pub(super) id: String,
    pub(super) day: Date,
    pub(super) at: Timestamp,
    pub(super) payer: Payer,
    /// At least and at most.
    pub(super) bytes: (u64, u64),
    pub(super) budgets: DailyBudgets,
}

/// What a query was billed in the end.
#[derive(Debug)]
pub(super) struct Settled {
    pub(super) id: String,
    pub(super) billed: Billed,
}

impl Aside {
    fn day(&self) -> Result<String, StoreError> {
        codec::date(self.day).ok_or_else(|| StoreError::Unstorable {
            of: format!("query {}", self.id),
            column: "cost_date",
            value: self.day.to_string(),
            expected: "date in the years 0 to 9999",
        })
    }

    pub(super) fn write(&self, conn: &Connection) -> Result<(), Fault> {
        if set_aside(conn, &self.id)?.is_some() {
            // Already done.
            return Ok(());
        }
        let day = self.day()?;
        let spent = |column: &str, of: &str| -> Result<u64, Fault> {
            let sql = format!(
                "SELECT coalesce(sum(coalesce(billed_bytes, set_aside_bytes)), 0) FROM {} \
                 WHERE cost_date = ?1 AND {column} = ?2",
                TABLE.name
            );
            let sum: f64 = conn.prepare_cached(&sql)?.query_row((&day, of), |row| row.get(0))?;
            Ok(whole(sum))
        };
        let spent = (spent("source_name", self.payer.source.as_str())?, spent("check_name", &self.payer.check)?);
        let granted = allowed(self.day, self.bytes, self.budgets, spent).map_err(StoreError::BudgetSpent)?;
        let row = [
            codec::text(Some(&self.id)),
            Value::Text(day),
            codec::text(Some(self.payer.source.as_str())),
            codec::text(Some(&self.payer.check)),
            codec::text(self.payer.owner.as_deref()),
            timestamp(&format!("query {}", self.id), "recorded_at", self.at)?,
            codec::count(granted),
            Value::Null,
        ];
        match TABLE.put(conn, &row)? {
            Put::New | Put::Same => Ok(()),
            Put::Other => Err(StoreError::Conflict { what: format!("query {}", self.id) }.into()),
        }
    }
}

impl Settled {
    pub(super) fn write(&self, conn: &Connection) -> Result<(), Fault> {
        let sql = format!("UPDATE {} SET billed_bytes = ?2, cache_hit = ?3 WHERE cost_id = ?1", TABLE.name);
        let billed = (&self.id, codec::count(self.billed.bytes), self.billed.cache_hit);
        conn.prepare_cached(&sql)?.execute(billed)?;
        Ok(())
    }
}

/// Sums of whole numbers beyond 64 bits come back as doubles, and are the greatest number then.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a cast of a double saturates, which is what is wanted"
)]
fn whole(sum: f64) -> u64 {
    sum as u64
}

/// The bytes that are set aside for a query.
pub(super) fn set_aside(conn: &Connection, id: &str) -> Result<Option<u64>, Fault> {
    let sql = format!("SELECT * FROM {} WHERE cost_id = ?1", TABLE.name);
    let mut statement = conn.prepare_cached(&sql)?;
    let mut rows = statement.query([id])?;
    rows.next()?.map(|row| Fields::new(TABLE.name, row).count("set_aside_bytes")).transpose()
}

/// Forgets the queries before a day, but not those that wait to be exported.
pub(super) fn forget(conn: &Connection, before: &str) -> Result<(), Fault> {
    let settled = not_waiting(TABLE.name, "cost_id", "recorded_at");
    let sql = format!("DELETE FROM {} WHERE cost_date < ?1 AND {settled}", TABLE.name);
    conn.prepare_cached(&sql)?.execute([before])?;
    Ok(())
}

/// Which costs to read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CostFilter {
    /// Only of this day or later, in UTC.
    pub from: Option<Date>,
    /// Only of this day or earlier, in UTC.
    pub to: Option<Date>,
    /// Only of this check.
    pub check: Option<String>,
    /// Only of this source.
    pub source: Option<SourceName>,
}

/// What one check was billed by one source on one day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DailyCost {
    /// The day, in UTC.
    pub day: Date,
    /// The source.
    pub source: SourceName,
    /// The check, or the host itself.
    pub check: String,
    /// Who owned its data.
    pub owner: Option<String>,
    /// Queries.
    pub queries: u64,
    /// Those that a cache of results answered.
    pub cache_hits: u64,
    /// Bytes billed.
    pub billed_bytes: u64,
    /// Bytes set aside for queries of which it is not known what they were billed: they are under way, or the host died.
    pub open_bytes: u64,
}

/// Daily costs, the newest day first.
pub(super) fn daily(conn: &Connection, filter: &CostFilter) -> Result<Vec<DailyCost>, Fault> {
    let CostFilter { from, to, check, source } = filter;
    let conditions = [
        ("cost_date >= ?", from.and_then(codec::date)),
        ("cost_date <= ?", to.and_then(codec::date)),
        ("check_name = ?", check.clone()),
        ("source_name = ?", source.as_ref().map(ToString::to_string)),
    ];
    let (wheres, params) = super::read::narrowed(conditions);
    let sql = format!(
        "SELECT cost_date, source_name, check_name, owner, count(*) AS queries, \
         sum(coalesce(cache_hit, 0)) AS cache_hits, coalesce(sum(billed_bytes), 0) AS billed_bytes, \
         coalesce(sum(CASE WHEN billed_bytes IS NULL THEN set_aside_bytes END), 0) AS open_bytes \
         FROM {} {wheres} GROUP BY cost_date, source_name, check_name, owner \
         ORDER BY cost_date DESC, billed_bytes DESC, check_name, source_name",
        TABLE.name
    );
    super::read::all(conn, &sql, params, read)
}

fn read(row: &Row<'_>) -> Result<DailyCost, Fault> {
    let fields = Fields::new(TABLE.name, row);
    Ok(DailyCost {
        day: fields.date("cost_date")?,
        source: fields.parsed("source_name", "source name")?,
        check: fields.text("check_name")?,
        owner: fields.text_or_null("owner")?,
        queries: fields.count("queries")?,
        cache_hits: fields.count("cache_hits")?,
        billed_bytes: fields.count("billed_bytes")?,
        open_bytes: fields.count("open_bytes")?,
    })
}
