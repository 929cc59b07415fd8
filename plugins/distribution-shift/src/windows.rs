//! The days that are judged, and those they are compared with.

use assay_sdk::{Context, Date, Error, Query, query};

use crate::settings::Settings;

/// Two spans of days, one before the other.
pub(crate) struct Windows {
    /// First and last of the days that are judged.
    pub(crate) recent: (Date, Date),
    /// First and last of the days before.
    pub(crate) baseline: (Date, Date),
}

impl Windows {
    /// By the calendar, or by the days that are due.
    pub(crate) fn new(context: &Context, source: &str, settings: &Settings) -> Result<Self, Error> {
        let (recent, baseline) = (settings.recent_days, settings.baseline_days);
        let Some(sql) = settings.calendar_sql.as_deref() else {
            let (start, end) = context.last_days(recent);
            let before = start.yesterday().map_err(|_| Error::new("there is no day before the recent ones"))?;
            return Ok(Self { recent: (start, end), baseline: (context.last_days(recent + baseline).0, before) });
        };
        let due = due_days(context, source, sql, settings.calendar_lookback_days)?;
        let at = due.len().saturating_sub(recent as usize);
        let (earlier, judged) = due.split_at(at);
        let earlier = &earlier[earlier.len().saturating_sub(baseline as usize)..];
        match (judged, earlier) {
            ([start, ..], [first, ..]) => Ok(Self {
                recent: (*start, *judged.last().unwrap_or(start)),
                baseline: (*first, *earlier.last().unwrap_or(first)),
            }),
            _ => Err(Error::new(format!("`calendar_sql` returns {} days: more than {recent} are needed", due.len()))),
        }
    }

    /// A statement with the days bound.
    pub(crate) fn bind(&self, statement: Query) -> Query {
        statement
            .bind("recent_start", self.recent.0)
            .bind("recent_end", self.recent.1)
            .bind("baseline_start", self.baseline.0)
            .bind("baseline_end", self.baseline.1)
    }
}

/// The days that are due, in order.
fn due_days(context: &Context, source: &str, sql: &str, lookback_days: u32) -> Result<Vec<Date>, Error> {
    let spine = context.spine(lookback_days);
    let statement = query(source, sql).about(context);
    let statement = statement.bind_if_named("start", spine.start()).bind_if_named("end", spine.end());
    let mut days = Vec::new();
    for row in statement.fetch_whole()? {
        let day: Date = row.get("day")?;
        if spine.contains(day) {
            days.push(day);
        }
    }
    days.sort_unstable();
    match days.windows(2).find(|pair| pair[0] == pair[1]) {
        Some(pair) => Err(Error::new(format!("`calendar_sql` returns {} twice", pair[0]))),
        None => Ok(days),
    }
}

/// The rows of both sides, with the columns of a list: a subquery with `is_recent` and `is_baseline`.
pub(crate) fn rows(settings: &Settings, columns: &str) -> String {
    let Settings { table, date_column, .. } = settings;
    let day = format!("CAST({date_column} AS DATE)");
    format!(
        "(SELECT {day} BETWEEN @recent_start AND @recent_end AS is_recent, \
         {day} BETWEEN @baseline_start AND @baseline_end AS is_baseline{columns} \
         FROM {table} WHERE {day} BETWEEN @baseline_start AND @recent_end)"
    )
}
