//! How often an entity has failed since its last success.

use assay_sdk::{Context, Error, Row, Timestamp, query};

use crate::calendar::Calendar;
use crate::settings::Settings;

/// An entity that is alive, and its streak.
pub(crate) struct Streak {
    /// Its name in the ledger.
    pub(crate) entity: String,
    /// Runs that say something.
    pub(crate) judged: u64,
    /// Failures after the last success, or all there are.
    pub(crate) failures: u64,
    /// The first and the last of them.
    pub(crate) span: Option<(Timestamp, Timestamp)>,
    /// When it last succeeded; none for never.
    pub(crate) last_success: Option<Timestamp>,
    /// What the last failure said.
    pub(crate) error: Option<String>,
}

impl Streak {
    /// Asks for all that have run in the days looked at.
    pub(crate) fn ask(context: &Context, source: &str, settings: &Settings) -> Result<Vec<Self>, Error> {
        let calendar = settings.due_days_sql.as_deref().map(|sql| Calendar::ask(context, source, sql)).transpose()?;
        let (start, _) = context.last_days(settings.lookback_days);
        let statement = query(source, sql(settings, calendar.as_ref()))
            .bind("now", context.scheduled_for())
            .bind("start", start)
            .bind("zone", context.time_zone())
            .bind("success", settings.success.clone())
            .bind("failure", settings.failure.clone())
            .bind("neutral", settings.neutral.clone());
        let statement = match &calendar {
            Some(calendar) => calendar.bind(statement.bind("empty", settings.empty.clone())),
            None => statement,
        };
        let mut streaks: Vec<Self> = statement.fetch_whole()?.iter().map(Self::read).collect::<Result<_, _>>()?;
        // The longest first, and always in the same order.
        streaks.sort_unstable_by(|a, b| b.failures.cmp(&a.failures).then_with(|| a.entity.cmp(&b.entity)));
        match streaks.windows(2).find(|pair| pair[0].entity == pair[1].entity) {
            Some(pair) => Err(Error::new(format!("the query returned `{}` twice", pair[0].entity))),
            None => Ok(streaks),
        }
    }

    fn read(row: &Row) -> Result<Self, Error> {
        let count = |column| Ok::<_, Error>(row.get::<i64>(column)?.unsigned_abs());
        let named: Option<String> = row.get("entity")?;
        let of = named.as_deref().map_or_else(|| "no entity".to_owned(), |name| format!("`{name}`"));
        let (unjudged, why): (u64, Option<String>) = (count("unjudged")?, row.get("why")?);
        if unjudged > 0 {
            let why = why.ok_or_else(|| Error::new(format!("{unjudged} runs of {of} cannot be judged")))?;
            return Err(Error::new(format!("{unjudged} runs of {of} cannot be judged: {why}")));
        }
        let entity = named.ok_or_else(|| Error::new("there are runs of no entity: its name is null"))?;
        let (failures, successes) = (count("failures")?, count("successes")?);
        let time = |column| row.get::<Option<Timestamp>>(column);
        let (span, last_success) = (time("since")?.zip(time("last_failure")?), time("last_success")?);
        if (failures > 0) != span.is_some() || (successes > 0) != last_success.is_some() {
            return Err(Error::new(format!("what the query says of `{entity}` contradicts itself")));
        }
        Ok(Self { judged: count("judged")?, entity, failures, span, last_success, error: row.get("last_error")? })
    }
}

/// One row an entity that is alive, or that has runs nobody can place.
fn sql(settings: &Settings, calendar: Option<&Calendar>) -> String {
    let Settings { table, entity_column, time_column, status_column, .. } = settings;
    let error = settings.error_column.as_ref().map_or("NULL".to_owned(), ToString::to_string);
    let day = settings.day_column.as_ref().map_or("NULL".to_owned(), ToString::to_string);
    let empty = calendar
        .map_or(String::new(), |calendar| format!("WHEN status IN UNNEST(@empty) THEN {} ", calendar.class_sql()));
    let runs = format!(
        "SELECT CAST({entity_column} AS STRING) AS entity, {time_column} AS ran_at, \
         CAST({status_column} AS STRING) AS status, CAST({error} AS STRING) AS told, CAST({day} AS DATE) AS day \
         FROM {table} WHERE {time_column} <= @now OR {time_column} IS NULL"
    );
    let classed = format!(
        "SELECT entity, ran_at, status, told, CASE WHEN status IN UNNEST(@success) THEN 'success' \
         WHEN status IN UNNEST(@failure) THEN 'failure' WHEN status IN UNNEST(@neutral) THEN 'neutral' \
         {empty}ELSE 'unknown' END AS class FROM ({runs}) AS runs"
    );
    let placed = format!(
        "SELECT *, MAX(IF(class = 'success', ran_at, NULL)) OVER (PARTITION BY entity) AS last_success \
         FROM ({classed}) AS classed"
    );
    // At the very same instant nobody knows what came first: the failure counts.
    let counted = format!(
        "SELECT *, class = 'failure' AND (last_success IS NULL OR ran_at >= last_success) AS counts, \
         CASE class WHEN 'unknown' THEN 'no list names the status ' || COALESCE('`' || status || '`', 'null') \
         WHEN 'unplaced' THEN 'they found nothing, on no day that `due_days_sql` knows' \
         WHEN 'neutral' THEN NULL ELSE IF(ran_at IS NULL, 'they have no time', NULL) END AS fault \
         FROM ({placed}) AS placed"
    );
    let last_told = format!(
        "SELECT *, MAX(IF(counts AND told IS NOT NULL, ran_at, NULL)) OVER (PARTITION BY entity) AS told_at \
         FROM ({counted}) AS counted"
    );
    // In HAVING a name is first of all that of a result: no column that is used there is called like one.
    format!(
        "SELECT entity, COUNTIF(class IN ('success', 'failure', 'idle')) AS judged, COUNTIF(class = 'success') AS successes, \
         COUNTIF(counts) AS failures, MIN(IF(counts, ran_at, NULL)) AS since, MAX(IF(counts, ran_at, NULL)) AS last_failure, \
         MAX(last_success) AS last_success, \
         MIN(IF(counts AND ran_at = told_at, told, NULL)) AS last_error, \
         COUNTIF(fault IS NOT NULL) AS unjudged, MIN(fault) AS why \
         FROM ({last_told}) AS last_told GROUP BY entity \
         HAVING DATE(MAX(ran_at), @zone) >= @start OR COUNTIF(ran_at IS NULL AND fault IS NOT NULL) > 0"
    )
}
