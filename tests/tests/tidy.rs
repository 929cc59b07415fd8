//! The borders of ARCHITECTURE.md, kept.

#![expect(clippy::unwrap_used, reason = "a test may fail wherever it stands")]

use std::path::{Path, PathBuf};

/// Lines that a module longer than this probably holds a second noun.
const LINES_MAX: usize = 800;

/// A border: a word that only some places may say.
struct Border {
    word: &'static str,
    allowed: &'static [&'static str],
    reason: &'static str,
}

const BORDERS: &[Border] = &[
    Border {
        word: "wasmtime::",
        allowed: &["host/src/sandbox/", "tests/benches/price/rows.rs"],
        reason: "one module knows the engine; one benchmark tries an interface that assay does not have",
    },
    Border {
        word: "unsafe {",
        allowed: &["host/src/sandbox/machine_code.rs"],
        reason: "one module loads machine code, under a contract that is written there",
    },
    Border {
        word: "rusqlite::",
        allowed: &["host/src/store/", "xtask/src/gen/"],
        reason: "one module knows the database; its generator tries what it generates",
    },
    Border {
        word: "datafusion::",
        allowed: &["host/src/source/files/", "tests/benches/price/plain.rs"],
        reason: "one source knows its engine; one benchmark tries the engine without it",
    },
    Border { word: "object_store::", allowed: &["host/src/source/files/"], reason: "one source knows its engine" },
    Border {
        word: "println!",
        allowed: &["host/src/cli/", "xtask/", "tests/"],
        reason: "only the command line prints",
    },
    Border { word: "anyhow", allowed: &["host/src/cli/", "xtask/", "tests/"], reason: "the library names its errors" },
    Border { word: "Timestamp::now(", allowed: &["host/src/clock.rs", "tests/"], reason: "one clock" },
    Border { word: "Instant::now(", allowed: &["host/src/clock.rs", "xtask/"], reason: "one clock" },
    Border { word: "SystemTime::now(", allowed: &[], reason: "one clock" },
    Border { word: "#[allow(", allowed: &[], reason: "`expect` with a reason tells when it is no longer needed" },
    Border { word: "#![allow(", allowed: &[], reason: "`expect` with a reason tells when it is no longer needed" },
    Border { word: "#[ignore", allowed: &[], reason: "a test that does not run asserts nothing" },
    Border { word: "todo!(", allowed: &[], reason: "what is committed works" },
    Border { word: "unimplemented!(", allowed: &[], reason: "what is committed works" },
];

/// Crates and modules that pure types never hear of.
const IMPURE: &[&str] =
    &["tokio", "wasmtime", "rusqlite", "datafusion", "serde", "std::fs", "fs_err", "crate::store", "crate::sandbox"];

const DRAWERS: &[&str] = &["utils.rs", "util.rs", "helpers.rs", "common.rs", "misc.rs", "manager.rs"];

#[test]
fn borders_hold() {
    let mut broken = Vec::new();
    for (path, text) in sources() {
        if path == "tests/tests/tidy.rs" {
            continue;
        }
        for (number, line) in text.lines().enumerate() {
            let code = line.split("//").next().unwrap_or("");
            for border in BORDERS {
                if code.contains(border.word) && !border.allowed.iter().any(|allowed| path.starts_with(allowed)) {
                    broken.push(format!("{path}:{}: `{}`: {}", number + 1, border.word, border.reason));
                }
            }
            if path.starts_with("host/src/model/") {
                for word in IMPURE {
                    if code.contains(&format!("use {word}")) || code.contains(&format!("{word}::")) {
                        broken.push(format!("{path}:{}: `{word}`: the model is pure", number + 1));
                    }
                }
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn modules_are_small_and_named_for_a_noun() {
    let mut broken = Vec::new();
    for (path, text) in sources() {
        let lines = text.lines().count();
        if lines > LINES_MAX {
            broken.push(format!("{path}: {lines} lines: which second noun is in it?"));
        }
        if DRAWERS.iter().any(|drawer| path.ends_with(&format!("/{drawer}"))) {
            broken.push(format!("{path}: a drawer without a noun"));
        }
        if !text.trim_start().starts_with("//!") {
            broken.push(format!("{path}: no module documentation"));
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn the_engine_version_is_the_locked_one() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let locked = fs_err::read_to_string(root.join("Cargo.lock")).unwrap();
    let package = locked.split("[[package]]").find(|package| package.contains("\nname = \"wasmtime\"\n")).unwrap();
    let version = package.lines().find_map(|line| line.strip_prefix("version = ")).unwrap().trim_matches('"');
    let sandbox = fs_err::read_to_string(root.join("host/src/sandbox/mod.rs")).unwrap();
    assert!(sandbox.contains(&format!("\"wasmtime {version}\"")), "ENGINE_VERSION is not {version}");
}

#[test]
fn the_scan_reads_the_whole_workspace() {
    let paths: Vec<_> = sources().into_iter().map(|(path, _)| path).collect();
    for expected in
        ["host/src/sandbox/engine.rs", "host/src/model/run.rs", "plugins/sdk/src/lib.rs", "xtask/src/main.rs"]
    {
        assert!(paths.iter().any(|path| path == expected), "{expected} was not read");
    }
}

/// Every Rust source of the workspace, with `/` in its path.
fn sources() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned();
    let mut found = Vec::new();
    for folder in ["host", "plugins", "tests", "xtask"] {
        collect(&root, &root.join(folder), &mut found);
    }
    found
}

fn collect(root: &Path, folder: &Path, found: &mut Vec<(String, String)>) {
    let mut entries: Vec<PathBuf> = fs_err::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            if path.file_name().is_some_and(|name| name != "target") {
                collect(root, &path, found);
            }
        } else if path.extension().is_some_and(|end| end == "rs") {
            let name = path.strip_prefix(root).unwrap().to_string_lossy().replace('\\', "/");
            found.push((name, fs_err::read_to_string(&path).unwrap()));
        }
    }
}
