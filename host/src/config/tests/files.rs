//! Files that are no configuration.

use std::error::Error as _;
use std::path::Path;

use super::{GOOD, rendered};
use crate::config::{CONFIG_BYTES_MAX, Config, ConfigError};

fn load(folder: &Path, name: &str) -> Result<Config, ConfigError> {
    Config::load(&folder.join(name))
}

/// What a person sees, the folder left out.
fn told(folder: &Path, name: &str) -> String {
    let error = load(folder, name).expect_err(name);
    // Lines break where the folder's name makes them.
    let words: Vec<_> = rendered(&error).split_whitespace().filter(|word| *word != "│").map(str::to_owned).collect();
    words.join(" ").replace(&format!("{}/", folder.display()), "")
}

#[test]
fn a_good_file_is_read_and_paths_are_relative_to_its_folder() {
    let folder = tempfile::tempdir().unwrap();
    fs_err::write(folder.path().join("c.toml"), GOOD).unwrap();
    let config = load(folder.path(), "c.toml").unwrap();
    assert_eq!(config.host.state_dir, folder.path().join("s"));
    assert_eq!(config.path, folder.path().join("c.toml"));
    let with_mark = format!("\u{feff}{GOOD}").replace('\n', "\r\n");
    fs_err::write(folder.path().join("windows.toml"), with_mark).unwrap();
    assert_eq!(load(folder.path(), "windows.toml").unwrap().checks.len(), 5, "byte order mark and CRLF");
}

#[test]
fn what_is_no_text_file_is_refused_with_a_hint() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    fs_err::create_dir(folder.join("folder")).unwrap();
    fs_err::write(folder.join("binary"), b"[host]\nstate = \"\xff\"\n").unwrap();
    for (name, expected) in [
        (
            "missing",
            "there is no configuration `missing` help: hint: `assay init` writes one; `--config FILE` names another",
        ),
        ("folder", "`folder` is not a file help: hint: name the file, for example `--config folder/assay.toml`"),
        ("binary", "`binary` is not UTF-8 text: line 2 holds other bytes"),
        ("binary", "help: hint: save it as UTF-8"),
    ] {
        let told = told(folder, name);
        assert!(told.contains(expected), "{name}: {told}");
    }
    let error = load(folder, "binary").expect_err("not text");
    assert!(error.source().is_some_and(|source| source.is::<std::str::Utf8Error>()), "{error:?}");
}

#[test]
fn a_file_over_the_limit_is_not_read() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let sized = |name: &str, size: u64| {
        let mut text = GOOD.to_owned();
        let filler = usize::try_from(size).unwrap() - text.len() - 1;
        text.push('#');
        text.push_str(&"x".repeat(filler));
        fs_err::write(folder.join(name), text).unwrap();
    };
    sized("largest", CONFIG_BYTES_MAX);
    assert_eq!(load(folder, "largest").unwrap().checks.len(), 5);
    sized("larger", CONFIG_BYTES_MAX + 1);
    assert!(matches!(load(folder, "larger"), Err(ConfigError::TooLarge { size, .. }) if size == CONFIG_BYTES_MAX + 1));
    fs_err::File::create(folder.join("huge")).unwrap().set_len(1 << 40).unwrap();
    assert!(matches!(load(folder, "huge"), Err(ConfigError::TooLarge { size, .. }) if size == 1 << 40));
    assert!(told(folder, "huge").contains("hint: this is hardly a configuration"), "{}", told(folder, "huge"));
}

#[cfg(unix)]
#[test]
fn a_device_is_not_waited_for() {
    assert!(matches!(Config::load(Path::new("/dev/zero")), Err(ConfigError::NotAFile { .. })));
}
