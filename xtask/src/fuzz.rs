//! `cargo xtask fuzz`: what the host and the SDK read of what others wrote, under inputs that a fuzzer makes up.
//!
//! The targets stand in `fuzz/`. Nothing of it needs a nightly toolchain: coverage is all that is asked of the compiler.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, bail, ensure};

use crate::{plugins, step, tools};

/// Seconds for each target when nobody says how many.
pub(crate) const SECONDS: u32 = 30;
/// Seconds for each target in continuous integration.
const SECONDS_IN_TEST: u32 = 15;

/// An input that takes longer is a finding, in seconds.
const INPUT_SECONDS_MAX: u32 = 10;
/// A target that takes more memory is a finding, in MiB.
const MEMORY_MIB_MAX: u32 = 2_048;
/// Lines of a target's log that are shown with a finding.
const LOG_LINES_SHOWN: usize = 40;

/// A program of `fuzz/`.
struct Target {
    name: &'static str,
    /// The largest input that is made up, in bytes.
    input_bytes_max: u32,
    /// Files and folders of the repository that are good inputs as they are, besides `fuzz/seeds/<name>`.
    seeds: &'static [&'static str],
    /// Built components are good inputs too.
    seeded_with_guests: bool,
}

const TARGETS: [Target; 3] = [
    Target { name: "admission", input_bytes_max: 16_384, seeds: &[], seeded_with_guests: true },
    Target { name: "batches", input_bytes_max: 4_096, seeds: &[], seeded_with_guests: false },
    Target {
        name: "config",
        input_bytes_max: 8_192,
        seeds: &["host/src/config/starter.toml", "plugins/suites/basketball.toml"],
        seeded_with_guests: false,
    },
];

/// Runs one target or all for some seconds each; an error names every finding.
pub(crate) fn fuzz(only: Option<&str>, seconds: u32) -> anyhow::Result<()> {
    let targets = chosen(only)?;
    let folders = Folders::prepared()?;
    folders.build(only)?;
    folders.run_all(&targets, seconds)
}

/// Runs every target for a moment, without coverage: over what is built already, so that what a target expects cannot
/// fall behind the code. Finding something new is for [`fuzz`].
pub(crate) fn smoke() -> anyhow::Result<()> {
    let target = plugins::target_dir()?;
    let mut build = step::cargo();
    build.args(["build", "--locked", "--manifest-path", "fuzz/Cargo.toml", "--target-dir"]).arg(&target);
    step::run("building the fuzz targets", &mut build)?;
    let folders = Folders { built: target.join("fuzz"), guests: target.join("guests"), programs: target.join("debug") };
    folders.run_all(&chosen(None)?, SECONDS_IN_TEST)
}

/// Runs a target with one input, as a finding left it.
pub(crate) fn reproduce(target: &str, input: &Path) -> anyhow::Result<()> {
    let input = fs_err::canonicalize(input)?;
    let folders = Folders::prepared()?;
    for target in chosen(Some(target))? {
        folders.build(Some(target.name))?;
        let mut run = Command::new(folders.program(target));
        run.args(bounds(target)).arg(&input);
        step::run(&format!("{} with {}", target.name, input.display()), &mut run)?;
    }
    Ok(())
}

fn chosen(only: Option<&str>) -> anyhow::Result<Vec<&'static Target>> {
    let targets: Vec<_> = TARGETS.iter().filter(|target| only.is_none_or(|only| only == target.name)).collect();
    let names = TARGETS.map(|target| target.name).join(", ");
    ensure!(!targets.is_empty(), "there is no target `{}`; there are {names}", only.unwrap_or_default());
    Ok(targets)
}

/// What keeps an input within bounds.
fn bounds(target: &Target) -> [String; 3] {
    [
        format!("-timeout={INPUT_SECONDS_MAX}"),
        format!("-rss_limit_mb={MEMORY_MIB_MAX}"),
        format!("-max_len={}", target.input_bytes_max),
    ]
}

/// Where fuzzing keeps what it makes, all of it below the folder of what is built.
struct Folders {
    /// What is written.
    built: PathBuf,
    /// The built components.
    guests: PathBuf,
    /// The programs of the targets.
    programs: PathBuf,
}

impl Folders {
    fn prepared() -> anyhow::Result<Self> {
        tools::cargo_tool("cargo-fuzz")?;
        let target = plugins::target_dir()?;
        let guests = target.join("guests");
        if !guests.exists() {
            plugins::build_all()?;
        }
        let built = target.join("fuzz");
        let programs = built.join(tools::platform()?).join("release");
        Ok(Self { built, guests, programs })
    }

    /// Builds the programs with coverage.
    fn build(&self, only: Option<&str>) -> anyhow::Result<()> {
        // cargo-fuzz would bring the lock up to date without a word.
        let mut locked = step::cargo();
        locked.args(["metadata", "--manifest-path", "fuzz/Cargo.toml", "--locked", "--format-version", "1"]);
        step::run("the versions of the fuzz targets", locked.stdout(Stdio::null()))?;
        let mut build = step::cargo();
        // Sanitizers need a nightly compiler, and there is no `unsafe` to watch; `cfg(fuzzing)` makes some dependencies
        // leave checks out, so that something else would be tried than what is shipped.
        build.args(["fuzz", "build", "--sanitizer", "none", "--no-cfg-fuzzing", "--codegen-units", "16"]);
        // Naming the platform keeps build scripts and macros free of coverage.
        build.args(["--target", &tools::platform()?]).arg("--target-dir").arg(&self.built).args(only);
        step::run("building the fuzz targets", &mut build).map(drop)
    }

    fn program(&self, target: &Target) -> PathBuf {
        self.programs.join(target.name)
    }

