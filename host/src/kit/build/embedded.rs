//! The kit's own parts, which travel in the program: SDKs, templates and the contract. A check is then built and tested
//! by one program, and nothing has to be fetched but what a language's own tools are.

use std::io;
use std::path::Path;

use rust_embed::RustEmbed;

/// A part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The contract, as tools for other languages want it: the world, and what it imports in `deps`.
    Contract,
    /// The SDK for Rust, as a package of its own.
    RustSdk,
    /// The SDK for Python.
    PythonSdk,
    /// The SDK for JavaScript.
    JavaScriptSdk,
    /// A new check in Rust.
    RustTemplate,
    /// A new check in Python.
    PythonTemplate,
    /// A new check in JavaScript.
    JavaScriptTemplate,
}

#[derive(RustEmbed)]
#[folder = "../wit"]
struct Contract;

#[derive(RustEmbed)]
#[folder = "../plugins/sdk"]
#[include = "src/*"]
#[include = "template/*"]
#[include = "*.template"]
struct RustSdk;

#[derive(RustEmbed)]
#[folder = "../sdk/python"]
#[exclude = "*.pyc"]
#[exclude = "tests/*"]
struct PythonSdk;

#[derive(RustEmbed)]
#[folder = "../sdk/javascript"]
#[exclude = "node_modules/*"]
#[exclude = "tests/*"]
struct JavaScriptSdk;

/// Writes the files of a part into a folder; `filled` sees each text before it is written.
///
/// # Errors
/// From the system.
pub fn write_part(part: Part, folder: &Path, filled: &dyn Fn(&str) -> String) -> io::Result<()> {
    for (name, bytes) in files(part) {
        let path = folder.join(&name);
        fs_err::create_dir_all(path.parent().unwrap_or(folder))?;
        match std::str::from_utf8(&bytes) {
            Ok(text) => fs_err::write(path, filled(text))?,
            Err(_) => fs_err::write(path, bytes)?,
        }
    }
    Ok(())
}

/// The files of a part, by their path in it.
pub(super) fn files(part: Part) -> Vec<(String, Vec<u8>)> {
    match part {
        Part::Contract => {
            let places = [("plugin", ""), ("query", "deps/query/"), ("report", "deps/report/")];
            let packages = places.into_iter().flat_map(|(package, place)| {
                let wit = taken::<Contract>(&format!("{package}/1.0.0/"));
                wit.into_iter().map(move |(name, bytes)| (format!("{place}{name}"), bytes))
            });
            packages.collect()
        }
        Part::RustSdk => {
            let mut files = taken::<RustSdk>("");
            files.retain(|(name, _)| name.starts_with("src/") || name == VENDORED_MANIFEST);
            for (name, _) in &mut files {
                if name == VENDORED_MANIFEST {
                    "Cargo.toml".clone_into(name);
                }
            }
            files.extend(taken::<Contract>("").into_iter().map(|(name, bytes)| (format!("wit/{name}"), bytes)));
            files
        }
        Part::PythonSdk => without(taken::<PythonSdk>(""), &["tests/", "template/"]),
        Part::JavaScriptSdk => without(taken::<JavaScriptSdk>(""), &["tests/", "template/"]),
        Part::RustTemplate => taken::<RustSdk>("template/"),
        Part::PythonTemplate => taken::<PythonSdk>("template/"),
        Part::JavaScriptTemplate => taken::<JavaScriptSdk>("template/"),
    }
}

/// The manifest of the SDK where it stands outside of its workspace.
const VENDORED_MANIFEST: &str = "vendor.toml.template";

/// The files below a folder, in the order of their paths.
fn taken<E: RustEmbed>(below: &str) -> Vec<(String, Vec<u8>)> {
    let mut files: Vec<_> = E::iter()
        .filter_map(|name| {
            let bytes = E::get(&name)?.data.into_owned();
            let name = name.strip_prefix(below)?;
            // Cargo would take a `Cargo.toml` below a workspace for one of its packages.
            Some((
                name.strip_suffix(".template").filter(|_| name != VENDORED_MANIFEST).unwrap_or(name).to_owned(),
                bytes,
            ))
        })
        .collect();
    files.sort();
    files
}

fn without(files: Vec<(String, Vec<u8>)>, folders: &[&str]) -> Vec<(String, Vec<u8>)> {
    files.into_iter().filter(|(name, _)| !folders.iter().any(|folder| name.starts_with(folder))).collect()
}
