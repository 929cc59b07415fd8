//! What is asked of columns of numbers.

use assay_sdk::{Error, Row, query};

use crate::settings::Settings;
use crate::windows::{Windows, rows};

/// Rows of both sides, and what each column of numbers holds.
pub(crate) struct Numbers {
    pub(crate) recent_rows: u64,
    pub(crate) baseline_rows: u64,
    pub(crate) columns: Vec<Column>,
}

/// A column of numbers.
pub(crate) struct Column {
    pub(crate) recent: Side,
    pub(crate) baseline: Side,
    /// Bounds between the deciles of the earlier days, each once.
    edges: Vec<f64>,
}

/// What a column holds on one side.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Side {
    pub(crate) nulls: u64,
    /// NaN and infinities.
    pub(crate) odd: u64,
    /// Numbers.
    pub(crate) values: u64,
    /// Mean and standard deviation, where there are numbers.
    pub(crate) moments: Option<(f64, f64)>,
}

/// Counts rows, and describes each column.
pub(crate) fn describe(source: &str, settings: &Settings, windows: &Windows) -> Result<Numbers, Error> {
    let indices = 0..settings.columns.len();
    let list: String = indices.clone().map(|index| format!(", {} AS v_{index}", value(settings, index))).collect();
    let mut asked = "COUNTIF(is_recent) AS recent_rows, COUNTIF(is_baseline) AS baseline_rows".to_owned();
    for index in indices.clone() {
        let odd = odd(index);
        for side in ["recent", "baseline"] {
            let number = format!("IF(is_{side} AND NOT {odd}, v_{index}, NULL)");
            asked.push_str(&format!(
                ", COUNTIF(is_{side} AND v_{index} IS NULL) AS {side}_nulls_{index}, \
                 COUNTIF(is_{side} AND {odd}) AS {side}_odd_{index}, \
                 AVG({number}) AS {side}_mean_{index}, STDDEV_POP({number}) AS {side}_deviation_{index}"
            ));
        }
        asked.push_str(&format!(
            ", TO_JSON_STRING(APPROX_QUANTILES(IF(is_baseline AND NOT {odd}, v_{index}, NULL), 10)) AS edges_{index}"
        ));
    }
    let sql = format!("SELECT {asked} FROM {} AS both_sides", rows(settings, &list));
    let row = windows.bind(query(source, sql)).fetch()?.only_row()?;
    let (recent_rows, baseline_rows) = (row.get("recent_rows")?, row.get("baseline_rows")?);
    let column = |index| {
        let baseline = side(&row, "baseline", index, baseline_rows)?;
        let edges =
            if baseline.values == 0 { Vec::new() } else { edges(&row.get::<String>(&format!("edges_{index}"))?)? };
        Ok(Column { recent: side(&row, "recent", index, recent_rows)?, baseline, edges })
    };
    Ok(Numbers { recent_rows, baseline_rows, columns: indices.map(column).collect::<Result<_, Error>>()? })
}

fn value(settings: &Settings, index: usize) -> String {
    settings.columns.get(index).map(|rule| format!("CAST({} AS FLOAT64)", rule.column)).unwrap_or_default()
}

fn odd(index: usize) -> String {
    format!("(IS_NAN(v_{index}) OR IS_INF(v_{index}))")
}

fn side(row: &Row, side: &str, index: usize, rows: u64) -> Result<Side, Error> {
    let named = |what: &str| format!("{side}_{what}_{index}");
    let (nulls, odd): (u64, u64) = (row.get(&named("nulls"))?, row.get(&named("odd"))?);
    let missing = nulls.saturating_add(odd);
    let values =
        rows.checked_sub(missing).ok_or_else(|| Error::new(format!("{missing} of {rows} rows have no value")))?;
    let moments = match values {
        0 => None,
        _ => Some((row.get::<f64>(&named("mean"))?, row.get::<f64>(&named("deviation"))?)),
    };
    match moments {
        Some((mean, deviation)) if !(mean.is_finite() && deviation.is_finite() && deviation >= 0.0) => {
            Err(Error::new(format!("{values} numbers have the mean {mean} and the standard deviation {deviation}")))
        }
        moments => Ok(Side { nulls, odd, values, moments }),
    }
}

