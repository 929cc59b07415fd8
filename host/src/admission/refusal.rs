//! Why a component is not admitted.

use std::path::PathBuf;

use crate::model::{Description, Ending, InvalidName, LimitName, LimitRequest, PluginRef};
use crate::sandbox::{CompileError, Refused};

use super::language::Language;

/// Why a component is not admitted.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// There is no such file.
    #[error("there is no file `{}`", path.display())]
    NotFound {
        /// Where it should be.
        path: PathBuf,
    },
    /// It is a directory, a device or a pipe.
    #[error("`{}` is not a file", path.display())]
    NotAFile {
        /// What was named.
        path: PathBuf,
    },
    /// It cannot be read.
    #[error("{0}")]
    Unreadable(#[source] std::io::Error),
    /// It is over the limit.
    #[error("the file has {size} bytes; at most {max} are admitted")]
    TooLarge {
        /// Bytes of the file.
        size: u64,
        /// The limit, in bytes.
        max: u64,
    },
    /// It has no content.
    #[error("the file is empty")]
    Empty,
    /// It holds machine code.
    #[error("the file is precompiled machine code, not a component")]
    Precompiled,
    /// It is neither module nor component.
    #[error("the file is not WebAssembly")]
    NotWebAssembly,
    /// It is a core module.
    #[error("the file is a core WebAssembly module, not a component")]
    CoreModule,
    /// It breaks the rules of WebAssembly, or uses more of it than the host runs.
    #[error("the component is not valid: {0}")]
    Invalid(#[source] wasmparser::BinaryReaderError),
    /// Nested instantiation multiplies into more than anything could hold.
    #[error("the component unfolds into more than {max} instances")]
    TooManyInstances {
        /// The limit.
        max: u64,
    },
    /// It asks for more than `query`, `report` and `types`.
    #[error("the component imports what no check is granted: {}", imports.join(", "))]
    ForbiddenImports {
        /// Their names.
        imports: Vec<String>,
        /// What it was written in, if it says so.
        language: Option<Language>,
    },
    /// It was built against a later version of the contract.
    #[error("the component needs a newer host; this one does not have {}", .0.join(", "))]
    NeedsNewerHost(Vec<String>),
    /// It is no check.
    #[error("the component does not fit the world `assay:plugin/check@1.0.0`: it has no function {}", .0.join(", "))]
    MissingExports(Vec<String>),
    /// It cannot be compiled, or does not fit the world.
    #[error(transparent)]
    Engine(#[from] Refused),
    /// The host itself failed while it looked at the component.
    #[error("admission broke: {0}")]
    AdmissionBroke(String),
    /// It does not say who it is.
    #[error("the plugin's `describe` broke: {}", ending_text(.0))]
    DescribeBroke(Ending),
    /// It says more than anybody would read.
    #[error("the plugin describes itself in {bytes} bytes; at most {max} are admitted")]
    DescriptionTooLarge {
        /// Bytes of all its texts.
        bytes: usize,
        /// The limit, in bytes.
        max: usize,
    },
    /// It says it is somebody else.
    #[error("the plugin says it is `{found}`, but was loaded as `{expected}`")]
    Identity {
        /// What it was loaded as.
        expected: PluginRef,
        /// What it says.
        found: String,
    },
    /// It says what nobody can be.
    #[error("the plugin says it is `{found}`: {error}")]
    NoIdentity {
        /// What it says.
        found: String,
        /// What is wrong with that.
        #[source]
        error: InvalidName,
    },
    /// It asks for a limit that does not exist.
    #[error("the plugin asks for the limit `{0}`, which does not exist")]
    UnknownLimit(String),
    /// Its settings schema is not JSON.
    #[error("the plugin's settings schema is not a JSON document: {0}")]
    SettingsSchema(#[source] serde_json::Error),
}

fn ending_text(ending: &Ending) -> String {
    match ending {
        Ending::Broken { reason, message, .. } => format!("{message} ({reason})"),
        Ending::GuestError(message) => message.clone(),
        Ending::Returned(verdict) => verdict.summary.clone(),
    }
}

impl Refusal {
    /// A stable code, for scripts.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotFound { .. } => "not_found",
            Self::NotAFile { .. } => "not_a_file",
            Self::Unreadable(_) => "unreadable",
            Self::TooLarge { .. } => "too_large",
            Self::Empty => "empty",
            Self::Precompiled => "precompiled",
            Self::NotWebAssembly => "not_webassembly",
            Self::CoreModule => "core_module",
            Self::Invalid(_) => "invalid",
            Self::TooManyInstances { .. } => "too_many_instances",
            Self::ForbiddenImports { .. } => "forbidden_imports",
            Self::NeedsNewerHost(_) => "needs_newer_host",
            Self::MissingExports(_) | Self::Engine(Refused::World(_)) => "wrong_world",
            Self::Engine(Refused::Compile(CompileError::Refused(_)) | Refused::Load(_)) => "not_compilable",
            Self::Engine(Refused::Compile(CompileError::TooLong { .. })) => "compile_time",
            Self::Engine(Refused::Compile(CompileError::Broke { .. })) => "compiler_broke",
            Self::Engine(Refused::Compile(CompileError::Worker(_))) => "no_compiler",
            Self::AdmissionBroke(_) => "admission_broke",
            Self::DescribeBroke(_) => "describe_broke",
            Self::DescriptionTooLarge { .. } => "description_too_large",
            Self::Identity { .. } | Self::NoIdentity { .. } => "identity",
            Self::UnknownLimit(_) => "unknown_limit",
            Self::SettingsSchema(_) => "settings_schema",
        }
    }

    /// What would help.
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            Self::NotFound { .. } => {
                "a plugin lies in the folder of plugins as `<id>@<version>.wasm`; `assay plugin list` shows what is there".into()
            }
            Self::NotAFile { .. } | Self::Empty | Self::NotWebAssembly => {
                "name the component that the plugin's build wrote, a `.wasm` file".into()
            }
            Self::Unreadable(_) => "check the permissions of the file and its folders".into(),
            Self::TooLarge { .. } => {
                "strip debug information from the component, or raise `component_max` under `[host]`".into()
            }
            Self::Precompiled => {
                "machine code from outside is never loaded: name the component it was compiled from".into()
            }
            Self::CoreModule => {
                "turn it into a component: `wasm-tools component new`, or the plugin's own build command".into()
            }
            Self::Invalid(_) => {
                "build it again; threads, garbage collection, exceptions, 64-bit memories and async are not run here".into()
            }
            Self::TooManyInstances { .. } => "let no component instantiate others that instantiate others in turn".into(),
            Self::ForbiddenImports { imports, language } if imports.iter().any(|name| name.starts_with("wasi:")) => {
                without_wasi(*language)
            }
            Self::ForbiddenImports { .. } => {
                "a check may import assay:query/query@1, assay:report/report@1 and assay:plugin/types@1 only".into()
            }
            Self::NeedsNewerHost(_) => "update assay, or build the plugin against an earlier version of the contract".into(),
            Self::MissingExports(_) | Self::Engine(Refused::World(_)) => {
                "build it against the WIT in `wit/`, for example with the SDK".into()
            }
            Self::Engine(Refused::Compile(CompileError::TooLong { .. })) => {
                "make the component smaller, or raise `compile_time` under `[host]`".into()
            }
            Self::Engine(Refused::Compile(CompileError::Broke { .. })) => {
                "make the component smaller, or raise `compile_memory` under `[host]`".into()
            }
            Self::Engine(Refused::Load(_)) => {
                "`assay plugin inspect` of a plugin that is admitted shows the limits of the host".into()
            }
            Self::Engine(Refused::Compile(CompileError::Worker(_))) => {
                "the program starts itself to compile: has its file been moved or replaced?".into()
            }
            Self::Engine(Refused::Compile(CompileError::Refused(_))) | Self::AdmissionBroke(_) => {
                "the component is valid but cannot be used here; report it with the component's digest".into()
            }
            Self::DescribeBroke(_) => "`describe` must return at once, without asking for data".into(),
            Self::DescriptionTooLarge { .. } => "shorten its description and its settings schema".into(),
            Self::Identity { found, .. } => format!("name the file `{found}.wasm`, or build the version you mean"),
            Self::NoIdentity { .. } => "an id is lower-case words joined by `-`, a version is `1.2.3`".into(),
            Self::UnknownLimit(_) => {
                let names = LimitName::ALL.map(LimitName::as_str);
                format!("the limits are {}", names.join(", "))
            }
            Self::SettingsSchema(_) => "`settings-schema` is a JSON Schema document; `{}` allows everything".into(),
        }
    }
}

