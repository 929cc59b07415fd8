//! The threads of one query.
//!
//! A query computes on threads of its own: what does not give way holds up neither the clock nor other checks, and
//! nobody waits for it when the program ends.

use std::fmt;
use std::future::Future;

use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinHandle;

use super::watch::Watch;
use crate::model::{Problem, ProblemCode};

/// Bytes of stack of a thread. Only what is touched takes memory.
const STACK: usize = 8 * 1024 * 1024;

/// The threads of a query. Dropping it ends the query, without waiting for it.
pub(super) struct Engine {
    /// `None` only while it is dropped.
    runtime: Option<Runtime>,
    watch: Watch,
}

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Engine").finish_non_exhaustive()
    }
}

impl Engine {
    /// With so many threads that compute.
    ///
    /// # Errors
    /// When the operating system gives no thread.
    pub(super) fn start(threads: usize) -> Result<Self, Problem> {
        let runtime = Builder::new_multi_thread()
            .worker_threads(threads.max(1))
            .thread_name("assay-query")
            .thread_stack_size(STACK)
            .build()
            .map_err(|error| {
                let message = format!("no threads for the query: {error}");
                Problem::new(ProblemCode::Failed, message).with_hint("run fewer checks at once").retryable()
            })?;
        Ok(Self { runtime: Some(runtime), watch: Watch::default() })
    }

    /// What tells the query that it is over.
    pub(super) fn watch(&self) -> &Watch {
        &self.watch
    }

    /// Begins work on the query's threads.
    pub(super) fn spawn<T: Send + 'static>(
        &self,
        work: impl Future<Output = T> + Send + 'static,
    ) -> Option<JoinHandle<T>> {
        self.runtime.as_ref().map(|runtime| runtime.spawn(work))
    }

    /// Work on the query's threads, waited for.
    ///
    /// # Errors
    /// When the work broke.
    ///
    /// # Cancel safety
    /// The work goes on until the engine is dropped.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        work: impl Future<Output = T> + Send + 'static,
    ) -> Result<T, Problem> {
        match self.spawn(work) {
            Some(work) => work.await.map_err(|error| interrupted(&error)),
            None => Err(interrupted(&"its threads have ended")),
        }
    }
}

/// The problem of a query that broke.
pub(super) fn interrupted(reason: &dyn fmt::Display) -> Problem {
    Problem::new(ProblemCode::Failed, format!("the query was interrupted: {reason}"))
}

impl Drop for Engine {
    fn drop(&mut self) {
        self.watch.stop();
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}
