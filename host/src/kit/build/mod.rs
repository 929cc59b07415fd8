//! From the sources of a check to its component.
//!
//! Everything happens in `.assay/` of the check's folder, which nobody need keep: tools that a language wants, copies of
//! the sources, the kit's own parts. What is built stands in `dist/ID@VERSION.wasm`. In Rust and JavaScript the same sources
//! and tools give the same bytes, in whatever folder they stand; a component in Python holds a snapshot of an interpreter
//! that is another one every time, and is made anew only when what it is made from changed.

mod embedded;
mod environment;
mod inputs;
mod javascript;
mod metadata;
mod python;
mod rust;

use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};

pub use embedded::{Part, write_part};

use super::manifest::Manifest;
use crate::admission::{Admitted, Language};
use crate::model::LimitRequest;

/// Folder of everything that can be made again.
pub const WORK: &str = ".assay";
/// Folder of what is built.
pub const DIST: &str = "dist";

/// Why there is no component.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// A program that the language needs is not there.
    #[error("`{program}` is needed to build a check in {language} and is not there")]
    NoTool {
        /// The program.
        program: &'static str,
        /// The language.
        language: &'static str,
        /// How to get it.
        hint: &'static str,
    },
    /// A program said no; what it said has been shown.
    #[error("{what} failed ({status})")]
    Failed {
        /// What was done.
        what: &'static str,
        /// How it ended.
        status: ExitStatus,
        /// What would help.
        hint: &'static str,
    },
    /// A file that the language needs is not in the check's folder.
    #[error("there is no `{}`", path.display())]
    MissingFile {
        /// The file.
        path: PathBuf,
        /// What it is for.
        hint: &'static str,
    },
    /// A module from the compiler that no component can be made of.
    #[error("the module cannot be made a component: {0}")]
    Encoding(String),
    /// A file cannot be read or written.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// The component and its manifest say different things.
    #[error("the component and `check.toml` differ: {}", differences.join("; "))]
    OtherManifest {
        /// Each difference.
        differences: Vec<String>,
    },
}

impl BuildError {
    /// What would make it work.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::NoTool { hint, .. } | Self::Failed { hint, .. } | Self::MissingFile { hint, .. } => hint,
            Self::Encoding(_) => "build the library as a `cdylib` that exports one check with `export_check!`",
            Self::Io(_) => "check that the check's folder can be written",
            Self::OtherManifest { .. } => "say the same in both: hosts read the component, people read `check.toml`",
        }
    }
}

/// Builds the component of a check; returns where it is. `told` hears of steps that take long.
///
/// # Errors
/// [`BuildError`]; what was built before stays.
pub fn build(folder: &Path, manifest: &Manifest, told: &dyn Fn(&str)) -> Result<PathBuf, BuildError> {
    let folder = fs_err::canonicalize(folder)?;
    let work = folder.join(WORK);
    fs_err::create_dir_all(&work)?;
    let mut bytes = match manifest.language {
        Language::Rust => rust::component(&folder, told)?,
        Language::Python => python::component(&folder, &work, manifest, told)?,
        Language::JavaScript => javascript::component(&folder, &work, manifest, told)?,
        Language::C | Language::Go => unreachable!("a manifest names no other language"),
    };
    metadata::add(&mut bytes, manifest);
    let dist = folder.join(DIST);
    fs_err::create_dir_all(&dist)?;
    let path = dist.join(manifest.component());
    put(&path, &bytes)?;
    Ok(path)
}

/// Whether a component says of itself what its manifest says.
///
/// # Errors
/// [`BuildError::OtherManifest`], with every difference.
pub fn agree(manifest: &Manifest, plugin: &Admitted) -> Result<(), BuildError> {
    let said = &plugin.description;
    let mut differences: Vec<String> = [
        ("id and version", plugin.reference.to_string(), manifest.reference.to_string()),
        ("title", said.title.clone(), manifest.title.clone()),
        ("description", said.description.clone(), manifest.description.clone()),
        ("owner", said.owner.clone(), manifest.owner.clone()),
    ]
    .into_iter()
    .filter(|(_, component, manifest)| component.trim() != manifest.trim())
    .map(|(what, component, manifest)| format!("{what}: `{component}` and `{manifest}`"))
    .collect();
    let sorted = |limits: &[LimitRequest]| {
        let mut limits: Vec<_> = limits.iter().map(|limit| (limit.name, limit.value)).collect();
        limits.sort();
        limits
    };
    let (asked, suggested) = (sorted(&plugin.limits), sorted(&manifest.limits));
    if asked != suggested {
        let told = |limits: &[(crate::model::LimitName, u64)]| {
            let told: Vec<_> = limits.iter().map(|(name, value)| format!("{name} {value}")).collect();
            if told.is_empty() { "none".to_owned() } else { told.join(", ") }
        };
        differences.push(format!("limits: {} and {}", told(&asked), told(&suggested)));
    }
    if differences.is_empty() { Ok(()) } else { Err(BuildError::OtherManifest { differences }) }
}

/// Writes a file whole or not at all: another process may be reading it.
fn put(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let draft = path.with_extension("draft");
    fs_err::write(&draft, bytes)?;
    fs_err::rename(&draft, path)
}

/// Runs a program to its end; what it says goes to standard error.
fn run(command: &mut Command, tool: Tool, what: &'static str, hint: &'static str) -> Result<(), BuildError> {
    // Standard output belongs to the command line.
    let status = command.stdin(Stdio::null()).stdout(io::stderr()).status();
    match status {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(BuildError::Failed { what, status, hint }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Err(tool.missing()),
        Err(error) => Err(error.into()),
    }
}

/// A program that a language needs.
#[derive(Debug, Clone, Copy)]
struct Tool {
    program: &'static str,
    language: &'static str,
    hint: &'static str,
}

impl Tool {
    fn missing(self) -> BuildError {
        let Self { program, language, hint } = self;
        BuildError::NoTool { program, language, hint }
    }
}

/// What the SDKs of Python and JavaScript ask of a manifest.
fn manifest_document(manifest: &Manifest) -> serde_json::Value {
    let limits = manifest.limits.iter().map(|limit| (limit.name.to_string(), limit.value.into()));
    serde_json::json!({
        "id": manifest.reference.id.to_string(),
        "version": manifest.reference.version.to_string(),
        "title": manifest.title,
        "description": manifest.description,
        "owner": manifest.owner,
        "limits": limits.collect::<serde_json::Map<_, _>>(),
    })
}
