//! Room for deep trees.
//!
//! A statement within the gate's limits can still make the engine's planner recurse through large frames, and
//! copy trees at the bottom of that recursion, where the engine's own guard leaves too little room.

/// Bytes of stack for planning. Only what is touched takes memory.
const STACK: usize = 64 * 1024 * 1024;

/// Runs `work` on a stack of its own.
pub(super) fn with_room<T>(work: impl FnOnce() -> T) -> T {
    stacker::maybe_grow(STACK / 2, STACK, work)
}
