//! What a component is made from, so that it is made anew only when that changed.

use std::io;
use std::path::{Path, PathBuf};

use super::embedded::{Part, write_part};
use crate::model::Digest;

/// Folders of a check that hold none of its sources.
const NOT_SOURCES: [&str; 5] = [super::WORK, super::DIST, "tests", "node_modules", "__pycache__"];

/// Files with their paths, below some folders; of a check's own folder only the sources.
pub(super) fn digest(folders: &[&Path], ends: &[&str]) -> io::Result<Digest> {
    let mut files = Vec::new();
    for folder in folders {
        let mut found = Vec::new();
        collect(folder, ends, &mut found)?;
        found.sort();
        for path in found {
            let name = path.strip_prefix(folder).unwrap_or(&path).to_string_lossy().into_owned();
            files.push((name, Digest::of(&fs_err::read(&path)?)));
        }
    }
    Ok(Digest::of(format!("{files:?}").as_bytes()))
}

/// Lays out what a script is made a component of, anew: the contract in `wit`, the SDK in `sdk`, and the check's sources
/// in `check`.
pub(super) fn lay_out(place: &Path, check: &Path, sdk: Part, ends: &[&str]) -> io::Result<()> {
    if place.exists() {
        fs_err::remove_dir_all(place)?;
    }
    let as_is = |text: &str| text.to_owned();
    write_part(Part::Contract, &place.join("wit"), &as_is)?;
    write_part(sdk, &place.join("sdk"), &as_is)?;
    copy_sources(check, &place.join("check"), ends)
}

/// Copies the sources of a check, in folders too.
fn copy_sources(from: &Path, to: &Path, ends: &[&str]) -> io::Result<()> {
    let mut found = Vec::new();
    collect(from, ends, &mut found)?;
    for path in found {
        let place = to.join(path.strip_prefix(from).unwrap_or(&path));
        fs_err::create_dir_all(place.parent().unwrap_or(to))?;
        fs_err::copy(&path, place)?;
    }
    Ok(())
}

fn collect(folder: &Path, ends: &[&str], found: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs_err::read_dir(folder)? {
        let entry = entry?;
        let (name, path) = (entry.file_name(), entry.path());
        if path.is_dir() {
            let name = name.to_string_lossy();
            if !name.starts_with('.') && !NOT_SOURCES.contains(&name.as_ref()) {
                collect(&path, ends, found)?;
            }
        } else if path.extension().is_some_and(|end| ends.iter().any(|wanted| end == *wanted)) {
            found.push(path);
        }
    }
    Ok(())
}

/// What was made of some inputs before, or what `make` makes of them now.
pub(super) fn made_once(
    work: &Path,
    inputs: Digest,
    make: impl FnOnce() -> Result<Vec<u8>, super::BuildError>,
) -> Result<Vec<u8>, super::BuildError> {
    let (component, stamp) = (work.join("component.wasm"), work.join("component.stamp"));
    let wanted = inputs.to_string();
    if fs_err::read_to_string(&stamp).is_ok_and(|found| found == wanted)
        && let Ok(bytes) = fs_err::read(&component)
    {
        return Ok(bytes);
    }
    let bytes = make()?;
    super::put(&component, &bytes)?;
    super::put(&stamp, wanted.as_bytes())?;
    Ok(bytes)
}
