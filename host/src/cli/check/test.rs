//! `assay check test`.

use std::process::ExitCode;

use owo_colors::OwoColorize as _;
use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};
use serde_json::{Value as Json, json};

use super::place::suite_and_rig;
use super::watch;
use crate::cli::args::{TestArgs, TestFormat};
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::render::{self, table::inert};
use crate::kit::golden::document;
use crate::kit::suite::{SuiteError, Tested, Verdict};

/// Runs the cases of a check; with `--watch` again and again.
pub(super) async fn test(args: &TestArgs) -> Result<ExitCode, Failure> {
    if args.watch { watch::again_and_again(&args.cases.place, || once(args)).await } else { once(args).await }
}

async fn once(args: &TestArgs) -> Result<ExitCode, Failure> {
    let (suite, rig) = suite_and_rig(&args.cases).await?;
    let live = args.format == TestFormat::Table;
    let done = |tested: &Tested| {
        if live {
            drop(render::out(&line(tested)));
        }
    };
    let tested = suite.test(&rig, done).await.map_err(failure)?;
    if args.bless {
        for path in suite.bless(&tested).map_err(failure)? {
            anstream::eprintln!("wrote {}", path.display());
        }
    }
    match args.format {
        TestFormat::Table => {
            for tested in tested.iter().filter(|tested| !is_good(tested, args.bless)) {
                details(tested)?;
            }
            render::out(&summary(&tested, args.bless))?;
        }
        TestFormat::Json => render::json(&view(&tested))?,
        TestFormat::Junit => junit(&tested, &rig.plugin().reference.to_string())?,
    }
    Ok(code(&tested, args.bless).code())
}

/// Whether nothing is left to do.
fn is_good(tested: &Tested, blessed: bool) -> bool {
    match &tested.verdict {
        Verdict::Passed => true,
        Verdict::Differs { .. } | Verdict::NoGolden => blessed,
        Verdict::Status { .. } | Verdict::Broken { .. } => false,
    }
}

fn code(tested: &[Tested], blessed: bool) -> Exit {
    if tested.iter().any(|tested| matches!(tested.verdict, Verdict::Broken { .. })) {
        Exit::CouldNotSay
    } else if tested.iter().all(|tested| is_good(tested, blessed)) {
        Exit::Ok
    } else {
        Exit::Failed
    }
}

fn line(tested: &Tested) -> String {
    let word = match tested.verdict {
        Verdict::Passed => "ok".green().bold().to_string(),
        Verdict::Status { .. } => "STATUS".red().bold().to_string(),
        Verdict::Differs { .. } => "DIFFERS".red().bold().to_string(),
        Verdict::NoGolden => "NO GOLDEN".yellow().bold().to_string(),
        Verdict::Broken { .. } => "BROKEN".magenta().bold().to_string(),
    };
    let status = tested.outcome.as_ref().map_or("–", |outcome| outcome.conclusion.status.as_str());
    format!("{word:<10} {} · {status} · {:.0} ms", tested.case.id, tested.duration.as_secs_f64() * 1e3)
}

fn details(tested: &Tested) -> std::io::Result<()> {
    let case = &tested.case;
    render::out(&format!("\n{} ({}:{})", case.id.bold(), case.file.display(), case.line))?;
    for line in explanation(tested) {
        render::out(&format!("  {}", inert(&line)))?;
    }
    Ok(())
}

