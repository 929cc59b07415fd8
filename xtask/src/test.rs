//! `cargo xtask test`: everything that continuous integration runs.

use crate::step;
use crate::{plugins, tools};

pub(crate) fn test() -> anyhow::Result<()> {
    tools::wasm_target()?;
    tools::cargo_tool("cargo-nextest")?;
    tools::cargo_tool("cargo-deny")?;
    let cargo = |what: &str, arguments: &[&str]| step::run(what, step::cargo().args(arguments)).map(drop);
    cargo("format", &["fmt", "--all", "--check"])?;
    crate::gen_files(true)?;
    plugins::build_all()?;
    cargo("lints", &["clippy", "--workspace", "--all-targets", "--locked", "--", "-D", "warnings"])?;
    // The end-to-end tests call the program itself.
    cargo("program", &["build", "--package", "assay", "--locked"])?;
    cargo("tests", &["nextest", "run", "--workspace", "--locked", "--no-fail-fast"])?;
    cargo("documentation tests", &["test", "--workspace", "--doc", "--locked"])?;
    let mut doc = step::cargo();
    doc.args(["doc", "--workspace", "--no-deps", "--locked"]).env("RUSTDOCFLAGS", "-D warnings");
    step::run("documentation", &mut doc)?;
    // Advisories need a download that is not always there; licences, sources and versions do not.
    cargo("dependencies", &["deny", "--offline", "check", "bans", "licenses", "sources"])?;
    println!("==> all of it passed");
    Ok(())
}
