//! Building components: a core module from cargo, encoded without any adapter, so that nothing but the contract is imported.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, bail};
use serde_json::Value;
use sha2::Digest as _;
use wit_component::ComponentEncoder;

use crate::{guests, step, tools};

/// A guest package of the workspace.
struct Guest {
    package: String,
    version: String,
    /// Its folder, for telling shipped plugins from test guests.
    folder: PathBuf,
    /// Name of its library, as cargo writes it.
    library: String,
}

/// Builds the shipped plugins and the guests of the tests; returns the folder of the shipped ones.
pub(crate) fn build_all() -> anyhow::Result<PathBuf> {
    tools::wasm_target()?;
    let target = target_dir()?;
    let (shipped, for_tests) = guests()?;
    // Beside the programs, where `assay init` looks for them.
    let folder = target.join("debug/plugins");
    build_components(&shipped, &folder)?;
    build_components(&for_tests, &target.join("guests"))?;
    guests::build(&target.join("guests"))?;
    Ok(folder)
}

/// Builds the shipped plugins into a folder.
pub(crate) fn build_shipped(folder: &Path) -> anyhow::Result<()> {
    tools::wasm_target()?;
    let (shipped, _) = guests()?;
    build_components(&shipped, folder)
}

fn build_components(guests: &[Guest], folder: &Path) -> anyhow::Result<()> {
    if guests.is_empty() {
        return Ok(());
    }
    let mut build = step::cargo();
    build.args(["build", "--locked", "--profile", "guest", "--target", "wasm32-unknown-unknown", "--lib"]);
    build.args(guests.iter().flat_map(|guest| ["--package", guest.package.as_str()]));
    step::run(&format!("building {} components", guests.len()), &mut build)?;
    fs_err::create_dir_all(folder)?;
    let modules = target_dir()?.join("wasm32-unknown-unknown/guest");
    for guest in guests {
        let module = fs_err::read(modules.join(format!("{}.wasm", guest.library)))?;
        let component = encode(&module).with_context(|| format!("encoding {}", guest.package))?;
        let id = guest.package.strip_prefix("assay-").unwrap_or(&guest.package);
        let name = format!("{id}@{}.wasm", guest.version);
        put(folder, &name, &component)?;
        let digest: String =
            sha2::Sha256::digest(&component).iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        println!("    {name}: {} bytes, sha256:{digest}…", component.len());
    }
    Ok(())
}

/// Writes a file whole or not at all: another process may be reading it.
pub(crate) fn put(folder: &Path, name: &str, bytes: &[u8]) -> anyhow::Result<()> {
    let draft = folder.join(format!(".{name}.{}", std::process::id()));
    fs_err::write(&draft, bytes)?;
    Ok(fs_err::rename(&draft, folder.join(name))?)
}

pub(crate) fn encode(module: &[u8]) -> anyhow::Result<Vec<u8>> {
    ComponentEncoder::default().validate(true).module(module)?.encode()
}

/// The shipped plugins, and the guests that only tests use.
fn guests() -> anyhow::Result<(Vec<Guest>, Vec<Guest>)> {
    let metadata = metadata()?;
    let text =
        |value: &Value| value.as_str().map(str::to_owned).context("cargo metadata without a text where one is due");
    let mut guests = Vec::new();
    for package in metadata["packages"].as_array().context("cargo metadata without packages")? {
        let library = package["targets"].as_array().into_iter().flatten().find(|target| {
            target["crate_types"].as_array().is_some_and(|types| types.iter().any(|kind| kind == "cdylib"))
        });
        let Some(library) = library else { continue };
        let manifest = PathBuf::from(text(&package["manifest_path"])?);
        guests.push(Guest {
            package: text(&package["name"])?,
            version: text(&package["version"])?,
            folder: manifest.parent().context("a manifest stands in a folder")?.to_owned(),
            library: text(&library["name"])?.replace('-', "_"),
        });
    }
    let plugins = step::workspace().join("plugins");
    Ok(guests.into_iter().partition(|guest| guest.folder.starts_with(&plugins)))
}

/// Builds the programs of the workspace; returns their folder.
pub(crate) fn programs() -> anyhow::Result<PathBuf> {
    // All packages at once, as the tests are built: the features of dependencies are then the same, and so is their build.
    step::run("building the programs", step::cargo().args(["build", "--locked", "--workspace", "--bins"]))?;
    Ok(target_dir()?.join("debug"))
}

/// The folder of everything that is built.
pub(crate) fn target_dir() -> anyhow::Result<PathBuf> {
    Ok(metadata()?["target_directory"].as_str().context("cargo metadata without a target directory")?.into())
}

fn metadata() -> anyhow::Result<Value> {
    let mut command: Command = step::cargo();
    let output = command.args(["metadata", "--format-version", "1", "--no-deps"]).output()?;
    if !output.status.success() {
        bail!("cargo metadata: {}", String::from_utf8_lossy(&output.stderr));
    }
    Ok(serde_json::from_slice(&output.stdout)?)
}
