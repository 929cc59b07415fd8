//! On which days there is something to be found.

use std::collections::BTreeMap;

use assay_sdk::{Context, Date, Error, Query, Row, query};

/// The days of a calendar.
pub(crate) struct Calendar {
    due: Vec<Date>,
    /// All days that it knows, where it tells those apart that are not due.
    known: Option<Vec<Date>>,
}

impl Calendar {
    /// Asks for it. A calendar that tells due days only and has none knows nothing: every day would be off.
    pub(crate) fn ask(context: &Context, source: &str, sql: &str) -> Result<Self, Error> {
        let rows = query(source, sql).about(context).bind_if_named("end", context.target_date()).fetch_whole()?;
        let tells_off_days = rows.first().is_some_and(|row| row.has("due"));
        let mut days = BTreeMap::new();
        for row in rows {
            let day: Date = row.get("day")?;
            if days.insert(day, is_due(&row, tells_off_days)?).is_some() {
                return Err(Error::new(format!("`due_days_sql` returns {day} twice")));
            }
        }
        let due: Vec<Date> = days.iter().filter(|(_, is_due)| **is_due).map(|(day, _)| *day).collect();
        if due.is_empty() && !tells_off_days {
            return Err(Error::new("`due_days_sql` returns no day that is due"));
        }
        Ok(Self { due, known: tells_off_days.then(|| days.into_keys().collect()) })
    }

    /// What a run that found nothing on `day` is: a failure, nothing to count, or nobody knows.
    pub(crate) fn class_sql(&self) -> &'static str {
        match self.known {
            Some(_) => {
                "CASE WHEN day IN UNNEST(@due_days) THEN 'failure' WHEN day IN UNNEST(@known_days) THEN 'idle' \
                 ELSE 'unplaced' END"
            }
            None => {
                "CASE WHEN day IN UNNEST(@due_days) THEN 'failure' WHEN day IS NOT NULL THEN 'idle' ELSE 'unplaced' END"
            }
        }
    }

    /// Binds what [`Self::class_sql`] names.
    pub(crate) fn bind(&self, statement: Query) -> Query {
        let statement = statement.bind("due_days", self.due.clone());
        match &self.known {
            Some(known) => statement.bind("known_days", known.clone()),
            None => statement,
        }
    }
}

fn is_due(row: &Row, tells_off_days: bool) -> Result<bool, Error> {
    if tells_off_days { row.get("due") } else { Ok(true) }
}
