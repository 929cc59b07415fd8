//! The threads of one query.
//!
//! A query computes on threads of its own: what does not give way holds up neither the clock nor other checks, and
//! nobody waits for it when the program ends. The threads of a query that came to its end serve the next.

use std::fmt;
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinHandle;

use super::watch::Watch;
use crate::model::{Problem, ProblemCode};

/// Bytes of stack of a thread. Only what is touched takes memory.
const STACK: usize = 8 * 1024 * 1024;

/// Queries whose threads are kept for later ones.
const IDLE_MAX: usize = 8;

/// Threads that no query needs now, all with as many as one query gets.
#[derive(Default)]
pub(super) struct Idle(Mutex<Vec<Runtime>>);

impl fmt::Debug for Idle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Idle").finish_non_exhaustive()
    }
}

impl Idle {
    fn take(&self) -> Option<Runtime> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).pop()
    }

    fn keep(&self, runtime: Runtime) {
        let mut idle = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() < IDLE_MAX {
            idle.push(runtime);
        } else {
            drop(idle);
            runtime.shutdown_background();
        }
    }
}

impl Drop for Idle {
    fn drop(&mut self) {
        // A runtime that is dropped waits for its threads, which an asynchronous context does not allow.
        for runtime in std::mem::take(self.0.get_mut().unwrap_or_else(PoisonError::into_inner)) {
            runtime.shutdown_background();
        }
    }
}

/// The threads of a query. Dropping it ends the query, without waiting for it.
pub(super) struct Engine {
    /// `None` only while it is dropped.
    runtime: Option<Runtime>,
    watch: Watch,
    idle: Arc<Idle>,
    /// Nothing of the query computes any more.
    is_at_end: bool,
}

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Engine").finish_non_exhaustive()
    }
}

impl Engine {
    /// With so many threads that compute, idle ones if there are any.
    ///
    /// # Errors
    /// When the operating system gives no thread.
    pub(super) fn start(threads: usize, idle: &Arc<Idle>) -> Result<Self, Problem> {
        let runtime = match idle.take() {
            Some(runtime) => runtime,
            None => Self::threads(threads)?,
        };
        Ok(Self { runtime: Some(runtime), watch: Watch::default(), idle: idle.clone(), is_at_end: false })
    }

    fn threads(number: usize) -> Result<Runtime, Problem> {
        Builder::new_multi_thread()
            .worker_threads(number.max(1))
            .thread_name("assay-query")
            .thread_stack_size(STACK)
            .build()
            .map_err(|error| {
                let message = format!("no threads for the query: {error}");
                Problem::new(ProblemCode::Failed, message).with_hint("run fewer checks at once").retryable()
            })
    }

    /// The query has come to its end, so that its threads may serve another.
    pub(super) fn at_end(&mut self) {
        self.is_at_end = true;
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
        match self.runtime.take() {
            Some(runtime) if self.is_at_end => self.idle.keep(runtime),
            Some(runtime) => runtime.shutdown_background(),
            None => {}
        }
    }
}
