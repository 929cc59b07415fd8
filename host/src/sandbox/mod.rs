//! Where guests run. The only module that names wasmtime.
//!
//! Two types to know: [`Sandbox`] (engine and linker of a host) and [`Execution`] (all that came of one run).
//!
//! Invariants:
//! - The linker defines `query` and `report` and nothing else: a guest has no clock, no random, no files, no network.
//! - Every execution gets a fresh store, never used again.
//! - One deadline covers instantiation, guest code and blocked queries; computing guests yield at every tick.
//! - What a guest reported is kept however its execution ends.
//! - Components are compiled by a worker process, bounded in time and memory; this process only loads.
//!
//! It does not know of configuration, the journal or which plugin is which.

mod bindings;
mod cache;
mod compiler;
mod convert;
mod engine;
mod execute;
mod limiter;
mod machine_code;
mod meter;
mod state;
mod trap;

pub use cache::{CacheEntry, CacheError, CompileCache};
pub use compiler::{CompileError, CompileLimits, Compiler, WorkerExit, work};
pub use engine::{Compiled, FIXED, Refused, Sandbox, SandboxError};
pub use execute::{Execution, Job};

/// Version of the engine: fuel is comparable within one version only.
pub const ENGINE_VERSION: &str = "wasmtime 48.0.8";
