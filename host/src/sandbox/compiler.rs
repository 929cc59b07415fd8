//! Turning components into machine code, in a process of its own.
//!
//! A compiler that reads hostile input may take any time and memory, and cannot be stopped from within. So it is this
//! very program, started as a worker with nothing but a pipe in and a pipe out, under limits that the kernel keeps,
//! and killed when its time is over.

use std::io::{self, Read, Write};
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use std::time::Duration;

use bytesize::ByteSize;
use rlimit::Resource;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::{Child, Command};
use tokio::sync::Semaphore;
use wasmtime::Engine;

use super::engine::config;
use super::machine_code::MachineCode;

/// Most of what a worker may say of why it refuses, in bytes.
const COMPLAINT_BYTES_MAX: u64 = 16 << 10;

/// What one compilation may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CompileLimits {
    /// Wall-clock time.
    pub time: Duration,
    /// Memory of the worker, in bytes.
    pub memory_bytes: u64,
}

/// Compiles components, one at a time, each in a worker of its own.
#[derive(Debug, Clone)]
pub struct Compiler {
    program: PathBuf,
    limits: CompileLimits,
    turn: Arc<Semaphore>,
}

/// Why there is no machine code.
#[derive(Debug, thiserror::Error)]
pub enum CompileError {
    /// The engine does not accept the component.
    #[error("the engine refuses the component: {0}")]
    Refused(String),
    /// It took too long.
    #[error("compiling took longer than {} ms", .limit.as_millis())]
    TooLong {
        /// The limit.
        limit: Duration,
    },
    /// The worker ended without an answer: most often because it asked for more memory than it may have.
    #[error("the compiler broke ({status}), with at most {} of memory: {complaint}", ByteSize::b(*.memory_bytes))]
    Broke {
        /// How it ended.
        status: ExitStatus,
        /// Its limit of memory, in bytes.
        memory_bytes: u64,
        /// What it said.
        complaint: String,
    },
    /// The worker could not be started or talked to.
    #[error("cannot compile: {0}")]
    Worker(#[from] io::Error),
}

/// How a worker ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WorkerExit {
    /// The machine code has been written.
    Compiled,
    /// The engine does not accept the component; the reason has been written as the complaint.
    Refused,
    /// The worker cannot read, write or be confined.
    Broken,
}

impl WorkerExit {
    /// The exit code that says so. Refusals follow `EX_DATAERR` of sysexits(3), the rest `EX_IOERR`.
    #[must_use]
    pub fn code(self) -> u8 {
        match self {
            Self::Compiled => 0,
            Self::Refused => 65,
            Self::Broken => 74,
        }
    }
}

impl Compiler {
    /// The argument that makes a program of this library a worker; its limits follow: bytes of memory, milliseconds.
    pub const WORKER: &'static str = "compile-worker";

    /// A compiler that starts `program`, which answers to [`Compiler::WORKER`].
    #[must_use]
    pub fn new(program: PathBuf, limits: CompileLimits) -> Self {
        Self { program, limits, turn: Arc::new(Semaphore::new(1)) }
    }

    /// Compiles a component.
    ///
    /// # Errors
    /// [`CompileError`].
    ///
    /// # Cancel safety
    /// Dropping the future kills the worker.
    pub(super) async fn compile(&self, component: &[u8]) -> Result<MachineCode, CompileError> {
        let _turn = self.turn.acquire().await.expect("the turn is never closed");
        let worker = Command::new(&self.program)
            .arg(Self::WORKER)
            .args(self.limits.to_arguments())
            // Whatever the environment holds is no business of somebody who reads hostile input.
            .env_clear()
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        match tokio::time::timeout(self.limits.time, self.converse(worker, component)).await {
            Ok(answer) => answer,
            Err(_) => Err(CompileError::TooLong { limit: self.limits.time }),
        }
    }

    async fn converse(&self, mut worker: Child, component: &[u8]) -> Result<MachineCode, CompileError> {
        let gone = || io::Error::from(io::ErrorKind::BrokenPipe);
        let mut input = worker.stdin.take().ok_or_else(gone)?;
        let mut output = worker.stdout.take().ok_or_else(gone)?.take(self.limits.memory_bytes);
        let mut complaints = worker.stderr.take().ok_or_else(gone)?.take(COMPLAINT_BYTES_MAX);
        let (mut code, mut complaint) = (Vec::new(), Vec::new());
        // A worker that does not read to the end says in its exit why: not being able to tell it more is no error.
        let (_, read, heard) = tokio::join!(
            async {
                let written = input.write_all(component).await;
                drop(input);
                written
            },
            output.read_to_end(&mut code),
            complaints.read_to_end(&mut complaint),
        );
        read.and(heard)?;
        let status = worker.wait().await?;
        let complaint = || String::from_utf8_lossy(&complaint).trim().to_owned();
        match status.code() {
            Some(0) => Ok(MachineCode::from_worker(code)),
            Some(code) if code == i32::from(WorkerExit::Refused.code()) => Err(CompileError::Refused(complaint())),
            _ => Err(CompileError::Broke { status, memory_bytes: self.limits.memory_bytes, complaint: complaint() }),
        }
    }
}

impl CompileLimits {
    /// The limits as arguments of a worker: bytes of memory, milliseconds.
    fn to_arguments(self) -> [String; 2] {
        [self.memory_bytes.to_string(), self.time.as_millis().to_string()]
    }

    /// Confines this process, for good.
    fn confine(self) -> io::Result<()> {
        // Memory that can be written, not address space: idle threads reserve much of that and use none.
        Resource::DATA.set(self.memory_bytes, self.memory_bytes)?;
        Resource::CORE.set(0, 0)?;
        // Nobody is left to kill a worker whose host has died. It computes on all cores, so its share of time is theirs.
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZeroUsize::get) as u64;
        let seconds = self.time.as_secs().saturating_add(1).saturating_mul(cores);
        Resource::CPU.set(seconds, seconds)
    }
}

/// Does a worker's work: confines the process, reads a component, and writes machine code or a complaint.
pub fn work(
    limits: CompileLimits,
    mut input: impl Read,
    mut output: impl Write,
    mut complaints: impl Write,
) -> WorkerExit {
    let compiled = limits.confine().and_then(|()| {
        let mut component = Vec::new();
        input.read_to_end(&mut component)?;
        Ok(Engine::new(&config()).and_then(|engine| engine.precompile_component(&component)))
    });
    let (exit, written) = match compiled {
        Ok(Ok(code)) => (WorkerExit::Compiled, output.write_all(&code).and_then(|()| output.flush())),
        Ok(Err(error)) => (WorkerExit::Refused, write!(complaints, "{error:#}")),
        Err(error) => (WorkerExit::Broken, write!(complaints, "{error}")),
    };
    if written.is_ok() { exit } else { WorkerExit::Broken }
}
