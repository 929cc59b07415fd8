//! `assay check build`.

use std::process::ExitCode;

use bytesize::ByteSize;

use super::place::Place;
use crate::cli::args::BuildArgs;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::render;
use crate::kit::build::DIST;

/// Builds a check, and admits what was built.
pub(super) async fn build(args: &BuildArgs) -> Result<ExitCode, Failure> {
    let place = Place::of(&args.folder)?;
    let rig = place.rig(None).await?;
    let plugin = rig.plugin();
    let schema = place.folder.join(DIST).join(format!("{}.settings.schema.json", plugin.reference));
    let document: serde_json::Value =
        serde_json::from_str(&plugin.description.settings_schema).map_err(std::io::Error::other)?;
    fs_err::write(&schema, format!("{document:#}\n"))?;
    let path = place.folder.join(DIST).join(place.manifest.component());
    render::out(&format!("{}\n{} · {}", path.display(), ByteSize::b(plugin.size), plugin.digest))?;
    Ok(Exit::Ok.code())
}
