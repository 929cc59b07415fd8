//! The conformance cases of `tests/googlesql`, on assay and on an endpoint of BigQuery.

#![expect(clippy::unwrap_used, reason = "a test may fail wherever it stands")]
#![expect(clippy::print_stdout, reason = "the numbers are shown beside the test")]

mod hostile;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use assay::source::files::{FilesOptions, FilesSource, googlesql_names};
use assay_tests::conformance::emulator::Emulator;
use assay_tests::conformance::endpoint::{self, Endpoint};
use assay_tests::conformance::{Case, Expect, Outcome, Report, deviations, load, local};

/// There are at least so many cases; fewer means that some were not found.
const CASES_MIN: usize = 700;

/// How long assay may take for one case, none of which has much to read.
const CASE: Duration = Duration::from_secs(30);

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("googlesql")
}

/// The folder of what is built.
fn target() -> &'static Path {
    Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap()
}

fn cases() -> Vec<Case> {
    let cases = load(&folder()).unwrap_or_else(|error| panic!("{error:#}"));
    assert!(cases.len() >= CASES_MIN, "{} cases and not {CASES_MIN}", cases.len());
    cases
}

/// Leaves the table behind, shows the numbers, and fails if any case did.
fn conclude(report: &Report, cases: usize, name: &str) {
    let path = target().join(name);
    fs_err::write(&path, report.table()).unwrap();
    println!("{}: {}", report.summary(), path.display());
    let failures = report.failures();
    assert!(failures.is_empty(), "{failures}\n{}", report.summary());
    assert_eq!(report.cases(), cases, "each case was run");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn assay_answers_as_the_cases_say() {
    let cases = cases();
    let dir = tempfile::tempdir().unwrap();
    let options = FilesOptions {
        path: dir.path().to_owned(),
        memory_bytes: 256 << 20,
        spill_bytes: 0,
        target_partitions: 2,
        project: None,
    };
    let source = Arc::new(FilesSource::open(options).unwrap());
    let mut report = Report::default();
    for case in &cases {
        // In a task of its own: a panic is an outcome like others here.
        let (source, own) = (Arc::clone(&source), case.clone());
        let ran = tokio::spawn(async move { tokio::time::timeout(CASE, local::run(source.as_ref(), &own)).await });
        let outcome = match ran.await {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(_)) => Outcome::Fails(format!("no answer within {CASE:?}")),
            Err(error) => Outcome::Fails(format!("panics: {error}")),
        };
        report.add(case, outcome);
    }
    conclude(&report, cases.len(), "googlesql-assay.md");
    let without = report.without_a_pass(&googlesql_names());
    assert!(without.is_empty(), "the reference lists what no case covers: {without:?}");
}

#[test]
fn an_endpoint_of_bigquery_answers_as_the_cases_say() {
    let mut cases = cases();
    cases.retain(|case| !matches!(case.expect, Expect::Refused(_)));
    let report = match Endpoint::of_environment().unwrap_or_else(|error| panic!("{error:#}")) {
        Some(endpoint) => {
            println!("asking what {} names", endpoint::VARIABLE);
            ask(&endpoint, &cases, false)
        }
        None => {
            let folder = target().join("tools").join("emulator");
            let emulator = Emulator::start(&folder).unwrap_or_else(|error| panic!("{error:#}"));
            ask(&emulator.endpoint(), &cases, true)
        }
    };
    conclude(&report, cases.len(), "googlesql-endpoint.md");
}

/// Asks an endpoint all cases.
fn ask(endpoint: &Endpoint, cases: &[Case], is_emulator: bool) -> Report {
    let known = deviations(&folder(), cases).unwrap_or_else(|error| panic!("{error:#}"));
    let mut report = Report::default();
    for (case, outcome) in endpoint.run_all(cases) {
        let deviation = known.iter().find(|deviation| is_emulator && deviation.is_about(case));
        match (outcome, deviation) {
            (Ok(outcome), Some(deviation)) => report.add_deviation(case, deviation, &outcome),
            (Ok(outcome), None) => report.add(case, outcome),
            // No answer tells nothing, neither good nor bad.
            (Err(error), _) => report.add(case, Outcome::Fails(format!("{error:#}"))),
        }
    }
    report
}