/// How to build without WASI: in the language of the component, or in each when it does not say.
fn without_wasi(language: Option<Language>) -> String {
    match language {
        Some(language) => format!("build it without WASI: {}", language.without_wasi()),
        None => format!(
            "build it without WASI. Rust: {}. Python: {}. JavaScript: {}",
            Language::Rust.without_wasi(),
            Language::Python.without_wasi(),
            Language::JavaScript.without_wasi()
        ),
    }
}

/// Size of all that a plugin may say of itself, in bytes.
const DESCRIPTION_BYTES_MAX: usize = 1 << 20;

/// A description that can be kept.
pub(super) fn description_size(description: &Description) -> Result<(), Refusal> {
    let Description { id, version, title, description, owner, settings_schema, limits } = description;
    let texts = [id, version, title, description, owner, settings_schema].map(String::len).iter().sum::<usize>();
    let limits = limits.iter().map(|(name, value)| name.len() + size_of_val(value)).sum::<usize>();
    match texts + limits {
        bytes if bytes > DESCRIPTION_BYTES_MAX => {
            Err(Refusal::DescriptionTooLarge { bytes, max: DESCRIPTION_BYTES_MAX })
        }
        _ => Ok(()),
    }
}

/// Who a plugin is: what it was loaded as, if it says so too.
pub(super) fn identity(description: &Description, expected: Option<PluginRef>) -> Result<PluginRef, Refusal> {
    let found = format!("{}@{}", description.id, description.version);
    match expected {
        Some(expected) if expected.to_string() == found => Ok(expected),
        Some(expected) => Err(Refusal::Identity { expected, found }),
        None => found.parse().map_err(|error| Refusal::NoIdentity { found, error }),
    }
}

/// The limits that a plugin asks for, every name known.
pub(super) fn limit_requests(description: &Description) -> Result<Vec<LimitRequest>, Refusal> {
    let request = |(name, value): &(String, u64)| {
        let name = name.parse().map_err(|_| Refusal::UnknownLimit(name.clone()))?;
        Ok(LimitRequest { name, value: *value })
    };
    description.limits.iter().map(request).collect()
}

/// A settings schema that is at least JSON.
pub(super) fn settings_schema(description: &Description) -> Result<(), Refusal> {
    serde_json::from_str::<serde::de::IgnoredAny>(&description.settings_schema)
        .map(drop)
        .map_err(Refusal::SettingsSchema)
}
