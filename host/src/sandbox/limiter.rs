//! Memory and tables of one execution, summed over all that the component defines.

use wasmtime::ResourceLimiter;

use crate::model::{LimitName, Limits};

use super::trap::LimitHit;

/// Refuses growth over the limits by a trap at the very instruction that asks for it.
#[derive(Debug)]
pub(super) struct Limiter {
    memory_max: usize,
    memory: usize,
    memory_peak: usize,
    table_elements_max: usize,
}

impl Limiter {
    pub(super) fn new(limits: &Limits) -> Self {
        let limit = |name| usize::try_from(limits.get(name)).unwrap_or(usize::MAX);
        Self {
            memory_max: limit(LimitName::Memory),
            memory: 0,
            memory_peak: 0,
            table_elements_max: limit(LimitName::TableElements),
        }
    }

    /// Most memory held at once, in bytes.
    pub(super) fn memory_peak(&self) -> u64 {
        self.memory_peak as u64
    }
}

impl ResourceLimiter for Limiter {
    fn memory_growing(&mut self, current: usize, desired: usize, _maximum: Option<usize>) -> wasmtime::Result<bool> {
        // Memories never shrink, so the sum is what has been granted so far.
        let wanted = self.memory.saturating_add(desired.saturating_sub(current));
        if wanted > self.memory_max {
            return Err(LimitHit::Memory { wanted, limit: self.memory_max }.into());
        }
        self.memory = wanted;
        self.memory_peak = self.memory_peak.max(wanted);
        Ok(true)
    }

    fn table_growing(&mut self, _current: usize, desired: usize, _maximum: Option<usize>) -> wasmtime::Result<bool> {
        if desired > self.table_elements_max {
            return Err(LimitHit::TableElements { wanted: desired, limit: self.table_elements_max }.into());
        }
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::LimitRequest;

    #[test]
    fn memories_are_summed() {
        let limits = Limits::resolve(&[], &[LimitRequest { name: LimitName::Memory, value: 100 }]);
        let mut limiter = Limiter::new(&limits);
        assert!(limiter.memory_growing(0, 60, None).unwrap(), "first memory");
        assert!(limiter.memory_growing(0, 40, None).unwrap(), "second memory, up to the limit");
        let error = limiter.memory_growing(60, 61, None).unwrap_err();
        assert_eq!(error.downcast_ref(), Some(&LimitHit::Memory { wanted: 101, limit: 100 }));
        assert_eq!(limiter.memory_peak(), 100);
    }
}