/// What is wrong, line by line.
fn explanation(tested: &Tested) -> Vec<String> {
    match &tested.verdict {
        Verdict::Passed => Vec::new(),
        Verdict::Status { expected } => {
            let because =
                |reason: Option<crate::model::Reason>| reason.map_or(String::new(), |reason| format!(" ({reason})"));
            let mut lines = vec![format!("expected {}{}", expected.status, because(expected.reason))];
            if let Some(outcome) = &tested.outcome {
                let conclusion = &outcome.conclusion;
                let status = conclusion.status;
                lines.push(format!("found    {status}{}: {}", because(conclusion.reason), conclusion.message));
                lines.extend(conclusion.detail.iter().flat_map(|detail| detail.lines()).map(str::to_owned));
                lines.extend(conclusion.hint.iter().map(|hint| format!("hint: {hint}")));
                lines.extend(
                    outcome
                        .findings
                        .iter()
                        .map(|finding| format!("finding {}: {}", finding.draft.code, finding.draft.message)),
                );
            }
            lines
        }
        Verdict::Differs { difference } => {
            let mut lines: Vec<_> = difference.lines().map(str::to_owned).collect();
            lines.push("hint: `assay check test --bless` writes down what came of it now".to_owned());
            lines
        }
        Verdict::NoGolden => {
            let golden = tested.case.file.with_extension("golden.json");
            vec![
                format!("`{}` does not say what should come of the case", golden.display()),
                "hint: look at it with `--format json`, then write it down with `assay check test --bless`".to_owned(),
            ]
        }
        Verdict::Broken { message, hint } => vec![message.clone(), format!("hint: {hint}")],
    }
}

fn summary(tested: &[Tested], blessed: bool) -> String {
    let bad = tested.iter().filter(|tested| !is_good(tested, blessed)).count();
    let good = tested.len() - bad;
    let text = match bad {
        0 => format!("{good} of {} cases are as they should be", tested.len()).green().to_string(),
        bad => format!("{bad} of {} cases are not as they should be", tested.len()).red().to_string(),
    };
    format!("\n{text}")
}

fn view(tested: &[Tested]) -> Json {
    let cases: Vec<Json> = tested
        .iter()
        .map(|tested| {
            let case = &tested.case;
            json!({
                "case": case.id,
                "file": case.file,
                "line": case.line,
                "verdict": word(&tested.verdict),
                "expected_status": case.expect.status.as_str(),
                "explanation": explanation(tested),
                "result": tested.outcome.as_ref().map(document),
                "duration_ms": tested.duration.as_secs_f64() * 1e3,
            })
        })
        .collect();
    json!({ "cases": cases })
}

fn word(verdict: &Verdict) -> &'static str {
    match verdict {
        Verdict::Passed => "passed",
        Verdict::Status { .. } => "status",
        Verdict::Differs { .. } => "differs",
        Verdict::NoGolden => "no_golden",
        Verdict::Broken { .. } => "broken",
    }
}

fn junit(tested: &[Tested], plugin: &str) -> std::io::Result<()> {
    let mut report = Report::new("assay check test");
    for file in tested.chunk_by(|a, b| a.case.file == b.case.file) {
        let stem = file[0].case.file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let mut suite = TestSuite::new(stem);
        suite.add_test_cases(file.iter().map(|tested| {
            let bad = |kind| {
                let mut status = TestCaseStatus::non_success(kind);
                status.set_type(word(&tested.verdict)).set_description(explanation(tested).join("\n"));
                status
            };
            let status = match tested.verdict {
                Verdict::Passed => TestCaseStatus::success(),
                Verdict::Broken { .. } => bad(NonSuccessKind::Error),
                Verdict::Status { .. } | Verdict::Differs { .. } | Verdict::NoGolden => bad(NonSuccessKind::Failure),
            };
            let mut case = TestCase::new(tested.case.name.as_str(), status);
            case.set_classname(plugin).set_time(tested.duration);
            case
        }));
        report.add_test_suite(suite);
    }
    render::out(report.to_string().map_err(std::io::Error::other)?.trim_end())
}

pub(super) fn failure(error: SuiteError) -> Failure {
    match error {
        SuiteError::Invalid { errors } => Failure::Cases(errors),
        SuiteError::None { .. } => {
            Failure::usage(error, "write a file of cases, for example `tests/days.toml`, with one `[[case]]` at least")
        }
        SuiteError::Golden(golden) => {
            let hint = golden.hint();
            Failure::usage(golden, hint)
        }
        SuiteError::Io(_) => Failure::usage(error, "check that the folder may be read"),
    }
}
