//! The only road from a file to something that runs: [`Candidate`] -> [`Admitted`].
//!
//! Every step is a reason to refuse, in this order: size, format, imports within `query`, `report` and `types` function
//! by function, the functions of the `check` world, compilation, their types, and who the plugin says it is. What
//! was compiled before is neither validated nor compiled again. A settings document is admitted for a plugin by
//! [`Admitted::accept_settings`]. Nothing here knows of grants, schedules or the journal.

mod anatomy;
mod candidate;
mod contract;
mod folder;
mod instances;
mod language;
mod refusal;

pub use anatomy::{Anatomy, Interface, ItemKind};
pub use candidate::Candidate;
pub use folder::{FolderError, PluginFile, PluginFolder};
pub use language::Language;
pub use refusal::Refusal;

use crate::model::{Description, Digest, Ending, LimitName, LimitRequest, Limits, PluginRef, Reason, SettingProblem};
use crate::sandbox::{Compiled, Execution, Job, Sandbox};

/// What `describe` and `validate` may use at most, in base units: they answer at once or not at all.
const PROMPT: [LimitRequest; 2] = [
    LimitRequest { name: LimitName::GuestCpu, value: 2_000 },
    LimitRequest { name: LimitName::Deadline, value: 10_000 },
];

/// A plugin that may run.
#[derive(Debug, Clone)]
pub struct Admitted {
    /// What it was loaded as and says it is.
    pub reference: PluginRef,
    /// Identity of its bytes.
    pub digest: Digest,
    /// Size of the component, in bytes.
    pub size: u64,
    /// What it says of itself.
    pub description: Description,
    /// The limits it asks for.
    pub limits: Vec<LimitRequest>,
    /// What the component is made of.
    pub anatomy: Anatomy,
    compiled: Compiled,
}

/// Why a settings document is not accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SettingsRefusal {
    /// The plugin found something wrong with it.
    Problems(Vec<SettingProblem>),
    /// The plugin broke while it looked.
    Broken(Ending),
}

impl SettingsRefusal {
    /// How an execution ends for which it was never begun.
    #[must_use]
    pub fn ending(&self, plugin: &PluginRef) -> Ending {
        match self {
            Self::Problems(_) => Ending::Broken {
                reason: Reason::BadSettings,
                message: self.message(plugin),
                hint: Some(format!("`assay plugin inspect {plugin}` shows the settings it knows")),
                detail: None,
            },
            Self::Broken(ending) => ending.clone(),
        }
    }

    /// One sentence for a person.
    #[must_use]
    pub fn message(&self, plugin: &PluginRef) -> String {
        match self {
            Self::Problems(problems) => {
                let told = problems.iter().map(|problem| match problem.path.as_str() {
                    "" => problem.message.clone(),
                    path => format!("{path}: {}", problem.message),
                });
                format!("{plugin} refuses the settings: {}", told.collect::<Vec<_>>().join("; "))
            }
            Self::Broken(Ending::Broken { message, .. }) => format!("`validate` of {plugin} broke: {message}"),
            Self::Broken(Ending::Returned(_) | Ending::GuestError(_)) => format!("`validate` of {plugin} broke"),
        }
    }
}

/// Takes a candidate through every step of admission. Calls `compiling` before it compiles, which takes from
/// milliseconds to many seconds; does not compile what was compiled before.
///
/// # Errors
/// The first [`Refusal`].
///
/// # Cancel safety
/// Dropping the future ends a compilation under way; nothing is left behind.
pub async fn admit(
    candidate: Candidate,
    sandbox: &Sandbox,
    ceilings: &[LimitRequest],
    compiling: impl FnOnce(),
) -> Result<Admitted, Refusal> {
    let size = candidate.bytes.len() as u64;
    let (anatomy, compiled) = match known(candidate.digest, sandbox).await? {
        Some((anatomy, compiled)) => {
            check_contract(&anatomy)?;
            (anatomy, compiled)
        }
        None => compile(&candidate, sandbox, compiling).await?,
    };
    let Candidate { reference, digest, .. } = candidate;
    // The plugin's own requests are not known yet, so it may hold what the operator allows at most.
    let widest: Vec<_> = LimitName::ALL.map(|name| LimitRequest { name, value: u64::MAX }).into();
    let limits = promptly(&Limits::resolve(ceilings, &widest));
    let description = sandbox.describe(&compiled, &limits).await.map_err(Refusal::DescribeBroke)?;
    refusal::description_size(&description)?;
    let reference = refusal::identity(&description, reference)?;
    let limits = refusal::limit_requests(&description)?;
    refusal::settings_schema(&description)?;
    Ok(Admitted { reference, digest, size, description, limits, anatomy, compiled })
}

