//! Checks in Rust: a module for `wasm32-unknown-unknown`, encoded without any adapter, so that nothing but the contract is
//! imported.

use std::ffi::OsString;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value as Json;
use wit_component::ComponentEncoder;

use super::{BuildError, Tool, run};

const TARGET: &str = "wasm32-unknown-unknown";

const CARGO: Tool = Tool { program: "cargo", language: "Rust", hint: "install Rust with rustup: https://rustup.rs" };

/// The component of the package in a folder.
pub(super) fn component(folder: &Path, told: &dyn Fn(&str)) -> Result<Vec<u8>, BuildError> {
    let manifest = folder.join("Cargo.toml");
    if !manifest.is_file() {
        let hint = "a check in Rust is a library package; `assay check new NAME --lang rust` writes one";
        return Err(BuildError::MissingFile { path: manifest, hint });
    }
    target(told)?;
    let module = compiled(folder)?;
    let encoder = ComponentEncoder::default().validate(true).module(&fs_err::read(module)?);
    encoder.and_then(|mut encoder| encoder.encode()).map_err(|error| BuildError::Encoding(format!("{error:#}")))
}

/// Makes sure of the target, where rustup is there to ask.
fn target(told: &dyn Fn(&str)) -> Result<(), BuildError> {
    let Ok(installed) = Command::new("rustup").args(["target", "list", "--installed"]).output() else { return Ok(()) };
    if String::from_utf8_lossy(&installed.stdout).lines().any(|line| line.trim() == TARGET) {
        return Ok(());
    }
    told("adding the target wasm32-unknown-unknown, once");
    let mut add = Command::new("rustup");
    let hint = "add it by hand: `rustup target add wasm32-unknown-unknown`";
    run(add.args(["target", "add", TARGET]), CARGO, "adding the target wasm32-unknown-unknown", hint)
}

/// The module that cargo makes.
fn compiled(folder: &Path) -> Result<PathBuf, BuildError> {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| CARGO.program.into()));
    cargo.current_dir(folder).args(["build", "--lib", "--release", "--target", TARGET]);
    // As the check was locked; a check without a lock gets one.
    cargo.args(folder.join("Cargo.lock").is_file().then_some("--locked"));
    cargo.args(["--message-format", "json-render-diagnostics"]);
    cargo.env("CARGO_ENCODED_RUSTFLAGS", flags(folder)).stdin(Stdio::null()).stdout(Stdio::piped());
    let mut cargo = cargo.spawn().map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => CARGO.missing(),
        _ => error.into(),
    })?;
    let mut messages = String::new();
    cargo.stdout.take().map_or(Ok(0), |mut out| out.read_to_string(&mut messages))?;
    let status = cargo.wait()?;
    if !status.success() {
        let hint = "the compiler says above what is wrong";
        return Err(BuildError::Failed { what: "compiling the check", status, hint });
    }
    let manifest = folder.join("Cargo.toml");
    let module = messages.lines().filter_map(|line| serde_json::from_str::<Json>(line).ok()).find_map(|message| {
        let is_ours = message["reason"] == "compiler-artifact"
            && message["manifest_path"].as_str().is_some_and(|path| Path::new(path) == manifest);
        let files = message["filenames"].as_array().filter(|_| is_ours)?;
        files.iter().filter_map(Json::as_str).find(|file| file.ends_with(".wasm")).map(PathBuf::from)
    });
    module.ok_or_else(|| {
        BuildError::Encoding("cargo built no module: `crate-type` of `[lib]` must hold \"cdylib\"".to_owned())
    })
}

/// A small stack keeps a guest's first memory small; paths in the component do not depend on where it is built.
fn flags(folder: &Path) -> OsString {
    let mut flags = vec![OsString::from("-Clink-arg=-zstack-size=65536"), remapped(folder, "/check")];
    let cargo_home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let cargo_home = cargo_home.or_else(|| std::env::home_dir().map(|home| home.join(".cargo")));
    flags.extend(cargo_home.map(|home| remapped(&home, "/cargo")));
    flags.join(std::ffi::OsStr::new("\u{1f}"))
}

fn remapped(from: &Path, to: &str) -> OsString {
    let mut flag = OsString::from("--remap-path-prefix=");
    flag.push(from);
    flag.push("=");
    flag.push(to);
    flag
}
