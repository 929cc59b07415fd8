//! A project folder and the real program run in it.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

/// A folder with a configuration, data and plugins, gone when dropped.
#[derive(Debug)]
pub struct Project {
    folder: tempfile::TempDir,
}

/// What the program said.
#[derive(Debug)]
pub struct Output {
    /// Exit code; none when a signal ended it.
    pub code: Option<i32>,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

/// The folder of what is built: programs run from there, tests from `deps` in it.
fn programs() -> PathBuf {
    let program = std::env::current_exe().expect("a program knows where it is");
    let folder = program.parent().expect("a program stands in a folder");
    let is_of_tests = folder.file_name().is_some_and(|name| name == "deps");
    folder.parent().filter(|_| is_of_tests).unwrap_or(folder).to_owned()
}

/// The program.
#[must_use]
pub fn assay() -> PathBuf {
    built(programs().join("assay"))
}

/// The shipped plugins.
#[must_use]
pub fn shipped_plugins() -> PathBuf {
    built(programs().join("plugins"))
}

/// A guest made for tests.
#[must_use]
pub fn guest(name: &str) -> PathBuf {
    let target = programs();
    built(target.parent().expect("a profile stands in a target folder").join("guests").join(name))
}

/// An example in another language.
#[must_use]
pub fn example(name: &str) -> PathBuf {
    let target = programs();
    let path = target.parent().expect("a profile stands in a target folder").join("examples").join(name);
    assert!(path.exists(), "{} is not built: run `cargo xtask build-examples`", path.display());
    path
}

fn built(path: PathBuf) -> PathBuf {
    assert!(
        path.exists(),
        "{} is not built: run `cargo xtask build-plugins` and `cargo build --workspace --bins`",
        path.display()
    );
    path
}

fn about_to_run(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(assay());
    command.args(arguments).current_dir(folder).env_remove("ASSAY_LOG").env_remove("ASSAY_CONFIG");
    command.stdin(Stdio::null());
    command
}

fn said(mut command: Command) -> Output {
    let output = command.output().expect("the program starts");
    Output {
        code: output.status.code(),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// Runs the program in some folder.
///
/// # Panics
/// When it cannot be started.
#[must_use]
pub fn assay_in(folder: &Path, arguments: &[&str]) -> Output {
    said(about_to_run(folder, arguments))
}

/// Runs a line of a shell in some folder, in which `assay` is the program.
///
/// # Panics
/// When it cannot be started.
#[must_use]
pub fn shell_in(folder: &Path, line: &str) -> Output {
    let program = assay();
    let programs = program.parent().expect("a program stands in a folder").to_owned();
    let path = std::env::var_os("PATH").unwrap_or_default();
    let path = std::env::join_paths(std::iter::once(programs).chain(std::env::split_paths(&path)));
    let mut command = Command::new("sh");
    command.args(["-c", line]).current_dir(folder).env("PATH", path.expect("folders without colons"));
    command.env_remove("ASSAY_LOG").env_remove("ASSAY_CONFIG").stdin(Stdio::null());
    said(command)
}

impl Default for Project {
    fn default() -> Self {
        Self::new()
    }
}

impl Project {
    /// An empty folder.
    ///
    /// # Panics
    /// When there is no temporary folder.
    #[must_use]
    pub fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        for name in ["data", "plugins"] {
            fs_err::create_dir(folder.path().join(name)).expect("a folder in it");
        }
        Self { folder }
    }

    /// Its folder.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Writes a file of the project.
    ///
    /// # Panics
    /// When it cannot be written.
    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) -> &Self {
        fs_err::write(self.path().join(name), content).expect("a file of the project");
        self
    }

    /// Copies a component into the project's folder of plugins, under its own name or another.
    ///
    /// # Panics
    /// When it cannot be copied.
    pub fn plugin(&self, component: &Path, name: Option<&str>) -> &Self {
        let own = component.file_name().and_then(|name| name.to_str()).expect("a component has a name");
        fs_err::copy(component, self.path().join("plugins").join(name.unwrap_or(own)))
            .expect("a copy of the component");
        self
    }

    /// Copies a shipped plugin into the project.
    pub fn shipped(&self, name: &str) -> &Self {
        self.plugin(&shipped_plugins().join(format!("{name}.wasm")), None)
    }

    /// The program about to run in the folder.
    #[must_use]
    pub fn command(&self, arguments: &[&str]) -> Command {
        about_to_run(self.path(), arguments)
    }

    /// Runs the program in the folder.
    ///
    /// # Panics
    /// When it cannot be started.
    #[must_use]
    pub fn run(&self, arguments: &[&str]) -> Output {
        said(self.command(arguments))
    }

    /// What a command prints, a JSON document.
    ///
    /// # Panics
    /// When the output is none.
    #[must_use]
    pub fn json(&self, arguments: &[&str]) -> Value {
        let output = self.run(arguments);
        serde_json::from_str(&output.stdout).unwrap_or_else(|error| panic!("{error}: {output:?}"))
    }

    /// The results of a run or query in JSON.
    ///
    /// # Panics
    /// When the output is not NDJSON.
    #[must_use]
    pub fn results(&self, arguments: &[&str]) -> Vec<Value> {
        let output = self.run(&[arguments, &["--format", "ndjson"]].concat());
        let parse =
            |line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}\n{}", output.stderr));
        output.stdout.lines().map(parse).collect()
    }
}

/// Status and reason of a check's result.
#[must_use]
pub fn ending<'a>(results: &'a [Value], check: &str) -> (&'a str, Option<&'a str>) {
    let result = find(results, check);
    (result["status"].as_str().unwrap_or_default(), result["reason"].as_str())
}

/// A check's result.
///
/// # Panics
/// When there is none.
#[must_use]
pub fn find<'a>(results: &'a [Value], check: &str) -> &'a Value {
    results
        .iter()
        .find(|result| result["check_name"] == check)
        .unwrap_or_else(|| panic!("no result of {check}: {results:#?}"))
}
