//! `cargo xtask demo`: the main job on real-looking data.

use std::process::Command;

use crate::{plugins, step, tools};

/// Runs the shipped suite through a day of a generated pipeline: a healthy one, or one with something wrong.
pub(crate) fn demo(incident: Option<&str>) -> anyhow::Result<()> {
    tools::wasm_target()?;
    plugins::build_all()?;
    let programs = plugins::programs()?;
    let mut demo = Command::new(programs.join("incidents"));
    demo.args(["demo", "--folder"]).arg(plugins::target_dir()?.join("demo"));
    demo.args(incident.iter().flat_map(|name| ["--incident", name]));
    let what = incident.map_or_else(|| "of a healthy pipeline".to_owned(), |name| format!("after {name}"));
    step::run(&format!("a day {what}"), &mut demo).map(drop)
}

/// Runs a program of the tests with what was asked for: the generator of the pipeline, or the trials of the suite.
pub(crate) fn program(name: &str, arguments: &[String]) -> anyhow::Result<()> {
    if name == "incidents" {
        tools::wasm_target()?;
        plugins::build_all()?;
    }
    let programs = plugins::programs()?;
    step::run(name, Command::new(programs.join(name)).args(arguments)).map(drop)
}
