//! A host with a thousand plugins, started anew in a process of its own with everything compiled.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use assay::clock;
use assay_tests::process::resident_kib;
use assay_tests::project::{assay, guest};

use super::figures::Figures;

/// The argument that makes this program the process to measure.
pub(crate) const CHILD: &str = "start-child";
/// Plugins of the host.
const PLUGINS: usize = 1_000;
/// Starts; the median counts.
const STARTS: usize = 5;

pub(crate) fn measure(figures: &mut Figures) {
    let (one, many) = (folder(1), folder(PLUGINS));
    // The first start compiles, and is not counted; the folders stay, and so it is short the next time.
    let (_, few) = start(&one);
    start(&many);
    let mut starts: Vec<_> = (0..STARTS).map(|_| start(&many)).collect();
    starts.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (seconds, memory) = starts[STARTS / 2];
    figures.note("start_1000_plugins_ms", seconds * 1e3);
    figures.note("idle_plugin_kib", (memory - few) / (PLUGINS - 1) as f64);
}

/// Starts a host in a process of its own: seconds until it is up, and memory then, in KiB.
fn start(folder: &Path) -> (f64, f64) {
    let output = Command::new(std::env::current_exe().unwrap()).arg(CHILD).arg(folder).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let mut numbers = text.split_whitespace().map(|number| number.parse().unwrap());
    (numbers.next().unwrap(), numbers.next().unwrap())
}

/// Starts a host, says how long it took and what it holds, and ends.
pub(crate) fn child(folder: &str) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let began = clock::monotonic();
    let host = runtime.block_on(super::host::load(Path::new(folder)));
    let took = began.elapsed().as_secs_f64();
    assert!(host.plugins().all(|(_, plugin)| plugin.is_ok()), "every plugin is admitted");
    println!("{took} {}", resident_kib());
}

/// A project whose plugins differ in nothing but the version that they say they are.
fn folder(plugins: usize) -> PathBuf {
    const VERSION: &[u8] = b"1.0.1000";
    let folder = assay().parent().unwrap().join(format!("../bench/{plugins}"));
    for part in ["plugins", "data"] {
        fs_err::create_dir_all(folder.join(part)).unwrap();
    }
    let component = fs_err::read(guest("bench@1.0.1000.wasm")).unwrap();
    let mut config = "[source.local]\ntype = \"files\"\npath = \"data\"\n".to_owned();
    for plugin in 0..plugins {
        let version = format!("1.0.{}", 1_000 + plugin);
        let bytes = replaced(&component, VERSION, version.as_bytes());
        fs_err::write(folder.join(format!("plugins/bench@{version}.wasm")), bytes).unwrap();
        writeln!(
            config,
            "[[check]]\nname = \"c{plugin}\"\nplugin = \"bench@{version}\"\nsources = {{ local = [\"t\"] }}"
        )
        .unwrap();
    }
    fs_err::write(folder.join("assay.toml"), config).unwrap();
    folder
}

/// The bytes with every occurrence of `old` replaced by `new`, which is as long.
fn replaced(bytes: &[u8], old: &[u8], new: &[u8]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    let found: Vec<_> = (0..=bytes.len() - old.len()).filter(|at| bytes[*at..].starts_with(old)).collect();
    assert!(!found.is_empty(), "the component says its version");
    for at in found {
        bytes[at..at + new.len()].copy_from_slice(new);
    }
    bytes
}
