//! Programs that building and testing need, installed when they are not there.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, bail};

use crate::step;

/// Makes sure of the target that plugins are built for.
pub(crate) fn wasm_target() -> anyhow::Result<()> {
    const TARGET: &str = "wasm32-unknown-unknown";
    let installed = Command::new("rustup")
        .args(["target", "list", "--installed"])
        .current_dir(step::workspace())
        .output()
        .context("rustup is needed to add the target wasm32-unknown-unknown")?;
    if String::from_utf8_lossy(&installed.stdout).lines().any(|line| line.trim() == TARGET) {
        return Ok(());
    }
    let mut add = Command::new("rustup");
    step::run(
        "adding the target wasm32-unknown-unknown",
        add.args(["target", "add", TARGET]).current_dir(step::workspace()),
    )
    .map(drop)
}

/// The platform that we run on, as the compiler calls it.
pub(crate) fn platform() -> anyhow::Result<String> {
    let output =
        Command::new("rustc").arg("-vV").current_dir(step::workspace()).output().context("cannot start rustc")?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let platform = text.lines().find_map(|line| line.strip_prefix("host: ")).context("rustc does not name its host")?;
    Ok(platform.to_owned())
}

/// Makes sure of a cargo subcommand, built from source when it is missing.
pub(crate) fn cargo_tool(name: &str) -> anyhow::Result<()> {
    let subcommand = name.strip_prefix("cargo-").unwrap_or(name);
    let mut probe = step::cargo();
    probe.args([subcommand, "--version"]).stdout(Stdio::null()).stderr(Stdio::null());
    if probe.status().is_ok_and(|status| status.success()) {
        return Ok(());
    }
    println!("    {name} is missing and is built from source, once");
    let mut install = step::cargo();
    // Elsewhere than the workspace: a tool is not built with the workspace's settings.
    install.args(["install", "--locked", name]).current_dir(std::env::temp_dir());
    step::run(&format!("installing {name}"), &mut install)?;
    if !probe.status().is_ok_and(|status| status.success()) {
        bail!("{name} was installed but `cargo {subcommand}` does not run; is cargo's bin folder on the PATH?");
    }
    Ok(())
}

/// Makes sure of a Python that can make environments of its own, from Debian's packages when it is missing and we may
/// install them.
pub(crate) fn python() -> anyhow::Result<()> {
    let mut probe = Command::new("python3");
    probe.args(["-c", "import ensurepip, venv"]);
    let useless = "`python3` still has no venv; is another `python3` first on the PATH?";
    from_debian("python3-venv", "Python 3 with venv and pip", probe, useless)
}

/// Makes sure of Debian's Prometheus Alertmanager, which is not started.
pub(crate) fn alertmanager() -> anyhow::Result<()> {
    const PACKAGE: &str = "prometheus-alertmanager";
    let mut probe = Command::new(PACKAGE);
    probe.arg("--version");
    from_debian(PACKAGE, "Prometheus Alertmanager", probe, "it does not run")
}

/// Makes sure that `probe` succeeds, by a package of Debian where it does not and we may install it. `what` it is about,
/// and what is wrong where the package is of no use.
fn from_debian(package: &str, what: &str, mut probe: Command, useless: &str) -> anyhow::Result<()> {
    probe.stdout(Stdio::null()).stderr(Stdio::null());
    let mut is_there = || probe.status().is_ok_and(|status| status.success());
    if is_there() {
        return Ok(());
    }
    if !is_root() {
        bail!("{what} is missing; on Debian: `sudo apt-get install {package}`");
    }
    look_up_packages()?;
    install_package(package)?;
    if !is_there() {
        bail!("{package} was installed but {useless}");
    }
    Ok(())
}

fn look_up_packages() -> anyhow::Result<()> {
    step::run("looking up Debian's packages", Command::new("apt-get").args(["update", "--quiet"])).map(drop)
}

