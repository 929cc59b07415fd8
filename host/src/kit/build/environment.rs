//! The tools that make a component, in a folder of their own: those that the check's pins name, and no others.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::{BuildError, Tool, run};
use crate::model::Digest;

/// What pins Python's packages, and programs that come as such.
pub(super) const REQUIREMENTS: &str = "requirements.txt";

const PYTHON: Tool = Tool {
    program: "python3",
    language: "Python",
    hint: "install Python 3 with `venv` and `pip`; on Debian: `apt-get install python3-venv`",
};

/// Installed tools.
pub(super) struct Environment {
    folder: PathBuf,
}

impl Environment {
    /// Installs tools in a folder, unless they are there as the files `pins` of the check want it. `install` does what is
    /// to be done once those of [`REQUIREMENTS`] are there, if that is among the pins.
    pub(super) fn ready(
        folder: &Path,
        check: &Path,
        pins: &[&str],
        told: &dyn Fn(&str),
        install: impl FnOnce(&Self) -> Result<(), BuildError>,
    ) -> Result<Self, BuildError> {
        let environment = Self { folder: folder.to_owned() };
        let mut contents = Vec::new();
        for name in pins {
            let path = check.join(name);
            if !path.is_file() {
                let hint = "it names the tools that make the component, by version; `assay check new` writes one";
                return Err(BuildError::MissingFile { path, hint });
            }
            contents.push((name, fs_err::read(path)?));
        }
        let wanted = Digest::of(format!("{contents:?}").as_bytes()).to_string();
        let stamp = folder.join("tools.stamp");
        if fs_err::read_to_string(&stamp).is_ok_and(|found| found == wanted) {
            return Ok(environment);
        }
        told("installing the tools of the check, once");
        // Anew: a half of the last attempt or another version may be left.
        if folder.exists() {
            fs_err::remove_dir_all(folder)?;
        }
        fs_err::create_dir_all(folder)?;
        for (name, content) in &contents {
            fs_err::write(folder.join(name), content)?;
        }
        if pins.contains(&REQUIREMENTS) {
            environment.install_requirements()?;
        }
        install(&environment)?;
        fs_err::write(&stamp, &wanted)?;
        Ok(environment)
    }

    fn install_requirements(&self) -> Result<(), BuildError> {
        let mut venv = Command::new(PYTHON.program);
        venv.args(["-m", "venv"]).arg(self.venv());
        run(&mut venv, PYTHON, "making an environment for Python's tools", PYTHON.hint)?;
        let mut pip = self.program("pip");
        pip.args(["install", "--quiet", "--disable-pip-version-check", "--only-binary", ":all:"]);
        pip.args(["--require-hashes", "--requirement", REQUIREMENTS]);
        let hint = "`requirements.txt` names the tools with their digests; they come from PyPI";
        run(&mut pip, PYTHON, "installing what `requirements.txt` names", hint)
    }

    fn venv(&self) -> PathBuf {
        self.folder.join("venv")
    }

    /// Where it is.
    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// A program of it, or of the system where it has none of that name.
    pub(super) fn program(&self, name: &str) -> Command {
        let venv = self.venv();
        let own = venv.join("bin").join(name);
        let mut command = Command::new(if own.exists() { own.as_os_str() } else { name.as_ref() });
        // Nothing of the caller's Python is taken along into a component.
        command.current_dir(&self.folder).env_remove("PYTHONPATH");
        if venv.is_dir() {
            let path = std::env::var_os("PATH").unwrap_or_default();
            let paths = std::iter::once(venv.join("bin")).chain(std::env::split_paths(&path));
            if let Ok(path) = std::env::join_paths(paths) {
                command.env("PATH", path);
            }
            command.env("VIRTUAL_ENV", venv);
        }
        command
    }
}