    fn run_all(&self, targets: &[&Target], seconds: u32) -> anyhow::Result<()> {
        let mut findings = Vec::new();
        for target in targets {
            findings.extend(self.run(target, seconds)?);
        }
        ensure!(findings.is_empty(), "{}", findings.join("\n"));
        Ok(())
    }

    /// Runs a target; what to say of its finding, if it has one.
    fn run(&self, target: &Target, seconds: u32) -> anyhow::Result<Option<String>> {
        let Target { name, .. } = target;
        let corpus = self.built.join("corpus").join(name);
        let artifacts = self.built.join("artifacts").join(name);
        fs_err::create_dir_all(&corpus)?;
        fs_err::create_dir_all(&artifacts)?;
        let log = self.built.join(format!("{name}.log"));
        let mut run = Command::new(self.program(target));
        run.args(bounds(target)).arg(format!("-max_total_time={seconds}")).arg("-print_final_stats=1");
        // Short inputs first: half of what is wrong shows in a few bytes.
        run.arg("-len_control=100").arg(format!("-artifact_prefix={}/", artifacts.display()));
        run.args(dictionary(target)).args(self.seeds(target)?);
        // The first folder is the one that is written to.
        run.arg(&corpus).arg(step::workspace().join("fuzz/seeds").join(name));
        run.stdout(Stdio::null()).stderr(fs_err::File::create(&log)?.into_file());
        println!("==> fuzzing {name} for {seconds} s");
        let status = run.status().with_context(|| format!("cannot start {:?}", run.get_program()))?;
        let log = String::from_utf8_lossy(&fs_err::read(&log)?).into_owned();
        if status.success() {
            println!("    {name}: {}", statistics(&log));
            return Ok(None);
        }
        println!("{}", end_of(&log));
        match finding(&log) {
            Some(file) => Ok(Some(format!(
                "fuzzing {name} found something: {file}\n    again: `cargo xtask fuzz {name} --input {file}`"
            ))),
            None => bail!("fuzzing {name}: {run:?} ended with {status} and left no input behind"),
        }
    }

    /// The option that names files which are good inputs as they are.
    fn seeds(&self, target: &Target) -> anyhow::Result<Option<String>> {
        let mut files: Vec<PathBuf> = target.seeds.iter().map(|seed| step::workspace().join(seed)).collect();
        if target.seeded_with_guests {
            for entry in fs_err::read_dir(&self.guests)? {
                let path = entry?.path();
                if path.extension().is_some_and(|end| end == "wasm") {
                    files.push(path);
                }
            }
            files.sort();
        }
        let files: Vec<_> = files.iter().map(|file| file.display().to_string()).collect();
        Ok((!files.is_empty()).then(|| format!("-seed_inputs={}", files.join(","))))
    }
}

/// The option that names the words of a target, if it has any.
fn dictionary(target: &Target) -> Option<String> {
    let file = step::workspace().join("fuzz/words").join(format!("{}.dict", target.name));
    file.exists().then(|| format!("-dict={}", file.display()))
}

/// How much was tried, as the program's log has it.
fn statistics(log: &str) -> String {
    let number = |name: &str| {
        let line = log.lines().rev().find_map(|line| line.strip_prefix(name));
        line.map_or("?", |line| line.trim_start_matches(':').trim())
    };
    format!(
        "{} inputs, {} a second, at most {} MiB",
        number("stat::number_of_executed_units"),
        number("stat::average_exec_per_sec"),
        number("stat::peak_rss_mb")
    )
}

/// The file that the program wrote its finding to.
fn finding(log: &str) -> Option<&str> {
    log.lines().rev().find_map(|line| line.split_once("Test unit written to ")).map(|(_, file)| file.trim())
}

fn end_of(log: &str) -> String {
    let lines: Vec<_> = log.lines().collect();
    lines[lines.len().saturating_sub(LOG_LINES_SHOWN)..].join("\n")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn a_log_tells_what_was_tried_and_found() {
        let log = "#2\tINITED\nstat::number_of_executed_units: 17\nstat::average_exec_per_sec:     8\n";
        assert_eq!(statistics(log), "17 inputs, 8 a second, at most ? MiB");
        assert_eq!(finding(log), None);
        let log = "panicked\nartifact_prefix='a/'; Test unit written to a/crash-1\nBase64: AA==\n";
        assert_eq!(finding(log), Some("a/crash-1"));
    }

    #[test]
    fn every_program_is_run_and_every_target_is_a_program() {
        let manifest = fs_err::read_to_string(step::workspace().join("fuzz/Cargo.toml")).unwrap();
        let manifest: toml::Table = manifest.parse().unwrap();
        let programs: Vec<_> =
            manifest["bin"].as_array().unwrap().iter().map(|program| program["name"].as_str().unwrap()).collect();
        assert_eq!(programs, TARGETS.map(|target| target.name));
    }

    #[test]
    fn what_is_tried_is_what_is_shipped() {
        let packages = |lock: &str| -> BTreeSet<String> {
            let lock: toml::Table = fs_err::read_to_string(step::workspace().join(lock)).unwrap().parse().unwrap();
            let packages = lock["package"].as_array().unwrap().iter();
            packages.map(|package| format!("{} {}", package["name"], package["version"])).collect()
        };
        let (ours, shipped) = (packages("fuzz/Cargo.lock"), packages("Cargo.lock"));
        let only_ours: Vec<_> = ours.difference(&shipped).filter(|package| !package.contains("fuzz")).collect();
        assert!(only_ours.is_empty(), "in fuzz/Cargo.lock and not in Cargo.lock: {only_ours:?}");
    }
}