/// No service is started when it is installed: of those that tests need, they start their own.
fn install_package(package: &str) -> anyhow::Result<()> {
    let mut install = Command::new("apt-get");
    install.args(["install", "--yes", "--no-install-recommends", package]);
    install.env("DEBIAN_FRONTEND", "noninteractive").env("RUNLEVEL", "1");
    step::run(&format!("installing {package}"), &mut install).map(drop)
}

/// The `PATH` with a Node.js that is new enough to build checks in JavaScript: the system's, or the one that an example
/// pins, in an environment of its own.
pub(crate) fn path_with_node() -> anyhow::Result<OsString> {
    const RECENT: u32 = 20;
    const PINS: &str = "examples/javascript/allowed-values/requirements.txt";
    let path = std::env::var_os("PATH").unwrap_or_default();
    let output = Command::new("node").arg("--version").output();
    let version = output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default();
    let major = version.trim().trim_start_matches('v').split('.').next().and_then(|major| major.parse::<u32>().ok());
    if major.is_some_and(|major| major >= RECENT) {
        return Ok(path);
    }
    python()?;
    let folder = crate::plugins::target_dir()?.join("tools/node");
    if !folder.join("bin/node").exists() {
        let mut environment = Command::new("python3");
        step::run("making an environment for Node.js", environment.args(["-m", "venv"]).arg(&folder))?;
        let mut install = Command::new(folder.join("bin/pip"));
        install.args([
            "install",
            "--quiet",
            "--disable-pip-version-check",
            "--only-binary",
            ":all:",
            "--require-hashes",
        ]);
        step::run("installing Node.js", install.arg("--requirement").arg(step::workspace().join(PINS)))?;
    }
    let paths = std::iter::once(folder.join("bin")).chain(std::env::split_paths(&path));
    std::env::join_paths(paths).context("a folder on the PATH has a colon in its name")
}

/// A Python that is new enough for the emulator of BigQuery: 3.12 or later, from Debian's packages when there is none,
/// Debian has one and we may install it.
pub(crate) fn python_for_emulator() -> anyhow::Result<PathBuf> {
    const NAMES: [&str; 3] = ["python3.13", "python3.12", "python3"];
    let mut candidates: Vec<PathBuf> = NAMES.iter().map(PathBuf::from).collect();
    let pyenv = std::env::var_os("PYENV_ROOT").map(PathBuf::from);
    let pyenv = pyenv.or_else(|| std::env::home_dir().map(|home| home.join(".pyenv")));
    if let Some(versions) = pyenv.map(|root| root.join("versions")).filter(|versions| versions.exists()) {
        for version in fs_err::read_dir(versions)? {
            candidates.push(version?.path().join("bin").join("python3"));
        }
    }
    if let Some(python) = candidates.iter().find_map(|candidate| recent_python(candidate)) {
        return Ok(python);
    }
    if is_root() && Path::new("/etc/debian_version").exists() {
        look_up_packages()?;
        for name in ["python3.13", "python3.12"] {
            // Not every Debian has every version.
            if install_package(&format!("{name}-venv")).is_err() {
                continue;
            }
            if let Some(python) = recent_python(Path::new(name)) {
                return Ok(python);
            }
        }
    }
    bail!(
        "the emulator of BigQuery needs Python 3.12 or 3.13 with venv and pip, and none was found; \
         on Debian 13: `sudo apt-get install python3.13-venv`, with pyenv: `pyenv install 3.13`"
    )
}

/// The path of a Python that is recent enough and can make environments. A name on the `PATH` may be a stand-in that
/// starts nothing.
fn recent_python(candidate: &Path) -> Option<PathBuf> {
    const PROBE: &str =
        "import ensurepip, sys, venv; sys.version_info >= (3, 12) or sys.exit(1); print(sys.executable)";
    let output = Command::new(candidate).args(["-c", PROBE]).stderr(Stdio::null()).output().ok()?;
    let path = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| PathBuf::from(path.trim()))
}

fn is_root() -> bool {
    Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}
