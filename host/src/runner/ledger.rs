//! The book of costs in the journal.

use std::sync::Arc;

use async_trait::async_trait;

use crate::clock::Clock;
use crate::model::{Problem, ProblemCode};
use crate::source::ledger::{Billed, DailyBudgets, Ledger, Payer, SetAside, Spent, day_of};
use crate::store::{Store, StoreError};

/// Books what queries cost in the journal, so that it counts for the whole day, whoever asks.
#[derive(Debug)]
pub struct StoredLedger {
    store: Arc<Store>,
    clock: Clock,
}

impl StoredLedger {
    /// In a journal.
    #[must_use]
    pub fn new(store: Arc<Store>, clock: Clock) -> Self {
        Self { store, clock }
    }
}

#[async_trait]
impl Ledger for StoredLedger {
    async fn set_aside(
        &self,
        payer: &Payer,
        least: u64,
        most: u64,
        budgets: DailyBudgets,
    ) -> Result<Result<SetAside, Spent>, Problem> {
        let at = self.clock.now();
        let random = getrandom::u64().map_err(|error| {
            Problem::new(ProblemCode::Failed, format!("the machine gives no random number: {error}"))
        })?;
        let id = format!("{:013x}{random:016x}", at.as_microsecond());
        let day = day_of(at);
        match self.store.set_aside(id.clone(), (day, at), payer.clone(), (least, most), budgets).await {
            Ok(bytes) => Ok(Ok(SetAside { id, day, bytes })),
            Err(StoreError::BudgetSpent(spent)) => Ok(Err(spent)),
            Err(error) => Err(problem(&error)),
        }
    }

    async fn settle(&self, _payer: &Payer, aside: &SetAside, billed: Billed) -> Result<(), Problem> {
        self.store.settle(aside.id.clone(), billed).await.map_err(|error| problem(&error))
    }
}

/// Without a book there is no query: it could not be known what the day has cost.
fn problem(error: &StoreError) -> Problem {
    Problem::new(ProblemCode::Unavailable, format!("the cost of the query cannot be booked: {error}"))
        .with_hint("the journal must be writable for queries that are billed")
}
