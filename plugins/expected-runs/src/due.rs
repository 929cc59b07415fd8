//! Runs that were due.

use assay_sdk::{Context, Error, Row, Timestamp, query};

use crate::settings::Settings;

/// A run that was due, and what has come of it.
pub(crate) struct Due {
    /// What should have run.
    pub(crate) entity: String,
    /// The latest instant at which it may have ended.
    pub(crate) due_at: Timestamp,
    /// The earliest.
    since: Timestamp,
    /// Until when it is late rather than missing: the next is due then, or the run of this check.
    until: Timestamp,
    /// Whether the next run of the entity was due already.
    is_followed: bool,
    /// What has come of it.
    pub(crate) fate: Fate,
}

/// What has come of a run that was due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It ended in time.
    InTime,
    /// It ended then, after it was due and before the next was.
    Late(Timestamp),
    /// It did not end.
    Missing,
}

/// Without `since` the first run of an entity counts from so many hours before it was due.
const FIRST_HOURS: i64 = 24;
const MICROS_PER_HOUR: i64 = 3_600_000_000;

impl Due {
    /// Asks what was due up to the scheduled instant, in order of entity and instant, and what has come of it. No run at
    /// all is not "nothing to do": nobody knows then what should have run.
    pub(crate) fn ask(context: &Context, source: &str, settings: &Settings, sql: &str) -> Result<Vec<Self>, Error> {
        let (start, end) = context.last_days(settings.lookback_days);
        let statement = query(source, sql).about(context).bind_if_named("start", start).bind_if_named("end", end);
        let mut rows: Vec<_> = statement.fetch_whole()?.iter().map(read).collect::<Result<_, _>>()?;
        rows.sort_unstable_by(|a, b| (&a.0, a.1).cmp(&(&b.0, b.1)));
        let now = context.scheduled_for();
        let mut dues: Vec<Self> = Vec::new();
        for (entity, due_at, since) in rows {
            let before = dues.last_mut().filter(|before| before.entity == entity);
            if before.as_ref().is_some_and(|before| before.due_at == due_at) {
                return Err(Error::new(format!("`expected_sql` returns `{entity}` at {due_at} twice")));
            }
            if due_at > now {
                continue;
            }
            let since = match (since, &before) {
                (Some(since), _) => since,
                (None, Some(before)) => shifted(before.due_at, 1)?,
                (None, None) => shifted(due_at, -FIRST_HOURS * MICROS_PER_HOUR)?,
            };
            if since > due_at {
                return Err(Error::new(format!("`expected_sql`: `{entity}` is due at {due_at}, before its `since`")));
            }
            if let Some(before) = before {
                (before.until, before.is_followed) = (due_at, true);
            }
            dues.push(Self { entity, due_at, since, until: now, is_followed: false, fate: Fate::Missing });
        }
        if dues.is_empty() {
            return Err(Error::new(format!("`expected_sql` returns no run that was due by {now}")));
        }
        judge(source, settings, &mut dues)?;
        Ok(dues)
    }
}

fn read(row: &Row) -> Result<(String, Timestamp, Option<Timestamp>), Error> {
    let since = if row.has("since") { Some(row.get("since")?) } else { None };
    Ok((row.get("entity")?, row.get("due_at")?, since))
}

fn shifted(instant: Timestamp, micros: i64) -> Result<Timestamp, Error> {
    let shifted = instant.as_microsecond().checked_add(micros).map(Timestamp::from_microsecond);
    shifted.and_then(Result::ok).ok_or_else(|| Error::new(format!("`expected_sql`: {instant} is no time to be due")))
}

/// One row a run that was due: runs in time, runs after that, and the first of those.
const JOIN: &str = "\
SELECT place, COUNTIF(ended_at <= due_at) AS in_time, COUNTIF(ended_at > due_at) AS late, \
MIN(IF(ended_at > due_at, ended_at, NULL)) AS first_late \
FROM UNNEST(@entities) AS entity WITH OFFSET AS place \
JOIN UNNEST(@since) AS since WITH OFFSET AS since_place ON since_place = place \
JOIN UNNEST(@due) AS due_at WITH OFFSET AS due_place ON due_place = place \
JOIN UNNEST(@until) AS until_at WITH OFFSET AS until_place ON until_place = place \
LEFT JOIN runs ON runs.name = entity AND runs.ended_at >= since AND runs.ended_at <= until_at \
GROUP BY place";

fn judge(source: &str, settings: &Settings, dues: &mut [Due]) -> Result<(), Error> {
    let Settings { table, entity_column, time_column, .. } = settings;
    let sql = format!(
        "WITH runs AS (SELECT CAST({entity_column} AS STRING) AS name, {time_column} AS ended_at FROM {table} \
         WHERE {time_column} BETWEEN @first AND @last AND {}) {JOIN}",
        settings.counts_sql()
    );
    let instants = |of: fn(&Due) -> Timestamp| dues.iter().map(of).collect::<Vec<_>>();
    let (since, due, until) = (instants(|due| due.since), instants(|due| due.due_at), instants(|due| due.until));
    let first = since.iter().min().copied().unwrap_or(Timestamp::MIN);
    let last = until.iter().max().copied().unwrap_or(Timestamp::MAX);
    let statement = query(source, sql)
        .bind_if_named("success", settings.success.clone())
        .bind("first", first)
        .bind("last", last)
        .bind("entities", dues.iter().map(|due| due.entity.clone()).collect::<Vec<_>>())
        .bind("since", since)
        .bind("due", due)
        .bind("until", until);
    let mut is_answered = vec![false; dues.len()];
    for row in statement.fetch_whole()? {
        let place = usize::try_from(row.get::<i64>("place")?).unwrap_or(usize::MAX);
        let wrong = || Error::new("the query answered for a run that was not asked about, or twice for one");
        let answered = is_answered.get_mut(place).ok_or_else(wrong)?;
        if std::mem::replace(answered, true) {
            return Err(wrong());
        }
        let fate = fate(&row, dues, place)?;
        dues[place].fate = fate;
    }
    if is_answered.contains(&false) {
        return Err(Error::new("the query did not answer for every run that was due"));
    }
    Ok(())
}

/// A run after the instant is this one, late, unless the next needs it.
fn fate(row: &Row, dues: &[Due], place: usize) -> Result<Fate, Error> {
    let count = |column| Ok::<_, Error>(row.get::<i64>(column)?.unsigned_abs());
    let (in_time, late, first_late) = (count("in_time")?, count("late")?, row.get::<Option<Timestamp>>("first_late")?);
    if (late > 0) != first_late.is_some() {
        return Err(Error::new(format!("what the query says of `{}` contradicts itself", dues[place].entity)));
    }
    if in_time > 0 {
        return Ok(Fate::InTime);
    }
    let next = dues.get(place + 1).filter(|_| dues[place].is_followed);
    Ok(match (first_late, next) {
        (None, _) => Fate::Missing,
        (Some(ended_at), None) => Fate::Late(ended_at),
        (Some(ended_at), Some(next)) if ended_at < next.since || late > 1 => Fate::Late(ended_at),
        (Some(_), Some(_)) => Fate::Missing,
    })
}
