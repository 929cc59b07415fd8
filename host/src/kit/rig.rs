//! A check in the real sandbox, run over the tables of a case.
//!
//! Two types to know: [`Rig`] and [`Outcome`]. What stands between a check and its data is the same as in a host: the
//! gate, grants, limits, fuel and the deadline; only the source is a folder made for the case, and the journal is missing.

use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use super::case::{Case, LayoutError, lay_out};
use crate::admission::{Admitted, Candidate, Refusal, admit};
use crate::capability::{Grant, Grants, SourceHandle};
use crate::clock;
use crate::config::HostConfig;
use crate::model::{
    CheckName, Conclusion, Finding, LimitName, LimitRequest, Limits, LogLine, Metric, RunContext, RunId, Severity,
    Usage, Window,
};
use crate::sandbox::{CompileCache, CompileLimits, Compiler, Job, Sandbox, SandboxError};
use crate::source::Source;
use crate::source::files::{FilesError, FilesOptions, FilesSource};
use crate::source::transcript::{Concluded, RedactedColumns, Transcript, WriteError};
use crate::transcribe::{self, Replayed};

/// Memory of the engine for one case, in bytes.
const MEMORY_BYTES: u64 = 256 << 20;
/// What the engine may spill for one case, in bytes.
const SPILL_BYTES: u64 = 1 << 30;

/// A check that can be run.
#[derive(Debug, Clone)]
pub struct Rig {
    sandbox: Sandbox,
    plugin: Arc<Admitted>,
    ceilings: Vec<LimitRequest>,
}

/// Why there is no rig.
#[derive(Debug, thiserror::Error)]
pub enum RigError {
    /// The engine cannot be set up.
    #[error(transparent)]
    Sandbox(#[from] SandboxError),
    /// The component is refused.
    #[error("{} is refused ({})", path.display(), refusal.code())]
    Refused {
        /// The component.
        path: PathBuf,
        /// Why.
        #[source]
        refusal: Refusal,
    },
}

/// Why a case cannot be run.
#[derive(Debug, thiserror::Error)]
pub enum CaseError {
    /// Its tables cannot be laid out.
    #[error(transparent)]
    Layout(#[from] LayoutError),
    /// Its folder cannot be made or read.
    #[error("the tables of the case cannot be read: {0}")]
    Folder(#[from] FilesError),
    /// The system has no room for it.
    #[error("no folder can be made for the tables of the case: {0}")]
    Io(#[from] std::io::Error),
    /// Its day is at the very edge of the calendar.
    #[error("the case's day cannot be run for: {0}")]
    Day(#[from] jiff::Error),
}

impl CaseError {
    /// What would make it work.
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            Self::Layout(error) => error.hint(),
            Self::Folder(error) => error.hint().to_owned(),
            Self::Io(_) => "the system's folder for temporary files must be there and have room".to_owned(),
            Self::Day(_) => "name a day between the years 1 and 9998".to_owned(),
        }
    }
}

/// Why there is no transcript of a case.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// The case cannot be run.
    #[error(transparent)]
    Case(#[from] CaseError),
    /// The transcript cannot be written.
    #[error(transparent)]
    Write(#[from] WriteError),
}

impl From<jiff::Error> for RecordError {
    fn from(error: jiff::Error) -> Self {
        Self::Case(error.into())
    }
}

impl RecordError {
    /// What would make it work.
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            Self::Case(error) => error.hint(),
            Self::Write(error) => error.hint().to_owned(),
        }
    }
}

/// All that came of one run of a case.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// What it amounts to.
    pub conclusion: Conclusion,
    /// What was found, in order.
    pub findings: Vec<Finding>,
    /// Numbers for trends, in order.
    pub metrics: Vec<Metric>,
    /// Lines of the log, in order.
    pub logs: Vec<LogLine>,
    /// What it used.
    pub usage: Usage,
}

/// The tables of a case, ready to be asked; gone with it.
#[derive(Debug)]
pub struct Stage {
    source: Arc<dyn Source>,
    /// Removed when dropped.
    _folder: tempfile::TempDir,
}

impl Stage {
    /// What answers.
    #[must_use]
    pub fn source(&self) -> Arc<dyn Source> {
        Arc::clone(&self.source)
    }
}

impl Rig {
    /// Admits a component. `program` answers to [`Compiler::WORKER`]; `cache` keeps what is compiled. Calls `compiling`
    /// with the component's size before it is compiled.
    ///
    /// # Errors
    /// [`RigError`].
    ///
    /// # Cancel safety
    /// Nothing is left behind.
    pub async fn load(
        path: &Path,
        program: &Path,
        cache: Option<&Path>,
        compiling: impl FnOnce(u64),
    ) -> Result<Self, RigError> {
        let host = HostConfig::default();
        let ceilings = host.ceilings.clone();
        let memory = Limits::resolve(&ceilings, &[]).limit(LimitName::Memory).ceiling;
        let limits = CompileLimits { time: host.compile_time, memory_bytes: host.compile_memory_bytes };
        let guests = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let guests = u32::try_from(guests).ok().and_then(NonZeroU32::new).unwrap_or(NonZeroU32::MIN);
        let sandbox = Sandbox::new(guests, memory, Compiler::new(program.to_owned(), limits))?;
        // Without a cache every run of the tests compiles, which is slow and not wrong.
        let sandbox = match cache.map(CompileCache::open) {
            Some(Ok(cache)) => sandbox.with_cache(cache),
            Some(Err(_)) | None => sandbox,
        };
        let refused = |refusal| RigError::Refused { path: path.to_owned(), refusal };
        let named = path.file_stem().and_then(|stem| stem.to_str()).and_then(|stem| stem.parse().ok());
        let candidate = Candidate::read(path, named, host.component_bytes_max).map_err(refused)?;
        let bytes = candidate.bytes.len() as u64;
        let plugin = admit(candidate, &sandbox, &ceilings, || compiling(bytes)).await.map_err(refused)?;
        Ok(Self { sandbox, plugin: Arc::new(plugin), ceilings })
    }