/// The inner bounds of deciles, each once, from the list of eleven that the source prints.
fn edges(text: &str) -> Result<Vec<f64>, Error> {
    let wrong = || Error::new(format!("`{text}` are no deciles"));
    let bounds: Vec<f64> = serde_json::from_str(text).map_err(|_| wrong())?;
    if bounds.len() != 11 || !bounds.is_sorted() {
        return Err(wrong());
    }
    let mut inner: Vec<f64> = bounds.into_iter().skip(1).take(9).collect();
    inner.dedup();
    Ok(inner)
}

/// The population stability index of some columns, in their order: how far the shares of recent values by decile lie
/// from those of earlier values.
pub(crate) fn psi(
    source: &str,
    settings: &Settings,
    windows: &Windows,
    columns: &[(usize, &Column)],
) -> Result<Vec<f64>, Error> {
    if columns.is_empty() {
        return Ok(Vec::new());
    }
    let part = |(index, _): &(usize, &Column)| {
        let from = rows(settings, &format!(", {} AS v_{index}", value(settings, *index)));
        format!(
            "SELECT {index} AS column_index, RANGE_BUCKET(v_{index}, @edges_{index}) AS bucket, \
             COUNTIF(is_recent) AS recent, COUNTIF(is_baseline) AS baseline FROM {from} AS both_sides \
             WHERE NOT {} GROUP BY bucket",
            odd(*index)
        )
    };
    let sql = columns.iter().map(part).collect::<Vec<_>>().join(" UNION ALL ");
    let bind = |statement: assay_sdk::Query, (index, column): &(usize, &Column)| {
        statement.bind(&format!("edges_{index}"), column.edges.clone())
    };
    let mut counts: Vec<Vec<(u64, u64)>> =
        columns.iter().map(|(_, column)| vec![(0, 0); column.edges.len() + 1]).collect();
    for row in columns.iter().fold(windows.bind(query(source, sql)), bind).fetch_whole()? {
        let (index, bucket): (u64, u64) = (row.get("column_index")?, row.get("bucket")?);
        let position = columns.iter().position(|(at, _)| *at as u64 == index);
        let place = position.and_then(|at| counts.get_mut(at)?.get_mut(usize::try_from(bucket).ok()?));
        let place = place.ok_or_else(|| Error::new(format!("bucket {bucket} of column {index} was not asked for")))?;
        if *place != (0, 0) {
            return Err(Error::new(format!("bucket {bucket} of column {index} comes twice")));
        }
        *place = (row.get("recent")?, row.get("baseline")?);
    }
    counts.iter().map(|buckets| index_of(buckets)).collect()
}

/// The index of counts by bucket. Half a value is added to each, so that an empty bucket is not infinitely odd.
fn index_of(buckets: &[(u64, u64)]) -> Result<f64, Error> {
    let total = buckets.iter().fold((0, 0), |(recent, baseline), (r, b)| (recent + r, baseline + b));
    if total.0 == 0 || total.1 == 0 {
        return Err(Error::new("no value lies in any decile"));
    }
    let share = |count: u64, total: u64| (count as f64 + 0.5) / (total as f64 + 0.5 * buckets.len() as f64);
    let part = |(recent, baseline): &(u64, u64)| {
        let (recent, baseline) = (share(*recent, total.0), share(*baseline, total.1));
        (recent - baseline) * (recent / baseline).ln()
    };
    Ok(buckets.iter().map(part).sum())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_that_stay_have_no_index() {
        assert_eq!(index_of(&[(10, 10), (10, 10)]), Ok(0.0));
        assert!(index_of(&[(30, 10), (0, 20)]).unwrap() > 0.5);
        assert!(index_of(&[(0, 10)]).is_err());
    }

    #[test]
    fn deciles_are_eleven_numbers_in_order() {
        assert_eq!(edges("[0,1,1,1,2,3,4,5,6,7,8]").unwrap(), [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0]);
        for wrong in ["", "null", "[1,2]", "[1,0,0,0,0,0,0,0,0,0,0]"] {
            assert!(edges(wrong).is_err(), "{wrong}");
        }
    }
}