/// What was compiled before, read away from the threads that run guests.
async fn known(digest: Digest, sandbox: &Sandbox) -> Result<Option<(Anatomy, Compiled)>, Refusal> {
    let sandbox = sandbox.clone();
    let known = move || {
        let (compiled, note) = sandbox.cached(digest)?;
        Some((Anatomy::from_note(&note)?, compiled))
    };
    aside(known).await
}

async fn compile(
    candidate: &Candidate,
    sandbox: &Sandbox,
    compiling: impl FnOnce(),
) -> Result<(Anatomy, Compiled), Refusal> {
    let bytes = candidate.bytes.clone();
    let anatomy = aside(move || examine(&bytes)).await??;
    compiling();
    let compiled = sandbox.compile(&candidate.bytes, candidate.digest, &anatomy.note()).await?;
    Ok((anatomy, compiled))
}

/// All that is decided of a component in this process, before a worker compiles it: that it is valid, and that it keeps
/// to the contract.
///
/// # Errors
/// The first [`Refusal`].
pub fn examine(bytes: &[u8]) -> Result<Anatomy, Refusal> {
    let anatomy = Anatomy::of(bytes)?;
    check_contract(&anatomy)?;
    Ok(anatomy)
}

fn check_contract(anatomy: &Anatomy) -> Result<(), Refusal> {
    contract::check_imports(anatomy)?;
    contract::check_exports(anatomy)
}

/// Does something lengthy where it holds up nobody.
async fn aside<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Refusal> {
    tokio::task::spawn_blocking(work).await.map_err(|panic| Refusal::AdmissionBroke(panic.to_string()))
}

/// Limits for a call that must answer at once.
fn promptly(limits: &Limits) -> Limits {
    limits.lowered(&PROMPT)
}

impl Admitted {
    /// The component, ready to run.
    #[must_use]
    pub fn compiled(&self) -> &Compiled {
        &self.compiled
    }

    /// The limits of a check: its own requests before the plugin's, under the operator's ceilings.
    #[must_use]
    pub fn limits(&self, ceilings: &[LimitRequest], check: &[LimitRequest]) -> Limits {
        Limits::resolve(ceilings, &[self.limits.as_slice(), check].concat())
    }

    /// Lets the plugin look at a settings document, in the sandbox.
    ///
    /// # Errors
    /// [`SettingsRefusal`], with all that is wrong.
    ///
    /// # Cancel safety
    /// Nothing is left behind.
    pub async fn accept_settings(
        &self,
        sandbox: &Sandbox,
        settings: &str,
        limits: &Limits,
    ) -> Result<(), SettingsRefusal> {
        match sandbox.validate(&self.compiled, settings, &promptly(limits)).await {
            Ok(problems) if problems.is_empty() => Ok(()),
            Ok(problems) => Err(SettingsRefusal::Problems(problems)),
            Err(ending) => Err(SettingsRefusal::Broken(ending)),
        }
    }

    /// Runs a job if the plugin accepts its settings; every way to end is an [`Execution`].
    ///
    /// # Cancel safety
    /// Dropping the future ends guest and queries.
    pub async fn execute(&self, sandbox: &Sandbox, job: Job) -> Execution {
        match self.accept_settings(sandbox, &job.settings, &job.limits).await {
            Ok(()) => sandbox.run(&self.compiled, job).await,
            Err(refusal) => Execution::without_guest(refusal.ending(&self.reference)),
        }
    }
}
