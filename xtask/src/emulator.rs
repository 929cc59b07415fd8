//! Preparing the emulator of BigQuery on which the conformance cases run: an environment of Python, and the extensions
//! that its database would otherwise download.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use sha2::Digest as _;

use crate::{plugins, step, tools};

/// What is done here is part of what is prepared.
const RECIPE: &str = include_str!("emulator.rs");

/// Puts the extensions, which are packages too, where the database looks for them, and has it load them.
const EXTENSIONS: &str = r#"
import importlib.util, pathlib, shutil
import duckdb

database = duckdb.connect()
version = "v" + duckdb.__version__
platform = database.execute("PRAGMA platform").fetchone()[0]
shelf = pathlib.Path.home() / ".duckdb" / "extensions" / version / platform
shelf.mkdir(parents=True)
for name in ("icu", "ducklake", "spatial"):
    package = pathlib.Path(importlib.util.find_spec("duckdb_extension_" + name).origin).parent
    shutil.copy(package / "extensions" / version / (name + ".duckdb_extension"), shelf)
    database.execute("LOAD " + name)
"#;

/// Prepares the emulator, unless that is done; returns its folder.
pub(crate) fn prepare() -> anyhow::Result<PathBuf> {
    let folder = plugins::target_dir()?.join("tools").join("emulator");
    let requirements = step::workspace().join("tests").join("emulator").join("requirements.txt");
    let wanted = digest(&[RECIPE, &fs_err::read_to_string(&requirements)?]);
    let stamp = folder.join("tools.stamp");
    if fs_err::read_to_string(&stamp).is_ok_and(|found| found == wanted) {
        println!("    the emulator is there: {}", folder.display());
        return Ok(folder);
    }
    // Anew: a half of the last attempt or another version may be left.
    if folder.exists() {
        fs_err::remove_dir_all(&folder)?;
    }
    let home = folder.join("home");
    fs_err::create_dir_all(&home)?;
    let python = tools::python_for_emulator()?;
    install(&python, &folder, &requirements)?;
    let mut extensions = program(&folder, "python");
    extensions.args(["-c", EXTENSIONS]).env("HOME", &home);
    step::run("giving the emulator its extensions", &mut extensions)?;
    fs_err::write(&stamp, &wanted)?;
    Ok(folder)
}

fn install(python: &Path, folder: &Path, requirements: &Path) -> anyhow::Result<()> {
    let mut environment = Command::new(python);
    environment.args(["-m", "venv"]).arg(folder.join("venv"));
    step::run("making an environment for the emulator", &mut environment)?;
    let mut install = program(folder, "pip");
    install.args(["install", "--quiet", "--disable-pip-version-check", "--only-binary", ":all:", "--no-deps"]);
    // It asks for Python 3.13 and does with 3.12.
    install.args(["--ignore-requires-python", "--require-hashes", "--requirement"]).arg(requirements);
    step::run("installing the emulator", &mut install).map(drop)
}

/// A program of the environment.
fn program(folder: &Path, name: &str) -> Command {
    let mut command = Command::new(folder.join("venv").join("bin").join(name));
    command.current_dir(folder).env_remove("PYTHONPATH").stdin(Stdio::null());
    command
}

fn digest(parts: &[&str]) -> String {
    let mut hasher = sha2::Sha256::new();
    for part in parts {
        hasher.update(part.len().to_le_bytes());
        hasher.update(part);
    }
    hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}
