//! The shipped checks, tested through the kit as an author would.

use std::path::{Path, PathBuf};

use assay_tests::project::{Output, assay_in, shipped_plugins};

/// Every folder of `plugins` that holds a check.
fn shipped() -> Vec<String> {
    let plugins = folder("");
    let mut checks: Vec<String> = fs_err::read_dir(&plugins)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| plugins.join(name).join("check.toml").is_file())
        .collect();
    checks.sort();
    assert!(checks.len() >= 18, "{checks:?}");
    checks
}

fn folder(check: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join("plugins").join(check)
}

fn on(check: &str, command: &str, more: &[&str]) -> Output {
    let component = shipped_plugins().join(format!("{check}@1.0.0.wasm"));
    let (folder, component) = (folder(check), component.display().to_string());
    let mut arguments = vec!["check", command, "--component", &component];
    arguments.extend(more);
    assay_in(&folder, &arguments)
}

#[test]
fn every_case_is_as_it_should_be() {
    for check in shipped() {
        let output = on(&check, "test", &[]);
        assert_eq!(output.code, Some(0), "{check}:\n{}{}", output.stdout, output.stderr);
    }
}

#[test]
fn none_is_over_its_limits() {
    for check in shipped() {
        let output = on(&check, "bench", &["--runs", "1"]);
        assert_eq!(output.code, Some(0), "{check}:\n{}{}", output.stdout, output.stderr);
        assert!(output.stdout.contains("· 0 of "), "{}", output.stdout);
    }
}

/// Whose audit takes long, with the file of cases that is audited here; by hand `assay check audit` takes all of them.
const AUDITED: [(&str, &str); 10] = [
    ("both-sides", "members/"),
    ("consecutive-failures", "no-data/"),
    ("distribution-shift", "shares/"),
    ("expected-runs", "gaps/"),
    ("historical-completeness", "gaps/"),
    ("null-rate", "days/"),
    ("phase-coverage", "groups/"),
    ("reconcile", "totals/"),
    ("value-range", "ranges/"),
    ("volume-anomaly", "segments/"),
];

#[test]
fn each_fails_closed() {
    for check in shipped() {
        let filter = AUDITED.iter().find(|(name, _)| *name == check).map(|(_, file)| ["--filter", *file]);
        let only = filter.as_ref().map_or(&[][..], |filter| &filter[..]);
        let output = on(&check, "audit", only);
        assert_eq!(output.code, Some(0), "{check}:\n{}{}", output.stdout, output.stderr);
        assert!(output.stdout.contains("fails closed: "), "{}", output.stdout);
    }
}

#[test]
fn docs_tell_settings_and_sql() {
    let output = on("row-count", "docs", &[]);
    assert_eq!(output.code, Some(0), "{}", output.stderr);
    for part in [
        "# Each day has as many rows as it should",
        "- `lookback_days` (integer, default `14`",
        "BETWEEN @start AND @end",
    ] {
        assert!(output.stdout.contains(part), "{part}:\n{}", output.stdout);
    }
}

#[test]
fn a_version_is_honest_with_itself() {
    let component = shipped_plugins().join("row-count@1.0.0.wasm").display().to_string();
    let cases = folder("row-count").display().to_string();
    let output = assay_in(&folder("row-count"), &["check", "diff", &component, &component, "--cases", &cases]);
    assert_eq!(output.code, Some(0), "{}{}", output.stdout, output.stderr);
    assert!(output.stdout.starts_with("0 changes over 16 cases ask for none"), "{}", output.stdout);
}
