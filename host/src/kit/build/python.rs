//! Checks in Python: an interpreter and a script made into one component. Python asks for WASI; here that is cut off, and
//! what asks for it traps.

use std::path::Path;

use serde_json::json;

use super::embedded::Part;
use super::environment::{Environment, REQUIREMENTS};
use super::{BuildError, Tool, inputs, run};
use crate::kit::manifest::Manifest;

const COMPONENTIZE: Tool = Tool {
    program: "componentize-py",
    language: "Python",
    hint: "`requirements.txt` must name it: `assay check new NAME --lang python` writes one that does",
};

/// The component of the modules in a folder.
pub(super) fn component(
    folder: &Path,
    work: &Path,
    manifest: &Manifest,
    told: &dyn Fn(&str),
) -> Result<Vec<u8>, BuildError> {
    let script = folder.join("check.py");
    if !script.is_file() {
        let hint = "it holds the check; `assay check new NAME --lang python` writes one";
        return Err(BuildError::MissingFile { path: script, hint });
    }
    let environment = Environment::ready(&work.join("tools"), folder, &[REQUIREMENTS], told, |_| Ok(()))?;
    let place = work.join("build");
    inputs::lay_out(&place, folder, Part::PythonSdk, &["py", "txt"])?;
    fs_err::write(place.join("check/assay_manifest.py"), manifest_module(manifest))?;
    let inputs = inputs::digest(&[&place], &["py", "txt", "wit"])?;
    inputs::made_once(work, inputs, || componentized(&environment, &place, told))
}

fn componentized(environment: &Environment, place: &Path, told: &dyn Fn(&str)) -> Result<Vec<u8>, BuildError> {
    told("making the component");
    let output = place.join("component.wasm");
    let mut command = environment.program("componentize-py");
    command.current_dir(place).args(["--quiet", "--wit-path", "wit", "--world", "check", "componentize"]);
    command.args(["--stub-wasi", "--python-path", "check", "--python-path", "sdk", "assay_entry"]);
    command.args(["--output", "component.wasm"]).env("RUST_BACKTRACE", "0");
    run(
        &mut command,
        COMPONENTIZE,
        "making a component of the check",
        "Python says above what is wrong with the check",
    )?;
    Ok(fs_err::read(output)?)
}

/// What the SDK asks of the manifest.
fn manifest_module(manifest: &Manifest) -> String {
    let document = super::manifest_document(manifest);
    format!(
        "\"\"\"What `check.toml` says.\"\"\"\n\nimport json\n\nMANIFEST = json.loads({:?})\n",
        json!(document).to_string()
    )
}
