//! `assay check new`.

use std::path::PathBuf;
use std::process::ExitCode;

use crate::admission::Language;
use crate::cli::args::{CheckLanguage, NewArgs};
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::render;
use crate::kit::scaffold::NewCheck;
use crate::model::PluginId;

/// Writes a new check.
pub(super) fn new(args: &NewArgs) -> Result<ExitCode, Failure> {
    let id: PluginId = args
        .name
        .parse()
        .map_err(|error| Failure::usage(anyhow::Error::new(error), "for example `assay check new late-orders`"))?;
    let folder = args.dir.clone().unwrap_or_else(|| PathBuf::from(id.as_str()));
    let language = match args.lang {
        CheckLanguage::Rust => Language::Rust,
        CheckLanguage::Python => Language::Python,
        CheckLanguage::Js => Language::JavaScript,
    };
    let check = NewCheck { id, language, owner: args.owner.clone() };
    check.write(&folder).map_err(|error| {
        let hint = error.hint();
        Failure::usage(error, hint)
    })?;
    let folder = folder.display();
    render::out(&format!("wrote {folder}: a check with its cases\nnext: cd {folder} && assay check test"))?;
    Ok(Exit::Ok.code())
}
