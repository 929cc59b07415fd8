//! Preparing the receivers of notifications that the tests send to: an environment of Python with mail and web servers,
//! official clients and published schemas, and Debian's Alertmanager.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use crate::{plugins, step, tools};

/// What is done here is part of what is prepared.
const RECIPE: &str = include_str!("receivers.rs");

/// Prepares the receivers, unless that is done.
pub(crate) fn prepare() -> anyhow::Result<()> {
    tools::alertmanager()?;
    let folder = plugins::target_dir()?.join("tools").join("receivers");
    let requirements = step::workspace().join("tests").join("notify").join("requirements.lock");
    let wanted = format!("{RECIPE}\n{}", fs_err::read_to_string(&requirements)?);
    let stamp = folder.join("tools.stamp");
    if fs_err::read_to_string(&stamp).is_ok_and(|found| found == wanted) {
        println!("    the receivers are there: {}", folder.display());
        return Ok(());
    }
    // Anew: a half of the last attempt or another version may be left.
    if folder.exists() {
        fs_err::remove_dir_all(&folder)?;
    }
    fs_err::create_dir_all(&folder)?;
    let mut environment = Command::new(tools::python_for_emulator()?);
    environment.args(["-m", "venv"]).arg(folder.join("venv"));
    step::run("making an environment for the receivers", &mut environment)?;
    let pip: PathBuf = folder.join("venv").join("bin").join("pip");
    let mut install = Command::new(pip);
    install.args(["install", "--quiet", "--disable-pip-version-check", "--only-binary", ":all:", "--no-deps"]);
    install.args(["--require-hashes", "--requirement"]).arg(&requirements);
    step::run("installing the receivers", install.env_remove("PYTHONPATH").stdin(Stdio::null()))?;
    fs_err::write(&stamp, &wanted)?;
    Ok(())
}
