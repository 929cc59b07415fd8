//! The check that a command is about: its folder, its manifest, its component.

use std::path::{Path, PathBuf};

use bytesize::ByteSize;

use crate::cli::args::CaseArgs;
use crate::cli::failure::Failure;
use crate::cli::progress::LARGE;
use crate::cli::worker::program;
use crate::kit::build::{self, BuildError};
use crate::kit::manifest::{FILE, Manifest, ManifestError};
use crate::kit::rig::{Rig, RigError};
use crate::kit::suite::Suite;

/// A check's folder with its manifest.
pub(super) struct Place {
    /// The folder.
    pub(super) folder: PathBuf,
    /// What it says of itself.
    pub(super) manifest: Manifest,
}

impl Place {
    /// The check of a folder, or of the folder around a file.
    pub(super) fn of(place: &Path) -> Result<Self, Failure> {
        Self::find(place)?.ok_or_else(|| no_check(place))
    }

    /// The same; None when there is no manifest.
    pub(super) fn find(place: &Path) -> Result<Option<Self>, Failure> {
        if !place.exists() {
            let error = anyhow::anyhow!("there is no `{}`", place.display());
            return Err(Failure::usage(error, "name the folder of a check; `assay check new NAME` writes one"));
        }
        let start = fs_err::canonicalize(place)?;
        let Some(folder) = start.ancestors().find(|folder| folder.join(FILE).is_file()) else { return Ok(None) };
        match Manifest::load(folder) {
            Ok(manifest) => Ok(Some(Self { folder: folder.to_owned(), manifest })),
            Err(ManifestError::Missing { .. }) => Ok(None),
            Err(ManifestError::Invalid(error)) => Err(error.into()),
        }
    }

    /// Builds the component, unless one is named, and admits it; what it says must be what the manifest says.
    pub(super) async fn rig(&self, component: Option<&Path>) -> Result<Rig, Failure> {
        let path = match component {
            Some(path) => path.to_owned(),
            None => self.build().await?,
        };
        let rig = load(&path, Some(&self.folder.join(build::WORK).join("cache"))).await?;
        build::agree(&self.manifest, rig.plugin()).map_err(failure)?;
        Ok(rig)
    }

    /// Builds the component.
    pub(super) async fn build(&self) -> Result<PathBuf, Failure> {
        let (folder, manifest) = (self.folder.clone(), self.manifest.clone());
        let told = |what: &str| anstream::eprintln!("{what}");
        let built = tokio::task::spawn_blocking(move || build::build(&folder, &manifest, &told)).await;
        built.map_err(|panic| Failure::host(panic, "this is a defect: please report it"))?.map_err(failure)
    }
}

/// The cases that are asked for, and the check they are of. A built component can be tested without its sources.
pub(super) async fn suite_and_rig(args: &CaseArgs) -> Result<(Suite, Rig), Failure> {
    let suite = Suite::find(&args.place).map_err(super::test::failure)?.filtered(&args.filter);
    if suite.cases().next().is_none() {
        let error = anyhow::anyhow!("no case holds {}", args.filter.join(" or "));
        return Err(Failure::usage(error, "`--filter` takes a part of `FILE/CASE`; without it all cases run"));
    }
    let rig = match (Place::find(&args.place)?, &args.component) {
        (Some(place), component) => place.rig(component.as_deref()).await?,
        (None, Some(component)) => load(component, None).await?,
        (None, None) => return Err(no_check(&args.place)),
    };
    Ok((suite, rig))
}

/// There is no check in a folder, or above it.
pub(super) fn no_check(place: &Path) -> Failure {
    let error = ManifestError::Missing { folder: place.to_owned() };
    Failure::usage(error, "`assay check new NAME` writes a check")
}

/// Admits a component; `cache` keeps what is compiled.
pub(super) async fn load(path: &Path, cache: Option<&Path>) -> Result<Rig, Failure> {
    let compiling = |bytes: u64| {
        if bytes >= LARGE {
            let size = ByteSize::b(bytes);
            let kept = if cache.is_some() { ", once: the next time it comes from the cache" } else { "" };
            anstream::eprintln!("compiling {} ({size}){kept}", path.display());
        }
    };
    Rig::load(path, &program()?, cache, compiling).await.map_err(|error| match error {
        RigError::Refused { refusal, path } => {
            let hint = refusal.hint();
            let context = format!("{} is refused ({})", path.display(), refusal.code());
            Failure::usage(anyhow::Error::new(refusal).context(context), hint)
        }
        RigError::Sandbox(error) => Failure::host(error, "the sandbox reserves address space for its guests"),
    })
}

fn failure(error: BuildError) -> Failure {
    let hint = error.hint();
    Failure::usage(error, hint)
}
