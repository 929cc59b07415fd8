//! `cargo xtask demo`: the main job on real-looking data.

use anyhow::Context as _;

use crate::{plugins, step, tools};

/// The day that the demo looks at: the last of the generated month.
const DAY: &str = "2026-01-30";

pub(crate) fn demo() -> anyhow::Result<()> {
    tools::wasm_target()?;
    let shipped = plugins::build_all()?;
    let programs = plugins::programs()?;
    let folder = plugins::target_dir()?.join("demo");
    if folder.exists() {
        fs_err::remove_dir_all(&folder)?;
    }
    fs_err::create_dir_all(&folder)?;
    let mut generate = std::process::Command::new(programs.join("pipeline"));
    step::run("generating a month of a small sports pipeline, with faults planted", generate.arg(folder.join("data")))?;
    let config = include_str!("demo.toml").replace("@PLUGINS@", &shipped.display().to_string());
    fs_err::write(folder.join("assay.toml"), config)?;

    println!("==> assay run post_overnight --date {DAY}\n");
    let status = std::process::Command::new(programs.join("assay"))
        .args(["run", "post_overnight", "--date", DAY])
        .current_dir(&folder)
        .status()
        .context("cannot start assay")?;
    // 1 is what the demo is about: checks that found the planted faults.
    anyhow::ensure!(status.code() == Some(1), "assay ended with {status}, not with 1 for failed checks");
    println!("\nThe planted faults: team summaries missing 2026-01-18..2026-01-20, players of 3 games missing on");
    println!("2026-01-24, 7 duplicate player rows, and usage rates of hundreds of percent in one game on 2026-01-28.");
    println!("\nLook around: cd {} && {} results --status fail", folder.display(), programs.join("assay").display());
    println!("The database: {}", folder.join(".assay/assay.db").display());
    Ok(())
}
