//! A source's memory, shared by the queries that run at once.
//!
//! A query may hold at most half of what the others leave, so that there is always something left for one more: alone it
//! has a half, of two greedy ones each has a third.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use datafusion::common::resources_datafusion_err;
use datafusion::error::Result;
use datafusion::execution::memory_pool::{FairSpillPool, MemoryConsumer, MemoryLimit, MemoryPool, MemoryReservation};

/// The part of what others leave that one query may hold is one of so many.
const PARTS: usize = 2;

/// Memory of a source.
#[derive(Debug)]
pub(super) struct Memory {
    bytes: usize,
    held: Mutex<usize>,
}

impl Memory {
    /// So many bytes.
    pub(super) fn new(bytes: usize) -> Arc<Self> {
        Arc::new(Self { bytes, held: Mutex::new(0) })
    }

    /// Bytes that queries hold.
    pub(super) fn held(&self) -> MutexGuard<'_, usize> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The share of one query.
    pub(super) fn share(self: &Arc<Self>) -> Arc<dyn MemoryPool> {
        Arc::new(Share { fair: FairSpillPool::new(self.bytes / PARTS), memory: Arc::clone(self) })
    }
}

/// What one query may hold.
#[derive(Debug)]
struct Share {
    memory: Arc<Memory>,
    /// Divides it fairly between the sorts and groupings of the query.
    fair: FairSpillPool,
}

impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Share")
    }
}

impl MemoryPool for Share {
    fn name(&self) -> &'static str {
        "Share"
    }

    fn register(&self, consumer: &MemoryConsumer) {
        self.fair.register(consumer);
    }

    fn unregister(&self, consumer: &MemoryConsumer) {
        self.fair.unregister(consumer);
    }

    fn grow(&self, reservation: &MemoryReservation, additional: usize) {
        let mut held = self.memory.held();
        self.fair.grow(reservation, additional);
        *held = held.saturating_add(additional);
    }

    fn shrink(&self, reservation: &MemoryReservation, shrink: usize) {
        let mut held = self.memory.held();
        self.fair.shrink(reservation, shrink);
        *held = held.saturating_sub(shrink);
    }

    fn try_grow(&self, reservation: &MemoryReservation, additional: usize) -> Result<()> {
        let mut held = self.memory.held();
        let own = self.fair.reserved();
        let left = self.memory.bytes.saturating_sub(held.saturating_sub(own));
        let share = left / PARTS;
        // A query alone is bounded by what divides its share.
        if share < self.memory.bytes / PARTS && own.saturating_add(additional) > share {
            return Err(resources_datafusion_err!(
                "{own} bytes are held and {additional} more were wanted; the share of this query is {share} bytes of {} \
                 that the source has",
                self.memory.bytes
            ));
        }
        self.fair.try_grow(reservation, additional)?;
        *held = held.saturating_add(additional);
        Ok(())
    }

    fn reserved(&self) -> usize {
        self.fair.reserved()
    }

    fn memory_limit(&self) -> MemoryLimit {
        MemoryLimit::Finite(self.memory.bytes / PARTS)
    }
}
