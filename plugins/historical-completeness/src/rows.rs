//! What is there, day by day.

use std::collections::BTreeMap;

use assay_sdk::{Context, Date, Error, Query, query};

use crate::calendar::{Calendar, Window, has, key, unit_name};
use crate::settings::TableRule;

/// The rows of a table by day and key. Rows of a table without keys have the empty one.
#[derive(Debug, Default)]
pub(crate) struct Rows {
    counts: BTreeMap<Date, BTreeMap<String, u64>>,
    /// Whether rows are told apart by key.
    pub(crate) has_keys: bool,
    /// Rows that should have a key and have none: they belong to nothing that is due.
    pub(crate) keyless: u64,
}

impl Rows {
    /// Counts the rows of a table.
    ///
    /// # Errors
    /// When they cannot be counted, something comes twice, or they have keys and the calendar has none.
    pub(crate) fn count(
        context: &Context,
        source: &str,
        rule: &TableRule,
        calendar: &Calendar,
        window: Window,
    ) -> Result<Self, Error> {
        let answer = statement(context, source, rule, window)?.fetch_whole()?;
        let has_keys = match &rule.rows_sql {
            None => rule.key_column.is_some(),
            Some(sql) => has(answer.first(), sql, "key")?,
        };
        if has_keys && !calendar.has_keys {
            return Err(Error::new("has keys, and `expected_sql` returns no column `key`"));
        }
        let mut rows = Self { has_keys, ..Self::default() };
        for row in &answer {
            let day: Date = row.get("day")?;
            let n: u64 = row.get("n")?;
            let key = if has_keys { key(row)? } else { Some(String::new()) };
            match key {
                None => rows.keyless = rows.keyless.saturating_add(n),
                Some(key) => {
                    if rows.counts.entry(day).or_default().insert(key.clone(), n).is_some() {
                        return Err(Error::new(format!("{} comes twice", unit_name(day, &key))));
                    }
                }
            }
        }
        Ok(rows)
    }

    /// How many rows there are of a day and key.
    pub(crate) fn of(&self, day: Date, key: &str) -> u64 {
        self.counts.get(&day).and_then(|keys| keys.get(key)).copied().unwrap_or(0)
    }
}

fn statement(context: &Context, source: &str, rule: &TableRule, window: Window) -> Result<Query, Error> {
    let Window { start, end, .. } = window;
    let TableRule { table, date_column, key_column, rows_sql, .. } = rule;
    let counted = match (rows_sql, date_column) {
        (Some(sql), _) => sql.clone(),
        (None, None) => return Err(Error::new("has neither `date_column` nor `rows_sql`")),
        (None, Some(date)) => {
            let keys = key_column.as_ref().map(|key| format!(", CAST({key} AS STRING) AS key")).unwrap_or_default();
            let groups = if key_column.is_some() { "1, 2" } else { "1" };
            format!(
                "SELECT CAST({date} AS DATE) AS day{keys}, COUNT(*) AS n FROM {table} \
                 WHERE CAST({date} AS DATE) BETWEEN @start AND @end GROUP BY {groups}"
            )
        }
    };
    Ok(query(source, counted).about(context).bind_if_named("start", start).bind_if_named("end", end))
}
