//! JUnit XML: a suite a run, a test case a check.

use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

use super::view::RunView;
use crate::view::ResultView;

/// Writes runs as one JUnit document.
pub(in crate::cli) fn runs(runs: &[RunView]) -> std::io::Result<()> {
    let mut report = Report::new("assay");
    for run in runs {
        let mut suite = TestSuite::new(run.schedule_name.as_deref().unwrap_or("manual"));
        suite.add_property(("run_id", run.run_id.as_str()));
        suite.add_property(("target_date", run.target_date.as_str()));
        suite.add_test_cases(run.results.iter().map(case));
        report.add_test_suite(suite);
    }
    print(&report)
}

/// Writes results of any runs as one JUnit document: a suite a run.
pub(in crate::cli) fn results(results: &[ResultView]) -> std::io::Result<()> {
    let mut report = Report::new("assay");
    for results in results.chunk_by(|a, b| a.run_id == b.run_id) {
        let mut suite = TestSuite::new(results[0].run_id.as_str());
        suite.add_property(("target_date", results[0].target_date.as_str()));
        suite.add_test_cases(results.iter().map(case));
        report.add_test_suite(suite);
    }
    print(&report)
}

fn print(report: &Report) -> std::io::Result<()> {
    super::out(report.to_string().map_err(std::io::Error::other)?.trim_end())
}

fn case(result: &ResultView) -> TestCase {
    let broken = |kind, label: &str| {
        let mut status = TestCaseStatus::non_success(kind);
        status.set_type(label).set_message(result.message.as_str());
        let mut lines: Vec<_> = result.findings.iter().map(super::table::finding_line).collect();
        lines.extend(result.detail.clone());
        lines.extend(result.hint.iter().map(|hint| format!("hint: {hint}")));
        status.set_description(lines.join("\n"));
        status
    };
    let status = match result.status {
        "fail" => broken(NonSuccessKind::Failure, result.severity),
        "error" => broken(NonSuccessKind::Error, result.reason.unwrap_or("error")),
        "skip" => {
            let mut status = TestCaseStatus::skipped();
            status.set_message(result.message.as_str());
            status
        }
        _ => TestCaseStatus::success(),
    };
    let mut case = TestCase::new(result.check_name.as_str(), status);
    case.set_classname(result.plugin.as_str());
    case.set_time(std::time::Duration::from_secs_f64(result.duration_ms / 1e3));
    if result.status == "warn" {
        case.set_system_out(format!("warning: {}", result.message));
    }
    case
}
