//! Programs that building and testing need, installed when they are not there.

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
    const PACKAGE: &str = "python3-venv";
    let mut probe = Command::new("python3");
    probe.args(["-c", "import ensurepip, venv"]).stdout(Stdio::null()).stderr(Stdio::null());
    let mut is_there = || probe.status().is_ok_and(|status| status.success());
    if is_there() {
        return Ok(());
    }
    if !is_root() {
        bail!("Python 3 with venv and pip is missing; on Debian: `sudo apt-get install {PACKAGE}`");
    }
    let mut update = Command::new("apt-get");
    step::run("looking up Debian's packages", update.args(["update", "--quiet"]))?;
    let mut install = Command::new("apt-get");
    install.args(["install", "--yes", "--no-install-recommends", PACKAGE]).env("DEBIAN_FRONTEND", "noninteractive");
    step::run(&format!("installing {PACKAGE}"), &mut install)?;
    if !is_there() {
        bail!("{PACKAGE} was installed but `python3` still has no venv; is another `python3` first on the PATH?");
    }
    Ok(())
}

fn is_root() -> bool {
    Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}
