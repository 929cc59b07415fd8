//! Doing something again whenever a file of a check changes.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, SystemTime};

use super::place::Place;
use crate::cli::failure::Failure;
use crate::kit::build;

/// How often the files are looked at. A change counts when the next look shows no other: an editor writes in steps.
const LOOKS_EVERY: Duration = Duration::from_millis(250);

/// Folders whose files are made and not written.
const MADE: [&str; 4] = [build::DIST, "target", "node_modules", "__pycache__"];

/// Files as they were looked at.
type Files = BTreeMap<PathBuf, (Option<SystemTime>, u64)>;

/// Does it now, and again after every change in the check's folder, until the process is ended. What goes wrong is told,
/// and the next change tries again.
///
/// # Cancel safety
/// Nothing is left behind.
pub(super) async fn again_and_again<F>(place: &Path, it: impl Fn() -> F) -> Result<ExitCode, Failure>
where
    F: Future<Output = Result<ExitCode, Failure>>,
{
    let folder = Place::of(place)?.folder;
    loop {
        // What changes while it is done counts too.
        let before = files(&folder)?;
        if let Err(failure) = it().await {
            failure.report();
        }
        anstream::eprintln!("\nwaiting for a change in {}", folder.display());
        let mut last = before.clone();
        loop {
            tokio::time::sleep(LOOKS_EVERY).await;
            let now = files(&folder)?;
            if now == last && now != before {
                break;
            }
            last = now;
        }
    }
}

/// What an author writes in a folder: neither what is built nor golden files, which `--bless` writes.
fn files(folder: &Path) -> io::Result<Files> {
    let mut found = Files::new();
    let mut left = vec![folder.to_owned()];
    while let Some(folder) = left.pop() {
        for entry in fs_err::read_dir(&folder)? {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            if name.starts_with('.') || MADE.contains(&name.as_str()) || name.ends_with(".golden.json") {
                continue;
            }
            // A file that is gone by now is seen as gone at the next look.
            let Ok(metadata) = entry.metadata() else { continue };
            if metadata.is_dir() {
                left.push(entry.path());
            } else {
                found.insert(entry.path(), (metadata.modified().ok(), metadata.len()));
            }
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_written_by_hand_counts() {
        let folder = tempfile::tempdir().unwrap();
        let written = ["src/lib.rs", "check.toml", "tests/days.toml", "tests/fixtures/events.csv"];
        let made =
            ["tests/days.golden.json", "dist/mine.wasm", "target/x/mine.wasm", "src/.lib.rs.swp", ".assay/stamp"];
        for name in written.into_iter().chain(made) {
            let path = folder.path().join(name);
            fs_err::create_dir_all(path.parent().unwrap()).unwrap();
            fs_err::write(path, name).unwrap();
        }
        let found = files(folder.path()).unwrap();
        let found: Vec<_> = found.keys().map(|path| path.strip_prefix(folder.path()).unwrap()).collect();
        assert_eq!(found, ["check.toml", "src/lib.rs", "tests/days.toml", "tests/fixtures/events.csv"].map(Path::new));
    }

    #[test]
    fn a_change_of_length_is_seen() {
        let folder = tempfile::tempdir().unwrap();
        fs_err::write(folder.path().join("a"), "1").unwrap();
        let before = files(folder.path()).unwrap();
        fs_err::write(folder.path().join("a"), "12").unwrap();
        assert_ne!(files(folder.path()).unwrap(), before);
    }
}
