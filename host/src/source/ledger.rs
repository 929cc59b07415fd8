//! The book of what queries are billed a day.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use jiff::civil::Date;

use crate::clock::Clock;
use crate::model::{Problem, ProblemCode, SourceName};

/// Who pays for a query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Payer {
    /// The source that bills.
    pub source: SourceName,
    /// The check; of the host's own queries [`HOST_CHECK`](crate::model::HOST_CHECK).
    pub check: String,
    /// Who owns the check's data.
    pub owner: Option<String>,
}

/// What may be billed on one day, in bytes; None for as much as there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct DailyBudgets {
    /// By the source, all checks together.
    pub source: Option<u64>,
    /// By the check, all its sources together.
    pub check: Option<u64>,
}

/// Bytes that are set aside for one query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetAside {
    /// Of the entry in the book.
    pub id: String,
    /// The day they are taken from, in UTC.
    pub day: Date,
    /// How many.
    pub bytes: u64,
}

/// What one query was billed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Billed {
    /// Bytes.
    pub bytes: u64,
    /// Whether the answer came from a cache of results.
    pub cache_hit: bool,
}

/// A day's budget is spent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spent {
    /// The day, in UTC.
    pub day: Date,
    /// Whose budget: of the source, or of the check.
    pub of_source: bool,
    /// The budget, in bytes.
    pub budget: u64,
    /// What is spent or set aside of it, in bytes.
    pub spent: u64,
}

impl Spent {
    /// What a check is told whose query may need `least` bytes.
    #[must_use]
    pub fn problem(&self, payer: &Payer, least: u64) -> Problem {
        let Self { day, of_source, budget, spent } = self;
        let whose = match of_source {
            true => format!("source `{}`", payer.source),
            false => format!("check `{}`", payer.check),
        };
        let message = format!(
            "the budget of {whose} for {day} is spent: {spent} of {budget} bytes are billed or set aside, and the query \
             may need {least} more"
        );
        Problem::new(ProblemCode::LimitBilled, message).with_hint(match of_source {
            true => {
                "it begins anew at midnight UTC; `assay cost` shows who spent it; raise `daily_budget` of the source"
            }
            false => "it begins anew at midnight UTC; `assay cost` shows it; raise `daily_budget` of the check",
        })
    }
}

/// The book. What is set aside counts as spent, even when the host dies before it knows what the query was billed.
#[async_trait]
pub trait Ledger: Debug + Send + Sync {
    /// Sets bytes aside for a query: at least `least`, at most `most`, as many of them as the budgets allow. Ok(Err) when
    /// they do not.
    ///
    /// # Errors
    /// When the book cannot be written: then nothing is asked either.
    ///
    /// # Cancel safety
    /// The bytes may be set aside, and stay so.
    async fn set_aside(
        &self,
        payer: &Payer,
        least: u64,
        most: u64,
        budgets: DailyBudgets,
    ) -> Result<Result<SetAside, Spent>, Problem>;

    /// Books what the query was billed instead of what was set aside.
    ///
    /// # Errors
    /// When the book cannot be written: what was set aside stays.
    ///
    /// # Cancel safety
    /// It may or may not be booked.
    async fn settle(&self, payer: &Payer, aside: &SetAside, billed: Billed) -> Result<(), Problem>;
}

/// A book that is forgotten with the process: for tools that keep no journal.
#[derive(Debug)]
pub struct InMemory {
    clock: Clock,
    days: Mutex<BTreeMap<(Date, String, String), u64>>,
}

impl InMemory {
    /// With nothing spent.
    #[must_use]
    pub fn new(clock: Clock) -> Self {
        Self { clock, days: Mutex::default() }
    }
}

/// The day of a ledger at an instant.
#[must_use]
pub fn day_of(instant: jiff::Timestamp) -> Date {
    jiff::tz::Offset::UTC.to_datetime(instant).date()
}

/// How many bytes the budgets allow.
///
/// # Errors
/// [`Spent`] when they are fewer than `least`.
pub fn allowed(
    day: Date,
    (least, most): (u64, u64),
    budgets: DailyBudgets,
    (of_source, of_check): (u64, u64),
) -> Result<u64, Spent> {
    let mut granted = most;
    for (budget, spent, of_source) in [(budgets.source, of_source, true), (budgets.check, of_check, false)] {
        let Some(budget) = budget else { continue };
        granted = granted.min(budget.saturating_sub(spent));
        // With nothing left nothing is asked, be it for nothing.
        if granted < least.max(1) {
            return Err(Spent { day, of_source, budget, spent });
        }
    }
    Ok(granted)
}

#[async_trait]
impl Ledger for InMemory {
    async fn set_aside(
        &self,
        payer: &Payer,
        least: u64,
        most: u64,
        budgets: DailyBudgets,
    ) -> Result<Result<SetAside, Spent>, Problem> {
        let day = day_of(self.clock.now());
        let mut days = self.days.lock().unwrap_or_else(PoisonError::into_inner);
        let sum = |of: &dyn Fn(&str, &str) -> bool| {
            let same = |((on, source, check), _): &(&(Date, String, String), &u64)| *on == day && of(source, check);
            days.iter().filter(same).map(|(_, bytes)| *bytes).sum::<u64>()
        };
        let spent = (sum(&|source, _| source == payer.source.as_str()), sum(&|_, check| check == payer.check));
        Ok(allowed(day, (least, most), budgets, spent).map(|bytes| {
            *days.entry((day, payer.source.to_string(), payer.check.clone())).or_default() += bytes;
            SetAside { id: String::new(), day, bytes }
        }))
    }

    async fn settle(&self, payer: &Payer, aside: &SetAside, billed: Billed) -> Result<(), Problem> {
        let mut days = self.days.lock().unwrap_or_else(PoisonError::into_inner);
        let booked = days.entry((aside.day, payer.source.to_string(), payer.check.clone())).or_default();
        *booked = booked.saturating_sub(aside.bytes).saturating_add(billed.bytes);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn the_tighter_budget_holds() {
        let day = date(2026, 1, 31);
        let budgets = |source, check| DailyBudgets { source, check };
        assert_eq!(allowed(day, (10, 20), budgets(None, None), (900, 900)), Ok(20));
        assert_eq!(allowed(day, (10, 20), budgets(Some(915), None), (900, 900)), Ok(15));
        let spent = |of_source, budget| Err(Spent { day, of_source, budget, spent: 900 });
        assert_eq!(allowed(day, (10, 20), budgets(Some(905), None), (900, 0)), spent(true, 905));
        assert_eq!(allowed(day, (10, 20), budgets(Some(5_000), Some(909)), (0, 900)), spent(false, 909));
        assert_eq!(allowed(day, (0, 20), budgets(Some(900), None), (900, 0)), spent(true, 900), "nothing is left");
    }
}
