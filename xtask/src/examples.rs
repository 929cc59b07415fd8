//! Building the examples in other languages: an interpreter and a script made into one component that imports nothing
//! but the contract.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context as _;
use sha2::Digest as _;

use crate::{plugins, step, tools};

/// What is done here is part of what a component is made from.
const RECIPE: &[u8] = include_bytes!("examples.rs");

/// An example and how it is made.
struct Example {
    /// `<id>@<version>`.
    name: &'static str,
    /// Its folder in the workspace.
    folder: &'static str,
    /// Extensions of the files it is made from.
    sources: &'static [&'static str],
    /// Files that name the tools and their versions.
    pins: &'static [&'static str],
    /// Further tools, besides those of `requirements.txt`.
    install: fn(&Bench) -> anyhow::Result<()>,
    /// Makes the component.
    command: fn(&Bench, &Path) -> Command,
}

const EXAMPLES: &[Example] = &[
    Example {
        name: "null-rate-py@1.0.0",
        folder: "examples/python/null-rate",
        sources: &["py"],
        pins: &["requirements.txt"],
        install: |_| Ok(()),
        command: componentize_py,
    },
    Example {
        name: "allowed-values-js@1.0.0",
        folder: "examples/javascript/allowed-values",
        sources: &["js"],
        pins: &["requirements.txt", "package.json", "package-lock.json"],
        install: install_packages,
        command: componentize_js,
    },
];

/// A folder in which one example is made: its tools, and copies of its sources and of the contract.
struct Bench {
    folder: PathBuf,
}

/// Files by their path in a folder.
type Files = BTreeMap<PathBuf, Vec<u8>>;

/// Builds the examples, those that changed; returns their folder.
pub(crate) fn build_all() -> anyhow::Result<PathBuf> {
    let target = plugins::target_dir()?;
    let folder = target.join("examples");
    fs_err::create_dir_all(&folder)?;
    for example in EXAMPLES {
        let bench = Bench { folder: target.join("tools").join(example.name) };
        build(example, &bench, &folder).with_context(|| format!("building {}", example.name))?;
    }
    Ok(folder)
}

fn build(example: &Example, bench: &Bench, folder: &Path) -> anyhow::Result<()> {
    let home = step::workspace().join(example.folder);
    let sources = files(&home, |name| has_extension(name, example.sources))?;
    let pins = files(&home, |name| example.pins.iter().any(|pin| name == Path::new(pin)))?;
    let contract = contract()?;

    let component = folder.join(format!("{}.wasm", example.name));
    let stamp = folder.join(format!(".{}.stamp", example.name));
    let inputs = digest([&sources, &pins, &contract]);
    if component.exists() && is_stamped(&stamp, &inputs) {
        return tell(&component);
    }

    bench.equip(example, &pins)?;
    write(&bench.sources(), &sources)?;
    write(&bench.contract(), &contract)?;
    // Whole or not at all: another process may be reading it.
    let draft = folder.join(format!(".{}.{}", example.name, std::process::id()));
    step::run(&format!("building {}", example.name), &mut (example.command)(bench, &draft))?;
    fs_err::rename(&draft, &component)?;
    fs_err::write(&stamp, &inputs)?;
    tell(&component)
}

impl Bench {
    fn sources(&self) -> PathBuf {
        self.folder.join("sources")
    }

    fn contract(&self) -> PathBuf {
        self.folder.join("wit")
    }

    fn environment(&self) -> PathBuf {
        self.folder.join("venv")
    }

    /// A program of the environment.
    fn program(&self, name: &str) -> Command {
        let environment = self.environment();
        let mut command = Command::new(environment.join("bin").join(name));
        // Nothing of the caller's Python is taken along into a component.
        command.current_dir(&self.folder).env("VIRTUAL_ENV", environment).env_remove("PYTHONPATH");
        command
    }

