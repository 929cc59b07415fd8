//! One guest in the sandbox, without configuration, journal or runner: for tests and benchmarks of the sandbox itself.

use std::num::NonZeroU32;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use assay::admission::{Admitted, Candidate, Refusal, admit};
use assay::capability::{Grant, Grants, SourceHandle};
use assay::clock;
use assay::model::{Digest, LimitName, LimitRequest, RunContext, RunId, Window};
use assay::sandbox::{CompileLimits, Compiler, Execution, Job, Sandbox};
use assay::source::files::{FilesOptions, FilesSource};
use jiff::civil::date;
use jiff::tz::TimeZone;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use crate::project;

/// Queries of the source at once.
pub const SOURCE_SLOTS: usize = 8;

/// A sandbox for so many executions at once, each with so much memory; the real program compiles for it.
///
/// # Panics
/// When the machine cannot have one.
#[must_use]
pub fn sandbox(concurrency: u32, memory_bytes: u64) -> Sandbox {
    let limits = CompileLimits { time: Duration::from_secs(300), memory_bytes: 2 << 30 };
    let concurrency = NonZeroU32::new(concurrency).expect("at least one execution");
    Sandbox::new(concurrency, memory_bytes, Compiler::new(project::assay(), limits)).expect("a sandbox")
}

/// Takes bytes through admission under ceilings.
///
/// # Errors
/// The host's [`Refusal`].
///
/// # Panics
/// When `name` is not of the form `id@version`.
pub async fn admitted(
    sandbox: &Sandbox,
    name: &str,
    bytes: Vec<u8>,
    ceilings: &[LimitRequest],
) -> Result<Admitted, Refusal> {
    let reference = Some(name.parse().expect("a reference"));
    let candidate = Candidate { reference, digest: Digest::of(&bytes), bytes: bytes.into() };
    admit(candidate, sandbox, ceilings, || ()).await
}

/// A guest with a source named `local`.
#[derive(Debug)]
pub struct Bed {
    /// Where it runs.
    pub sandbox: Sandbox,
    /// The guest.
    pub plugin: Admitted,
    /// The slots of its source.
    pub source_slots: Arc<Semaphore>,
    grants: Grants,
}

impl Bed {
    /// Admits a component, named as it says it is, and grants it every table of a folder.
    ///
    /// # Panics
    /// When the component is refused.
    pub async fn new(sandbox: Sandbox, component: &Path, data: &Path) -> Self {
        let options = FilesOptions {
            path: data.to_owned(),
            project: None,
            memory_bytes: 512 << 20,
            spill_bytes: 0,
            target_partitions: std::thread::available_parallelism().map_or(1, std::num::NonZeroUsize::get),
        };
        let source = Arc::new(FilesSource::open(options).expect("a folder of data"));
        let slots = Arc::new(Semaphore::new(SOURCE_SLOTS));
        Self::over(sandbox, component, SourceHandle { source, slots }).await
    }

    /// Admits a component, named as it says it is, and grants it every table of a source.
    ///
    /// # Panics
    /// When the component is refused.
    pub async fn over(sandbox: Sandbox, component: &Path, handle: SourceHandle) -> Self {
        let name = component.file_stem().and_then(|name| name.to_str()).expect("a component has a name").to_owned();
        let bytes = fs_err::read(component).expect("a component");
        let plugin = admitted(&sandbox, &name, bytes, &[]).await.expect("a guest that is admitted");
        let source_slots = handle.slots.clone();
        let tables = vec!["**".parse().expect("a pattern")];
        let grants = Grants::new(vec![Grant { name: "local".parse().expect("a name"), handle, tables }]);
        Self { sandbox, plugin, source_slots, grants }
    }

    /// Runs it once, under default limits but for those asked for.
    ///
    /// # Cancel safety
    /// Dropping the future ends the execution.
    pub async fn run(&self, settings: &str, asked: &[LimitRequest]) -> Execution {
        self.sandbox.run(self.plugin.compiled(), self.job(settings, asked)).await
    }

    /// What it would run.
    ///
    /// # Panics
    /// Never: all its parts are constants.
    #[must_use]
    pub fn job(&self, settings: &str, asked: &[LimitRequest]) -> Job {
        let limits = self.plugin.limits(&[], asked);
        let day = date(2026, 1, 30);
        let window = Window::of(day, &TimeZone::UTC).expect("a day of the calendar");
        Job {
            context: RunContext {
                run_id: RunId::generate(window.end),
                check: "bed".parse().expect("a name"),
                attempt: 1,
                scheduled_for: window.end,
                target_date: day,
                window,
                time_zone: "UTC".to_owned(),
                utc_offset_seconds: 0,
                seed: 1,
                dry_run: true,
                sources: self.grants.sources(),
            },
            settings: settings.to_owned(),
            grants: self.grants.clone(),
            deadline: clock::monotonic() + limits.duration(LimitName::Deadline),
            limits,
            asker: None,
            cancel: CancellationToken::new(),
        }
    }
}

/// Asks for so much of a limit, in its base unit.
#[must_use]
pub fn ask(name: LimitName, value: u64) -> LimitRequest {
    LimitRequest { name, value }
}
