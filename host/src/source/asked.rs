//! On whose behalf a statement is asked, and what it may cost.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::time::Instant;

use crate::model::{CheckName, PluginRef, RunId, ScheduleName};

/// An execution of a check, as a source may tell others of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asker {
    /// The check.
    pub check: CheckName,
    /// Who owns its data.
    pub owner: Option<String>,
    /// What it is made of.
    pub plugin: PluginRef,
    /// What runs it; None when somebody does.
    pub schedule: Option<ScheduleName>,
    /// The run.
    pub run: RunId,
    /// 1 for the first attempt.
    pub attempt: u32,
    /// Bytes that the check may be billed a day, all its runs together; None for as much as its sources allow.
    pub billed_bytes_a_day: Option<u64>,
}

/// One request of an execution.
#[derive(Debug, Clone)]
pub struct Asked {
    /// Who asks; None for the host itself.
    pub by: Option<Arc<Asker>>,
    /// Which request of the execution it is, from 1 on.
    pub call: u64,
    /// When nobody waits for the answer any more.
    pub until: Instant,
    /// What the execution may be billed.
    pub bill: Arc<Bill>,
}

/// What one execution may be billed, and what of it is spent or promised.
#[derive(Debug)]
pub struct Bill {
    limit: u64,
    taken: Mutex<u64>,
    billed: AtomicU64,
}

impl Bill {
    /// With so many bytes to spend.
    #[must_use]
    pub fn new(limit: u64) -> Self {
        Self { limit, taken: Mutex::new(0), billed: AtomicU64::new(0) }
    }

    /// The whole of it.
    #[must_use]
    pub fn limit(&self) -> u64 {
        self.limit
    }

    /// Bytes that are neither spent nor promised.
    #[must_use]
    pub fn left(&self) -> u64 {
        self.limit.saturating_sub(*self.taken.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Bytes billed so far.
    #[must_use]
    pub fn billed(&self) -> u64 {
        self.billed.load(Ordering::Relaxed)
    }

    /// Promises bytes to a query: at least `least`, at most `most`, as many of them as are left.
    #[must_use]
    pub fn take(&self, least: u64, most: u64) -> Option<u64> {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let left = self.limit.saturating_sub(*taken);
        let granted = most.min(left);
        (granted >= least).then(|| {
            *taken = taken.saturating_add(granted);
            granted
        })
    }

    /// A query that was promised bytes has been billed others.
    pub fn settle(&self, promised: u64, billed: u64) {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        *taken = taken.saturating_sub(promised).saturating_add(billed);
        self.billed.fetch_add(billed, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_promised_cannot_be_promised_again() {
        let bill = Bill::new(100);
        assert_eq!(bill.take(10, 70), Some(70));
        assert_eq!(bill.take(31, 70), None);
        assert_eq!(bill.take(10, 70), Some(30));
        assert_eq!(bill.left(), 0);
        bill.settle(70, 20);
        bill.settle(30, 0);
        assert_eq!((bill.left(), bill.billed()), (80, 20));
    }
}
