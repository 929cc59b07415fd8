//! What is asked of columns of few values.

use std::collections::BTreeMap;

use assay_sdk::{Error, query};

use crate::settings::{CategoryRule, Settings};
use crate::windows::{Windows, rows};

/// Most different values of a column.
const VALUES_MAX: usize = 200;

/// Rows with a value, recent and earlier. Null is a value.
pub(crate) type Counts = BTreeMap<Option<String>, (u64, u64)>;

/// Counts the rows of each value, for each column.
pub(crate) fn count(source: &str, settings: &Settings, windows: &Windows) -> Result<Vec<Counts>, Error> {
    if settings.categories.is_empty() {
        return Ok(Vec::new());
    }
    let part = |(index, rule): (usize, &CategoryRule)| {
        let from = rows(settings, &format!(", CAST({} AS STRING) AS category", rule.column));
        format!(
            "SELECT {index} AS column_index, category, COUNT(category) > 0 AS is_given, COUNTIF(is_recent) AS recent, \
             COUNTIF(is_baseline) AS baseline FROM {from} AS both_sides GROUP BY category"
        )
    };
    let sql = settings.categories.iter().enumerate().map(part).collect::<Vec<_>>().join(" UNION ALL ");
    let mut counts: Vec<Counts> = settings.categories.iter().map(|_| Counts::new()).collect();
    for row in windows.bind(query(source, sql)).fetch_whole()? {
        let (index, category): (u64, Option<String>) = (row.get("column_index")?, row.get("category")?);
        if category.is_some() != row.get::<bool>("is_given")? {
            return Err(Error::new("the source counts rows with a value for null"));
        }
        let of_column = usize::try_from(index).ok().and_then(|index| counts.get_mut(index));
        let of_column = of_column.ok_or_else(|| Error::new(format!("column {index} was not asked for")))?;
        if of_column.insert(category, (row.get("recent")?, row.get("baseline")?)).is_some() {
            return Err(Error::new("the source counts a value twice"));
        }
    }
    for (rule, counts) in settings.categories.iter().zip(&counts) {
        let (values, column) = (counts.len(), rule.column.as_str());
        if values > VALUES_MAX {
            let message =
                format!("`{column}` has {values} different values: up to {VALUES_MAX} can be judged by share");
            return Err(Error::new(message));
        }
    }
    Ok(counts)
}
