//! `cargo xtask test`: everything that continuous integration runs.

use std::process::Command;

use crate::step;
use crate::{emulator, examples, fuzz, plugins, receivers, tools};

pub(crate) fn test() -> anyhow::Result<()> {
    tools::wasm_target()?;
    tools::cargo_tool("cargo-nextest")?;
    tools::cargo_tool("cargo-deny")?;
    let cargo = |what: &str, arguments: &[&str]| step::run(what, step::cargo().args(arguments)).map(drop);
    cargo("format", &["fmt", "--all", "--check"])?;
    cargo("format of the fuzz targets", &["fmt", "--manifest-path", "fuzz/Cargo.toml", "--check"])?;
    plugins::build_all()?;
    examples::build_all()?;
    emulator::prepare()?;
    receivers::prepare()?;
    // Builds the programs on the way: the end-to-end tests call them.
    crate::r#gen::run(true)?;
    lints("lints", &["--workspace", "--all-targets"])?;
    lints("lints of the fuzz targets", &["--manifest-path", "fuzz/Cargo.toml", "--target-dir", "target"])?;
    let path = tools::path_with_node()?;
    let mut python = Command::new(tools::python_for_emulator()?);
    python.args(["-m", "unittest", "discover", "tests"]).current_dir(step::workspace().join("sdk/python"));
    step::run("tests of the SDK for Python", python.env("PYTHONDONTWRITEBYTECODE", "1"))?;
    let mut node = Command::new("npm");
    node.arg("test").current_dir(step::workspace().join("sdk/javascript")).env("PATH", &path);
    step::run("tests of the SDK for JavaScript", &mut node)?;
    // Checks are built on the way, with the tools of their languages.
    let mut tests = step::cargo();
    tests.args(["nextest", "run", "--workspace", "--locked", "--no-fail-fast"]).env("PATH", &path);
    step::run("tests", &mut tests)?;
    cargo("documentation tests", &["test", "--workspace", "--doc", "--locked"])?;
    fuzz::smoke()?;
    // Advisories need a download that is not always there; the rest does not.
    cargo("dependencies", &["deny", "check", "bans", "licenses", "sources"])?;
    println!("==> all of it passed");
    Ok(())
}

/// What the linter expects after each of its arguments.
const SEPARATOR: &str = "__CLIPPY_HACKERY__";

/// Builds with the linter in place of the compiler, over the dependencies that are built already. `cargo clippy` would
/// go through all of them once more, which takes longer than everything else that is linted.
fn lints(what: &str, arguments: &[&str]) -> anyhow::Result<()> {
    let mut build = step::cargo();
    build.args(["build", "--locked"]).args(arguments);
    build.env("RUSTC_WORKSPACE_WRAPPER", "clippy-driver");
    // As `cargo clippy -- -D warnings` passes it on. Nobody runs what comes of it: it takes no more disk than it must.
    let arguments = ["-Dwarnings", "-Cdebuginfo=0", "-Cstrip=symbols"].map(|argument| format!("{argument}{SEPARATOR}"));
    build.env("CLIPPY_ARGS", arguments.concat());
    step::run(what, &mut build).map(drop)
}
