//! What an operation gives back besides that it is done.

use std::sync::{Arc, Mutex, PoisonError};

/// Left by an operation in the writer's thread for whoever waits for it.
#[derive(Debug)]
pub(super) struct Answer<T>(Arc<Mutex<T>>);

impl<T> Clone for Answer<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T: Default> Answer<T> {
    /// Nothing yet.
    pub(super) fn new() -> Self {
        Self(Arc::default())
    }

    /// Leaves it.
    pub(super) fn give(&self, answer: T) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = answer;
    }

    /// Takes what was left.
    pub(super) fn take(&self) -> T {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
