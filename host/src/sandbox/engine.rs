//! Engine and linker of a host, and components compiled for them.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use wasmtime::component::{Component, HasSelf, Linker};
use wasmtime::{Config, Enabled, Engine, InstanceAllocationStrategy, PoolingAllocationConfig, WasmBacktraceDetails};

use crate::model::Digest;

use super::bindings::{Check, CheckPre};
use super::cache::CompileCache;
use super::state::RunState;

/// How often computing guests yield, and how finely their time is measured.
const TICK: Duration = Duration::from_millis(10);
/// Stack of a guest, in bytes.
const WASM_STACK_BYTES: usize = 512 << 10;
/// Stack of a guest and of the host functions it calls, in bytes.
const FIBER_STACK_BYTES: usize = 2 << 20;
const _: () = assert!(WASM_STACK_BYTES < FIBER_STACK_BYTES);
/// Memory of a slot that is zeroed by hand rather than given back, in bytes: covers a small guest.
const KEEP_RESIDENT_BYTES: usize = 256 << 10;
/// Parts a single component may consist of.
const MEMORIES_PER_COMPONENT: u32 = 8;
const TABLES_PER_COMPONENT: u32 = 64;
const CORE_INSTANCES_PER_COMPONENT: u32 = 64;
/// Elements of one table at most, whatever a check asks for.
const TABLE_ELEMENTS: usize = 100_000;

/// Engine and linker of a host.
#[derive(Clone)]
pub struct Sandbox {
    engine: Engine,
    linker: Linker<RunState>,
    cache: Option<Arc<CompileCache>>,
}

impl std::fmt::Debug for Sandbox {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sandbox").finish_non_exhaustive()
    }
}

/// The engine cannot be set up on this machine.
#[derive(Debug, thiserror::Error)]
#[error("cannot set up the sandbox")]
pub struct SandboxError(#[source] wasmtime::Error);

/// Why a component cannot be run here.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// The engine cannot compile it.
    #[error("the engine refuses the component: {0:#}")]
    Compile(#[source] wasmtime::Error),
    /// It does not fit the `check` world.
    #[error("the component does not fit the world `assay:plugin/check@1.0.0`: {0:#}")]
    World(#[source] wasmtime::Error),
}

/// A component that is ready to run.
#[derive(Clone)]
pub struct Compiled {
    pub(super) pre: CheckPre<RunState>,
}

impl std::fmt::Debug for Compiled {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Compiled").finish_non_exhaustive()
    }
}

impl Sandbox {
    /// A sandbox for at most `concurrency` executions at once, each with at most `memory_bytes_max` of memory.
    ///
    /// # Errors
    /// When address space or threads are short.
    pub fn new(concurrency: NonZeroU32, memory_bytes_max: u64) -> Result<Self, SandboxError> {
        let engine = Engine::new(&config(concurrency, memory_bytes_max)).map_err(SandboxError)?;
        let mut linker = Linker::new(&engine);
        Check::add_to_linker::<_, HasSelf<_>>(&mut linker, |state| state).map_err(SandboxError)?;
        start_ticking(&engine)?;
        Ok(Self { engine, linker, cache: None })
    }

    /// The same sandbox with compiled components kept on disk.
    #[must_use]
    pub fn with_cache(self, cache: CompileCache) -> Self {
        Self { cache: Some(Arc::new(cache)), ..self }
    }

    /// Compiles a component and compares it with the world. Takes from milliseconds to many seconds, on all cores,
    /// unless the cache has it: never call it on the way of a run. `digest` is that of the bytes.
    ///
    /// # Errors
    /// [`Refused`] with what the engine says.
    pub fn compile(&self, component: &[u8], digest: Digest) -> Result<Compiled, Refused> {
        let component = match self.cached(digest) {
            Some(component) => component,
            None => self.compile_anew(component, digest)?,
        };
        let pre = self.linker.instantiate_pre(&component).map_err(Refused::World)?;
        Ok(Compiled { pre: CheckPre::new(pre).map_err(Refused::World)? })
    }

    fn cached(&self, digest: Digest) -> Option<Component> {
        self.cache.as_ref()?.load(&self.engine, digest)
    }

    fn compile_anew(&self, component: &[u8], digest: Digest) -> Result<Component, Refused> {
        let component = Component::from_binary(&self.engine, component).map_err(Refused::Compile)?;
        if let Some(cache) = &self.cache
            && let Err(error) = cache.keep(&self.engine, digest, &component)
        {
            tracing::warn!(%error, "a compiled plugin could not be kept; the next start compiles it again");
        }
        Ok(component)
    }

    pub(super) fn engine(&self) -> &Engine {
        &self.engine
    }
}

fn config(concurrency: NonZeroU32, memory_bytes_max: u64) -> Config {
    // A slot more than there are executions: admission may describe a plugin while all others run.
    let slots = concurrency.get().saturating_add(1);
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(slots)
        .total_stacks(slots)
        .total_core_instances(slots.saturating_mul(CORE_INSTANCES_PER_COMPONENT))
        .total_memories(slots.saturating_mul(MEMORIES_PER_COMPONENT))
        .total_tables(slots.saturating_mul(TABLES_PER_COMPONENT))
        .max_core_instances_per_component(CORE_INSTANCES_PER_COMPONENT)
        .max_memories_per_component(MEMORIES_PER_COMPONENT)
        .max_tables_per_component(TABLES_PER_COMPONENT)
        .max_memories_per_module(MEMORIES_PER_COMPONENT)
        .max_tables_per_module(TABLES_PER_COMPONENT)
        .table_elements(TABLE_ELEMENTS)
        .max_memory_size(usize::try_from(memory_bytes_max).unwrap_or(usize::MAX))
        .linear_memory_keep_resident(KEEP_RESIDENT_BYTES)
        .pagemap_scan(Enabled::No);

    let mut config = Config::new();
    config
        .allocation_strategy(InstanceAllocationStrategy::Pooling(pool))
        .consume_fuel(true)
        .epoch_interruption(true)
        .max_wasm_stack(WASM_STACK_BYTES)
        .async_stack_size(FIBER_STACK_BYTES)
        // The same input gives the same findings on every machine.
        .cranelift_nan_canonicalization(true)
        .wasm_relaxed_simd(false)
        .wasm_memory64(false)
        .wasm_tail_call(true)
        // Function names come from the name section; source positions would read an environment variable.
        .wasm_backtrace_details(WasmBacktraceDetails::Disable);
    config
}

/// Ticks from a thread of its own, for a busy runtime would not; ends with the last clone of the engine.
fn start_ticking(engine: &Engine) -> Result<(), SandboxError> {
    let engine = engine.weak();
    std::thread::Builder::new()
        .name("assay-ticker".to_owned())
        .spawn(move || {
            while let Some(engine) = engine.upgrade() {
                engine.increment_epoch();
                drop(engine);
                std::thread::sleep(TICK);
            }
        })
        .map(drop)
        .map_err(|error| SandboxError(error.into()))
}
