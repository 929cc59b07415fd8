//! Building the examples in other languages, as an author builds a check.

use std::path::PathBuf;
use std::process::Command;

use anyhow::Context as _;

use crate::{plugins, step, tools};

/// Folders of the examples in the workspace.
const EXAMPLES: [&str; 2] = ["examples/python/null-rate", "examples/javascript/allowed-values"];

/// Builds the examples, those that changed; returns their folder.
pub(crate) fn build_all() -> anyhow::Result<PathBuf> {
    tools::python()?;
    let assay = plugins::programs()?.join("assay");
    let folder = plugins::target_dir()?.join("examples");
    fs_err::create_dir_all(&folder)?;
    for example in EXAMPLES {
        let home = step::workspace().join(example);
        let mut build = Command::new(&assay);
        step::run(&format!("building {example}"), build.args(["check", "build"]).arg(&home))?;
        for component in fs_err::read_dir(home.join("dist"))? {
            let path = component?.path();
            if path.extension().is_some_and(|end| end == "wasm") {
                let name = path.file_name().context("a component has a name")?.to_string_lossy().into_owned();
                plugins::put(&folder, &name, &fs_err::read(&path)?)?;
            }
        }
    }
    Ok(folder)
}
