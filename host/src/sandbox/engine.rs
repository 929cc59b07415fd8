//! Engine and linker of a host, and components compiled for them.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;
use wasmtime::component::{Component, HasSelf, Linker};
use wasmtime::{Config, Enabled, Engine, InstanceAllocationStrategy, PoolingAllocationConfig, WasmBacktraceDetails};

use crate::model::{Digest, LimitUnit};

use super::bindings::{Check, CheckPre};
use super::cache::{Cached, CompileCache};
use super::compiler::{CompileError, Compiler};
use super::state::RunState;

/// How often computing guests yield, and how finely their time is measured.
const TICK_MILLIS: u64 = 10;
/// Stack of a guest, in bytes.
const WASM_STACK_BYTES: usize = 512 << 10;
/// Stack of a guest and of the host functions it calls, in bytes.
const FIBER_STACK_BYTES: usize = 2 << 20;
const _: () = assert!(WASM_STACK_BYTES < FIBER_STACK_BYTES);
/// Memory of a slot that is zeroed by hand rather than given back, in bytes: covers a small guest.
const KEEP_RESIDENT_BYTES: usize = 256 << 10;
/// The same of a table: covers the functions of a small guest.
const TABLE_KEEP_RESIDENT_BYTES: usize = 16 << 10;
/// Parts a single component may consist of.
const MEMORIES_PER_COMPONENT: u32 = 8;
const TABLES_PER_COMPONENT: u32 = 64;
const CORE_INSTANCES_PER_COMPONENT: u32 = 64;
/// Calls of `describe` and `validate` at once, beside the executions.
const PROMPT_CALLS: u32 = 4;
/// Elements of one table at most, whatever a check asks for.
const TABLE_ELEMENTS: usize = 100_000;

/// What holds for every component, whoever asks: name, unit, value.
pub const FIXED: [(&str, LimitUnit, u64); 5] = [
    ("stack", LimitUnit::Bytes, WASM_STACK_BYTES as u64),
    ("memories", LimitUnit::Count, MEMORIES_PER_COMPONENT as u64),
    ("tables", LimitUnit::Count, TABLES_PER_COMPONENT as u64),
    ("core_instances", LimitUnit::Count, CORE_INSTANCES_PER_COMPONENT as u64),
    ("tick", LimitUnit::Millis, TICK_MILLIS),
];

/// Engine and linker of a host.
#[derive(Clone)]
pub struct Sandbox {
    engine: Engine,
    linker: Linker<RunState>,
    compiler: Compiler,
    cache: Option<Arc<CompileCache>>,
    pub(super) prompt: Arc<Semaphore>,
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
    /// There is no machine code of it.
    #[error(transparent)]
    Compile(#[from] CompileError),
    /// It consists of more than the engine has room for, or was compiled for another engine.
    #[error("the engine refuses the compiled component: {0:#}")]
    Load(#[source] wasmtime::Error),
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
    pub fn new(concurrency: NonZeroU32, memory_bytes_max: u64, compiler: Compiler) -> Result<Self, SandboxError> {
        let mut config = config();
        config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool(concurrency, memory_bytes_max)));
        let engine = Engine::new(&config).map_err(SandboxError)?;
        let mut linker = Linker::new(&engine);
        Check::add_to_linker::<_, HasSelf<_>>(&mut linker, |state| state).map_err(SandboxError)?;
        start_ticking(&engine)?;
        let prompt = Arc::new(Semaphore::new(PROMPT_CALLS as usize));
        Ok(Self { engine, linker, compiler, cache: None, prompt })
    }

    /// The same sandbox with compiled components kept on disk.
    #[must_use]
    pub fn with_cache(self, cache: CompileCache) -> Self {
        Self { cache: Some(Arc::new(cache)), ..self }
    }

    /// A component that was compiled before, with the note that was kept with it. Maps a file: takes well under a
    /// millisecond for a small component, and as long as reading the file for a large one.
    #[must_use]
    pub fn cached(&self, digest: Digest) -> Option<(Compiled, String)> {
        let Cached { component, note } = self.cache.as_ref()?.load(&self.engine, digest)?;
        Some((self.link(&component).ok()?, note))
    }

    /// Compiles a component, compares it with the world, and keeps it with a note. Takes from milliseconds to many
    /// seconds: never call it on the way of a run. `digest` is that of the bytes.
    ///
    /// # Errors
    /// [`Refused`] with what compiler or engine say.
    ///
    /// # Cancel safety
    /// Dropping the future ends the compilation; nothing is left behind.
    pub async fn compile(&self, component: &[u8], digest: Digest, note: &str) -> Result<Compiled, Refused> {
        let code = self.compiler.compile(component).await?;
        let component = code.load(&self.engine).map_err(Refused::Load)?;
        let compiled = self.link(&component)?;
        let Some(cache) = &self.cache else { return Ok(compiled) };
        if let Err(error) = cache.keep(&self.engine, digest, &code, note) {
            tracing::warn!(%error, "a compiled plugin could not be kept; the next start compiles it again");
            return Ok(compiled);
        }
        // From now on as after a warm start: mapped, rather than held in memory.
        Ok(self.cached(digest).map_or(compiled, |(mapped, _)| mapped))
    }

    fn link(&self, component: &Component) -> Result<Compiled, Refused> {
        let pre = self.linker.instantiate_pre(component).map_err(Refused::World)?;
        Ok(Compiled { pre: CheckPre::new(pre).map_err(Refused::World)? })
    }

    pub(super) fn engine(&self) -> &Engine {
        &self.engine
    }
}

fn pool(concurrency: NonZeroU32, memory_bytes_max: u64) -> PoolingAllocationConfig {
    let slots = concurrency.get().saturating_add(PROMPT_CALLS);
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
        .table_keep_resident(TABLE_KEEP_RESIDENT_BYTES)
        .pagemap_scan(Enabled::No);
    pool
}

/// All that machine code depends on, the same for compiling and for running.
pub(super) fn config() -> Config {
    let mut config = Config::new();
    config
        .consume_fuel(true)
        .epoch_interruption(true)
        .max_wasm_stack(WASM_STACK_BYTES)
        .async_stack_size(FIBER_STACK_BYTES)
        // The same input gives the same findings on every machine.
        .cranelift_nan_canonicalization(true)
        .wasm_relaxed_simd(false)
        .wasm_memory64(false)
        .wasm_tail_call(true)
        // Nothing unwinds through a guest: traps and backtraces do not need what native code would.
        .native_unwind_info(false)
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
                std::thread::sleep(Duration::from_millis(TICK_MILLIS));
            }
        })
        .map(drop)
        .map_err(|error| SandboxError(error.into()))
}
