//! How many values are missing.

use assay_sdk::{Context, Date, Error, Row, query};

use crate::settings::Settings;

/// Rows that are judged together: those of a day, those without one, or all.
pub(crate) struct Counts {
    /// The day, where rows are judged by day.
    pub(crate) day: Option<Date>,
    /// Rows that are looked at.
    pub(crate) rows: u64,
    /// Rows of which nobody knows whether they should be looked at.
    pub(crate) unplaced: u64,
    /// Of the rows that are looked at, those without a value: for each rule.
    pub(crate) missing: Vec<u64>,
}

/// Counts the rows of each day, or all in one.
pub(crate) fn counts(context: &Context, source: &str, settings: &Settings) -> Result<Vec<Counts>, Error> {
    let chosen_by = settings.chosen_by();
    let (chosen, placed) = match &chosen_by {
        None => ("TRUE".to_owned(), "TRUE".to_owned()),
        Some((column, _)) if settings.ignore_where_null => (format!("{column} = @equals"), "TRUE".to_owned()),
        Some((column, _)) => (format!("({column} = @equals OR {column} IS NULL)"), format!("{column} IS NOT NULL")),
    };
    let missing = |(index, rule): (usize, &crate::settings::Rule)| {
        let column = &rule.column;
        // What is not a number is equal to nothing, not even to itself.
        format!(", COUNTIF({placed} AND ({column} IS NULL OR {column} != {column})) AS missing_{index}")
    };
    let missing: String = settings.rules.iter().enumerate().map(missing).collect();
    let numbers = format!("COUNTIF({placed}) AS n, COUNTIF(NOT ({placed})) AS unplaced{missing}");
    let table = &settings.table;
    let bind = |statement: assay_sdk::Query| match chosen_by {
        None => statement,
        Some((_, value)) => statement.bind("equals", value),
    };
    let Some((column, days)) = settings.date_column.as_ref().zip(settings.lookback_days) else {
        let sql = format!("SELECT {numbers} FROM {table} WHERE {chosen}");
        let row = bind(query(source, sql)).fetch()?.only_row()?;
        return Ok(vec![read(settings, &row, None)?]);
    };
    let (start, end) = context.last_days(days + settings.baseline_days.unwrap_or(0));
    let day = format!("CAST({column} AS DATE)");
    let sql = format!(
        "SELECT {day} AS day, COUNT({column}) > 0 AS has_day, {numbers} FROM {table} \
         WHERE ({day} BETWEEN @start AND @end OR {column} IS NULL) AND {chosen} GROUP BY {day}"
    );
    let mut all = Vec::new();
    for row in bind(query(source, sql).bind("start", start).bind("end", end)).fetch_whole()? {
        let day: Option<Date> = row.get("day")?;
        if day.is_some() != row.get::<bool>("has_day")? {
            return Err(Error::new("the source counts rows with a date for no day"));
        }
        all.push(read(settings, &row, day)?);
    }
    // Rows without a date come last: days are told in order.
    all.sort_by_key(|counts| (counts.day.is_none(), counts.day));
    match all.windows(2).find(|pair| pair[0].day == pair[1].day) {
        Some(_) => Err(Error::new("the source counts a day twice")),
        None => Ok(all),
    }
}

fn read(settings: &Settings, row: &Row, day: Option<Date>) -> Result<Counts, Error> {
    let rows: u64 = row.get("n")?;
    let number = |index: usize| {
        let missing: u64 = row.get(&format!("missing_{index}"))?;
        if missing > rows { Err(Error::new(format!("{missing} of {rows} rows are null"))) } else { Ok(missing) }
    };
    let missing = (0..settings.rules.len()).map(number).collect::<Result<_, _>>()?;
    Ok(Counts { day, rows, unplaced: row.get("unplaced")?, missing })
}
