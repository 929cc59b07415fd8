//! How often an entity has failed since its last success.

use assay_sdk::{Context, Error, Row, Timestamp, query};

use crate::calendar::Calendar;
use crate::settings::Settings;

/// An entity that is alive, and its streak.
pub(crate) struct Streak {
    /// Its name in the ledger.
    pub(crate) entity: String,
    /// Runs that were looked at and say something.
    pub(crate) judged: u64,
    /// Failures after the last success, or all there are; after a run that rightly found nothing, too, unless they found
    /// nothing themselves.
    pub(crate) failures: u64,
    /// The first and the last of them.
    pub(crate) span: Option<(Timestamp, Timestamp)>,
    /// When it last succeeded; none for never.
    pub(crate) last_success: Option<Timestamp>,
    /// What the last failure said.
    pub(crate) error: Option<String>,
}

impl Streak {
    /// Asks for all that have run in the days looked at. What ran before those days is read only of those that have not
    /// succeeded in them: no other streak began before.
    pub(crate) fn ask(context: &Context, source: &str, settings: &Settings) -> Result<Vec<Self>, Error> {
        let calendar = settings.due_days_sql.as_deref().map(|sql| Calendar::ask(context, source, sql)).transpose()?;
        let ledger = Ledger { context, source, settings, calendar };
        let (mut streaks, longer): (Vec<Self>, Vec<Self>) =
            ledger.streaks(&Part::Days)?.into_iter().partition(|streak| streak.last_success.is_some());
        if !longer.is_empty() {
            let longer: Vec<String> = longer.into_iter().map(|streak| streak.entity).collect();
            let whole = ledger.streaks(&Part::Of(&longer))?;
            if whole.len() != longer.len() {
                return Err(Error::new("runs are gone that were there when they were first asked for"));
            }
            streaks.extend(whole);
        }
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

/// Which runs are read.
enum Part<'a> {
    /// Those of the days looked at.
    Days,
    /// All of some entities.
    Of(&'a [String]),
}

/// The ledger, and what is known of it.
struct Ledger<'a> {
    context: &'a Context,
    source: &'a str,
    settings: &'a Settings,
    calendar: Option<Calendar>,
}

impl Ledger<'_> {
    /// The streaks in a part of it.
    fn streaks(&self, part: &Part<'_>) -> Result<Vec<Streak>, Error> {
        let Self { context, source, settings, calendar } = self;
        let (start, _) = context.last_days(settings.lookback_days);
        let statement = query(*source, sql(settings, calendar.as_ref(), part))
            .bind("now", context.scheduled_for())
            .bind("start", start)
            .bind("zone", context.time_zone())
            .bind("success", settings.success.clone())
            .bind("failure", settings.failure.clone())
            .bind("neutral", settings.neutral.clone());
        let statement = match calendar {
            Some(calendar) => calendar.bind(statement.bind("empty", settings.empty.clone())),
            None => statement,
        };
        let statement = match part {
            Part::Days => statement,
            Part::Of(entities) => statement.bind("entities", entities.to_vec()),
        };
        statement.fetch_whole()?.iter().map(Streak::read).collect()
    }
}

/// One row an entity that is alive, or that has runs nobody can place.
fn sql(settings: &Settings, calendar: Option<&Calendar>, part: &Part<'_>) -> String {
    let Settings { table, entity_column, time_column, status_column, .. } = settings;
    let read = match part {
        Part::Days => {
            format!("(DATE({time_column}, @zone) >= @start AND {time_column} <= @now) OR {time_column} IS NULL")
        }
        Part::Of(_) => format!(
            "({time_column} <= @now OR {time_column} IS NULL) AND CAST({entity_column} AS STRING) IN UNNEST(@entities)"
        ),
    };
    let error = settings.error_column.as_ref().map_or("NULL".to_owned(), ToString::to_string);
    let day = settings.day_column.as_ref().map_or("NULL".to_owned(), ToString::to_string);
    let empty = calendar
        .map_or(String::new(), |calendar| format!("WHEN status IN UNNEST(@empty) THEN {} ", calendar.class_sql()));
    let found_nothing = if calendar.is_some() { "status IN UNNEST(@empty)" } else { "FALSE" };
    let runs = format!(
        "SELECT CAST({entity_column} AS STRING) AS entity, {time_column} AS ran_at, \
         CAST({status_column} AS STRING) AS status, CAST({error} AS STRING) AS told, CAST({day} AS DATE) AS day \
         FROM {table} WHERE {read}"
    );
    let classed = format!(
        "SELECT entity, ran_at, status, told, CASE WHEN status IN UNNEST(@success) THEN 'success' \
         WHEN status IN UNNEST(@failure) THEN 'failure' WHEN status IN UNNEST(@neutral) THEN 'neutral' \
         {empty}ELSE 'unknown' END AS class, {found_nothing} AS found_nothing FROM ({runs}) AS runs"
    );
    let placed = format!(
        "SELECT *, MAX(IF(class = 'success', ran_at, NULL)) OVER (PARTITION BY entity) AS last_success, \
         MAX(IF(class = 'idle', ran_at, NULL)) OVER (PARTITION BY entity) AS last_idle FROM ({classed}) AS classed"
    );
    // At the very same instant nobody knows what came first: the failure counts. Whoever finds nothing on a day off has not
    // failed; that there is something to be found on other days it does not show.
    let counted = format!(
        "SELECT *, class = 'failure' AND (last_success IS NULL OR ran_at >= last_success) \
         AND (found_nothing OR last_idle IS NULL OR ran_at >= last_idle) AS counts, \
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