    /// Installs the tools that the pins name, unless they are there.
    fn equip(&self, example: &Example, pins: &Files) -> anyhow::Result<()> {
        let stamp = self.folder.join("tools.stamp");
        let wanted = digest([pins]);
        if is_stamped(&stamp, &wanted) {
            return Ok(());
        }
        tools::python()?;
        // Anew: a half of the last attempt or another version may be left.
        if self.folder.exists() {
            fs_err::remove_dir_all(&self.folder)?;
        }
        write(&self.folder, pins)?;
        let mut environment = Command::new("python3");
        environment.args(["-m", "venv"]).arg(self.environment());
        step::run(&format!("making an environment for {}", example.name), &mut environment)?;
        let mut install = self.program("pip");
        install.args(["install", "--quiet", "--disable-pip-version-check", "--only-binary", ":all:"]);
        install.args(["--require-hashes", "--requirement", "requirements.txt"]);
        step::run("installing what requirements.txt names", &mut install)?;
        (example.install)(self)?;
        fs_err::write(&stamp, &wanted)?;
        Ok(())
    }
}

fn install_packages(bench: &Bench) -> anyhow::Result<()> {
    let mut install = bench.program("npm");
    install.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]);
    step::run("installing what package-lock.json names", &mut install).map(drop)
}

fn componentize_py(bench: &Bench, output: &Path) -> Command {
    let mut command = bench.program("componentize-py");
    command.arg("--quiet").arg("--wit-path").arg(bench.contract()).args(["--world", "check", "componentize"]);
    // Python asks for WASI; without it what Python asks for traps.
    command.args(["--stub-wasi", "--python-path"]).arg(bench.sources()).arg("app").arg("--output").arg(output);
    command
}

fn componentize_js(bench: &Bench, output: &Path) -> Command {
    // `build.js` finds the packages from where it stands.
    let sources = bench.sources();
    let mut command = bench.program("node");
    command.arg(sources.join("build.js")).arg(sources.join("check.js")).arg(bench.contract()).arg(output);
    command
}

/// The contract in the one folder that tools for other languages want: the world, and what it imports in `deps`.
fn contract() -> anyhow::Result<Files> {
    let wit = step::workspace().join("wit");
    let mut contract = Files::new();
    for (package, place) in [("plugin", ""), ("query", "deps/query"), ("report", "deps/report")] {
        let found = files(&wit.join(package).join("1.0.0"), |name| has_extension(name, &["wit"]))?;
        contract.extend(found.into_iter().map(|(name, content)| (Path::new(place).join(name), content)));
    }
    Ok(contract)
}

/// The files that stand in a folder itself and are wanted, by name.
fn files(folder: &Path, is_wanted: impl Fn(&Path) -> bool) -> anyhow::Result<Files> {
    let mut files = Files::new();
    for entry in fs_err::read_dir(folder)? {
        let entry = entry?;
        let name = PathBuf::from(entry.file_name());
        if entry.file_type()?.is_file() && is_wanted(&name) {
            files.insert(name, fs_err::read(entry.path())?);
        }
    }
    Ok(files)
}

fn has_extension(name: &Path, wanted: &[&str]) -> bool {
    name.extension().is_some_and(|extension| wanted.iter().any(|wanted| extension == *wanted))
}

/// Writes files to a folder; those of an example's last version that are gone since do no harm, for nothing names them.
fn write(folder: &Path, files: &Files) -> anyhow::Result<()> {
    for (name, content) in files {
        let path = folder.join(name);
        fs_err::create_dir_all(path.parent().context("a file stands in a folder")?)?;
        fs_err::write(path, content)?;
    }
    Ok(())
}

/// Digest of files with their names, and of how they are used.
fn digest<const N: usize>(all: [&Files; N]) -> String {
    let mut hasher = sha2::Sha256::new_with_prefix(RECIPE);
    for (name, content) in all.into_iter().flatten() {
        let name = name.to_string_lossy();
        for part in [name.as_bytes(), content] {
            hasher.update(part.len().to_le_bytes());
            hasher.update(part);
        }
    }
    hex(&hasher.finalize())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Whether a stamp says what it should; a missing one says nothing.
fn is_stamped(stamp: &Path, wanted: &str) -> bool {
    fs_err::read_to_string(stamp).is_ok_and(|found| found == wanted)
}

fn tell(component: &Path) -> anyhow::Result<()> {
    let bytes = fs_err::read(component)?;
    let name = component.file_name().unwrap_or_default().to_string_lossy();
    println!("    {name}: {} bytes, sha256:{}…", bytes.len(), hex(&sha2::Sha256::digest(&bytes)[..8]));
    Ok(())
}