    /// The check.
    #[must_use]
    pub fn plugin(&self) -> &Admitted {
        &self.plugin
    }

    /// How many cases can run at once.
    #[must_use]
    pub fn guests(&self) -> usize {
        std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
    }

    /// The limits of a case: those of the plugin under those of the case.
    #[must_use]
    pub fn limits(&self, case: &Case) -> Limits {
        self.plugin.limits(&self.ceilings, &case.limits)
    }

    /// What the plugin asks for, with the host's defaults for the rest.
    #[must_use]
    pub fn suggested(&self) -> Limits {
        self.plugin.limits(&self.ceilings, &[])
    }

    /// All that a host gives at most.
    #[must_use]
    pub fn widest(&self) -> Limits {
        let widest = LimitName::ALL.map(|name| LimitRequest { name, value: u64::MAX });
        Limits::resolve(&self.ceilings, &widest)
    }

    /// Lays the tables of a case out.
    ///
    /// # Errors
    /// [`CaseError`].
    ///
    /// # Cancel safety
    /// Nothing is left behind.
    pub async fn stage(&self, case: &Case) -> Result<Stage, CaseError> {
        let folder = tempfile::tempdir()?;
        let (data, empty) = (folder.path().join("data"), folder.path().join("empty"));
        fs_err::create_dir(&data)?;
        fs_err::create_dir(&empty)?;
        lay_out(case, &data, &open(&empty)?).await?;
        Ok(Stage { source: Arc::new(open(&data)?), _folder: folder })
    }

    /// Runs a case over a source under some limits; every way to end is an outcome.
    ///
    /// # Errors
    /// [`CaseError::Day`].
    ///
    /// # Cancel safety
    /// Dropping the future ends guest and queries.
    pub async fn run(&self, case: &Case, source: Arc<dyn Source>, limits: Limits) -> Result<Outcome, CaseError> {
        let execution = self.plugin.execute(&self.sandbox, self.job(case, source, limits)?).await;
        Ok(transcribe::concluded(execution, Outcome::SEVERITY).into())
    }

    /// Runs a case over a source under its own limits, and writes a transcript.
    ///
    /// # Errors
    /// [`RecordError`].
    ///
    /// # Cancel safety
    /// Dropping the future ends guest and queries, and leaves no file.
    pub async fn record(
        &self,
        case: &Case,
        source: Arc<dyn Source>,
        path: &Path,
        redacted: Option<RedactedColumns>,
    ) -> Result<Concluded, RecordError> {
        let job = self.job(case, source, self.limits(case))?;
        Ok(transcribe::record(&self.sandbox, &self.plugin, job, Outcome::SEVERITY, path, redacted).await?)
    }

    /// Runs what a transcript says, answered by it.
    ///
    /// # Cancel safety
    /// Dropping the future ends the guest.
    pub async fn replay(&self, transcript: Arc<Transcript>) -> Replayed {
        transcribe::replay(&self.sandbox, &self.plugin, transcript).await
    }

    fn job(&self, case: &Case, source: Arc<dyn Source>, limits: Limits) -> Result<Job, jiff::Error> {
        let handle = SourceHandle { source, slots: Arc::new(Semaphore::new(Semaphore::MAX_PERMITS)) };
        let grant = Grant { name: case.source.clone(), handle, tables: case.grants.clone() };
        Ok(Job {
            context: self.context(case)?,
            settings: case.settings.clone(),
            grants: Grants::new(vec![grant]),
            deadline: clock::monotonic() + limits.duration(LimitName::Deadline),
            limits,
            asker: None,
            cancel: CancellationToken::new(),
        })
    }

    /// The same in every run: what differs between runs of a case is the check's doing.
    fn context(&self, case: &Case) -> Result<RunContext, jiff::Error> {
        let at = &case.context;
        let window = Window::of(at.date, &at.time_zone)?;
        let scheduled_for = at.scheduled_for.unwrap_or(window.end);
        Ok(RunContext {
            run_id: RunId::NIL,
            check: check_name(case),
            attempt: at.attempt,
            scheduled_for,
            target_date: at.date,
            window,
            time_zone: at.time_zone.iana_name().unwrap_or("UTC").to_owned(),
            utc_offset_seconds: at.time_zone.to_offset(scheduled_for).seconds(),
            seed: at.seed,
            dry_run: false,
            sources: vec![case.source.clone()],
        })
    }
}

fn check_name(case: &Case) -> CheckName {
    case.name.parse().expect("the name of a case is one of a check")
}

fn open(path: &Path) -> Result<FilesSource, FilesError> {
    FilesSource::open(FilesOptions {
        path: path.to_owned(),
        project: None,
        memory_bytes: MEMORY_BYTES,
        spill_bytes: SPILL_BYTES,
        // One thread's worth of work: rows then arrive in the same order in every run.
        target_partitions: 1,
    })
}

impl From<Concluded> for Outcome {
    fn from(concluded: Concluded) -> Self {
        let Concluded { conclusion, findings, metrics, logs, unresolved: _, usage, redaction: _ } = concluded;
        Self { conclusion, findings, metrics, logs, usage }
    }
}

impl Outcome {
    /// The highest: what a finding asks for is then what it gets.
    const SEVERITY: Severity = Severity::Critical;
}
