//! Room for deep trees.
//!
//! A statement within the gate's limits can still make the engine's planner recurse through large frames, and
//! copy trees at the bottom of that recursion, where the engine's own guard leaves too little room.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

/// Bytes of stack for planning. Only what is touched takes memory.
const STACK: usize = 64 * 1024 * 1024;

/// A future that is polled on a stack of its own.
///
/// # Cancel safety
/// That of the future within.
pub(super) fn with_room<F: Future>(future: F) -> Roomy<F> {
    Roomy(Box::pin(future))
}

/// See [`with_room`].
pub(super) struct Roomy<F>(Pin<Box<F>>);

impl<F: Future> Future for Roomy<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        stacker::maybe_grow(STACK / 2, STACK, || self.0.as_mut().poll(cx))
    }
}
