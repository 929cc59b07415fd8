//! `cargo xtask test`: everything that continuous integration runs.

use std::process::Command;

use crate::step;
use crate::{emulator, examples, fuzz, plugins, tools};

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
    // Builds the programs on the way: the end-to-end tests call them.
    crate::r#gen::run(true)?;
    cargo("lints", &["clippy", "--workspace", "--all-targets", "--locked", "--", "-D", "warnings"])?;
    // In the folder of what is built already: the settings that matter for lints are the same.
    let fuzz_lints = ["clippy", "--manifest-path", "fuzz/Cargo.toml", "--target-dir", "target", "--locked", "--"];
    cargo("lints of the fuzz targets", &[&fuzz_lints[..], &["-D", "warnings"]].concat())?;
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
    let mut doc = step::cargo();
    doc.args(["doc", "--workspace", "--no-deps", "--locked"]).env("RUSTDOCFLAGS", "-D warnings");
    step::run("documentation", &mut doc)?;
    // Advisories need a download that is not always there; the rest does not.
    cargo("dependencies", &["deny", "check", "bans", "licenses", "sources"])?;
    println!("==> all of it passed");
    Ok(())
}
