//! A new check: a folder that builds, and whose cases pass.
//!
//! The template's check is the same in every language, and so are its cases and what comes of them.

use std::io;
use std::path::{Path, PathBuf};

use super::build::{Part, write_part};
use crate::admission::Language;
use crate::model::PluginId;

/// The template's cases, which are the same in every language.
const TESTS: [(&str, &str); 4] = [
    ("tests/days.toml", include_str!("tests/days.toml")),
    ("tests/days.golden.json", include_str!("tests/days.golden.json")),
    ("tests/fixtures/events.csv", include_str!("tests/fixtures/events.csv")),
    ("tests/fixtures/events.schema.yaml", include_str!("tests/fixtures/events.schema.yaml")),
];

/// A new check.
#[derive(Debug, Clone)]
pub struct NewCheck {
    /// What it calls itself.
    pub id: PluginId,
    /// The language of its sources.
    pub language: Language,
    /// Whom to tell when it breaks.
    pub owner: String,
}

/// Why a check cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum ScaffoldError {
    /// There is something of that name.
    #[error("`{}` is already there", folder.display())]
    Exists {
        /// The folder.
        folder: PathBuf,
    },
    /// The folder cannot be written.
    #[error("{0}")]
    Io(#[from] io::Error),
}

impl ScaffoldError {
    /// What would make it work.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Exists { .. } => "name a new folder: `assay check new NAME --dir FOLDER`",
            Self::Io(_) => "name a folder that can be written",
        }
    }
}

impl NewCheck {
    /// Writes it to a folder that is not there yet; all of it or nothing.
    ///
    /// # Errors
    /// [`ScaffoldError`].
    pub fn write(&self, folder: &Path) -> Result<(), ScaffoldError> {
        if folder.exists() {
            return Err(ScaffoldError::Exists { folder: folder.to_owned() });
        }
        let parent = folder.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."));
        fs_err::create_dir_all(parent)?;
        let draft = tempfile::Builder::new().prefix(".assay-new-").tempdir_in(parent)?;
        // What is half done never looks like a check.
        let whole = draft.path().join("check");
        self.fill(&whole)?;
        fs_err::rename(&whole, folder)?;
        Ok(())
    }

    fn fill(&self, folder: &Path) -> io::Result<()> {
        let filled = |text: &str| self.filled(text);
        let as_is = |text: &str| text.to_owned();
        match self.language {
            Language::Python => write_part(Part::PythonTemplate, folder, &filled)?,
            Language::JavaScript => write_part(Part::JavaScriptTemplate, folder, &filled)?,
            Language::Rust | Language::C | Language::Go => {
                write_part(Part::RustTemplate, folder, &filled)?;
                write_part(Part::RustSdk, &folder.join("vendor/assay-sdk"), &as_is)?;
            }
        }
        for (name, text) in TESTS {
            let path = folder.join(name);
            fs_err::create_dir_all(path.parent().unwrap_or(folder))?;
            fs_err::write(path, filled(text))?;
        }
        Ok(())
    }

    fn filled(&self, text: &str) -> String {
        let id = self.id.as_str();
        text.replace("{{id}}", id)
            .replace("{{title}}", &title(id))
            .replace("{{owner}}", &self.owner.replace(['"', '\\', '\n'], ""))
            .replace("{{crate}}", &id.replace('-', "_"))
    }
}

/// `late-orders` as a title: `Late orders`.
fn title(id: &str) -> String {
    let words = id.replace('-', " ");
    let mut letters = words.chars();
    letters.next().map_or(String::new(), |first| first.to_uppercase().chain(letters).collect())
}
