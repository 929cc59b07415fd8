//! The only road from a file to something that runs: [`Candidate`] -> [`Admitted`].
//!
//! Every step is a reason to refuse, in this order: size, format, imports within `query`, `report` and `types` function
//! by function, compilation, the `check` world, and who the plugin says it is. A settings document is
//! admitted for a plugin by [`Admitted::accept_settings`]. Nothing here knows of grants, schedules or the journal.

mod anatomy;
mod candidate;
mod contract;
mod folder;
mod refusal;

pub use anatomy::{Anatomy, Interface, ItemKind};
pub use candidate::Candidate;
pub use folder::{FolderError, PluginFile, PluginFolder};
pub use refusal::Refusal;

use crate::model::{Description, Digest, Ending, LimitRequest, Limits, PluginRef, SettingProblem};
use crate::sandbox::{Compiled, Sandbox};

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

/// Takes a candidate through every step of admission. Compiles: takes from milliseconds to many seconds.
///
/// # Errors
/// The first [`Refusal`].
///
/// # Cancel safety
/// Nothing is left behind; a compilation under way goes on in its thread to its end.
pub async fn admit(candidate: Candidate, sandbox: &Sandbox, ceilings: &[LimitRequest]) -> Result<Admitted, Refusal> {
    let anatomy = Anatomy::of(&candidate.bytes)?;
    contract::check_imports(&anatomy)?;
    let Candidate { reference, bytes, digest } = candidate;
    let size = bytes.len() as u64;
    let compiler = sandbox.clone();
    let compiled = tokio::task::spawn_blocking(move || compiler.compile(&bytes, digest))
        .await
        .map_err(|panic| Refusal::CompilerBroke(panic.to_string()))??;
    // The plugin's own requests are not known yet, so it may use what the operator allows at most.
    let widest: Vec<_> = crate::model::LimitName::ALL.map(|name| LimitRequest { name, value: u64::MAX }).into();
    let limits = Limits::resolve(ceilings, &widest);
    let description = sandbox.describe(&compiled, &limits).await.map_err(Refusal::DescribeBroke)?;
    let found = format!("{}@{}", description.id, description.version);
    if found != reference.to_string() {
        return Err(Refusal::Identity { expected: reference, found });
    }
    let limits = refusal::limit_requests(&description)?;
    refusal::settings_schema(&description)?;
    Ok(Admitted { reference, digest, size, description, limits, anatomy, compiled })
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
        match sandbox.validate(&self.compiled, settings, limits).await {
            Ok(problems) if problems.is_empty() => Ok(()),
            Ok(problems) => Err(SettingsRefusal::Problems(problems)),
            Err(ending) => Err(SettingsRefusal::Broken(ending)),
        }
    }
}
