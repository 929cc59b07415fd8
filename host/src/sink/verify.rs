//! Journal and dataset are compared, table by table and day by day.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::civil::Date;

use super::layout::layout;
use super::row::Digest;
use super::{Warehouse, hint, sql};
use crate::bigquery::Error;
use crate::store::{Store, StoreError};

/// What a day of a table comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Compared {
    /// The table.
    pub table: &'static str,
    /// The day, in UTC.
    pub day: Date,
    /// What the journal has.
    pub journal: Digest,
    /// What the dataset has of this journal.
    pub dataset: Digest,
    /// What that comes to.
    pub verdict: Verdict,
}

/// Whether journal and dataset are the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// They are.
    Same,
    /// Rows of the day wait to be exported: nothing can be said yet.
    Waiting,
    /// The journal forgets, and has forgotten rows of the day that the dataset keeps.
    Forgotten,
    /// There are not as many rows.
    Count,
    /// A key is there more than once.
    Duplicate,
    /// There are as many rows, and they are not the same.
    Content,
}

impl Verdict {
    /// The word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Same => "same",
            Self::Waiting => "waiting",
            Self::Forgotten => "forgotten",
            Self::Count => "count",
            Self::Duplicate => "duplicate",
            Self::Content => "content",
        }
    }

    /// Whether something is wrong.
    #[must_use]
    pub fn is_wrong(self) -> bool {
        matches!(self, Self::Count | Self::Duplicate | Self::Content)
    }
}

/// Why nothing can be said.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// The journal.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The dataset cannot be seen.
    #[error("{0}")]
    Reach(Error),
    /// BigQuery.
    #[error("{table}: {error}")]
    Ask {
        /// The table that was asked for.
        table: &'static str,
        /// How it failed.
        error: Error,
    },
    /// BigQuery's answer is not one of days and numbers.
    #[error("{0}: the answer cannot be understood")]
    Answer(&'static str),
}

impl VerifyError {
    /// What would help.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Store(error) => error.hint(),
            Self::Reach(error) | Self::Ask { error, .. } => hint(error),
            Self::Answer(_) => "is `endpoint` that of BigQuery?",
        }
    }
}

/// What a dataset has of a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct There {
    digest: Digest,
    keys: u64,
}

/// Compares the days from the first to the last, both included: every table and every day that has rows on either side.
/// `forgets` says that the journal does not keep its rows for ever.
///
/// # Errors
/// [`VerifyError`].
///
/// # Cancel safety
/// Nothing is left behind.
pub async fn verify(
    store: &Store,
    warehouse: &Warehouse,
    days: (Date, Date),
    forgets: bool,
    now: Timestamp,
) -> Result<Vec<Compared>, VerifyError> {
    warehouse.reach().await.map_err(VerifyError::Reach)?;
    let journal_id = store.journal_id().await?;
    let nonce = now.as_nanosecond().to_string();
    let mut compared = Vec::new();
    for table in &layout().tables {
        // What arrives meanwhile is in both or still waits: what waits is looked at first.
        let waiting = store.export_waiting().await?;
        let sql = sql::digests(warehouse.dataset(), table, &journal_id, days);
        let here = store.export_digests(table, days).await?;
        let rows = warehouse.ask(&["verify", &nonce, &table.name], &sql).await;
        let rows = rows.map_err(|error| VerifyError::Ask { table: &table.name, error })?;
        let there: Option<BTreeMap<Date, There>> = rows.iter().map(|row| answer(row)).collect();
        let there = there.ok_or(VerifyError::Answer(&table.name))?;
        let still = store.export_waiting().await?;
        let of_days: BTreeSet<Date> = here.keys().chain(there.keys()).copied().collect();
        for day in of_days {
            let queued = table.part_of.as_ref().map_or(&table.name, |part| &part.table);
            let waits = [&waiting, &still].into_iter().any(|waiting| waiting.contains(&(queued.clone(), day)));
            let (journal, there) = (here.get(&day).copied().unwrap_or_default(), there.get(&day).copied());
            let there = there.unwrap_or_default();
            let verdict = verdict(journal, there, waits, forgets);
            compared.push(Compared { table: &table.name, day, journal, dataset: there.digest, verdict });
        }
    }
    Ok(compared)
}

fn verdict(journal: Digest, there: There, waits: bool, forgets: bool) -> Verdict {
    if there.keys != there.digest.rows {
        Verdict::Duplicate
    } else if journal == there.digest {
        Verdict::Same
    } else if waits {
        Verdict::Waiting
    } else if journal.rows != there.digest.rows {
        let is_less = journal.rows < there.digest.rows;
        if forgets && is_less { Verdict::Forgotten } else { Verdict::Count }
    } else {
        Verdict::Content
    }
}

/// A row of the answer: day, rows, keys, hash.
fn answer(row: &[Option<String>]) -> Option<(Date, There)> {
    let [day, rows, keys, hash] = row else { return None };
    let digest = Digest { rows: rows.as_ref()?.parse().ok()?, hash: hash.as_ref()?.parse().ok()? };
    Some((day.as_ref()?.parse().ok()?, There { digest, keys: keys.as_ref()?.parse().ok()? }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_waits_is_not_wrong_and_a_double_key_always_is() {
        let digest = |rows, hash| Digest { rows, hash };
        let there = |rows, hash, keys| There { digest: digest(rows, hash), keys };
        for (journal, there, waits, forgets, expected) in [
            (digest(2, 7), there(2, 7, 2), true, false, Verdict::Same),
            (digest(2, 7), there(1, 3, 1), true, false, Verdict::Waiting),
            (digest(2, 7), there(1, 3, 1), false, true, Verdict::Count),
            (digest(1, 7), there(2, 3, 2), false, true, Verdict::Forgotten),
            (digest(1, 7), there(2, 3, 2), false, false, Verdict::Count),
            (digest(2, 7), there(2, 8, 2), false, false, Verdict::Content),
            (digest(2, 7), there(2, 7, 1), true, true, Verdict::Duplicate),
        ] {
            assert_eq!(verdict(journal, there, waits, forgets), expected, "{journal:?} {there:?} {waits} {forgets}");
        }
        assert!(Verdict::Duplicate.is_wrong() && !Verdict::Waiting.is_wrong());
        assert_eq!(answer(&[Some("2026-01-02".into()), Some("2".into()), Some("2".into()), None]), None);
    }
}
