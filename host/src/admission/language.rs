//! Which language a component was written in, as far as its tools tell.

use serde::{Deserialize, Serialize};
use wasmparser::{Import, ProducersSectionReader};

/// A language. The later weighs more: an interpreter is itself written in C or Rust, and says so too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Language {
    /// C or C++.
    C,
    /// Rust.
    Rust,
    /// Go.
    Go,
    /// JavaScript.
    #[serde(rename = "javascript")]
    JavaScript,
    /// Python.
    Python,
}

impl Language {
    /// What a `producers` section names; a section that cannot be read names nothing.
    ///
    /// Field names: WebAssembly tool conventions, `ProducersSection.md`.
    pub(super) fn of(producers: ProducersSectionReader<'_>) -> Option<Self> {
        let fields = producers.into_iter().filter_map(Result::ok);
        let values = fields.flat_map(|field| field.values.into_iter().filter_map(Result::ok));
        values.filter_map(|value| Self::of_producer(value.name)).max()
    }

    /// What an import of a core module inside betrays: interpreters that are linked as libraries leave no producers.
    pub(super) fn of_import(import: &Import<'_>) -> Option<Self> {
        [import.module, import.name].iter().any(|name| name.contains("libpython")).then_some(Self::Python)
    }

    fn of_producer(name: &str) -> Option<Self> {
        let name = name.to_ascii_lowercase();
        let names = |words: &[&str]| words.iter().any(|word| name.contains(word));
        if names(&["componentize-py", "python"]) {
            Some(Self::Python)
        } else if names(&["componentizejs", "componentize-js", "javascript", "jco"]) {
            Some(Self::JavaScript)
        } else if names(&["tinygo", "componentize-go"]) || name == "go" {
            Some(Self::Go)
        } else if names(&["rust"]) {
            Some(Self::Rust)
        } else if names(&["clang"]) || matches!(name.as_str(), "c" | "c99" | "c11" | "c++" | "c_plus_plus") {
            Some(Self::C)
        } else {
            None
        }
    }

    /// How to build without WASI in this language.
    pub(super) fn without_wasi(self) -> &'static str {
        match self {
            Self::C => "build the core module for wasm32-unknown-unknown (clang -nostdlib), without wasi-libc",
            Self::Rust => "build for wasm32-unknown-unknown, not for wasm32-wasip1 or wasm32-wasip2",
            Self::Go => "Go's runtime needs WASI: write the check in another language",
            Self::JavaScript => {
                "call `componentize` of componentize-js with \
                 `disableFeatures: ['stdio', 'random', 'clocks', 'http', 'fetch-event']`"
            }
            Self::Python => "call `componentize-py componentize` with `--stub-wasi`",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tools_tell_the_language() {
        for (name, language) in [
            ("componentize-py", Some(Language::Python)),
            ("ComponentizeJS", Some(Language::JavaScript)),
            ("Rust", Some(Language::Rust)),
            ("rustc", Some(Language::Rust)),
            ("TinyGo", Some(Language::Go)),
            ("Go", Some(Language::Go)),
            ("C11", Some(Language::C)),
            ("clang", Some(Language::C)),
            ("wit-component", None),
        ] {
            assert_eq!(Language::of_producer(name), language, "{name}");
        }
    }
}
